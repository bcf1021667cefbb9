//! Python, brought into the common form.

mod scan;

use std::rc::Rc;

use ruff_python_ast::{
    self as ast, Expr, FStringPart, InterpolatedStringElement, IpyEscapeKind, Number, Operator,
    Stmt,
};
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};

use super::tree::{Call, Expression, Function, Given, Pattern, Statement, Tree};
use crate::limits;

/// The tree of Python text; `None` when it cannot be parsed.
#[must_use]
pub fn read(text: &str) -> Option<Tree> {
    if let Some(cell) = text.trim_start().strip_prefix("%%") {
        return magic_cell(cell);
    }
    cell(text)
}

/// The tree of text that is no cell with a magic.
fn cell(text: &str) -> Option<Tree> {
    let notebook = text
        .lines()
        .any(|line| line.trim_start().starts_with(['!', '%']) || line.contains("= !"));
    let mode = if notebook {
        Mode::Ipython
    } else {
        Mode::Module
    };
    if (notebook && scan::has_other_commands(text)) || !scan::is_shallow(text, mode) {
        return None;
    }
    let parsed = parse_unchecked(text, ParseOptions::from(mode));
    if parsed.has_invalid_syntax() {
        return None;
    }
    let ast::Mod::Module(module) = parsed.into_syntax() else {
        return None;
    };
    let mut reader = Reader::default();
    let body = reader.suite(&module.body);
    Some(Tree {
        body,
        cut: reader.cut,
    })
}

/// A cell of a notebook whose first line says how to run it.
fn magic_cell(text: &str) -> Option<Tree> {
    let (head, rest) = text.split_once('\n').unwrap_or((text, ""));
    let name = head.split_whitespace().next().unwrap_or_default();
    if !SHELL_MAGICS.contains(&name) {
        // Time, capture and the like: the cell itself is Python.
        return cell(rest);
    }
    Some(Tree {
        body: vec![Statement::Shell(Expression::Text(rest.to_owned()))],
        cut: false,
    })
}

/// Magics of notebooks that hand their text to a shell.
const SHELL_MAGICS: &[&str] = &["bash", "sh", "system", "sx", "script", "!"];

#[derive(Default)]
struct Reader {
    depth: usize,
    cut: bool,
}

impl Reader {
    fn suite(&mut self, statements: &[Stmt]) -> Vec<Statement> {
        if self.depth >= limits::CODE_TREE_DEPTH {
            self.cut = true;
            return Vec::new();
        }
        self.depth = self.depth.saturating_add(1);
        let mut body = Vec::with_capacity(statements.len());
        for one in statements {
            self.statement(one, &mut body);
        }
        self.depth = self.depth.saturating_sub(1);
        body
    }

