//! The npm package: the native module, its JavaScript, and the adapters.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::facets;
use crate::run::{Outcome, has_target, root, run, works};

/// What a machine without a native module runs.
const WASI: &str = "wasm32-wasip1-threads";

/// Builds the package and runs the tests of it and of every adapter.
pub fn test() -> Outcome {
    if !usable() {
        return Ok(());
    }
    install()?;
    facets::write()?;
    let fault = ["--features", "fault", "--out", "../target/node-fault"];
    build(&fault)?;
    build(&["--check"])?;
    run(node("node", "bindings-node").args([
        "--test",
        "test/conformance.test.mjs",
        "test/guard.test.mjs",
        "test/fault.test.mjs",
        "test/leak.test.mjs",
    ]))?;
    wasi()?;
    run(node("node", "bindings-node").args(["--test", "test/package.test.mjs"]))?;
    for adapter in adapters()? {
        // The frameworks need a newer Node than the package itself.
        let tests = tests_of(&adapter)?;
        run(node(&newest(), "bindings-node").arg("--test").args(&tests))?;
        run(node(&newest(), "examples/node").arg(format!("{adapter}.ts")))?;
    }
    Ok(())
}

/// Writes the types of the native module again.
pub fn generate() -> Outcome {
    if !usable() {
        return Ok(());
    }
    install()?;
    build(&[])
}

/// Measures decisions through the package.
pub fn bench() -> Outcome {
    if !usable() {
        return Ok(());
    }
    install()?;
    build(&["--check"])?;
    run(node("node", "bindings-node").arg("benches/authorize.mjs"))
}

/// Builds and packs what is shipped.
pub fn dist() -> Outcome {
    if !usable() {
        return Ok(());
    }
    install()?;
    run(node("node", "bindings-node").args(["scripts/build.mjs", "--profile", "dist"]))?;
    if has_target(WASI) {
        run(node("node", "bindings-node").args([
            "scripts/build.mjs",
            "--profile",
            "dist",
            "--wasi",
        ]))?;
    }
    run(node("node", "bindings-node").arg("scripts/pack.mjs"))
}

/// Whether there is what it takes; says so when there is not.
fn usable() -> bool {
    // Nothing here can install a current Node; Debian's is too old.
    let current = "process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)";
    let usable = works(Command::new("node").args(["-e", current]))
        && works(Command::new("npm").arg("--version"));
    if !usable {
        println!("xtask: skipped the Node package: it needs Node 20 or newer, and npm");
    }
    usable
}

/// The same tests on what stands in where there is no native module.
fn wasi() -> Outcome {
    if !has_target(WASI) {
        println!("xtask: skipped the WebAssembly fallback: {WASI} cannot be installed here");
        return Ok(());
    }
    build(&["--wasi", "--features", "fault"])?;
    run(node("node", "bindings-node")
        .args(["--test", "test/trap.test.mjs"])
        .env("NAPI_RS_FORCE_WASI", "error"))?;
    build(&["--wasi"])?;
    run(node("node", "bindings-node")
        .args(["--test", "test/conformance.test.mjs", "test/guard.test.mjs"])
        .env("NAPI_RS_FORCE_WASI", "error"))
}

fn install() -> Outcome {
    let install = ["ci", "--no-audit", "--no-fund", "--loglevel", "error"];
    run(node("npm", "bindings-node").args(install))?;
    // Tests and examples name the packages as their users do.
    for (target, link) in [
        ("..", "bindings-node/node_modules/checkrein"),
        (
            "../native/wasi",
            "bindings-node/node_modules/checkrein-wasm32-wasi",
        ),
        (
            "../../bindings-node/node_modules",
            "examples/node/node_modules",
        ),
    ] {
        run(node("ln", ".").args(["-sfn", target, link]))?;
    }
    Ok(())
}

fn build(options: &[&str]) -> Outcome {
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
    let names = test_files()?.into_iter();
    let names = names.filter_map(|file| file.strip_suffix(".test.ts").map(str::to_owned));
    Ok(names.filter(|name| !name.contains('.')).collect())
}

/// The test files of an adapter: its promises and, where they are apart, its traps.
fn tests_of(adapter: &str) -> Outcome<Vec<String>> {
    let own = |file: &String| {
        file.ends_with(".test.ts") && file.split('.').next().is_some_and(|name| name == adapter)
    };
    let files = test_files()?.into_iter().filter(own);
    Ok(files.map(|file| format!("test/adapters/{file}")).collect())
}

fn test_files() -> Outcome<Vec<String>> {
    let folder: PathBuf = root().join("bindings-node/test/adapters");
    let entries = fs::read_dir(&folder)
        .map_err(|error| format!("{} cannot be read: {error}", folder.display()))?;
    let mut files: Vec<String> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    files.sort();
    Ok(files)
}
