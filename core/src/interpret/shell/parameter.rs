//! `$name` and `${…}`.

use super::ShellState;
use super::ast::{Element, Operator, Parameter, Word};
use super::expand::executes;
use super::state::OWN_NAME;
use super::walk::Walker;
use crate::interpret::value::{Origin, Piece, Value};

/// What a parameter expands to.
pub(super) enum Expansion {
    /// One value.
    One(Value),
    /// The elements of an array or the positional parameters, each a word.
    Each(Vec<Value>),
}

impl Walker<'_> {
    /// The value of a scalar variable, from the call or the environment.
    pub(super) fn variable(&mut self, state: &ShellState, name: &str) -> Value {
        if let Some(value) = state.variables.get(name) {
            return value.clone();
        }
        if name == "PWD" {
            return state
                .cwd
                .as_ref()
                .map_or_else(|| Value::unseen(Origin::Unseen), Value::literal);
        }
        let text = self
            .runner
            .variable(name)
            .map(|secret| secret.expose().to_owned());
        // Whatever it is called, it is the home directory.
        let text = text.or_else(|| (name == "HOME").then(|| "~".to_owned()));
        let piece = Piece {
            text,
            origin: Origin::Variable(name.to_owned()),
            pattern: false,
        };
        Value {
            pieces: vec![piece],
            span: (0, 0),
        }
    }

    pub(super) fn parameter(&mut self, state: &mut ShellState, parameter: &Parameter) -> Expansion {
        let operand = parameter
            .operand
            .as_ref()
            .map(|word| self.operand(state, word));
        let looked = self.look_up(state, &parameter.name, parameter.element);
        match parameter.operator {
            Operator::Plain => {
                if parameter.element == Element::Other {
                    self.arithmetic(state, parameter.span);
                }
                return looked;
            }
            Operator::Length => return Expansion::One(Value::unseen(Origin::Literal)),
            Operator::Other | Operator::Prompt => self.visit(state, parameter.span),
            _ => {}
        }
        let value = match looked {
            Expansion::One(value) => value,
            Expansion::Each(values) => Value::join(&values),
        };
        Expansion::One(self.operate(state, parameter, value, operand))
    }

    fn operate(
        &mut self,
        state: &mut ShellState,
        parameter: &Parameter,
        value: Value,
        operand: Option<Value>,
    ) -> Value {
        let known = value.known_text();
        let operand = operand.unwrap_or_default();
        // Set or not, it leads to where temporary files belong (POSIX).
        if parameter.name == "TMPDIR" && known.is_none() && is_temporary(&operand) {
            return operand;
        }
        match (parameter.operator, known.as_deref()) {
            (Operator::Default | Operator::Assign, None) if self.assuming => operand,
            (Operator::Default | Operator::Require, None) => unknown(&value, Some(&operand)),
            (Operator::Default, Some("")) => operand,
            (Operator::Default | Operator::Require, Some(_)) => value,
            (Operator::Assign, text) => {
                let result = match text {
                    None => unknown(&value, Some(&operand)),
                    Some("") => operand,
                    Some(_) => value,
                };
                state.set_variable(&parameter.name, result.clone());
                result
            }
            (Operator::Alternative, Some("")) => Value::default(),
            (Operator::Alternative, Some(_)) => operand,
            (Operator::Alternative, None) => unknown(&value, Some(&operand)),
            (Operator::Indirect, Some(name)) if is_name(name) => self.variable(state, name),
            (Operator::Indirect, _) => Value::unseen(Origin::Unseen),
            (Operator::DropPrefix { longest }, Some(text)) => {
                let left = operand
                    .known_text()
                    .and_then(|pattern| drop_prefix(text, &pattern, longest));
                left.map_or_else(|| unknown(&value, None), |left| same_origin(&value, left))
            }
            (Operator::DropSuffix { longest }, Some(text)) => {
                let left = operand
                    .known_text()
                    .and_then(|pattern| drop_suffix(text, &pattern, longest));
                left.map_or_else(|| unknown(&value, None), |left| same_origin(&value, left))
            }
            (Operator::Prompt, text) => {
                if text.is_none_or(executes) {
                    self.opaque(
                        state,
                        "prompt expansion runs commands held in a variable; remove it",
                        parameter.span,
                    );
                }
                unknown(&value, None)
            }
            _ => unknown(&value, None),
        }
    }

    /// The word of an operator, unsplit.
    fn operand(&mut self, state: &mut ShellState, word: &Word) -> Value {
        self.single(state, word)
    }

    fn look_up(&mut self, state: &mut ShellState, name: &str, element: Element) -> Expansion {
        let position = name.parse::<usize>().ok().filter(|position| *position > 0);
        match (name, position) {
            ("@" | "*", _) => {
                return match (&state.positional, element) {
                    (None, _) => Expansion::One(Value::unseen(Origin::Unseen)),
                    (Some(values), Element::Joined) => Expansion::One(Value::join(values)),
                    (Some(values), _) => Expansion::Each(values.to_vec()),
                };
            }
            (_, Some(position)) => {
                let Some(values) = &state.positional else {
                    return Expansion::One(Value::unseen(Origin::Unseen));
                };
                let value = values.get(position.saturating_sub(1)).cloned();
                return Expansion::One(value.unwrap_or_default());
            }
            (OWN_NAME, _) if state.variables.contains_key(OWN_NAME) => {}
            // Numbers and flags, which harm nothing.
            ("?" | "$" | "!" | "#" | "-" | "0", _) => {
                return Expansion::One(Value::unseen(Origin::Literal));
            }
            _ => {}
        }
        let Some(array) = state.arrays.get(name) else {
            let value = self.variable(state, name);
            return Expansion::One(match element {
                Element::None | Element::Each | Element::Joined | Element::Number(0) => value,
                Element::Number(_) | Element::Other => unknown(&value, None),
            });
        };
        match element {
            Element::Each => Expansion::Each(array.clone()),
            Element::Joined => Expansion::One(Value::join(array)),
            Element::None => Expansion::One(array.first().cloned().unwrap_or_default()),
            Element::Number(index) => Expansion::One(array.get(index).cloned().unwrap_or_default()),
            Element::Other => Expansion::One(Value::unseen(Origin::Unseen)),
        }
    }
}

