use super::*;
use serde_json::{Value, json};

fn event(value: &Value) -> Event {
    Event::from_json(value.to_string().as_bytes()).unwrap()
}

fn claude(value: &Value) -> Result<Option<Asked>, EventError> {
    event(value).of_claude_code("claude-code", Some("/repo"))
}

fn cursor(value: &Value) -> Result<Option<Asked>, EventError> {
    event(value).of_cursor("cursor", &Installed::default())
}

#[test]
fn an_event_of_claude_code_is_a_call() {
    let given = json!({
        "session_id": "s1", "cwd": "/repo/src", "hook_event_name": "PreToolUse",
        "tool_name": "mcp__demo__delete", "tool_input": {"id": "v1"},
        "mcp_server": {"name": "demo", "source": "user"},
    });
    let asked = claude(&given).unwrap().unwrap();
    assert_eq!(
        (asked.asking, asked.arguments),
        (Asking::ClaudeCode, "tool_input")
    );
    assert_eq!(
        asked.call_json(),
        json!({
            "tool": "mcp__demo__delete", "server": "demo", "arguments": {"id": "v1"},
            "agent": {"id": "claude-code", "session": "s1"},
            "workspace": {"root": "/repo", "cwd": "/repo/src"},
        })
    );
}

#[test]
fn events_of_cursor_are_calls() {
    let shell = json!({
        "conversation_id": "c1", "hook_event_name": "beforeShellExecution", "user_email": "a@b.c",
        "workspace_roots": ["/repo"], "command": "ls", "cwd": "",
    });
    let asked = cursor(&shell).unwrap().unwrap();
    assert_eq!((asked.asking, asked.arguments), (Asking::Cursor, ""));
    assert_eq!(
        asked.call_json(),
        json!({
            "tool": "Shell", "arguments": {"command": "ls"},
            "agent": {"id": "cursor", "on_behalf_of": "a@b.c", "session": "c1"},
            "workspace": {"root": "/repo", "cwd": "/repo"},
        })
    );
    let mcp = json!({
        "hook_event_name": "beforeMCPExecution", "tool_name": "t", "tool_input": "{\"a\":1}",
        "mcp_server_name": "s",
    });
    let asked = cursor(&mcp).unwrap().unwrap();
    assert_eq!(asked.asking, Asking::Nobody);
    assert_eq!(
        asked.call_json(),
        json!({
            "tool": "MCP:t", "server": "s", "arguments": {"a": 1}, "agent": {"id": "cursor"},
            "workspace": {},
        })
    );
}

/// What is read here is a call on the wire, also for the core's own reader.
#[test]
fn a_call_survives_the_wire() {
    let given = json!({
        "hook_event_name": "preToolUse", "workspace_roots": ["C:\\repo"], "tool_name": "Write",
        "tool_input": {"file_path": "C:\\repo\\x", "content": "y"},
    });
    let asked = cursor(&given).unwrap().unwrap();
    let bytes = asked.call_json().to_string();
    assert_eq!(
        checkrein::wire::call_from_json(bytes.as_bytes()).unwrap(),
        asked.call
    );
}

#[test]
fn hosts_are_told_apart_by_their_events() {
    let of = |value: Value| Host::of(&event(&value));
    assert_eq!(
        of(json!({"hook_event_name": "PreToolUse"})),
        Some(Host::ClaudeCode)
    );
    assert_eq!(
        of(json!({"hook_event_name": "preToolUse"})),
        Some(Host::Cursor)
    );
    assert_eq!(of(json!({"tool": "Bash", "arguments": {}})), None);
    assert_eq!(of(json!({"hook_event_name": 1})), None);
}

#[test]
fn other_events_ask_nothing_and_misspelt_ones_are_refused() {
    let other = json!({"hook_event_name": "PostToolUse", "tool_name": "Bash", "tool_input": {}});
    assert_eq!(claude(&other), Ok(None));
    let misspelt = json!({"hook_event_name": "PreToolUze", "tool_name": "Bash"});
    assert!(claude(&misspelt).is_err());
    assert!(cursor(&json!({"hook_event_name": "beforeSomething", "command": "ls"})).is_err());
}

#[test]
fn too_much_is_refused() {
    let long = format!("{{\"hook_event_name\":\"{}\"}}", "x".repeat(EVENT_BYTES));
    assert_eq!(
        Event::from_json(long.as_bytes()).map(|_| ()),
        Err(EventError::TooLong)
    );
    let input = "x".repeat(checkrein::limits::CALL_BYTES);
    let given = json!({
        "hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {"command": input},
    });
    assert_eq!(claude(&given), Err(EventError::LongInput));
}
