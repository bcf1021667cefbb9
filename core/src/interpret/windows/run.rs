//! Runs what was read: nested code first, then the command, with what flows into it.

use super::Dialect;
use super::lex::{Part, Stage, Unreadable, Word, stages};
use crate::action::Effects;
use crate::interpret::nesting;
use crate::interpret::session::{Note, Session};
use crate::interpret::shell::ShellState;
use crate::interpret::value::{Origin, Piece, Stream, Value};
use crate::interpret::words::find;
use crate::limits;
use crate::vocabulary::{Completeness, ResourceType, Reversibility, Verb};

/// Words of control flow, which stand in front of commands or groups.
const KEYWORDS: [&str; 25] = [
    "if",
    "else",
    "elseif",
    "for",
    "foreach",
    "while",
    "do",
    "until",
    "switch",
    "try",
    "catch",
    "finally",
    "return",
    "throw",
    "begin",
    "process",
    "end",
    "param",
    "in",
    "not",
    "exist",
    "defined",
    "errorlevel",
    "call",
    "trap",
];

/// Commands that change the working directory.
const MOVES: [&str; 6] = [
    "cd",
    "chdir",
    "sl",
    "set-location",
    "pushd",
    "push-location",
];

/// Variables that hold the home directory.
const HOMES: [&str; 3] = ["home", "env:userprofile", "env:home"];

/// Interprets a whole text.
pub fn text(
    session: &mut Session<'_>,
    state: &mut ShellState,
    text: &str,
    dialect: Dialect,
    stdin: &Stream,
) -> Stream {
    let mut reader = Reader {
        session,
        text,
        dialect,
        depth: 0,
        commands: 0,
        words: 0,
    };
    let whole = (0, text.len());
    let read = if text.len() > limits::SHELL_BYTES {
        Err("text that is too long to read; split it up")
    } else {
        reader.code(state, whole, false, stdin)
    };
    read.unwrap_or_else(|why| {
        reader.opaque(state, why, whole);
        Stream::from_origin(Origin::Unseen)
    })
}

struct Reader<'r, 's> {
    session: &'r mut Session<'s>,
    text: &'r str,
    dialect: Dialect,
    depth: usize,
    commands: usize,
    /// Words that commands were given.
    words: usize,
}

impl Reader<'_, '_> {
    fn code(
        &mut self,
        state: &mut ShellState,
        range: (usize, usize),
        table: bool,
        stdin: &Stream,
    ) -> Result<Stream, Unreadable> {
        if self.depth > limits::SHELL_DEPTH || !self.session.enter(nesting::COMMAND) {
            return Err("code that is nested too deep");
        }
        self.depth = self.depth.saturating_add(1);
        let output = self.entered(state, range, table, stdin);
        self.depth = self.depth.saturating_sub(1);
        self.session.leave(nesting::COMMAND);
        output
    }

    fn entered(
        &mut self,
        state: &mut ShellState,
        range: (usize, usize),
        table: bool,
        stdin: &Stream,
    ) -> Result<Stream, Unreadable> {
        let mut output = Stream::default();
        let mut piped = Stream::default();
        let mut list = false;
        for stage in stages(self.text, range, self.dialect, table)? {
            // The list of `for %f in (list) do …` is data, unless quotes make it a command.
            let data = list && !stage.words.first().is_some_and(is_quoted);
            list = self.dialect == Dialect::Cmd && is_loop_head(&stage.words);
            if data {
                continue;
            }
            self.commands = self.commands.saturating_add(1);
            if self.commands > limits::ACTIONS || self.session.full() {
                return Err("text that does too much to follow; split it up");
            }
            self.words = self.words.saturating_add(stage.words.len());
            let inner = self.session.frame.depth > 0;
            if (inner && !self.session.hands_on(stage.words.len()))
                || stage.words.len() > limits::COMMAND_WORDS
                || self.words > limits::SHELL_WORDS
                || stage.redirects.len() > limits::SHELL_REDIRECTIONS
            {
                return Err("command with too many words to read; split it up");
            }
            let input = if stage.piped { &piped } else { stdin };
            let input = input.clone();
            piped = self.stage(state, &stage, &input)?;
            output.merge(&piped);
        }
        Ok(output)
    }

