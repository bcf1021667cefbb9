//! Secrets never leave: no token, wherever it stands in a call, reaches a decision, a `Debug` text or
//! an error.

use checkrein::interpret::interpret;
use checkrein::policy::{Bundle, SourceFile, Sources};
use checkrein::{authorize, wire};
use serde_json::{Value, json};

const CANARY: &str = "canary-4f1d8c2ab97e3056";

fn shell(command: &str) -> Value {
    json!({"tool": "Bash", "arguments": {"command": command}})
}

/// Calls with the canary in every place a token may stand in. `@` stands for it.
fn calls() -> Vec<Value> {
    let lines = [
        "curl -H 'Authorization: Bearer @' https://api.example.com/x",
        "curl -X DELETE -H 'X-Api-Key: @' https://api.example.com/x",
        "curl -X DELETE 'https://api.example.com/x?access_token=@'",
        "curl -X DELETE https://user:@@api.example.com/x",
        "curl -u user:@ -X POST https://api.example.com/x",
        "curl --oauth2-bearer @ -X POST https://api.example.com/x",
        "curl -b 'session=@' -X POST https://api.example.com/x",
        "curl -d 'password=@' https://api.example.com/login",
        "curl -d '{\"password\":\"@\"}' https://api.example.com/login",
        "curl https://backboard.railway.app/graphql/v2 -H 'Authorization: Bearer @' -d '{\"query\":\"mutation{volumeDelete(volumeId:\\\"v\\\")}\"}'",
        "curl -d @- https://api.example.com/login <<< 'password=@'",
        "curl -d @- https://api.example.com/login <<'END'\npassword=@\nEND",
        "wget --header='Authorization: Bearer @' https://api.example.com/x",
        "wget --password=@ --user=u https://api.example.com/x",
        "http POST https://api.example.com/x Authorization:'Bearer @' password=@",
        "http -a u:@ POST https://api.example.com/x",
        "RAILWAY_TOKEN=@ railway volume delete -y",
        "export RAILWAY_TOKEN=@; railway volume delete -y",
        "T=@; curl -X DELETE -H \"Authorization: Bearer $T\" https://api.example.com/x",
        "echo @ > token.txt",
        "echo @ | frobnicate login",
        "frobnicate login --password @",
        "frobnicate login --password=@",
        "curl -K - <<< 'user = \"u:@\"'",
    ];
    let mut calls: Vec<Value> = lines.iter().map(|line| shell(&placed(line))).collect();
    let mut with_env = shell(
        "curl -X DELETE -H \"Authorization: Bearer $TOKEN\" \"https://api.example.com/$TOKEN?a=$TOKEN\" -d \"$TOKEN\"",
    );
    with_env["env"] = json!({"TOKEN": CANARY});
    calls.push(with_env);
    calls.push(json!({"tool": "WebFetch", "arguments": {"url": "https://api.example.com/x", "method": "POST", "headers": {"Authorization": format!("Bearer {CANARY}")}, "body": {"password": CANARY}}}));
    calls.push(
        json!({"tool": "Write", "arguments": {"file_path": "/repo/a.txt", "content": CANARY}}),
    );
    calls.push(json!({"tool": "frobnicate", "server": "things", "arguments": {"password": CANARY, "deep": [{"token": CANARY}]}}));
    calls.push(json!({"tool": "frobnicate", "annotations": {"title": CANARY}, "arguments": {}}));
    calls
}

/// `@` replaced by the canary, but for those that `curl` reads as a file or that end a login.
fn placed(line: &str) -> String {
    line.replace("@@", "\u{1}")
        .replace("@-", "\u{2}")
        .replace('@', CANARY)
        .replace('\u{1}', &format!("{CANARY}@"))
        .replace('\u{2}', "@-")
}

fn bundle() -> Bundle {
    Bundle::load(&Sources::default(), &mut |_, _| {}).unwrap()
}

fn assert_clean(what: &str, text: &str, from: &Value) {
    assert!(!text.contains(CANARY), "{what} of {from}: {text}");
}

#[test]
fn no_decision_and_no_debug_text_shows_a_secret() {
    let bundle = bundle();
    for mut value in calls() {
        value["agent"] = json!({"id": "a"});
        value["workspace"] = json!({"root": "/repo", "cwd": "/repo"});
        assert!(value.to_string().contains(CANARY));
        let call = wire::call_from_json(value.to_string().as_bytes()).unwrap();
        let decision = authorize(&bundle, &call);
        assert_clean("the decision", &wire::decision_to_json(&decision), &value);
        assert_clean("its debug text", &format!("{decision:?}"), &value);
        assert_clean("the call's debug text", &format!("{call:?}"), &value);
        let drafts = interpret(&call);
        assert_clean("the drafts' debug text", &format!("{drafts:?}"), &value);
    }
}

#[test]
fn no_error_about_a_call_shows_a_secret() {
    let good = json!({
        "tool": "Bash", "arguments": {"command": CANARY}, "agent": {"id": "a"},
        "env": {"TOKEN": CANARY},
    })
    .to_string();
    let quoted = format!("\"{CANARY}\"");
    let wrong = [
        good.replace('}', ""),
        good.replace(&quoted, CANARY),
        good.replace("\"command\"", &format!("{quoted}:1,{quoted}")),
        good.replace("\"agent\"", &quoted),
        good.replacen('{', &format!("{{{quoted}:1,"), 1),
        good.replace("{\"id\":\"a\"}", &quoted),
        good.replace("\"TOKEN\"", "\"TOKEN\":1,\"TOKEN\""),
    ];
    for text in wrong {
        assert!(text.contains(CANARY));
        let error = wire::call_from_json(text.as_bytes()).expect_err("a wrong call");
        assert!(!error.to_string().contains(CANARY), "{error}");
        assert!(!format!("{error:?}").contains(CANARY), "{error:?}");
    }
}

#[test]
fn no_error_about_an_inventory_shows_a_secret() {
    for text in [
        format!("[[credential]]\nname = \"a\"\nfingerprint = \"{CANARY}\"\n"),
        format!("[[credential]]\nname = \"a\"\ntoken = \"{CANARY}\"\n"),
        format!("[[credential]]\nname = \"a\"\nissued_to = \"{CANARY}\"\n"),
        format!("[[credential]]\nname = \"a\"\nenvironments = [\"{CANARY}\"]\n"),
        format!("[[approver]]\nhuman = \"a\"\nteams = []\npublic_key = \"{CANARY}\"\n"),
        format!("[[credential]]\nfingerprint = {CANARY}\n"),
    ] {
        let sources = Sources {
            inventory: Some(SourceFile {
                name: "checkrein.toml".to_owned(),
                text: text.clone(),
            }),
            ..Sources::default()
        };
        let errors = Bundle::load(&sources, &mut |_, _| {}).expect_err(&text);
        assert!(!errors.to_string().contains(CANARY), "{errors}");
        assert!(!format!("{errors:?}").contains(CANARY), "{errors:?}");
    }
}
