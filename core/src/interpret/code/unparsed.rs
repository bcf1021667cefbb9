//! Code that is not parsed: its tokens are looked through for calls that the catalogue has, the rest
//! for names that reach outside.

mod scan;

use self::scan::{Kind, Token};
use super::Code;
use super::machine::Machine;
use super::thing::{Arguments, Thing, join};
use crate::action::Effects;
use crate::catalogue::spec::PathClass;
use crate::interpret::argument::Argument;
use crate::interpret::hint;
use crate::interpret::place::Setting;
use crate::interpret::program::slug;
use crate::interpret::session::{Note, Session};
use crate::interpret::shell::ShellState;
use crate::interpret::value::{Origin, Value};
use crate::limits;
use crate::vocabulary::{Completeness, Effect, ResourceType, Reversibility, Verb};

/// Adds what the code may do: without a name that reaches outside it is an ordinary run; with one it
/// could be anything.
pub fn interpret(session: &mut Session<'_>, state: &mut ShellState, code: &Code<'_>) {
    let cwd = state.cwd.clone();
    let setting = session.setting(cwd.as_deref(), code.span);
    let text = code.text.sketch();
    let language = slug(code.language);
    let first = session.drafts.len();
    let tokens = Some(&text)
        .filter(|text| text.len() <= limits::CODE_BYTES)
        .map(|text| scan::tokens(text, true))
        .filter(|tokens| tokens.len() <= limits::CODE_TOKENS);
    let rest = match &tokens {
        Some(tokens) => listed(session, state, code, &text, &language, tokens),
        None => text.clone(),
    };
    let sink = hint::sink_of_code(&rest, session.catalogue);
    let hidden = code.text.is_dynamic();
    let mut effects = Effects::of(&[Effect::InlineCode]);
    if hidden {
        effects = effects.with(Effect::RemoteCode);
    }
    let mut paths: Vec<&str> = path_like(&rest)
        .take(limits::DOUBTFUL_PATHS.saturating_add(1))
        .collect();
    // What is too long to be read could be anything.
    let unread = tokens.is_none() || paths.len() > limits::DOUBTFUL_PATHS;
    paths.truncate(limits::DOUBTFUL_PATHS);
    let reaches = sink.is_some() || unread;
    let evidence = match sink {
        Some(sink) => format!("code that uses `{sink}`"),
        None if unread => "more code than is read".to_owned(),
        None if hidden => "code that cannot be seen".to_owned(),
        None => "code without a name known to reach outside".to_owned(),
    };
    let id = Value::literal(language.clone()).at(code.text.span);
    session.note(
        Note {
            operation: &format!("code:{language}"),
            verb: if reaches {
                Verb::Unknown
            } else {
                Verb::Execute
            },
            kind: ResourceType::Process,
            id: Some(&id),
            reversibility: Reversibility::Irreversible,
            effects,
            completeness: Completeness::Opaque,
            evidence: &evidence,
        },
        &setting,
    );
    if let Some(own) = session.drafts.get_mut(first..) {
        own.rotate_right(1.min(own.len()));
    }
    paths_named(
        session,
        &paths,
        &language,
        reaches,
        &setting,
        code.text.span,
    );
}

