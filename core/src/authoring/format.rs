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

/// Each policy on its own, with the comments in front of it: the formatter takes time by the square of
/// their number.
fn tidy(text: &str) -> Option<String> {
    let mut ends: Vec<usize> = statements(text)?.iter().map(|one| one.end).collect();
    // What follows the last policy belongs to it.
    ends.pop();
    ends.push(text.len());
    let mut parts = Vec::new();
    let mut start = 0;
    for end in ends {
        let part = text.get(start..end)?;
        parts.push(policies_str_to_pretty(part, &LAYOUT).ok()?);
        start = end;
    }
    Some(parts.join("\n"))
}
