//! JSON text written in a call, parts of which cannot be seen.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::argument::{Argument, UNSEEN, has_unseen, value_of};
use crate::limits;

/// The argument that a JSON text stands for. `None`: it is not JSON, nests too deep, or names a
/// member twice, which readers resolve differently. Of more than [`limits::CALL_VALUES`] values
/// nothing is known.
///
/// [`UNSEEN`] inside a string makes that part unknown; outside a string it is an unknown value.
#[must_use]
pub fn read(text: &str) -> Option<Argument> {
    let text = text.trim_start_matches('\u{feff}');
    if !may_be_json(text) {
        return None;
    }
    let text = quote_unseen(text)?;
    if holds_too_much(&text) {
        return Some(Argument::Unknown);
    }
    serde_json::from_str::<Read>(&text).ok().map(|read| read.0)
}

/// Whether a text begins like JSON; most of what is asked about does not, and may be long.
fn may_be_json(text: &str) -> bool {
    let text = text.trim_start();
    match text.bytes().next() {
        Some(b'{' | b'[' | b'"' | b'-' | b'0'..=b'9') => true,
        Some(b't' | b'f' | b'n') => matches!(text.trim_end(), "true" | "false" | "null"),
        Some(_) => text.starts_with(UNSEEN),
        None => false,
    }
}

/// Whether a text that may be JSON holds more values than are read.
fn holds_too_much(text: &str) -> bool {
    if text.len() <= limits::CALL_VALUES || !text.trim_start().starts_with(['{', '[']) {
        return false;
    }
    let mut values = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    for byte in text.bytes() {
        if in_string {
            in_string = escaped || byte != b'"';
            escaped = byte == b'\\' && !escaped;
        } else if byte == b'"' {
            in_string = true;
        } else if matches!(byte, b',' | b'[' | b'{') {
            values = values.saturating_add(1);
        }
    }
    values > limits::CALL_VALUES
}

/// Turns every [`UNSEEN`] outside a string into an object that stands for an unknown value.
fn quote_unseen(text: &str) -> Option<Cow<'_, str>> {
    let mut out = String::new();
    let mut copied = 0_usize;
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if in_string {
            in_string = escaped || c != '"';
            escaped = c == '\\' && !escaped;
            continue;
        }
        match c {
            '"' => in_string = true,
            '{' | '[' => {
                depth = depth.saturating_add(1);
                if depth > limits::JSON_DEPTH {
                    return None;
                }
            }
            '}' | ']' => depth = depth.saturating_sub(1),
            'C' if text.get(at..).is_some_and(|rest| rest.starts_with(UNSEEN)) => {
                out.push_str(text.get(copied..at)?);
                out.push_str("{\"");
                out.push_str(UNSEEN);
                out.push_str("\":0}");
                copied = at.saturating_add(UNSEEN.len());
            }
            _ => {}
        }
    }
    if copied == 0 {
        return Some(Cow::Borrowed(text));
    }
    out.push_str(text.get(copied..)?);
    Some(Cow::Owned(out))
}

struct Read(Argument);

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Read;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Read, E> {
        Ok(Read(Argument::Null))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Read, E> {
        Ok(Read(Argument::Bool(value)))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Read, E> {
        Ok(Read(Argument::Number(value.to_string())))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Read, E> {
        Ok(Read(Argument::Number(value.to_string())))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Read, E> {
        Ok(Read(
            serde_json::Number::from_f64(value).map_or(Argument::Unknown, |number| {
                Argument::Number(number.to_string())
            }),
        ))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Read, E> {
        Ok(Read(Argument::Text(value_of(text))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Read, A::Error> {
        let mut list = Vec::new();
        while let Some(Read(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Read(Argument::List(list)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Read, A::Error> {
        let mut members = BTreeMap::new();
        let mut unknown = false;
        while let Some((name, Read(member))) = map.next_entry::<String, Read>()? {
            // A member whose name cannot be seen could be any member.
            unknown |= has_unseen(&name);
            if members.insert(name, member).is_some() {
                return Err(Error::custom("a member is named twice"));
            }
        }
        Ok(Read(if unknown {
            Argument::Unknown
        } else {
            Argument::Object(members)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unseen_parts_are_unknown_and_the_rest_is_read() {
        let argument = read(r#"{"a":CHECKREIN_UNSEEN,"b":"x-CHECKREIN_UNSEEN","c":[1,true]}"#);
        let argument = argument.unwrap();
        assert!(matches!(argument.get("a"), Some(Argument::Unknown)));
        assert_eq!(argument.get("b").unwrap().values()[0].sketch(), "x-*");
        assert_eq!(argument.get("c").unwrap().text().unwrap(), "[1,true]");
        assert!(matches!(
            read(r#"{"CHECKREIN_UNSEEN":1,"a":2}"#),
            Some(Argument::Unknown)
        ));
    }

    #[test]
    fn ambiguous_or_deep_text_is_refused() {
        assert!(read(r#"{"a":1,"a":2}"#).is_none());
        assert!(read(r#"{"a":{"a":2}}"#).is_some());
        assert!(read(&"[".repeat(200_000)).is_none());
        assert!(read(r#"{"a":1} trailing"#).is_none());
        assert!(read("name=value").is_none() && read("nullable").is_none());
        assert!(read(" null ").is_some() && read("CHECKREIN_UNSEEN").is_some());
        assert!(read(r#""[[[ \" {{{""#).is_some());
    }
}
