//! Compound commands: branches, loops, functions.

use std::sync::Arc;

use super::{Walker, unseen};
use crate::interpret::shell::ShellState;
use crate::interpret::shell::ast::{
    Arm, CommandKind, Function, Item, List, Pipeline, Simple, Span, Word,
};
use crate::interpret::shell::state::{FunctionSet, either};
use crate::interpret::value::{Origin, Stream, Value};

/// Most words a loop is walked once each for.
const LOOP_WORDS: usize = 8;
/// Most times nested loops walk a command together.
const UNROLLED: usize = 16;
/// Most functions that call each other in a row.
const CALLS: usize = 12;

impl Walker<'_> {
    pub(super) fn compound(&mut self, state: &mut ShellState, kind: &CommandKind) -> Stream {
        match kind {
            CommandKind::Simple(simple) => self.simple(state, simple, (0, 0)),
            CommandKind::Group(list) => self.list(state, list),
            CommandKind::Subshell(list) | CommandKind::Coproc(_, list) => {
                let mut copy = state.clone();
                let stdout = self.list(&mut copy, list);
                state.settle(copy);
                self.ended = false;
                if let CommandKind::Coproc(name, _) = kind {
                    state.set_variable(name, Value::unseen(Origin::Literal));
                }
                stdout
            }
            CommandKind::If(arms, otherwise) => self.branches(state, arms, otherwise.as_ref()),
            CommandKind::While(condition, body) => self.repeat(state, Some(condition), None, body),
            CommandKind::ArithmeticFor(header, body) => {
                self.arithmetic(state, *header);
                self.repeat(state, None, Some(*header), body)
            }
            CommandKind::For(name, words, body) => self.each(state, name, words.as_deref(), body),
            CommandKind::Case(subject, arms) => self.case(state, subject, arms),
            CommandKind::Function(function) => {
                let set = FunctionSet {
                    candidates: vec![Arc::clone(function)],
                    certain: true,
                };
                state.functions.insert(function.name.clone(), set);
                if !self
                    .defined
                    .iter()
                    .any(|known| Arc::ptr_eq(known, function))
                {
                    self.defined.push(Arc::clone(function));
                }
                let span = self.place(function.body.span);
                self.runner.defined(state, &function.name, span);
                Stream::default()
            }
            CommandKind::Test(span) => {
                self.visit(state, *span);
                self.evaluates_text(state, *span, true);
                Stream::default()
            }
            CommandKind::Arithmetic(span) => {
                self.arithmetic(state, *span);
                Stream::default()
            }
        }
    }

    fn branches(
        &mut self,
        state: &mut ShellState,
        arms: &[(List, List)],
        otherwise: Option<&List>,
    ) -> Stream {
        let mut stdout = Stream::default();
        let mut ends = Vec::new();
        for (condition, body) in arms {
            let output = self.list(state, condition);
            stdout.merge(&output);
            self.branch(state, body, &mut stdout, &mut ends);
            if state.ledger.exhausted {
                break;
            }
        }
        match otherwise {
            Some(body) => self.branch(state, body, &mut stdout, &mut ends),
            None => ends.push((state.clone(), false)),
        }
        self.rejoin(state, ends);
        stdout
    }

    /// Walks one branch on a copy of the state, which is added to `ends`.
    fn branch(
        &mut self,
        state: &mut ShellState,
        body: &List,
        stdout: &mut Stream,
        ends: &mut Vec<(ShellState, bool)>,
    ) {
        let mut copy = state.clone();
        self.ended = false;
        let output = self.list(&mut copy, body);
        either(stdout, &output);
        state.ledger = copy.ledger.clone();
        ends.push((copy, std::mem::take(&mut self.ended)));
    }

    /// The state after branches, of which those that ended their list leave nothing behind.
    fn rejoin(&mut self, state: &mut ShellState, ends: Vec<(ShellState, bool)>) {
        let ledger = state.ledger.clone();
        let mut joined: Option<ShellState> = None;
        for (end, ended) in ends {
            if ended {
                continue;
            }
            match &mut joined {
                Some(joined) => joined.join(&end),
                None => joined = Some(end),
            }
        }
        self.ended = joined.is_none();
        if let Some(joined) = joined {
            *state = joined;
        }
        state.ledger = ledger;
    }

    /// A loop that runs an unknown number of times.
    fn repeat(
        &mut self,
        state: &mut ShellState,
        condition: Option<&List>,
        header: Option<Span>,
        body: &List,
    ) -> Stream {
        self.forget(state, body);
        let mut stdout = self.round(state, condition, header, body);
        stdout.text = None;
        stdout.listed = None;
        stdout
    }

    /// One round, and another when the first one changed what it started from.
    fn round(
        &mut self,
        state: &mut ShellState,
        condition: Option<&List>,
        header: Option<Span>,
        body: &List,
    ) -> Stream {
        let mut stdout = Stream::default();
        for _ in 0..2 {
            let before = state.clone();
            if let Some(condition) = condition {
                stdout.merge(&self.list(state, condition));
            }
            let output = self.list(state, body);
            stdout.merge(&output);
            if let Some(header) = header {
                self.arithmetic(state, header);
            }
            let again = self.changed(&before, state);
            state.join(&before);
            if !again {
                break;
            }
        }
        self.ended = false;
        stdout
    }

    /// Whether a round of a loop saw values that the next round would not.
    fn changed(&mut self, before: &ShellState, after: &ShellState) -> bool {
        let mut variables = after.variables.iter();
        before.cwd != after.cwd
            || variables.any(|(name, value)| match before.variables.get(name) {
                Some(old) => old.known_text().is_some() && old.pieces != value.pieces,
                None => self.runner.variable(name).is_some(),
            })
    }

    /// Variables that a loop body assigns are unknown in all its rounds.
    fn forget(&self, state: &mut ShellState, body: &List) {
        let mut names = Vec::new();
        assigned(body, &mut names);
        for name in names {
            if state.variables.contains_key(&name) {
                state.set_variable(&name, Value::unseen(Origin::Literal));
            }
        }
    }

    fn each(
        &mut self,
        state: &mut ShellState,
        name: &str,
        words: Option<&[Word]>,
        body: &List,
    ) -> Stream {
        let values = match words {
            Some(words) => Some(self.fields(state, words)),
            None => state.positional.as_deref().cloned(),
        };
        let Some(values) = values else {
            return self.each_unknown(state, name, Value::unseen(Origin::Unseen), body);
        };
        if values.is_empty() {
            return self.each_unknown(state, name, Value::unseen(Origin::Literal), body);
        }
        let factor = self.unrolled.saturating_mul(values.len().max(1));
        let known = values.iter().all(|value| !value.is_dynamic());
        if values.len() > 1 && !(known && values.len() <= LOOP_WORDS && factor <= UNROLLED) {
            let origin = values
                .iter()
                .find(|value| value.is_dynamic() || value.origins().next().is_some());
            let origin = origin.and_then(|value| value.origins().next()).cloned();
            return self.each_unknown(
                state,
                name,
                Value::unseen(origin.unwrap_or(Origin::Literal)),
                body,
            );
        }
        let outer = std::mem::replace(&mut self.unrolled, factor);
        let mut stdout = Stream::default();
        for value in values {
            if value.is_dynamic() || value.has_pattern() {
                // Such a word may stand for any number of words.
                let output = self.each_unknown(state, name, value, body);
                stdout.merge(&output);
            } else {
                state.set_variable(name, value);
                let output = self.list(state, body);
                stdout.merge(&output);
            }
        }
        self.unrolled = outer;
        self.ended = false;
        stdout
    }

    fn each_unknown(
        &mut self,
        state: &mut ShellState,
        name: &str,
        value: Value,
        body: &List,
    ) -> Stream {
        self.forget(state, body);
        let before = state.clone();
        let mut stdout = Stream::default();
        for _ in 0..2 {
            let start = state.clone();
            state.set_variable(name, value.clone());
            let output = self.list(state, body);
            stdout.merge(&output);
            state.set_variable(name, value.clone());
            let again = self.changed(&with_variable(&start, name, &value), state);
            state.join(&before);
            if !again {
                break;
            }
        }
        self.ended = false;
        stdout.text = None;
        stdout.listed = None;
        stdout
    }

    fn case(&mut self, state: &mut ShellState, subject: &Word, arms: &[Arm]) -> Stream {
        self.single(state, subject);
        let mut stdout = Stream::default();
        let mut ends = vec![(state.clone(), false)];
        for arm in arms {
            for pattern in &arm.patterns {
                self.visit(state, *pattern);
            }
            self.branch(state, &arm.body, &mut stdout, &mut ends);
            if state.ledger.exhausted {
                break;
            }
        }
        self.rejoin(state, ends);
        stdout
    }

    /// Calls a function. `arguments` of `None`: they are not known.
    pub(in crate::interpret::shell) fn call(
        &mut self,
        state: &mut ShellState,
        function: &Arc<Function>,
        arguments: Option<Arc<Vec<Value>>>,
        assignments: &[(String, Value)],
        span: Span,
    ) -> Stream {
        if state
            .ledger
            .active
            .iter()
            .any(|active| Arc::ptr_eq(active, function))
        {
            self.opaque(
                state,
                "recursive function: it may run forever; write a loop",
                span,
            );
            return unseen();
        }
        if state.ledger.active.len() >= CALLS {
            self.opaque(
                state,
                "functions that call each other too deeply; write them out",
                span,
            );
            return unseen();
        }
        state.ledger.called.push(Arc::clone(function));
        state.ledger.active.push(Arc::clone(function));
        state.ledger.locals.push(std::collections::BTreeMap::new());
        for (name, value) in assignments {
            state.hide(name);
            state.set_variable(name, value.clone());
        }
        let positional = std::mem::replace(&mut state.positional, arguments);
        let stdout = if Arc::ptr_eq(&function.source, &self.source) {
            self.command(state, &function.body)
        } else {
            let span = self.place(span);
            self.within(Arc::clone(&function.source), span, |walker| {
                walker.command(state, &function.body)
            })
        };
        state.positional = positional;
        state.ledger.active.pop();
        state.reveal();
        self.ended = false;
        stdout
    }
}

