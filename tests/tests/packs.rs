//! The shipped packs: compiled forms are current, and every policy has a case that makes it fire
//! and a near neighbour that does not.

use std::collections::BTreeMap;
use std::path::Path;

use checkrein::action::{Action, Credential, Effects, Environment, Resource, Scope, Span};
use checkrein::authorize::authorize_actions;
use checkrein::call::{Agent, Workspace};
use checkrein::policy::{Bundle, Sources, compile_pack};
use checkrein::vocabulary::{
    Completeness, CredentialSource, Effect, EnvironmentClass, Location, ResourceType,
    Reversibility, Verb, VerbGroup, Verdict,
};
use checkrein::{Decision, ToolCall};
use checkrein_policies::{PACKS, Pack};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    policy: String,
    fires: Act,
    spares: Act,
}

/// An action, with defaults for an ordinary one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Act {
    verb: String,
    #[serde(rename = "type")]
    kind: String,
    environment: String,
    #[serde(default = "remote")]
    location: String,
    #[serde(default = "reversible")]
    reversibility: String,
    #[serde(default)]
    effects: Vec<String>,
    #[serde(default = "exact")]
    completeness: String,
    #[serde(default)]
    unbounded: bool,
    credential: Option<Used>,
    /// The verdict.
    expect: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Used {
    source: String,
    #[serde(default)]
    declared: bool,
    #[serde(default)]
    issued: bool,
}

fn remote() -> String {
    "remote".to_owned()
}

fn reversible() -> String {
    "reversible".to_owned()
}

fn exact() -> String {
    "exact".to_owned()
}

fn action(act: &Act) -> Action {
    let effects: Vec<_> = act
        .effects
        .iter()
        .map(|e| Effect::parse(e).expect(e))
        .collect();
    Action {
        operation: "test:act".into(),
        verb: Verb::parse(&act.verb).expect(&act.verb),
        resource: Resource {
            kind: ResourceType::parse(&act.kind).expect(&act.kind),
            id: "it".to_owned(),
            parents: Vec::new(),
        },
        location: Location::parse(&act.location).expect(&act.location),
        environment: Environment {
            name: act.environment.clone(),
            class: EnvironmentClass::parse(&act.environment).expect(&act.environment),
            evidence: Vec::new(),
        },
        reversibility: Reversibility::parse(&act.reversibility).expect(&act.reversibility),
        scope: Scope {
            count: None,
            unbounded: act.unbounded,
        },
        effects: Effects::of(&effects),
        credential: act.credential.as_ref().map(|used| Credential {
            source: CredentialSource::parse(&used.source).expect(&used.source),
            name: None,
            fingerprint: None,
            declared: used.declared.then(|| "token".to_owned()),
            issued: used.issued,
            environments: Vec::new(),
        }),
        completeness: Completeness::parse(&act.completeness).expect(&act.completeness),
        span: Span::default(),
        evidence: Vec::new(),
    }
}

fn decide(bundle: &Bundle, act: &Act) -> Decision {
    let call = ToolCall {
        tool: "test".to_owned(),
        server: None,
        arguments: serde_json::Map::new(),
        annotations: serde_json::Map::new(),
        agent: Agent {
            id: "agent".to_owned(),
            ..Agent::default()
        },
        workspace: Workspace::default(),
        env: BTreeMap::new(),
    };
    authorize_actions(bundle, &call, vec![action(act)])
}

/// Whether the policy matches, alone among all or together with those that a forbid hides.
fn matches(bundle: &Bundle, act: &Act, policy: &str) -> bool {
    let decision = decide(bundle, act);
    decision.actions[0]
        .policies
        .iter()
        .any(|found| found.id == policy)
}

fn bundle(pack: &Pack) -> Bundle {
    let sources = Sources {
        packs: Some(vec![pack.name.to_owned()]),
        ..Sources::default()
    };
    Bundle::load(&sources, &mut |_, _| {}).expect("a shipped pack loads")
}

#[test]
fn every_policy_fires_on_its_case_and_spares_the_neighbour() {
    for pack in PACKS {
        let bundle = bundle(pack);
        let cases: Vec<Case> = serde_json::from_str(pack.tests).expect("tests.json");
        let mut failures = Vec::new();
        for (number, case) in cases.iter().enumerate() {
            for (act, fires) in [(&case.fires, true), (&case.spares, false)] {
                let decision = decide(&bundle, act);
                let matched = matches(&bundle, act, &case.policy);
                if decision.verdict.as_str() != act.expect || matched != fires {
                    let policies = &decision.actions[0].policies;
                    failures.push(format!(
                        "case {number}, {} {}: {} by {:?}",
                        case.policy,
                        if fires { "fires" } else { "spares" },
                        decision.verdict,
                        policies.iter().map(|p| p.id.as_str()).collect::<Vec<_>>(),
                    ));
                }
            }
        }
        assert!(
            failures.is_empty(),
            "{}:\n{}",
            pack.name,
            failures.join("\n")
        );
        let untested = bundle.policies().iter().map(|policy| policy.id.as_str());
        // What approval adds is tested where approvals are.
        let untested: Vec<_> = untested
            .filter(|id| !id.ends_with(".approved") && !cases.iter().any(|c| c.policy == *id))
            .collect();
        assert!(
            untested.is_empty(),
            "{}: no case for {untested:?}",
            pack.name
        );
    }
}

