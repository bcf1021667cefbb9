//! What a statement that runs now touches inside: tables it reads, functions it calls, statements
//! that stand in it.

use std::ops::Range;

use super::lex::Kind;
use super::names::{self, Named};
use super::seq::{Seq, holds, lower};
use crate::catalogue::sql::Sql;

/// What was found.
#[derive(Debug, Default)]
pub struct Scan {
    /// Tables and views that are read, common table expressions left out.
    pub relations: Vec<Named>,
    /// Files that are read as if they were tables.
    pub files: Vec<usize>,
    /// Functions: the name and the index of the opening bracket.
    pub functions: Vec<(Named, usize)>,
    /// Statements in brackets that change something.
    pub statements: Vec<Range<usize>>,
    /// Where the rows of a query go: the index after `INTO`.
    pub into: Vec<usize>,
    /// A quote or comment does not end.
    pub broken: bool,
}

/// One level of brackets.
#[derive(Debug, Clone, Copy)]
struct Level {
    /// `FROM` names tables here.
    query: bool,
    /// Between `FROM` and the next clause.
    from: bool,
    /// The next name is a table.
    expects: bool,
    /// Index of the first token.
    start: usize,
    /// It is a statement of its own.
    statement: bool,
}

/// Scans `seq`. In a `query` the outermost `FROM` names tables.
#[must_use]
pub fn scan(sql: &'static Sql, seq: &Seq<'_>, query: bool) -> Scan {
    let mut scanner = Scanner {
        sql,
        seq,
        found: Scan::default(),
        levels: vec![Level {
            query,
            from: false,
            expects: false,
            start: 0,
            statement: false,
        }],
        expressions: Vec::new(),
        skip: 0,
    };
    for index in 0..seq.tokens.len() {
        scanner.token(index);
    }
    let Scanner {
        mut found,
        expressions,
        ..
    } = scanner;
    if !expressions.is_empty() {
        found
            .relations
            .retain(|one| one.parts > 1 || !expressions.contains(&one.id));
    }
    found
}

struct Scanner<'a> {
    sql: &'static Sql,
    seq: &'a Seq<'a>,
    found: Scan,
    levels: Vec<Level>,
    /// Names of common table expressions.
    expressions: Vec<String>,
    /// Tokens before this index are part of a name already read.
    skip: usize,
}

