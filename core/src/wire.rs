//! The one JSON boundary: calls come in, decisions go out (design: wire format).

mod canonical;
mod read;
mod strict;

pub use canonical::{canonical, canonical_object};
pub use read::{WireError, call_from_json};
pub use strict::object as object_from_json;

use serde_json::{Map, Value, json};

use crate::action::{Action, Credential, Scope};
use crate::decision::{Decision, JudgedAction};

/// The decision as canonical JSON: sorted keys, UTF-8, no floats, one line.
#[must_use]
pub fn decision_to_json(decision: &Decision) -> String {
    canonical(&decision_value(decision))
}

/// The decision as a JSON value.
#[must_use]
pub fn decision_value(decision: &Decision) -> Value {
    let mut object = Map::new();
    object.insert("verdict".to_owned(), decision.verdict.as_str().into());
    object.insert("reason".to_owned(), decision.reason.clone().into());
    if let Some(advice) = &decision.advice {
        object.insert("advice".to_owned(), advice.clone().into());
    }
    object.insert(
        "actions".to_owned(),
        decision.actions.iter().map(judged_value).collect(),
    );
    if let Some(approval) = &decision.approval {
        object.insert(
            "approval".to_owned(),
            json!({"fingerprint": approval.fingerprint, "teams": approval.teams}),
        );
    }
    let errors = decision
        .errors
        .iter()
        .map(|error| json!({"kind": error.kind(), "message": error.to_string()}));
    object.insert("errors".to_owned(), errors.collect());
    object.insert("bundle".to_owned(), decision.bundle.clone().into());
    Value::Object(object)
}

/// An action as a JSON value, without a verdict.
#[must_use]
pub fn action_value(action: &Action) -> Value {
    let parents: Vec<Value> = action
        .resource
        .parents
        .iter()
        .map(|parent| json!({"type": parent.kind.as_str(), "id": parent.id}))
        .collect();
    let effects: Vec<&str> = action
        .effects
        .iter()
        .map(crate::vocabulary::Effect::as_str)
        .collect();
    let mut value = json!({
        "operation": action.operation,
        "verb": action.verb.as_str(),
        "resource": {"type": action.resource.kind.as_str(), "id": action.resource.id, "parents": parents},
        "location": action.location.as_str(),
        "environment": {
            "name": action.environment.name,
            "class": action.environment.class.as_str(),
            "evidence": action.environment.evidence,
        },
        "reversibility": action.reversibility.as_str(),
        "scope": scope_value(action.scope),
        "effects": effects,
        "completeness": action.completeness.as_str(),
        "span": {"argument": action.span.argument, "start": action.span.start, "end": action.span.end},
        "evidence": action.evidence,
    });
    if let (Some(credential), Value::Object(object)) = (&action.credential, &mut value) {
        object.insert("credential".to_owned(), credential_value(credential));
    }
    value
}

fn judged_value(judged: &JudgedAction) -> Value {
    let mut value = action_value(&judged.action);
    let policies: Vec<Value> = judged
        .policies
        .iter()
        .map(|policy| json!({"id": policy.id, "effect": policy.effect.as_str(), "reason": policy.reason}))
        .collect();
    if let Value::Object(object) = &mut value {
        object.insert("verdict".to_owned(), judged.verdict.as_str().into());
        object.insert("policies".to_owned(), policies.into());
    }
    value
}

fn scope_value(scope: Scope) -> Value {
    match scope.count {
        Some(count) => json!({"count": count, "unbounded": scope.unbounded}),
        None => json!({"unbounded": scope.unbounded}),
    }
}

fn credential_value(credential: &Credential) -> Value {
    let mut object = Map::new();
    object.insert("source".to_owned(), credential.source.as_str().into());
    object.insert("issued".to_owned(), credential.issued.into());
    object.insert(
        "environments".to_owned(),
        credential.environments.clone().into(),
    );
    for (key, field) in [
        ("name", &credential.name),
        ("fingerprint", &credential.fingerprint),
        ("declared", &credential.declared),
    ] {
        if let Some(text) = field {
            object.insert(key.to_owned(), text.clone().into());
        }
    }
    Value::Object(object)
}
