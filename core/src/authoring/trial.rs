//! Running the tests of a pack, or of an operator in the same form.

use serde::{Deserialize, Serialize};

use super::act::{Act, call_by};
use crate::authorize::authorize_actions;
use crate::policy::Bundle;

/// A case of `tests.json`: an action that makes a policy fire, and a near neighbour that does not.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    policy: String,
    fires: Act,
    spares: Act,
}

/// What the tests gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trials {
    /// Two for each case: the action that makes the policy fire, then the one it spares.
    pub trials: Vec<Trial>,
    /// How many passed.
    pub passed: usize,
    /// How many failed.
    pub failed: usize,
    /// Policies of the tests' files that no case is for.
    pub untested: Vec<String>,
}

/// What one test gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trial {
    /// Which case, from 0.
    pub case: usize,
    /// The policy it is for.
    pub policy: String,
    /// Whether the policy should match.
    pub fires: bool,
    /// The verdict is the expected one, and the policy matches only where it should.
    pub passed: bool,
    /// The verdict it should have.
    pub expected: String,
    /// The verdict; empty when the action could not be read.
    pub got: String,
    /// The policies that determined it.
    pub policies: Vec<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// Runs `tests`, the text of a `tests.json`, under `bundle`.
///
/// # Errors
/// What is wrong with the form of the tests.
pub fn run_tests(bundle: &Bundle, tests: &str) -> Result<Trials, String> {
    let cases: Vec<Case> = serde_json::from_str(tests).map_err(|error| error.to_string())?;
    let mut trials = Vec::new();
    for (
        case,
        Case {
            policy,
            fires,
            spares,
        },
    ) in cases.iter().enumerate()
    {
        trials.push(trial(bundle, case, policy, fires, true));
        trials.push(trial(bundle, case, policy, spares, false));
    }
    let passed = trials.iter().filter(|trial| trial.passed).count();
    let names = bundle.policies().iter().map(|policy| policy.id.as_str());
    let untested = names.filter(|id| !cases.iter().any(|case| case.policy == *id));
    Ok(Trials {
        failed: trials.len().saturating_sub(passed),
        untested: untested.map(str::to_owned).collect(),
        passed,
        trials,
    })
}

fn trial(bundle: &Bundle, case: usize, policy: &str, act: &Act, fires: bool) -> Trial {
    let mut trial = Trial {
        case,
        policy: policy.to_owned(),
        fires,
        passed: false,
        expected: act.expect.clone(),
        got: String::new(),
        policies: Vec::new(),
        problem: None,
    };
    let action = match act.action(bundle.inventory()) {
        Ok(action) => action,
        Err(problem) => {
            trial.problem = Some(problem);
            return trial;
        }
    };
    let decision = authorize_actions(bundle, &call_by("agent"), vec![action]);
    let determining = decision.actions.iter().flat_map(|judged| &judged.policies);
    trial.policies = determining.map(|policy| policy.id.clone()).collect();
    decision.verdict.as_str().clone_into(&mut trial.got);
    let matched = trial.policies.iter().any(|id| id == policy);
    let problem = if trial.got != trial.expected {
        Some(format!(
            "the verdict is {}, not {}",
            trial.got, trial.expected
        ))
    } else if matched != fires {
        let word = if fires { "does not match" } else { "matches" };
        Some(format!("policy `{policy}` {word}"))
    } else {
        None
    };
    trial.passed = problem.is_none();
    trial.problem = problem;
    trial
}
