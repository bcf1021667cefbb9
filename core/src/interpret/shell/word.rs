//! Words as written into parts: quote removal and parameter forms.

use super::ansi;
use super::ast::{Element, Operator, Parameter, Part, Span, Word};
use super::prescan::{Kind, Refusal, Source};

/// How quotes and backslashes read in a stretch of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quoting {
    /// Outside quotes.
    None,
    /// Inside double quotes.
    Double,
    /// In the body of a heredoc.
    Heredoc,
    /// In the word of a parameter expansion inside double quotes.
    Operand,
    /// In the word of a parameter expansion outside quotes: separators are plain text there.
    PlainOperand,
}

/// Reads the word at `span`.
///
/// # Errors
/// A [`Refusal`] when the text holds a construct that the scan did not see there.
pub fn parse(source: &Source, span: Span, quoting: Quoting) -> Result<Word, Refusal> {
    let mut reader = Reader {
        source,
        quoting,
        groups: 0,
        parts: Vec::new(),
    };
    let mut at = span.0;
    while at < span.1 {
        at = reader.step(at, span.1)?;
    }
    Ok(Word {
        parts: reader.parts,
        span,
    })
}

struct Reader<'s> {
    source: &'s Source,
    quoting: Quoting,
    /// Open parentheses of extended globs.
    groups: usize,
    parts: Vec<Part>,
}

