//! SQL made up by chance: statements of a dialect in all the spellings it allows.

mod dialects;

pub use dialects::DIALECTS;

use crate::lines::Chance;

/// A dialect, with what differs in how it is written.
#[derive(Debug, Clone, Copy)]
pub struct Dialect {
    /// Its name.
    pub name: &'static str,
    /// Its client, reading statements from standard input.
    pub client: &'static str,
    /// How names are quoted: before and behind.
    quotes: &'static [(&'static str, &'static str)],
    /// Texts.
    texts: &'static [&'static str],
    /// Statements that other dialects do not have. `%t` is a table, `%q` a query, `%e` a condition.
    own: &'static [&'static str],
}

/// Statements of every dialect.
const COMMON: &[&str] = &[
    "%q",
    "%q",
    "%q",
    "%q",
    "DELETE FROM %t",
    "DELETE FROM %t WHERE %e",
    "UPDATE %t SET a = 1",
    "UPDATE %t SET a = (%q), b = 2 WHERE %e",
    "INSERT INTO %t (a, b) VALUES (1, 'x'), (2, 'y')",
    "INSERT INTO %t %q",
    "DROP TABLE %t",
    "DROP TABLE IF EXISTS %t",
    "DROP VIEW %t",
    "CREATE TABLE %t (a INT, b VARCHAR(10))",
    "CREATE TABLE IF NOT EXISTS %t (a INT)",
    "CREATE VIEW %t AS %q",
    "CREATE INDEX i ON %t (a)",
    "ALTER TABLE %t ADD COLUMN c INT",
    "ALTER TABLE %t DROP COLUMN c",
    "CREATE SCHEMA s1",
    "DROP SCHEMA s1",
    "TRUNCATE TABLE %t",
    "BEGIN",
    "COMMIT",
    "WITH w AS (%q) SELECT * FROM w",
    "SELECT 1",
    "SELECT (%q)",
    "DELETE FROM %t WHERE a IN (%q)",
    "UPDATE %t SET a = CASE WHEN %e THEN 1 ELSE 2 END WHERE NOT (%e)",
];

/// Most constructs within constructs.
const DEPTH: usize = 3;

/// One to three statements.
#[must_use]
pub fn text(chance: &mut Chance, dialect: &Dialect) -> String {
    let count = [1, 1, 1, 1, 2, 3][chance.below(6)];
    let mut text = space(chance, "");
    for index in 0..count {
        if index > 0 {
            text.push_str(&space(chance, "; "));
        }
        let own = chance.below(2) == 0;
        let template = chance.pick(if own { dialect.own } else { COMMON });
        text.push_str(&filled(chance, dialect, template, DEPTH));
    }
    text.push_str(chance.pick(&[";", "", "\n", " ; ", ";\n-- DROP TABLE z\n", " /* ; */"]));
    text
}

/// A template with its holes filled and its blanks, and now and then its case, changed.
fn filled(chance: &mut Chance, dialect: &Dialect, template: &str, depth: usize) -> String {
    let cased = match chance.below(4) {
        0 if !template.contains(['\'', '%', '"']) => template.to_lowercase(),
        _ => template.to_owned(),
    };
    let odd = chance.below(3) == 0;
    let mut text = String::new();
    let mut chars = cased.chars().peekable();
    let mut quote = None;
    while let Some(c) = chars.next() {
        match c {
            '%' if quote.is_none() => match chars.next() {
                Some('t') => text.push_str(&table(chance, dialect)),
                Some('q') => text.push_str(&query(chance, dialect, depth)),
                Some('e') => text.push_str(&condition(chance, dialect, depth)),
                other => text.extend(['%'].into_iter().chain(other)),
            },
            ' ' if odd && quote.is_none() => text.push_str(&space(chance, " ")),
            '\'' | '"' => {
                quote = if quote == Some(c) {
                    None
                } else {
                    quote.or(Some(c))
                };
                text.push(c);
            }
            other => text.push(other),
        }
    }
    text
}

/// What may stand between words; some only in some dialects.
const SPACES: [&str; 15] = [
    "",
    "",
    "",
    "",
    "",
    "",
    " ",
    "\n",
    "\t",
    "/* x */",
    "/* DROP TABLE z; */",
    "-- ; x\n",
    "/* /* ; */ */",
    "/* ' */",
    "-- '\n",
];

fn space(chance: &mut Chance, plain: &str) -> String {
    let other = chance.pick(&SPACES);
    format!("{plain}{other}")
}

fn table(chance: &mut Chance, dialect: &Dialect) -> String {
    let count = [1, 1, 1, 2, 2, 3][chance.below(6)];
    let parts: Vec<String> = (0..count).map(|_| name(chance, dialect)).collect();
    parts.join(".")
}

