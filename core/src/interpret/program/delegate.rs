//! What a program makes run: other programs, shell text, scripts and foreign code.

use super::Program;
use super::listing::found_by;
use crate::action::Effects;
use crate::catalogue::spec::{Place, Run, RunForm, Source};
use crate::interpret::acts;
use crate::interpret::acts::Given as _;
use crate::interpret::argument::UNSEEN;
use crate::interpret::code;
use crate::interpret::nesting;
use crate::interpret::place::Machine;
use crate::interpret::session::Session;
use crate::interpret::shell::{self, ShellState};
use crate::interpret::value::{Origin, Piece, Stream, Value};
use crate::interpret::windows::Dialect;
use crate::interpret::words::{Words, find};
use crate::limits;
use crate::vocabulary::{Effect, SelectorKind};

/// Most lines of an input that are put in place of a placeholder, each.
const LINES: usize = 64;

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
                let mut selectors = self.placed(words);
                let elsewhere = !selectors.is_empty();
                let clusters = words
                    .command
                    .selectors
                    .iter()
                    .any(|(kind, _)| matches!(kind, SelectorKind::KubeContext));
                let here = !elsewhere && !clusters && self.frame.machine == Machine::Local;
                if let Machine::Container {
                    selectors: outer, ..
                } = &self.frame.machine
                {
                    selectors.extend(outer.iter().cloned());
                }
                self.frame.machine = Machine::Container {
                    name: host_of(words, source),
                    here,
                    selectors,
                }
            }
        }
        let deep = self.frame.depth > limits::DELEGATION_DEPTH;
        let stream = if deep || !self.enter(nesting::PROGRAM) {
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
            let stream = self.delegate_form(state, run, words, program);
            self.leave(nesting::PROGRAM);
            stream
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
        match (run.form, run.from) {
            (RunForm::Argv, Source::Const(text)) => values = literal_words(text, program),
            (RunForm::Argv, Source::Join(parts)) => {
                values = Vec::new();
                for part in parts {
                    match part {
                        Source::Const(text) => values.extend(literal_words(text, program)),
                        _ => values.extend(words.found(*part).values),
                    }
                }
            }
            (RunForm::Written, Source::Join(_)) => {
                values = acts::yielded(run.from, words).values;
            }
            _ => {}
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
                    // What is over the limit has been said.
                    if !self.still_hands_on() {
                        break;
                    }
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
                    let given = arguments_of(words, run.from);
                    let assigned = program.assignments.iter().chain(&words.assignments);
                    state.subshell(|inner| {
                        inner.variables.remove(shell::OWN_NAME);
                        if let Some((own_name, arguments)) = given {
                            inner.positional = Some(arguments.into());
                            if let Some(own_name) = own_name {
                                inner.variables.insert(shell::OWN_NAME.to_owned(), own_name);
                            }
                        } else {
                            inner.positional = None;
                        }
                        for (name, value) in assigned {
                            inner.variables.insert(name.clone(), value.clone());
                        }
                        self.shell_value(inner, &text, program)
                    })
                }
            }
            RunForm::Code if Dialect::of(run.language).is_some() => {
                self.windows_code(state, run.language, &Value::join(&values), program)
            }
            RunForm::Code if in_one_session(run, &values) => {
                let lines: Vec<String> = values.iter().filter_map(Value::known_text).collect();
                let text = Value::literal(lines.join("\n;\n")).at(program.span);
                self.code_value(state, &text, run.language, program.stdin, program.span)
            }
            RunForm::Code => {
                let mut stream = Stream::default();
                for value in &code::texts(run.language, values) {
                    let printed =
                        self.code_value(state, value, run.language, program.stdin, program.span);
                    stream.merge(&printed);
                }
                stream
            }
            RunForm::Script => match values.first() {
                Some(file) => self.script(state, file, run.language, program),
                None => Stream::from_origin(Origin::Unseen),
            },
            RunForm::Written => {
                self.frame.project = true;
                if let Source::Const(pattern) = run.from
                    && pattern.contains('*')
                {
                    self.written_like(state, pattern, run.language, program);
                    return Stream::default();
                }
                for file in values.iter().take(limits::NAMES_INSIDE) {
                    self.written(state, file, run.language, program);
                }
                Stream::default()
            }
            RunForm::Again => {
                self.again(state, run, program);
                Stream::default()
            }
            RunForm::Input => {
                let stdin = program.stdin.clone();
                self.input(state, &stdin, run.language, program)
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
        // Input that is taken apart in a way of its own is not known, even when its text is.
        let mut stdin = program.stdin.clone();
        if words.with_roles().any(|(role, _)| role == "delimits") {
            stdin.text = None;
        }
        let chosen = run.placeholder.starts_with('-');
        let mark = placeholder(run, words);
        let mut inner = Vec::with_capacity(values.len());
        for value in values {
            let stands_in =
                !mark.is_empty() && value.known_text().is_some_and(|text| text.contains(&mark));
            match stands_in {
                true if chosen => inner.extend(of_input(value, &mark, &stdin)),
                true => inner.extend(found_by(words, value, &mark)),
                false => inner.push(value.clone()),
            }
        }
        let mut open_ended = program.open_ended;
        if run.appends && (!chosen || mark.is_empty()) {
            match stdin.text.as_ref().filter(|_| !stdin.decoded) {
                Some(text) => inner.extend(text.expose().split_whitespace().map(Value::literal)),
                None if stdin.listed.is_some() => {
                    inner.extend(stdin.listed.iter().flatten().cloned());
                }
                None => {
                    inner.push(input_word(&stdin).at(program.span));
                    open_ended = true;
                }
            }
        }
        // Each command that is handed on looks through the options around it.
        let around = words.options.len() / 4;
        if !self.hands_on(inner.len().saturating_add(around)) {
            let cwd = state.cwd.clone();
            let setting = self.setting(cwd.as_deref(), program.span);
            self.opaque(
                "shell:too_many_words",
                "programs hand on more words than are followed",
                Effects::NONE,
                &setting,
            );
            return Stream::from_origin(Origin::Unseen);
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

    /// The program once more, told by its words what its standard input tells it.
    fn again(&mut self, state: &mut ShellState, run: &Run, program: &Program<'_>) {
        let text = program.stdin.text.as_ref();
        let Some(text) = text.filter(|_| !program.stdin.decoded) else {
            let cwd = state.cwd.clone();
            let setting = self.setting(cwd.as_deref(), program.span);
            let effects = Effects::of(&[Effect::InlineCode]);
            self.opaque(
                "program:unseen_input",
                "what its standard input tells it to do cannot be seen",
                effects,
                &setting,
            );
            return;
        };
        let text = text.expose().to_owned();
        let lines: Vec<Vec<&str>> = if run.placeholder.is_empty() {
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            lines
                .map(|line| line.split_whitespace().collect())
                .collect()
        } else {
            vec![vec![run.placeholder, &text]]
        };
        for line in lines.iter().take(limits::INPUT_LINES) {
            let mut words = program.words.to_vec();
            words.extend(
                line.iter()
                    .map(|word| Value::literal(word.trim_matches(['"', '\''])).at(program.span)),
            );
            let again = Program {
                words: &words,
                assignments: program.assignments,
                stdin: &Stream::default(),
                span: program.span,
                open_ended: program.open_ended,
            };
            self.program(state, &again);
        }
        if lines.len() > limits::INPUT_LINES {
            let cwd = state.cwd.clone();
            let setting = self.setting(cwd.as_deref(), program.span);
            self.opaque(
                "program:long_input",
                "its standard input tells it to do more than is looked at",
                Effects::NONE,
                &setting,
            );
        }
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

    pub(in crate::interpret) fn shell_value(
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
    pub(super) fn shell_text(
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
}

/// `$0`, and `$1` and on, of a shell given its text by an option: `bash -c text name a b`.
fn arguments_of(words: &Words<'_>, from: Source) -> Option<(Option<Value>, Vec<Value>)> {
    let skipped = match from {
        Source::Option(_) => 0,
        Source::Operands(1, 1) => 1,
        _ => return None,
    };
    let mut given = words.operands.iter().skip(skipped).cloned();
    Some((given.next(), given.collect()))
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

/// The word that stands for input: fixed, or the value of an option.
fn placeholder(run: &Run, words: &Words<'_>) -> String {
    if !run.placeholder.starts_with('-') {
        return run.placeholder.to_owned();
    }
    let given = words.found(Source::Option(run.placeholder)).values;
    given
        .first()
        .map(|value| value.known_text().unwrap_or_default())
        .unwrap_or_default()
}

/// The words that `value` becomes with each line of the input in place of `mark`.
fn of_input(value: &Value, mark: &str, stdin: &Stream) -> Vec<Value> {
    let text = value.known_text().unwrap_or_default();
    if let Some(input) = stdin.text.as_ref().filter(|_| !stdin.decoded) {
        let lines = input.expose().lines().map(str::trim);
        let mut lines = lines.filter(|line| !line.is_empty());
        let mut found: Vec<Value> = lines
            .by_ref()
            .take(LINES)
            .map(|line| Value::literal(text.replace(mark, line)).at(value.span))
            .collect();
        if lines.next().is_some() {
            found.push(input_word(stdin).at(value.span));
        }
        return found;
    }
    if text == mark
        && let Some(listed) = &stdin.listed
    {
        return listed.clone();
    }
    let (before, after) = text.split_once(mark).unwrap_or((&text, ""));
    let mut word = Value::literal(before).at(value.span);
    word.pieces.extend(input_word(stdin).pieces);
    word.pieces
        .extend(Value::literal(after.replace(mark, "")).pieces);
    vec![word]
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

/// Whether the texts are SQL that one client reads in turn, and a command of its own is among them,
/// which may change what those behind it act on.
fn in_one_session(run: &Run, values: &[Value]) -> bool {
    values.len() > 1
        && run.language.starts_with("sql")
        && values.iter().all(|value| value.known_text().is_some())
        && values.iter().any(|value| {
            let text = value.known_text().unwrap_or_default();
            text.trim_start().starts_with(['\\', '.', ':', '!'])
        })
}

/// The words of a text of the catalogue.
fn literal_words(text: &str, program: &Program<'_>) -> Vec<Value> {
    let words = text.split_whitespace();
    words
        .map(|word| Value::literal(word).at(program.span))
        .collect()
}
