//! Spans of what was read from several arguments at once.

use serde_json::{Map, Value};

use crate::action::Span;

/// A span that is no part of the argument it names means all of it: what was read was joined from that
/// argument and others.
pub(super) fn fit(span: &mut Span, arguments: &Map<String, Value>) {
    let mut path = span.argument.split('.');
    let first = path.next().and_then(|name| arguments.get(name));
    let named = path.try_fold(first, |here, name| match here {
        Some(Value::Array(items)) => Some(items.get(name.parse::<usize>().ok()?)),
        Some(Value::Object(members)) => Some(members.get(name)),
        _ => None,
    });
    let Some(Some(Value::String(text))) = named else {
        return;
    };
    let place = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
    if text.get(place(span.start)..place(span.end)).is_none() {
        span.start = 0;
        span.end = u32::try_from(text.len()).unwrap_or(u32::MAX);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn spans_stay_within_their_argument() {
        let arguments = json!({"repo": "wéb", "edits": [{"path": "a"}], "list": ["a", "b"]});
        let arguments = arguments.as_object().unwrap();
        for (argument, given, expected) in [
            ("repo", (0, 3), (0, 3)),
            ("repo", (0, 9), (0, 4)),
            ("repo", (2, 3), (0, 4)),
            ("edits.0.path", (1, 2), (0, 1)),
            ("list", (0, 3), (0, 3)),
            ("missing", (0, 3), (0, 3)),
        ] {
            let mut span = Span {
                argument: argument.into(),
                start: given.0,
                end: given.1,
            };
            fit(&mut span, arguments);
            assert_eq!((span.start, span.end), expected, "{argument} {given:?}");
        }
    }
}
