//! Claude Code's dialect.

use serde_json::Value;

use crate::event::{Event, EventError, Parts, absolute};
use crate::{Asked, Asking};

/// The event that asks for permission.
const ASKS: &str = "PreToolUse";

/// The member with the tool's input.
const INPUT: &str = "tool_input";

/// What an event asks; `None` for events that ask for no permission.
///
/// The project is the directory the host was started in. The working directory is no substitute:
/// the agent moves it, and could make anything its workspace.
pub fn asked(
    event: &Event,
    agent: &str,
    project: Option<&str>,
) -> Result<Option<Asked>, EventError> {
    let name = event.text("hook_event_name")?;
    if name != ASKS {
        return event.none_of_ours(name);
    }
    let cwd = event.path("cwd")?;
    let parts = Parts {
        tool: event.text("tool_name")?.to_owned(),
        server: server(event)?,
        arguments: event.object(INPUT)?.clone(),
        session: event.optional("session_id")?.map(str::to_owned),
        human: None,
        root: project.and_then(absolute),
        cwd,
    };
    Ok(Some(Asked {
        call: parts.call(agent)?,
        asking: Asking::ClaudeCode,
        arguments: INPUT,
    }))
}

fn server(event: &Event) -> Result<Option<String>, EventError> {
    match event.member("mcp_server") {
        None | Some(Value::Null) => Ok(None),
        Some(server) => match server.get("name").and_then(Value::as_str) {
            Some(name) if !name.is_empty() => Ok(Some(name.to_owned())),
            _ => Err(EventError::Member("mcp_server.name")),
        },
    }
}
