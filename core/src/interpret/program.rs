//! Programs about to run: what the catalogue says of them, and what they make run in turn.

mod database;
mod delegate;
mod grammar;
mod listing;
mod output;
mod script_file;
mod sources;
mod steering;
mod unknown;
mod written;

pub(in crate::interpret) use self::script_file::ScriptFile;
pub(in crate::interpret) use self::unknown::slug;

use std::collections::BTreeMap;

use super::credential;
use super::place::Setting;
use super::session::{Note, Session};
use super::shell::ShellState;
use super::value::{Origin, Stream, Value};
use super::words::{Words, find};
use super::{acts, http, sql, windows};
use crate::action::{Draft, Effects, Selector};
use crate::catalogue::spec::{Command, Cond, Run, Source, Test};
use crate::vocabulary::{
    Completeness, Effect, Location, ResourceType, Reversibility, Verb, VerbGroup,
};

/// One program about to run.
#[derive(Debug)]
pub struct Program<'a> {
    /// Its name and arguments.
    pub words: &'a [Value],
    /// Assignments that only it sees.
    pub assignments: &'a [(String, Value)],
    /// Its standard input.
    pub stdin: &'a Stream,
    /// Byte range of the whole command.
    pub span: (u32, u32),
    /// More words may follow that are not in the call.
    pub open_ended: bool,
}

