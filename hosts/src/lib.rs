//! The dialects of hosts: which tool call the event of a coding agent's hook asks about.
//!
//! No I/O: what the event does not say (environment variables, facts about the workspace) is for
//! the caller to add.
#![forbid(unsafe_code)]

mod claude_code;
mod cursor;
mod event;
mod json;

use checkrein::ToolCall;

pub use cursor::Installed;
pub use event::{EVENT_BYTES, Event, EventError};

/// A coding agent whose events are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// Claude Code, and hosts that send its events.
    ClaudeCode,
    /// Cursor.
    Cursor,
}

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

/// What an event asks.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// The call, without environment variables and facts.
    pub call: ToolCall,
    /// How the host can ask its user.
    pub asking: Asking,
    /// The member of the event in which the call's arguments stand as they are; the event itself
    /// when empty.
    pub arguments: &'static str,
}

impl Host {
    /// The host that sends events like this one, by how it writes their names; `None` for what is
    /// no event.
    #[must_use]
    pub fn of(event: &Event) -> Option<Self> {
        let name = event.optional("hook_event_name").ok()??;
        if name.starts_with(|first: char| first.is_ascii_uppercase()) {
            Some(Self::ClaudeCode)
        } else {
            Some(Self::Cursor)
        }
    }

    /// The agent's id in policies and inventories when nobody chose another.
    #[must_use]
    pub fn agent(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude-code",
            Self::Cursor => "cursor",
        }
    }

    /// Its name, as people write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ClaudeCode => "Claude Code",
            Self::Cursor => "Cursor",
        }
    }
}

impl Event {
    /// What this event of Claude Code asks; `None` when it asks for no permission. `project` is the
    /// directory the host was started in, which only the hook's environment says.
    ///
    /// # Errors
    /// When it is no event of this host, or lacks what a call needs.
    pub fn of_claude_code(
        &self,
        agent: &str,
        project: Option<&str>,
    ) -> Result<Option<Asked>, EventError> {
        claude_code::asked(self, agent, project)
    }

    /// What this event of Cursor asks; `None` when it asks for no permission.
    ///
    /// # Errors
    /// When it is no event of this host, or lacks what a call needs.
    pub fn of_cursor(
        &self,
        agent: &str,
        installed: &Installed<'_>,
    ) -> Result<Option<Asked>, EventError> {
        cursor::asked(self, agent, installed)
    }
}

#[cfg(test)]
mod tests;
