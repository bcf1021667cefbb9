//! The session as the shell walker sees it.

use super::place::Setting;
use super::program::Program;
use super::session::{Note, Session};
use super::shell::{FileRedirect, Invocation, Outcome, RedirectMode, Runner, ShellState};
use super::value::Value;
use crate::action::Effects;
use crate::catalogue::spec::PathClass;
use crate::secret::Secret;
use crate::vocabulary::{Completeness, ResourceType, Reversibility, Verb};

impl Runner for Session<'_> {
    fn run(&mut self, state: &mut ShellState, invocation: Invocation) -> Outcome {
        let program = Program {
            words: &invocation.words,
            assignments: &invocation.assignments,
            stdin: &invocation.stdin,
            span: invocation.span,
            open_ended: false,
        };
        Outcome {
            stdout: self.program(state, &program),
        }
    }

    fn redirect(&mut self, state: &mut ShellState, redirect: FileRedirect) {
        let cwd = state.cwd.clone();
        let setting = self.setting(cwd.as_deref(), redirect.span);
        if is_sink(&redirect.path, &setting) {
            return;
        }
        let (operation, verb, reversibility) = match redirect.mode {
            RedirectMode::Read => ("fs:read", Verb::Read, Reversibility::None),
            RedirectMode::Append => ("fs:append", Verb::Update, Reversibility::Reversible),
            RedirectMode::Write | RedirectMode::ReadWrite => {
                ("fs:write", Verb::Update, Reversibility::Recoverable)
            }
        };
        self.note(
            Note {
                operation,
                verb,
                kind: ResourceType::File,
                id: Some(&redirect.path),
                reversibility,
                effects: Effects::NONE,
                completeness: Completeness::Exact,
                evidence: "a redirection",
            },
            &setting,
        );
    }

    fn variable(&mut self, name: &str) -> Option<Secret> {
        self.call.env.get(name).cloned()
    }

    fn assigned(&mut self, state: &mut ShellState, name: &str, value: &Value, span: (u32, u32)) {
        self.steering_variable(state, name, value, span);
    }

    fn opaque(&mut self, state: &ShellState, reason: &str, span: (u32, u32)) {
        let cwd = state.cwd.clone();
        let setting = self.setting(cwd.as_deref(), span);
        Session::opaque(self, "shell:opaque", reason, Effects::NONE, &setting);
    }
}

/// Whether writing to or reading from the path does nothing (`/dev/null`).
fn is_sink(path: &Value, setting: &Setting<'_>) -> bool {
    path.exact()
        .and_then(|text| setting.resolve(&text))
        .is_some_and(|path| path.is(PathClass::Sink, setting.catalogue))
}
