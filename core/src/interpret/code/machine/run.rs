//! What calls in code make run: programs, shell text and more code.

use super::Machine;
use crate::action::Effects;
use crate::catalogue::spec::{CodeCall, CodeCli, CodeRun, Place, RunForm};
use crate::interpret::acts::{self, Given as _};
use crate::interpret::argument::Argument;
use crate::interpret::code;
use crate::interpret::code::given::CallGiven;
use crate::interpret::code::thing::value_of_argument;
use crate::interpret::hint;
use crate::interpret::nesting;
use crate::interpret::place::Machine as Place_;
use crate::interpret::program::{Program, ScriptFile};
use crate::interpret::value::{Origin, Stream, Value};
use crate::limits;

impl Machine<'_, '_> {
    pub(super) fn runs(&mut self, entry: &'static CodeCall, given: &CallGiven) -> Stream {
        let mut stream = Stream::default();
        for run in entry.runs {
            if run.when.iter().all(|one| acts::holds(one, given)) {
                let found = run.from.iter().map(|source| given.raw(*source));
                let mut values = Vec::new();
                let mut incomplete = false;
                for found in found {
                    incomplete |= found.incomplete;
                    values.extend(found.values);
                }
                if values.is_empty() && incomplete {
                    values.push(Value::unseen(Origin::Unseen));
                }
                stream.merge(&self.one_run(run, values, given));
            }
        }
        stream
    }

    /// Text that is run by a shell.
    pub fn shell(&mut self, text: &Value) {
        const RUN: CodeRun = CodeRun {
            when: &[],
            form: RunForm::Shell,
            from: &[],
            place: Place::Local,
            language: "",
            effects: &[],
        };
        let given = CallGiven::new(
            &code::thing::Arguments::default(),
            None,
            &[],
            self.session,
            None,
        );
        let stream = self.one_run(&RUN, vec![text.clone()], &given);
        self.result.stdout.text = None;
        self.result.stdout.merge(&stream);
    }

    fn one_run(&mut self, run: &CodeRun, values: Vec<Value>, given: &CallGiven) -> Stream {
        let outer = self.session.frame.clone();
        let outer_cwd = self.state.cwd.clone();
        self.session.frame.depth = outer.depth.saturating_add(1);
        self.session.frame.effects = outer.effects.union(Effects::of(run.effects));
        if outer.outer_span.is_none() && self.span.1 > 0 {
            self.session.frame.outer_span = Some(self.span);
        }
        if let Place::Remote(source) = run.place {
            let host = given.found(source).values;
            let host = host.first().map_or_else(|| "*".to_owned(), Value::sketch);
            self.session.frame.machine = Place_::Remote(host);
        }
        if let Some(cwd) = given
            .all
            .get("cwd")
            .filter(|one| !matches!(one, Argument::Null))
        {
            let to = value_of_argument(cwd).exact();
            let setting = self.session.setting(outer_cwd.as_deref(), self.span);
            self.state.cwd = to.and_then(|to| setting.resolve(&to).map(|path| path.absolute));
        }
        let deep = self.session.frame.depth > limits::DELEGATION_DEPTH;
        let stream = if deep || !self.session.enter(nesting::PROGRAM) {
            self.opaque("programs run programs too deep to follow");
            Stream::from_origin(Origin::Unseen)
        } else {
            let stream = self.run_form(run, &values, given);
            self.session.leave(nesting::PROGRAM);
            stream
        };
        self.session.frame = outer;
        self.state.cwd = outer_cwd;
        stream
    }

    /// A method of a service, read as the same operation of the service's command line.
    pub(super) fn command_line(&mut self, cli: &CodeCli, path: &str, given: &CallGiven) -> Stream {
        let service = match given.found(cli.service).values.into_iter().next() {
            // Without a source the class or module that it is a method of says it.
            Some(text) if text.exact().is_some_and(|text| text.is_empty()) => {
                Value::literal(service_of(path))
            }
            Some(service) => service,
            None => Value::unseen(Origin::Unseen),
        };
        let renamed = service.exact().and_then(|name| {
            let other = cli.renamed.iter().find(|(from, _)| *from == name);
            other.map(|(_, to)| Value::literal(*to))
        });
        let method = path.rsplit('.').next().unwrap_or(path);
        let method = method.strip_suffix("Command").unwrap_or(method);
        let kebab = |name: &str| hint::words(name).join("-");
        let mut words = vec![
            Value::literal(cli.program),
            renamed.unwrap_or(service),
            Value::literal(kebab(method)),
        ];
        if let Argument::Object(members) = &given.all {
            for (name, argument) in members {
                if name.starts_with(char::is_uppercase) {
                    let option = kebab(name);
                    if let Argument::Bool(false) = argument {
                        words.push(Value::literal(format!("--no-{option}")));
                        continue;
                    }
                    words.push(Value::literal(format!("--{option}")));
                    match argument {
                        Argument::Bool(_) => {}
                        Argument::Object(_) => words.push(Value::unseen(Origin::Unseen)),
                        other => words.extend(other.values()),
                    }
                }
            }
        }
        for (option, source) in cli.options {
            if let Some(value) = given.found(*source).values.into_iter().next() {
                words.extend([Value::literal(*option), value]);
            }
        }
        const RUN: CodeRun = CodeRun {
            when: &[],
            form: RunForm::Argv,
            from: &[],
            place: Place::Local,
            language: "",
            effects: &[],
        };
        self.one_run(&RUN, words, given)
    }

