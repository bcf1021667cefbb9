//! What bash runs, we saw: lines are run by bash with every command replaced by a recorder, and every
//! command it came to must be among those the walker handed over, or the walker must have said that it
//! cannot tell.
//!
//! Nothing is executed: there is no search path, builtins that act outside the shell are stubs, and no
//! line names a file. `CHECKREIN_LINES=100000` runs more lines.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use checkrein::interpret::shell::{FileRedirect, Invocation, Outcome, Runner, ShellState, walk};
use checkrein::interpret::value::{Stream, Value};
use checkrein::secret::Secret;
use checkrein_tests::lines::{Chance, line};
use checkrein_tests::{cases, facets, root};

/// Lines that one bash runs.
const BATCH: usize = 500;

const RECORDER: &str = r#"
exec 9>&1 1>/dev/null 2>/dev/null
FUNCNEST=20
command_not_found_handle() { printf '%s %s\n' "$L" "$1" >&9; return $((RANDOM % 2)); }
for b in kill suspend logout ulimit umask fc history enable exec exit trap wait bind; do
  eval "$b() { printf '%s %s\n' \"\$L\" $b >&9; }"
done
L=0
while IFS= read -r -d '' line; do
  ( RANDOM=7; eval "$line"; builtin wait ) </dev/null
  L=$((L + 1))
done
printf '%s end\n' "$L" >&9
"#;

#[test]
fn what_bash_runs_was_seen() {
    let Some(bash) = bash() else {
        println!("skipped: there is no bash");
        return;
    };
    let count = std::env::var("CHECKREIN_LINES")
        .ok()
        .and_then(|text| text.parse().ok());
    let mut chance = Chance::new(20_261_126);
    let mut lines: Vec<String> = (0..count.unwrap_or(10_000))
        .map(|_| line(&mut chance))
        .collect();
    lines.extend(collected());
    let mut missed = Vec::new();
    let mut certain = 0_usize;
    let mut ran = 0_usize;
    for batch in lines.chunks(BATCH) {
        let recorded = run(&bash, batch);
        for (line, recorded) in batch.iter().zip(recorded) {
            let seen = Seen::of(line);
            ran += recorded.len();
            certain += usize::from(!seen.doubtful);
            // After a pipe, `time` is a program, which runs its words.
            let unseen: Vec<&String> = recorded
                .difference(&seen.names)
                .filter(|name| *name != "time")
                .collect();
            if !unseen.is_empty() && !seen.doubtful {
                missed.push(format!("{line:?}\n  ran {unseen:?}, seen {:?}", seen.names));
            }
        }
    }
    println!(
        "{} lines, {ran} commands run by bash, {certain} lines read whole",
        lines.len()
    );
    assert!(
        missed.is_empty(),
        "{} lines:\n{}",
        missed.len(),
        missed.join("\n")
    );
    assert!(
        certain * 3 > lines.len(),
        "too few lines were read: the test shows little"
    );
}

/// The shell lines of our own cases that are safe to hand to bash.
fn collected() -> Vec<String> {
    let of_cases = cases(&root()).into_iter().filter_map(|case| {
        let line = &case.content["call"]["arguments"]["command"];
        line.as_str().map(str::to_owned)
    });
    let of_facets = facets::topics().into_iter().flat_map(|(_, topic)| {
        let lines = topic.cases.iter().filter_map(|case| {
            let call = case.call();
            call["arguments"]["command"].as_str().map(str::to_owned)
        });
        lines.collect::<Vec<_>>()
    });
    of_cases
        .chain(of_facets)
        .filter(|line| is_inert(line))
        .collect()
}

/// Whether a line can reach nothing but the recorder: no file, no builtin that acts, no recursion.
fn is_inert(line: &str) -> bool {
    const ACTS: [&str; 18] = [
        "kill", "exec", "source", "builtin", "enable", "suspend", "logout", "ulimit", "umask",
        "wait", "read", "select", "while", "until", "function", "command", "coproc", "trap",
    ];
    let mut words = line.split(|c: char| !c.is_alphanumeric());
    !line.contains(['/', '>', '<', '\0'])
        && !line.contains("()")
        && !words.any(|word| ACTS.contains(&word))
        && !line.contains(". ")
}

fn bash() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut places = std::env::split_paths(&path).map(|folder| folder.join("bash"));
    places.find(|place| place.is_file())
}

/// What bash came to, line by line.
fn run(bash: &Path, lines: &[String]) -> Vec<BTreeSet<String>> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut bash = Command::new(bash);
    bash.args(["--norc", "--noprofile", "-c", RECORDER])
        .env_clear();
    bash.env("PATH", "/nonexistent")
        .env("HOME", "/nonexistent")
        .current_dir(folder.path());
    let mut child = bash
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("bash starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let text: String = lines.iter().map(|line| format!("{line}\0")).collect();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().expect("bash ends");
    writer.join().expect("the writer ends").expect("bash reads");
    // What runs beside its line may come to a command while a later line is read.
    let mut recorded = vec![BTreeSet::new(); lines.len()];
    let mut ended = false;
    for record in String::from_utf8_lossy(&output.stdout).lines() {
        let Some((line, name)) = record.split_once(' ') else {
            continue;
        };
        let number = line.parse().unwrap_or(usize::MAX);
        ended |= number == lines.len();
        if let Some(names) = recorded.get_mut(number) {
            names.insert(name.to_owned());
        }
    }
    assert!(ended, "bash did not come to the end of its lines");
    recorded
}

/// What the walker handed over.
#[derive(Default)]
struct Seen {
    names: BTreeSet<String>,
    /// It said that it cannot tell.
    doubtful: bool,
}

impl Seen {
    fn of(line: &str) -> Self {
        let mut seen = Self::default();
        walk(
            line,
            &mut ShellState::default(),
            &mut seen,
            Stream::default(),
        );
        seen
    }

    /// Builtins that run what they are given.
    fn words(&mut self, state: &mut ShellState, words: &[Value], stdin: &Stream) {
        let Some((first, rest)) = words.split_first() else {
            return;
        };
        let Some(name) = first.exact() else {
            self.doubtful = true;
            return;
        };
        match name.as_str() {
            "command" | "builtin" => self.words(state, rest, stdin),
            "eval" => match Value::join(rest).known_text() {
                Some(text) => {
                    walk(&text, state, self, stdin.clone());
                }
                None => self.doubtful = true,
            },
            _ => {}
        }
        self.names.insert(name);
    }
}

impl Runner for Seen {
    fn run(&mut self, state: &mut ShellState, invocation: &Invocation) -> Outcome {
        self.words(state, &invocation.words, &invocation.stdin);
        Outcome::default()
    }

    fn redirect(&mut self, _: &mut ShellState, _: FileRedirect) {}

    fn assigned(&mut self, _: &mut ShellState, _: &str, _: &Value, _: (u32, u32)) {}

    fn variable(&mut self, _: &str) -> Option<Secret> {
        None
    }

    fn opaque(&mut self, _: &ShellState, _: &str, _: (u32, u32)) {
        self.doubtful = true;
    }
}
