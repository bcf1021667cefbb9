//! Writes the seeds of the fuzz targets from the facet cases: `fuzz/corpus/TARGET/NUMBER`.

use std::collections::BTreeMap;
use std::path::Path;

use checkrein_tests::facets;
use serde_json::Value;

/// Most seeds of a target.
const SEEDS: usize = 60;
/// Longest seed, in bytes.
const LONGEST: usize = 400;

fn main() {
    let mut seeds: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (file, topic) in facets::topics() {
        for case in &topic.cases {
            let call = case.call();
            let text = |name: &str| call["arguments"][name].as_str().map(str::to_owned);
            let python = file.contains("python").then_some("python");
            let javascript = file.contains("javascript").then_some("javascript");
            let inner = |language| inline(&call).map(|code| (language, code));
            let found = match call["tool"].as_str().unwrap_or_default() {
                "execute_sql" => text("query").map(|text| ("sql", text)),
                "PowerShell" => text("command").map(|text| ("powershell", text)),
                "Bash" => python
                    .or(javascript)
                    .and_then(inner)
                    .or_else(|| text("command").map(|text| ("shell", text))),
                _ => Some(("call", call.to_string())),
            };
            seeds.entry("call").or_default().push(call.to_string());
            if let Some((target, text)) = found {
                seeds.entry(target).or_default().push(text);
            }
        }
    }
    seeds.insert("graphql", graphql());
    for (target, mut texts) in seeds {
        texts.retain(|text| text.len() <= LONGEST);
        let step = texts.len().div_ceil(SEEDS).max(1);
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../fuzz/corpus")
            .join(target);
        std::fs::create_dir_all(&folder).expect("a writable folder");
        remove_seeds(&folder);
        for (number, text) in texts.iter().step_by(step).enumerate() {
            std::fs::write(folder.join(format!("{number:03}")), text).expect("a writable file");
        }
    }
}

/// Removes the seeds that are there, and nothing that a fuzzer found: its names are longer.
fn remove_seeds(folder: &Path) {
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable folder").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.len() == 3 && name.bytes().all(|byte| byte.is_ascii_digit()) {
            std::fs::remove_file(&path).expect("a writable folder");
        }
    }
}

/// The code in quotes of a line that runs some.
fn inline(call: &Value) -> Option<String> {
    let line = call["arguments"]["command"].as_str()?;
    let (_, rest) = line.split_once('\'')?;
    rest.rsplit_once('\'').map(|(code, _)| code.to_owned())
}

fn graphql() -> Vec<String> {
    [
        "mutation { volumeDelete(volumeId: \"x\") }",
        "query Q($id: String!) { project(id: $id) { name services { edges { node { id } } } } }",
        "mutation M { a: serviceDelete(id: \"1\") ...F } fragment F on Mutation { environmentDelete(id: \"2\") }",
        "{ variables(projectId: \"p\") @include(if: true) }",
    ]
    .map(str::to_owned)
    .to_vec()
}
