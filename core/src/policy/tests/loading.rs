//! Loading: every mistake is found, placed and explained, and nothing half-loaded remains.

use super::{action, call};
use crate::decision::DenyReason;
use crate::error::LoadErrors;
use crate::policy::{Bundle, Compiled, SourceFile, Sources};
use crate::vocabulary::{ResourceType, Verb};

const HEAD: &str = "@id(\"a\")\n@reason(\"r\")\n";

fn sources(text: &str) -> Sources {
    let file = SourceFile {
        name: "own.cedar".to_owned(),
        text: text.to_owned(),
    };
    Sources {
        policies: vec![file],
        packs: Some(Vec::new()),
        ..Sources::default()
    }
}

fn load(text: &str) -> Result<Bundle, LoadErrors> {
    Bundle::load(&sources(text), &mut |_, _| {})
}

/// Line, column and message of the only mistake.
fn mistake(text: &str) -> (u32, u32, String) {
    let errors = load(text).unwrap_err();
    assert_eq!(errors.as_slice().len(), 1, "{errors}");
    let error = &errors.as_slice()[0];
    assert_eq!(error.file, "own.cedar");
    assert_eq!(
        error.text,
        text.lines().nth(error.line as usize - 1).unwrap(),
        "{errors}"
    );
    (error.line, error.column, error.message.clone())
}

#[test]
fn a_good_policy_loads() {
    let bundle = load(&format!("{HEAD}permit(principal, action, resource);")).unwrap();
    assert_eq!(bundle.policies().len(), 1);
    assert_eq!(bundle.policies()[0].id, "a");
    assert!(bundle.digest().starts_with("sha256:"));
}

#[test]
fn annotations_are_required_and_ids_unique() {
    let policy = "permit(principal, action, resource);\n";
    let ok = format!("{HEAD}{policy}");
    assert_eq!(mistake(&format!("{ok}@reason(\"r\") {policy}")).0, 4);
    assert_eq!(
        mistake(&format!("{ok}@id(\"b\") {policy}")).2,
        "policy without a reason"
    );
    assert_eq!(
        mistake(&format!("@id(\"b\") @reason(\" \") {policy}")).2,
        "policy without a reason"
    );
    let twice = mistake(&format!("{ok}\n{HEAD}{policy}"));
    assert_eq!(
        twice,
        (5, 1, "policy id `a` is used at own.cedar:1".to_owned())
    );
    let reserved = mistake(&format!("@id(\"checkrein.x\") @reason(\"r\") {policy}"));
    assert_eq!(reserved.2, "reserved policy id");
    let misspelt = mistake(&format!(
        "@id(\"b\") @reason(\"r\") @advise(\"x\") {policy}"
    ));
    assert_eq!(misspelt.2, "unknown annotation `@advise`");
}

#[test]
fn ids_of_a_pack_are_taken() {
    let text = "@id(\"baseline.observe\") @reason(\"r\") permit(principal, action, resource);";
    let with_pack = Sources {
        packs: None,
        ..sources(text)
    };
    let errors = Bundle::load(&with_pack, &mut |_, _| {}).unwrap_err();
    assert!(
        errors.to_string().contains("is used by pack `baseline`"),
        "{errors}"
    );
}

#[test]
fn templates_are_refused() {
    let text = format!("{HEAD}permit(principal == ?principal, action, resource);");
    assert_eq!(
        mistake(&text),
        (3, 21, "templates are not supported".to_owned())
    );
}

#[test]
fn the_validator_finds_what_would_never_fire_or_fail() {
    let with = |condition: &str| {
        format!("{HEAD}forbid(principal, action, resource)\nwhen {{\n  {condition}\n}};")
    };
    for (condition, column, message) in [
        ("context.nope == 1", 3, "`nope`"),
        ("context.effects.contains(Effect::\"masss\")", 28, "masss"),
        ("context.scope.count > 3", 3, "`scope.count`"),
        ("\"a\" in context.effects", 3, "unexpected type"),
        ("context.credential.issued", 3, "optional attribute"),
        (
            "resource in EnvironmentClass::\"Production\"",
            15,
            "Production",
        ),
        ("resource in Env::\"x\"", 15, "Env"),
        ("context.operation == 3", 3, "not compatible"),
    ] {
        let found = mistake(&with(condition));
        assert_eq!((found.0, found.1), (5, column), "{condition}: {found:?}");
        assert!(found.2.contains(message), "{condition}: {}", found.2);
    }
    assert!(load(&with("context.scope has count && context.scope.count > 3")).is_ok());
}