impl Scanner<'_> {
    fn level(&mut self) -> Option<&mut Level> {
        self.levels.last_mut()
    }

    fn token(&mut self, index: usize) {
        match self.seq.kind(index) {
            Some(Kind::Mark(b'(')) => self.open(index),
            Some(Kind::Mark(b')')) => self.close(index),
            Some(Kind::Mark(b',')) => {
                if let Some(level) = self.level() {
                    level.expects = level.from;
                }
            }
            Some(Kind::Word | Kind::Name) if index >= self.skip => self.word(index),
            Some(Kind::Text) if self.take_expectation() => self.found.files.push(index),
            Some(Kind::Variable) => {
                self.take_expectation();
            }
            Some(Kind::Broken) => self.found.broken = true,
            _ => {}
        }
    }

    fn take_expectation(&mut self) -> bool {
        let level = self.level();
        level.is_some_and(|level| std::mem::take(&mut level.expects))
    }

    fn open(&mut self, index: usize) {
        let next = index.saturating_add(1);
        let after = next.saturating_add(1);
        let mut buffer = [0; 32];
        let first = lower(self.seq.word(next), &mut buffer);
        let called = self.seq.mark(after, b'(');
        let query = match first {
            "select" | "with" | "values" | "table" | "from" | "explain" | "show" | "describe" => {
                true
            }
            _ => self.seq.mark(next, b'('),
        };
        let statement = !called
            && matches!(
                first,
                "insert" | "update" | "delete" | "merge" | "replace" | "upsert" | "truncate"
            );
        let expects = self.take_expectation();
        let function = !expects && !query && !statement;
        if function || self.before_call(index) {
            self.call(index);
        }
        self.levels.push(Level {
            query: query || statement || expects,
            from: expects && !query && !statement,
            expects: expects && !query && !statement,
            start: next,
            statement,
        });
    }

    fn close(&mut self, index: usize) {
        if self.levels.len() < 2 {
            return;
        }
        if let Some(level) = self.levels.pop().filter(|level| level.statement) {
            self.found.statements.push(level.start..index);
        }
    }

    /// Whether the bracket at `open` follows a name directly.
    fn before_call(&self, open: usize) -> bool {
        let before = open.checked_sub(1);
        before.is_some_and(|at| matches!(self.seq.kind(at), Some(Kind::Word | Kind::Name)))
    }

    /// Notes the function whose arguments begin at `open`, when it is one.
    fn call(&mut self, open: usize) {
        let seq = self.seq;
        let Some(last) = open.checked_sub(1).filter(|_| self.before_call(open)) else {
            return;
        };
        let mut start = last;
        while let Some(before) = start.checked_sub(2).filter(|at| {
            seq.mark(start.saturating_sub(1), b'.')
                && matches!(seq.kind(*at), Some(Kind::Word | Kind::Name | Kind::Text))
        }) {
            start = before;
        }
        let Some(name) = names::name(seq, start) else {
            return;
        };
        if name.parts == 1
            && seq.kind(last) == Some(Kind::Word)
            && holds(self.sql.reserved, &name.id)
        {
            return;
        }
        if self.names_columns(start, open) && !self.acts(&name) {
            if seq.is(start.wrapping_sub(1), "with") || self.expression(start, open) {
                self.expressions.push(name.id);
            }
            return;
        }
        self.found.functions.push((name, open));
    }

    fn acts(&self, name: &Named) -> bool {
        let last = name.id.rsplit('.').next().unwrap_or_default();
        let functions = self.sql.functions;
        functions
            .binary_search_by(|(known, _)| (*known).cmp(last))
            .is_ok()
    }

    /// Whether the name before a bracket names columns or a type rather than being called: it follows
    /// another name, or a word that a name of something follows.
    fn names_columns(&self, start: usize, open: usize) -> bool {
        let seq = self.seq;
        let Some(before) = start.checked_sub(1) else {
            return false;
        };
        match seq.kind(before) {
            Some(Kind::Name) => true,
            Some(Kind::Mark(b')' | b']' | b':')) => true,
            Some(Kind::Mark(b',')) => self.expression(start, open),
            Some(Kind::Word) => {
                let mut buffer = [0; 32];
                let word = lower(seq.word(before), &mut buffer);
                matches!(
                    word,
                    "as" | "copy"
                        | "into"
                        | "table"
                        | "update"
                        | "with"
                        | "recursive"
                        | "ordinality"
                        | "references"
                ) || word.is_empty()
                    || !holds(self.sql.reserved, word)
            }
            _ => false,
        }
    }

    /// Whether `name (…) AS (` stands there: a common table expression with its columns.
    fn expression(&self, start: usize, open: usize) -> bool {
        let outermost =
            self.levels.len() == 1 || self.levels.last().is_some_and(|level| level.query);
        if !outermost || !(self.seq.is(0, "with") || self.levels.len() > 1) || start == 0 {
            return false;
        }
        let close = self.seq.close(open);
        let next = close.saturating_add(1);
        self.seq.is(next, "as")
            && (self.seq.mark(next.saturating_add(1), b'(')
                || self
                    .seq
                    .is_any(next.saturating_add(1), &["not", "materialized"]))
    }

    fn word(&mut self, index: usize) {
        let seq = self.seq;
        let mut buffer = [0; 32];
        let word = lower(seq.word(index), &mut buffer);
        let next = index.saturating_add(1);
        let Some(level) = self.levels.last_mut() else {
            return;
        };
        match word {
            "from" if level.query => {
                let distinct = index
                    .checked_sub(1)
                    .is_some_and(|at| seq.is(at, "distinct"))
                    && index
                        .checked_sub(2)
                        .is_some_and(|at| seq.is_any(at, &["is", "not"]));
                level.from = !distinct;
                // `DELETE FROM t` reads nothing of t but what its condition says.
                let removes = index.checked_sub(1).is_some_and(|at| seq.is(at, "delete"));
                level.expects = !distinct && !removes;
            }
            "join" | "apply" => {
                level.from = true;
                level.expects = true;
            }
            "using" if level.query && !seq.mark(next, b'(') => {
                level.from = true;
                level.expects = true;
            }
            "using" if level.query && seq.is(next.saturating_add(1), "select") => {
                level.expects = true;
            }
            "table"
                if level.start == index
                    || index.checked_sub(1).is_some_and(|at| {
                        seq.is_any(at, &["union", "all", "except", "intersect"])
                    }) =>
            {
                level.expects = true;
            }
            "where" | "group" | "order" | "having" | "limit" | "union" | "intersect" | "except"
            | "window" | "returning" | "set" | "select" | "values" | "qualify" | "offset"
            | "fetch" | "for" | "when" | "output" => {
                level.from = false;
                level.expects = false;
            }
            "on" => level.expects = false,
            "lateral" | "only" if level.expects => {}
            "into" if level.query && !level.statement => self.found.into.push(next),
            "as" if seq.mark(next, b'(') || seq.is_any(next, &["not", "materialized"]) => {
                // `WITH name AS (…)`, `, name AS (…)`.
                if let Some(before) = index.checked_sub(1)
                    && matches!(seq.kind(before), Some(Kind::Word | Kind::Name))
                    && let Some(one) = names::name(seq, before)
                {
                    self.expressions.push(one.id);
                }
            }
            _ if level.expects => {
                level.expects = false;
                if let Some(one) = names::name(seq, index) {
                    self.skip = one.end;
                    // A function that makes rows is noted at its bracket.
                    let called = seq.mark(one.end, b'(') && !self.hint(one.end);
                    if !called {
                        self.found.relations.push(one);
                    }
                }
            }
            _ => {}
        }
    }

    /// Whether what follows a table's name is a list of hints or samples: `t (NOLOCK)`.
    fn hint(&self, open: usize) -> bool {
        let word = open.saturating_add(1);
        self.seq.is_any(
            word,
            &[
                "nolock",
                "readpast",
                "updlock",
                "holdlock",
                "tablock",
                "rowlock",
                "readuncommitted",
                "readcommitted",
            ],
        )
    }
}
