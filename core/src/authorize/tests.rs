use std::borrow::Cow;
use std::collections::BTreeMap;

use super::*;
use crate::action::{CredentialUse, Effects, Environment, Resource, Scope, Selector, Span};
use crate::call::{Agent, Workspace};
use crate::policy::{SourceFile, Sources};
use crate::secret::Secret;
use crate::vocabulary::{
    Completeness, CredentialSource, Effect, EnvironmentClass, Location, ResourceType,
    Reversibility, SelectorKind, Verb,
};

pub(super) fn call() -> ToolCall {
    ToolCall {
        tool: "bash".to_owned(),
        server: None,
        arguments: serde_json::Map::new(),
        annotations: serde_json::Map::new(),
        agent: Agent {
            id: "cursor".to_owned(),
            ..Agent::default()
        },
        workspace: Workspace::default(),
        env: BTreeMap::new(),
    }
}

fn draft(verb: Verb, kind: ResourceType, id: &str) -> Draft {
    Draft {
        operation: Cow::Borrowed("test:act"),
        verb,
        resource: Resource {
            kind,
            id: id.to_owned(),
            parents: Vec::new(),
        },
        location: Location::Remote,
        selectors: Vec::new(),
        reversibility: Reversibility::Irreversible,
        scope: Scope::default(),
        effects: Effects::NONE,
        credential: None,
        completeness: Completeness::Exact,
        span: Span::default(),
        evidence: Vec::new(),
    }
}

fn file(name: &str, text: &str) -> SourceFile {
    SourceFile {
        name: name.to_owned(),
        text: text.to_owned(),
    }
}

fn bundle(inventory: &str) -> Bundle {
    let inventory = Some(file("checkrein.toml", inventory));
    let sources = Sources {
        inventory,
        ..Sources::default()
    };
    Bundle::load(&sources, &mut |_, _| {}).unwrap()
}

/// A bundle of these policies alone; `body` follows `@id` and `@reason`.
fn bundle_of(policies: &[(&str, &str)], inventory: &str) -> Bundle {
    let text: String = policies
        .iter()
        .map(|(id, body)| format!("@id(\"{id}\") @reason(\"because {id}\") {body}\n"))
        .collect();
    let sources = Sources {
        policies: vec![file("own.cedar", &text)],
        inventory: Some(file("checkrein.toml", inventory)),
        packs: Some(Vec::new()),
    };
    Bundle::load(&sources, &mut |_, _| {}).unwrap_or_else(|errors| panic!("{errors}"))
}

const INVENTORY: &str = r#"
[[environment]]
name = "prod"
class = "production"
match.resource_id = ["vol_prod_*"]

[[environment]]
name = "stage"
class = "staging"
match.resource_id = ["vol_stage_*"]

[[credential]]
name = "stage-token"
env_var = "RAILWAY_TOKEN"
issued_to = ["cursor"]
environments = ["stage"]

[[approver]]
human = "alice"
teams = ["dba", "ops"]

[[approver]]
human = "bob"
teams = ["ops"]
"#;

#[test]
fn a_stray_token_does_not_delete_a_volume_with_its_backups() {
    let bundle = bundle(INVENTORY);
    let mut delete = draft(Verb::Delete, ResourceType::Volume, "vol_prod_db");
    delete.effects = Effects::of(&[Effect::DestroysRecovery]);
    delete.credential = Some(CredentialUse {
        source: CredentialSource::File,
        name: Some("notes.txt".to_owned()),
        text: Some(Secret::new("tok")),
    });
    let decision = authorize(&bundle, &call(), vec![delete.clone()]);
    assert_eq!(decision.verdict, Verdict::Deny);
    assert_eq!(decision.approval, None);
    assert!(decision.errors.is_empty());
    assert_eq!(decision.bundle, bundle.digest());
    assert!(
        decision
            .reason
            .starts_with("test:act on Volume `vol_prod_db` in prod: "),
        "{}",
        decision.reason
    );
    let ids: Vec<_> = decision.actions[0]
        .policies
        .iter()
        .map(|p| p.id.as_str())
        .collect();
    assert!(
        ids.contains(&"baseline.deny_recovery_production"),
        "{ids:?}"
    );
    assert!(ids.contains(&"baseline.deny_found_credential"), "{ids:?}");
    assert!(ids.is_sorted());

    let mut stage = draft(Verb::Delete, ResourceType::Volume, "vol_stage_db");
    stage.credential = Some(CredentialUse {
        source: CredentialSource::Environment,
        name: Some("RAILWAY_TOKEN".to_owned()),
        text: None,
    });
    assert_eq!(
        authorize(&bundle, &call(), vec![stage]).verdict,
        Verdict::Allow
    );
}

