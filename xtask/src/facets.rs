//! The facet cases with what Rust answers, for the tests of the other surfaces.

use crate::run::{Outcome, cargo};

/// Writes them into `target/facet-cases`.
pub fn write() -> Outcome {
    cargo(&[
        "run",
        "--release",
        "--quiet",
        "--package",
        "checkrein-tests",
        "--bin",
        "facet_cases",
    ])
}
