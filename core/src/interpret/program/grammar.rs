//! Subcommands that are not described one by one, judged by their verb and nouns.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::action::{Draft, Effects, Resource, Scope, Span};
use crate::catalogue::spec::{Arity, Grammar, Lexicon, NounKind, VerbKind};
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
    let nouns = reading.verb_index.unwrap_or(words.called.len());
    let mut parts: Vec<String> = vec![grammar.namespace.to_owned()];
    let named = line.words.iter().take(nouns.saturating_add(1)).take(6);
    parts.extend(named.map(|word| part(&word.text)));
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
    let elsewhere = !words.command.selectors.is_empty() || words.command.credential.is_some();
    let mut drafts: Vec<Draft> = things
        .iter()
        .take(limits::ACTIONS)
        .map(|thing| draft_of(&blank, kind, thing, setting))
        .collect();
    if elsewhere {
        for draft in &mut drafts {
            draft.location = Location::Remote;
        }
    }
    drafts
}

fn draft_of(blank: &Draft, kind: Option<&VerbKind>, thing: &Thing, setting: &Setting<'_>) -> Draft {
    let mut draft = blank.clone();
    let fixed = kind.and_then(|kind| kind.resource);
    draft.resource.kind = fixed.unwrap_or_else(|| thing.resource(ResourceType::Service));
    if kind.is_some_and(|kind| kind.removes)
        && let Some(noun) = thing.kind
    {
        draft.removal_of(noun);
        if let Some(kind) = kind.filter(|_| fixed.is_some()) {
            draft.reversibility = kind.reversibility;
        }
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

/// A word fit for an operation.
fn part(word: &str) -> String {
    let fit = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' {
            c
        } else {
            '_'
        }
    };
    word.chars().take(60).map(fit).collect()
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
    /// There are options that are not described.
    options: bool,
}

impl<'a> Line<'a> {
    fn of(words: &'a Words<'_>) -> Self {
        let named = words.called.iter().map(|name| Word {
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
            options: !words.undescribed.is_empty(),
        }
    }
}

/// Which word of a line is its verb and what it does.
struct Reading {
    verb_index: Option<usize>,
    kind: Option<&'static VerbKind>,
}

fn read(grammar: &'static Grammar, line: &Line<'_>) -> Reading {
    match grammar.verb_at {
        0 => read_first(grammar.lexicon, line),
        place => read_at(grammar.lexicon, line, usize::from(place)),
    }
}

/// The verb stands in this place.
fn read_at(lexicon: &'static Lexicon, line: &Line<'_>, place: usize) -> Reading {
    let firm: Vec<(usize, &Word<'_>)> = line
        .words
        .iter()
        .enumerate()
        .filter(|(_, word)| !word.doubtful)
        .take(place.saturating_add(1))
        .collect();
    let Some((index, verb)) = place.checked_sub(1).and_then(|at| firm.get(at)) else {
        return Reading {
            verb_index: None,
            kind: None,
        };
    };
    let before = place.checked_sub(2).and_then(|at| firm.get(at));
    let noun = before.map_or("", |(_, word)| word.text.as_str());
    let unclear = verb.dynamic || before.is_some_and(|(_, word)| word.dynamic);
    // `aws ec2 terminate-instances help`
    let help =
        !line.options && firm.get(place).is_some_and(|(_, word)| word.text == "help") && !unclear;
    let kind = if help {
        lexicon.whole_verb("help")
    } else {
        lexicon
            .exception(noun, &verb.text)
            .or_else(|| lexicon.verb(&verb.text))
            .filter(|_| !unclear)
    };
    Reading {
        verb_index: Some(*index),
        kind,
    }
}

/// The verb is the first word that is one.
fn read_first(lexicon: &'static Lexicon, line: &Line<'_>) -> Reading {
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
            let kind = exception(lexicon, line, index).or_else(|| lexicon.verb(&word.text));
            if kind.is_some() {
                found = Reading {
                    verb_index: Some(index),
                    kind,
                };
            }
            continue;
        };
        // A group may be called like a verb: `search service delete`, `snapshot list`.
        let first = found.verb_index.and_then(|index| line.words.get(index));
        let is_noun = first.is_some_and(|word| lexicon.is_noun(&word.text));
        let observes = kind.verb.group() == VerbGroup::Observe;
        if !observes && (kind.verb == Verb::Delete || !is_noun) {
            break;
        }
        if word.doubtful || word.dynamic {
            continue;
        }
        // A letter behind a word that looks is a name (`ddl describe d`), no short form of a verb.
        if observes && word.text.len() == 1 {
            continue;
        }
        let other = exception(lexicon, line, index).or_else(|| lexicon.whole_verb(&word.text));
        let more = other.filter(|other| !observes || other.verb.group() != VerbGroup::Observe);
        if more.is_some() {
            found = Reading {
                verb_index: Some(index),
                kind: more,
            };
            break;
        }
    }
    found
}

/// What the word does after those before it, when that is said by name.
fn exception(
    lexicon: &'static Lexicon,
    line: &Line<'_>,
    index: usize,
) -> Option<&'static VerbKind> {
    let verb = line.words.get(index)?;
    let noun = line.words.get(index.checked_sub(1)?)?;
    let farther = index.checked_sub(2).and_then(|at| line.words.get(at));
    farther
        .and_then(|farther| {
            lexicon.exception(&format!("{} {}", farther.text, noun.text), &verb.text)
        })
        .or_else(|| lexicon.exception(&noun.text, &verb.text))
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
    let kinds = nouns.iter().rev();
    let kind = lexicon::strongest(kinds.flat_map(|word| grammar.lexicon.nouns(&word.text)));
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
            names = described(words, glob);
        }
        if names.is_empty() {
            names = undescribed(words, glob);
        }
    }
    names
}

/// The values of options that are described and match the glob.
fn described(words: &Words<'_>, glob: &str) -> Vec<Value> {
    let options = words
        .options
        .iter()
        .filter(|(opt, _)| opt.arity == Arity::Value && wildcard(glob, opt.id));
    options.map(|(_, value)| value.clone()).collect()
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
