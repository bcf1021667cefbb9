//! Tools the catalogue does not have: judged by name and arguments, never plainly harmless.

use super::carried::carried;
use super::name::{ToolName, listed};
use super::{Effects, ToolGiven};
use crate::action::{Draft, Selector};
use crate::catalogue::spec::{Language, PathClass, Server};
use crate::interpret::argument::Argument;
use crate::interpret::credential::is_credential_parameter;
use crate::interpret::given::Arguments;
use crate::interpret::session::{Note, Session};
use crate::interpret::shell::ShellState;
use crate::interpret::value::Value;
use crate::interpret::{acts, hint, naming};
use crate::limits;
use crate::vocabulary::{Completeness, Location, ResourceType, Reversibility, SelectorKind, Verb};

/// Longest text of an argument that may be an id.
const ID_BYTES: usize = 128;

/// Most arguments that count as evidence of where the tool acts.
const EVIDENCE: usize = 16;

/// A tool that nothing is known of but its name.
pub(super) fn unknown(session: &mut Session<'_>, name: &ToolName, arguments: &Argument) {
    let cwd = session.initial_cwd();
    let judged = naming::judge(&name.tool, session.catalogue);
    let verb = hint::verb(&name.tool, session.catalogue).unwrap_or(Verb::Unknown);
    let mut draft = blank(session, &format!("tool:{}", naming::slug(&name.tool)), verb);
    draft.completeness = Completeness::Opaque;
    draft
        .evidence
        .push("the tool is not in the catalogue".to_owned());
    if let Some(kind) = judged.kind {
        draft.resource.kind = kind;
    }
    if judged.kind == Some(ResourceType::Backup) && verb == Verb::Delete {
        draft.effects = draft
            .effects
            .with(crate::vocabulary::Effect::DestroysRecovery);
    }
    identify(&mut draft, name, arguments, session);
    session.add(vec![draft]);
    // A tool named as one of the host's is read as that too; this can only add to the risk.
    if let Some(tool) = listed(session.catalogue.tools, &name.tool) {
        let setting = session.setting(cwd.as_deref(), (0, 0));
        let given = ToolGiven {
            arguments: Arguments(arguments),
            cwd: cwd.clone(),
        };
        let drafts = acts::drafts(tool.acts, &given, &setting);
        session.add(drafts);
    }
    suspicious(session, name, arguments, cwd.as_deref());
}

/// A tool that is not listed, of a service that is known: what its name says is believed, because
/// the service gave it.
pub(super) fn unlisted(
    session: &mut Session<'_>,
    server: &'static Server,
    name: &ToolName,
    arguments: &Argument,
) {
    // Some servers put their own name in front of every tool's.
    let own = name
        .tool
        .get(server.name.len()..)
        .filter(|_| name.tool.to_lowercase().starts_with(server.name))
        .map_or(name.tool.as_str(), |rest| {
            rest.trim_start_matches(['-', '_', '.'])
        });
    let judged = naming::judge(own, session.catalogue);
    if judged.verb.is_none() {
        return unknown(session, name, arguments);
    }
    let operation = format!("{}:{}", server.name, naming::slug(&name.tool));
    let mut draft = blank(session, &operation, Verb::Unknown);
    judged.mark(&mut draft, true);
    draft
        .evidence
        .push(format!("a tool of {}, judged by its name", server.name));
    identify(&mut draft, name, arguments, session);
    session.add(vec![draft]);
    suspicious(session, name, arguments, session.initial_cwd().as_deref());
}

fn blank(session: &Session<'_>, operation: &str, verb: Verb) -> Draft {
    Draft {
        operation: std::borrow::Cow::Owned(operation.to_owned()),
        verb,
        resource: crate::action::Resource {
            kind: ResourceType::Unknown,
            id: "*".to_owned(),
            parents: Vec::new(),
        },
        location: Location::Remote,
        selectors: Vec::new(),
        reversibility: Reversibility::Irreversible,
        scope: crate::action::Scope::default(),
        effects: Effects::NONE.union(session.frame.effects),
        credential: None,
        completeness: Completeness::Partial,
        span: crate::action::Span::default(),
        evidence: Vec::new(),
    }
}

/// The argument that names what the tool acts on becomes the id.
fn identify(draft: &mut Draft, name: &ToolName, arguments: &Argument, session: &Session<'_>) {
    let mut best: Option<(u8, String, String)> = None;
    let Argument::Object(members) = arguments else {
        return;
    };
    for (argument, member) in members {
        let words = hint::words(argument);
        if is_credential_parameter(argument, session.catalogue) {
            continue;
        }
        let last = words.last().map(String::as_str).unwrap_or_default();
        let first = words.first().map(String::as_str).unwrap_or_default();
        let of_kind = naming::noun(first, session.catalogue) == Some(draft.resource.kind);
        let rank = match (of_kind, last) {
            (true, "id" | "ids" | "ref") => 4,
            (true, _) => 3,
            (_, "id" | "ids" | "ref" | "slug" | "uuid") => 2,
            (_, "name" | "key" | "identifier") => 1,
            _ => 0,
        };
        if rank > 0 && best.as_ref().is_none_or(|(held, ..)| rank > *held) {
            let mut texts = member
                .values()
                .into_iter()
                .filter_map(|value| value.exact());
            if let Some(text) = texts.find(|text| is_id(text)) {
                best = Some((rank, text, argument.clone()));
            }
        }
    }
    draft.selectors.extend(evidence(arguments, session));
    match best {
        Some((_, id, argument)) => {
            draft.resource.id = id;
            draft.span.argument = argument.into();
        }
        None => draft.resource.id.clone_from(&name.tool),
    }
}

