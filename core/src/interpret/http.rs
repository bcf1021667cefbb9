//! HTTP requests: where they go, what they do there, what they carry and with which credential.

mod body;
mod call;
mod carried;
pub mod client;
mod credential;
mod files;
mod flow;
mod methods;
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
use self::call::Call;
pub use self::route::named;
use self::target::Target;
use super::place::Setting;
use super::value::{Origin, Value};
use crate::action::Draft;
use crate::catalogue::spec::Catalogue;
use crate::limits;
use crate::vocabulary::VerbGroup;

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

impl Request {
    /// What a request counts besides its texts, in pieces.
    pub(super) const WEIGHT: usize = 4;

    /// How many pieces its texts have, long ones counted several times, and what a request counts itself.
    pub(super) fn pieces(&self) -> usize {
        let values = std::iter::once(&self.url)
            .chain(&self.query)
            .chain(self.headers.iter().map(|(_, value)| value))
            .chain(self.body.sent())
            .chain(self.user.iter().chain(&self.bearer).chain(&self.cookies));
        let pieces = values.flat_map(|value| &value.pieces);
        let weights = pieces.map(|piece| {
            let bytes = piece.text.as_ref().map_or(0, String::len);
            (bytes / 64).saturating_add(1)
        });
        weights.fold(Self::WEIGHT, usize::saturating_add)
    }

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

/// The drafts of a request. Empty only for an upload to a file that swallows it.
#[must_use]
pub fn drafts(request: &Request, setting: &Setting<'_>) -> Vec<Draft> {
    let long = |value: &Value| {
        let pieces = value.pieces.iter();
        let bytes = pieces.map(|piece| piece.text.as_ref().map_or(1, String::len));
        bytes.fold(0, usize::saturating_add) > limits::URL_BYTES
    };
    if long(&request.url) {
        let unseen = Request {
            url: Value::unseen(Origin::Unseen).at(request.url.span),
            partial: true,
            ..request.clone()
        };
        return drafts(&unseen, setting);
    }
    let mut here = setting.clone();
    if request.span.1 > 0 {
        here.span = request.span;
    }
    let target = Target::read(request, setting.catalogue);
    if target.scheme == "file" {
        return if request.method.as_deref().is_some_and(observes) {
            files::read(&request.url, &here)
        } else {
            files::write(&request.url, &here)
        };
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
