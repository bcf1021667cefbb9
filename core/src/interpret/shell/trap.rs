//! `trap`: what runs when the shell ends, with what the variables hold then.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Invocation, Runner, ShellState};
use crate::interpret::value::{Origin, Value};

/// Most traps that wait; more are read where they are set.
const TRAPS: usize = 4;

/// The working directory and the variables.
type Known = (Option<String>, BTreeMap<String, Value>);

/// A trap that waits for the end of its shell.
#[derive(Debug, Clone)]
pub(super) struct Trap {
    invocation: Invocation,
    /// The working directory when it was set.
    cwd: Option<String>,
    /// What each variable held when it was set, or first afterwards: the shell may end early.
    early: Arc<BTreeMap<String, Value>>,
    /// What was known at the end of the subshell it belongs to.
    end: Option<Arc<Known>>,
}

/// Signals that are no end of the shell: their traps run in between.
const BETWEEN: [&str; 4] = ["DEBUG", "ERR", "RETURN", "SIGCHLD"];

impl ShellState {
    /// Keeps a trap for the end of the shell; `false` when it is to be read at once.
    pub(super) fn defer(&mut self, invocation: &Invocation) -> bool {
        let name = invocation.words.first().and_then(Value::exact);
        if name.as_deref() != Some("trap") {
            return false;
        }
        let words: Option<Vec<String>> = invocation.words.iter().map(Value::exact).collect();
        let Some([_, text, signals @ ..]) = words.as_deref() else {
            return false;
        };
        let waits = !text.is_empty()
            && !text.starts_with('-')
            && !signals.is_empty()
            && !signals.iter().any(|one| BETWEEN.contains(&one.as_str()))
            && !self.ledger.ending
            && self.ledger.traps.len() < TRAPS;
        if waits {
            self.ledger.traps.push(Trap {
                invocation: invocation.clone(),
                cwd: self.cwd.clone(),
                early: Arc::new(self.variables.clone()),
                end: None,
            });
        }
        waits
    }

    /// A variable is given a value that waiting traps may see.
    pub(super) fn heed_traps(&mut self, name: &str, value: &Value) {
        let now = self.variables.get(name);
        for trap in self.ledger.traps.iter_mut().filter(|one| one.end.is_none()) {
            let seen = match trap.early.get(name) {
                None => value.clone(),
                // Neither what it held at first nor what it holds in the end.
                Some(early)
                    if now.is_some_and(|now| {
                        now.pieces != early.pieces && now.pieces != value.pieces
                    }) =>
                {
                    Value::unseen(Origin::Unseen)
                }
                Some(_) => continue,
            };
            Arc::make_mut(&mut trap.early).insert(name.to_owned(), seen);
        }
    }

    /// The subshell ends: its traps, those behind the first `known`, see what it knew.
    pub(super) fn end_traps(&mut self, known: usize) {
        if self.ledger.traps.len() <= known {
            return;
        }
        let end = Arc::new((self.cwd.clone(), self.variables.clone()));
        let traps = self.ledger.traps.iter_mut().skip(known);
        for trap in traps.filter(|one| one.end.is_none()) {
            trap.end = Some(Arc::clone(&end));
        }
    }
}

/// Runs the traps behind the first `known`: the shell of the text that set them ends.
pub(super) fn run(state: &mut ShellState, runner: &mut dyn Runner, known: usize) {
    if state.ledger.traps.len() <= known || state.ledger.ending {
        return;
    }
    let traps = state.ledger.traps.split_off(known);
    state.ledger.ending = true;
    for trap in traps {
        let (cwd, variables) = match trap.end.as_deref() {
            Some((cwd, variables)) => (cwd.clone(), variables.clone()),
            None => (state.cwd.clone(), state.variables.clone()),
        };
        let differs = trap.early.iter().any(|(name, early)| {
            let late = variables.get(name);
            late.is_none_or(|late| late.pieces != early.pieces)
        });
        if differs || trap.cwd != cwd {
            let mut early = variables.clone();
            early.extend(trap.early.iter().map(|(k, v)| (k.clone(), v.clone())));
            hand_over(state, runner, &trap, trap.cwd.clone(), early);
        }
        hand_over(state, runner, &trap, cwd, variables);
    }
    state.ledger.ending = false;
}

fn hand_over(
    state: &mut ShellState,
    runner: &mut dyn Runner,
    trap: &Trap,
    cwd: Option<String>,
    variables: BTreeMap<String, Value>,
) {
    state.subshell(|inner| {
        inner.cwd = cwd;
        inner.variables = variables;
        runner.run(inner, &trap.invocation);
    });
}
