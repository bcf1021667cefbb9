//! Code that is not parsed: looked through for names that reach outside, and for shell text.

use super::Code;
use crate::action::Effects;
use crate::catalogue::spec::PathClass;
use crate::interpret::hint;
use crate::interpret::place::Setting;
use crate::interpret::program::slug;
use crate::interpret::session::{Note, Session};
use crate::interpret::shell::ShellState;
use crate::interpret::value::Value;
use crate::vocabulary::{Completeness, Effect, ResourceType, Reversibility, Verb};

/// Adds what the code may do: without a name that reaches outside it is an ordinary run; with one it
/// could be anything.
pub fn interpret(session: &mut Session<'_>, state: &mut ShellState, code: &Code<'_>) {
    let cwd = state.cwd.clone();
    let setting = session.setting(cwd.as_deref(), code.span);
    let text = code.text.sketch();
    let language = slug(code.language);
    let sink = hint::sink_of_code(&text, session.catalogue);
    let hidden = code.text.is_dynamic();
    let mut effects = Effects::of(&[Effect::InlineCode]);
    if hidden {
        effects = effects.with(Effect::RemoteCode);
    }
    let reaches = sink.is_some();
    let evidence = match sink {
        Some(sink) => format!("code that uses `{sink}`"),
        None if hidden => "code that cannot be seen".to_owned(),
        None => "code without a name known to reach outside".to_owned(),
    };
    let id = Value::literal(language.clone()).at(code.text.span);
    session.note(
        Note {
            operation: &format!("code:{language}"),
            verb: if reaches {
                Verb::Unknown
            } else {
                Verb::Execute
            },
            kind: ResourceType::Process,
            id: Some(&id),
            reversibility: Reversibility::Irreversible,
            effects,
            completeness: Completeness::Opaque,
            evidence: &evidence,
        },
        &setting,
    );
    paths_named(session, &text, &language, reaches, &setting, code.text.span);
}

/// Paths of secrets and of the guard's own settings that the code names.
fn paths_named(
    session: &mut Session<'_>,
    text: &str,
    language: &str,
    reaches: bool,
    setting: &Setting<'_>,
    span: (u32, u32),
) {
    let words = text.split(|c: char| c.is_whitespace() || "\"'`(),;[]{}=<>".contains(c));
    for word in words.filter(|word| word.len() > 3 && word.contains(['/', '.', '~'])) {
        let Some(path) = setting.resolve(word) else {
            continue;
        };
        let guard = path.is(PathClass::Guard, session.catalogue);
        let secret = path.is(PathClass::Secret, session.catalogue);
        if !guard && !secret {
            continue;
        }
        let id = Value::literal(word).at(span);
        session.note(
            Note {
                operation: &format!("code:{language}"),
                verb: match (guard, reaches) {
                    (true, true) => Verb::Update,
                    (true, false) => Verb::Unknown,
                    (false, _) => Verb::Read,
                },
                kind: if guard && !reaches {
                    ResourceType::Unknown
                } else {
                    ResourceType::File
                },
                id: Some(&id),
                reversibility: Reversibility::Irreversible,
                effects: Effects::of(&[Effect::InlineCode]),
                completeness: Completeness::Opaque,
                evidence: "code that names this file",
            },
            setting,
        );
    }
}
