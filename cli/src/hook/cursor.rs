//! Cursor's dialect.

use std::path::Path;

use checkrein::ToolCall;
use serde_json::{Map, Value};

use super::CursorOptions;
use super::answer::Asking;
use super::event::{Event, EventError, Parts, absolute};

/// Prefix of MCP tools in preToolUse.
const MCP: &str = "MCP:";
/// The tool that runs shell commands.
const SHELL: &str = "Shell";

/// The call of an event and how its host can ask; `None` for events that ask for no permission.
///
/// Only beforeShellExecution turns `ask` into a prompt. The others take it as permission.
pub fn call(
    event: &Event,
    agent: &str,
    options: &CursorOptions,
) -> Result<Option<(ToolCall, Asking)>, EventError> {
    let name = match &options.event {
        Some(name) => name.as_str(),
        None => event.text("hook_event_name")?,
    };
    let mut parts = Parts::default();
    let mut asking = Asking::Nobody;
    match name {
        "preToolUse" => {
            parts.tool = event.text("tool_name")?.to_owned();
            parts.arguments = event.object("tool_input")?.clone();
            let own_event = parts.tool == SHELL || parts.tool.starts_with(MCP);
            if options.defer_approvals && own_event {
                asking = Asking::Later;
            }
        }
        "beforeShellExecution" => {
            parts.tool = SHELL.to_owned();
            parts.arguments = one("command", event.text("command")?);
            asking = Asking::Cursor;
        }
        "beforeMCPExecution" => {
            let tool = event.text("tool_name")?;
            parts.tool = if tool.starts_with(MCP) {
                tool.to_owned()
            } else {
                format!("{MCP}{tool}")
            };
            parts.server = event.optional("mcp_server_name")?.map(str::to_owned);
            parts.arguments = mcp_input(event)?;
        }
        "beforeReadFile" | "beforeTabFileRead" => {
            parts.tool = "Read".to_owned();
            parts.arguments = one("file_path", event.text("file_path")?);
        }
        other => return event.none_of_ours(other),
    }
    place(&mut parts, event)?;
    Ok(Some((parts.call(agent)?, asking)))
}

fn place(parts: &mut Parts, event: &Event) -> Result<(), EventError> {
    let roots = event.paths("workspace_roots")?;
    parts.cwd = match event.path("cwd")? {
        Some(cwd) => Some(cwd),
        // In preToolUse the shell's working directory is part of the input.
        None => parts
            .arguments
            .get("cwd")
            .and_then(Value::as_str)
            .and_then(absolute),
    };
    parts.root = outermost(&roots, parts.cwd.as_deref());
    parts.cwd = parts.cwd.take().or_else(|| parts.root.clone());
    parts.session = event.optional("conversation_id")?.map(str::to_owned);
    parts.human = event.optional("user_email")?.map(str::to_owned);
    Ok(())
}

/// The widest of the host's workspaces around `cwd`, else around the first of them: what is above a
/// narrow one may lie in another.
fn outermost(roots: &[String], cwd: Option<&str>) -> Option<String> {
    let around = |inner: &str| {
        let holds = roots
            .iter()
            .filter(|root| Path::new(inner).starts_with(root));
        holds.min_by_key(|root| root.len()).cloned()
    };
    cwd.and_then(around).or_else(|| around(roots.first()?))
}

/// The input of an MCP tool is JSON within a string.
fn mcp_input(event: &Event) -> Result<Map<String, Value>, EventError> {
    match event.member("tool_input") {
        Some(Value::Object(input)) => Ok(input.clone()),
        Some(Value::String(text)) => Ok(checkrein::wire::object_from_json(text.as_bytes(), &[])?),
        _ => Err(EventError::Member("tool_input")),
    }
}

fn one(name: &str, text: &str) -> Map<String, Value> {
    Map::from_iter([(name.to_owned(), Value::from(text))])
}

#[cfg(test)]
mod tests {
    use super::outermost;

    #[test]
    fn the_workspace_is_the_widest_one_around_the_working_directory() {
        let roots = ["/w/a", "/w", "/x"].map(str::to_owned);
        assert_eq!(outermost(&roots, Some("/w/a/src")).as_deref(), Some("/w"));
        assert_eq!(outermost(&roots, Some("/x/y")).as_deref(), Some("/x"));
        assert_eq!(outermost(&roots, Some("/elsewhere")).as_deref(), Some("/w"));
        assert_eq!(outermost(&roots, None).as_deref(), Some("/w"));
        assert_eq!(outermost(&[], Some("/w")), None);
    }
}
