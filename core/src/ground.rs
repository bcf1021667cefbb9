//! Grounding: where a drafted act takes place and whose credential it uses, by the inventory.
//!
//! The most dangerous class that any fact points at wins. Without evidence an act on this machine is
//! `local`, anything else `unknown`.

mod credential;
mod environment;

use crate::action::{Action, Draft, Effects};
use crate::call::ToolCall;
use crate::inventory::Inventory;
use crate::vocabulary::{Effect, SelectorKind, Verb};

/// Places `draft`, an act of `call`, in the operator's inventory.
#[must_use]
pub fn ground(draft: Draft, call: &ToolCall, inventory: &Inventory) -> Action {
    let credential = draft
        .credential
        .as_ref()
        .map(|used| credential::ground(used, &call.agent, inventory));
    let environment = environment::ground(&draft, call, credential.as_ref(), inventory);
    let effects = effects(&draft, inventory);
    Action {
        operation: draft.operation,
        verb: draft.verb,
        resource: draft.resource,
        location: draft.location,
        environment,
        reversibility: draft.reversibility,
        scope: draft.scope,
        effects,
        credential,
        completeness: draft.completeness,
        span: draft.span,
        evidence: draft.evidence,
    }
}

/// The draft's effects, corrected by what the operator declared.
fn effects(draft: &Draft, inventory: &Inventory) -> Effects {
    let mut effects = draft.effects;
    let named = draft.selectors.iter();
    let backup = named
        .filter(|selector| selector.kind == SelectorKind::ResourceId)
        .map(|selector| &selector.value)
        .chain([&draft.resource.id])
        .any(|id| inventory.backups.contains_key(id));
    if backup && matches!(draft.verb, Verb::Delete | Verb::Update | Verb::Unknown) {
        effects = effects.with(Effect::DestroysRecovery);
    }
    let mut hosts = draft
        .selectors
        .iter()
        .filter(|s| s.kind == SelectorKind::Host)
        .peekable();
    if hosts.peek().is_some() && hosts.all(|host| inventory.declares_host(&host.value)) {
        effects = effects.without(Effect::Exfiltration);
    }
    effects
}

#[cfg(test)]
mod tests;