impl Reader<'_> {
    /// Refuses a character that ends a word: the grammar took for one word what a shell reads as several.
    fn separator(&mut self, c: char, at: u32, end: u32) -> Result<(), Refusal> {
        match c {
            ' ' | '\t' | '\n' | ';' | '&' | '<' | '>' => return Err(Refusal::Disagreement),
            '|' if self.groups == 0 => return Err(Refusal::Disagreement),
            '(' => self.group(at, end)?,
            ')' => self.groups = self.groups.checked_sub(1).ok_or(Refusal::Disagreement)?,
            _ => {}
        }
        Ok(())
    }

    /// The `(` of an extended glob. zsh reads the same text as conditions on files, which may run code.
    fn group(&mut self, at: u32, end: u32) -> Result<(), Refusal> {
        let before = self.source.slice((at.saturating_sub(1), at)).chars().next();
        let extended = matches!(before, Some('?' | '*' | '+' | '@' | '!'));
        if !(extended || (self.groups > 0 && matches!(before, Some('(' | '|')))) {
            return Err(Refusal::Disagreement);
        }
        let mut rest = self.source.slice((at.saturating_add(1), end)).chars();
        let condition = |c: &char| c.is_ascii_alphanumeric() || ".^-/@%,=".contains(*c);
        let letters: String = rest.by_ref().take_while(condition).collect();
        let delimiter = self.char_at(at.saturating_add(1).saturating_add(length(&letters)), end);
        let runs = match delimiter {
            Some('+') => true,
            Some('|') => letters.ends_with('e') && matches!(before, Some('*' | '?')),
            Some(')') | None => false,
            Some(_) => letters.ends_with('e'),
        };
        if runs {
            return Err(Refusal::Ambiguous);
        }
        self.groups = self.groups.saturating_add(1);
        Ok(())
    }

    const fn is_quoted(&self) -> bool {
        !matches!(self.quoting, Quoting::None | Quoting::PlainOperand)
    }

    fn char_at(&self, at: u32, end: u32) -> Option<char> {
        self.source.slice((at, end)).chars().next()
    }

    /// The text from `at` on in which no character means anything.
    fn plain(&self, at: u32, end: u32) -> &str {
        let text = self.source.slice((at, end));
        let is_plain = |byte: &u8| match self.quoting {
            Quoting::None => byte.is_ascii_alphanumeric() || b"-_./:,=%".contains(byte),
            _ => !b"\\'\"$`<>".contains(byte),
        };
        let count = text.bytes().take_while(is_plain).count();
        // All that ends it is ASCII, or comes where only ASCII is plain.
        text.get(..count).unwrap_or_default()
    }

    /// Reads plain text, or one character, quote or construct; returns the offset after it.
    fn step(&mut self, at: u32, end: u32) -> Result<u32, Refusal> {
        let source = self.source;
        let plain = length(self.plain(at, end));
        if plain > 0 {
            let after = at.saturating_add(plain);
            self.push(source.slice((at, after)), self.is_quoted());
            return Ok(after);
        }
        let Some(c) = self.char_at(at, end) else {
            return Err(Refusal::Disagreement);
        };
        let next = at.saturating_add(width(c));
        let unquoted = !self.is_quoted();
        match c {
            '\\' => self.escape(next, end),
            '\'' if unquoted => self.single(next, end),
            '"' if unquoted => self.double(next, end),
            '"' if self.quoting == Quoting::Operand => {
                self.push("", true);
                Ok(next)
            }
            '$' => self.dollar(at, end),
            '`' => self.construct(at, end),
            '<' | '>' if unquoted && self.char_at(next, end) == Some('(') => {
                self.construct(at, end)
            }
            _ if self.quoting == Quoting::None => {
                self.separator(c, at, end)?;
                self.push(c.encode_utf8(&mut [0; 4]), false);
                Ok(next)
            }
            _ => {
                self.push(c.encode_utf8(&mut [0; 4]), !unquoted);
                Ok(next)
            }
        }
    }

    fn push(&mut self, more: &str, quoted: bool) {
        if let Some(Part::Text {
            text,
            quoted: before,
        }) = self.parts.last_mut()
            && *before == quoted
        {
            text.push_str(more);
        } else {
            self.parts.push(Part::Text {
                text: more.to_owned(),
                quoted,
            });
        }
    }

    /// From after a backslash.
    fn escape(&mut self, at: u32, end: u32) -> Result<u32, Refusal> {
        let Some(c) = self.char_at(at, end) else {
            if self.quoting == Quoting::None && (at as usize) < self.source.text.len() {
                // The grammar cut the word between a backslash and what it quotes.
                return Err(Refusal::Disagreement);
            }
            self.push("\\", true);
            return Ok(at);
        };
        let special = match self.quoting {
            Quoting::None | Quoting::PlainOperand => true,
            Quoting::Double => matches!(c, '$' | '`' | '"' | '\\' | '\n'),
            Quoting::Heredoc => matches!(c, '$' | '`' | '\\' | '\n'),
            Quoting::Operand => matches!(c, '$' | '`' | '"' | '\\' | '\n' | '}'),
        };
        if !special {
            self.push("\\", true);
        }
        if c != '\n' || !special {
            self.push(c.encode_utf8(&mut [0; 4]), true);
        }
        Ok(at.saturating_add(width(c)))
    }

    fn single(&mut self, at: u32, end: u32) -> Result<u32, Refusal> {
        let text = self.source.slice((at, end));
        let (inside, _) = text.split_once('\'').ok_or(Refusal::Disagreement)?;
        self.push(inside, true);
        Ok(at.saturating_add(length(inside)).saturating_add(1))
    }

    fn double(&mut self, mut at: u32, end: u32) -> Result<u32, Refusal> {
        self.push("", true);
        let outer = std::mem::replace(&mut self.quoting, Quoting::Double);
        while self.char_at(at, end).ok_or(Refusal::Disagreement)? != '"' {
            at = self.step(at, end)?;
        }
        self.quoting = outer;
        Ok(at.saturating_add(1))
    }

    fn dollar(&mut self, at: u32, end: u32) -> Result<u32, Refusal> {
        let next = at.saturating_add(1);
        let quoted = self.is_quoted();
        match self.char_at(next, end) {
            Some('(' | '{' | '[') => self.construct(at, end),
            Some('\'') if !quoted => {
                let body = next.saturating_add(1);
                let (text, used) =
                    ansi::decode(self.source.slice((body, end))).ok_or(Refusal::Disagreement)?;
                self.push(&text, true);
                Ok(body.saturating_add(length(used)))
            }
            Some('"') if !quoted => Ok(next),
            Some(c) if c == '_' || c.is_ascii_alphabetic() => {
                let rest = self.source.slice((next, end));
                let name: String = rest.chars().take_while(|c| is_name_char(*c)).collect();
                let after = next.saturating_add(length(&name));
                self.parameter(name, (at, after));
                Ok(after)
            }
            Some(c @ ('0'..='9' | '@' | '*' | '#' | '?' | '-' | '$' | '!')) => {
                let after = next.saturating_add(1);
                self.parameter(c.to_string(), (at, after));
                Ok(after)
            }
            _ => {
                self.push("$", quoted);
                Ok(next)
            }
        }
    }

    fn parameter(&mut self, name: String, span: Span) {
        let element = match name.as_str() {
            "@" => Element::Each,
            "*" => Element::Joined,
            _ => Element::None,
        };
        let quoted = self.is_quoted();
        let parameter = Parameter {
            name,
            element,
            operator: Operator::Plain,
            operand: None,
            quoted,
            span,
        };
        self.parts.push(Part::Parameter(Box::new(parameter)));
    }

    fn construct(&mut self, at: u32, end: u32) -> Result<u32, Refusal> {
        let (index, construct) = self.source.construct_at(at).ok_or(Refusal::Disagreement)?;
        if construct.span.1 > end {
            return Err(Refusal::Disagreement);
        }
        let quoted = self.is_quoted();
        self.parts.push(match construct.kind {
            Kind::Arithmetic => Part::Arithmetic(construct.span),
            Kind::Parameter => {
                let parameter = braced(self.source, construct.span, construct.body, self.quoting)?;
                Part::Parameter(Box::new(parameter))
            }
            _ => Part::Substitution { index, quoted },
        });
        Ok(construct.span.1)
    }
}

