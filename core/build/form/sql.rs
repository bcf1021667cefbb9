//! The TOML form of what is known of SQL (docs/catalogue.md).

use serde::Deserialize;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct SqlFile {
    #[serde(default)]
    pub statement: Vec<Statement>,
    #[serde(default)]
    pub function: Vec<Function>,
    #[serde(default)]
    pub command: Vec<ClientCommand>,
    #[serde(default)]
    pub pure: Vec<String>,
    #[serde(default)]
    pub looking: Vec<String>,
    #[serde(default)]
    pub reserved: Vec<String>,
    #[serde(default)]
    pub noise: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    pub heads: Vec<String>,
    #[serde(default)]
    pub has: Vec<String>,
    #[serde(default)]
    pub without: Vec<String>,
    #[serde(default)]
    pub dialects: Vec<String>,
    #[serde(default)]
    pub form: String,
    #[serde(default)]
    pub id: String,
    pub operation: String,
    pub verb: String,
    pub resource: Option<String>,
    pub reversibility: Option<String>,
    #[serde(default)]
    pub effects: Vec<String>,
    pub completeness: Option<String>,
    #[serde(default)]
    pub unbounded: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Function {
    pub names: Vec<String>,
    #[serde(default)]
    pub id: u8,
    #[serde(default)]
    pub sets: bool,
    #[serde(default)]
    pub sql: Vec<u8>,
    pub operation: Option<String>,
    pub verb: Option<String>,
    pub resource: Option<String>,
    pub reversibility: Option<String>,
    #[serde(default)]
    pub effects: Vec<String>,
    pub completeness: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientCommand {
    pub names: Vec<String>,
    #[serde(default)]
    pub dialects: Vec<String>,
    #[serde(default)]
    pub argument: String,
    pub operation: String,
    pub verb: String,
    pub resource: Option<String>,
    pub reversibility: Option<String>,
    #[serde(default)]
    pub effects: Vec<String>,
}
