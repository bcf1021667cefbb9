//! Looks for slow texts: those of the facet cases and parts of them, mixed by chance and repeated up to
//! the limits, or each of them alone repeated to eight lengths. Prints how long they took, and the slowest.
//!
//! `cargo run --release -p checkrein-tests --bin slowest -- [TEXTS] [SEED]`
//! `cargo run --release -p checkrein-tests --bin slowest -- each`

use std::time::Duration;

use checkrein::interpret::interpret;
use checkrein::{ToolCall, limits};
use checkrein_tests::facets;
use checkrein_tests::lines::Chance;
use checkrein_tests::worst::call;
use cpu_time::ThreadTime;
use serde_json::json;

// As in what is shipped.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many of the slowest are shown.
const SHOWN: usize = 12;
/// How many are measured again in the end, as the machine may have been slow when they were looked at.
const SUSPECTS: usize = 200;
/// From here on a text is measured again, as other programs take room in the caches.
const SUSPECT: Duration = Duration::from_millis(2);
/// How often it is measured again.
const AGAIN: usize = 5;
/// How often those are measured in turns, to find the quiet moments of a busy machine.
const ROUNDS: usize = 60;

/// What a text took in the search, the call it stands in, and the text.
type Found = (Duration, ToolCall, String);
/// A kind of text: tool, argument, most bytes, and texts to mix.
type Kind = (&'static str, &'static str, usize, Vec<String>);

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize| words.get(index).and_then(|word| word.parse().ok());
    let kinds = kinds();
    let mut search = Search::default();
    if words.first().is_some_and(|word| word == "each") {
        for kind in &kinds {
            for unit in &kind.3 {
                lengths(unit, kind.2, |text| search.look(kind, text));
            }
        }
    } else {
        let mut chance = Chance::new(number(1).unwrap_or(1) as u64);
        for index in 0..number(0).unwrap_or(20_000) {
            let kind = &kinds[index % kinds.len()];
            search.look(kind, mixture(&kind.3, kind.2, &mut chance));
        }
    }
    search.print();
}

/// What has been looked at.
#[derive(Default)]
struct Search {
    slowest: Vec<Found>,
    /// How many texts, and how many took more than 1, 2, 3 and 5 ms.
    texts: usize,
    over: [usize; 4],
}

impl Search {
    fn look(&mut self, (tool, argument, ..): &Kind, text: String) {
        let call = call(tool, &json!({*argument: text}));
        let time = best(&call);
        self.texts += 1;
        for (at, millis) in [1, 2, 3, 5].into_iter().enumerate() {
            self.over[at] += usize::from(time > Duration::from_millis(millis));
        }
        self.slowest.push((time, call, format!("{tool}: {text}")));
        if self.slowest.len() > 4 * SUSPECTS {
            cut(&mut self.slowest, SUSPECTS);
        }
    }

    /// Prints the slowest by what they take in quiet moments.
    fn print(mut self) {
        cut(&mut self.slowest, SUSPECTS);
        let least = least(&self.slowest);
        let mut shown: Vec<_> = least.iter().zip(&self.slowest).collect();
        shown.sort_by_key(|(least, _)| std::cmp::Reverse(**least));
        for (least, (time, _, text)) in shown.into_iter().take(SHOWN) {
            let start: String = text.chars().take(250).collect();
            let end = text.len().saturating_sub(60);
            let end: String = text.chars().skip(end.max(250)).collect();
            let (start, end) = (start.escape_debug(), end.escape_debug());
            let bytes = text.len();
            println!("at least {least:?}, once {time:?}, of {bytes} bytes: {start} … {end}");
        }
        let (texts, [one, two, three, five]) = (self.texts, self.over);
        println!("{texts} texts: {one} over 1 ms, {two} over 2, {three} over 3, {five} over 5");
    }
}

/// A text alone, again and again, up to each eighth of `limit` bytes.
fn lengths(unit: &str, limit: usize, mut look: impl FnMut(String)) {
    for between in ["; ", "\n", " ", ""] {
        // A heredoc ends with a line.
        if !between.contains('\n') && unit.contains("<<") {
            continue;
        }
        let unit = format!("{unit}{between}");
        if unit.is_empty() {
            continue;
        }
        let mut last = 0;
        for eighths in 1..=8 {
            let times = (limit - 1) * eighths / 8 / unit.len();
            if times > last {
                look(unit.repeat(times));
            }
            last = times;
        }
    }
}

