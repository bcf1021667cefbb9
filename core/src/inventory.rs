//! The operator's inventory: what there is, where it belongs, who may use and approve what.
//!
//! Parsed from the text of `checkrein.toml`; all names in it are checked here, so that nothing
//! downstream re-reads text.

mod file;
pub mod glob;
mod matching;
mod mistake;
mod sections;
mod tools;

use std::collections::{BTreeMap, HashMap};

use crate::error::LoadErrors;
use crate::vocabulary::{EnvironmentClass, ResourceType, SelectorKind};
use glob::Glob;
pub use tools::{DeclaredAct, DeclaredServer, DeclaredTool, Does};

/// What the operator declared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory {
    /// The `[policy]` section.
    pub settings: Settings,
    /// Environments, in the order of the file.
    pub environments: Vec<DeclaredEnvironment>,
    /// Credentials, in the order of the file.
    pub credentials: Vec<DeclaredCredential>,
    /// Resources by id.
    pub resources: HashMap<String, DeclaredResource>,
    /// For each backup's id, the id of the resource it is a backup of.
    pub backups: HashMap<String, String>,
    /// Who may approve, in the order of the file.
    pub approvers: Vec<DeclaredApprover>,
    /// Groups of each agent.
    pub agents: BTreeMap<String, Vec<String>>,
    /// MCP servers, in the order of the file.
    pub servers: Vec<DeclaredServer>,
    /// Tools, in the order of the file.
    pub tools: Vec<DeclaredTool>,
}

/// The `[policy]` section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Names of the shipped packs in use.
    pub packs: Vec<String>,
    /// Directories of the operator's own policies, as written.
    pub dirs: Vec<String>,
    /// What a decision is used for.
    pub mode: Mode,
}

/// What a decision is used for. The core only carries it; hosts act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Decisions bind.
    #[default]
    Enforce,
    /// Decisions are made and recorded, and never stop a call.
    Observe,
}

/// An `[[environment]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredEnvironment {
    /// The operator's name for it.
    pub name: String,
    /// How dangerous it is.
    pub class: EnvironmentClass,
    /// Patterns that place a resource in it.
    pub patterns: Vec<(SelectorKind, Glob)>,
}

/// A `[[credential]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredCredential {
    /// The operator's name for it.
    pub name: String,
    /// `sha256:` fingerprint of its text.
    pub fingerprint: Option<String>,
    /// The environment variable that holds it.
    pub env_var: Option<String>,
    /// Agents it was issued to.
    pub issued_to: Vec<Glob>,
    /// Names of the environments it reaches.
    pub environments: Vec<String>,
}

/// A `[[resource]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredResource {
    /// Its type, when declared.
    pub kind: Option<ResourceType>,
    /// Name of the environment it is in, when declared.
    pub environment: Option<String>,
}

/// An `[[approver]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredApprover {
    /// Id of the human.
    pub human: String,
    /// Teams the human is in.
    pub teams: Vec<String>,
    /// `ed25519:` public key that the human's approvals are signed with.
    pub public_key: Option<String>,
}

/// The team that may approve when the operator declares no approver.
pub const IMPLICIT_TEAM: &str = "operator";

impl Inventory {
    /// Reads the text of `checkrein.toml`; `name` is the file's name in errors.
    ///
    /// # Errors
    /// Every mistake, with its place. Values are never quoted: one of them may be a secret that was
    /// pasted where its fingerprint belongs.
    pub fn parse(name: &str, text: &str) -> Result<Self, LoadErrors> {
        file::parse(name, text)
    }

    /// The class of the environment called `name`.
    #[must_use]
    pub fn class_of(&self, name: &str) -> Option<EnvironmentClass> {
        self.environments
            .iter()
            .find(|env| env.name == name)
            .map(|env| env.class)
    }

    /// The teams that may approve, sorted; [`IMPLICIT_TEAM`] when no approver is declared.
    #[must_use]
    pub fn teams(&self) -> Vec<String> {
        let mut teams: Vec<String> = self
            .approvers
            .iter()
            .flat_map(|approver| approver.teams.iter().cloned())
            .collect();
        teams.sort();
        teams.dedup();
        if teams.is_empty() {
            teams.push(IMPLICIT_TEAM.to_owned());
        }
        teams
    }

    /// The teams of `human`, as declared.
    #[must_use]
    pub fn teams_of(&self, human: &str) -> Vec<String> {
        let declared = self
            .approvers
            .iter()
            .filter(|approver| approver.human == human);
        let mut teams: Vec<String> = declared
            .flat_map(|approver| approver.teams.clone())
            .collect();
        teams.sort();
        teams.dedup();
        teams
    }

    /// The groups of `agent`, as declared.
    #[must_use]
    pub fn groups_of(&self, agent: &str) -> &[String] {
        self.agents.get(agent).map_or(&[], Vec::as_slice)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            packs: vec!["baseline".to_owned()],
            dirs: Vec::new(),
            mode: Mode::Enforce,
        }
    }
}

#[cfg(test)]
mod tests;
