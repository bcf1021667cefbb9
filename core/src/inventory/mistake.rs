//! Mistakes in the inventory, shown without its values: one may be a secret pasted by accident.

use std::ops::Range;

use crate::error::LoadError;

/// A mistake whose line is shown without the values on it.
pub(super) fn mistake(
    name: &str,
    text: &str,
    span: Range<usize>,
    message: impl Into<String>,
) -> LoadError {
    let mut error = LoadError::at(name, text, span, message);
    error.text = match error.text.split_once('=') {
        Some((key, _)) => format!("{key}= …"),
        None if error.text.trim_start().starts_with('[') => error
            .text
            .chars()
            .take_while(|c| !matches!(c, '"' | '\''))
            .collect(),
        None => "…".to_owned(),
    };
    let shown = u32::try_from(error.text.chars().count()).unwrap_or(u32::MAX);
    error.width = error
        .width
        .min(shown.saturating_sub(error.column.saturating_sub(1)))
        .max(1);
    error
}

/// A parser's message without the values it quotes.
pub(super) fn without_values(message: &str) -> String {
    let mut shown = String::new();
    for (index, part) in message.split('"').enumerate() {
        shown.push_str(if index & 1 == 1 { "…" } else { part });
    }
    shown.replace('\n', ", ")
}
