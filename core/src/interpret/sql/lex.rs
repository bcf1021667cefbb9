//! Tokens of SQL, cut as one dialect cuts them: where texts, names and comments begin and end is what
//! dialects differ in most, and what an attack plays on.

use std::borrow::Cow;

use crate::catalogue::sql::Dialect;
use crate::limits;

/// One token: a range of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A keyword or plain name.
    Word,
    /// A quoted name.
    Name,
    /// A text.
    Text,
    /// A number.
    Number,
    /// A parameter or variable: `$1`, `:x`, `@x`, `?`.
    Variable,
    /// Punctuation.
    Mark(u8),
    /// A command of the client program, to the end of its line.
    Command,
    /// A quote or comment that does not end.
    Broken,
}

/// Cuts `text` into tokens, up to one more than are read.
#[must_use]
pub fn tokens(text: &str, dialect: Dialect) -> Vec<Token> {
    let mut lexer = Lexer {
        text,
        bytes: text.as_bytes(),
        at: 0,
        dialect,
        inside_executable: false,
        tokens: Vec::with_capacity(text.len() / 4),
    };
    while lexer.at < lexer.bytes.len() && lexer.tokens.len() <= limits::SQL_TOKENS {
        let before = lexer.at;
        lexer.step();
        // INVARIANT: every step moves on; this keeps a mistake from becoming an endless loop.
        lexer.at = lexer.at.max(before.saturating_add(1));
    }
    lexer.tokens
}

struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    dialect: Dialect,
    /// Inside MySQL's `/*! … */`, the content of which runs.
    inside_executable: bool,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    fn step(&mut self) {
        use Dialect::{BigQuery, ClickHouse, DuckDb, MySql, Postgres, Snowflake, Sqlite};
        let start = self.at;
        let dialect = self.dialect;
        match (self.byte(0), self.byte(1)) {
            (byte, _) if byte.is_ascii_whitespace() => self.at = start.saturating_add(1),
            (b'-', b'-') if dialect != MySql || !self.byte(2).is_ascii_graphic() => self.line(),
            (b'#', _) if matches!(dialect, MySql | BigQuery) => self.line(),
            // Some versions take it for a comment, and to others it is an error.
            (b'#', _) if dialect == Snowflake => {
                self.at = start.saturating_add(1);
                self.push(Kind::Broken, start);
            }
            (b'#', b' ' | b'!') if dialect == ClickHouse => self.line(),
            (b'/', b'/') if dialect == Snowflake => self.line(),
            (b'/', b'*') => self.comment(),
            (b'*', b'/') if self.inside_executable => {
                self.inside_executable = false;
                self.at = start.saturating_add(2);
            }
            (b'#', next) if dialect == Dialect::MsSql && (is_name(next) || next == b'#') => {
                self.run(|byte| byte == b'#');
                self.run(is_name);
                self.push(Kind::Word, start);
            }
            (b'\'', _) => self.text(b'\''),
            (b'"', _) => {
                if matches!(dialect, MySql | BigQuery) {
                    self.text(b'"');
                } else {
                    self.quoted(b'"', Kind::Name, false);
                }
            }
            (b'`', _) if !matches!(dialect, Postgres | DuckDb | Dialect::MsSql | Snowflake) => {
                self.quoted(b'`', Kind::Name, false);
            }
            (b'[', _) if matches!(dialect, Dialect::MsSql | Sqlite) => {
                self.quoted(b']', Kind::Name, false);
            }
            (b'$', next) => self.dollar(next),
            (b'\\', b'g' | b'G') if dialect == MySql => {
                self.at = start.saturating_add(2);
                self.push(Kind::Mark(b';'), start);
            }
            (b'\\', b';') if dialect == Postgres => {
                self.at = start.saturating_add(2);
                self.push(Kind::Mark(b';'), start);
            }
            (b'\\', b'\\') if dialect == Postgres => self.at = start.saturating_add(2),
            (b'\\', _) if matches!(dialect, Postgres | MySql) => self.command(),
            (b'.', next) if self.embedded() && next.is_ascii_alphabetic() && self.at_line() => {
                self.command();
            }
            (b':' | b'!', b'!') if dialect == Dialect::MsSql && self.at_line() => self.command(),
            (b':', next)
                if dialect == Dialect::MsSql && next.is_ascii_alphabetic() && self.at_line() =>
            {
                self.command();
            }
            (b'!', next)
                if dialect == Snowflake && next.is_ascii_alphabetic() && self.at_line() =>
            {
                self.command();
            }
            (b':', b':') => {
                self.at = start.saturating_add(2);
                self.push(Kind::Mark(b':'), start);
            }
            (b':', b'\'' | b'"') if dialect == Postgres => {
                self.at = start.saturating_add(1);
                let quote = self.byte(0);
                self.quoted(quote, Kind::Variable, false);
            }
            (b':' | b'@', next) if next.is_ascii_alphanumeric() || next == b'_' || next == b'@' => {
                self.at = start.saturating_add(1);
                while self.byte(0) == b'@' {
                    self.at = self.at.saturating_add(1);
                }
                self.run(is_name);
                self.push(Kind::Variable, start);
            }
            (b'?', _) => {
                self.at = start.saturating_add(1);
                self.push(Kind::Variable, start);
            }
            (byte, _) if byte.is_ascii_digit() => {
                self.run(|byte| is_name(byte) || byte == b'.');
                self.push(Kind::Number, start);
            }
            (byte, _) if is_name(byte) => self.word(),
            (byte, _) => {
                self.at = start.saturating_add(1);
                self.push(Kind::Mark(byte), start);
            }
        }
    }

    const fn embedded(&self) -> bool {
        self.dialect.is_embedded()
    }

    /// The byte `ahead` of here; 0 past the end.
    fn byte(&self, ahead: usize) -> u8 {
        let at = self.at.saturating_add(ahead);
        self.bytes.get(at).copied().unwrap_or(0)
    }

    fn push(&mut self, kind: Kind, start: usize) {
        self.tokens.push(Token {
            kind,
            start,
            end: self.at,
        });
    }

    fn run(&mut self, belongs: impl Fn(u8) -> bool) {
        while self.at < self.bytes.len() && belongs(self.byte(0)) {
            self.at = self.at.saturating_add(1);
        }
    }

    fn line(&mut self) {
        self.run(|byte| byte != b'\n');
    }

    /// Whether a command of the client may begin here: nothing stands before it on its line.
    fn at_line(&self) -> bool {
        let before = self.bytes.get(..self.at).unwrap_or_default();
        let mut before = before.iter().rev();
        before
            .find(|byte| !matches!(byte, b' ' | b'\t' | b'\r'))
            .is_none_or(|byte| matches!(byte, b'\n' | b';'))
    }

    fn comment(&mut self) {
        let start = self.at;
        self.at = start.saturating_add(2);
        let executable = self.dialect == Dialect::MySql
            && (self.byte(0) == b'!' || (self.byte(0) == b'M' && self.byte(1) == b'!'));
        if executable {
            self.run(|byte| byte == b'M' || byte == b'!');
            self.run(|byte| byte.is_ascii_digit());
            self.inside_executable = true;
            return;
        }
        let nests = matches!(
            self.dialect,
            Dialect::Postgres | Dialect::MsSql | Dialect::DuckDb | Dialect::ClickHouse
        );
        let mut depth = 1_usize;
        while self.at < self.bytes.len() {
            match (self.byte(0), self.byte(1)) {
                (b'*', b'/') => {
                    self.at = self.at.saturating_add(2);
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return;
                    }
                }
                (b'/', b'*') if nests => {
                    self.at = self.at.saturating_add(2);
                    depth = depth.saturating_add(1);
                }
                _ => self.at = self.at.saturating_add(1),
            }
        }
        // SQLite takes a comment to the end of the text; elsewhere nothing of it runs either.
        self.push(Kind::Broken, start);
    }

    /// A text, whose prefix may be the word before it.
    fn text(&mut self, quote: u8) {
        use Dialect::{BigQuery, ClickHouse, MySql, Snowflake};
        let prefix = self
            .tokens
            .last()
            .filter(|last| last.kind == Kind::Word && last.end == self.at);
        let prefix = prefix.and_then(|last| self.text.get(last.start..last.end));
        let escape_prefix = prefix.is_some_and(|word| word.eq_ignore_ascii_case("e"));
        // A raw text of BigQuery keeps its backslashes, but the quote behind one does not end it.
        let escapes = match self.dialect {
            MySql | ClickHouse | Snowflake | BigQuery => true,
            _ => escape_prefix,
        };
        if prefix.is_some_and(|word| word.len() <= 2 || word.starts_with('_')) {
            self.tokens.pop();
        }
        if self.dialect == BigQuery && self.byte(1) == quote && self.byte(2) == quote {
            return self.tripled(quote);
        }
        self.quoted(quote, Kind::Text, escapes);
    }

    /// A text between three quotes on each side, which may hold single ones.
    fn tripled(&mut self, quote: u8) {
        let start = self.at;
        self.at = start.saturating_add(3);
        while self.at < self.bytes.len() {
            let ends = [0, 1, 2].iter().all(|ahead| self.byte(*ahead) == quote);
            if ends {
                self.at = self.at.saturating_add(3);
                return self.push(Kind::Text, start);
            }
            let skip = if self.byte(0) == b'\\' { 2 } else { 1 };
            self.at = self.at.saturating_add(skip);
        }
        self.at = self.bytes.len();
        self.push(Kind::Broken, start);
    }

    fn quoted(&mut self, quote: u8, kind: Kind, escapes: bool) {
        let start = self.at;
        self.at = start.saturating_add(1);
        while self.at < self.bytes.len() {
            let byte = self.byte(0);
            self.at = self.at.saturating_add(1);
            if byte == b'\\' && escapes {
                self.at = self.at.saturating_add(1);
            } else if byte == quote {
                if self.byte(0) != quote {
                    return self.push(kind, start);
                }
                self.at = self.at.saturating_add(1);
            }
        }
        self.at = self.bytes.len();
        self.push(Kind::Broken, start);
    }

    /// `$1`, `$tag$ text $tag$`, or a `$` of its own.
    fn dollar(&mut self, next: u8) {
        use Dialect::{ClickHouse, DuckDb, Postgres, Snowflake};
        let start = self.at;
        self.at = start.saturating_add(1);
        self.run(is_name);
        let tagged = !next.is_ascii_digit()
            && self.byte(0) == b'$'
            && matches!(self.dialect, Postgres | DuckDb | Snowflake | ClickHouse);
        if !tagged {
            let variable = self.at > start.saturating_add(1);
            let kind = if variable {
                Kind::Variable
            } else {
                Kind::Mark(b'$')
            };
            return self.push(kind, start);
        }
        self.at = self.at.saturating_add(1);
        let tag = self.text.get(start..self.at).unwrap_or("$$");
        match self.text.get(self.at..).and_then(|rest| rest.find(tag)) {
            Some(found) => {
                self.at = self.at.saturating_add(found).saturating_add(tag.len());
                self.push(Kind::Text, start);
            }
            None => {
                self.at = self.bytes.len();
                self.push(Kind::Broken, start);
            }
        }
    }

    fn command(&mut self) {
        let start = self.at;
        let rest = self.text.get(start..).unwrap_or_default();
        // In psql a backslash ends a command and begins the next, except where a shell reads it.
        let whole = ["\\!", "\\copy"].iter().any(|name| rest.starts_with(name));
        if self.dialect == Dialect::Postgres && !whole {
            self.at = start.saturating_add(1);
            self.run(|byte| byte != b'\n' && byte != b'\\');
        } else {
            self.line();
        }
        self.push(Kind::Command, start);
    }

    fn word(&mut self) {
        let start = self.at;
        self.run(|byte| is_name(byte) || byte == b'$');
        self.push(Kind::Word, start);
    }
}

