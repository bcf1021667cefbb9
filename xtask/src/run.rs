//! Running programs, and saying so.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Done, or what went wrong in one line.
pub type Outcome<T = ()> = Result<T, String>;

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap_or_default()
}

/// Runs cargo in the root.
pub fn cargo(arguments: &[&str]) -> Outcome {
    run(Command::new("cargo").args(arguments).current_dir(root()))
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Outcome {
    let line = shown(command);
    println!("xtask: {line}");
    let status = command
        .status()
        .map_err(|error| format!("`{line}` cannot be started: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`{line}` failed with {status}"))
    }
}

/// Whether a command can be run and ends well; it prints nothing.
pub fn works(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

/// Whether the toolchain can build for `target`; installs what is missing for it when that works.
pub fn has_target(target: &str) -> bool {
    let listed = Command::new("rustup")
        .args(["target", "list", "--installed"])
        .output();
    let Ok(listed) = listed else {
        return false;
    };
    let text = String::from_utf8_lossy(&listed.stdout);
    if text.lines().any(|line| line.trim() == target) {
        return true;
    }
    println!("xtask: installing the missing target {target}");
    works(Command::new("rustup").args(["target", "add", target]))
}

/// The command line, with paths as seen from the root.
fn shown(command: &Command) -> String {
    let root = format!("{}/", root().display());
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<String> = words
        .map(|word| word.to_string_lossy().replace(&root, ""))
        .collect();
    words.join(" ")
}
