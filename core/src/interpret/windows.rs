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
use super::value::{Stream, Value};
use super::words::find;
use crate::catalogue::spec::{Catalogue, Command};

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
pub fn dialect_of(name: &str, catalogue: &Catalogue) -> Option<Dialect> {
    [Dialect::PowerShell, Dialect::Cmd]
        .into_iter()
        .find(|dialect| dialect.command(name, catalogue).is_some())
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
