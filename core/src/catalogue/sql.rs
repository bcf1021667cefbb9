//! The shapes of what is known of SQL: statements, functions, and commands of its clients.

use crate::vocabulary::{Completeness, Effect, ResourceType, Reversibility, Verb};

/// What is known of SQL.
#[derive(Debug)]
pub struct Sql {
    /// Statements by their first word, and their heads by the second, which is empty where there is none;
    /// sorted, lower case.
    pub statements: &'static [(&'static str, Heads)],
    /// Commands of client programs that stand in SQL text; sorted, lower case.
    pub commands: &'static [(&'static str, &'static ClientCommand)],
    /// Functions that do more than compute; sorted, lower case.
    pub functions: &'static [(&'static str, &'static Function)],
    /// Names of functions that only compute or look; sorted lines.
    pub pure: &'static str,
    /// Beginnings of such names.
    pub families: &'static [&'static str],
    /// Procedures of a server that only look; sorted lines.
    pub looking: &'static str,
    /// Words that may stand before a function's name or before a bracket; sorted lines.
    pub reserved: &'static str,
    /// First words of the runs of words that say more of a statement; sorted.
    pub clauses: &'static [&'static str],
    /// Where in `clauses` those of each letter begin, and where the last ends.
    pub clause_letters: [u16; 27],
    /// Beginnings of such words.
    pub clause_families: &'static [&'static str],
    /// Words that may stand between the words of a statement's head.
    pub noise: &'static [&'static str],
}

/// Heads of statements by one of their words.
pub type Heads = &'static [(&'static str, &'static [Head])];

/// One way a statement begins.
#[derive(Debug)]
pub struct Head {
    /// The words after the first; `*` is any one word.
    pub rest: &'static [&'static str],
    /// What the statement means.
    pub statement: &'static Statement,
}

/// What a statement means.
#[derive(Debug)]
pub struct Statement {
    /// Runs of words one of which must stand in the statement; empty: none need.
    pub has: &'static [&'static [&'static str]],
    /// Runs of words none of which may stand in it.
    pub without: &'static [&'static [&'static str]],
    /// The dialects that have it, a set of [`Dialect::bit`].
    pub dialects: u16,
    /// How it is read.
    pub form: Form,
    /// Where its resource is named.
    pub target: Target,
    /// What it does.
    pub deed: Deed,
}

/// What a statement, function or client command does.
#[derive(Debug)]
pub struct Deed {
    /// Namespaced operation.
    pub operation: &'static str,
    /// What kind of act.
    pub verb: Verb,
    /// What it acts on.
    pub resource: ResourceType,
    /// What it takes to undo.
    pub reversibility: Reversibility,
    /// Cross-cutting facts.
    pub effects: &'static [Effect],
    /// At best this well understood.
    pub completeness: Completeness,
    /// No bound on what it touches.
    pub unbounded: bool,
}

/// How a statement is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// By its head and target alone; nothing in it runs now.
    Plain,
    /// Expressions and queries inside it run now.
    Scanned,
    /// A query.
    Query,
    /// Changes or removes rows that a condition chooses.
    Rows,
    /// Adds rows.
    Insert,
    /// What `MERGE` does is said by its branches.
    Merge,
    /// Shows the plan of another statement, and may run it.
    Explain,
    /// Runs a text or a procedure.
    Execute,
    /// Keeps a statement for later.
    Prepare,
    /// A block of procedural code as a text.
    Block,
    /// Moves rows between a table and a file, program or the client.
    Copy,
    /// Words of procedural code between statements.
    Control,
}

/// Where the name of a resource stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Nowhere.
    Nothing,
    /// After the head: one name.
    Name,
    /// After the head: names, separated by commas.
    Names,
    /// After this word.
    After(&'static str),
    /// The first text.
    Text,
    /// This name.
    Const(&'static str),
}

/// A function that does more than compute.
#[derive(Debug)]
pub struct Function {
    /// What it does; `None` when all it does is run the SQL of its arguments.
    pub deed: Option<Deed>,
    /// The argument that names the resource, from 1; 0: none.
    pub id: u8,
    /// It sets the parameter of the session that its first argument names to its second.
    pub sets: bool,
    /// Arguments that are SQL and run, from 1.
    pub sql: &'static [u8],
}

/// A command of a client program.
#[derive(Debug)]
pub struct ClientCommand {
    /// The dialects whose clients have it.
    pub dialects: u16,
    /// What its argument is.
    pub argument: CommandArgument,
    /// What it does.
    pub deed: Deed,
}

/// What the argument of a client command is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandArgument {
    /// Of no account.
    Nothing,
    /// A file's path; `|program` is a program.
    File,
    /// A shell line that runs on this machine.
    Shell,
    /// A file of SQL that runs.
    Script,
    /// A table copied to or from a file or program of this machine (`\copy`).
    Copy,
    /// Another database to go on with.
    Connection,
    /// The mark that ends statements from here on.
    Delimiter,
    /// The words before it make rows that run as SQL.
    Generated,
}

/// A dialect of SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// PostgreSQL and what speaks like it.
    Postgres,
    /// MySQL and MariaDB.
    MySql,
    /// SQLite.
    Sqlite,
    /// SQL Server.
    MsSql,
    /// DuckDB.
    DuckDb,
    /// ClickHouse.
    ClickHouse,
    /// Snowflake.
    Snowflake,
    /// BigQuery.
    BigQuery,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("postgres", Self::Postgres),
        ("mysql", Self::MySql),
        ("sqlite", Self::Sqlite),
        ("mssql", Self::MsSql),
        ("duckdb", Self::DuckDb),
        ("clickhouse", Self::ClickHouse),
        ("snowflake", Self::Snowflake),
        ("bigquery", Self::BigQuery),
    ];

    /// The dialects that text of an unknown one is read in.
    pub const LIKELY: &'static [Self] = &[Self::Postgres, Self::MySql, Self::Sqlite, Self::MsSql];

    /// Its place in a set of dialects.
    #[must_use]
    pub const fn bit(self) -> u16 {
        1 << (self as u16)
    }

    /// The dialect of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter();
        all.find(|(known, _)| *known == name)
            .map(|(_, dialect)| *dialect)
    }

    /// Whether the engine runs in the client's own process, so that its files are this machine's.
    #[must_use]
    pub const fn is_embedded(self) -> bool {
        matches!(self, Self::Sqlite | Self::DuckDb)
    }
}
