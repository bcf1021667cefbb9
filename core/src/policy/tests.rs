mod conformance;
mod loading;
mod slicing;

use std::collections::BTreeMap;

use super::compile::Known;
use super::compiled::{CompiledPolicy, effect_word};
use super::plan::{Entry, Plan};
use super::scan::{Statement, scan};
use super::{Bundle, Scope as PolicyScope, SourceFile, Sources};
use crate::action::{Action, Effects, Environment, Resource, Scope, Span};
use crate::call::{Agent, ToolCall, Workspace};
use crate::inventory::Inventory;
use crate::vocabulary::{
    Completeness, EnvironmentClass, Location, ResourceType, Reversibility, Verb,
};

fn call(agent: &str) -> ToolCall {
    ToolCall {
        tool: "t".to_owned(),
        server: None,
        arguments: serde_json::Map::new(),
        annotations: serde_json::Map::new(),
        agent: Agent {
            id: agent.to_owned(),
            ..Agent::default()
        },
        workspace: Workspace::default(),
        env: BTreeMap::new(),
    }
}

fn action(verb: Verb, kind: ResourceType, id: &str) -> Action {
    Action {
        operation: "test:act".into(),
        verb,
        resource: Resource {
            kind,
            id: id.to_owned(),
            parents: Vec::new(),
        },
        location: Location::Remote,
        environment: Environment {
            name: "e0".to_owned(),
            class: EnvironmentClass::Unknown,
            evidence: Vec::new(),
        },
        reversibility: Reversibility::Irreversible,
        scope: Scope::default(),
        effects: Effects::NONE,
        credential: None,
        completeness: Completeness::Exact,
        span: Span::default(),
        evidence: Vec::new(),
    }
}

impl Bundle {
    /// A bundle of policies that were not validated.
    fn unchecked(inventory: Inventory, text: &str) -> Self {
        let plan = Plan {
            inventory,
            packs: Vec::new(),
        };
        let file = SourceFile {
            name: "test".to_owned(),
            text: text.to_owned(),
        };
        let sources = Sources {
            policies: vec![file],
            ..Sources::default()
        };
        let entry = |statement: Statement| {
            let parsed = cedar_policy::Policy::parse(None, &text[statement.range.clone()]).unwrap();
            let id = parsed.annotation("id").unwrap().to_owned();
            Entry::from(CompiledPolicy {
                file: 0,
                start: statement.range.start as u32,
                end: statement.range.end as u32,
                effect: effect_word(parsed.effect()).to_owned(),
                reason: id.clone(),
                advice: None,
                scope: PolicyScope::of(&parsed),
                id,
            })
        };
        let entries = scan(text).unwrap().into_iter().map(entry).collect();
        plan.build(&sources, entries, &Known::new()).unwrap()
    }
}

#[test]
fn a_bundle_may_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Bundle>();
}
