//! SQL, read by its words: a statement is a read only when nothing in it could be anything else.

use super::place::Setting;
use super::session::{Note, Session};
use super::value::Value;
use super::wildcard::wildcard;
use crate::action::Effects;
use crate::catalogue::spec::SqlWords;
use crate::vocabulary::{Completeness, ResourceType, Reversibility, Verb};

/// Adds what SQL text may do: a read when all its statements are plainly reads, else unknown.
///
/// Words in comments and strings count like others, so that no reading of the text by any dialect
/// can hold an act that is missed here.
pub fn interpret(session: &mut Session<'_>, sql: &Value, setting: &Setting<'_>) {
    let reads = sql
        .known_text()
        .is_some_and(|text| only_reads(&text, &session.catalogue.sql));
    let note = Note {
        operation: if reads { "sql:read" } else { "sql:statement" },
        verb: if reads { Verb::Read } else { Verb::Unknown },
        kind: ResourceType::Database,
        id: None,
        reversibility: if reads {
            Reversibility::None
        } else {
            Reversibility::Irreversible
        },
        effects: Effects::NONE,
        completeness: if reads {
            Completeness::Partial
        } else {
            Completeness::Opaque
        },
        evidence: if reads {
            "every statement only reads"
        } else {
            "SQL with words that may write, or that cannot be seen"
        },
    };
    session.note(note, setting);
}

fn only_reads(text: &str, words: &SqlWords) -> bool {
    // A backslash starts a command of the client, and in some dialects ends a string early.
    if text.contains('\\') {
        return false;
    }
    let statements = text.split(';').map(str::trim);
    let mut some = false;
    for statement in statements.filter(|statement| !statement.is_empty()) {
        some = true;
        let mut tokens = tokens(statement);
        let begins = tokens
            .next()
            .is_some_and(|first| words.reads.contains(&first.as_str()));
        if !begins || tokens.any(|token| words.acts.iter().any(|act| wildcard(act, &token))) {
            return false;
        }
    }
    some
}

fn tokens(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|token| !token.is_empty())
        .map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::CATALOGUE;

    #[test]
    fn only_what_can_only_read_is_a_read() {
        for (text, expected) in [
            ("SELECT id, updated_at FROM orders WHERE id = 7", true),
            ("select 1; show tables;", true),
            ("EXPLAIN SELECT * FROM t", true),
            ("with a as (select 1) select * from a", true),
            ("EXPLAIN ANALYZE DELETE FROM t", false),
            (
                "with a as (delete from t returning *) select * from a",
                false,
            ),
            ("select 1; drop table t", false),
            ("select pg_terminate_backend(7)", false),
            ("select * from t /* /* */ ; drop table t -- */", false),
            ("select 'a\\'; drop table t; -- '", false),
            ("select * into outfile '/tmp/x' from t", false),
            ("\\! rm -rf x", false),
            ("", false),
            ("update t set a = 1", false),
        ] {
            assert_eq!(only_reads(text, &CATALOGUE.sql), expected, "{text}");
        }
    }
}
