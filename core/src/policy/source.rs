//! What a bundle is made of, as text.

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::schema::SCHEMA;

/// A file of the operator.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceFile {
    /// Its name, as it should appear in errors.
    pub name: String,
    /// Its content.
    pub text: String,
}

/// Everything a bundle is made of besides the shipped packs, which the inventory names.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sources {
    /// The operator's policy files. Their order does not change any decision, only the digest.
    #[serde(default)]
    pub policies: Vec<SourceFile>,
    /// The operator's `checkrein.toml`; without one the default pack decides alone.
    pub inventory: Option<SourceFile>,
    /// Packs to use instead of those the inventory names.
    pub packs: Option<Vec<String>>,
}

/// Hashes parts so that no two lists of parts give the same bytes.
pub(super) struct Parts(Sha256);

impl Parts {
    /// Starts with what every compiled form depends on: this version and its schema.
    pub(super) fn new(kind: &str) -> Self {
        let mut parts = Self(Sha256::new());
        parts.add(kind);
        parts.add(env!("CARGO_PKG_VERSION"));
        parts.add(SCHEMA);
        parts
    }

    pub(super) fn add(&mut self, part: &str) {
        self.0.update((part.len() as u64).to_be_bytes());
        self.0.update(part.as_bytes());
    }

    /// `sha256:` and the hex digest.
    pub(super) fn digest(self) -> String {
        use std::fmt::Write as _;
        self.0
            .finalize()
            .iter()
            .fold("sha256:".to_owned(), |mut text, byte| {
                // INVARIANT: writing to a String does not fail.
                let _ = write!(text, "{byte:02x}");
                text
            })
    }
}
