//! Actions written down by hand, for tests of policies and for the matrix.

use serde::Deserialize;

use crate::action::{Action, Credential, Effects, Environment, Resource, Scope, Span};
use crate::call::{Agent, ToolCall, Workspace};
use crate::inventory::Inventory;
use crate::vocabulary::{
    Completeness, CredentialSource, Effect, EnvironmentClass, Location, ResourceType,
    Reversibility, Verb,
};

/// Facts of an action besides verb, resource and environment. What is absent is as in an ordinary
/// act: of remote resources, reversible, exactly understood, without effects.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Facts {
    /// A [`Location`].
    pub location: Option<String>,
    /// A [`Reversibility`].
    pub reversibility: Option<String>,
    /// [`Effect`]s.
    pub effects: Vec<String>,
    /// A [`Completeness`].
    pub completeness: Option<String>,
    /// Nothing bounds what it touches.
    pub unbounded: bool,
    /// The credential it uses.
    pub credential: Option<UsedCredential>,
}

/// A credential, as far as policies see it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsedCredential {
    /// A [`CredentialSource`].
    pub source: String,
    /// The operator declared it.
    #[serde(default)]
    pub declared: bool,
    /// The operator issued it to this agent.
    #[serde(default)]
    pub issued: bool,
}

/// An action with the verdict it should get: one case of a pack's `tests.json`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// A [`Verb`].
    pub verb: String,
    /// A [`ResourceType`].
    #[serde(rename = "type")]
    pub kind: String,
    /// An [`EnvironmentClass`], or the name of an environment of the inventory.
    pub environment: String,
    /// The exact operation, where the policy names one.
    pub operation: Option<String>,
    /// See [`Facts::location`].
    pub location: Option<String>,
    /// See [`Facts::reversibility`].
    pub reversibility: Option<String>,
    /// See [`Facts::effects`].
    #[serde(default)]
    pub effects: Vec<String>,
    /// See [`Facts::completeness`].
    pub completeness: Option<String>,
    /// See [`Facts::unbounded`].
    #[serde(default)]
    pub unbounded: bool,
    /// See [`Facts::credential`].
    pub credential: Option<UsedCredential>,
    /// The [`Verdict`](crate::vocabulary::Verdict).
    pub expect: String,
}

impl Act {
    /// The action.
    ///
    /// # Errors
    /// Which word is not known.
    pub fn action(&self, inventory: &Inventory) -> Result<Action, String> {
        let facts = Facts {
            location: self.location.clone(),
            reversibility: self.reversibility.clone(),
            effects: self.effects.clone(),
            completeness: self.completeness.clone(),
            unbounded: self.unbounded,
            credential: self.credential.clone(),
        };
        let class = match inventory.class_of(&self.environment) {
            Some(class) => class,
            None => word(
                "environment class",
                &self.environment,
                EnvironmentClass::parse,
            )?,
        };
        let mut action = facts.action(
            word("verb", &self.verb, Verb::parse)?,
            word("resource type", &self.kind, ResourceType::parse)?,
            class,
        )?;
        action.environment.name.clone_from(&self.environment);
        if let Some(operation) = &self.operation {
            action.operation = operation.clone().into();
        }
        Ok(action)
    }
}

impl Facts {
    /// The action with these facts.
    ///
    /// # Errors
    /// Which word is not known.
    pub fn action(
        &self,
        verb: Verb,
        kind: ResourceType,
        class: EnvironmentClass,
    ) -> Result<Action, String> {
        let effects = self.effects.iter();
        let effects: Result<Vec<Effect>, String> = effects
            .map(|one| word("effect", one, Effect::parse))
            .collect();
        let credential = self.credential.as_ref().map(|used| {
            Ok::<_, String>(Credential {
                source: word("credential source", &used.source, CredentialSource::parse)?,
                name: None,
                fingerprint: None,
                declared: used.declared.then(|| "token".to_owned()),
                issued: used.issued,
                environments: Vec::new(),
            })
        });
        Ok(Action {
            operation: "test:act".into(),
            verb,
            resource: Resource {
                kind,
                id: "it".to_owned(),
                parents: Vec::new(),
            },
            location: or(
                &self.location,
                "location",
                Location::Remote,
                Location::parse,
            )?,
            environment: Environment {
                name: class.as_str().to_owned(),
                class,
                evidence: Vec::new(),
            },
            reversibility: or(
                &self.reversibility,
                "reversibility",
                Reversibility::Reversible,
                Reversibility::parse,
            )?,
            scope: Scope {
                count: None,
                unbounded: self.unbounded,
            },
            effects: Effects::of(&effects?),
            credential: credential.transpose()?,
            completeness: or(
                &self.completeness,
                "completeness",
                Completeness::Exact,
                Completeness::parse,
            )?,
            span: Span::default(),
            evidence: Vec::new(),
        })
    }
}

/// The call that an action written down by hand belongs to.
pub(super) fn call_by(agent: &str) -> ToolCall {
    ToolCall {
        tool: "test".to_owned(),
        server: None,
        arguments: serde_json::Map::new(),
        annotations: serde_json::Map::new(),
        agent: Agent {
            id: agent.to_owned(),
            ..Agent::default()
        },
        workspace: Workspace::default(),
        env: std::collections::BTreeMap::new(),
    }
}

/// The word called `text`.
pub(super) fn word<T>(
    what: &str,
    text: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, String> {
    parse(text).ok_or_else(|| format!("there is no {what} `{text}`"))
}

fn or<T>(
    text: &Option<String>,
    what: &str,
    otherwise: T,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, String> {
    match text {
        Some(text) => word(what, text, parse),
        None => Ok(otherwise),
    }
}
