mod conformance;
mod loading;
mod slicing;

use std::collections::BTreeMap;

use crate::action::{Action, Effects, Environment, Resource, Scope, Span};
use crate::call::{Agent, ToolCall, Workspace};
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
