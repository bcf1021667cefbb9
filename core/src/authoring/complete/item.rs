//! The words that fit a place.

use serde::Serialize;
use serde_json::Value;

use super::place::Place;
use crate::authoring::schema::{Model, Type, about};
use crate::catalogue;
use crate::inventory::Inventory;
use crate::policy::ANNOTATIONS;
use crate::vocabulary::{
    Completeness, CredentialSource, Effect, EnvironmentClass, Location, ResourceType,
    Reversibility, Verb, VerbGroup,
};

/// One word that fits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Completion {
    /// The text to put in.
    pub label: String,
    /// What it is: `annotation`, `attribute`, `entity`, `keyword`, `method`, `operation`, `type`
    /// or `variable`.
    pub kind: &'static str,
    /// What it means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
}

/// Words of Cedar's grammar; the schema does not have them.
const EXPRESSION: &[&str] = &[
    "if", "then", "else", "has", "is", "in", "like", "true", "false",
];
/// Methods of Cedar's sets.
const SET: &[&str] = &["contains", "containsAll", "containsAny", "isEmpty"];

/// Everything that fits `place`.
pub(super) fn items(model: &Model, inventory: &Inventory, place: &Place<'_>) -> Vec<Completion> {
    let words = Words { model, inventory };
    match place {
        Place::Ids { kind, quoted } => words
            .ids(kind)
            .into_iter()
            .map(|(id, about)| new(written(&id, *quoted), "entity", about))
            .collect(),
        Place::Value { of, quoted } => words.values(*of, *quoted),
        Place::Operation { quoted } => operations(*quoted),
        Place::Member(of) => words.members(*of),
        Place::Has(of) => words.attributes(*of, true),
        Place::Is(variable) => words.types(&model.types_of(variable)),
        Place::Entity { variable, within } => words.entities(variable, *within),
        Place::Annotation => ANNOTATIONS
            .iter()
            .map(|(name, about)| new((*name).to_owned(), "annotation", Some((*about).to_owned())))
            .collect(),
        Place::Start => {
            let mut items = keywords(&["permit", "forbid"]);
            items.extend(ANNOTATIONS.iter().map(|(name, about)| {
                new(format!("@{name}"), "annotation", Some((*about).to_owned()))
            }));
            items
        }
        Place::Clause => keywords(&["when", "unless"]),
        Place::Head => {
            let mut items = variables(&["principal", "action", "resource"]);
            items.extend(keywords(&["in", "is"]));
            items
        }
        Place::Expression => {
            let mut items = variables(&["context", "principal", "action", "resource"]);
            items.extend(keywords(EXPRESSION));
            let types: Vec<&str> = model.types().collect();
            items.extend(words.types(&types));
            items
        }
        Place::Nothing => Vec::new(),
    }
}

struct Words<'a> {
    model: &'a Model,
    inventory: &'a Inventory,
}

impl<'a> Words<'a> {
    /// The known ids of an entity type.
    fn ids(&self, kind: &str) -> Vec<(String, Option<String>)> {
        if kind == "Action" {
            let actions = self.model.actions();
            return actions
                .map(|name| (name.to_owned(), meaning("Verb", name)))
                .collect();
        }
        let words = self.model.words(kind);
        if !words.is_empty() {
            let words = words.into_iter();
            return words
                .map(|word| (word.to_owned(), meaning(kind, word)))
                .collect();
        }
        let inventory = self.inventory;
        let mut names: Vec<String> = match kind {
            "Agent" => inventory.agents.keys().cloned().collect(),
            "AgentGroup" => inventory.agents.values().flatten().cloned().collect(),
            "Environment" => inventory
                .environments
                .iter()
                .map(|one| one.name.clone())
                .collect(),
            "Human" => inventory
                .approvers
                .iter()
                .map(|one| one.human.clone())
                .collect(),
            "Team" => inventory.teams(),
            _ => {
                let known = ResourceType::parse(kind);
                let resources = inventory.resources.iter();
                resources
                    .filter(|(_, one)| known.is_some() && one.kind == known)
                    .map(|(id, _)| id.clone())
                    .collect()
            }
        };
        names.sort();
        names.dedup();
        names.into_iter().map(|name| (name, None)).collect()
    }

