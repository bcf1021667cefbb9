//! A decision for people: the verdict, then each action and what it rests on.

use std::fmt::{self, Write};

use checkrein::ToolCall;
use checkrein::action::{Action, Credential};
use checkrein::decision::{Decision, JudgedAction};
use checkrein::vocabulary::{CredentialSource, Verdict};

use super::excerpt::excerpt;
use super::redact::Redactor;
use super::style::{self, ERROR, LABEL, MARK, STRONG};
use super::{plain, wrap};

/// Widest line, in characters.
pub const WIDTH: usize = 90;
/// Where values start.
const COLUMN: usize = 19;
/// Longest shown part of a digest.
const DIGEST: usize = "sha256:".len() + 12;

/// Writes `decision` on `call`; without a call, it could not be read.
pub fn write(out: &mut impl Write, decision: &Decision, call: Option<&ToolCall>) -> fmt::Result {
    banner(out, decision)?;
    for (number, judged) in decision.actions.iter().enumerate() {
        writeln!(out)?;
        action(out, number + 1, judged, call)?;
    }
    Ok(())
}

fn banner(out: &mut impl Write, decision: &Decision) -> fmt::Result {
    let style = style::verdict(decision.verdict).invert();
    let word = style::words(decision.verdict).to_uppercase();
    writeln!(out, "{style} {word} {style:#}")?;
    let mut field = |label: &str, text: &str| field(out, "  ", label, text);
    field("why", &decision.reason)?;
    if let Some(advice) = &decision.advice {
        field("instead", advice)?;
    }
    if let Some(approval) = &decision.approval {
        field(
            "may approve",
            &format!("anyone of {}", approval.teams.join(", ")),
        )?;
        field("approval is of", short(&approval.fingerprint))?;
    }
    for error in decision
        .errors
        .iter()
        .filter(|error| error.to_string() != decision.reason)
    {
        field("failure", &error.to_string())?;
    }
    if !decision.bundle.is_empty() {
        field("bundle", short(&decision.bundle))?;
    }
    Ok(())
}

fn action(
    out: &mut impl Write,
    number: usize,
    judged: &JudgedAction,
    call: Option<&ToolCall>,
) -> fmt::Result {
    let action = &judged.action;
    let verdict = style::verdict(judged.verdict);
    let title = format!("{number}. {} · {}", action.verb, plain(&action.operation));
    let words = style::words(judged.verdict);
    let space = WIDTH
        .saturating_sub(title.chars().count() + words.len())
        .max(1);
    writeln!(
        out,
        "{STRONG}{title}{STRONG:#}{:space$}{verdict}{words}{verdict:#}",
        ""
    )?;
    if let Some(call) = call {
        input(out, action, call)?;
    }
    let mut field = |label: &str, text: &str| field(out, "   ", label, text);
    field("resource", &resource(action))?;
    field("environment", &environment(action))?;
    field("reversibility", action.reversibility.as_str())?;
    if let Some(scope) = scope(action) {
        field("scope", &scope)?;
    }
    if !action.effects.is_empty() {
        let effects: Vec<&str> = action
            .effects
            .iter()
            .map(|effect| effect.as_str())
            .collect();
        field("effects", &effects.join(", "))?;
    }
    if let Some(used) = &action.credential {
        field("credential", &credential(used))?;
    }
    field("understood", action.completeness.as_str())?;
    for evidence in &action.evidence {
        field("because", evidence)?;
    }
    policies(out, judged)
}

fn input(out: &mut impl Write, action: &Action, call: &ToolCall) -> fmt::Result {
    let resource = &action.resource;
    let names = resource.parents.iter().map(|parent| parent.id.as_str());
    let redactor = Redactor::new(&call.env, names.chain([resource.id.as_str()]));
    for marked in excerpt(&call.arguments, &action.span, &redactor, WIDTH - 5) {
        writeln!(out, "   {LABEL}│{LABEL:#} {}", marked.line)?;
        writeln!(out, "   {LABEL}│{LABEL:#} {MARK}{}{MARK:#}", marked.mark)?;
    }
    Ok(())
}

fn resource(action: &Action) -> String {
    let mut text = format!("{} {}", action.resource.kind, action.resource.id);
    for parent in &action.resource.parents {
        text.push_str(&format!(", in {} {}", parent.kind, parent.id));
    }
    format!("{text} ({})", action.location)
}

fn environment(action: &Action) -> String {
    let environment = &action.environment;
    let mut text = environment.name.clone();
    if environment.name != environment.class.as_str() {
        text.push_str(&format!(" (class {})", environment.class));
    }
    match environment.evidence.as_slice() {
        [] => text.push_str(": nothing shows which"),
        evidence => text.push_str(&format!(": {}", evidence.join("; "))),
    }
    text
}

fn scope(action: &Action) -> Option<String> {
    match (action.scope.count, action.scope.unbounded) {
        (_, true) => Some("no bound can be shown".to_owned()),
        (Some(count), false) => Some(format!("{count}")),
        (None, false) => None,
    }
}

fn credential(credential: &Credential) -> String {
    let source = match credential.source {
        CredentialSource::Literal => "written in the call",
        CredentialSource::File => "from a file",
        CredentialSource::Environment => "from an environment variable",
        CredentialSource::Profile => "a stored login",
        CredentialSource::Unknown => "computed in a way that is not known",
    };
    let mut parts = vec![source.to_owned()];
    parts.extend(credential.name.clone());
    match (&credential.declared, credential.issued) {
        (Some(name), true) => parts.push(format!("`{name}`, issued to this agent")),
        (Some(name), false) => parts.push(format!("`{name}`, issued to somebody else")),
        (None, _) => parts.push("not in the inventory".to_owned()),
    }
    parts.extend(
        credential
            .fingerprint
            .as_deref()
            .map(|fingerprint| short(fingerprint).to_owned()),
    );
    if !credential.environments.is_empty() {
        parts.push(format!("reaches {}", credential.environments.join(", ")));
    }
    parts.join(" · ")
}

fn policies(out: &mut impl Write, judged: &JudgedAction) -> fmt::Result {
    if judged.policies.is_empty() {
        let text = match judged.verdict {
            Verdict::Allow => "the built-in rules",
            Verdict::NeedsApproval | Verdict::Deny => "no policy permits it, or a built-in rule",
        };
        return field(out, "   ", "decided by", text);
    }
    for (index, policy) in judged.policies.iter().enumerate() {
        let label = if index == 0 { "decided by" } else { "" };
        let text = format!(
            "{} {}: {}",
            policy.effect.as_str(),
            policy.id,
            policy.reason
        );
        field(out, "   ", label, &text)?;
    }
    Ok(())
}

fn field(out: &mut impl Write, indent: &str, label: &str, text: &str) -> fmt::Result {
    let alarming = if label == "failure" { ERROR } else { LABEL };
    let column = COLUMN - indent.len();
    for (index, line) in wrap(&plain(text), WIDTH - COLUMN).iter().enumerate() {
        let label = if index == 0 { label } else { "" };
        writeln!(out, "{indent}{alarming}{label:column$}{alarming:#}{line}")?;
    }
    Ok(())
}

/// Enough of a digest to tell it from others by eye.
pub fn short(digest: &str) -> &str {
    digest.get(..DIGEST).unwrap_or(digest)
}
