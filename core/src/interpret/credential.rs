//! The credential a program would use, as far as the call shows it.

use std::collections::BTreeMap;

use super::acts::Given;
use super::value::{Origin, Value};
use super::wildcard::wildcard;
use super::words::Words;
use crate::action::CredentialUse;
use crate::catalogue::spec::{Catalogue, CredentialRule, Source};
use crate::secret::Secret;
use crate::vocabulary::CredentialSource;

/// The name that stands for every environment variable at once, as `env` prints them.
pub const EVERY_VARIABLE: &str = "*";

/// The credential a value carries, judged by where its pieces came from; `None` when it is empty.
#[must_use]
pub fn from_value(value: &Value) -> Option<CredentialUse> {
    let text = value.known_text().map(|text| text.trim().to_owned());
    if text.as_deref() == Some("") {
        return None;
    }
    let mut source = CredentialSource::Literal;
    let mut name = None;
    for origin in value.origins() {
        let (found, called) = match origin {
            Origin::File(path) => (CredentialSource::File, Some(path.clone())),
            Origin::Variable(variable) => (CredentialSource::Environment, Some(variable.clone())),
            _ => (CredentialSource::Unknown, None),
        };
        if rank(found) > rank(source) {
            source = found;
            name = called;
        }
    }
    Some(CredentialUse {
        source,
        name,
        text: text.map(Secret::new),
    })
}

/// A file outweighs a variable, a variable what cannot be named.
const fn rank(source: CredentialSource) -> u8 {
    match source {
        CredentialSource::File => 3,
        CredentialSource::Environment => 2,
        CredentialSource::Unknown => 1,
        _ => 0,
    }
}

/// The credential a program uses by its catalogue rule: an option, a variable or a stored login.
#[must_use]
pub fn of_program(
    rule: &CredentialRule,
    words: &Words<'_>,
    variables: &BTreeMap<String, Value>,
    env: &BTreeMap<String, Secret>,
) -> Option<CredentialUse> {
    for id in rule.options {
        if let Some(value) = words.found(Source::Option(id)).values.last() {
            return from_value(value);
        }
    }
    for name in rule.env {
        if let Some(value) = variables.get(*name) {
            return from_value(value);
        }
        if let Some(text) = env.get(*name) {
            return Some(CredentialUse {
                source: CredentialSource::Environment,
                name: Some((*name).to_owned()),
                text: Some(text.clone()),
            });
        }
    }
    (!rule.profile.is_empty()).then(|| CredentialUse {
        source: CredentialSource::Profile,
        name: Some(rule.profile.to_owned()),
        text: None,
    })
}

/// Whether a variable's name says that it holds a secret, in any case of its letters.
#[must_use]
pub fn is_secret_variable(name: &str, catalogue: &Catalogue) -> bool {
    let name = name.to_ascii_uppercase();
    name == EVERY_VARIABLE
        || catalogue
            .secret_variables
            .iter()
            .any(|glob| wildcard(glob, &name))
}

/// Whether a parameter of this name carries a credential in a query string.
#[must_use]
pub fn is_credential_parameter(name: &str, catalogue: &Catalogue) -> bool {
    catalogue
        .credential_parameters
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name))
}