#[test]
fn a_policy_that_can_never_match_is_refused() {
    let text =
        format!("{HEAD}forbid(principal, action, resource is Table) when {{ resource is File }};");
    assert!(
        mistake(&text).2.contains("impossible"),
        "{}",
        mistake(&text).2
    );
}

#[test]
fn syntax_errors_are_placed() {
    let text =
        format!("{HEAD}permit(principal, action, resource);\n\n{HEAD}permit(principal action);");
    let (line, column, _) = mistake(&text);
    assert_eq!((line, column), (7, 18));
    assert_eq!(mistake("permit(principal, action, resource)").0, 1);
}

#[test]
fn every_mistake_of_every_file_is_reported() {
    let file = |name: &str, text: String| SourceFile {
        name: name.to_owned(),
        text,
    };
    let sources = Sources {
        policies: vec![
            file(
                "one.cedar",
                format!("{HEAD}permit(principal, action, resourc);"),
            ),
            file(
                "two.cedar",
                "permit(principal, action, resource);".to_owned(),
            ),
        ],
        packs: Some(Vec::new()),
        inventory: None,
    };
    let errors = Bundle::load(&sources, &mut |_, _| {}).unwrap_err();
    let places: Vec<_> = errors
        .as_slice()
        .iter()
        .map(|e| (e.file.as_str(), e.line))
        .collect();
    assert_eq!(
        places,
        [("one.cedar", 3), ("two.cedar", 1), ("two.cedar", 1)]
    );
}

#[test]
fn an_empty_bundle_is_an_error() {
    for text in ["", "// nothing\n"] {
        let errors = load(text).unwrap_err();
        assert!(errors.to_string().contains("empty bundle"), "{errors}");
    }
    let no_pack = Sources {
        packs: Some(vec!["nope".to_owned()]),
        ..Sources::default()
    };
    assert!(Bundle::load(&no_pack, &mut |_, _| {}).is_err());
}

/// On a stack as small as a wasm module or a worker thread may have.
fn on_small_stack(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new()
        .stack_size(1024 * 1024)
        .spawn(work)
        .unwrap();
    thread.join().unwrap();
}

#[test]
fn nesting_bombs_are_errors_and_leave_the_old_bundle_working() {
    on_small_stack(|| {
        let old = load(&format!("{HEAD}permit(principal, action, resource);")).unwrap();
        for levels in [100, 1_000, 10_000, 100_000] {
            for (open, close) in [
                ("(", ")"),
                ("!(", ")"),
                ("[", "]"),
                ("{a: ", "}"),
                ("if true then true else ", ""),
                ("context.a[", "]"),
                ("[].contains(", ")"),
            ] {
                let bomb = format!("{}true{}", open.repeat(levels), close.repeat(levels));
                let text = format!("{HEAD}permit(principal, action, resource)\nwhen {{ {bomb} }};");
                let (line, _, message) = mistake(&text);
                assert_eq!(line, 4);
                assert!(message.contains("nests deeper than 64"), "{message}");
            }
            let sum = format!("1{} > 0", " + 1".repeat(levels * 10));
            let text = format!("{HEAD}permit(principal, action, resource)\nwhen {{ {sum} }};");
            assert!(mistake(&text).2.contains("more than 128 operators"));
            let query = old.query(
                &call("a"),
                &action(Verb::Read, ResourceType::File, "f"),
                None,
            );
            assert!(old.evaluate(&query.unwrap()).allowed);
        }
    });
}

#[test]
fn what_the_limits_admit_fits_a_small_stack() {
    on_small_stack(|| {
        for (open, close) in [("(", ")"), ("!(", ")"), ("if true then true else ", "")] {
            let nested = format!("{}true{}", open.repeat(62), close.repeat(62));
            let text = format!("{HEAD}permit(principal, action, resource)\nwhen {{ {nested} }};");
            let bundle = load(&text).unwrap();
            let query = bundle.query(
                &call("a"),
                &action(Verb::Read, ResourceType::File, "f"),
                None,
            );
            let outcome = bundle.evaluate(&query.unwrap());
            assert!(outcome.allowed, "{open} {:?}", outcome.errors);
        }
        let sum = format!("1{} > 0", " + 1".repeat(125));
        let text = format!("{HEAD}permit(principal, action, resource)\nwhen {{ {sum} }};");
        let bundle = load(&text).unwrap();
        let query = bundle.query(
            &call("a"),
            &action(Verb::Read, ResourceType::File, "f"),
            None,
        );
        let outcome = bundle.evaluate(&query.unwrap());
        assert!(outcome.allowed, "{:?}", outcome.errors);
    });
}

