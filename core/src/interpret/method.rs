//! Methods of APIs that are not described one by one, judged by the verb and nouns of their names.

use std::borrow::Cow;

use super::hint;
use super::lexicon;
use super::place::Setting;
use super::value::Value;
use crate::action::{Draft, Effects, Resource, Scope, Span};
use crate::catalogue::spec::{Grammar, VerbKind};
use crate::vocabulary::{Completeness, Location, ResourceType, Reversibility, Verb, VerbGroup};

/// What the name of a method says.
pub struct Method<'a> {
    /// What it does; `None`: it changes something, but its name does not say how.
    pub kind: Option<&'static VerbKind>,
    /// Its name, as its operation has it.
    pub verb: &'a str,
    /// The kind of thing it acts on, as the API calls it.
    pub noun: &'a str,
    /// What tells the things apart that have the same name: the service.
    pub service: &'a str,
    /// Which one it acts on.
    pub id: Option<Value>,
}

impl Method<'_> {
    /// The action. The caller adds what places it.
    pub fn draft(&self, grammar: &'static Grammar, setting: &Setting<'_>) -> Draft {
        let parts = [self.service, self.noun, self.verb].map(slug);
        let parts = parts.iter().filter(|part| !part.is_empty());
        let name: Vec<&str> = parts.map(String::as_str).collect();
        let verb = self.kind.map_or(Verb::Update, |kind| kind.verb);
        let observes = verb.group() == VerbGroup::Observe;
        let words = [self.verb, self.noun, self.service];
        let nouns = words.iter().flat_map(|word| grammar.lexicon.nouns(word));
        let noun = lexicon::strongest(nouns);
        let fixed = self.kind.and_then(|kind| kind.resource);
        let mut draft = Draft {
            operation: Cow::Owned(format!("{}:{}", grammar.namespace, name.join("."))),
            verb,
            resource: Resource {
                kind: fixed
                    .or_else(|| noun.map(|noun| noun.resource))
                    .unwrap_or(ResourceType::Service),
                id: self
                    .id
                    .as_ref()
                    .map_or_else(|| "*".to_owned(), Value::sketch),
                parents: Vec::new(),
            },
            location: Location::Remote,
            selectors: Vec::new(),
            reversibility: self
                .kind
                .map_or(Reversibility::Irreversible, |kind| kind.reversibility),
            scope: Scope::default(),
            effects: Effects::of(self.kind.map_or(&[][..], |kind| kind.effects))
                .union(setting.effects),
            credential: None,
            completeness: self
                .kind
                .map_or(Completeness::Partial, |kind| kind.completeness),
            span: Span::default(),
            evidence: vec![match self.kind {
                Some(_) => "judged by the words of the method".to_owned(),
                None => "the words of the method do not say what it changes".to_owned(),
            }],
        };
        if let Some(kind) = self.kind.filter(|kind| kind.removes)
            && let Some(noun) = noun
        {
            draft.removal_of(noun);
            if fixed.is_some() {
                draft.reversibility = kind.reversibility;
            }
        }
        let unclear = self.id.as_ref().is_none_or(Value::is_dynamic);
        if unclear && !observes {
            draft.completeness = draft.completeness.max(Completeness::Partial);
        }
        setting.place_draft(&mut draft, self.id.as_ref());
        draft.location = Location::Remote;
        draft
    }
}

/// A name in the spelling of the lexicon.
pub fn kebab(name: &str) -> String {
    hint::words(name).join("-")
}

fn slug(word: &str) -> String {
    let fit = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
    word.chars().filter(fit).take(60).collect()
}
