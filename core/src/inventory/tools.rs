//! Tools and MCP servers that the operator declares.

use super::Inventory;
use super::glob::Glob;
use crate::vocabulary::{Effect, ResourceType, Reversibility, Verb};

/// An `[[mcp_server]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredServer {
    /// Its name as hosts give it.
    pub name: Glob,
    /// The server of the catalogue whose tools it has.
    pub kind: Option<String>,
    /// The environment that what it acts on is in.
    pub environment: Option<String>,
}

/// A `[[tool]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredTool {
    /// Its name.
    pub name: Glob,
    /// The MCP server it is of; absent: any, or the host itself.
    pub server: Option<Glob>,
    /// What it does.
    pub does: Does,
    /// The environment that what it acts on is in.
    pub environment: Option<String>,
}

/// What a declared tool does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Does {
    /// The same as this tool of the catalogue: `Bash`, or `github/create_issue`.
    Like(String),
    /// One act.
    Act(DeclaredAct),
}

/// The act of a declared tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredAct {
    /// What kind of act.
    pub verb: Verb,
    /// What it acts on.
    pub resource: ResourceType,
    /// The argument that names the resource.
    pub id: Option<String>,
    /// What it takes to undo.
    pub reversibility: Reversibility,
    /// Cross-cutting facts.
    pub effects: Vec<Effect>,
}

impl Inventory {
    /// The declared tool of this name, the first that matches.
    #[must_use]
    pub fn tool(&self, tool: &str, server: Option<&str>) -> Option<&DeclaredTool> {
        self.tools.iter().find(|declared| {
            declared.name.matches(tool)
                && declared
                    .server
                    .as_ref()
                    .is_none_or(|glob| server.is_some_and(|server| glob.matches(server)))
        })
    }

    /// The declared MCP server of this name, the first that matches.
    #[must_use]
    pub fn server(&self, server: &str) -> Option<&DeclaredServer> {
        self.servers
            .iter()
            .find(|declared| declared.name.matches(server))
    }
}
