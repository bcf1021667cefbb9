//! JavaScript and TypeScript, brought into the common form.

mod binding;
mod scan;
mod statement;

use std::rc::Rc;

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    Argument, ArrayExpressionElement, ArrowFunctionBody, ChainElement, Expression as Js,
    FormalParameters, Function as JsFunction, ObjectPropertyKind, PropertyKey, TemplateLiteral,
};
use oxc_parser::Parser;
use oxc_span::SourceType;
use oxc_syntax::operator::BinaryOperator;

use super::tree::{Call, Expression, Function, Given, Pattern, Statement, Tree};
use crate::limits;

/// The tree of JavaScript or TypeScript text; `None` when it cannot be parsed.
#[must_use]
pub fn read(text: &str) -> Option<Tree> {
    if !scan::is_shallow(text) {
        return None;
    }
    // Node takes a text as a module or as a script, whichever it is.
    let kinds = [SourceType::mjs(), SourceType::cjs(), SourceType::ts()];
    for kind in kinds {
        let allocator = Allocator::default();
        let parsed = Parser::new(&allocator, text, kind).parse();
        if parsed.panicked || !parsed.diagnostics.is_empty() {
            continue;
        }
        let mut reader = Reader::default();
        let body = reader.program(&parsed.program);
        return Some(Tree {
            body,
            cut: reader.cut,
        });
    }
    None
}

#[derive(Default)]
struct Reader {
    depth: usize,
    cut: bool,
}