    fn stage(
        &mut self,
        state: &mut ShellState,
        stage: &Stage,
        stdin: &Stream,
    ) -> Result<Stream, Unreadable> {
        let skip = stage
            .words
            .iter()
            .take_while(|word| !stage.called && is_keyword(word))
            .count();
        let words = stage.words.get(skip..).unwrap_or_default();
        let mut inner = Stream::default();
        let mut values = Vec::with_capacity(words.len());
        for word in words {
            values.push(self.value(state, word, stdin, &mut inner)?);
        }
        // In cmd.exe a quoted word and a variable may name a command.
        let expression = self.dialect == Dialect::PowerShell
            && words.first().is_some_and(|word| {
                // `& { … }` has run its block by now.
                let block = matches!(word.parts.as_slice(), [Part::Code(_, false)]);
                (!stage.called && word.is_expression()) || block
            });
        let output = if values.is_empty() {
            Stream::default()
        } else if expression {
            if values.len() == 1 && !inner.present {
                Stream::from_value(values.first().unwrap_or(&Value::default()))
            } else {
                inner
            }
        } else if self.dialect == Dialect::Cmd && is_loop_head(&stage.words) {
            Stream::default()
        } else if self.dialect == Dialect::Cmd
            && (skip > 0
                || values
                    .first()
                    .is_some_and(|one| one.prefix().starts_with('\'')))
        {
            self.conditional(state, &values, stdin, stage.span);
            Stream::from_origin(Origin::Unseen)
        } else {
            let span = place(stage.span);
            let dialect = self.dialect;
            let output = self
                .session
                .windows_program(state, dialect, &values, stdin, span);
            self.moves(state, &values, stdin);
            output
        };
        for redirect in &stage.redirects {
            self.redirect(state, &redirect.path, redirect.append)?;
        }
        if let Some(name) = &stage.assigns {
            let value = output
                .text
                .as_ref()
                .filter(|_| !output.decoded)
                .map_or_else(
                    || Value::unseen(output.origins.first().cloned().unwrap_or(Origin::Unseen)),
                    |text| Value::literal(text.expose()),
                );
            state.variables.insert(name.clone(), value);
        }
        Ok(output)
    }

    /// Behind a condition of cmd.exe (`if exist x del y`), whose length is not read: every word that
    /// names a command may begin it.
    fn conditional(
        &mut self,
        state: &mut ShellState,
        values: &[Value],
        stdin: &Stream,
        range: (usize, usize),
    ) {
        let (dialect, catalogue) = (self.dialect, self.session.catalogue);
        let span = place(range);
        let mut some = false;
        for (index, value) in values.iter().enumerate() {
            let text = value.exact().unwrap_or_default();
            // `@echo` is quiet; `for /f` runs what stands in quotes.
            let name = text.trim_start_matches(['@', '\'', '"', '`']);
            let known = dialect.command(name, catalogue).is_some()
                || find(catalogue.commands, name).is_some();
            let rest = values.get(index..).filter(|_| known);
            if let Some(rest) = rest {
                some = true;
                if !self.session.hands_on(rest.len()) {
                    let why = "too many words behind a condition";
                    return self.opaque(state, why, range);
                }
                let mut rest = rest.to_vec();
                if let Some(first) = rest.first_mut() {
                    *first = Value::literal(name).at(first.span);
                }
                self.session
                    .windows_program(state, dialect, &rest, stdin, span);
            }
        }
        if !some {
            self.opaque(
                state,
                "a command behind a condition that cannot be told",
                range,
            );
        }
    }

    /// What a command does to the working directory.
    fn moves(&self, state: &mut ShellState, values: &[Value], stdin: &Stream) {
        let name = values.first().and_then(Value::exact).unwrap_or_default();
        if MOVES.contains(&name.to_lowercase().as_str()) {
            let mut words = values.to_vec();
            if let Some(first) = words.first_mut() {
                *first = Value::literal("cd");
            }
            words.retain(|word| !word.prefix().starts_with('-'));
            state.builtin(&words, stdin);
        }
    }

    fn redirect(
        &mut self,
        state: &mut ShellState,
        path: &Word,
        append: bool,
    ) -> Result<(), Unreadable> {
        let mut inner = Stream::default();
        let path = self.value(state, path, &Stream::default(), &mut inner)?;
        if path
            .exact()
            .is_some_and(|name| matches!(name.to_lowercase().as_str(), "nul" | "$null"))
        {
            return Ok(());
        }
        let cwd = state.cwd.clone();
        let setting = self.session.setting(cwd.as_deref(), path.span);
        self.session.note(
            Note {
                operation: if append { "fs:append" } else { "fs:write" },
                verb: Verb::Update,
                kind: ResourceType::File,
                id: Some(&path),
                reversibility: if append {
                    Reversibility::Reversible
                } else {
                    Reversibility::Recoverable
                },
                effects: Effects::NONE,
                completeness: Completeness::Exact,
                evidence: "a redirection",
            },
            &setting,
        );
        Ok(())
    }

