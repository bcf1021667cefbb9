//! What the benchmarks measure: one bundle and a few calls.

use std::path::PathBuf;

use checkrein::policy::{Bundle, SourceFile, Sources};
use checkrein::wire;

use crate::{operator, root};

/// The baseline, the incident's inventory and 1,000 policies of the operator.
///
/// # Panics
/// When the repository's files do not load.
#[must_use]
pub fn bundle() -> Bundle {
    let sources = Sources {
        inventory: Some(inventory()),
        ..operator::sources(1_000)
    };
    Bundle::load(&sources, &mut |_, _| {}).expect("the policies are valid")
}

/// The inventory of the incident.
///
/// # Panics
/// When it cannot be read.
#[must_use]
pub fn inventory() -> SourceFile {
    let text = std::fs::read_to_string(folder().join("checkrein.toml")).expect("the inventory");
    SourceFile {
        name: "checkrein.toml".to_owned(),
        text,
    }
}

/// The calls, as JSON, with a name each.
///
/// # Panics
/// When a case of the repository cannot be read.
#[must_use]
pub fn calls() -> Vec<(&'static str, String)> {
    let folder = folder();
    let case = |file: &str| {
        let text = std::fs::read_to_string(folder.join(file)).expect("a case");
        let case: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        wire::canonical(&case["call"])
    };
    let shell = |command: &str| {
        serde_json::json!({
            "tool": "Bash", "arguments": {"command": command}, "agent": {"id": "claude-code"},
            "workspace": {"root": "/repo", "cwd": "/repo"},
        })
        .to_string()
    };
    vec![
        ("the incident", case("03-curl-found-token.json")),
        ("its staging twin", case("19-staging-volume.json")),
        ("read a file", case("01-read-unrelated-file.json")),
        ("git status", shell("git status")),
        (
            "a pipeline of five",
            shell("find src -name '*.rs' | xargs grep -l foo | sort | uniq -c | head"),
        ),
        ("rm -rf src", shell("rm -rf src")),
    ]
}

fn folder() -> PathBuf {
    root().join("incidents/pocketos")
}
