//! Every mistake in sources, also where one of them keeps others from mattering.

use std::ops::Range;

use super::bundle::Bundle;
use super::compile::check;
use super::plan::{Entry, Plan};
use super::scan::scan;
use super::source::Sources;
use super::validate::Validators;
use crate::error::LoadError;
use crate::limits;

/// What keeps `sources` from loading: policies are read even when the inventory is wrong. What is
/// valid in `before` is not validated again.
pub(super) fn mistakes(
    before: Option<&Bundle>,
    validators: &mut Option<Validators>,
    sources: &Sources,
) -> Vec<LoadError> {
    let mut found = Vec::new();
    let plan = Plan::of(sources).or_else(|errors| {
        found.extend(errors.into_vec());
        // Without the inventory the packs are still known.
        Plan::of(&Sources {
            packs: sources.packs.clone(),
            ..Sources::default()
        })
    });
    let taken = plan.as_ref().map(Plan::taken).unwrap_or_default();
    let known = before.map(Bundle::known).unwrap_or_default();
    let checked = check(
        &sources.policies,
        &taken,
        &known,
        validators,
        &mut |_, _| {},
    );
    match (checked, plan) {
        (Err(errors), _) => found.extend(errors.into_vec()),
        (Ok(checked), Ok(plan)) if found.is_empty() => {
            let entries = checked.into_iter().map(Entry::from).collect();
            if let Err(errors) = plan.build(sources, entries, &known) {
                found.extend(errors.into_vec());
            }
        }
        _ => {}
    }
    found
}

/// The bytes of each statement of `text`; nothing when it may not be given to the
/// parser, which overflows the stack on nested text, or is longer than any bundle.
pub(crate) fn statements(text: &str) -> Option<Vec<Range<usize>>> {
    if text.len() > limits::POLICY_BYTES {
        return None;
    }
    let statements = scan(text).ok()?;
    if statements.len() > limits::POLICIES {
        return None;
    }
    Some(statements.into_iter().map(|one| one.range).collect())
}
