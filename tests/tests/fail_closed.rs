//! Nothing that goes wrong ends in permission: each failure at the library's boundary. The command's
//! and the hooks' half is in `cli/tests`.

use checkrein::decision::DenyReason;
use checkrein::policy::{Bundle, SourceFile, Sources};
use checkrein::vocabulary::Verdict;
use checkrein::{Decision, authorize, wire};
use serde_json::{Value, json};

/// Fails in Cedar, which would skip it, on every deletion with a known count.
const OVERFLOWS: &str = r#"
@id("ours.overflow")
@reason("a sum that does not fit")
forbid (principal, action == Action::"delete", resource)
when { context.scope has count && context.scope.count + 9223372036854775807 > 0 };
"#;

fn bundle(policies: &str) -> Bundle {
    let sources = Sources {
        policies: vec![SourceFile {
            name: "ours.cedar".to_owned(),
            text: policies.to_owned(),
        }],
        ..Sources::default()
    };
    Bundle::load(&sources, &mut |_, _| {}).unwrap()
}

fn call(tool: &str, arguments: &Value) -> Vec<u8> {
    json!({
        "tool": tool,
        "arguments": arguments,
        "agent": {"id": "a"},
        "workspace": {"root": "/repo", "cwd": "/repo"},
    })
    .to_string()
    .into_bytes()
}

fn shell(command: &str) -> Vec<u8> {
    call("Bash", &json!({ "command": command }))
}

/// What a caller does with bytes: read them, decide, refuse what cannot be read.
fn decide(bundle: &Bundle, bytes: &[u8]) -> Decision {
    match wire::call_from_json(bytes) {
        Ok(call) => authorize(bundle, &call),
        Err(error) => Decision::refuse(DenyReason::from(error), bundle.digest()),
    }
}

fn assert_one_clear_line(what: &str, text: &str) {
    assert!(!text.contains(['\n', '\r']), "{what}: {text:?}");
    assert!((20..400).contains(&text.len()), "{what}: {text:?}");
}

/// Calls that cannot be read, and how each refusal begins.
fn unreadable() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let good = String::from_utf8(shell("ls")).unwrap();
    let edited = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replacen(from, to, 1).into_bytes()
    };
    let nested = "[".repeat(100_000) + &"]".repeat(100_000);
    let read = "the call cannot be read: ";
    let limit = "the call is over a limit: ";
    vec![
        ("not JSON", b"rm -rf /".to_vec(), read),
        ("nothing", Vec::new(), read),
        ("cut off", good.as_bytes()[..good.len() - 1].to_vec(), read),
        ("an array", b"[]".to_vec(), read),
        ("two calls", format!("{good}{good}").into_bytes(), read),
        ("tool of another type", edited("\"Bash\"", "7"), read),
        ("empty tool", edited("\"Bash\"", "\"\""), read),
        (
            "arguments of another type",
            edited("{\"command\":\"ls\"}", "[]"),
            read,
        ),
        (
            "agent of another type",
            edited("{\"id\":\"a\"}", "\"a\""),
            read,
        ),
        (
            "no tool",
            edited("\"tool\":\"Bash\"", "\"server\":\"s\""),
            read,
        ),
        (
            "no agent",
            edited("\"agent\":{\"id\":\"a\"}", "\"server\":\"s\""),
            read,
        ),
        (
            "no arguments",
            edited("\"arguments\":{\"command\":\"ls\"},", ""),
            read,
        ),
        ("relative workspace", edited("\"/repo\"", "\"repo\""), read),
        ("unknown field", edited("{", "{\"mood\":1,"), read),
        (
            "unknown field of the agent",
            edited("{\"id\"", "{\"mood\":1,\"id\""),
            read,
        ),
        (
            "duplicate key",
            edited("\"command\"", "\"command\":\"rm\",\"command\""),
            read,
        ),
        (
            "invalid UTF-8",
            [b"{\"tool\":\"\xff\xfe\"".as_slice(), b"}"].concat(),
            read,
        ),
        ("10 MB", shell(&"x".repeat(10 * 1024 * 1024)), limit),
        ("depth bomb", edited("\"ls\"", &nested), limit),
    ]
}

/// Calls that can be read and must not be allowed.
fn dangerous() -> Vec<(&'static str, Vec<u8>)> {
    let substitutions = format!("{}rm{}", "$(".repeat(2_500), ")".repeat(2_500));
    let unfinished = "$(".repeat(20_000);
    let graphql = format!("mutation{}{}", "{a".repeat(10_000), "}".repeat(10_000));
    vec![
        ("nested substitutions", shell(&substitutions)),
        ("20,000 unfinished substitutions", shell(&unfinished)),
        ("unfinished quote", shell("rm -rf 'x")),
        (
            "a shell line over the limit",
            shell(&format!("rm {}", "x ".repeat(20_000))),
        ),
        ("NUL in the line", shell("rm -rf \u{0} ~")),
        (
            "unknown tool",
            call("frobnicate", &json!({"target": "everything"})),
        ),
        ("shell tool without a command", call("Bash", &json!({}))),
        (
            "command of another type",
            call("Bash", &json!({"command": {"a": 1}})),
        ),
        (
            "a GraphQL document that nests too deep",
            call(
                "Bash",
                &json!({"command": format!("curl https://backboard.railway.app/graphql/v2 -d '{}'", json!({"query": graphql}))}),
            ),
        ),
    ]
}

