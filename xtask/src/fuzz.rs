//! The fuzz targets, each for a while.

use std::fs;
use std::process::Command;

use crate::run::{Outcome, root, run, works};

/// How to fuzz.
#[derive(clap::Args)]
pub struct Options {
    /// How long each target runs
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Only this target
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// What watches memory: `address` for the parsers that are not ours, slower; the interpreters
    /// have no `unsafe`
    #[arg(long, default_value = "none")]
    sanitizer: String,
}

/// Runs every target; says so where this machine cannot.
pub fn run_all(options: &Options) -> Outcome {
    let nightly = works(Command::new("cargo").args(["+nightly", "--version"]));
    if !nightly || !works(Command::new("cargo").args(["+nightly", "fuzz", "--version"])) {
        println!(
            "xtask: skipped fuzzing: it needs a nightly toolchain and cargo-fuzz \
             (rustup toolchain install nightly; cargo install cargo-fuzz)"
        );
        return Ok(());
    }
    for target in targets()? {
        if options.only.as_ref().is_some_and(|only| *only != target) {
            continue;
        }
        // What is found goes into the first folder; the second holds what is committed.
        let found = root().join("target/fuzz").join(&target);
        let committed = root().join("fuzz/corpus").join(&target);
        fs::create_dir_all(&found).map_err(|error| format!("{}: {error}", found.display()))?;
        let time = format!("-max_total_time={}", options.seconds);
        let mut fuzz = Command::new("cargo");
        fuzz.args(["+nightly", "fuzz", "run", &target])
            .args(["--sanitizer", &options.sanitizer])
            .args([found, committed])
            .args(["--", &time, "-max_len=16384", "-timeout=10"])
            .args(["-print_final_stats=1", "-close_fd_mask=1"]);
        run(fuzz.current_dir(root()))?;
    }
    Ok(())
}

fn targets() -> Outcome<Vec<String>> {
    let folder = root().join("fuzz/fuzz_targets");
    let files = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut names: Vec<String> = files
        .filter_map(|file| file.ok()?.path().file_stem()?.to_str().map(str::to_owned))
        .collect();
    names.sort();
    Ok(names)
}
