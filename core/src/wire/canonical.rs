//! Canonical JSON text: keys sorted by code point, no white space.

use serde_json::{Map, Value};

/// The canonical text of a JSON value.
#[must_use]
pub fn canonical(value: &Value) -> String {
    let mut text = Vec::new();
    // INVARIANT: only a limit on the depth stops the writer: no key or scalar fails to be written.
    let _ = write(value, &mut text, usize::MAX);
    as_text(text)
}

/// The canonical text of a JSON object; `None` when it nests deeper than `depth` levels below it.
#[must_use]
pub fn canonical_object(members: &Map<String, Value>, depth: usize) -> Option<String> {
    let mut text = Vec::new();
    write_object(members, &mut text, depth)?;
    Some(as_text(text))
}

/// What serde_json writes is UTF-8.
fn as_text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_default()
}

fn write(value: &Value, text: &mut Vec<u8>, depth: usize) -> Option<()> {
    match value {
        Value::Object(members) => write_object(members, text, depth.checked_sub(1)?)?,
        Value::Array(items) => {
            let depth = depth.checked_sub(1)?;
            text.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(b',');
                }
                write(item, text, depth)?;
            }
            text.push(b']');
        }
        scalar => serde_json::to_writer(text, scalar).ok()?,
    }
    Some(())
}

fn write_object(members: &Map<String, Value>, text: &mut Vec<u8>, depth: usize) -> Option<()> {
    // The order of serde_json's own map depends on features of other crates.
    let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
    sorted.sort_unstable_by_key(|(key, _)| *key);
    text.push(b'{');
    for (index, (key, member)) in sorted.into_iter().enumerate() {
        if index > 0 {
            text.push(b',');
        }
        serde_json::to_writer(&mut *text, key).ok()?;
        text.push(b':');
        write(member, text, depth)?;
    }
    text.push(b'}');
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted_at_every_depth() {
        let value = serde_json::json!({"b": [{"z": 1, "a": null}], "a": "\u{e9}\n"});
        assert_eq!(
            canonical(&value),
            "{\"a\":\"\u{e9}\\n\",\"b\":[{\"a\":null,\"z\":1}]}"
        );
    }

    #[test]
    fn what_nests_deeper_than_asked_for_is_not_written() {
        let value = serde_json::json!({"a": [{"b": 1}]});
        let members = value.as_object().unwrap();
        assert_eq!(
            canonical_object(members, 2).as_deref(),
            Some("{\"a\":[{\"b\":1}]}")
        );
        assert_eq!(canonical_object(members, 1), None);
    }
}
