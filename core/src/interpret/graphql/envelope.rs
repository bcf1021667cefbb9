//! What carries a GraphQL document: `{query, variables, operationName}`, alone or in a list.

use std::collections::BTreeMap;

use super::text;
use crate::interpret::argument::{Argument, has_unseen};
use crate::interpret::json;

/// One GraphQL request.
#[derive(Debug)]
pub(super) struct Request {
    /// The document; unseen parts are marked.
    pub query: String,
    /// The variables: an object, or unknown.
    pub variables: Argument,
    /// The operation to run; `None`: all that the document holds may run.
    pub operation: Option<String>,
}

/// The requests of a body. `None`: some request shows no document (a persisted query, an unknown).
pub(super) fn requests(body: &Argument) -> Option<Vec<Request>> {
    match body {
        Argument::List(items) if !items.is_empty() => items.iter().map(request).collect(),
        Argument::Object(_) => Some(vec![request(body)?]),
        _ => None,
    }
}

fn request(body: &Argument) -> Option<Request> {
    let Argument::Object(members) = body else {
        return None;
    };
    let query = text(member(members, "query")??).filter(|query| !query.trim().is_empty())?;
    let variables = match member(members, "variables")? {
        None | Some(Argument::Null) => Argument::Object(BTreeMap::new()),
        Some(object @ Argument::Object(_)) => object.clone(),
        Some(other) => text(other)
            .and_then(|text| json::read(&text))
            .filter(|read| matches!(read, Argument::Object(_)))
            .unwrap_or(Argument::Unknown),
    };
    let operation = member(members, "operationName")?
        .and_then(text)
        .filter(|name| !name.is_empty() && !has_unseen(name));
    Some(Request {
        query,
        variables,
        operation,
    })
}

/// The member of this name in any case, because some servers read names without case.
/// The outer `None`: there are two of them, so it is not known which is read.
fn member<'a>(members: &'a BTreeMap<String, Argument>, name: &str) -> Option<Option<&'a Argument>> {
    let mut found = members
        .iter()
        .filter(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, member)| member);
    let first = found.next();
    if found.next().is_some() {
        return None;
    }
    Some(first)
}
