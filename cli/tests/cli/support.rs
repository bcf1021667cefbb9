//! A home and a workspace of its own for each test.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Policies that judge by the agent alone, so that these tests do not depend on what calls mean:
/// `good` is allowed, `asker` needs approval, anybody else is denied.
pub const BY_AGENT: &str = r#"
@id("t.good")
@reason("the good may")
permit (principal == Agent::"good", action, resource);

@id("t.ask")
@reason("asking first")
permit (principal == Agent::"asker", action, resource) when { context has approval };

@id("t.bad")
@reason("the bad may not")
@advice("be good")
forbid (principal == Agent::"bad", action, resource);
"#;

/// A configuration with nothing but the policies in `policies`.
pub const OWN_ONLY: &str = "[policy]\npacks = []\ndirs = [\"policies\"]\n";

pub struct Home {
    directory: TempDir,
    variables: Vec<(String, String)>,
}

pub struct Answer {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Home {
    /// An empty home with an empty workspace.
    pub fn new() -> Self {
        let home = Self {
            directory: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
        };
        fs::create_dir(home.path("workspace")).unwrap();
        home
    }

    /// A home whose operator has put [`BY_AGENT`] in force.
    pub fn by_agent() -> Self {
        let home = Self::new();
        home.write("user/checkrein.toml", OWN_ONLY);
        home.write("user/policies/by_agent.cedar", BY_AGENT);
        home
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        // The same spelling as the command sees, also where the temporary directory is a link.
        self.directory.path().canonicalize().unwrap().join(name)
    }

    pub fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_checkrein"));
        command
            .args(arguments)
            .current_dir(self.path("workspace"))
            .env_clear()
            .env("HOME", self.path("home"))
            .env("CHECKREIN_CONFIG_DIR", self.path("user"))
            .env("CHECKREIN_CACHE_DIR", self.path("cache"))
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn run(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> Answer {
        Self::feed(self.command(arguments), input)
    }

    /// Runs `command` with `input` on its standard input.
    pub fn feed(mut command: Command, input: impl AsRef<[u8]>) -> Answer {
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.as_ref().to_vec();
        // A command may answer before it has read everything.
        let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        feeder.join().unwrap();
        Answer::from(output)
    }

    /// The event of a shell command in this workspace, as Claude Code sends it.
    pub fn claude(&self, command: &str) -> Value {
        json!({
            "session_id": "s1", "cwd": self.path("workspace"), "permission_mode": "default",
            "hook_event_name": "PreToolUse", "tool_name": "Bash",
            "tool_input": {"command": command}, "tool_use_id": "t1",
        })
    }

    /// The event of a shell command in this workspace, as Cursor sends it.
    pub fn cursor(&self, command: &str) -> Value {
        json!({
            "conversation_id": "c1", "generation_id": "g1", "hook_event_name": "beforeShellExecution",
            "workspace_roots": [self.path("workspace")], "command": command, "cwd": "", "sandbox": false,
        })
    }
}

impl From<Output> for Answer {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Answer {
    /// The only JSON document on standard output.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }

    /// The JSON documents on standard output, one a line.
    pub fn lines(&self) -> Vec<Value> {
        self.stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The host is told no in the one way all hosts understand.
    pub fn assert_stopped(&self, what: &str) {
        assert_eq!(self.code, Some(2), "{what}: {}", self.stderr);
        assert_eq!(self.stdout, "", "{what}");
        assert!(!self.stderr.trim().is_empty(), "{what}");
    }
}

/// A call of `agent`, on one line.
pub fn call(agent: &str) -> String {
    json!({"tool": "Bash", "arguments": {"command": "ls"}, "agent": {"id": agent}}).to_string()
}
