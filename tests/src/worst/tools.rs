//! Arguments of tools: deep and wide JSON, GraphQL, requests, patches, names.

use checkrein::{ToolCall, limits};
use serde_json::{Value, json};

use super::{call, count, fill};

const ROOM: usize = limits::CALL_BYTES - 4096;

pub fn calls() -> Vec<(String, ToolCall)> {
    let mut all = graphql();
    all.extend(arguments());
    all.extend(requests());
    all.extend(files());
    for (name, _) in &mut all {
        name.insert_str(0, "tool ");
    }
    all
}

fn graphql() -> Vec<(String, ToolCall)> {
    let limit = limits::GRAPHQL_BYTES - 100;
    let document = |text: String| {
        call(
            "http_request",
            &json!({"method": "POST", "url": "https://backboard.railway.app/graphql/v2", "body": json!({"query": text}).to_string()}),
        )
    };
    [
        ("fields", format!("mutation{{{}}}", fill("a(b:1) ", limit))),
        (
            "aliases",
            format!("mutation{{{}}}", count(limit, |n| format!("a{n}:b(c:1) "))),
        ),
        (
            "deletes",
            format!(
                "mutation{{{}}}",
                count(limit, |n| format!("a{n}:volumeDelete(volumeId:\"{n}\")"))
            ),
        ),
        (
            "operations",
            count(limit, |n| format!("mutation a{n}{{b}}")),
        ),
        (
            "fragments",
            count(limit, |n| {
                format!("fragment a{n} on b{{...a{} ...a{0}}}", n + 1)
            }) + "mutation{...a0}",
        ),
        (
            "wide fragments",
            format!(
                "fragment a on b{{{}}}mutation{{{}}}",
                fill("c ", 8000),
                fill("...a ", 20_000)
            ),
        ),
        (
            "depth",
            format!("mutation{}a{}", "{a".repeat(60), "}".repeat(60)),
        ),
        (
            "lists",
            format!("mutation{{a(b:[{}])}}", fill("1,", limit - 40)),
        ),
        (
            "objects",
            format!("mutation{{a(b:[{}])}}", fill("{c:1},", limit - 40)),
        ),
        ("members", format!("{{a{{{}}}}}", fill("b ", limit - 40))),
        ("directives", format!("{{a {}}}", fill("@b ", limit - 40))),
        (
            "variables",
            format!(
                "mutation a({}){{b}}",
                count(limit - 40, |n| format!("$v{n}:Int=1 "))
            ),
        ),
        (
            "block texts",
            format!("mutation{{a(b:\"\"\"{}\"\"\")}}", fill("c\n", limit - 40)),
        ),
    ]
    .into_iter()
    .map(|(name, text)| (format!("GraphQL {name}"), document(text)))
    .collect()
}

fn arguments() -> Vec<(String, ToolCall)> {
    let deep = (0..limits::JSON_DEPTH - 4).fold(json!("a"), |inner, _| {
        json!({"a": [inner]}).get("a").cloned().unwrap_or_default()
    });
    let list = |item: Value, size: usize| Value::Array(vec![item; ROOM / size]);
    let object: serde_json::Map<String, Value> = (0..ROOM / 14)
        .map(|n| (format!("a{n}"), json!(1)))
        .collect();
    let branching = (0..14).fold(json!(1), |inner, _| json!({"a": inner, "b": inner}));
    let kinds = [
        ("deep", deep),
        ("branching", branching),
        ("list", list(json!("a"), 4)),
        ("numbers", list(json!(1), 2)),
        ("lists", list(json!([]), 3)),
        ("objects", list(json!({"id": "a"}), 11)),
        ("object", Value::Object(object)),
        ("text", Value::String(fill("a", ROOM))),
        ("words", Value::String(fill("a ", ROOM))),
        ("paths", list(json!("/etc/a"), 9)),
        ("URLs", list(json!("http://a/b"), 13)),
        ("URL text", Value::String(fill("http://a/b ", ROOM))),
        ("secrets", list(json!("AKIAIOSFODNN7EXAMPLE"), 23)),
        (
            "JSON text",
            Value::String(Value::Array(vec![json!({"a": 1}); ROOM / 24]).to_string()),
        ),
        (
            "statements",
            Value::String(fill("drop table a;", limits::SQL_BYTES - 100)),
        ),
        ("many statements", list(json!("drop table a"), 15)),
    ];
    let mut all = Vec::new();
    for (name, value) in kinds {
        for (tool, argument) in [
            ("frobnicate", "thing"),
            ("delete_all_things", "ids"),
            ("mcp__github__delete_file", "path"),
            ("mcp__filesystem__read_multiple_files", "paths"),
            ("mcp__kubernetes__kubectl_delete", "name"),
            ("execute_sql", "query"),
            ("Bash", "command"),
            ("http_request", "body"),
        ] {
            let mut arguments = json!({argument: value});
            if tool == "http_request" {
                arguments = json!({"url": "https://api.stripe.com/v1/charges", "method": "POST", argument: value});
            }
            all.push((format!("{tool} {name}"), call(tool, &arguments)));
        }
    }
    let name = fill("delete_", 20_000);
    all.push(("long name".to_owned(), call(&name, &json!({}))));
    all
}

