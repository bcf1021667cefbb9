//! The state of a shell: lookups, assignments and what is left of it after branches.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ShellState;
use super::ast::Function;
use super::trap::Trap;
use crate::interpret::value::{Origin, Piece, Stream, Value};

/// The definitions a function name may have.
#[derive(Debug, Clone, Default)]
pub struct FunctionSet {
    pub(super) candidates: Vec<Arc<Function>>,
    /// One of them is certainly defined.
    pub(super) certain: bool,
}

/// The name under which a shell keeps what it was told to call itself (`$0`).
pub(crate) const OWN_NAME: &str = "0";

/// What a variable held as a scalar and as an array before a function hid it.
pub(super) type Hidden = (Option<Value>, Option<Vec<Value>>);

/// What a walk counts and remembers across subshells and nested walks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger {
    /// Commands walked.
    pub(super) commands: usize,
    /// Words that commands were given.
    pub(super) words: usize,
    /// Redirections of commands.
    pub(super) redirections: usize,
    /// Bytes parsed and expanded.
    pub(super) bytes: usize,
    /// What has been parsed, in the unit of [`crate::limits::SHELL_PARSED`].
    pub(super) parsed: usize,
    /// A limit was passed: nothing more is walked.
    pub(super) exhausted: bool,
    /// Walks within walks.
    pub(super) depth: usize,
    /// Functions that were called.
    pub(super) called: Vec<Arc<Function>>,
    /// Functions whose bodies are being walked.
    pub(super) active: Vec<Arc<Function>>,
    /// Aliases whose text is being walked.
    pub(super) aliases: Vec<String>,
    /// What local variables of the active functions hide.
    pub(super) locals: Vec<BTreeMap<String, Hidden>>,
    /// Directories that `popd` returns to.
    pub(super) directories: Vec<Option<String>>,
    /// Process substitutions so far: each has a file of its own.
    pub(super) processes: usize,
    /// `set -a`: every assigned variable is exported.
    pub(super) export_all: bool,
    /// Traps that wait for the end of the shell.
    pub(super) traps: Vec<Trap>,
    /// The shell ends: its traps run.
    pub(super) ending: bool,
}

impl ShellState {
    /// The key of `path` in [`ShellState::files`]: normalised against the working directory when that is
    /// known, else as written without `./` in front.
    #[must_use]
    pub fn file_key(&self, path: &str) -> String {
        resolve(self.cwd.as_deref(), path)
            .unwrap_or_else(|| path.strip_prefix("./").unwrap_or(path).to_owned())
    }

    /// What reading the file gives: content written earlier in the call, else an unknown stream whose
    /// origin is the file.
    #[must_use]
    pub fn read_file(&self, path: &Value) -> Stream {
        let written = path
            .exact()
            .and_then(|path| self.files.get(&self.file_key(&path)));
        written
            .cloned()
            .unwrap_or_else(|| Stream::from_origin(Origin::File(path.sketch())))
    }

    /// Remembers content written to a file. Devices do not remember.
    pub fn write_file(&mut self, path: &Value, content: &Stream, append: bool) {
        let Some(path) = path.exact().filter(|path| !path.starts_with("/dev/")) else {
            return;
        };
        let key = self.file_key(&path);
        let mut stream = content.clone();
        if append {
            let before = self.files.get(&key).cloned();
            let mut whole = before.unwrap_or_else(|| Stream::from_origin(Origin::File(path)));
            whole.merge(content);
            stream = whole;
        }
        self.files.insert(key, stream);
    }

    /// Assigns a variable. One that is read-only or changes what it is given becomes unknown.
    pub fn set_variable(&mut self, name: &str, value: Value) {
        let value = if self.peculiar.contains(name) {
            Value::unseen(value.origins().next().cloned().unwrap_or(Origin::Unseen))
        } else {
            value
        };
        if !self.ledger.traps.is_empty() {
            self.heed_traps(name, &value);
        }
        self.arrays.remove(name);
        self.variables.insert(name.to_owned(), value);
        if self.ledger.export_all {
            self.export(name);
        }
    }

    /// Marks a variable whose assignments do not simply take effect.
    pub(super) fn mark_peculiar(&mut self, name: &str) {
        self.peculiar.insert(name.to_owned());
    }

    /// Marks a variable as exported.
    pub fn export(&mut self, name: &str) {
        self.exported.insert(name.to_owned());
    }

