//! Subcommands that are not described one by one, judged by their verb and nouns.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::unknown::slug;
use crate::action::{Draft, Effects, Resource, Scope, Span};
use crate::catalogue::spec::{Grammar, NounKind, VerbKind};
use crate::interpret::acts::{Found, Given as _};
use crate::interpret::lexicon::{self, Thing};
use crate::interpret::place::Setting;
use crate::interpret::value::Value;
use crate::interpret::wildcard::wildcard;
use crate::interpret::words::Words;
use crate::limits;
use crate::vocabulary::{Completeness, Location, ResourceType, Reversibility, Verb, VerbGroup};

/// What the words of a program with this grammar say it does.
pub(super) fn drafts(
    grammar: &'static Grammar,
    words: &Words<'_>,
    setting: &Setting<'_>,
) -> Vec<Draft> {
    let line = Line::of(words);
    let reading = read(grammar, &line);
    // Without a verb, what comes after the first word could be anything.
    let nouns = reading
        .verb_index
        .unwrap_or(words.path.len().saturating_sub(1));
    let mut parts: Vec<String> = vec![grammar.namespace.to_owned()];
    let named = line.words.iter().take(nouns.saturating_add(1)).take(6);
    parts.extend(named.map(|word| slug(&word.text)));
    let kind = reading.kind;
    let mut blank = Draft {
        operation: Cow::Owned(parts.join(":")),
        verb: kind.map_or(Verb::Unknown, |kind| kind.verb),
        resource: Resource {
            kind: ResourceType::Unknown,
            id: "*".to_owned(),
            parents: Vec::new(),
        },
        location: Location::Remote,
        selectors: Vec::new(),
        reversibility: kind.map_or(Reversibility::Irreversible, |kind| kind.reversibility),
        scope: Scope::default(),
        effects: Effects::of(kind.map_or(&[][..], |kind| kind.effects)).union(setting.effects),
        credential: None,
        completeness: kind.map_or(Completeness::Opaque, |kind| kind.completeness),
        span: Span::default(),
        evidence: vec![match kind {
            Some(_) => "judged by the verb among its words".to_owned(),
            None => "none of its words is a verb the catalogue knows".to_owned(),
        }],
    };
    let things = things(grammar, words, &line, &reading);
    if things.len() > 1 {
        blank.scope.count = u32::try_from(things.len()).ok();
    }
    things
        .iter()
        .take(limits::ACTIONS)
        .map(|thing| draft_of(&blank, kind, thing, setting))
        .collect()
}

fn draft_of(blank: &Draft, kind: Option<&VerbKind>, thing: &Thing, setting: &Setting<'_>) -> Draft {
    let mut draft = blank.clone();
    let fixed = kind.and_then(|kind| kind.resource);
    draft.resource.kind = fixed.unwrap_or_else(|| thing.resource(ResourceType::Service));
    if kind.is_some_and(|kind| kind.removes)
        && let Some(noun) = thing.kind
    {
        draft.removal_of(noun);
    }
    match &thing.name {
        Some(name) => {
            draft.resource.id = name.sketch();
            if name.is_dynamic() {
                draft.completeness = draft.completeness.max(Completeness::Partial);
            }
        }
        None if draft.verb.group() != VerbGroup::Observe => {
            draft.completeness = draft.completeness.max(Completeness::Partial);
        }
        None => {}
    }
    setting.place_draft(&mut draft, thing.name.as_ref());
    draft
}

impl Draft {
    /// Adds what it means that a thing of this kind goes.
    pub(in crate::interpret) fn removal_of(&mut self, noun: &NounKind) {
        self.effects = self.effects.union(Effects::of(noun.effects));
        if self.verb == Verb::Delete
            && let Some(undo) = noun.reversibility
        {
            self.reversibility = undo;
        }
    }
}

/// One word of a line that is no option.
struct Word<'a> {
    text: String,
    /// The operand it is; `None` for the name of a subcommand.
    value: Option<&'a Value>,
    /// It may be the value of an option that is not described.
    doubtful: bool,
    /// What it says cannot be known.
    dynamic: bool,
}

/// The names of subcommands, then the operands.
struct Line<'a> {
    words: Vec<Word<'a>>,
}

impl<'a> Line<'a> {
    fn of(words: &'a Words<'_>) -> Self {
        let named = words.path.iter().skip(1).map(|name| Word {
            text: (*name).to_owned(),
            value: None,
            doubtful: false,
            dynamic: false,
        });
        let doubtful: BTreeSet<usize> = words
            .undescribed
            .iter()
            .filter(|option| option.attached.is_none())
            .map(|option| option.before)
            .collect();
        let operands = words.operands.iter().enumerate();
        let operands = operands.take(limits::ACTIONS).map(|(index, value)| Word {
            text: value.known_text().unwrap_or_else(|| value.prefix()),
            value: Some(value),
            doubtful: doubtful.contains(&index),
            dynamic: value.is_dynamic(),
        });
        Self {
            words: named.chain(operands).collect(),
        }
    }
}

