//! The playground: a page that shows what the guard understands.

use std::path::Path;
use std::process::Command;

use crate::facets;
use crate::run::{Outcome, cargo, root, run};
use crate::wasm;

const CHROMIUM: &str = "/usr/bin/chromium";

/// Builds the engine and the page into `playground/dist`, and puts it where the command's next build
/// takes it from.
pub fn build() -> Outcome {
    if wasm::build()? {
        page()?;
        run(Command::new("node")
            .arg("scripts/embed.mjs")
            .current_dir(root().join("playground")))?;
    }
    Ok(())
}

/// Tests the page in a browser. The engine has been built before.
pub fn test() -> Outcome {
    if !usable() {
        return Ok(());
    }
    page()?;
    facets::write()?;
    npm(&["test", "--silent"])
}

/// Measures the page in a browser, and the engine next to cedar-wasm. The engine has been built before.
pub fn bench() -> Outcome {
    if !usable() {
        return Ok(());
    }
    let measure = ["--package", "checkrein-tests", "--bin", "measure"];
    cargo(&[&["build", "--release", "--quiet"], measure.as_slice()].concat())?;
    page()?;
    npm(&["run", "--silent", "bench"])
}

/// Whether there is what it takes; says so when there is not.
fn usable() -> bool {
    let browser = std::env::var("CHROMIUM").unwrap_or_else(|_| CHROMIUM.to_owned());
    let engine = root().join("bindings-wasm/dist/index.js");
    let usable = engine.exists() && Path::new(&browser).exists();
    if !usable {
        println!("xtask: skipped the playground: it needs the WebAssembly package and {browser}");
    }
    usable
}

fn page() -> Outcome {
    npm(&["ci", "--no-audit", "--no-fund", "--loglevel", "error"])?;
    npm(&["run", "--silent", "build"])
}

fn npm(arguments: &[&str]) -> Outcome {
    run(Command::new("npm")
        .args(arguments)
        .current_dir(root().join("playground")))
}
