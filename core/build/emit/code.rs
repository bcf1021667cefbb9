//! What calls in code mean, as Rust expressions.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Checked, Emitter, act, effects, list, selectors};
use crate::form::{CodeCall, CodeFile, CodeRun};
use crate::terms::{self, Options};

/// The words of what a call gives.
const GIVES: &[(&str, &str)] = &[
    ("unknown", "Unknown"),
    ("nothing", "Nothing"),
    ("same", "Same"),
    ("path", "Path"),
    ("parent", "Parent"),
    ("variable", "Variable"),
    ("file", "File"),
    ("network", "Network"),
    ("secret", "Secret"),
    ("input", "Input"),
    ("glob", "Glob"),
    ("listing", "Listing"),
    ("names", "Names"),
    ("tree", "Tree"),
    ("walk", "Walk"),
    ("base64", "Base64"),
    ("hex", "Hex"),
    ("buffer", "Buffer"),
    ("reverse", "Reverse"),
    ("rot13", "Rot13"),
    ("characters", "Characters"),
    ("decoded", "Decoded"),
    ("joined", "Joined"),
    ("between", "Between"),
    ("replaced", "Replaced"),
    ("format", "Format"),
    ("words", "Words"),
    ("module", "Module"),
    ("member", "Member"),
    ("item", "Item"),
    ("each", "Each"),
    ("then", "Then"),
    ("called", "Called"),
    ("applied", "Applied"),
    ("print", "Print"),
];

/// One language, gathered from its files.
#[derive(Default)]
pub struct Language {
    names: Vec<String>,
    pure: Vec<String>,
    environment: Vec<String>,
    remote: Vec<String>,
    constants: BTreeMap<String, String>,
    globals: Vec<String>,
    tools: Vec<String>,
    aliases: BTreeMap<(String, String), String>,
    calls: BTreeMap<(String, String), String>,
}

impl Emitter {
    /// Adds what one file says of a language.
    pub fn code(&mut self, file: &str, form: CodeFile) {
        let name = form
            .language
            .first()
            .unwrap_or_else(|| panic!("{file}: no language"));
        let mut language = self.languages.remove(name).unwrap_or_default();
        if language.names.len() < form.language.len() {
            language.names.clone_from(&form.language);
        }
        language.pure.extend(form.pure);
        language.environment.extend(form.environment);
        language.globals.extend(form.globals);
        language.tools.extend(form.tools);
        language.remote.extend(form.remote);
        language.constants.extend(form.constants);
        for (path, target) in form.aliases {
            let key = (last(&path), path.clone());
            assert!(
                language
                    .aliases
                    .insert(key, format!("{target:?}"))
                    .is_none(),
                "{file}: alias `{path}` is defined twice"
            );
        }
        for one in form.call {
            let label = one.names.first().cloned().unwrap_or_default();
            let text = self
                .call(&one)
                .unwrap_or_else(|error| panic!("{file}: `{label}`: {error}"));
            let number = self.count;
            self.count += 1;
            writeln!(self.statics, "static CALL_{number}: CodeCall = {text};")
                .expect("a string can be written to");
            for path in one.names {
                let key = (last(&path), path.clone());
                let before = language.calls.insert(key, format!("&CALL_{number}"));
                assert!(before.is_none(), "{file}: `{path}` is defined twice");
            }
        }
        self.languages.insert(name.clone(), language);
    }

