//! The indexed engine equals plain Cedar: decision, determining policies and errors.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, OnceLock};

use proptest::prelude::*;

use super::{action, call};
use crate::action::{Action, Credential, Effects, ResourceRef};
use crate::decision::DenyReason;
use crate::inventory::Inventory;
use crate::policy::schema::tests::schema;
use crate::policy::scope::Scope;
use crate::policy::validate::Validators;
use crate::policy::{Approver, Bundle, Outcome};
use crate::vocabulary::{CredentialSource, Effect, EnvironmentClass, ResourceType, Verb};

const KINDS: [ResourceType; 4] = [
    ResourceType::Table,
    ResourceType::Database,
    ResourceType::File,
    ResourceType::Volume,
];

/// Agents `a0` to `a2`: in one group, in two, in none.
const INVENTORY: &str = "[[agent]]\nid = \"a0\"\ngroups = [\"g0\"]\n[[agent]]\nid = \"a1\"\ngroups = [\"g0\", \"g1\"]\n";

/// Conditions that hold, do not hold, or fail, some depending on the request.
const CONDITIONS: &[&str] = &[
    "",
    "",
    "when { context.scope.unbounded }",
    "unless { context.effects.contains(Effect::\"mass\") }",
    "when { resource in Database::\"r0\" || principal in AgentGroup::\"g1\" }",
    "when { context.completeness == Completeness::\"exact\" }",
    "when { context has approval }",
    "when { context has approval && context.missing == 1 }",
    "when { context has credential && context.credential.issued }",
    "when { context.effects.contains(Effect::\"mass\") && context.missing == 1 }",
    "when { context.effects.contains(Effect::\"mass\") || context.missing == 1 }",
    "when { context.effects.contains(Effect::\"egress\") } when { context.missing == 1 }",
    "unless { context.effects.contains(Effect::\"mass\") && context.missing == 1 }",
    "when { context.scope.count + 9223372036854775807 > 0 }",
    "when { context.missing == 1 }",
    "when { \"a\" in [\"a\"] }",
    "when { Agent::\"absent\".onBehalfOf == Human::\"h\" }",
    "when { context.tool && true }",
];

fn uid(kind: ResourceType, id: usize) -> String {
    format!("{kind}::\"r{id}\"")
}

fn kind() -> impl Strategy<Value = ResourceType> {
    prop::sample::select(KINDS.to_vec())
}

fn verb_word() -> impl Strategy<Value = String> {
    let groups = ["observe", "change", "destroy", "control"];
    let words: Vec<_> = Verb::ALL
        .iter()
        .map(|verb| verb.as_str())
        .chain(groups)
        .collect();
    prop::sample::select(words).prop_map(|word| format!("Action::\"{word}\""))
}

fn action_scope() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("action".to_owned()),
        verb_word().prop_map(|word| format!("action == {word}")),
        verb_word().prop_map(|word| format!("action in {word}")),
        prop::collection::vec(verb_word(), 1..4)
            .prop_map(|words| format!("action in [{}]", words.join(", "))),
    ]
}

fn principal_scope() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => Just("principal".to_owned()),
        1 => Just("principal is Agent".to_owned()),
        1 => (0..3).prop_map(|n| format!("principal == Agent::\"a{n}\"")),
        1 => (0..3).prop_map(|n| format!("principal in Agent::\"a{n}\"")),
        1 => (0..3).prop_map(|n| format!("principal in AgentGroup::\"g{n}\"")),
        1 => (0..3).prop_map(|n| format!("principal is Agent in AgentGroup::\"g{n}\"")),
        1 => Just("principal in Team::\"g0\"".to_owned()),
    ]
}

fn place() -> impl Strategy<Value = String> {
    prop_oneof![
        (kind(), 0..3_usize).prop_map(|(kind, id)| uid(kind, id)),
        (0..3).prop_map(|n| format!("Environment::\"e{n}\"")),
        prop::sample::select(EnvironmentClass::ALL.to_vec())
            .prop_map(|class| format!("EnvironmentClass::\"{class}\"")),
    ]
}

fn resource_scope() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("resource".to_owned()),
        kind().prop_map(|kind| format!("resource is {kind}")),
        place().prop_map(|place| format!("resource == {place}")),
        place().prop_map(|place| format!("resource in {place}")),
        (kind(), place()).prop_map(|(kind, place)| format!("resource is {kind} in {place}")),
    ]
}

