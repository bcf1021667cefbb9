//! Redirections: what feeds a command and where its output goes.

use std::collections::BTreeMap;

use super::ast::{Part, Redirect, RedirectKind, Span, Word};
use super::command::windows_path;
use super::prescan::Kind;
use super::walk::{Walker, unseen};
use super::{FileRedirect, RedirectMode, ShellState};
use crate::interpret::value::{Stream, Value};

/// Where a descriptor leads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sink {
    Output,
    Elsewhere,
    Target(usize),
}

/// Something a command's output is written to.
enum Target {
    File {
        path: Value,
        mode: RedirectMode,
        descriptor: Option<i32>,
        span: Span,
    },
    /// `> >(…)`, by its place in the table of constructs.
    Process(usize),
}

/// The redirections of one command, opened.
pub(super) struct Plumbing {
    /// Standard input, when it is redirected.
    pub(super) stdin: Option<Stream>,
    sinks: BTreeMap<i32, Sink>,
    targets: Vec<Target>,
    /// The state in which `>(…)` starts: before the command.
    before: Option<Box<ShellState>>,
}

impl Walker<'_> {
    /// Opens redirections in front of a command.
    pub(super) fn open(&mut self, state: &mut ShellState, redirects: &[Redirect]) -> Plumbing {
        let sinks = BTreeMap::from([(1, Sink::Output), (2, Sink::Elsewhere)]);
        let mut plumbing = Plumbing {
            stdin: None,
            sinks,
            targets: Vec::new(),
            before: None,
        };
        for redirect in redirects {
            match &redirect.kind {
                RedirectKind::Read(word) => {
                    let path = self.single(state, word);
                    let content = state.read_file(&path);
                    self.report(state, path, RedirectMode::Read, redirect, content.clone());
                    plumbing.feed(state, redirect, content);
                }
                RedirectKind::Text(word) => {
                    let mut value = self.single(state, word);
                    value.pieces.extend(Value::literal("\n").pieces);
                    plumbing.feed(state, redirect, Stream::from_value(&value));
                }
                RedirectKind::Heredoc(word) => {
                    let value = self.single(state, word);
                    plumbing.feed(state, redirect, Stream::from_value(&value));
                }
                RedirectKind::Write(word) => {
                    self.target(state, &mut plumbing, word, RedirectMode::Write, redirect);
                }
                RedirectKind::Append(word) => {
                    self.target(state, &mut plumbing, word, RedirectMode::Append, redirect);
                }
                RedirectKind::ReadWrite(word) => {
                    let path = self.single(state, word);
                    let content = state.read_file(&path);
                    plumbing.feed(state, redirect, content);
                    plumbing.write(path, RedirectMode::ReadWrite, redirect);
                }
                RedirectKind::WriteBoth(word) => {
                    self.target(state, &mut plumbing, word, RedirectMode::Write, redirect);
                    plumbing.duplicate(Some(2), 1);
                }
                RedirectKind::Duplicate(word) => {
                    self.duplicate(state, &mut plumbing, word, redirect)
                }
            }
        }
        plumbing
    }

    /// `>&1`, `>&-`, or a file that takes both outputs.
    fn duplicate(
        &mut self,
        state: &mut ShellState,
        plumbing: &mut Plumbing,
        word: &Word,
        redirect: &Redirect,
    ) {
        let path = self.single(state, word);
        let text = path.exact();
        let number = text
            .as_deref()
            .map(|text| text.strip_suffix('-').unwrap_or(text));
        match number {
            Some("") => plumbing.set(redirect.descriptor, Sink::Elsewhere),
            Some(number) if number.parse::<i32>().is_ok() => {
                plumbing.duplicate(redirect.descriptor, number.parse().unwrap_or(2));
            }
            // Reading from a descriptor that a variable holds opens nothing.
            _ if redirect.descriptor == Some(0) => plumbing.stdin = Some(unseen()),
            _ => {
                plumbing.write(path, RedirectMode::Write, redirect);
                plumbing.duplicate(Some(2), 1);
            }
        }
    }

    fn target(
        &mut self,
        state: &mut ShellState,
        plumbing: &mut Plumbing,
        word: &Word,
        mode: RedirectMode,
        redirect: &Redirect,
    ) {
        if let [Part::Substitution { index, .. }] = word.parts.as_slice()
            && self
                .source
                .constructs
                .get(*index)
                .is_some_and(|c| c.kind == Kind::ProcessOut)
        {
            plumbing.before = Some(Box::new(state.clone()));
            plumbing.add(Target::Process(*index), redirect.descriptor);
            return;
        }
        let path = self.single(state, word);
        // Shells on Windows keep backslashes that others drop.
        if self.outer.is_none()
            && state.ledger.depth <= 1
            && let Some(respelled) = windows_path(self.source.slice(word.span))
        {
            let respelled = Value::literal(respelled).at(path.span);
            self.report(state, respelled, mode, redirect, Stream::default());
        }
        plumbing.write(path, mode, redirect);
    }

    /// Sends the output of a command where it goes; returns what is left of it. `runs`: there was a
    /// command, so no output at all may be output that nobody saw.
    pub(super) fn close(
        &mut self,
        state: &mut ShellState,
        plumbing: Plumbing,
        stdout: Stream,
        runs: bool,
    ) -> Stream {
        if plumbing.targets.is_empty() && plumbing.sinks.get(&1) == Some(&Sink::Output) {
            return stdout;
        }
        let content = match (stdout.present, runs) {
            (true, _) => stdout.clone(),
            (false, true) => unseen(),
            (false, false) => Stream::literal(""),
        };
        let other = unseen();
        for (index, target) in plumbing.targets.iter().enumerate() {
            let mut written = Stream::default();
            for (descriptor, sink) in &plumbing.sinks {
                if *sink == Sink::Target(index) {
                    written.merge(if *descriptor == 1 || !runs {
                        &content
                    } else {
                        &other
                    });
                }
            }
            if !written.present {
                written = Stream::literal("");
            }
            match target {
                Target::Process(index) => {
                    let outer = std::mem::replace(&mut self.stdin, written);
                    let mut copy = plumbing.before.as_deref().cloned().unwrap_or_default();
                    copy.files.clone_from(&state.files);
                    copy.ledger = state.ledger.clone();
                    self.substitution(&mut copy, *index);
                    state.settle(copy);
                    self.stdin = outer;
                }
                Target::File {
                    path,
                    mode,
                    descriptor,
                    span,
                } => {
                    state.write_file(path, &written, *mode != RedirectMode::Write);
                    let redirect = FileRedirect {
                        path: path.clone(),
                        mode: *mode,
                        descriptor: *descriptor,
                        content: written,
                        span: self.place(*span),
                    };
                    self.runner.redirect(state, redirect);
                }
            }
        }
        let mut left = Stream::default();
        for (descriptor, sink) in &plumbing.sinks {
            if *sink == Sink::Output {
                left.merge(if *descriptor == 1 { &stdout } else { &other });
            }
        }
        left
    }

    fn report(
        &mut self,
        state: &mut ShellState,
        path: Value,
        mode: RedirectMode,
        redirect: &Redirect,
        content: Stream,
    ) {
        let span = self.place(redirect.span);
        let descriptor = redirect.descriptor;
        self.runner.redirect(
            state,
            FileRedirect {
                path,
                mode,
                descriptor,
                content,
                span,
            },
        );
    }
}

impl Plumbing {
    /// Input on a descriptor; other than standard input it is a file a program may be given.
    fn feed(&mut self, state: &mut ShellState, redirect: &Redirect, content: Stream) {
        match redirect.descriptor {
            Some(0) => self.stdin = Some(content),
            Some(descriptor) => {
                state.files.insert(format!("/dev/fd/{descriptor}"), content);
            }
            None => {}
        }
    }

    fn write(&mut self, path: Value, mode: RedirectMode, redirect: &Redirect) {
        let descriptor = redirect.descriptor;
        self.add(
            Target::File {
                path,
                mode,
                descriptor,
                span: redirect.span,
            },
            descriptor,
        );
    }

    fn add(&mut self, target: Target, descriptor: Option<i32>) {
        let index = self.targets.len();
        self.targets.push(target);
        self.set(descriptor, Sink::Target(index));
    }

    fn set(&mut self, descriptor: Option<i32>, sink: Sink) {
        if let Some(descriptor) = descriptor {
            self.sinks.insert(descriptor, sink);
        }
    }

    fn duplicate(&mut self, descriptor: Option<i32>, from: i32) {
        let sink = self.sinks.get(&from).copied().unwrap_or(Sink::Elsewhere);
        self.set(descriptor, sink);
    }
}
