//! The facet cases through the Rust library.
//!
//! `cargo test -p checkrein-tests --test facets -- --nocapture` shows the number of cases;
//! `CHECKREIN_FACETS=cli/git` runs only the files whose path holds that text.

use std::collections::{HashMap, HashSet};

use checkrein_tests::facets::{Topic, bundle, summary, topics};

#[test]
fn every_call_is_understood_as_expected() {
    let only = std::env::var("CHECKREIN_FACETS").unwrap_or_default();
    let mut bundles = HashMap::new();
    let mut count = 0_usize;
    let mut wrong = Vec::new();
    for (file, topic) in topics().iter().filter(|(file, _)| file.contains(&only)) {
        for case in &topic.cases {
            count += 1;
            let inventory = topic.inventory(case);
            let bundle = bundles
                .entry(inventory.map(str::to_owned))
                .or_insert_with(|| bundle(inventory));
            let decision = case.decide(bundle);
            let mistakes = case.mistakes(&decision);
            if !mistakes.is_empty() {
                let actions = decision["actions"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(summary);
                wrong.push(format!(
                    "{file}: {}\n  {}\n    {}",
                    case.name,
                    mistakes.join("\n  "),
                    actions.collect::<Vec<_>>().join("\n    ")
                ));
            }
        }
    }
    println!("{count} facet cases");
    assert!(
        wrong.is_empty(),
        "{} of {count} cases:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// What is stopped must have a harmless neighbour that is not.
#[test]
fn every_stopped_case_has_an_allowed_neighbour() {
    let mut wrong = Vec::new();
    for (file, topic) in &topics() {
        wrong.extend(
            unpaired(topic)
                .into_iter()
                .map(|name| format!("{file}: {name}")),
        );
    }
    assert!(
        wrong.is_empty(),
        "without an allowed neighbour in its file:\n{}",
        wrong.join("\n")
    );
}

fn unpaired(topic: &Topic) -> Vec<&str> {
    let mut names = HashSet::new();
    let mut wrong = Vec::new();
    for case in &topic.cases {
        if !names.insert(&case.name) {
            wrong.push(case.name.as_str());
        }
    }
    let allowed: HashSet<&str> = topic
        .cases
        .iter()
        .filter(|case| case.verdict == "allow")
        .map(|case| case.name.as_str())
        .collect();
    let stopped = topic.cases.iter().filter(|case| case.verdict != "allow");
    let alone = stopped.filter(|case| {
        !case
            .neighbour
            .as_deref()
            .is_some_and(|neighbour| allowed.contains(neighbour))
    });
    wrong.extend(alone.map(|case| case.name.as_str()));
    wrong
}
