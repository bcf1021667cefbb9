//! A look over JavaScript before it is parsed: how deep its parser would have to call itself.
//!
//! Where a text could be read in two ways (a `/` that may begin a regular expression), it counts as
//! too deep: what stands in a string here must stand in a string for the parser as well.

use std::iter::Peekable;
use std::str::CharIndices;

use crate::limits;

/// How many flags a regular expression can have.
const REGEX_FLAGS: usize = 8;

/// Whether text is short and its nesting is not deep.
pub fn is_shallow(text: &str) -> bool {
    if text.len() > limits::CODE_BYTES || text.contains("<!--") {
        return false;
    }
    let mut scan = Scan {
        text,
        chars: text.char_indices().peekable(),
        open: Vec::new(),
        nests: 0,
        outer: 0,
        before: Before::Operator,
        newline: true,
        word: "",
        member: false,
    };
    if text.starts_with("#!") {
        scan.line();
    }
    scan.run().is_some()
}

/// What the token before was.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// A value ends there: a division may follow.
    Value,
    /// Something that a value follows.
    Operator,
    /// The end of a block or an object; it cannot be told which.
    Brace,
    /// What may be either.
    Unsure,
}

#[derive(Clone, Copy)]
struct Open {
    /// What stands in front of it counts this much.
    nests: usize,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bracket,
    /// The head of `if`, `for`, `while` or `with`.
    Head,
    /// `${` in a template.
    Template,
}

struct Scan<'a> {
    text: &'a str,
    chars: Peekable<CharIndices<'a>>,
    open: Vec<Open>,
    nests: usize,
    outer: usize,
    before: Before,
    /// A line ended since the last token.
    newline: bool,
    /// The last token, when it is a word.
    word: &'a str,
    /// That word is the name of a member.
    member: bool,
}

/// Words that a value follows.
const BEFORE_VALUES: &[&str] = &[
    "return",
    "typeof",
    "instanceof",
    "in",
    "new",
    "delete",
    "void",
    "throw",
    "case",
    "do",
    "else",
    "extends",
    "if",
    "for",
    "while",
    "with",
    "default",
    "export",
    "import",
    "const",
    "var",
    "function",
    "class",
    "switch",
    "try",
    "catch",
    "finally",
];

/// Words that are one or the other.
const UNSURE: &[&str] = &[
    "of",
    "yield",
    "await",
    "async",
    "let",
    "as",
    "satisfies",
    "type",
    "is",
];

/// Words behind which the parser calls itself.
const NESTING: &[&str] = &[
    "typeof", "void", "delete", "new", "await", "yield", "if", "for", "while", "do", "with",
    "else", "extends", "keyof", "unique", "readonly", "infer", "asserts", "class", "async",
    "function",
];

impl<'a> Scan<'a> {
    /// `None`: too deep, or not certain.
    fn run(&mut self) -> Option<()> {
        let mut tokens = 0_usize;
        while let Some((at, c)) = self.chars.next() {
            if !c.is_whitespace() {
                tokens = tokens.saturating_add(1);
                if tokens > limits::CODE_TOKENS {
                    return None;
                }
            }
            match c {
                '\n' | '\r' | '\u{2028}' | '\u{2029}' => self.newline = true,
                c if c.is_whitespace() || c == '\u{feff}' => {}
                '/' => self.slash()?,
                '"' | '\'' => {
                    self.starts_value();
                    self.string(c)?;
                    self.token(Before::Value);
                }
                '`' => {
                    self.template()?;
                }
                c if is_word(c) => self.word(at)?,
                _ => self.punctuation(c)?,
            }
            let depth = self
                .open
                .len()
                .saturating_add(self.nests)
                .saturating_add(self.outer);
            if depth > limits::CODE_DEPTH {
                return None;
            }
        }
        Some(())
    }

    fn token(&mut self, before: Before) {
        self.before = before;
        self.newline = false;
        self.word = "";
        self.member = false;
    }

    fn peek(&mut self) -> Option<char> {
        self.chars.peek().map(|(_, c)| *c)
    }

    fn deeper(&mut self) {
        self.nests = self.nests.saturating_add(1);
    }

    /// A value on a new line after a value: a statement has ended.
    fn starts_value(&mut self) {
        if self.newline && matches!(self.before, Before::Value | Before::Brace) {
            self.nests = 0;
        }
    }