/// The inside of `${…}`.
fn braced(source: &Source, span: Span, body: Span, quoting: Quoting) -> Result<Parameter, Refusal> {
    let text = source.slice(body);
    let quoted = !matches!(quoting, Quoting::None | Quoting::PlainOperand);
    let (prefix, rest) = match text.strip_prefix(['#', '!']) {
        Some(rest) if !rest.is_empty() && name_of(rest).is_some() => (text.get(..1), rest),
        _ => (None, text),
    };
    let name = name_of(rest).ok_or(Refusal::Parameter)?;
    let after = rest.get(name.len()..).unwrap_or("");
    let (element, after) = subscript(name, after);
    let operator = match prefix {
        Some("#") if after.is_empty() => Operator::Length,
        Some("!") if after.is_empty() && element == Element::None => Operator::Indirect,
        Some(_) => Operator::Other,
        None => Operator::Plain,
    };
    let mut parameter = Parameter {
        name: name.to_owned(),
        element,
        operator,
        operand: None,
        quoted,
        span,
    };
    if operator != Operator::Plain || after.is_empty() {
        return Ok(parameter);
    }
    let (operator, word) = operator_of(after);
    parameter.operator = operator;
    if !matches!(operator, Operator::Other | Operator::Prompt) {
        let start = body.1.saturating_sub(length(word));
        let inner = match quoting {
            Quoting::None | Quoting::PlainOperand => Quoting::PlainOperand,
            Quoting::Double | Quoting::Heredoc | Quoting::Operand => Quoting::Operand,
        };
        parameter.operand = Some(parse(source, (start, body.1), inner)?);
    }
    Ok(parameter)
}

/// The name, position or special parameter that `text` starts with.
fn name_of(text: &str) -> Option<&str> {
    let first = text.chars().next()?;
    let end = match first {
        '_' | 'a'..='z' | 'A'..='Z' => text.find(|c| !is_name_char(c)),
        '0'..='9' => text.find(|c: char| !c.is_ascii_digit()),
        '@' | '*' | '#' | '?' | '-' | '$' | '!' => Some(1),
        _ => return None,
    };
    text.get(..end.unwrap_or(text.len()))
}

fn subscript<'t>(name: &str, after: &'t str) -> (Element, &'t str) {
    match name {
        "@" => return (Element::Each, after),
        "*" => return (Element::Joined, after),
        _ => {}
    }
    let Some(inside) = after.strip_prefix('[') else {
        return (Element::None, after);
    };
    match inside.split_once(']') {
        Some(("@", rest)) => (Element::Each, rest),
        Some(("*", rest)) => (Element::Joined, rest),
        Some((index, rest)) => index
            .parse()
            .map_or((Element::Other, after), |n| (Element::Number(n), rest)),
        None => (Element::Other, after),
    }
}

/// The operator at the start of `text`, and its word.
fn operator_of(text: &str) -> (Operator, &str) {
    const OPERATORS: [(&str, Operator); 12] = [
        (":-", Operator::Default),
        (":=", Operator::Assign),
        (":+", Operator::Alternative),
        (":?", Operator::Require),
        ("-", Operator::Default),
        ("=", Operator::Assign),
        ("+", Operator::Alternative),
        ("?", Operator::Require),
        ("##", Operator::DropPrefix { longest: true }),
        ("#", Operator::DropPrefix { longest: false }),
        ("%%", Operator::DropSuffix { longest: true }),
        ("%", Operator::DropSuffix { longest: false }),
    ];
    if text == "@P" {
        return (Operator::Prompt, "");
    }
    OPERATORS
        .iter()
        .find_map(|(spelling, operator)| text.strip_prefix(spelling).map(|word| (*operator, word)))
        .unwrap_or((Operator::Other, ""))
}

/// Whether `c` may stand in a variable name after its first character.
#[must_use]
pub const fn is_name_char(c: char) -> bool {
    c == '_' || c.is_ascii_alphanumeric()
}

fn width(c: char) -> u32 {
    u32::try_from(c.len_utf8()).unwrap_or(1)
}

fn length(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}