/// A value of which only the origins are known: those of `value`, and of what may stand in its place.
fn unknown(value: &Value, other: Option<&Value>) -> Value {
    let mut origins = value
        .origins()
        .chain(other.into_iter().flat_map(Value::origins))
        .cloned();
    let mut unknown = Value::unseen(origins.next().unwrap_or(Origin::Unseen));
    unknown.pieces.extend(origins.map(|origin| Piece {
        text: Some(String::new()),
        origin,
        pattern: false,
    }));
    unknown
}

/// Whether a default is the usual folder of temporary files.
fn is_temporary(operand: &Value) -> bool {
    operand.exact().is_some_and(|text| {
        let text = text.trim_end_matches('/');
        matches!(text, "/tmp" | "/var/tmp" | "/private/tmp")
    })
}

/// Text made from `value`.
fn same_origin(value: &Value, text: String) -> Value {
    let origin = value.origins().next().cloned().unwrap_or(Origin::Literal);
    Value {
        pieces: vec![Piece {
            text: Some(text),
            origin,
            pattern: value.has_pattern(),
        }],
        span: (0, 0),
    }
}

fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars
        .next()
        .is_some_and(|c| c == '_' || c.is_ascii_alphabetic())
        && chars.all(super::word::is_name_char)
}

/// `text` without what `pattern` matches at its start; `None` for patterns that are not worked out.
fn drop_prefix(text: &str, pattern: &str, longest: bool) -> Option<String> {
    let (star, literal) = pattern
        .strip_prefix('*')
        .map_or((false, pattern), |literal| (true, literal));
    if literal.contains(['*', '?', '[', '\\', '(']) || (star && literal.is_empty()) {
        return None;
    }
    let end = match (star, longest) {
        (false, _) => return Some(text.strip_prefix(literal).unwrap_or(text).to_owned()),
        (true, false) => text.find(literal),
        (true, true) => text.rfind(literal),
    };
    let rest = end.and_then(|at| text.get(at.saturating_add(literal.len())..));
    Some(rest.unwrap_or(text).to_owned())
}

/// `text` without what `pattern` matches at its end; `None` for patterns that are not worked out.
fn drop_suffix(text: &str, pattern: &str, longest: bool) -> Option<String> {
    let (star, literal) = pattern
        .strip_suffix('*')
        .map_or((false, pattern), |literal| (true, literal));
    if literal.contains(['*', '?', '[', '\\', '(']) || (star && literal.is_empty()) {
        return None;
    }
    let start = match (star, longest) {
        (false, _) => return Some(text.strip_suffix(literal).unwrap_or(text).to_owned()),
        (true, false) => text.rfind(literal),
        (true, true) => text.find(literal),
    };
    let rest = start.and_then(|at| text.get(..at));
    Some(rest.unwrap_or(text).to_owned())
}
