//! Calls that carry fuzzed text, interpreted on a small stack.
#![forbid(unsafe_code)]

use checkrein::interpret::interpret;
use checkrein::wire;
use serde_json::{Value, json};

/// Interprets a call of `tool` with these arguments; it must end, and must mean something.
///
/// # Panics
/// When nothing is understood, not even that it cannot be read.
pub fn interpreted(tool: &str, arguments: Value) {
    let call = json!({
        "tool": tool,
        "arguments": arguments,
        "agent": {"id": "fuzz"},
        "workspace": {"root": "/repo", "cwd": "/repo"},
    });
    if let Ok(call) = wire::call_from_json(call.to_string().as_bytes()) {
        assert!(!interpret(&call).is_empty());
    }
}
