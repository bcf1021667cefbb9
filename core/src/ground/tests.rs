use std::borrow::Cow;
use std::collections::BTreeMap;

use super::*;
use crate::action::{CredentialUse, Resource, ResourceRef, Scope, Selector, Span};
use crate::call::{Agent, Workspace};
use crate::secret::Secret;
use crate::vocabulary::{
    Completeness, CredentialSource, EnvironmentClass, Location, ResourceType, Reversibility,
};

const INVENTORY: &str = r#"
[[environment]]
name = "prod"
class = "production"
[environment.match]
host = ["*.acme.com"]
path = ["/srv/prod/**"]
resource_id = ["vol_prod_*"]

[[environment]]
name = "stage"
class = "staging"
[environment.match]
host = ["*.stage.acme.com"]
railway_environment = ["stage-1"]

[[credential]]
name = "stage-token"
fingerprint = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
env_var = "RAILWAY_TOKEN"
issued_to = ["cursor*"]
environments = ["stage"]

[[resource]]
id = "db-main"
kind = "database"
environment = "prod"
backups = ["snap-7"]
"#;

fn draft(kind: ResourceType, id: &str, location: Location) -> Draft {
    Draft {
        operation: Cow::Borrowed("test:act"),
        verb: Verb::Update,
        resource: Resource {
            kind,
            id: id.to_owned(),
            parents: Vec::new(),
        },
        location,
        selectors: Vec::new(),
        reversibility: Reversibility::Reversible,
        scope: Scope::default(),
        effects: Effects::NONE,
        credential: None,
        completeness: Completeness::Exact,
        span: Span::default(),
        evidence: Vec::new(),
    }
}

fn at(mut draft: Draft, kind: SelectorKind, value: &str) -> Draft {
    draft.selectors.push(Selector {
        kind,
        value: value.to_owned(),
    });
    draft
}

fn grounded(draft: Draft) -> Action {
    let call = ToolCall {
        tool: "t".to_owned(),
        server: None,
        arguments: serde_json::Map::new(),
        annotations: serde_json::Map::new(),
        agent: Agent {
            id: "cursor-1".to_owned(),
            ..Agent::default()
        },
        workspace: Workspace::default(),
        env: BTreeMap::new(),
    };
    ground(draft, &call, &Inventory::parse("i", INVENTORY).unwrap())
}

fn place(draft: Draft) -> (String, EnvironmentClass) {
    let environment = grounded(draft).environment;
    (environment.name, environment.class)
}

fn remote(id: &str) -> Draft {
    draft(ResourceType::Volume, id, Location::Remote)
}

#[test]
fn the_most_dangerous_class_wins_and_all_evidence_is_kept() {
    let draft = at(remote("v"), SelectorKind::RailwayEnvironment, "stage-1");
    assert_eq!(
        place(draft.clone()),
        ("stage".to_owned(), EnvironmentClass::Staging)
    );
    let both = grounded(at(draft, SelectorKind::Host, "db.ACME.com.")).environment;
    assert_eq!(both.class, EnvironmentClass::Production);
    assert_eq!(both.evidence.len(), 2, "{:?}", both.evidence);
    assert!(both.evidence[1].contains("`prod`"));
}

#[test]
fn ids_of_the_resource_and_its_parents_are_evidence() {
    assert_eq!(place(remote("vol_prod_1")).1, EnvironmentClass::Production);
    assert_eq!(place(remote("vol_other")).1, EnvironmentClass::Unknown);
    let mut table = draft(ResourceType::Table, "users", Location::Remote);
    table.resource.parents = vec![ResourceRef {
        kind: ResourceType::Database,
        id: "db-main".to_owned(),
    }];
    let environment = grounded(table).environment;
    assert_eq!(environment.name, "prod");
    assert_eq!(
        environment.evidence,
        ["resource id `db-main` is declared in `prod`"]
    );
}

#[test]
fn without_evidence_this_machine_is_local_and_all_else_unknown() {
    let file = draft(ResourceType::File, "/w/a", Location::Workspace);
    assert_eq!(place(file), ("local".to_owned(), EnvironmentClass::Local));
    assert_eq!(
        place(remote("x")),
        ("unknown".to_owned(), EnvironmentClass::Unknown)
    );
    let unseen = draft(ResourceType::File, "*", Location::Unknown);
    assert_eq!(place(unseen).1, EnvironmentClass::Unknown);
}

