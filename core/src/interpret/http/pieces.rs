//! Cutting values by byte positions of their marked text.

use std::ops::Range;

use crate::catalogue::spec::Catalogue;
use crate::interpret::acts::wildcard;
use crate::interpret::argument::UNSEEN;
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

/// Whether a variable of this name holds a secret.
pub(super) fn is_secret_variable(name: &str, catalogue: &Catalogue) -> bool {
    catalogue
        .secret_variables
        .iter()
        .any(|glob| wildcard(&glob.to_ascii_uppercase(), &name.to_ascii_uppercase()))
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
