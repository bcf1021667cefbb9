//! `checkrein explain`: what a call means and why it is decided so, for people.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use checkrein::call::Agent;
use checkrein::{Decision, ToolCall, limits, wire};
use checkrein_runtime::config::Place;
use checkrein_runtime::{guard, lines, surroundings};

use crate::options::{ConfigOptions, STOP};
use crate::{engine, show};

const EXAMPLES: &str = "\
Examples:
  checkrein explain --shell 'git push --force origin main'
  checkrein explain --shell 'npm publish' --agent ci-bot --workspace ~/src/app
  checkrein explain call.json
  tail -1 calls.jsonl | checkrein explain -

Nothing is run. What looks like a secret is hidden.

Exit codes:
  0  explained, whatever the verdict
  2  the call or the configuration cannot be read";

/// Show people what a call means and why it is decided so.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Options {
    #[command(flatten)]
    config: ConfigOptions,
    /// A file with one call as JSON, or - for standard input
    #[arg(
        value_name = "FILE",
        required_unless_present = "shell",
        conflicts_with = "shell"
    )]
    file: Option<PathBuf>,
    /// Explain this shell command instead, with the environment of this process
    #[arg(long, value_name = "COMMAND")]
    shell: Option<String>,
    /// With --shell: the agent that calls
    #[arg(long, value_name = "NAME", default_value = "agent", requires = "shell")]
    agent: String,
    /// With --shell: the workspace; without it, the repository around the working directory
    #[arg(long, value_name = "DIR", requires = "shell")]
    workspace: Option<PathBuf>,
}

/// Runs the command.
pub fn run(options: &Options) -> ExitCode {
    engine::quiet_panics();
    match explain(options) {
        Ok(text) => {
            anstream::print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            show::error(&error);
            ExitCode::from(STOP)
        }
    }
}

fn explain(options: &Options) -> Result<String, String> {
    let place = place(options);
    let opened = options
        .config
        .open(&place)
        .map_err(|error| error.to_string())?;
    show::notes(&opened.notes);
    let call = match (&options.shell, &options.file) {
        (Some(command), _) => shell_call(command, &options.agent, &place),
        (None, Some(file)) => read_call(file)?,
        (None, None) => return Err("name a file with a call, or use --shell".to_owned()),
    };
    let decision = engine::authorize(&opened.bundle, &call);
    Ok(text(&decision, &call))
}

fn text(decision: &Decision, call: &ToolCall) -> String {
    let mut text = String::new();
    // INVARIANT: writing to a String does not fail.
    let _ = show::decision::write(&mut text, decision, Some(call));
    text
}

fn place(options: &Options) -> Place {
    match &options.workspace {
        Some(workspace) => Place::at(workspace),
        None => Place::of_process(),
    }
}

fn shell_call(command: &str, agent: &str, place: &Place) -> ToolCall {
    let env = surroundings::environment();
    ToolCall {
        tool: "Bash".to_owned(),
        server: None,
        arguments: serde_json::Map::from_iter([("command".to_owned(), command.into())]),
        annotations: serde_json::Map::new(),
        agent: Agent {
            id: agent.to_owned(),
            ..Agent::default()
        },
        workspace: guard::workspace(place, &env),
        env,
    }
}

fn read_call(file: &Path) -> Result<ToolCall, String> {
    let bytes = if file == Path::new("-") {
        lines::all(io::stdin(), limits::CALL_BYTES)
    } else {
        File::open(file).and_then(|file| lines::all(file, limits::CALL_BYTES))
    };
    let bytes = bytes.map_err(|error| format!("`{}` cannot be read: {error}", file.display()))?;
    let bytes = bytes.ok_or_else(|| {
        format!(
            "the call is longer than {} bytes; checkrein denies such calls",
            limits::CALL_BYTES
        )
    })?;
    wire::call_from_json(&bytes)
        .map_err(|error| format!("the call cannot be read, so it is denied: {error}"))
}
