//! A large operator's policies, for benchmarks and load tests.

use std::fmt::Write as _;

use checkrein::policy::{SourceFile, Sources};
use checkrein::vocabulary::{EnvironmentClass, ResourceType, Verb};

/// Policies of a large operator: each about one verb, one type of resource and one environment, some
/// for one agent, with conditions as people write them.
///
/// # Panics
/// Never: the text is valid by construction.
#[must_use]
pub fn sources(policies: usize) -> Sources {
    let mut text = String::new();
    for number in 0..policies {
        let verb = Verb::ALL[number % Verb::ALL.len()];
        let kind = ResourceType::ALL[number % ResourceType::ALL.len()];
        let class = EnvironmentClass::ALL[number % EnvironmentClass::ALL.len()];
        let place = match number % 3 {
            0 => format!("EnvironmentClass::\"{class}\""),
            _ => format!("Environment::\"env-{}\"", number % 97),
        };
        let principal = match number % 5 {
            0 => format!("principal == Agent::\"agent-{}\"", number % 31),
            _ => "principal".to_owned(),
        };
        let rest = match number % 4 {
            0 => "permit",
            1 => "forbid",
            2 => "permit",
            _ => "forbid",
        };
        let condition = match number % 4 {
            0 => "when { context.completeness == Completeness::\"exact\" }",
            1 => {
                "when { context.effects.contains(Effect::\"mass\") } unless { context has approval }"
            }
            2 => "when { !context.scope.unbounded && context.operation like \"aws:*\" }",
            _ => {
                "when { context.reversibility == Reversibility::\"irreversible\" } unless { context has approval }"
            }
        };
        writeln!(
            text,
            "@id(\"own.{number}\") @reason(\"rule {number}\")\n\
             {rest}({principal}, action == Action::\"{verb}\", resource is {kind} in {place}) {condition};"
        )
        .expect("a String takes all");
    }
    let own = SourceFile {
        name: "own.cedar".to_owned(),
        text,
    };
    Sources {
        policies: vec![own],
        ..Sources::default()
    }
}