    fn statement(&mut self, statement: &Stmt, into: &mut Vec<Statement>) {
        match statement {
            Stmt::FunctionDef(def) => self.function_def(def, into),
            Stmt::ClassDef(def) => {
                for decorator in &def.decorator_list {
                    into.push(Statement::Expression(
                        self.expression(&decorator.expression),
                    ));
                }
                for base in def.arguments.iter().flat_map(|arguments| &arguments.args) {
                    into.push(Statement::Expression(self.expression(base)));
                }
                let body = self.suite(&def.body);
                into.push(Statement::Expression(Expression::Function(Rc::new(
                    Function {
                        name: None,
                        parameters: Vec::new(),
                        body,
                    },
                ))));
            }
            Stmt::Return(one) => into.push(Statement::Return(self.optional(one.value.as_deref()))),
            Stmt::Delete(one) => {
                let parts = one.targets.iter().map(|one| self.expression(one)).collect();
                into.push(Statement::Expression(Expression::Parts(parts)));
            }
            Stmt::Assign(one) => {
                let value = self.expression(&one.value);
                let mut targets = one.targets.iter();
                if let Some(first) = targets.next() {
                    let pattern = self.pattern(first);
                    let names: Vec<String> = pattern
                        .names()
                        .iter()
                        .map(|name| (*name).to_owned())
                        .collect();
                    into.push(Statement::Let(pattern, value));
                    for other in targets {
                        let again = names
                            .first()
                            .map_or(Expression::Unread, |name| Expression::Name(name.clone()));
                        into.push(Statement::Let(self.pattern(other), again));
                    }
                }
            }
            Stmt::AugAssign(one) => {
                let value = self.expression(&one.value);
                let pattern = self.pattern(&one.target);
                into.push(if one.op == Operator::Add {
                    Statement::Add(pattern, value)
                } else {
                    Statement::Let(pattern, Expression::Parts(vec![value]))
                });
            }
            Stmt::AnnAssign(one) => {
                if let Some(value) = one.value.as_deref() {
                    let value = self.expression(value);
                    into.push(Statement::Let(self.pattern(&one.target), value));
                }
            }
            Stmt::For(one) => {
                let iterated = self.expression(&one.iter);
                let body = self.suite(&one.body);
                into.push(Statement::Loop(
                    self.pattern(&one.target),
                    Some(iterated),
                    body,
                ));
                into.push(Statement::Block(self.suite(&one.orelse)));
            }
            Stmt::While(one) => {
                into.push(Statement::Expression(self.expression(&one.test)));
                let body = self.suite(&one.body);
                into.push(Statement::Loop(Pattern::Ignored, None, body));
                into.push(Statement::Block(self.suite(&one.orelse)));
            }
            Stmt::If(one) => {
                into.push(Statement::Expression(self.expression(&one.test)));
                let mut branches = vec![self.suite(&one.body)];
                for clause in &one.elif_else_clauses {
                    if let Some(test) = &clause.test {
                        into.push(Statement::Expression(self.expression(test)));
                    }
                    branches.push(self.suite(&clause.body));
                }
                into.push(Statement::Branch(branches));
            }
            Stmt::With(one) => {
                for item in &one.items {
                    let value = self.expression(&item.context_expr);
                    into.push(match item.optional_vars.as_deref() {
                        Some(target) => Statement::Let(self.pattern(target), value),
                        None => Statement::Expression(value),
                    });
                }
                into.push(Statement::Block(self.suite(&one.body)));
            }
            Stmt::Match(one) => {
                into.push(Statement::Expression(self.expression(&one.subject)));
                let mut branches = Vec::new();
                for case in &one.cases {
                    if let Some(guard) = case.guard.as_deref() {
                        into.push(Statement::Expression(self.expression(guard)));
                    }
                    branches.push(self.suite(&case.body));
                }
                into.push(Statement::Branch(branches));
            }
            Stmt::Raise(one) => {
                into.push(Statement::Expression(self.optional(one.exc.as_deref())));
            }
            Stmt::Try(one) => {
                into.push(Statement::Block(self.suite(&one.body)));
                for handler in &one.handlers {
                    let ast::ExceptHandler::ExceptHandler(handler) = handler;
                    into.push(Statement::Branch(vec![self.suite(&handler.body)]));
                }
                into.push(Statement::Block(self.suite(&one.orelse)));
                into.push(Statement::Block(self.suite(&one.finalbody)));
            }
            Stmt::Assert(one) => {
                into.push(Statement::Expression(self.expression(&one.test)));
                into.push(Statement::Expression(self.optional(one.msg.as_deref())));
            }
            Stmt::Import(one) => {
                for alias in &one.names {
                    let path = alias.name.as_str();
                    let (path, name) = match &alias.asname {
                        Some(name) => (path, name.as_str()),
                        // `import a.b` binds `a`.
                        None => {
                            let root = path.split('.').next().unwrap_or(path);
                            (root, root)
                        }
                    };
                    into.push(Statement::Import(path.to_owned(), name.to_owned()));
                }
            }
            Stmt::ImportFrom(one) => {
                // A relative import is of a module of the developer's own.
                let dots = if one.level > 0 { "." } else { "" };
                let module = one.module.as_ref().map_or("", |module| module.as_str());
                for alias in &one.names {
                    let name = alias.name.as_str();
                    if name == "*" {
                        into.push(Statement::ImportAll(format!("{dots}{module}")));
                        continue;
                    }
                    let bound = alias.asname.as_ref().map_or(name, |name| name.as_str());
                    into.push(Statement::Import(
                        format!("{dots}{module}.{name}"),
                        bound.to_owned(),
                    ));
                }
            }
            Stmt::Expr(one) => into.push(Statement::Expression(self.expression(&one.value))),
            Stmt::IpyEscapeCommand(one) => into.push(escape(one.kind, &one.value)),
            Stmt::Global(one) => into.push(outer(&one.names)),
            Stmt::Nonlocal(one) => into.push(outer(&one.names)),
            Stmt::TypeAlias(_) | Stmt::Pass(_) | Stmt::Break(_) | Stmt::Continue(_) => {}
        }
    }