    fn line(&mut self) {
        for (_, c) in self.chars.by_ref() {
            if matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}') {
                self.newline = true;
                return;
            }
        }
    }

    fn slash(&mut self) -> Option<()> {
        match self.peek() {
            Some('/') => {
                self.line();
                return Some(());
            }
            Some('*') => {
                self.chars.next();
                let mut star = false;
                for (_, c) in self.chars.by_ref() {
                    if star && c == '/' {
                        return Some(());
                    }
                    star = c == '*';
                    self.newline |= matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}');
                }
                return None;
            }
            _ => {}
        }
        match self.before {
            Before::Value => self.token(Before::Operator),
            Before::Operator => {
                self.regex()?;
                self.token(Before::Value);
            }
            Before::Brace | Before::Unsure => return None,
        }
        Some(())
    }

    fn regex(&mut self) -> Option<()> {
        let mut class = false;
        while let Some((_, c)) = self.chars.next() {
            match c {
                '\\' => {
                    self.chars.next();
                }
                '\n' | '\r' | '\u{2028}' | '\u{2029}' => return None,
                '[' => class = true,
                ']' => class = false,
                '/' if !class => {
                    // The parser explains each one that is wrong.
                    let mut flags = 0_usize;
                    while self.peek().is_some_and(is_word) {
                        self.chars.next();
                        flags = flags.saturating_add(1);
                    }
                    return (flags <= REGEX_FLAGS).then_some(());
                }
                _ => {}
            }
        }
        None
    }

    fn string(&mut self, quote: char) -> Option<()> {
        while let Some((_, c)) = self.chars.next() {
            match c {
                '\\' => {
                    let escaped = self.chars.next();
                    if escaped.is_some_and(|(_, c)| c == '\r') && self.peek() == Some('\n') {
                        self.chars.next();
                    }
                }
                '\n' | '\r' => return None,
                c if c == quote => return Some(()),
                _ => {}
            }
        }
        None
    }

    /// The text of a template up to its end or to a value in it.
    fn template(&mut self) -> Option<()> {
        while let Some((_, c)) = self.chars.next() {
            match c {
                '\\' => {
                    self.chars.next();
                }
                '`' => {
                    self.token(Before::Value);
                    return Some(());
                }
                '$' if self.peek() == Some('{') => {
                    self.chars.next();
                    self.opens(Kind::Template);
                    self.token(Before::Operator);
                    return Some(());
                }
                _ => {}
            }
        }
        None
    }

    fn word(&mut self, start: usize) -> Option<()> {
        let mut end = start;
        let mut last = self.text.get(start..)?.chars().next()?;
        loop {
            end = end.saturating_add(last.len_utf8());
            match self.chars.peek() {
                Some((_, c)) if is_word(*c) => last = *c,
                // `1.5` is one number; `1e+5` is not cut in a way that matters.
                _ => break,
            }
            self.chars.next();
        }
        let word = self.text.get(start..end)?;
        let member = self.word == "." || self.word == "?.";
        self.starts_value();
        let before = if member {
            Before::Value
        } else if BEFORE_VALUES.contains(&word) {
            Before::Operator
        } else if UNSURE.contains(&word) {
            Before::Unsure
        } else {
            Before::Value
        };
        if !member && matches!(word, "case" | "default") {
            self.nests = 0;
        }
        if !member && NESTING.contains(&word) {
            self.deeper();
        }
        self.token(before);
        self.word = word;
        self.member = member;
        Some(())
    }

    fn opens(&mut self, kind: Kind) {
        self.open.push(Open {
            nests: self.nests,
            kind,
        });
        self.outer = self.outer.saturating_add(self.nests);
        self.nests = 0;
    }

    fn closes(&mut self) -> Kind {
        let Some(open) = self.open.pop() else {
            return Kind::Bracket;
        };
        self.nests = open.nests;
        self.outer = self.outer.saturating_sub(open.nests);
        open.kind
    }

    fn punctuation(&mut self, c: char) -> Option<()> {
        let next = self.peek();
        match c {
            '(' => {
                let head = !self.member && matches!(self.word, "if" | "for" | "while" | "with");
                let unsure = !self.member && self.word == "await";
                self.opens(if head || unsure {
                    Kind::Head
                } else {
                    Kind::Bracket
                });
                self.token(Before::Operator);
            }
            '[' | '{' => {
                self.opens(Kind::Bracket);
                self.token(Before::Operator);
            }
            ')' => {
                let kind = self.closes();
                self.token(if kind == Kind::Head {
                    Before::Unsure
                } else {
                    Before::Value
                });
            }
            ']' => {
                self.closes();
                self.token(Before::Value);
            }
            '}' => {
                if self.closes() == Kind::Template {
                    self.template()?;
                } else {
                    self.token(Before::Brace);
                }
            }
            ',' | ';' => {
                self.nests = 0;
                self.token(Before::Operator);
            }
            '.' => {
                self.token(Before::Operator);
                self.word = ".";
            }
            '?' if next == Some('.') => {
                self.chars.next();
                self.token(Before::Operator);
                self.word = "?.";
            }
            '?' if next == Some('?') => {
                self.chars.next();
                self.token(Before::Operator);
            }
            '+' | '-' if next == Some(c) => {
                let newline = self.newline;
                self.chars.next();
                if c == '-' && newline && self.peek() == Some('>') {
                    return None;
                }
                self.deeper();
                self.token(Before::Unsure);
            }
            '+' | '-' => {
                if self.before != Before::Value {
                    self.deeper();
                }
                self.token(Before::Operator);
            }
            '!' => {
                // After a value it is TypeScript's, or the first half of `!=`.
                let after = self.before;
                if after != Before::Value {
                    self.deeper();
                }
                self.token(if after == Before::Value && next != Some('=') {
                    Before::Value
                } else {
                    Before::Operator
                });
            }
            '>' => {
                self.token(Before::Unsure);
            }
            '=' if matches!(next, Some('=')) => {
                while self.peek() == Some('=') {
                    self.chars.next();
                }
                self.token(Before::Operator);
            }
            '=' if next == Some('>') => {
                self.chars.next();
                self.deeper();
                self.token(Before::Operator);
            }
            '*' if next == Some('*') => {
                self.chars.next();
                self.deeper();
                self.token(Before::Operator);
            }
            '=' | '?' | ':' | '~' | '<' => {
                self.deeper();
                self.token(Before::Operator);
            }
            '&' | '|' | '%' | '*' | '^' => self.token(Before::Operator),
            '#' | '@' => self.token(Before::Operator),
            // A name written with escapes could be any word.
            _ => return None,
        }
        Some(())
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$' || c == '\u{200c}' || c == '\u{200d}'
}
