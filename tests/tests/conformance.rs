//! The conformance cases through the Rust library.
//!
//! `CHECKREIN_BLESS=1` writes what the core decides into the cases; review the difference like code.

use std::collections::HashMap;

use checkrein::wire::canonical;
use checkrein_tests::{Case, cases, root};

/// More than this many cases must be there, so that a lost folder is noticed.
const AT_LEAST: usize = 20;

#[test]
fn every_case_is_decided_as_written() {
    let bless = std::env::var_os("CHECKREIN_BLESS").is_some();
    let all = cases(&root());
    assert!(all.len() >= AT_LEAST, "only {} cases found", all.len());
    let mut bundles = HashMap::new();
    let mut wrong = Vec::new();
    for case in &all {
        let folder = case.path.parent().map(std::path::Path::to_path_buf);
        let bundle = bundles.entry(folder).or_insert_with(|| case.bundle());
        let decided = case.decide(bundle);
        if canonical(&decided) == canonical(&case.content["decision"]) {
            continue;
        }
        if bless {
            write(case, decided);
        } else {
            wrong.push(format!(
                "{}\n  expected {}\n  decided  {}",
                case.path.display(),
                canonical(&case.content["decision"]),
                canonical(&decided)
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} cases:\n{}",
        wrong.len(),
        all.len(),
        wrong.join("\n")
    );
}

/// A case says in `must` what its verdict has to be, so that blessing cannot turn it around.
#[test]
fn every_case_has_the_verdict_it_must_have() {
    for case in cases(&root()) {
        let must = case.content["must"].as_str().unwrap_or_default();
        assert!(
            !must.is_empty(),
            "{}: `must` is missing",
            case.path.display()
        );
        assert_eq!(
            case.content["decision"]["verdict"],
            must,
            "{}",
            case.path.display()
        );
    }
}

fn write(case: &Case, decided: serde_json::Value) {
    let mut content = case.content.clone();
    content["decision"] = decided;
    let mut text = serde_json::to_string_pretty(&content).expect("JSON can be written");
    text.push('\n');
    std::fs::write(&case.path, text).expect("a writable case");
}