#[test]
fn approval_is_offered_with_the_teams_that_may_give_it() {
    let bundle = bundle(INVENTORY);
    let update = draft(Verb::Update, ResourceType::Volume, "vol_prod_db");
    let decision = authorize(&bundle, &call(), vec![update.clone()]);
    assert_eq!(decision.verdict, Verdict::NeedsApproval);
    assert!(
        decision.reason.ends_with("this changes production"),
        "{}",
        decision.reason
    );
    assert_eq!(
        decision.advice.as_deref(),
        Some("try it in staging first, then ask for approval")
    );
    let approval = decision.approval.unwrap();
    assert_eq!(approval.teams, ["dba", "ops"]);
    assert!(approval.fingerprint.starts_with("sha256:"));

    let alice = Approver {
        human: "alice".to_owned(),
        teams: vec!["ops".to_owned()],
    };
    let approved = authorize_approved(&bundle, &call(), vec![update], &alice);
    assert_eq!(
        (approved.verdict, approved.approval),
        (Verdict::Allow, None)
    );
    assert_eq!(approved.actions[0].policies[0].id, "baseline.approved");
}

#[test]
fn only_the_teams_a_policy_names_may_approve() {
    let rule = "forbid(principal, action, resource is Table) unless { context has approval && \
                context.approval.approver in Team::\"dba\" };";
    let policies = [("p", "permit(principal, action, resource);"), ("dba", rule)];
    let bundle = bundle_of(&policies, INVENTORY);
    let table = draft(Verb::Update, ResourceType::Table, "t");
    let decision = authorize(&bundle, &call(), vec![table.clone()]);
    assert_eq!(decision.verdict, Verdict::NeedsApproval);
    assert_eq!(decision.approval.as_ref().unwrap().teams, ["dba"]);
    assert!(decision.reason.ends_with("because dba"));
    let bob = Approver {
        human: "bob".to_owned(),
        teams: vec!["ops".to_owned()],
    };
    let still = authorize_approved(&bundle, &call(), vec![table.clone()], &bob);
    assert_eq!(still, decision);
    let alice = Approver {
        human: "alice".to_owned(),
        teams: vec!["dba".to_owned()],
    };
    let approved = authorize_approved(&bundle, &call(), vec![table], &alice);
    assert_eq!(approved.verdict, Verdict::Allow);
}

#[test]
fn actions_that_need_different_teams_are_denied_together() {
    let unless = |team: &str| {
        format!(
            "unless {{ context has approval && context.approval.approver in Team::\"{team}\" }};"
        )
    };
    let table = format!(
        "forbid(principal, action, resource is Table) {}",
        unless("dba")
    );
    let host = format!(
        "forbid(principal, action, resource is Host) {}",
        unless("ops")
    );
    let policies = [
        ("p", "permit(principal, action, resource);"),
        ("t", &table),
        ("h", &host),
    ];
    let bundle = bundle_of(&policies, INVENTORY);
    let one = draft(Verb::Update, ResourceType::Table, "t");
    let two = draft(Verb::Update, ResourceType::Host, "h");
    let both = authorize(&bundle, &call(), vec![one.clone(), two]);
    assert_eq!((both.verdict, both.approval), (Verdict::Deny, None));
    assert!(
        both.actions
            .iter()
            .all(|judged| judged.verdict == Verdict::NeedsApproval)
    );
    assert_eq!(
        authorize(&bundle, &call(), vec![one]).verdict,
        Verdict::NeedsApproval
    );
}

