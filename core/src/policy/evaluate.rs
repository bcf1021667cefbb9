//! Evaluation: what the policies say of one request.

use cedar_policy::{AuthorizationError, Authorizer, PolicySet};
use cedar_policy_core::evaluator::Evaluator;
use cedar_policy_core::extensions::Extensions;

use super::bundle::{Bundle, Policy};
use super::condition::{Condition, Failure, failure};
use super::request::Query;
use crate::decision::{DenyReason, PolicyEffect};

/// What the policies say of one request.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome<'a> {
    /// Some permit matched, no forbid did, and nothing failed.
    pub allowed: bool,
    /// The policies that determined it, sorted by id: the forbids that matched, else the permits.
    pub policies: Vec<&'a Policy>,
    /// Failures. Cedar skips a policy that fails, which opens the door when it is a forbid; so any
    /// entry here means that nothing is allowed.
    pub errors: Vec<DenyReason>,
}

impl Bundle {
    /// Evaluates the policies whose scope can match. `query` must be of this bundle.
    #[must_use]
    pub fn evaluate(&self, query: &Query) -> Outcome<'_> {
        let evaluator = Evaluator::new(
            query.request.as_ref().clone(),
            query.entities.as_ref(),
            Extensions::all_available(),
        );
        let mut tally = Tally::default();
        for bucket in self.index().matching(&query.keys) {
            let conditions = bucket.conditions.get_or_init(|| self.conditions(bucket));
            match conditions {
                Ok(conditions) => {
                    for condition in conditions {
                        tally.add(self, condition, condition.holds(&evaluator));
                    }
                }
                Err(error) => tally.errors.push(error.clone()),
            }
        }
        tally.outcome()
    }

    /// Evaluates every policy of `set` as plain Cedar does: what [`Bundle::evaluate`] is measured
    /// against. `set` is [`Bundle::policy_set`].
    #[must_use]
    pub fn evaluate_unsliced(&self, query: &Query, set: &PolicySet) -> Outcome<'_> {
        let response = Authorizer::new().is_authorized(&query.request, set, &query.entities);
        let mut tally = Tally::default();
        for AuthorizationError::PolicyEvaluationError(error) in response.diagnostics().errors() {
            tally.fail(error.policy_id().as_ref(), failure(error.inner()));
        }
        for id in response.diagnostics().reason() {
            tally.matched(self.policy(id.as_ref()));
        }
        tally.outcome()
    }
}

#[derive(Default)]
struct Tally<'a> {
    permits: Vec<&'a Policy>,
    forbids: Vec<&'a Policy>,
    errors: Vec<DenyReason>,
}

impl<'a> Tally<'a> {
    fn add(&mut self, bundle: &'a Bundle, condition: &Condition, holds: Result<bool, Failure>) {
        let policy = bundle.policies.get(condition.number as usize);
        match holds {
            Ok(true) => self.matched(policy),
            Ok(false) => {}
            Err(failure) => self.fail(policy.map_or("", |policy| &policy.id), failure),
        }
    }

    fn matched(&mut self, policy: Option<&'a Policy>) {
        match policy {
            Some(policy) if policy.effect == PolicyEffect::Forbid => self.forbids.push(policy),
            Some(policy) => self.permits.push(policy),
            None => self
                .errors
                .push(DenyReason::Internal("a policy has no entry".to_owned())),
        }
    }

    fn fail(&mut self, id: &str, failure: Failure) {
        self.errors.push(DenyReason::PolicyError {
            id: id.to_owned(),
            message: failure.to_owned(),
        });
    }

    fn outcome(self) -> Outcome<'a> {
        let allowed = self.forbids.is_empty() && !self.permits.is_empty() && self.errors.is_empty();
        let mut policies = if self.forbids.is_empty() {
            self.permits
        } else {
            self.forbids
        };
        policies.sort_by(|a, b| a.id.cmp(&b.id));
        let mut errors = self.errors;
        errors.sort_by_key(ToString::to_string);
        Outcome {
            allowed,
            policies,
            errors,
        }
    }
}
