//! What is left to evaluate of a policy once the index has found it for a request.

use cedar_policy::EvaluationError;
use cedar_policy_core::ast::{
    ActionConstraint, EntityUID, Expr, Literal, Policy, SlotEnv, ValueKind,
};
use cedar_policy_core::evaluator::Evaluator;

use crate::vocabulary::{Verb, VerbGroup};

/// Why a policy fails on a request.
pub(super) type Failure = &'static str;

/// A policy's head and conditions as one expression, made once: Cedar's authorizer makes it anew for each
/// request, and the set of verbs of the head with it.
#[derive(Debug)]
pub(super) struct Condition {
    /// The policy's number in the bundle.
    pub(super) number: u32,
    test: Expr,
}

impl Condition {
    /// The condition of `policy`, for requests whose verb is among those the index lists for it.
    pub(super) fn of(number: u32, policy: &Policy) -> Self {
        let mut test = policy
            .non_scope_constraints()
            .map_or_else(|| Expr::val(true), Expr::clone);
        test = Expr::and(policy.resource_constraint().as_expr(), test);
        let action = policy.action_constraint();
        if !is_listed(action) {
            test = Expr::and(action.as_expr(), test);
        }
        let test = Expr::and(policy.principal_constraint().as_expr(), test);
        Self { number, test }
    }

    /// Whether the policy matches the request of `evaluator`.
    ///
    /// # Errors
    /// When Cedar cannot say. Cedar's authorizer then skips the policy and tells of it.
    pub(super) fn holds(&self, evaluator: &Evaluator<'_>) -> Result<bool, Failure> {
        let value = evaluator
            .interpret(&self.test, &SlotEnv::new())
            .map_err(|error| failure(&error))?;
        match value.value {
            ValueKind::Lit(Literal::Bool(holds)) => Ok(holds),
            _ => Err(WRONG_TYPE),
        }
    }
}

const WRONG_TYPE: Failure = "a value has another type than it expects";

/// Why, without the values that are involved.
pub(super) fn failure(error: &EvaluationError) -> Failure {
    match error {
        EvaluationError::EntityDoesNotExist(_) => "an entity it reads is not known",
        EvaluationError::EntityAttrDoesNotExist(_) => "an attribute it reads is not set",
        EvaluationError::RecordAttrDoesNotExist(_) => "a field it reads is not set",
        EvaluationError::TypeError(_) => WRONG_TYPE,
        EvaluationError::IntegerOverflow(_) => "a sum or product overflows",
        EvaluationError::RecursionLimit(_) => "it nests too deep",
        EvaluationError::FailedExtensionFunctionLookup(_)
        | EvaluationError::WrongNumArguments(_)
        | EvaluationError::FailedExtensionFunctionExecution(_) => "a function it calls fails",
        EvaluationError::UnlinkedSlot(_) | EvaluationError::NonValue(_) => "it is not complete",
    }
}

/// Whether the verbs the index lists for this head are exactly those that meet it. Those of `==` with a
/// group are not: nothing meets that.
fn is_listed(action: &ActionConstraint) -> bool {
    match action {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(uid) => is_action(uid) && Verb::parse(id(uid)).is_some(),
        ActionConstraint::In(uids) => uids.iter().all(|uid| {
            let named = Verb::parse(id(uid)).is_some() || VerbGroup::parse(id(uid)).is_some();
            named && is_action(uid)
        }),
    }
}

fn id(uid: &EntityUID) -> &str {
    uid.eid().as_ref()
}

fn is_action(uid: &EntityUID) -> bool {
    uid.entity_type().to_string() == "Action"
}
