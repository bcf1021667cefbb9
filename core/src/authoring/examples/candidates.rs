//! Calls that might land somewhere; nothing here decides that they do.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::place::Place;
use crate::catalogue::CATALOGUE;
use crate::catalogue::spec::{Act, Command, Source};
use crate::inventory::Inventory;
use crate::vocabulary::{ResourceType, SelectorKind, Verb};

/// The tool that shell lines are given to.
const SHELL: &str = "Bash";
/// Stands where a call needs a value and the inventory has none.
const VALUE: &str = "example";

type Candidate = (&'static str, Map<String, Value>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    example: Vec<Template>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Template {
    tool: String,
    command: String,
}

/// Calls for every environment, simplest first.
pub(super) fn candidates(inventory: &Inventory) -> Vec<Candidate> {
    let mut all = Vec::new();
    for place in Place::all(inventory) {
        templates(&place, &mut all);
        tools(&place, &mut all);
        commands(&place, &mut all);
        apis(&place, &mut all);
    }
    let mut seen = BTreeSet::new();
    all.retain(|(tool, arguments)| {
        seen.insert((*tool, Value::from(arguments.clone()).to_string()))
    });
    all
}

fn shell(line: String) -> Candidate {
    let mut arguments = Map::new();
    arguments.insert("command".to_owned(), line.into());
    (SHELL, arguments)
}

/// The lines of `catalogue/examples.toml`, where the place has what they name.
fn templates(place: &Place, all: &mut Vec<Candidate>) {
    let text = include_str!("../../../catalogue/examples.toml");
    let read: Result<File, _> = toml::from_str(text);
    for template in read.map(|file| file.example).unwrap_or_default() {
        let mut line = template.command;
        for kind in SelectorKind::ALL {
            let name = format!("{{{kind}}}");
            if line.contains(&name) {
                line = line.replace(&name, place.evidence(*kind).unwrap_or("example.com"));
            }
        }
        if template.tool == SHELL {
            all.push(shell(line));
        }
    }
}

/// One call for each verb and resource type that tools of the catalogue have.
fn tools(place: &Place, all: &mut Vec<Candidate>) {
    let mut seen = BTreeSet::new();
    for tool in CATALOGUE.tools {
        for act in tool.acts.iter().filter(|act| act.when.is_empty()) {
            if let Some(name) = tool.names.first()
                && seen.insert((act.verb, act.resource))
            {
                all.push((name, members(act, place)));
            }
        }
    }
}

/// One call for each verb and resource type of each program.
fn commands(place: &Place, all: &mut Vec<Candidate>) {
    let mut open: Vec<(String, &Command)> = CATALOGUE
        .commands
        .iter()
        .filter(|(name, command)| *name == command.name)
        // A command of another command language, under the name of that language: no program.
        .filter(|(name, _)| !name.contains(':'))
        .map(|(name, command)| ((*name).to_owned(), *command))
        .collect();
    let mut seen = BTreeSet::new();
    open.sort_by(|a, b| a.0.cmp(&b.0));
    open.reverse();
    while let Some((line, command)) = open.pop() {
        for (name, subcommand) in command.subcommands.iter().rev() {
            open.push((format!("{line} {name}"), subcommand));
        }
        for act in command.acts.iter().filter(|act| act.when.is_empty()) {
            if seen.insert((act.verb, act.resource)) {
                let words = words(command, act, place);
                all.push(shell(format!("{line}{words}")));
            }
        }
    }
}

/// The operands and options that say what an act is on and where.
fn words(command: &Command, act: &Act, place: &Place) -> String {
    let mut words = String::new();
    let selectors = command.selectors.iter().chain(act.selectors);
    for (kind, source) in selectors {
        if let (Source::Option(id), Some(value)) = (source, place.evidence(*kind)) {
            let options = command.options.iter().flat_map(|table| table.iter());
            let mut spellings = options
                .filter(|entry| entry.option().is_some_and(|option| option.id == *id))
                .map(|entry| entry.spelling.as_str());
            if let Some(spelling) = spellings.next() {
                words.push_str(&format!(" {spelling} {value}"));
            }
        }
    }
    let operand = act.id.iter().any(|one| matches!(one, Source::Operands(..)));
    if operand {
        words.push(' ');
        words.push_str(place.id(act.resource).unwrap_or(VALUE));
    }
    words
}

/// One request for each verb and resource type of each GraphQL API.
fn apis(place: &Place, all: &mut Vec<Candidate>) {
    for api in CATALOGUE.apis {
        let (Some(host), Some(path)) = (api.hosts.first(), api.graphql.first()) else {
            continue;
        };
        let mut seen: BTreeSet<(Verb, ResourceType)> = BTreeSet::new();
        let queries = api.queries.iter().map(|field| ("query", field));
        let mutations = api.mutations.iter().map(|field| ("mutation", field));
        for (kind, (field, acts)) in queries.chain(mutations) {
            let new = acts.iter().any(|act| seen.insert((act.verb, act.resource)));
            let Some(act) = acts.first().filter(|_| new) else {
                continue;
            };
            let arguments = graphql(&Value::Object(members(act, place)));
            let arguments = match arguments.as_str() {
                "" => String::new(),
                _ => format!("({arguments})"),
            };
            let body = json!({"query": format!("{kind} {{ {field}{arguments} }}")});
            all.push(shell(format!(
                "curl -s -X POST https://{host}{path} -H 'Content-Type: application/json' -d '{body}'"
            )));
        }
    }
}

/// The arguments that say what an act is on and where.
fn members(act: &Act, place: &Place) -> Map<String, Value> {
    let mut members = Map::new();
    let ids = act.id.iter().take(1);
    for source in ids {
        if let Source::Argument(path) = source {
            insert(&mut members, path, place.id(act.resource).unwrap_or(VALUE));
        }
    }
    for (kind, source) in act.selectors {
        if let (Source::Argument(path), Some(value)) = (source, place.evidence(*kind)) {
            insert(&mut members, path, value);
        }
    }
    members
}

/// Puts `value` at a dotted path.
fn insert(members: &mut Map<String, Value>, path: &str, value: &str) {
    match path.split_once('.') {
        None => {
            members.entry(path).or_insert_with(|| value.into());
        }
        Some((first, rest)) => {
            let inner = members.entry(first).or_insert_with(|| Map::new().into());
            if let Value::Object(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

/// A value as GraphQL writes it; members of the outermost object stand without braces.
fn graphql(value: &Value) -> String {
    let Value::Object(members) = value else {
        return value.to_string();
    };
    let members = members.iter().map(|(name, member)| match member {
        Value::Object(_) => format!("{name}: {{{}}}", graphql(member)),
        _ => format!("{name}: {member}"),
    });
    members.collect::<Vec<_>>().join(", ")
}
