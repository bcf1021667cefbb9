//! From a call to its actions: lines as agents write them, and the worst that the limits admit.

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Duration;

use checkrein::interpret::interpret;
use checkrein::{ToolCall, limits, wire};
use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::json;

const LINES: [(&str, &str); 8] = [
    ("tests", "npm test -- --watch=false"),
    ("search", "grep -rn 'TODO' src | sort | uniq -c | head -20"),
    (
        "commit",
        "git add -A && git commit -m 'fix: handle empty input' && git push origin feature",
    ),
    ("clean", "rm -rf node_modules dist && npm ci"),
    (
        "incident",
        "curl -s -X POST https://backboard.railway.app/graphql/v2 -H \"Authorization: Bearer $T\" -H 'Content-Type: application/json' -d '{\"query\":\"mutation { volumeDelete(volumeId: \\\"x\\\") }\"}'",
    ),
    ("kubectl", "kubectl -n prod delete pvc data-0"),
    (
        "python",
        "python3 -c 'import json,sys; print(json.load(sys.stdin)[\"a\"])' < a.json",
    ),
    ("psql", "psql -h db -c \"DELETE FROM users WHERE id = 7\""),
];

const STATEMENTS: [(&str, &str); 3] = [
    (
        "select",
        "SELECT u.id, count(*) FROM users u JOIN orders o ON o.user_id = u.id WHERE u.created > now() - interval '7 days' GROUP BY 1 ORDER BY 2 DESC LIMIT 10",
    ),
    ("update", "UPDATE users SET active = false WHERE id = 1"),
    (
        "cte",
        "WITH gone AS (DELETE FROM sessions WHERE expired RETURNING id) SELECT count(*) FROM gone",
    ),
];

fn call(tool: &str, argument: &str, text: &str) -> ToolCall {
    let call = json!({"tool": tool, "arguments": {argument: text}, "agent": {"id": "bench"}, "workspace": {"root": "/repo", "cwd": "/repo"}});
    wire::call_from_json(call.to_string().as_bytes()).expect("a call")
}

/// Texts as long as is admitted, each of another kind of much.
fn worst() -> Vec<(&'static str, ToolCall)> {
    let fill = |unit: &str, limit: usize| unit.repeat(limit / unit.len());
    let mut variables = String::new();
    for n in 0..600 {
        let _ = write!(variables, "A{n}=$A{}x; ", n.max(1) - 1);
    }
    let shell = limits::SHELL_BYTES - 1;
    let sql = limits::SQL_BYTES - 1;
    let nested = format!("{}x{}", "echo $(".repeat(20), ")".repeat(20));
    vec![
        ("commands", call("Bash", "command", &fill("rm a;", shell))),
        (
            "words",
            call("Bash", "command", &format!("rm {}", fill("a ", shell - 4))),
        ),
        (
            "substitutions",
            call("Bash", "command", &fill("$(a)", shell)),
        ),
        ("nested", call("Bash", "command", &nested)),
        (
            "python calls",
            call(
                "execute_python",
                "code",
                &fill("a.b.c.d.e.f.g()\n", limits::CODE_BYTES),
            ),
        ),
        (
            "python objects",
            call(
                "execute_python",
                "code",
                &fill("x={'a':x,'b':[x]}\n", limits::CODE_BYTES),
            ),
        ),
        (
            "python files",
            call(
                "execute_python",
                "code",
                &fill("open('a','w').write(b)\n", limits::CODE_BYTES),
            ),
        ),
        (
            "javascript",
            call(
                "run_node",
                "code",
                &fill("[1,2].map(x=>f(`${x}`));", limits::CODE_BYTES),
            ),
        ),
        ("braces", call("Bash", "command", &fill("{a,b}", shell))),
        ("quotes", call("Bash", "command", &fill("'a'\"b\"", shell))),
        ("variables", call("Bash", "command", &variables)),
        (
            "functions",
            call("Bash", "command", &fill("f(){ f; g; };f;", shell)),
        ),
        (
            "pipes",
            call("Bash", "command", &format!("a{}", fill("|a", shell - 2))),
        ),
        (
            "and",
            call("Bash", "command", &format!("a{}", fill("&&a", shell - 3))),
        ),
        (
            "globs",
            call(
                "Bash",
                "command",
                &format!("rm {}", fill("*?[a]", shell - 4)),
            ),
        ),
        (
            "python",
            call(
                "Bash",
                "command",
                &format!("python -c '{}'", fill("f(x);", 8 * 1024)),
            ),
        ),
        (
            "javascript",
            call(
                "Bash",
                "command",
                &format!("node -e '{}'", fill("f(x);", 8 * 1024)),
            ),
        ),
        (
            "powershell",
            call("PowerShell", "command", &fill("(a);", shell)),
        ),
        (
            "statements",
            call("execute_sql", "query", &fill("select 1;", sql)),
        ),
        (
            "values",
            call(
                "execute_sql",
                "query",
                &format!("insert into t values {}(1)", fill("(1),", sql - 30)),
            ),
        ),
        (
            "conditions",
            call(
                "execute_sql",
                "query",
                &format!("select 1 where a{}", fill(" and a", sql - 20)),
            ),
        ),
    ]
}

fn typical(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("interpret");
    for (name, line) in LINES {
        let call = call("Bash", "command", line);
        group.bench_function(format!("shell/{name}"), |bench| {
            bench.iter(|| interpret(black_box(&call)))
        });
    }
    for (name, statement) in STATEMENTS {
        let call = call("execute_sql", "query", statement);
        group.bench_function(format!("sql/{name}"), |bench| {
            bench.iter(|| interpret(black_box(&call)))
        });
    }
}

fn hostile(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("worst");
    group
        .sample_size(20)
        .measurement_time(Duration::from_secs(2));
    for (name, call) in worst() {
        group.bench_function(name, |bench| bench.iter(|| interpret(black_box(&call))));
    }
}

criterion_group!(benches, typical, hostile);
criterion_main!(benches);
