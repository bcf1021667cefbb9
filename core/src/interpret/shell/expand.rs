//! Words as written into the values a program gets.

use super::ShellState;
use super::ast::{Part, Span, Word};
use super::parameter::Expansion;
use super::prescan::Kind;
use super::walk::Walker;
use super::word::is_name_char;
use crate::interpret::value::{Origin, Piece, Stream, Value};

/// Most text one value may grow to.
const VALUE_BYTES: usize = 32 * 1024;
/// Most pieces one value may grow to.
const VALUE_PIECES: usize = 256;
/// The first path of a process substitution, as shells number them downward.
const FIRST_PROCESS: usize = 63;

/// Words under construction.
struct Fields {
    done: Vec<Value>,
    current: Option<Value>,
    span: Span,
}

impl Walker<'_> {
    /// The words a list of words expands to.
    pub(super) fn fields(&mut self, state: &mut ShellState, words: &[Word]) -> Vec<Value> {
        let mut all = Vec::new();
        for word in words {
            let span = self.place(word.span);
            let mut fields = Fields {
                done: Vec::new(),
                current: None,
                span,
            };
            self.expand(state, word, true, &mut fields);
            fields.end();
            let count = fields.done.len();
            state.ledger.words = state.ledger.words.saturating_add(count);
            for value in fields.done {
                all.push(self.bounded(state, value, word.span));
                if state.ledger.exhausted {
                    return all;
                }
            }
        }
        all
    }

    /// The one value a word expands to where no splitting happens.
    pub(super) fn single(&mut self, state: &mut ShellState, word: &Word) -> Value {
        let span = self.place(word.span);
        let mut fields = Fields {
            done: Vec::new(),
            current: None,
            span,
        };
        self.expand(state, word, false, &mut fields);
        let value = fields.current.unwrap_or(Value {
            pieces: Vec::new(),
            span,
        });
        self.bounded(state, value, word.span)
    }

    /// Counts the value as work, and forgets the text of one that grew too large.
    pub(super) fn bounded(
        &mut self,
        state: &mut ShellState,
        mut value: Value,
        span: Span,
    ) -> Value {
        let bytes = value
            .pieces
            .iter()
            .map(|piece| piece.text.as_ref().map_or(0, String::len))
            .sum();
        if bytes > VALUE_BYTES || value.pieces.len() > VALUE_PIECES {
            let origin = value.origins().next().cloned().unwrap_or(Origin::Unseen);
            value = Value::unseen(origin).at(value.span);
        }
        self.spend_bytes(state, bytes, span);
        value
    }

    fn expand(&mut self, state: &mut ShellState, word: &Word, split: bool, fields: &mut Fields) {
        for (index, part) in word.parts.iter().enumerate() {
            match part {
                Part::Text {
                    text,
                    quoted: false,
                } => {
                    let mut rest = text.as_str();
                    if index == 0 && (word.parts.len() == 1 || text.contains('/')) {
                        rest = self.tilde(state, text, fields);
                    }
                    let pattern = split && is_pattern(rest);
                    fields.push(Piece {
                        text: Some(rest.to_owned()),
                        origin: Origin::Literal,
                        pattern,
                    });
                }
                Part::Text { text, quoted: true } => {
                    let text = Some(text.clone());
                    fields.push(Piece {
                        text,
                        origin: Origin::Literal,
                        pattern: false,
                    });
                }
                Part::Parameter(parameter) => {
                    let splits = split && !parameter.quoted;
                    match self.parameter(state, parameter) {
                        Expansion::One(value) => fields.add(state, value, splits),
                        Expansion::Each(values) => fields.each(state, values, split, splits),
                    }
                }
                Part::Substitution { index, quoted } => {
                    let stream = self.substitution(state, *index);
                    let kind = self
                        .source
                        .constructs
                        .get(*index)
                        .map(|construct| construct.kind);
                    if matches!(kind, Some(Kind::ProcessIn | Kind::ProcessOut)) {
                        fields.push(process(state, stream));
                    } else {
                        fields.add(state, value_of(&stream), split && !quoted);
                    }
                }
                Part::Arithmetic(span) => {
                    self.arithmetic(state, *span);
                    fields.push(Piece {
                        text: None,
                        origin: Origin::Literal,
                        pattern: false,
                    });
                }
                Part::Flood => fields.push(Piece {
                    text: None,
                    origin: Origin::Literal,
                    pattern: false,
                }),
            }
        }
    }

    /// A leading `~` becomes the home directory, if that is known; returns the text after it.
    fn tilde<'t>(&mut self, state: &ShellState, text: &'t str, fields: &mut Fields) -> &'t str {
        let rest = text.strip_prefix('~');
        let Some(rest) = rest.filter(|rest| rest.is_empty() || rest.starts_with('/')) else {
            return text;
        };
        let home = self.variable(state, "HOME");
        match home.known_text() {
            Some(home) => {
                let text = Some(home.trim_end_matches('/').to_owned());
                fields.push(Piece {
                    text,
                    origin: Origin::Literal,
                    pattern: false,
                });
                rest
            }
            None if state.variables.contains_key("HOME") => {
                home.pieces.into_iter().for_each(|piece| fields.push(piece));
                rest
            }
            None => text,
        }
    }

    /// Arithmetic: its substitutions run and what it assigns is a number that is not computed.
    pub(super) fn arithmetic(&mut self, state: &mut ShellState, span: Span) {
        self.visit(state, span);
        self.evaluates_text(state, span, false);
        let source = std::sync::Arc::clone(&self.source);
        let text = source.slice(span);
        if text.contains('=') || text.contains("++") || text.contains("--") {
            for name in names(text) {
                state.set_variable(name, Value::unseen(Origin::Literal));
            }
        }
    }

    /// Arithmetic evaluates the text of the variables it names, and runs substitutions in it.
    pub(super) fn evaluates_text(&mut self, state: &mut ShellState, span: Span, test: bool) {
        const COMPARISONS: [&str; 7] = ["-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-v"];
        let source = std::sync::Arc::clone(&self.source);
        let text = source.slice(span);
        if test
            && !text
                .split_whitespace()
                .any(|word| COMPARISONS.contains(&word))
        {
            return;
        }
        let holds_command = |value: &Value| value.known_text().is_some_and(|text| executes(&text));
        if names(text).any(|name| state.variables.get(name).is_some_and(holds_command)) {
            self.opaque(
                state,
                "arithmetic on text that holds a command; remove it",
                span,
            );
        }
    }
}

