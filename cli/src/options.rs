//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use checkrein_runtime::config::{self, ConfigError, Opened, Place};

use crate::{authorize, catalogue, check, demo, explain, fingerprint, hook, init, playground};

/// Exit code of everything that must stop a tool call, and of every failure to answer.
pub const STOP: u8 = 2;

const EXAMPLES: &str = "\
Examples:
  checkrein demo                                  see it stop a real incident
  checkrein explain --shell 'rm -rf ~/notes'      what would be understood and decided
  checkrein init && checkrein check               write a configuration and check it
  checkrein hook claude-code --print-config       how to install the hook
  checkrein authorize < calls.jsonl               decide calls, one JSON object a line";

#[derive(Parser)]
#[command(
    name = "checkrein",
    version,
    about = "Decides what AI agents may do, before they do it",
    long_about = "Decides what AI agents may do, before they do it.\n\n\
        A tool call is interpreted into actions, grounded in your inventory and decided by Cedar \
        policies: allow, deny or needs_approval.",
    after_help = EXAMPLES,
    max_term_width = 100
)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Decide calls: one JSON call a line in, one JSON decision a line out
    Authorize(authorize::Options),
    /// Show people what a call means and why it is decided so
    Explain(explain::Options),
    /// Check the configuration and every policy, and list all mistakes
    Check(check::Options),
    /// Write a commented configuration and an example policy
    Init(init::Options),
    /// Show what the guard knows of programs, web APIs and tools
    #[command(subcommand)]
    Catalogue(catalogue::Options),
    /// Print the fingerprint of a credential for the inventory
    Fingerprint(fingerprint::Options),
    /// Replay an incident call by call, decided by the real engine
    Demo(demo::Options),
    /// Open a page that shows what calls mean under your policies, served on this machine only
    Playground(playground::Options),
    /// Answer a coding agent's hook event
    #[command(subcommand)]
    Hook(hook::Host),
}

/// Which configuration to use.
#[derive(Args, Debug, Clone, Default)]
pub struct ConfigOptions {
    /// Use this checkrein.toml and trust it
    ///
    /// Without it: CHECKREIN_CONFIG, then a checkrein.toml found upward, then the user's own.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Use this shipped pack instead of those the configuration names; may be repeated
    #[arg(long = "pack", value_name = "NAME")]
    pub packs: Vec<String>,
}

impl ConfigOptions {
    /// Opens the bundle of the configuration that counts in `place`.
    pub fn open(&self, place: &Place) -> Result<Opened, ConfigError> {
        config::open(self.config.as_deref(), self.packs(), place)
    }

    /// The packs asked for, if any.
    pub fn packs(&self) -> Option<Vec<String>> {
        (!self.packs.is_empty()).then(|| self.packs.clone())
    }
}

/// Runs the command that was asked for.
pub fn run() -> ExitCode {
    match Options::parse().command {
        Command::Authorize(options) => authorize::run(&options),
        Command::Explain(options) => explain::run(&options),
        Command::Check(options) => check::run(&options),
        Command::Init(options) => init::run(&options),
        Command::Catalogue(options) => catalogue::run(&options),
        Command::Fingerprint(options) => fingerprint::run(&options),
        Command::Demo(options) => demo::run(&options),
        Command::Playground(options) => playground::run(&options),
        Command::Hook(host) => hook::run(&host),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Options::command().debug_assert();
    }
}