const OWN: &str = "@id(\"own.tables\") @reason(\"tables stay\")\n\
    forbid(principal, action in Action::\"destroy\", resource is Table);\n\
    @id(\"own.reads\") @reason(\"reads\") permit(principal, action == Action::\"read\", resource);\n";

#[test]
fn a_compiled_bundle_answers_like_a_loaded_one() {
    let sources = Sources {
        packs: None,
        ..sources(OWN)
    };
    let mut seen = Vec::new();
    let compiled = Bundle::compile(&sources, &mut |done, total| seen.push((done, total))).unwrap();
    assert_eq!(seen, [(0, 2), (1, 2), (2, 2)]);
    let stored = serde_json::to_string(&compiled).unwrap();
    let compiled: Compiled = serde_json::from_str(&stored).unwrap();
    let opened = Bundle::open(&sources, &compiled).unwrap();
    let loaded = Bundle::load(&sources, &mut |_, _| {}).unwrap();
    assert_eq!(opened.digest(), loaded.digest());
    for verb in Verb::ALL {
        for kind in ResourceType::ALL {
            let action = action(*verb, *kind, "it");
            let one = opened.query(&call("a"), &action, None).unwrap();
            let two = loaded.query(&call("a"), &action, None).unwrap();
            assert_eq!(
                opened.evaluate(&one),
                loaded.evaluate(&two),
                "{verb} {kind}"
            );
        }
    }
}

#[test]
fn a_compiled_form_fits_only_its_sources() {
    let own = sources(OWN);
    let compiled = Bundle::compile(&own, &mut |_, _| {}).unwrap();
    assert!(Bundle::open(&sources(&format!("{OWN} ")), &compiled).is_err());
    let inventory = SourceFile {
        name: "i".to_owned(),
        text: "[policy]\n".to_owned(),
    };
    let other = Sources {
        inventory: Some(inventory),
        ..own.clone()
    };
    assert!(Bundle::open(&other, &compiled).is_err());
    let mut fewer = compiled.clone();
    fewer.policies.remove(0);
    assert!(Bundle::open(&own, &fewer).is_err());
    let mut digest = compiled.clone();
    digest.digest.push('0');
    assert!(Bundle::open(&own, &digest).is_err());
    assert!(Bundle::open(&own, &compiled).is_ok());
}

#[test]
fn a_compiled_policy_that_is_not_what_the_text_says_denies() {
    let own = sources(OWN);
    let mut compiled = Bundle::compile(&own, &mut |_, _| {}).unwrap();
    compiled.policies[0].effect = "permit".to_owned();
    let bundle = Bundle::open(&own, &compiled).unwrap();
    let delete = action(Verb::Delete, ResourceType::Table, "t");
    let outcome = bundle.evaluate(&bundle.query(&call("a"), &delete, None).unwrap());
    assert!(!outcome.allowed);
    assert!(
        matches!(outcome.errors[..], [DenyReason::Bundle(_)]),
        "{:?}",
        outcome.errors
    );
}

#[test]
fn the_digest_covers_every_source() {
    let own = sources(OWN);
    let base = load(OWN).unwrap().digest().to_owned();
    let inventory = SourceFile {
        name: "i".to_owned(),
        text: "# note\n".to_owned(),
    };
    let with_inventory = Sources {
        inventory: Some(inventory),
        ..own.clone()
    };
    let with_pack = Sources { packs: None, ..own };
    for sources in [with_inventory, with_pack] {
        assert_ne!(
            Bundle::load(&sources, &mut |_, _| {}).unwrap().digest(),
            base
        );
    }
    assert_ne!(load(&format!("{OWN}\n")).unwrap().digest(), base);
    assert_eq!(load(OWN).unwrap().digest(), base);
}
