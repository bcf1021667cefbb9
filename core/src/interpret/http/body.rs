//! Bodies of requests.

use std::collections::BTreeMap;

use url::form_urlencoded;

use super::pieces::legible;
use crate::catalogue::spec::Catalogue;
use crate::interpret::argument::{Argument, has_unseen, value_of};
use crate::interpret::value::Value;
use crate::interpret::{graphql, json};
use crate::limits;

/// The body of a request.
#[derive(Debug, Clone, Default)]
pub enum Body {
    /// None.
    #[default]
    Absent,
    /// A text, or a file or stream whose text may not be known.
    Text(Value),
    /// Named fields: a multipart form, or an object that the client builds.
    Fields(Vec<Field>),
    /// Structured by the tool that sends it.
    Structured(Argument),
}

/// A named field of a body.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Value,
    /// The value is JSON text rather than text.
    pub json: bool,
}

impl Body {
    /// The body as an argument; null when there is none, unknown when it cannot be read.
    #[must_use]
    pub fn argument(&self, catalogue: &Catalogue) -> Argument {
        match self {
            Self::Absent => Argument::Null,
            Self::Text(value) => structured(&legible(value, catalogue)),
            Self::Fields(fields) => object(fields, catalogue),
            Self::Structured(argument) => argument.clone(),
        }
    }

    /// The body as the text it is.
    pub fn text(&self, catalogue: &Catalogue) -> Argument {
        match self {
            Self::Absent => Argument::Null,
            Self::Text(value) => Argument::Text(value_of(&legible(value, catalogue))),
            _ => Argument::Unknown,
        }
    }

    /// The body as a GraphQL request: JSON, a form, a multipart form or the bare document.
    pub(super) fn graphql(&self, catalogue: &Catalogue) -> Argument {
        match self {
            Self::Text(value) => {
                let text = legible(value, catalogue);
                if let Some(read) = json::read(&text) {
                    return read;
                }
                if graphql::is_document(&text) {
                    let query = [("query".to_owned(), Argument::Text(value_of(&text)))];
                    return Argument::Object(query.into());
                }
                plain(&text)
            }
            Self::Structured(Argument::Text(value)) => Self::Text(value.clone()).graphql(catalogue),
            other => match other.argument(catalogue) {
                // Uploads carry the request in a field of their own.
                Argument::Object(members) if members.contains_key("operations") => {
                    match members.get("operations") {
                        Some(Argument::Text(text)) => {
                            json::read(&legible(text, catalogue)).unwrap_or(Argument::Unknown)
                        }
                        _ => Argument::Unknown,
                    }
                }
                argument => argument,
            },
        }
    }

    /// Whether some of it cannot be seen.
    pub(super) fn is_unseen(&self) -> bool {
        matches!(self, Self::Structured(Argument::Unknown))
            || self.sent().iter().any(|value| value.is_dynamic())
    }

    /// Every value that is sent.
    #[must_use]
    pub fn sent(&self) -> Vec<&Value> {
        match self {
            Self::Absent => Vec::new(),
            Self::Structured(argument) => argument.texts(),
            Self::Text(value) => vec![value],
            Self::Fields(fields) => fields.iter().map(|field| &field.value).collect(),
        }
    }
}

/// A JSON or form text, whichever it is; unknown when it is neither.
fn structured(text: &str) -> Argument {
    json::read(text).unwrap_or_else(|| plain(text))
}

/// A text that is not JSON: a form, or unknown.
fn plain(text: &str) -> Argument {
    if text.contains('=') && !text.trim_start().starts_with(['{', '[', '<']) {
        return form(text);
    }
    Argument::Unknown
}

/// A form: an object of texts, lists for names that repeat.
fn form(text: &str) -> Argument {
    let mut members: BTreeMap<String, Argument> = BTreeMap::new();
    for (index, (name, value)) in form_urlencoded::parse(text.trim().as_bytes()).enumerate() {
        if has_unseen(&name) || index >= limits::FORM_FIELDS {
            return Argument::Unknown;
        }
        add(
            &mut members,
            name.into_owned(),
            Argument::Text(value_of(&value)),
        );
    }
    Argument::Object(members)
}

fn object(fields: &[Field], catalogue: &Catalogue) -> Argument {
    let mut members = BTreeMap::new();
    for field in fields {
        if has_unseen(&field.name) {
            return Argument::Unknown;
        }
        let text = legible(&field.value, catalogue);
        let value = if field.json {
            json::read(&text).unwrap_or(Argument::Unknown)
        } else {
            Argument::Text(value_of(&text))
        };
        // `a[b]=c` stands for {"a": {"b": "c"}}.
        match nested(&field.name) {
            Some((name, inner)) if !inner.is_empty() => nest(&mut members, name, inner, value),
            Some((name, _)) => {
                members.insert(name.to_owned(), Argument::Unknown);
            }
            None => add(&mut members, field.name.clone(), value),
        }
    }
    Argument::Object(members)
}

fn add(members: &mut BTreeMap<String, Argument>, name: String, value: Argument) {
    match members.get_mut(&name) {
        None => {
            members.insert(name, value);
        }
        Some(Argument::List(items)) => items.push(value),
        Some(one) => {
            let first = std::mem::replace(one, Argument::Null);
            *one = Argument::List(vec![first, value]);
        }
    }
}

/// `a[b]` as `a` and `b`; the second is empty for forms that are not a single plain name.
fn nested(name: &str) -> Option<(&str, &str)> {
    let (outer, rest) = name
        .split_once('[')
        .filter(|(outer, _)| !outer.is_empty())?;
    let inner = rest.strip_suffix(']').unwrap_or_default();
    let plain = inner
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
        && !inner.chars().all(|c| c.is_ascii_digit());
    Some((outer, if plain { inner } else { "" }))
}

fn nest(members: &mut BTreeMap<String, Argument>, outer: &str, inner: &str, value: Argument) {
    let slot = members
        .entry(outer.to_owned())
        .or_insert_with(|| Argument::Object(BTreeMap::new()));
    match slot {
        Argument::Object(object) => add(object, inner.to_owned(), value),
        other => *other = Argument::Unknown,
    }
}
