//! The playground: a page that shows what the guard understands.

use std::path::Path;
use std::process::Command;

use crate::run::{Outcome, root, run};
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
    let browser = std::env::var("CHROMIUM").unwrap_or_else(|_| CHROMIUM.to_owned());
    let engine = root().join("bindings-wasm/dist/index.js");
    if !engine.exists() || !Path::new(&browser).exists() {
        println!("xtask: skipped the playground: it needs the WebAssembly package and {browser}");
        return Ok(());
    }
    page()?;
    npm(&["test", "--silent"])
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
