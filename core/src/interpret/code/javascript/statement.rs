//! Statements of JavaScript.

use std::rc::Rc;

use oxc_ast::ast::{
    Class, ClassElement, Declaration, ExportDefaultDeclarationKind, ForStatementInit,
    ForStatementLeft, ImportDeclaration, ImportDeclarationSpecifier, ModuleExportName, Program,
    Statement as Js, VariableDeclaration,
};

use super::Reader;
use crate::interpret::code::tree::{Expression, Function, Pattern, Statement};

impl Reader {
    pub(super) fn program(&mut self, program: &Program<'_>) -> Vec<Statement> {
        self.body(&program.body)
    }

    pub(super) fn body(&mut self, statements: &[Js<'_>]) -> Vec<Statement> {
        self.deeper(|reader| {
            let mut body = Vec::with_capacity(statements.len());
            for one in statements {
                reader.statement(one, &mut body);
            }
            body
        })
        .unwrap_or_default()
    }

    fn one(&mut self, statement: &Js<'_>) -> Vec<Statement> {
        self.body(std::slice::from_ref(statement))
    }

    fn evaluate(&mut self, value: &oxc_ast::ast::Expression<'_>, into: &mut Vec<Statement>) {
        into.push(Statement::Expression(self.expression(value)));
    }

    fn statement(&mut self, statement: &Js<'_>, into: &mut Vec<Statement>) {
        match statement {
            Js::BlockStatement(one) => into.push(Statement::Block(self.body(&one.body))),
            Js::ExpressionStatement(one) => self.evaluate(&one.expression, into),
            Js::ForStatement(one) => {
                match &one.init {
                    Some(ForStatementInit::VariableDeclaration(one)) => self.variables(one, into),
                    Some(init) => {
                        if let Some(value) = init.as_expression() {
                            self.evaluate(value, into);
                        }
                    }
                    None => {}
                }
                let mut body = self.one(&one.body);
                for value in one.test.iter().chain(&one.update) {
                    self.evaluate(value, &mut body);
                }
                into.push(Statement::Loop(Pattern::Ignored, None, body));
            }
            Js::ForOfStatement(one) => {
                let over = self.expression(&one.right);
                let pattern = self.loop_variable(&one.left);
                into.push(Statement::Loop(pattern, Some(over), self.one(&one.body)));
            }
            Js::ForInStatement(one) => {
                self.evaluate(&one.right, into);
                let pattern = self.loop_variable(&one.left);
                let key = Expression::Parts(Vec::new());
                into.push(Statement::Loop(pattern, Some(key), self.one(&one.body)));
            }
            Js::DoWhileStatement(one) => {
                let mut body = self.one(&one.body);
                self.evaluate(&one.test, &mut body);
                into.push(Statement::Loop(Pattern::Ignored, None, body));
            }
            Js::WhileStatement(one) => {
                self.evaluate(&one.test, into);
                into.push(Statement::Loop(Pattern::Ignored, None, self.one(&one.body)));
            }
            Js::IfStatement(one) => {
                self.evaluate(&one.test, into);
                let mut branches = vec![self.one(&one.consequent)];
                if let Some(alternate) = &one.alternate {
                    branches.push(self.one(alternate));
                }
                into.push(Statement::Branch(branches));
            }
            Js::SwitchStatement(one) => {
                self.evaluate(&one.discriminant, into);
                let mut branches = Vec::new();
                for case in &one.cases {
                    if let Some(test) = &case.test {
                        self.evaluate(test, into);
                    }
                    branches.push(self.body(&case.consequent));
                }
                into.push(Statement::Branch(branches));
            }
            Js::LabeledStatement(one) => into.push(Statement::Block(self.one(&one.body))),
            Js::ReturnStatement(one) => {
                into.push(Statement::Return(self.optional(one.argument.as_ref())));
            }
            Js::ThrowStatement(one) => self.evaluate(&one.argument, into),
            Js::TryStatement(one) => {
                into.push(Statement::Block(self.body(&one.block.body)));
                if let Some(handler) = &one.handler {
                    into.push(Statement::Branch(vec![self.body(&handler.body.body)]));
                }
                if let Some(last) = &one.finalizer {
                    into.push(Statement::Block(self.body(&last.body)));
                }
            }
            Js::WithStatement(one) => {
                self.evaluate(&one.object, into);
                // Names mean something else in there.
                self.cut = true;
                into.push(Statement::Block(self.one(&one.body)));
            }
            Js::ImportDeclaration(one) => import(one, into),
            Js::ExportDefaultDeclaration(one) => match &one.declaration {
                ExportDefaultDeclarationKind::FunctionDeclaration(one) => {
                    into.push(Statement::Function(Rc::new(self.function(one))));
                }
                ExportDefaultDeclarationKind::ClassDeclaration(one) => self.class(one, into),
                other => {
                    if let Some(value) = other.as_expression() {
                        self.evaluate(value, into);
                    }
                }
            },
            Js::ExportDeclaration(one) => self.declaration(&one.declaration, into),
            Js::VariableDeclaration(one) => self.variables(one, into),
            Js::FunctionDeclaration(one) => {
                into.push(Statement::Function(Rc::new(self.function(one))));
            }
            Js::ClassDeclaration(one) => self.class(one, into),
            Js::TSEnumDeclaration(_)
            | Js::TSNamespaceDeclaration(_)
            | Js::TSExternalModuleDeclaration(_)
            | Js::TSImportEqualsDeclaration(_) => self.cut = true,
            _ => {}
        }
    }

    fn declaration(&mut self, declaration: &Declaration<'_>, into: &mut Vec<Statement>) {
        match declaration {
            Declaration::VariableDeclaration(one) => self.variables(one, into),
            Declaration::FunctionDeclaration(one) => {
                into.push(Statement::Function(Rc::new(self.function(one))));
            }
            Declaration::ClassDeclaration(one) => self.class(one, into),
            _ => {}
        }
    }

    fn variables(&mut self, one: &VariableDeclaration<'_>, into: &mut Vec<Statement>) {
        for declared in &one.declarations {
            let value = self.optional(declared.init.as_ref());
            into.push(Statement::Let(self.binding(&declared.id), value));
        }
    }

    fn loop_variable(&mut self, left: &ForStatementLeft<'_>) -> Pattern {
        match left {
            ForStatementLeft::VariableDeclaration(one) => match one.declarations.first() {
                Some(declared) => self.binding(&declared.id),
                None => Pattern::Ignored,
            },
            other => match other.as_assignment_target() {
                Some(target) => self.target(target),
                None => Pattern::Ignored,
            },
        }
    }

    /// The parts of a class that may run.
    pub(super) fn class(&mut self, class: &Class<'_>, into: &mut Vec<Statement>) {
        if let Some(heritage) = &class.heritage {
            self.evaluate(&heritage.expression, into);
        }
        let mut body = Vec::new();
        for element in &class.body.body {
            match element {
                ClassElement::StaticBlock(one) => {
                    body.push(Statement::Block(self.body(&one.body)));
                }
                ClassElement::MethodDefinition(one) => {
                    let mut function = self.function(&one.value);
                    if let Expression::Text(name) = self.key(&one.key) {
                        function.name = Some(name);
                    }
                    body.push(Statement::Function(Rc::new(function)));
                }
                ClassElement::PropertyDefinition(one) => {
                    if let Some(value) = &one.value {
                        let value = self.expression(value);
                        body.push(match self.key(&one.key) {
                            Expression::Text(name) => {
                                let this = Box::new(Expression::Name("this".to_owned()));
                                let place = Box::new(Expression::Member(this, name));
                                Statement::Let(Pattern::Place(place), value)
                            }
                            _ => Statement::Expression(value),
                        });
                    }
                }
                ClassElement::AccessorProperty(one) => {
                    if let Some(value) = &one.value {
                        self.evaluate(value, &mut body);
                    }
                }
                ClassElement::TSIndexSignature(_) => {}
            }
        }
        into.push(Statement::Expression(Expression::Function(Rc::new(
            Function {
                name: None,
                parameters: Vec::new(),
                body,
            },
        ))));
    }
}

fn import(one: &ImportDeclaration<'_>, into: &mut Vec<Statement>) {
    let module = one.source.value.to_string();
    let Some(specifiers) = &one.specifiers else {
        into.push(Statement::Import(module, String::new()));
        return;
    };
    for specifier in specifiers {
        let (path, name) = match specifier {
            ImportDeclarationSpecifier::ImportSpecifier(one) => {
                let imported = match &one.imported {
                    ModuleExportName::IdentifierName(name) => name.name.to_string(),
                    ModuleExportName::IdentifierReference(name) => name.name.to_string(),
                    ModuleExportName::StringLiteral(name) => name.value.to_string(),
                };
                let path = if imported == "default" {
                    module.clone()
                } else {
                    format!("{module}.{imported}")
                };
                (path, one.local.name.to_string())
            }
            ImportDeclarationSpecifier::ImportDefaultSpecifier(one) => {
                (module.clone(), one.local.name.to_string())
            }
            ImportDeclarationSpecifier::ImportNamespaceSpecifier(one) => {
                (module.clone(), one.local.name.to_string())
            }
        };
        into.push(Statement::Import(path, name));
    }
}