#[test]
fn the_strictest_action_decides_and_is_named() {
    let bundle = bundle(INVENTORY);
    let read = draft(Verb::Read, ResourceType::Volume, "vol_prod_db");
    let update = draft(Verb::Update, ResourceType::Volume, "vol_prod_db");
    let decision = authorize(&bundle, &call(), vec![read.clone(), update, read.clone()]);
    let verdicts: Vec<_> = decision
        .actions
        .iter()
        .map(|judged| judged.verdict)
        .collect();
    assert_eq!(
        verdicts,
        [Verdict::Allow, Verdict::NeedsApproval, Verdict::Allow]
    );
    assert_eq!(decision.verdict, Verdict::NeedsApproval);
    let alone = authorize(&bundle, &call(), vec![read]);
    assert_eq!(alone.verdict, Verdict::Allow);
    assert!(
        alone.reason.ends_with("looking changes nothing"),
        "{}",
        alone.reason
    );
}

#[test]
fn no_policy_can_open_the_guard() {
    let bundle = bundle_of(&[("all", "permit(principal, action, resource);")], "");
    for verb in Verb::ALL {
        let guard = draft(*verb, ResourceType::Guard, "checkrein.toml");
        let decision = authorize(&bundle, &call(), vec![guard.clone()]);
        let open = matches!(verb, Verb::Read | Verb::List);
        assert_eq!(decision.verdict == Verdict::Allow, open, "{verb}");
        if !open {
            assert_eq!(decision.verdict, Verdict::Deny);
            assert_eq!(decision.actions[0].policies[0].id, "checkrein.guard");
            let alice = Approver {
                human: "alice".to_owned(),
                teams: vec![],
            };
            let approved = authorize_approved(&bundle, &call(), vec![guard], &alice);
            assert_eq!(approved.verdict, Verdict::Deny);
        }
        let near = draft(*verb, ResourceType::File, "checkrein.toml");
        assert_eq!(
            authorize(&bundle, &call(), vec![near]).verdict,
            Verdict::Allow
        );
    }
}

#[test]
fn a_call_that_means_nothing_or_too_much_is_denied() {
    let bundle = bundle_of(&[("all", "permit(principal, action, resource);")], "");
    let nothing = authorize(&bundle, &call(), Vec::new());
    assert_eq!(nothing.verdict, Verdict::Deny);
    assert_eq!(
        nothing.errors,
        [DenyReason::Internal("nothing was understood".to_owned())]
    );
    let read = draft(Verb::Read, ResourceType::File, "f");
    let most = authorize(&bundle, &call(), vec![read.clone(); limits::ACTIONS]);
    assert_eq!(most.verdict, Verdict::Allow);
    let over = authorize(&bundle, &call(), vec![read; limits::ACTIONS + 1]);
    assert!(matches!(over.errors[..], [DenyReason::OverLimit(_)]));
    assert_eq!(over.verdict, Verdict::Deny);
}

#[test]
fn a_policy_that_fails_denies_although_cedar_would_skip_it() {
    let overflow = "when { 9223372036854775807 + (if context.scope has count then \
                    context.scope.count else 0) > 0 };";
    for effect in ["forbid", "permit"] {
        let failing = format!("{effect}(principal, action, resource) {overflow}");
        let policies = [
            ("all", "permit(principal, action, resource);"),
            ("sum", &failing),
        ];
        let bundle = bundle_of(&policies, "");
        let mut read = draft(Verb::Read, ResourceType::File, "f");
        read.scope.count = Some(1);
        let decision = authorize(&bundle, &call(), vec![read.clone()]);
        assert_eq!(decision.verdict, Verdict::Deny);
        let message = "a sum or product overflows".to_owned();
        let error = DenyReason::PolicyError {
            id: "sum".to_owned(),
            message,
        };
        assert_eq!(decision.errors, [error]);
        assert!(decision.reason.contains("`sum`"), "{}", decision.reason);
        read.scope.count = None;
        let without = authorize(&bundle, &call(), vec![read]);
        let expected = if effect == "permit" {
            Verdict::Allow
        } else {
            Verdict::Deny
        };
        assert_eq!((without.verdict, without.errors), (expected, Vec::new()));
    }
}

