//! The bundle: packs, the operator's policies and the inventory, checked, indexed and immutable.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

use cedar_policy::{PolicyId, PolicySet};
use checkrein_policies::Pack;

use super::compile::{Checked, Progress, check, pack_digest};
use super::compiled::{Compiled, CompiledPolicy};
use super::index::Index;
use super::names::Names;
use super::scan::scan;
use super::scope::Scope;
use super::source::{Parts, Sources};
use crate::decision::{DenyReason, PolicyEffect};
use crate::error::{LoadError, LoadErrors};
use crate::inventory::{Inventory, Mode};

/// Everything a decision rests on besides the call. Immutable; its digest is in every decision.
#[derive(Debug)]
pub struct Bundle {
    digest: String,
    inventory: Inventory,
    teams: Vec<String>,
    /// The text of each file: packs first.
    texts: Vec<Cow<'static, str>>,
    policies: Vec<Policy>,
    numbers: HashMap<String, u32>,
    index: Index,
}

/// A policy of a bundle.
#[derive(Debug)]
pub struct Policy {
    /// Its `@id`.
    pub id: String,
    /// What it does when it matches.
    pub effect: PolicyEffect,
    /// Its `@reason`.
    pub reason: String,
    /// Its `@advice`.
    pub advice: Option<String>,
    /// Which requests it can match.
    pub scope: Scope,
    file: usize,
    range: std::ops::Range<usize>,
    parsed: OnceLock<Option<cedar_policy::Policy>>,
}

impl PartialEq for Policy {
    /// Ids are unique within a bundle.
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Policy {}

impl Bundle {
    /// Parses and validates everything, and parses ahead what decisions will need. `progress` is
    /// told of the operator's policies; shipped packs were validated when checkrein was built.
    ///
    /// # Errors
    /// Every mistake in the sources. Nothing half-loaded remains.
    pub fn load(sources: &Sources, progress: Progress<'_>) -> Result<Self, LoadErrors> {
        let plan = Plan::of(sources)?;
        let checked = check(&sources.policies, &plan.taken(), progress)?;
        let bundle = plan.build(sources, checked.into_iter().map(Entry::from).collect())?;
        bundle.parse_all()?;
        Ok(bundle)
    }

    /// Does the work of [`Bundle::load`] whose result can be stored and given to [`Bundle::open`].
    ///
    /// # Errors
    /// Every mistake in the sources.
    pub fn compile(sources: &Sources, progress: Progress<'_>) -> Result<Compiled, LoadErrors> {
        let plan = Plan::of(sources)?;
        let checked = check(&sources.policies, &plan.taken(), progress)?;
        let policies = checked.into_iter().map(|policy| policy.compiled).collect();
        let compiled = Compiled {
            digest: plan.digest(sources),
            policies,
        };
        plan.build(
            sources,
            compiled.policies.iter().cloned().map(Entry::from).collect(),
        )?;
        Ok(compiled)
    }

    /// Opens compiled sources. No policy is parsed until a decision needs it, no schema at all.
    ///
    /// # Errors
    /// When `compiled` is not the compiled form of these sources by this version of checkrein.
    pub fn open(sources: &Sources, compiled: &Compiled) -> Result<Self, LoadErrors> {
        let plan = Plan::of(sources)?;
        if compiled.digest != plan.digest(sources) || !covers(compiled, sources) {
            let error = LoadError::whole("compiled policies", "they are of other sources");
            return Err(error.help("compile the policies again").into());
        }
        plan.build(
            sources,
            compiled.policies.iter().cloned().map(Entry::from).collect(),
        )
    }

    /// `sha256:` digest of everything in it, the schema and the version of checkrein.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The operator's inventory.
    #[must_use]
    pub fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// What the operator wants decisions to be used for.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.inventory.settings.mode
    }

    /// The teams that may approve, sorted; never empty.
    #[must_use]
    pub fn teams(&self) -> &[String] {
        &self.teams
    }

    /// The policies: packs first, each file in its own order.
    #[must_use]
    pub fn policies(&self) -> &[Policy] {
        &self.policies
    }

    /// The policy with this id.
    #[must_use]
    pub fn policy(&self, id: &str) -> Option<&Policy> {
        self.policies.get(*self.numbers.get(id)? as usize)
    }

    /// All policies as one Cedar policy set, for [`Bundle::evaluate_unsliced`].
    ///
    /// # Errors
    /// When a compiled policy is not what it was compiled from.
    pub fn policy_set(&self) -> Result<PolicySet, DenyReason> {
        self.parsed_set((0_u32..).zip(&self.policies).map(|(number, _)| number))
    }

    pub(super) fn index(&self) -> &Index {
        &self.index
    }

