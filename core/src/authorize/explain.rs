//! Why: one line for people and agents.

use std::cmp::Reverse;

use super::judge::{GUARD_ADVICE, GUARD_REASON, Judgement};
use crate::action::Action;
use crate::policy::Policy;
use crate::vocabulary::Verdict;

/// Longest piece of an operation or id that a reason shows, in characters.
const SHOWN: usize = 160;

/// Most policies whose reasons are joined into one line.
const REASONS: usize = 2;

/// The line that says why, and what to do instead.
#[derive(Debug)]
pub(super) struct Explanation {
    pub(super) reason: String,
    pub(super) advice: Option<String>,
}

/// Explains the first action with the decision's verdict.
pub(super) fn explain(
    actions: &[Action],
    judgements: &[Judgement<'_>],
    verdict: Verdict,
) -> Explanation {
    let mut pairs = actions.iter().zip(judgements);
    let Some((action, judgement)) = pairs.find(|(_, judgement)| judgement.verdict == verdict)
    else {
        return Explanation {
            reason: "nothing was understood".to_owned(),
            advice: None,
        };
    };
    let (why, advice) = why(judgement);
    let subject = format!(
        "{} on {} `{}` in {}",
        shown(&action.operation),
        action.resource.kind,
        shown(&action.resource.id),
        shown(&action.environment.name),
    );
    Explanation {
        reason: format!("{subject}: {why}"),
        advice,
    }
}

/// Explains a call whose actions need approvals of different teams.
pub(super) fn no_common_team() -> Explanation {
    Explanation {
        reason: "no single team may approve everything this call does".to_owned(),
        advice: Some("split it into calls that one team each may approve".to_owned()),
    }
}

fn why(judgement: &Judgement<'_>) -> (String, Option<String>) {
    if judgement.guard {
        return (GUARD_REASON.to_owned(), Some(GUARD_ADVICE.to_owned()));
    }
    let mut policies = judgement.deciding.clone();
    policies.sort_by_key(|policy| (Reverse(specificity(policy)), policy.id.as_str()));
    let mut reasons: Vec<&str> = Vec::new();
    for policy in &policies {
        if reasons.len() < REASONS && !reasons.contains(&policy.reason.as_str()) {
            reasons.push(&policy.reason);
        }
    }
    let advice = policies.iter().find_map(|policy| policy.advice.clone());
    let reason = if reasons.is_empty() {
        match judgement.verdict {
            Verdict::NeedsApproval => "no policy permits this without approval".to_owned(),
            Verdict::Deny | Verdict::Allow => "no policy permits this".to_owned(),
        }
    } else if judgement.verdict == Verdict::Allow {
        reasons
            .first()
            .map(|reason| (*reason).to_owned())
            .unwrap_or_default()
    } else {
        reasons.join("; ")
    };
    (reason, advice)
}

/// How many parts of a policy's scope are fixed.
fn specificity(policy: &Policy) -> usize {
    let scope = &policy.scope;
    let fixed = [
        scope.verbs.is_some(),
        scope.resource_type.is_some(),
        scope.resource.is_some(),
        scope.principal.is_some(),
    ];
    fixed.into_iter().filter(|fixed| *fixed).count()
}

/// `text` on one line and not too long.
fn shown(text: &str) -> String {
    let clean = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let mut shown: String = text.chars().map(clean).take(SHOWN).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}
