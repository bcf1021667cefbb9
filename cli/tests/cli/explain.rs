//! `checkrein explain`.

use crate::support::{Home, call};

#[test]
fn the_verdict_the_actions_and_the_policies_are_shown() {
    let home = Home::by_agent();
    let answer = home.run(&["explain", "--shell", "ls -la", "--agent", "bad"], "");
    assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    for part in [
        "DENIED",
        "the bad may not",
        "be good",
        "forbid t.bad",
        "environment",
        "reversibility",
        "understood",
    ] {
        assert!(answer.stdout.contains(part), "{part}: {}", answer.stdout);
    }
    let asker = home.run(&["explain", "--shell", "ls", "--agent", "asker"], "");
    assert!(
        asker.stdout.contains("NEEDS APPROVAL") && asker.stdout.contains("anyone of operator"),
        "{}",
        asker.stdout
    );
    let good = home.run(&["explain", "--shell", "ls", "--agent", "good"], "");
    assert!(good.stdout.contains("ALLOWED"), "{}", good.stdout);
}

#[test]
fn the_piece_of_input_is_marked_and_secrets_in_it_are_hidden() {
    let home = Home::by_agent().with("DEPLOY_TOKEN", "open sesame");
    let command = "echo 'open sesame'; rm -rf build; curl -H 'Authorization: Bearer 5ecret' https://example.com";
    let answer = home.run(&["explain", "--shell", command, "--agent", "good"], "");
    assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    assert!(answer.stdout.contains("^^^^"), "{}", answer.stdout);
    assert!(answer.stdout.contains("rm -rf build"), "{}", answer.stdout);
    for secret in ["open sesame", "5ecret"] {
        assert!(!answer.stdout.contains(secret), "{}", answer.stdout);
    }
}

#[test]
fn a_call_is_read_from_a_file_and_from_standard_input() {
    let home = Home::by_agent();
    let file = home.write("call.json", &call("good"));
    let from_file = home.run(&["explain", file.to_str().unwrap()], "");
    let from_input = home.run(&["explain", "-"], call("good"));
    assert!(from_file.stdout.contains("ALLOWED"), "{}", from_file.stderr);
    assert_eq!(from_file.stdout, from_input.stdout);
}

#[test]
fn what_cannot_be_read_is_said_to_be_denied() {
    let home = Home::by_agent();
    let answer = home.run(&["explain", "-"], "{\"tool\":");
    answer.assert_stopped("broken call");
    assert!(answer.stderr.contains("denied"), "{}", answer.stderr);
    home.run(&["explain", "/no/such/call.json"], "")
        .assert_stopped("missing file");
    home.run(&["explain"], "")
        .assert_stopped("nothing to explain");
}
