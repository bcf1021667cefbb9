//! What a program makes run: other programs, shell text, scripts and foreign code.

use super::{Program, unknown};
use crate::action::Effects;
use crate::catalogue::spec::{Place, Run, RunForm, Source};
use crate::interpret::acts::Given as _;
use crate::interpret::argument::UNSEEN;
use crate::interpret::code;
use crate::interpret::place::{Machine, Setting};
use crate::interpret::session::{Note, Session};
use crate::interpret::shell::{self, ShellState};
use crate::interpret::value::{Origin, Piece, Stream, Value};
use crate::interpret::words::{Words, find};
use crate::limits;
use crate::vocabulary::{
    Completeness, Effect, Location, ResourceType, Reversibility, SelectorKind, Verb,
};

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
    /// Interprets what a known program makes run.
    pub(super) fn delegate(
        &mut self,
        state: &mut ShellState,
        run: &Run,
        words: &Words<'_>,
        program: &Program<'_>,
    ) -> Stream {
        let outer = self.frame.clone();
        self.frame.depth = self.frame.depth.saturating_add(1);
        self.frame.effects = self.frame.effects.union(Effects::of(run.effects));
        match run.place {
            Place::Local => {}
            Place::Remote(source) => self.frame.machine = Machine::Remote(host_of(words, source)),
            Place::Container(source) => {
                let chosen = words.command.selectors.iter();
                let elsewhere = chosen
                    .flat_map(|(_, source)| words.found(*source).values)
                    .next()
                    .is_some();
                let clusters = words
                    .command
                    .selectors
                    .iter()
                    .any(|(kind, _)| matches!(kind, SelectorKind::KubeContext));
                self.frame.machine = Machine::Container {
                    name: host_of(words, source),
                    here: !elsewhere && !clusters && self.frame.machine == Machine::Local,
                }
            }
        }
        let stream = if self.frame.depth > limits::DELEGATION_DEPTH {
            let cwd = state.cwd.clone();
            let setting = self.setting(cwd.as_deref(), program.span);
            self.opaque(
                "shell:too_deep",
                "programs run programs too deep to follow",
                Effects::NONE,
                &setting,
            );
            Stream::from_origin(Origin::Unseen)
        } else {
            self.delegate_form(state, run, words, program)
        };
        self.frame = outer;
        stream
    }

    fn delegate_form(
        &mut self,
        state: &mut ShellState,
        run: &Run,
        words: &Words<'_>,
        program: &Program<'_>,
    ) -> Stream {
        let mut values = words.found(run.from).values;
        if let (RunForm::Argv, Source::Const(text)) = (run.form, run.from) {
            let words = text.split_whitespace();
            values = words
                .map(|word| Value::literal(word).at(program.span))
                .collect();
        }
        match run.form {
            RunForm::Argv => {
                let groups: Vec<Vec<Value>> = match run.from {
                    Source::Option(id) => groups_of(words, id),
                    _ => Vec::new(),
                };
                if groups.is_empty() {
                    return self.argv(state, run, words, &values, program);
                }
                let mut stream = Stream::default();
                for group in &groups {
                    stream.merge(&self.argv(state, run, words, group, program));
                }
                stream
            }
            RunForm::Package => self.package(state, &values, program),
            RunForm::Shell => {
                // What acts on this shell (`eval`) has no options of its own; another shell leaves
                // this one's variables and directory alone.
                let text = Value::join(&values);
                if self.frame.machine == Machine::Local && words.command.options.is_empty() {
                    self.shell_value(state, &text, program)
                } else {
                    let arguments = arguments_of(words, run.from);
                    state.subshell(|inner| {
                        inner.positional = arguments;
                        self.shell_value(inner, &text, program)
                    })
                }
            }
            RunForm::Code => {
                for value in &values {
                    self.code_value(state, value, run.language, program.span);
                }
                Stream::from_origin(Origin::Unseen)
            }
            RunForm::Script => {
                if let Some(file) = values.first() {
                    self.script(state, file, run.language, program);
                }
                Stream::from_origin(Origin::Unseen)
            }
            RunForm::Input => {
                let stdin = program.stdin.clone();
                self.input(state, &stdin, run.language, program);
                Stream::from_origin(Origin::Unseen)
            }
        }
    }

    fn argv(
        &mut self,
        state: &mut ShellState,
        run: &Run,
        words: &Words<'_>,
        values: &[Value],
        program: &Program<'_>,
    ) -> Stream {
        if values.is_empty() {
            return Stream::default();
        }
        let mut inner = Vec::with_capacity(values.len());
        for value in values {
            if !run.placeholder.is_empty()
                && value
                    .known_text()
                    .is_some_and(|text| text.contains(run.placeholder))
            {
                inner.extend(found_by(words, value, run.placeholder));
            } else {
                inner.push(value.clone());
            }
        }
        let mut open_ended = program.open_ended;
        if run.appends {
            match program
                .stdin
                .text
                .as_ref()
                .filter(|_| !program.stdin.decoded)
            {
                Some(text) => inner.extend(text.expose().split_whitespace().map(Value::literal)),
                None if program.stdin.listed.is_some() => {
                    inner.extend(program.stdin.listed.iter().flatten().cloned());
                }
                None => {
                    inner.push(input_word(program.stdin).at(program.span));
                    open_ended = true;
                }
            }
        }
        let mut assignments = program.assignments.to_vec();
        assignments.extend(words.assignments.iter().cloned());
        let inner = Program {
            words: &inner,
            assignments: &assignments,
            stdin: program.stdin,
            span: program.span,
            open_ended,
        };
        self.program(state, &inner)
    }

    /// A package that a runner fetches or finds, whose program is known by the package's name.
    fn package(
        &mut self,
        state: &mut ShellState,
        values: &[Value],
        program: &Program<'_>,
    ) -> Stream {
        let Some((package, arguments)) = values.split_first() else {
            return Stream::default();
        };
        let known = package
            .exact()
            .and_then(|name| find(self.catalogue.commands, program_of(&name)));
        let Some(command) = known else {
            return Stream::from_origin(Origin::Unseen);
        };
        self.known(state, command, arguments, program)
    }

    fn shell_value(
        &mut self,
        state: &mut ShellState,
        text: &Value,
        program: &Program<'_>,
    ) -> Stream {
        if text.pieces.is_empty() {
            return Stream::default();
        }
        if let Some(text_known) = text.known_text() {
            return self.shell_text(state, &text_known, text.span, program.stdin);
        }
        let cwd = state.cwd.clone();
        let setting = self.setting(cwd.as_deref(), program.span);
        let effects = Effects::of(&[Effect::RemoteCode]);
        self.opaque(
            "shell:dynamic_code",
            "shell text that cannot be seen is run",
            effects,
            &setting,
        );
        // What can be seen of it is read as well, so that a clear reason to deny is not lost.
        let visible: String = text.pieces.iter().map(shown).collect();
        if visible.trim().trim_matches('"') != format!("${UNSEEN}") {
            return self.shell_text(state, &visible, text.span, program.stdin);
        }
        Stream::from_origin(Origin::Unseen)
    }

    /// Walks shell text that stands inside another text of the call.
    fn shell_text(
        &mut self,
        state: &mut ShellState,
        text: &str,
        span: (u32, u32),
        stdin: &Stream,
    ) -> Stream {
        let outer = self.frame.outer_span;
        if outer.is_none() && span.1 > 0 {
            self.frame.outer_span = Some(span);
        }
        let outcome = shell::walk(text, state, self, stdin.clone());
        self.frame.outer_span = outer;
        outcome.stdout
    }

    /// A script given as the operand of an interpreter.
    fn script(
        &mut self,
        state: &mut ShellState,
        file: &Value,
        language: &str,
        program: &Program<'_>,
    ) {
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
        self.script_file(state, &run, program.span);
    }

    /// A file about to be run as a program.
    pub(super) fn script_file(
        &mut self,
        state: &mut ShellState,
        run: &ScriptFile<'_>,
        span: (u32, u32),
    ) {
        let cwd = state.cwd.clone();
        let setting = self.setting(cwd.as_deref(), span);
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
                return self.hidden(&content, run.file, &setting);
            }
        }
        if run.file.origins().any(|origin| {
            matches!(
                origin,
                Origin::Network(_) | Origin::Unseen | Origin::File(_)
            )
        }) {
            let content = Stream::from_value(run.file);
            return self.hidden(&content, run.file, &setting);
        }
        if run.language == "sql" {
            // A database does whatever the file says, wherever the file lies.
            let unseen = Value::unseen(Origin::Unseen).at(run.file.span);
            return self.code_value(state, &unseen, run.language, span);
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
        if matches!(place.location, Location::Temporary | Location::Unknown) {
            place.effects = place.effects.with(Effect::RemoteCode);
            place
                .evidence
                .push("it lies outside what the developer keeps".to_owned());
        }
        self.add(vec![place]);
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

    /// Standard input run as a program.
    fn input(
        &mut self,
        state: &mut ShellState,
        stdin: &Stream,
        language: &str,
        program: &Program<'_>,
    ) {
        if !stdin.present {
            return;
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
    }

    fn text_in(
        &mut self,
        state: &mut ShellState,
        text: &str,
        language: &str,
        span: (u32, u32),
        stdin: &Stream,
    ) {
        if language == "shell" || language.is_empty() {
            state.subshell(|inner| self.shell_text(inner, text, span, stdin));
        } else {
            let value = Value::literal(text).at(span);
            self.code_value(state, &value, language, span);
        }
    }

    fn code_value(&mut self, state: &ShellState, value: &Value, language: &str, span: (u32, u32)) {
        let cwd = state.cwd.clone();
        let setting = self.setting(cwd.as_deref(), span);
        let language = if language.is_empty() {
            "code"
        } else {
            language
        };
        code::interpret(self, value, &unknown::slug(language), &setting);
    }

    /// A program whose text came over the network or cannot be seen.
    fn hidden(&mut self, content: &Stream, what: &Value, setting: &Setting<'_>) {
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

/// `$1` and on of a shell given its text by an option: `bash -c text name a b`.
fn arguments_of(words: &Words<'_>, from: Source) -> Option<Vec<Value>> {
    match from {
        Source::Option(_) => Some(words.operands.iter().skip(1).cloned().collect()),
        Source::Operands(1, 1) => Some(words.operands.iter().skip(2).cloned().collect()),
        _ => None,
    }
}

/// The program that `@scope/name@version` is taken to hold.
fn program_of(package: &str) -> &str {
    let name = match package.strip_prefix('@') {
        Some(scoped) => scoped.split_once('/').map_or(scoped, |(_, name)| name),
        None => package,
    };
    name.split(['@', '=']).next().unwrap_or(name)
}

fn host_of(words: &Words<'_>, source: Source) -> String {
    let host = words
        .found(source)
        .values
        .first()
        .map(Value::sketch)
        .unwrap_or_default();
    host.rsplit('@').next().unwrap_or_default().to_owned()
}

/// The words of each use of an option that takes many.
fn groups_of(words: &Words<'_>, id: &str) -> Vec<Vec<Value>> {
    let used = words.groups.iter().filter(|(name, _)| *name == id);
    used.map(|(_, group)| group.clone()).collect()
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

/// A word out of an input that is not known.
fn input_word(stdin: &Stream) -> Value {
    let mut word = Value::unseen(Origin::Unseen);
    for origin in &stdin.origins {
        word.pieces.push(Piece {
            text: Some(String::new()),
            origin: origin.clone(),
            pattern: false,
        });
    }
    word
}

/// What stands in for a piece of shell text that cannot be seen.
fn shown(piece: &Piece) -> String {
    piece.text.clone().unwrap_or_else(|| format!("${UNSEEN}"))
}

/// The values a placeholder such as find's `{}` stands for: below each start, with the name asked for.
fn found_by(words: &Words<'_>, value: &Value, placeholder: &str) -> Vec<Value> {
    let text = value.known_text().unwrap_or_default();
    let (before, after) = text.split_once(placeholder).unwrap_or((&text, ""));
    if !before.is_empty() || !after.is_empty() {
        return vec![Value::unseen(Origin::Unseen).at(value.span)];
    }
    listed(words, value.span)
}

/// The paths find lists.
pub(super) fn listed(words: &Words<'_>, span: (u32, u32)) -> Vec<Value> {
    let mut starts = words.operands.clone();
    if starts.is_empty() {
        starts.push(Value::literal("."));
    }
    let patterns = patterns_of(words);
    starts
        .iter()
        .flat_map(|start| {
            patterns.iter().map(|pattern| {
                let mut found = start.clone();
                found.pieces.push(Piece {
                    text: Some(pattern.clone()),
                    origin: Origin::Literal,
                    pattern: true,
                });
                found.at(span)
            })
        })
        .collect()
}

/// What find's tests by name let through, below a start: everything, unless names bound it.
fn patterns_of(words: &Words<'_>) -> Vec<String> {
    let everything = vec!["/**".to_owned()];
    let mut patterns = Vec::new();
    let mut negated = false;
    let grouped = words.options.iter().any(|(opt, _)| opt.id == "(");
    for (opt, value) in &words.options {
        match opt.role {
            // Outside parentheses, `-name a -o -exec` acts on what is not `a`.
            "alternative" if !grouped => return everything,
            "name" if !negated => match value.known_text() {
                // `-path './x/*'` and `-path '*/x/*'` say where below the start.
                Some(path) if path.contains('/') => {
                    let below = path.trim_start_matches(['.', '*']).trim_start_matches('/');
                    patterns.push(format!("/**/{below}"));
                }
                Some(name) => patterns.push(format!("/**/{name}")),
                None => return everything,
            },
            _ if negated && opt.id == "(" => return everything,
            _ => {}
        }
        negated = opt.role == "negates";
    }
    if patterns.is_empty() {
        return everything;
    }
    patterns
}
