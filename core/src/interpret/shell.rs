//! Shell text: parsed by a real grammar, then walked with the state a shell carries along.
//!
//! [`walk()`] hands every program that could run to a [`Runner`], which knows what programs mean. The
//! runner calls [`walk()`] again with the same state for text that a program runs (`eval`, `bash -c`).

mod adapter;
mod ansi;
mod ast;
mod brace;
mod builtin;
mod command;
mod expand;
mod parameter;
mod prescan;
mod redirect;
mod state;
mod trap;
mod walk;
mod word;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::value::{Stream, Value};
use crate::secret::Secret;

pub use builtin::split_assignment;
pub use prescan::Refusal;
pub use state::FunctionSet;
pub(in crate::interpret) use state::OWN_NAME;

/// What a shell carries from command to command.
#[derive(Debug, Clone, Default)]
pub struct ShellState {
    /// The working directory, absolute when known; `None` once a `cd` could not be followed.
    pub cwd: Option<String>,
    /// Variables assigned in the call; one that was unset has the empty value.
    pub variables: BTreeMap<String, Value>,
    /// Arrays assigned in the call, every element known as a word.
    pub arrays: BTreeMap<String, Vec<Value>>,
    /// Names of variables exported in the call.
    pub exported: BTreeSet<String>,
    /// Content written to files within the call, by [`ShellState::file_key`].
    pub files: BTreeMap<String, Stream>,
    /// `$1` and on; `None` when they are not known.
    pub positional: Option<Arc<Vec<Value>>>,
    /// Functions defined in the call.
    pub functions: BTreeMap<String, FunctionSet>,
    /// Aliases defined in the call.
    pub aliases: BTreeMap<String, Value>,
    /// Variables that are read-only or change what they are given (`declare -l`, `-u`, `-i`).
    pub(crate) peculiar: BTreeSet<String>,
    /// Bookkeeping of the walk itself.
    pub(crate) ledger: state::Ledger,
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

/// A file that a redirection opens.
#[derive(Debug, Clone)]
pub struct FileRedirect {
    /// The file as written.
    pub path: Value,
    /// What is done to it.
    pub mode: RedirectMode,
    /// The descriptor; `None` when a variable holds it.
    pub descriptor: Option<i32>,
    /// What is read from or written to it.
    pub content: Stream,
    /// Byte range of the redirection in the shell text.
    pub span: (u32, u32),
}

/// What a redirection does to its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedirectMode {
    /// `<`.
    Read,
    /// `>`, `>|`, `&>`: old content is gone.
    Write,
    /// `>>`, `&>>`.
    Append,
    /// `<>`.
    ReadWrite,
}

/// Who learns what shell text does.
///
/// Spans are byte offsets into the text given to [`walk()`] with line ends as line feeds. Commands in
/// backticks, and of functions defined in other text, carry the span of the backticks or the call.
pub trait Runner {
    /// A program, builtin or unknown word is about to run. Functions are not handed over: their commands
    /// are. Builtins that change `state` (`cd`, `export`, `read` …) change it after this returns.
    fn run(&mut self, state: &mut ShellState, invocation: &Invocation) -> Outcome;

    /// The same with the words as another shell may read them; it comes before [`Runner::run`].
    fn respelled(&mut self, _: &mut ShellState, _: &Invocation) {}

    /// A redirection opens a file. Writes come after the command whose output they hold.
    fn redirect(&mut self, state: &mut ShellState, redirect: FileRedirect);

    /// A plain assignment has set a variable. What `export` and other builtins set is in their words.
    fn assigned(&mut self, state: &mut ShellState, name: &str, value: &Value, span: (u32, u32));

    /// A function gives a name of its own meaning.
    fn defined(&mut self, _: &mut ShellState, _: &str, _: (u32, u32)) {}

    /// An environment variable of the tool; `None` when it is not known.
    fn variable(&mut self, name: &str) -> Option<Secret>;

    /// Goes deeper by this weight; `false`: that is too deep, and nothing is left again.
    fn enter(&mut self, _: usize) -> bool {
        true
    }

    /// Comes back from where [`Runner::enter`] went.
    fn leave(&mut self, _: usize) {}

    /// Whether nothing more is taken, because too much was handed over already.
    fn full(&self) -> bool {
        false
    }

    /// Something that could run cannot be read. The reason holds no text of the call.
    fn opaque(&mut self, state: &ShellState, reason: &str, span: (u32, u32));
}

/// Walks shell text: every command that could run is handed to `runner`.
///
/// The output is what the text as a whole writes to standard output. Work is bounded over all walks
/// that share `state`; what is over a limit is reported with [`Runner::opaque`].
pub fn walk(text: &str, state: &mut ShellState, runner: &mut dyn Runner, stdin: Stream) -> Outcome {
    let stdout = walk::text(text, state, runner, stdin);
    Outcome { stdout }
}
