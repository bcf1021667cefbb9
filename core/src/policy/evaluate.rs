//! Evaluation: what the policies say of one request.

use cedar_policy::{
    AuthorizationError, Authorizer, Decision, EvaluationError, PolicySet, Response,
};

use super::bundle::{Bundle, Policy};
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
        let mut tally = Tally::default();
        for bucket in self.index().matching(&query.keys) {
            match bucket
                .set
                .get_or_init(|| self.parsed_set(bucket.policies.iter().copied()))
            {
                Ok(set) => tally.add(self, query, set),
                Err(error) => tally.errors.push(error.clone()),
            }
        }
        tally.outcome()
    }

    /// Evaluates every policy of `set` as plain Cedar does: what [`Bundle::evaluate`] is measured
    /// against. `set` is [`Bundle::policy_set`].
    #[must_use]
    pub fn evaluate_unsliced(&self, query: &Query, set: &PolicySet) -> Outcome<'_> {
        let mut tally = Tally::default();
        tally.add(self, query, set);
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
    fn add(&mut self, bundle: &'a Bundle, query: &Query, set: &PolicySet) {
        let response = Authorizer::new().is_authorized(&query.request, set, &query.entities);
        self.errors
            .extend(response.diagnostics().errors().map(policy_error));
        for id in response.diagnostics().reason() {
            match bundle.policy(id.as_ref()) {
                Some(policy) if policy.effect == PolicyEffect::Forbid => self.forbids.push(policy),
                Some(policy) => self.permits.push(policy),
                None => self
                    .errors
                    .push(DenyReason::Internal("a policy has no entry".to_owned())),
            }
        }
        self.check(&response);
    }

    /// Cedar's own answer for the bucket must fit the policies it names.
    fn check(&mut self, response: &Response) {
        let fits = match response.decision() {
            Decision::Allow => !self.permits.is_empty(),
            Decision::Deny => true,
        };
        if !fits {
            self.errors
                .push(DenyReason::Internal("allowed by no policy".to_owned()));
        }
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

fn policy_error(error: &AuthorizationError) -> DenyReason {
    let AuthorizationError::PolicyEvaluationError(error) = error;
    let message = match error.inner() {
        EvaluationError::EntityDoesNotExist(_) => "an entity it reads is not known",
        EvaluationError::EntityAttrDoesNotExist(_) => "an attribute it reads is not set",
        EvaluationError::RecordAttrDoesNotExist(_) => "a field it reads is not set",
        EvaluationError::TypeError(_) => "a value has another type than it expects",
        EvaluationError::IntegerOverflow(_) => "a sum or product overflows",
        EvaluationError::RecursionLimit(_) => "it nests too deep",
        EvaluationError::FailedExtensionFunctionLookup(_)
        | EvaluationError::WrongNumArguments(_)
        | EvaluationError::FailedExtensionFunctionExecution(_) => "a function it calls fails",
        EvaluationError::UnlinkedSlot(_) | EvaluationError::NonValue(_) => "it is not complete",
    };
    DenyReason::PolicyError {
        id: error.policy_id().to_string(),
        message: message.to_owned(),
    }
}
