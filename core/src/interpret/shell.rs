//! Shell text: parsed by a real grammar, then walked with the state a shell carries along.

use std::collections::BTreeMap;

use super::value::{Stream, Value};

/// What a shell carries from command to command.
#[derive(Debug, Clone, Default)]
pub struct ShellState {
    /// The working directory, absolute when known; `None` once a `cd` could not be followed.
    pub cwd: Option<String>,
    /// Variables assigned in the call. `None`: assigned to something that cannot be known.
    pub variables: BTreeMap<String, Value>,
    /// Names of variables exported in the call.
    pub exported: Vec<String>,
    /// Content written to files within the call, by normalised path or the word as written.
    pub files: BTreeMap<String, Stream>,
}

/// One program about to run, its words expanded as far as they can be known.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The program and its arguments. Never empty.
    pub words: Vec<Value>,
    /// Assignments in front of it, which only it sees.
    pub assignments: Vec<(String, Value)>,
    /// Its standard input.
    pub stdin: Stream,
    /// Byte range of the whole command in the shell text.
    pub span: (u32, u32),
}

/// What the walker is told of a program it handed over.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// What it writes to standard output.
    pub stdout: Stream,
}

/// A file read or written by a redirection.
#[derive(Debug)]
pub struct FileRedirect {
    /// The file.
    pub path: Value,
    /// How it is opened.
    pub mode: RedirectMode,
    /// Byte range of the redirection.
    pub span: (u32, u32),
}

/// How a redirection opens its file.
#[derive(Debug)]
pub enum RedirectMode {
    /// `<`
    Read,
    /// `>`
    Write,
    /// `>>`
    Append,
    /// `<>`
    ReadWrite,
}

/// Who the walker tells what it finds.
pub trait Runner {
    /// A program about to run.
    fn run(&mut self, state: &mut ShellState, invocation: Invocation) -> Outcome;
    /// A file about to be opened.
    fn redirect(&mut self, state: &mut ShellState, redirect: FileRedirect);
    /// A variable of the tool's environment.
    fn variable(&mut self, name: &str) -> Option<crate::secret::Secret>;
    /// A variable about to be set.
    fn assigned(&mut self, state: &mut ShellState, name: &str, value: &Value, span: (u32, u32));
    /// Something executable that cannot be read.
    fn opaque(&mut self, state: &ShellState, reason: &str, span: (u32, u32));
}

/// Walks shell text.
pub fn walk(_: &str, _: &mut ShellState, _: &mut dyn Runner, _: Stream) -> Outcome {
    Outcome::default()
}
