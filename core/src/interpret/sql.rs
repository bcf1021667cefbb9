//! SQL: what the statements of a text do.
//!
//! Statements are recognised by their words, which the catalogue lists (`catalogue/sql`); what stands
//! inside a statement that runs (tables, functions, statements in brackets, conditions) is read from
//! its tokens in one pass. Text of a dialect that is not known is read in each of the likely ones, and
//! what any of them finds counts: dialects differ in where texts and comments end.

mod acts;
mod bounds;
mod clauses;
mod command;
mod forms;
mod functions;
mod heads;
mod lex;
mod names;
mod reader;
mod scan;
mod seq;
mod split;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use self::acts::{Acts, Found};
pub use self::command::Command;
use self::reader::Reader;
use super::argument::{has_unseen, text_of};
use super::place::{Machine, Setting};
use super::session::Session;
use super::shell::{self, ShellState};
use super::value::{Stream, Value};
use crate::action::{Draft, Resource, ResourceRef, Scope, Selector};
use crate::catalogue::sql::{Dialect, Sql};
use crate::catalogue::{CATALOGUE, paths};
use crate::vocabulary::{
    Completeness, Effect, Location, ResourceType, Reversibility, SelectorKind, Verb,
};

/// The dialect of a language written `sql` or `sql:dialect`; `None` when it is another language.
#[must_use]
pub fn language(name: &str) -> Option<Option<Dialect>> {
    match name.strip_prefix("sql") {
        Some("") => Some(None),
        Some(rest) => rest.strip_prefix(':').map(Dialect::named),
        None => None,
    }
}

/// Adds what SQL text does.
pub fn interpret(
    session: &mut Session<'_>,
    sql: &Value,
    dialect: Option<Dialect>,
    setting: &Setting<'_>,
) {
    let read = drafts(sql, dialect, setting);
    session.add(read.drafts);
    for command in read.commands {
        run(session, command, setting, sql.span);
    }
}

/// What SQL text does.
#[derive(Debug)]
pub struct Read {
    /// The drafts of its statements.
    pub drafts: Vec<Draft>,
    /// What commands of a client program in it make this machine do.
    pub commands: Vec<Command>,
}

/// Reads SQL text.
#[must_use]
pub fn drafts(sql: &Value, dialect: Option<Dialect>, setting: &Setting<'_>) -> Read {
    let text = text_of(sql);
    let (acts, commands) = understand(&CATALOGUE.sql, &text, dialect);
    let exact = sql.span.1.saturating_sub(sql.span.0) as usize == text.len();
    let mut drafts: Vec<Draft> = acts
        .into_iter()
        .map(|act| draft(act, sql.span, exact, setting))
        .collect();
    if dialect == Some(Dialect::BigQuery) {
        for draft in &mut drafts {
            draft.selectors.extend(names::project_of(&draft.resource));
        }
    }
    if drafts.is_empty() && commands.is_empty() {
        let mut act = Found::unread((0, text.len()), "there is no statement in it");
        act.operation = "sql:nothing";
        act.verb = Verb::List;
        act.reversibility = Reversibility::None;
        act.completeness = Completeness::Exact;
        drafts.push(draft(act, sql.span, exact, setting));
    }
    if has_unseen(&text) {
        // What is put in there could end the statement and begin another.
        let act = Found::unread((0, text.len()), "a part of the SQL cannot be seen");
        drafts.push(draft(act, sql.span, exact, setting));
    }
    Read { drafts, commands }
}

/// A file of SQL that cannot be seen: it runs whatever it holds.
pub fn script(session: &mut Session<'_>, file: &Value, setting: &Setting<'_>) {
    let act = Found {
        operation: "sql:script",
        verb: Verb::Execute,
        id: file.sketch(),
        ..Found::unread((0, 0), "a file of SQL that is not read")
    };
    session.add(vec![draft(act, file.span, false, setting)]);
}

fn understand(
    sql: &'static Sql,
    text: &str,
    dialect: Option<Dialect>,
) -> (Vec<Found>, Vec<Command>) {
    let readings = if dialect.is_some() {
        1
    } else {
        Dialect::LIKELY.len()
    };
    let read = |dialect| {
        let mut reader = Reader::new(sql, dialect, readings);
        reader.text(text, None, false);
        reader
    };
    let Some(dialect) = dialect else {
        let mut all = Acts::default();
        let mut commands: Vec<Command> = Vec::new();
        let mut settled = false;
        for (order, dialect) in Dialect::LIKELY.iter().enumerate() {
            let reader = read(*dialect);
            let found = reader.acts.into_found();
            // Where the first reading leaves nothing open, what another finds only to look says nothing.
            settled |= order == 0 && found.iter().all(|act| act.verb != Verb::Unknown);
            for act in found {
                if order == 0 || !settled || act.verb != Verb::List {
                    all.add(act);
                }
            }
            for command in reader.commands {
                if !commands.contains(&command) {
                    commands.push(command);
                }
            }
        }
        return (all.into_found(), commands);
    };
    let reader = read(dialect);
    (reader.acts.into_found(), reader.commands)
}

