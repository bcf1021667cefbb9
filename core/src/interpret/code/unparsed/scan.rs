//! The tokens of code in a language that is not parsed: names, texts and marks.

use std::borrow::Cow;
use std::iter::Peekable;
use std::str::CharIndices;

use crate::interpret::value::{Origin, Piece, Value};

/// A token and the bytes it stands on.
#[derive(Debug)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind<'a>,
    /// First byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

/// What a token is.
#[derive(Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    /// A name, with its namespaces and members: `FileUtils.rm_rf`, `File::Path`.
    Name(Cow<'a, str>),
    /// A text; parts that are filled in are not known.
    Text(Value),
    /// A text that is run by a shell for its output.
    Command(Value),
    /// Anything else.
    Mark(char),
}

/// The tokens of a text. `commands`: backticks run programs.
pub fn tokens(text: &str, commands: bool) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        if c.is_whitespace() {
            continue;
        }
        let kind = match c {
            '\'' | '"' => Kind::Text(quoted(&mut chars, c, c == '"')),
            '`' if commands => Kind::Command(quoted(&mut chars, c, true)),
            c if is_name(c) || c == '$' || c == '@' || c == '%' => {
                while let Some((_, next)) = chars.peek().copied() {
                    if !is_name(next) && !joins(next, &chars) {
                        break;
                    }
                    chars.next();
                }
                let end = chars.peek().map_or(text.len(), |(at, _)| *at);
                let name = text.get(start..end).unwrap_or_default();
                let quote = matches!(name, "qx" | "%x" | "q" | "qq" | "%q" | "%Q")
                    .then(|| chars.peek().map(|(_, c)| *c))
                    .flatten()
                    .and_then(closing);
                match quote {
                    Some(close) => {
                        chars.next();
                        let value = quoted(&mut chars, close, name != "q" && name != "%q");
                        if name == "qx" || name == "%x" {
                            Kind::Command(value)
                        } else {
                            Kind::Text(value)
                        }
                    }
                    None if name.contains([':', '>']) => {
                        Kind::Name(Cow::Owned(name.replace("::", ".").replace("->", ".")))
                    }
                    None => Kind::Name(Cow::Borrowed(name)),
                }
            }
            other => Kind::Mark(other),
        };
        let end = chars.peek().map_or(text.len(), |(at, _)| *at);
        tokens.push(Token { kind, start, end });
    }
    tokens
}

/// Whether a mark joins a name with a member: `a.b`, `A::B`, `$a->b`.
fn joins(mark: char, from: &Peekable<CharIndices<'_>>) -> bool {
    if !matches!(mark, '.' | ':' | '-' | '>' | '\\') {
        return false;
    }
    let mut after = from.clone();
    after.next();
    let more = after.peek().map(|(_, c)| *c);
    more.is_some_and(|c| is_name(c) || matches!(c, ':' | '>'))
        && !(mark == '-' && more != Some('>'))
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn closing(open: char) -> Option<char> {
    Some(match open {
        '(' => ')',
        '{' => '}',
        '[' => ']',
        '<' => '>',
        '/' | '|' | '!' => open,
        _ => return None,
    })
}

/// The text up to a quote. `fills`: `$x`, `@x` and `#{…}` in it stand for values.
fn quoted(chars: &mut Peekable<CharIndices<'_>>, close: char, fills: bool) -> Value {
    let mut value = Value::default();
    let mut text = String::new();
    let flush = |text: &mut String, value: &mut Value| {
        if !text.is_empty() {
            value.pieces.push(Piece {
                text: Some(std::mem::take(text)),
                origin: Origin::Literal,
                pattern: false,
            });
        }
    };
    while let Some((_, c)) = chars.next() {
        match c {
            c if c == close => break,
            '\\' => match chars.next() {
                Some((_, 'n')) if fills => text.push('\n'),
                Some((_, 't')) if fills => text.push('\t'),
                Some((_, c)) => text.push(c),
                None => {}
            },
            '$' | '@' | '#' if fills => {
                let next = chars.peek().map(|(_, c)| *c);
                let filled = match c {
                    '#' => next == Some('{'),
                    _ => next.is_some_and(|next| is_name(next) || next == '{'),
                };
                if !filled {
                    text.push(c);
                    continue;
                }
                flush(&mut text, &mut value);
                let braces = next == Some('{');
                while let Some((_, next)) = chars.peek().copied() {
                    if next == close || (!braces && !is_name(next)) {
                        break;
                    }
                    chars.next();
                    if braces && next == '}' {
                        break;
                    }
                }
                value.pieces.extend(Value::unseen(Origin::Unseen).pieces);
            }
            c => text.push(c),
        }
    }
    flush(&mut text, &mut value);
    value
}
