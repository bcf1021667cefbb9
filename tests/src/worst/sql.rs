//! SQL texts, in a dialect that is known and in any.

use checkrein::{ToolCall, limits};

use super::{count, fill, named};

const LIMIT: usize = limits::SQL_BYTES - 1;

pub fn calls() -> Vec<(String, ToolCall)> {
    let mut all = named("sql", "execute_sql", "query", texts());
    all.extend(named("postgres", "mcp__postgres__query", "sql", texts()));
    all
}

/// Much of each, half and all of what is admitted.
fn texts() -> Vec<(&'static str, String)> {
    let times = |unit: &str, start: &str, end: &str| {
        format!(
            "{start}{}{end}",
            fill(unit, LIMIT - start.len() - end.len())
        )
    };
    let tokens = |unit: &str, tokens: usize, start: &str, end: &str| {
        format!(
            "{start}{}{end}",
            unit.repeat(limits::SQL_TOKENS / tokens / 7)
        )
    };
    vec![
        ("statements", times("select 1;", "", "")),
        ("admitted statements", "select 1;".repeat(80)),
        ("admitted deletes", "delete from a where b=1;".repeat(80)),
        ("drops", "drop table a;".repeat(80)),
        ("many drops", "drop table a;".repeat(590)),
        ("many updates", "update a set b=c where d;".repeat(590)),
        (
            "clauses",
            times(
                "drop column if exists a cascade | alter table ",
                "alter table a ",
                "",
            ),
        ),
        (
            "many clauses",
            "alter table only a drop column if exists b cascade; "
                .repeat(limits::SQL_STATEMENTS / 4),
        ),
        ("into", times("into a using b ", "select f(1) ", "")),
        (
            "from",
            times("from a\n", "delete from a where 'b' = 'b' ", ""),
        ),
        ("tables", times("a,", "drop table ", "a")),
        ("some tables", tokens("a,", 2, "drop table ", "a")),
        ("values", times("(1),", "insert into t values ", "(1)")),
        (
            "some values",
            tokens("(1),", 4, "insert into t values ", "(1)"),
        ),
        ("conditions", times(" and a", "select 1 where a", "")),
        (
            "some conditions",
            tokens(" and a", 2, "delete from t where a", ""),
        ),
        (
            "equalities",
            tokens(" or a=1", 4, "delete from t where a", ""),
        ),
        (
            "nested conditions",
            format!(
                "delete from t where {}a{}",
                "(".repeat(900),
                ")".repeat(900)
            ),
        ),
        (
            "nested queries",
            format!("{}1{}", "select (".repeat(400), ")".repeat(400)),
        ),
        (
            "nested from",
            format!("{}a{}", "select * from (".repeat(300), ") b".repeat(300)),
        ),
        ("unions", tokens(" union select 1", 3, "select 1", "")),
        ("joins", tokens(" join a on b=c", 7, "select 1 from a", "")),
        (
            "with",
            format!(
                "with {}z as (select 1) select 1",
                count(6_000, |n| format!("a{n} as (delete from b),"))
            ),
        ),
        (
            "with of with",
            format!(
                "{}select 1{}",
                "with a as (".repeat(250),
                ") select 1".repeat(250)
            ),
        ),
        ("functions", tokens("a(b),", 5, "select ", "1")),
        (
            "functions with effects",
            tokens("pg_terminate_backend(1),", 5, "select ", "1"),
        ),
        (
            "functions nested",
            format!("select {}1{}", "a(".repeat(1000), ")".repeat(1000)),
        ),
        ("texts", times("'a',", "select ", "1")),
        ("long text", times("a", "select '", "'")),
        ("quotes in text", times("''", "select '", "'")),
        ("dollar texts", "select $a$b$a$;".repeat(80)),
        ("blocks", "do $$begin drop table a; end$$;".repeat(40)),
        (
            "block of many",
            format!("do $$begin {} end$$;", "drop table a;".repeat(80)),
        ),
        (
            "blocks nested",
            (0..8).fold("drop table a;".repeat(20), |inner, n| {
                format!("do $a{n}$begin {inner} end$a{n}$;")
            }),
        ),
        (
            "executed texts",
            "execute immediate 'drop table a';".repeat(80),
        ),
        (
            "executed text of many",
            format!("execute immediate '{}';", "drop table a;".repeat(80)),
        ),
        ("comments", times("/**/", "", "")),
        ("nested comments", times("/*", "", "")),
        ("line comments", times("--\n", "", "")),
        ("operators", times("+", "select 1", "1")),
        ("numbers", times("1 ", "select ", "")),
        ("parameters", times("?,", "select ", "1")),
        ("brackets", times("[a]", "select ", "")),
        ("open brackets", times("(", "", "")),
        ("names", times("a.", "select ", "a")),
        (
            "cases",
            tokens("case when a then b else c end,", 9, "select ", "1"),
        ),
        ("grants", tokens("a,", 2, "grant select on b to ", "c")),
        (
            "alterations",
            tokens("drop column a,", 4, "alter table a ", "drop column b"),
        ),
        (
            "explains",
            tokens("explain analyze ", 2, "", "delete from a"),
        ),
        ("copies", "copy a to program 'rm a';".repeat(80)),
        ("shell commands", "\\! rm a\n".repeat(80)),
        ("client commands", "\\c a\n".repeat(80)),
        ("switches", times("use a;", "", "")),
        ("go", "drop table a\ngo\n".repeat(200)),
    ]
}
