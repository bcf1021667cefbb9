//! Variables, aliases and functions that change what later commands do.

use super::{Program, base_name, is_system_program};
use crate::action::Effects;
use crate::catalogue::spec::PathClass;
use crate::interpret::session::{Note, Session};
use crate::interpret::shell::{self, ShellState};
use crate::interpret::value::{Origin, Stream, Value};
use crate::interpret::wildcard::wildcard;
use crate::interpret::words::find;
use crate::vocabulary::{Completeness, Effect, ResourceType, Reversibility, Verb};

impl Session<'_> {
    /// Variables in front of a program that change what it does.
    pub(super) fn steering(&mut self, state: &ShellState, program: &Program<'_>) {
        for (name, value) in program.assignments {
            self.steering_variable(state, name, value, program.span);
        }
    }

    /// A variable that changes what programs do, being set.
    pub fn steering_variable(
        &mut self,
        state: &ShellState,
        name: &str,
        value: &Value,
        span: (u32, u32),
    ) {
        let Some(why) = find(self.catalogue.steering_variables, name) else {
            return;
        };
        if self.is_harmless(state, name, value) {
            return;
        }
        let guard = self.catalogue.guard_variables.contains(&name);
        let cwd = state.cwd.clone();
        let setting = self.setting(cwd.as_deref(), span);
        let id = Value::literal(name).at(span);
        self.note(
            Note {
                operation: "env:steer",
                verb: if guard { Verb::Update } else { Verb::Execute },
                kind: if guard {
                    ResourceType::Guard
                } else {
                    ResourceType::Process
                },
                id: Some(&id),
                reversibility: Reversibility::Irreversible,
                effects: Effects::of(&[Effect::RemoteCode]),
                completeness: Completeness::Partial,
                evidence: why,
            },
            &setting,
        );
    }

    /// Adding to a search path keeps what was there; emptying or quieting is no steering.
    fn is_harmless(&self, state: &ShellState, name: &str, value: &Value) -> bool {
        let keeps = value
            .origins()
            .any(|origin| *origin == Origin::Variable(name.to_owned()));
        let cwd = state.cwd.clone();
        let setting = self.setting(cwd.as_deref(), (0, 0));
        if keeps {
            // A folder that anyone may fill, in front, replaces what comes after it.
            return !value.prefix().split(':').any(|folder| {
                setting
                    .resolve(folder)
                    .is_some_and(|path| path.is(PathClass::Temporary, self.catalogue))
            });
        }
        let Some(text) = value.exact() else {
            return false;
        };
        // Libraries built here are code of the workspace, as the program that loads them may be.
        let built = |folder: &str| {
            setting.resolve(folder).is_some_and(|path| {
                let inside = setting.root;
                inside.is_some_and(|root| crate::catalogue::paths::is_within(&path.absolute, root))
                    && path.is(PathClass::Derived, self.catalogue)
            })
        };
        if name.ends_with("_LIBRARY_PATH") && !text.is_empty() && text.split(':').all(built) {
            return true;
        }
        let globs = find(self.catalogue.steering_harmless, name).unwrap_or_default();
        let known = text
            .split_whitespace()
            .all(|word| globs.iter().any(|glob| wildcard(glob, word)));
        known
            || name == "PATH"
                && text
                    .split(':')
                    .all(|folder| is_system_program(&format!("{folder}/program")))
    }

    /// A name that the shell gives a new meaning. `body`: the text an alias stands for.
    pub fn shadowed(
        &mut self,
        state: &ShellState,
        name: &str,
        body: Option<&Value>,
        span: (u32, u32),
    ) {
        let cwd = state.cwd.clone();
        let setting = self.setting(cwd.as_deref(), span);
        if setting.is_guard_name(name) {
            let id = Value::literal(name).at(span);
            self.note(
                Note {
                    operation: "shell:shadow",
                    verb: Verb::Update,
                    kind: ResourceType::Guard,
                    id: Some(&id),
                    reversibility: Reversibility::Reversible,
                    effects: Effects::NONE,
                    completeness: Completeness::Exact,
                    evidence: "puts something else in the guard's place",
                },
                &setting,
            );
            return;
        }
        // An alias in the place of a known program runs with every later use of that program.
        let Some(text) = body.and_then(Value::known_text) else {
            return;
        };
        let first = text.split_whitespace().next().unwrap_or_default();
        // Another version or make of it (`python=python3`, `cat=bat`) does what it says.
        let renames = text.trim() == first && !first.contains('/');
        let known = find(self.catalogue.commands, name).is_some();
        if known && !renames && base_name(first) != name {
            let mut inner = state.clone();
            let outer = self.frame.outer_span;
            self.frame.outer_span = outer.or(Some(span));
            shell::walk(&text, &mut inner, self, Stream::default());
            self.frame.outer_span = outer;
        }
    }
}
