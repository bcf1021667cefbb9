//! Cedar's names for the vocabularies, built once: no text is parsed while deciding.

use std::collections::HashSet;
use std::sync::OnceLock;

use cedar_policy::EntityTypeName;
use cedar_policy_core::ast::{Eid, Entity, EntityType, EntityUID, Value};

use crate::vocabulary::{
    Completeness, CredentialSource, Effect, EnvironmentClass, Location, ResourceType,
    Reversibility, Verb,
};

/// Entity types and enumerated entities of the schema.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) agent: EntityType,
    pub(super) agent_group: EntityType,
    pub(super) human: EntityType,
    pub(super) team: EntityType,
    pub(super) environment: EntityType,
    kinds: Vec<EntityType>,
    verbs: Vec<Entity>,
    classes: Vec<EntityUID>,
    reversibilities: Vec<Value>,
    effects: Vec<Value>,
    completenesses: Vec<Value>,
    locations: Vec<Value>,
    credential_sources: Vec<Value>,
}

impl Names {
    /// The names.
    ///
    /// # Errors
    /// Never: every name is a plain identifier, which a test shows.
    pub(super) fn get() -> Result<&'static Self, &'static str> {
        static NAMES: OnceLock<Result<Names, String>> = OnceLock::new();
        NAMES
            .get_or_init(Self::build)
            .as_ref()
            .map_err(String::as_str)
    }

    /// The entity of this type with this id.
    pub(super) fn uid(kind: &EntityType, id: &str) -> EntityUID {
        EntityUID::from_components(kind.clone(), Eid::new(id), None)
    }

    /// The entity type of a resource.
    pub(super) fn kind(&self, kind: ResourceType) -> Option<&EntityType> {
        self.kinds.get(kind as usize)
    }

    /// The Cedar action of a verb, with its group as parent.
    pub(super) fn verb(&self, verb: Verb) -> Option<&Entity> {
        self.verbs.get(verb as usize)
    }

    /// The entity of an environment class.
    pub(super) fn class(&self, class: EnvironmentClass) -> Option<&EntityUID> {
        self.classes.get(class as usize)
    }

    pub(super) fn reversibility(&self, word: Reversibility) -> Option<Value> {
        self.reversibilities.get(word as usize).cloned()
    }

    pub(super) fn effect(&self, word: Effect) -> Option<Value> {
        self.effects.get(word as usize).cloned()
    }

    pub(super) fn completeness(&self, word: Completeness) -> Option<Value> {
        self.completenesses.get(word as usize).cloned()
    }

    pub(super) fn location(&self, word: Location) -> Option<Value> {
        self.locations.get(word as usize).cloned()
    }

    pub(super) fn credential_source(&self, word: CredentialSource) -> Option<Value> {
        self.credential_sources.get(word as usize).cloned()
    }

    fn build() -> Result<Self, String> {
        let action = type_name("Action")?;
        let verb = |verb: &Verb| {
            let group = Self::uid(&action, verb.group().as_str());
            entity(Self::uid(&action, verb.as_str()), HashSet::from([group]))
        };
        let kinds: Result<Vec<_>, _> = ResourceType::ALL
            .iter()
            .map(|kind| type_name(kind.as_str()))
            .collect();
        Ok(Self {
            agent: type_name("Agent")?,
            agent_group: type_name("AgentGroup")?,
            human: type_name("Human")?,
            team: type_name("Team")?,
            environment: type_name("Environment")?,
            kinds: kinds?,
            verbs: Verb::ALL.iter().map(verb).collect(),
            classes: words("EnvironmentClass", EnvironmentClass::ALL, |w| w.as_str())?,
            reversibilities: words("Reversibility", Reversibility::ALL, |w| w.as_str())?,
            effects: words("Effect", Effect::ALL, |w| w.as_str())?,
            completenesses: words("Completeness", Completeness::ALL, |w| w.as_str())?,
            locations: words("Location", Location::ALL, |w| w.as_str())?,
            credential_sources: words("CredentialSource", CredentialSource::ALL, |w| w.as_str())?,
        })
    }
}

/// An entity without attributes in these others.
pub(super) fn entity(uid: EntityUID, parents: HashSet<EntityUID>) -> Entity {
    Entity::new_with_attr_partial_value(uid, [], HashSet::new(), parents, [])
}

/// The enumerated entities of a type, in the vocabulary's order.
fn words<T: Copy, U: From<EntityUID>>(
    kind: &str,
    all: &[T],
    word: impl Fn(T) -> &'static str,
) -> Result<Vec<U>, String> {
    let kind = type_name(kind)?;
    let uid = |item: &T| Names::uid(&kind, word(*item)).into();
    Ok(all.iter().map(uid).collect())
}

fn type_name(name: &str) -> Result<EntityType, String> {
    let parsed: Result<EntityTypeName, _> = name.parse();
    parsed
        .map(|parsed| parsed.as_ref().clone())
        .map_err(|_| format!("`{name}` is not an entity type"))
}