impl Session<'_> {
    /// Interprets a program about to run and answers with what it writes to standard output.
    pub fn program(&mut self, state: &mut ShellState, program: &Program<'_>) -> Stream {
        if self.full() {
            return Stream::from_origin(Origin::Unseen);
        }
        self.steering(state, program);
        let Some((name, arguments)) = program.words.split_first() else {
            return Stream::default();
        };
        let Some(path) = name.exact() else {
            if self.frame.depth == 0 && windows::assigns(program.words) {
                self.windows = Some(windows::Dialect::PowerShell);
                return Stream::from_origin(Origin::Unseen);
            }
            let cwd = state.cwd.clone();
            let setting = self.setting(cwd.as_deref(), program.span);
            let effects = Effects::of(&[Effect::RemoteCode]);
            self.opaque(
                "shell:dynamic_command",
                "which program runs cannot be seen",
                effects,
                &setting,
            );
            return Stream::from_origin(Origin::Unseen);
        };
        let base = base_name(&path);
        match find(self.catalogue.commands, base).or_else(|| versionless(base, self)) {
            Some(command) if !(command.builtin && path.contains('/')) => {
                if path.contains('/') && !is_system_program(&path) {
                    self.own_program(state, name, program.span);
                }
                if self.windows.is_none() && windows::is_cmd(base, arguments, self.catalogue) {
                    self.windows = Some(windows::Dialect::Cmd);
                }
                self.known(state, command, arguments, program)
            }
            // Windows looks for programs in the working directory as well.
            _ if path.contains('/') || state.files.contains_key(&state.file_key(&path)) => {
                let run = ScriptFile {
                    file: name,
                    language: "",
                    what: "program",
                };
                self.script_file(state, &run, program.span);
                self.unknown(state, base, arguments, program, false);
                Stream::from_origin(Origin::Unseen)
            }
            _ => {
                // Some hosts run their shell tool's lines with PowerShell.
                let dialect = windows::dialect_of(base, arguments, self.catalogue);
                self.windows = self.windows.or(dialect);
                let cmdlet = windows::is_cmdlet(base, self.catalogue);
                let again = cmdlet || (dialect.is_some() && self.windows == dialect);
                if again && self.frame.depth == 0 {
                    return Stream::from_origin(Origin::Unseen);
                }
                // Of text within text only the outermost is read again, so there both readings count.
                if cmdlet {
                    self.cmdlet(state, base, program);
                }
                self.unknown(state, base, arguments, program, true);
                output::of_unknown(program)
            }
        }
    }

    pub(super) fn known(
        &mut self,
        state: &mut ShellState,
        command: &'static Command,
        arguments: &[Value],
        program: &Program<'_>,
    ) -> Stream {
        let here = state.cwd.clone();
        let mut words = Words::read(command, arguments, program.stdin, here.as_deref());
        words.open_ended = program.open_ended;
        words.variables = self.environment(state, program.assignments);
        let cwd = self.directory(&words, here.as_deref(), program.span);
        words.cwd = cwd.as_deref();
        let mut setting = self.setting(cwd.as_deref(), program.span);
        let inner = words.command;
        setting.here =
            inner.selectors.is_empty() && inner.credential.is_none() && inner.http.is_none();
        if words.asks_for_help {
            self.plain(&words, &setting, "asks for help only");
            return Stream::from_origin(Origin::Unseen);
        }
        let mut drafts = acts::drafts(inner.acts, &words, &setting);
        let runs: Vec<&'static Run> = inner
            .runs
            .iter()
            .filter(|run| run.when.iter().all(|one| acts::holds(one, &words)))
            .collect();
        if drafts.is_empty()
            && runs.is_empty()
            && let Some(grammar) = inner.grammar
        {
            drafts = grammar::drafts(grammar, &words, &setting);
        }
        drafts.extend(acts::drafts(inner.always, &words, &setting));
        self.complete(&mut drafts, &words);
        if self.changes_nothing(&words) {
            drafts
                .iter_mut()
                .for_each(|draft| rehearse(draft, &setting));
        }
        self.facts.extend(acts::selectors(inner.sets, &words));
        let mut did = !drafts.is_empty();
        let leaves = drafts
            .iter()
            .any(|draft| draft.effects.contains(Effect::Egress));
        let mut touched = written::Touched::of(&drafts);
        self.add(drafts);
        did |= self.requests(state, &words, program, &setting, &mut touched);
        let read = touched.origins(state);
        let mut ran = None;
        for run in runs {
            did = true;
            // A directory given by an option holds for what runs, not for the shell.
            let moves = cwd != here;
            if moves {
                state.cwd.clone_from(&cwd);
            }
            let before = self.drafts.len();
            ran = Some(self.delegate(state, run, &words, program));
            if sql::language(run.language).is_some() {
                let mut drafts = self.drafts.split_off(before);
                self.complete(&mut drafts, &words);
                self.drafts.append(&mut drafts);
            }
            if moves {
                state.cwd.clone_from(&here);
            }
        }
        if !did {
            if inner.acts.is_empty() && inner.runs.is_empty() && inner.http.is_none() {
                // A subcommand the catalogue does not have.
                self.unknown(state, command.name, arguments, program, true);
            } else {
                self.plain(&words, &setting, "none of its acts applies");
            }
        }
        if leaves {
            self.flows_out(&words, &read, program, &setting);
        }
        touched.remember(state, &words, program, &setting);
        for (path, content) in touched.contents(state) {
            self.sources_written(&path, &content, &setting);
        }
        match ran {
            Some(stream) if stream.present => stream,
            _ if touched.silent => Stream::literal(""),
            // So far the number of drafts tells one new temporary file from another.
            _ => output::of_known(&words, &read, program, self.drafts.len()),
        }
    }

    /// The HTTP requests of a client program; answers whether there are any. A function of its own
    /// to keep the stack of nested programs small.
    #[inline(never)]
    fn requests(
        &mut self,
        state: &ShellState,
        words: &Words<'_>,
        program: &Program<'_>,
        setting: &Setting<'_>,
        touched: &mut written::Touched,
    ) -> bool {
        let Some(client) = words.command.http else {
            return false;
        };
        if !self.reads_client(setting) {
            return true;
        }
        let call = http::client::ClientCall {
            client,
            options: words.with_roles().collect(),
            operands: &words.operands,
            stdin: program.stdin,
            files: &state.files,
            span: program.span,
        };
        let (drafts, silent) = http::client::interpret(&call, setting);
        touched.downloads(&drafts);
        touched.silent = silent;
        let any = !drafts.is_empty();
        self.add(drafts);
        any
    }

    /// The directory a program works in: the shell's, unless options (`git -C`) name another.
    fn directory(&self, words: &Words<'_>, here: Option<&str>, span: (u32, u32)) -> Option<String> {
        let mut cwd = here.map(str::to_owned);
        for (_, value) in words.with_roles().filter(|(role, _)| *role == "cwd") {
            let setting = self.setting(cwd.as_deref(), span);
            cwd = value
                .exact()
                .and_then(|text| setting.resolve(&text))
                .map(|path| path.absolute);
        }
        cwd
    }

    /// The environment variables that the call itself sets for a program.
    fn environment(
        &self,
        state: &ShellState,
        assignments: &[(String, Value)],
    ) -> BTreeMap<String, Value> {
        let mut variables: BTreeMap<String, Value> = state
            .variables
            .iter()
            .filter(|(name, _)| state.exported.contains(*name) || self.call.env.contains_key(*name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        variables.extend(assignments.iter().cloned());
        variables
    }

    /// Selectors and credential of the program, on every draft it makes itself.
    fn complete(&self, drafts: &mut [Draft], words: &Words<'_>) {
        let command = words.command;
        let used = command
            .credential
            .as_ref()
            .and_then(|rule| credential::of_program(rule, words, &words.variables, &self.call.env));
        self.in_database(drafts, words);
        let chosen: Vec<Selector> = acts::selectors(command.selectors, words).collect();
        let facts = self.facts_of(words);
        for draft in drafts {
            let placed = !draft.selectors.is_empty();
            draft
                .selectors
                .extend(acts::named_place(&draft.resource.id));
            draft.selectors.extend(chosen.iter().cloned());
            if !draft.selectors.is_empty() && draft.location == Location::Workspace {
                let file = matches!(
                    draft.resource.kind,
                    ResourceType::File | ResourceType::Directory
                );
                // A place chosen by an option need not be this machine; a socket of it is.
                let elsewhere = draft
                    .selectors
                    .iter()
                    .any(|one| !one.value.starts_with("unix:") && !one.value.starts_with("npipe:"));
                if !file && elsewhere && !command.selectors.is_empty() {
                    draft.location = Location::Remote;
                }
            }
            if !placed {
                // Without an explicit choice the program takes the one the host looked up.
                draft.selectors.extend(facts.iter().cloned());
            }
            if draft.credential.is_none() {
                draft.credential.clone_from(&used);
            }
        }
    }

    /// What the workspace, and the commands before, say of where a program acts.
    fn facts_of(&self, words: &Words<'_>) -> Vec<Selector> {
        let command = words.command;
        let mut elsewhere = command.elsewhere.iter();
        if elsewhere.any(|source| !acts::yielded(*source, words).values.is_empty()) {
            return Vec::new();
        }
        // A variable may place some of it and leave the rest to what is in force.
        let mut given = command.selectors.iter();
        let explicit = given.any(|(_, source)| {
            !matches!(source, Source::Variable(_))
                && !acts::yielded(*source, words).values.is_empty()
        });
        if explicit {
            return Vec::new();
        }
        let mut facts = Vec::new();
        let mut last = None;
        for (kind, source) in command.selectors {
            if !acts::yielded(*source, words).values.is_empty() {
                facts.retain(|fact: &Selector| fact.kind != *kind);
                last = Some(*kind);
                continue;
            }
            if last.replace(*kind) == Some(*kind) {
                continue;
            }
            let known = self.call.workspace.facts.get(kind.as_str());
            facts.extend(known.map(|value| Selector {
                kind: *kind,
                value: value.clone(),
            }));
            // What an earlier command chose; whether that worked is not known.
            let chosen = self.facts.iter().filter(|fact| fact.kind == *kind);
            facts.extend(chosen.cloned());
        }
        facts
    }

    /// Where a program acts, as far as the call and the workspace say.
    fn placed(&self, words: &Words<'_>) -> Vec<Selector> {
        let mut places: Vec<Selector> = acts::selectors(words.command.selectors, words).collect();
        places.extend(self.facts_of(words));
        places
    }

    /// Whether an option makes the program only say what it would do.
    fn changes_nothing(&self, words: &Words<'_>) -> bool {
        let mut dry_runs = words.command.dry_run.iter();
        dry_runs.any(|conditions| {
            let mut conditions = conditions.iter();
            conditions.all(|one| acts::surely_holds(one, words) && !may_be_off(one, words))
        })
    }

    /// A program that is known and does nothing of note.
    fn plain(&mut self, words: &Words<'_>, setting: &Setting<'_>, why: &str) {
        let name = words.path.join("_").replace([' ', '-'], "_");
        let id = Value::literal(words.path.join(" ")).at(setting.span);
        self.note(
            Note {
                operation: &format!("program:{name}"),
                verb: Verb::List,
                kind: ResourceType::Process,
                id: Some(&id),
                reversibility: Reversibility::None,
                effects: Effects::NONE,
                completeness: Completeness::Exact,
                evidence: why,
            },
            setting,
        );
    }

    /// A program that shares its name with a known one but lies somewhere of its own.
    fn own_program(&mut self, state: &ShellState, name: &Value, span: (u32, u32)) {
        let cwd = state.cwd.clone();
        let setting = self.setting(cwd.as_deref(), span);
        let id = Value::literal(name.sketch()).at(name.span);
        self.note(
            Note {
                operation: "program:own_path",
                verb: Verb::Execute,
                kind: ResourceType::Process,
                id: Some(&id),
                reversibility: Reversibility::Irreversible,
                effects: Effects::NONE,
                completeness: Completeness::Partial,
                evidence: "named by a path, taken to be what its name says",
            },
            &setting,
        );
    }
}

/// Whether the option of a condition is given with a value that takes it back, such as `--check=false`.
fn may_be_off(condition: &Cond, words: &Words<'_>) -> bool {
    let Test::Present(Source::Option(id)) = condition.test else {
        return false;
    };
    let mut given = words.options.iter().filter(|(opt, _)| opt.id == id);
    given.any(|(_, value)| {
        value.exact().is_none_or(|text| {
            matches!(
                text.to_ascii_lowercase().as_str(),
                "false" | "f" | "0" | "no" | "off"
            )
        })
    })
}

/// Makes a draft that of a dry run.
fn rehearse(draft: &mut Draft, setting: &Setting<'_>) {
    const CHANGES: &[Effect] = &[
        Effect::DestroysRecovery,
        Effect::CredentialMint,
        Effect::Privilege,
        Effect::Persistence,
        Effect::Mass,
    ];
    if draft.verb.group() == VerbGroup::Observe {
        return;
    }
    draft.reversibility = Reversibility::None;
    for effect in CHANGES {
        draft.effects = draft.effects.without(*effect);
    }
    draft.effects = draft.effects.union(setting.effects);
    draft.evidence.push("a dry run".to_owned());
}

fn base_name(path: &str) -> &str {
    let base = path.rsplit(['/', '\\']).next().unwrap_or(path);
    base.strip_suffix(".exe").unwrap_or(base)
}

/// `python3.12` is `python3` to the catalogue.
fn versionless(name: &str, session: &Session<'_>) -> Option<&'static Command> {
    let short = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    if short == name || short.is_empty() {
        return None;
    }
    find(session.catalogue.commands, short)
}

fn is_system_program(path: &str) -> bool {
    [
        "/bin/",
        "/sbin/",
        "/usr/bin/",
        "/usr/sbin/",
        "/usr/local/bin/",
        "/opt/homebrew/bin/",
    ]
    .iter()
    .any(|folder| {
        path.strip_prefix(folder)
            .is_some_and(|rest| !rest.contains('/'))
    })
}
