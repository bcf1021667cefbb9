//! `checkrein check`: validate the configuration and every policy.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use checkrein::Bundle;
use checkrein::inventory::Mode;
use indicatif::{ProgressBar, ProgressStyle};

use crate::options::ConfigOptions;
use crate::show::style::{GOOD, LABEL};
use crate::{engine, show};
use checkrein_runtime::cache;
use checkrein_runtime::config::{self, ConfigError, Files, Pins, Place, Trust};

const EXAMPLES: &str = "\
Examples:
  checkrein check
  checkrein check --config /etc/checkrein/checkrein.toml
  checkrein check --pin           trust the configuration of this workspace as it is now

What was checked is remembered, so that hooks start fast. The memory is in
$CHECKREIN_CACHE_DIR or the user's cache directory; agents must not write there.

Exit codes:
  0  everything is in order
  1  there are mistakes; all of them are listed";

/// Check the configuration and every policy, and list all mistakes.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Options {
    #[command(flatten)]
    config: ConfigOptions,
    /// Trust this configuration from now on although it lies in the workspace, until it changes
    #[arg(long)]
    pin: bool,
}

/// Runs the command.
pub fn run(options: &Options) -> ExitCode {
    engine::quiet_panics();
    match check(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            show::error(&error);
            ExitCode::FAILURE
        }
    }
}

fn check(options: &Options) -> Result<(), String> {
    let started = Instant::now();
    let text = |error: ConfigError| error.to_string();
    let path = path(&options.config);
    let files = path.as_deref().map(Files::read).transpose().map_err(text)?;
    let sources = config::sources(files.clone(), options.config.packs());
    let bar = bar();
    let mut progress = |done: usize, total: usize| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    };
    let checked = cache::validate(&sources, &mut progress);
    bar.finish_and_clear();
    let bundle = checked.map_err(|errors| {
        let count = errors.as_slice().len();
        format!("{count} mistake{}\n\n{errors}", plural(count))
    })?;
    if let (Some(path), Some(files)) = (&path, &files)
        && options.pin
    {
        let stored = Pins::read()
            .and_then(|mut pins| pins.pin(path, &files.digest()))
            .map_err(text)?;
        anstream::println!(
            "{GOOD}pinned{GOOD:#} {} in {}",
            config::shown(path),
            stored.display()
        );
    } else if options.pin {
        return Err(
            "there is no configuration to pin; run `checkrein init` or name one with --config"
                .to_owned(),
        );
    }
    report(&bundle, path, files.as_ref(), options, started);
    Ok(())
}

/// The file named, or the nearest one, trusted or not.
pub fn path(options: &ConfigOptions) -> Option<PathBuf> {
    let variable = std::env::var_os("CHECKREIN_CONFIG").filter(|value| !value.is_empty());
    let named = options
        .config
        .clone()
        .or_else(|| variable.map(PathBuf::from));
    let named = named.map(|path| std::path::absolute(&path).unwrap_or(path));
    named.or_else(|| config::nearest(&Place::of_process().start))
}

fn report(
    bundle: &Bundle,
    path: Option<PathBuf>,
    files: Option<&Files>,
    options: &Options,
    started: Instant,
) {
    let inventory = bundle.inventory();
    let packs = options
        .config
        .packs()
        .unwrap_or_else(|| inventory.settings.packs.clone());
    let policies = bundle.policies().len();
    let count = |number: usize, what: &str| format!("{number} {what}{}", plural(number));
    let of_files = match files.map_or(0, Files::policy_files) {
        0 => "none of your own".to_owned(),
        number => format!("your own in {}", count(number, "file")),
    };
    let mode = match bundle.mode() {
        Mode::Enforce => "enforce",
        Mode::Observe => "observe: hooks stop nothing",
    };
    let config = path.as_deref().map_or_else(
        || "none found: shipped packs, empty inventory".to_owned(),
        |path| format!("{} ({})", config::shown(path), trust(&options.config, path)),
    );
    anstream::println!("{GOOD}everything is in order{GOOD:#}");
    for (label, value) in [
        ("configuration", config),
        ("packs", packs.join(", ")),
        ("policies", format!("{policies}, {of_files}")),
        (
            "inventory",
            [
                count(inventory.environments.len(), "environment"),
                count(inventory.credentials.len(), "credential"),
                count(inventory.resources.len(), "resource"),
                count(inventory.approvers.len(), "approver"),
            ]
            .join(", "),
        ),
        ("mode", mode.to_owned()),
        ("bundle", bundle.digest().to_owned()),
        ("checked in", format!("{:.0?}", started.elapsed())),
    ] {
        anstream::println!("  {LABEL}{label:15}{LABEL:#}{value}");
    }
}

/// Whether hooks and `authorize` would use the file at `path` from here, in words.
pub fn trust(options: &ConfigOptions, path: &Path) -> String {
    let Ok(discovery) = config::discover(options.config.as_deref(), &Place::of_process()) else {
        return "NOT TRUSTED: it was pinned and has changed; use --pin".to_owned();
    };
    let same = |other: &Path| other.canonicalize().ok() == path.canonicalize().ok();
    match discovery.found {
        Some(found) if found.trust == Trust::Named => "named; hooks need --config too".to_owned(),
        Some(found) if same(&found.path) => format!("trusted: {}", found.trust),
        _ if discovery.ignored.iter().any(|ignored| same(ignored.path())) => {
            "NOT TRUSTED where it is: agents may write there; use --pin".to_owned()
        }
        _ => "not used from here".to_owned(),
    }
}

/// Drawn on a terminal only.
fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("validating policies {bar:40} {pos}/{len}") {
        bar.set_style(style);
    }
    bar
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
