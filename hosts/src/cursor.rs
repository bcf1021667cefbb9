//! Cursor's dialect.

use std::path::Path;

use serde_json::{Map, Value};

use crate::event::{Event, EventError, Parts, absolute};
use crate::{Asked, Asking};

/// Prefix of MCP tools in preToolUse.
const MCP: &str = "MCP:";
/// The tool that runs shell commands.
const SHELL: &str = "Shell";

/// The member with a tool's input, of the events that have one.
const INPUT: &str = "tool_input";

/// How the hook was installed, as far as it changes what an event means.
#[derive(Debug, Clone, Copy, Default)]
pub struct Installed<'a> {
    /// The event, when it does not say it or says it wrongly.
    pub event: Option<&'a str>,
    /// In preToolUse, what needs approval is left to the later event for the same call.
    pub defer_approvals: bool,
}

/// What an event asks; `None` for events that ask for no permission.
///
/// Only beforeShellExecution turns `ask` into a prompt. The others take it as permission.
pub fn asked(
    event: &Event,
    agent: &str,
    installed: &Installed<'_>,
) -> Result<Option<Asked>, EventError> {
    let name = match installed.event {
        Some(name) => name,
        None => event.text("hook_event_name")?,
    };
    let mut parts = Parts::default();
    let mut asking = Asking::Nobody;
    let mut arguments = "";
    match name {
        "preToolUse" => {
            parts.tool = event.text("tool_name")?.to_owned();
            parts.arguments = event.object(INPUT)?.clone();
            arguments = INPUT;
            let own_event = parts.tool == SHELL || parts.tool.starts_with(MCP);
            if installed.defer_approvals && own_event {
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
            arguments = INPUT;
        }
        "beforeReadFile" | "beforeTabFileRead" => {
            parts.tool = "Read".to_owned();
            parts.arguments = one("file_path", event.text("file_path")?);
        }
        other => return event.none_of_ours(other),
    }
    place(&mut parts, event)?;
    Ok(Some(Asked {
        call: parts.call(agent)?,
        asking,
        arguments,
    }))
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
    match event.member(INPUT) {
        Some(Value::Object(input)) => Ok(input.clone()),
        Some(Value::String(text)) => Ok(checkrein::wire::object_from_json(text.as_bytes(), &[])?),
        _ => Err(EventError::Member(INPUT)),
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
