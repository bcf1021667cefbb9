//! Which declared environments a fact points at.

use super::{DeclaredEnvironment, Inventory};
use crate::vocabulary::SelectorKind;

impl Inventory {
    /// The environments with a pattern of this kind that `value` matches, in the file's order.
    pub fn environments_matching<'a>(
        &'a self,
        kind: SelectorKind,
        value: &'a str,
    ) -> impl Iterator<Item = &'a DeclaredEnvironment> {
        self.environments.iter().filter(move |environment| {
            let mut patterns = environment.patterns.iter();
            patterns.any(|(of, glob)| *of == kind && glob.matches(value))
        })
    }

    /// Whether the operator declared this host.
    #[must_use]
    pub fn declares_host(&self, host: &str) -> bool {
        self.environments_matching(SelectorKind::Host, host)
            .next()
            .is_some()
    }
}
