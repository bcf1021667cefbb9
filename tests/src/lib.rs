//! The conformance cases: every surface runs them and must answer byte for byte the same.
//!
//! A folder of `tests/cases` holds cases that share one inventory (`checkrein.toml`, if there is
//! one). A case is a JSON file: `about` in one sentence, the `call` as on the wire, and the full
//! `decision`. Two members of a decision depend on the bundle's digest, which changes with every
//! policy: they stand in the cases as [`STABLE`].

pub mod facets;
pub mod groups;
pub mod lines;
pub mod measured;
pub mod mutate;
pub mod operator;
pub mod statements;
pub mod worst;

use std::path::{Path, PathBuf};

use checkrein::policy::{Bundle, SourceFile, Sources};
use checkrein::{authorize, wire};
use serde_json::Value;

/// Stands for a digest that depends on the bundle.
pub const STABLE: &str = "sha256:…";

/// One case with the bundle sources it is decided under.
#[derive(Debug)]
pub struct Case {
    /// The file.
    pub path: PathBuf,
    /// Its content.
    pub content: Value,
    /// What its bundle is made of.
    pub sources: Sources,
}

/// The root of all cases.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("cases")
}

/// Every case below `folder`, in path order.
///
/// # Panics
/// When a file cannot be read or is not JSON: the cases are part of the repository.
#[must_use]
pub fn cases(folder: &Path) -> Vec<Case> {
    let mut found = Vec::new();
    let inventory = std::fs::read_to_string(folder.join("checkrein.toml")).ok();
    let sources = Sources {
        inventory: inventory.map(|text| SourceFile {
            name: "checkrein.toml".to_owned(),
            text,
        }),
        ..Sources::default()
    };
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("a readable folder").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            found.extend(cases(&path));
        } else if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let text = std::fs::read_to_string(&path).expect("a readable case");
            let content = serde_json::from_str(&text)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            found.push(Case {
                path,
                content,
                sources: sources.clone(),
            });
        }
    }
    found
}

impl Case {
    /// The bundle the case is decided under.
    ///
    /// # Panics
    /// When it does not load.
    #[must_use]
    pub fn bundle(&self) -> Bundle {
        Bundle::load(&self.sources, &mut |_, _| {})
            .unwrap_or_else(|errors| panic!("{}: {errors}", self.path.display()))
    }

    /// The call, as on the wire.
    #[must_use]
    pub fn call(&self) -> String {
        wire::canonical(&self.content["call"])
    }

    /// What the core decides, with digests made stable.
    ///
    /// # Panics
    /// When the call of the case is malformed.
    #[must_use]
    pub fn decide(&self, bundle: &Bundle) -> Value {
        let call = wire::call_from_json(self.call().as_bytes())
            .unwrap_or_else(|error| panic!("{}: {error}", self.path.display()));
        stable(wire::decision_value(&authorize(bundle, &call)))
    }
}

/// A decision with the digests that depend on the bundle replaced by [`STABLE`].
#[must_use]
pub fn stable(mut decision: Value) -> Value {
    decision["bundle"] = STABLE.into();
    if decision.get("approval").is_some() {
        decision["approval"]["fingerprint"] = STABLE.into();
    }
    decision
}
