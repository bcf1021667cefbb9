//! Code of other languages written in a call.
//!
//! Python and JavaScript are parsed and followed; what their calls mean is data
//! (`core/catalogue/code`). Code in other languages, and what cannot be parsed, is looked through for
//! names that reach outside.

mod given;
#[cfg(feature = "code")]
mod javascript;
mod machine;
#[cfg(feature = "code")]
mod python;
mod rules;
mod sed;
#[cfg(all(test, feature = "code"))]
mod tests;
mod thing;
#[cfg_attr(
    not(feature = "code"),
    expect(dead_code, reason = "without a parser there is no tree")
)]
mod tree;
mod unparsed;

use self::machine::{Machine, Outcome};
use self::tree::Tree;
use super::argument::text_of;
use super::hint;
use super::nesting;
use super::patch;
use super::program::Program;
use super::session::{Note, Session};
use super::shell::ShellState;
use super::sql;
use super::value::{Origin, Stream, Value};
use crate::action::{Draft, Effects};
use crate::catalogue::spec::CodeLanguage;
use crate::limits;
use crate::vocabulary::{Completeness, Effect, ResourceType, Reversibility, Verb};

/// What tools call the language of a shell.
const SHELLS: &[&str] = &["bash", "sh", "shell", "zsh", "console", "terminal"];

/// The language of sed's scripts.
const SED: &str = "sed";

/// The language of patches.
const PATCH: &str = "patch";

/// A language that is not told.
const UNTOLD: &str = "code";

/// One script of a `package.json`, with those that run before and after it.
pub use rules::part;

/// The texts of one call that are code, each by itself or together.
pub fn texts(language: &str, given: Vec<Value>) -> Vec<Value> {
    if language == SED && given.len() > 1 {
        vec![sed::joined(&given)]
    } else {
        given
    }
}

/// A piece of code about to run.
#[derive(Debug)]
pub struct Code<'c> {
    /// The code.
    pub text: &'c Value,
    /// Its language; `code` when that is not known.
    pub language: &'c str,
    /// Its standard input.
    pub stdin: &'c Stream,
    /// Byte range of the command it stands in.
    pub span: (u32, u32),
}