#[test]
fn a_declared_path_wins_over_local() {
    let file = draft(ResourceType::File, "/srv/prod/x/y", Location::Outside);
    assert_eq!(place(file).0, "prod");
    let near = draft(ResourceType::File, "/srv/product", Location::Outside);
    assert_eq!(place(near).0, "local");
}

#[test]
fn loopback_hosts_are_local_unless_another_host_is_not() {
    for host in [
        "localhost",
        "LOCALHOST:5432",
        "127.8.0.1",
        "::1",
        "[::1]:80",
    ] {
        assert_eq!(
            place(at(remote("x"), SelectorKind::Host, host)).0,
            "local",
            "{host}"
        );
    }
    for host in ["localhost.evil.net", "128.0.0.1", "example.org"] {
        assert_eq!(
            place(at(remote("x"), SelectorKind::Host, host)).0,
            "unknown",
            "{host}"
        );
    }
    let mixed = at(
        at(remote("x"), SelectorKind::Host, "localhost"),
        SelectorKind::Host,
        "e.org",
    );
    assert_eq!(place(mixed).0, "unknown");
    let url = at(
        remote("x"),
        SelectorKind::DatabaseUrl,
        "postgres://127.0.0.1:5432/app",
    );
    assert_eq!(place(url).0, "local");
}

#[test]
fn acts_on_a_declared_backup_destroy_recovery_where_the_original_is() {
    let update = grounded(draft(ResourceType::Backup, "snap-7", Location::Remote));
    assert!(update.effects.contains(Effect::DestroysRecovery));
    assert_eq!(update.environment.name, "prod");
    let mut read = draft(ResourceType::Backup, "snap-7", Location::Remote);
    read.verb = Verb::Read;
    assert!(!grounded(read).effects.contains(Effect::DestroysRecovery));
    let other = grounded(draft(ResourceType::Backup, "snap-8", Location::Remote));
    assert!(!other.effects.contains(Effect::DestroysRecovery));
}

#[test]
fn exfiltration_stays_unless_every_host_is_declared() {
    let mut sent = at(remote("x"), SelectorKind::Host, "in.acme.com");
    sent.effects = Effects::of(&[Effect::Exfiltration, Effect::Egress]);
    assert!(
        !grounded(sent.clone())
            .effects
            .contains(Effect::Exfiltration)
    );
    let also = at(sent.clone(), SelectorKind::Host, "paste.example");
    assert!(grounded(also).effects.contains(Effect::Exfiltration));
    sent.selectors.clear();
    assert!(grounded(sent).effects.contains(Effect::Exfiltration));
}

fn with_credential(source: CredentialSource, name: &str, text: Option<&str>) -> Action {
    let mut draft = remote("x");
    draft.credential = Some(CredentialUse {
        source,
        name: Some(name.to_owned()),
        text: text.map(Secret::new),
    });
    grounded(draft)
}

#[test]
fn a_credential_is_known_by_its_text_before_its_variable() {
    let known = with_credential(CredentialSource::Literal, "header", Some("abc"));
    let credential = known.credential.unwrap();
    assert_eq!(credential.declared.as_deref(), Some("stage-token"));
    assert!(credential.issued);
    assert_eq!(known.environment.name, "stage");

    let unseen = with_credential(CredentialSource::Environment, "RAILWAY_TOKEN", None);
    assert!(unseen.credential.unwrap().issued);

    let swapped = with_credential(
        CredentialSource::Environment,
        "RAILWAY_TOKEN",
        Some("other"),
    );
    assert_eq!(swapped.environment.name, "unknown");
    let credential = swapped.credential.unwrap();
    assert_eq!((credential.declared, credential.issued), (None, false));

    let file = with_credential(CredentialSource::File, "RAILWAY_TOKEN", None);
    assert_eq!(file.credential.unwrap().declared, None);
}

#[test]
fn other_evidence_beats_what_the_credential_reaches() {
    let mut draft = at(remote("x"), SelectorKind::Host, "api.acme.com");
    draft.credential = Some(CredentialUse {
        source: CredentialSource::Literal,
        name: None,
        text: Some(Secret::new("abc")),
    });
    assert_eq!(place(draft).0, "prod");
}