#[test]
fn arguments_too_deep_to_fingerprint_are_denied() {
    let bundle = bundle(INVENTORY);
    let mut call = call();
    let deep =
        (0..limits::JSON_DEPTH + 1).fold(serde_json::json!(1), |v, _| serde_json::json!([v]));
    call.arguments.insert("a".to_owned(), deep);
    let update = draft(Verb::Update, ResourceType::Volume, "vol_prod_db");
    let decision = authorize(&bundle, &call, vec![update]);
    assert_eq!((decision.verdict, decision.approval), (Verdict::Deny, None));
    assert!(matches!(decision.errors[..], [DenyReason::OverLimit(_)]));
}

#[test]
fn groups_humans_parents_and_facts_of_the_call_reach_the_policies() {
    let rule = "permit(principal in AgentGroup::\"coding\", action in Action::\"observe\", \
                resource in Database::\"main\") when { principal has onBehalfOf && \
                principal.onBehalfOf in Team::\"dba\" && context has server && \
                context.server == \"mcp\" && context.tool == \"bash\" && context has session && \
                context.session == \"s\" && context.operation == \"test:act\" };";
    let inventory = format!("{INVENTORY}\n[[agent]]\nid = \"cursor\"\ngroups = [\"coding\"]\n");
    let bundle = bundle_of(&[("p", rule)], &inventory);
    let mut full = call();
    full.server = Some("mcp".to_owned());
    full.agent.session = Some("s".to_owned());
    full.agent.on_behalf_of = Some("alice".to_owned());
    let mut table = draft(Verb::Read, ResourceType::Table, "users");
    let parent = crate::action::ResourceRef {
        kind: ResourceType::Database,
        id: "main".to_owned(),
    };
    table.resource.parents.push(parent);
    assert_eq!(
        authorize(&bundle, &full, vec![table.clone()]).verdict,
        Verdict::Allow
    );
    let mut other = full.clone();
    other.agent.on_behalf_of = Some("bob".to_owned());
    assert_eq!(
        authorize(&bundle, &other, vec![table.clone()]).verdict,
        Verdict::Deny
    );
    full.agent.id = "other".to_owned();
    assert_eq!(
        authorize(&bundle, &full, vec![table]).verdict,
        Verdict::Deny
    );
}

#[test]
fn reasons_stay_on_one_line_and_short() {
    let bundle = bundle(INVENTORY);
    let id = format!("a\nb\u{1b}[31m{}", "x".repeat(100_000));
    let act = draft(Verb::Update, ResourceType::Service, &id);
    let decision = authorize(&bundle, &call(), vec![act]);
    assert!(!decision.reason.contains(['\n', '\u{1b}']));
    assert!(decision.reason.len() < 1_000, "{}", decision.reason.len());
}

#[test]
fn a_resource_that_names_itself_as_parent_is_still_judged() {
    let bundle = bundle(INVENTORY);
    let mut act = draft(Verb::Read, ResourceType::Namespace, "n");
    let parent = crate::action::ResourceRef {
        kind: ResourceType::Namespace,
        id: "n".to_owned(),
    };
    act.resource.parents.push(parent);
    assert_eq!(
        authorize(&bundle, &call(), vec![act]).verdict,
        Verdict::Allow
    );
}

#[test]
fn grounding_is_part_of_deciding() {
    let bundle = bundle(INVENTORY);
    let mut act = draft(Verb::Update, ResourceType::Service, "s");
    act.selectors.push(Selector {
        kind: SelectorKind::ResourceId,
        value: "vol_stage_1".to_owned(),
    });
    let decision = authorize(&bundle, &call(), vec![act]);
    let environment = Environment {
        name: "stage".to_owned(),
        class: EnvironmentClass::Staging,
        evidence: vec!["resource id `vol_stage_1` is declared in `stage`".to_owned()],
    };
    assert_eq!(decision.actions[0].action.environment, environment);
    assert_eq!(decision.verdict, Verdict::Allow);
}
