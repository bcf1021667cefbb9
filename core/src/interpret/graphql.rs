//! GraphQL requests, judged by the root fields they resolve to, never by a name their author chose.

mod document;
mod envelope;
mod values;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use self::document::{Field, Operation, Unreadable};
use super::argument::{Argument, text_of, value_of};
use super::given::Arguments;
use super::place::Setting;
use super::{acts, naming};
use crate::action::{Draft, Effects, Resource, ResourceRef, Scope, Span};
use crate::catalogue::spec::{Act, Api};
use crate::limits;
use crate::vocabulary::{Completeness, Effect, Location, ResourceType, Reversibility, Verb};

/// Where a GraphQL request goes.
#[derive(Debug, Clone, Copy)]
pub struct Endpoint<'a> {
    /// The API, when the catalogue knows it.
    pub api: Option<&'static Api>,
    /// The host, when it is known.
    pub host: Option<&'a str>,
    /// Host and path: the id of the service.
    pub service: &'a str,
}

/// The drafts of a request whose body (or query string) has been read into `body`: an object with
/// `query`, `variables` and `operationName`, or a list of such objects.
///
/// What cannot be read is one opaque draft.
#[must_use]
pub fn interpret(endpoint: &Endpoint<'_>, body: &Argument, setting: &Setting<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let mut opaque = true;
    if let Some(requests) = envelope::requests(body) {
        let secrets = endpoint.api.map_or(&[][..], |api| api.secret_members);
        let mut budget = document::Budget::new();
        opaque = false;
        for request in &requests {
            if budget.is_spent() {
                opaque = true;
                break;
            }
            match document::fields(request, secrets, &mut budget) {
                Ok(fields) => {
                    for field in &fields {
                        drafts.extend(drafts_of(endpoint, field, setting));
                        if drafts.len() > limits::ACTIONS {
                            break;
                        }
                    }
                }
                Err(Unreadable) => opaque = true,
            }
            if drafts.len() > limits::ACTIONS {
                opaque = true;
                break;
            }
        }
    }
    if opaque {
        drafts.push(self::opaque(endpoint, setting));
    }
    drafts
}

/// The draft of a request to a GraphQL endpoint that cannot be read: could be any mutation.
#[must_use]
pub fn opaque(endpoint: &Endpoint<'_>, setting: &Setting<'_>) -> Draft {
    let mut draft = blank(endpoint, "graphql", Verb::Unknown, setting);
    draft.completeness = Completeness::Opaque;
    draft
        .evidence
        .push("a GraphQL request that cannot be read".to_owned());
    draft
}

/// Whether `body` is a GraphQL request by its content: its `query` text parses as an operation.
#[must_use]
pub fn is_request(body: &Argument) -> bool {
    envelope::requests(body).is_some_and(|requests| {
        requests.iter().any(|request| {
            document::fields(request, &[], &mut document::Budget::new())
                .is_ok_and(|fields| !fields.is_empty())
        })
    })
}

/// Whether `text` is a GraphQL document with an operation.
#[must_use]
pub fn is_document(text: &str) -> bool {
    let members = [("query".to_owned(), Argument::Text(value_of(text)))];
    is_request(&Argument::Object(members.into()))
}

fn drafts_of(endpoint: &Endpoint<'_>, field: &Field, setting: &Setting<'_>) -> Vec<Draft> {
    let mut drafts = match known_acts(endpoint, field) {
        Some(acts) => acts::drafts(acts, &Arguments(&field.arguments), setting),
        None => Vec::new(),
    };
    if drafts.is_empty() {
        drafts.push(guessed(endpoint, field, setting));
    }
    if let Some(member) = field.secret {
        for draft in &mut drafts {
            draft.effects = draft.effects.with(Effect::SecretRead);
            let clause = format!("its answer holds `{member}`, which is secret");
            draft.evidence.push(clause);
        }
    }
    if field.unseen {
        for draft in &mut drafts {
            draft.completeness = draft.completeness.max(Completeness::Partial);
        }
    }
    drafts
}

fn known_acts(endpoint: &Endpoint<'_>, field: &Field) -> Option<&'static [Act]> {
    let api = endpoint.api?;
    let table = match field.operation {
        Operation::Mutation => api.mutations,
        Operation::Query => api.queries,
        Operation::Subscription => return None,
    };
    let index = table
        .binary_search_by(|(name, _)| (*name).cmp(field.name.as_str()))
        .ok()?;
    table.get(index).map(|(_, acts)| *acts)
}

/// The draft of a call by name that the catalogue does not know.
#[must_use]
pub fn by_name(endpoint: &Endpoint<'_>, name: &str, setting: &Setting<'_>) -> Draft {
    let judged = naming::judge(name, setting.catalogue);
    let mut draft = blank(endpoint, &naming::slug(name), Verb::Unknown, setting);
    judged.mark(&mut draft, true);
    draft
        .evidence
        .push(format!("judged by the words of {name}"));
    draft
}

/// The draft of a field the catalogue does not know, or none of whose acts applies.
fn guessed(endpoint: &Endpoint<'_>, field: &Field, setting: &Setting<'_>) -> Draft {
    let meta = field.name.starts_with("__");
    let verb = match field.operation {
        _ if meta => Verb::List,
        Operation::Query | Operation::Subscription => Verb::Read,
        Operation::Mutation => Verb::Unknown,
    };
    let mut draft = blank(endpoint, &field.name, verb, setting);
    if !meta && field.operation == Operation::Mutation {
        naming::judge(&field.name, setting.catalogue).mark(&mut draft, false);
    }
    if matches!(verb, Verb::Read | Verb::List) && (meta || field.operation != Operation::Mutation) {
        draft.reversibility = Reversibility::None;
        draft.resource.kind = ResourceType::Service;
        endpoint.service.clone_into(&mut draft.resource.id);
    }
    if meta {
        draft.completeness = Completeness::Exact;
    } else if field.operation == Operation::Mutation {
        draft.evidence.push(format!(
            "no act of the catalogue covers the mutation {}",
            field.name
        ));
    }
    draft
}

fn blank(endpoint: &Endpoint<'_>, name: &str, verb: Verb, setting: &Setting<'_>) -> Draft {
    let namespace = endpoint.api.map_or("graphql", |api| api.name);
    let mut draft = Draft {
        operation: Cow::Owned(format!("{namespace}:{name}")),
        verb,
        resource: Resource {
            kind: ResourceType::Unknown,
            id: "*".to_owned(),
            parents: endpoint
                .host
                .map(|host| ResourceRef {
                    kind: ResourceType::Host,
                    id: host.to_owned(),
                })
                .into_iter()
                .collect(),
        },
        location: Location::Remote,
        selectors: Vec::new(),
        reversibility: Reversibility::Irreversible,
        scope: Scope::default(),
        effects: Effects::NONE.union(setting.effects),
        credential: None,
        completeness: Completeness::Partial,
        span: Span::default(),
        evidence: Vec::new(),
    };
    setting.place_draft(&mut draft, None);
    draft
}

/// The known text of an argument that should be one, unseen parts marked.
fn text(argument: &Argument) -> Option<String> {
    match argument {
        Argument::Text(value) => Some(text_of(value)),
        _ => None,
    }
}
