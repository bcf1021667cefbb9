//! What a refusal or a question says, to a model or a person.

use checkrein::Decision;

/// Longest message, in characters; hosts and frameworks show it to a model.
pub const LONGEST: usize = 2_000;

/// Why, what to do instead, who may approve, and which policies say so.
#[must_use]
pub fn of(decision: &Decision) -> String {
    let approval = decision.approval.as_ref();
    let approvers =
        approval.map(|approval| format!("May be approved by: {}", approval.teams.join(", ")));
    with(decision, approvers, &[])
}

/// The message with what the surface has to say about approval, and notes.
#[must_use]
pub fn with(decision: &Decision, approval: Option<String>, notes: &[String]) -> String {
    let mut lines = vec![format!("checkrein: {}", decision.reason)];
    lines.extend(
        decision
            .advice
            .as_ref()
            .map(|advice| format!("Instead: {advice}")),
    );
    lines.extend(approval);
    let policies = policies(decision);
    if !policies.is_empty() {
        lines.push(format!("Policies: {}", policies.join(", ")));
    }
    lines.extend(notes.iter().map(|note| format!("Note: {note}")));
    lines.join("\n").chars().take(LONGEST).collect()
}

/// The policies that determined the verdict, sorted by id.
fn policies(decision: &Decision) -> Vec<&str> {
    let judged = decision
        .actions
        .iter()
        .filter(|judged| judged.verdict == decision.verdict);
    let mut policies: Vec<&str> = judged
        .flat_map(|judged| &judged.policies)
        .map(|policy| policy.id.as_str())
        .collect();
    policies.sort_unstable();
    policies.dedup();
    policies
}