fn name(chance: &mut Chance, dialect: &Dialect) -> String {
    let plain = ["t1", "t2", "users", "Orders", "log_2020", "data"];
    if chance.below(3) > 0 {
        return chance.pick(&plain).to_owned();
    }
    let (before, after) = dialect.quotes[chance.below(dialect.quotes.len())];
    let inner = chance.pick(&[
        "t1",
        "Users",
        "drop table",
        "a;b",
        "select",
        "x--y",
        "it's",
        "a b",
        "where 1",
        "a/*b",
        "#x",
        "$$",
        "%q",
        "d'",
    ]);
    let doubled = match (chance.below(6), after) {
        (0, "\"" | "`" | "]") => format!("{inner}{after}{after};"),
        _ => inner.to_owned(),
    };
    format!("{before}{doubled}{after}")
}

fn query(chance: &mut Chance, dialect: &Dialect, depth: usize) -> String {
    let inner = depth.saturating_sub(1);
    if depth == 0 {
        return format!("SELECT a FROM {}", table(chance, dialect));
    }
    match chance.below(12) {
        0 => format!(
            "{} UNION ALL {}",
            query(chance, dialect, 0),
            query(chance, dialect, inner)
        ),
        1 => format!(
            "WITH w AS ({}) SELECT a FROM w",
            query(chance, dialect, inner)
        ),
        2 => format!("SELECT x.a FROM ({}) AS x", query(chance, dialect, inner)),
        3 => format!(
            "SELECT a, {} FROM {} WHERE {}",
            expression(chance, dialect, inner),
            table(chance, dialect),
            condition(chance, dialect, inner)
        ),
        4 => format!(
            "SELECT COUNT(*) FROM {} GROUP BY a HAVING COUNT(*) > 1",
            table(chance, dialect)
        ),
        5 => format!(
            "SELECT x.a FROM {} AS x LEFT JOIN {} AS y ON x.a = y.a",
            table(chance, dialect),
            table(chance, dialect)
        ),
        6 => format!(
            "SELECT DISTINCT a FROM {} ORDER BY a DESC",
            table(chance, dialect)
        ),
        7 => format!(
            "SELECT a FROM {} WHERE EXISTS ({})",
            table(chance, dialect),
            query(chance, dialect, inner)
        ),
        8 => "SELECT 1".to_owned(),
        9 => format!(
            "SELECT {} AS \"delete\"",
            expression(chance, dialect, inner)
        ),
        10 => format!("(SELECT a FROM {})", table(chance, dialect)),
        _ => format!(
            "SELECT * FROM {} WHERE {}",
            table(chance, dialect),
            condition(chance, dialect, inner)
        ),
    }
}

fn condition(chance: &mut Chance, dialect: &Dialect, depth: usize) -> String {
    let inner = depth.saturating_sub(1);
    match chance.below(if depth == 0 { 6 } else { 10 }) {
        0 => "a = 1".to_owned(),
        1 => format!("b = {}", expression(chance, dialect, 0)),
        2 => "a IS NOT NULL".to_owned(),
        3 => "1 = 1".to_owned(),
        4 => "a BETWEEN 1 AND 2".to_owned(),
        5 => "b LIKE 'x%'".to_owned(),
        6 => format!("a IN ({})", query(chance, dialect, inner)),
        7 => format!(
            "({} OR {})",
            condition(chance, dialect, inner),
            condition(chance, dialect, inner)
        ),
        8 => format!("NOT {}", condition(chance, dialect, inner)),
        _ => format!(
            "{} AND {}",
            condition(chance, dialect, inner),
            condition(chance, dialect, inner)
        ),
    }
}

fn expression(chance: &mut Chance, dialect: &Dialect, depth: usize) -> String {
    let inner = depth.saturating_sub(1);
    match [0, 1, 2, 3, 4, 9, 5, 6, 7, 8][chance.below(if depth == 0 { 6 } else { 10 })] {
        0 => "a".to_owned(),
        1 => "'x'".to_owned(),
        2 => "'; DROP TABLE z; --'".to_owned(),
        3 => chance.pick(dialect.texts).to_owned(),
        9 => {
            let texts = ["'\\'", "'a''; --'", "''", "''''; x''''", "'-- '", "'/*'"];
            chance.pick(&texts).to_owned()
        }
        4 => "2".to_owned(),
        5 => format!("COALESCE({}, 1)", expression(chance, dialect, inner)),
        6 => format!("UPPER({})", expression(chance, dialect, inner)),
        7 => format!(
            "CASE WHEN {} THEN 1 ELSE 2 END",
            condition(chance, dialect, inner)
        ),
        _ => format!("({})", query(chance, dialect, inner)),
    }
}