/// Bytes of names; those of characters beyond ASCII count.
const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// What a quoted token says, without its quotes.
#[must_use]
pub fn content<'a>(text: &'a str, token: &Token) -> Cow<'a, str> {
    let raw = text.get(token.start..token.end).unwrap_or_default();
    if raw.starts_with('$') {
        let tag = raw.get(1..).and_then(|rest| rest.find('$'));
        let tag = tag.map_or(0, |at| at.saturating_add(2));
        let end = raw.len().saturating_sub(tag);
        return Cow::Borrowed(raw.get(tag..end).unwrap_or_default());
    }
    for quotes in ["\"\"\"", "'''"] {
        let inner = raw.strip_prefix(quotes);
        if let Some(inner) = inner.and_then(|inner| inner.strip_suffix(quotes)) {
            return Cow::Borrowed(inner);
        }
    }
    let mut chars = raw.chars();
    let Some(quote @ ('\'' | '"' | '`' | '[')) = chars.next() else {
        return Cow::Borrowed(raw);
    };
    let quote = if quote == '[' { ']' } else { quote };
    let inner = chars.as_str();
    let inner = inner.strip_suffix(quote).unwrap_or(inner);
    let doubled: String = [quote, quote].iter().collect();
    if inner.contains(&doubled) {
        Cow::Owned(inner.replace(&doubled, quote.encode_utf8(&mut [0; 4])))
    } else {
        Cow::Borrowed(inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str, dialect: Dialect) -> Vec<&str> {
        tokens(text, dialect)
            .iter()
            .map(|token| &text[token.start..token.end])
            .collect()
    }

    #[test]
    fn comments_nest_only_where_they_do() {
        let text = "1 /* /* */ ; DROP -- */";
        assert_eq!(kinds(text, Dialect::Postgres), ["1"]);
        assert_eq!(kinds(text, Dialect::MySql), ["1", ";", "DROP"]);
        assert_eq!(
            kinds("1 /*!50000 DROP */ 2", Dialect::MySql),
            ["1", "DROP", "2"]
        );
        assert_eq!(kinds("1 /*! DROP */ 2", Dialect::Postgres), ["1", "2"]);
    }

    #[test]
    fn a_backslash_ends_no_text_where_it_is_no_escape() {
        let text = r"'a\'; DROP";
        assert_eq!(kinds(text, Dialect::Sqlite), [r"'a\'", ";", "DROP"]);
        assert_eq!(tokens(text, Dialect::MySql)[0].kind, Kind::Broken);
        assert_eq!(kinds(r"E'a\'b' c", Dialect::Postgres), [r"'a\'b'", "c"]);
    }

    #[test]
    fn texts_of_bigquery_end_where_they_do() {
        for (text, kinds_of_it) in [
            ("'''it's; x'''", vec!["'''it's; x'''"]),
            ("\"\"\"a\" b\"\"\"", vec!["\"\"\"a\" b\"\"\""]),
            ("\"\"\"a\"\"b\"\"\" c", vec!["\"\"\"a\"\"b\"\"\"", "c"]),
            (r"r'\'' x", vec![r"'\''", "x"]),
        ] {
            assert_eq!(kinds(text, Dialect::BigQuery), kinds_of_it, "{text}");
        }
    }

    #[test]
    fn dollar_quotes_are_texts() {
        let text = "$a$ x; $$ $a$ y $1";
        let found = tokens(text, Dialect::Postgres);
        assert_eq!(content(text, &found[0]), " x; $$ ");
        assert_eq!(found[2].kind, Kind::Variable);
        assert_eq!(kinds("'it''s'", Dialect::Sqlite).len(), 1);
        assert_eq!(
            content("'it''s'", &tokens("'it''s'", Dialect::Sqlite)[0]),
            "it's"
        );
    }
}
