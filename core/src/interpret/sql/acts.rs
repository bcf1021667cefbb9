//! What was understood of SQL text, on its way to drafts: equal acts are one.

use std::collections::BTreeMap;

use crate::action::Effects;
use crate::catalogue::sql::Deed;
use crate::limits;
use crate::vocabulary::{Completeness, Effect, ResourceType, Reversibility, Verb};

/// One act.
#[derive(Debug, Clone)]
pub struct Found {
    /// Namespaced operation.
    pub operation: &'static str,
    /// What kind of act.
    pub verb: Verb,
    /// What it acts on.
    pub resource: ResourceType,
    /// Its id; `*` when not known.
    pub id: String,
    /// What it takes to undo.
    pub reversibility: Reversibility,
    /// Cross-cutting facts.
    pub effects: Effects,
    /// How well understood.
    pub completeness: Completeness,
    /// No bound on what it touches.
    pub unbounded: bool,
    /// Where in the text.
    pub span: (usize, usize),
    /// What it rests on.
    pub evidence: String,
    /// Files and programs belong to the machine of the server, which is another than the client's.
    pub on_server: bool,
    /// Another server that the act goes to, as far as the text says.
    pub server: Option<String>,
}

impl Found {
    /// The act of `deed` on `id`.
    #[must_use]
    pub fn new(deed: &Deed, id: impl Into<String>, span: (usize, usize)) -> Self {
        Self {
            operation: deed.operation,
            verb: deed.verb,
            resource: deed.resource,
            id: id.into(),
            reversibility: deed.reversibility,
            effects: Effects::of(deed.effects),
            completeness: deed.completeness,
            unbounded: deed.unbounded,
            span,
            evidence: String::new(),
            on_server: true,
            server: None,
        }
    }

    /// Something that cannot be read and may do anything.
    #[must_use]
    pub fn unread(span: (usize, usize), why: &str) -> Self {
        Self {
            operation: "sql:statement",
            verb: Verb::Unknown,
            resource: ResourceType::Database,
            id: "*".to_owned(),
            reversibility: Reversibility::Irreversible,
            effects: Effects::NONE,
            completeness: Completeness::Opaque,
            unbounded: false,
            span,
            evidence: why.to_owned(),
            on_server: true,
            server: None,
        }
    }

    /// This act, at best partly understood.
    #[must_use]
    pub fn partly(mut self, why: &str) -> Self {
        self.completeness = self.completeness.max(Completeness::Partial);
        why.clone_into(&mut self.evidence);
        self
    }

    /// Marks it as touching everything there.
    pub fn unbound(&mut self, why: &str) {
        self.unbounded = true;
        self.reversibility = Reversibility::Irreversible;
        why.clone_into(&mut self.evidence);
    }
}

/// Acts in the order they were found.
#[derive(Debug, Default)]
pub struct Acts {
    found: Vec<Found>,
    known: BTreeMap<(&'static str, String, Verb), usize>,
}

impl Acts {
    /// Adds an act, or makes the equal one that is there the worse of both.
    pub fn add(&mut self, act: Found) {
        let key = (act.operation, act.id.clone(), act.verb);
        let known = self.known.get(&key).and_then(|at| self.found.get_mut(*at));
        let Some(known) = known else {
            // One more than the limit is enough for the call to be judged as over it.
            if self.found.len() <= limits::ACTIONS {
                self.known.insert(key, self.found.len());
                self.found.push(act);
            }
            return;
        };
        known.reversibility = known.reversibility.max(act.reversibility);
        known.completeness = known.completeness.max(act.completeness);
        known.effects = known.effects.union(act.effects);
        if act.unbounded && !known.unbounded {
            known.unbounded = true;
            known.evidence = act.evidence;
        }
    }

    /// Everything found.
    #[must_use]
    pub fn into_found(self) -> Vec<Found> {
        self.found
    }
}

/// The effects without those that only mean something on another machine's server.
#[must_use]
pub fn at_home(effects: Effects) -> Effects {
    effects.without(Effect::Privilege)
}
