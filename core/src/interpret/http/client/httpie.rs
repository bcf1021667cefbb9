//! HTTPie and xh: `[METHOD] URL item…`.

use super::{Reading, Words, encoded, method, remote_name};
use crate::interpret::argument::{UNSEEN, text_of};
use crate::interpret::http::pieces::{cut, from, head, join, trimmed};
use crate::interpret::http::{Body, Field, Reach, Request};
use crate::interpret::value::Value;

/// What separates name and value of an item; of those that begin at one place the longest counts.
const SEPARATORS: &[&str] = &[":=@", "==@", ":=", "==", "=@", ":@", "=", ":", "@", ";"];

pub(super) fn read(words: &Words<'_>) -> Reading {
    let mut reading = Reading::default();
    let mut request = Request::default();
    let mut raw = None;
    let mut output = None;
    let mut downloads = false;
    let mut ignores_stdin = false;
    let mut urls = Vec::new();
    for &(role, value) in &words.call.options {
        match role {
            "url" => urls.push(value.clone()),
            "user" => request.user = Some(value.clone()),
            "bearer" => request.bearer = Some(value.clone()),
            "cookie" => request.cookies.push(value.clone()),
            "proxy" | "resolve" => request.reach = Reach::Rerouted,
            "unix-socket" if request.reach == Reach::Direct => request.reach = Reach::Socket,
            "raw" | "data" | "data-raw" => raw = Some(value.clone()),
            "output" => output = Some(value.clone()),
            "remote-name" => downloads = true,
            "ignore-stdin" => ignores_stdin = true,
            "config" | "input-file" => reading.unseen = true,
            _ => {}
        }
    }
    let mut operands = words.call.operands.iter().peekable();
    let mut chosen = None;
    if urls.is_empty()
        && words.call.operands.len() > 1
        && operands.peek().is_some_and(|first| may_be_method(first))
    {
        chosen = operands.next().map(method);
    }
    if urls.is_empty() {
        urls.extend(operands.next().map(expanded));
    }
    let mut items = Items::default();
    for operand in operands {
        items.take(operand, words, &mut request);
    }
    let stdin = words.call.stdin.present && !ignores_stdin;
    request.body = if let Some(raw) = raw.or(items.raw) {
        Body::Text(raw)
    } else if !items.fields.is_empty() {
        Body::Fields(items.fields)
    } else if stdin {
        Body::Text(words.stdin())
    } else {
        Body::Absent
    };
    request.method = match chosen {
        Some(method) => method,
        None if matches!(request.body, Body::Absent) => Some("GET".to_owned()),
        None => Some("POST".to_owned()),
    };
    for url in urls {
        if downloads && output.is_none() {
            reading.downloads.push(remote_name(&url, None, "index"));
        }
        reading.requests.push(Request {
            url,
            ..request.clone()
        });
    }
    reading.downloads.extend(output);
    reading
}

fn may_be_method(value: &Value) -> bool {
    value
        .known_text()
        .is_none_or(|text| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphabetic()))
}

/// The URL with its shorthands written out: `:3000/x` is this machine.
fn expanded(url: &Value) -> Value {
    let text = head(url);
    if let Some(rest) = text.strip_prefix("://") {
        return from(url, text.len().saturating_sub(rest.len()));
    }
    if !text.starts_with(':') || text.starts_with("::") {
        return url.clone();
    }
    let port = text
        .chars()
        .skip(1)
        .take_while(char::is_ascii_digit)
        .count();
    let (host, start) = if port == 0 {
        ("localhost", 1)
    } else {
        ("localhost:", 1)
    };
    join(&[Value::literal(host), from(url, start)], "")
}

#[derive(Default)]
struct Items {
    fields: Vec<Field>,
    /// A file that is the whole body.
    raw: Option<Value>,
}

impl Items {
    fn take(&mut self, item: &Value, words: &Words<'_>, request: &mut Request) {
        let text = head(item);
        let Some((at, separator)) = separator(&text) else {
            if item.is_dynamic() {
                // An item that cannot be seen could be any field.
                self.fields.push(Field {
                    name: UNSEEN.to_owned(),
                    value: item.clone(),
                    json: false,
                });
            }
            return;
        };
        let name = text.get(..at).unwrap_or_default().replace('\\', "");
        let value = from(item, at.saturating_add(separator.len()));
        match separator {
            ":" | ";" => request.headers.push((name, trimmed(&value))),
            ":@" => request.headers.push((name, words.file(&value))),
            "==" => request.query.push(encoded(&name, &value)),
            "==@" => request.query.push(encoded(&name, &words.file(&value))),
            "=" | ":=" => self.fields.push(Field {
                name,
                value,
                json: separator == ":=",
            }),
            "=@" | ":=@" => self.fields.push(Field {
                name,
                value: words.file(&value),
                json: separator == ":=@",
            }),
            "@" if name.is_empty() => self.raw = Some(words.file(&value)),
            _ => {
                let shown = text_of(&value);
                let end = shown.find(';').unwrap_or(shown.len());
                self.fields.push(Field {
                    name,
                    value: words.file(&cut(&value, 0..end)),
                    json: false,
                });
            }
        }
    }
}

/// The first separator that no backslash takes the meaning from.
fn separator(text: &str) -> Option<(usize, &'static str)> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if escaped {
            escaped = false;
            continue;
        }
        if c == '\\' {
            escaped = true;
            continue;
        }
        let rest = text.get(at..)?;
        if let Some(found) = SEPARATORS.iter().find(|one| rest.starts_with(**one)) {
            return Some((at, found));
        }
    }
    None
}
