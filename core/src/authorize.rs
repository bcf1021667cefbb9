//! The decision: each action is judged by the bundle, the strictest verdict wins.
//!
//! Nothing here panics, and every failure ends in `deny`.

mod explain;
mod judge;

use crate::action::{Action, Draft};
use crate::approval;
use crate::call::ToolCall;
use crate::decision::{ApprovalRequest, Decision, DenyReason};
use crate::ground::ground;
use crate::limits;
use crate::policy::{Approver, Bundle};
use crate::vocabulary::Verdict;
use judge::{Judgement, judge, judge_approved};

/// Decides `call`, which was interpreted as `drafts`.
#[must_use]
pub fn authorize(bundle: &Bundle, call: &ToolCall, drafts: Vec<Draft>) -> Decision {
    authorize_actions(bundle, call, grounded(bundle, call, drafts))
}

/// Decides `call` once `approver` has approved exactly it, which the caller has verified. An
/// approval that does not suffice changes nothing: the decision is that of [`authorize`].
#[must_use]
pub fn authorize_approved(
    bundle: &Bundle,
    call: &ToolCall,
    drafts: Vec<Draft>,
    approver: &Approver,
) -> Decision {
    let actions = grounded(bundle, call, drafts);
    if let Some(decision) = unusable(bundle, &actions) {
        return decision;
    }
    let judged: Option<Vec<Judgement<'_>>> = actions
        .iter()
        .map(|action| judge_approved(bundle, call, action, approver))
        .collect();
    match judged {
        Some(judgements) => decide(bundle, call, actions, judgements),
        None => authorize_actions(bundle, call, actions),
    }
}

/// Decides `call`, which means `actions`.
#[must_use]
pub fn authorize_actions(bundle: &Bundle, call: &ToolCall, actions: Vec<Action>) -> Decision {
    if let Some(decision) = unusable(bundle, &actions) {
        return decision;
    }
    let judgements = actions
        .iter()
        .map(|action| judge(bundle, call, action))
        .collect();
    decide(bundle, call, actions, judgements)
}

fn grounded(bundle: &Bundle, call: &ToolCall, drafts: Vec<Draft>) -> Vec<Action> {
    // One more than the limit is enough to be refused.
    let drafts = drafts.into_iter().take(limits::ACTIONS.saturating_add(1));
    drafts
        .map(|draft| ground(draft, call, bundle.inventory()))
        .collect()
}

fn unusable(bundle: &Bundle, actions: &[Action]) -> Option<Decision> {
    let reason = if actions.is_empty() && cfg!(not(feature = "code")) {
        DenyReason::Lacking("it holds Python or JavaScript".to_owned())
    } else if actions.is_empty() {
        DenyReason::Internal("nothing was understood".to_owned())
    } else if actions.len() > limits::ACTIONS {
        DenyReason::OverLimit(format!("it means more than {} actions", limits::ACTIONS))
    } else {
        return None;
    };
    Some(Decision::refuse(reason, bundle.digest()))
}

fn decide(
    bundle: &Bundle,
    call: &ToolCall,
    actions: Vec<Action>,
    judgements: Vec<Judgement<'_>>,
) -> Decision {
    let mut verdict = judgements
        .iter()
        .map(|j| j.verdict)
        .max()
        .unwrap_or(Verdict::Deny);
    let mut errors: Vec<DenyReason> = judgements
        .iter()
        .flat_map(|judgement| judgement.errors.iter().cloned())
        .collect();
    let mut approval = None;
    let mut explained = explain::explain(&actions, &judgements, verdict);
    if verdict == Verdict::NeedsApproval {
        let teams = common_teams(&judgements);
        if teams.is_empty() {
            verdict = Verdict::Deny;
            explained = explain::no_common_team();
        } else {
            match approval::fingerprint(call, &actions, bundle.digest()) {
                Ok(fingerprint) => approval = Some(ApprovalRequest { fingerprint, teams }),
                Err(error) => errors.push(error),
            }
        }
    }
    errors.sort_by_key(ToString::to_string);
    errors.dedup();
    if let Some(error) = errors.first() {
        verdict = Verdict::Deny;
        approval = None;
        explained.reason = error.to_string();
    }
    let judged = actions
        .into_iter()
        .zip(judgements)
        .map(|(action, j)| j.into_judged(action));
    Decision {
        verdict,
        reason: explained.reason,
        advice: explained.advice,
        actions: judged.collect(),
        approval,
        errors,
        bundle: bundle.digest().to_owned(),
    }
}

/// Teams that may approve every action that needs it.
fn common_teams(judgements: &[Judgement<'_>]) -> Vec<String> {
    let mut needing = judgements
        .iter()
        .filter(|j| j.verdict == Verdict::NeedsApproval);
    let first = needing
        .next()
        .map(|judgement| judgement.teams.clone())
        .unwrap_or_default();
    needing.fold(first, |mut teams, judgement| {
        teams.retain(|team| judgement.teams.contains(team));
        teams
    })
}

#[cfg(test)]
mod tests;
