//! The credential of an act.

use crate::action::{Credential, CredentialUse};
use crate::call::Agent;
use crate::inventory::{DeclaredCredential, Inventory};
use crate::vocabulary::CredentialSource;

/// What the inventory knows of the credential that `agent` would use.
pub(super) fn ground(used: &CredentialUse, agent: &Agent, inventory: &Inventory) -> Credential {
    let fingerprint = used.text.as_ref().map(|text| text.fingerprint());
    let declared = inventory
        .credentials
        .iter()
        .find(|declared| is_declared(declared, used, fingerprint.as_deref()));
    let issued = declared.is_some_and(|declared| {
        declared
            .issued_to
            .iter()
            .any(|pattern| pattern.matches(&agent.id))
    });
    Credential {
        source: used.source,
        name: used.name.clone(),
        fingerprint,
        declared: declared.map(|declared| declared.name.clone()),
        issued,
        environments: declared.map_or_else(Vec::new, |declared| declared.environments.clone()),
    }
}

/// Whether `used` is the `declared` one. Its text decides; the variable's name counts only while
/// the text is not known.
fn is_declared(
    declared: &DeclaredCredential,
    used: &CredentialUse,
    fingerprint: Option<&str>,
) -> bool {
    let same_variable = used.source == CredentialSource::Environment
        && declared.env_var.is_some()
        && declared.env_var == used.name;
    match fingerprint {
        // A variable may have been given another text.
        Some(actual) => declared.fingerprint.as_deref() == Some(actual),
        None => same_variable,
    }
}
