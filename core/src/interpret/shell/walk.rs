//! Walks lists, pipelines and compound commands.

mod compound;

use std::sync::Arc;

use super::ast::{Command, CommandKind, Function, Item, Join, List, Pipeline, Span};
use super::prescan::{Refusal, Source};
use super::state::either;
use super::{Runner, ShellState, adapter};
use crate::interpret::nesting;
use crate::interpret::value::{Origin, Stream};
use crate::limits;

/// Most walks within walks, across everything a runner does in between.
const WALKS: usize = 16;
/// Most bytes parsed and expanded over all walks of one state.
const BYTES: usize = 8 * limits::SHELL_BYTES;

const TOO_DEEP: &str = "commands, functions and programs within each other too deep to follow";

/// One walk over one text.
pub(super) struct Walker<'r> {
    pub(super) runner: &'r mut dyn Runner,
    pub(super) source: Arc<Source>,
    /// Which constructs of the source have been walked.
    pub(super) visited: Vec<bool>,
    /// Functions defined in this text.
    pub(super) defined: Vec<Arc<Function>>,
    /// Standard input of the command being walked.
    pub(super) stdin: Stream,
    /// The last command ends its list (`exit`, `return`).
    pub(super) ended: bool,
    /// What spans are reported as, when the source is not the text given to the walk.
    pub(super) outer: Option<Span>,
    /// Variables that cannot be seen are taken to be unset, so that their defaults count.
    pub(super) assuming: bool,
    /// How many times the current command is walked because loops around it are unrolled.
    pub(super) unrolled: usize,
}

/// Walks `text`; returns its standard output.
pub(super) fn text(
    text: &str,
    state: &mut ShellState,
    runner: &mut dyn Runner,
    stdin: Stream,
) -> Stream {
    let whole = (0, u32::try_from(text.len()).unwrap_or(u32::MAX));
    if state.ledger.exhausted {
        return unseen();
    }
    if state.ledger.depth >= WALKS {
        runner.opaque(
            state,
            "shell text that runs shell text too many times over; write it out",
            whole,
        );
        return unseen();
    }
    // Text inside other text is given much larger than it is written: `eval "$a"`.
    let weight = if state.ledger.depth > 0 { 2 } else { 1 };
    state.parses((text.len() / 16).saturating_mul(weight));
    let source = match Source::scan(text) {
        Ok(source) => Arc::new(source),
        Err(refusal) => {
            runner.opaque(state, &refusal.to_string(), whole);
            return unseen();
        }
    };
    state.parses(source.work.saturating_mul(weight));
    if !runner.enter(nesting::TEXT) {
        runner.opaque(state, TOO_DEEP, whole);
        return unseen();
    }
    state.ledger.depth = state.ledger.depth.saturating_add(1);
    let mut walker = Walker {
        runner,
        visited: vec![false; source.constructs.len()],
        source,
        defined: Vec::new(),
        stdin,
        ended: false,
        outer: None,
        assuming: false,
        unrolled: 1,
    };
    let waiting = state.ledger.traps.len();
    let stdout = walker.script(state);
    super::trap::run(state, runner, waiting);
    runner.leave(nesting::TEXT);
    state.ledger.depth = state.ledger.depth.saturating_sub(1);
    stdout
}

/// Output of which nothing is known.
pub(super) fn unseen() -> Stream {
    Stream::from_origin(Origin::Unseen)
}