fn cut(slowest: &mut Vec<Found>, most: usize) {
    slowest.sort_by_key(|(time, ..)| std::cmp::Reverse(*time));
    slowest.truncate(most);
}

/// What a text takes of the processor; other programs count little.
fn best(call: &ToolCall) -> Duration {
    let first = once(call);
    let again = if first > SUSPECT { AGAIN } else { 0 };
    (0..again).map(|_| once(call)).fold(first, Duration::min)
}

fn once(call: &ToolCall) -> Duration {
    let start = ThreadTime::now();
    std::hint::black_box(interpret(call));
    start.elapsed()
}

/// The least that each takes of many times.
fn least(slowest: &[Found]) -> Vec<Duration> {
    let mut least = vec![Duration::MAX; slowest.len()];
    for _ in 0..ROUNDS {
        for (least, (_, call, _)) in least.iter_mut().zip(slowest) {
            *least = once(call).min(*least);
        }
    }
    least
}

/// Each kind of text.
fn kinds() -> Vec<Kind> {
    let mut kinds = vec![
        ("Bash", "command", limits::SHELL_BYTES, Vec::new()),
        ("execute_sql", "query", limits::SQL_BYTES, Vec::new()),
        ("PowerShell", "command", limits::SHELL_BYTES, Vec::new()),
        ("run_python", "code", limits::CODE_BYTES, Vec::new()),
        ("run_javascript", "code", limits::CODE_BYTES, Vec::new()),
        (
            "execute_code",
            "code",
            limits::UNTOLD_CODE_BYTES,
            Vec::new(),
        ),
    ];
    for (file, topic) in facets::topics() {
        for case in &topic.cases {
            let call = case.call();
            let tool = call["tool"].as_str().unwrap_or_default();
            for (kind, argument, _, texts) in &mut kinds {
                if *kind == tool
                    && let Some(text) = call["arguments"][*argument].as_str()
                {
                    texts.push(text.to_owned());
                }
            }
            let Some(code) = inline(call["arguments"]["command"].as_str()) else {
                continue;
            };
            if file.contains("python") {
                kinds[3].3.push(code.clone());
            }
            kinds[5].3.push(code.clone());
            if file.contains("javascript") {
                kinds[4].3.push(code);
            }
        }
    }
    kinds
}

/// The code in quotes of a line that runs some.
fn inline(line: Option<&str>) -> Option<String> {
    let (_, rest) = line?.split_once('\'')?;
    rest.rsplit_once('\'').map(|(code, _)| code.to_owned())
}

/// A text of close to `limit` bytes, or shorter, as limits of other kinds may be met first.
fn mixture(units: &[String], limit: usize, chance: &mut Chance) -> String {
    let room = [limit - 1, limit / 2, limit / 4, limit / 10][chance.below(4)];
    let between = [" ", "\n", "; ", " | ", " && ", ", ", ""][chance.below(7)];
    let start = units[chance.below(units.len())].clone();
    let parts: Vec<String> = (0..=chance.below(3))
        .map(|_| part(&units[chance.below(units.len())], chance))
        .collect();
    let mut text = if chance.below(2) == 0 {
        start
    } else {
        String::new()
    };
    for index in 0.. {
        let next = &parts[index % parts.len()];
        if text.len() + next.len() + between.len() > room || index > room {
            break;
        }
        text.push_str(next);
        text.push_str(between);
    }
    text
}

/// A whole text, some words of it, or some characters.
fn part(text: &str, chance: &mut Chance) -> String {
    match chance.below(3) {
        0 => text.to_owned(),
        1 => {
            let words: Vec<&str> = text.split(' ').collect();
            let from = chance.below(words.len());
            let until = from + 1 + chance.below(words.len() - from);
            words[from..until].join(" ")
        }
        _ => {
            let skip = chance.below(text.len().max(1));
            let length = 1 + chance.below(12);
            text.chars().skip(skip).take(length).collect()
        }
    }
}
