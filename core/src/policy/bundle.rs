//! The bundle: packs, the operator's policies and the inventory, checked, indexed and immutable.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

use cedar_policy::{PolicyId, PolicySet};

use super::compile::{Known, Progress, check};
use super::compiled::{Compiled, annotation};
use super::condition::Condition;
use super::index::{Bucket, Index};
use super::plan::{Entry, Plan, covers};
use super::scope::Scope;
use super::source::Sources;
use super::validate::Validators;
use crate::decision::{DenyReason, PolicyEffect};
use crate::error::{LoadError, LoadErrors};
use crate::inventory::{Inventory, Mode};

/// Everything a decision rests on besides the call. Immutable; its digest is in every decision.
#[derive(Debug)]
pub struct Bundle {
    pub(super) digest: String,
    pub(super) inventory: Inventory,
    pub(super) teams: Vec<String>,
    /// The text of each file: packs first.
    pub(super) texts: Vec<Cow<'static, str>>,
    pub(super) policies: Vec<Policy>,
    pub(super) numbers: HashMap<String, u32>,
    pub(super) index: Index,
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
    /// Whether its text names approvals at all; if not, no approval changes what it says.
    pub heeds_approval: bool,
    pub(super) file: usize,
    pub(super) range: std::ops::Range<usize>,
    pub(super) parsed: OnceLock<Option<cedar_policy::Policy>>,
}

impl Policy {
    /// Whether `parsed` says what this was compiled from.
    pub(super) fn is_compiled_of(&self, parsed: &cedar_policy::Policy) -> bool {
        annotation(parsed, "id") == Some(&self.id)
            && super::compiled::effect_word(parsed.effect()) == self.effect.as_str()
            && self.scope.has_head_of(parsed)
    }
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
        Self::load_after(None, &mut None, sources, progress)
    }

    /// Does what [`Bundle::load`] does, and does not read and validate again what `before` has
    /// validated.
    pub(super) fn load_after(
        before: Option<&Self>,
        validators: &mut Option<Validators>,
        sources: &Sources,
        progress: Progress<'_>,
    ) -> Result<Self, LoadErrors> {
        let plan = Plan::of(sources)?;
        let known = before.map(Self::known).unwrap_or_default();
        let checked = check(
            &sources.policies,
            &plan.taken(),
            &known,
            validators,
            progress,
        )?;
        let own = checked.into_iter().map(Entry::from).collect();
        let bundle = plan.build(sources, own, &known)?;
        bundle.parse_all()?;
        Ok(bundle)
    }

    /// Does the work of [`Bundle::load`] whose result can be stored and given to [`Bundle::open`].
    ///
    /// # Errors
    /// Every mistake in the sources.
    pub fn compile(sources: &Sources, progress: Progress<'_>) -> Result<Compiled, LoadErrors> {
        let plan = Plan::of(sources)?;
        let checked = check(
            &sources.policies,
            &plan.taken(),
            &Known::new(),
            &mut None,
            progress,
        )?;
        let policies = checked.into_iter().map(|policy| policy.compiled).collect();
        let compiled = Compiled {
            digest: plan.digest(sources),
            policies,
        };
        plan.build(
            sources,
            compiled.policies.iter().cloned().map(Entry::from).collect(),
            &Known::new(),
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
            &Known::new(),
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
        let mut set = PolicySet::new();
        for (number, policy) in (0_u32..).zip(&self.policies) {
            let parsed = self.parsed_number(number)?.clone();
            set.add(parsed).map_err(|_| {
                DenyReason::Bundle(format!("two policies have the id `{}`", policy.id))
            })?;
        }
        Ok(set)
    }

    /// The texts of its policies, all of which are valid.
    pub(super) fn known(&self) -> Known<'_> {
        let known = |policy| Some((self.text(policy)?, self.parsed(policy)?));
        self.policies.iter().filter_map(known).collect()
    }

    fn text(&self, policy: &Policy) -> Option<&str> {
        self.texts.get(policy.file)?.get(policy.range.clone())
    }

    pub(super) fn index(&self) -> &Index {
        &self.index
    }

    /// What is left to evaluate of a bucket's policies.
    pub(super) fn conditions(&self, bucket: &Bucket) -> Result<Vec<Condition>, DenyReason> {
        let numbers = bucket.policies.iter();
        numbers
            .map(|number| {
                let policy = self.parsed_number(*number)?;
                Ok(Condition::of(*number, policy.as_ref()))
            })
            .collect()
    }

    fn parsed_number(&self, number: u32) -> Result<&cedar_policy::Policy, DenyReason> {
        let policy = self.policies.get(number as usize);
        policy
            .and_then(|policy| self.parsed(policy))
            .ok_or_else(|| {
                let id = policy.map_or("", |policy| policy.id.as_str());
                let text = format!("policy `{id}` is not what it was compiled from");
                DenyReason::Bundle(text)
            })
    }

    /// Cedar's form of a policy, when its text still says what was compiled.
    fn parsed<'a>(&self, policy: &'a Policy) -> Option<&'a cedar_policy::Policy> {
        let parse = || {
            let text = self.text(policy)?;
            let parsed = cedar_policy::Policy::parse(Some(PolicyId::new(&policy.id)), text).ok()?;
            policy.is_compiled_of(&parsed).then_some(parsed)
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
}