    fn run_form(&mut self, run: &CodeRun, values: &[Value], given: &CallGiven) -> Stream {
        let stdin = match given.all.get("input") {
            Some(input) if !matches!(input, Argument::Null | Argument::Object(_)) => {
                Stream::from_value(&value_of_argument(input))
            }
            _ => self.stdin.clone(),
        };
        let assignments: Vec<(String, Value)> = match given.all.get("env") {
            Some(Argument::Object(members)) => members
                .iter()
                .filter(|(name, _)| *name != "?")
                .map(|(name, value)| (name.clone(), value_of_argument(value)))
                .collect(),
            _ => Vec::new(),
        };
        let spaced = values.len() == 1
            && values.iter().any(|one| {
                one.known_text()
                    .is_some_and(|text| text.trim().contains(char::is_whitespace))
            });
        let values: Vec<Value> = values.iter().map(|one| one.clone().at(self.span)).collect();
        let program = Program {
            words: &values,
            assignments: &assignments,
            stdin: &stdin,
            span: self.span,
            open_ended: given.operands().is_none(),
        };
        match run.form {
            RunForm::Argv if values.is_empty() => Stream::default(),
            RunForm::Argv | RunForm::Package if !spaced => {
                self.session.program(self.state, &program)
            }
            RunForm::Input => {
                for value in &values {
                    self.data(value);
                }
                Stream::from_origin(Origin::Unseen)
            }
            RunForm::Code if values.iter().any(|one| file_of(one).is_some()) => {
                for file in values.iter().filter_map(file_of) {
                    let file = ScriptFile {
                        file: &file.at(self.span),
                        language: run.language,
                        what: "script",
                    };
                    self.session.script_file(self.state, &file, self.span);
                }
                Stream::from_origin(Origin::Unseen)
            }
            RunForm::Code => {
                let mut stream = Stream::default();
                for value in &values {
                    let code = code::Code {
                        text: value,
                        language: run.language,
                        stdin: &stdin,
                        span: self.span,
                    };
                    stream.merge(&code::interpret(self.session, self.state, &code));
                }
                stream
            }
            RunForm::Script => {
                for value in &values {
                    let file = ScriptFile {
                        file: value,
                        language: run.language,
                        what: "script",
                    };
                    self.session.script_file(self.state, &file, self.span);
                }
                Stream::from_origin(Origin::Unseen)
            }
            _ => {
                let text = Value::join(&values);
                let session = &mut *self.session;
                self.state
                    .subshell(|inner| session.shell_value(inner, &text, &program))
            }
        }
    }

    /// Data that is code when it is read: harmless only when it lies in a file here.
    fn data(&mut self, value: &Value) {
        let mut origins = value.origins().peekable();
        if origins.peek().is_some() && origins.all(|origin| matches!(origin, Origin::File(_))) {
            return;
        }
        let cwd = self.state.cwd.clone();
        let setting = self.session.setting(cwd.as_deref(), self.span);
        let what = Value::literal("data that is run as code");
        self.session
            .hidden(&Stream::from_value(value), &what, &setting);
    }
}

/// `s3` of `@aws-sdk/client-s3.DeleteBucketCommand` and of `aws-sdk.S3().deleteBucket`.
fn service_of(path: &str) -> String {
    let above = path.rsplit_once('.').map_or(path, |(above, _)| above);
    let name = above.rsplit(['.', '/']).next().unwrap_or(above);
    let name = name.strip_prefix("client-").unwrap_or(name);
    name.trim_end_matches("()").to_ascii_lowercase()
}

/// The file whose content a value is, when it is that and nothing else.
fn file_of(value: &Value) -> Option<Value> {
    let mut file = None;
    for piece in &value.pieces {
        match &piece.origin {
            Origin::File(path) if file.is_none() && piece.text.is_none() => {
                file = Some(Value::literal(path.clone()));
            }
            _ => return None,
        }
    }
    file
}