    /// The value of a word; nested code in it has run, and `output` holds what that wrote.
    fn value(
        &mut self,
        state: &mut ShellState,
        word: &Word,
        stdin: &Stream,
        output: &mut Stream,
    ) -> Result<Value, Unreadable> {
        let mut value = Value::default().at(place(word.span));
        for part in &word.parts {
            if value.pieces.len() > limits::COMMAND_WORDS / 4 {
                return Err("a word with too many parts to read");
            }
            match part {
                Part::Text(text) => value.pieces.push(Piece {
                    text: Some(text.clone()),
                    origin: Origin::Literal,
                    pattern: text.contains(['*', '?']),
                }),
                Part::Variable(name) if HOMES.contains(&name.as_str()) => {
                    value.pieces.extend(Value::literal("~").pieces);
                }
                Part::Variable(name) => match state.variables.get(name) {
                    Some(known) => value.pieces.extend(known.pieces.clone()),
                    None => value.pieces.extend(Value::unseen(variable(name)).pieces),
                },
                Part::Code(range, table) => {
                    let stream = self.code(state, *range, *table, stdin)?;
                    output.merge(&stream);
                    value.pieces.extend(flown(&stream).pieces);
                }
                Part::Call(name, range) => {
                    let stream = self.call(state, name, *range)?;
                    output.merge(&stream);
                    // What was called on flows into the result.
                    value.pieces.retain(|piece| piece.origin != Origin::Literal);
                    value.pieces.extend(flown(&stream).pieces);
                }
            }
        }
        Ok(value)
    }

    /// A method: known by the catalogue, or of no note.
    fn call(
        &mut self,
        state: &mut ShellState,
        name: &str,
        range: (usize, usize),
    ) -> Result<Stream, Unreadable> {
        let span = place(range);
        let mut words = vec![Value::literal(name).at(span)];
        let mut inner = Stream::default();
        for stage in stages(self.text, range, self.dialect, false)? {
            for word in &stage.words {
                words.push(self.value(state, word, &Stream::default(), &mut inner)?);
            }
        }
        let known = find(
            self.session.catalogue.commands,
            &format!("powershell:{name}"),
        );
        if known.is_none() {
            return Ok(inner);
        }
        let dialect = self.dialect;
        Ok(self
            .session
            .windows_program(state, dialect, &words, &inner, span))
    }

    fn opaque(&mut self, state: &ShellState, why: &str, range: (usize, usize)) {
        let span = place(range);
        let cwd = state.cwd.clone();
        let setting = self.session.setting(cwd.as_deref(), span);
        self.session
            .opaque("shell:opaque", why, Effects::NONE, &setting);
    }
}

fn place((start, end): (usize, usize)) -> (u32, u32) {
    let at = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    (at(start), at(end))
}

fn is_quoted(word: &Word) -> bool {
    word.quoted
        || matches!(word.parts.first(), Some(Part::Text(text)) if text.starts_with(['\'', '`']))
}

/// Whether it is `for … in`, whose list and commands follow.
fn is_loop_head(words: &[Word]) -> bool {
    let word = |word: &Word| match word.parts.as_slice() {
        [Part::Text(text)] => text.to_lowercase(),
        _ => String::new(),
    };
    words.first().is_some_and(|first| word(first) == "for")
        && words.last().is_some_and(|last| word(last) == "in")
}

fn is_keyword(word: &Word) -> bool {
    matches!(word.parts.as_slice(), [Part::Text(text)]
        if !word.quoted && KEYWORDS.contains(&text.to_lowercase().as_str()))
}

fn variable(name: &str) -> Origin {
    match name.strip_prefix("env:") {
        Some(name) => Origin::Variable(name.to_uppercase()),
        None => Origin::Unseen,
    }
}

/// What a stream leaves behind in a word.
fn flown(stream: &Stream) -> Value {
    if let Some(text) = stream.text.as_ref().filter(|_| !stream.decoded) {
        return Value::literal(text.expose());
    }
    let mut value = Value::unseen(Origin::Unseen);
    if !stream.origins.is_empty() {
        value.pieces.clear();
    }
    for origin in &stream.origins {
        value.pieces.extend(Value::unseen(origin.clone()).pieces);
    }
    value
}
