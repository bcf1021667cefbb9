//! Cases for every construct, each with a near neighbour that must stay quiet.

mod commands;
mod hostile;
mod state;
mod words;

use std::collections::BTreeMap;

use super::{FileRedirect, Invocation, Outcome, RedirectMode, Runner, ShellState, walk};
use crate::interpret::value::{Origin, Stream, Value};
use crate::secret::Secret;

/// Writes down what it is handed. It knows `echo`, `cat`, `fetch` (network), `eval` and `sh -c`.
#[derive(Default)]
pub(super) struct Recorder {
    pub ran: Vec<String>,
    pub stdins: Vec<Stream>,
    pub invocations: Vec<Invocation>,
    pub cwds: Vec<Option<String>>,
    pub redirects: Vec<String>,
    pub contents: Vec<Stream>,
    pub assigned: Vec<String>,
    pub opaque: Vec<String>,
    pub env: BTreeMap<String, String>,
}

/// Words with `‹›` around patterns and `?` for unknown pieces.
pub(super) fn show(value: &Value) -> String {
    let piece = |piece: &crate::interpret::value::Piece| match (&piece.text, piece.pattern) {
        (Some(text), true) => format!("‹{text}›"),
        (Some(text), false) => text.clone(),
        (None, _) => "?".to_owned(),
    };
    value.pieces.iter().map(piece).collect()
}

fn echoed(words: &[Value]) -> Stream {
    let mut stream = Stream::from_value(&Value::join(words));
    stream.text = stream
        .text
        .map(|text| Secret::new(format!("{}\n", text.expose())));
    stream
}

impl Runner for Recorder {
    fn run(&mut self, state: &mut ShellState, invocation: &Invocation) -> Outcome {
        let invocation = invocation.clone();
        let words: Vec<String> = invocation.words.iter().map(show).collect();
        let mut line = String::new();
        for (name, value) in &invocation.assignments {
            line.push_str(&format!("{name}={} ", show(value)));
        }
        line.push_str(&words.join("|"));
        self.ran.push(line);
        self.stdins.push(invocation.stdin.clone());
        self.cwds.push(state.cwd.clone());
        self.invocations.push(invocation.clone());
        let arguments = &invocation.words[1..];
        let stdout = match words[0].as_str() {
            "echo" => echoed(arguments),
            "cat" if arguments.is_empty() => invocation.stdin,
            "cat" => state.read_file(&arguments[0]),
            "fetch" => Stream::from_origin(Origin::Network("host".to_owned())),
            "eval" => match Value::join(arguments).known_text() {
                Some(text) => walk(&text, state, self, invocation.stdin).stdout,
                None => Stream::default(),
            },
            "sh" if arguments.len() > 1 => {
                let text = arguments[1].known_text().unwrap();
                state.subshell(|state| walk(&text, state, self, invocation.stdin).stdout)
            }
            _ => Stream::default(),
        };
        Outcome { stdout }
    }

    fn redirect(&mut self, _: &mut ShellState, redirect: FileRedirect) {
        let mode = match redirect.mode {
            RedirectMode::Read => "<",
            RedirectMode::Write => ">",
            RedirectMode::Append => ">>",
            RedirectMode::ReadWrite => "<>",
        };
        self.redirects
            .push(format!("{mode}{}", show(&redirect.path)));
        self.contents.push(redirect.content);
    }

    fn assigned(&mut self, _: &mut ShellState, name: &str, value: &Value, _: (u32, u32)) {
        self.assigned.push(format!("{name}={}", show(value)));
    }

    fn variable(&mut self, name: &str) -> Option<Secret> {
        self.env.get(name).map(Secret::new)
    }

    fn opaque(&mut self, _: &ShellState, reason: &str, _: (u32, u32)) {
        self.opaque.push(reason.to_owned());
    }
}

/// Walks `text` in `/work` with `HOME`, `TOKEN` and `FLAGS` in the environment.
pub(super) fn record(text: &str) -> Recorder {
    record_with(
        text,
        &mut ShellState {
            cwd: Some("/repo".to_owned()),
            ..ShellState::default()
        },
    )
}

pub(super) fn record_with(text: &str, state: &mut ShellState) -> Recorder {
    let mut recorder = Recorder::default();
    for (name, value) in [
        ("HOME", "/home/kim"),
        ("TOKEN", "s3cret"),
        ("FLAGS", "-r -f"),
    ] {
        recorder.env.insert(name.to_owned(), value.to_owned());
    }
    walk(text, state, &mut recorder, Stream::default());
    recorder
}

/// Asserts what runs, and that everything could be read.
#[track_caller]
pub(super) fn runs(text: &str, expected: &[&str]) -> Recorder {
    let recorder = record(text);
    assert_eq!(recorder.ran, expected, "{text}");
    assert!(recorder.opaque.is_empty(), "{text}: {:?}", recorder.opaque);
    recorder
}

/// Asserts that something could not be read.
#[track_caller]
pub(super) fn opaque(text: &str) -> Recorder {
    let recorder = record(text);
    assert!(!recorder.opaque.is_empty(), "{text}: {:?}", recorder.ran);
    recorder
}
