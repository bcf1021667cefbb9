//! Programs the catalogue does not have: judged by what their words hint at, never plainly harmless.

use super::Program;
use crate::action::Effects;
use crate::catalogue::spec::PathClass;
use crate::interpret::hint;
use crate::interpret::session::{Note, Session};
use crate::interpret::shell::ShellState;
use crate::interpret::value::Value;
use crate::vocabulary::{Completeness, Effect, ResourceType, Reversibility, Verb};

impl Session<'_> {
    /// Judges a program that is not known. `runs`: add the running of it as an action of its own.
    pub(super) fn unknown(
        &mut self,
        state: &ShellState,
        name: &str,
        arguments: &[Value],
        program: &Program<'_>,
        runs: bool,
    ) {
        let cwd = state.cwd.clone();
        let setting = self.setting(cwd.as_deref(), program.span);
        let operation = format!("program:{}", slug(name));
        let id = Value::literal(name).at(program.span);
        let asks_for_help = arguments
            .first()
            .and_then(Value::exact)
            .is_some_and(|word| word == "--help" || word == "--version");
        let hint = hint::verb_of_words(arguments, self.catalogue)
            .or_else(|| hint::verb(name, self.catalogue))
            .filter(|_| !asks_for_help);
        let verb = hint.unwrap_or(Verb::Execute);
        if runs || hint.is_some() {
            self.note(
                Note {
                    operation: &operation,
                    verb,
                    kind: if hint.is_some() {
                        ResourceType::Unknown
                    } else {
                        ResourceType::Process
                    },
                    id: Some(&id),
                    reversibility: Reversibility::Irreversible,
                    effects: Effects::NONE,
                    completeness: Completeness::Opaque,
                    evidence: match hint {
                        Some(_) => "not in the catalogue, and its words hint at this",
                        None => "not in the catalogue",
                    },
                },
                &setting,
            );
        }
        for argument in arguments {
            if !self.looks(&setting) {
                break;
            }
            self.path_argument(argument, &operation, &setting);
        }
    }

    /// A path given to a program that could do anything with it.
    fn path_argument(
        &mut self,
        argument: &Value,
        operation: &str,
        setting: &crate::interpret::place::Setting<'_>,
    ) {
        let Some(text) = argument.exact() else { return };
        let text = text.rsplit('=').next().unwrap_or(&text);
        let Some(path) = setting.resolve(text) else {
            return;
        };
        if path.is(PathClass::Guard, self.catalogue) {
            let id = Value::literal(text).at(argument.span);
            self.note(
                Note {
                    operation,
                    verb: Verb::Unknown,
                    kind: ResourceType::Unknown,
                    id: Some(&id),
                    reversibility: Reversibility::Irreversible,
                    effects: Effects::NONE,
                    completeness: Completeness::Opaque,
                    evidence: "a file that keeps the guard in force is given to an unknown program",
                },
                setting,
            );
        } else if path.is(PathClass::Secret, self.catalogue) {
            let id = Value::literal(text).at(argument.span);
            self.note(
                Note {
                    operation,
                    verb: Verb::Read,
                    kind: ResourceType::File,
                    id: Some(&id),
                    reversibility: Reversibility::None,
                    effects: Effects::of(&[Effect::SecretRead]),
                    completeness: Completeness::Opaque,
                    evidence: "a file known to hold a secret is given to an unknown program",
                },
                setting,
            );
        }
    }
}

/// A name fit for an operation: letters, digits and underscores.
pub fn slug(name: &str) -> String {
    let slug: String = name
        .chars()
        .take(40)
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    if slug.is_empty() {
        "unnamed".to_owned()
    } else {
        slug
    }
}
