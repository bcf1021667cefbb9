//! What a verdict becomes on the wire of a host.

use std::io::{self, Write as _};
use std::process::ExitCode;

use checkrein::Decision;
use checkrein::vocabulary::Verdict;
use serde_json::{Value, json};

use crate::options::STOP;

/// Longest reason, in characters; hosts show it to a model.
const LONGEST: usize = 2_000;

/// How the host can ask its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// Claude Code's PreToolUse.
    ClaudeCode,
    /// Cursor's beforeShellExecution.
    Cursor,
    /// A later event for the same call asks.
    Later,
    /// Not at all: what needs approval is stopped.
    Nobody,
}

/// The answer to an event.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// `{}`: the host goes on as if there were no hook. Its own prompts stay.
    NoOpinion,
    /// A question to the user.
    Ask(Value),
    /// Exit code 2 and the reason on stderr, which every host takes as a refusal.
    Stop(String),
}

/// The answer that says no.
pub fn refuse(reason: &str) -> Answer {
    Answer::Stop(
        format!("checkrein: {reason}")
            .chars()
            .take(LONGEST)
            .collect(),
    )
}

/// The answer for `decision`.
pub fn of(decision: &Decision, asking: Asking, notes: &[String]) -> Answer {
    let text = text(decision, asking, notes);
    match (decision.verdict, asking) {
        (Verdict::Allow, _) | (Verdict::NeedsApproval, Asking::Later) => Answer::NoOpinion,
        (Verdict::NeedsApproval, Asking::ClaudeCode) => Answer::Ask(json!({
            "hookSpecificOutput": {
                "hookEventName": "PreToolUse",
                "permissionDecision": "ask",
                "permissionDecisionReason": text,
            }
        })),
        (Verdict::NeedsApproval, Asking::Cursor) => {
            Answer::Ask(json!({"permission": "ask", "user_message": text, "agent_message": text}))
        }
        (Verdict::NeedsApproval, Asking::Nobody) | (Verdict::Deny, _) => Answer::Stop(text),
    }
}

/// Why, what to do instead, and which policies say so.
pub fn text(decision: &Decision, asking: Asking, notes: &[String]) -> String {
    let mut lines = vec![format!("checkrein: {}", decision.reason)];
    lines.extend(
        decision
            .advice
            .as_ref()
            .map(|advice| format!("Instead: {advice}")),
    );
    if let (Some(approval), Asking::Nobody) = (&decision.approval, asking) {
        lines.push(format!(
            "This needs approval (of {}), which this event cannot ask for. A human can run it \
             themselves, or the operator can change the policy.",
            approval.teams.join(", ")
        ));
    } else if let Some(approval) = &decision.approval {
        lines.push(format!("May be approved by: {}", approval.teams.join(", ")));
    }
    let judged = decision
        .actions
        .iter()
        .filter(|judged| judged.verdict == decision.verdict);
    let mut policies: Vec<&str> = judged
        .flat_map(|judged| &judged.policies)
        .map(|policy| policy.id.as_str())
        .collect();
    policies.sort_unstable();
    policies.dedup();
    if !policies.is_empty() {
        lines.push(format!("Policies: {}", policies.join(", ")));
    }
    lines.extend(notes.iter().map(|note| format!("Note: {note}")));
    lines.join("\n").chars().take(LONGEST).collect()
}

impl Answer {
    /// Gives the answer. What cannot be written becomes a refusal.
    pub fn give(self) -> ExitCode {
        ExitCode::from(self.write())
    }

    /// Gives the answer and ends the process, from whatever thread.
    pub fn exit_now(self) -> ! {
        std::process::exit(i32::from(self.write()))
    }

    fn write(self) -> u8 {
        match self {
            Self::NoOpinion => print("{}"),
            Self::Ask(value) => print(&value.to_string()),
            Self::Stop(reason) => {
                // The exit code says no even when nobody reads the reason.
                let _ = writeln!(io::stderr(), "{reason}");
                STOP
            }
        }
    }
}

fn print(document: &str) -> u8 {
    let mut out = io::stdout().lock();
    match writeln!(out, "{document}").and_then(|()| out.flush()) {
        Ok(()) => 0,
        Err(error) => {
            let _ = writeln!(
                io::stderr(),
                "checkrein: the answer cannot be written: {error}"
            );
            STOP
        }
    }
}