impl Walker<'_> {
    /// Walks the whole source, then what it defines and never calls.
    fn script(&mut self, state: &mut ShellState) -> Stream {
        let whole = (0, u32::try_from(self.source.text.len()).unwrap_or(u32::MAX));
        let stdout = match self.parse(state, whole) {
            Ok(list) if list.items.is_empty() => Stream::literal(""),
            Ok(list) => self.list(state, &list),
            Err(refusal) => {
                self.opaque(state, &refusal.to_string(), whole);
                return unseen();
            }
        };
        let mut next = 0_usize;
        while let Some(function) = self.defined.get(next).cloned() {
            next = next.saturating_add(1);
            if !state.ledger.exhausted
                && !state
                    .ledger
                    .called
                    .iter()
                    .any(|called| Arc::ptr_eq(called, &function))
            {
                let mut copy = state.clone();
                let span = function.body.span;
                self.call(&mut copy, &function, None, &[], span);
                state.settle(copy);
            }
        }
        let missed = self.source.constructs.iter().zip(&self.visited);
        let missed = missed.filter(|(construct, seen)| construct.kind.executes() && !**seen);
        // A construct inside another one counts as walked with it.
        if !state.ledger.exhausted
            && let Some((construct, _)) = missed.into_iter().next()
        {
            let span = construct.span;
            self.opaque(state, &Refusal::Disagreement.to_string(), span);
        }
        stdout
    }

    pub(super) fn parse(&mut self, state: &mut ShellState, span: Span) -> Result<List, Refusal> {
        if !self.spend_bytes(state, span.1.saturating_sub(span.0) as usize, span) {
            return Ok(List::default());
        }
        let mut weight = self.source.depth.saturating_mul(nesting::PARSED_LEVEL);
        if !self.runner.enter(weight) {
            let depth = adapter::depth(&self.source, span);
            weight = depth.saturating_mul(nesting::PARSED_LEVEL);
            if !self.runner.enter(weight) {
                return Err(Refusal::TooDeep);
            }
        }
        let parsed = adapter::parse(&self.source, span);
        self.runner.leave(weight);
        parsed
    }

    pub(super) fn list(&mut self, state: &mut ShellState, list: &List) -> Stream {
        let mut stdout = Stream::default();
        for item in &list.items {
            let output = self.item(state, item);
            stdout.merge(&output);
            if state.ledger.exhausted {
                break;
            }
        }
        stdout
    }

    fn item(&mut self, state: &mut ShellState, item: &Item) -> Stream {
        self.ended = false;
        if item.background {
            let mut copy = state.clone();
            let stdout = self.chain(&mut copy, item);
            state.settle(copy);
            self.ended = false;
            return stdout;
        }
        self.chain(state, item)
    }

    /// Both sides of `&&` and `||` are walked. A side that ends the list leaves no state behind.
    fn chain(&mut self, state: &mut ShellState, item: &Item) -> Stream {
        let mut stdout = self.pipeline(state, &item.first);
        let mut exits = Vec::new();
        for (join, pipeline) in &item.rest {
            let before = state.clone();
            let ended = std::mem::take(&mut self.ended);
            let output = self.pipeline(state, pipeline);
            match join {
                Join::And => {
                    stdout.merge(&output);
                    if !ended {
                        exits.push(before);
                    }
                }
                Join::Or => {
                    either(&mut stdout, &output);
                    state.join_ends(&before, self.ended, ended);
                    self.ended &= ended;
                }
            }
            if state.ledger.exhausted {
                break;
            }
        }
        let ended = std::mem::take(&mut self.ended);
        let mut left = !ended;
        for exit in exits {
            state.join_ends(&exit, !left, false);
            left = true;
        }
        self.ended = !left;
        stdout
    }

    fn pipeline(&mut self, state: &mut ShellState, pipeline: &Pipeline) -> Stream {
        if let [command] = pipeline.stages.as_slice() {
            return self.command(state, command);
        }
        let outer = self.stdin.clone();
        let last = pipeline.stages.len().saturating_sub(1);
        let mut stdout = Stream::default();
        for (index, stage) in pipeline.stages.iter().enumerate() {
            let mut copy = state.clone();
            stdout = self.command(&mut copy, stage);
            if index == last {
                // Some shells run the last stage in the shell itself.
                let variables = copy.clone();
                state.settle(copy);
                state.join(&variables);
            } else {
                state.settle(copy);
                self.stdin = if stdout.present {
                    stdout.clone()
                } else {
                    unseen()
                };
            }
            if state.ledger.exhausted {
                break;
            }
        }
        self.ended = false;
        self.stdin = outer;
        stdout
    }

    /// One command with its redirections.
    pub(super) fn command(&mut self, state: &mut ShellState, command: &Command) -> Stream {
        self.ended = false;
        if !self.spend_command(state, command.span) {
            return unseen();
        }
        if !self.runner.enter(nesting::COMMAND) {
            self.opaque(state, TOO_DEEP, command.span);
            return unseen();
        }
        let stdout = self.entered(state, command);
        self.runner.leave(nesting::COMMAND);
        stdout
    }

    fn entered(&mut self, state: &mut ShellState, command: &Command) -> Stream {
        let redirections = &mut state.ledger.redirections;
        *redirections = redirections.saturating_add(command.redirects.len());
        if !self.spend_bytes(state, 0, command.span) {
            return unseen();
        }
        let plumbing = self.open(state, &command.redirects);
        let outer = plumbing
            .stdin
            .as_ref()
            .map(|stdin| std::mem::replace(&mut self.stdin, stdin.clone()));
        let (stdout, runs) = match &command.kind {
            CommandKind::Simple(simple) => {
                let stdout = self.simple(state, simple, command.span);
                // `$(< file)` gives the file's content.
                let bare = simple.words.is_empty() && simple.assignments.is_empty();
                let content = plumbing.stdin.clone().filter(|_| bare);
                (content.unwrap_or(stdout), !simple.words.is_empty())
            }
            other => (self.compound(state, other), true),
        };
        if let Some(outer) = outer {
            self.stdin = outer;
        }
        let ended = self.ended;
        let stdout = self.close(state, plumbing, stdout, runs);
        self.ended = ended;
        stdout
    }

    /// Runs a substitution in a subshell; returns its output.
    pub(super) fn substitution(&mut self, state: &mut ShellState, index: usize) -> Stream {
        if let Some(seen) = self.visited.get_mut(index) {
            *seen = true;
        }
        let Some(construct) = self.source.constructs.get(index).cloned() else {
            return unseen();
        };
        if !self.runner.enter(nesting::SUBSTITUTION) {
            self.opaque(state, TOO_DEEP, construct.span);
            return unseen();
        }
        let ended = self.ended;
        let mut copy = state.clone();
        let stdout = if let Some(inner) = construct.inner {
            let span = self.place(construct.span);
            self.within(inner, span, |walker| walker.script(&mut copy))
        } else {
            match self.parse(state, construct.body) {
                Ok(list) if list.items.is_empty() => Stream::literal(""),
                Ok(list) => {
                    copy.ledger = state.ledger.clone();
                    self.list(&mut copy, &list)
                }
                Err(refusal) => {
                    self.opaque(state, &refusal.to_string(), construct.span);
                    unseen()
                }
            }
        };
        state.settle(copy);
        self.ended = ended;
        self.runner.leave(nesting::SUBSTITUTION);
        if stdout.present { stdout } else { unseen() }
    }

    /// Runs every substitution that stands in `span`.
    pub(super) fn visit(&mut self, state: &mut ShellState, span: Span) {
        for index in self.source.substitutions_in(span) {
            self.substitution(state, index);
        }
    }

    /// Does `work` on another source, whose commands are reported at `span`.
    pub(super) fn within<T>(
        &mut self,
        source: Arc<Source>,
        span: Span,
        work: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let visited = vec![false; source.constructs.len()];
        let source = std::mem::replace(&mut self.source, source);
        let visited = std::mem::replace(&mut self.visited, visited);
        let defined = std::mem::take(&mut self.defined);
        let outer = self.outer.replace(span);
        let result = work(self);
        self.source = source;
        self.visited = visited;
        self.defined = defined;
        self.outer = outer;
        result
    }

    pub(super) fn place(&self, span: Span) -> Span {
        self.outer.unwrap_or(span)
    }

    pub(super) fn opaque(&mut self, state: &ShellState, reason: &str, span: Span) {
        let span = self.place(span);
        self.runner.opaque(state, reason, span);
    }

    fn spend_command(&mut self, state: &mut ShellState, span: Span) -> bool {
        state.ledger.commands = state.ledger.commands.saturating_add(1);
        self.spend_bytes(state, 0, span)
    }

    /// Counts work. Over a limit: reported once, and nothing more is walked.
    pub(super) fn spend_bytes(&mut self, state: &mut ShellState, bytes: usize, span: Span) -> bool {
        let ledger = &mut state.ledger;
        ledger.bytes = ledger.bytes.saturating_add(bytes);
        let over = ledger.commands > limits::ACTIONS
            || ledger.words > limits::SHELL_WORDS
            || ledger.redirections > limits::SHELL_REDIRECTIONS
            || ledger.bytes > BYTES
            || ledger.parsed > limits::SHELL_PARSED
            || self.runner.full();
        if over && !ledger.exhausted {
            ledger.exhausted = true;
            self.opaque(
                state,
                "shell text that does too much to follow; split it up",
                span,
            );
        }
        !state.ledger.exhausted
    }
}

impl ShellState {
    /// Counts what is parsed, in the unit of [`limits::SHELL_PARSED`].
    const fn parses(&mut self, work: usize) {
        self.ledger.parsed = self.ledger.parsed.saturating_add(work);
    }

    /// [`ShellState::join`], except that a side that ended its list leaves nothing behind.
    fn join_ends(&mut self, other: &Self, ours_ended: bool, theirs_ended: bool) {
        if ours_ended && !theirs_ended {
            let mut state = other.clone();
            state.settle(std::mem::take(self));
            *self = state;
        } else if !theirs_ended {
            self.join(other);
        }
    }
}
