//! The incident, step by step, as Cursor and Claude Code would send it. The cases are the ones of the
//! library (`tests/cases/incidents/pocketos`): the hooks must answer as the library decides.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::Home;

const ROOT: &str = "/repo";

#[test]
fn the_hooks_answer_the_incident_as_the_library_decides_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases/incidents/pocketos");
    let home = Home::new();
    let inventory = fs::read_to_string(folder.join("checkrein.toml")).unwrap();
    home.write("user/checkrein.toml", &inventory);
    let mut verdicts = [0_usize; 3];
    let mut paths: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    paths.sort();
    for path in paths {
        let case: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let call = &case["call"];
        for (host, event) in [("cursor", cursor(call)), ("claude-code", claude(call))] {
            let mut command = home.command(&["hook", host]);
            command.env("CLAUDE_PROJECT_DIR", ROOT);
            for (name, value) in call["env"].as_object().into_iter().flatten() {
                command.env(name, value.as_str().unwrap());
            }
            let answer = Home::feed(command, event.to_string());
            let what = format!(
                "{host} {}: {}{}",
                path.display(),
                answer.stdout,
                answer.stderr
            );
            let asks = answer.stdout.contains("\"ask\"");
            match case["must"].as_str().unwrap() {
                "allow" => {
                    verdicts[0] += 1;
                    assert_eq!(
                        (answer.code, answer.stdout.as_str()),
                        (Some(0), "{}\n"),
                        "{what}"
                    );
                }
                // What Cursor cannot ask about it is told to stop.
                "needs_approval" if host == "cursor" && event["tool_name"].is_string() => {
                    verdicts[1] += 1;
                    answer.assert_stopped(&what);
                }
                "needs_approval" => {
                    verdicts[1] += 1;
                    assert!(answer.code == Some(0) && asks, "{what}");
                }
                _ => {
                    verdicts[2] += 1;
                    answer.assert_stopped(&what);
                }
            }
        }
    }
    assert!(verdicts.iter().all(|count| *count >= 4), "{verdicts:?}");
}

fn cursor(call: &Value) -> Value {
    let arguments = &call["arguments"];
    let mut event = json!({
        "conversation_id": "c", "generation_id": "g", "workspace_roots": [ROOT], "cwd": ROOT,
    });
    match arguments.get("command") {
        Some(command) => {
            event["hook_event_name"] = "beforeShellExecution".into();
            event["command"] = command.clone();
            event["sandbox"] = false.into();
        }
        None => {
            event["hook_event_name"] = "preToolUse".into();
            event["tool_name"] = call["tool"].clone();
            event["tool_input"] = arguments.clone();
            event["tool_use_id"] = "t".into();
        }
    }
    event
}

fn claude(call: &Value) -> Value {
    let tool = match call["tool"].as_str() {
        Some("Shell") => "Bash",
        other => other.unwrap(),
    };
    let mut input = call["arguments"].clone();
    if let Some(path) = input.as_object_mut().unwrap().remove("path") {
        input["file_path"] = path;
    }
    json!({
        "session_id": "s", "transcript_path": "/dev/null", "cwd": ROOT, "permission_mode": "default",
        "hook_event_name": "PreToolUse", "tool_name": tool, "tool_input": input, "tool_use_id": "t",
    })
}
