//! Cutting values by byte positions of their marked text.

use std::ops::Range;

use crate::catalogue::spec::Catalogue;
use crate::interpret::argument::{UNSEEN, text_of};
use crate::interpret::credential::is_secret_variable;
use crate::interpret::value::{Origin, Piece, Stream, Value};

/// The part of `value` in `range`, counted in its text with [`UNSEEN`] for each unseen piece.
pub(super) fn cut(value: &Value, range: Range<usize>) -> Value {
    let mut pieces = Vec::new();
    let mut start = 0_usize;
    for piece in &value.pieces {
        let length = piece.text.as_ref().map_or(UNSEEN.len(), String::len);
        let end = start.saturating_add(length);
        let from = range.start.max(start);
        let to = range.end.min(end);
        if from < to {
            let text = piece.text.as_ref().and_then(|text| {
                text.get(from.saturating_sub(start)..to.saturating_sub(start))
                    .map(str::to_owned)
            });
            pieces.push(Piece {
                text,
                origin: piece.origin.clone(),
                pattern: piece.pattern,
            });
        }
        start = end;
    }
    Value {
        pieces,
        span: value.span,
    }
}

/// The part of `value` from `start` on.
pub(super) fn from(value: &Value, start: usize) -> Value {
    cut(value, start..usize::MAX)
}

/// The known text in front of the first unseen piece.
pub(super) fn head(value: &Value) -> String {
    value
        .pieces
        .iter()
        .map_while(|piece| piece.text.as_deref())
        .collect()
}

/// The text, unseen parts marked; so are the texts of secrets, which must not reach a resource id.
pub(super) fn legible(value: &Value, catalogue: &Catalogue) -> String {
    value
        .pieces
        .iter()
        .map(|piece| match (&piece.text, &piece.origin) {
            (Some(text), Origin::Variable(name)) if !is_secret_variable(name, catalogue) => text,
            (Some(text), Origin::Literal) => text,
            (Some(text), _) if text.is_empty() => "",
            _ => UNSEEN,
        })
        .collect()
}

/// The parameters of a URL's query string, or of a query string alone, with where their values came
/// from. They are not decoded.
pub(super) fn parameters(value: &Value) -> Vec<(String, Value)> {
    let text = text_of(value);
    let end = text.find('#').unwrap_or(text.len());
    let mut start = text.find('?').map_or(0, |at| at.saturating_add(1));
    let mut found = Vec::new();
    for part in text.get(start..end).unwrap_or_default().split('&') {
        let stop = start.saturating_add(part.len());
        if let Some((name, _)) = part.split_once('=') {
            let from = start.saturating_add(name.len()).saturating_add(1);
            found.push((name.to_owned(), cut(value, from..stop)));
        }
        start = stop.saturating_add(1);
    }
    found
}

/// A stream as a value that keeps all of its origins.
pub(super) fn of_stream(stream: &Stream) -> Value {
    let text = stream.text.as_ref().map(|text| text.expose().to_owned());
    if stream.origins.is_empty() {
        return text.map_or_else(|| Value::unseen(Origin::Unseen), Value::literal);
    }
    let mut value = Value::default();
    if let Some(text) = text {
        // Known content: the text is read as written, the origins say what flowed into it.
        value.pieces.push(piece(Some(text), Origin::Literal));
        value.pieces.extend(
            stream
                .origins
                .iter()
                .map(|origin| piece(Some(String::new()), origin.clone())),
        );
    } else {
        value.pieces.extend(
            stream
                .origins
                .iter()
                .map(|origin| piece(None, origin.clone())),
        );
    }
    value
}

fn piece(text: Option<String>, origin: Origin) -> Piece {
    Piece {
        text,
        origin,
        pattern: false,
    }
}

/// Joins values with a literal text between them.
pub(super) fn join(values: &[Value], between: &str) -> Value {
    let mut joined = Value::default();
    for (index, value) in values.iter().enumerate() {
        if index > 0 && !between.is_empty() {
            joined
                .pieces
                .push(piece(Some(between.to_owned()), Origin::Literal));
        }
        joined.pieces.extend(value.pieces.iter().cloned());
        joined.span = value.span;
    }
    joined
}

/// The value without white space at its start.
pub(super) fn trimmed(value: &Value) -> Value {
    let text = head(value);
    from(value, text.len().saturating_sub(text.trim_start().len()))
}
