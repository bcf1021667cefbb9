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

/// Adds an action for each file the patch touches; whether it touches any.
#[must_use]
pub fn interpret(session: &mut Session<'_>, text: &str, setting: &Setting<'_>) -> bool {
    let mut found = unified(session, text, setting);
    for line in text.lines() {
        if session.full() {
            return found;
        }
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
    found
}

/// The files of a unified diff: `--- a/old` and `+++ b/new`.
fn unified(session: &mut Session<'_>, text: &str, setting: &Setting<'_>) -> bool {
    let mut found = false;
    let mut old = None;
    for line in text.lines() {
        if session.full() {
            return found;
        }
        if let Some(path) = line.strip_prefix("--- ") {
            old = Some(own_path(path, "a/"));
            continue;
        }
        let Some(path) = line.strip_prefix("+++ ").map(|path| own_path(path, "b/")) else {
            old = None;
            continue;
        };
        let Some(before) = old.take() else {
            continue;
        };
        let (path, operation, verb, reversibility) = match (before, path) {
            (before, "/dev/null") => (
                before,
                "fs:remove",
                Verb::Delete,
                Reversibility::Irreversible,
            ),
            ("/dev/null", path) => (path, "fs:write", Verb::Create, Reversibility::Reversible),
            (_, path) => (path, "fs:edit", Verb::Update, Reversibility::Recoverable),
        };
        found = true;
        let id = Value::literal(path).at(setting.span);
        session.note(
            Note {
                operation,
                verb,
                kind: ResourceType::File,
                id: Some(&id),
                reversibility,
                effects: Effects::NONE,
                completeness: Completeness::Exact,
                evidence: "named by the patch",
            },
            setting,
        );
    }
    found
}

/// The path of a line of a unified diff, without its prefix and what follows a tab.
fn own_path<'a>(text: &'a str, prefix: &str) -> &'a str {
    let path = text.split('\t').next().unwrap_or(text).trim();
    path.strip_prefix(prefix).unwrap_or(path)
}