impl Reader {
    /// Goes one level down; `None` when that is too deep.
    fn deeper<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= limits::CODE_TREE_DEPTH {
            self.cut = true;
            return None;
        }
        self.depth = self.depth.saturating_add(1);
        let done = work(self);
        self.depth = self.depth.saturating_sub(1);
        Some(done)
    }

    fn boxed(&mut self, one: &Js<'_>) -> Box<Expression> {
        Box::new(self.expression(one))
    }

    fn all<'a, 'b: 'a>(&mut self, all: impl IntoIterator<Item = &'a Js<'b>>) -> Vec<Expression> {
        all.into_iter().map(|one| self.expression(one)).collect()
    }

    fn optional(&mut self, one: Option<&Js<'_>>) -> Expression {
        one.map_or(Expression::Null, |one| self.expression(one))
    }

    fn expression(&mut self, one: &Js<'_>) -> Expression {
        self.deeper(|reader| reader.expression_at(one))
            .unwrap_or(Expression::Unread)
    }

    fn expression_at(&mut self, one: &Js<'_>) -> Expression {
        match one {
            Js::BooleanLiteral(one) => Expression::Bool(one.value),
            Js::NullLiteral(_) => Expression::Null,
            Js::NumericLiteral(one) => Expression::Number(one.value.to_string()),
            Js::StringLiteral(one) => Expression::Text(one.value.to_string()),
            Js::TemplateLiteral(one) => Expression::Join(self.template(one)),
            Js::Identifier(one) if one.name == "undefined" => Expression::Null,
            Js::Identifier(one) => Expression::Name(one.name.to_string()),
            Js::ArrayExpression(one) => {
                let mut items = Vec::new();
                for element in &one.elements {
                    items.push(match element {
                        ArrayExpressionElement::SpreadElement(one) => {
                            Expression::Spread(self.boxed(&one.argument))
                        }
                        ArrayExpressionElement::Elision(_) => Expression::Null,
                        element => match element.as_expression() {
                            Some(one) => self.expression(one),
                            None => Expression::Unread,
                        },
                    });
                }
                Expression::List(items)
            }
            Js::ObjectExpression(one) => {
                let mut members = Vec::new();
                for property in &one.properties {
                    members.push(match property {
                        ObjectPropertyKind::ObjectProperty(one) => {
                            (Some(self.key(&one.key)), self.expression(&one.value))
                        }
                        ObjectPropertyKind::SpreadProperty(one) => {
                            (None, self.expression(&one.argument))
                        }
                    });
                }
                Expression::Object(members)
            }
            Js::ArrowFunctionExpression(one) => {
                let parameters = self.parameters(&one.params);
                let body = match &one.body {
                    ArrowFunctionBody::FunctionBody(body) => self.body(&body.statements),
                    other => match other.as_expression() {
                        Some(value) => vec![Statement::Return(self.expression(value))],
                        None => Vec::new(),
                    },
                };
                Expression::Function(Rc::new(Function {
                    name: None,
                    parameters,
                    body,
                }))
            }
            Js::FunctionExpression(one) => Expression::Function(Rc::new(self.function(one))),
            Js::ClassExpression(one) => {
                let mut body = Vec::new();
                self.class(one, &mut body);
                Expression::Function(Rc::new(Function {
                    name: None,
                    parameters: Vec::new(),
                    body,
                }))
            }
            Js::AssignmentExpression(one) => self.assignment(one),
            Js::AwaitExpression(one) => self.expression(&one.argument),
            Js::ParenthesizedExpression(one) => self.expression(&one.expression),
            Js::TSAsExpression(one) => self.expression(&one.expression),
            Js::TSSatisfiesExpression(one) => self.expression(&one.expression),
            Js::TSTypeAssertion(one) => self.expression(&one.expression),
            Js::TSNonNullExpression(one) => self.expression(&one.expression),
            Js::TSInstantiationExpression(one) => self.expression(&one.expression),
            Js::BinaryExpression(one) => self.binary(one),
            Js::LogicalExpression(one) => Expression::Either(vec![
                self.expression(&one.left),
                self.expression(&one.right),
            ]),
            Js::ConditionalExpression(one) => {
                let test = self.expression(&one.test);
                let either = Expression::Either(vec![
                    self.expression(&one.consequent),
                    self.expression(&one.alternate),
                ]);
                sequence(vec![test, either])
            }
            Js::SequenceExpression(one) => {
                let parts = self.all(&one.expressions);
                sequence(parts)
            }
            Js::CallExpression(one) => {
                let callee = self.expression(&one.callee);
                self.call(callee, &one.arguments)
            }
            Js::NewExpression(one) => {
                let callee = self.expression(&one.callee);
                self.call(callee, &one.arguments)
            }
            Js::ChainExpression(one) => match &one.expression {
                ChainElement::CallExpression(one) => {
                    let callee = self.expression(&one.callee);
                    self.call(callee, &one.arguments)
                }
                ChainElement::TSNonNullExpression(one) => self.expression(&one.expression),
                ChainElement::ComputedMemberExpression(one) => {
                    Expression::Item(self.boxed(&one.object), self.boxed(&one.expression))
                }
                ChainElement::StaticMemberExpression(one) => {
                    Expression::Member(self.boxed(&one.object), one.property.name.to_string())
                }
                ChainElement::PrivateFieldExpression(one) => {
                    Expression::Member(self.boxed(&one.object), one.field.name.to_string())
                }
            },
            Js::ComputedMemberExpression(one) => {
                Expression::Item(self.boxed(&one.object), self.boxed(&one.expression))
            }
            Js::StaticMemberExpression(one) => {
                Expression::Member(self.boxed(&one.object), one.property.name.to_string())
            }
            Js::PrivateFieldExpression(one) => {
                Expression::Member(self.boxed(&one.object), one.field.name.to_string())
            }
            Js::TaggedTemplateExpression(one) => {
                let callee = self.expression(&one.tag);
                let value = Expression::Join(self.template(&one.quasi));
                Expression::Call(Box::new(Call {
                    callee,
                    arguments: vec![Given { name: None, value }],
                }))
            }
            Js::ImportExpression(one) => {
                let value = self.expression(&one.source);
                Expression::Call(Box::new(Call {
                    callee: Expression::Name("require".to_owned()),
                    arguments: vec![Given { name: None, value }],
                }))
            }
            Js::ImportMeta(_) => Expression::Name("import.meta".to_owned()),
            Js::UnaryExpression(one) => Expression::Parts(vec![self.expression(&one.argument)]),
            Js::YieldExpression(one) => {
                Expression::Parts(vec![self.optional(one.argument.as_ref())])
            }
            Js::ThisExpression(_) => Expression::Name("this".to_owned()),
            Js::PrivateInExpression(one) => Expression::Parts(vec![self.expression(&one.right)]),
            Js::RegExpLiteral(_) | Js::BigIntLiteral(_) | Js::UpdateExpression(_) => {
                Expression::Parts(Vec::new())
            }
            Js::Super(_) | Js::NewTarget(_) => Expression::Parts(Vec::new()),
            _ => Expression::Unread,
        }
    }

    fn binary(&mut self, one: &oxc_ast::ast::BinaryExpression<'_>) -> Expression {
        if one.operator != BinaryOperator::Addition {
            return Expression::Parts(vec![
                self.expression(&one.left),
                self.expression(&one.right),
            ]);
        }
        // A long sum leans to the left; it is one text of many parts.
        let mut parts = vec![self.expression(&one.right)];
        let mut left = &one.left;
        while let Js::BinaryExpression(inner) = left {
            if inner.operator != BinaryOperator::Addition || parts.len() > limits::CODE_CHAIN {
                break;
            }
            parts.push(self.expression(&inner.right));
            left = &inner.left;
        }
        parts.push(self.expression(left));
        parts.reverse();
        Expression::Join(parts)
    }

    fn template(&mut self, one: &TemplateLiteral<'_>) -> Vec<Expression> {
        let mut parts = Vec::new();
        let mut values = one.expressions.iter();
        for quasi in &one.quasis {
            let text = quasi.value.cooked.as_ref().unwrap_or(&quasi.value.raw);
            parts.push(Expression::Text(text.to_string()));
            if let Some(value) = values.next() {
                parts.push(self.expression(value));
            }
        }
        parts
    }

    fn call(&mut self, callee: Expression, arguments: &[Argument<'_>]) -> Expression {
        let mut given = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let value = match argument {
                Argument::SpreadElement(one) => Expression::Spread(self.boxed(&one.argument)),
                argument => match argument.as_expression() {
                    Some(one) => self.expression(one),
                    None => Expression::Unread,
                },
            };
            given.push(Given { name: None, value });
        }
        Expression::Call(Box::new(Call {
            callee,
            arguments: given,
        }))
    }

    fn key(&mut self, key: &PropertyKey<'_>) -> Expression {
        match key {
            PropertyKey::StaticIdentifier(name) => Expression::Text(name.name.to_string()),
            PropertyKey::PrivateIdentifier(name) => Expression::Text(name.name.to_string()),
            key => match key.as_expression() {
                Some(one) => self.expression(one),
                None => Expression::Unread,
            },
        }
    }

    fn function(&mut self, one: &JsFunction<'_>) -> Function {
        Function {
            name: one.id.as_ref().map(|name| name.name.to_string()),
            parameters: self.parameters(&one.params),
            body: match &one.body {
                Some(body) => self.body(&body.statements),
                None => Vec::new(),
            },
        }
    }

    fn parameters(
        &mut self,
        parameters: &FormalParameters<'_>,
    ) -> Vec<(Pattern, Option<Expression>)> {
        let mut read = Vec::with_capacity(parameters.items.len());
        for one in &parameters.items {
            let default = one.initializer.as_ref().map(|value| self.expression(value));
            read.push((self.binding(&one.pattern), default));
        }
        read
    }
}

/// All of them one after the other; the value is that of the last.
fn sequence(parts: Vec<Expression>) -> Expression {
    let last = parts.len().saturating_sub(1);
    Expression::Item(
        Box::new(Expression::List(parts)),
        Box::new(Expression::Number(last.to_string())),
    )
}
