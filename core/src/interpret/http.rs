//! HTTP requests: where they go, what they do there, what they carry and with which credential.

mod body;
pub mod client;
mod credential;
mod files;
mod flow;
mod pieces;
mod route;
mod service;
mod target;
pub mod url_tool;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

pub use self::body::{Body, Field};
use self::target::Target;
use super::acts::wildcard;
use super::argument::Argument;
use super::graphql::{self, Endpoint};
use super::json;
use super::place::Setting;
use super::value::Value;
use crate::action::{Draft, Selector};
use crate::catalogue::spec::{Api, Catalogue};
use crate::vocabulary::{Completeness, Effect, Location, SelectorKind, VerbGroup};

/// One HTTP request, as far as the call shows it.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The method, upper case; `None` when it cannot be known.
    pub method: Option<String>,
    /// The URL as written.
    pub url: Value,
    /// Text added to the query string of the URL, already encoded.
    pub query: Vec<Value>,
    /// Headers in order. An empty name: a header that cannot be read, or a file of headers.
    pub headers: Vec<(String, Value)>,
    /// The body.
    pub body: Body,
    /// `user:password`.
    pub user: Option<Value>,
    /// A bearer token.
    pub bearer: Option<Value>,
    /// Cookies: `name=value`, or a file of them.
    pub cookies: Vec<Value>,
    /// How it gets to the host.
    pub reach: Reach,
    /// Something about it cannot be seen.
    pub partial: bool,
    /// Byte range of the input it came from.
    pub span: (u32, u32),
}

/// How a request gets to a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// To the host that the URL names.
    #[default]
    Direct,
    /// Through a proxy, or to an address given besides the URL.
    Rerouted,
    /// To a socket of this machine.
    Socket,
}

/// Headers that carry the method that is meant.
const METHOD_HEADERS: &[&str] = &[
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
];

impl Request {
    /// The host in canonical form; `None` when it is not known for certain.
    #[must_use]
    pub fn host(&self, catalogue: &Catalogue) -> Option<String> {
        if self.reach == Reach::Direct {
            Target::read(self, catalogue).host
        } else {
            None
        }
    }
}

/// The drafts of a request. Never empty.
#[must_use]
pub fn drafts(request: &Request, setting: &Setting<'_>) -> Vec<Draft> {
    let here = Setting {
        span: request.span,
        ..setting.clone()
    };
    let target = Target::read(request, setting.catalogue);
    if target.scheme == "file" {
        return files::read(&request.url, &here);
    }
    let call = Call {
        request,
        target: &target,
        setting: &here,
    };
    let api = call.api();
    let mut drafts = call.meaning(api);
    let doubtful = request.reach != Reach::Direct || call.foreign_host_header();
    if doubtful
        && request
            .method
            .as_deref()
            .is_none_or(|method| !observes(method))
        && drafts
            .iter()
            .all(|draft| draft.verb.group() == VerbGroup::Observe)
    {
        // That the API only reads is no longer known: another host may answer.
        drafts.extend(service::generic(&call));
    }
    if call.smuggles() {
        drafts.push(service::anything(&call));
    }
    call.complete(&mut drafts, api, doubtful);
    drafts
}

/// Whether a method by itself changes nothing.
fn observes(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "OPTIONS" | "TRACE")
}

/// A request being read.
struct Call<'a> {
    request: &'a Request,
    target: &'a Target,
    setting: &'a Setting<'a>,
}

