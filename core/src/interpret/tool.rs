//! Tools: which argument carries which language, and what a tool does by itself.

mod carried;
pub mod name;
mod steering;
mod unknown;

use self::carried::{carried, placed};
use self::name::{Entry, ToolName};
use super::acts::{self, Found, Given};
use super::argument::Argument;
use super::given::Arguments;
<<<<<<< HEAD
use super::hint;
use super::program::Program;
use super::session::{Note, Session};
use super::shell::{self, ShellState};
use super::value::{Origin, Stream, Value};
use super::wildcard::wildcard;
use super::windows::Dialect;
use super::{code, http, patch, sql, windows};
use crate::action::{Draft, Effects};
use crate::call::ToolCall;
use crate::catalogue::spec::{Catalogue, Language, PathClass, Source, Tool};
use crate::vocabulary::{Completeness, ResourceType, Reversibility, Verb};
=======
use super::session::Session;
use super::shell::ShellState;
use super::value::{Origin, Value};
use crate::action::{Effects, ResourceRef, Selector};
use crate::catalogue::spec::{Server, Source, Tool};
use crate::vocabulary::{Completeness, Location, ResourceType, Reversibility, SelectorKind, Verb};
>>>>>>> 475527ede3fd96ac1bae822bcb770445831faaa4

/// Interprets the call of the session.
pub fn interpret(session: &mut Session<'_>) {
    let name = ToolName::of(session.call);
    let arguments = Argument::from_json(&serde_json::Value::Object(session.call.arguments.clone()));
    match name.entry(session.catalogue) {
        Entry::Tool(tool, server) => {
            known(session, tool, &arguments);
            place(session, server);
        }
        Entry::Server(server) => {
            unknown::unlisted(session, server, &name, &arguments);
            place(session, Some(server));
        }
        Entry::Nothing => unknown::unknown(session, &name, &arguments),
    }
    distrust_annotations(session);
}

/// What a server's tools act on lies on the host the server is for.
fn place(session: &mut Session<'_>, server: Option<&'static Server>) {
    let Some(server) = server.filter(|server| !server.host.is_empty()) else {
        return;
    };
    for draft in &mut session.drafts {
        let file = matches!(
            draft.resource.kind,
            ResourceType::File | ResourceType::Directory | ResourceType::Guard
        );
        if file && draft.location != Location::Remote {
            continue;
        }
        draft.location = Location::Remote;
        let selector = Selector {
            kind: SelectorKind::Host,
            value: server.host.to_owned(),
        };
        if !draft
            .selectors
            .iter()
            .any(|one| one.kind == SelectorKind::Host)
        {
            draft.selectors.push(selector);
        }
        draft.resource.parents.push(ResourceRef {
            kind: ResourceType::Host,
            id: server.host.to_owned(),
        });
    }
}

fn known(session: &mut Session<'_>, tool: &'static Tool, arguments: &Argument) {
    let given = ToolGiven {
        arguments: Arguments(arguments),
        cwd: session.initial_cwd(),
    };
    let cwd = cwd_of(session, tool, &given);
    let before = session.drafts.len();
    let state = ShellState {
        cwd: cwd.clone(),
        ..ShellState::default()
    };
    let steered = steering::read(session, tool, arguments, state);
    for (language, source) in tool.carries {
        let Source::Argument(path) = *source else {
            continue;
        };
        let Some(argument) = arguments.get(path) else {
            continue;
        };
        session.frame.argument = path.into();
        carried(
            session,
            *language,
            argument,
            arguments,
            steered.state.clone(),
        );
    }
    session.frame.argument = std::borrow::Cow::Borrowed("");
    let setting = session.setting(cwd.as_deref(), (0, 0));
    let mut drafts = acts::drafts(tool.acts, &given, &setting);
    for draft in &mut drafts {
        draft.span.argument = argument_of(tool, arguments);
    }
    session.add(drafts);
    if session.drafts.len() == before {
        session.opaque(
            "tool:unread",
            "the tool is known, but none of the arguments it needs is there",
            Effects::NONE,
            &setting,
        );
    }
    if !steered.names.is_empty() {
        let clause = format!("steered by the argument {}", steered.names.join(", "));
        for draft in session.drafts.iter_mut().skip(before) {
            draft.completeness = draft.completeness.max(Completeness::Partial);
            draft.evidence.push(clause.clone());
        }
    }
}

