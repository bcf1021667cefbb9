//! The sections of `checkrein.toml` as written; unknown keys are refused.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

/// Text with its place in the file.
pub(super) type Text = Spanned<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    pub(super) policy: PolicySection,
    #[serde(default)]
    pub(super) environment: Vec<EnvironmentSection>,
    #[serde(default)]
    pub(super) credential: Vec<CredentialSection>,
    #[serde(default)]
    pub(super) resource: Vec<ResourceSection>,
    #[serde(default)]
    pub(super) approver: Vec<ApproverSection>,
    #[serde(default)]
    pub(super) agent: Vec<AgentSection>,
    #[serde(default)]
    pub(super) mcp_server: Vec<ServerSection>,
    #[serde(default)]
    pub(super) tool: Vec<ToolSection>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicySection {
    pub(super) packs: Option<Vec<Text>>,
    #[serde(default)]
    pub(super) dirs: Vec<String>,
    pub(super) mode: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EnvironmentSection {
    pub(super) name: Text,
    pub(super) class: Text,
    #[serde(default, rename = "match")]
    pub(super) patterns: BTreeMap<Text, Vec<Text>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CredentialSection {
    pub(super) name: Text,
    pub(super) fingerprint: Option<Text>,
    pub(super) env_var: Option<String>,
    #[serde(default)]
    pub(super) issued_to: Vec<Text>,
    #[serde(default)]
    pub(super) environments: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResourceSection {
    pub(super) id: Text,
    pub(super) kind: Option<Text>,
    pub(super) environment: Option<Text>,
    #[serde(default)]
    pub(super) backups: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ApproverSection {
    pub(super) human: Text,
    pub(super) teams: Vec<Text>,
    pub(super) public_key: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServerSection {
    pub(super) name: Text,
    pub(super) kind: Option<Text>,
    pub(super) environment: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ToolSection {
    pub(super) name: Text,
    pub(super) server: Option<Text>,
    pub(super) like: Option<Text>,
    pub(super) verb: Option<Text>,
    pub(super) resource: Option<Text>,
    pub(super) id: Option<String>,
    pub(super) environment: Option<Text>,
    pub(super) reversibility: Option<Text>,
    #[serde(default)]
    pub(super) effects: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AgentSection {
    pub(super) id: Text,
    #[serde(default)]
    pub(super) groups: Vec<String>,
}
