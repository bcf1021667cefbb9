//! Gathering the parts of a bundle: inventory, packs, and the operator's policies once checked.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

use checkrein_policies::Pack;

use super::bundle::{Bundle, Policy};
use super::compile::{Checked, Known, pack_digest};
use super::compiled::{Compiled, CompiledPolicy};
use super::index::Index;
use super::names::Names;
use super::scan::scan;
use super::source::{Parts, Sources};
use crate::error::{LoadError, LoadErrors};
use crate::inventory::Inventory;

/// A policy on its way into the bundle.
pub(super) struct Entry {
    compiled: CompiledPolicy,
    parsed: Option<cedar_policy::Policy>,
}

impl From<Checked> for Entry {
    fn from(Checked { compiled, parsed }: Checked) -> Self {
        Self {
            compiled,
            parsed: Some(parsed),
        }
    }
}

impl From<CompiledPolicy> for Entry {
    fn from(compiled: CompiledPolicy) -> Self {
        Self {
            compiled,
            parsed: None,
        }
    }
}

/// The parts of a bundle that are not the operator's policies.
pub(super) struct Plan {
    pub(super) inventory: Inventory,
    pub(super) packs: Vec<(&'static Pack, Compiled)>,
}

impl Plan {
    pub(super) fn of(sources: &Sources) -> Result<Self, LoadErrors> {
        let inventory = match &sources.inventory {
            Some(file) => Inventory::parse(&file.name, &file.text)?,
            None => Inventory::default(),
        };
        let names = sources.packs.as_ref().unwrap_or(&inventory.settings.packs);
        let mut packs: Vec<(&'static Pack, Compiled)> = Vec::new();
        for name in names {
            let pack = checkrein_policies::pack(name)
                .ok_or_else(|| LoadError::whole(name, "there is no pack of this name"))?;
            if packs.iter().any(|(known, _)| known.name == pack.name) {
                continue;
            }
            let compiled: Option<Compiled> = serde_json::from_str(pack.compiled).ok();
            let compiled = compiled
                .filter(|compiled| compiled.digest == pack_digest(pack.policy))
                .ok_or_else(|| {
                    LoadError::whole(name, "the pack's compiled form is of another text")
                        .help("run `cargo xtask generate`")
                })?;
            packs.push((pack, compiled));
        }
        Ok(Self { inventory, packs })
    }

    /// Ids that the packs use, with the pack's name.
    pub(super) fn taken(&self) -> HashMap<&str, &str> {
        let ids = self.packs.iter().flat_map(|(pack, compiled)| {
            compiled
                .policies
                .iter()
                .map(|policy| (policy.id.as_str(), pack.name))
        });
        ids.collect()
    }

    pub(super) fn digest(&self, sources: &Sources) -> String {
        let mut parts = Parts::new("bundle");
        for (pack, _) in &self.packs {
            parts.add(pack.name);
            parts.add(pack.policy);
        }
        parts.add("policies");
        for file in &sources.policies {
            parts.add(&file.text);
        }
        parts.add("inventory");
        parts.add(
            sources
                .inventory
                .as_ref()
                .map_or("", |file| file.text.as_str()),
        );
        parts.digest()
    }

    /// The bundle; what is `known` of its packs is not parsed again.
    pub(super) fn build(
        self,
        sources: &Sources,
        own: Vec<Entry>,
        known: &Known<'_>,
    ) -> Result<Bundle, LoadErrors> {
        Names::get().map_err(|error| LoadError::whole("schema", error))?;
        let digest = self.digest(sources);
        let mut texts = Vec::new();
        let mut policies = Vec::new();
        for (pack, compiled) in self.packs {
            let file = texts.len();
            texts.push(Cow::Borrowed(pack.policy));
            let entries = compiled.policies.into_iter();
            policies.extend(entries.map(|entry| {
                let policy = policy(file, pack.policy, entry, None);
                let text = pack.policy.get(policy.range.clone());
                let parsed = text.and_then(|text| known.get(text).copied());
                if let Some(parsed) = parsed.filter(|parsed| policy.is_compiled_of(parsed)) {
                    // INVARIANT: nothing has been put there yet.
                    let _ = policy.parsed.set(Some(parsed.clone()));
                }
                policy
            }));
        }
        let first = texts.len();
        texts.extend(
            sources
                .policies
                .iter()
                .map(|file| Cow::Owned(file.text.clone())),
        );
        policies.extend(own.into_iter().map(|Entry { compiled, parsed }| {
            let number = compiled.file as usize;
            let text = sources
                .policies
                .get(number)
                .map_or("", |file| file.text.as_str());
            policy(first.saturating_add(number), text, compiled, parsed)
        }));
        if policies.is_empty() {
            let error = LoadError::whole("bundle", "empty bundle: there is no policy at all");
            let help = "name a pack in `[policy] packs` or add a policy file";
            return Err(error.help(help).into());
        }
        let mut numbers = HashMap::with_capacity(policies.len());
        for (number, policy) in (0_u32..).zip(&policies) {
            if numbers.insert(policy.id.clone(), number).is_some() {
                let error = LoadError::whole(&policy.id, "two packs use this policy id");
                return Err(error.help("use only one of the packs").into());
            }
        }
        let index = Index::new(policies.iter().map(|policy| &policy.scope));
        let teams = self.inventory.teams();
        Ok(Bundle {
            digest,
            inventory: self.inventory,
            teams,
            texts,
            policies,
            numbers,
            index,
        })
    }
}

fn policy(
    file: usize,
    text: &str,
    compiled: CompiledPolicy,
    parsed: Option<cedar_policy::Policy>,
) -> Policy {
    let range = compiled.start as usize..compiled.end as usize;
    // An attribute name hidden behind escapes is missed, and the forbid then stays a denial.
    let heeds_approval = text
        .get(range.clone())
        .is_none_or(|statement| statement.contains("approval"));
    Policy {
        heeds_approval,
        effect: compiled.policy_effect(),
        id: compiled.id,
        reason: compiled.reason,
        advice: compiled.advice,
        scope: compiled.scope,
        file,
        range,
        parsed: parsed.map_or_else(OnceLock::new, |parsed| OnceLock::from(Some(parsed))),
    }
}

/// Whether `compiled` has an entry for each statement of the operator's files and no other.
pub(super) fn covers(compiled: &Compiled, sources: &Sources) -> bool {
    let mut entries = compiled.policies.iter();
    for (number, file) in sources.policies.iter().enumerate() {
        let Ok(statements) = scan(&file.text) else {
            return false;
        };
        for statement in statements {
            let fits = entries.next().is_some_and(|entry| {
                entry.file as usize == number
                    && (entry.start as usize..entry.end as usize) == statement.range
            });
            if !fits {
                return false;
            }
        }
    }
    entries.next().is_none()
}
