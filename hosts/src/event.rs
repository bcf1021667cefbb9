//! A host's event: one JSON object, read as strictly as a call.

use std::collections::BTreeMap;

use checkrein::call::{Agent, ToolCall, Workspace};
use checkrein::limits;
use checkrein::wire::{self, WireError};
use serde_json::{Map, Value};

/// Longest event, in bytes. Events may carry the content of a file that plays no part.
pub const EVENT_BYTES: usize = 8 * 1024 * 1024;

/// Members with content that plays no part: what a file holds that is about to be read, and what a
/// tool that has run has answered.
const UNREAD: &[&str] = &[
    "attachments",
    "content",
    "edits",
    "output",
    "result_json",
    "tool_output",
    "tool_response",
];

/// Members that only events about a tool have.
const MEMBERS_OF_CALLS: &[&str] = &[
    "command",
    "file_path",
    "toolName",
    "tool_info",
    "tool_input",
    "tool_name",
];

/// Why an event is no call. Quotes nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// Longer than the bound.
    #[error("it is longer than {EVENT_BYTES} bytes")]
    TooLong,
    /// The tool's input alone is too long for a call.
    #[error(
        "the tool's input is longer than {} bytes; make the change in smaller steps",
        limits::CALL_BYTES
    )]
    LongInput,
    /// Not the JSON it must be.
    #[error("{0}")]
    Json(#[from] WireError),
    /// A member is missing or has the wrong type.
    #[error("`{0}` is missing or not what it must be; is this hook installed for another host?")]
    Member(&'static str),
}

/// An event.
#[derive(Debug)]
pub struct Event {
    members: Map<String, Value>,
}

impl Event {
    /// Reads one event.
    ///
    /// # Errors
    /// When it is not one JSON object, or longer than [`EVENT_BYTES`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, EventError> {
        if bytes.len() > EVENT_BYTES {
            return Err(EventError::TooLong);
        }
        Ok(Self {
            members: wire::object_from_json(bytes, UNREAD)?,
        })
    }

    /// The directory the agent is in, when the event says it.
    #[must_use]
    pub fn directory(&self) -> Option<&str> {
        self.optional("cwd").ok()?
    }

    /// A text that must be there.
    pub(crate) fn text(&self, name: &'static str) -> Result<&str, EventError> {
        self.optional(name)?.ok_or(EventError::Member(name))
    }

    /// A text that may be absent, null or empty.
    pub(crate) fn optional(&self, name: &'static str) -> Result<Option<&str>, EventError> {
        match self.members.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
            Some(_) => Err(EventError::Member(name)),
        }
    }

    /// An absolute path that may be absent.
    pub(crate) fn path(&self, name: &'static str) -> Result<Option<String>, EventError> {
        let path = self.optional(name)?;
        path.map(|path| absolute(path).ok_or(EventError::Member(name)))
            .transpose()
    }

    /// Absolute paths; none when absent.
    pub(crate) fn paths(&self, name: &'static str) -> Result<Vec<String>, EventError> {
        match self.members.get(name) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(items)) => {
                let path = |item: &Value| item.as_str().and_then(absolute);
                items
                    .iter()
                    .map(|item| path(item).ok_or(EventError::Member(name)))
                    .collect()
            }
            Some(_) => Err(EventError::Member(name)),
        }
    }

    /// An object that must be there.
    pub(crate) fn object(&self, name: &'static str) -> Result<&Map<String, Value>, EventError> {
        self.members
            .get(name)
            .and_then(Value::as_object)
            .ok_or(EventError::Member(name))
    }

    /// Refuses an event that this host does not have but that names a tool about to run: its name
    /// may be spelt wrongly, or the hook installed for another host. Other events are none of ours.
    pub(crate) fn none_of_ours<T>(&self, name: &str) -> Result<Option<T>, EventError> {
        let lower = name.to_lowercase();
        let ahead = ["pre", "before"]
            .iter()
            .any(|start| lower.starts_with(start));
        let names_a_tool = MEMBERS_OF_CALLS
            .iter()
            .any(|member| self.members.contains_key(*member));
        if ahead && names_a_tool {
            Err(EventError::Member("hook_event_name"))
        } else {
            Ok(None)
        }
    }

    /// Any member.
    pub(crate) fn member(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }
}

/// The parts of a call that hosts spell differently.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    /// Name of the tool.
    pub(crate) tool: String,
    /// Name of the MCP server.
    pub(crate) server: Option<String>,
    /// The tool's input.
    pub(crate) arguments: Map<String, Value>,
    /// The host's id of the session.
    pub(crate) session: Option<String>,
    /// The human at the host.
    pub(crate) human: Option<String>,
    /// The workspace.
    pub(crate) root: Option<String>,
    /// The working directory.
    pub(crate) cwd: Option<String>,
}

impl Parts {
    /// The call.
    pub(crate) fn call(self, agent: &str) -> Result<ToolCall, EventError> {
        let arguments = Value::Object(self.arguments);
        if arguments.to_string().len() > limits::CALL_BYTES {
            return Err(EventError::LongInput);
        }
        let Value::Object(arguments) = arguments else {
            return Err(EventError::Member("tool_input"));
        };
        Ok(ToolCall {
            tool: self.tool,
            server: self.server,
            arguments,
            annotations: Map::new(),
            agent: Agent {
                id: agent.to_owned(),
                on_behalf_of: self.human,
                session: self.session,
            },
            workspace: Workspace {
                root: self.root,
                cwd: self.cwd,
                facts: BTreeMap::new(),
            },
            env: BTreeMap::new(),
        })
    }
}

/// The path with forward slashes, when it is absolute.
pub(crate) fn absolute(path: &str) -> Option<String> {
    let is = path.starts_with('/') || path.starts_with("\\\\") || path.chars().nth(1) == Some(':');
    is.then(|| path.replace('\\', "/"))
}
