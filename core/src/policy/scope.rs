//! The scope of a policy: which requests it can match at all, read off its head.

use cedar_policy::{
    ActionConstraint, EntityTypeName, EntityUid, PrincipalConstraint, ResourceConstraint,
};
use serde::{Deserialize, Serialize};

use crate::vocabulary::{ResourceType, Verb, VerbGroup};

/// Which requests a policy can match. Wider than what it says is sound, narrower is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// Verbs, in vocabulary order; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verbs: Option<Vec<String>>,
    /// Type of the resource; absent: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    /// Type and id of an entity the resource is, or is in; absent: no such limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<(String, String)>,
    /// Type and id of an entity the agent is, or is in; absent: no such limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<(String, String)>,
}

impl Scope {
    /// The scope of `policy`.
    pub(super) fn of(policy: &cedar_policy::Policy) -> Self {
        let (resource_type, resource) = match policy.resource_constraint() {
            ResourceConstraint::Any => (None, None),
            ResourceConstraint::Is(kind) => (Some(kind.to_string()), None),
            ResourceConstraint::Eq(uid) => (Some(type_of(&uid)), Some(anchor(&uid))),
            ResourceConstraint::In(uid) => (None, Some(anchor(&uid))),
            ResourceConstraint::IsIn(kind, uid) => (Some(kind.to_string()), Some(anchor(&uid))),
        };
        let principal = match policy.principal_constraint() {
            PrincipalConstraint::Any | PrincipalConstraint::Is(_) => None,
            PrincipalConstraint::Eq(uid)
            | PrincipalConstraint::In(uid)
            | PrincipalConstraint::IsIn(_, uid) => Some(anchor(&uid)),
        };
        Self {
            verbs: verbs(&policy.action_constraint()),
            resource_type,
            resource,
            principal,
        }
    }

    /// The verbs it can match. A word that is not a verb makes it match all.
    pub(super) fn verb_list(&self) -> Vec<Verb> {
        let words = self.verbs.as_deref();
        let parsed: Option<Vec<Verb>> =
            words.and_then(|words| words.iter().map(|word| Verb::parse(word)).collect());
        parsed.unwrap_or_else(|| Verb::ALL.to_vec())
    }

    /// The resource type it can match, if only one. A type that is not known makes it match all.
    pub(super) fn kind(&self) -> Option<ResourceType> {
        self.resource_type.as_deref().and_then(ResourceType::parse)
    }
}

fn verbs(constraint: &ActionConstraint) -> Option<Vec<String>> {
    let named = match constraint {
        ActionConstraint::Any => return None,
        ActionConstraint::Eq(uid) => std::slice::from_ref(uid),
        ActionConstraint::In(uids) => uids.as_slice(),
    };
    let mut found = Vec::new();
    for uid in named {
        let id = uid.id().unescaped();
        if let Some(verb) = Verb::parse(id) {
            found.push(verb);
        } else if let Some(group) = VerbGroup::parse(id) {
            // `==` with a group matches no request; listing its verbs is wider, hence sound.
            found.extend(
                Verb::ALL
                    .iter()
                    .copied()
                    .filter(|verb| verb.group() == group),
            );
        } else {
            return None;
        }
    }
    found.sort_unstable();
    found.dedup();
    Some(
        found
            .into_iter()
            .map(|verb| verb.as_str().to_owned())
            .collect(),
    )
}

fn anchor(uid: &EntityUid) -> (String, String) {
    (type_of(uid), uid.id().unescaped().to_owned())
}

fn type_of(uid: &EntityUid) -> String {
    EntityTypeName::to_string(uid.type_name())
}
