//! The crates.

use std::process::Command;

use crate::run::{Outcome, cargo, run};

/// Runs the tests of every crate.
pub fn test() -> Outcome {
    // The crates depend on each other, so they are packed together; what is packed is built below.
    cargo(&[
        "package",
        "--workspace",
        "--allow-dirty",
        "--no-verify",
        "--quiet",
    ])?;
    cargo(&["build", "--release", "--workspace", "--benches"])?;
    cargo(&["test", "--release", "--workspace"])
}

/// Checks format, lints and docs.
pub fn check() -> Outcome {
    cargo(&["fmt", "--all", "--check"])?;
    cargo(&[
        "clippy",
        "--release",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ])?;
    run(Command::new("cargo")
        .args([
            "doc",
            "--release",
            "--workspace",
            "--no-deps",
            "--document-private-items",
        ])
        .env("RUSTDOCFLAGS", "-D warnings"))
}

/// Writes the compiled packs again.
pub fn generate() -> Outcome {
    cargo(&[
        "run",
        "--release",
        "--package",
        "checkrein-tests",
        "--bin",
        "generate",
    ])
}

/// Labelled corpora.
#[derive(clap::Args)]
pub struct Corpora {
    /// Files of one JSON object a line: `id`, `source`, `kind` (shell, sql), `input`, `label`, `group`
    #[arg(required = true, value_name = "FILE.jsonl")]
    files: Vec<std::path::PathBuf>,
    /// List what is answered otherwise than its label
    #[arg(long)]
    show: bool,
}

/// Prints both rates, side by side.
pub fn corpora(options: &Corpora) -> Outcome {
    for file in &options.files {
        let file = file
            .canonicalize()
            .map_err(|error| format!("{}: {error}", file.display()))?;
        let mut corpus = Command::new("cargo");
        corpus.args([
            "run",
            "--release",
            "--quiet",
            "--package",
            "checkrein-tests",
        ]);
        corpus.args(["--bin", "corpus", "--"]).arg(file);
        if options.show {
            corpus.arg("--show");
        }
        run(corpus.current_dir(crate::run::root()))?;
    }
    Ok(())
}

/// Measures decisions, built as what is shipped.
pub fn bench() -> Outcome {
    cargo(&["bench", "--profile", "dist", "--package", "checkrein-tests"])
}

/// Builds the command as it is shipped.
pub fn dist() -> Outcome {
    cargo(&["build", "--profile", "dist", "--package", "checkrein-cli"])
}