/// What the baseline may allow at all, over a sample of every combination of facts.
#[test]
fn the_baseline_allows_nothing_beyond_its_promise() {
    let baseline = PACKS
        .iter()
        .find(|pack| pack.name == "baseline")
        .expect("it is shipped");
    let bundle = bundle(baseline);
    let mut seed = 1_u64;
    let mut pick = |length: usize| {
        // Constants of Knuth's MMIX generator.
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).expect("31 bits") % length
    };
    let mut allowed = 0;
    for _ in 0..20_000 {
        let act = Act {
            verb: Verb::ALL[pick(Verb::ALL.len())].to_string(),
            kind: ResourceType::ALL[pick(ResourceType::ALL.len())].to_string(),
            environment: EnvironmentClass::ALL[pick(EnvironmentClass::ALL.len())].to_string(),
            location: Location::ALL[pick(Location::ALL.len())].to_string(),
            reversibility: Reversibility::ALL[pick(Reversibility::ALL.len())].to_string(),
            effects: (0..pick(3))
                .map(|_| Effect::ALL[pick(Effect::ALL.len())].to_string())
                .collect(),
            completeness: Completeness::ALL[pick(Completeness::ALL.len())].to_string(),
            unbounded: pick(4) == 0,
            credential: None,
            expect: String::new(),
        };
        let decision = decide(&bundle, &act);
        assert!(decision.errors.is_empty(), "{decision:?}");
        if decision.verdict != Verdict::Allow {
            assert!(!decision.actions[0].policies.is_empty() || !decision.reason.is_empty());
            continue;
        }
        allowed += 1;
        let action = &decision.actions[0].action;
        let observes = action.verb.group() == VerbGroup::Observe;
        let changes_nothing = observes || action.reversibility == Reversibility::None;
        let tame = match action.environment.class {
            EnvironmentClass::Production => changes_nothing,
            EnvironmentClass::Unknown => changes_nothing || action.verb == Verb::Create,
            _ => true,
        };
        let stopping = [
            Effect::RemoteCode,
            Effect::SecretRead,
            Effect::Exfiltration,
            Effect::Privilege,
            Effect::Persistence,
            Effect::InteractiveShell,
            Effect::CredentialMint,
        ];
        // In staging what holds data may go together with its own backups.
        let own_backups = action.verb == Verb::Delete
            && matches!(
                action.environment.class,
                EnvironmentClass::Staging | EnvironmentClass::Development
            )
            && matches!(
                action.resource.kind,
                ResourceType::Volume
                    | ResourceType::Database
                    | ResourceType::Bucket
                    | ResourceType::Service
                    | ResourceType::Namespace
            );
        let harmless = !stopping
            .iter()
            .any(|effect| action.effects.contains(*effect))
            && (!action.effects.contains(Effect::DestroysRecovery)
                || own_backups
                || action.reversibility == Reversibility::None);
        let understood = action.verb != Verb::Unknown
            && (action.completeness != Completeness::Opaque
                || observes
                || action.verb == Verb::Execute
                    && action.environment.class == EnvironmentClass::Local);
        let quiet = !matches!(action.verb, Verb::Send | Verb::Spend | Verb::Publish)
            || action.reversibility == Reversibility::None;
        let guarded = action.resource.kind != ResourceType::Guard || observes;
        assert!(
            tame && harmless && understood && quiet && guarded,
            "{action:?}"
        );
    }
    assert!(allowed > 3_000, "only {allowed} allowed");
}

#[test]
fn compiled_forms_are_current() {
    for pack in PACKS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../policies")
            .join(pack.name);
        let text = std::fs::read_to_string(folder.join("policy.cedar")).expect("policy.cedar");
        let compiled = compile_pack(pack.name, &text).unwrap_or_else(|errors| panic!("{errors}"));
        let path = folder.join("compiled.json");
        let stored = std::fs::read_to_string(&path).expect("compiled.json");
        assert!(
            stored == compiled,
            "{} is stale: run `cargo xtask generate`",
            path.display()
        );
    }
}
