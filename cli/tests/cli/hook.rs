//! `checkrein hook`: what each host sends and is answered.

use serde_json::{Value, json};

use crate::support::{Answer, Home};

fn hook(home: &Home, arguments: &[&str], event: &Value) -> Answer {
    home.run(&[&["hook"], arguments].concat(), event.to_string())
}

fn assert_no_opinion(answer: &Answer) {
    assert_eq!(
        (answer.code, answer.stdout.as_str()),
        (Some(0), "{}\n"),
        "{}",
        answer.stderr
    );
}

#[test]
fn what_is_allowed_is_left_to_the_host() {
    let home = Home::by_agent();
    assert_no_opinion(&hook(
        &home,
        &["claude-code", "--agent", "good"],
        &home.claude("ls"),
    ));
    assert_no_opinion(&hook(
        &home,
        &["cursor", "--agent", "good"],
        &home.cursor("ls"),
    ));
}

#[test]
fn what_is_denied_is_stopped_with_reason_advice_and_policy() {
    let home = Home::by_agent();
    for (host, event) in [
        ("claude-code", home.claude("ls")),
        ("cursor", home.cursor("ls")),
    ] {
        let answer = hook(&home, &[host, "--agent", "bad"], &event);
        answer.assert_stopped(host);
        for part in ["the bad may not", "be good", "t.bad"] {
            assert!(answer.stderr.contains(part), "{host}: {}", answer.stderr);
        }
    }
}

#[test]
fn claude_code_asks_its_user() {
    let home = Home::by_agent();
    let answer = hook(
        &home,
        &["claude-code", "--agent", "asker"],
        &home.claude("ls"),
    );
    assert_eq!(answer.code, Some(0));
    let output = &answer.json()["hookSpecificOutput"];
    assert_eq!(output["hookEventName"], "PreToolUse");
    assert_eq!(output["permissionDecision"], "ask");
    assert!(
        output["permissionDecisionReason"]
            .as_str()
            .unwrap()
            .contains("operator"),
        "{output}"
    );
    assert_eq!(answer.stderr, "");
}

#[test]
fn cursor_asks_its_user_in_the_one_event_that_can() {
    let home = Home::by_agent();
    let answer = hook(&home, &["cursor", "--agent", "asker"], &home.cursor("ls"));
    assert_eq!(answer.code, Some(0));
    let document = answer.json();
    assert_eq!(document["permission"], "ask");
    for message in ["user_message", "agent_message"] {
        assert!(
            document[message].as_str().unwrap().contains("checkrein: "),
            "{document}"
        );
    }
    assert_eq!(document.as_object().unwrap().len(), 3);
}

/// Events of Cursor for which `ask` would mean permission.
fn silent_events(home: &Home) -> Vec<Value> {
    let roots = json!([home.path("workspace")]);
    vec![
        json!({"hook_event_name": "preToolUse", "workspace_roots": roots, "tool_name": "Write", "tool_input": {"file_path": "/x"}}),
        json!({"hook_event_name": "preToolUse", "workspace_roots": roots, "tool_name": "Shell", "tool_input": {"command": "ls", "cwd": ""}}),
        json!({"hook_event_name": "beforeMCPExecution", "workspace_roots": roots, "tool_name": "t", "tool_input": "{\"a\":1}", "mcp_server_name": "s"}),
        json!({"hook_event_name": "beforeReadFile", "workspace_roots": roots, "file_path": "/x", "content": "y", "attachments": []}),
    ]
}

#[test]
fn cursor_events_that_cannot_ask_stop_and_say_how_to_go_on() {
    let home = Home::by_agent();
    for event in silent_events(&home) {
        assert_no_opinion(&hook(&home, &["cursor", "--agent", "good"], &event));
        let answer = hook(&home, &["cursor", "--agent", "asker"], &event);
        answer.assert_stopped(&event.to_string());
        assert!(
            answer.stderr.contains("run it themselves"),
            "{}",
            answer.stderr
        );
    }
}

#[test]
fn deferring_leaves_approvals_of_shell_and_mcp_to_their_own_events_and_nothing_else() {
    let home = Home::by_agent();
    let event = |tool: &str| json!({"hook_event_name": "preToolUse", "workspace_roots": [home.path("workspace")], "tool_name": tool, "tool_input": {}});
    for tool in ["Shell", "MCP:drop_table"] {
        assert_no_opinion(&hook(
            &home,
            &["cursor", "--agent", "asker", "--defer-approvals"],
            &event(tool),
        ));
        hook(
            &home,
            &["cursor", "--agent", "bad", "--defer-approvals"],
            &event(tool),
        )
        .assert_stopped(tool);
    }
    hook(
        &home,
        &["cursor", "--agent", "asker", "--defer-approvals"],
        &event("Write"),
    )
    .assert_stopped("Write");
    let mcp = json!({"hook_event_name": "beforeMCPExecution", "tool_name": "t", "tool_input": {}});
    hook(
        &home,
        &["cursor", "--agent", "asker", "--defer-approvals"],
        &mcp,
    )
    .assert_stopped("MCP");
}

#[test]
fn events_that_ask_for_no_permission_get_no_opinion() {
    let home = Home::by_agent();
    for name in [
        "PostToolUse",
        "SessionStart",
        "Stop",
        "PreCompact",
        "UserPromptSubmit",
    ] {
        let mut event = home.claude("ls");
        event["hook_event_name"] = json!(name);
        if name == "PreCompact" {
            event = json!({"hook_event_name": name, "trigger": "auto"});
        }
        assert_no_opinion(&hook(&home, &["claude-code", "--agent", "bad"], &event));
    }
    for name in [
        "afterShellExecution",
        "stop",
        "sessionStart",
        "beforeSubmitPrompt",
    ] {
        let event = json!({"hook_event_name": name, "prompt": "hello"});
        assert_no_opinion(&hook(&home, &["cursor", "--agent", "bad"], &event));
    }
}

