//! Measures both rates on a labelled corpus: what must not be allowed and is, what is harmless and is not.
//!
//! `corpus FILE.jsonl [--show]`: one object a line with `id`, `source`, `kind`, `input` and `label`
//! (`block`: must not be allowed; `allow`: must not be denied). Decided with the default pack and no
//! inventory, in a workspace `/repo`.

use std::collections::BTreeMap;
use std::process::ExitCode;

use checkrein::policy::{Bundle, Sources};
use checkrein::vocabulary::Verdict;
use checkrein::{authorize, wire};
use checkrein_tests::groups;
use serde_json::{Value, json};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(file) = arguments.first() else {
        eprintln!("corpus: name a JSONL file of labelled cases");
        return ExitCode::FAILURE;
    };
    let show = arguments.iter().any(|argument| argument == "--show");
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("corpus: {file}: {error}");
            return ExitCode::FAILURE;
        }
    };
    let bundle = match Bundle::load(&Sources::default(), &mut |_, _| {}) {
        Ok(bundle) => bundle,
        Err(errors) => {
            eprintln!("corpus: {errors}");
            return ExitCode::FAILURE;
        }
    };
    let mut table: BTreeMap<(String, String), [usize; 3]> = BTreeMap::new();
    // Of the rows with effect groups: how many are right, and how many there are.
    let mut grouped = (0_usize, 0_usize);
    for line in text.lines() {
        let Ok(row) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        let Some(decision) = decide(&bundle, &row) else {
            continue;
        };
        let verdict = (decision.0, decision.1);
        let word = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let counts = table.entry((word("source"), word("label"))).or_default();
        counts[match verdict.0 {
            Verdict::Allow => 0,
            Verdict::NeedsApproval => 1,
            Verdict::Deny => 2,
        }] += 1;
        let wrong = match word("label").as_str() {
            "block" => verdict.0 == Verdict::Allow,
            "allow" => verdict.0 != Verdict::Allow,
            _ => false,
        };
        if let Some(label) = row["group"].as_str().filter(|_| row["kind"] == "sql") {
            let found = groups::of(&decision.2);
            let right = found == groups::named(label);
            grouped = (grouped.0 + usize::from(right), grouped.1 + 1);
            if show && !right {
                println!("group {label}: {found:?}\n    {}", word("input"));
            }
        }
        if show && wrong {
            println!(
                "{} {} {}\n    {}",
                word("label"),
                verdict.0,
                word("input"),
                verdict.1
            );
        }
    }
    println!(
        "{:<20} {:<8} {:>6} {:>15} {:>6}",
        "source", "label", "allow", "needs_approval", "deny"
    );
    for ((source, label), [allow, ask, deny]) in table {
        println!("{source:<20} {label:<8} {allow:>6} {ask:>15} {deny:>6}");
    }
    if grouped.1 > 0 {
        println!("effect groups right: {} of {}", grouped.0, grouped.1);
    }
    ExitCode::SUCCESS
}

/// The verdict, its reason, and the actions.
fn decide(bundle: &Bundle, row: &Value) -> Option<(Verdict, String, Value)> {
    let (tool, argument) = match row["kind"].as_str()? {
        "shell" => ("Bash", "command"),
        "sql" => ("execute_sql", "query"),
        _ => return None,
    };
    let call = json!({
        "tool": tool,
        "arguments": {argument: row["input"]},
        "agent": {"id": "corpus"},
        "workspace": {"root": "/repo", "cwd": "/repo"},
    });
    let call = wire::call_from_json(call.to_string().as_bytes()).ok()?;
    let decision = authorize(bundle, &call);
    let shown: Value = wire::decision_value(&decision);
    Some((decision.verdict, decision.reason, shown["actions"].clone()))
}
