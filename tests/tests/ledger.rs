//! Every test that `tests/ledger.md` names exists.

use std::path::Path;

use checkrein_tests::facets::topics;

const LEDGER: &str = include_str!("../ledger.md");
/// Fewer rows than this, and the ledger was cut short.
const AT_LEAST: usize = 60;

#[test]
fn every_test_of_the_ledger_exists() {
    let topics = topics();
    let mut wrong = Vec::new();
    let mut rows = 0_usize;
    for line in LEDGER.lines().filter(|line| line.starts_with("| ")) {
        let Some(name) = line.rsplit('`').nth(1) else {
            continue;
        };
        rows += 1;
        let exists = if let Some((file, case)) = name.split_once(": \"") {
            let case = case.trim_end_matches('"');
            let cases = topics.iter().filter(|(known, _)| known == file);
            cases
                .flat_map(|(_, topic)| &topic.cases)
                .any(|one| one.name == case)
        } else if let Some(path) = name.strip_prefix("tests/") {
            Path::new(env!("CARGO_MANIFEST_DIR")).join(path).is_file()
        } else {
            let (file, test) = name.split_once(": ").unwrap_or((name, ""));
            let path = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("tests")
                .join(file);
            let text = std::fs::read_to_string(path).unwrap_or_default();
            !text.is_empty() && (test.is_empty() || text.contains(&format!("fn {test}(")))
        };
        if !exists {
            wrong.push(name);
        }
    }
    assert!(rows >= AT_LEAST, "only {rows} rows");
    assert!(wrong.is_empty(), "not found: {wrong:#?}");
}
