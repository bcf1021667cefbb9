//! `checkrein catalogue` as people use it.

use std::process::Command;

fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_checkrein"))
        .arg("catalogue")
        .args(arguments)
        .output()
        .expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code(), text)
}

#[test]
fn a_subcommand_is_shown_with_its_acts() {
    let (code, text) = run(&["show", "git", "push"]);
    assert_eq!(code, Some(0));
    assert!(
        text.contains("git:push_force") && text.contains("irreversible"),
        "{text}"
    );
}

#[test]
fn what_is_below_an_entry_is_listed() {
    let (code, text) = run(&["show", "git"]);
    assert_eq!(code, Some(0));
    assert!(text.contains("git push"), "{text}");
}

#[test]
fn what_is_not_known_is_an_error() {
    assert_eq!(run(&["show", "no-such-program"]).0, Some(1));
    assert_eq!(run(&["search", "nothing-is-named-so"]).0, Some(1));
}

#[test]
fn operations_are_found_as_json() {
    let (code, text) = run(&["search", "volumeDelete", "--json"]);
    assert_eq!(code, Some(0));
    let found: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let kinds: Vec<&str> = found
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|entry| entry["kind"].as_str())
        .collect();
    assert!(
        kinds.contains(&"api") && kinds.contains(&"program"),
        "{text}"
    );
}

#[test]
fn programs_are_checked_one_by_one() {
    assert_eq!(
        run(&["check", "git", "kubectl", "/usr/bin/psql"]).0,
        Some(0)
    );
    let (code, text) = run(&["check", "git", "no-such-program"]);
    assert_eq!(code, Some(1));
    assert!(text.contains("unknown"), "{text}");
}
