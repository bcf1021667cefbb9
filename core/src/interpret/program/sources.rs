//! Settings that say where packages come from, being written.

use crate::action::{Draft, Effects};
use crate::catalogue::spec::PathClass;
use crate::interpret::place::Setting;
use crate::interpret::session::{Note, Session};
use crate::interpret::value::{Stream, Value};
use crate::interpret::wildcard::wildcard;
use crate::limits;
use crate::secret::Secret;
use crate::vocabulary::{Completeness, Effect, ResourceType, Reversibility, Verb};

impl Session<'_> {
    /// What is written to a package manager's settings: an address that is no public registry, or a
    /// text that came over the network, answers for every package asked of it from then on.
    pub(in crate::interpret) fn sources_written(
        &mut self,
        path: &Value,
        content: &Stream,
        setting: &Setting<'_>,
    ) {
        let Some(name) = path.exact() else {
            return;
        };
        let resolved = setting.resolve(&name);
        if !resolved.is_some_and(|path| path.is(PathClass::Sources, self.catalogue)) {
            return;
        }
        let known = content.text.as_ref().map(Secret::expose);
        let elsewhere = match known {
            Some(text) => hosts(text).any(|host| !self.is_registry(host)),
            None => content.from_network(),
        };
        if !elsewhere {
            return;
        }
        self.note(
            Note {
                operation: "package:config_trust",
                verb: Verb::Update,
                kind: ResourceType::Process,
                id: Some(path),
                reversibility: Reversibility::Reversible,
                effects: Effects::of(&[Effect::Persistence]),
                completeness: Completeness::Partial,
                evidence: "packages come from an address that is written here",
            },
            setting,
        );
    }

    /// The files that acts from this one on write, at most a few of them.
    pub(in crate::interpret) fn written_since(&self, first: usize) -> Vec<Value> {
        let writes = |draft: &&Draft| {
            matches!(
                draft.resource.kind,
                ResourceType::File | ResourceType::Secret
            ) && matches!(draft.verb, Verb::Create | Verb::Update)
        };
        let written = self.drafts.iter().skip(first).filter(writes);
        written
            .take(limits::NAMES_INSIDE)
            .map(|draft| Value::literal(draft.resource.id.as_str()))
            .collect()
    }

    fn is_registry(&self, host: &str) -> bool {
        let mut known = self.catalogue.package_hosts.iter();
        known.any(|glob| wildcard(glob, host))
    }
}

/// The hosts of the addresses in a text.
fn hosts(text: &str) -> impl Iterator<Item = &str> {
    text.split("://").skip(1).map(|rest| {
        let end = rest.find(|c: char| c.is_whitespace() || "/\"'?#>)]},;".contains(c));
        let authority = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        authority.rsplit('@').next().unwrap_or_default()
    })
}
