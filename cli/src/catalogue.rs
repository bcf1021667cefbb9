//! `checkrein catalogue`: what the guard knows of programs, web APIs and tools.

use std::fmt::Write as _;
use std::io::Read as _;
use std::process::ExitCode;

use checkrein::catalogue::entries::{Entry, entries, knows_program};
use checkrein::catalogue::spec::Act;
use serde_json::{Value, json};

use crate::show;
use crate::show::style::{GOOD, LABEL, NOTE, STRONG};

/// Most lines of a search.
const MOST: usize = 200;

const EXAMPLES: &str = "\
Examples:
  checkrein catalogue show git push                what `git push` is known to do
  checkrein catalogue show railway mutation volumeDelete
  checkrein catalogue search snapshot              where snapshots are dealt with
  checkrein catalogue search aws:s3                operations by their names
  ls ~/bin | checkrein catalogue check -           which of these programs are known

A program that is not known is judged by its words, never as plainly harmless.
docs/catalogue.md tells how to add one: a data file and a test, no code.";

/// Show what the guard knows of programs, web APIs and tools.
#[derive(clap::Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum Options {
    /// What is known of a program, subcommand, API operation or tool
    Show {
        /// Its name, as typed
        #[arg(required = true, value_name = "NAME")]
        name: Vec<String>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Entries whose name or operation holds a text
    Search {
        /// The text
        text: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Which programs are known; exit code 1 when some are not
    Check {
        /// Names of programs, or - to read them from standard input
        #[arg(required = true, value_name = "PROGRAM")]
        names: Vec<String>,
    },
}

/// Runs the command.
pub fn run(options: &Options) -> ExitCode {
    match options {
        Options::Show { name, json } => show_entry(&name.join(" "), *json),
        Options::Search { text, json } => search(text, *json),
        Options::Check { names } => check(names),
    }
}

fn show_entry(name: &str, json: bool) -> ExitCode {
    let all = entries();
    let named =
        |entry: &&Entry| entry.name.eq_ignore_ascii_case(name) || entry.aliases.contains(&name);
    let found: Vec<&Entry> = all.iter().filter(named).collect();
    let below: Vec<&Entry> = all
        .iter()
        .filter(|entry| {
            found
                .iter()
                .any(|one| one.kind == entry.kind && is_below(&entry.name, &one.name))
        })
        .collect();
    if found.is_empty() {
        show::error(&format!(
            "`{}` is not in the catalogue; try `checkrein catalogue search`",
            show::plain(name)
        ));
        return ExitCode::FAILURE;
    }
    if json {
        let list: Vec<Value> = found
            .iter()
            .chain(&below)
            .map(|entry| as_json(entry))
            .collect();
        println!("{}", Value::from(list));
        return ExitCode::SUCCESS;
    }
    let mut text = String::new();
    for entry in found {
        describe(entry, &mut text);
    }
    if !below.is_empty() {
        let _ = writeln!(text, "\n{LABEL}below it{LABEL:#}");
        for entry in below {
            line(entry, &mut text);
        }
    }
    anstream::print!("{text}");
    ExitCode::SUCCESS
}

/// Whether `name` is `above` and one more word.
fn is_below(name: &str, above: &str) -> bool {
    name.strip_prefix(above)
        .and_then(|rest| rest.strip_prefix(' '))
        .is_some_and(|rest| !rest.contains(' '))
}

fn search(text: &str, json: bool) -> ExitCode {
    let wanted = text.to_lowercase();
    let all = entries();
    let holds = |entry: &&Entry| {
        entry.name.to_lowercase().contains(&wanted)
            || entry
                .aliases
                .iter()
                .any(|alias| alias.to_lowercase().contains(&wanted))
            || entry
                .acts
                .iter()
                .any(|act| act.operation.to_lowercase().contains(&wanted))
    };
    let found: Vec<&Entry> = all.iter().filter(holds).collect();
    if json {
        let list: Vec<Value> = found.iter().map(|entry| as_json(entry)).collect();
        println!("{}", Value::from(list));
    } else {
        let mut lines = String::new();
        found
            .iter()
            .take(MOST)
            .for_each(|entry| line(entry, &mut lines));
        anstream::print!("{lines}");
        if found.len() > MOST {
            show::notes(&[format!(
                "{} more; search for a longer text",
                found.len() - MOST
            )]);
        }
    }
    if found.is_empty() {
        show::notes(&["nothing found".to_owned()]);
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn check(names: &[String]) -> ExitCode {
    let mut all: Vec<String> = Vec::new();
    for name in names {
        if name == "-" {
            let mut text = String::new();
            if let Err(error) = std::io::stdin().read_to_string(&mut text) {
                show::error(&format!("standard input: {error}"));
                return ExitCode::from(crate::options::STOP);
            }
            all.extend(text.split_whitespace().map(str::to_owned));
        } else {
            all.push(name.clone());
        }
    }
    let mut missing = 0;
    for name in &all {
        let base = name.rsplit('/').next().unwrap_or(name);
        let shown = show::plain(name);
        if knows_program(base) {
            anstream::println!("{GOOD}known{GOOD:#}    {shown}");
        } else {
            missing += 1;
            anstream::println!("{NOTE}unknown{NOTE:#}  {shown}");
        }
    }
    if missing > 0 {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// An entry on one line.
fn line(entry: &Entry, text: &mut String) {
    let mut operations: Vec<&str> = entry.acts.iter().map(|act| act.operation).collect();
    operations.sort_unstable();
    operations.dedup();
    let _ = writeln!(
        text,
        "{LABEL}{:<8}{LABEL:#}{:<34} {}",
        entry.kind.as_str(),
        entry.name,
        operations.join(" ")
    );
}

fn describe(entry: &Entry, text: &mut String) {
    let _ = writeln!(
        text,
        "{STRONG}{}{STRONG:#}  {LABEL}{}{LABEL:#}",
        entry.name,
        entry.kind.as_str()
    );
    if !entry.aliases.is_empty() {
        let _ = writeln!(text, "  {LABEL}also{LABEL:#} {}", entry.aliases.join(", "));
    }
    for act in &entry.acts {
        describe_act(act, text);
    }
    for run in entry.runs {
        let language = if run.language.is_empty() {
            String::new()
        } else {
            format!(" {}", run.language)
        };
        let _ = writeln!(
            text,
            "  runs{language} from {}{}",
            run.from,
            conditions(run.when)
        );
    }
    if entry.requests {
        let _ = writeln!(text, "  makes HTTP requests, which are read as such");
    }
    if entry.by_verb {
        let _ = writeln!(text, "  other subcommands are judged by their verb");
    }
    if entry.acts.is_empty() && entry.runs.is_empty() && !entry.requests && !entry.by_verb {
        let _ = writeln!(text, "  nothing of its own");
    }
}

fn describe_act(act: &Act, text: &mut String) {
    let mut facts = vec![act.reversibility.as_str().to_owned()];
    facts.extend(act.effects.iter().map(|effect| effect.as_str().to_owned()));
    if act.unbounded {
        facts.push("unbounded".to_owned());
    }
    let _ = writeln!(
        text,
        "  {STRONG}{}{STRONG:#}  {} {}, {}{}",
        act.operation,
        act.verb.as_str(),
        act.resource.as_str(),
        facts.join(", "),
        conditions(act.when)
    );
}

fn conditions(when: &[checkrein::catalogue::spec::Cond]) -> String {
    if when.is_empty() {
        return String::new();
    }
    let all: Vec<String> = when.iter().map(ToString::to_string).collect();
    format!("  {LABEL}when{LABEL:#} {}", all.join(" and "))
}

fn as_json(entry: &Entry) -> Value {
    let acts: Vec<Value> = entry
        .acts
        .iter()
        .map(|act| {
            json!({
                "operation": act.operation,
                "verb": act.verb.as_str(),
                "resource": act.resource.as_str(),
                "reversibility": act.reversibility.as_str(),
                "effects": act.effects.iter().map(|effect| effect.as_str()).collect::<Vec<_>>(),
                "when": act.when.iter().map(ToString::to_string).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({"kind": entry.kind.as_str(), "name": entry.name, "aliases": entry.aliases, "acts": acts})
}
