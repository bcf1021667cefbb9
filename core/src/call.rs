//! The tool call: what the host or framework is about to run.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::secret::Secret;

/// A tool call as the framework sends it, before anything is understood.
///
/// Its `Debug` form shows names only: arguments and variables may hold secrets.
#[derive(Clone, PartialEq)]
pub struct ToolCall {
    /// Name of the tool, as the host spells it.
    pub tool: String,
    /// Name of the MCP server that offers the tool, if any.
    pub server: Option<String>,
    /// The tool's arguments.
    pub arguments: Map<String, Value>,
    /// Hints of the tool's author (MCP annotations). Untrusted: they may raise risk, never lower it.
    pub annotations: Map<String, Value>,
    /// Who calls.
    pub agent: Agent,
    /// Where the tool would run.
    pub workspace: Workspace,
    /// Environment variables the tool would run with.
    pub env: BTreeMap<String, Secret>,
}

/// The agent that makes a call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Agent {
    /// Stable id of the agent, the Cedar principal.
    pub id: String,
    /// The human on whose behalf it acts, if known.
    pub on_behalf_of: Option<String>,
    /// The session the call belongs to, if known.
    pub session: Option<String>,
}

/// Where a tool would run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Workspace {
    /// Absolute path of the workspace root. Absent: nothing counts as inside the workspace.
    pub root: Option<String>,
    /// Absolute path of the working directory; the root when absent.
    pub cwd: Option<String>,
    /// What the host looked up: `kube_context`, `git_branch`, `terraform_workspace`, linked project.
    pub facts: BTreeMap<String, String>,
}

impl std::fmt::Debug for ToolCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ToolCall")
            .field("tool", &self.tool)
            .field("server", &self.server)
            .field("arguments", &self.arguments.keys().collect::<Vec<_>>())
            .field("agent", &self.agent)
            .field("workspace", &self.workspace)
            .field("env", &self.env.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