/// A policy without annotations.
fn policy() -> impl Strategy<Value = String> {
    let effect = prop::sample::select(vec!["permit", "permit", "forbid"]);
    let condition = prop::sample::select(CONDITIONS.to_vec());
    (
        effect,
        principal_scope(),
        action_scope(),
        resource_scope(),
        condition,
    )
        .prop_map(|(effect, principal, action, resource, condition)| {
            format!("{effect}({principal}, {action}, {resource}) {condition};")
        })
}

fn request() -> impl Strategy<Value = (usize, Action)> {
    let place = (0..3, prop::sample::select(EnvironmentClass::ALL.to_vec()));
    let parents = prop::collection::vec((kind(), 0..3_usize), 0..3);
    let scope = (prop::option::of(0..2_u32), any::<bool>(), any::<bool>());
    let verb = prop::sample::select(Verb::ALL.to_vec());
    (0..3_usize, verb, kind(), 0..3_usize, parents, place, scope).prop_map(
        |(agent, verb, kind, id, parents, (environment, class), (count, unbounded, mass))| {
            let mut action = action(verb, kind, &format!("r{id}"));
            let parent = |(kind, id)| ResourceRef {
                kind,
                id: format!("r{id}"),
            };
            action.resource.parents = parents.into_iter().map(parent).collect();
            action.environment.name = format!("e{environment}");
            action.environment.class = class;
            action.scope.count = count;
            action.scope.unbounded = unbounded;
            if mass {
                action.effects = Effects::of(&[Effect::Mass, Effect::Egress]);
            }
            if unbounded == mass {
                action.credential = Some(Credential {
                    source: CredentialSource::Profile,
                    name: None,
                    fingerprint: None,
                    declared: None,
                    issued: mass,
                    environments: Vec::new(),
                });
            }
            (agent, action)
        },
    )
}

fn bundle(policies: &[(usize, &String)]) -> Bundle {
    let text: String = policies
        .iter()
        .map(|(number, policy)| format!("@id(\"p{number}\") {policy}\n"))
        .collect();
    Bundle::unchecked(Inventory::parse("i", INVENTORY).unwrap(), &text)
}

/// What an outcome says, in a form that outlives its bundle.
fn said(outcome: &Outcome<'_>) -> (bool, Vec<String>, Vec<DenyReason>) {
    let ids = outcome
        .policies
        .iter()
        .map(|policy| policy.id.clone())
        .collect();
    (outcome.allowed, ids, outcome.errors.clone())
}

