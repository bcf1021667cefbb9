//! Where statements end.

use super::lex::Kind;
use super::seq::{Seq, lower};
use crate::catalogue::sql::Dialect;

/// Deepest nesting of brackets that is read.
const BRACKETS: usize = 40;

/// How many tokens a statement takes.
#[derive(Debug, Clone, Copy)]
pub struct Length {
    /// Without what ends it.
    pub words: usize,
    /// With what ends it.
    pub all: usize,
}

/// Whether brackets nest deeper than is read.
#[must_use]
pub fn too_deep(seq: &Seq<'_>) -> bool {
    let mut depth = 0_usize;
    for index in 0..seq.tokens.len() {
        match seq.kind(index) {
            Some(Kind::Mark(b'(')) => depth = depth.saturating_add(1),
            Some(Kind::Mark(b')')) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > BRACKETS {
            return true;
        }
    }
    false
}

/// The length of the statement that `seq` begins with.
///
/// In `procedural` code, and in Transact-SQL, statements also end where a word begins the next.
#[must_use]
pub fn statement(
    seq: &Seq<'_>,
    dialect: Dialect,
    procedural: bool,
    delimiter: Option<&str>,
    bodies: &mut u8,
) -> Length {
    // Blocks of statements need no routine around them in some dialects.
    let procedural = procedural
        || (matches!(
            dialect,
            Dialect::MySql | Dialect::Snowflake | Dialect::BigQuery
        ) && seq.is_any(0, BEFORE_QUERY));
    let loose = procedural || dialect == Dialect::MsSql || seq.is(0, "begin");
    let body = match (procedural, *bodies) {
        (true, _) | (_, 0) => 0,
        _ => body(seq, dialect, bodies).unwrap_or(0),
    };
    let begins = Beginnings::of(seq, loose, procedural);
    let mut depth = 0_usize;
    let mut cases = 0_usize;
    for index in 0..seq.tokens.len() {
        if index < body {
            continue;
        }
        let here = Length {
            words: index,
            all: index.saturating_add(1),
        };
        match seq.kind(index) {
            Some(Kind::Mark(b'(')) => depth = depth.saturating_add(1),
            Some(Kind::Mark(b')')) => depth = depth.saturating_sub(1),
            Some(Kind::Mark(b';'))
                if delimiter.is_none() && (depth == 0 || dialect != Dialect::Postgres) =>
            {
                return here;
            }
            Some(Kind::Command) => {
                return Length {
                    words: index,
                    all: index,
                };
            }
            Some(Kind::Word)
                if seq.is(index, "go") && dialect == Dialect::MsSql && alone(seq, index) =>
            {
                return here;
            }
            Some(Kind::Word)
                if loose && depth == 0 && index > 0 && begins.at(seq, index, cases > 0) =>
            {
                return Length {
                    words: index,
                    all: index,
                };
            }
            Some(Kind::Word) if loose && seq.is(index, "case") => cases = cases.saturating_add(1),
            Some(Kind::Word) if loose && seq.is(index, "end") => cases = cases.saturating_sub(1),
            _ => {}
        }
        if let Some(mark) = delimiter
            && let Some(length) = delimited(seq, index, mark)
        {
            return Length {
                words: index,
                all: index.saturating_add(length),
            };
        }
    }
    Length {
        words: seq.tokens.len(),
        all: seq.tokens.len(),
    }
}

/// How many tokens the delimiter takes at `index`, when it stands there.
fn delimited(seq: &Seq<'_>, index: usize, mark: &str) -> Option<usize> {
    let start = seq.token(index)?.start;
    if !seq.text.get(start..)?.starts_with(mark) {
        return None;
    }
    let end = start.saturating_add(mark.len());
    let inside = seq
        .tokens
        .iter()
        .skip(index)
        .take_while(|token| token.start < end);
    Some(inside.count().max(1))
}

/// Whether a word is the only one on its line.
fn alone(seq: &Seq<'_>, index: usize) -> bool {
    let Some(token) = seq.token(index) else {
        return false;
    };
    let before = seq.text.get(..token.start).unwrap_or_default();
    let after = seq.text.get(token.end..).unwrap_or_default();
    let line = |text: &str, from_end: bool| {
        let part = if from_end {
            text.rsplit('\n').next()
        } else {
            text.split('\n').next()
        };
        let part = part.unwrap_or_default().trim();
        part.is_empty()
            || part
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b';')
    };
    line(before, true) && line(after, false)
}

/// Words that begin a statement where no other mark ends the one before.
const BEGIN: &[&str] = &[
    "alter",
    "backup",
    "begin",
    "bulk",
    "checkpoint",
    "commit",
    "create",
    "dbcc",
    "deallocate",
    "declare",
    "delete",
    "deny",
    "drop",
    "else",
    "end",
    "exec",
    "execute",
    "grant",
    "if",
    "insert",
    "kill",
    "merge",
    "print",
    "raiserror",
    "reconfigure",
    "restore",
    "return",
    "revoke",
    "rollback",
    "set",
    "shutdown",
    "throw",
    "truncate",
    "update",
    "use",
    "waitfor",
    "while",
];

/// The same in procedural code, where more words do.
const BEGIN_PROCEDURAL: &[&str] = &[
    "call",
    "close",
    "do",
    "elsif",
    "elseif",
    "exception",
    "exit",
    "fetch",
    "for",
    "foreach",
    "loop",
    "open",
    "perform",
    "raise",
    "then",
    "when",
];

