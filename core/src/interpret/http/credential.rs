//! The credential of a request, as the call shows it.

use super::call::Call;
use super::pieces::{cut, from, head, parameters, trimmed};
use crate::action::CredentialUse;
use crate::catalogue::spec::Catalogue;
use crate::interpret::argument::text_of;
use crate::interpret::credential::{from_value, is_credential_parameter};
use crate::interpret::value::{Origin, Value};
use crate::interpret::wildcard::wildcard;
use crate::secret::Secret;

/// Words in front of the token in a header (RFC 9110, 11.1).
const SCHEMES: &[&str] = &["bearer ", "basic ", "token ", "apikey ", "api-key "];

/// Shortest text of a query parameter that is taken for a token rather than for a plain key.
const TOKEN_BYTES: usize = 16;

/// Whether a header carries a credential; a cookie may.
pub(super) fn is_credential_header(name: &str, catalogue: &Catalogue) -> bool {
    let name = name.to_ascii_lowercase();
    name == "cookie"
        || catalogue
            .credential_headers
            .iter()
            .any(|glob| wildcard(glob, &name))
}

/// The credentials: of headers, of the login and of the query string; a cookie when there is none of
/// these.
pub(super) fn of(call: &Call<'_>) -> Vec<CredentialUse> {
    let request = call.request;
    let (cookies, headers): (Vec<_>, Vec<_>) = request
        .headers
        .iter()
        .filter(|(name, _)| is_credential_header(name, call.setting.catalogue))
        .partition(|(name, _)| name.eq_ignore_ascii_case("cookie"));
    let mut found: Vec<CredentialUse> = Vec::new();
    let logins = request.user.iter().chain(&call.target.user);
    for used in headers
        .iter()
        .filter_map(|(_, value)| of_header(value))
        .chain(request.bearer.as_ref().and_then(from_value))
        .chain(logins.filter_map(of_login))
        .chain(of_parameters(call))
    {
        if !found.contains(&used) {
            found.push(used);
        }
    }
    if found.is_empty() {
        let cookie = cookies.iter().find_map(|(_, value)| from_value(value));
        found.extend(cookie.or_else(|| request.cookies.iter().find_map(of_cookie)));
    }
    found
}

fn of_header(value: &Value) -> Option<CredentialUse> {
    let value = trimmed(value);
    let lower = head(&value).to_ascii_lowercase();
    for scheme in SCHEMES {
        if lower.starts_with(scheme) {
            let token = trimmed(&from(&value, scheme.len()));
            let mut used = from_value(&token)?;
            if *scheme == "basic "
                && let Some(password) = token.known_text().as_deref().and_then(basic_password)
            {
                used.text = Some(Secret::new(password));
            }
            return Some(used);
        }
    }
    from_value(&value)
}

/// The token of `user:password`: the password, or the user where there is none.
fn of_login(login: &Value) -> Option<CredentialUse> {
    let text = text_of(login);
    let Some(at) = text.find(':') else {
        return from_value(login);
    };
    from_value(&from(login, at.saturating_add(1))).or_else(|| from_value(&cut(login, 0..at)))
}

/// Tokens in the query string.
fn of_parameters(call: &Call<'_>) -> Vec<CredentialUse> {
    let request = call.request;
    std::iter::once(&request.url)
        .chain(&request.query)
        .flat_map(parameters)
        .filter(|(name, _)| is_credential_parameter(name, call.setting.catalogue))
        .filter(|(_, value)| {
            value.origins().next().is_some() || text_of(value).len() >= TOKEN_BYTES
        })
        .filter_map(|(_, value)| from_value(&value))
        .collect()
}

/// A cookie given to curl is a text with `=`, else the name of a file.
fn of_cookie(cookie: &Value) -> Option<CredentialUse> {
    if text_of(cookie).contains('=') {
        return from_value(cookie);
    }
    from_value(&Value::unseen(Origin::File(cookie.sketch())))
}

/// The password in the base64 text of basic authentication.
fn basic_password(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut bits = 0_u32;
    let mut held = 0_u32;
    for c in text.trim().trim_end_matches('=').bytes() {
        let digit = match c {
            b'A'..=b'Z' => c.wrapping_sub(b'A'),
            b'a'..=b'z' => c.wrapping_sub(b'a').wrapping_add(26),
            b'0'..=b'9' => c.wrapping_sub(b'0').wrapping_add(52),
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(digit);
        held = held.saturating_add(6);
        if held >= 8 {
            held = held.saturating_sub(8);
            bytes.push(u8::try_from((bits >> held) & 0xff).ok()?);
        }
    }
    let text = String::from_utf8(bytes).ok()?;
    let (user, password) = text.split_once(':')?;
    let token = if password.is_empty() { user } else { password };
    Some(token.to_owned())
}
