//! Claude Code's dialect.

use checkrein::ToolCall;
use serde_json::Value;

use super::answer::Asking;
use super::event::{Event, EventError, Parts, absolute};

/// The event that asks for permission.
const ASKS: &str = "PreToolUse";

/// The call of an event and how its host can ask; `None` for events that ask for no permission.
pub fn call(event: &Event, agent: &str) -> Result<Option<(ToolCall, Asking)>, EventError> {
    let name = event.text("hook_event_name")?;
    if name != ASKS {
        return event.none_of_ours(name);
    }
    let cwd = event.path("cwd")?;
    let parts = Parts {
        tool: event.text("tool_name")?.to_owned(),
        server: server(event)?,
        arguments: event.object("tool_input")?.clone(),
        session: event.optional("session_id")?.map(str::to_owned),
        human: None,
        root: project(),
        cwd,
    };
    Ok(Some((parts.call(agent)?, Asking::ClaudeCode)))
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

/// The project the host was started in. The working directory is no substitute: the agent moves it,
/// and could make anything its workspace.
fn project() -> Option<String> {
    absolute(&std::env::var("CLAUDE_PROJECT_DIR").ok()?)
}
