//! Reading a tool call. Every refusal says where and what to do, and quotes nothing of the call.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::strict;
use crate::call::{Agent, ToolCall, Workspace};
use crate::decision::DenyReason;
use crate::limits;
use crate::secret::Secret;

/// Why a call could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Longer than [`limits::CALL_BYTES`].
    #[error(
        "{bytes} bytes, the limit is {}; send the call without large file contents",
        limits::CALL_BYTES
    )]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
    /// Nested deeper than [`limits::JSON_DEPTH`].
    #[error(
        "nested deeper than {} levels; flatten the arguments",
        limits::JSON_DEPTH
    )]
    TooDeep,
    /// Not UTF-8.
    #[error("not UTF-8; send JSON text in UTF-8")]
    NotUtf8,
    /// Not JSON.
    #[error("not JSON at line {line} column {column}; send one JSON object per call")]
    NotJson {
        /// One-based line.
        line: usize,
        /// One-based column.
        column: usize,
    },
    /// A key stands twice in one object.
    #[error("a key stands twice in one object at line {line} column {column}; keep one of them")]
    DuplicateKey {
        /// One-based line.
        line: usize,
        /// One-based column.
        column: usize,
    },
    /// A required field is missing.
    #[error("field `{field}` is missing; a call needs `tool`, `arguments` and `agent.id`")]
    Missing {
        /// Dotted path of the field.
        field: &'static str,
    },
    /// A field has the wrong type or an empty value.
    #[error("field `{field}` must be {expected}")]
    Wrong {
        /// Dotted path of the field.
        field: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// A field the wire format does not have.
    #[error("`{place}` has a field that is not known; known fields are {known}")]
    UnknownField {
        /// Dotted path of the object; `call` for the call itself.
        place: &'static str,
        /// The fields it may have.
        known: &'static str,
    },
}

impl From<WireError> for DenyReason {
    fn from(error: WireError) -> Self {
        match error {
            WireError::TooLong { .. } | WireError::TooDeep => Self::OverLimit(error.to_string()),
            _ => Self::Malformed(error.to_string()),
        }
    }
}

/// Reads one tool call.
///
/// # Errors
/// [`WireError`] for anything but a well-formed call; unknown fields and duplicate keys included.
pub fn call_from_json(bytes: &[u8]) -> Result<ToolCall, WireError> {
    let Value::Object(mut call) = strict::value(bytes)? else {
        return Err(WireError::Wrong {
            field: "call",
            expected: "a JSON object",
        });
    };
    let tool = match call.remove("tool") {
        None => return Err(WireError::Missing { field: "tool" }),
        Some(value) => name(value, "tool")?,
    };
    let arguments = match call.remove("arguments") {
        None => return Err(WireError::Missing { field: "arguments" }),
        Some(value) => object(value, "arguments")?,
    };
    let agent = match call.remove("agent") {
        None => return Err(WireError::Missing { field: "agent" }),
        Some(value) => agent(object(value, "agent")?)?,
    };
    let read = ToolCall {
        tool,
        server: optional_name(call.remove("server"), "server")?,
        arguments,
        annotations: optional_object(call.remove("annotations"), "annotations")?,
        agent,
        workspace: workspace(optional_object(call.remove("workspace"), "workspace")?)?,
        env: env(optional_object(call.remove("env"), "env")?)?,
    };
    nothing_left(
        &call,
        "call",
        "tool, server, arguments, annotations, agent, workspace, env",
    )?;
    Ok(read)
}

fn agent(mut fields: Map<String, Value>) -> Result<Agent, WireError> {
    let id = match fields.remove("id") {
        None => return Err(WireError::Missing { field: "agent.id" }),
        Some(value) => name(value, "agent.id")?,
    };
    let agent = Agent {
        id,
        on_behalf_of: optional_name(fields.remove("on_behalf_of"), "agent.on_behalf_of")?,
        session: optional_name(fields.remove("session"), "agent.session")?,
    };
    nothing_left(&fields, "agent", "id, on_behalf_of, session")?;
    Ok(agent)
}

fn workspace(mut fields: Map<String, Value>) -> Result<Workspace, WireError> {
    let path = |value, field| -> Result<Option<String>, WireError> {
        let text = optional_name(value, field)?;
        if text.as_ref().is_some_and(|text| !is_absolute(text)) {
            return Err(WireError::Wrong {
                field,
                expected: "an absolute path",
            });
        }
        Ok(text.map(|text| text.replace('\\', "/")))
    };
    let root = path(fields.remove("root"), "workspace.root")?;
    let cwd = path(fields.remove("cwd"), "workspace.cwd")?;
    let mut facts = BTreeMap::new();
    for (key, value) in optional_object(fields.remove("facts"), "workspace.facts")? {
        facts.insert(key, text(value, "workspace.facts")?);
    }
    nothing_left(&fields, "workspace", "root, cwd, facts")?;
    Ok(Workspace { root, cwd, facts })
}

fn is_absolute(path: &str) -> bool {
    path.starts_with('/') || path.chars().nth(1) == Some(':') || path.starts_with("\\\\")
}

