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
    #[error("the policy chains more than {} operators", limits::POLICY_CHAIN)]
    Chain { at: usize },
    #[error("the policy has more than {} annotations", limits::POLICY_ANNOTATIONS)]
    Annotations { at: usize },
    #[error("the policy lists more than {} elements", limits::POLICY_ELEMENTS)]
    Elements { at: usize },
}

impl ScanError {
    /// The byte at which the limit was passed.
    pub(super) fn at(&self) -> usize {
        match self {
            Self::Depth { at }
            | Self::Chain { at }
            | Self::Annotations { at }
            | Self::Elements { at } => *at,
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
    /// The open brackets, outermost first.
    open: Vec<Level>,
    /// The chain outside all brackets, then inside the innermost.
    level: Level,
    /// Sum of the chains of `open`.
    around: usize,
    /// `if`s of the statement: `else if` nests without a bracket.
    ifs: usize,
    /// `@`s of the statement.
    annotations: usize,
    /// `,`s of the statement.
    elements: usize,
    /// The byte before was part of an operator.
    operator: bool,
}

/// Operators between one bracket, or the last comma in it, and here.
#[derive(Default, Clone, Copy)]
struct Level {
    /// `&&`, `+`, `==` and the like.
    binary: usize,
    /// `.` since the last of those.
    members: usize,
}

impl Level {
    fn chain(self) -> usize {
        self.binary.saturating_add(self.members)
    }
}

impl Scanner {
    /// Notes that the current statement has a token at `at`.
    fn token(&mut self, at: usize) {
        self.word = None;
        self.operator = false;
        self.start.get_or_insert(at);
    }

    fn byte(&mut self, text: &str, at: usize, byte: u8) -> Result<(), ScanError> {
        if byte.is_ascii_alphanumeric() || byte == b'_' {
            self.operator = false;
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
            self.operator = false;
            return Ok(());
        }
        let after_operator = self.operator;
        self.token(at);
        match byte {
            b'{' if self.open.is_empty() => {
                // The conditions of a policy are chained.
                self.level.binary = self.level.binary.saturating_add(1);
                self.enter();
            }
            b'(' | b'[' | b'{' => self.enter(),
            b'@' => self.annotations = self.annotations.saturating_add(1),
            b')' | b']' | b'}' => self.leave(),
            b',' => {
                self.level = Level::default();
                self.elements = self.elements.saturating_add(1);
            }
            b'.' => self.level.members = self.level.members.saturating_add(1),
            b'!' | b'-' | b'+' | b'*' | b'&' | b'|' | b'<' | b'>' | b'=' => {
                self.operator = true;
                let counted = usize::from(!after_operator);
                let binary = self.level.binary.saturating_add(counted);
                self.level = Level { binary, members: 0 };
            }
            b';' if self.open.is_empty() => {
                self.end(at.saturating_add(1));
                return Ok(());
            }
            _ => {}
        }
        self.check(at)
    }

    fn enter(&mut self) {
        self.around = self.around.saturating_add(self.level.chain());
        self.open.push(std::mem::take(&mut self.level));
    }

    /// A bracket too many is left to the parser to complain about.
    fn leave(&mut self) {
        if let Some(outer) = self.open.pop() {
            self.around = self.around.saturating_sub(outer.chain());
            self.level = outer;
        }
    }

    fn check(&self, at: usize) -> Result<(), ScanError> {
        if self.open.len().saturating_add(self.ifs) > limits::POLICY_DEPTH {
            return Err(ScanError::Depth { at });
        }
        if self.around.saturating_add(self.level.chain()) > limits::POLICY_CHAIN {
            return Err(ScanError::Chain { at });
        }
        if self.annotations > limits::POLICY_ANNOTATIONS {
            return Err(ScanError::Annotations { at });
        }
        if self.elements > limits::POLICY_ELEMENTS {
            return Err(ScanError::Elements { at });
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
    fn conditions_and_annotations_are_counted() {
        let clauses = |n: usize| format!("permit (p, a, r){};", " when { true }".repeat(n));
        assert!(scan(&clauses(128).repeat(3)).is_ok());
        assert!(matches!(scan(&clauses(129)), Err(ScanError::Chain { .. })));
        let annotations = |n: usize| format!("{}permit (p, a, r);", "@a(\"@\")".repeat(n));
        assert!(scan(&annotations(32).repeat(3)).is_ok());
        assert!(matches!(
            scan(&annotations(33)),
            Err(ScanError::Annotations { .. })
        ));
        let elements = format!("permit([a{}]);", ", \",\"".repeat(5_001));
        assert!(matches!(scan(&elements), Err(ScanError::Elements { .. })));
    }

    #[test]
    fn chains_are_measured_with_those_around_them() {
        let members = |n: usize| format!("permit(a{});", ".a".repeat(n));
        assert!(scan(&members(128).repeat(3)).is_ok());
        assert!(matches!(scan(&members(129)), Err(ScanError::Chain { .. })));
        let calls = |n: usize| format!("permit(a{});", ".f(x.y)".repeat(n));
        assert!(scan(&calls(127)).is_ok());
        assert!(matches!(scan(&calls(128)), Err(ScanError::Chain { .. })));
        let ands = |n: usize| format!("permit(a{});", " && a.b.contains(c.d)".repeat(n));
        assert!(scan(&ands(125)).is_ok());
        assert!(matches!(scan(&ands(128)), Err(ScanError::Chain { .. })));
        let elements = format!("permit([a{}]);", ", a.b + 1".repeat(5_000));
        assert!(scan(&elements).is_ok());
        let around = format!(
            "permit({}{}{});",
            "a + (".repeat(60),
            "b".to_owned() + &" + b".repeat(69),
            ")".repeat(60)
        );
        assert!(matches!(scan(&around), Err(ScanError::Chain { .. })));
    }
}
