//! From the statements of one text, read in one dialect, to what they do.

use super::acts::{Acts, Found};
use super::bounds::{self, Bound};
use super::command::Command;
use super::heads::{self, Recognised};
use super::lex::{self, Kind};
use super::names;
use super::seq::{Seq, lower};
use super::{scan, split};
use crate::catalogue::sql::{Deed, Dialect, Form, Sql, Statement, Target};
use crate::limits;
use crate::vocabulary::{Completeness, ResourceType, Reversibility};

/// The operation of joining another database file.
const ATTACH: &str = "sql:attach";

/// Reads SQL in one dialect.
#[derive(Debug)]
pub struct Reader {
    /// What is known.
    pub sql: &'static Sql,
    /// The dialect.
    pub dialect: Dialect,
    /// What was understood.
    pub acts: Acts,
    /// What programs of this machine are to run, found in commands of the client.
    pub commands: Vec<Command>,
    /// Names of statements prepared in this text.
    pub prepared: Vec<String>,
    /// Where later statements go, after a command that connects elsewhere.
    pub server: Option<String>,
    depth: usize,
    statements: usize,
    readings: usize,
}

impl Reader {
    /// A reader for `dialect`, one of so many (`readings`) that read the same text.
    #[must_use]
    pub fn new(sql: &'static Sql, dialect: Dialect, readings: usize) -> Self {
        Self {
            sql,
            dialect,
            acts: Acts::default(),
            commands: Vec::new(),
            prepared: Vec::new(),
            server: None,
            depth: 0,
            statements: 0,
            readings,
        }
    }

    /// Reads `text`. `outer`: the place that all of it stands for, when it is inside another text.
    pub fn text(&mut self, text: &str, outer: Option<(usize, usize)>, procedural: bool) {
        let span = outer.unwrap_or((0, text.len()));
        if text.len() > limits::SQL_BYTES || self.depth > limits::SQL_DEPTH {
            return self.add(Found::unread(
                span,
                "SQL that is too long or nested too deep to be read",
            ));
        }
        let tokens = lex::tokens(text, self.dialect);
        let seq = Seq {
            text,
            tokens: &tokens,
            outer,
        };
        if tokens.len() > self.share(limits::SQL_TOKENS) || split::too_deep(&seq) {
            return self.add(Found::unread(
                span,
                "SQL with more words or brackets than are read",
            ));
        }
        self.depth = self.depth.saturating_add(1);
        let mut delimiter = None;
        let mut bodies = 2;
        let mut at = 0;
        while at < tokens.len() {
            let rest = seq.from(at);
            self.statements = self.statements.saturating_add(1);
            if self.statements > self.share(limits::SQL_STATEMENTS) {
                self.add(Found::unread(span, "more statements than are read"));
                break;
            }
            if rest.kind(0) == Some(Kind::Command) {
                self.command(&rest.part(0..1), None);
                at = at.saturating_add(1);
                continue;
            }
            if let Some(taken) = self.word_command(&rest, &mut delimiter) {
                at = at.saturating_add(taken);
                continue;
            }
            let length = split::statement(
                &rest,
                self.dialect,
                procedural,
                delimiter.as_deref(),
                &mut bodies,
            );
            let part = rest.part(0..length.words);
            self.statement(&part, procedural);
            at = at.saturating_add(length.all.max(1));
        }
        self.depth = self.depth.saturating_sub(1);
    }

    /// The part of a limit that this reading may use.
    fn share(&self, limit: usize) -> usize {
        limit.checked_div(self.readings).unwrap_or(limit)
    }

    /// Adds an act.
    pub fn add(&mut self, mut act: Found) {
        act.on_server = !self.dialect.is_embedded();
        if act.server.is_none() {
            act.server.clone_from(&self.server);
        }
        self.acts.add(act);
    }

    /// Adds an act of the client itself, on this machine.
    pub fn add_here(&mut self, mut act: Found) {
        act.on_server = false;
        self.acts.add(act);
    }

    /// Reads one statement.
    pub fn statement(&mut self, seq: &Seq<'_>, procedural: bool) {
        if self.depth > limits::SQL_DEPTH {
            return self.unknown(seq, "SQL that is nested too deep to be read");
        }
        self.depth = self.depth.saturating_add(1);
        self.one(seq, procedural);
        self.depth = self.depth.saturating_sub(1);
    }

