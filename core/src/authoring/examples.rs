//! Calls that land on a verb, resource type and environment class: made of what the catalogue and
//! the inventory know, and kept only where interpreting them really leads there.

mod candidates;
mod place;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::act::call_by;
use crate::authorize::authorize;
use crate::call::ToolCall;
use crate::interpret::interpret;
use crate::policy::Bundle;

/// The workspace of every example.
const ROOT: &str = "/repo";

/// A call with its verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Example {
    /// The call as on the wire.
    pub call: Value,
    /// The verdict on it, which rests on more than its cell says.
    pub verdict: &'static str,
}

/// Where an example lands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Landing {
    /// The verb.
    pub verb: &'static str,
    /// The resource type.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The environment class.
    pub environment: &'static str,
    /// The call.
    pub example: Example,
}

/// Calls of `agent` by where they land under `bundle`, at most one for each verb, resource type and
/// environment class: that with the fewest other actions.
#[must_use]
pub fn examples(bundle: &Bundle, agent: &str) -> Vec<Landing> {
    let mut best: BTreeMap<_, (usize, Landing)> = BTreeMap::new();
    for (tool, arguments) in candidates::candidates(bundle.inventory()) {
        let call = call(agent, tool, arguments);
        let decision = authorize(bundle, &call, interpret(&call));
        let actions = decision.actions.len();
        for judged in &decision.actions {
            let action = &judged.action;
            let key = (action.verb, action.resource.kind, action.environment.class);
            // A cell is shown by the action that decides its call.
            if judged.verdict != decision.verdict
                || best.get(&key).is_some_and(|(fewest, _)| *fewest <= actions)
            {
                continue;
            }
            let landing = Landing {
                verb: action.verb.as_str(),
                kind: action.resource.kind.as_str(),
                environment: action.environment.class.as_str(),
                example: Example {
                    call: wire(&call),
                    verdict: decision.verdict.as_str(),
                },
            };
            best.insert(key, (actions, landing));
        }
    }
    best.into_values().map(|(_, landing)| landing).collect()
}

fn call(agent: &str, tool: &str, arguments: Map<String, Value>) -> ToolCall {
    let mut call = call_by(agent);
    tool.clone_into(&mut call.tool);
    call.arguments = arguments;
    call.workspace.root = Some(ROOT.to_owned());
    call
}

fn wire(call: &ToolCall) -> Value {
    serde_json::json!({
        "tool": call.tool,
        "arguments": call.arguments,
        "agent": {"id": call.agent.id},
        "workspace": {"root": ROOT},
    })
}
