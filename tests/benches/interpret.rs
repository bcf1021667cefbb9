//! From a call to its actions: lines as agents write them, and the worst that the limits admit.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use checkrein::ToolCall;
use checkrein::interpret::interpret;
use checkrein_tests::worst::{self, call};
use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::json;

// As in what is shipped.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How often each hostile text is read to find the slowest.
const ROUNDS: usize = 10;
/// How many of each area are measured.
const SLOWEST: usize = 3;

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

fn typical(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("interpret");
    for (name, line) in LINES {
        let call = call("Bash", &json!({"command": line}));
        group.bench_function(format!("shell/{name}"), |bench| {
            bench.iter(|| interpret(black_box(&call)))
        });
    }
    for (name, statement) in STATEMENTS {
        let call = call("execute_sql", &json!({"query": statement}));
        group.bench_function(format!("sql/{name}"), |bench| {
            bench.iter(|| interpret(black_box(&call)))
        });
    }
}

/// Of everything in [`worst`], the slowest of each area.
fn hostile(criterion: &mut Criterion) {
    let mut areas: BTreeMap<String, Vec<(Duration, String, ToolCall)>> = BTreeMap::new();
    for (name, call) in worst::calls() {
        let once = || {
            let start = Instant::now();
            black_box(interpret(black_box(&call)));
            start.elapsed()
        };
        let best = (0..ROUNDS).map(|_| once()).min().unwrap_or_default();
        let area = name.split(' ').next().unwrap_or_default().to_owned();
        areas.entry(area).or_default().push((best, name, call));
    }
    let mut group = criterion.benchmark_group("worst");
    group
        .sample_size(20)
        .measurement_time(Duration::from_secs(2));
    for calls in areas.values_mut() {
        calls.sort_by_key(|(best, ..)| std::cmp::Reverse(*best));
        for (_, name, call) in calls.iter().take(SLOWEST) {
            group.bench_function(name, |bench| bench.iter(|| interpret(black_box(call))));
        }
    }
}

criterion_group!(benches, typical, hostile);
criterion_main!(benches);