impl Call<'_> {
    /// The API that answers, by the host of the URL or of a `Host` header.
    fn api(&self) -> Option<&'static Api> {
        let named = self.host_header();
        let apis: &'static [Api] = self.setting.catalogue.apis;
        [self.target.host.as_deref(), named.as_deref()]
            .into_iter()
            .flatten()
            .find_map(|host| {
                apis.iter()
                    .find(|api| api.hosts.iter().any(|glob| wildcard(glob, host)))
            })
    }

    /// The methods it may have: its own and those that a header puts in its place.
    fn methods(&self) -> Vec<Option<String>> {
        let mut methods = vec![self.request.method.clone()];
        for name in METHOD_HEADERS {
            for value in self.header(name) {
                let text = value.known_text();
                methods.push(text.map(|text| text.trim().to_ascii_uppercase()));
            }
        }
        methods.dedup();
        methods
    }

    fn header<'b>(&'b self, name: &'b str) -> impl Iterator<Item = &'b Value> {
        self.request
            .headers
            .iter()
            .filter(move |(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    fn host_header(&self) -> Option<String> {
        let text = self.header("host").last()?.known_text()?;
        let host = text.trim().to_ascii_lowercase();
        Some(host.split(':').next().unwrap_or(&host).to_owned())
    }

    fn foreign_host_header(&self) -> bool {
        self.header("host").next().is_some() && self.host_header() != self.target.host
    }

    fn only(&self, method: &str) -> bool {
        self.request.method.as_deref() == Some(method)
    }

    /// Whether a header holds a line break, behind which another request may stand.
    fn smuggles(&self) -> bool {
        let breaks = |text: &str| text.contains(['\r', '\n']);
        self.request.headers.iter().any(|(name, value)| {
            let texts = value
                .pieces
                .iter()
                .filter_map(|piece| piece.text.as_deref());
            breaks(name) || texts.map(str::trim_end).any(breaks)
        })
    }

    fn meaning(&self, api: Option<&'static Api>) -> Vec<Draft> {
        if self.only("OPTIONS") {
            return service::generic(self);
        }
        if let Some(drafts) = self.graphql(api) {
            return drafts;
        }
        let drafts = api.map_or_else(Vec::new, |api| route::drafts(self, api));
        if drafts.is_empty() {
            service::generic(self)
        } else {
            drafts
        }
    }

    /// The drafts of a GraphQL request; `None` when it is not one.
    fn graphql(&self, api: Option<&'static Api>) -> Option<Vec<Draft>> {
        let endpoint = Endpoint {
            api,
            host: self.target.host.as_deref(),
            service: &self.target.shown,
        };
        let carried = self.carried();
        let interpret = |bodies: &[Argument]| {
            bodies
                .iter()
                .flat_map(|body| graphql::interpret(&endpoint, body, self.setting))
                .collect::<Vec<_>>()
        };
        let gets = self.only("GET") || self.only("HEAD");
        let declared = api.is_some_and(|api| self.is_declared(api));
        if declared || (self.sounds_like_graphql() && !gets) {
            if carried.is_empty() {
                let silent = gets && self.target.query.is_empty();
                return (!silent).then(|| vec![graphql::opaque(&endpoint, self.setting)]);
            }
            return Some(interpret(&carried));
        }
        let requests: Vec<Argument> = carried.into_iter().filter(graphql::is_request).collect();
        if !requests.is_empty() {
            return Some(interpret(&requests));
        }
        None
    }

    /// Whether the path is one that takes GraphQL, or could be.
    fn is_declared(&self, api: &Api) -> bool {
        api.graphql.iter().any(|path| {
            let wanted: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
            self.target.may_be_path(&wanted)
        })
    }

    fn sounds_like_graphql(&self) -> bool {
        let names = ["graphql", "gql"];
        self.target
            .segments
            .iter()
            .any(|segment| names.iter().any(|name| segment.eq_ignore_ascii_case(name)))
    }

    /// What could be GraphQL requests: the query string and the body.
    fn carried(&self) -> Vec<Argument> {
        let mut carried = Vec::new();
        let members: std::collections::BTreeMap<String, Argument> = self
            .target
            .query
            .iter()
            .filter(|(name, _)| matches!(name.as_str(), "query" | "variables" | "operationName"))
            .map(|(name, value)| (name.clone(), Argument::Text(value.clone())))
            .collect();
        if !members.is_empty() {
            carried.push(Argument::Object(members));
        }
        match self.request.body.graphql(self.setting.catalogue) {
            Argument::Null => {}
            body => carried.push(body),
        }
        if carried.len() > 1 {
            // Servers differ in which of the two they take each member from.
            for one in &mut carried {
                if let Argument::Object(members) = one {
                    members.retain(|name, _| name.eq_ignore_ascii_case("query"));
                    members.insert("variables".to_owned(), Argument::Unknown);
                }
            }
            carried.retain(|one| !matches!(one, Argument::Object(members) if members.len() < 2));
        }
        carried
    }

    /// Adds what all drafts of the request share.
    fn complete(&self, drafts: &mut [Draft], api: Option<&Api>, doubtful: bool) {
        let flow = flow::of(self, api);
        let credential = credential::of(self);
        let leaves = match self.request.reach {
            Reach::Direct => !self.target.local,
            Reach::Rerouted => true,
            Reach::Socket => false,
        };
        for draft in drafts {
            draft.location = Location::Remote;
            if self.target.partial || self.request.partial || doubtful {
                draft.completeness = draft.completeness.max(Completeness::Partial);
            }
            if let Some(host) = self.target.host.as_ref().filter(|_| !doubtful) {
                let selector = Selector {
                    kind: SelectorKind::Host,
                    value: host.clone(),
                };
                if !draft.selectors.contains(&selector) {
                    draft.selectors.push(selector);
                }
            }
            if doubtful {
                draft
                    .evidence
                    .push("the request may go to another host than its URL names".to_owned());
            }
            if leaves {
                draft.effects = draft.effects.with(Effect::Egress);
            }
            flow.mark(draft, leaves);
            draft.credential.clone_from(&credential);
        }
    }
}

/// A JSON or form text, whichever it is; unknown when it is neither.
fn structured(text: &str) -> Argument {
    if let Some(read) = json::read(text) {
        return read;
    }
    if text.contains('=') && !text.trim_start().starts_with(['{', '[', '<']) {
        return body::form(text);
    }
    Argument::Unknown
}
