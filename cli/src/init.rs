//! `checkrein init`: a commented configuration to start from.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::show;
use crate::show::style::GOOD;
use checkrein_runtime::config::{FILE_NAME, Place, shown, workspace_of};

const CONFIG: &str = include_str!("template/checkrein.toml");
const POLICY: &str = include_str!("template/example.cedar");

const EXAMPLES: &str = "\
Examples:
  checkrein init ~/.config/checkrein      for all workspaces, out of the agents' reach
  checkrein init && checkrein check --pin for this workspace

Exit codes:
  0  written
  1  not written: a file is already there, or cannot be written";

/// Write a commented configuration and an example policy.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Options {
    /// Where to write
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,
    /// Overwrite files that are already there
    #[arg(long)]
    force: bool,
}

/// Runs the command.
pub fn run(options: &Options) -> ExitCode {
    match init(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            show::error(&error);
            ExitCode::FAILURE
        }
    }
}

fn init(options: &Options) -> Result<(), String> {
    let directory = &options.directory;
    let files = [
        (directory.join(FILE_NAME), CONFIG),
        (directory.join("policies").join("example.cedar"), POLICY),
    ];
    if let Some((there, _)) = files
        .iter()
        .find(|(path, _)| !options.force && path.symlink_metadata().is_ok())
    {
        return Err(format!(
            "`{}` is already there; use --force to overwrite it",
            there.display()
        ));
    }
    for (path, content) in &files {
        write(path, content, options.force)
            .map_err(|error| format!("`{}` cannot be written: {error}", path.display()))?;
        anstream::println!("{GOOD}wrote{GOOD:#} {}", path.display());
    }
    next_steps(directory);
    Ok(())
}

fn write(path: &Path, content: &str, overwrite: bool) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    let mut options = OpenOptions::new();
    options.write(true);
    if overwrite {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    options.open(path)?.write_all(content.as_bytes())
}

fn next_steps(directory: &Path) {
    let directory = directory
        .canonicalize()
        .unwrap_or_else(|_| directory.to_path_buf());
    let config = shown(&directory.join(FILE_NAME));
    // Where agents may work: a repository, or what the operator has at hand here.
    let here = Place::of_process()
        .root
        .canonicalize()
        .is_ok_and(|root| directory.starts_with(root));
    let workspace = here || workspace_of(&directory).join(".git").exists();
    anstream::println!("\nNext:");
    anstream::println!("  1. describe your environments and credentials in {config}");
    if workspace {
        anstream::println!("  2. checkrein check --pin --config {config}");
        anstream::println!(
            "     It lies in a workspace, where agents may write, so it counts only as pinned."
        );
    } else {
        anstream::println!("  2. checkrein check --config {config}");
    }
    anstream::println!("  3. checkrein hook claude-code --print-config   (or: hook cursor)");
}
