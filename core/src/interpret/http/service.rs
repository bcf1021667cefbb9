//! Requests to hosts the catalogue does not know, judged by method and path.

use std::borrow::Cow;

use super::Call;
use crate::action::{Draft, Effects, Resource, ResourceRef, Scope, Span};
use crate::interpret::hint;
use crate::vocabulary::{Completeness, Location, ResourceType, Reversibility, Verb, VerbGroup};

/// The drafts by method: one for each method the request may have.
pub(super) fn generic(call: &Call<'_>) -> Vec<Draft> {
    call.methods()
        .iter()
        .map(|method| of_method(call, method.as_deref()))
        .collect()
}

fn of_method(call: &Call<'_>, method: Option<&str>) -> Draft {
    let catalogue = call.setting.catalogue;
    let scheme = call.target.scheme.as_str();
    let known = matches!(
        scheme,
        "" | "http" | "https" | "ftp" | "ftps" | "sftp" | "scp" | "ws" | "wss"
    );
    let mut meaning = match method.filter(|_| known).and_then(by_method) {
        Some(meaning) => meaning,
        None => Meaning {
            verb: method
                .and_then(|method| hint::verb(method, catalogue))
                .unwrap_or(Verb::Unknown),
            reversibility: Reversibility::Irreversible,
            completeness: if method.is_some() && known {
                Completeness::Partial
            } else {
                Completeness::Opaque
            },
        },
    };
    let mut evidence = Vec::new();
    if meaning.verb.group() == VerbGroup::Change
        && let Some((word, verb)) = path_hint(call)
    {
        meaning.verb = verb;
        meaning.reversibility = Reversibility::Irreversible;
        evidence.push(format!("the path holds the word `{word}`"));
    }
    let mut draft = blank(call, method, &meaning);
    draft.evidence = evidence;
    call.setting.place_draft(&mut draft, None);
    draft
}

struct Meaning {
    verb: Verb,
    reversibility: Reversibility,
    completeness: Completeness,
}

/// What the methods of HTTP are defined to do (RFC 9110, RFC 5789).
fn by_method(method: &str) -> Option<Meaning> {
    let (verb, reversibility, completeness) = match method {
        "GET" | "HEAD" | "OPTIONS" | "TRACE" => {
            (Verb::Read, Reversibility::None, Completeness::Exact)
        }
        "POST" => (
            Verb::Create,
            Reversibility::Effortful,
            Completeness::Partial,
        ),
        "PUT" | "PATCH" => (
            Verb::Update,
            Reversibility::Effortful,
            Completeness::Partial,
        ),
        "DELETE" => (
            Verb::Delete,
            Reversibility::Irreversible,
            Completeness::Partial,
        ),
        _ => return None,
    };
    Some(Meaning {
        verb,
        reversibility,
        completeness,
    })
}

/// The word of the path that hints at something worse than the method tells.
fn path_hint<'a>(call: &Call<'a>) -> Option<(&'a str, Verb)> {
    let catalogue = call.setting.catalogue;
    let hints: Vec<(&str, Verb)> = call
        .target
        .segments
        .iter()
        .filter_map(|segment| Some((segment.as_str(), hint::verb(segment, catalogue)?)))
        .filter(|(_, verb)| !matches!(verb.group(), VerbGroup::Observe | VerbGroup::Change))
        .collect();
    hints
        .iter()
        .find(|(_, verb)| verb.group() == VerbGroup::Destroy)
        .or_else(|| hints.last())
        .copied()
}

fn blank(call: &Call<'_>, method: Option<&str>, meaning: &Meaning) -> Draft {
    let name = method
        .filter(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic()))
        .unwrap_or("request");
    Draft {
        operation: Cow::Owned(format!("http:{}", name.to_ascii_lowercase())),
        verb: meaning.verb,
        resource: Resource {
            kind: ResourceType::Service,
            id: call.target.shown.clone(),
            parents: call
                .target
                .host
                .iter()
                .map(|host| ResourceRef {
                    kind: ResourceType::Host,
                    id: host.clone(),
                })
                .collect(),
        },
        location: Location::Remote,
        selectors: Vec::new(),
        reversibility: meaning.reversibility,
        scope: Scope::default(),
        effects: Effects::NONE.union(call.setting.effects),
        credential: None,
        completeness: meaning.completeness,
        span: Span::default(),
        evidence: Vec::new(),
    }
}
