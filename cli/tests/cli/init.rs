//! `checkrein init`, `fingerprint`, `demo` and the help texts.

use std::fs;

use crate::support::Home;

#[test]
fn what_is_written_is_valid_and_is_never_overwritten_unasked() {
    let home = Home::new();
    let first = home.run(&["init"], "");
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    assert!(first.stdout.contains("check --pin"), "{}", first.stdout);
    let checked = home.run(&["check"], "");
    assert_eq!(checked.code, Some(0), "{}", checked.stderr);
    assert!(
        checked.stdout.contains("your own in 1 file"),
        "{}",
        checked.stdout
    );

    let config = home.path("workspace/checkrein.toml");
    fs::write(&config, "# mine\n").unwrap();
    let second = home.run(&["init"], "");
    assert_eq!(second.code, Some(1));
    assert!(second.stderr.contains("--force"), "{}", second.stderr);
    assert_eq!(fs::read_to_string(&config).unwrap(), "# mine\n");
    assert_eq!(home.run(&["init", "--force"], "").code, Some(0));
    assert_ne!(fs::read_to_string(&config).unwrap(), "# mine\n");
}

#[test]
fn every_commented_example_of_the_configuration_is_valid_too() {
    let home = Home::new();
    home.run(&["init"], "");
    let config = home.path("workspace/checkrein.toml");
    let text = fs::read_to_string(&config).unwrap();
    let uncommented: Vec<&str> = text
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(example) if example.starts_with('[') || example.contains(" = ") => example,
            _ => line,
        })
        .collect();
    fs::write(&config, uncommented.join("\n")).unwrap();
    let checked = home.run(&["check"], "");
    assert_eq!(checked.code, Some(0), "{}", checked.stderr);
    assert!(
        checked
            .stdout
            .contains("2 environments, 1 credential, 1 resource, 1 approver"),
        "{}",
        checked.stdout
    );
}

#[test]
fn a_directory_of_the_operator_needs_no_pin() {
    let home = Home::new();
    let answer = home.run(&["init", home.path("user").to_str().unwrap()], "");
    assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    assert!(!answer.stdout.contains("--pin"), "{}", answer.stdout);
    let checked = home.run(&["check"], "");
    assert!(
        checked.stdout.contains("the operator's own"),
        "{}",
        checked.stdout
    );
}

#[test]
fn a_fingerprint_is_that_of_the_text_without_its_line_break() {
    let home = Home::new();
    let digest = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n";
    for input in ["abc", "abc\n", "abc\r\n"] {
        assert_eq!(home.run(&["fingerprint"], input).stdout, digest);
    }
    for input in [&b""[..], b"\n", b"\xff"] {
        home.run(&["fingerprint"], input)
            .assert_stopped("no credential");
    }
}

#[test]
fn the_demo_denies_the_deletion_and_allows_its_twin() {
    let answer = Home::new().run(&["demo"], "");
    assert_eq!(answer.code, Some(0), "{}", answer.stdout);
    assert!(answer.stdout.contains("vol_prod_db"), "{}", answer.stdout);
    assert!(
        answer.stdout.contains("the deletion was denied"),
        "{}",
        answer.stdout
    );
    assert!(!answer.stdout.contains('\u{1b}'));
    for line in answer.stdout.lines() {
        assert!(line.chars().count() <= 90, "{line}");
    }
}

#[test]
fn every_command_explains_itself_with_examples() {
    let home = Home::new();
    for command in [
        &["--help"][..],
        &["authorize", "--help"],
        &["explain", "--help"],
        &["check", "--help"],
        &["init", "--help"],
        &["fingerprint", "--help"],
        &["hook", "claude-code", "--help"],
        &["hook", "cursor", "--help"],
    ] {
        let answer = home.run(command, "");
        assert_eq!(answer.code, Some(0));
        assert!(
            answer.stdout.contains("Examples:"),
            "{command:?}: {}",
            answer.stdout
        );
    }
}