/// The language that the name of a tool tells of its code; `code` when it tells none, or several.
pub fn language_of_tool(session: &Session<'_>, tool: &str) -> &'static str {
    let words = hint::words(tool);
    // `JavaScript` is two words.
    let joined: Vec<String> = words.windows(2).map(<[String]>::concat).collect();
    let mut told = session.catalogue.code.iter().filter(|one| {
        let mut words = words.iter().chain(&joined);
        words.any(|word| one.tools.contains(&word.as_str()))
    });
    match (told.next(), told.next()) {
        (Some(one), None) => name(one),
        _ => UNTOLD,
    }
}

/// Adds what code does, and answers with what it prints.
pub fn interpret(session: &mut Session<'_>, state: &mut ShellState, code: &Code<'_>) -> Stream {
    let language = code.language.to_ascii_lowercase();
    let unseen = Stream::from_origin(Origin::Unseen);
    let cwd = state.cwd.clone();
    let setting = session.setting(cwd.as_deref(), code.span);
    if !session.reads_code(&setting) {
        return unseen;
    }
    if let Some(dialect) = sql::language(&language) {
        sql::interpret(session, code.text, dialect, &setting);
        return unseen;
    }
    if SHELLS.contains(&language.as_str()) {
        let program = Program {
            words: &[],
            assignments: &[],
            stdin: code.stdin,
            span: code.span,
            open_ended: false,
        };
        return session.shell_value(state, code.text, &program);
    }
    if language == SED {
        sed::interpret(session, state, code);
        return Stream::default();
    }
    if language == PATCH {
        let cwd = state.cwd.clone();
        let setting = session.setting(cwd.as_deref(), code.span);
        let found = patch::interpret(session, &text_of(code.text), &setting);
        if !found || code.text.is_dynamic() {
            let why = "which files a patch changes cannot be seen";
            session.opaque("fs:patch", why, Effects::NONE, &setting);
        }
        return Stream::default();
    }
    if rules::knows(&language) && !code.text.is_dynamic() {
        rules::interpret(session, state, code);
        return Stream::default();
    }
    let text = text_of(code.text);
    let known = session.catalogue.code;
    let untold = language == UNTOLD;
    if untold && text.len() > limits::UNTOLD_CODE_BYTES {
        unparsed::interpret(session, state, code);
        return cut(session, state, code, UNTOLD);
    }
    let candidates = known
        .iter()
        .filter(|one| untold || one.names.contains(&language.as_str()));
    // Of a language that is not told every reading counts.
    let mut readings = Vec::new();
    for candidate in candidates {
        if cfg!(not(feature = "code")) {
            session.lacking = true;
        }
        if !session.enter(nesting::PARSED_CODE) {
            return cut(session, state, code, name(candidate));
        }
        let tree = parse(candidate, &text);
        session.leave(nesting::PARSED_CODE);
        readings.extend(tree.map(|tree| (candidate, tree)));
    }
    if readings.len() > 1 && text.len() > limits::MIXED_CODE_BYTES {
        unparsed::interpret(session, state, code);
        return cut(session, state, code, UNTOLD);
    }
    let mut printed = None;
    for (language, tree) in &readings {
        let stream = followed(session, state, code, (language, tree), readings.len());
        printed.get_or_insert_with(Stream::default).merge(&stream);
    }
    printed.unwrap_or_else(|| {
        unparsed::interpret(session, state, code);
        unseen
    })
}

/// The tree of a text, by the grammar of its language.
#[cfg(not(feature = "code"))]
fn parse(_: &CodeLanguage, _: &str) -> Option<Tree> {
    None
}

/// The tree of a text, by the grammar of its language.
#[cfg(feature = "code")]
fn parse(language: &CodeLanguage, text: &str) -> Option<Tree> {
    match language.names.first().copied() {
        Some("python") => python::read(text),
        Some("javascript") => javascript::read(text),
        _ => None,
    }
}

/// Adds what code does that is read as this, in one of so many ways.
fn followed(
    session: &mut Session<'_>,
    state: &mut ShellState,
    code: &Code<'_>,
    (language, tree): (&'static CodeLanguage, &Tree),
    ways: usize,
) -> Stream {
    if !session.enter(nesting::TEXT) {
        return cut(session, state, code, name(language));
    }
    let first = session.drafts.len();
    let cwd = state.cwd.clone();
    let span = if code.text.span.1 > 0 {
        code.text.span
    } else {
        code.span
    };
    let outcome = state.subshell(|inner| {
        let machine = Machine::new(session, inner, language, code.stdin, span);
        let mut machine = machine.sharing(ways);
        machine.run(tree);
        std::mem::take(&mut machine.result)
    });
    session.leave(nesting::TEXT);
    unique(&mut session.drafts, first);
    leaks(session, code, first, cwd.as_deref());
    noted(
        session,
        code,
        name(language),
        &outcome,
        first,
        cwd.as_deref(),
    );
    outcome.stdout
}

/// What a language is called in operations.
fn name(language: &CodeLanguage) -> &'static str {
    language.names.first().copied().unwrap_or(UNTOLD)
}

/// Adds code that is not followed: it is too long, or what stands around it too deep.
fn cut(session: &mut Session<'_>, state: &ShellState, code: &Code<'_>, language: &str) -> Stream {
    let outcome = Outcome {
        cut: true,
        ..Outcome::default()
    };
    let (first, cwd) = (session.drafts.len(), state.cwd.as_deref());
    noted(session, code, language, &outcome, first, cwd);
    Stream::from_origin(Origin::Unseen)
}

/// Adds that the code runs at all.
fn noted(
    session: &mut Session<'_>,
    code: &Code<'_>,
    language: &str,
    outcome: &Outcome,
    first: usize,
    cwd: Option<&str>,
) {
    let hidden = code.text.is_dynamic();
    let mut effects = Effects::of(&[Effect::InlineCode]);
    if hidden {
        effects = effects.with(Effect::RemoteCode);
    }
    let clear = !hidden && !outcome.cut && !outcome.unknown;
    let (verb, evidence) = match (hidden, outcome.cut, outcome.unknown) {
        (true, ..) => (Verb::Execute, "code of which a part cannot be seen"),
        (_, true, _) => (
            Verb::Unknown,
            "code that is longer or deeper than is followed",
        ),
        (_, _, true) => (
            Verb::Execute,
            "code that uses libraries which are not known",
        ),
        _ => (Verb::Execute, "code of which every call is known"),
    };
    let setting = session.setting(cwd, code.span);
    session.note(
        Note {
            operation: &format!("code:{language}"),
            verb,
            kind: ResourceType::Process,
            id: Some(&Value::literal(language).at(code.text.span)),
            reversibility: if clear {
                Reversibility::None
            } else {
                Reversibility::Irreversible
            },
            effects,
            completeness: if clear {
                Completeness::Exact
            } else {
                Completeness::Opaque
            },
            evidence,
        },
        &setting,
    );
    if let Some(own) = session.drafts.get_mut(first..) {
        own.rotate_right(1.min(own.len()));
    }
}

/// Drops drafts that say the same as one before: loops and branches say things again.
fn unique(drafts: &mut Vec<Draft>, first: usize) {
    let mut kept: Vec<Draft> = Vec::new();
    for draft in drafts.drain(first.min(drafts.len())..) {
        if !kept
            .iter()
            .rev()
            .take(limits::ORIGINS)
            .any(|one| *one == draft)
        {
            kept.push(draft);
        }
    }
    drafts.append(&mut kept);
}

/// A secret that the shell puts into the text of code is in whatever that code sends.
fn leaks(session: &mut Session<'_>, code: &Code<'_>, first: usize, cwd: Option<&str>) {
    let setting = session.setting(cwd, code.span);
    if !code
        .text
        .origins()
        .any(|origin| session.leaks(origin, &setting))
    {
        return;
    }
    for draft in session.drafts.iter_mut().skip(first) {
        if draft.effects.contains(Effect::Egress) {
            draft.effects = draft.effects.with(Effect::Exfiltration);
        }
    }
}