    /// Does `work` in a subshell: of what it changes only files and bookkeeping remain.
    ///
    /// For a runner whose program starts a shell of its own (`bash -c`).
    pub fn subshell<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let mut copy = self.clone();
        let result = work(&mut copy);
        self.settle(copy);
        result
    }

    /// Takes over what a subshell cannot keep to itself: files and bookkeeping.
    pub(super) fn settle(&mut self, mut subshell: Self) {
        subshell.end_traps(self.ledger.traps.len());
        let directories = std::mem::take(&mut self.ledger.directories);
        let locals = std::mem::take(&mut self.ledger.locals);
        let export_all = self.ledger.export_all;
        self.files = subshell.files;
        self.ledger = subshell.ledger;
        self.ledger.directories = directories;
        self.ledger.locals = locals;
        self.ledger.export_all = export_all;
    }

    /// What is known when either `self` or `other` is the case.
    ///
    /// Bookkeeping is taken from `self`, which must be the later of the two.
    pub(super) fn join(&mut self, other: &Self) {
        if self.cwd != other.cwd {
            self.cwd = None;
        }
        if self.positional.as_deref().map(|values| pieces(values))
            != other.positional.as_deref().map(|values| pieces(values))
        {
            self.positional = None;
        }
        let differs = |name: &String| {
            let (ours, theirs) = (self.variables.get(name), other.variables.get(name));
            ours.map(|v| &v.pieces) != theirs.map(|v| &v.pieces)
        };
        let names: Vec<String> = self
            .variables
            .keys()
            .chain(other.variables.keys())
            .filter(|name| differs(name))
            .cloned()
            .collect();
        for name in names {
            let (ours, theirs) = (self.variables.get(&name), other.variables.get(&name));
            {
                let origin = ours
                    .into_iter()
                    .chain(theirs)
                    .flat_map(Value::origins)
                    .next();
                let value = Value::unseen(origin.cloned().unwrap_or(Origin::Unseen));
                self.variables.insert(name, value);
            }
        }
        self.arrays.retain(|name, array| {
            other
                .arrays
                .get(name)
                .is_some_and(|o| pieces(o) == pieces(array))
        });
        for name in &other.exported {
            self.export(name);
        }
        for (name, theirs) in &other.files {
            let ours = self
                .files
                .entry(name.clone())
                .or_insert_with(|| theirs.clone());
            either(ours, theirs);
        }
        for name in &other.peculiar {
            self.mark_peculiar(name);
        }
        self.join_functions(other);
        for (name, alias) in &other.aliases {
            self.aliases
                .entry(name.clone())
                .or_insert_with(|| alias.clone());
        }
    }

    fn join_functions(&mut self, other: &Self) {
        for (name, ours) in &mut self.functions {
            ours.certain &= other
                .functions
                .get(name)
                .is_some_and(|theirs| theirs.certain);
        }
        for (name, theirs) in &other.functions {
            let ours = self.functions.entry(name.clone()).or_default();
            for candidate in &theirs.candidates {
                if !ours
                    .candidates
                    .iter()
                    .any(|known| Arc::ptr_eq(known, candidate))
                {
                    ours.candidates.push(Arc::clone(candidate));
                }
            }
        }
    }
}

/// The stream that is either `ours` or `theirs`.
pub(super) fn either(ours: &mut Stream, theirs: &Stream) {
    if !ours.present {
        ours.clone_from(theirs);
    } else if theirs.present {
        if ours.text != theirs.text {
            ours.text = None;
            ours.listed = None;
        }
        ours.decoded |= theirs.decoded;
        for origin in &theirs.origins {
            ours.add_origin(origin.clone());
        }
    }
}

/// An absolute, normalised path; `None` when the working directory is needed and not known.
pub(super) fn resolve(cwd: Option<&str>, path: &str) -> Option<String> {
    let base = match path.chars().next() {
        Some('/') => "",
        // Below the home directory, wherever that is.
        Some('~') if path == "~" || path.starts_with("~/") => "",
        Some('~') | None => return None,
        Some(_) => cwd?,
    };
    let mut parts = Vec::new();
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            // What is above a home directory that is not known is not known either.
            ".." if parts == ["~"] => return None,
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    let path = parts.join("/");
    Some(if parts.first() == Some(&"~") {
        path
    } else {
        format!("/{path}")
    })
}

fn pieces(values: &[Value]) -> Vec<&[Piece]> {
    values.iter().map(|value| value.pieces.as_slice()).collect()
}
