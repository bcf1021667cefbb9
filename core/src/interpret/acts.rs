//! From catalogue acts and what was given to them, to drafts.

use std::borrow::Cow;

use super::place::Setting;
use super::value::Value;
use super::wildcard::wildcard;
use crate::action::{Draft, Effects, Resource, ResourceRef, Scope, Selector, Span};
use crate::catalogue::spec::{Act, Cond, Source, Test};
use crate::vocabulary::{Completeness, Location, ResourceType, Verb};

/// What a program, API operation or tool was given; answers the sources of the catalogue.
pub trait Given {
    /// The values a source yields. Incomplete when more may be there that cannot be seen.
    fn found(&self, source: Source) -> Found;

    /// The number of operands; `None` when it cannot be known.
    fn operands(&self) -> Option<usize>;

    /// Whether the argument holds a member of this name and JSON text, at any depth.
    fn holds(&self, source: Source, name: &str, text: &str) -> Option<bool>;

    /// Whether standard input is a pipe, file or heredoc.
    fn has_stdin(&self) -> bool;

    /// Whether every member that may name the resource counts, not only the first that does. A tool
    /// takes one spelling of an argument; a decoy in another must not hide it.
    fn heeds_every_id(&self) -> bool {
        false
    }
}

/// What a source yields.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The values, in order. A flag that is given yields its own spelling.
    pub values: Vec<Value>,
    /// There may be more than can be seen.
    pub incomplete: bool,
    /// For a list or object: its whole text, which conditions match too (`@kinds=[]`).
    pub text: Option<String>,
}

impl Found {
    /// These values and no others.
    #[must_use]
    pub fn all(values: Vec<Value>) -> Self {
        Self {
            values,
            ..Self::default()
        }
    }
}

/// What a source yields; sources joined to one text are looked up one by one.
pub fn yielded(source: Source, given: &dyn Given) -> Found {
    let Source::Join(parts) = source else {
        return given.found(source);
    };
    let mut whole = Value::default();
    for part in parts {
        let found = match part {
            Source::Const(text) => Found::all(vec![Value::literal(*text)]),
            part => given.found(*part),
        };
        let Some(first) = found.values.into_iter().next() else {
            return Found {
                incomplete: found.incomplete,
                ..Found::default()
            };
        };
        if whole.span.1 == 0 {
            whole.span = first.span;
        }
        whole.pieces.extend(first.pieces);
    }
    Found::all(vec![whole])
}

/// Whether a condition holds. What cannot be known counts as holding, negated or not.
#[must_use]
pub fn holds(condition: &Cond, given: &dyn Given) -> bool {
    let answer = match condition.test {
        Test::Stdin => Some(given.has_stdin()),
        Test::Count(low, high) => given.operands().map(|count| {
            count >= usize::from(low) && (count <= usize::from(high) || high == u16::MAX)
        }),
        Test::Present(source) => {
            let found = given.found(source);
            if found.values.is_empty() && found.incomplete {
                None
            } else {
                Some(!found.values.is_empty())
            }
        }
        Test::Matches(source, globs) => matches(&given.found(source), |text| any_glob(globs, text)),
        Test::MatchesFolded(source, globs) => matches(&given.found(source), |text| {
            any_glob(globs, &text.to_lowercase())
        }),
        Test::Any(conditions) => Some(conditions.iter().any(|one| holds(one, given))),
        Test::Holds(source, name, text) => given.holds(source, name, text),
    };
    answer.is_none_or(|answer| answer != condition.negated)
}

fn any_glob(globs: &[&str], text: &str) -> bool {
    globs.iter().any(|glob| wildcard(glob, text))
}

fn matches(found: &Found, fits: impl Fn(&str) -> bool) -> Option<bool> {
    let mut unknown = found.incomplete;
    for value in &found.values {
        match value.known_text() {
            Some(text) if fits(&text) => return Some(true),
            Some(_) => {}
            None => unknown = true,
        }
    }
    if found.text.as_deref().is_some_and(&fits) {
        return Some(true);
    }
    if unknown { None } else { Some(false) }
}

/// The drafts of every act whose conditions hold.
///
/// `setting` says where the act happens: working directory, machine, effects of the frame around it.
pub fn drafts(acts: &[Act], given: &dyn Given, setting: &Setting<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for act in acts
        .iter()
        .filter(|act| act.when.iter().all(|one| holds(one, given)))
    {
        drafts.extend(drafts_of(act, given, setting));
    }
    drafts
}

fn drafts_of(act: &Act, given: &dyn Given, setting: &Setting<'_>) -> Vec<Draft> {
    let mut found = Found::default();
    for source in act.id {
        let every =
            given.heeds_every_id() && matches!(source, Source::Argument(_) | Source::Join(_));
        if !found.values.is_empty() && !every {
            continue;
        }
        let more = yielded(*source, given);
        found.values.extend(more.values);
        found.incomplete = more.incomplete || (every && found.incomplete);
    }
    let selectors: Vec<Selector> = act
        .selectors
        .iter()
        .flat_map(|(kind, source)| {
            let values = yielded(*source, given).values;
            values.into_iter().map(move |value| Selector {
                kind: *kind,
                value: value.sketch(),
            })
        })
        .collect();
    let parents: Vec<ResourceRef> = act
        .parents
        .iter()
        .flat_map(|(kind, source)| {
            let values = yielded(*source, given).values;
            values.into_iter().map(move |value| ResourceRef {
                kind: *kind,
                id: value.sketch(),
            })
        })
        .collect();
    let many = u32::try_from(found.values.len())
        .ok()
        .filter(|_| !found.incomplete);
    let mut blank = Draft {
        operation: Cow::Borrowed(act.operation),
        verb: act.verb,
        resource: Resource {
            kind: act.resource,
            id: "*".to_owned(),
            parents,
        },
        location: Location::Remote,
        selectors,
        reversibility: act.reversibility,
        scope: Scope {
            count: many.filter(|count| *count > 0),
            unbounded: act.unbounded,
        },
        effects: Effects::of(act.effects).union(setting.effects),
        credential: None,
        completeness: act.completeness,
        span: Span::default(),
        evidence: Vec::new(),
    };
    if found.values.is_empty() {
        if !act.id.is_empty() && (found.incomplete || names_something(act)) {
            blank.completeness = blank.completeness.max(Completeness::Partial);
        }
        setting.place_draft(&mut blank, None);
        return vec![blank];
    }
    found
        .values
        .iter()
        .map(|value| {
            let mut draft = blank.clone();
            if value.is_dynamic() {
                draft.completeness = draft.completeness.max(Completeness::Partial);
            }
            draft.resource.id = value.sketch();
            setting.place_draft(&mut draft, Some(value));
            draft
        })
        .collect()
}

/// Whether an act without an id is one whose target matters.
const fn names_something(act: &Act) -> bool {
    !matches!(act.verb, Verb::Read | Verb::List) && !matches!(act.resource, ResourceType::Process)
}
