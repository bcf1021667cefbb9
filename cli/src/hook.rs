//! `checkrein hook`: answers to coding agents, each in its own dialect.
//!
//! Hosts fail open: a hook that crashes, is slow or prints something unexpected lets the call run.
//! So every way out of here is one of three: one JSON document, `{}`, or exit code 2 with a reason.

mod answer;
mod install;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use checkrein::inventory::Mode;
use checkrein::vocabulary::Verdict;
use checkrein::{Decision, ToolCall};

use crate::engine;
use crate::options::ConfigOptions;
use crate::watchdog::Watchdog;
use answer::Answer;
use checkrein_hosts::{self as hosts, Asked, Asking, Event, Installed};
use checkrein_runtime::config::Place;
use checkrein_runtime::{guard, lines, surroundings};

const EXAMPLES: &str = "\
Examples:
  checkrein hook claude-code --print-config
  checkrein hook cursor --print-config --config ~/.config/checkrein/checkrein.toml

Exit codes:
  0  no opinion ({} on standard output) or a question to the user, in the host's JSON
  2  the call must not run; the reason is on standard error, standard output is empty";

/// The host that calls.
#[derive(clap::Subcommand)]
pub enum Host {
    /// Answer an event of Claude Code
    #[command(after_help = EXAMPLES)]
    ClaudeCode(HookOptions),
    /// Answer an event of Cursor
    #[command(after_help = EXAMPLES)]
    Cursor(CursorOptions),
}

/// What every host's hook takes.
#[derive(clap::Args)]
pub struct HookOptions {
    #[command(flatten)]
    config: ConfigOptions,
    /// The agent's id in policies and the inventory; the host's name when absent
    #[arg(long, value_name = "ID", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    agent: Option<String>,
    /// Refuse when answering takes longer than this
    #[arg(long, value_name = "MS", default_value_t = 1_000)]
    timeout_ms: u64,
    /// Print the settings that install this hook, and read nothing
    #[arg(long)]
    print_config: bool,
}

/// What Cursor's hook takes.
#[derive(clap::Args)]
pub struct CursorOptions {
    #[command(flatten)]
    common: HookOptions,
    /// The event, when the input does not say it or says it wrongly
    #[arg(long, value_name = "NAME")]
    event: Option<String>,
    /// In preToolUse, leave shell and MCP calls that need approval to beforeShellExecution and
    /// beforeMCPExecution, which must be installed too; what is denied is denied here already
    #[arg(long)]
    defer_approvals: bool,
}

/// Runs the command.
pub fn run(host: &Host) -> ExitCode {
    let common = match host {
        Host::ClaudeCode(options) => options,
        Host::Cursor(options) => &options.common,
    };
    if common.print_config {
        return install::print(host);
    }
    refuse_on_panic();
    let late = Watchdog::start(Duration::from_millis(common.timeout_ms), || {
        answer::refuse(late_reason()).exit_now();
    });
    let Ok(watchdog) = late else {
        return answer::refuse("there can be no watchdog thread").give();
    };
    watchdog.begin();
    let answer = guard::guarded(|| answer_to(host, common))
        .unwrap_or_else(|| answer::refuse("checkrein failed; the call is not allowed"));
    watchdog.claim();
    answer.give()
}

fn answer_to(host: &Host, options: &HookOptions) -> Answer {
    let asked = match asked(host) {
        Ok(Some(asked)) => asked,
        Ok(None) => return Answer::NoOpinion,
        Err(error) => {
            let reason = format!("the event cannot be read, so the call is not allowed: {error}");
            return answer::refuse(&reason);
        }
    };
    let Asked { call, asking, .. } = asked;
    let call = surrounded(call);
    let opened = match options.config.open(&place(&call)) {
        Ok(opened) => opened,
        Err(error) => return answer::refuse(&format!("the configuration cannot be used: {error}")),
    };
    let decision = engine::authorize(&opened.bundle, &call);
    if opened.bundle.mode() == Mode::Observe {
        return observed(&decision, &opened.notes);
    }
    answer::of(&decision, asking, &opened.notes)
}

/// What the event on standard input asks.
fn asked(host: &Host) -> Result<Option<Asked>, String> {
    let bytes = lines::all(io::stdin(), hosts::EVENT_BYTES)
        .map_err(|error| format!("standard input cannot be read: {error}"))?;
    let text = |error: hosts::EventError| error.to_string();
    let bytes = bytes.ok_or_else(|| text(hosts::EventError::TooLong))?;
    let event = Event::from_json(&bytes).map_err(text)?;
    let asked = match host {
        Host::ClaudeCode(_) => {
            let project = std::env::var("CLAUDE_PROJECT_DIR").ok();
            event.of_claude_code(agent(host), project.as_deref())
        }
        Host::Cursor(options) => {
            let installed = Installed {
                event: options.event.as_deref(),
                defer_approvals: options.defer_approvals,
            };
            event.of_cursor(agent(host), &installed)
        }
    };
    asked.map_err(text)
}

/// The call with what this process sees of its surroundings.
fn surrounded(mut call: ToolCall) -> ToolCall {
    call.env = surroundings::environment();
    let workspace = &call.workspace;
    if let Some(directory) = workspace.cwd.as_ref().or(workspace.root.as_ref()) {
        call.workspace.facts = surroundings::facts(directory.as_ref(), &call.env);
    }
    call
}

/// The agent's id, as policies know it.
fn agent(host: &Host) -> &str {
    let (chosen, host) = match host {
        Host::ClaudeCode(options) => (&options.agent, hosts::Host::ClaudeCode),
        Host::Cursor(options) => (&options.common.agent, hosts::Host::Cursor),
    };
    chosen.as_deref().unwrap_or_else(|| host.agent())
}

/// Where to look for a configuration. When the host does not say what the workspace is, nothing
/// lies certainly outside it.
fn place(call: &ToolCall) -> Place {
    let workspace = &call.workspace;
    if let Some(root) = &workspace.root {
        return Place {
            start: PathBuf::from(root),
            root: PathBuf::from(root),
        };
    }
    let start = workspace
        .cwd
        .as_ref()
        .map_or_else(|| Place::of_process().start, PathBuf::from);
    let root = start.ancestors().last().unwrap_or(&start).to_path_buf();
    Place { start, root }
}

fn observed(decision: &Decision, notes: &[String]) -> Answer {
    if decision.verdict != Verdict::Allow {
        let text = answer::text(decision, Asking::Nobody, notes);
        eprintln!("checkrein observes and would have stopped this: {text}");
    }
    Answer::NoOpinion
}

fn late_reason() -> &'static str {
    if checkrein_runtime::cache::validating() {
        "the policies have changed and validating them takes longer than the hook may; run \
         `checkrein check` once"
    } else {
        "answering took too long; the call is not allowed"
    }
}

/// A panic anywhere ends in a refusal. Its message may quote the call and is not shown.
fn refuse_on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        answer::refuse(&format!(
            "{}; the call is not allowed",
            engine::place(panic)
        ))
        .exit_now();
    }));
}
