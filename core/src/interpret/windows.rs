//! PowerShell and cmd.exe: read by their words, conservatively.
//!
//! There is no parser for either that builds for wasm. What is read here is which commands run, with
//! which words, and what flows between them; everything else of the languages (objects, operators,
//! control flow) is skipped, and what is skipped is still looked through for commands. Every branch
//! and block counts as run. Commands are looked up as `powershell:NAME` or `cmd:NAME` in lower case,
//! a cmdlet that is not listed as `powershell:VERB-*`; then as programs of any system.

mod lex;
mod run;

#[cfg(test)]
mod tests;

use super::program::Program;
use super::session::Session;
use super::shell::ShellState;
use super::value::{Origin, Stream, Value};
use super::words::find;
use crate::catalogue::spec::{Catalogue, Command, Output};

/// A command language of Windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Windows PowerShell and PowerShell 7.
    PowerShell,
    /// The command prompt and batch files.
    Cmd,
}

impl Dialect {
    /// The dialect of this name in the catalogue.
    #[must_use]
    pub fn of(language: &str) -> Option<Self> {
        match language {
            "powershell" => Some(Self::PowerShell),
            "cmd" => Some(Self::Cmd),
            _ => None,
        }
    }

    const fn prefix(self) -> &'static str {
        match self {
            Self::PowerShell => "powershell:",
            Self::Cmd => "cmd:",
        }
    }

    /// What the catalogue has under this name in this dialect alone.
    #[must_use]
    pub fn command(self, name: &str, catalogue: &Catalogue) -> Option<&'static Command> {
        let name = name.to_lowercase();
        find(catalogue.commands, &format!("{}{name}", self.prefix()))
            .or_else(|| self.by_verb(&name, catalogue))
    }

    /// A cmdlet known by its verb only, as PowerShell's naming rules promise.
    fn by_verb(self, name: &str, catalogue: &Catalogue) -> Option<&'static Command> {
        let (verb, noun) = name.split_once('-')?;
        let letters = |text: &str| !text.is_empty() && text.chars().all(char::is_alphanumeric);
        if self == Self::Cmd || !letters(verb) || !letters(noun) {
            return None;
        }
        find(catalogue.commands, &format!("{}{verb}-*", self.prefix()))
    }
}

/// The dialect in which a word that names no program of other systems is a command.
#[must_use]
pub fn dialect_of(name: &str, arguments: &[Value], catalogue: &Catalogue) -> Option<Dialect> {
    if is_cmd(name, arguments, catalogue) {
        return Some(Dialect::Cmd);
    }
    [Dialect::PowerShell, Dialect::Cmd]
        .into_iter()
        .find(|dialect| dialect.command(name, catalogue).is_some())
}

/// Whether it is a command of cmd.exe with an option (`/q`) that only cmd.exe reads as one.
#[must_use]
pub fn is_cmd(name: &str, arguments: &[Value], catalogue: &Catalogue) -> bool {
    let is_option = |word: &Value| {
        let text = word.known_text().unwrap_or_default();
        let name = text.strip_prefix('/').unwrap_or_default();
        let end = name.find(':').unwrap_or(name.len());
        (1..=2).contains(&end) && name.chars().take(end).all(|c| c.is_ascii_alphabetic())
    };
    // Backslashes are gone where another shell has read it: `C:\Windows` is `C:Windows`.
    let is_path = |word: &Value| {
        let text = word.known_text().unwrap_or_default();
        let drive =
            text.starts_with(|c: char| c.is_ascii_uppercase()) && text.get(1..2) == Some(":");
        let variable = text.strip_prefix('%').and_then(|rest| rest.split_once('%'));
        drive
            || variable.is_some_and(|(name, _)| {
                name.len() > 2 && name.chars().all(|c| c.is_ascii_uppercase())
            })
    };
    // Nearly all calls have no word that is either.
    let begins = |word: &Value| {
        let texts = word.pieces.iter().filter_map(|piece| piece.text.as_deref());
        let first = texts.flat_map(str::bytes).next();
        first.is_some_and(|byte| matches!(byte, b'/' | b'%' | b'A'..=b'Z'))
    };
    if !arguments.iter().any(begins) {
        return false;
    }
    let Some(command) = Dialect::Cmd.command(name, catalogue) else {
        return false;
    };
    arguments.first().is_some_and(is_option)
        || (command.output != Output::Operands && arguments.iter().any(is_path))
}

/// Whether words of which the first cannot be seen are an assignment of PowerShell: `$env:NAME = x`,
/// `$name += x`. In capitals the name is one that shells of other systems may have set.
#[must_use]
pub fn assigns(words: &[Value]) -> bool {
    let [first, rest @ ..] = words else {
        return false;
    };
    let mut pieces = first.pieces.iter();
    let name = match pieces.next().map(|piece| (&piece.text, &piece.origin)) {
        Some((None, Origin::Variable(name))) => name.as_str(),
        _ => return false,
    };
    let rest_of_name = pieces.next().map(|piece| piece.text.as_deref());
    let plain = match rest_of_name {
        Some(Some(text)) if name == "env" => text.starts_with(':'),
        None => name.contains(|c: char| c.is_ascii_lowercase()),
        Some(_) => false,
    };
    let operator = rest.first().and_then(Value::exact).unwrap_or_default();
    plain && matches!(operator.as_str(), "=" | "+=" | "-=" | "*=")
}