fn draft(act: Found, span: (u32, u32), exact: bool, setting: &Setting<'_>) -> Draft {
    let mut draft = Draft {
        operation: Cow::Borrowed(act.operation),
        verb: act.verb,
        resource: Resource {
            kind: act.resource,
            id: act.id,
            parents: Vec::new(),
        },
        location: Location::Remote,
        selectors: Vec::new(),
        reversibility: act.reversibility,
        scope: Scope {
            count: None,
            unbounded: act.unbounded,
        },
        effects: act.effects.union(setting.effects),
        credential: None,
        completeness: act.completeness,
        span: crate::action::Span::default(),
        evidence: Vec::new(),
    };
    if !act.evidence.is_empty() {
        draft.evidence.push(act.evidence);
    }
    if let Some((database, _)) = draft.resource.id.split_once('.')
        && draft.resource.kind == ResourceType::Table
    {
        draft.resource.parents.push(ResourceRef {
            kind: ResourceType::Database,
            id: database.to_owned(),
        });
    }
    let offset = |at: usize| span.0.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
    let place = match exact {
        true => (offset(act.span.0), offset(act.span.1)),
        false => span,
    };
    let file = draft.resource.kind == ResourceType::File;
    // `s3://…`, `postgres:dbname=…`: an embedded engine reaches out from this machine.
    let reaches_out = file
        && !act.on_server
        && draft
            .resource
            .id
            .split_once(':')
            .is_some_and(|(scheme, _)| {
                scheme.len() > 1
                    && scheme != "file"
                    && scheme.bytes().all(|b| b.is_ascii_alphanumeric())
            });
    if reaches_out {
        draft.effects = acts::at_home(act.effects)
            .union(setting.effects)
            .with(Effect::Egress);
        placed_elsewhere(&mut draft, place, setting);
        return draft;
    }
    if file && !act.on_server {
        draft.effects = acts::at_home(act.effects).union(setting.effects);
        let path = Value::literal(draft.resource.id.clone()).at(place);
        let known = draft.resource.id != "*";
        setting.place_draft(&mut draft, known.then_some(&path));
    } else if file {
        // A file of the server's machine; the name alone may tell that it is a secret.
        if setting.is_secret(&draft.resource.id) && draft.verb == Verb::Read {
            draft.effects = draft.effects.with(Effect::SecretRead);
        }
        placed_elsewhere(&mut draft, place, setting);
    } else {
        let id = Value::default().at(place);
        setting.place_draft(&mut draft, Some(&id));
    }
    let beside = |file: &String| {
        let root = setting.root.zip(setting.resolve(file));
        root.is_some_and(|(root, path)| paths::is_within(&path.absolute, root))
    };
    if let Some(host) = act.server.filter(|server| act.on_server || !beside(server)) {
        draft.selectors.push(Selector {
            kind: SelectorKind::Host,
            value: host,
        });
    }
    draft
}

/// Completes a draft on a file that is not this machine's.
fn placed_elsewhere(draft: &mut Draft, place: (u32, u32), setting: &Setting<'_>) {
    let kind = std::mem::replace(&mut draft.resource.kind, ResourceType::Unknown);
    let id = Value::default().at(place);
    setting.place_draft(draft, Some(&id));
    draft.resource.kind = kind;
    if setting.machine == Machine::Local {
        draft.location = Location::Remote;
    }
}

/// What a command of the client makes this machine do.
fn run(session: &mut Session<'_>, command: Command, setting: &Setting<'_>, span: (u32, u32)) {
    let outer = session.frame.clone();
    session.frame.depth = session.frame.depth.saturating_add(1);
    session.frame.outer_span = session.frame.outer_span.or(Some(span));
    let mut state = ShellState {
        cwd: setting.cwd.map(str::to_owned),
        ..ShellState::default()
    };
    match command {
        _ if session.frame.depth > crate::limits::DELEGATION_DEPTH => {
            session.opaque(
                "shell:too_deep",
                "programs run programs too deep to follow",
                crate::action::Effects::NONE,
                setting,
            );
        }
        Command::Shell(line) => {
            shell::walk(&line, &mut state, session, Stream::default());
        }
        Command::Script(path) => {
            let file = Value::literal(path).at(span);
            script(session, &file, setting);
        }
    }
    session.frame = outer;
}
