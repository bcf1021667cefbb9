//! Policy text in its usual layout.

use cedar_policy_formatter::{Config, policies_str_to_pretty};

use super::diagnose::{Diagnostic, Severity, diagnose};
use crate::error::LoadError;
use crate::policy::{SourceFile, Sources, statements};

/// Columns and indentation of the shipped packs.
const LAYOUT: Config = Config {
    line_width: 80,
    indent_width: 4,
};

/// `text`, laid out anew; comments stay.
///
/// # Errors
/// When it cannot be parsed: its mistakes, in a file called `name`.
pub fn format(name: &str, text: &str) -> Result<String, Vec<Diagnostic>> {
    if let Some(tidy) = tidy(text) {
        return Ok(tidy);
    }
    let file = SourceFile {
        name: name.to_owned(),
        text: text.to_owned(),
    };
    let sources = Sources {
        policies: vec![file],
        packs: Some(Vec::new()),
        ..Sources::default()
    };
    let mistakes = diagnose(&sources);
    if mistakes.is_empty() {
        let error = LoadError::whole(name, "the text cannot be laid out without a loss");
        return Err(vec![Diagnostic::new(Severity::Error, error, None)]);
    }
    Err(mistakes)
}

/// Each policy on its own: the formatter takes time by the square of their number. What stands
/// between them is comments, which stay as they are with the empty lines that part them.
fn tidy(text: &str) -> Option<String> {
    let mut tidy = String::new();
    let mut start = 0;
    for statement in statements(text)? {
        between(&mut tidy, text.get(start..statement.start)?, true);
        let policy = policies_str_to_pretty(text.get(statement.clone())?, &LAYOUT).ok()?;
        tidy.push_str(policy.trim_end());
        start = statement.end;
    }
    between(&mut tidy, text.get(start..)?, false);
    Some(tidy)
}

/// Adds the comments of `gap`, the text behind a policy up to the next or the end.
fn between(tidy: &mut String, gap: &str, more: bool) {
    let mut lines = gap.lines().map(str::trim);
    let mut apart = false;
    if !tidy.is_empty() {
        let beside = lines.next().unwrap_or_default();
        if !beside.is_empty() {
            tidy.push(' ');
            tidy.push_str(beside);
        }
        tidy.push('\n');
        apart = true;
    }
    let mut comments = false;
    for line in lines {
        if line.is_empty() {
            apart = !tidy.is_empty();
            continue;
        }
        if std::mem::take(&mut apart) {
            tidy.push('\n');
        }
        tidy.push_str(line);
        tidy.push('\n');
        comments = true;
    }
    if more && apart && (comments || !tidy.is_empty()) {
        tidy.push('\n');
    }
}
