//! Writes the facet cases with what Rust answers, for the other surfaces to run:
//! `target/facet-cases/INVENTORY/cases.jsonl`, a case a line in the form of `tests/cases`, beside
//! the `checkrein.toml` they are decided under (absent: none).

use std::collections::BTreeMap;
use std::path::Path;

use checkrein::wire::canonical;
use checkrein_tests::{facets, stable};
use serde_json::json;

/// The folder of the cases without an inventory.
const NONE: &str = "-";

fn main() {
    let mut groups: BTreeMap<Option<String>, Vec<(String, facets::Facet)>> = BTreeMap::new();
    for (file, mut topic) in facets::topics() {
        for case in std::mem::take(&mut topic.cases) {
            let inventory = topic.inventory(&case).map(str::to_owned);
            let name = format!("{file}: {}", case.name);
            groups.entry(inventory).or_default().push((name, case));
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/facet-cases");
    let _ = std::fs::remove_dir_all(&root);
    let mut count = 0_usize;
    for (inventory, cases) in groups {
        let folder = root.join(inventory.as_deref().unwrap_or(NONE));
        std::fs::create_dir_all(&folder).expect("a writable folder");
        if let Some(source) = facets::sources(inventory.as_deref()).inventory {
            std::fs::write(folder.join(source.name), source.text).expect("a writable file");
        }
        let bundle = facets::bundle(inventory.as_deref());
        let mut lines = String::new();
        for (name, case) in &cases {
            lines += &canonical(&json!({
                "name": name,
                "must": case.verdict,
                "call": case.call(),
                "decision": stable(case.decide(&bundle)),
            }));
            lines.push('\n');
        }
        std::fs::write(folder.join("cases.jsonl"), lines).expect("a writable file");
        count += cases.len();
    }
    println!("{count} facet cases");
}