/// Adds what the listed calls do, and answers with the text without them.
fn listed(
    session: &mut Session<'_>,
    state: &mut ShellState,
    code: &Code<'_>,
    text: &str,
    language: &str,
    tokens: &[Token<'_>],
) -> String {
    let known = session.catalogue.code.iter();
    let Some(known) = known.into_iter().find(|one| one.names.contains(&language)) else {
        return text.to_owned();
    };
    let span = if code.text.span.1 > 0 {
        code.text.span
    } else {
        code.span
    };
    let mut rest = String::with_capacity(text.len());
    let mut done = 0;
    state.subshell(|inner| {
        let mut machine = Machine::new(session, inner, known, code.stdin, span);
        let mut calls = 0_usize;
        let mut marks = Marks::default();
        for (index, token) in tokens.iter().enumerate() {
            // What is left is looked through for hints.
            if calls > limits::CODE_STEPS / limits::CODE_CALL_STEPS {
                break;
            }
            let end = match &token.kind {
                Kind::Command(command) => {
                    machine.shell(command);
                    Some(token.end)
                }
                Kind::Mark('/') if begins_pattern(language, tokens, index) => {
                    pattern_end(text, token.end)
                }
                Kind::Name(name) => called(&mut machine, name, tokens, index),
                Kind::Mark(mark) if texts_follow(tokens, index) && marks.call(*mark, &machine) => {
                    called(&mut machine, mark.encode_utf8(&mut [0; 4]), tokens, index)
                }
                _ => None,
            };
            let Some(end) = end else { continue };
            calls = calls.saturating_add(1);
            if token.start >= done {
                rest.push_str(text.get(done..token.start).unwrap_or_default());
                done = end;
            }
        }
    });
    rest.push_str(text.get(done..).unwrap_or_default());
    rest
}

/// Words and marks after which a slash begins a pattern.
const BEFORE_PATTERN: &[&str] = &[
    "if", "unless", "and", "or", "not", "while", "until", "when", "split", "grep", "return",
];

/// Whether a slash begins a pattern rather than divides.
fn begins_pattern(language: &str, tokens: &[Token<'_>], index: usize) -> bool {
    let before = index.checked_sub(1).and_then(|at| tokens.get(at));
    matches!(language, "perl" | "ruby" | "awk")
        && match before.map(|token| &token.kind) {
            None => true,
            Some(Kind::Mark(mark)) => "(,!&|;{~=".contains(*mark),
            Some(Kind::Name(name)) => BEFORE_PATTERN.contains(&name.as_ref()),
            Some(_) => false,
        }
}

/// The byte after a pattern on one line in which no code stands.
fn pattern_end(text: &str, start: usize) -> Option<usize> {
    let rest = text.get(start..)?;
    let mut escaped = false;
    let end = rest.bytes().position(|byte| {
        let ends = matches!(byte, b'\n') || (byte == b'/' && !escaped);
        escaped = byte == b'\\' && !escaped;
        ends
    })?;
    let pattern = rest.get(..end)?;
    let runs = ["(?{", "(??{", "#{", "@{", "${"];
    let plain =
        rest.as_bytes().get(end) == Some(&b'/') && !runs.iter().any(|one| pattern.contains(one));
    plain.then(|| start.saturating_add(end).saturating_add(1))
}

/// What is known of marks of this code: whether a language has a call of that name.
#[derive(Default)]
struct Marks(Vec<(char, bool)>);

impl Marks {
    fn call(&mut self, mark: char, machine: &Machine<'_, '_>) -> bool {
        if let Some((_, known)) = self.0.iter().find(|(one, _)| *one == mark) {
            return *known;
        }
        let known = machine.names(mark.encode_utf8(&mut [0; 4]));
        self.0.push((mark, known));
        known
    }
}

/// Whether a text comes next, perhaps after the second half of `>>`.
fn texts_follow(tokens: &[Token<'_>], index: usize) -> bool {
    let next = |at: usize| {
        tokens
            .get(index.saturating_add(at))
            .map(|token| &token.kind)
    };
    match next(1) {
        Some(Kind::Mark('>')) => matches!(next(2), Some(Kind::Text(_))),
        other => matches!(other, Some(Kind::Text(_))),
    }
}

/// A listed call at some token: the byte where what is understood of it ends.
fn called(
    machine: &mut Machine<'_, '_>,
    name: &str,
    tokens: &[Token<'_>],
    index: usize,
) -> Option<usize> {
    let mark = |at: usize| match tokens.get(at).map(|token| &token.kind) {
        Some(Kind::Mark(mark)) => Some(*mark),
        _ => None,
    };
    let mut next = index.saturating_add(1);
    while matches!(mark(next), Some('(' | '[' | '>')) {
        next = next.saturating_add(1);
    }
    let first = tokens.get(next).map(|token| &token.kind);
    let given = matches!(first, Some(Kind::Text(_) | Kind::Name(_)));
    if !(given || name == "getline") || !machine.names(name) {
        return None;
    }
    let mut arguments = Arguments::default();
    let mut end = tokens.get(index).map_or(0, |token| token.end);
    // `"command" | getline`
    let before = |back: usize| index.checked_sub(back).and_then(|at| tokens.get(at));
    if name == "getline"
        && let (Some(Kind::Mark('|')), Some(Kind::Text(text))) = (
            before(1).map(|one| &one.kind),
            before(2).map(|one| &one.kind),
        )
    {
        arguments.positional.push(Thing::value(text.clone()));
        machine.invoke(&Thing::at(name), None, &arguments);
        return Some(end);
    }
    // Without a pipe before it, it reads input or a file.
    let piped = before(1).is_some_and(|one| one.kind == Kind::Mark('|'));
    if name == "getline" && !piped {
        return Some(end);
    }
    // What other calls or filled-in code may stand in is looked through as well.
    let mut plain = true;
    loop {
        match tokens.get(next).map(|token| &token.kind) {
            Some(Kind::Text(text)) => {
                plain &= !text.is_dynamic();
                arguments.positional.push(Thing::value(text.clone()));
            }
            Some(Kind::Name(name)) => {
                plain = false;
                arguments.positional.push(Thing::of(Argument::Unknown));
                // A list may be any number of arguments.
                arguments.open |= name.starts_with('@');
            }
            _ => break,
        }
        if plain {
            end = tokens.get(next).map_or(end, |token| token.end);
        }
        next = next.saturating_add(1);
        match mark(next) {
            Some(',') => next = next.saturating_add(1),
            // What follows a text changes it, or is no more of the call.
            Some(')' | ']' | ';' | '}') | None => break,
            Some(_) => {
                arguments.open = true;
                if let Some(last) = arguments.positional.last_mut() {
                    let known = last.as_value();
                    *last = Thing::value(join(&[known, Value::unseen(Origin::Unseen)]));
                }
                break;
            }
        }
    }
    if arguments.positional.is_empty() {
        return None;
    }
    machine.invoke(&Thing::at(name), None, &arguments);
    Some(end)
}

/// The words of code that may be paths.
fn path_like(text: &str) -> impl Iterator<Item = &str> {
    let ends = |c: char| match c {
        '"' | '\'' | '`' | '(' | ')' | ',' | ';' | '[' | ']' | '{' | '}' | '=' | '<' | '>' => true,
        _ => c.is_whitespace(),
    };
    let marks = |byte: u8| matches!(byte, b'/' | b'.' | b'~');
    let words = text.split(ends);
    words.filter(move |word| word.len() > 3 && word.bytes().any(marks))
}

/// Paths of secrets and of the guard's own settings that the code names.
fn paths_named(
    session: &mut Session<'_>,
    paths: &[&str],
    language: &str,
    reaches: bool,
    setting: &Setting<'_>,
    span: (u32, u32),
) {
    for word in paths.iter().copied() {
        if session.full() {
            return;
        }
        // `getenv("HOME") . "/.netrc"`
        let home = word.starts_with("/.").then(|| format!("~{word}"));
        let word = home.as_deref().unwrap_or(word);
        let Some(path) = setting.resolve(word) else {
            continue;
        };
        let guard = path.is(PathClass::Guard, session.catalogue);
        let secret = path.is(PathClass::Secret, session.catalogue);
        if !guard && !secret {
            continue;
        }
        let id = Value::literal(word).at(span);
        session.note(
            Note {
                operation: &format!("code:{language}"),
                verb: match (guard, reaches) {
                    (true, true) => Verb::Update,
                    (true, false) => Verb::Unknown,
                    (false, _) => Verb::Read,
                },
                kind: if guard && !reaches {
                    ResourceType::Unknown
                } else {
                    ResourceType::File
                },
                id: Some(&id),
                reversibility: Reversibility::Irreversible,
                effects: Effects::of(&[Effect::InlineCode]),
                completeness: Completeness::Opaque,
                evidence: "code that names this file",
            },
            setting,
        );
    }
}