/// Which word of a line is its verb and what it does.
struct Reading {
    verb_index: Option<usize>,
    kind: Option<&'static VerbKind>,
}

fn read(grammar: &'static Grammar, line: &Line<'_>) -> Reading {
    let lexicon = grammar.lexicon;
    if grammar.verb_at > 0 {
        let mut firm = line.words.iter().enumerate();
        let mut firm = firm.by_ref().filter(|(_, word)| !word.doubtful);
        let before = usize::from(grammar.verb_at).saturating_sub(1);
        let noun = if before > 0 { firm.next() } else { None };
        let verb = firm.nth(before.saturating_sub(1));
        let unclear = noun.is_some_and(|(_, word)| word.dynamic)
            || verb.is_some_and(|(_, word)| word.dynamic);
        return Reading {
            verb_index: verb.map(|(index, _)| index),
            kind: verb.filter(|_| !unclear).and_then(|(_, verb)| {
                noun.and_then(|(_, noun)| lexicon.exception(&noun.text, &verb.text))
                    .or_else(|| lexicon.verb(&verb.text))
            }),
        };
    }
    let mut found = Reading {
        verb_index: None,
        kind: None,
    };
    for (index, word) in line.words.iter().enumerate() {
        let Some(kind) = found.kind else {
            if word.dynamic {
                break;
            }
            if word.value.is_none() {
                continue;
            }
            let noun = index
                .checked_sub(1)
                .and_then(|before| line.words.get(before));
            let kind = noun
                .and_then(|noun| lexicon.exception(&noun.text, &word.text))
                .or_else(|| lexicon.verb(&word.text));
            if kind.is_some() {
                found = Reading {
                    verb_index: Some(index),
                    kind,
                };
            }
            continue;
        };
        // A group may be called like a verb that only looks (`search service delete`).
        if kind.verb.group() != VerbGroup::Observe {
            break;
        }
        if word.doubtful || word.dynamic {
            continue;
        }
        let other = lexicon
            .whole_verb(&word.text)
            .filter(|other| other.verb.group() != VerbGroup::Observe);
        if other.is_some() {
            found = Reading {
                verb_index: Some(index),
                kind: other,
            };
            break;
        }
    }
    found
}

fn things(
    grammar: &'static Grammar,
    words: &Words<'_>,
    line: &Line<'_>,
    reading: &Reading,
) -> Vec<Thing> {
    let verb = reading.verb_index;
    let after = verb.map_or(line.words.len(), |index| index.saturating_add(1));
    let rest = line.words.get(after..).unwrap_or_default();
    let rest: Vec<Value> = rest
        .iter()
        .filter(|word| !word.doubtful)
        .filter_map(|word| word.value.cloned())
        .collect();
    let nouns = line.words.get(..after).unwrap_or_default();
    let kind = nouns
        .iter()
        .rev()
        .find_map(|word| grammar.lexicon.noun(&word.text));
    let typed = match rest.as_slice() {
        [] => false,
        [first, more @ ..] => {
            let bare = after <= 1 && !more.is_empty();
            let is_noun = |text: String| grammar.lexicon.noun(&text).is_some();
            grammar.verb_first || (bare && kind.is_none() && first.exact().is_some_and(is_noun))
        }
    };
    if typed {
        let things = lexicon::things(&Found::all(rest), grammar.lexicon);
        let names = named_by_options(grammar, words);
        if names.is_empty() || things.iter().any(|thing| thing.name.is_some()) {
            return things;
        }
        let kind = things.first().and_then(|thing| thing.kind);
        return named(names, kind);
    }
    let mut names = named_by_options(grammar, words);
    if names.is_empty() {
        names = rest;
    }
    if names.is_empty() {
        return vec![Thing { kind, name: None }];
    }
    named(names, kind)
}

fn named(names: Vec<Value>, kind: Option<&'static NounKind>) -> Vec<Thing> {
    let named = names.into_iter().map(|name| Thing {
        kind,
        name: Some(name),
    });
    named.collect()
}

/// What options say is acted on.
fn named_by_options(grammar: &'static Grammar, words: &Words<'_>) -> Vec<Value> {
    let mut names: Vec<Value> = Vec::new();
    for source in grammar.id {
        if names.is_empty() {
            names = words.found(*source).values;
        }
    }
    for glob in grammar.lexicon.id_options {
        if names.is_empty() {
            names = undescribed(words, glob);
        }
    }
    names
}

/// The values of the first option that is not described and matches the glob.
fn undescribed(words: &Words<'_>, glob: &str) -> Vec<Value> {
    let mut options = words.undescribed.iter().enumerate();
    let Some((index, option)) = options.find(|(_, option)| wildcard(glob, &option.name)) else {
        return Vec::new();
    };
    if let Some(value) = &option.attached {
        return vec![value.clone()];
    }
    let next = words.undescribed.get(index.saturating_add(1));
    let end = next.map_or(words.operands.len(), |option| option.before);
    let values = words.operands.get(option.before..end);
    values.unwrap_or_default().to_vec()
}
