//! Requests to hosts the catalogue does not know, judged by method and path.

use std::borrow::Cow;

use super::Reach;
use super::call::Call;
use crate::action::{Draft, Effects, Resource, ResourceRef, Scope, Selector, Span};
use crate::interpret::argument::{UNSEEN, has_unseen};
use crate::interpret::{hint, naming};
use crate::vocabulary::{
    Completeness, Effect, Location, ResourceType, Reversibility, SelectorKind, Verb, VerbGroup,
};

/// Most segments of a path that count as evidence of what it reaches.
const EVIDENCE: usize = 16;

/// Longest text of a query string that is taken for the name of an act rather than for content.
const QUERY_WORD: usize = 40;

/// The drafts by method: one for each method the request may have.
pub(super) fn generic(call: &Call<'_>) -> Vec<Draft> {
    call.methods()
        .iter()
        .map(|method| of_method(call, method.as_deref()))
        .collect()
}

/// The draft of a request that could be any other.
pub(super) fn anything(call: &Call<'_>) -> Draft {
    let mut draft = blank(call, None, &Meaning::ANYTHING);
    call.setting.place_draft(&mut draft, None);
    draft
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
        && let Some(verb) = worse_hint(call)
    {
        meaning.verb = verb;
        meaning.reversibility = Reversibility::Irreversible;
        evidence.push(format!("a word of the URL means {verb}"));
    } else if meaning.verb == Verb::Create && reads(call) {
        meaning = Meaning::LOOKS;
        evidence.push("the last word of the path only looks".to_owned());
    } else if meaning.verb == Verb::Create && acts_on_one(call) {
        meaning.verb = Verb::Update;
        evidence.push("the path names one thing and something to do with it".to_owned());
    } else if meaning.verb == Verb::Read
        && let Some(verb) = named_act(call)
    {
        meaning = Meaning {
            verb,
            reversibility: Reversibility::Irreversible,
            completeness: Completeness::Partial,
        };
        evidence.push(format!("a parameter of the query string means {verb}"));
    }
    if meaning.verb.group() == VerbGroup::Change
        && call.target.host.is_none()
        && call.request.body.is_unseen()
    {
        meaning = Meaning::ANYTHING;
        evidence.push("neither the host nor the body can be seen".to_owned());
    }
    let mut draft = blank(call, method, &meaning);
    draft.evidence = evidence;
    name_thing(&mut draft, call);
    call.setting.place_draft(&mut draft, None);
    draft
}

/// What the last noun of the path names, when the request changes it.
fn name_thing(draft: &mut Draft, call: &Call<'_>) {
    let catalogue = call.setting.catalogue;
    let named = call
        .target
        .segments
        .iter()
        .rev()
        .find_map(|segment| naming::noun(hint::words(segment).last()?, catalogue));
    if matches!(draft.verb.group(), VerbGroup::Observe) {
        return;
    }
    // The operator may have declared something on the way by its own id.
    for segment in call.target.segments.iter().take(EVIDENCE) {
        draft.selectors.push(Selector {
            kind: SelectorKind::ResourceId,
            value: segment.replace(UNSEEN, "*"),
        });
    }
    let Some(kind) = named.filter(|kind| *kind != ResourceType::File) else {
        return;
    };
    draft.resource.kind = kind;
    if kind == ResourceType::Backup && draft.verb == Verb::Delete {
        draft.effects = draft.effects.with(Effect::DestroysRecovery);
    }
}

/// Whether a segment is rather the id of something than a word.
fn is_id(segment: &str) -> bool {
    let version = segment
        .strip_prefix('v')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()) && rest.len() < 4);
    !version && (segment.contains(|c: char| c.is_ascii_digit()) || has_unseen(segment))
}

/// Whether the last word of the path says that the request only looks.
fn reads(call: &Call<'_>) -> bool {
    if call.request.reach != Reach::Direct || call.foreign_host_header() {
        return false;
    }
    let reading = call.setting.catalogue.names.reading;
    call.target.segments.last().is_some_and(|last| {
        let word = last.rsplit(':').next().unwrap_or(last).to_lowercase();
        reading.binary_search(&word.as_str()).is_ok()
    })
}

/// Whether the path ends in one thing's id and a word that names no collection.
fn acts_on_one(call: &Call<'_>) -> bool {
    match call.target.segments.as_slice() {
        [.., one, word] => {
            is_id(one)
                && !is_id(word)
                && naming::noun(&word.to_lowercase(), call.setting.catalogue).is_none()
        }
        _ => false,
    }
}

/// The act that a parameter made for it names (`?action=delete`).
fn named_act(call: &Call<'_>) -> Option<Verb> {
    let catalogue = call.setting.catalogue;
    let naming = catalogue.names.naming_parameters;
    let mut named = call
        .target
        .query
        .iter()
        .filter(|(name, _)| naming.contains(&name.to_lowercase().as_str()))
        .filter_map(|(_, value)| hint::verb(&value.known_text()?, catalogue));
    named.find(|verb| !matches!(verb.group(), VerbGroup::Observe))
}

struct Meaning {
    verb: Verb,
    reversibility: Reversibility,
    completeness: Completeness,
}

impl Meaning {
    const ANYTHING: Self = Self {
        verb: Verb::Unknown,
        reversibility: Reversibility::Irreversible,
        completeness: Completeness::Opaque,
    };
    const LOOKS: Self = Self {
        verb: Verb::Read,
        reversibility: Reversibility::None,
        completeness: Completeness::Partial,
    };
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

/// The word of the path or query string that hints at something worse than the method tells.
fn worse_hint(call: &Call<'_>) -> Option<Verb> {
    let catalogue = call.setting.catalogue;
    let target = call.target;
    let names = target.query.iter().flat_map(|(name, value)| {
        let texts = value
            .pieces
            .iter()
            .filter_map(|piece| piece.text.as_deref());
        std::iter::once(name.as_str()).chain(texts.filter(|text| text.len() <= QUERY_WORD))
    });
    let hints: Vec<Verb> = target
        .segments
        .iter()
        .map(String::as_str)
        .chain(names)
        .filter_map(|text| hint::verb(text, catalogue))
        .filter(|verb| !matches!(verb.group(), VerbGroup::Observe | VerbGroup::Change))
        .collect();
    hints
        .iter()
        .find(|verb| verb.group() == VerbGroup::Destroy)
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
