//! REST by its conventions: the paths of a service with more routes than can be listed.
//!
//! A path names collections and members in turn; what is not get, list, create, update or delete is
//! a custom verb: behind a colon, or as the last segment of a POST.

use super::call::Call;
use super::service;
use crate::action::{Draft, Selector};
use crate::catalogue::spec::{Grammar, VerbKind};
use crate::interpret::acts::named_place;
use crate::interpret::argument::{UNSEEN, has_unseen, value_of};
use crate::interpret::method::{Method, kebab};
use crate::vocabulary::{SelectorKind, Verb, VerbGroup};

/// Most segments of a path that are looked at.
const SEGMENTS: usize = 32;

/// The drafts by the methods the request may have.
pub(super) fn drafts(call: &Call<'_>, grammar: &'static Grammar) -> Vec<Draft> {
    let methods = call.methods();
    let drafts: Option<Vec<Draft>> = methods
        .iter()
        .map(|method| draft(call, method.as_deref()?, grammar))
        .collect();
    drafts.unwrap_or_else(|| service::generic(call))
}

fn draft(call: &Call<'_>, http: &str, grammar: &'static Grammar) -> Option<Draft> {
    let plain = match http {
        "GET" | "HEAD" => "get",
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => "delete",
        _ => return None,
    };
    let segments = call.target.segments.as_slice();
    if segments.len() > SEGMENTS {
        return None;
    }
    let path = Path::of(segments, http, grammar);
    let unseen = path.verb.is_some_and(has_unseen);
    let noun = path.noun.map_or_else(String::new, kebab);
    let verb = path.verb.map_or_else(|| plain.to_owned(), kebab);
    let named = grammar.lexicon.method(grammar.family, &noun, &verb);
    let named = named.filter(|_| !unseen);
    let standard = || grammar.lexicon.method("", "", plain);
    let kind = match (http, path.verb) {
        ("GET" | "HEAD", Some(_)) => named.or_else(standard),
        ("DELETE", Some(_)) => named.filter(removes).or_else(standard),
        ("PUT" | "PATCH", Some(_)) => named.filter(changes).or_else(standard),
        _ => named,
    };
    let host = call.target.host.as_deref().unwrap_or_default();
    let label = kebab(host.split('.').next().unwrap_or_default());
    let method = Method {
        kind,
        verb: &verb,
        noun: &noun,
        service: &label,
        id: path.id.map(value_of),
    };
    let mut draft = method.draft(grammar, call.setting);
    let tails =
        (0..segments.len()).filter_map(|start| segments.get(start..start.saturating_add(2)));
    let place = tails
        .map(|tail| tail.join("/").replace(UNSEEN, "*"))
        .find_map(|tail| named_place(&tail));
    draft.selectors.extend(place);
    // The operator may have declared something on the way by its own id.
    if draft.verb.group() != VerbGroup::Observe {
        draft
            .selectors
            .extend(segments.iter().map(|segment| Selector {
                kind: SelectorKind::ResourceId,
                value: segment.replace(UNSEEN, "*"),
            }));
    }
    Some(draft)
}

fn removes(kind: &&'static VerbKind) -> bool {
    kind.removes || kind.verb == Verb::Revoke
}

fn changes(kind: &&'static VerbKind) -> bool {
    kind.verb.group() != VerbGroup::Observe
}

/// The parts of a path.
struct Path<'a> {
    noun: Option<&'a str>,
    id: Option<&'a str>,
    verb: Option<&'a str>,
}

impl<'a> Path<'a> {
    fn of(segments: &'a [String], http: &str, grammar: &Grammar) -> Self {
        let Some((last, before)) = segments.split_last() else {
            return Self {
                noun: None,
                id: None,
                verb: None,
            };
        };
        let lexicon = grammar.lexicon;
        let is_noun = |word: &str| lexicon.is_noun(&kebab(word));
        let knows = |verb: &str| lexicon.method(grammar.family, "", &kebab(verb)).is_some();
        if let Some((head, verb)) = last.rsplit_once(':')
            && (http == "POST" || has_unseen(verb) || knows(verb))
        {
            let (noun, id) = target(before, head, is_noun);
            return Self {
                noun,
                id,
                verb: Some(verb),
            };
        }
        let custom = http == "POST"
            && !is_noun(last)
            // A collection of which nothing is known is named in the plural.
            && (knows(last) || !last.ends_with('s'));
        match before.split_last() {
            Some((head, before)) if custom => {
                let (noun, id) = target(before, head, is_noun);
                Self {
                    noun,
                    id,
                    verb: Some(last),
                }
            }
            _ if http == "POST" => Self {
                noun: Some(last),
                id: None,
                verb: None,
            },
            _ => {
                let (noun, id) = target(before, last, is_noun);
                Self {
                    noun,
                    id,
                    verb: None,
                }
            }
        }
    }
}

/// The collection and the member that a path ends in: `head` is one of both.
fn target<'a>(
    before: &'a [String],
    head: &'a str,
    is_noun: impl Fn(&str) -> bool,
) -> (Option<&'a str>, Option<&'a str>) {
    let many = |word: &str| word.ends_with('s');
    let above = before.last().map(String::as_str);
    match above {
        Some(noun) if is_noun(noun) || many(noun) || !(is_noun(head) || many(head)) => {
            (Some(noun), Some(head))
        }
        _ => (Some(head), None),
    }
}