    /// Entities of a type, whole: `Team::"dba"`; the bare type when none is known.
    fn whole(&self, kind: &str) -> Vec<Completion> {
        let ids = self.ids(kind);
        if ids.is_empty() {
            return vec![new(
                format!("{kind}::"),
                "type",
                meaning("ResourceType", kind),
            )];
        }
        ids.into_iter()
            .map(|(id, about)| new(format!("{kind}::{}", written(&id, false)), "entity", about))
            .collect()
    }

    fn values(&self, of: Type<'_>, quoted: bool) -> Vec<Completion> {
        match of.name() {
            Some("Bool" | "Boolean") => keywords(&["true", "false"]),
            None | Some("String" | "Long") => Vec::new(),
            Some(_) if quoted => Vec::new(),
            Some(kind) => {
                let mut items = self.whole(kind);
                for ancestor in self.model.ancestors(kind) {
                    items.extend(self.whole(ancestor));
                }
                items
            }
        }
    }

    fn members(&self, of: Type<'_>) -> Vec<Completion> {
        match of.element() {
            Some(_) => SET
                .iter()
                .map(|name| new((*name).to_owned(), "method", None))
                .collect(),
            None => self.attributes(of, false),
        }
    }

    /// The attributes of a record or entity; behind `has` only those that may be missing.
    fn attributes(&self, of: Type<'_>, optional: bool) -> Vec<Completion> {
        // A type of the model lives as long as the model.
        let Some(attributes) = of.attributes(self.model) else {
            return Vec::new();
        };
        let wanted = attributes
            .iter()
            .filter(|(_, json)| !optional || Type::is_optional(json));
        wanted.map(|(name, json)| attribute(name, json)).collect()
    }

    fn types(&self, names: &[&str]) -> Vec<Completion> {
        let types = names.iter();
        types
            .map(|name| new((*name).to_owned(), "type", meaning("ResourceType", name)))
            .collect()
    }

    /// What `variable` may be equal to or, when `within`, lie in.
    fn entities(&self, variable: &str, within: bool) -> Vec<Completion> {
        if variable == "action" {
            return self.whole("Action");
        }
        let mut types = self.model.types_of(variable);
        if within {
            let above = types.iter().flat_map(|kind| self.model.ancestors(kind));
            types = above.collect();
            types.sort_unstable();
            types.dedup();
        }
        types
            .into_iter()
            .flat_map(|kind| self.whole(kind))
            .collect()
    }
}

fn operations(quoted: bool) -> Vec<Completion> {
    let operations = catalogue::operations().into_iter();
    operations
        .map(|(name, (verb, kind))| {
            let about = format!("{verb} {kind}");
            new(written(name, quoted), "operation", Some(about))
        })
        .collect()
}

fn attribute(name: &str, json: &Value) -> Completion {
    let mut text = Type::shown(json);
    if Type::is_optional(json) {
        text.push_str(", may be missing");
    }
    if let Some(comment) = about(name) {
        text = format!("{text}: {comment}");
    }
    new(name.to_owned(), "attribute", Some(text))
}

/// What a word of a vocabulary means.
fn meaning(kind: &str, word: &str) -> Option<String> {
    let about = match kind {
        "Verb" => {
            let verb = Verb::parse(word).map(Verb::about);
            verb.or_else(|| VerbGroup::parse(word).map(VerbGroup::about))
        }
        "ResourceType" => ResourceType::parse(word).map(ResourceType::about),
        "EnvironmentClass" => EnvironmentClass::parse(word).map(EnvironmentClass::about),
        "Reversibility" => Reversibility::parse(word).map(Reversibility::about),
        "Effect" => Effect::parse(word).map(Effect::about),
        "Completeness" => Completeness::parse(word).map(Completeness::about),
        "Location" => Location::parse(word).map(Location::about),
        "CredentialSource" => CredentialSource::parse(word).map(CredentialSource::about),
        _ => None,
    };
    about.map(str::to_owned)
}

/// `id` as it is put in: with quotes unless one has been opened.
fn written(id: &str, quoted: bool) -> String {
    let escaped = id.replace('\\', "\\\\").replace('"', "\\\"");
    if quoted {
        escaped
    } else {
        format!("\"{escaped}\"")
    }
}

fn keywords(words: &[&str]) -> Vec<Completion> {
    words
        .iter()
        .map(|word| new((*word).to_owned(), "keyword", None))
        .collect()
}

fn variables(words: &[&str]) -> Vec<Completion> {
    words
        .iter()
        .map(|word| new((*word).to_owned(), "variable", None))
        .collect()
}

fn new(label: String, kind: &'static str, about: Option<String>) -> Completion {
    Completion { label, kind, about }
}
