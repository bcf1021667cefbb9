//! Tools and servers that the operator declared.

use super::name::{Entry, ToolName, tool_named};
use super::unknown::{evidence, guard_paths};
use super::{known, place};
use crate::action::Effects;
use crate::interpret::argument::Argument;
use crate::interpret::naming;
use crate::interpret::session::{Note, Session};
use crate::inventory::{Does, Inventory};
use crate::vocabulary::{Completeness, Location};

/// Whether the operator said of this tool what it does.
pub(super) fn names(inventory: &Inventory, name: &ToolName) -> bool {
    inventory
        .tool(&name.tool, name.server.as_deref())
        .is_some_and(|tool| matches!(tool.does, Does::Act(_)))
}

/// What the catalogue has under this name, or under that of the server the operator says it is.
pub(super) fn entry(session: &Session<'_>, name: &ToolName) -> Entry {
    let kind = session.inventory.and_then(|inventory| {
        let server = inventory.server(name.server.as_deref()?)?;
        server.kind.as_deref()
    });
    match kind {
        Some(kind) => name.entry_of(kind, session.catalogue),
        None => name.entry(session.catalogue),
    }
}

/// Adds what a declared tool does; `false` when this one is not declared.
pub(super) fn act(session: &mut Session<'_>, name: &ToolName, arguments: &Argument) -> bool {
    let Some(tool) = session
        .inventory
        .and_then(|inventory| inventory.tool(&name.tool, name.server.as_deref()))
    else {
        return false;
    };
    let act = match &tool.does {
        Does::Act(act) => act,
        Does::Like(like) => {
            let Some((tool, server)) = tool_named(like) else {
                return false;
            };
            known(session, tool, arguments);
            place(session, server, arguments);
            return true;
        }
    };
    let id = act
        .id
        .as_deref()
        .and_then(|path| arguments.get(path))
        .and_then(|argument| argument.values().into_iter().next());
    let cwd = session.initial_cwd();
    session.frame.argument = act.id.clone().unwrap_or_default().into();
    let setting = session.setting(cwd.as_deref(), (0, 0));
    let before = session.drafts.len();
    session.note(
        Note {
            operation: &format!("tool:{}", naming::slug(&name.tool)),
            verb: act.verb,
            kind: act.resource,
            id: id.as_ref(),
            reversibility: act.reversibility,
            effects: Effects::of(&act.effects),
            completeness: Completeness::Exact,
            evidence: "declared by the operator",
        },
        &setting,
    );
    session.frame.argument = std::borrow::Cow::Borrowed("");
    let named = evidence(arguments, session);
    for draft in session.drafts.iter_mut().skip(before) {
        if tool.environment.is_some() {
            draft.location = Location::Remote;
        }
        draft.selectors.extend(named.iter().cloned());
    }
    guard_paths(session, &name.tool, arguments, cwd.as_deref());
    true
}
