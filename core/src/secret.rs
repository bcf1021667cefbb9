//! Text that must never be shown, and the fingerprint that may be.

use sha2::{Digest, Sha256};

/// A secret text. It can be fingerprinted and looked into on purpose, never printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps `text`.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. Callers must not let it reach an output.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// `sha256:` and the hex digest of the text.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        fingerprint(self.0.as_bytes())
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// `sha256:` and the hex digest of `bytes`: how checkrein names content it must not or need not show.
#[must_use]
pub fn fingerprint(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(71);
    text.push_str("sha256:");
    for byte in Sha256::digest(bytes) {
        // INVARIANT: writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_text_and_the_fingerprint_is_sha256() {
        let secret = Secret::new("abc");
        assert_eq!(format!("{secret:?}"), "Secret(..)");
        assert_eq!(
            secret.fingerprint(),
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
