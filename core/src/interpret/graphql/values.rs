//! GraphQL values, variables put in.

use std::collections::BTreeMap;

use bluejay_core::executable;
use bluejay_core::{AsIter, ObjectValue, Value as _, ValueReference};
use bluejay_parser::HasSpan;
use bluejay_parser::ast::executable::{Field, OperationDefinition};
use bluejay_parser::ast::{ConstValue, Value};

use super::document::{Budget, Unreadable};
use crate::interpret::argument::{Argument, value_of};

/// The variables of an operation.
pub(super) struct Variables<'a> {
    /// The text of the document.
    text: &'a str,
    given: &'a Argument,
    defaults: BTreeMap<&'a str, &'a ConstValue<'a>>,
}

impl<'a> Variables<'a> {
    pub(super) fn of(
        operation: &'a OperationDefinition<'a>,
        text: &'a str,
        given: &'a Argument,
    ) -> Self {
        let mut defaults = BTreeMap::new();
        if let OperationDefinition::Explicit(explicit) = operation {
            let defined = executable::ExplicitOperationDefinition::variable_definitions(explicit);
            for definition in defined.into_iter().flat_map(|all| all.iter()) {
                if let Some(value) = definition.default_value() {
                    defaults.insert(definition.variable().as_str(), value);
                }
            }
        }
        Self {
            text,
            given,
            defaults,
        }
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
            Some(value) => argument(value, self, budget),
            None => Ok(Argument::Unknown),
        }
    }
}

/// The arguments of a field, as an object.
pub(super) fn arguments(
    field: &Field<'_>,
    variables: &Variables<'_>,
    budget: &mut Budget,
) -> Result<Argument, Unreadable> {
    let mut members = BTreeMap::new();
    for one in field.arguments().into_iter().flat_map(|all| all.iter()) {
        let value = argument(one.value(), variables, budget)?;
        insert(&mut members, one.name().as_str(), value);
    }
    Ok(Argument::Object(members))
}

/// A value; a default is a constant, so this ends.
fn argument<const CONST: bool>(
    value: &Value<'_, CONST>,
    variables: &Variables<'_>,
    budget: &mut Budget,
) -> Result<Argument, Unreadable> {
    spend(budget, 1)?;
    Ok(match value.as_ref() {
        ValueReference::Variable(variable) => variables.value(variable.name(), budget)?,
        ValueReference::String(text) => {
            spend(budget, text.len())?;
            Argument::Text(value_of(text))
        }
        ValueReference::Integer(_) | ValueReference::Float(_) => {
            let written = variables.text.get(value.span().byte_range());
            Argument::Number(written.ok_or(Unreadable)?.to_owned())
        }
        ValueReference::Boolean(truth) => Argument::Bool(truth),
        ValueReference::Null => Argument::Null,
        ValueReference::Enum(word) => Argument::Text(value_of(word)),
        ValueReference::List(list) => Argument::List(
            list.iter()
                .map(|item| argument(item, variables, budget))
                .collect::<Result<_, _>>()?,
        ),
        ValueReference::Object(object) => {
            let mut members = BTreeMap::new();
            for (name, member) in ObjectValue::iter(object) {
                insert(
                    &mut members,
                    name.as_str(),
                    argument(member, variables, budget)?,
                );
            }
            Argument::Object(members)
        }
    })
}

/// A name given twice: it is not known which one counts.
fn insert(members: &mut BTreeMap<String, Argument>, name: &str, value: Argument) {
    members
        .entry(name.to_owned())
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
