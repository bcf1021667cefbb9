//! A linear scan in front of Cedar's parser: it splits text into statements, and measures nesting,
//! because the parser overflows the stack on deeply nested text.

use std::ops::Range;

use crate::limits;

/// One policy's text: from its first token to its `;`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    /// Bytes of the file.
    pub(super) range: Range<usize>,
}

/// Why text is not handed to the parser.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ScanError {
    #[error("the policy nests deeper than {} levels", limits::POLICY_DEPTH)]
    Depth { at: usize },
    #[error("the policy has more than {} operators", limits::POLICY_OPERATORS)]
    Operators { at: usize },
}

impl ScanError {
    /// The byte at which the limit was passed.
    pub(super) fn at(&self) -> usize {
        match self {
            Self::Depth { at } | Self::Operators { at } => *at,
        }
    }
}

/// Splits `text` into statements. Text after the last `;` is a statement too, which the parser will
/// refuse.
pub(super) fn scan(text: &str) -> Result<Vec<Statement>, ScanError> {
    let mut scanner = Scanner::default();
    let mut bytes = text.bytes().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'/' if bytes.next_if(|(_, next)| *next == b'/').is_some() => {
                while bytes.next_if(|(_, next)| *next != b'\n').is_some() {}
                scanner.word = None;
            }
            b'"' => {
                scanner.token(at);
                let mut escaped = false;
                while let Some((_, inside)) = bytes.next_if(|(_, next)| escaped || *next != b'"') {
                    escaped = !escaped && inside == b'\\';
                }
                bytes.next();
            }
            _ => scanner.byte(text, at, byte)?,
        }
    }
    scanner.end(text.len());
    Ok(scanner.statements)
}

#[derive(Default)]
struct Scanner {
    statements: Vec<Statement>,
    /// Where the current statement starts.
    start: Option<usize>,
    /// Where the current word starts.
    word: Option<usize>,
    depth: usize,
    /// `if`s of the statement: `else if` nests without a bracket.
    ifs: usize,
    operators: usize,
}

impl Scanner {
    /// Notes that the current statement has a token at `at`.
    fn token(&mut self, at: usize) {
        self.word = None;
        self.start.get_or_insert(at);
    }

    fn byte(&mut self, text: &str, at: usize, byte: u8) -> Result<(), ScanError> {
        if byte.is_ascii_alphanumeric() || byte == b'_' {
            self.start.get_or_insert(at);
            let word = *self.word.get_or_insert(at);
            if text.get(word..=at) == Some("if") {
                self.ifs = self.ifs.saturating_add(1);
                return self.check(at);
            }
            return Ok(());
        }
        if byte.is_ascii_whitespace() {
            self.word = None;
            return Ok(());
        }
        self.token(at);
        match byte {
            b'(' | b'[' | b'{' => self.depth = self.depth.saturating_add(1),
            b')' | b']' | b'}' => self.depth = self.depth.saturating_sub(1),
            b'.' | b'!' | b'-' | b'+' | b'*' | b'&' | b'|' | b'<' | b'>' | b'=' => {
                self.operators = self.operators.saturating_add(1);
            }
            b';' if self.depth == 0 => {
                self.end(at.saturating_add(1));
                return Ok(());
            }
            _ => {}
        }
        self.check(at)
    }

    fn check(&self, at: usize) -> Result<(), ScanError> {
        if self.depth.saturating_add(self.ifs) > limits::POLICY_DEPTH {
            return Err(ScanError::Depth { at });
        }
        if self.operators > limits::POLICY_OPERATORS {
            return Err(ScanError::Operators { at });
        }
        Ok(())
    }

    fn end(&mut self, end: usize) {
        if let Some(start) = self.start.take() {
            self.statements.push(Statement { range: start..end });
        }
        *self = Self {
            statements: std::mem::take(&mut self.statements),
            ..Self::default()
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<&str> {
        scan(text)
            .unwrap()
            .iter()
            .map(|s| &text[s.range.clone()])
            .collect()
    }

    #[test]
    fn statements_end_at_a_semicolon_outside_strings_comments_and_brackets() {
        let text = "// a; b\n@id(\"x;\\\";y\") permit(p); // c;\n  forbid({;}) ; rest";
        assert_eq!(
            parts(text),
            ["@id(\"x;\\\";y\") permit(p);", "forbid({;}) ;", "rest"]
        );
        assert_eq!(parts(" // nothing\n"), Vec::<&str>::new());
        assert_eq!(parts("é;\"unclosed ; "), ["é;", "\"unclosed ; "]);
    }

    #[test]
    fn nesting_is_measured_for_brackets_and_ifs() {
        let ok = format!("permit{}{};", "(".repeat(64), ")".repeat(64));
        assert!(scan(&ok).is_ok());
        for open in ["(", "[", "{", "!(", "if x then y else ", "f({a:["] {
            let text = format!("permit; {}", open.repeat(100));
            assert!(
                matches!(scan(&text), Err(ScanError::Depth { at }) if at > 7),
                "{open}"
            );
        }
        let words = format!(
            "permit(\"{}\", iffy, elif, {});",
            "(".repeat(999),
            "gif ".repeat(99)
        );
        assert!(scan(&words).is_ok());
    }

    #[test]
    fn operators_are_counted_in_each_policy_alone() {
        let chain = |n: usize| format!("permit(a{});", ".a".repeat(n));
        assert!(scan(&chain(512).repeat(3)).is_ok());
        assert!(matches!(
            scan(&chain(513)),
            Err(ScanError::Operators { .. })
        ));
    }
}
