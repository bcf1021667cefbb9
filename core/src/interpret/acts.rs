//! From catalogue acts and what was given to them, to drafts.

use std::borrow::Cow;

use super::lexicon;
use super::place::Setting;
use super::value::Value;
use super::wildcard::wildcard;
use crate::action::{Draft, Effects, Resource, ResourceRef, Scope, Selector, Span};
use crate::catalogue::spec::{Act, Cond, Nouns, Source, Test};
use crate::limits;
use crate::vocabulary::{Completeness, Location, ResourceType, SelectorKind, Verb};

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
    let parts = match source {
        Source::Join(parts) => parts,
        Source::Before(of, mark, count) => {
            let mut found = yielded(*of, given);
            let values = found.values.iter();
            found.values = values.filter_map(|one| before(one, mark, count)).collect();
            return found;
        }
        _ => return given.found(source),
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

/// What is known to stand before the first of `count` marks or more.
fn before(value: &Value, mark: char, count: usize) -> Option<Value> {
    let text = value.known_text().unwrap_or_else(|| value.prefix());
    let (first, _) = text.split_once(mark)?;
    let cut = !first.is_empty() && text.matches(mark).count() >= count;
    cut.then(|| Value::literal(first).at(value.span))
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
        Test::Matches(source, globs) => {
            let found = given.found(source);
            matches(&found, globs, |text| any_glob(globs, text))
        }
        Test::MatchesFolded(source, globs) => {
            let found = given.found(source);
            matches(&found, &[], |text| any_glob(globs, &text.to_lowercase()))
        }
        Test::Differs(source, globs) => differs(&given.found(source), globs),
        Test::Any(conditions) => Some(conditions.iter().any(|one| holds(one, given))),
        Test::Seen(conditions) => Some(conditions.iter().all(|one| surely_holds(one, given))),
        Test::Holds(source, name, text) => given.holds(source, name, text),
    };
    answer.is_none_or(|answer| answer != condition.negated)
}

fn any_glob(globs: &[&str], text: &str) -> bool {
    globs.iter().any(|glob| wildcard(glob, text))
}

/// Whether a value of which a part cannot be seen may match one of the globs; of none it is not known.
fn may_match(value: &Value, globs: &[&str]) -> bool {
    let known: String = value
        .pieces
        .first()
        .and_then(|piece| piece.text.clone())
        .unwrap_or_default();
    let length: usize = value
        .pieces
        .iter()
        .map(|piece| piece.text.as_ref().map_or(0, String::len))
        .sum();
    globs.is_empty()
        || globs.iter().any(|glob| {
            let end = glob.find(['*', '?', '[']).unwrap_or(glob.len());
            let head = glob.get(..end).unwrap_or_default();
            let agrees = head.starts_with(&known) || known.starts_with(head);
            // Without a wildcard it is no longer than the glob.
            agrees && (end < glob.len() || length <= end)
        })
}

/// The text with a mark that no glob has in place of what cannot be seen.
fn masked(value: &Value) -> String {
    let pieces = value.pieces.iter();
    pieces
        .map(|piece| piece.text.as_deref().unwrap_or("\u{fffc}"))
        .collect()
}

/// `globs`: those that `fits` compares with, as they are.
fn matches(found: &Found, globs: &[&str], fits: impl Fn(&str) -> bool) -> Option<bool> {
    let mut unknown = found.incomplete;
    for value in &found.values {
        match value.known_text() {
            Some(text) if fits(&text) => return Some(true),
            Some(_) => {}
            // Whatever stands in the part that cannot be seen, it fits.
            None if !globs.is_empty() && fits(&masked(value)) => return Some(true),
            None => unknown |= may_match(value, globs),
        }
    }
    if found.text.as_deref().is_some_and(&fits) {
        return Some(true);
    }
    if unknown { None } else { Some(false) }
}

