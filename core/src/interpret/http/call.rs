//! A request read together with its target and the catalogue.

use super::target::Target;
use super::{Reach, Request, credential, flow, methods, route, service};
use crate::action::{Draft, Selector};
use crate::catalogue::spec::Api;
use crate::interpret::place::Setting;
use crate::interpret::value::Value;
use crate::limits;
use crate::vocabulary::{Completeness, Effect, Location, SelectorKind, VerbGroup};

/// Headers that carry the method that is meant.
const METHOD_HEADERS: &[&str] = &[
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
];

/// A request being read.
pub(super) struct Call<'a> {
    pub request: &'a Request,
    pub target: &'a Target,
    pub setting: &'a Setting<'a>,
}

impl Call<'_> {
    /// The API that answers, by the host of the URL or of a `Host` header.
    pub(super) fn api(&self) -> Option<&'static Api> {
        let named = self.host_header();
        let port = self.target.port;
        let hosts = &self.setting.catalogue.hosts;
        [self.target.host.as_deref(), named.as_deref()]
            .into_iter()
            .flatten()
            .find_map(|host| {
                let with_port = port.map(|port| format!("{host}:{port}"));
                let told = hosts.told(host);
                // Of two that answer, the one that is told more closely.
                let (_, api) = told.max(with_port.and_then(|host| hosts.told(&host)))?;
                let apis: &'static [Api] = self.setting.catalogue.apis;
                apis.get(api)
            })
    }

    /// What a request means at an API that runs on any host, told by its routes.
    fn anywhere(&self) -> Vec<Draft> {
        let apis: &'static [Api] = self.setting.catalogue.apis;
        apis.iter()
            .filter(|api| api.hosts == ["*"])
            .map(|api| route::told(self, api))
            .find(|drafts| !drafts.is_empty())
            .unwrap_or_default()
    }

    /// The methods it may have: its own and those that a header puts in its place.
    pub(super) fn methods(&self) -> Vec<Option<String>> {
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

    pub(super) fn header<'b>(&'b self, name: &'b str) -> impl Iterator<Item = &'b Value> {
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

    pub(super) fn foreign_host_header(&self) -> bool {
        self.header("host").next().is_some() && self.host_header() != self.target.host
    }

    pub(super) fn only(&self, method: &str) -> bool {
        self.request.method.as_deref() == Some(method)
    }

    /// Whether a header holds a line break, behind which another request may stand.
    pub(super) fn smuggles(&self) -> bool {
        let breaks = |text: &str| text.contains(['\r', '\n']);
        self.request.headers.iter().any(|(name, value)| {
            let texts = value
                .pieces
                .iter()
                .filter_map(|piece| piece.text.as_deref());
            breaks(name) || texts.map(str::trim_end).any(breaks)
        })
    }

    pub(super) fn meaning(&self, api: Option<&'static Api>) -> Vec<Draft> {
        if self.only("OPTIONS") {
            return service::generic(self);
        }
        if let Some(drafts) = self.graphql(api) {
            return drafts;
        }
        let mut drafts = api.map_or_else(Vec::new, |api| route::drafts(self, api));
        if drafts.is_empty() {
            drafts = match api {
                Some(api) => api
                    .grammar
                    .map_or_else(Vec::new, |grammar| methods::drafts(self, grammar)),
                None => self.anywhere(),
            };
        }
        if drafts.is_empty() {
            service::generic(self)
        } else {
            drafts
        }
    }

    /// Adds what all drafts of the request share.
    pub(super) fn complete(&self, drafts: &mut Vec<Draft>, api: Option<&Api>, doubtful: bool) {
        let flow = flow::of(self, api);
        let credentials = credential::of(self);
        let leaves = match self.request.reach {
            Reach::Direct => !self.target.local,
            Reach::Rerouted => true,
            Reach::Socket => false,
        };
        for draft in drafts.iter_mut() {
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
            draft.credential = credentials.first().cloned();
        }
        if credentials.len() > limits::CREDENTIALS {
            for draft in drafts.iter_mut() {
                draft.completeness = Completeness::Opaque;
            }
        }
        // It is not known which one the server takes, so each has to be one that may be used.
        let changes: Vec<Draft> = drafts
            .iter()
            .filter(|draft| draft.verb.group() != VerbGroup::Observe)
            .cloned()
            .collect();
        for used in credentials.iter().take(limits::CREDENTIALS).skip(1) {
            drafts.extend(changes.iter().map(|draft| Draft {
                credential: Some(used.clone()),
                ..draft.clone()
            }));
        }
    }
}