fn env(fields: Map<String, Value>) -> Result<BTreeMap<String, Secret>, WireError> {
    fields
        .into_iter()
        .map(|(name, value)| Ok((name, Secret::new(text(value, "env")?))))
        .collect()
}

fn text(value: Value, field: &'static str) -> Result<String, WireError> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(WireError::Wrong {
            field,
            expected: "an object of strings",
        }),
    }
}

fn name(value: Value, field: &'static str) -> Result<String, WireError> {
    match value {
        Value::String(text) if !text.is_empty() => Ok(text),
        _ => Err(WireError::Wrong {
            field,
            expected: "a string that is not empty",
        }),
    }
}

fn optional_name(value: Option<Value>, field: &'static str) -> Result<Option<String>, WireError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) => name(value, field).map(Some),
    }
}

fn object(value: Value, field: &'static str) -> Result<Map<String, Value>, WireError> {
    match value {
        Value::Object(members) => Ok(members),
        _ => Err(WireError::Wrong {
            field,
            expected: "a JSON object",
        }),
    }
}

fn optional_object(
    value: Option<Value>,
    field: &'static str,
) -> Result<Map<String, Value>, WireError> {
    match value {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(value) => object(value, field),
    }
}

fn nothing_left(
    fields: &Map<String, Value>,
    place: &'static str,
    known: &'static str,
) -> Result<(), WireError> {
    if fields.is_empty() {
        Ok(())
    } else {
        Err(WireError::UnknownField { place, known })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"tool":"Bash","arguments":{"command":"ls"},"agent":{"id":"a"}}"#;

    fn refuse(text: &str) -> String {
        call_from_json(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn a_small_call_is_read() {
        let call = call_from_json(GOOD.as_bytes()).unwrap();
        assert_eq!(call.tool, "Bash");
        assert_eq!(call.agent.id, "a");
        assert_eq!(call.workspace, Workspace::default());
    }

    #[test]
    fn refusals_say_where_and_what_to_do() {
        for (call, says) in [
            ("", "not JSON at line 1"),
            ("[1]", "`call` must be a JSON object"),
            (
                r#"{"tool":"x","agent":{"id":"a"}}"#,
                "`arguments` is missing",
            ),
            (
                r#"{"tool":"x","arguments":{},"agent":{}}"#,
                "`agent.id` is missing",
            ),
            (
                r#"{"tool":"","arguments":{},"agent":{"id":"a"}}"#,
                "`tool` must be a string",
            ),
            (
                r#"{"tool":"x","arguments":[],"agent":{"id":"a"}}"#,
                "`arguments` must be",
            ),
            (
                r#"{"tool":"x","arguments":{},"agent":{"id":"a"},"mood":1}"#,
                "`call` has a field",
            ),
            (
                r#"{"tool":"x","arguments":{},"agent":{"id":"a","x":1}}"#,
                "`agent` has a field",
            ),
            (
                r#"{"tool":"x","arguments":{},"agent":{"id":"a"},"env":{"A":1}}"#,
                "`env` must be",
            ),
            (
                r#"{"tool":"x","tool":"y","arguments":{},"agent":{"id":"a"}}"#,
                "a key stands twice",
            ),
            (
                r#"{"tool":"x","arguments":{"a":{"b":1,"b":2}},"agent":{"id":"a"}}"#,
                "stands twice",
            ),
            (
                r#"{"tool":"x","arguments":{},"agent":{"id":"a"},"workspace":{"root":"r"}}"#,
                "an absolute path",
            ),
        ] {
            let message = refuse(call);
            assert!(message.contains(says), "{call}: {message}");
        }
    }

    #[test]
    fn depth_and_size_are_bounded_at_the_limit_exactly() {
        let nested = |levels: usize| {
            format!(
                r#"{{"tool":"x","agent":{{"id":"a"}},"arguments":{{"a":{}{}}}}}"#,
                "[".repeat(levels),
                "]".repeat(levels)
            )
        };
        assert!(call_from_json(nested(limits::JSON_DEPTH - 2).as_bytes()).is_ok());
        assert!(refuse(&nested(limits::JSON_DEPTH - 1)).contains("nested deeper"));
        assert!(refuse(&nested(100_000)).contains("nested deeper"));
        let long = GOOD.replace("ls", &"x".repeat(limits::CALL_BYTES));
        assert!(refuse(&long).contains("bytes, the limit is"));
    }

    #[test]
    fn refusals_never_quote_the_call() {
        let token = "tok_5ecret";
        for call in [
            format!(r#"{{"tool":"x","arguments":"{token}","agent":{{"id":"a"}}}}"#),
            format!(r#"{{"{token}":1,"tool":"x","arguments":{{}},"agent":{{"id":"a"}}}}"#),
            format!(r#"{{"tool":{{"{token}":1}},"{token}"#),
            format!(
                r#"{{"tool":"x","arguments":{{"{token}":1,"{token}":2}},"agent":{{"id":"a"}}}}"#
            ),
        ] {
            assert!(!refuse(&call).contains(token));
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        assert_eq!(
            call_from_json(b"{\"tool\":\"\xff\"}"),
            Err(WireError::NotUtf8)
        );
    }
}