fn differs(found: &Found, globs: &[&str]) -> Option<bool> {
    let mut unknown = found.incomplete;
    for value in &found.values {
        match value.known_text() {
            Some(text) if !any_glob(globs, &text) => return Some(true),
            Some(_) => {}
            None => unknown = true,
        }
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

/// Whether a condition certainly holds: for what lowers risk.
#[must_use]
pub fn surely_holds(condition: &Cond, given: &dyn Given) -> bool {
    let opposite = Cond {
        negated: !condition.negated,
        test: condition.test,
    };
    holds(condition, given) && !holds(&opposite, given)
}

/// What selector sources yield; of several sources for one kind, the first that yields a value.
pub fn selectors(
    sources: &[(SelectorKind, Source)],
    given: &dyn Given,
) -> impl Iterator<Item = Selector> {
    let mut found: Vec<Selector> = Vec::new();
    let mut before = None;
    for (kind, source) in sources {
        let known = before == Some(*kind) && found.last().is_some_and(|last| last.kind == *kind);
        before = Some(*kind);
        if known {
            continue;
        }
        let values = yielded(*source, given).values;
        found.extend(
            values
                .into_iter()
                .take(limits::ACTIONS)
                .map(|value| Selector {
                    kind: *kind,
                    value: match *kind {
                        SelectorKind::Host => host_of(value.sketch()),
                        _ => value.sketch(),
                    },
                }),
        );
    }
    found.into_iter()
}

/// Where an id itself says that the thing is: the account of an ARN, the project or subscription that a
/// path of ids begins with.
pub fn named_place(id: &str) -> Option<Selector> {
    let place = |kind, value: &str| {
        let value = value.to_owned();
        (!value.is_empty()).then_some(Selector { kind, value })
    };
    if let Some(rest) = id.strip_prefix("arn:") {
        return place(SelectorKind::AwsAccount, rest.split(':').nth(3)?);
    }
    let (root, rest) = id.trim_start_matches('/').split_once('/')?;
    let name = rest.split('/').next()?;
    match root {
        "projects" => place(SelectorKind::GcpProject, name),
        "subscriptions" => place(SelectorKind::AzureSubscription, name),
        _ => None,
    }
}

/// The host of a URL; a host by itself stays as it is.
fn host_of(text: String) -> String {
    if text.starts_with("unix:") || text.starts_with("npipe:") {
        return text;
    }
    let Some((_, rest)) = text.split_once("://") else {
        return text;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default().to_owned()
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
    let selectors: Vec<Selector> = selectors(act.selectors, given).collect();
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
    if let Some(nouns) = act.nouns
        && !found.values.is_empty()
    {
        return drafts_of_things(act, nouns, &found, &blank, setting);
    }
    if found.values.is_empty() {
        if !act.id.is_empty() && (found.incomplete || names_something(act)) {
            blank.completeness = blank.completeness.max(Completeness::Partial);
        }
        setting.place_draft(&mut blank, None);
        return vec![blank];
    }
    let beyond = found.values.len() > limits::ACTIONS;
    let mut drafts: Vec<Draft> = found
        .values
        .iter()
        .take(limits::ACTIONS)
        .map(|value| {
            let mut draft = blank.clone();
            if value.is_dynamic() {
                draft.completeness = draft.completeness.max(Completeness::Partial);
            }
            draft.resource.id = value.sketch();
            setting.place_draft(&mut draft, Some(value));
            draft
        })
        .collect();
    if let Some(last) = drafts.last_mut().filter(|_| beyond) {
        last.stand_for_more();
    }
    drafts
}

/// The drafts of an act whose ids are written `TYPE NAME…` or `TYPE/NAME…`.
fn drafts_of_things(
    act: &Act,
    nouns: Nouns,
    found: &Found,
    blank: &Draft,
    setting: &Setting<'_>,
) -> Vec<Draft> {
    let mut things = lexicon::things(found, nouns.lexicon);
    if nouns.only {
        things.retain(|thing| thing.kind.is_some_and(|kind| kind.resource == act.resource));
    }
    let count = u32::try_from(things.iter().filter(|thing| thing.name.is_some()).count());
    let mut drafts = Vec::with_capacity(things.len().min(limits::ACTIONS));
    let beyond = things.len() > limits::ACTIONS;
    for thing in things.into_iter().take(limits::ACTIONS) {
        let mut draft = blank.clone();
        draft.scope.count = count.ok().filter(|count| *count > 0 && !found.incomplete);
        draft.resource.kind = thing.resource(act.resource);
        if let Some(kind) = thing.kind
            && act.verb == Verb::Delete
        {
            draft.removal_of(kind);
        }
        match &thing.name {
            Some(name) => {
                draft.resource.id = name.sketch();
                if name.is_dynamic() {
                    draft.completeness = draft.completeness.max(Completeness::Partial);
                }
            }
            None if names_something(act) && !act.unbounded => {
                draft.completeness = draft.completeness.max(Completeness::Partial);
            }
            None => {}
        }
        setting.place_draft(&mut draft, thing.name.as_ref());
        drafts.push(draft);
    }
    if let Some(last) = drafts.last_mut().filter(|_| beyond) {
        last.stand_for_more();
    }
    drafts
}

/// Whether an act without an id is one whose target matters.
const fn names_something(act: &Act) -> bool {
    !matches!(act.verb, Verb::Read | Verb::List) && !matches!(act.resource, ResourceType::Process)
}