    fn call(&mut self, one: &CodeCall) -> Checked {
        let none = Options::new();
        let gives = match one.gives.as_deref() {
            None => "Unknown",
            Some(word) => {
                let found = GIVES.iter().find(|(name, _)| *name == word);
                found
                    .ok_or_else(|| format!("`{word}` is nothing a call gives"))?
                    .1
            }
        };
        let of = terms::source(one.of.as_deref().unwrap_or("$1"), &none)?;
        let http = match &one.http {
            None => "None".to_owned(),
            Some(http) => format!(
                "Some(CodeHttp {{ method: {}, url: &[{}], base: &[{}] }})",
                terms::source(&http.method, &none)?,
                list(&http.url, |text| terms::source(text, &none))?,
                list(&http.base, |text| terms::source(text, &none))?,
            ),
        };
        let writes = match &one.writes {
            None => "None".to_owned(),
            Some((file, content)) => format!(
                "Some(({}, {}))",
                terms::source(file, &none)?,
                terms::source(content, &none)?
            ),
        };
        let optional = |from: &Option<String>| -> Checked {
            Ok(match from {
                None => "None".to_owned(),
                Some(from) => format!("Some({})", terms::source(from, &none)?),
            })
        };
        let grammar = self.grammar(one.grammar.as_ref(), &none)?;
        let directory = optional(&one.directory)?;
        let downloads = optional(&one.downloads)?;
        let leaks = optional(&one.leaks)?;
        let cli = match &one.cli {
            None => "None".to_owned(),
            Some(cli) => format!(
                "Some(CodeCli {{ program: {:?}, service: {}, renamed: &[{}], options: &[{}] }})",
                cli.program,
                terms::source(&cli.service, &none)?,
                cli.renamed
                    .iter()
                    .map(|(from, to)| format!("({from:?}, {to:?}), "))
                    .collect::<String>(),
                list(
                    &cli.options.iter().collect::<Vec<_>>(),
                    |(option, from)| Ok(format!("({option:?}, {})", terms::source(from, &none)?))
                )?,
            ),
        };
        Ok(format!(
            "CodeCall {{ parameters: &{:?}, acts: &[{}], runs: &[{}], http: {http}, sql: &[{}], writes: {writes}, \
             downloads: {downloads}, leaks: {leaks}, cli: {cli}, grammar: {grammar}, directory: {directory}, gives: Gives::{gives}, of: {of}, selectors: &[{}] }}",
            one.parameters,
            list(&one.act, |one| act(one, None, &none))?,
            list(&one.run, run)?,
            list(&one.sql, |text| terms::source(text, &none))?,
            selectors(&one.selectors, &none)?,
        ))
    }
}

/// The Rust expressions of all languages.
pub fn languages(languages: &BTreeMap<String, Language>) -> String {
    let texts = languages.values().map(|one| {
        format!(
            "CodeLanguage {{ names: &{:?}, pure: &{:?}, environment: &{:?}, remote: &{:?}, constants: &[{}], globals: &{:?}, tools: &{:?}, aliases: &[{}], calls: &[{}] }},\n",
            one.names,
            sorted(&one.pure),
            one.environment,
            sorted(&one.remote),
            one.constants
                .iter()
                .map(|(path, text)| format!("({path:?}, {text:?}), "))
                .collect::<String>(),
            one.globals,
            one.tools,
            entries(&one.aliases),
            entries(&one.calls),
        )
    });
    texts.collect()
}

fn sorted(names: &[String]) -> Vec<&String> {
    let mut names: Vec<&String> = names.iter().collect();
    names.sort();
    names
}

fn entries(map: &BTreeMap<(String, String), String>) -> String {
    map.iter()
        .map(|((last, path), meaning)| {
            format!("CodeName {{ last: {last:?}, path: {path:?}, meaning: {meaning} }}, ")
        })
        .collect()
}

/// The text after the last dot; empty when that is a glob.
fn last(path: &str) -> String {
    let last = path.rsplit('.').next().unwrap_or(path);
    if last.contains(['*', '?', '[']) {
        String::new()
    } else {
        last.to_owned()
    }
}

fn run(one: &CodeRun) -> Checked {
    let none = Options::new();
    let form = match one.form.as_str() {
        "argv" => "Argv",
        "shell" => "Shell",
        "code" => "Code",
        "script" => "Script",
        // Data that is code when it is read.
        "data" => "Input",
        other => return Err(format!("`{other}` is no form of run")),
    };
    Ok(format!(
        "CodeRun {{ when: &[{}], form: RunForm::{form}, from: &[{}], place: {}, language: {:?}, effects: &[{}] }}",
        terms::conditions(&one.when, &[], &none)?,
        list(&one.from, |text| terms::source(text, &none))?,
        terms::place(one.place.as_deref(), &none)?,
        one.language,
        effects(&one.effects)?,
    ))
}
