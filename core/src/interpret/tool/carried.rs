//! Languages that arguments of tools are written in.

use crate::action::{Draft, Effects};
use crate::catalogue::spec::Language;
use crate::interpret::argument::{Argument, text_of};
use crate::interpret::program::Program;
use crate::interpret::session::Session;
use crate::interpret::shell::{self, ShellState};
use crate::interpret::value::{Stream, Value};
use crate::interpret::windows::{self, Dialect};
use crate::interpret::{code, http, patch, sql};
use crate::limits;

/// Interprets an argument in its language.
pub(super) fn carried(
    session: &mut Session<'_>,
    language: Language,
    argument: &Argument,
    arguments: &Argument,
    mut state: ShellState,
    method: &str,
) {
    let cwd = state.cwd.clone();
    let cwd = cwd.as_deref();
    let mut values = placed(argument.values());
    let words = match language {
        Language::Argv => true,
        Language::Shell => matches!(argument, Argument::List(_)),
        _ => false,
    };
    let most = if words {
        limits::COMMAND_WORDS
    } else {
        limits::ARGUMENT_TEXTS
    };
    if values.len() > most {
        let setting = session.setting(cwd, (0, 0));
        session.opaque(
            "tool:too_many_texts",
            "more texts in one argument than are read",
            Effects::NONE,
            &setting,
        );
        values.truncate(most);
    }
    match language {
        Language::Shell if alone(argument, arguments).is_some() => {
            let rest = alone(argument, arguments).unwrap_or_default();
            argv(session, &mut state, placed([values, rest].concat()));
        }
        Language::Shell if matches!(argument, Argument::List(_)) => {
            // A program whose name has white space in it is rather a line of a script.
            let lines = values
                .first()
                .is_some_and(|word| text_of(word).trim().contains(char::is_whitespace));
            if lines {
                scripts(
                    session,
                    &state,
                    values.get(..limits::ARGUMENT_TEXTS).unwrap_or(&values),
                );
            }
            argv(session, &mut state, values);
        }
        Language::Argv => argv(session, &mut state, values),
        Language::Shell | Language::Scripts => scripts(session, &state, &values),
        Language::PowerShell => {
            for value in values {
                windows_text(session, &state, &text_of(&value), Dialect::PowerShell);
            }
        }
        Language::Url => {
            for value in values {
                let setting = session.setting(cwd, value.span);
                let mut request = http::url_tool::from_arguments(arguments, &value);
                if !method.is_empty() && arguments.get("method").is_none() {
                    request.method = Some(method.to_owned());
                }
                let drafts = http::drafts(&request, &setting);
                session.add(drafts);
            }
        }
        Language::Patch => {
            for value in values {
                let setting = session.setting(cwd, value.span);
                let named = ["path", "file_path", "filePath"]
                    .iter()
                    .any(|name| arguments.get(name).is_some());
                if !patch::interpret(session, &text_of(&value), &setting) && !named {
                    session.opaque(
                        "fs:patch",
                        "the patch names no file",
                        Effects::NONE,
                        &setting,
                    );
                }
            }
        }
        Language::Code => {
            let told = arguments.get("language").and_then(Argument::text);
            let language = match &told {
                Some(told) => told.as_str(),
                None => code::language_of_tool(session, &session.call.tool),
            };
            for value in values {
                let code = code::Code {
                    text: &value,
                    language,
                    stdin: &Stream::default(),
                    span: value.span,
                };
                code::interpret(session, &mut state.clone(), &code);
            }
        }
        Language::Sql(dialect) => {
            for value in values {
                let setting = session.setting(cwd, value.span);
                sql::interpret(session, &value, dialect, &setting);
            }
        }
    }
}

/// Shell texts. One shell may run them all, or each its own, and a quote or a `cd` in one of them
/// makes a difference: both readings count, with what they have in common once.
fn scripts(session: &mut Session<'_>, fresh: &ShellState, texts: &[Value]) {
    let before = session.drafts.len();
    for text in texts {
        let first = session.drafts.len();
        let own = text_of(text);
        session.windows = None;
        shell::walk(&own, &mut fresh.clone(), session, Stream::default());
        let mut dialect = session.windows.take();
        if session
            .drafts
            .iter()
            .skip(first)
            .any(|draft| is_refusal(draft, &own))
            && let Some(surely) = windows::surely(&own, session.catalogue)
        {
            let mut index = 0_usize;
            session.drafts.retain(|draft| {
                index = index.saturating_add(1);
                index <= first || !is_refusal(draft, &own)
            });
            dialect = Some(surely);
        }
        if let Some(dialect) = dialect {
            windows_text(session, fresh, &own, dialect);
        }
        for draft in session.drafts.iter_mut().skip(first) {
            draft.span.start = draft.span.start.saturating_add(text.span.0);
            draft.span.end = draft.span.end.saturating_add(text.span.0);
        }
    }
    let texts: Vec<String> = texts.iter().map(text_of).collect();
    if texts.len() > 1 {
        let apart = session.drafts.len();
        let all = texts.join("\n");
        shell::walk(&all, &mut fresh.clone(), session, Stream::default());
        let mut together = session.drafts.split_off(apart);
        let known = session.drafts.get(before..).unwrap_or_default();
        together.retain(|draft| !known.iter().any(|other| same_act(draft, other)));
        session.drafts.append(&mut together);
    }
}

/// Whether the draft stands for a whole text that is no text of a POSIX shell.
fn is_refusal(draft: &Draft, text: &str) -> bool {
    (draft.operation == "shell:opaque" && draft.effects == Effects::NONE)
        || (draft.operation == "shell:dynamic_command" && windows::begins(text))
}

/// A text in a command language of Windows.
fn windows_text(session: &mut Session<'_>, fresh: &ShellState, text: &str, dialect: Dialect) {
    let stdin = Stream::default();
    windows::walk(session, &mut fresh.clone(), text, dialect, (0, 0), &stdin);
}

/// Whether two drafts say the same, wherever in the call.
fn same_act(one: &Draft, other: &Draft) -> bool {
    let mut moved = one.clone();
    moved.span = other.span.clone();
    moved == *other
}

/// A program and its arguments as a list of words; `["bash", "-lc", "…"]` and the like.
fn argv(session: &mut Session<'_>, state: &mut ShellState, words: Vec<Value>) {
    let stdin = Stream::default();
    let program = Program {
        words: &words,
        assignments: &[],
        stdin: &stdin,
        span: (0, 0),
        open_ended: false,
    };
    session.program(state, &program);
}

/// The arguments of a program that a tool takes apart from its name.
fn alone(command: &Argument, arguments: &Argument) -> Option<Vec<Value>> {
    let name = command.text()?;
    if name.trim().is_empty() || name.trim().contains(char::is_whitespace) {
        return None;
    }
    let rest = ["args", "arguments", "argv", "extra_args"]
        .iter()
        .find_map(|name| arguments.get(name))?;
    match rest {
        Argument::List(items) if !items.is_empty() => Some(rest.values()),
        _ => None,
    }
}

/// Values that are the whole of their argument. Their place is that in the argument's text, which
/// for a list is its items, joined by newlines.
pub(super) fn placed(values: Vec<Value>) -> Vec<Value> {
    let mut start = 0_u32;
    let values = values.into_iter().map(|value| {
        let length = u32::try_from(text_of(&value).len()).unwrap_or(u32::MAX);
        let end = start.saturating_add(length);
        let value = value.at((start, end));
        start = end.saturating_add(1);
        value
    });
    values.collect()
}