proptest! {
    // 1,000 sets of policies with 10 requests each.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_000) })]

    #[test]
    fn sliced_equals_unsliced_and_plain_cedar(
        policies in prop::collection::vec(policy(), 1..14),
        requests in prop::collection::vec(request(), 10),
    ) {
        let numbered: Vec<_> = policies.iter().enumerate().collect();
        let bundle = bundle(&numbered);
        let set = bundle.policy_set().unwrap();
        for (agent, action) in requests {
            let approver = Approver { human: "h".to_owned(), teams: vec!["g0".to_owned()] };
            let approver = (agent == 1).then_some(&approver);
            let query = bundle.query(&call(&format!("a{agent}")), &action, approver).unwrap();
            let sliced = bundle.evaluate(&query);
            prop_assert_eq!(&sliced, &bundle.evaluate_unsliced(&query, &set));
            let authorizer = cedar_policy::Authorizer::new();
            let plain = authorizer.is_authorized(&query.request, &set, &query.entities);
            let mut ids: Vec<_> = plain.diagnostics().reason().map(ToString::to_string).collect();
            ids.sort();
            prop_assert_eq!(said(&sliced).1, ids);
            prop_assert_eq!(sliced.errors.len(), plain.diagnostics().errors().count());
            let allows = plain.decision() == cedar_policy::Decision::Allow;
            prop_assert_eq!(sliced.allowed, allows && sliced.errors.is_empty());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn the_order_of_policies_does_not_matter(
        policies in prop::collection::vec(policy(), 2..10),
        shuffle in any::<prop::sample::Index>(),
        requests in prop::collection::vec(request(), 4),
    ) {
        let mut numbered: Vec<_> = policies.iter().enumerate().collect();
        let first = bundle(&numbered);
        let at = shuffle.index(numbered.len());
        numbered.rotate_left(at);
        numbered.reverse();
        let second = bundle(&numbered);
        for (agent, action) in requests {
            let call = call(&format!("a{agent}"));
            let left = said(&first.evaluate(&first.query(&call, &action, None).unwrap()));
            let right = said(&second.evaluate(&second.query(&call, &action, None).unwrap()));
            prop_assert_eq!(left, right);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn validating_for_the_verbs_of_a_policy_is_validating_it(
        policy in policy(),
        mention in any::<bool>(),
        verb in verb_word(),
    ) {
        // Other verbs than those of the head may be mentioned behind it.
        let policy = if mention {
            policy.replace(';', &format!(" unless {{ action == {verb} || action in {verb} }};"))
        } else {
            policy
        };
        let parsed = cedar_policy::Policy::parse(None, &policy).unwrap();
        let scope = Scope::of(&parsed);
        let set = cedar_policy::PolicySet::from_policies([parsed]).unwrap();
        let narrow = validators().validate(&set, &scope).unwrap();
        let full = full_validator().validate(&set, cedar_policy::ValidationMode::Strict);
        let errors = |result: &cedar_policy::ValidationResult| -> BTreeSet<String> {
            result.validation_errors().map(ToString::to_string).collect()
        };
        let warnings = |result: &cedar_policy::ValidationResult| -> BTreeSet<String> {
            result.validation_warnings().map(ToString::to_string).collect()
        };
        prop_assert_eq!(errors(&narrow), errors(&full), "{}", policy);
        prop_assert_eq!(warnings(&narrow), warnings(&full), "{}", policy);
    }
}

/// One set of validators for all cases; those made first are narrow.
fn validators() -> MutexGuard<'static, Validators> {
    static SHARED: OnceLock<Mutex<Validators>> = OnceLock::new();
    SHARED
        .get_or_init(|| Mutex::new(Validators::new().unwrap()))
        .lock()
        .unwrap()
}

fn full_validator() -> &'static cedar_policy::Validator {
    static FULL: OnceLock<cedar_policy::Validator> = OnceLock::new();
    FULL.get_or_init(|| cedar_policy::Validator::new(schema().clone()))
}

#[test]
fn the_generators_reach_every_outcome() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut allowed, mut forbidden, mut failed, mut silent) = (0, 0, 0, 0);
    for _ in 0..300 {
        let policies = prop::collection::vec(policy(), 1..14)
            .new_tree(&mut runner)
            .unwrap();
        let policies = policies.current();
        let bundle = bundle(&policies.iter().enumerate().collect::<Vec<_>>());
        let (agent, action) = request().new_tree(&mut runner).unwrap().current();
        let query = bundle
            .query(&call(&format!("a{agent}")), &action, None)
            .unwrap();
        let outcome = bundle.evaluate(&query);
        match (
            outcome.allowed,
            outcome.errors.is_empty(),
            outcome.policies.is_empty(),
        ) {
            (true, ..) => allowed += 1,
            (false, false, _) => failed += 1,
            (false, true, false) => forbidden += 1,
            (false, true, true) => silent += 1,
        }
    }
    assert!(
        [allowed, forbidden, failed, silent]
            .iter()
            .all(|n| *n >= 10),
        "{allowed} {forbidden} {failed} {silent}"
    );
}

/// The ways in which plain Cedar skips a forbid and allows.
#[test]
fn a_forbid_that_fails_never_opens_the_door() {
    for failing in [
        "context.absent == 1",
        "context.operation in [\"test:act\", \"other\"]",
        "9223372036854775807 + 1 > 0",
        "context.scope.count * 9223372036854775807 > 0",
        "Agent::\"absent\".onBehalfOf == Human::\"h\"",
    ] {
        let permit = "permit(principal, action, resource);".to_owned();
        let forbid = format!("forbid(principal, action, resource) when {{ {failing} }};");
        let bundle = bundle(&[(0, &permit), (1, &forbid)]);
        let mut action = action(Verb::Delete, ResourceType::Table, "r0");
        action.scope.count = Some(2);
        let query = bundle.query(&call("a0"), &action, None).unwrap();
        let set = bundle.policy_set().unwrap();
        let authorizer = cedar_policy::Authorizer::new();
        let plain = authorizer.is_authorized(&query.request, &set, &query.entities);
        assert_eq!(plain.decision(), cedar_policy::Decision::Allow, "{failing}");
        let outcome = bundle.evaluate(&query);
        assert!(!outcome.allowed, "{failing}");
        assert!(
            matches!(&outcome.errors[..], [DenyReason::PolicyError { id, .. }] if id == "p1"),
            "{failing}: {:?}",
            outcome.errors
        );
    }
}
