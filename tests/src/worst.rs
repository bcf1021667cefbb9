//! The longest and densest texts that the limits admit, each of another kind of much: what the speed
//! of interpretation is measured on.

mod code;
mod programs;
mod shell;
mod sql;
mod state;
mod tools;
mod windows;

use checkrein::{ToolCall, wire};
use serde_json::{Value, json};

/// Every such call, with a name of its own.
#[must_use]
pub fn calls() -> Vec<(String, ToolCall)> {
    let mut all = Vec::new();
    all.extend(shell::calls());
    all.extend(state::calls());
    all.extend(programs::calls());
    all.extend(windows::calls());
    all.extend(sql::calls());
    all.extend(code::calls());
    all.extend(tools::calls());
    all
}

/// A call as it comes over the wire.
///
/// # Panics
/// When the arguments are over the limits of a call.
#[must_use]
pub fn call(tool: &str, arguments: &Value) -> ToolCall {
    let call = json!({"tool": tool, "arguments": arguments, "agent": {"id": "bench"}, "workspace": {"root": "/repo", "cwd": "/repo"}});
    wire::call_from_json(call.to_string().as_bytes()).expect("a call")
}

/// The texts of one area, each as `argument` of `tool`.
fn named(
    area: &str,
    tool: &str,
    argument: &str,
    texts: Vec<(&str, String)>,
) -> Vec<(String, ToolCall)> {
    texts
        .into_iter()
        .map(|(name, text)| {
            (
                format!("{area} {name}"),
                call(tool, &json!({argument: text})),
            )
        })
        .collect()
}

/// `unit` as often as it fits into `limit` bytes.
fn fill(unit: &str, limit: usize) -> String {
    unit.repeat(limit / unit.len())
}

/// `unit` of 0, 1, 2 … as often as it fits into `limit` bytes.
fn count(limit: usize, unit: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for n in 0.. {
        let next = unit(n);
        if text.len() + next.len() > limit {
            break;
        }
        text.push_str(&next);
    }
    text
}
