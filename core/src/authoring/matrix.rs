//! The verdict on every verb, resource type and environment class: what a bundle says, at a glance.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::act::{Facts, call_by, word};
use super::examples::{Example, examples};
use crate::action::Action;
use crate::authorize::authorize_actions;
use crate::policy::Bundle;
use crate::vocabulary::{EnvironmentClass, Location, ResourceType, Reversibility, Verb, VerbGroup};

/// What the matrix is about. Absent lists mean everything there is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MatrixOptions {
    /// The agent that acts; `agent` when absent.
    pub agent: Option<String>,
    /// [`Verb`]s.
    pub verbs: Option<Vec<String>>,
    /// [`ResourceType`]s.
    pub types: Option<Vec<String>>,
    /// [`EnvironmentClass`]es.
    pub environments: Option<Vec<String>>,
    /// The other facts of every action. An absent reversibility is the usual one of the verb: looking
    /// changes nothing, what is deleted is gone, all else can be undone. An absent location is the
    /// workspace in the local environment, else remote.
    pub facts: Facts,
    /// Whether to leave the examples out, which take about as long as the verdicts.
    pub without_examples: bool,
}

/// A verdict for each combination, in the order of verbs, types and environments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Matrix {
    /// The verbs.
    pub verbs: Vec<&'static str>,
    /// The resource types.
    pub types: Vec<&'static str>,
    /// The environment classes.
    pub environments: Vec<&'static str>,
    /// The verdicts.
    pub cells: Vec<Cell>,
}

/// One combination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// The verb.
    pub verb: &'static str,
    /// The resource type.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The environment class.
    pub environment: &'static str,
    /// The verdict.
    pub verdict: &'static str,
    /// The policies that determined it.
    pub policies: Vec<String>,
    /// Teams that may approve it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<String>,
    /// A call that was interpreted and landed here, where one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<Example>,
}

/// Evaluates `bundle` on every combination.
///
/// # Errors
/// Which word of the options is not known.
pub fn matrix(bundle: &Bundle, options: &MatrixOptions) -> Result<Matrix, String> {
    let verbs = chosen("verb", options.verbs.as_ref(), Verb::ALL, Verb::parse)?;
    let types = options.types.as_ref();
    let types = chosen(
        "resource type",
        types,
        ResourceType::ALL,
        ResourceType::parse,
    )?;
    let environments = chosen(
        "environment class",
        options.environments.as_ref(),
        EnvironmentClass::ALL,
        EnvironmentClass::parse,
    )?;
    let agent = options.agent.as_deref().unwrap_or("agent");
    let mut known = HashMap::new();
    if !options.without_examples {
        for landing in examples(bundle, agent) {
            let key = (landing.verb, landing.kind, landing.environment);
            known.insert(key, landing.example);
        }
    }
    let mut cells = Vec::new();
    for verb in &verbs {
        for kind in &types {
            for class in &environments {
                let action = usual(bundle, &options.facts, *verb, *kind, *class)?;
                let decision = authorize_actions(bundle, &call_by(agent), vec![action]);
                let determining = decision.actions.iter().flat_map(|judged| &judged.policies);
                cells.push(Cell {
                    verb: verb.as_str(),
                    kind: kind.as_str(),
                    environment: class.as_str(),
                    verdict: decision.verdict.as_str(),
                    policies: determining.map(|policy| policy.id.clone()).collect(),
                    teams: decision.approval.map(|ask| ask.teams).unwrap_or_default(),
                    example: known.remove(&(verb.as_str(), kind.as_str(), class.as_str())),
                });
            }
        }
    }
    Ok(Matrix {
        verbs: verbs.iter().map(|verb| verb.as_str()).collect(),
        types: types.iter().map(|kind| kind.as_str()).collect(),
        environments: environments.iter().map(|class| class.as_str()).collect(),
        cells,
    })
}

/// The action of a cell.
fn usual(
    bundle: &Bundle,
    facts: &Facts,
    verb: Verb,
    kind: ResourceType,
    class: EnvironmentClass,
) -> Result<Action, String> {
    let mut action = facts.action(verb, kind, class)?;
    if facts.reversibility.is_none() {
        action.reversibility = match verb.group() {
            VerbGroup::Observe => Reversibility::None,
            VerbGroup::Destroy => Reversibility::Irreversible,
            VerbGroup::Change | VerbGroup::Control => Reversibility::Reversible,
        };
    }
    if facts.location.is_none() && class == EnvironmentClass::Local {
        action.location = Location::Workspace;
    }
    let mut declared = bundle.inventory().environments.iter();
    if let Some(declared) = declared.find(|declared| declared.class == class) {
        action.environment.name.clone_from(&declared.name);
    }
    Ok(action)
}

fn chosen<T: Copy>(
    what: &str,
    words: Option<&Vec<String>>,
    all: &[T],
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, String> {
    match words {
        Some(words) => words.iter().map(|text| word(what, text, &parse)).collect(),
        None => Ok(all.to_vec()),
    }
}
