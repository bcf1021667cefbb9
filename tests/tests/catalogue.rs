//! The compiled-in catalogue is coherent and covers what it says it covers.

use std::collections::{BTreeMap, BTreeSet};

use checkrein::catalogue::CATALOGUE;
use checkrein::catalogue::spec::{Act, Command};
use checkrein::vocabulary::{Effect, Reversibility, Verb, VerbGroup};

/// Every root field of the Railway API, one `mutation name` or `query name` a line.
const RAILWAY: &str = include_str!("../data/railway-root-fields.txt");

fn every_command() -> Vec<&'static Command> {
    let mut found = Vec::new();
    let mut open: Vec<&'static Command> = CATALOGUE
        .commands
        .iter()
        .map(|(_, command)| *command)
        .collect();
    while let Some(command) = open.pop() {
        open.extend(command.subcommands.iter().map(|(_, sub)| *sub));
        found.push(command);
    }
    found
}

fn every_act() -> Vec<&'static Act> {
    let mut acts: Vec<&'static Act> = Vec::new();
    for command in every_command() {
        acts.extend(command.acts.iter().chain(command.always));
    }
    for api in CATALOGUE.apis {
        let fields = api.mutations.iter().chain(api.queries);
        acts.extend(fields.flat_map(|(_, acts)| *acts));
        acts.extend(api.routes.iter().flat_map(|route| route.acts));
    }
    acts.extend(CATALOGUE.tools.iter().flat_map(|tool| tool.acts));
    let servers = CATALOGUE.servers.iter().flat_map(|server| server.tools);
    acts.extend(servers.flat_map(|tool| tool.acts));
    acts
}

/// Strictly ascending, as binary search needs it.
fn assert_sorted<'a>(what: &str, names: impl Iterator<Item = &'a str>) {
    let names: Vec<&str> = names.collect();
    for pair in names.windows(2) {
        assert!(pair[0] < pair[1], "{what}: {} before {}", pair[0], pair[1]);
    }
}

#[test]
fn every_root_field_of_railway_is_known_as_what_it_is() {
    let railway = CATALOGUE
        .apis
        .iter()
        .find(|api| api.name == "railway")
        .expect("the API of Railway");
    let mut counts = BTreeMap::new();
    for line in RAILWAY.lines().filter(|line| !line.starts_with('#')) {
        let (kind, name) = line.split_once(' ').expect("a kind and a name");
        let table = match kind {
            "mutation" => railway.mutations,
            "query" => railway.queries,
            other => panic!("{other} is no kind of root field"),
        };
        let acts = table
            .binary_search_by(|(known, _)| (*known).cmp(name))
            .map(|index| table[index].1)
            .unwrap_or_else(|_| panic!("{line} is missing"));
        assert!(!acts.is_empty(), "{line}");
        for act in acts {
            assert_eq!(act.operation, format!("railway:{name}"));
            let observes = act.verb.group() == VerbGroup::Observe;
            assert!(
                kind != "query" || observes || act.verb == Verb::Grant || act.verb == Verb::Send,
                "{line}: a query that does {}",
                act.verb
            );
        }
        *counts.entry(kind).or_insert(0) += 1;
    }
    assert_eq!(counts, BTreeMap::from([("mutation", 230), ("query", 152)]));
}

#[test]
fn operations_are_namespaced() {
    for act in every_act() {
        let parts: Vec<&str> = act.operation.split(':').collect();
        let plain = |part: &&str| {
            !part.is_empty()
                && part
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
        };
        assert!(
            parts.len() >= 2 && parts.iter().all(plain),
            "`{}`",
            act.operation
        );
    }
}

#[test]
fn what_destroys_is_never_said_to_change_nothing() {
    let mut destroying = 0;
    for act in every_act() {
        if act.verb == Verb::Delete || act.effects.contains(&Effect::DestroysRecovery) {
            destroying += 1;
            assert_ne!(act.reversibility, Reversibility::None, "{}", act.operation);
        }
    }
    assert!(destroying > 100, "only {destroying}");
}

#[test]
fn what_only_looks_changes_nothing() {
    for act in every_act() {
        if act.verb.group() == VerbGroup::Observe {
            assert_eq!(act.reversibility, Reversibility::None, "{}", act.operation);
        }
    }
}

#[test]
fn what_is_searched_is_sorted() {
    assert_sorted("commands", CATALOGUE.commands.iter().map(|(name, _)| *name));
    assert_sorted("hints", CATALOGUE.hints.iter().map(|(word, _)| *word));
    for command in every_command() {
        assert_sorted(
            command.name,
            command.subcommands.iter().map(|(name, _)| *name),
        );
        for table in command.options {
            assert_sorted(
                command.name,
                table.iter().map(|entry| entry.spelling.as_str()),
            );
        }
    }
    for api in CATALOGUE.apis {
        assert_sorted(api.name, api.mutations.iter().map(|(name, _)| *name));
        assert_sorted(api.name, api.queries.iter().map(|(name, _)| *name));
    }
}

#[test]
fn no_tool_is_described_twice() {
    let mut seen = BTreeSet::new();
    let own = CATALOGUE.tools.iter().map(|tool| ("", tool));
    let servers = CATALOGUE.servers.iter();
    let theirs =
        servers.flat_map(|server| server.tools.iter().map(move |tool| (server.name, tool)));
    for (server, tool) in own.chain(theirs) {
        for name in tool.names {
            assert!(seen.insert((server, *name)), "{server}: {name}");
        }
    }
    assert!(!seen.is_empty());
}

#[test]
fn hints_are_lower_case_words() {
    assert!(!CATALOGUE.hints.is_empty());
    for (word, _) in CATALOGUE.hints {
        assert!(
            !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase()),
            "{word}"
        );
    }
}
