//! What another reader of SQL finds, ours finds: statements made up by chance are read by the published
//! crate `sqlparser` as well. What it says changes something must change something for us, or be partly
//! understood; each table it says is changed must be among our resources; and what it says only reads
//! must only read.
//!
//! `CHECKREIN_STATEMENTS=100000` reads more.

use std::collections::BTreeSet;

use checkrein::action::Draft;
use checkrein::interpret::interpret;
use checkrein::vocabulary::{Completeness, Reversibility, Verb, VerbGroup};
use checkrein::wire;
use checkrein_tests::lines::Chance;
use checkrein_tests::statements::{DIALECTS, Dialect, text};
use serde_json::json;
use sqlparser::ast::{
    CopySource, FromTable, ObjectName, Query, SetExpr, Statement, TableFactor, TableObject,
    TableWithJoins, UtilityOption,
};
use sqlparser::dialect::{
    BigQueryDialect, ClickHouseDialect, Dialect as Grammar, DuckDbDialect, MsSqlDialect,
    MySqlDialect, PostgreSqlDialect, SQLiteDialect, SnowflakeDialect,
};
use sqlparser::parser::Parser;

/// What a text does, by the other reader.
#[derive(Debug, Default)]
struct Told {
    /// Something is changed.
    changes: bool,
    /// Something goes.
    removes: bool,
    /// It may change something of which this test knows no more.
    unclear: bool,
    /// The tables that are changed.
    tables: BTreeSet<String>,
}