/// The first argument the tool's acts take their id from.
fn argument_of(tool: &'static Tool, arguments: &Argument) -> std::borrow::Cow<'static, str> {
    let sources = tool.acts.iter().flat_map(|act| act.id);
    let named = sources.filter_map(|source| match source {
        Source::Argument(path) => arguments.get(path).map(|_| *path),
        _ => None,
    });
    named.take(1).next().unwrap_or_default().into()
}

<<<<<<< HEAD
fn carried(
    session: &mut Session<'_>,
    language: Language,
    argument: &Argument,
    arguments: &Argument,
    cwd: Option<&str>,
) {
    let values = placed(argument.values());
    let mut state = ShellState {
        cwd: cwd.map(str::to_owned),
        ..ShellState::default()
    };
    match language {
        Language::Shell if matches!(argument, Argument::List(_)) => {
            // A program whose name has white space in it is rather a line of a script.
            let lines = values
                .first()
                .is_some_and(|word| text_of(word).trim().contains(char::is_whitespace));
            if lines {
                scripts(session, &state, &values);
            }
            argv(session, &mut state, values);
        }
        Language::Argv => argv(session, &mut state, values),
        Language::Shell | Language::Scripts => scripts(session, &state, &values),
        Language::PowerShell => {
            for value in values {
                windows_text(session, &state, &text_of(&value), Dialect::PowerShell);
            }
        }
        Language::Url => {
            for value in values {
                let setting = session.setting(cwd, value.span);
                let drafts =
                    http::drafts(&http::url_tool::from_arguments(arguments, &value), &setting);
                session.add(drafts);
            }
        }
        Language::Patch => {
            for value in values {
                let setting = session.setting(cwd, value.span);
                patch::interpret(session, &text_of(&value), &setting);
            }
        }
        Language::Code => {
            for value in values {
                let setting = session.setting(cwd, value.span);
                let language = arguments.get("language").and_then(Argument::text);
                code::interpret(
                    session,
                    &value,
                    language.as_deref().unwrap_or("code"),
                    &setting,
                );
            }
        }
        Language::Sql => {
            for value in values {
                let setting = session.setting(cwd, value.span);
                sql::interpret(session, &value, &setting);
            }
        }
    }
}

/// Shell texts. One shell may run them all, or each its own, and a quote or a `cd` in one of them
/// makes a difference: both readings count, with what they have in common once.
fn scripts(session: &mut Session<'_>, fresh: &ShellState, texts: &[Value]) {
    let before = session.drafts.len();
    for text in texts {
        let first = session.drafts.len();
        let own = text_of(text);
        session.windows = None;
        shell::walk(&own, &mut fresh.clone(), session, Stream::default());
        if let Some(dialect) = session.windows.take() {
            windows_text(session, fresh, &own, dialect);
        }
        for draft in session.drafts.iter_mut().skip(first) {
            draft.span.start = draft.span.start.saturating_add(text.span.0);
            draft.span.end = draft.span.end.saturating_add(text.span.0);
        }
    }
    let texts: Vec<String> = texts.iter().map(text_of).collect();
    if texts.len() > 1 {
        let apart = session.drafts.len();
        let all = texts.join("\n");
        shell::walk(&all, &mut fresh.clone(), session, Stream::default());
        let mut together = session.drafts.split_off(apart);
        let known = session.drafts.get(before..).unwrap_or_default();
        together.retain(|draft| !known.iter().any(|other| same_act(draft, other)));
        session.drafts.append(&mut together);
    }
}

/// A text in a command language of Windows.
fn windows_text(session: &mut Session<'_>, fresh: &ShellState, text: &str, dialect: Dialect) {
    let span = (0, u32::try_from(text.len()).unwrap_or(u32::MAX));
    windows::walk(
        session,
        &mut fresh.clone(),
        text,
        dialect,
        span,
        &Stream::default(),
    );
}

/// Whether two drafts say the same, wherever in the call.
fn same_act(one: &Draft, other: &Draft) -> bool {
    let mut moved = one.clone();
    moved.span = other.span.clone();
    moved == *other
}

/// A program and its arguments as a list of words; `["bash", "-lc", "…"]` and the like.
fn argv(session: &mut Session<'_>, state: &mut ShellState, words: Vec<Value>) {
    let stdin = Stream::default();
    let program = Program {
        words: &words,
        assignments: &[],
        stdin: &stdin,
        span: (0, 0),
        open_ended: false,
    };
    session.program(state, &program);
}

/// Values that are the whole of their argument. Their place is that in the argument's text, which
/// for a list is its items, joined by newlines.
fn placed(values: Vec<Value>) -> Vec<Value> {
    let mut start = 0_u32;
    let values = values.into_iter().map(|value| {
        let length = u32::try_from(text_of(&value).len()).unwrap_or(u32::MAX);
        let end = start.saturating_add(length);
        let value = value.at((start, end));
        start = end.saturating_add(1);
        value
    });
    values.collect()
}

=======
>>>>>>> 475527ede3fd96ac1bae822bcb770445831faaa4
fn cwd_of(session: &Session<'_>, tool: &'static Tool, given: &ToolGiven<'_>) -> Option<String> {
    let start = session.initial_cwd();
    let named = tool
        .cwd
        .iter()
        .flat_map(|source| given.found(*source).values)
        .next();
    match named
        .and_then(|value| value.exact())
        .filter(|text| !text.is_empty())
    {
        Some(text) => crate::catalogue::paths::resolve(&text, start.as_deref(), session.home())
            .map(|path| path.absolute),
        None => start,
    }
}

/// Hints of the tool's author may raise risk, never lower it.
fn distrust_annotations(session: &mut Session<'_>) {
    let annotations = &session.call.annotations;
    let destructive = annotations
        .get("destructiveHint")
        .and_then(serde_json::Value::as_bool);
    if destructive != Some(true) {
        return;
    }
    for draft in &mut session.drafts {
        if matches!(draft.verb, Verb::Read | Verb::List | Verb::Create) {
            draft.verb = Verb::Unknown;
            draft.reversibility = Reversibility::Irreversible;
            draft
                .evidence
                .push("the tool's author calls it destructive".to_owned());
        }
    }
}

/// A tool's arguments, and the directory it works in.
struct ToolGiven<'a> {
    arguments: Arguments<'a>,
    cwd: Option<String>,
}

impl Given for ToolGiven<'_> {
    fn found(&self, source: Source) -> Found {
        match (source, &self.cwd) {
            (Source::Cwd, Some(cwd)) => Found::all(vec![Value::literal(cwd.clone())]),
            (Source::Cwd, None) => Found::all(vec![Value::unseen(Origin::Unseen)]),
            (source, _) => {
                let mut found = self.arguments.found(source);
                found.values = placed(found.values);
                found
            }
        }
    }

    fn operands(&self) -> Option<usize> {
        self.arguments.operands()
    }

    fn holds(&self, source: Source, name: &str, text: &str) -> Option<bool> {
        self.arguments.holds(source, name, text)
    }

    fn has_stdin(&self) -> bool {
        false
    }

    fn heeds_every_id(&self) -> bool {
        true
    }
}