/// Pieces of text by which another shell may cut it elsewhere than PowerShell and cmd.exe do.
const ODD: &[&str] = &[
    "`", "${", "$'", "<(", "<<", "<#", "\\\"", "\\'", "^", "\\\n",
];
/// How lines begin that only cmd.exe reads.
const OPENINGS: &[&str] = &[
    "if exist ",
    "if not exist ",
    "if defined ",
    "if not defined ",
    "for %",
    "for /",
    "@echo off",
];
/// More text is not looked at to tell its language.
const TELLING: usize = 8192;

/// Words that only PowerShell has.
const TELLING_WORDS: &[&str] = &[
    "$LASTEXITCODE",
    "$PSScriptRoot",
    "$PSVersionTable",
    "$null",
    "$true",
    "$false",
];

/// Whether a text begins as only statements of PowerShell do: with a type or the call operator.
#[must_use]
pub fn begins(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with("& ") || (text.starts_with('[') && text.contains("]::"))
}

/// The dialect that a text which other shells refuse is surely written in.
#[must_use]
pub fn surely(text: &str, catalogue: &Catalogue) -> Option<Dialect> {
    if text.len() > TELLING || ODD.iter().any(|odd| text.contains(odd)) || glued_quotes(text) {
        return None;
    }
    let start: String = text.trim_start().chars().take(20).collect();
    let start = start.to_lowercase();
    if OPENINGS.iter().any(|opening| start.starts_with(opening)) {
        return Some(Dialect::Cmd);
    }
    if begins(text) {
        return Some(Dialect::PowerShell);
    }
    let words =
        text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '$' | ':' | '_')));
    let mut words = words.filter(|word| !word.is_empty());
    words
        .any(|word| {
            word.starts_with("$env:") || TELLING_WORDS.contains(&word) || is_cmdlet(word, catalogue)
        })
        .then_some(Dialect::PowerShell)
}

/// Whether an empty pair of quotes stands against a word, as in `r''m`.
fn glued_quotes(text: &str) -> bool {
    ["''", "\"\""].iter().any(|pair| {
        text.match_indices(pair).any(|(at, _)| {
            let before = text.get(..at).and_then(|head| head.chars().next_back());
            let after = text
                .get(at.saturating_add(2)..)
                .and_then(|tail| tail.chars().next());
            let glued = |c: Option<char>| {
                c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '\'' | '"' | '/' | '.' | '-'))
            };
            glued(before) || glued(after)
        })
    })
}

/// Whether `name` is spelled as only a cmdlet is: `Verb-Noun`.
#[must_use]
pub fn is_cmdlet(name: &str, catalogue: &Catalogue) -> bool {
    let capital = |text: &str| text.starts_with(|c: char| c.is_ascii_uppercase());
    name.split_once('-')
        .is_some_and(|(verb, noun)| capital(verb) && capital(noun))
        && Dialect::PowerShell.command(name, catalogue).is_some()
}

/// Interprets `text`, which stands at `span` of another text, or is the call's own when `span` is
/// empty; returns what it writes to standard output.
pub fn walk(
    session: &mut Session<'_>,
    state: &mut ShellState,
    text: &str,
    dialect: Dialect,
    span: (u32, u32),
    stdin: &Stream,
) -> Stream {
    // Quotes and variables shift the text, so that the place around it is all that can be said.
    let outer = session.frame.outer_span;
    if outer.is_none() && span.1 > 0 {
        session.frame.outer_span = Some(span);
    }
    let output = run::text(session, state, text, dialect, stdin);
    session.frame.outer_span = outer;
    output
}

impl Session<'_> {
    /// A program of this name, read as the cmdlet it may be.
    pub(super) fn cmdlet(&mut self, state: &mut ShellState, name: &str, program: &Program<'_>) {
        let command = Dialect::PowerShell.command(name, self.catalogue);
        if let (Some(command), Some((_, arguments))) = (command, program.words.split_first()) {
            let arguments: Vec<Value> = arguments.iter().map(option).collect();
            self.known(state, command, &arguments, program);
        }
    }

    /// A command of this dialect about to run.
    fn windows_program(
        &mut self,
        state: &mut ShellState,
        dialect: Dialect,
        words: &[Value],
        stdin: &Stream,
        span: (u32, u32),
    ) -> Stream {
        if self.full() {
            return Stream::from_origin(Origin::Unseen);
        }
        let program = Program {
            words,
            assignments: &[],
            stdin,
            span,
            open_ended: false,
        };
        let name = words.first().and_then(Value::exact);
        let known = name.and_then(|name| dialect.command(&name, self.catalogue));
        match (known, words.split_first()) {
            (Some(command), Some((_, arguments))) => {
                let arguments: Vec<Value> = arguments.iter().map(option).collect();
                self.known(state, command, &arguments, &program)
            }
            _ => self.program(state, &program),
        }
    }
}

/// An argument as the catalogue spells options: lower case, `-name:value` as `-name=value`.
fn option(word: &Value) -> Value {
    let mut word = word.clone();
    let Some(text) = word
        .pieces
        .first_mut()
        .and_then(|piece| piece.text.as_mut())
    else {
        return word;
    };
    let mut rest = text.chars();
    let is_option =
        matches!(rest.next(), Some('-' | '/')) && rest.next().is_some_and(char::is_alphabetic);
    if is_option {
        let end = text.find([':', '=']).unwrap_or(text.len());
        let (name, value) = text.split_at(end);
        let value = match value.strip_prefix(':') {
            Some(value) => format!("={value}"),
            None => value.to_owned(),
        };
        *text = format!("{}{value}", name.to_lowercase());
    }
    word
}