#[test]
fn what_sqlparser_finds_is_found() {
    let asked = std::env::var("CHECKREIN_STATEMENTS");
    let count = asked.ok().and_then(|text| text.parse().ok());
    let mut chance = Chance::new(20_261_127);
    let (mut read, mut changing, mut whole) = (0_usize, 0_usize, 0_usize);
    let mut wrong = Vec::new();
    for dialect in &DIALECTS {
        let grammar = grammar(dialect.name);
        for _ in 0..count.unwrap_or(8_000) / DIALECTS.len() {
            let text = text(&mut chance, dialect);
            let parser = Parser::new(grammar.as_ref()).with_recursion_limit(100);
            let Ok(statements) = parser
                .try_with_sql(&text)
                .and_then(|mut one| one.parse_statements())
            else {
                continue;
            };
            read += 1;
            let mut told = Told::default();
            for statement in &statements {
                told.add(statement);
            }
            let drafts = ours(dialect, &text);
            let certain = drafts
                .iter()
                .all(|draft| draft.completeness == Completeness::Exact);
            changing += usize::from(told.changes);
            whole += usize::from(certain);
            if let Some(problem) = problem(&told, &drafts, certain) {
                wrong.push(format!(
                    "{}: {text:?}\n  {problem}\n  {}",
                    dialect.name,
                    shown(&drafts)
                ));
            }
        }
    }
    println!("{read} texts read by both, {changing} change something, {whole} read whole by us");
    assert!(
        wrong.is_empty(),
        "{} texts:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(read >= 3_000, "only {read} texts were read by both");
}

fn problem(told: &Told, drafts: &[Draft], certain: bool) -> Option<String> {
    let changing: Vec<&Draft> = drafts
        .iter()
        .filter(|draft| draft.verb.group() != VerbGroup::Observe)
        .collect();
    if !told.changes {
        let harmless = told.unclear || changing.is_empty();
        return (!harmless).then(|| "only reads".to_owned());
    }
    if !certain {
        return None;
    }
    if changing.is_empty() {
        return Some("changes something".to_owned());
    }
    let worst = |draft: &&Draft| {
        draft.verb.group() == VerbGroup::Destroy
            || matches!(
                draft.verb,
                Verb::Execute | Verb::Unknown | Verb::Grant | Verb::Revoke
            )
            || draft.reversibility == Reversibility::Irreversible
    };
    if told.removes && !changing.iter().any(|draft| worst(draft)) {
        return Some("removes something".to_owned());
    }
    let ids: Vec<String> = changing
        .iter()
        .map(|draft| plain(&draft.resource.id))
        .collect();
    let missing = told.tables.iter().find(|table| !ids.contains(table));
    missing.map(|table| format!("changes {table}"))
}

fn grammar(name: &str) -> Box<dyn Grammar> {
    match name {
        "postgres" => Box::new(PostgreSqlDialect {}),
        "mysql" => Box::new(MySqlDialect {}),
        "sqlite" => Box::new(SQLiteDialect {}),
        "mssql" => Box::new(MsSqlDialect {}),
        "bigquery" => Box::new(BigQueryDialect {}),
        "snowflake" => Box::new(SnowflakeDialect),
        "clickhouse" => Box::new(ClickHouseDialect {}),
        _ => Box::new(DuckDbDialect {}),
    }
}

/// What we make of a text that the client of the dialect is given.
fn ours(dialect: &Dialect, text: &str) -> Vec<Draft> {
    let line = format!(
        "{} <<'CHECKREIN_END'\n{text}\nCHECKREIN_END\n",
        dialect.client
    );
    let call = json!({
        "tool": "Bash",
        "arguments": {"command": line},
        "agent": {"id": "a"},
        "workspace": {"root": "/repo", "cwd": "/repo"},
    });
    let call = wire::call_from_json(call.to_string().as_bytes()).expect("a call");
    // The file of an embedded database is opened, which is not what the text does.
    let drafts = interpret(&call).into_iter();
    drafts
        .filter(|draft| draft.operation != "sql:open")
        .collect()
}

fn shown(drafts: &[Draft]) -> String {
    let texts = drafts.iter().map(|draft| {
        format!(
            "{} {} {} ({})",
            draft.operation, draft.verb, draft.resource.id, draft.completeness
        )
    });
    texts.collect::<Vec<_>>().join(", ")
}

/// A name without its quotes and its case.
fn plain(name: &str) -> String {
    name.replace(['"', '`', '[', ']'], "").to_lowercase()
}

impl Told {
    fn add(&mut self, statement: &Statement) {
        match statement {
            Statement::Explain {
                analyze: false,
                options,
                ..
            } if !analyzes(options.as_deref()) => return,
            Statement::Explain { statement, .. } => return self.add(statement),
            // What is kept for later may count at once.
            Statement::Prepare { .. }
            | Statement::CreateFunction(_)
            | Statement::CreateProcedure { .. }
            | Statement::CreateTrigger(_) => {
                self.unclear = true;
                return;
            }
            _ => {}
        }
        self.one(statement);
        for inner in inner(statement) {
            self.add(inner);
        }
        match statement {
            Statement::Query(query) => self.query(query),
            Statement::Insert(insert) => insert.source.iter().for_each(|query| self.query(query)),
            _ => {}
        }
    }

    /// The statements in a query.
    fn query(&mut self, query: &Query) {
        for table in query.with.iter().flat_map(|with| &with.cte_tables) {
            self.query(&table.query);
        }
        self.body(&query.body);
    }

    fn body(&mut self, body: &SetExpr) {
        match body {
            SetExpr::Insert(one)
            | SetExpr::Update(one)
            | SetExpr::Delete(one)
            | SetExpr::Merge(one) => {
                self.add(one);
            }
            SetExpr::Query(query) => self.query(query),
            SetExpr::SetOperation { left, right, .. } => {
                self.body(left);
                self.body(right);
            }
            _ => {}
        }
    }

    fn writes(&mut self, name: &ObjectName) {
        self.changes = true;
        self.tables.insert(plain(&name.to_string()));
    }

    fn removes(&mut self, name: &ObjectName) {
        self.removes = true;
        self.writes(name);
    }

    /// The table of a `FROM` or `UPDATE`, when it is a plain one that no alias stands for.
    fn table(&mut self, table: &TableFactor) {
        self.changes = true;
        if let TableFactor::Table {
            name, args: None, ..
        } = table
        {
            self.writes(name);
        }
    }

    fn joined(&mut self, tables: &[TableWithJoins]) {
        self.changes = true;
        if let [one] = tables
            && one.joins.is_empty()
        {
            self.table(&one.relation);
        }
    }

    fn one(&mut self, statement: &Statement) {
        match statement {
            Statement::Insert(insert) => {
                self.changes = true;
                if let TableObject::TableName(name) = &insert.table
                    && insert.multi_table_into_clauses.is_empty()
                {
                    self.writes(name);
                }
                self.removes |= insert.overwrite;
            }
            Statement::Update(update) => {
                self.changes = true;
                // `UPDATE x … FROM t AS x` changes `t`.
                if update.from.is_none() {
                    self.joined(std::slice::from_ref(&update.table));
                }
            }
            Statement::Delete(delete) => {
                self.changes = true;
                self.removes = true;
                let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) =
                    &delete.from;
                if delete.tables.is_empty() && delete.using.is_none() {
                    self.joined(from);
                }
            }
            Statement::Merge(merge) => self.table(&merge.table),
            Statement::Truncate(truncate) => {
                for target in &truncate.table_names {
                    self.removes(&target.name);
                }
            }
            Statement::Drop { names, .. } => {
                for name in names {
                    self.removes(name);
                }
            }
            Statement::CreateTable(create) => {
                self.writes(&create.name);
                self.removes |= create.or_replace;
            }
            Statement::CreateView(create) => self.writes(&create.name),
            Statement::AlterTable(alter) => self.writes(&alter.name),
            Statement::CreateVirtualTable { name, .. } => self.writes(name),
            Statement::RenameTable(renamed) => {
                for one in renamed {
                    self.writes(&one.old_name);
                }
            }
            Statement::Copy {
                source: CopySource::Table { table_name, .. },
                to: false,
                ..
            } => {
                self.writes(table_name);
            }
            Statement::CopyIntoSnowflake { .. } => self.changes = true,
            Statement::DropFunction(_)
            | Statement::DropProcedure { .. }
            | Statement::DropPolicy(_)
            | Statement::DropTrigger(_)
            | Statement::DropExtension(_)
            | Statement::DropSecret { .. } => {
                self.changes = true;
                self.removes = true;
            }
            Statement::CreateIndex(_)
            | Statement::CreateSchema { .. }
            | Statement::CreateDatabase { .. }
            | Statement::CreatePolicy(_)
            | Statement::Grant(_)
            | Statement::Revoke(_)
            | Statement::Deny(_)
            | Statement::Comment { .. }
            | Statement::ExportData(_)
            | Statement::Remove(_)
            | Statement::OptimizeTable { .. } => self.changes = true,
            Statement::Query(query) if select_into(query) => self.unclear = true,
            Statement::Query(_)
            | Statement::Explain { .. }
            | Statement::ExplainTable { .. }
            | Statement::ShowTables { .. }
            | Statement::ShowCreate { .. }
            | Statement::ShowColumns { .. }
            | Statement::Print(_)
            | Statement::Use(_)
            | Statement::Commit { .. }
            | Statement::If(_)
            | Statement::While(_)
            | Statement::StartTransaction { .. } => {}
            _ => self.unclear = true,
        }
    }
}

/// `EXPLAIN (ANALYZE, …)`
fn analyzes(options: Option<&[UtilityOption]>) -> bool {
    let mut options = options.into_iter().flatten();
    options.any(|option| option.name.value.eq_ignore_ascii_case("analyze"))
}

/// The statements in a block.
fn inner(statement: &Statement) -> Vec<&Statement> {
    match statement {
        Statement::StartTransaction { statements, .. } => statements.iter().collect(),
        Statement::If(block) => {
            let blocks = [&block.if_block].into_iter().chain(&block.elseif_blocks);
            let blocks = blocks.chain(&block.else_block);
            blocks
                .flat_map(|one| one.conditional_statements.statements())
                .collect()
        }
        Statement::While(block) => {
            let block = &block.while_block;
            block.conditional_statements.statements().iter().collect()
        }
        _ => Vec::new(),
    }
}

/// Queries that this test does not take for reading: they make a table, lock rows or read what lies
/// outside the database.
fn select_into(query: &Query) -> bool {
    let text = query.to_string();
    [" INTO ", " FOR UPDATE", "TABLE(", "'x.csv'", "@stage"]
        .iter()
        .any(|word| text.contains(word))
}
