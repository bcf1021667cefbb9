//! The verdict on one action.

use crate::action::Action;
use crate::call::ToolCall;
use crate::decision::{DenyReason, DeterminingPolicy, JudgedAction, PolicyEffect};
use crate::limits;
use crate::policy::{Approver, Bundle, Outcome, Policy};
use crate::vocabulary::{ResourceType, VerbGroup, Verdict};

/// Id under which the built-in rule on checkrein's own files appears among the policies.
pub(super) const GUARD: &str = "checkrein.guard";

/// What the built-in rule says.
pub(super) const GUARD_REASON: &str =
    "agents may not change checkrein or the settings that keep it in force";

/// What to do instead.
pub(super) const GUARD_ADVICE: &str = "ask the operator to make this change";

/// The verdict on one action, and what it rests on.
#[derive(Debug)]
pub(super) struct Judgement<'a> {
    pub(super) verdict: Verdict,
    /// The built-in rule on checkrein's own files applies.
    pub(super) guard: bool,
    /// The determining policies of the evaluation without approval, sorted by id.
    pub(super) policies: Vec<&'a Policy>,
    /// Those that explain the verdict: for a denial the ones no approval lifts.
    pub(super) deciding: Vec<&'a Policy>,
    /// Teams that may approve it, sorted.
    pub(super) teams: Vec<String>,
    pub(super) errors: Vec<DenyReason>,
}

/// Judges `action`; when it is not allowed, finds the teams whose approval would allow it.
pub(super) fn judge<'a>(bundle: &'a Bundle, call: &ToolCall, action: &Action) -> Judgement<'a> {
    if is_guarded(action) {
        return Judgement {
            guard: true,
            ..Judgement::denied()
        };
    }
    let plain = evaluate(bundle, call, action, None);
    let mut judgement = Judgement {
        policies: plain.policies,
        ..Judgement::denied()
    };
    judgement.deciding.clone_from(&judgement.policies);
    judgement.errors = plain.errors;
    if plain.allowed {
        judgement.verdict = Verdict::Allow;
        return judgement;
    }
    if !judgement.errors.is_empty() {
        return judgement;
    }
    let firm = |policy: &&Policy| policy.effect == PolicyEffect::Forbid && !policy.heeds_approval;
    let firm: Vec<&Policy> = judgement.policies.iter().copied().filter(firm).collect();
    if !firm.is_empty() {
        judgement.deciding = firm;
        return judgement;
    }
    for team in bundle.teams().iter().take(limits::TEAMS) {
        let member = Approver {
            human: format!("a member of {team}"),
            teams: vec![team.clone()],
        };
        let approved = evaluate(bundle, call, action, Some(&member));
        if approved.allowed {
            judgement.teams.push(team.clone());
        } else if !approved.policies.is_empty() && judgement.teams.is_empty() {
            judgement.deciding = approved.policies;
        }
        judgement.errors.extend(approved.errors);
    }
    if judgement.errors.is_empty() && !judgement.teams.is_empty() {
        judgement.verdict = Verdict::NeedsApproval;
        judgement.deciding.clone_from(&judgement.policies);
    }
    judgement
}

/// Judges `action` as approved by `approver`; nothing unless that allows it.
pub(super) fn judge_approved<'a>(
    bundle: &'a Bundle,
    call: &ToolCall,
    action: &Action,
    approver: &Approver,
) -> Option<Judgement<'a>> {
    if is_guarded(action) {
        return None;
    }
    let outcome = evaluate(bundle, call, action, Some(approver));
    outcome.allowed.then(|| Judgement {
        verdict: Verdict::Allow,
        deciding: outcome.policies.clone(),
        policies: outcome.policies,
        ..Judgement::denied()
    })
}

impl Judgement<'_> {
    fn denied() -> Self {
        Self {
            verdict: Verdict::Deny,
            guard: false,
            policies: Vec::new(),
            deciding: Vec::new(),
            teams: Vec::new(),
            errors: Vec::new(),
        }
    }

    /// The judgement in the form of the decision.
    pub(super) fn into_judged(self, action: Action) -> JudgedAction {
        let policies = if self.guard {
            vec![DeterminingPolicy {
                id: GUARD.to_owned(),
                effect: PolicyEffect::Forbid,
                reason: GUARD_REASON.to_owned(),
            }]
        } else {
            let policies = self.policies.iter();
            let determining = policies.map(|policy| DeterminingPolicy {
                id: policy.id.clone(),
                effect: policy.effect,
                reason: policy.reason.clone(),
            });
            determining.collect()
        };
        JudgedAction {
            action,
            verdict: self.verdict,
            policies,
        }
    }
}

fn is_guarded(action: &Action) -> bool {
    action.resource.kind == ResourceType::Guard && action.verb.group() != VerbGroup::Observe
}

fn evaluate<'a>(
    bundle: &'a Bundle,
    call: &ToolCall,
    action: &Action,
    approver: Option<&Approver>,
) -> Outcome<'a> {
    match bundle.query(call, action, approver) {
        Ok(query) => bundle.evaluate(&query),
        Err(error) => Outcome {
            allowed: false,
            policies: Vec::new(),
            errors: vec![error],
        },
    }
}
