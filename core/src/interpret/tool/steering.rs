//! Arguments of tools that run something, by which it runs elsewhere, otherwise or with other rights.

use super::name::squeeze;
use crate::action::Effects;
use crate::catalogue::spec::{Language, Steering, Tool};
use crate::interpret::argument::Argument;
use crate::interpret::place::Machine;
use crate::interpret::session::Session;
use crate::interpret::shell::ShellState;
use crate::interpret::value::Value;
use crate::vocabulary::Effect;

/// What else the arguments say about a run.
pub(super) struct Steered {
    /// The shell's state: its environment variables.
    pub state: ShellState,
    /// The arguments that steer.
    pub names: Vec<String>,
}

/// Reads the arguments of a tool that runs something which its entry does not mention.
pub(super) fn read(
    session: &mut Session<'_>,
    tool: &'static Tool,
    arguments: &Argument,
    mut state: ShellState,
) -> Steered {
    let mut names = Vec::new();
    let runs = tool.carries.iter().any(|(language, _)| {
        matches!(
            language,
            Language::Shell | Language::Scripts | Language::Argv | Language::Code
        )
    });
    if let (true, Argument::Object(members)) = (runs, arguments) {
        for (name, argument) in members {
            let squeezed = squeeze(name);
            let table = session.catalogue.names.steering_arguments;
            let steers = table
                .binary_search_by(|(known, _)| (*known).cmp(squeezed.as_str()))
                .ok()
                .and_then(|at| table.get(at));
            if let Some((_, steering)) = steers
                && !tool.heeded.contains(&squeezed.as_str())
                && says_something(argument)
            {
                apply(session, *steering, argument, &mut state);
                names.push(name.clone());
            }
        }
    }
    Steered { state, names }
}

fn says_something(argument: &Argument) -> bool {
    match argument {
        Argument::Null | Argument::Bool(false) => false,
        Argument::Text(value) => value
            .known_text()
            .is_none_or(|text| !matches!(text.trim(), "" | "false" | "local" | "localhost")),
        Argument::List(items) => !items.is_empty(),
        Argument::Object(members) => !members.is_empty(),
        _ => true,
    }
}

fn apply(
    session: &mut Session<'_>,
    steering: Steering,
    argument: &Argument,
    state: &mut ShellState,
) {
    let text = argument.values().first().map(Value::sketch);
    match steering {
        Steering::Privilege => {
            let effects = Effects::of(&[Effect::Privilege]);
            session.frame.effects = session.frame.effects.union(effects);
        }
        Steering::Machine => {
            session.frame.machine = Machine::Remote(text.unwrap_or_else(|| "*".to_owned()));
        }
        Steering::Container => {
            session.frame.machine = Machine::Container {
                name: text.unwrap_or_else(|| "*".to_owned()),
                here: true,
                selectors: Vec::new(),
            };
        }
        Steering::Environment => environment(session, argument, state),
        Steering::Other => {}
    }
}

/// Variables given as an object or as a list of `NAME=value`.
fn environment(session: &mut Session<'_>, argument: &Argument, state: &mut ShellState) {
    let mut pairs: Vec<(String, Value)> = Vec::new();
    if let Argument::Object(members) = argument {
        for (name, value) in members {
            pairs.extend(
                value
                    .values()
                    .into_iter()
                    .map(|value| (name.clone(), value)),
            );
        }
    } else {
        for value in argument.values() {
            if let Some((name, text)) = value
                .known_text()
                .as_deref()
                .and_then(|text| text.split_once('='))
            {
                pairs.push((name.to_owned(), Value::literal(text)));
            }
        }
    }
    for (name, value) in pairs {
        session.steering_variable(state, &name, &value, (0, 0));
        state.set_variable(&name, value);
        state.export(&name);
    }
}
