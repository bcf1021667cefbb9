//! What values are bound to in JavaScript.

use oxc_ast::ast::{
    AssignmentExpression, AssignmentTarget, AssignmentTargetMaybeDefault, AssignmentTargetProperty,
    BindingPattern,
};
use oxc_syntax::operator::AssignmentOperator;

use super::Reader;
use crate::interpret::code::tree::{Expression, Pattern};

impl Reader {
    pub(super) fn binding(&mut self, pattern: &BindingPattern<'_>) -> Pattern {
        self.deeper(|reader| reader.binding_at(pattern))
            .unwrap_or(Pattern::Ignored)
    }

    fn binding_at(&mut self, pattern: &BindingPattern<'_>) -> Pattern {
        match pattern {
            BindingPattern::BindingIdentifier(name) => Pattern::Name(name.name.to_string()),
            BindingPattern::ObjectPattern(one) => {
                let mut members = Vec::new();
                for property in &one.properties {
                    let inner = self.binding(&property.value);
                    if let Expression::Text(name) = self.key(&property.key) {
                        members.push((name, inner));
                    }
                }
                Pattern::Members(members)
            }
            BindingPattern::ArrayPattern(one) => {
                let items = one.elements.iter().map(|item| match item {
                    Some(item) => self.binding(item),
                    None => Pattern::Ignored,
                });
                Pattern::Items(items.collect())
            }
            BindingPattern::AssignmentPattern(one) => self.binding(&one.left),
        }
    }

    pub(super) fn assignment(&mut self, one: &AssignmentExpression<'_>) -> Expression {
        let value = self.boxed(&one.right);
        let pattern = self.target(&one.left);
        match one.operator {
            AssignmentOperator::Assign
            | AssignmentOperator::LogicalAnd
            | AssignmentOperator::LogicalOr
            | AssignmentOperator::LogicalNullish => Expression::Let(pattern, value),
            AssignmentOperator::Addition => {
                let before = match &pattern {
                    Pattern::Name(name) => Expression::Name(name.clone()),
                    _ => Expression::Unread,
                };
                Expression::Let(pattern, Box::new(Expression::Join(vec![before, *value])))
            }
            _ => Expression::Let(pattern, Box::new(Expression::Parts(vec![*value]))),
        }
    }

    pub(super) fn target(&mut self, target: &AssignmentTarget<'_>) -> Pattern {
        self.deeper(|reader| reader.target_at(target))
            .unwrap_or(Pattern::Ignored)
    }

    fn target_at(&mut self, target: &AssignmentTarget<'_>) -> Pattern {
        match target {
            AssignmentTarget::AssignmentTargetIdentifier(name) => {
                Pattern::Name(name.name.to_string())
            }
            AssignmentTarget::ComputedMemberExpression(one) => Pattern::Place(Box::new(
                Expression::Item(self.boxed(&one.object), self.boxed(&one.expression)),
            )),
            AssignmentTarget::StaticMemberExpression(one) => Pattern::Place(Box::new(
                Expression::Member(self.boxed(&one.object), one.property.name.to_string()),
            )),
            AssignmentTarget::ArrayAssignmentTarget(one) => {
                let items = one.elements.iter().map(|item| match item {
                    Some(item) => self.maybe_default(item),
                    None => Pattern::Ignored,
                });
                Pattern::Items(items.collect())
            }
            AssignmentTarget::ObjectAssignmentTarget(one) => {
                let mut members = Vec::new();
                for property in &one.properties {
                    match property {
                        AssignmentTargetProperty::AssignmentTargetPropertyIdentifier(one) => {
                            let name = one.binding.name.to_string();
                            members.push((name.clone(), Pattern::Name(name)));
                        }
                        AssignmentTargetProperty::AssignmentTargetPropertyProperty(one) => {
                            let inner = self.maybe_default(&one.binding);
                            if let Expression::Text(name) = self.key(&one.name) {
                                members.push((name, inner));
                            }
                        }
                    }
                }
                Pattern::Members(members)
            }
            _ => Pattern::Ignored,
        }
    }

    fn maybe_default(&mut self, target: &AssignmentTargetMaybeDefault<'_>) -> Pattern {
        match target {
            AssignmentTargetMaybeDefault::AssignmentTargetWithDefault(one) => {
                self.target(&one.binding)
            }
            other => match other.as_assignment_target() {
                Some(target) => self.target(target),
                None => Pattern::Ignored,
            },
        }
    }
}
