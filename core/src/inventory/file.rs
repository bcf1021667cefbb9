//! Reading `checkrein.toml`.

mod tools;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use toml::Spanned;

use super::glob::{Glob, Subject};
use super::mistake::{mistake, without_values};
use super::sections::{
    AgentSection, ApproverSection, CredentialSection, EnvironmentSection, File, PolicySection,
    ResourceSection, Text,
};
use super::{
    DeclaredApprover, DeclaredCredential, DeclaredEnvironment, DeclaredResource, Inventory, Mode,
    Settings,
};
use crate::error::{LoadError, LoadErrors};
use crate::limits;
use crate::vocabulary::{EnvironmentClass, ResourceType, SelectorKind};

/// See [`Inventory::parse`].
pub(super) fn parse(name: &str, text: &str) -> Result<Inventory, LoadErrors> {
    if text.len() > limits::INVENTORY_BYTES {
        let message = format!(
            "the inventory is longer than {} bytes",
            limits::INVENTORY_BYTES
        );
        return Err(LoadError::whole(name, message).into());
    }
    let file: File = toml::from_str(text).map_err(|error| {
        let place = error.span().unwrap_or(0..0);
        mistake(name, text, place, without_values(error.message()))
            .help("sections are: policy, environment, credential, resource, approver, agent, mcp_server, tool")
    })?;
    let mut reader = Reader {
        name,
        text,
        errors: Vec::new(),
        names: HashSet::new(),
    };
    let inventory = reader.inventory(file);
    LoadErrors::none_or(reader.errors, inventory)
}

/// Turns sections into an inventory and collects mistakes on the way.
struct Reader<'a> {
    name: &'a str,
    text: &'a str,
    errors: Vec<LoadError>,
    /// Declared environments.
    names: HashSet<String>,
}

