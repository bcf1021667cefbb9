//! The settings that install a hook: fail closed wherever the host has a switch for it.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Value, json};

use super::{CursorOptions, HookOptions, Host, answer};

/// Seconds the host waits; far more than the hook's own deadline.
const HOST_TIMEOUT: u64 = 10;

/// Prints the settings for `host`.
pub fn print(host: &Host) -> ExitCode {
    let Ok(program) = std::env::current_exe() else {
        return answer::refuse("the path of this program is not known").give();
    };
    let program = program.to_string_lossy().into_owned();
    let (settings, place) = match host {
        Host::ClaudeCode(options) => (
            claude_code(&program, options),
            "merge it into ~/.claude/settings.json, or into managed settings, which agents cannot reach",
        ),
        Host::Cursor(options) => (
            cursor(&program, options),
            "merge it into ~/.cursor/hooks.json, or into Cursor's system-wide hooks.json",
        ),
    };
    match serde_json::to_string_pretty(&settings) {
        Ok(text) => {
            anstream::println!("{text}");
            eprintln!("checkrein: {place}");
            ExitCode::SUCCESS
        }
        Err(error) => answer::refuse(&error.to_string()).give(),
    }
}

fn claude_code(program: &str, options: &HookOptions) -> Value {
    let mut arguments = vec!["hook".to_owned(), "claude-code".to_owned()];
    arguments.extend(passed_on(options));
    json!({"hooks": {"PreToolUse": [{
        "matcher": "*",
        "hooks": [{
            "type": "command",
            "command": program,
            "args": arguments,
            "timeout": HOST_TIMEOUT,
            "onFailure": "block",
        }],
    }]}})
}

fn cursor(program: &str, options: &CursorOptions) -> Value {
    let entry = |extra: &[&str]| {
        let mut words = vec![program.to_owned(), "hook".to_owned(), "cursor".to_owned()];
        words.extend(passed_on(&options.common));
        words.extend(extra.iter().map(|word| (*word).to_owned()));
        let command: Vec<String> = words.iter().map(|word| quoted(word)).collect();
        json!([{"command": command.join(" "), "timeout": HOST_TIMEOUT, "failClosed": true}])
    };
    json!({"version": 1, "hooks": {
        "preToolUse": entry(&["--defer-approvals"]),
        "beforeShellExecution": entry(&[]),
        "beforeMCPExecution": entry(&[]),
        "beforeReadFile": entry(&[]),
    }})
}

/// The options of this call that the installed hook is to have.
fn passed_on(options: &HookOptions) -> Vec<String> {
    let mut words = Vec::new();
    if let Some(config) = &options.config.config {
        let config: PathBuf = std::path::absolute(config).unwrap_or_else(|_| config.clone());
        words.extend(["--config".to_owned(), config.to_string_lossy().into_owned()]);
    }
    for pack in &options.config.packs {
        words.extend(["--pack".to_owned(), pack.clone()]);
    }
    if let Some(agent) = &options.agent {
        words.extend(["--agent".to_owned(), agent.clone()]);
    }
    words
}

/// A word of a shell command.
fn quoted(word: &str) -> String {
    let plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | ':' | '=');
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn words_survive_the_shell() {
        assert_eq!(super::quoted("/usr/bin/checkrein"), "/usr/bin/checkrein");
        assert_eq!(super::quoted("/my dir/it's"), r"'/my dir/it'\''s'");
    }
}
