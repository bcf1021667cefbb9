//! The TOML form of the catalogue, as written by contributors (docs/catalogue.md).

pub mod sql;

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CliFile {
    #[serde(default)]
    pub command: Vec<Command>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiFile {
    pub api: Vec<Api>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolFile {
    #[serde(default)]
    pub tool: Vec<Tool>,
    #[serde(default)]
    pub server: Vec<Server>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    pub name: String,
    #[serde(rename = "match")]
    pub globs: Vec<String>,
    #[serde(default)]
    pub host: String,
    #[serde(default)]
    pub tool: Vec<Tool>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamesFile {
    pub creating: Vec<String>,
    pub changing: Vec<String>,
    pub reading: Vec<String>,
    pub credentials: Vec<String>,
    pub naming_parameters: Vec<String>,
    pub nouns: BTreeMap<String, Vec<String>>,
    pub steering_arguments: BTreeMap<String, Vec<String>>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathsFile {
    pub path: Vec<PathRule>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HintsFile {
    pub hints: BTreeMap<String, String>,
    pub code_sinks: Vec<String>,
    pub secret_variables: Vec<String>,
    pub package_hosts: Vec<String>,
    pub credential_headers: Vec<String>,
    pub credential_parameters: Vec<String>,
    pub steering_variables: BTreeMap<String, String>,
    pub steering_harmless: BTreeMap<String, Vec<String>>,
    pub guard_variables: Vec<String>,
    pub observing: Vec<String>,
    pub guard_names: Vec<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command {
    pub names: Vec<String>,
    #[serde(default)]
    pub flags: Vec<String>,
    #[serde(default)]
    pub values: Vec<String>,
    #[serde(default)]
    pub optional: Vec<String>,
    #[serde(default)]
    pub until: Vec<String>,
    #[serde(default)]
    pub options_first: bool,
    #[serde(default)]
    pub single_dash_long: bool,
    #[serde(default)]
    pub bare_bundle: bool,
    #[serde(default)]
    pub assignments: bool,
    #[serde(default)]
    pub builtin: bool,
    /// Adds its subcommands to those of the command of this name in another file.
    #[serde(default)]
    pub continues: bool,
    pub output: Option<String>,
    #[serde(default)]
    pub lists: Vec<Listing>,
    pub http: Option<String>,
    #[serde(default)]
    pub help_anywhere: bool,
    #[serde(default)]
    pub selectors: BTreeMap<String, OneOrMore>,
    #[serde(default)]
    pub database: Vec<String>,
    pub credential: Option<Credential>,
    pub grammar: Option<Grammar>,
    #[serde(default)]
    pub dry_run: Vec<String>,
    #[serde(default)]
    pub sets: BTreeMap<String, OneOrMore>,
    #[serde(default)]
    pub elsewhere: Vec<String>,
    /// Acts on this machine only: selectors and credential of the parents do not count.
    #[serde(default)]
    pub local: bool,
    #[serde(default)]
    pub act: Vec<Act>,
    #[serde(default)]
    pub run: Vec<Run>,
    #[serde(default)]
    pub sub: Vec<Command>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    pub when: Vec<String>,
    pub from: Vec<String>,
    #[serde(default)]
    pub below: bool,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    #[serde(default)]
    pub env: Vec<String>,
    #[serde(default)]
    pub options: Vec<String>,
    #[serde(default)]
    pub profile: String,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// API fields only.
    pub name: Option<String>,
    /// API fields only: fields that all do the same.
    #[serde(default)]
    pub names: Vec<String>,
    /// API routes only.
    #[serde(default)]
    pub methods: Vec<String>,
    /// API routes only; may begin with methods, as in `PUT|PATCH /v1/items/{id}`.
    pub path: Option<String>,
    /// API routes only: paths that all do the same.
    #[serde(default)]
    pub paths: Vec<String>,
    #[serde(default)]
    pub when: Vec<String>,
    #[serde(default)]
    pub any: Vec<String>,
    pub operation: Option<String>,
    pub verb: String,
    pub resource: String,
    #[serde(default)]
    pub id: Vec<String>,
    #[serde(default)]
    pub parents: BTreeMap<String, String>,
    pub reversibility: Option<String>,
    #[serde(default)]
    pub effects: Vec<String>,
    #[serde(default)]
    pub unbounded: bool,
    /// Programs only: applies with every subcommand as well.
    #[serde(default)]
    pub always: bool,
    pub completeness: Option<String>,
    #[serde(default)]
    pub selectors: BTreeMap<String, OneOrMore>,
    /// Programs only: the lexicon of types in `TYPE NAME…`.
    pub nouns: Option<String>,
    /// Programs only: only things of this resource type.
    #[serde(default)]
    pub nouns_only: bool,
    /// API routes only: members that are SQL.
    #[serde(default)]
    pub sql: Vec<String>,
    /// API routes only: its dialect.
    #[serde(default)]
    pub dialect: String,
}

/// A source or several, the first that yields a value counts.
#[derive(Deserialize, Clone)]
#[serde(untagged)]
pub enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::More(more) => more,
        }
    }
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub struct Grammar {
    pub namespace: String,
    pub words: String,
    #[serde(default)]
    pub verb_at: u16,
    #[serde(default)]
    pub verb_first: bool,
    #[serde(default)]
    pub family: String,
    #[serde(default)]
    pub id: Vec<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WordsFile {
    #[serde(default)]
    pub id_options: Vec<String>,
    /// Files beside this one, written by generators.
    #[serde(default)]
    pub exceptions: Vec<String>,
    #[serde(default)]
    pub verb: Vec<VerbForm>,
    #[serde(default)]
    pub noun: Vec<NounForm>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerbForm {
    pub verb: String,
    /// What generated exceptions call it.
    pub class: Option<String>,
    #[serde(default)]
    pub words: Vec<String>,
    /// `noun verb` names that are of this kind whatever the verb says.
    #[serde(default)]
    pub names: Vec<String>,
    pub resource: Option<String>,
    pub reversibility: Option<String>,
    #[serde(default)]
    pub effects: Vec<String>,
    #[serde(default)]
    pub removes: bool,
    pub completeness: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NounForm {
    pub resource: String,
    #[serde(default)]
    pub weak: bool,
    pub words: Vec<String>,
    pub reversibility: Option<String>,
    #[serde(default)]
    pub effects: Vec<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    #[serde(default)]
    pub when: Vec<String>,
    #[serde(default)]
    pub any: Vec<String>,
    pub form: String,
    pub from: Option<String>,
    pub place: Option<String>,
    #[serde(default)]
    pub effects: Vec<String>,
    #[serde(default)]
    pub placeholder: String,
    #[serde(default)]
    pub appends: bool,
    #[serde(default)]
    pub language: String,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    pub name: String,
    pub hosts: Vec<String>,
    #[serde(default)]
    pub graphql: Vec<String>,
    #[serde(default)]
    pub secret_members: Vec<String>,
    pub credential: Option<Credential>,
    #[serde(default)]
    pub mutation: Vec<Act>,
    #[serde(default)]
    pub query: Vec<Act>,
    #[serde(default)]
    pub route: Vec<Act>,
    #[serde(default)]
    pub calls: Vec<Calls>,
    pub grammar: Option<Grammar>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calls {
    pub path: String,
    pub name: Vec<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    pub names: Vec<String>,
    #[serde(default)]
    pub harmless: Vec<String>,
    /// The method of its requests.
    #[serde(default)]
    pub method: String,
    /// An API, and where the name of what is called there is found.
    #[serde(default)]
    pub calls: Vec<String>,
    /// Server, tool and arguments of a call within the call.
    #[serde(default)]
    pub nests: Vec<String>,
    #[serde(default)]
    pub shell: Vec<String>,
    #[serde(default)]
    pub scripts: Vec<String>,
    #[serde(default)]
    pub argv: Vec<String>,
    #[serde(default)]
    pub sql: Vec<String>,
    #[serde(default)]
    pub dialect: String,
    #[serde(default)]
    pub url: Vec<String>,
    #[serde(default)]
    pub patch: Vec<String>,
    #[serde(default)]
    pub powershell: Vec<String>,
    #[serde(default)]
    pub code: Vec<String>,
    #[serde(default)]
    pub cwd: Vec<String>,
    #[serde(default)]
    pub act: Vec<Act>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathRule {
    pub class: String,
    pub globs: Vec<String>,
    #[serde(default)]
    pub except: Vec<String>,
    /// Only the paths count, not the folders that may hold them.
    #[serde(default)]
    pub itself: bool,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeFile {
    /// The first is the name; files of the same language are one.
    pub language: Vec<String>,
    #[serde(default)]
    pub pure: Vec<String>,
    #[serde(default)]
    pub environment: Vec<String>,
    #[serde(default)]
    pub remote: Vec<String>,
    #[serde(default)]
    pub constants: BTreeMap<String, String>,
    #[serde(default)]
    pub globals: Vec<String>,
    /// Words in the names of tools that run this language.
    #[serde(default)]
    pub tools: Vec<String>,
    #[serde(default)]
    pub aliases: BTreeMap<String, String>,
    #[serde(default)]
    pub call: Vec<CodeCall>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeCall {
    pub names: Vec<String>,
    #[serde(default)]
    pub parameters: Vec<String>,
    #[serde(default)]
    pub act: Vec<Act>,
    #[serde(default)]
    pub run: Vec<CodeRun>,
    pub http: Option<CodeHttp>,
    #[serde(default)]
    pub sql: Vec<String>,
    pub writes: Option<(String, String)>,
    pub downloads: Option<String>,
    pub leaks: Option<String>,
    pub cli: Option<CodeCli>,
    pub grammar: Option<Grammar>,
    pub directory: Option<String>,
    pub gives: Option<String>,
    pub of: Option<String>,
    #[serde(default)]
    pub selectors: BTreeMap<String, OneOrMore>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeRun {
    #[serde(default)]
    pub when: Vec<String>,
    pub form: String,
    pub from: Vec<String>,
    pub place: Option<String>,
    #[serde(default)]
    pub language: String,
    #[serde(default)]
    pub effects: Vec<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeHttp {
    pub method: String,
    pub url: Vec<String>,
    #[serde(default)]
    pub base: Vec<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeCli {
    pub program: String,
    pub service: String,
    #[serde(default)]
    pub renamed: BTreeMap<String, String>,
    #[serde(default)]
    pub options: BTreeMap<String, String>,
}
