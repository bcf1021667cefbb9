//! Tools: which argument carries which language, and what a tool does by itself.

mod carried;
mod declared;
mod fit;
pub mod name;
mod nested;
mod steering;
mod unknown;

use self::carried::{carried, placed};
use self::name::{Entry, ToolName};
use super::acts::{self, Found, Given};
use super::argument::{Argument, text_of};
use super::given::Arguments;
use super::session::Session;
use super::shell::ShellState;
use super::value::{Origin, Stream, Value};
use crate::action::{Effects, ResourceRef, Selector};
use crate::catalogue::spec::{Language, Server, Source, Tool};
use crate::vocabulary::{Completeness, Location, ResourceType, Reversibility, SelectorKind, Verb};

/// Interprets the call of the session.
pub fn interpret(session: &mut Session<'_>) {
    let name = ToolName::of(session.call);
    let arguments = Argument::from_members(&session.call.arguments);
    dispatch(session, &name, &arguments);
    let declared = session
        .inventory
        .is_some_and(|inventory| declared::names(inventory, &name));
    if !declared {
        distrust_annotations(session);
    }
    for draft in &mut session.drafts {
        fit::fit(&mut draft.span, &session.call.arguments);
    }
}

/// Interprets a call of the tool of this name.
fn dispatch(session: &mut Session<'_>, name: &ToolName, arguments: &Argument) {
    if name.is_too_long() {
        return unknown::unknown(session, &name.cut(), arguments);
    }
    if declared::act(session, name, arguments) {
        return;
    }
    match declared::entry(session, name) {
        Entry::Tool(tool, server) => {
            known(session, tool, arguments);
            place(session, server, arguments);
        }
        Entry::Server(server) => {
            unknown::unlisted(session, server, name, arguments);
            place(session, Some(server), arguments);
        }
        Entry::Nothing => unknown::unknown(session, name, arguments),
    }
}

/// What a server's tools act on lies on the host the server is for, and may be declared by any id the
/// arguments name.
fn place(session: &mut Session<'_>, server: Option<&'static Server>, arguments: &Argument) {
    let Some(server) = server.filter(|server| !server.host.is_empty()) else {
        return;
    };
    let named = unknown::evidence(arguments, session);
    for draft in &mut session.drafts {
        for selector in &named {
            if !draft.selectors.contains(selector) {
                draft.selectors.push(selector.clone());
            }
        }
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
            tool.method,
        );
    }
    session.frame.argument = std::borrow::Cow::Borrowed("");
    nested::call(session, tool, arguments);
    nested::api(session, tool, arguments, cwd.as_deref());
    let setting = session.setting(cwd.as_deref(), (0, 0));
    let mut drafts = acts::drafts(tool.acts, &given, &setting);
    for draft in &mut drafts {
        draft.span.argument = argument_of(tool, arguments);
    }
    // A patch's files are written by what it carries.
    let patches = |(language, _): &(Language, Source)| *language == Language::Patch;
    let own = if tool.carries.iter().any(patches) {
        before
    } else {
        session.drafts.len()
    };
    session.add(drafts);
    if session.drafts.len() == before {
        session.opaque(
            "tool:unread",
            "the tool is known, but none of the arguments it needs is there",
            Effects::NONE,
            &setting,
        );
    }
    for path in session.written_since(own) {
        let texts: Vec<String> = arguments.texts().into_iter().map(text_of).collect();
        session.sources_written(&path, &Stream::literal(texts.join("\n")), &setting);
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
