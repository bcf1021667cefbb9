//! Names of tables, databases and roles.

use super::heads::skip_noise;
use super::lex::Kind;
use super::seq::Seq;
use crate::action::{Resource, Selector};
use crate::catalogue::sql::Sql;
use crate::vocabulary::{ResourceType, SelectorKind};

/// A name, with what it is qualified by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its parts joined by dots; names without quotes in lower case.
    pub id: String,
    /// Where it begins.
    pub start: usize,
    /// The index after its last token.
    pub end: usize,
    /// How many parts it has.
    pub parts: usize,
}

/// The project that a name of BigQuery begins with: `project.dataset.table`, `project:dataset.table`,
/// `project.dataset`.
#[must_use]
pub fn project_of(resource: &Resource) -> Option<Selector> {
    let id = resource.id.as_str();
    let (project, rest) = id.split_once([':', '.'])?;
    let (first, more) = rest.split_once('.').unzip();
    // `dataset.INFORMATION_SCHEMA.TABLES` names no project.
    let schema = first.is_some_and(|word: &str| word.eq_ignore_ascii_case("information_schema"));
    let whole = match resource.kind {
        ResourceType::Table => more.is_some() && !schema,
        ResourceType::Database => first.is_none(),
        _ => false,
    };
    (whole || (id.contains(':') && !project.contains('.'))).then(|| Selector {
        kind: SelectorKind::GcpProject,
        value: project.to_owned(),
    })
}

/// The dotted name that begins at `at`.
#[must_use]
pub fn name(seq: &Seq<'_>, at: usize) -> Option<Named> {
    let mut id = String::new();
    let mut end = at;
    let mut parts = 0_usize;
    loop {
        match seq.kind(end) {
            Some(Kind::Word) => id.push_str(&seq.raw(end).to_lowercase()),
            Some(Kind::Name) => id.push_str(&seq.content(end)),
            // Roles and databases of some dialects stand as texts.
            Some(Kind::Text) if parts == 0 => id.push_str(&seq.content(end)),
            Some(Kind::Mark(b'*')) if parts > 0 => id.push('*'),
            Some(Kind::Variable) => id.push('*'),
            // `db..table` of SQL Server.
            Some(Kind::Mark(b'.')) if parts > 0 => {
                id.push('.');
                end = end.saturating_add(1);
                continue;
            }
            _ => break,
        }
        parts = parts.saturating_add(1);
        let next = end.saturating_add(1);
        if !seq.mark(next, b'.') {
            end = next;
            break;
        }
        id.push('.');
        end = next.saturating_add(1);
    }
    (parts > 0).then_some(Named {
        id,
        start: at,
        end,
        parts,
    })
}

/// The place of the first name at or after `at`, past words such as `IF EXISTS`.
#[must_use]
pub fn begin(sql: &Sql, seq: &Seq<'_>, at: usize) -> usize {
    let mut at = at;
    loop {
        let next = at.saturating_add(1);
        // A name may be spelled like such a word: then nothing a name could be follows.
        let last = !matches!(
            seq.kind(next),
            Some(Kind::Word | Kind::Name | Kind::Text | Kind::Variable)
        );
        let close = seq.mark(at, b'(').then(|| seq.close(at).saturating_add(1));
        let after = close.filter(|after| {
            matches!(seq.kind(*after), Some(Kind::Word | Kind::Name))
                && !seq.is_any(*after, AFTER_NAMES)
        });
        if let Some(after) = after {
            // Options in brackets: `VACUUM (FULL) t`.
            at = after;
        } else if seq.is(at, "top") {
            at = match seq.mark(next, b'(') {
                true => seq.close(next).saturating_add(1),
                false => next.saturating_add(1),
            };
        } else if !last
            && (seq.is_any(at, &["if", "not", "exists", "from"])
                || skip_noise(sql, seq, at) == Some(next))
        {
            at = next;
        } else {
            return at;
        }
    }
}

/// Words that say what kind of thing is named, before its name.
const KINDS: &[&str] = &[
    "all",
    "column",
    "data",
    "domain",
    "external",
    "foreign",
    "function",
    "functions",
    "future",
    "in",
    "integration",
    "language",
    "large",
    "object",
    "parameter",
    "procedure",
    "procedures",
    "routine",
    "routines",
    "sequence",
    "sequences",
    "server",
    "stage",
    "table",
    "tables",
    "tablespace",
    "type",
    "view",
    "views",
    "warehouse",
    "wrapper",
];

/// The place of the name at or after `at`, past words that say of what kind it is, and the kind when
/// it is another than a table's.
#[must_use]
pub fn past_kinds(seq: &Seq<'_>, at: usize) -> (usize, Option<ResourceType>) {
    let mut at = at;
    let mut kind = None;
    loop {
        let next = at.saturating_add(1);
        let named = matches!(seq.kind(next), Some(Kind::Word | Kind::Name | Kind::Text))
            && !seq.is_any(next, AFTER_NAMES);
        let container = seq.is_any(at, &["database", "schema", "keyspace", "catalog"]);
        if named && container {
            kind = Some(ResourceType::Database);
        } else if !(named || seq.is(next, "in")) || !seq.is_any(at, KINDS) {
            return (at, kind);
        }
        at = next;
    }
}

/// Words that end a list of names.
const AFTER_NAMES: &[&str] = &[
    "to", "from", "is", "in", "set", "using", "with", "for", "as", "values", "select", "on",
];

/// The names from `at` on, separated by commas. Empty when none can be read.
#[must_use]
pub fn names(sql: &Sql, seq: &Seq<'_>, at: usize) -> Vec<Named> {
    let mut found = Vec::new();
    let mut at = begin(sql, seq, at);
    while let Some(one) = name(seq, at) {
        let mut end = one.end;
        found.push(one);
        // `DROP FUNCTION f(int), g(text)`; `TRUNCATE a *, b`; `LOCK TABLES a READ, b WRITE`.
        while let Some(kind) = seq.kind(end).filter(|kind| *kind != Kind::Mark(b',')) {
            if seq.is_any(end, AFTER_NAMES) {
                // `RENAME TABLE a TO b, c TO d`
                let other = name(seq, end.saturating_add(1)).map_or(end, |other| other.end);
                if seq.is(end, "to") && seq.mark(other, b',') {
                    end = other;
                    break;
                }
                return found;
            }
            end = match kind {
                Kind::Mark(b'(') => seq.close(end).saturating_add(1),
                _ => end.saturating_add(1),
            };
        }
        if !seq.mark(end, b',') || found.len() > 64 {
            break;
        }
        at = begin(sql, seq, end.saturating_add(1));
    }
    found
}
