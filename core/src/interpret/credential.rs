//! The credential a program would use, as far as the call shows it.

use std::collections::BTreeMap;

use super::acts::{Given, wildcard};
use super::value::{Origin, Value};
use super::words::Words;
use crate::action::CredentialUse;
use crate::catalogue::spec::{Catalogue, CredentialRule, Source};
use crate::secret::Secret;
use crate::vocabulary::CredentialSource;

/// The credential a value carries, judged by where its pieces came from.
#[must_use]
pub fn from_value(value: &Value) -> CredentialUse {
    let text = value.known_text().map(Secret::new);
    let mut credential = CredentialUse {
        source: CredentialSource::Literal,
        name: None,
        text,
    };
    for piece in &value.pieces {
        match &piece.origin {
            Origin::Literal => {}
            Origin::Variable(name) => {
                credential.source = CredentialSource::Environment;
                credential.name = Some(name.clone());
            }
            Origin::File(path) => {
                credential.source = CredentialSource::File;
                credential.name = Some(path.clone());
                break;
            }
            Origin::Network(_) | Origin::Unseen => {
                credential.source = CredentialSource::Unknown;
                credential.name = None;
                break;
            }
        }
    }
    credential
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
            return Some(from_value(value));
        }
    }
    for name in rule.env {
        if let Some(value) = variables.get(*name) {
            return Some(from_value(value));
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

/// Whether a variable's name says that it holds a secret.
#[must_use]
pub fn is_secret_variable(name: &str, catalogue: &Catalogue) -> bool {
    catalogue
        .secret_variables
        .iter()
        .any(|glob| wildcard(glob, name))
}
