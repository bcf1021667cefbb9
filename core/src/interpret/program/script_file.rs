//! Programs in files, on standard input and in other texts of the call.

use std::collections::BTreeSet;

use super::Program;
use crate::action::Effects;
use crate::catalogue::paths;
use crate::interpret::code::{self, Code};
use crate::interpret::place::Setting;
use crate::interpret::session::{Note, Session};
use crate::interpret::shell::ShellState;
use crate::interpret::sql;
use crate::interpret::value::{Origin, Stream, Value};
use crate::interpret::wildcard::wildcard;
use crate::interpret::windows::{self, Dialect};
use crate::limits;
use crate::vocabulary::{Completeness, Effect, Location, ResourceType, Reversibility, Verb};

/// A program in a file, about to be run.
#[derive(Debug)]
pub struct ScriptFile<'a> {
    /// The file.
    pub file: &'a Value,
    /// The language of the interpreter; empty for the file's own.
    pub language: &'a str,
    /// What runs it, for the operation's name.
    pub what: &'a str,
}

impl Session<'_> {
    /// A script given as the operand of an interpreter.
    pub(super) fn script(
        &mut self,
        state: &mut ShellState,
        file: &Value,
        language: &str,
        program: &Program<'_>,
    ) -> Stream {
        let run = ScriptFile {
            file,
            language,
            what: "script",
        };
        if file
            .exact()
            .is_some_and(|name| matches!(name.as_str(), "-" | "/dev/stdin" | "/dev/fd/0"))
        {
            let stdin = program.stdin.clone();
            return self.input(state, &stdin, language, program);
        }
        self.script_file(state, &run, program.span)
    }

    /// A file about to be run as a program.
    pub(in crate::interpret) fn script_file(
        &mut self,
        state: &mut ShellState,
        run: &ScriptFile<'_>,
        span: (u32, u32),
    ) -> Stream {
        let unseen = Stream::from_origin(Origin::Unseen);
        let cwd = state.cwd.clone();
        let setting = self.setting(cwd.as_deref(), span);
        let mut made_here = false;
        if let Some(content) = self.content_of(state, run.file, &setting) {
            if let Some(text) = content.text.as_ref().filter(|_| !content.decoded) {
                let language = if run.language.is_empty() {
                    "shell"
                } else {
                    run.language
                };
                let text = text.expose().to_owned();
                return self.text_in(state, &text, language, run.file.span, &Stream::default());
            }
            let plain = |origin: &Origin| matches!(origin, Origin::File(_));
            if content.decoded || content.origins.is_empty() || !content.origins.iter().all(plain) {
                self.hidden(&content, run.file, &setting);
                return unseen;
            }
            // Compiled or copied from the workspace, it is as good as what lies there.
            made_here = content
                .origins
                .iter()
                .all(|origin| match (origin, setting.root) {
                    (Origin::File(path), Some(root)) => paths::is_within(path, root),
                    _ => false,
                });
        }
        if run.file.origins().any(|origin| {
            matches!(
                origin,
                Origin::Network(_) | Origin::Unseen | Origin::File(_)
            )
        }) {
            let content = Stream::from_value(run.file);
            self.hidden(&content, run.file, &setting);
            return unseen;
        }
        if sql::language(run.language).is_some() {
            // A database does whatever the file says, wherever the file lies.
            sql::script(self, run.file, &setting);
            return unseen;
        }
        let mut place = crate::action::Draft {
            operation: format!("program:{}", run.what).into(),
            verb: Verb::Execute,
            resource: crate::action::Resource {
                kind: ResourceType::File,
                id: run.file.sketch(),
                parents: Vec::new(),
            },
            location: Location::Remote,
            selectors: Vec::new(),
            reversibility: Reversibility::Irreversible,
            scope: crate::action::Scope::default(),
            effects: setting.effects,
            credential: None,
            completeness: Completeness::Opaque,
            span: crate::action::Span::default(),
            evidence: vec!["a program in a file that is not read".to_owned()],
        };
        setting.place_draft(&mut place, Some(run.file));
        if place.resource.kind == ResourceType::File {
            place.resource.kind = ResourceType::Process;
        }
        let outside = matches!(place.location, Location::Temporary | Location::Unknown);
        if outside && !made_here {
            place.effects = place.effects.with(Effect::RemoteCode);
            place
                .evidence
                .push("it lies outside what the developer keeps".to_owned());
        }
        self.add(vec![place]);
        unseen
    }

    /// The content of a file written earlier in this call.
    fn content_of(
        &self,
        state: &ShellState,
        file: &Value,
        setting: &Setting<'_>,
    ) -> Option<Stream> {
        let name = file.exact()?;
        let absolute = setting.resolve(&name).map(|path| path.absolute);
        let here = state.files.get(&state.file_key(&name));
        let known = here.or_else(|| state.files.get(absolute.as_deref()?));
        let absolute = absolute.as_deref()?;
        known
            .or_else(|| unpacked_from_network(state, absolute))
            .cloned()
    }

    /// A file that a program picks up by its name, when this call wrote it. `file#part` and `file::part`:
    /// a part of it.
    pub(super) fn written(
        &mut self,
        state: &mut ShellState,
        file: &Value,
        language: &str,
        program: &Program<'_>,
    ) {
        let name = file.known_text().unwrap_or_default();
        let (plain, part) = name.split_once('#').unwrap_or((&name, ""));
        let plain = plain.split("::").next().unwrap_or(plain);
        let cwd = state.cwd.clone();
        let setting = self.setting(cwd.as_deref(), program.span);
        let file = Value::literal(plain).at(file.span);
        let content = self.content_of(state, &file, &setting);
        if let Some(text) = content.as_ref().and_then(visible) {
            let text = if part.is_empty() {
                text
            } else {
                code::part(&text, part)
            };
            self.text_in(state, &text, language, program.span, &Stream::default());
        }
    }

    /// The files this call wrote that a program finds by a pattern of names.
    pub(super) fn written_like(
        &mut self,
        state: &mut ShellState,
        pattern: &str,
        language: &str,
        program: &Program<'_>,
    ) {
        let fits = |path: &str| pattern.split('|').any(|one| wildcard(one, path));
        let texts: BTreeSet<String> = state
            .files
            .iter()
            .filter(|(path, _)| fits(path))
            .filter_map(|(_, content)| visible(content))
            .take(limits::NAMES_INSIDE)
            .collect();
        for text in texts {
            self.text_in(state, &text, language, program.span, &Stream::default());
        }
    }

    /// Standard input run as a program.
    pub(super) fn input(
        &mut self,
        state: &mut ShellState,
        stdin: &Stream,
        language: &str,
        program: &Program<'_>,
    ) -> Stream {
        let unseen = Stream::from_origin(Origin::Unseen);
        if !stdin.present {
            return unseen;
        }
        if let Some(text) = stdin.text.as_ref().filter(|_| !stdin.decoded) {
            let text = text.expose().to_owned();
            return self.text_in(state, &text, language, program.span, &Stream::default());
        }
        let cwd = state.cwd.clone();
        let setting = self.setting(cwd.as_deref(), program.span);
        // `bash < run.sh` is the same as `bash run.sh`.
        if !stdin.decoded
            && let [Origin::File(path)] = stdin.origins.as_slice()
        {
            let file = Value::literal(path.clone()).at(program.span);
            return self.script_file(
                state,
                &ScriptFile {
                    file: &file,
                    language,
                    what: "script",
                },
                program.span,
            );
        }
        let id = Value::literal("standard input").at(program.span);
        self.hidden(stdin, &id, &setting);
        unseen
    }

    pub(super) fn text_in(
        &mut self,
        state: &mut ShellState,
        text: &str,
        language: &str,
        span: (u32, u32),
        stdin: &Stream,
    ) -> Stream {
        if language == "shell" || language.is_empty() {
            state.subshell(|inner| self.shell_text(inner, text, span, stdin))
        } else if let Some(dialect) = Dialect::of(language) {
            state.subshell(|inner| windows::walk(self, inner, text, dialect, span, stdin))
        } else {
            let value = Value::literal(text).at(span);
            self.code_value(state, &value, language, stdin, span)
        }
    }

    /// Text in a command language of Windows, given to a program.
    pub(super) fn windows_code(
        &mut self,
        state: &mut ShellState,
        language: &str,
        text: &Value,
        program: &Program<'_>,
    ) -> Stream {
        if let (Some(dialect), Some(known)) = (Dialect::of(language), text.known_text()) {
            return windows::walk(self, state, &known, dialect, text.span, program.stdin);
        }
        let cwd = state.cwd.clone();
        let setting = self.setting(cwd.as_deref(), program.span);
        let id = Value::literal("code").at(program.span);
        self.hidden(&Stream::from_value(text), &id, &setting);
        Stream::from_origin(Origin::Unseen)
    }

    pub(super) fn code_value(
        &mut self,
        state: &mut ShellState,
        text: &Value,
        language: &str,
        stdin: &Stream,
        span: (u32, u32),
    ) -> Stream {
        let language = if language.is_empty() {
            "code"
        } else {
            language
        };
        let code = Code {
            text,
            language,
            stdin,
            span,
        };
        code::interpret(self, state, &code)
    }

    /// A program whose text came over the network or cannot be seen.
    pub(in crate::interpret) fn hidden(
        &mut self,
        content: &Stream,
        what: &Value,
        setting: &Setting<'_>,
    ) {
        let (operation, why) = if content.from_network() {
            (
                "program:fetched",
                "a program fetched from the network is run",
            )
        } else {
            ("program:hidden", "a program that cannot be seen is run")
        };
        let id = Value::literal(what.sketch()).at(what.span);
        self.note(
            Note {
                operation,
                verb: Verb::Execute,
                kind: ResourceType::Process,
                id: Some(&id),
                reversibility: Reversibility::Irreversible,
                effects: Effects::of(&[Effect::RemoteCode]),
                completeness: Completeness::Opaque,
                evidence: why,
            },
            setting,
        );
    }
}

/// The text of a file, when the call shows it.
fn visible(content: &Stream) -> Option<String> {
    let text = content.text.as_ref().filter(|_| !content.decoded)?;
    Some(text.expose().to_owned())
}

/// What was unpacked into a folder above `file`. In the working directory itself lie the developer's
/// own files as well, so there only folders count.
fn unpacked_from_network<'a>(state: &'a ShellState, file: &str) -> Option<&'a Stream> {
    let (mut folder, _) = file.rsplit_once('/')?;
    if state.cwd.as_deref() == Some(folder) {
        return None;
    }
    loop {
        if let Some(stream) = state.files.get(folder).filter(|one| one.from_network()) {
            return Some(stream);
        }
        folder = folder.rsplit_once('/')?.0;
    }
}
