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

/// The texts of one area, each as `argument` of `tool`, whole and in part: a text as long as texts may be
/// often has more of something else than is admitted.
fn named(
    area: &str,
    tool: &str,
    argument: &str,
    texts: Vec<(&str, String)>,
) -> Vec<(String, ToolCall)> {
    let call = |text: &str| call(tool, &json!({argument: text}));
    let mut all = Vec::new();
    for (name, text) in texts {
        all.push((format!("{area} {name}"), call(&text)));
        for eighths in 2..8 {
            if let Some(part) = part(&text, eighths) {
                all.push((format!("{area} {name} {eighths}/8"), call(part)));
            }
        }
    }
    all
}

/// So many eighths of a text, up to the end of a word or statement.
fn part(text: &str, eighths: usize) -> Option<&str> {
    let part = text.get(..text.len() / 8 * eighths)?;
    part.get(..part.rfind([' ', ';', '\n'])?)
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
