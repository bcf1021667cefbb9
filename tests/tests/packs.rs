//! The shipped packs: compiled forms are current, and every policy has a case that makes it fire
//! and a near neighbour that does not.

use std::collections::BTreeMap;
use std::path::Path;

use checkrein::authoring::{Facts, run_tests};
use checkrein::authorize::authorize_actions;
use checkrein::call::{Agent, Workspace};
use checkrein::policy::{Bundle, Sources, compile_pack};
use checkrein::vocabulary::{
    Completeness, Effect, EnvironmentClass, Location, ResourceType, Reversibility, Verb, VerbGroup,
    Verdict,
};
use checkrein::{Action, Decision, ToolCall};
use checkrein_policies::{PACKS, Pack};

fn decide(bundle: &Bundle, action: Action) -> Decision {
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
    authorize_actions(bundle, &call, vec![action])
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
        let found = run_tests(&bundle(pack), pack.tests).expect("tests.json");
        let failures = found.trials.iter().filter(|trial| !trial.passed);
        let failures: Vec<_> = failures.map(|trial| format!("{trial:?}")).collect();
        assert!(
            failures.is_empty(),
            "{}:\n{}",
            pack.name,
            failures.join("\n")
        );
        let mut untested = found.untested;
        // What approval adds is tested where approvals are.
        untested.retain(|id| !id.ends_with(".approved"));
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
        let verb = Verb::ALL[pick(Verb::ALL.len())];
        let kind = ResourceType::ALL[pick(ResourceType::ALL.len())];
        let class = EnvironmentClass::ALL[pick(EnvironmentClass::ALL.len())];
        let facts = Facts {
            location: Some(Location::ALL[pick(Location::ALL.len())].to_string()),
            reversibility: Some(Reversibility::ALL[pick(Reversibility::ALL.len())].to_string()),
            effects: (0..pick(3))
                .map(|_| Effect::ALL[pick(Effect::ALL.len())].to_string())
                .collect(),
            completeness: Some(Completeness::ALL[pick(Completeness::ALL.len())].to_string()),
            unbounded: pick(4) == 0,
            credential: None,
        };
        let action = facts.action(verb, kind, class).expect("known words");
        let decision = decide(&bundle, action);
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
