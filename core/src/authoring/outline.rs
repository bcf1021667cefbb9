//! Where each policy of a text is.

use cedar_policy::Policy;
use serde::Serialize;

use super::text::{Range, Utf16};
use crate::policy::statements;

/// A policy that could be read, with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutlinedPolicy {
    /// Its `@id`.
    pub id: String,
    /// `permit` or `forbid`.
    pub effect: &'static str,
    /// Its `@reason`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Its `@advice`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// Where it stands, in UTF-16 code units.
    pub range: Range,
}

/// The policies of `text` that can be read and have an id, in their order. What cannot be read is
/// left out: [`diagnose`](super::diagnose()) says why.
#[must_use]
pub fn outline(text: &str) -> Vec<OutlinedPolicy> {
    let counter = Utf16::new(text);
    let statements = statements(text).unwrap_or_default().into_iter();
    let policy = |bytes: std::ops::Range<usize>| {
        let policy = Policy::parse(None, text.get(bytes.clone())?).ok()?;
        let annotation = |name: &str| policy.annotation(name).map(str::to_owned);
        Some(OutlinedPolicy {
            id: annotation("id")?,
            effect: match policy.effect() {
                cedar_policy::Effect::Permit => "permit",
                cedar_policy::Effect::Forbid => "forbid",
            },
            reason: annotation("reason"),
            advice: annotation("advice"),
            range: counter.range(&bytes),
        })
    };
    statements.filter_map(policy).collect()
}
