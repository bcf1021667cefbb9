//! SQL made up by chance: statements of a dialect in all the spellings it allows.

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

/// All dialects that both sides read.
pub const DIALECTS: [Dialect; 8] = [
    Dialect {
        name: "postgres",
        client: "psql -h db.acme.com",
        quotes: &[("\"", "\"")],
        texts: &[
            r"E'it\'s; DROP TABLE z'",
            "$$; DROP TABLE z; $$",
            "$x$ ' $x$",
            "U&'a'",
            "B'01'",
        ],
        own: &[
            "WITH w AS (DELETE FROM %t WHERE %e RETURNING *) SELECT * FROM w",
            "WITH w AS (UPDATE %t SET a = 1 RETURNING a), v AS (%q) INSERT INTO %t SELECT a FROM w",
            "WITH RECURSIVE w AS (%q) DELETE FROM %t USING w WHERE %e",
            "TRUNCATE %t, %t RESTART IDENTITY CASCADE",
            "TRUNCATE ONLY %t",
            "DELETE FROM ONLY %t WHERE %e",
            "DELETE FROM %t USING %t AS o WHERE %e RETURNING *",
            "UPDATE %t AS x SET a = o.a FROM %t AS o WHERE %e",
            "INSERT INTO %t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2 WHERE %e",
            "INSERT INTO %t DEFAULT VALUES",
            "SELECT * INTO %t FROM s1",
            "CREATE TABLE %t AS %q",
            "CREATE UNLOGGED TABLE %t (a INT)",
            "CREATE MATERIALIZED VIEW %t AS %q",
            "DROP MATERIALIZED VIEW IF EXISTS %t",
            "ALTER TABLE ONLY %t DROP COLUMN a CASCADE",
            "ALTER TABLE %t DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE %t ENABLE ROW LEVEL SECURITY",
            "DROP TABLE %t, %t CASCADE",
            "COPY %t FROM STDIN",
            "COPY %t TO STDOUT",
            "COPY (%q) TO STDOUT",
            "EXPLAIN ANALYZE DELETE FROM %t WHERE %e",
            "EXPLAIN DELETE FROM %t",
            "EXPLAIN (ANALYZE, COSTS off) UPDATE %t SET a = 1",
            "CREATE INDEX CONCURRENTLY i ON %t (a)",
            "DROP INDEX CONCURRENTLY i",
            "COMMENT ON TABLE %t IS 'x'",
            "MERGE INTO %t USING s1 ON %e WHEN MATCHED THEN DELETE",
            "GRANT SELECT ON %t TO bob",
            "REVOKE ALL ON %t FROM bob",
            "ALTER TABLE %t RENAME TO b",
            "DROP SCHEMA s1 CASCADE",
            "DROP SEQUENCE s1",
            "DROP TYPE y CASCADE",
            "DROP ROLE bob",
            "DROP FUNCTION f(int)",
            "VACUUM FULL %t",
            "REFRESH MATERIALIZED VIEW %t",
            "LOCK TABLE %t IN ACCESS EXCLUSIVE MODE",
            "TABLE %t",
            "VALUES (1), (2)",
            "PREPARE p AS DELETE FROM %t",
            "DROP POLICY p ON %t",
            "CREATE POLICY p ON %t USING (true)",
            "DROP TRIGGER g ON %t",
            "ALTER TABLE %t DISABLE TRIGGER ALL",
            "ALTER TABLE %t OWNER TO bob",
            "DROP EXTENSION x",
            "SELECT * FROM %t FOR UPDATE",
            "SET search_path TO x",
            "SHOW x",
        ],
    },
    Dialect {
        name: "mysql",
        client: "mysql -h db.acme.com",
        quotes: &[("`", "`")],
        texts: &[
            r"'it\'s; DROP TABLE z'",
            "\"; DROP TABLE z\"",
            r"'\\'",
            "_utf8'x'",
            "0xff",
        ],
        own: &[
            "REPLACE INTO %t (a) VALUES (1)",
            "REPLACE INTO %t %q",
            "INSERT IGNORE INTO %t SET a = 1",
            "INSERT INTO %t (a) VALUES (1) ON DUPLICATE KEY UPDATE a = 2",
            "DELETE t1 FROM t1 JOIN %t AS o ON %e WHERE %e",
            "DELETE FROM t1, t2 USING t1 INNER JOIN t2 ON %e",
            "DELETE FROM %t WHERE %e ORDER BY a LIMIT 3",
            "DELETE FROM %t LIMIT 3",
            "UPDATE %t SET a = 1 WHERE %e ORDER BY a LIMIT 1",
            "UPDATE t1 JOIN t2 ON %e SET t1.a = t2.a WHERE %e",
            "UPDATE t1, t2 SET t1.a = 2, t2.a = 3",
            "TRUNCATE %t",
            "TRUNCATE TABLE %t",
            "RENAME TABLE t1 TO t2",
            "RENAME TABLE t1 TO t2, t3 TO t4",
            "DROP TABLE IF EXISTS %t, %t",
            "DROP TEMPORARY TABLE %t",
            "DROP DATABASE d1",
            "DROP INDEX i ON %t",
            "CREATE DATABASE d1",
            "CREATE TABLE %t LIKE t2",
            "CREATE TABLE %t (a INT PRIMARY KEY) ENGINE = InnoDB",
            "ALTER TABLE %t DROP COLUMN a, ADD COLUMN b INT",
            "ALTER TABLE %t DROP PRIMARY KEY",
            "EXPLAIN DELETE FROM %t",
            "EXPLAIN ANALYZE SELECT * FROM t1",
            "DESCRIBE t1",
            "SHOW TABLES",
            "SHOW CREATE TABLE t1",
            "SHOW COLUMNS FROM t1",
            "USE d1",
            "LOCK TABLES t1 WRITE",
            "UNLOCK TABLES",
            "FLUSH TABLES",
            "KILL 3",
            "WITH w AS (%q) DELETE FROM %t WHERE a IN (SELECT a FROM w)",
            "SET @x = 1",
            "GRANT ALL ON d1.* TO bob",
            "CREATE OR REPLACE VIEW %t AS %q",
            "SELECT /*+ MAX_EXECUTION_TIME(1000) */ a FROM t1",
        ],
    },
    Dialect {
        name: "sqlite",
        client: "sqlite3 data.db",
        quotes: &[("\"", "\""), ("`", "`"), ("[", "]")],
        texts: &["'it''s; DROP TABLE z'", "x'00'", "'\\'"],
        own: &[
            "INSERT OR REPLACE INTO %t (a) VALUES (1)",
            "INSERT OR IGNORE INTO %t %q",
            "REPLACE INTO %t VALUES (1)",
            "UPDATE OR IGNORE %t SET a = 1 WHERE %e",
            "DELETE FROM %t WHERE %e RETURNING a",
            "INSERT INTO %t (a) VALUES (1) ON CONFLICT (a) DO NOTHING",
            "DROP TABLE IF EXISTS %t",
            "DROP INDEX i",
            "DROP TRIGGER g",
            "DROP VIEW %t",
            "ALTER TABLE %t RENAME TO b",
            "ALTER TABLE %t DROP COLUMN a",
            "CREATE TABLE IF NOT EXISTS %t (a INTEGER PRIMARY KEY AUTOINCREMENT)",
            "CREATE TEMP TABLE %t AS %q",
            "CREATE VIRTUAL TABLE %t USING fts5(a)",
            "ATTACH DATABASE 'x.db' AS x",
            "PRAGMA table_info(t1)",
            "EXPLAIN QUERY PLAN SELECT * FROM t1",
            "EXPLAIN QUERY PLAN DELETE FROM %t",
            "WITH w AS (%q) INSERT INTO %t SELECT * FROM w",
            "WITH w AS (%q) UPDATE %t SET a = 1",
            "VACUUM",
            "BEGIN IMMEDIATE",
            "REINDEX",
            "ANALYZE",
        ],
    },
    Dialect {
        name: "mssql",
        client: "sqlcmd -S db.acme.com",
        quotes: &[("[", "]"), ("\"", "\"")],
        texts: &["N'it''s; DROP TABLE z'", "0xff", "N''"],
        own: &[
            "SELECT TOP 5 a FROM t1",
            "SELECT TOP (5) PERCENT a FROM t1",
            "SELECT a INTO %t FROM s1",
            "DELETE TOP (5) FROM %t WHERE %e",
            "DELETE %t WHERE %e",
            "UPDATE %t SET a = 1 OUTPUT deleted.a WHERE %e",
            "DELETE FROM %t OUTPUT deleted.a WHERE %e",
            "INSERT INTO %t (a) OUTPUT inserted.a VALUES (1)",
            "INSERT %t VALUES (1)",
            "MERGE INTO %t AS x USING s1 AS y ON %e WHEN MATCHED THEN UPDATE SET a = 1 WHEN NOT MATCHED BY SOURCE THEN DELETE",
            "TRUNCATE TABLE %t",
            "DROP TABLE IF EXISTS %t, %t",
            "DROP DATABASE d1",
            "ALTER TABLE %t DROP COLUMN a",
            "ALTER TABLE %t DROP CONSTRAINT c",
            "CREATE OR ALTER VIEW %t AS %q",
            "SELECT a FROM t1 WITH (NOLOCK)",
            "IF 1 = 1 DELETE FROM %t",
            "IF 1 = 1 BEGIN SELECT 1; DROP TABLE %t; END",
            "WHILE 1 = 1 DELETE FROM %t",
            "DECLARE @x INT = 1",
            "SET @x = 1",
            "PRINT 'DROP TABLE x'",
            "WITH w AS (%q) DELETE FROM %t",
            "WITH w AS (%q) UPDATE %t SET a = 1",
            "UPDATE x SET a = 1 FROM %t AS x WHERE %e",
            "GRANT SELECT ON %t TO bob",
            "DENY SELECT ON %t TO bob",
            "EXEC p 1",
            "RENAME OBJECT t1 TO t2",
            "BEGIN TRANSACTION",
        ],
    },
    Dialect {
        name: "bigquery",
        client: "bq query --use_legacy_sql=false",
        quotes: &[("`", "`")],
        texts: &[
            "\"; DROP TABLE z\"",
            r"'it\'s'",
            "r'\\d'",
            "'''it's; DROP TABLE z'''",
            "b'x'",
        ],
        own: &[
            "DELETE %t WHERE TRUE",
            "DELETE FROM %t WHERE true",
            "CREATE OR REPLACE TABLE %t AS %q",
            "CREATE OR REPLACE VIEW %t AS %q",
            "CREATE TABLE %t CLONE t2",
            "DROP TABLE IF EXISTS %t",
            "DROP SCHEMA IF EXISTS s1 CASCADE",
            "TRUNCATE TABLE %t",
            "MERGE %t AS x USING s1 AS y ON %e WHEN MATCHED THEN DELETE",
            "MERGE INTO %t x USING s1 y ON FALSE WHEN NOT MATCHED BY SOURCE THEN DELETE WHEN NOT MATCHED THEN INSERT ROW",
            "INSERT %t (a) VALUES (1)",
            "INSERT INTO %t (a) %q",
            "UPDATE %t SET a = 1 WHERE TRUE",
            "EXPORT DATA OPTIONS(uri='gs://b/*.csv', format='CSV') AS SELECT * FROM t1",
            "SELECT * FROM t1 FOR SYSTEM_TIME AS OF TIMESTAMP '2020-01-01'",
            "SELECT * EXCEPT (a) FROM t1",
            "SELECT a FROM t1 QUALIFY ROW_NUMBER() OVER (PARTITION BY a) = 1",
            "ALTER TABLE %t DROP COLUMN a",
            "ALTER TABLE %t RENAME TO b",
            "EXECUTE IMMEDIATE 'DROP TABLE d.t'",
            "BEGIN DELETE FROM %t WHERE TRUE; END",
            "DECLARE x INT64 DEFAULT 1",
            "IF TRUE THEN DELETE FROM %t WHERE TRUE; END IF",
            "SELECT AS STRUCT 1 AS a",
            "SELECT * FROM UNNEST([1, 2]) AS x",
        ],
    },
    Dialect {
        name: "snowflake",
        client: "snowsql -a acme",
        quotes: &[("\"", "\"")],
        texts: &["$$; DROP TABLE z$$", r"'it\'s'", "'it''s'"],
        own: &[
            "CREATE OR REPLACE TABLE %t AS %q",
            "CREATE OR REPLACE TRANSIENT TABLE %t (a INT)",
            "CREATE TABLE %t CLONE t2",
            "CREATE OR REPLACE TABLE %t CLONE t2",
            "DROP TABLE IF EXISTS %t CASCADE",
            "DROP SCHEMA s1",
            "DROP DATABASE d1",
            "DROP STAGE s1",
            "DROP WAREHOUSE w",
            "TRUNCATE TABLE IF EXISTS %t",
            "TRUNCATE %t",
            "DELETE FROM %t USING s1 WHERE %e",
            "INSERT OVERWRITE INTO %t %q",
            "INSERT INTO %t (a) SELECT 1",
            "INSERT ALL INTO t1 VALUES (1) INTO t2 VALUES (2) SELECT 1",
            "MERGE INTO %t USING s1 ON %e WHEN MATCHED THEN UPDATE SET a = 1",
            "COPY INTO %t FROM @stage",
            "COPY INTO @stage FROM t1",
            "ALTER TABLE %t SWAP WITH t2",
            "ALTER TABLE %t DROP COLUMN a",
            "ALTER TABLE %t RENAME TO b",
            "UPDATE %t SET a = 1",
            "SHOW TABLES",
            "USE DATABASE d1",
            "REMOVE @stage/x",
            "SELECT a FROM t1 SAMPLE (10)",
            "SELECT $1 FROM @stage",
            "ALTER SESSION SET x = 1",
            "GRANT ROLE a TO USER b",
            "SELECT a FROM t1 AT (TIMESTAMP => 'x'::timestamp)",
            "CREATE VIEW %t AS %q",
            "CREATE STAGE s1",
            "SELECT * FROM TABLE(RESULT_SCAN(LAST_QUERY_ID()))",
        ],
    },
    Dialect {
        name: "clickhouse",
        client: "clickhouse-client -h db.acme.com",
        quotes: &[("`", "`"), ("\"", "\"")],
        texts: &[r"'it\'s; DROP TABLE z'", "'it''s'"],
        own: &[
            "ALTER TABLE %t DELETE WHERE %e",
            "ALTER TABLE %t UPDATE a = 1 WHERE %e",
            "ALTER TABLE %t DROP PARTITION 'x'",
            "ALTER TABLE %t DETACH PARTITION 'x'",
            "DELETE FROM %t WHERE %e",
            "TRUNCATE TABLE IF EXISTS %t",
            "DROP TABLE %t ON CLUSTER c",
            "DROP TABLE IF EXISTS %t SYNC",
            "DROP DATABASE d1",
            "OPTIMIZE TABLE %t FINAL",
            "INSERT INTO %t (a) VALUES (1)",
            "INSERT INTO TABLE %t %q",
            "INSERT INTO FUNCTION remote('h', d.t) VALUES (1)",
            "CREATE TABLE %t (a Int32) ENGINE = MergeTree ORDER BY a",
            "CREATE MATERIALIZED VIEW %t TO t2 AS %q",
            "SELECT a FROM t1 FINAL",
            "SELECT a FROM t1 PREWHERE a = 1 LIMIT 1 BY a",
            "SELECT a FROM t1 SETTINGS max_threads = 1",
            "SELECT a FROM t1 FORMAT JSON",
            "EXPLAIN AST SELECT 1",
            "RENAME TABLE t1 TO t2",
            "KILL MUTATION WHERE 1",
            "SHOW TABLES",
            "WITH 1 AS x SELECT x",
            "ALTER TABLE %t DROP COLUMN a",
            "ALTER TABLE %t CLEAR PROJECTION p",
            "CREATE OR REPLACE TABLE %t (a Int32) ENGINE = Memory",
            "ALTER TABLE %t FREEZE PARTITION 'x'",
        ],
    },
    Dialect {
        name: "duckdb",
        client: "duckdb data.db",
        quotes: &[("\"", "\"")],
        texts: &["$$; DROP TABLE z$$", "'it''s'", "E'it\\'s'"],
        own: &[
            "CREATE OR REPLACE TABLE %t AS %q",
            "CREATE TABLE %t AS FROM t2",
            "FROM t1",
            "FROM t1 SELECT a",
            "COPY t1 TO 'x.csv'",
            "COPY (%q) TO 'x.parquet'",
            "COPY %t FROM 'x.csv'",
            "INSERT OR REPLACE INTO %t VALUES (1)",
            "INSERT INTO %t BY NAME %q",
            "DELETE FROM %t USING s1 WHERE %e",
            "DROP TABLE IF EXISTS %t CASCADE",
            "DROP SCHEMA s1 CASCADE",
            "DROP SECRET x",
            "DROP MACRO f",
            "ATTACH 'x.db' AS x",
            "DETACH x",
            "INSTALL httpfs",
            "LOAD httpfs",
            "EXPORT DATABASE 'x'",
            "SELECT * EXCLUDE (a) FROM t1",
            "SUMMARIZE t1",
            "DESCRIBE t1",
            "PIVOT t1 ON a USING sum(b)",
            "EXPLAIN ANALYZE DELETE FROM %t",
            "TRUNCATE %t",
            "PRAGMA version",
            "SELECT * FROM 'x.csv'",
            "WITH w AS (%q) DELETE FROM %t",
            "ALTER TABLE %t DROP COLUMN a",
            "CREATE TEMP TABLE %t (a INT)",
            "CREATE MACRO f(a) AS a + 1",
            "UPDATE %t SET a = 1 FROM s1 WHERE %e",
            "CREATE SECRET (TYPE s3)",
        ],
    },
];

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

fn space(chance: &mut Chance, plain: &str) -> String {
    let other = chance.pick(&[
        "",
        "",
        "",
        " ",
        "\n",
        "\t",
        "/* x */",
        "/* DROP TABLE z; */",
        "-- ; x\n",
    ]);
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
    ]);
    format!("{before}{inner}{after}")
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
    match chance.below(if depth == 0 { 5 } else { 9 }) {
        0 => "a".to_owned(),
        1 => "'x'".to_owned(),
        2 => "'; DROP TABLE z; --'".to_owned(),
        3 => chance.pick(dialect.texts).to_owned(),
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