    fn one(&mut self, seq: &Seq<'_>, procedural: bool) {
        let mut start = 0;
        while seq.mark(start, b'(') {
            start = start.saturating_add(1);
        }
        if start >= seq.tokens.len() {
            return;
        }
        // A mark of a block (`<<name>>`) or of a number of repetitions begins no statement.
        let body = seq.from(start);
        let main = if body.is(0, "with") {
            let words = [
                "select", "insert", "update", "delete", "merge", "replace", "values", "table",
                "from",
            ];
            let place = body
                .outermost(1)
                .find(|at| body.is_any(*at, &words) && !body.is(at.saturating_add(1), "as"));
            match place {
                Some(at) => body.from(at),
                None => return self.unknown(seq, "a query without its main part"),
            }
        } else {
            body
        };
        // `BEGIN` and `END` of a block are no transaction.
        if procedural && main.is_any(0, &["begin", "end"]) {
            return;
        }
        match heads::recognise(self.sql, &main, self.dialect) {
            Some(known) => self.known(seq, &main, &known, procedural),
            None if procedural && self.assignment(seq) => {}
            None if self.dialect == Dialect::MsSql && self.system_procedure(&main) => {}
            None => self.unknown(seq, "a statement that is not known"),
        }
    }

    fn known(&mut self, whole: &Seq<'_>, main: &Seq<'_>, known: &Recognised, procedural: bool) {
        let Some(first) = known.statements.first() else {
            return;
        };
        let head = known.head;
        match first.form {
            Form::Control => return self.scanned(whole, main, true),
            Form::Explain => return self.explain(main, head, first),
            Form::Prepare => return self.prepare(main, head),
            Form::Execute => return self.execute(main, head, first, procedural),
            Form::Block => return self.block(main, head, first),
            _ => {}
        }
        for statement in &known.statements {
            self.acted(main, head, statement);
            if statement.deed.operation == ATTACH {
                // What is changed from here on may be in there.
                let at = main
                    .outermost(0)
                    .find(|at| main.kind(*at) == Some(Kind::Text));
                self.server = at.map(|at| main.content(at).into_owned());
            }
        }
        let query = first.form == Form::Query;
        match first.form {
            Form::Plain => {}
            Form::Copy => self.scan(whole, false, false, procedural),
            _ => self.scan(whole, true, query, procedural),
        }
    }

    /// The act of a statement on each of its targets.
    fn acted(&mut self, main: &Seq<'_>, head: usize, statement: &Statement) {
        let deed = &statement.deed;
        if statement.form == Form::Query {
            return;
        }
        let mut kind = deed.resource;
        let targets: Vec<String> = match statement.target {
            Target::Nothing => Vec::new(),
            Target::Const(text) => vec![text.to_owned()],
            Target::Text => main
                .outermost(0)
                .find(|at| main.kind(*at) == Some(Kind::Text))
                .map(|at| main.content(at).into_owned())
                .into_iter()
                .collect(),
            Target::Name => {
                let at = names::begin(self.sql, main, head);
                names::name(main, at)
                    .map(|one| one.id)
                    .into_iter()
                    .collect()
            }
            Target::Names => ids(names::names(self.sql, main, head)),
            Target::After(word) => main
                .find(head.saturating_sub(1), &[word])
                .map(|at| {
                    let (start, of) = names::past_kinds(main, at.saturating_add(1));
                    kind = of.unwrap_or(kind);
                    ids(names::names(self.sql, main, start))
                })
                .unwrap_or_default(),
        };
        let bound = (statement.form == Form::Rows).then(|| bounds::bound(main));
        let span = main.span();
        let nameless = targets.is_empty();
        let targets = if nameless {
            vec!["*".to_owned()]
        } else {
            targets
        };
        for id in targets {
            let mut act = Found::new(deed, id, span);
            act.resource = kind;
            if nameless && statement.target != Target::Nothing {
                act.completeness = act.completeness.max(Completeness::Partial);
            }
            if bound == Some(Bound::Nothing) {
                act.unbound("no condition leaves any row out");
            }
            if self.dialect == Dialect::MsSql && act.id.starts_with('#') {
                // A temporary table, which is gone with the session.
                act.reversibility = Reversibility::None;
            }
            self.add(act);
        }
    }

    /// Expressions and queries of words of control, which have no act of their own.
    fn scanned(&mut self, whole: &Seq<'_>, main: &Seq<'_>, procedural: bool) {
        if main.tokens.len() > 1 {
            self.scan(whole, true, false, procedural);
        }
    }

