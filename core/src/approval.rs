//! Approvals: what exactly is approved.

use serde_json::json;

use crate::action::Action;
use crate::call::ToolCall;
use crate::decision::DenyReason;
use crate::limits;
use crate::secret::Secret;
use crate::wire::{action_value, canonical, canonical_object};

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
    let arguments = canonical_object(&call.arguments, limits::JSON_DEPTH).ok_or_else(|| {
        let depth = limits::JSON_DEPTH;
        DenyReason::OverLimit(format!("its arguments nest deeper than {depth} levels"))
    })?;
    let workspace = &call.workspace;
    let meaning = canonical(&json!({
        "version": 1,
        "tool": call.tool,
        "server": call.server,
        "agent": call.agent.id,
        "on_behalf_of": call.agent.on_behalf_of,
        "session": call.agent.session,
        "workspace": { "root": workspace.root, "cwd": workspace.cwd, "facts": workspace.facts },
        "actions": actions.iter().map(action_value).collect::<Vec<_>>(),
        "bundle": bundle,
    }));
    let text = format!("{{\"arguments\":{arguments},\"meaning\":{meaning}}}");
    Ok(Secret::new(text).fingerprint())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Map, Value};

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