impl Reader<'_> {
    fn inventory(&mut self, file: File) -> Inventory {
        let settings = self.settings(file.policy);
        let environments = file
            .environment
            .into_iter()
            .map(|s| self.environment(s))
            .collect();
        let credentials = self.credentials(file.credential);
        let (resources, backups) = self.resources(file.resource);
        let approvers = file
            .approver
            .into_iter()
            .map(|s| self.approver(s))
            .collect();
        let agents = self.agents(file.agent);
        let servers = file.mcp_server.into_iter();
        let servers = servers.filter_map(|s| self.server(s)).collect();
        let tools = file.tool.into_iter();
        let tools = tools.filter_map(|s| self.tool(s)).collect();
        Inventory {
            settings,
            environments,
            credentials,
            resources,
            backups,
            approvers,
            agents,
            servers,
            tools,
        }
    }

    fn settings(&mut self, section: PolicySection) -> Settings {
        let default = Settings::default();
        let mode = match section
            .mode
            .as_ref()
            .map(|mode| (mode.get_ref().as_str(), mode.span()))
        {
            None | Some(("enforce", _)) => Mode::Enforce,
            Some(("observe", _)) => Mode::Observe,
            Some((_, span)) => {
                self.error(span, "unknown mode", "write \"enforce\" or \"observe\"");
                Mode::Enforce
            }
        };
        let packs = section.packs.map_or(default.packs, |packs| {
            for pack in &packs {
                if checkrein_policies::pack(pack.get_ref()).is_none() {
                    let names: Vec<_> = checkrein_policies::PACKS
                        .iter()
                        .map(|pack| pack.name)
                        .collect();
                    let help = format!("shipped packs are: {}", names.join(", "));
                    self.error(pack.span(), "unknown pack", &help);
                }
            }
            packs.into_iter().map(Spanned::into_inner).collect()
        });
        Settings {
            packs,
            dirs: section.dirs,
            mode,
        }
    }

    fn environment(&mut self, section: EnvironmentSection) -> DeclaredEnvironment {
        let EnvironmentSection {
            name,
            class,
            patterns,
        } = section;
        self.not_empty(&name);
        let reserved = match name.get_ref().as_str() {
            "local" => Some(EnvironmentClass::Local),
            "unknown" => Some(EnvironmentClass::Unknown),
            _ => None,
        };
        let parsed = EnvironmentClass::parse(class.get_ref());
        if parsed.is_none() {
            let help = format!(
                "write one of: {}",
                words(EnvironmentClass::ALL, |w| w.as_str())
            );
            self.error(class.span(), "unknown environment class", &help);
        } else if reserved.is_some() && reserved != parsed {
            let help = "`local` and `unknown` keep their own class; choose another name";
            self.error(name.span(), "reserved environment name", help);
        }
        if !self.names.insert(name.get_ref().clone()) {
            self.error(
                name.span(),
                "environment declared twice",
                "merge the two sections",
            );
        }
        let mut globs = Vec::new();
        for (key, values) in patterns {
            let Some(kind) = SelectorKind::parse(key.get_ref()) else {
                let help = format!("write one of: {}", words(SelectorKind::ALL, |w| w.as_str()));
                self.error(key.span(), "unknown kind of evidence", &help);
                continue;
            };
            for value in values {
                globs.extend(self.glob(subject(kind), &value).map(|glob| (kind, glob)));
            }
        }
        let class = parsed.unwrap_or(EnvironmentClass::Unknown);
        DeclaredEnvironment {
            name: name.into_inner(),
            class,
            patterns: globs,
        }
    }

    fn credentials(&mut self, sections: Vec<CredentialSection>) -> Vec<DeclaredCredential> {
        let mut names = HashSet::new();
        let mut credentials = Vec::new();
        for section in sections {
            self.not_empty(&section.name);
            if !names.insert(section.name.get_ref().clone()) {
                self.error(
                    section.name.span(),
                    "credential declared twice",
                    "rename one of them",
                );
            }
            if section.fingerprint.is_none() && section.env_var.is_none() {
                let help = "add `fingerprint`, the SHA-256 of its text, or `env_var`";
                self.error(
                    section.name.span(),
                    "credential without a way to recognise it",
                    help,
                );
            }
            if let Some(fingerprint) = &section.fingerprint
                && !is_fingerprint(fingerprint.get_ref())
            {
                let help = "write `sha256:` and 64 lower-case hex digits, never the secret itself";
                self.error(fingerprint.span(), "not a fingerprint", help);
            }
            for environment in &section.environments {
                self.known_environment(environment);
            }
            let issued_to = section.issued_to.iter();
            credentials.push(DeclaredCredential {
                issued_to: issued_to
                    .filter_map(|who| self.glob(Subject::Name, who))
                    .collect(),
                name: section.name.into_inner(),
                fingerprint: section.fingerprint.map(Spanned::into_inner),
                env_var: section.env_var,
                environments: section
                    .environments
                    .into_iter()
                    .map(Spanned::into_inner)
                    .collect(),
            });
        }
        credentials
    }

    fn resources(
        &mut self,
        sections: Vec<ResourceSection>,
    ) -> (HashMap<String, DeclaredResource>, HashMap<String, String>) {
        let mut resources = HashMap::new();
        let mut backups = HashMap::new();
        for ResourceSection {
            id,
            kind,
            environment,
            backups: of,
        } in sections
        {
            self.not_empty(&id);
            let parsed = kind.as_ref().and_then(|kind| resource_type(kind.get_ref()));
            if let (Some(kind), None) = (&kind, parsed) {
                let words = words(ResourceType::ALL, |word| word.as_str()).to_lowercase();
                let help = format!("write one of: {words}");
                self.error(kind.span(), "unknown kind of resource", &help);
            }
            if let Some(environment) = &environment {
                self.known_environment(environment);
            }
            for backup in of {
                if backup.get_ref() == id.get_ref() {
                    let help = "name the backup's own id";
                    self.error(backup.span(), "a resource is not its own backup", help);
                }
                backups.insert(backup.into_inner(), id.get_ref().clone());
            }
            let resource = DeclaredResource {
                kind: parsed,
                environment: environment.map(Spanned::into_inner),
            };
            let span = id.span();
            if resources.insert(id.into_inner(), resource).is_some() {
                self.error(span, "resource declared twice", "merge the two sections");
            }
        }
        (resources, backups)
    }

    fn approver(&mut self, section: ApproverSection) -> DeclaredApprover {
        self.not_empty(&section.human);
        for team in &section.teams {
            self.not_empty(team);
        }
        if section.teams.is_empty() {
            let help = "name at least one team; policies speak of teams";
            self.error(section.human.span(), "approver without a team", help);
        }
        DeclaredApprover {
            human: section.human.into_inner(),
            teams: section.teams.into_iter().map(Spanned::into_inner).collect(),
            public_key: section.public_key,
        }
    }

    fn agents(&mut self, sections: Vec<AgentSection>) -> BTreeMap<String, Vec<String>> {
        let mut agents = BTreeMap::new();
        for section in sections {
            self.not_empty(&section.id);
            let span = section.id.span();
            if agents
                .insert(section.id.into_inner(), section.groups)
                .is_some()
            {
                self.error(span, "agent declared twice", "merge the two sections");
            }
        }
        agents
    }

    fn glob(&mut self, subject: Subject, value: &Text) -> Option<Glob> {
        match Glob::new(subject, value.get_ref()) {
            Ok(glob) => Some(glob),
            Err(error) => {
                self.error(
                    value.span(),
                    &error.to_string(),
                    "`*`, `?`, `[..]` and `{..,..}` work",
                );
                None
            }
        }
    }

    fn known_environment(&mut self, name: &Text) {
        if !self.names.contains(name.get_ref()) {
            self.error(
                name.span(),
                "unknown environment",
                "declare it in an `[[environment]]`",
            );
        }
    }

    fn not_empty(&mut self, value: &Text) {
        if value.get_ref().is_empty() {
            self.error(value.span(), "empty name", "give it a name");
        }
    }

    fn error(&mut self, span: Range<usize>, message: &str, help: &str) {
        self.errors
            .push(mistake(self.name, self.text, span, message).help(help));
    }
}

fn subject(kind: SelectorKind) -> Subject {
    match kind {
        SelectorKind::Host => Subject::Host,
        SelectorKind::DatabaseUrl => Subject::Url,
        SelectorKind::Path => Subject::Path,
        _ => Subject::Name,
    }
}

fn resource_type(word: &str) -> Option<ResourceType> {
    ResourceType::ALL
        .iter()
        .copied()
        .find(|kind| kind.as_str().eq_ignore_ascii_case(word))
}

fn is_fingerprint(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64
            && hex
                .bytes()
                .all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'))
    })
}

fn words<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str) -> String {
    all.iter()
        .map(|item| word(*item))
        .collect::<Vec<_>>()
        .join(", ")
}