#[test]
fn the_event_of_cursor_can_be_named_on_the_command_line() {
    let home = Home::by_agent();
    let event = json!({"command": "ls"});
    hook(&home, &["cursor", "--agent", "good"], &event).assert_stopped("no name");
    let named = [
        "cursor",
        "--agent",
        "good",
        "--event",
        "beforeShellExecution",
    ];
    assert_no_opinion(&hook(&home, &named, &event));
}

#[test]
fn a_large_file_that_is_read_does_not_make_the_event_too_large() {
    let home = Home::by_agent();
    let mut event = silent_events(&home).pop().unwrap();
    event["content"] = json!("line\n".repeat(100_000));
    assert_no_opinion(&hook(&home, &["cursor", "--agent", "good"], &event));
}

#[test]
fn observing_stops_nothing_and_says_what_it_would() {
    let home = Home::by_agent();
    home.write(
        "user/checkrein.toml",
        "[policy]\npacks = []\ndirs = [\"policies\"]\nmode = \"observe\"\n",
    );
    for agent in ["bad", "asker"] {
        let answer = hook(
            &home,
            &["claude-code", "--agent", agent],
            &home.claude("ls"),
        );
        assert_no_opinion(&answer);
        assert!(
            answer.stderr.contains("would have stopped"),
            "{}",
            answer.stderr
        );
    }
    let answer = hook(
        &home,
        &["claude-code", "--agent", "good"],
        &home.claude("ls"),
    );
    assert_eq!(answer.stderr, "");
}

#[test]
fn the_server_the_session_and_the_branch_reach_the_policies() {
    let home = Home::new();
    home.write("user/checkrein.toml", "[policy]\npacks = [\"baseline\"]\n");
    let server = json!({
        "hook_event_name": "PreToolUse", "cwd": home.path("workspace"), "session_id": "s",
        "tool_name": "mcp__db__drop_everything", "tool_input": {}, "mcp_server": {"name": "db", "source": "user"},
    });
    let answer = hook(&home, &["claude-code"], &server);
    let text = answer.stdout + &answer.stderr;
    assert!(text.contains("drop_everything"), "{text}");
}

#[test]
fn the_printed_settings_fail_closed() {
    let home = Home::by_agent();
    let config = home.path("user/checkrein.toml");
    let config = config.to_str().unwrap();
    let claude = home.run(
        &["hook", "claude-code", "--print-config", "--config", config],
        "",
    );
    assert_eq!(claude.code, Some(0), "{}", claude.stderr);
    let entry = &claude.json()["hooks"]["PreToolUse"][0];
    assert_eq!(entry["matcher"], "*");
    let command = &entry["hooks"][0];
    assert_eq!(
        (&command["type"], &command["onFailure"]),
        (&json!("command"), &json!("block"))
    );
    assert_eq!(
        command["args"],
        json!(["hook", "claude-code", "--config", config])
    );
    assert!(std::path::Path::new(command["command"].as_str().unwrap()).is_absolute());

    let cursor = home.run(&["hook", "cursor", "--print-config"], "");
    let document = cursor.json();
    let hooks = document["hooks"].as_object().unwrap();
    let mut events: Vec<&str> = hooks.keys().map(String::as_str).collect();
    events.sort_unstable();
    assert_eq!(
        events,
        [
            "beforeMCPExecution",
            "beforeReadFile",
            "beforeShellExecution",
            "preToolUse"
        ]
    );
    for (event, entry) in hooks {
        assert_eq!(entry[0]["failClosed"], json!(true));
        let command = entry[0]["command"].as_str().unwrap();
        assert_eq!(
            command.ends_with(" --defer-approvals"),
            event == "preToolUse",
            "{command}"
        );
    }
}

#[test]
fn the_installed_settings_work_as_printed() {
    let home = Home::by_agent();
    let printed = home
        .run(
            &["hook", "claude-code", "--print-config", "--agent", "bad"],
            "",
        )
        .json();
    let command = &printed["hooks"]["PreToolUse"][0]["hooks"][0];
    let arguments: Vec<&str> = command["args"]
        .as_array()
        .unwrap()
        .iter()
        .map(|word| word.as_str().unwrap())
        .collect();
    home.run(&arguments, home.claude("ls").to_string())
        .assert_stopped("as installed");
}

#[test]
fn with_the_baseline_destruction_is_not_waved_through_and_text_about_it_is() {
    let home = Home::new();
    let workspace = home.path("workspace");
    let home = home.with("CLAUDE_PROJECT_DIR", workspace.to_str().unwrap());
    for harmless in ["git status", "echo 'rm -rf /'", "grep -r 'rm -rf /' ."] {
        assert_no_opinion(&hook(&home, &["claude-code"], &home.claude(harmless)));
        assert_no_opinion(&hook(&home, &["cursor"], &home.cursor(harmless)));
    }
    for destructive in ["rm -rf /", "bash -c 'rm -rf /'", "cd / && rm -rf ./*"] {
        for (host, event) in [
            ("claude-code", home.claude(destructive)),
            ("cursor", home.cursor(destructive)),
        ] {
            let answer = hook(&home, &[host], &event);
            assert_ne!(answer.stdout, "{}\n", "{host}: {destructive}");
        }
    }
}
