//! What a verdict becomes on the wire of a host.

use std::io::{self, Write as _};
use std::process::ExitCode;

use checkrein::Decision;
use checkrein::vocabulary::Verdict;
use checkrein_hosts::Asking;
use checkrein_runtime::message;
use serde_json::{Value, json};

use crate::options::STOP;

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
            .take(message::LONGEST)
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

/// Why, what to do instead, how it can be approved, and which policies say so.
pub fn text(decision: &Decision, asking: Asking, notes: &[String]) -> String {
    let approval = decision.approval.as_ref().map(|approval| {
        let teams = approval.teams.join(", ");
        match asking {
            Asking::Nobody => format!(
                "This needs approval (of {teams}), which this event cannot ask for. A human can \
                 run it themselves, or the operator can change the policy."
            ),
            _ => format!("May be approved by: {teams}"),
        }
    });
    message::with(decision, approval, notes)
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
