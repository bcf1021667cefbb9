//! Decisions: the answer to a tool call.

use crate::action::Action;
use crate::vocabulary::Verdict;

/// The answer to one tool call. Constructed only by [`crate::authorize()`] and [`Decision::refuse`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The strictest verdict of the actions.
    pub verdict: Verdict,
    /// Why, in one line.
    pub reason: String,
    /// What to do instead, when a policy says so.
    pub advice: Option<String>,
    /// What the guard understood, each part with its own verdict.
    pub actions: Vec<JudgedAction>,
    /// What approval would suffice, when the verdict is `needs_approval`.
    pub approval: Option<ApprovalRequest>,
    /// Failures; any entry here goes with the verdict `deny`.
    pub errors: Vec<DenyReason>,
    /// Digest of the bundle that decided; empty when none was loaded.
    pub bundle: String,
}

/// An action with the verdict of the policies on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedAction {
    /// The action.
    pub action: Action,
    /// The verdict.
    pub verdict: Verdict,
    /// The determining policies, sorted by id.
    pub policies: Vec<DeterminingPolicy>,
}

/// A policy that determined a verdict.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeterminingPolicy {
    /// Its `@id`.
    pub id: String,
    /// `permit` or `forbid`.
    pub effect: PolicyEffect,
    /// Its `@reason`.
    pub reason: String,
}

/// What a policy does when it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyEffect {
    /// Lets the action through unless a forbid matches.
    Permit,
    /// Stops the action.
    Forbid,
}

impl PolicyEffect {
    /// Cedar's keyword.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Permit => "permit",
            Self::Forbid => "forbid",
        }
    }
}

/// What approval would turn `needs_approval` into `allow`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalRequest {
    /// Fingerprint of the exact call, its actions and the bundle: what an approval is bound to.
    pub fingerprint: String,
    /// Teams, any of whose members may approve; sorted.
    pub teams: Vec<String>,
}

/// Why a call is refused without, or in spite of, what the policies say.
///
/// Exhaustive on purpose: a new reason must break every match on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DenyReason {
    /// The call could not be read.
    Malformed(String),
    /// The call is larger or deeper than the limits.
    OverLimit(String),
    /// No usable bundle.
    Bundle(String),
    /// A policy's evaluation failed; Cedar would skip it.
    PolicyError {
        /// The policy.
        id: String,
        /// Cedar's message, which holds no values of the call.
        message: String,
    },
    /// checkrein itself failed.
    Internal(String),
    /// The call takes a parser that this build was made without; one with all of them answers it.
    Lacking(String),
}

impl DenyReason {
    /// Stable word for the kind of failure, used in the wire format.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::OverLimit(_) => "over_limit",
            Self::Bundle(_) => "bundle",
            Self::PolicyError { .. } => "policy_error",
            Self::Internal(_) => "internal",
            Self::Lacking(_) => "lacking",
        }
    }
}

impl std::fmt::Display for DenyReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Malformed(text) => write!(f, "the call cannot be read: {text}"),
            Self::OverLimit(text) => write!(f, "the call is over a limit: {text}"),
            Self::Bundle(text) => write!(f, "no usable bundle: {text}"),
            Self::PolicyError { id, message } => {
                write!(f, "policy `{id}` failed to evaluate: {message}")
            }
            Self::Internal(text) => write!(f, "checkrein failed: {text}"),
            Self::Lacking(text) => write!(f, "this build cannot read the call: {text}"),
        }
    }
}

impl Decision {
    /// The decision that ends every failure: `deny`, with the reason.
    #[must_use]
    pub fn refuse(reason: DenyReason, bundle: &str) -> Self {
        Self {
            verdict: Verdict::Deny,
            reason: reason.to_string(),
            advice: None,
            actions: Vec::new(),
            approval: None,
            errors: vec![reason],
            bundle: bundle.to_owned(),
        }
    }
}
