//! JSON read strictly: no duplicate keys, bounded depth. Errors never quote what was read.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::read::WireError;
use crate::limits;

/// The JSON value of `bytes`.
pub fn value(bytes: &[u8]) -> Result<Value, WireError> {
    if bytes.len() > limits::CALL_BYTES {
        return Err(WireError::TooLong { bytes: bytes.len() });
    }
    read(bytes, Strict { depth: 0 })
}

/// A JSON object that is not a call, such as the event of a host, read as strictly as one. The
/// values of the members named in `unread` are checked and left out. How long it may be is the
/// caller's decision.
///
/// # Errors
/// [`WireError`] for anything but one JSON object; duplicate keys and deep nesting included.
pub fn object(bytes: &[u8], unread: &[&str]) -> Result<Map<String, Value>, WireError> {
    read(bytes, Members { unread })?.ok_or(WireError::Wrong {
        field: "event",
        expected: "a JSON object",
    })
}

fn read<'de, S: DeserializeSeed<'de>>(bytes: &'de [u8], seed: S) -> Result<S::Value, WireError> {
    if std::str::from_utf8(bytes).is_err() {
        return Err(WireError::NotUtf8);
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = seed
        .deserialize(&mut reader)
        .map_err(|error| describe(&error))?;
    reader.end().map_err(|error| describe(&error))?;
    Ok(value)
}

/// What went wrong and where; serde's own messages may quote the input, so they are not used.
fn describe(error: &serde_json::Error) -> WireError {
    let text = error.to_string();
    let (line, column) = (error.line(), error.column());
    if text.starts_with(DUPLICATE) {
        WireError::DuplicateKey { line, column }
    } else if text.starts_with(TOO_DEEP) || text.starts_with("recursion limit") {
        WireError::TooDeep
    } else {
        WireError::NotJson { line, column }
    }
}

const DUPLICATE: &str = "duplicate key";
const TOO_DEEP: &str = "nested too deep";

#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
}

impl Strict {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth >= limits::JSON_DEPTH {
            return Err(E::custom(TOO_DEEP));
        }
        Ok(Self {
            depth: self.depth.saturating_add(1),
        })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut object = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            let member = members.next_value_seed(inner)?;
            if object.insert(key, member).is_some() {
                return Err(A::Error::custom(DUPLICATE));
            }
        }
        Ok(Value::Object(object))
    }
}

/// The members of an object, without some of them; `None` for other values.
#[derive(Clone, Copy)]
struct Members<'a> {
    unread: &'a [&'a str],
}

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = Option<Map<String, Value>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Option<Map<String, Value>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let inner = Strict { depth: 1 };
        let mut object = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            let member = if self.unread.contains(&key.as_str()) {
                members.next_value::<IgnoredAny>()?;
                Value::Null
            } else {
                members.next_value_seed(inner)?
            };
            if object.insert(key, member).is_some() {
                return Err(A::Error::custom(DUPLICATE));
            }
        }
        object.retain(|key, _| !self.unread.contains(&key.as_str()));
        Ok(Some(object))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_left_out_but_still_checked() {
        let read = object(br#"{"a":{"b":1},"content":[1,{"c":2}]}"#, &["content"]).unwrap();
        assert_eq!(Value::Object(read), serde_json::json!({"a": {"b": 1}}));
        let twice = object(br#"{"content":1,"content":2}"#, &["content"]);
        assert!(matches!(twice, Err(WireError::DuplicateKey { .. })));
        let deep = format!(
            r#"{{"content":{}{}}}"#,
            "[".repeat(5_000),
            "]".repeat(5_000)
        );
        // What is left out is skipped without recursion, however deep; what is read is bounded.
        assert_eq!(object(deep.as_bytes(), &["content"]), Ok(Map::new()));
        assert_eq!(object(deep.as_bytes(), &[]), Err(WireError::TooDeep));
    }

    #[test]
    fn only_an_object_is_an_object() {
        for text in ["[]", "1", "-1", "1.5", "null", "true", "\"a\""] {
            let read = object(text.as_bytes(), &[]);
            assert!(
                matches!(read, Err(WireError::Wrong { field: "event", .. })),
                "{text}"
            );
        }
    }
}
