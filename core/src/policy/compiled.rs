//! What compiling found out: enough to decide without parser or validator until a policy is needed.

use cedar_policy::Effect;
use serde::{Deserialize, Serialize};

use super::scope::Scope;
use crate::decision::PolicyEffect;

/// The compiled form of a pack or of an operator's policies.
///
/// It may be stored between processes. It is bound to its sources by their digest, and has to be
/// stored where agents cannot write: who can change it can change what is decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compiled {
    /// Digest of the sources, the schema and the version of checkrein.
    pub digest: String,
    /// The policies, in the order of the text.
    pub policies: Vec<CompiledPolicy>,
}

/// One compiled policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompiledPolicy {
    /// Index of the file it is in.
    pub file: u32,
    /// First byte of its text.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// Its `@id`.
    pub id: String,
    /// `permit` or `forbid`.
    pub effect: String,
    /// Its `@reason`.
    pub reason: String,
    /// Its `@advice`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// Which requests it can match.
    pub scope: Scope,
}

impl CompiledPolicy {
    /// The effect; anything but `permit` forbids.
    pub(super) fn policy_effect(&self) -> PolicyEffect {
        if self.effect == PolicyEffect::Permit.as_str() {
            PolicyEffect::Permit
        } else {
            PolicyEffect::Forbid
        }
    }
}

/// What a policy says of itself under `name`. Cedar's own look-up reads the name as an identifier each time.
pub(crate) fn annotation<'p>(policy: &'p cedar_policy::Policy, name: &str) -> Option<&'p str> {
    let policy: &cedar_policy_core::ast::Policy = policy.as_ref();
    let mut all = policy.annotations();
    all.find_map(|(key, text)| (key.as_ref() == name).then_some(text.as_ref()))
}

/// Cedar's effect in our words.
pub(super) fn effect_word(effect: Effect) -> &'static str {
    match effect {
        Effect::Permit => PolicyEffect::Permit.as_str(),
        Effect::Forbid => PolicyEffect::Forbid.as_str(),
    }
}
