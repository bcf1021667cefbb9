//! Actions: what a tool call means.

use std::borrow::Cow;

use crate::secret::Secret;
use crate::vocabulary::{
    Completeness, CredentialSource, Effect, EnvironmentClass, Location, ResourceType,
    Reversibility, SelectorKind, Verb,
};

/// One act, understood and grounded in the inventory: what policies decide about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Exact, namespaced name from the catalogue, such as `railway:volumeDelete`.
    pub operation: Cow<'static, str>,
    /// What kind of act.
    pub verb: Verb,
    /// What it acts on.
    pub resource: Resource,
    /// Where a file-like resource lies.
    pub location: Location,
    /// The environment the resource is in.
    pub environment: Environment,
    /// What it takes to undo the act.
    pub reversibility: Reversibility,
    /// How much it touches.
    pub scope: Scope,
    /// Cross-cutting facts.
    pub effects: Effects,
    /// The credential it would use, if any.
    pub credential: Option<Credential>,
    /// How well the guard understood it.
    pub completeness: Completeness,
    /// The input it came from.
    pub span: Span,
    /// What the conclusions other than the environment rest on, one short clause each.
    pub evidence: Vec<String>,
}

/// An act as interpreted from the call alone, before grounding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// See [`Action::operation`].
    pub operation: Cow<'static, str>,
    /// See [`Action::verb`].
    pub verb: Verb,
    /// See [`Action::resource`].
    pub resource: Resource,
    /// See [`Action::location`].
    pub location: Location,
    /// Facts that may place the resource in an environment.
    pub selectors: Vec<Selector>,
    /// See [`Action::reversibility`].
    pub reversibility: Reversibility,
    /// See [`Action::scope`].
    pub scope: Scope,
    /// See [`Action::effects`].
    pub effects: Effects,
    /// The credential it would use, with its text when the call shows it.
    pub credential: Option<CredentialUse>,
    /// See [`Action::completeness`].
    pub completeness: Completeness,
    /// See [`Action::span`].
    pub span: Span,
    /// See [`Action::evidence`].
    pub evidence: Vec<String>,
}

/// A typed resource with its canonical id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Resource {
    /// The type, also the Cedar entity type.
    pub kind: ResourceType,
    /// Canonical id; `*` when it is not known which, or many. Never holds a secret.
    pub id: String,
    /// What contains it, nearest first: a table's database, a bucket's account.
    pub parents: Vec<ResourceRef>,
}

/// A resource named as the parent of another.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceRef {
    /// The type.
    pub kind: ResourceType,
    /// Canonical id.
    pub id: String,
}

/// One fact that may place a resource in an environment, matched against `[environment.match]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Selector {
    /// What kind of fact.
    pub kind: SelectorKind,
    /// Its value, such as a host name or a resource id.
    pub value: String,
}

/// The environment a resource is in, with what that rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// The operator's name for it, or `local` or `unknown`.
    pub name: String,
    /// Its class.
    pub class: EnvironmentClass,
    /// One short clause for each fact found.
    pub evidence: Vec<String>,
}

/// How much an action touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scope {
    /// How many resources, when that is known.
    pub count: Option<u32>,
    /// No bound can be shown: a wildcard, recursion from a root, no WHERE.
    pub unbounded: bool,
}

/// A set of [`Effect`]s.
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Effects(u16);

impl Effects {
    /// No effect.
    pub const NONE: Self = Self(0);

    /// The set of these effects.
    #[must_use]
    pub fn of(effects: &[Effect]) -> Self {
        effects
            .iter()
            .fold(Self::NONE, |set, effect| set.with(*effect))
    }

    /// This set and `effect`.
    #[must_use]
    pub const fn with(self, effect: Effect) -> Self {
        Self(self.0 | Self::bit(effect))
    }

    /// This set without `effect`.
    #[must_use]
    pub const fn without(self, effect: Effect) -> Self {
        Self(self.0 & !Self::bit(effect))
    }

    /// Everything in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether `effect` is in the set.
    #[must_use]
    pub const fn contains(self, effect: Effect) -> bool {
        self.0 & Self::bit(effect) != 0
    }

    /// Whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The effects in vocabulary order.
    pub fn iter(self) -> impl Iterator<Item = Effect> {
        Effect::ALL
            .iter()
            .copied()
            .filter(move |effect| self.contains(*effect))
    }

    const fn bit(effect: Effect) -> u16 {
        // INVARIANT: the vocabulary has fewer than 16 words (checked below).
        1 << (effect as u16)
    }
}

const _: () = assert!(Effect::ALL.len() <= 16, "Effects is a u16");

impl std::fmt::Debug for Effects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// A credential as the call shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialUse {
    /// Where it comes from.
    pub source: CredentialSource,
    /// Name of the variable, path of the file or name of the profile; never the text.
    pub name: Option<String>,
    /// Its text, when the call or the tool's environment shows it.
    pub text: Option<Secret>,
}

/// A credential grounded in the inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// Where it comes from.
    pub source: CredentialSource,
    /// Name of the variable, path of the file or name of the profile.
    pub name: Option<String>,
    /// `sha256:` fingerprint, when the text is known to the guard.
    pub fingerprint: Option<String>,
    /// The inventory's name for it, when the operator declared it.
    pub declared: Option<String>,
    /// Whether the operator issued it to this agent.
    pub issued: bool,
    /// Names of the environments it reaches, as declared.
    pub environments: Vec<String>,
}

/// A byte range of one of the call's arguments. The text of a list is its items, joined by newlines.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Span {
    /// Path of the argument, such as `command` or `edits.0.path`; empty for the call itself.
    pub argument: Cow<'static, str>,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}
