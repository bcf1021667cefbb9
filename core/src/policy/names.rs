//! Cedar's names for the vocabularies, built once: no text is parsed while deciding.

use std::collections::HashSet;
use std::sync::OnceLock;

use cedar_policy::{Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression};

use crate::vocabulary::{
    Completeness, CredentialSource, Effect, EnvironmentClass, Location, ResourceType,
    Reversibility, Verb,
};

/// Entity types and enumerated entities of the schema.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) agent: EntityTypeName,
    pub(super) agent_group: EntityTypeName,
    pub(super) human: EntityTypeName,
    pub(super) team: EntityTypeName,
    pub(super) environment: EntityTypeName,
    kinds: Vec<EntityTypeName>,
    verbs: Vec<Entity>,
    classes: Vec<EntityUid>,
    reversibilities: Vec<EntityUid>,
    effects: Vec<EntityUid>,
    completenesses: Vec<EntityUid>,
    locations: Vec<EntityUid>,
    credential_sources: Vec<EntityUid>,
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
    pub(super) fn uid(kind: &EntityTypeName, id: &str) -> EntityUid {
        EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
    }

    /// The entity type of a resource.
    pub(super) fn kind(&self, kind: ResourceType) -> Option<&EntityTypeName> {
        self.kinds.get(kind as usize)
    }

    /// The Cedar action of a verb, with its group as parent.
    pub(super) fn verb(&self, verb: Verb) -> Option<&Entity> {
        self.verbs.get(verb as usize)
    }

    /// The entity of an environment class.
    pub(super) fn class(&self, class: EnvironmentClass) -> Option<&EntityUid> {
        self.classes.get(class as usize)
    }

    pub(super) fn reversibility(&self, word: Reversibility) -> Option<RestrictedExpression> {
        value(&self.reversibilities, word as usize)
    }

    pub(super) fn effect(&self, word: Effect) -> Option<RestrictedExpression> {
        value(&self.effects, word as usize)
    }

    pub(super) fn completeness(&self, word: Completeness) -> Option<RestrictedExpression> {
        value(&self.completenesses, word as usize)
    }

    pub(super) fn location(&self, word: Location) -> Option<RestrictedExpression> {
        value(&self.locations, word as usize)
    }

    pub(super) fn credential_source(&self, word: CredentialSource) -> Option<RestrictedExpression> {
        value(&self.credential_sources, word as usize)
    }

    fn build() -> Result<Self, String> {
        let action = type_name("Action")?;
        let verb = |verb: &Verb| {
            let group = Self::uid(&action, verb.group().as_str());
            Entity::new_no_attrs(Self::uid(&action, verb.as_str()), HashSet::from([group]))
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

fn value(uids: &[EntityUid], at: usize) -> Option<RestrictedExpression> {
    uids.get(at)
        .cloned()
        .map(RestrictedExpression::new_entity_uid)
}

fn words<T: Copy>(
    kind: &str,
    all: &[T],
    word: impl Fn(T) -> &'static str,
) -> Result<Vec<EntityUid>, String> {
    let kind = type_name(kind)?;
    Ok(all
        .iter()
        .map(|item| Names::uid(&kind, word(*item)))
        .collect())
}

fn type_name(name: &str) -> Result<EntityTypeName, String> {
    name.parse()
        .map_err(|_| format!("`{name}` is not an entity type"))
}
