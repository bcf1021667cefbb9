//! Every text is read without a panic, in bounded time, and never as nothing.

use std::time::Instant;

use proptest::prelude::*;

use super::acts::Found;
use super::reader::Reader;
use crate::catalogue::CATALOGUE;
use crate::catalogue::sql::Dialect;
use crate::limits;
use crate::vocabulary::Verb;

fn read(text: &str, dialect: Dialect) -> Vec<Found> {
    let mut reader = Reader::new(&CATALOGUE.sql, dialect, 1);
    reader.text(text, None, false);
    reader.acts.into_found()
}

fn every_dialect() -> impl Iterator<Item = Dialect> {
    Dialect::ALL.iter().map(|(_, dialect)| *dialect)
}

/// Texts made to be slow: one construct, as often as the limit lets it stand.
fn worst() -> Vec<String> {
    let pieces = [
        "a;",
        "(",
        "((select ",
        "select * from t join t ",
        "x,",
        "'",
        "''",
        "\"",
        "/*",
        "/* */",
        "--\n",
        "$a$",
        "$",
        "create procedure p begin;",
        "create trigger t begin x; end;",
        "with a as (select 1),",
        "f(",
        "f(x),",
        ".a",
        "\\d ",
        "\n.x\n",
        "else ",
        "case ",
        "end ",
        "if x then update t set a = 1 ",
        "drop table t,",
        "or 1=1 ",
        "1=1 and ",
        "(1=1) or ",
        "not ",
        "grant a, ",
        "alter table t drop a, ",
        "execute 'execute ''x''' ;",
        "do $$ ",
        "explain ",
        "explain (analyze) ",
        "prepare p as ",
        "/*! ",
        "delimiter x\n",
        "source x\n",
        ":a ",
        "@",
        "@@",
        "?",
        "=",
        "!=",
        "[",
        "]",
        "`",
        "ä",
        "insert into t (a) values (1);",
        "u&'x'",
        "go\n",
        "top(1) ",
        "from from from ",
        "join ",
        "select f(1), ",
        "union select ",
        "a.b.c.d.",
        "1e9 ",
        "copy t from ",
        "dblink('a','b'),",
        "begin ",
        "set x = ",
    ];
    let mut texts: Vec<String> = pieces
        .iter()
        .map(|piece| piece.repeat(limits::SQL_BYTES / piece.len()))
        .collect();
    for start in [
        "select ",
        "delete from t where ",
        "do $$ begin ",
        "create function f begin ",
        "alter table t ",
        "merge into t using s on ",
        "explain ",
    ] {
        texts.extend(pieces.iter().map(|piece| {
            format!(
                "{start}{}",
                piece.repeat((limits::SQL_BYTES - start.len()) / piece.len())
            )
        }));
    }
    texts
}

/// On a small stack, and in a time that shows what is not linear: this is measured without
/// optimisation and with others at work; the benchmark `sql` measures what is promised.
#[test]
fn the_worst_text_is_read_in_time() {
    let read_all = || {
        let mut slowest = (0, String::new());
        for text in worst() {
            for dialect in [
                Dialect::Postgres,
                Dialect::MySql,
                Dialect::MsSql,
                Dialect::DuckDb,
            ] {
                let start = Instant::now();
                std::hint::black_box(read(&text, dialect));
                let took = start.elapsed().as_millis();
                if took > slowest.0 {
                    let shown: String = text.chars().take(40).collect();
                    slowest = (took, format!("{dialect:?}: {shown}"));
                }
            }
        }
        slowest
    };
    let thread = std::thread::Builder::new().stack_size(512 * 1024);
    let slowest = thread.spawn(read_all).unwrap().join().unwrap();
    assert!(slowest.0 < 1_000, "{slowest:?}");
}

/// The confusion of dialects: what each of them makes of the same bytes.
#[test]
fn dialects_differ_as_their_servers_do() {
    let drops = |text: &str, dialect| {
        read(text, dialect)
            .iter()
            .any(|act| act.operation == "sql:drop_table")
    };
    for (text, expected) in [
        (
            "SELECT 1 /* a /* b */ ; DROP TABLE t; -- */",
            [false, true, true, false],
        ),
        (
            r"SELECT 'a\'; DROP TABLE t; -- '",
            [true, false, true, true],
        ),
        (
            "SELECT 1 /*! ; DROP TABLE t */",
            [false, true, false, false],
        ),
        ("SELECT $$ ; DROP TABLE t; $$", [false, true, true, true]),
        ("SELECT 1 DROP TABLE t", [false, false, false, true]),
        (
            "SELECT 1 # '\n; DROP TABLE t -- '",
            [false, true, false, false],
        ),
    ] {
        for (dialect, expected) in Dialect::LIKELY.iter().zip(expected) {
            assert_eq!(drops(text, *dialect), expected, "{dialect:?}: {text}");
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_read(text in ".{0,200}") {
        for dialect in every_dialect() {
            read(&text, dialect);
        }
    }

    #[test]
    fn any_words_are_read(words in proptest::collection::vec(
        prop::sample::select(vec![
            "select", "from", "t", "(", ")", ",", ";", "'x'", "where", "1", "=", "delete", "update", "set", "drop", "table",
            "insert", "into", "values", "with", "as", "explain", "analyze", "do", "$$", "begin", "end", "if", "then", "create",
            "function", "trigger", "copy", "to", "program", "grant", "on", "execute", "\\copy", "\n", ".shell", "go", "/*", "*/", "--", "union",
            "merge", "using", "when", "matched", "or", "and", "not", "prepare", "alter", "role", "truncate", "in", "exists", "top", ".", "\"", "`", "[", "]",
        ]),
        0..40,
    )) {
        let text = words.join(" ");
        for dialect in every_dialect() {
            read(&text, dialect);
        }
    }

    /// A statement that removes is seen whatever stands around it, as long as that is whole.
    #[test]
    fn a_removal_is_seen_among_others(
        before in prop::sample::select(vec!["", "SELECT 1;", "-- x\n", "/* x */", "BEGIN;", "SELECT 'a;b';", "SELECT \"a\" FROM t;", "SET x = 1;"]),
        gap in prop::sample::select(vec![" ", "\n", "\t", "/**/", "-- y\n", "  \r\n "]),
        after in prop::sample::select(vec!["", ";", "; SELECT 1", " -- z", "; COMMIT"]),
    ) {
        let text = format!("{before}DROP{gap}TABLE{gap}users{after}");
        for dialect in every_dialect() {
            let found = read(&text, dialect);
            prop_assert!(
                found.iter().any(|act| act.verb == Verb::Delete && act.id == "users"),
                "{dialect:?}: {text:?}: {found:?}"
            );
        }
    }
}
