//! Where a request goes.

use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url, form_urlencoded};

use super::Request;
use super::pieces::{cut, legible};
use crate::catalogue::spec::Catalogue;
use crate::interpret::argument::{UNSEEN, has_unseen, text_of, value_of};
use crate::interpret::value::{Origin, Value};

/// The target of a request, as far as the URL shows it.
#[derive(Debug, Clone, Default)]
pub struct Target {
    /// The scheme, lower case; empty when it is not known.
    pub scheme: String,
    /// The host in canonical form; `None` when it is not known for certain.
    pub host: Option<String>,
    /// The port, when the URL names one that is not the scheme's own.
    pub port: Option<u16>,
    /// The host is this machine.
    pub local: bool,
    /// The segments of the path, decoded; unseen parts are marked.
    pub segments: Vec<String>,
    /// The query string, decoded.
    pub query: Vec<(String, Value)>,
    /// `user:password` of the URL.
    pub user: Option<Value>,
    /// Part of the URL cannot be seen.
    pub partial: bool,
    /// Host and path, percent-encoded, `*` for what is not known: fit to be shown.
    pub shown: String,
}

impl Target {
    /// Reads the URL of a request. Without a scheme it is taken as `http`, as clients do.
    #[must_use]
    pub fn read(request: &Request, catalogue: &Catalogue) -> Self {
        let text = legible(&request.url, catalogue);
        let text = text.trim();
        let whole = if has_scheme(text) {
            text.to_owned()
        } else {
            format!("http://{}", text.trim_start_matches("//"))
        };
        let mut target = Self {
            partial: has_unseen(&whole),
            ..Self::default()
        };
        if let Ok(url) = Url::parse(&whole) {
            target.take(&url, &whole, request);
        } else {
            target.partial = true;
            target.take_path(after_authority(&whole));
        }
        target.take_query(request, catalogue, &whole);
        let host = target.host.as_deref().unwrap_or("*");
        target.shown = format!("{host}{}", target.shown).replace(UNSEEN, "*");
        target
    }

    fn take_path(&mut self, path: &str) {
        for part in path.split('/').filter(|part| !part.is_empty()) {
            self.segments.push(decode(part));
            self.shown.push('/');
            self.shown.push_str(part);
        }
    }

    fn take(&mut self, url: &Url, whole: &str, request: &Request) {
        url.scheme().clone_into(&mut self.scheme);
        self.port = url.port();
        self.take_path(url.path());
        let authority = authority(whole);
        let unseen_login = authority
            .rsplit_once('@')
            .is_some_and(|(login, _)| has_unseen(login));
        // A login that a program computes could end the authority early and name another host.
        let trusted =
            !unseen_login
                || request.url.pieces.iter().all(|piece| {
                    piece.text.is_some() || matches!(piece.origin, Origin::Variable(_))
                });
        if !is_plain(authority) || !trusted {
            self.partial = true;
            return;
        }
        match url.host() {
            Some(Host::Domain(name)) => {
                let name = name.trim_end_matches('.').to_ascii_lowercase();
                if !name.contains(&UNSEEN.to_ascii_lowercase()) && !name.is_empty() {
                    self.local = name == "localhost" || name.ends_with(".localhost");
                    self.host = Some(name);
                }
            }
            Some(Host::Ipv4(address)) => {
                self.local = is_local(address);
                self.host = Some(address.to_string());
            }
            Some(Host::Ipv6(address)) => {
                self.local = is_local_v6(address);
                self.host = Some(address.to_string());
            }
            None => {}
        }
        self.partial |= self.host.is_none();
        if !url.username().is_empty() || url.password().is_some() {
            self.user = login(&request.url);
        }
    }

    fn take_query(&mut self, request: &Request, catalogue: &Catalogue, whole: &str) {
        let own = whole
            .split('#')
            .next()
            .and_then(|text| text.split_once('?'))
            .map(|(_, query)| query.to_owned());
        let added = request.query.iter().map(|value| legible(value, catalogue));
        for text in own.into_iter().chain(added) {
            self.partial |= has_unseen(&text);
            for (name, value) in form_urlencoded::parse(text.as_bytes()) {
                self.query.push((name.into_owned(), value_of(&value)));
            }
        }
    }

    /// Whether the path is `wanted`, or could be once unseen parts are known.
    pub(super) fn may_be_path(&self, wanted: &[&str]) -> bool {
        let mut have = self.segments.iter();
        for part in wanted {
            match have.next() {
                Some(segment) if has_unseen(segment) => return true,
                Some(segment) if segment == part => {}
                _ => return false,
            }
        }
        have.next().is_none()
    }
}

fn has_scheme(text: &str) -> bool {
    let head = text.split(['/', '?', '#']).next().unwrap_or_default();
    let lower = head.to_ascii_lowercase();
    if matches!(lower.as_str(), "http:" | "https:" | "file:") {
        return true;
    }
    text.get(head.len()..)
        .is_some_and(|rest| rest.starts_with("//"))
        && lower
            .strip_suffix(':')
            .is_some_and(|scheme| !scheme.is_empty())
}

/// What stands between `//` and the path.
fn authority(url: &str) -> &str {
    let rest = url.split_once("//").map_or("", |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

fn after_authority(url: &str) -> &str {
    let rest = url.split_once("//").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    rest.split_once('/').map_or("", |(_, path)| path)
}

/// Whether every reader of URLs finds the same host in this authority.
fn is_plain(authority: &str) -> bool {
    let (login, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let odd = |c: char| c == '\\' || c == '@' || c.is_whitespace() || c.is_control();
    !login.contains(odd) && !host.contains(odd) && !host.contains('%')
}

/// Percent-decoded text; sequences that are no UTF-8 stay as they are.
fn decode(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    // A plus sign means itself in a path, and a space in the form that the decoder reads.
    let form = text
        .replace('+', "%2B")
        .replace('&', "%26")
        .replace('=', "%3D");
    form_urlencoded::parse(form.as_bytes())
        .next()
        .map_or_else(String::new, |(name, _)| name.into_owned())
}

fn is_local(address: Ipv4Addr) -> bool {
    address.is_loopback() || address.is_unspecified()
}

fn is_local_v6(address: Ipv6Addr) -> bool {
    address.is_loopback()
        || address.is_unspecified()
        || address.to_ipv4_mapped().is_some_and(is_local)
}

/// The login as written in the URL, with where its pieces came from.
fn login(url: &Value) -> Option<Value> {
    let text = text_of(url);
    let start = text.find("//").map_or(0, |at| at.saturating_add(2));
    let authority = text.get(start..)?.split(['/', '?', '#']).next()?;
    let end = start.saturating_add(authority.rfind('@')?);
    Some(cut(url, start..end))
}
