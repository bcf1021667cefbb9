//! The policy packs shipped with checkrein, embedded as data.
//!
//! A pack is Cedar text with what was found out about it when checkrein was built, so that loading
//! it needs neither parser nor validator.
#![forbid(unsafe_code)]

/// A shipped policy pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pack {
    /// Its name, as used in `[policy] packs`.
    pub name: &'static str,
    /// The Cedar text.
    pub policy: &'static str,
    /// The compiled form of the text: JSON made by `checkrein::policy::compile_pack`.
    pub compiled: &'static str,
    /// What it stops and what it lets through, in Markdown.
    pub readme: &'static str,
    /// For each policy a case that makes it fire and a near neighbour that must not: JSON.
    pub tests: &'static str,
}

/// Every shipped pack, sorted by name.
pub const PACKS: &[Pack] = &[Pack {
    name: "baseline",
    policy: include_str!("../baseline/policy.cedar"),
    compiled: include_str!("../baseline/compiled.json"),
    readme: include_str!("../baseline/README.md"),
    tests: include_str!("../baseline/tests.json"),
}];

/// The shipped pack with this name.
#[must_use]
pub fn pack(name: &str) -> Option<&'static Pack> {
    PACKS.iter().find(|pack| pack.name == name)
}