#[test]
fn what_cannot_be_read_is_denied_and_the_next_call_is_answered() {
    let bundle = bundle("");
    for (what, bytes, begins) in unreadable() {
        let decision = decide(&bundle, &bytes);
        assert_eq!(decision.verdict, Verdict::Deny, "{what}");
        assert!(
            decision.reason.starts_with(begins),
            "{what}: {}",
            decision.reason
        );
        assert_one_clear_line(what, &decision.reason);
        assert_eq!(decision.errors.len(), 1, "{what}");
        assert!(decision.approval.is_none(), "{what}");
        assert_eq!(
            decide(&bundle, &shell("ls")).verdict,
            Verdict::Allow,
            "after {what}"
        );
    }
}

#[test]
fn what_is_not_understood_is_not_allowed_and_the_next_call_is_answered() {
    let bundle = bundle("");
    for (what, bytes) in dangerous() {
        let decision = decide(&bundle, &bytes);
        assert_ne!(decision.verdict, Verdict::Allow, "{what}");
        assert_one_clear_line(what, &decision.reason);
        assert_eq!(
            decide(&bundle, &shell("ls")).verdict,
            Verdict::Allow,
            "after {what}"
        );
    }
}

#[test]
fn a_policy_that_fails_to_evaluate_denies_its_call_and_no_other() {
    let bundle = bundle(OVERFLOWS);
    let decision = decide(&bundle, &shell("rm build/a.o"));
    assert_eq!(decision.verdict, Verdict::Deny);
    assert!(
        decision.reason.contains("`ours.overflow`"),
        "{}",
        decision.reason
    );
    assert_one_clear_line("policy error", &decision.reason);
    assert!(decision.approval.is_none());
    assert!(matches!(
        decision.errors.as_slice(),
        [DenyReason::PolicyError { .. }]
    ));
    assert_eq!(decide(&bundle, &shell("ls")).verdict, Verdict::Allow);
}

#[test]
fn a_bundle_that_does_not_load_says_where_and_what_to_do() {
    let policy = |text: &str| (Some(text.to_owned()), None);
    let inventory = |text: &str| (None, Some(text.to_owned()));
    let nested = format!(
        "@id(\"a\") @reason(\"b\") permit (principal, action, resource) when {{ {}true{} }};",
        "(".repeat(100_000),
        ")".repeat(100_000)
    );
    let wrong = [
        ("no Cedar", policy("permit all the things")),
        (
            "no id",
            policy("@reason(\"x\") permit (principal, action, resource);"),
        ),
        (
            "a typo",
            policy(
                "@id(\"a\") @reason(\"b\") forbid (principal, action, resource) when { context.efects.contains(Effect::\"mass\") };",
            ),
        ),
        (
            "a word that is none",
            policy(
                "@id(\"a\") @reason(\"b\") forbid (principal, action, resource) when { resource in EnvironmentClass::\"prod\" };",
            ),
        ),
        ("nested parentheses", policy(&nested)),
        ("no TOML", inventory("[[environment")),
        ("an unknown key", inventory("[polices]\npacks = []\n")),
        (
            "an unknown class",
            inventory("[[environment]]\nname = \"p\"\nclass = \"prod\"\n"),
        ),
        (
            "an unknown pack",
            inventory("[policy]\npacks = [\"basline\"]\n"),
        ),
        ("no policy at all", inventory("[policy]\npacks = []\n")),
    ];
    for (what, (policy, inventory)) in wrong {
        let file = |name: &str, text| SourceFile {
            name: name.to_owned(),
            text,
        };
        let sources = Sources {
            policies: policy
                .map(|text| file("ours.cedar", text))
                .into_iter()
                .collect(),
            inventory: inventory.map(|text| file("checkrein.toml", text)),
            packs: None,
        };
        let errors = Bundle::load(&sources, &mut |_, _| {})
            .err()
            .unwrap_or_else(|| panic!("{what} loads"));
        assert!(!errors.as_slice().is_empty(), "{what}");
        // The first line of each mistake says it; an excerpt of the file may follow.
        for error in errors.as_slice() {
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default();
            assert_one_clear_line(what, first);
            assert!(
                first.starts_with("ours.cedar")
                    || first.starts_with("checkrein.toml")
                    || what == "no policy at all",
                "{what}: {first}"
            );
        }
        let reason = errors.as_slice()[0].to_string();
        let decision = Decision::refuse(DenyReason::Bundle(reason), "");
        assert_eq!(decision.verdict, Verdict::Deny, "{what}");
        assert!(decision.reason.starts_with("no usable bundle: "), "{what}");
    }
}