/// The texts of arguments, and of their members, that may be ids of something the operator declared.
pub(super) fn evidence(arguments: &Argument, session: &Session<'_>) -> Vec<Selector> {
    let mut found = Vec::new();
    let mut open = vec![(arguments, 0_u8)];
    while let Some((Argument::Object(members), depth)) = open.pop() {
        for (name, member) in members {
            if is_credential_parameter(name, session.catalogue) {
                continue;
            }
            if matches!(member, Argument::Object(_)) && depth == 0 {
                open.push((member, 1));
            }
            let values = member.values().into_iter().take(limits::ACTIONS);
            let texts = values.filter_map(|value| value.exact());
            found.extend(texts.filter(|text| is_id(text)).map(|value| Selector {
                kind: SelectorKind::ResourceId,
                value,
            }));
            if found.len() >= EVIDENCE {
                found.truncate(EVIDENCE);
                return found;
            }
        }
    }
    found
}

/// Whether a text may be the id of something.
fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= ID_BYTES
        && text.contains(char::is_alphanumeric)
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || "-_.:/@#~+*".contains(c))
}

/// What arguments of such a tool look like is read as that, so that nothing worse is missed.
fn suspicious(session: &mut Session<'_>, name: &ToolName, arguments: &Argument, cwd: Option<&str>) {
    guard_paths(session, &name.tool, arguments, cwd);
    let Argument::Object(members) = arguments else {
        return;
    };
    for (argument, member) in members {
        let Some(language) = language(argument, member, session) else {
            continue;
        };
        session.frame.argument = argument.clone().into();
        let state = ShellState {
            cwd: cwd.map(str::to_owned),
            ..ShellState::default()
        };
        carried(session, language, member, arguments, state, "");
    }
    session.frame.argument = std::borrow::Cow::Borrowed("");
}

/// The language an argument seems to be written in.
fn language(name: &str, argument: &Argument, session: &Session<'_>) -> Option<Language> {
    let text = argument.values().first().and_then(Value::known_text);
    match name {
        "command" | "cmd" | "script" | "commands" | "shell_command" => Some(Language::Shell),
        "code" | "source_code" | "javascript" | "python" => Some(Language::Code),
        "sql" => Some(Language::Sql(None)),
        "query" | "statement" | "statements" | "q" | "sql_query" => {
            let text = text?;
            let first = text
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .find(|word| !word.is_empty())?
                .to_lowercase();
            let statements = session.catalogue.sql.statements;
            let sql = first == "with"
                || statements
                    .binary_search_by(|(word, _)| (*word).cmp(first.as_str()))
                    .is_ok();
            sql.then_some(Language::Sql(None))
        }
        "url" | "uri" | "endpoint" => {
            let text = text?.to_lowercase();
            ["http://", "https://"]
                .iter()
                .any(|scheme| text.starts_with(scheme))
                .then_some(Language::Url)
        }
        _ => None,
    }
}

/// Files that keep the guard in force or hold secrets, given to a tool that is not known.
pub(super) fn guard_paths(
    session: &mut Session<'_>,
    tool: &str,
    arguments: &Argument,
    cwd: Option<&str>,
) {
    let words = hint::words(tool);
    let looks = words
        .iter()
        .any(|word| session.catalogue.observing.contains(&word.as_str()));
    let Argument::Object(members) = arguments else {
        return;
    };
    for (name, argument) in members {
        session.frame.argument = name.clone().into();
        let setting = session.setting(cwd, (0, 0));
        for value in argument.listed_texts() {
            let text = value.exact();
            let Some(text) = text.filter(|text| !text.contains(char::is_whitespace)) else {
                continue;
            };
            if !session.looks(&setting) {
                return;
            }
            let Some(path) = setting.resolve(&text) else {
                continue;
            };
            let guard = path.is(PathClass::Guard, session.catalogue) && !looks;
            let secret = path.is(PathClass::Secret, session.catalogue);
            if !guard && !secret {
                continue;
            }
            let (operation, verb, reversibility) = if guard {
                ("tool:guard_file", Verb::Update, Reversibility::Irreversible)
            } else {
                ("tool:secret_file", Verb::Read, Reversibility::None)
            };
            session.note(
                Note {
                    operation,
                    verb,
                    kind: ResourceType::File,
                    id: Some(value),
                    reversibility,
                    effects: Effects::NONE,
                    completeness: Completeness::Partial,
                    evidence: "given to a tool that is not known",
                },
                &setting,
            );
        }
    }
}
