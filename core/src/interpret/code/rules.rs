//! Files of rules whose parts are shell text: makefiles, and the scripts in `package.json`.

use super::Code;
use crate::interpret::argument::{Argument, text_of};
use crate::interpret::json;
use crate::interpret::program::Program;
use crate::interpret::session::Session;
use crate::interpret::shell::ShellState;
use crate::interpret::value::Value;

/// Scripts that npm and its like run without being asked to.
const LIFECYCLE: &[&str] = &[
    "preinstall",
    "install",
    "postinstall",
    "preprepare",
    "prepare",
    "postprepare",
    "prepublish",
];

/// Whether a language is one of these.
pub fn knows(language: &str) -> bool {
    matches!(language, "make" | "package.json")
}

/// Adds what the shell text in the rules does; each part starts afresh.
pub fn interpret(session: &mut Session<'_>, state: &mut ShellState, code: &Code<'_>) {
    let text = text_of(code.text);
    let parts = match code.language {
        "make" => recipes(&text),
        _ => lifecycle(&text),
    };
    for part in parts {
        let program = Program {
            words: &[],
            assignments: &[],
            stdin: code.stdin,
            span: code.span,
            open_ended: false,
        };
        let part = Value::literal(part).at(code.text.span);
        state.subshell(|inner| session.shell_value(inner, &part, &program));
    }
}

/// The script of a `package.json` that is asked for, and those around it, as ones that run.
pub fn part(text: &str, name: &str) -> String {
    let read = json::read(text);
    let Some(Argument::Object(scripts)) = read.as_ref().and_then(|read| read.get("scripts")) else {
        return String::new();
    };
    let around = ["pre", "", "post"].map(|when| format!("{when}{name}"));
    let texts = around.iter().filter_map(|one| scripts.get(one)?.text());
    texts.map(|one| format!("{one}\n")).collect()
}

/// The scripts of a `package.json` that an installation runs.
fn lifecycle(text: &str) -> Vec<String> {
    let Some(read) = json::read(text) else {
        return Vec::new();
    };
    let Some(Argument::Object(scripts)) = read.get("scripts") else {
        return Vec::new();
    };
    let scripts = scripts.iter();
    scripts
        .filter(|(name, _)| LIFECYCLE.contains(&name.as_str()))
        .filter_map(|(_, script)| script.text())
        .map(|script| script.to_string())
        .collect()
}

/// The recipes of a makefile, each line as the shell gets it.
fn recipes(text: &str) -> Vec<String> {
    let mut variables = vec![
        ("RM".to_owned(), "rm -f".to_owned()),
        ("MAKE".to_owned(), "make".to_owned()),
        ("CC".to_owned(), "cc".to_owned()),
        ("CXX".to_owned(), "c++".to_owned()),
    ];
    let mut recipes = Vec::new();
    let joined = text.replace("\\\n", " ");
    for line in joined.lines() {
        let recipe = match line.strip_prefix('\t') {
            Some(recipe) => Some(recipe),
            None => {
                let rule = line
                    .split_once(':')
                    .filter(|(_, rest)| !rest.starts_with('='));
                if rule.is_none() {
                    variables.extend(assignment(line));
                }
                rule.and_then(|(_, rest)| rest.split_once(';'))
                    .map(|(_, recipe)| recipe)
            }
        };
        if let Some(recipe) = recipe {
            let recipe = recipe.trim_start().trim_start_matches(['@', '-', '+', ' ']);
            recipes.push(expanded(recipe, &variables));
        }
        // What make runs while it reads, whatever is to be built.
        let asked = line.split_once("!=").map(|(_, command)| command.trim());
        let asked = asked.filter(|_| recipe.is_none() && assignment(line).is_some());
        for command in shell_calls(line).into_iter().chain(asked) {
            recipes.push(expanded(command, &variables));
        }
    }
    recipes
}

/// The commands of `$(shell …)` in a line.
fn shell_calls(line: &str) -> Vec<&str> {
    let calls = line.match_indices("$(shell ");
    calls
        .filter_map(|(at, opening)| line.get(at.saturating_add(opening.len())..))
        .map(|rest| {
            let mut depth = 1_usize;
            let end = rest.find(|c: char| {
                match c {
                    '(' => depth = depth.saturating_add(1),
                    ')' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                depth == 0
            });
            rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
        })
        .collect()
}

fn assignment(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once('=')?;
    let name = name.trim_end_matches([':', '?', '+', '!']).trim();
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (plain && !name.is_empty()).then(|| (name.to_owned(), value.trim().to_owned()))
}

/// A recipe with make's variables filled in; those that are not known become the shell's.
fn expanded(recipe: &str, variables: &[(String, String)]) -> String {
    let mut text = String::new();
    let mut rest = recipe;
    while let Some((before, after)) = rest.split_once('$') {
        text.push_str(before);
        let (name, left) = match after.chars().next() {
            Some('$') => {
                text.push('$');
                rest = after.get(1..).unwrap_or_default();
                continue;
            }
            Some('(') => after.get(1..).and_then(|inside| inside.split_once(')')),
            Some('{') => after.get(1..).and_then(|inside| inside.split_once('}')),
            Some(c) => Some(after.split_at(c.len_utf8())),
            None => None,
        }
        .unwrap_or(("", after));
        let known = variables.iter().rev().find(|(known, _)| known == name);
        match known {
            Some((_, value)) => text.push_str(value),
            // Names of the target and what it is made of.
            None if matches!(name, "@" | "<" | "^" | "*" | "?") => text.push_str("target"),
            None => text.push_str("$MAKE_VALUE"),
        }
        rest = left;
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipes_are_what_the_shell_gets() {
        let text = "OUT := dist\nall: a b ; echo hi\n\n.PHONY: clean\nclean:\n\t@rm -rf $(OUT) \\\n\t  ${X}\n\t-for i in *; do echo $$i; done\n";
        assert_eq!(
            recipes(text),
            [
                "echo hi",
                "rm -rf dist  \t  $MAKE_VALUE",
                "for i in *; do echo $i; done"
            ]
        );
    }

    #[test]
    fn what_make_runs_while_it_reads_counts() {
        let text = "A := $(shell git log $(X))\nB != date\nC = $$(shell)\n";
        assert_eq!(recipes(text), ["git log $MAKE_VALUE", "date"]);
    }

    #[test]
    fn only_scripts_that_run_by_themselves_count() {
        let text = r#"{"scripts":{"test":"rm -rf /","postinstall":"node x.js"}}"#;
        assert_eq!(lifecycle(text), ["node x.js"]);
        assert_eq!(lifecycle("not json"), Vec::<String>::new());
    }
}
