//! What the fuzz targets have found, run without a fuzzer: every text of `fuzz/corpus` has the
//! properties of `fuzz/src/lib.rs`, and none takes long.
//!
//! `CHECKREIN_FUZZ_CORPUS=FOLDER` runs another corpus.

#[path = "../../fuzz/src/lib.rs"]
mod properties;

use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Longest that a text may take with all that is said of it otherwise: some ten decisions.
const LONGEST: Duration = Duration::from_millis(if cfg!(debug_assertions) { 5_000 } else { 100 });
/// A machine that is busy gets as many attempts.
const ATTEMPTS: usize = 3;

/// What was wrong once: target, name, and the shortest text that showed it.
const FOUND: [(&str, &str, &str); 5] = [
    (
        "powershell",
        "the span of text in a variable",
        "$c = 'rm x'; iex $c",
    ),
    (
        "shell",
        "a cmdlet in another shell's text was taken for a program that only creates",
        "Add-LocalGroupMember -Group Administrators -Member a",
    ),
    (
        "call",
        "the span of an id joined from two arguments",
        r#"{"tool":"delete_repository","server":"github","arguments":{"owner":"acme","repo":"w"},"agent":{"id":"a"},"workspace":{"root":"/r"}}"#,
    ),
    (
        "call",
        "the span of a command whose words are another argument",
        r#"{"tool":"mastra_workspace_execute_command","arguments":{"command":"rm","args":["-rf","/"]},"agent":{"id":"a"},"workspace":{"root":"/r"}}"#,
    ),
    (
        "call",
        "the span of an id behind a longer one",
        r#"{"tool":"create_event","server":"google-calendar","arguments":{"calendarId":"p","summary":"x","attendees":[{"email":"a@b.co"}]},"agent":{"id":"a"},"workspace":{"root":"/r"}}"#,
    ),
];

#[test]
fn what_was_found_stays_mended() {
    for (target, name, text) in FOUND {
        let (_, run) = properties::TARGETS
            .into_iter()
            .find(|(known, _)| *known == target)
            .expect("a target");
        assert!(catch_unwind(|| run(text.as_bytes())).is_ok(), "{name}");
    }
}

#[test]
fn every_text_keeps_its_promises_in_time() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    let corpus = std::env::var_os("CHECKREIN_FUZZ_CORPUS").map_or(committed, PathBuf::from);
    let mut wrong = Vec::new();
    for (name, run) in properties::TARGETS {
        let mut slowest = Duration::ZERO;
        let texts = texts(&corpus.join(name));
        for (file, bytes) in &texts {
            if catch_unwind(|| run(bytes)).is_err() {
                wrong.push(format!("{name}/{file} breaks a promise"));
                continue;
            }
            let took = fastest(run, bytes);
            slowest = slowest.max(took);
            if took > LONGEST {
                wrong.push(format!("{name}/{file} took {took:?}"));
            }
        }
        println!("{name}: {} texts, the slowest {slowest:?}", texts.len());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn fastest(run: properties::Target, bytes: &[u8]) -> Duration {
    let mut fastest = Duration::MAX;
    for _ in 0..ATTEMPTS {
        let start = Instant::now();
        run(bytes);
        fastest = fastest.min(start.elapsed());
        if fastest <= LONGEST / 4 {
            break;
        }
    }
    fastest
}

fn texts(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries =
        std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut texts: Vec<_> = entries
        .map(|entry| {
            let path = entry.expect("a readable folder").path();
            let name = path.file_name().expect("a name").display().to_string();
            (name, std::fs::read(&path).expect("a readable file"))
        })
        .collect();
    texts.sort();
    texts
}
