//! Clients of one API: `gh api ENDPOINT`, with the fields of the body as options.

use super::{Reading, Words, encoded, header, method};
use crate::interpret::argument::UNSEEN;
use crate::interpret::http::pieces::{from, head, join};
use crate::interpret::http::{Body, Field, Request};
use crate::interpret::value::Value;

/// Reads one request; `base` is the URL that endpoints lie below.
pub(super) fn read(words: &Words<'_>, base: &str) -> Reading {
    let mut reading = Reading::default();
    let Some(endpoint) = words.call.operands.first() else {
        return reading;
    };
    let graphql = endpoint
        .exact()
        .is_some_and(|path| path.trim_matches('/') == "graphql");
    let mut request = Request::default();
    let mut chosen = None;
    let mut fields = Vec::new();
    let mut body = None;
    let mut host = None;
    for &(role, value) in &words.call.options {
        match role {
            "method" => chosen = Some(method(value)),
            "header" => {
                let header = header(value);
                request.partial |= header.0.is_empty();
                request.headers.push(header);
            }
            "field" => fields.push(field(value, false, words)),
            "field-json" => fields.push(field(value, true, words)),
            "data" => body = Some(words.at_file(value)),
            "body-file" => body = Some(words.file(value)),
            "host" => host = Some(value.clone()),
            _ => {}
        }
    }
    if graphql {
        // What is no part of the request itself is a variable of it.
        for field in &mut fields {
            if !matches!(field.name.as_str(), "query" | "operationName" | UNSEEN) {
                field.name = format!("variables[{}]", field.name);
            }
        }
    }
    request.method = chosen.unwrap_or_else(|| {
        let sends = body.is_some() || !fields.is_empty() || graphql;
        Some(if sends { "POST" } else { "GET" }.to_owned())
    });
    let looks = matches!(request.method.as_deref(), Some("GET" | "HEAD"));
    if looks || body.is_some() {
        request.query.extend(
            fields
                .iter()
                .map(|field| encoded(&field.name, &field.value)),
        );
        fields.clear();
    }
    request.body = match body {
        Some(text) => Body::Text(text),
        None if fields.is_empty() => Body::Absent,
        None => Body::Fields(fields),
    };
    request.url = url(endpoint, base, host);
    reading.requests.push(request);
    reading
}

fn url(endpoint: &Value, base: &str, host: Option<Value>) -> Value {
    let text = head(endpoint);
    if text.starts_with("https://") || text.starts_with("http://") {
        return endpoint.clone();
    }
    let above = match host {
        Some(host) => join(
            &[Value::literal("https://"), host, Value::literal("/api")],
            "",
        ),
        None => Value::literal(base),
    };
    let slashes = text
        .len()
        .saturating_sub(text.trim_start_matches('/').len());
    join(&[above, from(endpoint, slashes)], "/").at(endpoint.span)
}

/// `name=value`; a value `@path` is the content of a file where values are typed.
fn field(text: &Value, typed: bool, words: &Words<'_>) -> Field {
    let shown = head(text);
    let Some((name, _)) = shown.split_once('=') else {
        return Field {
            name: UNSEEN.to_owned(),
            value: text.clone(),
            json: false,
        };
    };
    let value = from(text, name.len().saturating_add(1));
    let plain = value.known_text();
    let json = typed
        && plain.as_deref().is_some_and(|text| {
            matches!(text, "true" | "false" | "null") || text.parse::<i64>().is_ok()
        });
    Field {
        name: name.to_owned(),
        value: if typed { words.at_file(&value) } else { value },
        json,
    }
}