    /// The policies with these numbers as a Cedar policy set.
    pub(super) fn parsed_set(
        &self,
        numbers: impl Iterator<Item = u32>,
    ) -> Result<PolicySet, DenyReason> {
        let mut set = PolicySet::new();
        for number in numbers {
            let policy = self.policies.get(number as usize);
            let parsed = policy.and_then(|policy| self.parsed(policy));
            let added = parsed.is_some_and(|parsed| set.add(parsed.clone()).is_ok());
            if !added {
                let id = policy.map_or("", |policy| policy.id.as_str());
                let text = format!("policy `{id}` is not what it was compiled from");
                return Err(DenyReason::Bundle(text));
            }
        }
        Ok(set)
    }

    /// Cedar's form of a policy, when its text still says what was compiled.
    fn parsed<'a>(&self, policy: &'a Policy) -> Option<&'a cedar_policy::Policy> {
        let parse = || {
            let text = self.texts.get(policy.file)?.get(policy.range.clone())?;
            let parsed = cedar_policy::Policy::parse(Some(PolicyId::new(&policy.id)), text).ok()?;
            let same = parsed.annotation("id") == Some(&policy.id)
                && super::compiled::effect_word(parsed.effect()) == policy.effect.as_str()
                && Scope::of(&parsed) == policy.scope;
            same.then_some(parsed)
        };
        policy.parsed.get_or_init(parse).as_ref()
    }

    fn parse_all(&self) -> Result<(), LoadErrors> {
        let unread = self
            .policies
            .iter()
            .filter(|policy| self.parsed(policy).is_none());
        let error = |policy: &Policy| {
            LoadError::whole(&policy.id, "the policy is not what it was compiled from")
        };
        LoadErrors::none_or(unread.map(error).collect(), ())
    }

    #[cfg(test)]
    pub(super) fn unchecked(inventory: Inventory, text: &str) -> Self {
        let plan = Plan {
            inventory,
            packs: Vec::new(),
        };
        let file = super::SourceFile {
            name: "test".to_owned(),
            text: text.to_owned(),
        };
        let sources = Sources {
            policies: vec![file],
            ..Sources::default()
        };
        let entry = |statement: super::scan::Statement| {
            let parsed = cedar_policy::Policy::parse(None, &text[statement.range.clone()]).unwrap();
            let id = parsed.annotation("id").unwrap().to_owned();
            Entry::from(CompiledPolicy {
                file: 0,
                start: statement.range.start as u32,
                end: statement.range.end as u32,
                effect: super::compiled::effect_word(parsed.effect()).to_owned(),
                reason: id.clone(),
                advice: None,
                scope: Scope::of(&parsed),
                id,
            })
        };
        let entries = scan(text).unwrap().into_iter().map(entry).collect();
        plan.build(&sources, entries).unwrap()
    }
}

/// A policy on its way into the bundle.
struct Entry {
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
struct Plan {
    inventory: Inventory,
    packs: Vec<(&'static Pack, Compiled)>,
}

impl Plan {
    fn of(sources: &Sources) -> Result<Self, LoadErrors> {
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
    fn taken(&self) -> HashMap<&str, &str> {
        let ids = self.packs.iter().flat_map(|(pack, compiled)| {
            compiled
                .policies
                .iter()
                .map(|policy| (policy.id.as_str(), pack.name))
        });
        ids.collect()
    }

    fn digest(&self, sources: &Sources) -> String {
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

    fn build(self, sources: &Sources, own: Vec<Entry>) -> Result<Bundle, LoadErrors> {
        Names::get().map_err(|error| LoadError::whole("schema", error))?;
        let digest = self.digest(sources);
        let mut texts = Vec::new();
        let mut policies = Vec::new();
        for (pack, compiled) in self.packs {
            let file = texts.len();
            texts.push(Cow::Borrowed(pack.policy));
            policies.extend(compiled.policies.into_iter().map(|p| policy(file, p, None)));
        }
        let first = texts.len();
        texts.extend(
            sources
                .policies
                .iter()
                .map(|file| Cow::Owned(file.text.clone())),
        );
        policies.extend(own.into_iter().map(|Entry { compiled, parsed }| {
            policy(
                first.saturating_add(compiled.file as usize),
                compiled,
                parsed,
            )
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

fn policy(file: usize, compiled: CompiledPolicy, parsed: Option<cedar_policy::Policy>) -> Policy {
    Policy {
        effect: compiled.policy_effect(),
        id: compiled.id,
        reason: compiled.reason,
        advice: compiled.advice,
        scope: compiled.scope,
        file,
        range: compiled.start as usize..compiled.end as usize,
        parsed: parsed.map_or_else(OnceLock::new, |parsed| OnceLock::from(Some(parsed))),
    }
}

/// Whether `compiled` has an entry for each statement of the operator's files and no other.
fn covers(compiled: &Compiled, sources: &Sources) -> bool {
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