    fn function_def(&mut self, def: &ast::StmtFunctionDef, into: &mut Vec<Statement>) {
        let function = Function {
            name: Some(def.name.to_string()),
            parameters: self.parameters(&def.parameters),
            body: self.suite(&def.body),
        };
        into.push(Statement::Function(Rc::new(function)));
        for decorator in &def.decorator_list {
            into.push(Statement::Expression(
                self.expression(&decorator.expression),
            ));
        }
    }

    fn parameters(&mut self, parameters: &ast::Parameters) -> Vec<(Pattern, Option<Expression>)> {
        parameters
            .iter_non_variadic_params()
            .map(|one| {
                let name = Pattern::Name(one.parameter.name.to_string());
                let default = one.default.as_deref().map(|value| self.expression(value));
                (name, default)
            })
            .collect()
    }

    fn pattern(&mut self, target: &Expr) -> Pattern {
        match target {
            Expr::Name(name) => Pattern::Name(name.id.to_string()),
            Expr::Tuple(tuple) => self.patterns(&tuple.elts),
            Expr::List(list) => self.patterns(&list.elts),
            Expr::Attribute(_) | Expr::Subscript(_) => Pattern::Place(self.boxed(target)),
            _ => Pattern::Ignored,
        }
    }

    fn patterns(&mut self, targets: &[Expr]) -> Pattern {
        if self.depth >= limits::CODE_TREE_DEPTH {
            self.cut = true;
            return Pattern::Ignored;
        }
        self.depth = self.depth.saturating_add(1);
        let items = targets.iter().map(|one| self.pattern(one)).collect();
        self.depth = self.depth.saturating_sub(1);
        Pattern::Items(items)
    }

    fn optional(&mut self, expression: Option<&Expr>) -> Expression {
        expression.map_or(Expression::Null, |one| self.expression(one))
    }

