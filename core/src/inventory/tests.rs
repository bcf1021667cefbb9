use super::*;
use crate::vocabulary::{Reversibility, Verb};

const SAMPLE: &str = r#"
[policy]
dirs = ["policies"]
mode = "observe"

[[environment]]
name = "production"
class = "production"
[environment.match]
host = ["*.acme.com"]
git_branch = ["main", "release/*"]
path = ["/srv/prod/**"]

[[environment]]
name = "stage"
class = "staging"

[[credential]]
name = "railway-stage"
fingerprint = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
env_var = "RAILWAY_TOKEN"
issued_to = ["cursor*"]
environments = ["stage"]

[[resource]]
id = "vol_1"
kind = "volume"
environment = "production"
backups = ["bak_1"]

[[approver]]
human = "alice"
teams = ["ops", "dba"]
public_key = "ed25519:abc"

[[mcp_server]]
name = "gh-*"
kind = "github"
environment = "production"

[[tool]]
name = "lookup_order"
server = "shop"
verb = "read"
resource = "database"
id = "order_id"
environment = "production"

[[tool]]
name = "my_shell"
like = "Bash"

[[agent]]
id = "cursor"
groups = ["coding"]
"#;

fn errors(text: &str) -> Vec<(u32, String)> {
    let errors = Inventory::parse("checkrein.toml", text).unwrap_err();
    errors
        .as_slice()
        .iter()
        .map(|e| (e.line, e.message.clone()))
        .collect()
}

#[test]
fn every_section_is_read() {
    let inventory = Inventory::parse("checkrein.toml", SAMPLE).unwrap();
    assert_eq!(inventory.settings.packs, ["baseline"]);
    assert_eq!(inventory.settings.mode, Mode::Observe);
    assert_eq!(inventory.class_of("stage"), Some(EnvironmentClass::Staging));
    assert_eq!(
        inventory.resources["vol_1"].kind,
        Some(ResourceType::Volume)
    );
    assert_eq!(inventory.backups["bak_1"], "vol_1");
    assert_eq!(inventory.teams(), ["dba", "ops"]);
    assert_eq!(inventory.groups_of("cursor"), ["coding"]);
    assert!(inventory.declares_host("API.acme.com"));
    assert!(!inventory.declares_host("api.acme.org"));
    let hits = inventory.environments_matching(SelectorKind::GitBranch, "release/2");
    assert_eq!(
        hits.map(|env| env.name.as_str()).collect::<Vec<_>>(),
        ["production"]
    );
}

#[test]
fn without_approvers_the_operator_team_approves() {
    assert_eq!(Inventory::default().teams(), [IMPLICIT_TEAM]);
}

#[test]
fn every_mistake_is_reported_with_its_line() {
    let text = SAMPLE
        .replace("class = \"staging\"", "class = \"Staging\"")
        .replace("host = [", "hosts = [")
        .replace("environments = [\"stage\"]", "environments = [\"stag\"]");
    assert_eq!(
        errors(&text),
        [
            (10, "unknown kind of evidence".to_owned()),
            (16, "unknown environment class".to_owned()),
            (23, "unknown environment".to_owned()),
        ]
    );
}

#[test]
fn unknown_keys_are_refused() {
    let found = errors("[policy]\npack = []\n");
    assert_eq!(found[0].0, 2);
    assert!(found[0].1.contains("unknown field `pack`"), "{found:?}");
}

#[test]
fn mistakes_never_show_values() {
    let secret = "hunter2-hunter2";
    for text in [
        format!("[[credential]]\nname = \"a\"\nfingerprint = \"{secret}\"\n"),
        format!("[[credential]]\nname = \"a\"\nissued_to = \"{secret}\"\n"),
        format!("[[credential]]\nname = \"{secret}\nenv_var = \"A\"\n"),
        format!("[policy]\nmode = \"{secret}\"\npacks = [\"{secret}\"]\n"),
        format!(
            "[[environment]]\nname = \"a\"\nclass = \"{secret}\"\nmatch.host = [\"!{secret}\"]\n"
        ),
    ] {
        let shown = Inventory::parse("checkrein.toml", &text)
            .unwrap_err()
            .to_string();
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn local_cannot_be_declared_as_another_class() {
    let text = "[[environment]]\nname = \"production\"\nclass = \"local\"\n[[environment]]\nname = \"local\"\nclass = \"production\"\n";
    assert_eq!(errors(text), [(5, "reserved environment name".to_owned())]);
}

#[test]
fn nesting_bombs_are_errors() {
    for levels in [100, 10_000, 100_000] {
        for bomb in ["x = [", "x = {a=", "[a.", "x.", "[["] {
            let (head, rest) = bomb.split_at(bomb.len() - 1);
            let text = format!("{head}{}", rest.repeat(levels));
            let deep = format!("{}\n", bomb.repeat(levels));
            let array = format!("x = {}", "[".repeat(levels));
            let table = format!("x = {}", "{a=".repeat(levels));
            for text in [text, deep, array, table] {
                assert!(Inventory::parse("i", &text).is_err());
            }
        }
    }
}

#[test]
fn tools_and_servers_are_read() {
    let inventory = Inventory::parse("checkrein.toml", SAMPLE).unwrap();
    let server = inventory.server("GH-internal").unwrap();
    assert_eq!(server.kind.as_deref(), Some("github"));
    let tool = inventory.tool("lookup_order", Some("Shop")).unwrap();
    let Does::Act(act) = &tool.does else { panic!() };
    assert_eq!(
        (act.verb, act.resource),
        (Verb::Read, ResourceType::Database)
    );
    assert_eq!(act.reversibility, Reversibility::None);
    assert!(inventory.tool("lookup_order", None).is_none());
    assert!(inventory.tool("my_shell", None).is_some());
}

#[test]
fn mistakes_in_tools_are_found() {
    for (text, message) in [
        (
            "[[mcp_server]]\nname = \"x\"",
            "a server of which nothing is said",
        ),
        (
            "[[mcp_server]]\nname = \"x\"\nkind = \"frob\"",
            "unknown kind of server",
        ),
        (
            "[[mcp_server]]\nname = \"x\"\nenvironment = \"frob\"",
            "unknown environment",
        ),
        (
            "[[tool]]\nname = \"x\"",
            "a tool of which it is not said what it does",
        ),
        ("[[tool]]\nname = \"x\"\nlike = \"frob\"", "unknown tool"),
        (
            "[[tool]]\nname = \"x\"\nlike = \"Bash\"\nresource = \"file\"",
            "`like` stands alone",
        ),
        ("[[tool]]\nname = \"x\"\nverb = \"frob\"", "unknown verb"),
        (
            "[[tool]]\nname = \"x\"\nverb = \"read\"\nresource = \"frob\"",
            "unknown kind of resource",
        ),
        (
            "[[tool]]\nname = \"x\"\nverb = \"delete\"\nreversibility = \"none\"",
            "reversibility that does not fit the verb",
        ),
        (
            "[[tool]]\nname = \"x\"\nverb = \"read\"\neffects = [\"frob\"]",
            "unknown effect",
        ),
    ] {
        let found = errors(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert_eq!(found[0].1, message, "{text}");
    }
}
