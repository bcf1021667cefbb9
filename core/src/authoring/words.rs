//! The closed vocabularies as data.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::vocabulary::{
    Completeness, CredentialSource, Effect, EnvironmentClass, Location, ResourceType,
    Reversibility, SelectorKind, Verb, VerbGroup, Verdict,
};

/// A word with its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Word {
    /// Its spelling.
    pub word: &'static str,
    /// What it means.
    pub about: &'static str,
}

/// Every closed vocabulary by its name in the Cedar schema, or in the inventory; words in their order.
#[must_use]
pub fn vocabulary() -> BTreeMap<&'static str, Vec<Word>> {
    macro_rules! words {
        ($($name:ident),+) => {
            BTreeMap::from([$((stringify!($name), $name::ALL.iter().map(|one| Word {
                word: one.as_str(),
                about: one.about(),
            }).collect())),+])
        };
    }
    words!(
        Completeness,
        CredentialSource,
        Effect,
        EnvironmentClass,
        Location,
        ResourceType,
        Reversibility,
        SelectorKind,
        Verb,
        VerbGroup,
        Verdict
    )
}