fn with_variable(state: &ShellState, name: &str, value: &Value) -> ShellState {
    let mut state = state.clone();
    state.set_variable(name, value.clone());
    state
}

/// The names that plain assignments and loops in `list` assign.
fn assigned(list: &List, names: &mut Vec<String>) {
    fn pipelines(item: &Item) -> impl Iterator<Item = &Pipeline> {
        std::iter::once(&item.first).chain(item.rest.iter().map(|(_, pipeline)| pipeline))
    }
    for pipeline in list.items.iter().flat_map(pipelines) {
        for command in &pipeline.stages {
            match &command.kind {
                CommandKind::Simple(Simple { assignments, words }) if words.is_empty() => {
                    names.extend(assignments.iter().map(|assignment| assignment.name.clone()));
                }
                CommandKind::Group(body) => assigned(body, names),
                CommandKind::If(arms, otherwise) => {
                    for (condition, body) in arms {
                        assigned(condition, names);
                        assigned(body, names);
                    }
                    if let Some(body) = otherwise {
                        assigned(body, names);
                    }
                }
                CommandKind::While(condition, body) => {
                    assigned(condition, names);
                    assigned(body, names);
                }
                CommandKind::ArithmeticFor(_, body) => assigned(body, names),
                CommandKind::For(name, _, body) => {
                    names.push(name.clone());
                    assigned(body, names);
                }
                CommandKind::Case(_, arms) => {
                    arms.iter().for_each(|arm| assigned(&arm.body, names))
                }
                _ => {}
            }
        }
    }
}