/// In a statement that begins with one of these, no other statement's words stand outside brackets.
const PLAIN: &[&str] = &[
    "begin",
    "call",
    "close",
    "commit",
    "declare",
    "delete",
    "do",
    "drop",
    "else",
    "elseif",
    "elsif",
    "end",
    "exception",
    "exec",
    "execute",
    "fetch",
    "for",
    "foreach",
    "if",
    "insert",
    "kill",
    "loop",
    "open",
    "perform",
    "print",
    "raise",
    "raiserror",
    "return",
    "rollback",
    "select",
    "set",
    "then",
    "throw",
    "truncate",
    "update",
    "use",
    "waitfor",
    "when",
    "while",
];

/// Statements of control, behind which a query begins without a mark.
const BEFORE_QUERY: &[&str] = &[
    "begin",
    "declare",
    "do",
    "else",
    "end",
    "exception",
    "if",
    "loop",
    "print",
    "then",
    "use",
    "while",
];

/// Words and marks that are followed by something else than a statement.
const JOINS: &[&str] = &[
    "after",
    "all",
    "and",
    "as",
    "between",
    "by",
    "case",
    "conflict",
    "delete",
    "distinct",
    "do",
    "for",
    "foreign",
    "from",
    "having",
    "in",
    "instead",
    "into",
    "is",
    "join",
    "key",
    "like",
    "no",
    "not",
    "of",
    "on",
    "or",
    "select",
    "set",
    "table",
    "to",
    "top",
    "transaction",
    "union",
    "update",
    "where",
];

/// Which words begin a statement inside another.
struct Beginnings {
    plain: bool,
    query: bool,
    procedural: bool,
}

impl Beginnings {
    fn of(seq: &Seq<'_>, loose: bool, procedural: bool) -> Self {
        let mut buffer = [0; 32];
        let first = lower(seq.word(0), &mut buffer);
        Self {
            plain: loose && PLAIN.contains(&first),
            query: loose && BEFORE_QUERY.contains(&first),
            procedural,
        }
    }

    fn at(&self, seq: &Seq<'_>, index: usize, in_case: bool) -> bool {
        if !self.plain {
            return false;
        }
        let mut buffer = [0; 32];
        let word = lower(seq.word(index), &mut buffer);
        let mut other = [0; 32];
        let before = index.saturating_sub(1);
        let joined = JOINS.contains(&lower(seq.word(before), &mut other))
            || matches!(seq.kind(before), Some(Kind::Mark(mark)) if mark != b')' && mark != b'*');
        if joined {
            return false;
        }
        match word {
            "select" | "with" => self.query,
            "set" => !seq.is(0, "update"),
            "if" => !seq.is_any(0, &["drop", "truncate"]),
            // `CASE WHEN … THEN … ELSE … END` in an expression.
            "end" | "then" | "else" | "when" if in_case => false,
            "for" => self.procedural && !seq.is_any(0, &["select", "for", "fetch", "open"]),
            "fetch" => self.procedural && !seq.is(0, "select"),
            "do" => self.procedural && !seq.is(0, "insert"),
            _ => BEGIN.contains(&word) || (self.procedural && BEGIN_PROCEDURAL.contains(&word)),
        }
    }
}

/// Up to where the body of a routine goes that the statement defines, when it is written out in it.
/// Bodies without an end are looked for only so often (`left`), because each takes a look at all.
fn body(seq: &Seq<'_>, dialect: Dialect, left: &mut u8) -> Option<usize> {
    if !seq.is_any(0, &["create", "alter"]) {
        return None;
    }
    let kind = (1..12).find(|at| {
        seq.is_any(
            *at,
            &[
                "procedure",
                "proc",
                "function",
                "trigger",
                "event",
                "package",
            ],
        )
    })?;
    if dialect == Dialect::MsSql {
        // The rest of the batch is the body.
        let end = (kind..seq.tokens.len()).find(|at| seq.is(*at, "go") && alone(seq, *at));
        return Some(end.unwrap_or(seq.tokens.len()));
    }
    let begin = (kind..seq.tokens.len())
        .take_while(|at| !seq.mark(*at, b';'))
        .find(|at| seq.is(*at, "begin"))?;
    if dialect == Dialect::Postgres && !seq.is(begin.saturating_add(1), "atomic") {
        return None;
    }
    let mut open = 0_usize;
    for at in begin..seq.tokens.len() {
        let opens = seq.is_any(at, &["begin", "case"])
            || (seq.is_any(at, &["if", "loop", "while", "repeat"]) && statement_start(seq, at));
        if seq.is(at, "end") {
            open = open.saturating_sub(1);
            if open == 0 {
                return Some(at.saturating_add(1));
            }
        } else if opens && !seq.is(at.saturating_sub(1), "end") {
            open = open.saturating_add(1);
        }
    }
    *left = left.saturating_sub(1);
    None
}

fn statement_start(seq: &Seq<'_>, at: usize) -> bool {
    let before = at.saturating_sub(1);
    seq.mark(before, b';')
        || seq.mark(before, b':')
        || seq.is_any(before, &["begin", "then", "else", "do", "loop", "repeat"])
}