/// Whether expanding `text` would run a command.
pub(super) fn executes(text: &str) -> bool {
    text.contains("$(") || text.contains('`') || text.contains("${")
}

fn names(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c| !is_name_char(c));
    words.filter(|word| {
        word.chars()
            .next()
            .is_some_and(|c| c == '_' || c.is_ascii_alphabetic())
    })
}

/// Whether a shell would look for files that match unquoted `text`.
pub(super) fn is_pattern(text: &str) -> bool {
    let bracket = text
        .split_once('[')
        .is_some_and(|(_, rest)| rest.get(1..).is_some_and(|r| r.contains(']')));
    bracket
        || text.contains(['*', '?'])
        || text
            .split_once('(')
            .is_some_and(|(before, _)| before.ends_with(['@', '+', '!']))
}

/// The path a program gets for a process substitution; the content is kept under it.
fn process(state: &mut ShellState, stream: Stream) -> Piece {
    let number = FIRST_PROCESS.saturating_add(state.ledger.processes);
    state.ledger.processes = state.ledger.processes.saturating_add(1);
    let path = format!("/dev/fd/{number}");
    let origin = stream.origins.first().cloned();
    let known = stream.text.is_some();
    state.files.insert(path.clone(), stream);
    let origin = origin.unwrap_or(if known {
        Origin::Literal
    } else {
        Origin::Unseen
    });
    Piece {
        text: Some(path),
        origin,
        pattern: false,
    }
}

/// What a command substitution with this output expands to.
fn value_of(stream: &Stream) -> Value {
    // Paths that a program lists are known by the pattern they fit.
    if let (None, Some([path])) = (&stream.text, stream.listed.as_deref()) {
        return path.clone();
    }
    let text = stream.text.as_ref().filter(|_| !stream.decoded);
    let text = text.map(|text| text.expose().trim_end_matches('\n').to_owned());
    let known = text.is_some();
    let mut origins = stream.origins.iter().cloned();
    let first = origins.next().unwrap_or(if known {
        Origin::Literal
    } else {
        Origin::Unseen
    });
    let mut pieces = vec![Piece {
        text,
        origin: first,
        pattern: false,
    }];
    pieces.extend(origins.map(|origin| Piece {
        text: Some(String::new()),
        origin,
        pattern: false,
    }));
    Value {
        pieces,
        span: (0, 0),
    }
}

impl Fields {
    fn push(&mut self, piece: Piece) {
        let span = self.span;
        let current = self.current.get_or_insert_with(|| Value {
            pieces: Vec::new(),
            span,
        });
        match current.pieces.last_mut() {
            Some(last) if last.origin == piece.origin && last.pattern == piece.pattern => {
                match (&mut last.text, piece.text) {
                    (Some(text), Some(more)) => text.push_str(&more),
                    (Some(_), None) => current.pieces.push(Piece {
                        text: None,
                        ..piece
                    }),
                    (None, text) => current.pieces.push(Piece { text, ..piece }),
                }
            }
            _ => current.pieces.push(piece),
        }
    }

    fn end(&mut self) {
        self.done.extend(self.current.take());
    }

    /// Adds the value of an expansion, split at white space when it stood outside quotes.
    fn add(&mut self, state: &ShellState, value: Value, splits: bool) {
        if !splits {
            self.current.get_or_insert(Value {
                pieces: Vec::new(),
                span: self.span,
            });
            value.pieces.into_iter().for_each(|piece| self.push(piece));
            return;
        }
        if state.variables.contains_key("IFS") {
            let origin = value.origins().next().cloned().unwrap_or(Origin::Unseen);
            self.push(Piece {
                text: None,
                origin,
                pattern: false,
            });
            return;
        }
        for piece in value.pieces {
            let Some(text) = &piece.text else {
                self.push(piece);
                continue;
            };
            if text.is_empty() {
                // Keeps the origin without making a word.
                if self.current.is_some() {
                    self.push(piece);
                }
                continue;
            }
            for (index, token) in text.split([' ', '\t', '\n']).enumerate() {
                if index > 0 {
                    self.end();
                }
                if !token.is_empty() {
                    let pattern = piece.pattern || is_pattern(token);
                    self.push(Piece {
                        text: Some(token.to_owned()),
                        origin: piece.origin.clone(),
                        pattern,
                    });
                }
            }
        }
    }

    /// Adds the elements of an array: one word each, or joined where no words are made.
    fn each(&mut self, state: &ShellState, values: Vec<Value>, words: bool, splits: bool) {
        for (index, value) in values.into_iter().enumerate() {
            if index > 0 && words {
                self.end();
            } else if index > 0 {
                self.push(Piece {
                    text: Some(" ".to_owned()),
                    origin: Origin::Literal,
                    pattern: false,
                });
            }
            self.add(state, value, splits);
        }
    }
}
