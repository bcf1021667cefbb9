//! Approvals: what exactly is approved.

use serde_json::{Map, Value, json};

use crate::action::{Action, Credential};
use crate::call::ToolCall;
use crate::decision::DenyReason;
use crate::limits;
use crate::secret::Secret;

/// Fingerprint of the exact call, what it was understood to mean, and the bundle that judged it.
///
/// SHA-256 over canonical JSON (sorted keys, no spaces), so that the order of keys in the call does
/// not matter and everything else does.
///
/// # Errors
/// When the arguments nest deeper than [`limits::JSON_DEPTH`].
pub fn fingerprint(
    call: &ToolCall,
    actions: &[Action],
    bundle: &str,
) -> Result<String, DenyReason> {
    let workspace = &call.workspace;
    let mut text = String::from("{\"arguments\":");
    let arguments = call
        .arguments
        .iter()
        .map(|(key, value)| (key.as_str(), value));
    write_object(arguments, &mut text, limits::JSON_DEPTH)?;
    text.push_str(",\"meaning\":");
    let meaning = json!({
        "version": 1,
        "tool": call.tool,
        "server": call.server,
        "agent": call.agent.id,
        "on_behalf_of": call.agent.on_behalf_of,
        "session": call.agent.session,
        "workspace": { "root": workspace.root, "cwd": workspace.cwd, "facts": workspace.facts },
        "actions": actions.iter().map(action_value).collect::<Vec<_>>(),
        "bundle": bundle,
    });
    write_value(&meaning, &mut text, limits::JSON_DEPTH)?;
    text.push('}');
    Ok(Secret::new(text).fingerprint())
}

fn action_value(action: &Action) -> Value {
    let parents = action
        .resource
        .parents
        .iter()
        .map(|p| json!([p.kind.as_str(), p.id]));
    json!({
        "operation": action.operation,
        "verb": action.verb.as_str(),
        "resource": {
            "type": action.resource.kind.as_str(),
            "id": action.resource.id,
            "parents": parents.collect::<Vec<_>>(),
        },
        "location": action.location.as_str(),
        "environment": {
            "name": action.environment.name,
            "class": action.environment.class.as_str(),
        },
        "reversibility": action.reversibility.as_str(),
        "scope": { "count": action.scope.count, "unbounded": action.scope.unbounded },
        "effects": action.effects.iter().map(|effect| effect.as_str()).collect::<Vec<_>>(),
        "credential": action.credential.as_ref().map(credential_value),
        "completeness": action.completeness.as_str(),
        "span": [action.span.argument, action.span.start, action.span.end],
    })
}

fn credential_value(credential: &Credential) -> Value {
    json!({
        "source": credential.source.as_str(),
        "name": credential.name,
        "fingerprint": credential.fingerprint,
        "declared": credential.declared,
        "issued": credential.issued,
        "environments": credential.environments,
    })
}

/// Writes `value` with sorted keys. serde_json's own order depends on features of other crates.
fn write_value(value: &Value, text: &mut String, depth: usize) -> Result<(), DenyReason> {
    match value {
        Value::Object(map) => write_map(map, text, depth),
        Value::Array(items) => {
            let depth = deeper(depth)?;
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_value(item, text, depth)?;
            }
            text.push(']');
            Ok(())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            text.push_str(&value.to_string());
            Ok(())
        }
    }
}

fn write_map(map: &Map<String, Value>, text: &mut String, depth: usize) -> Result<(), DenyReason> {
    write_object(
        map.iter().map(|(key, value)| (key.as_str(), value)),
        text,
        deeper(depth)?,
    )
}

fn write_object<'a>(
    members: impl Iterator<Item = (&'a str, &'a Value)>,
    text: &mut String,
    depth: usize,
) -> Result<(), DenyReason> {
    let mut members: Vec<_> = members.collect();
    members.sort_by_key(|(key, _)| *key);
    text.push('{');
    for (index, (key, value)) in members.into_iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(&Value::from(key).to_string());
        text.push(':');
        write_value(value, text, depth)?;
    }
    text.push('}');
    Ok(())
}

fn deeper(depth: usize) -> Result<usize, DenyReason> {
    depth.checked_sub(1).ok_or_else(|| {
        let text = format!(
            "its arguments nest deeper than {} levels",
            limits::JSON_DEPTH
        );
        DenyReason::OverLimit(text)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::call::{Agent, Workspace};

    fn call(arguments: Value) -> ToolCall {
        let Value::Object(arguments) = arguments else {
            panic!("not an object")
        };
        ToolCall {
            tool: "bash".to_owned(),
            server: None,
            arguments,
            annotations: Map::new(),
            agent: Agent {
                id: "a".to_owned(),
                ..Agent::default()
            },
            workspace: Workspace::default(),
            env: BTreeMap::new(),
        }
    }

    fn of(call: &ToolCall) -> String {
        fingerprint(call, &[], "sha256:b").unwrap()
    }

    #[test]
    fn the_order_of_keys_does_not_matter() {
        let one = call(serde_json::from_str(r#"{"a":1,"b":{"c":2,"d":[1,2]}}"#).unwrap());
        let two = call(serde_json::from_str(r#"{"b":{"d":[1, 2],"c":2},"a":1}"#).unwrap());
        assert_eq!(of(&one), of(&two));
    }

    #[test]
    fn every_other_change_matters() {
        let original = call(json!({"command": "rm x", "n": 1}));
        let mut changed = vec![
            call(json!({"command": "rm  x", "n": 1})),
            call(json!({"command": "rm x", "n": 1.0})),
            call(json!({"command": "rm x", "n": "1"})),
            call(json!({"command": "rm x", "n": 1, "m": null})),
            call(json!({"command": "rm x"})),
        ];
        for change in [
            |call: &mut ToolCall| call.tool.push('x'),
            |call: &mut ToolCall| call.server = Some(String::new()),
            |call: &mut ToolCall| call.agent.id.push('x'),
            |call: &mut ToolCall| call.agent.on_behalf_of = Some("h".to_owned()),
            |call: &mut ToolCall| call.agent.session = Some("s".to_owned()),
            |call: &mut ToolCall| call.workspace.root = Some("/".to_owned()),
            |call: &mut ToolCall| call.workspace.cwd = Some("/".to_owned()),
            |call: &mut ToolCall| drop(call.workspace.facts.insert("a".into(), "b".into())),
        ] {
            let mut other = original.clone();
            change(&mut other);
            changed.push(other);
        }
        for other in changed {
            assert_ne!(of(&other), of(&original), "{other:?}");
        }
        assert_ne!(
            fingerprint(&original, &[], "sha256:c").unwrap(),
            of(&original)
        );
    }

    #[test]
    fn too_deep_arguments_are_an_error() {
        let nested = |levels: usize| {
            let value = (0..levels).fold(json!(1), |inner, _| json!([inner]));
            fingerprint(&call(json!({ "a": value })), &[], "")
        };
        assert!(nested(limits::JSON_DEPTH).is_ok());
        assert!(matches!(
            nested(limits::JSON_DEPTH + 1),
            Err(DenyReason::OverLimit(_))
        ));
    }
}
