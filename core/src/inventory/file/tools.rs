//! The sections `[[tool]]` and `[[mcp_server]]`.

use toml::Spanned;

use super::{Reader, resource_type, words};
use crate::catalogue::CATALOGUE;
use crate::interpret::tool_named;
use crate::inventory::glob::{Glob, Subject};
use crate::inventory::sections::{ServerSection, Text, ToolSection};
use crate::inventory::tools::{DeclaredAct, DeclaredServer, DeclaredTool, Does};
use crate::vocabulary::{Effect, ResourceType, Reversibility, Verb, VerbGroup};

impl Reader<'_> {
    pub(super) fn server(&mut self, section: ServerSection) -> Option<DeclaredServer> {
        let name = self.tool_name(&section.name);
        if section.kind.is_none() && section.environment.is_none() {
            let help = "say what `kind` of server it is, its `environment`, or both";
            self.error(
                section.name.span(),
                "a server of which nothing is said",
                help,
            );
        }
        if let Some(kind) = &section.kind {
            let mut kinds: Vec<&str> = CATALOGUE.servers.iter().map(|one| one.name).collect();
            if !kinds.contains(&kind.get_ref().as_str()) {
                kinds.sort_unstable();
                kinds.dedup();
                let help = format!("write one of: {}", kinds.join(", "));
                self.error(kind.span(), "unknown kind of server", &help);
            }
        }
        if let Some(environment) = &section.environment {
            self.known_environment(environment);
        }
        Some(DeclaredServer {
            name: name?,
            kind: section.kind.map(Spanned::into_inner),
            environment: section.environment.map(Spanned::into_inner),
        })
    }

    pub(super) fn tool(&mut self, section: ToolSection) -> Option<DeclaredTool> {
        let name = self.tool_name(&section.name);
        let server = match &section.server {
            Some(server) => Some(self.tool_name(server)?),
            None => None,
        };
        if let Some(environment) = &section.environment {
            self.known_environment(environment);
        }
        let does = match (&section.like, &section.verb) {
            (Some(like), None) => {
                if tool_named(like.get_ref()).is_none() {
                    let help = "write a tool of the catalogue: `Bash`, or `github/create_issue`";
                    self.error(like.span(), "unknown tool", help);
                }
                if section.resource.is_some() || section.reversibility.is_some() {
                    let help = "leave out what the other tool already says";
                    self.error(like.span(), "`like` stands alone", help);
                }
                Does::Like(like.get_ref().clone())
            }
            (None, Some(verb)) => Does::Act(self.act(&section, verb)),
            _ => {
                let help = "add `verb`, or `like` and the name of a known tool; not both";
                self.error(
                    section.name.span(),
                    "a tool of which it is not said what it does",
                    help,
                );
                return None;
            }
        };
        Some(DeclaredTool {
            name: name?,
            server,
            does,
            environment: section.environment.map(Spanned::into_inner),
        })
    }

    fn act(&mut self, section: &ToolSection, verb: &Text) -> DeclaredAct {
        let parsed = Verb::parse(verb.get_ref());
        if parsed.is_none() {
            let help = format!("write one of: {}", words(Verb::ALL, |word| word.as_str()));
            self.error(verb.span(), "unknown verb", &help);
        }
        let resource = section.resource.as_ref().map(|kind| {
            resource_type(kind.get_ref()).unwrap_or_else(|| {
                let words = words(ResourceType::ALL, |word| word.as_str()).to_lowercase();
                let help = format!("write one of: {words}");
                self.error(kind.span(), "unknown kind of resource", &help);
                ResourceType::Unknown
            })
        });
        let verb_word = parsed.unwrap_or(Verb::Unknown);
        let observes = verb_word.group() == VerbGroup::Observe;
        let reversibility = section.reversibility.as_ref().map(|word| {
            let parsed = Reversibility::parse(word.get_ref());
            match parsed {
                None => {
                    let words = words(Reversibility::ALL, |word| word.as_str());
                    let help = format!("write one of: {words}");
                    self.error(word.span(), "unknown reversibility", &help);
                }
                Some(parsed) if observes != (parsed == Reversibility::None) => {
                    let help = "`none` is for what only looks, and for nothing else";
                    self.error(
                        word.span(),
                        "reversibility that does not fit the verb",
                        help,
                    );
                }
                Some(_) => {}
            }
            parsed.unwrap_or(Reversibility::Irreversible)
        });
        let effects = section.effects.iter().filter_map(|word| {
            let parsed = Effect::parse(word.get_ref());
            if parsed.is_none() {
                let help = format!("write one of: {}", words(Effect::ALL, |word| word.as_str()));
                self.error(word.span(), "unknown effect", &help);
            }
            parsed
        });
        let effects = effects.collect();
        DeclaredAct {
            verb: verb_word,
            resource: resource.unwrap_or(ResourceType::Service),
            id: section.id.clone(),
            reversibility: reversibility.unwrap_or(if observes {
                Reversibility::None
            } else {
                Reversibility::Irreversible
            }),
            effects,
        }
    }

    /// Names of tools and servers are compared without case, as host names are.
    fn tool_name(&mut self, name: &Text) -> Option<Glob> {
        self.glob(Subject::Host, name)
    }
}
