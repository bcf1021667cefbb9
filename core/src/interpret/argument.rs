//! Structured arguments of tools, GraphQL fields and HTTP requests, with what cannot be seen marked.

use std::collections::BTreeMap;

use memchr::memchr_iter;

use super::value::{Origin, Piece, Value};
use crate::limits;

/// Stands in a text for a piece that cannot be seen, so that the text can still be parsed as JSON or
/// GraphQL. Whoever writes it in a call only makes that part count as unknown.
pub const UNSEEN: &str = "CHECKREIN_UNSEEN";

/// A JSON-like argument, parts of which may be unknown.
#[derive(Debug, Clone)]
pub enum Argument {
    /// Cannot be seen: a file's content, a missing variable, over a limit.
    Unknown,
    /// JSON null.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number, as written.
    Number(String),
    /// A text, parts of which may be unknown.
    Text(Value),
    /// A list.
    List(Vec<Argument>),
    /// An object.
    Object(BTreeMap<String, Argument>),
}

impl Argument {
    /// The arguments of a call. Text that holds [`UNSEEN`] is dynamic there; of more than
    /// [`limits::CALL_VALUES`] values the rest is unknown.
    #[must_use]
    pub fn from_members(members: &serde_json::Map<String, serde_json::Value>) -> Self {
        let mut left = limits::CALL_VALUES;
        Self::from_object(members, &mut left)
    }

    fn from_json(json: &serde_json::Value, left: &mut usize) -> Self {
        let Some(fewer) = left.checked_sub(1) else {
            return Self::Unknown;
        };
        *left = fewer;
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(*value),
            serde_json::Value::Number(number) => Self::Number(number.to_string()),
            serde_json::Value::String(text) => Self::Text(value_of(text)),
            serde_json::Value::Array(items) => {
                // One item more than there is room for stands for all that are left.
                let some = items.iter().take(left.saturating_add(1));
                Self::List(some.map(|item| Self::from_json(item, left)).collect())
            }
            serde_json::Value::Object(members) => Self::from_object(members, left),
        }
    }

    fn from_object(members: &serde_json::Map<String, serde_json::Value>, left: &mut usize) -> Self {
        if members.len() > *left {
            return Self::Unknown;
        }
        let members = members
            .iter()
            .map(|(name, item)| (name.clone(), Self::from_json(item, left)));
        Self::Object(members.collect())
    }

    /// The member at a dotted path; list indices are numbers. `None`: known not to be there.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Self> {
        let mut here = self;
        for name in path.split('.') {
            here = match here {
                Self::Unknown => return Some(&Self::Unknown),
                Self::Object(members) => members.get(name)?,
                Self::List(items) => items.get(name.parse::<usize>().ok()?)?,
                _ => return None,
            };
        }
        Some(here)
    }

    /// The values it stands for: one for a scalar, one per item for a list.
    #[must_use]
    pub fn values(&self) -> Vec<Value> {
        match self {
            Self::Unknown => vec![Value::unseen(Origin::Unseen)],
            Self::Null => Vec::new(),
            Self::Bool(value) => vec![Value::literal(value.to_string())],
            Self::Number(text) => vec![Value::literal(text.clone())],
            Self::Text(value) => vec![value.clone()],
            Self::List(items) => items.iter().flat_map(Self::values).collect(),
            Self::Object(_) => Vec::new(),
        }
    }

    /// The texts it stands for: itself, or those of a list.
    #[must_use]
    pub fn listed_texts(&self) -> Vec<&Value> {
        match self {
            Self::Text(value) => vec![value],
            Self::List(items) => items.iter().flat_map(Self::listed_texts).collect(),
            _ => Vec::new(),
        }
    }

    /// Every text in it, at any depth.
    #[must_use]
    pub fn texts(&self) -> Vec<&Value> {
        let mut texts = Vec::new();
        let mut stack = vec![self];
        while let Some(here) = stack.pop() {
            match here {
                Self::Text(value) => texts.push(value),
                Self::List(items) => stack.extend(items),
                Self::Object(members) => stack.extend(members.values()),
                _ => {}
            }
        }
        texts
    }

    /// Canonical JSON text, used to match conditions; `None` when some part is unknown.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        Some(match self {
            Self::Unknown => return None,
            Self::Null => "null".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Number(text) => text.clone(),
            Self::Text(value) => value.known_text()?,
            Self::List(items) => {
                let items = items.iter().map(Self::text).collect::<Option<Vec<_>>>()?;
                format!("[{}]", items.join(","))
            }
            Self::Object(members) => {
                let members = members
                    .iter()
                    .map(|(name, item)| Some(format!("{name}:{}", item.text()?)))
                    .collect::<Option<Vec<_>>>()?;
                format!("{{{}}}", members.join(","))
            }
        })
    }

    /// Whether it holds, at any depth, a member `name` whose text is `value`; `None`: cannot be known.
    #[must_use]
    pub fn holds(&self, name: &str, value: &str) -> Option<bool> {
        let mut unknown = false;
        let mut stack = vec![self];
        while let Some(here) = stack.pop() {
            match here {
                Self::Unknown => unknown = true,
                Self::List(items) => stack.extend(items),
                Self::Object(members) => {
                    for (key, member) in members {
                        if key == name {
                            match member.text() {
                                Some(text) if text == value => return Some(true),
                                Some(_) => {}
                                None => unknown = true,
                            }
                        }
                        stack.push(member);
                    }
                }
                Self::Text(text) if text.is_dynamic() => unknown = true,
                _ => {}
            }
        }
        if unknown { None } else { Some(false) }
    }
}

/// Whether [`UNSEEN`] stands somewhere in a text. To prepare a search would take longer than most texts do.
#[must_use]
pub fn has_unseen(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr_iter(b'C', bytes).any(|at| {
        let rest = bytes.get(at..);
        rest.is_some_and(|rest| rest.starts_with(UNSEEN.as_bytes()))
    })
}

/// A value whose [`UNSEEN`] parts are dynamic.
#[must_use]
pub fn value_of(text: &str) -> Value {
    if !text.is_empty() && !has_unseen(text) {
        return Value::literal(text);
    }
    let mut pieces = Vec::new();
    for (index, part) in text.split(UNSEEN).enumerate() {
        if index > 0 {
            pieces.push(Piece {
                text: None,
                origin: Origin::Unseen,
                pattern: false,
            });
        }
        if !part.is_empty() {
            pieces.push(Piece {
                text: Some(part.to_owned()),
                origin: Origin::Literal,
                pattern: false,
            });
        }
    }
    Value {
        pieces,
        span: (0, 0),
    }
}

/// The known text of a value with [`UNSEEN`] in place of what cannot be seen.
#[must_use]
pub fn text_of(value: &Value) -> String {
    value
        .pieces
        .iter()
        .map(|piece| piece.text.as_deref().unwrap_or(UNSEEN))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_beyond_the_limit_are_unknown() {
        let read = |json: serde_json::Value| Argument::from_members(json.as_object().unwrap());
        let some = read(serde_json::json!({"a": vec![1; limits::CALL_VALUES - 1]}));
        assert!(!matches!(some.get("a.0"), Some(Argument::Unknown)));
        assert!(some.text().is_some());
        let many = read(serde_json::json!({"a": vec![1; limits::CALL_VALUES * 2], "b": "c"}));
        let Some(Argument::List(items)) = many.get("a") else {
            panic!("a list");
        };
        assert!(items.len() <= limits::CALL_VALUES);
        assert!(matches!(items.last(), Some(Argument::Unknown)));
        assert!(matches!(many.get("b"), Some(Argument::Unknown)));
    }
}
