//! GraphQL values, variables put in.

use std::collections::BTreeMap;

use apollo_parser::cst::{CstNode, Field, OperationDefinition, Value as Node};

use super::document::{Budget, Unreadable};
use crate::interpret::argument::{Argument, value_of};

/// The variables of an operation.
pub(super) struct Variables<'a> {
    given: &'a Argument,
    defaults: BTreeMap<String, Node>,
}

impl<'a> Variables<'a> {
    pub(super) fn of(operation: &OperationDefinition, given: &'a Argument) -> Self {
        let mut defaults = BTreeMap::new();
        for definition in operation
            .variable_definitions()
            .into_iter()
            .flat_map(|definitions| definitions.variable_definitions())
        {
            let name = definition
                .variable()
                .and_then(|variable| variable.name()?.ident_token());
            let value = definition
                .default_value()
                .and_then(|default| default.value());
            if let (Some(name), Some(value)) = (name, value) {
                defaults.insert(name.text().to_owned(), value);
            }
        }
        Self { given, defaults }
    }

    fn value(&self, name: &str, budget: &mut Budget) -> Result<Argument, Unreadable> {
        let Argument::Object(given) = self.given else {
            return Ok(Argument::Unknown);
        };
        if let Some(value) = given.get(name) {
            charge(value, budget)?;
            return Ok(value.clone());
        }
        match self.defaults.get(name) {
            // A default is a constant, so this ends.
            Some(Node::Variable(_)) | None => Ok(Argument::Unknown),
            Some(value) => argument(value, self, budget),
        }
    }
}

/// The arguments of a field, as an object.
pub(super) fn arguments(
    field: &Field,
    variables: &Variables<'_>,
    budget: &mut Budget,
) -> Result<Argument, Unreadable> {
    let mut members = BTreeMap::new();
    for one in field
        .arguments()
        .into_iter()
        .flat_map(|all| all.arguments())
    {
        let name = one.name().and_then(|name| name.ident_token());
        let name = name.ok_or(Unreadable)?.text().to_owned();
        let value = match one.value() {
            Some(value) => argument(&value, variables, budget)?,
            None => return Err(Unreadable),
        };
        insert(&mut members, name, value);
    }
    Ok(Argument::Object(members))
}

fn argument(
    value: &Node,
    variables: &Variables<'_>,
    budget: &mut Budget,
) -> Result<Argument, Unreadable> {
    spend(budget, 1)?;
    Ok(match value {
        Node::Variable(variable) => {
            let name = variable.name().and_then(|name| name.ident_token());
            variables.value(name.ok_or(Unreadable)?.text(), budget)?
        }
        Node::StringValue(text) => {
            let text = String::from(text);
            spend(budget, text.len())?;
            Argument::Text(value_of(&text))
        }
        Node::IntValue(number) => {
            Argument::Number(number.syntax().text().to_string().trim().to_owned())
        }
        Node::FloatValue(number) => {
            Argument::Number(number.syntax().text().to_string().trim().to_owned())
        }
        Node::BooleanValue(truth) => Argument::Bool(truth.true_token().is_some()),
        Node::NullValue(_) => Argument::Null,
        Node::EnumValue(word) => {
            let name = word.name().and_then(|name| name.ident_token());
            Argument::Text(value_of(name.ok_or(Unreadable)?.text()))
        }
        Node::ListValue(list) => Argument::List(
            list.values()
                .map(|item| argument(&item, variables, budget))
                .collect::<Result<_, _>>()?,
        ),
        Node::ObjectValue(object) => {
            let mut members = BTreeMap::new();
            for field in object.object_fields() {
                let name = field.name().and_then(|name| name.ident_token());
                let name = name.ok_or(Unreadable)?.text().to_owned();
                let value = field.value().ok_or(Unreadable)?;
                insert(&mut members, name, argument(&value, variables, budget)?);
            }
            Argument::Object(members)
        }
    })
}

/// A name given twice: it is not known which one counts.
fn insert(members: &mut BTreeMap<String, Argument>, name: String, value: Argument) {
    members
        .entry(name)
        .and_modify(|known| *known = Argument::Unknown)
        .or_insert(value);
}

fn spend(budget: &mut Budget, cost: usize) -> Result<(), Unreadable> {
    budget.arguments = budget.arguments.checked_sub(cost).ok_or(Unreadable)?;
    Ok(())
}

/// Charges for a copy of `value`; stops as soon as the budget is gone.
fn charge(value: &Argument, budget: &mut Budget) -> Result<(), Unreadable> {
    spend(budget, 1)?;
    match value {
        Argument::Text(text) => spend(
            budget,
            text.pieces
                .iter()
                .map(|piece| piece.text.as_ref().map_or(1, String::len))
                .sum(),
        ),
        Argument::List(items) => items.iter().try_for_each(|item| charge(item, budget)),
        Argument::Object(members) => members.iter().try_for_each(|(name, member)| {
            spend(budget, name.len())?;
            charge(member, budget)
        }),
        _ => Ok(()),
    }
}
