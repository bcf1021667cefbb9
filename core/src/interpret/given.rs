//! Structured arguments as what an act was given.

use super::acts::{Found, Given};
use super::argument::Argument;
use super::value::{Origin, Value};
use crate::catalogue::spec::Source;
use crate::limits;

/// The arguments of a tool, GraphQL field or request, answering the sources of the catalogue.
///
/// Only `@member` and constants mean something here; there are no operands and no standard input.
#[derive(Debug, Clone, Copy)]
pub struct Arguments<'a>(pub &'a Argument);

impl Given for Arguments<'_> {
    fn found(&self, source: Source) -> Found {
        match source {
            Source::Argument(path) => {
                let reached = reach(self.0, path);
                let mut found = Found {
                    incomplete: reached.incomplete,
                    ..Found::default()
                };
                if let [argument @ (Argument::List(_) | Argument::Object(_))] = *reached.members {
                    found.text = argument.text();
                }
                for argument in reached.members {
                    add(argument, &mut found);
                }
                found
            }
            Source::Const(text) => Found::all(vec![Value::literal(text)]),
            _ => Found::default(),
        }
    }

    fn operands(&self) -> Option<usize> {
        Some(0)
    }

    fn holds(&self, source: Source, name: &str, text: &str) -> Option<bool> {
        let Source::Argument(path) = source else {
            return Some(false);
        };
        let reached = reach(self.0, path);
        let mut unknown = reached.incomplete;
        for argument in reached.members {
            match argument.holds(name, text) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => unknown = true,
            }
        }
        if unknown { None } else { Some(false) }
    }

    fn has_stdin(&self) -> bool {
        false
    }
}

struct Reached<'a> {
    members: Vec<&'a Argument>,
    incomplete: bool,
}

/// Everything at a dotted path. A name that meets a list is looked up in each of its items, because
/// APIs take one thing or a list of them in the same place.
fn reach<'a>(root: &'a Argument, path: &str) -> Reached<'a> {
    let mut reached = Reached {
        members: vec![root],
        incomplete: false,
    };
    for name in path.split('.') {
        let mut next = Vec::new();
        for member in std::mem::take(&mut reached.members) {
            match member {
                Argument::List(items) => match name.parse::<usize>() {
                    Ok(index) => next.extend(items.get(index)),
                    Err(_) => {
                        for item in items {
                            step(item, name, &mut next, &mut reached.incomplete);
                        }
                    }
                },
                other => step(other, name, &mut next, &mut reached.incomplete),
            }
        }
        reached.members = next;
    }
    reached
}

fn step<'a>(from: &'a Argument, name: &str, next: &mut Vec<&'a Argument>, incomplete: &mut bool) {
    match from {
        Argument::Unknown => *incomplete = true,
        Argument::Object(members) if name == "*" => next.extend(members.values()),
        Argument::Object(members) => next.extend(members.get(name)),
        _ => {}
    }
}

fn add(argument: &Argument, found: &mut Found) {
    // One more than the limit is enough for the call to be judged as over it.
    if found.values.len() > limits::ACTIONS {
        found.incomplete = true;
        return;
    }
    match argument {
        Argument::Unknown => found.incomplete = true,
        Argument::List(items) => {
            for item in items.iter().take(limits::ACTIONS.saturating_add(2)) {
                add(item, found);
            }
        }
        Argument::Object(_) => found.values.push(match argument.text() {
            Some(text) => Value::literal(text),
            None => Value::unseen(Origin::Unseen),
        }),
        scalar => found.values.extend(scalar.values()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interpret::json;

    fn found(json_text: &str, path: &'static str) -> Found {
        Arguments(&json::read(json_text).unwrap()).found(Source::Argument(path))
    }

    fn texts(found: &Found) -> Vec<String> {
        found.values.iter().map(Value::sketch).collect()
    }

    #[test]
    fn members_are_found_by_path_and_through_lists() {
        let text = r#"{"input":{"id":"a","keys":[{"k":"x"},{"k":"y"}]},"n":3,"none":null}"#;
        assert_eq!(texts(&found(text, "input.id")), ["a"]);
        assert_eq!(texts(&found(text, "input.keys.k")), ["x", "y"]);
        assert_eq!(texts(&found(text, "input.keys.1.k")), ["y"]);
        assert_eq!(texts(&found(text, "n")), ["3"]);
        assert!(texts(&found(text, "none")).is_empty());
        assert!(!found(text, "missing.deep").incomplete);
    }

    #[test]
    fn an_object_is_there_and_the_unknown_may_be() {
        assert_eq!(found(r#"{"patch":{}}"#, "patch").values.len(), 1);
        let unknown = found(r#"{"input":CHECKREIN_UNSEEN}"#, "input.id");
        assert!(unknown.values.is_empty() && unknown.incomplete);
    }

    #[test]
    fn a_huge_list_is_cut_above_the_limit() {
        let text = format!("{{\"ids\":[{}1]}}", "1,".repeat(limits::CALL_VALUES - 10));
        let found = found(&text, "ids");
        assert!(found.incomplete && found.values.len() > limits::ACTIONS);
        assert!(found.values.len() < limits::ACTIONS + 3);
    }
}