fn requests() -> Vec<(String, ToolCall)> {
    let request = |url: String, body: Value| {
        call(
            "http_request",
            &json!({"url": url, "method": "POST", "body": body}),
        )
    };
    vec![
        (
            "request of a long path".to_owned(),
            request(
                format!("https://api.github.com/{}", fill("a/", ROOM)),
                json!(""),
            ),
        ),
        (
            "request of a long query".to_owned(),
            request(
                format!("https://api.github.com/a?{}", fill("a=b&", ROOM)),
                json!(""),
            ),
        ),
        (
            "request of a long host".to_owned(),
            request(format!("https://{}/", fill("a.", ROOM)), json!("")),
        ),
        (
            "request of a long form".to_owned(),
            request(
                "https://slack.com/api/chat.postMessage".to_owned(),
                json!(fill("a=b&", ROOM)),
            ),
        ),
        (
            "request of statements".to_owned(),
            request(
                "https://api.supabase.com/v1/projects/a/database/query".to_owned(),
                json!({"query": fill("drop table a;", limits::SQL_BYTES - 50)}),
            ),
        ),
        (
            "request of bulk lines".to_owned(),
            request(
                "https://a:9200/_bulk".to_owned(),
                json!(fill("{\"delete\":{\"_id\":\"1\"}}\n", ROOM / 2)),
            ),
        ),
        ("request of headers".to_owned(), {
            let headers: serde_json::Map<String, Value> =
                (0..9_000).map(|n| (format!("a{n}"), json!("b"))).collect();
            call(
                "http_request",
                &json!({"url": "https://api.github.com/a", "method": "DELETE", "headers": headers}),
            )
        }),
    ]
}

fn files() -> Vec<(String, ToolCall)> {
    let patch = |unit: &str| format!("*** Begin Patch\n{}*** End Patch\n", fill(unit, ROOM / 2));
    let edits = Value::Array(vec![
        json!({"old_string": "a", "new_string": "b", "file_path": "c"});
        3_000
    ]);
    vec![
        (
            "patch".to_owned(),
            call(
                "apply_patch",
                &json!({"input": patch("*** Delete File: a\n")}),
            ),
        ),
        (
            "patch of lines".to_owned(),
            call(
                "apply_patch",
                &json!({"input": patch("*** Update File: a\n+b\n")}),
            ),
        ),
        (
            "edits".to_owned(),
            call(
                "MultiEdit",
                &json!({"file_path": "/repo/a", "edits": edits}),
            ),
        ),
        (
            "long file".to_owned(),
            call(
                "Write",
                &json!({"file_path": "/repo/a.sh", "content": fill("rm -rf a\n", ROOM / 2)}),
            ),
        ),
        (
            "long path".to_owned(),
            call(
                "Write",
                &json!({"file_path": fill("../", ROOM / 2), "content": ""}),
            ),
        ),
        ("list of calls".to_owned(), {
            let calls = Value::Array(vec![
                json!({"tool": "Bash", "arguments": {"command": "rm a"}});
                2_000
            ]);
            call("batch", &json!({"invocations": calls, "tool_calls": calls}))
        }),
    ]
}
