//! What the catalogue knows, by name.

use std::collections::BTreeMap;

use super::CATALOGUE;
use super::spec::{Act, Command};
use crate::vocabulary::{ResourceType, Verb};

/// Every operation of the catalogue, sorted by name, each with the verb and resource type of one of
/// its acts.
#[must_use]
pub fn operations() -> BTreeMap<&'static str, (Verb, ResourceType)> {
    let mut found = BTreeMap::new();
    let mut note = |acts: &'static [Act]| {
        for act in acts {
            found
                .entry(act.operation)
                .or_insert((act.verb, act.resource));
        }
    };
    let mut open: Vec<&'static Command> = CATALOGUE.commands.iter().map(|(_, one)| *one).collect();
    while let Some(command) = open.pop() {
        note(command.acts);
        note(command.always);
        open.extend(command.subcommands.iter().map(|(_, one)| *one));
    }
    for api in CATALOGUE.apis {
        api.mutations.iter().for_each(|(_, acts)| note(acts));
        api.queries.iter().for_each(|(_, acts)| note(acts));
        api.routes.iter().for_each(|route| note(route.acts));
    }
    for language in CATALOGUE.code {
        language.calls.iter().for_each(|one| note(one.meaning.acts));
    }
    CATALOGUE.tools.iter().for_each(|tool| note(tool.acts));
    let servers = CATALOGUE.servers.iter();
    servers
        .flat_map(|server| server.tools)
        .for_each(|tool| note(tool.acts));
    let sql = &CATALOGUE.sql;
    let groups = sql.statements.iter().flat_map(|(_, groups)| *groups);
    let heads = groups.flat_map(|(_, heads)| *heads);
    let deeds = heads
        .map(|head| &head.statement.deed)
        .chain(
            sql.functions
                .iter()
                .filter_map(|(_, one)| one.deed.as_ref()),
        )
        .chain(sql.commands.iter().map(|(_, one)| &one.deed));
    for deed in deeds {
        found
            .entry(deed.operation)
            .or_insert((deed.verb, deed.resource));
    }
    found
}
