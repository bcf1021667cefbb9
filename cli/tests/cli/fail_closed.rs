//! Nothing that goes wrong ends in permission: each failure on each surface.

use std::io::Write as _;

use serde_json::{Value, json};

use crate::support::{Home, call};

/// Texts that are no call and no event.
fn broken() -> Vec<(&'static str, Vec<u8>)> {
    let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    vec![
        ("not JSON", b"rm -rf /".to_vec()),
        ("cut off", br#"{"tool":"Bash","tool_name":"Bash","#.to_vec()),
        (
            "two documents",
            format!("{0}{0}", call("good")).into_bytes(),
        ),
        ("an array", b"[]".to_vec()),
        ("null", b"null".to_vec()),
        ("an empty object", b"{}".to_vec()),
        (
            "depth bomb",
            format!(r#"{{"tool":{}}}"#, nested(100_000)).into_bytes(),
        ),
        ("invalid UTF-8", b"{\"tool\":\"\xff\xfe\"}".to_vec()),
        (
            "10 MB",
            format!(r#"{{"tool":"{}"}}"#, "x".repeat(10 * 1024 * 1024)).into_bytes(),
        ),
    ]
}

/// Calls with one thing wrong.
fn wrong_calls() -> Vec<(&'static str, Vec<u8>)> {
    let good = call("good");
    let edited = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replace(from, to).into_bytes()
    };
    let mut calls = broken();
    calls.extend([
        ("wrong type", edited(r#""tool":"Bash""#, r#""tool":7"#)),
        (
            "missing field",
            edited(r#""tool":"Bash""#, r#""server":"s""#),
        ),
        ("unknown field", edited(r#""tool""#, r#""mood":1,"tool""#)),
        (
            "duplicate key",
            edited(r#""tool""#, r#""tool":"Read","tool""#),
        ),
    ]);
    calls
}

/// Events with one thing wrong.
fn wrong_events(good: &Value) -> Vec<(&'static str, Vec<u8>)> {
    let mut events = broken();
    let mut edit = |what, member: &str, value: Value| {
        let mut event = good.clone();
        event[member] = value;
        events.push((what, event.to_string().into_bytes()));
    };
    edit("no event name", "hook_event_name", Value::Null);
    edit("event name of another type", "hook_event_name", json!(1));
    edit(
        "event of another spelling",
        "hook_event_name",
        json!("Pretooluse"),
    );
    edit("relative directory", "cwd", json!("src"));
    edit("directory of another type", "cwd", json!(["/"]));
    let twice = good
        .to_string()
        .replacen('{', r#"{"hook_event_name":"x","#, 1);
    events.push(("duplicate key", twice.into_bytes()));
    events
}

fn hooks(home: &Home) -> [(&'static str, Value); 2] {
    [
        ("claude-code", home.claude("ls")),
        ("cursor", home.cursor("ls")),
    ]
}

#[test]
fn authorize_denies_every_wrong_line_and_answers_the_next() {
    let home = Home::by_agent();
    let mut input = Vec::new();
    let wrong = wrong_calls();
    for (_, line) in &wrong {
        input.extend_from_slice(line);
        input.push(b'\n');
        input.extend_from_slice(call("good").as_bytes());
        input.push(b'\n');
    }
    let answer = home.run(&["authorize"], input);
    assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    let decisions = answer.lines();
    assert_eq!(decisions.len(), 2 * wrong.len());
    for ((what, _), pair) in wrong.iter().zip(decisions.chunks(2)) {
        assert_eq!(pair[0]["verdict"], "deny", "{what}");
        assert!(!pair[0]["errors"].as_array().unwrap().is_empty(), "{what}");
        assert_eq!(pair[1]["verdict"], "allow", "after {what}: {}", pair[1]);
    }
}

#[test]
fn hooks_stop_the_call_of_every_wrong_event() {
    let home = Home::by_agent();
    for (host, event) in hooks(&home) {
        let good = home.run(&["hook", host, "--agent", "good"], event.to_string());
        assert_eq!(
            (good.code, good.stdout.as_str()),
            (Some(0), "{}\n"),
            "{host}: {}",
            good.stderr
        );
        for (what, wrong) in wrong_events(&event) {
            home.run(&["hook", host, "--agent", "good"], wrong)
                .assert_stopped(&format!("{host}: {what}"));
        }
    }
}

#[test]
fn hooks_stop_calls_whose_parts_are_missing_or_wrong() {
    let home = Home::by_agent();
    let stop = |host: &str, event: &Value| {
        let answer = home.run(&["hook", host, "--agent", "good"], event.to_string());
        answer.assert_stopped(&format!("{host}: {event}"));
    };
    for (member, value) in [
        ("tool_name", Value::Null),
        ("tool_name", json!("")),
        ("tool_input", Value::Null),
        ("tool_input", json!("ls")),
        ("mcp_server", json!("demo")),
    ] {
        let mut event = home.claude("ls");
        event[member] = value;
        stop("claude-code", &event);
    }
    let mut long = home.claude("ls");
    long["tool_input"]["content"] = json!("x".repeat(300 * 1024));
    stop("claude-code", &long);
    for value in [Value::Null, json!(""), json!(["ls"])] {
        let mut event = home.cursor("ls");
        event["command"] = value;
        stop("cursor", &event);
    }
    let mcp = json!({"hook_event_name": "beforeMCPExecution", "tool_name": "x", "tool_input": "{not json"});
    stop("cursor", &mcp);
}

#[test]
fn no_surface_answers_without_a_usable_configuration() {
    let broken_policy =
        "@id(\"t\")\n@reason(\"r\")\nforbid (principal, action == Action::\"delet\", resource);";
    for (what, config, policy) in [
        ("unknown section", "[polices]\n", None),
        ("not TOML", "[policy\n", None),
        ("unknown mode", "[policy]\nmode = \"enfroce\"\n", None),
        (
            "missing directory",
            "[policy]\ndirs = [\"nowhere\"]\n",
            None,
        ),
        ("no policy at all", "[policy]\npacks = []\n", None),
        ("unknown word in a policy", OWN, Some(broken_policy)),
        (
            "policy that does not parse",
            OWN,
            Some("permit (principal, action"),
        ),
    ] {
        let home = Home::new();
        home.write("user/checkrein.toml", config);
        if let Some(policy) = policy {
            home.write("user/policies/p.cedar", policy);
        }
        assert_nothing_is_answered(&home, &[], what);
    }
    let home = Home::new();
    assert_nothing_is_answered(
        &home,
        &["--config", "/no/such/checkrein.toml"],
        "missing file",
    );
    assert_nothing_is_answered(&home, &["--config", "/"], "a directory");
    assert_nothing_is_answered(
        &home.with("CHECKREIN_CONFIG", "/no/such"),
        &[],
        "missing file, by variable",
    );
}

const OWN: &str = crate::support::OWN_ONLY;

fn assert_nothing_is_answered(home: &Home, options: &[&str], what: &str) {
    let with = |command: &[&'static str]| [command, options].concat();
    home.run(&with(&["authorize"]), call("good"))
        .assert_stopped(&format!("authorize: {what}"));
    for (host, event) in hooks(home) {
        let arguments = with(&["hook", host, "--agent", "good"]);
        home.run(&arguments, event.to_string())
            .assert_stopped(&format!("{host}: {what}"));
    }
}

#[test]
fn text_that_is_no_text_is_no_configuration() {
    let home = Home::new();
    let path = home.write("user/checkrein.toml", "");
    std::fs::write(path, b"# \xff\n").unwrap();
    assert_nothing_is_answered(&home, &[], "not UTF-8");
}

#[test]
fn a_panic_denies_the_call_and_the_next_one_is_answered() {
    let home = Home::by_agent().with("CHECKREIN_FAULT", "panic");
    let answer = home.run(&["authorize"], [call("good"), call("good")].join("\n"));
    assert_eq!(answer.code, Some(0));
    let decisions = answer.lines();
    assert_eq!(
        (&decisions[0]["verdict"], &decisions[1]["verdict"]),
        (&json!("deny"), &json!("allow"))
    );
    assert_eq!(decisions[0]["errors"][0]["kind"], "internal");
    for (host, event) in hooks(&home) {
        home.run(&["hook", host, "--agent", "good"], event.to_string())
            .assert_stopped(host);
    }
}

#[test]
fn a_call_that_hangs_is_denied() {
    let home = Home::by_agent().with("CHECKREIN_FAULT", "hang");
    let answer = home.run(
        &["authorize", "--timeout-ms", "50"],
        [call("good"), call("good")].join("\n"),
    );
    assert_eq!(answer.code, Some(2));
    assert_eq!(answer.json()["verdict"], "deny");
    for (host, event) in hooks(&home) {
        let arguments = ["hook", host, "--agent", "good", "--timeout-ms", "50"];
        home.run(&arguments, event.to_string()).assert_stopped(host);
    }
}

#[test]
fn an_event_that_never_ends_is_refused() {
    let home = Home::by_agent();
    for (host, event) in hooks(&home) {
        let mut child = home
            .command(&["hook", host, "--agent", "good", "--timeout-ms", "50"])
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(event.to_string().as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        drop(stdin);
        crate::support::Answer::from(output).assert_stopped(host);
    }
}

#[test]
fn wrong_arguments_stop_the_call() {
    let home = Home::by_agent();
    for arguments in [
        &["hook"][..],
        &["hook", "no-such-host"],
        &["hook", "claude-code", "--no-such-option"],
        &["hook", "claude-code", "--agent", ""],
        &["hook", "cursor", "--timeout-ms", "soon"],
    ] {
        home.run(arguments, home.claude("ls").to_string())
            .assert_stopped(&format!("{arguments:?}"));
    }
}

#[test]
fn refusals_quote_no_secret() {
    let home = Home::by_agent();
    let secret = "hunter2-5ecret";
    for (host, mut event) in hooks(&home) {
        event["cwd"] = json!(secret);
        let answer = home.run(&["hook", host], event.to_string());
        answer.assert_stopped(host);
        assert!(!answer.stderr.contains(secret), "{}", answer.stderr);
    }
    let fault = Home::by_agent().with("CHECKREIN_FAULT", "panic");
    let answer = fault.run(&["hook", "claude-code"], fault.claude(secret).to_string());
    assert!(!answer.stderr.contains(secret), "{}", answer.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_cannot_be_written_is_no_permission() {
    let home = Home::by_agent();
    let mut surfaces = vec![(vec!["authorize"], call("good"))];
    for (host, event) in hooks(&home) {
        surfaces.push((vec!["hook", host, "--agent", "good"], event.to_string()));
    }
    for (arguments, input) in surfaces {
        let full = std::fs::File::create("/dev/full").unwrap();
        let mut child = home.command(&arguments).stdout(full).spawn().unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(2), "{arguments:?}");
    }
}
