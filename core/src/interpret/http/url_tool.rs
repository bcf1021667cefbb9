//! Requests of tools that take a URL: `{url, method, headers, body | json | data, params}`.

use super::{Body, Request};
use crate::interpret::argument::Argument;
use crate::interpret::graphql;
use crate::interpret::value::Value;

/// The request a tool makes with these arguments. Names are those that such tools commonly use; a
/// body without a method is a POST.
#[must_use]
pub fn from_arguments(arguments: &Argument, url: &Value) -> Request {
    let mut request = Request {
        url: url.clone(),
        span: url.span,
        ..Request::default()
    };
    if matches!(arguments, Argument::Unknown) {
        request.partial = true;
        request.body = Body::Structured(Argument::Unknown);
        return request;
    }
    request.body = body(arguments);
    let graphql = matches!(request.body, Body::Absent) && graphql::is_request(arguments);
    if graphql {
        request.body = Body::Structured(arguments.clone());
    }
    request.method = match first(arguments, &["method", "http_method", "httpMethod", "verb"]) {
        None if matches!(request.body, Body::Absent) => Some("GET".to_owned()),
        None => Some("POST".to_owned()),
        Some(method) => method.text().map(|text| text.trim().to_ascii_uppercase()),
    };
    match first(arguments, &["headers"]) {
        None => {}
        Some(Argument::Object(headers)) => {
            for (name, value) in headers {
                for value in value.values() {
                    request.headers.push((name.clone(), value));
                }
            }
        }
        Some(Argument::List(items)) => {
            for item in items.iter().flat_map(Argument::values) {
                request.headers.push(super::client::header(&item));
            }
        }
        Some(_) => request.partial = true,
    }
    match first(
        arguments,
        &["params", "query_params", "queryParams", "query"],
    ) {
        None => {}
        Some(Argument::Object(params)) => {
            for (name, value) in params {
                for value in value.values() {
                    let pair = super::client::encoded(name, &value);
                    request.query.push(pair);
                }
            }
        }
        Some(Argument::Text(text)) if !graphql => request.query.push(text.clone()),
        Some(_) if graphql => {}
        Some(_) => request.partial = true,
    }
    if let Some(token) = first(arguments, &["bearer", "bearer_token", "token"]) {
        request.bearer = token.values().into_iter().next();
    }
    request
}

fn body(arguments: &Argument) -> Body {
    match first(arguments, &["body", "json", "data", "payload", "form"]) {
        None => Body::Absent,
        Some(Argument::Text(text)) => Body::Text(text.clone()),
        Some(other) => Body::Structured(other.clone()),
    }
}

fn first<'a>(arguments: &'a Argument, names: &[&str]) -> Option<&'a Argument> {
    names
        .iter()
        .filter_map(|name| arguments.get(name))
        .find(|argument| !matches!(argument, Argument::Null))
}
