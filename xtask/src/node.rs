//! The npm package: the native module, its JavaScript, and the adapters.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::run::{Outcome, root, run, works};

/// Builds the package and runs the tests of it and of every adapter.
pub fn test() -> Outcome {
    // Nothing here can install a current Node; Debian's is too old.
    let current = "process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)";
    let has_node = works(Command::new("node").args(["-e", current]));
    if !has_node || !works(Command::new("npm").arg("--version")) {
        println!("xtask: skipped the Node package: it needs Node 20 or newer, and npm");
        return Ok(());
    }
    build(&["--check"])?;
    run(node("node", "bindings-node").args([
        "--test",
        "test/conformance.test.mjs",
        "test/guard.test.mjs",
    ]))?;
    for adapter in adapters()? {
        // The frameworks need a newer Node than the package itself.
        let file = format!("test/adapters/{adapter}.test.ts");
        run(node(&newest(), "bindings-node").args(["--test", &file]))?;
        run(node(&newest(), "examples/node").arg(format!("{adapter}.ts")))?;
    }
    Ok(())
}

/// Writes the types of the native module again.
pub fn generate() -> Outcome {
    build(&[])
}

fn build(options: &[&str]) -> Outcome {
    let install = ["ci", "--no-audit", "--no-fund", "--loglevel", "error"];
    run(node("npm", "bindings-node").args(install))?;
    // Tests and examples name the package as its users do.
    for (target, link) in [
        ("..", "bindings-node/node_modules/checkrein"),
        (
            "../../bindings-node/node_modules",
            "examples/node/node_modules",
        ),
    ] {
        run(node("ln", ".").args(["-sfn", target, link]))?;
    }
    run(node("node", "bindings-node")
        .args(["scripts/build.mjs", "--profile", "release"])
        .args(options))
}

fn node(program: &str, folder: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root().join(folder));
    command
}

fn newest() -> String {
    let path = root().join("bindings-node/node_modules/.bin/node");
    path.to_string_lossy().into_owned()
}

/// Every adapter that has tests, by name.
fn adapters() -> Outcome<Vec<String>> {
    let folder: PathBuf = root().join("bindings-node/test/adapters");
    let entries = fs::read_dir(&folder)
        .map_err(|error| format!("{} cannot be read: {error}", folder.display()))?;
    let names = entries.flatten().filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        Some(name.strip_suffix(".test.ts")?.to_owned())
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    Ok(names)
}
