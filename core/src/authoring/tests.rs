//! Tests of what helps those who write policies.

use super::schema::Model;
use super::*;
use crate::action::Span;
use crate::inventory::Inventory;
use crate::policy::{Bundle, SourceFile, Sources, Workbench};
use crate::vocabulary::{EnvironmentClass, Reversibility, Verb};

const INVENTORY: &str = r#"
[[environment]]
name = "live"
class = "production"
[environment.match]
host = ["*.acme.com"]
resource_id = ["vol_live_*"]

[[approver]]
human = "alice@acme.com"
teams = ["dba"]

[[agent]]
id = "cursor"
groups = ["coders"]
"#;

fn file(name: &str, text: &str) -> SourceFile {
    SourceFile {
        name: name.to_owned(),
        text: text.to_owned(),
    }
}

fn sources(policy: &str, inventory: &str) -> Sources {
    Sources {
        policies: vec![file("own.cedar", policy)],
        inventory: Some(file("checkrein.toml", inventory)),
        packs: None,
    }
}

fn bundle() -> Bundle {
    Bundle::load(&sources("", INVENTORY), &mut |_, _| {}).unwrap()
}

fn marked(text: &str, range: &Range) -> String {
    let units: Vec<u16> = text.encode_utf16().collect();
    String::from_utf16(&units[range.start..range.end]).unwrap()
}

/// The completions at `|`.
fn at(text: &str) -> (Vec<String>, String) {
    let (before, after) = text.split_once('|').unwrap();
    let whole = format!("{before}{after}");
    let inventory = Inventory::parse("i", INVENTORY).unwrap();
    let found = complete(&whole, before.encode_utf16().count(), &inventory);
    let labels = found.items.into_iter().map(|item| item.label).collect();
    let range = Range {
        start: found.from,
        end: found.to,
    };
    (labels, marked(&whole, &range))
}

fn offers(text: &str, wanted: &[&str]) {
    let (labels, _) = at(text);
    for word in wanted {
        assert!(
            labels.iter().any(|label| label == word),
            "{text}: {labels:?}"
        );
    }
}

#[test]
fn places_are_counted_as_editors_do() {
    let text = "aé🦊\n".repeat(700);
    let counter = Utf16::new(&text);
    let mut units = 0;
    for (at, c) in text.char_indices() {
        assert_eq!(counter.units(at), units);
        assert_eq!(counter.byte(units), at);
        units += c.len_utf16();
    }
    assert_eq!(counter.units(usize::MAX), units);
    assert_eq!(counter.byte(usize::MAX), text.len());
    // Within a pair: the character it belongs to.
    assert_eq!(Utf16::new("🦊").byte(1), 0);
}

