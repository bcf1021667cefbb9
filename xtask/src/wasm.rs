//! The npm package for browsers: the WebAssembly module, the JavaScript around it, and its tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::facets;
use crate::run::{Outcome, cargo, has_target, root, run, works};

const TARGET: &str = "wasm32-unknown-unknown";

/// What wasm-opt does: what makes the module smaller also when it is compressed. `-Oz` makes it
/// larger then, and takes two minutes.
const PASSES: [&str; 12] = [
    "--strip-debug",
    "--strip-producers",
    "--strip-target-features",
    "--duplicate-function-elimination",
    "--remove-unused-module-elements",
    "--optimize-instructions",
    "--remove-unused-brs",
    "--merge-blocks",
    "--merge-similar-functions",
    "--vacuum",
    "--reorder-locals",
    "--reorder-functions",
];

/// Builds the package and runs its tests.
pub fn test() -> Outcome {
    if !build()? {
        return Ok(());
    }
    facets::write()?;
    let fault = ["--no-default-features", "--features", "fault"];
    module(&fault, &root().join("target/wasm-fault"))?;
    run(node("node_modules/.bin/tsc").args(["-p", "test"]))?;
    run(node("node").args([
        "--test",
        "--test-concurrency=1",
        "test/conformance.test.mjs",
        "test/hostile.test.mjs",
        "test/authoring.test.mjs",
        "test/trap.test.mjs",
        "test/fault.test.mjs",
        "test/worker.test.mjs",
        "test/light.test.mjs",
    ]))
}

/// Measures decisions and the matrix.
pub fn bench() -> Outcome {
    if build()? {
        run(node("node").arg("benches/authorize.mjs"))?;
    }
    Ok(())
}

/// Builds the package; `false`, with a word, where this machine cannot.
pub fn build() -> Outcome<bool> {
    if !has_target(TARGET) && !debian() {
        println!(
            "xtask: skipped the WebAssembly package: the target {TARGET} cannot be installed here; \
             Debian has it as rustc-web, cargo-web and rust-web-src"
        );
        return Ok(false);
    }
    let out = root().join("bindings-wasm/module");
    let light = out.join("light");
    module(&[], &out)?;
    module(&["--no-default-features"], &light)?;
    // Debian's Node is too old, and nothing here can install another.
    let current = "process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)";
    if !works(Command::new("node").args(["-e", current]))
        || !works(Command::new("npm").arg("--version"))
    {
        println!(
            "xtask: skipped the JavaScript of the WebAssembly package: it needs Node 20 or newer, and npm"
        );
        return Ok(false);
    }
    run(node("npm").args(["ci", "--no-audit", "--no-fund", "--loglevel", "error"]))?;
    for folder in [&out, &light] {
        let binary = folder.join("checkrein_wasm_bg.wasm");
        let mut smaller = node("node_modules/.bin/wasm-opt");
        run(smaller.args(PASSES).arg(&binary).arg("-o").arg(&binary))?;
    }
    // tsc leaves what is no longer made.
    let _ = fs::remove_dir_all(root().join("bindings-wasm/dist"));
    run(node("node_modules/.bin/tsc").args(["-p", "."]))?;
    run(node("node").arg("scripts/size.mjs"))?;
    Ok(true)
}

/// Compiles the module and writes it with its JavaScript into `out`.
fn module(options: &[&str], out: &Path) -> Outcome {
    let profile = ["--profile", "wasm", "--package", "checkrein-wasm"];
    let mut build = if has_target(TARGET) {
        Command::new("cargo")
    } else {
        let mut build = Command::new("/usr/bin/cargo");
        build
            .env("RUSTC", "/usr/bin/rustc")
            .env("RUSTC_BOOTSTRAP", "1");
        build
    };
    build.args(["build", "--target", TARGET]).args(profile);
    if !has_target(TARGET) {
        build.arg("-Zbuild-std=std,panic_abort");
    }
    run(build.args(options).current_dir(root()))?;
    let module = target().join(TARGET).join("wasm/checkrein_wasm.wasm");
    let (module, out) = (module.to_string_lossy(), out.to_string_lossy());
    // The same lock file gives the library its version and the module its own.
    cargo(&[
        "run",
        "--quiet",
        "--release",
        "--package",
        "xtask",
        "--features",
        "bindgen",
        "--bin",
        "bindgen",
        "--",
        &module,
        &out,
    ])
}

/// Whether Debian's toolchain can build the target's standard library.
fn debian() -> bool {
    let sources = Path::new("/usr/lib/rustlib/src/rust/library").exists()
        || Path::new("/usr/share/rustc-web/library").exists();
    sources && works(Command::new("/usr/bin/cargo").arg("--version"))
}

fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

fn node(program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root().join("bindings-wasm"));
    command
}
