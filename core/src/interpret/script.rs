//! The session as the shell walker sees it.

use super::place::Setting;
use super::program::Program;
use super::session::{Note, Session};
use super::shell::{self, FileRedirect, Invocation, Outcome, RedirectMode, Runner, ShellState};
use super::value::Value;
use crate::action::{Effects, Selector};
use crate::catalogue::spec::PathClass;
use crate::secret::Secret;
use crate::vocabulary::{Completeness, Effect, ResourceType, Reversibility, SelectorKind, Verb};

impl Runner for Session<'_> {
    fn run(&mut self, state: &mut ShellState, invocation: &Invocation) -> Outcome {
        let program = Program {
            words: &invocation.words,
            assignments: &invocation.assignments,
            stdin: &invocation.stdin,
            span: invocation.span,
            open_ended: false,
        };
        let stdout = self.program(state, &program);
        self.announced(state, &program);
        Outcome { stdout }
    }

    fn respelled(&mut self, state: &mut ShellState, invocation: &Invocation) {
        const TELLING: &[Effect] = &[
            Effect::SecretRead,
            Effect::Persistence,
            Effect::DestroysRecovery,
        ];
        // It counts only where it finds a file that matters.
        let first = self.drafts.len();
        let windows = self.windows;
        self.run(state, invocation);
        self.windows = windows;
        let mut index = 0_usize;
        self.drafts.retain(|draft| {
            index = index.saturating_add(1);
            index <= first
                || matches!(
                    draft.resource.kind,
                    ResourceType::Guard | ResourceType::Secret
                )
                || TELLING.iter().any(|effect| draft.effects.contains(*effect))
        });
    }

    fn redirect(&mut self, state: &mut ShellState, redirect: FileRedirect) {
        if self.full() {
            return;
        }
        let cwd = state.cwd.clone();
        let setting = self.setting(cwd.as_deref(), redirect.span);
        if is_sink(&redirect.path, &setting) {
            return;
        }
        if let Some(host) = network_host(&redirect.path) {
            return self.connection(host, &redirect, &setting);
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
        if redirect.mode != RedirectMode::Read {
            self.sources_written(&redirect.path, &redirect.content, &setting);
        }
    }

    fn variable(&mut self, name: &str) -> Option<Secret> {
        self.call.env.get(name).cloned()
    }

    fn assigned(&mut self, state: &mut ShellState, name: &str, value: &Value, span: (u32, u32)) {
        self.steering_variable(state, name, value, span);
    }

    fn defined(&mut self, state: &mut ShellState, name: &str, span: (u32, u32)) {
        self.shadowed(state, name, None, span);
    }

    fn enter(&mut self, weight: usize) -> bool {
        Session::enter(self, weight)
    }

    fn leave(&mut self, weight: usize) {
        Session::leave(self, weight);
    }

    fn full(&self) -> bool {
        Session::full(self)
    }

    fn opaque(&mut self, state: &ShellState, reason: &str, span: (u32, u32)) {
        let cwd = state.cwd.clone();
        let setting = self.setting(cwd.as_deref(), span);
        Session::opaque(self, "shell:opaque", reason, Effects::NONE, &setting);
    }
}

impl Session<'_> {
    /// A redirection to or from `/dev/tcp/host/port`, which the shell opens as a connection.
    fn connection(&mut self, host: Value, redirect: &FileRedirect, setting: &Setting<'_>) {
        let origins = &redirect.content.origins;
        let sends = redirect.mode != RedirectMode::Read;
        let leaks = sends && origins.iter().any(|origin| self.leaks(origin, setting));
        let mut effects = Effects::of(&[Effect::Egress]);
        if leaks {
            effects = effects.with(Effect::Exfiltration);
        }
        let first = self.drafts.len();
        self.note(
            Note {
                operation: "net:connect",
                verb: if sends { Verb::Update } else { Verb::List },
                kind: ResourceType::Host,
                id: Some(&host),
                reversibility: if sends {
                    Reversibility::Irreversible
                } else {
                    Reversibility::None
                },
                effects,
                completeness: Completeness::Partial,
                evidence: "a redirection that the shell opens as a connection",
            },
            setting,
        );
        for draft in self.drafts.iter_mut().skip(first) {
            draft.selectors.push(Selector {
                kind: SelectorKind::Host,
                value: host.sketch(),
            });
        }
    }

    /// What builtins such as `export` and `alias` set by their words.
    fn announced(&mut self, state: &ShellState, program: &Program<'_>) {
        let Some((name, words)) = program.words.split_first() else {
            return;
        };
        let Some(builtin) = name.exact() else { return };
        let exports = matches!(
            builtin.as_str(),
            "export" | "declare" | "typeset" | "readonly" | "setenv"
        );
        if !exports && builtin != "alias" {
            return;
        }
        for (name, value) in words.iter().filter_map(shell::split_assignment) {
            if exports {
                self.steering_variable(state, &name, &value, program.span);
            } else {
                self.shadowed(state, &name, Some(&value), program.span);
            }
        }
    }
}

/// The host of `/dev/tcp/host/port` and `/dev/udp/host/port` (bash manual, redirections).
fn network_host(path: &Value) -> Option<Value> {
    let prefix = ["/dev/tcp/", "/dev/udp/"]
        .into_iter()
        .find(|prefix| path.prefix().starts_with(prefix))?;
    let mut host = path.skip(prefix.len());
    let text = host.prefix();
    if let Some((name, _)) = text.split_once('/') {
        host = Value::literal(name).at(path.span);
    }
    Some(host)
}

/// Whether writing to or reading from the path does nothing (`/dev/null`).
fn is_sink(path: &Value, setting: &Setting<'_>) -> bool {
    path.exact()
        .and_then(|text| setting.resolve(&text))
        .is_some_and(|path| path.is(PathClass::Sink, setting.catalogue))
}
