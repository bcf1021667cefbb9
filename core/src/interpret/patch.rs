//! Patches in the `*** Begin Patch` form that some hosts use to edit files.

use super::place::Setting;
use super::session::{Note, Session};
use super::value::Value;
use crate::action::Effects;
use crate::vocabulary::{Completeness, ResourceType, Reversibility, Verb};

const MARKS: &[(&str, &str, Verb, Reversibility)] = &[
    (
        "*** Add File: ",
        "fs:write",
        Verb::Create,
        Reversibility::Reversible,
    ),
    (
        "*** Update File: ",
        "fs:edit",
        Verb::Update,
        Reversibility::Recoverable,
    ),
    (
        "*** Delete File: ",
        "fs:remove",
        Verb::Delete,
        Reversibility::Irreversible,
    ),
    (
        "*** Move to: ",
        "fs:write",
        Verb::Update,
        Reversibility::Recoverable,
    ),
];

/// Adds an action for each file the patch touches.
pub fn interpret(session: &mut Session<'_>, text: &str, setting: &Setting<'_>) {
    let mut found = false;
    for line in text.lines() {
        for (mark, operation, verb, reversibility) in MARKS {
            let Some(path) = line.strip_prefix(mark) else {
                continue;
            };
            found = true;
            let id = Value::literal(path.trim()).at(setting.span);
            session.note(
                Note {
                    operation,
                    verb: *verb,
                    kind: ResourceType::File,
                    id: Some(&id),
                    reversibility: *reversibility,
                    effects: Effects::NONE,
                    completeness: Completeness::Exact,
                    evidence: "named by the patch",
                },
                setting,
            );
        }
    }
    if !found {
        session.opaque(
            "fs:patch",
            "the patch names no file",
            Effects::NONE,
            setting,
        );
    }
}