    fn all<'a>(&mut self, expressions: impl IntoIterator<Item = &'a Expr>) -> Vec<Expression> {
        expressions
            .into_iter()
            .map(|one| self.expression(one))
            .collect()
    }

    fn boxed(&mut self, expression: &Expr) -> Box<Expression> {
        Box::new(self.expression(expression))
    }

    fn expression(&mut self, expression: &Expr) -> Expression {
        if self.depth >= limits::CODE_TREE_DEPTH {
            self.cut = true;
            return Expression::Unread;
        }
        self.depth = self.depth.saturating_add(1);
        let read = self.expression_at(expression);
        self.depth = self.depth.saturating_sub(1);
        read
    }

    fn expression_at(&mut self, expression: &Expr) -> Expression {
        match expression {
            Expr::BoolOp(one) => Expression::Either(self.all(&one.values)),
            Expr::Named(one) => {
                let value = self.boxed(&one.value);
                Expression::Let(self.pattern(&one.target), value)
            }
            Expr::BinOp(one) => self.binary(one),
            Expr::UnaryOp(one) => Expression::Parts(vec![self.expression(&one.operand)]),
            Expr::Lambda(one) => {
                let parameters = match one.parameters.as_deref() {
                    Some(parameters) => self.parameters(parameters),
                    None => Vec::new(),
                };
                let body = vec![Statement::Return(self.expression(&one.body))];
                Expression::Function(Rc::new(Function {
                    name: None,
                    parameters,
                    body,
                }))
            }
            Expr::If(one) => {
                let test = self.expression(&one.test);
                let either = Expression::Either(vec![
                    self.expression(&one.body),
                    self.expression(&one.orelse),
                ]);
                // The test is evaluated, but is no part of the value.
                Expression::Let(Pattern::Ignored, Box::new(Expression::Parts(vec![test])))
                    .then(either)
            }
            Expr::Dict(one) => Expression::Object(
                one.items
                    .iter()
                    .map(|item| {
                        let key = item.key.as_ref().map(|key| self.expression(key));
                        (key, self.expression(&item.value))
                    })
                    .collect(),
            ),
            Expr::Set(one) => Expression::List(self.all(&one.elts)),
            Expr::List(one) => Expression::List(self.all(&one.elts)),
            Expr::Tuple(one) => Expression::List(self.all(&one.elts)),
            Expr::ListComp(one) => self.comprehension(&one.elt, &one.generators),
            Expr::SetComp(one) => self.comprehension(&one.elt, &one.generators),
            Expr::Generator(one) => self.comprehension(&one.elt, &one.generators),
            Expr::DictComp(one) => self.comprehension(&one.value, &one.generators),
            Expr::Await(one) => self.expression(&one.value),
            Expr::Yield(one) => Expression::Parts(vec![self.optional(one.value.as_deref())]),
            Expr::YieldFrom(one) => Expression::Parts(vec![self.expression(&one.value)]),
            Expr::Compare(one) => {
                let mut parts = vec![self.expression(&one.left)];
                parts.extend(self.all(&one.comparators));
                // Only a truth value comes out of it.
                Expression::Let(Pattern::Ignored, Box::new(Expression::Parts(parts)))
                    .then(Expression::Parts(Vec::new()))
            }
            Expr::Call(one) => Expression::Call(Box::new(self.call(one))),
            Expr::FString(one) => {
                let mut parts = Vec::new();
                for part in one.value.iter() {
                    match part {
                        FStringPart::Literal(text) => {
                            parts.push(Expression::Text(text.as_str().to_owned()));
                        }
                        FStringPart::FString(string) => {
                            self.interpolated(string.elements.iter(), &mut parts);
                        }
                    }
                }
                Expression::Join(parts)
            }
            Expr::TString(one) => {
                let mut parts = Vec::new();
                self.interpolated(one.value.elements(), &mut parts);
                Expression::Join(parts)
            }
            Expr::StringLiteral(one) => Expression::Text(one.value.to_str().to_owned()),
            Expr::BytesLiteral(one) => {
                let bytes: Vec<u8> = one.value.bytes().collect();
                match String::from_utf8(bytes) {
                    Ok(text) => Expression::Text(text),
                    Err(_) => Expression::Parts(Vec::new()),
                }
            }
            Expr::NumberLiteral(one) => Expression::Number(match &one.value {
                Number::Int(number) => number.to_string(),
                Number::Float(number) => number.to_string(),
                Number::Complex { .. } => "complex".to_owned(),
            }),
            Expr::BooleanLiteral(one) => Expression::Bool(one.value),
            Expr::NoneLiteral(_) | Expr::EllipsisLiteral(_) => Expression::Null,
            Expr::Attribute(one) => {
                Expression::Member(self.boxed(&one.value), one.attr.to_string())
            }
            Expr::Subscript(one) => match one.slice.as_ref() {
                Expr::Slice(slice) if is_backwards(slice) => {
                    Expression::Reversed(self.boxed(&one.value))
                }
                Expr::Slice(_) => Expression::Parts(vec![self.expression(&one.value)]),
                index => Expression::Item(self.boxed(&one.value), self.boxed(index)),
            },
            Expr::Starred(one) => Expression::Spread(self.boxed(&one.value)),
            Expr::Name(one) => Expression::Name(one.id.to_string()),
            Expr::Slice(_) => Expression::Parts(Vec::new()),
            Expr::IpyEscapeCommand(one) => match escape(one.kind, &one.value) {
                Statement::Shell(text) => shell_call(text),
                _ => Expression::Unread,
            },
        }
    }

    fn binary(&mut self, one: &ast::ExprBinOp) -> Expression {
        match one.op {
            Operator::Add => {
                // A long sum leans to the left; it is one text of many parts.
                let mut parts = Vec::new();
                let mut left = one;
                parts.push(self.expression(&left.right));
                while let Expr::BinOp(inner) = left.left.as_ref() {
                    if inner.op != Operator::Add {
                        break;
                    }
                    left = inner;
                    parts.push(self.expression(&left.right));
                }
                parts.push(self.expression(&left.left));
                parts.reverse();
                Expression::Join(parts)
            }
            Operator::Mod => {
                let values = match one.right.as_ref() {
                    Expr::Tuple(tuple) => self.all(&tuple.elts),
                    other => vec![self.expression(other)],
                };
                Expression::Fill(self.boxed(&one.left), values)
            }
            Operator::Div => Expression::Path(self.boxed(&one.left), self.boxed(&one.right)),
            Operator::Mult => Expression::Repeat(self.boxed(&one.left), self.boxed(&one.right)),
            _ => Expression::Parts(vec![
                self.expression(&one.left),
                self.expression(&one.right),
            ]),
        }
    }

    fn comprehension(&mut self, item: &Expr, generators: &[ast::Comprehension]) -> Expression {
        let mut value = self.expression(item);
        if generators.len() > 8 {
            self.cut = true;
            return Expression::Unread;
        }
        for one in generators.iter().rev() {
            let tests: Vec<Expression> = self.all(&one.ifs);
            if !tests.is_empty() {
                value = Expression::Let(Pattern::Ignored, Box::new(Expression::Parts(tests)))
                    .then(value);
            }
            let over = self.boxed(&one.iter);
            value = Expression::Each(self.pattern(&one.target), over, Box::new(value));
        }
        value
    }

    fn call(&mut self, one: &ast::ExprCall) -> Call {
        let callee = self.expression(&one.func);
        let mut arguments: Vec<Given> = Vec::new();
        for value in &one.arguments.args {
            arguments.push(Given {
                name: None,
                value: self.expression(value),
            });
        }
        for keyword in &one.arguments.keywords {
            let value = self.expression(&keyword.value);
            arguments.push(match &keyword.arg {
                Some(name) => Given {
                    name: Some(name.to_string()),
                    value,
                },
                None => Given {
                    name: Some(String::new()),
                    value,
                },
            });
        }
        Call { callee, arguments }
    }

    fn interpolated<'a>(
        &mut self,
        elements: impl Iterator<Item = &'a InterpolatedStringElement>,
        parts: &mut Vec<Expression>,
    ) {
        for element in elements {
            parts.push(match element {
                InterpolatedStringElement::Literal(text) => {
                    Expression::Text(text.value.to_string())
                }
                InterpolatedStringElement::Interpolation(one) => self.expression(&one.expression),
            });
        }
    }
}

