//! `checkrein authorize`.

use std::io::{BufRead as _, BufReader, Write as _};

use crate::support::{Home, call};

fn verdicts(answer: &crate::support::Answer) -> Vec<String> {
    answer
        .lines()
        .iter()
        .map(|line| line["verdict"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn each_call_is_answered_in_order() {
    let home = Home::by_agent();
    let calls = [call("good"), call("bad"), call("asker"), call("good")].join("\n");
    let answer = home.run(&["authorize"], &calls);
    assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    assert_eq!(
        verdicts(&answer),
        ["allow", "deny", "needs_approval", "allow"]
    );
    let denied = &answer.lines()[1];
    assert_eq!(denied["advice"], "be good");
    assert_eq!(denied["errors"], serde_json::json!([]));
    assert!(denied["bundle"].as_str().unwrap().starts_with("sha256:"));
}

#[test]
fn blank_lines_are_skipped_and_the_last_line_needs_no_line_break() {
    let home = Home::by_agent();
    let calls = format!("\n  \r\n{}\r\n\n{}", call("good"), call("bad"));
    assert_eq!(
        verdicts(&home.run(&["authorize"], calls)),
        ["allow", "deny"]
    );
    let nothing = home.run(&["authorize"], "");
    assert_eq!((nothing.code, nothing.stdout.as_str()), (Some(0), ""));
}

#[test]
fn an_answer_comes_before_the_next_call_is_sent() {
    let home = Home::by_agent();
    let mut child = home.command(&["authorize"]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    for agent in ["good", "bad"] {
        // The beginning of another call must not hold the answer back.
        writeln!(stdin, "{}", call(agent)).unwrap();
        stdin.write_all(b" ").unwrap();
        let answer = answers.next().unwrap().unwrap();
        assert_eq!(
            answer.contains(r#""verdict":"allow""#),
            agent == "good",
            "{answer}"
        );
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn pretty_is_the_same_decision() {
    let home = Home::by_agent();
    let line = home.run(&["authorize"], call("bad"));
    let pretty = home.run(&["authorize", "--pretty"], call("bad"));
    assert_eq!(line.json(), pretty.json());
    assert_eq!(line.stdout.lines().count(), 1);
    assert!(pretty.stdout.lines().count() > 10);
}

#[test]
fn a_named_pack_replaces_those_of_the_configuration() {
    let home = Home::new();
    let answer = home.run(&["authorize", "--pack", "baseline"], call("x"));
    assert_eq!(answer.json()["errors"], serde_json::json!([]));
    let none = home.run(&["authorize", "--pack", "no-such-pack"], call("x"));
    assert_eq!((none.code, none.stdout.as_str()), (Some(2), ""));
    assert!(
        none.stderr.contains("there is no pack of this name"),
        "{}",
        none.stderr
    );
}

#[test]
fn without_any_configuration_the_baseline_decides() {
    let home = Home::new();
    let list = r#"{"tool":"Bash","arguments":{"command":"ls -la"},"agent":{"id":"a"},"workspace":{"root":"/w","cwd":"/w"}}"#;
    let wipe = list.replace("ls -la", "rm -rf /etc");
    let answer = home.run(&["authorize"], format!("{list}\n{wipe}\n"));
    assert_eq!(verdicts(&answer)[0], "allow", "{}", answer.stdout);
    assert_ne!(verdicts(&answer)[1], "allow", "{}", answer.stdout);
}
