//! The scope of a policy: which requests it can match at all, read off its head and the first thing
//! its conditions test.

use cedar_policy::{
    ActionConstraint, EntityTypeName, EntityUid, PrincipalConstraint, ResourceConstraint,
};
use cedar_policy_core::ast::{self, BinaryOp, Expr, ExprKind, Literal, Var};
use serde::{Deserialize, Serialize};

use crate::vocabulary::{Effect, ResourceType, Verb, VerbGroup};

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
    /// The fact its first condition demands, see the index; absent: none that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs: Option<String>,
}

/// A fact that many conditions start with, so that policies are also indexed by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Fact {
    /// `when { context.effects.contains(Effect::"…") …`
    Effect(Effect),
    /// `when { context has credential …`
    Credential,
    /// `when { context has approval …`
    Approval,
}

impl Fact {
    /// `effect:…`, `credential` or `approval`.
    fn word(self) -> String {
        match self {
            Self::Effect(effect) => format!("effect:{effect}"),
            Self::Credential => "credential".to_owned(),
            Self::Approval => "approval".to_owned(),
        }
    }

    fn parse(word: &str) -> Option<Self> {
        match word {
            "credential" => Some(Self::Credential),
            "approval" => Some(Self::Approval),
            _ => word
                .strip_prefix("effect:")
                .and_then(Effect::parse)
                .map(Self::Effect),
        }
    }
}

impl Scope {
    /// The scope of `policy` with the fact it needs.
    pub(super) fn of(policy: &cedar_policy::Policy) -> Self {
        let needs = needed_fact(policy).map(Fact::word);
        Self {
            needs,
            ..Self::of_head(policy)
        }
    }

    /// Whether `policy` has the head this scope was made from.
    pub(super) fn has_head_of(&self, policy: &cedar_policy::Policy) -> bool {
        let head = Self::of_head(policy);
        Self {
            needs: self.needs.clone(),
            ..head
        } == *self
    }

    fn of_head(policy: &cedar_policy::Policy) -> Self {
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
            needs: None,
        }
    }

    /// The verbs it can match. A word that is not a verb makes it match all.
    pub(super) fn verb_list(&self) -> Vec<Verb> {
        let words = self.verbs.as_deref();
        let parsed: Option<Vec<Verb>> =
            words.and_then(|words| words.iter().map(|word| Verb::parse(word)).collect());
        parsed.unwrap_or_else(|| Verb::ALL.to_vec())
    }

    /// The fact it needs. A word that is not a fact makes it match all.
    pub(super) fn fact(&self) -> Option<Fact> {
        self.needs.as_deref().and_then(Fact::parse)
    }

    /// The resource type it can match, if only one. A type that is not known makes it match all.
    pub(super) fn kind(&self) -> Option<ResourceType> {
        self.resource_type.as_deref().and_then(ResourceType::parse)
    }
}

/// The fact that the first thing the policy's conditions test demands.
///
/// Cedar evaluates conditions in order and `&&` from the left, so without the fact the policy is
/// false before anything in it can fail; and these tests do not fail themselves.
fn needed_fact(policy: &cedar_policy::Policy) -> Option<Fact> {
    let policy: &ast::Policy = policy.as_ref();
    let mut test = policy.non_scope_constraints()?;
    while let ExprKind::And { left, .. } = test.expr_kind() {
        test = left;
    }
    match test.expr_kind() {
        ExprKind::HasAttr { expr, attr } if is_context(expr) => match attr.as_str() {
            "credential" => Some(Fact::Credential),
            "approval" => Some(Fact::Approval),
            _ => None,
        },
        ExprKind::BinaryApp {
            op: BinaryOp::Contains,
            arg1: set,
            arg2: one,
        } => {
            let ExprKind::GetAttr { expr, attr } = set.expr_kind() else {
                return None;
            };
            let ExprKind::Lit(Literal::EntityUID(effect)) = one.expr_kind() else {
                return None;
            };
            let effects = is_context(expr) && attr == "effects";
            (effects && effect.entity_type().to_string() == "Effect")
                .then(|| Effect::parse(effect.eid().as_ref()))?
                .map(Fact::Effect)
        }
        _ => None,
    }
}

/// Whether it is `context` itself.
fn is_context(expression: &Expr) -> bool {
    matches!(expression.expr_kind(), ExprKind::Var(Var::Context))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(text: &str) -> Scope {
        Scope::of(&cedar_policy::Policy::parse(None, text).unwrap())
    }

    #[test]
    fn the_first_test_of_a_when_is_a_needed_fact() {
        let needs = |conditions: &str| {
            scope(&format!(
                "forbid(principal, action, resource) {conditions};"
            ))
            .needs
        };
        let mass = "context.effects.contains(Effect::\"mass\")";
        let found = |word: &str| Some(word.to_owned());
        assert_eq!(needs(&format!("when {{ {mass} }}")), found("effect:mass"));
        assert_eq!(
            needs(&format!("when {{ ({mass} && true) && 1 == 2 }}")),
            found("effect:mass")
        );
        assert_eq!(
            needs("when { context has approval } unless { true }"),
            found("approval")
        );
        assert_eq!(
            needs("when { context has credential && context.credential.issued }"),
            found("credential")
        );
        for other in [
            String::new(),
            format!("unless {{ {mass} }}"),
            format!("when {{ !{mass} }}"),
            format!("when {{ {mass} || true }}"),
            format!("when {{ 1 == 2 && {mass} }}"),
            format!("when {{ if {mass} then true else true }}"),
            "when { context.effects.contains(context.effect) }".to_owned(),
            "when { context.other.contains(Effect::\"mass\") }".to_owned(),
            "when { context.credential has approval }".to_owned(),
            "when { principal has approval }".to_owned(),
            "when { context has session }".to_owned(),
            "when { context.effects.containsAny([Effect::\"mass\"]) }".to_owned(),
        ] {
            assert_eq!(needs(&other), None, "{other}");
        }
    }

    #[test]
    fn heads_are_read_through_groups_and_types() {
        let read = scope(
            "permit(principal in AgentGroup::\"g\", action in [Action::\"observe\", \
             Action::\"delete\"], resource is Table in Environment::\"e\");",
        );
        assert_eq!(read.verb_list(), [Verb::Read, Verb::List, Verb::Delete]);
        assert_eq!(read.kind(), Some(ResourceType::Table));
        assert_eq!(
            read.resource,
            Some(("Environment".to_owned(), "e".to_owned()))
        );
        assert_eq!(
            read.principal,
            Some(("AgentGroup".to_owned(), "g".to_owned()))
        );
        assert_eq!(
            scope("permit(principal, action, resource);").verb_list(),
            Verb::ALL
        );
    }
}