impl Expression {
    /// The second, after the first is evaluated.
    fn then(self, value: Self) -> Self {
        Self::Item(
            Box::new(Self::List(vec![self, value])),
            Box::new(Self::Number("1".to_owned())),
        )
    }
}

/// `[::-1]`.
fn is_backwards(slice: &ast::ExprSlice) -> bool {
    slice.lower.is_none()
        && slice.upper.is_none()
        && matches!(slice.step.as_deref(), Some(Expr::UnaryOp(one))
            if matches!(one.op, ast::UnaryOp::USub)
                && matches!(one.operand.as_ref(), Expr::NumberLiteral(number)
                    if matches!(&number.value, Number::Int(number) if number.to_string() == "1")))
}

/// `!command`, `%magic` and the like in a notebook.
fn escape(kind: IpyEscapeKind, text: &str) -> Statement {
    let shell = |text: &str| Statement::Shell(Expression::Text(text.to_owned()));
    match kind {
        IpyEscapeKind::Shell | IpyEscapeKind::ShCap => shell(text),
        IpyEscapeKind::Magic | IpyEscapeKind::Magic2 => {
            let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
            match name {
                name if SHELL_MAGICS.contains(&name) => shell(rest),
                // Magics that are programs of the shell.
                "cd" | "pip" | "conda" | "mamba" | "uv" | "ls" | "mkdir" | "rm" | "rmdir"
                | "cp" | "mv" | "cat" => shell(text),
                _ => Statement::Expression(Expression::Call(Box::new(Call {
                    callee: Expression::Name(format!("%{name}")),
                    arguments: vec![Given {
                        name: None,
                        value: Expression::Text(rest.to_owned()),
                    }],
                }))),
            }
        }
        _ => Statement::Expression(Expression::Null),
    }
}

fn outer(names: &[ast::Identifier]) -> Statement {
    Statement::Outer(names.iter().map(ToString::to_string).collect())
}

fn shell_call(text: Expression) -> Expression {
    Expression::Call(Box::new(Call {
        callee: Expression::Member(
            Box::new(Expression::Name("os".to_owned())),
            "popen".to_owned(),
        ),
        arguments: vec![Given {
            name: None,
            value: text,
        }],
    }))
}