    /// What `seq` touches inside. `main`: it is a query itself, and reads even without a table.
    pub(super) fn scan(&mut self, seq: &Seq<'_>, query: bool, main: bool, procedural: bool) {
        let found = scan::scan(self.sql, seq, query);
        let span = seq.span();
        let mut some = false;
        let select = self.deed("select");
        for one in &found.relations {
            some = true;
            self.reads(select, one.id.clone(), ResourceType::Table, span);
        }
        for index in &found.files {
            if self.dialect.is_embedded() {
                some = true;
                self.server_file("=server read", &seq.content(*index), span);
            }
        }
        for (name, open) in &found.functions {
            let arguments = seq.part(open.saturating_add(1)..seq.close(*open));
            self.function(name, &arguments, span);
        }
        for range in found.statements {
            let inner = seq.part(range);
            if let Some(known) = heads::recognise(self.sql, &inner, self.dialect) {
                for statement in &known.statements {
                    self.acted(&inner, known.head, statement);
                }
            }
        }
        if main {
            if !some {
                self.read("*".to_owned(), ResourceType::Database, span);
            }
            for index in &found.into {
                self.into(seq, *index, procedural);
            }
        }
        if found.broken {
            self.add(
                Found::unread(span, "SQL with a quote or comment that does not end").softened(main),
            );
        }
    }

    /// Where a query puts its rows.
    fn into(&mut self, seq: &Seq<'_>, at: usize, procedural: bool) {
        let span = seq.span();
        if seq.is_any(at, &["outfile", "dumpfile"]) {
            let path = seq.content(at.saturating_add(1));
            return self.server_file("=server write", &path, span);
        }
        let makes_table = matches!(
            self.dialect,
            Dialect::Postgres | Dialect::MsSql | Dialect::DuckDb
        );
        if procedural || !makes_table || seq.kind(at) == Some(Kind::Variable) {
            return;
        }
        let at = names::begin(self.sql, seq, at);
        let at = if seq.is(at, "table") {
            at.saturating_add(1)
        } else {
            at
        };
        if let (Some(name), Some(deed)) = (names::name(seq, at), self.deed("create table")) {
            self.add(Found::new(deed, name.id, span));
        }
    }

    fn read(&mut self, id: String, kind: ResourceType, span: (usize, usize)) {
        self.reads(self.deed("select"), id, kind, span);
    }

    fn reads(
        &mut self,
        select: Option<&'static Deed>,
        id: String,
        kind: ResourceType,
        span: (usize, usize),
    ) {
        if let Some(deed) = select {
            let mut act = Found::new(deed, id, span);
            act.resource = kind;
            self.add(act);
        }
    }

    /// A file of the server that SQL reads or writes; `head` names the deed in the catalogue.
    pub(super) fn server_file(&mut self, head: &str, path: &str, span: (usize, usize)) {
        if let Some(deed) = self.deed(head) {
            let path = if path.is_empty() { "*" } else { path };
            self.add(Found::new(deed, path, span));
        }
    }

    /// The deed of the statement with exactly this head.
    pub(super) fn deed(&self, head: &str) -> Option<&'static Deed> {
        let (first, rest) = head.split_once(' ').unwrap_or((head, ""));
        let statements = self.sql.statements;
        let at = statements
            .binary_search_by(|(word, _)| (*word).cmp(first))
            .ok()?;
        let (_, groups) = statements.get(at)?;
        let second = rest.split(' ').next().unwrap_or_default();
        let at = groups
            .binary_search_by(|(word, _)| (*word).cmp(second))
            .ok()?;
        let (_, heads) = groups.get(at)?;
        let found = heads.iter().find(|head| {
            head.statement.has.is_empty() && head.rest.iter().copied().eq(rest.split_whitespace())
        });
        found.map(|head| &head.statement.deed)
    }

    fn unknown(&mut self, seq: &Seq<'_>, why: &str) {
        // `END`, `;` and labels of procedural code say nothing.
        let mut buffer = [0; 32];
        let first = lower(seq.word(0), &mut buffer);
        if first == "end" && seq.tokens.len() <= 3 {
            return;
        }
        self.add(Found::unread(seq.span(), why));
    }
}

impl Found {
    /// A query that does not end properly fails or reads; it is partly understood, not unknown.
    fn softened(self, query: bool) -> Self {
        if !query {
            return self;
        }
        Self {
            operation: "sql:select",
            verb: crate::vocabulary::Verb::Read,
            reversibility: Reversibility::None,
            completeness: Completeness::Partial,
            ..self
        }
    }
}

fn ids(names: Vec<names::Named>) -> Vec<String> {
    names.into_iter().map(|one| one.id).collect()
}
