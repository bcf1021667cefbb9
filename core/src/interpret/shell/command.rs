//! Simple commands: assignments, then a function, alias, builtin or program.

use std::sync::Arc;

use super::ast::{AssignedValue, Assignment, Operator, Part, Simple, Span};
use super::walk::{Walker, unseen};
use super::{Invocation, ShellState};
use crate::interpret::value::{Origin, Stream, Value};
use crate::limits;

impl Walker<'_> {
    pub(super) fn simple(&mut self, state: &mut ShellState, simple: &Simple, span: Span) -> Stream {
        let words = self.fields(state, &simple.words);
        if words.len() > limits::COMMAND_WORDS {
            self.opaque(
                state,
                "command with too many words to read; split it up",
                span,
            );
            return unseen();
        }
        let mut local = Vec::new();
        for assignment in &simple.assignments {
            let scalar = matches!(assignment.value, AssignedValue::Scalar(_));
            if words.is_empty() || !scalar {
                self.assign(state, assignment);
            } else if let Some(value) = self.assigned_value(state, assignment) {
                local.push((assignment.name.clone(), value));
            }
        }
        if words.is_empty() {
            return Stream::default();
        }
        let rest = simple.words.get(1..).unwrap_or_default();
        let arguments = match (rest.first(), rest.last()) {
            (Some(first), Some(last)) => (first.span.0, last.span.1),
            _ => (span.1, span.1),
        };
        let other = self
            .respelled(state, simple, &words)
            .or_else(|| self.with_defaults(state, simple));
        if let Some(respelled) = other {
            let invocation = Invocation {
                words: respelled,
                assignments: local.clone(),
                stdin: self.stdin.clone(),
                span: self.place(span),
            };
            self.runner.respelled(&mut state.clone(), &invocation);
        }
        self.run(state, words, local, span, arguments)
    }

    /// The words with the defaults of variables that cannot be seen, as they are where these are unset.
    fn with_defaults(&mut self, state: &ShellState, simple: &Simple) -> Option<Vec<Value>> {
        let parts = || simple.words.iter().flat_map(|word| &word.parts);
        let defaults = |part: &Part| match part {
            Part::Parameter(parameter) => {
                matches!(parameter.operator, Operator::Default | Operator::Assign)
            }
            _ => false,
        };
        let runs = |part: &Part| matches!(part, Part::Substitution { .. } | Part::Flood);
        if !parts().any(defaults) || parts().any(runs) {
            return None;
        }
        self.assuming = true;
        let words = self.fields(&mut state.clone(), &simple.words);
        self.assuming = false;
        Some(words)
    }

    /// The words with `a\\b` read as the path `a/b`: shells on Windows keep the backslashes that others
    /// drop, and which of them runs the text is not known.
    fn respelled(
        &self,
        state: &ShellState,
        simple: &Simple,
        words: &[Value],
    ) -> Option<Vec<Value>> {
        if self.outer.is_some() || state.ledger.depth > 1 || simple.words.len() != words.len() {
            return None;
        }
        let path_of = |at: usize| {
            let word = simple.words.get(at)?;
            windows_path(self.source.slice(word.span))
        };
        if (0..words.len()).all(|at| path_of(at).is_none()) {
            return None;
        }
        let respelled = words.iter().enumerate().map(|(at, value)| {
            let path = path_of(at).map(|path| Value::literal(path).at(value.span));
            path.unwrap_or_else(|| value.clone())
        });
        Some(respelled.collect())
    }

    fn run(
        &mut self,
        state: &mut ShellState,
        words: Vec<Value>,
        assignments: Vec<(String, Value)>,
        span: Span,
        arguments: Span,
    ) -> Stream {
        let name = words.first().and_then(Value::exact);
        if let Some(set) = name
            .as_ref()
            .and_then(|name| state.functions.get(name))
            .cloned()
        {
            let bound: Arc<Vec<Value>> = Arc::new(words.iter().skip(1).cloned().collect());
            let mut stdout = Stream::default();
            for function in &set.candidates {
                let doubtful = set.candidates.len() > 1 || !set.certain;
                let before = doubtful.then(|| state.clone());
                let bound = Some(Arc::clone(&bound));
                let output = self.call(state, function, bound, &assignments, span);
                super::state::either(&mut stdout, &output);
                if let Some(before) = before {
                    state.join(&before);
                }
            }
            if set.certain {
                return stdout;
            }
        }
        if let Some(name) = &name {
            self.alias(state, name, span, arguments);
        }
        let invocation = Invocation {
            words,
            assignments,
            stdin: self.stdin.clone(),
            span: self.place(span),
        };
        if state.defer(&invocation) {
            return Stream::default();
        }
        let outcome = self.runner.run(state, &invocation);
        let change = state.builtin(&invocation.words, &invocation.stdin);
        if let Some(reason) = change.opaque {
            self.opaque(state, reason, span);
        }
        self.ended = change.ends;
        outcome.stdout
    }

    /// Whether an alias applies depends on the shell and on lines, so its text is walked besides.
    fn alias(&mut self, state: &mut ShellState, name: &str, span: Span, arguments: Span) {
        let Some(alias) = state.aliases.get(name) else {
            return;
        };
        let Some(text) = alias.known_text() else {
            self.opaque(
                state,
                "alias whose text is not known; write the command out",
                span,
            );
            return;
        };
        if state.ledger.aliases.iter().any(|active| active == name) {
            return;
        }
        let text = format!("{text} {}", self.source.slice(arguments));
        state.ledger.aliases.push(name.to_owned());
        let stdin = self.stdin.clone();
        let mut copy = state.clone();
        super::walk::text(&text, &mut copy, self.runner, stdin);
        state.settle(copy);
        state.ledger.aliases.pop();
    }

    /// A plain assignment.
    fn assign(&mut self, state: &mut ShellState, assignment: &Assignment) {
        let name = assignment.name.as_str();
        let words = match &assignment.value {
            AssignedValue::Array(words) => words,
            AssignedValue::Scalar(_) | AssignedValue::Keyed => {
                if let Some(value) = self.assigned_value(state, assignment) {
                    self.set(state, name, value, assignment.span);
                }
                return;
            }
        };
        let mut values = self.fields(state, words);
        if assignment.append {
            let before = state.arrays.get(name).cloned();
            let before =
                before.or_else(|| state.variables.get(name).map(|value| vec![value.clone()]));
            values.splice(0..0, before.unwrap_or_default());
        }
        let dynamic = values
            .iter()
            .find(|value| value.is_dynamic() || value.has_pattern());
        if values.len() > limits::COMMAND_WORDS || dynamic.is_some() {
            let origin = dynamic.and_then(|value| value.origins().next()).cloned();
            let value = Value::unseen(origin.unwrap_or(Origin::Unseen));
            self.set(state, name, value, assignment.span);
            return;
        }
        let first = values.first().cloned().unwrap_or_default();
        self.set(state, name, first, assignment.span);
        state.arrays.insert(name.to_owned(), values);
    }

    fn set(&mut self, state: &mut ShellState, name: &str, value: Value, span: Span) {
        let span = self.place(span);
        state.set_variable(name, value.clone());
        self.runner.assigned(state, name, &value, span);
    }

    /// What a variable holds after an assignment to it or to one of its elements.
    fn assigned_value(&mut self, state: &mut ShellState, assignment: &Assignment) -> Option<Value> {
        if let Some(subscript) = assignment.subscript {
            self.arithmetic(state, subscript);
        }
        let value = match &assignment.value {
            AssignedValue::Scalar(word) => self.single(state, word),
            AssignedValue::Keyed => {
                self.visit(state, assignment.span);
                return Some(Value::unseen(Origin::Unseen));
            }
            AssignedValue::Array(_) => return None,
        };
        if assignment.subscript.is_some() {
            let origin = value.origins().next().cloned();
            return Some(Value::unseen(origin.unwrap_or(Origin::Unseen)));
        }
        if !assignment.append {
            return Some(value);
        }
        let mut whole = self.variable(state, &assignment.name);
        whole.pieces.extend(value.pieces);
        Some(self.bounded(state, whole, assignment.span))
    }
}

/// The path that a word with backslashes is on Windows, with slashes.
pub(super) fn windows_path(written: &str) -> Option<String> {
    let plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '=' | ':' | '~');
    if !written.contains('\\') || !written.chars().all(|c| plain(c) || c == '\\') {
        return None;
    }
    let inner = written.trim_end_matches('\\');
    let parts: Vec<&str> = inner.split('\\').collect();
    // `a\n` and `\bword` are escapes.
    let named = |part: &&str| part.len() > 1 && part.starts_with(plain);
    let folders = parts.iter().skip(1).all(named);
    (parts.len() > 1 && folders && parts.first().is_some_and(|first| !first.is_empty()))
        .then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::windows_path;

    #[test]
    fn paths_of_windows_are_told_from_escapes() {
        for (written, path) in [
            (".git\\hooks\\pre-commit", Some(".git/hooks/pre-commit")),
            ("--output=.git\\config", Some("--output=.git/config")),
            (".\\build.bat", Some("./build.bat")),
            ("a\\ b", None),
            ("\\bword\\b", None),
            ("s/\\./x/", None),
            ("a\\n", None),
            ("plain", None),
        ] {
            assert_eq!(windows_path(written).as_deref(), path, "{written}");
        }
    }
}