#[test]
fn every_mistake_is_found_with_its_place() {
    let policy = "// 🦊\n@id(\"a\") @reason(\"r\") permit (principal, action, resource) when { context.nope };\n\
                  @id(\"b\") @reason(\"r\") permit (principal, action == Action::\"red\", resource);\n\
                  @id(\"c\") @reason(\"r\") permit (principal, action, resource) unless { context has aproval };\n";
    let found = diagnose(&sources(policy, "[policy]\nmode = \"enfroce\"\n"));
    let shown: Vec<_> = found
        .iter()
        .map(|one| {
            let text = if one.file == "own.cedar" {
                policy
            } else {
                "[policy]\nmode = \"enfroce\"\n"
            };
            (
                one.line,
                one.severity,
                marked(text, one.range.as_ref().unwrap()),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            (2, Severity::Error, "\"enfroce\"".to_owned()),
            (2, Severity::Error, "context.nope".to_owned()),
            (3, Severity::Error, "Action::\"red\"".to_owned()),
            (4, Severity::Warning, "aproval".to_owned()),
        ]
    );
    let bytes = found[1].bytes.unwrap();
    assert_eq!(&policy[bytes.start..bytes.end], "context.nope");
    assert_eq!(found[1].column, 67);
    assert!(found[3].help.as_ref().unwrap().contains("approval"));
}

#[test]
fn what_loads_has_no_errors_and_what_does_not_has_some() {
    let good = "@id(\"a\") @reason(\"r\") permit (principal, action, resource);";
    assert_eq!(diagnose(&sources(good, INVENTORY)), []);
    for pack in checkrein_policies::PACKS {
        let policy = pack.policy.replace("\"baseline.", "\"own.");
        assert_eq!(diagnose(&sources(&policy, "")), [], "{}", pack.name);
    }
    let empty = Sources {
        packs: Some(Vec::new()),
        ..Sources::default()
    };
    assert!(Bundle::load(&empty, &mut |_, _| {}).is_err());
    assert_eq!(diagnose(&empty).len(), 1);
    let nested = format!("permit (p, a, r) when {{ {}", "(".repeat(100_000));
    assert_eq!(diagnose(&sources(&nested, "")).len(), 1);
}

#[test]
fn what_was_valid_before_stays_so_and_nothing_else_does() {
    let policy = |condition: &str| {
        format!(
            "@id(\"a\") @reason(\"r\") permit (principal, action, resource) when {{ {condition} }};"
        )
    };
    let mut bench = Workbench::default();
    let mut both = |text: &str| {
        let sources = sources(text, INVENTORY);
        let fresh = Bundle::load(&sources, &mut |_, _| {});
        assert_eq!(diagnose_on(&mut bench, &sources), diagnose(&sources));
        let kept = bench.load(&sources);
        assert_eq!(diagnose_on(&mut bench, &sources), diagnose(&sources));
        match (fresh, kept) {
            (Ok(fresh), Ok(kept)) => {
                assert_eq!(fresh.digest(), kept.digest());
                assert_eq!(fresh.policies(), kept.policies());
                assert_eq!(fresh.policy_set().unwrap(), kept.policy_set().unwrap());
                assert_eq!(warnings(&sources), diagnose(&sources));
                true
            }
            (fresh, kept) => {
                assert_eq!(fresh.unwrap_err(), kept.unwrap_err());
                false
            }
        }
    };
    let good = policy("context.scope.unbounded");
    assert!(both(&good));
    assert!(both(&good));
    assert!(!both(&policy("context.scope.unbonded")));
    assert!(!both(&good.repeat(2)));
    assert!(both(&good.replace("\"a\"", "\"b\"")));
    assert!(!both(&good.replace("\"a\"", "\"baseline.observe\"")));
    assert!(both(&format!("// a comment\n{good}")));
    assert!(both(&policy("!(context has aproval)")));
}

#[test]
fn mistakes_are_bounded() {
    let policy = "permit (principal, action, resource);\n".repeat(2_000);
    assert!(diagnose(&sources(&policy, "")).len() < 250);
}

#[test]
fn words_of_the_schema_are_offered() {
    offers("|", &["permit", "forbid", "@id", "@reason", "@advice"]);
    offers("@|", &["id", "reason", "advice"]);
    offers("permit (|", &["principal"]);
    offers(
        "permit (principal, action == |",
        &["Action::\"delete\"", "Action::\"destroy\""],
    );
    offers(
        "permit (principal, action in [Action::\"read\", |",
        &["Action::\"delete\""],
    );
    offers("permit (principal, action == Action::|", &["\"delete\""]);
    offers(
        "permit (principal, action == Action::\"de|",
        &["delete", "deploy"],
    );
    offers("permit (principal is |", &["Agent"]);
    offers("permit (principal in |", &["AgentGroup::\"coders\""]);
    offers("permit (principal, action, resource is |", &["Volume"]);
    offers(
        "permit (principal, action, resource in |",
        &["EnvironmentClass::\"production\"", "Environment::\"live\""],
    );
    offers(
        "permit (principal, action, resource) |",
        &["when", "unless"],
    );
    let head = "permit (principal, action, resource) when { ";
    let inside = |text: &str, wanted: &[&str]| offers(&format!("{head}{text}"), wanted);
    inside("|", &["context", "principal", "if", "EnvironmentClass"]);
    inside("context.|", &["operation", "reversibility", "approval"]);
    inside("context.sc|", &["scope"]);
    inside("context.scope.|", &["count", "unbounded"]);
    inside("context.credential.|", &["issued", "classes"]);
    inside("principal.|", &["onBehalfOf"]);
    inside("context.effects.|", &["contains", "containsAny"]);
    inside("context.effects.contains(|", &["Effect::\"egress\""]);
    inside(
        "context.effects.containsAny([Effect::\"mass\", |",
        &["Effect::\"egress\""],
    );
    inside("context has |", &["credential", "approval", "server"]);
    inside(
        "context.reversibility == |",
        &["Reversibility::\"irreversible\""],
    );
    inside(
        "context.reversibility == Reversibility::\"i|",
        &["irreversible"],
    );
    inside("context.approval.approver in |", &["Team::\"dba\""]);
    inside(
        "context.operation == \"|",
        &["railway:volumeDelete", "git:push_force"],
    );
    inside("context.operation like |", &["\"railway:volumeDelete\""]);
    inside(
        "[\"git:push\", \"|\"].contains(context.operation)",
        &["railway:volumeDelete"],
    );
}

#[test]
fn only_what_fits_is_offered() {
    let head = "permit (principal, action, resource) when { ";
    let (labels, word) = at(&format!("{head}context has cred|ential }};"));
    assert_eq!(word, "credential");
    assert!(!labels.contains(&"operation".to_owned()));
    let (labels, word) = at(&format!(
        "{head}\"🦊\" == context.reversibility && Reversibility::\"ir|re\" }};"
    ));
    assert_eq!(
        (labels.len(), word.as_str()),
        (Reversibility::ALL.len(), "irre")
    );
    for silent in [
        "// context.|",
        "\"context.|",
        "@id(\"|",
        "permit (principal) when { 1 == \"|",
    ] {
        assert_eq!(at(silent).0, Vec::<String>::new(), "{silent}");
    }
    assert_eq!(at("permit;|").0, at("|").0);
}

#[test]
fn everything_offered_for_an_attribute_is_valid() {
    let mut tried = 0;
    for attribute in ["reversibility", "completeness", "location"] {
        let start = format!(
            "@id(\"a\") @reason(\"r\") permit (principal, action, resource) when {{ context.{attribute} == "
        );
        for label in at(&format!("{start}|")).0 {
            assert_eq!(
                diagnose(&sources(&format!("{start}{label} }};"), "")),
                [],
                "{label}"
            );
            tried += 1;
        }
    }
    assert!(tried > 10);
}

#[test]
fn text_is_laid_out_once_and_for_all() {
    for pack in checkrein_policies::PACKS {
        let tidy = format("p", pack.policy).unwrap();
        // Policies apart are laid out as they are together, empty lines aside.
        let layout = cedar_policy_formatter::Config {
            line_width: 80,
            indent_width: 4,
        };
        let together = cedar_policy_formatter::policies_str_to_pretty(pack.policy, &layout);
        let filled = |text: &str| -> Vec<String> {
            let lines = text.lines().filter(|line| !line.is_empty());
            lines.map(str::to_owned).collect()
        };
        assert_eq!(filled(&tidy), filled(&together.unwrap()));
        assert_eq!(format("p", &tidy).as_deref(), Ok(tidy.as_str()));
        let lines = pack.policy.lines().map(str::trim);
        let mut comments = lines.filter(|line| line.starts_with("//"));
        assert!(comments.all(|comment| tidy.contains(comment)));
    }
    let tidy = format(
        "p",
        "// why\n@id(\"a\") permit(principal,action,resource)when{true};",
    )
    .unwrap();
    assert_eq!(
        tidy,
        "// why\n@id(\"a\")\npermit (principal, action, resource)\nwhen { true };\n"
    );
    let apart = "\n\n// about the file\n\n\n// Section\n\n// the first\n@id(\"a\")\npermit (principal, action, resource); // beside\n// the second\n@id(\"b\")\npermit (principal, action, resource);\n\n// the end\n\n";
    let tidy = format("p", apart).unwrap();
    assert_eq!(
        tidy,
        "// about the file\n\n// Section\n\n// the first\n@id(\"a\")\npermit (principal, action, resource); // beside\n\n// the second\n@id(\"b\")\npermit (principal, action, resource);\n\n// the end\n"
    );
    assert_eq!(format("p", &tidy).as_deref(), Ok(tidy.as_str()));
    assert_eq!(
        format("p", "// only a comment").as_deref(),
        Ok("// only a comment\n")
    );
    let wrong = format("p", "permit (principal").unwrap_err();
    assert_eq!((wrong[0].file.as_str(), wrong[0].line), ("p", 1));
    assert_eq!(format("p", &"(".repeat(100_000)).unwrap_err().len(), 1);
}

#[test]
fn policies_are_found_around_mistakes() {
    let text = "// 🦊\n@id(\"a\") permit (principal, action, resource);\nnonsense;\n@id(\"b\")\nforbid (principal, action, resource);";
    let found = outline(text);
    let shown: Vec<_> = found
        .iter()
        .map(|one| (one.id.as_str(), one.effect))
        .collect();
    assert_eq!(shown, [("a", "permit"), ("b", "forbid")]);
    assert_eq!(
        marked(text, &found[1].range),
        "@id(\"b\")\nforbid (principal, action, resource);"
    );
}

#[test]
fn spans_are_found_in_the_text_of_the_call() {
    let locate = |call: &str, argument: &str, start, end| {
        let span = Span {
            argument: argument.to_owned().into(),
            start,
            end,
        };
        let found = locate(call, &span);
        found
            .iter()
            .map(|range| marked(call, range))
            .collect::<Vec<_>>()
    };
    let call = r#"{ "tool": "Bash🦊", "arguments" : {"a": [1, {"b": 2}], "command": "echo \"\u00e9\ud83e\udd8a\" && rm\n-rf x"} }"#;
    assert_eq!(locate(call, "command", 0, 4), ["echo"]);
    assert_eq!(
        locate(call, "command", 5, 13),
        ["\\\"\\u00e9\\ud83e\\udd8a\\\""]
    );
    assert_eq!(locate(call, "command", 17, 25), ["rm\\n-rf x"]);
    assert_eq!(locate(call, "command", 17, 999), ["rm\\n-rf x"]);
    let nested =
        r#"{"arguments":{"edits":[{"path":"a"},{"path":"b.rs"}],"commands":["cd x","rm -rf y"]}}"#;
    assert_eq!(locate(nested, "edits.1.path", 0, 4), ["b.rs"]);
    assert_eq!(locate(nested, "commands", 5, 13), ["rm -rf y"]);
    assert_eq!(locate(nested, "commands", 0, 13), ["cd x", "rm -rf y"]);
    for (call, argument) in [
        ("", "a"),
        ("{", "a"),
        ("[]", "a"),
        (nested, "none"),
        (nested, "edits.7"),
        (nested, ""),
    ] {
        assert_eq!(
            locate(call, argument, 0, 9),
            Vec::<String>::new(),
            "{call} {argument}"
        );
    }
}

#[test]
fn spans_of_lists_name_the_right_item() {
    let text = r#"{"tool":"shell","arguments":{"commands":["git status","rm -rf src"]},"agent":{"id":"a"},"workspace":{"root":"/repo"}}"#;
    let call = crate::wire::call_from_json(text.as_bytes()).unwrap();
    let decision = crate::authorize(&bundle(), &call);
    let removal = decision
        .actions
        .iter()
        .find(|judged| judged.action.verb == Verb::Delete)
        .unwrap();
    let found = locate(text, &removal.action.span);
    assert_eq!(marked(text, &found[0]), "src");
}

#[test]
fn the_matrix_is_what_the_bundle_says() {
    let found = matrix(&bundle(), &MatrixOptions::default()).unwrap();
    assert_eq!(
        found.cells.len(),
        found.verbs.len() * found.types.len() * found.environments.len()
    );
    let cell = |verb: &str, kind: &str, environment: &str| {
        found
            .cells
            .iter()
            .find(|cell| (cell.verb, cell.kind, cell.environment) == (verb, kind, environment))
            .unwrap()
    };
    assert_eq!(cell("read", "Table", "production").verdict, "allow");
    let deletion = cell("delete", "Volume", "production");
    assert_eq!(
        (deletion.verdict, deletion.teams.as_slice()),
        ("needs_approval", &["dba".to_owned()][..])
    );
    assert!(
        deletion
            .policies
            .contains(&"baseline.ask_production".to_owned())
    );
    assert_eq!(cell("update", "Guard", "local").verdict, "deny");
    let wrong = MatrixOptions {
        verbs: Some(vec!["destroi".to_owned()]),
        ..MatrixOptions::default()
    };
    assert_eq!(
        matrix(&bundle(), &wrong),
        Err("there is no verb `destroi`".to_owned())
    );
}

#[test]
fn examples_land_where_they_say() {
    let bundle = bundle();
    let found = examples(&bundle, "cursor");
    assert!(found.len() >= 60, "{}", found.len());
    for landing in &found {
        let text = landing.example.call.to_string();
        let call = crate::wire::call_from_json(text.as_bytes()).unwrap();
        let decision = crate::authorize(&bundle, &call);
        assert_eq!(decision.verdict.as_str(), landing.example.verdict);
        let lands = decision.actions.iter().any(|judged| {
            let action = &judged.action;
            action.verb.as_str() == landing.verb
                && action.resource.kind.as_str() == landing.kind
                && action.environment.class.as_str() == landing.environment
        });
        assert!(lands, "{text}");
    }
    for class in [
        EnvironmentClass::Local,
        EnvironmentClass::Unknown,
        EnvironmentClass::Production,
    ] {
        assert!(
            found
                .iter()
                .any(|landing| landing.environment == class.as_str()),
            "{class}"
        );
    }
}

#[test]
fn tests_of_packs_pass_and_wrong_ones_fail() {
    for pack in checkrein_policies::PACKS {
        let found = run_tests(&bundle(), pack.tests).unwrap();
        assert_eq!(found.failed, 0);
        assert!(
            found.untested.iter().all(|id| id.ends_with(".approved")),
            "{:?}",
            found.untested
        );
    }
    let case = |verb: &str, expect: &str| {
        format!(
            r#"[{{"policy": "baseline.observe",
                 "fires": {{"verb": "{verb}", "type": "Table", "environment": "live", "expect": "{expect}"}},
                 "spares": {{"verb": "update", "type": "Table", "environment": "staging", "expect": "allow"}}}}]"#
        )
    };
    let problems = |verb: &str, expect: &str| {
        let found = run_tests(&bundle(), &case(verb, expect)).unwrap();
        assert_eq!(found.passed + found.failed, 2);
        found.trials[0].problem.clone().unwrap_or_default()
    };
    assert_eq!(problems("read", "allow"), "");
    assert_eq!(problems("read", "deny"), "the verdict is allow, not deny");
    assert_eq!(
        problems("update", "needs_approval"),
        "policy `baseline.observe` does not match"
    );
    assert_eq!(problems("raed", "allow"), "there is no verb `raed`");
    assert!(run_tests(&bundle(), "[{}]").is_err());
}

#[test]
fn every_word_has_a_meaning() {
    for (name, words) in vocabulary() {
        for word in words {
            assert!(word.about.ends_with('.'), "{name} {}", word.word);
        }
    }
    assert!(Model::get().is_some());
}
