//! Commands, assignments and redirections of the parser's tree.

use std::sync::Arc;

use shuck_ast::{
    ArrayElem, AssignmentValue, BuiltinCommand, CaseCommand, CompoundCommand, DeclClause,
    DeclOperand, ForCommand, IfCommand, RedirectTarget, SimpleCommand,
};

use super::{Adapter, Refusal};
use crate::interpret::shell::ast::{
    Arm, AssignedValue, Assignment, CommandKind, Function, List, Part, Redirect, RedirectKind,
    Simple, Span, Word,
};
use crate::interpret::shell::word::{self, Quoting};

/// Words that start or end a compound command and never name a program.
const RESERVED: [&str; 19] = [
    "{", "}", "if", "then", "else", "elif", "fi", "for", "do", "done", "case", "esac", "while",
    "until", "select", "function", "[[", "]]", "coproc",
];

impl Adapter<'_> {
    pub(super) fn simple(&self, simple: &SimpleCommand) -> Result<CommandKind, Refusal> {
        let named = simple.name.span.start.offset() < simple.name.span.end.offset();
        let written = || {
            named
                .then_some(&simple.name)
                .into_iter()
                .chain(&simple.args)
        };
        let touch = |(left, right): (&shuck_ast::Word, &shuck_ast::Word)| {
            left.span.end.offset() >= right.span.start.offset()
        };
        if written().zip(written().skip(1)).any(touch) {
            // The grammar took for several words what a shell reads as one.
            return Err(Refusal::Disagreement);
        }
        let words = self.words(self.without_negation(written())?)?;
        let assignments = self.assignments(&simple.assignments)?;
        Ok(CommandKind::Simple(Simple { assignments, words }))
    }

    /// The words without leading `!`, of which the grammar knows one only.
    fn without_negation<'w>(
        &self,
        mut words: impl Iterator<Item = &'w shuck_ast::Word>,
    ) -> Result<impl Iterator<Item = &'w shuck_ast::Word>, Refusal> {
        let text = |word: &shuck_ast::Word| self.source.slice(self.span(word.span));
        let first = words.find(|word| text(word) != "!");
        if first.is_some_and(|word| RESERVED.contains(&text(word)) || assigns(text(word))) {
            return Err(Refusal::Disagreement);
        }
        Ok(first.into_iter().chain(words))
    }

    pub(super) fn builtin(&self, builtin: &BuiltinCommand) -> Result<CommandKind, Refusal> {
        let (name, first, rest, assignments) = match builtin {
            BuiltinCommand::Break(b) => ("break", &b.depth, &b.extra_args, &b.assignments),
            BuiltinCommand::Continue(b) => ("continue", &b.depth, &b.extra_args, &b.assignments),
            BuiltinCommand::Return(b) => ("return", &b.code, &b.extra_args, &b.assignments),
            BuiltinCommand::Exit(b) => ("exit", &b.code, &b.extra_args, &b.assignments),
        };
        let span = (self.base, self.base);
        let mut words = vec![literal(name, span)];
        words.extend(self.words(first.iter().chain(rest))?);
        Ok(CommandKind::Simple(Simple {
            assignments: self.assignments(assignments)?,
            words,
        }))
    }

    /// `declare`, `export` and the like. An array keeps its own assignment, in place of its word.
    pub(super) fn declaration(&self, clause: &DeclClause) -> Result<CommandKind, Refusal> {
        let mut words = vec![word::parse(
            self.source,
            self.span(clause.variant_span),
            Quoting::None,
        )?];
        let mut assignments = self.assignments(&clause.assignments)?;
        for operand in &clause.operands {
            let span = match operand {
                DeclOperand::Flag(word) | DeclOperand::Dynamic(word) => {
                    words.extend(self.words([word])?);
                    continue;
                }
                DeclOperand::Name(name) => self.span(name.span),
                DeclOperand::Assignment(assignment) => {
                    let span = self.span(assignment.span);
                    if matches!(assignment.value, AssignmentValue::Compound(_)) {
                        assignments.push(self.assignment(assignment)?);
                        words.push(literal(self.source.slice(span), span));
                        continue;
                    }
                    span
                }
            };
            words.push(word::parse(self.source, span, Quoting::None)?);
        }
        Ok(CommandKind::Simple(Simple { assignments, words }))
    }

    pub(super) fn function(
        &self,
        definition: &shuck_ast::FunctionDef,
    ) -> Result<CommandKind, Refusal> {
        let name = definition
            .static_names()
            .next()
            .ok_or(Refusal::Grammar)?
            .as_str()
            .to_owned();
        let body = self.command(&definition.body)?;
        Ok(CommandKind::Function(Arc::new(Function {
            name,
            body,
            source: Arc::clone(self.source),
        })))
    }

    pub(super) fn compound(&self, compound: &CompoundCommand) -> Result<CommandKind, Refusal> {
        Ok(match compound {
            CompoundCommand::If(clause) => self.branches(clause)?,
            CompoundCommand::For(clause) => self.for_words(clause)?,
            CompoundCommand::Select(clause) => {
                let words = self.words(&clause.words)?;
                CommandKind::For(
                    clause.variable.as_str().to_owned(),
                    Some(words),
                    self.list(&clause.body)?,
                )
            }
            CompoundCommand::ArithmeticFor(clause) => {
                let header = clause.left_paren_span.merge(clause.right_paren_span);
                CommandKind::ArithmeticFor(self.span(header), self.list(&clause.body)?)
            }
            CompoundCommand::While(clause) => {
                CommandKind::While(self.list(&clause.condition)?, self.list(&clause.body)?)
            }
            CompoundCommand::Until(clause) => {
                CommandKind::While(self.list(&clause.condition)?, self.list(&clause.body)?)
            }
            CompoundCommand::Case(clause) => self.case(clause)?,
            CompoundCommand::Subshell(body) => CommandKind::Subshell(self.list(body)?),
            CompoundCommand::BraceGroup(body) => CommandKind::Group(self.list(body)?),
            CompoundCommand::Arithmetic(clause) => CommandKind::Arithmetic(self.span(clause.span)),
            CompoundCommand::Conditional(clause) => CommandKind::Test(self.span(clause.span)),
            CompoundCommand::Time(clause) => {
                let items = clause.command.iter().map(|command| self.item(command));
                CommandKind::Group(List {
                    items: items.collect::<Result<_, _>>()?,
                })
            }
            CompoundCommand::Coproc(clause) => {
                let body = List {
                    items: vec![self.item(&clause.body)?],
                };
                CommandKind::Coproc(clause.name.as_str().to_owned(), body)
            }
            CompoundCommand::Repeat(_)
            | CompoundCommand::Foreach(_)
            | CompoundCommand::Always(_) => {
                return Err(Refusal::Grammar);
            }
        })
    }

    fn branches(&self, clause: &IfCommand) -> Result<CommandKind, Refusal> {
        let mut arms = vec![(
            self.list(&clause.condition)?,
            self.list(&clause.then_branch)?,
        )];
        for (condition, body) in &clause.elif_branches {
            arms.push((self.list(condition)?, self.list(body)?));
        }
        let otherwise = clause
            .else_branch
            .as_ref()
            .map(|body| self.list(body))
            .transpose()?;
        Ok(CommandKind::If(arms, otherwise))
    }

    fn for_words(&self, clause: &ForCommand) -> Result<CommandKind, Refusal> {
        let name = clause
            .targets
            .first()
            .and_then(|target| target.name.as_ref());
        let name = name
            .filter(|_| clause.targets.len() == 1)
            .ok_or(Refusal::Grammar)?;
        let words = clause
            .words
            .as_ref()
            .map(|words| self.words(words))
            .transpose()?;
        Ok(CommandKind::For(
            name.as_str().to_owned(),
            words,
            self.list(&clause.body)?,
        ))
    }

    fn case(&self, clause: &CaseCommand) -> Result<CommandKind, Refusal> {
        let arms = clause.cases.iter().map(|case| {
            let patterns = case
                .patterns
                .iter()
                .map(|pattern| self.span(pattern.span))
                .collect();
            Ok(Arm {
                patterns,
                body: self.list(&case.body)?,
            })
        });
        Ok(CommandKind::Case(
            self.word(&clause.word)?,
            arms.collect::<Result<_, Refusal>>()?,
        ))
    }

    fn assignments(
        &self,
        assignments: &[shuck_ast::Assignment],
    ) -> Result<Vec<Assignment>, Refusal> {
        assignments
            .iter()
            .map(|assignment| self.assignment(assignment))
            .collect()
    }

    fn assignment(&self, assignment: &shuck_ast::Assignment) -> Result<Assignment, Refusal> {
        let span = self.span(assignment.span);
        let value = match &assignment.value {
            AssignmentValue::Scalar(word) => AssignedValue::Scalar(self.word(word)?),
            AssignmentValue::Compound(array) => {
                let plain = array.elements.iter().map(|element| match element {
                    ArrayElem::Sequential(value) => Some(&value.word),
                    ArrayElem::Keyed { .. } | ArrayElem::KeyedAppend { .. } => None,
                });
                match plain.collect::<Option<Vec<_>>>() {
                    Some(words) => AssignedValue::Array(self.words(words)?),
                    None => AssignedValue::Keyed,
                }
            }
        };
        let subscript = assignment
            .target
            .subscript
            .is_some()
            .then_some(match &value {
                AssignedValue::Scalar(word) if word.span.0 > span.0 => (span.0, word.span.0),
                _ => span,
            });
        let name = assignment.target.name.as_str().to_owned();
        Ok(Assignment {
            name,
            subscript,
            append: assignment.append,
            value,
            span,
        })
    }

    pub(super) fn redirects(
        &self,
        redirects: &[shuck_ast::Redirect],
    ) -> Result<Vec<Redirect>, Refusal> {
        redirects
            .iter()
            .map(|redirect| self.redirect(redirect))
            .collect()
    }

    fn redirect(&self, redirect: &shuck_ast::Redirect) -> Result<Redirect, Refusal> {
        use shuck_ast::RedirectKind as Shuck;
        let span = self.span(redirect.span);
        let target = match &redirect.target {
            RedirectTarget::Word(word) => self.word(word)?,
            RedirectTarget::Heredoc(_) => self.heredoc(span)?,
        };
        let (usual, kind) = match redirect.kind {
            Shuck::Input => (0, RedirectKind::Read(target)),
            Shuck::Output | Shuck::Clobber => (1, RedirectKind::Write(target)),
            Shuck::Append => (1, RedirectKind::Append(target)),
            Shuck::ReadWrite => (0, RedirectKind::ReadWrite(target)),
            Shuck::OutputBoth => (1, RedirectKind::WriteBoth(target)),
            Shuck::DupOutput => (1, RedirectKind::Duplicate(target)),
            Shuck::DupInput => (0, RedirectKind::Duplicate(target)),
            Shuck::HereString => (0, RedirectKind::Text(target)),
            Shuck::HereDoc | Shuck::HereDocStrip => (0, RedirectKind::Heredoc(target)),
        };
        let named = redirect.fd_var.is_some();
        let descriptor = if named {
            None
        } else {
            Some(redirect.fd.unwrap_or(usual))
        };
        Ok(Redirect {
            descriptor,
            kind,
            span,
        })
    }

    /// The body of the heredoc whose operator stands in `span`.
    fn heredoc(&self, span: Span) -> Result<Word, Refusal> {
        let heredoc = self
            .source
            .heredocs
            .iter()
            .find(|h| h.operator >= span.0 && h.operator < span.1);
        let heredoc = heredoc.ok_or(Refusal::Disagreement)?;
        let mut word = if heredoc.expands {
            word::parse(self.source, heredoc.body, Quoting::Heredoc)?
        } else {
            literal(self.source.slice(heredoc.body), heredoc.body)
        };
        if heredoc.strip_tabs {
            strip_tabs(&mut word);
        }
        Ok(word)
    }
}

fn literal(text: &str, span: Span) -> Word {
    Word {
        parts: vec![Part::Text {
            text: text.to_owned(),
            quoted: true,
        }],
        span,
    }
}

/// `<<-` drops the tabs that lines start with.
fn strip_tabs(word: &mut Word) {
    let mut line_start = true;
    for part in &mut word.parts {
        let Part::Text { text, .. } = part else {
            line_start = false;
            continue;
        };
        let mut stripped = String::with_capacity(text.len());
        for c in text.chars() {
            if !(line_start && c == '\t') {
                stripped.push(c);
                line_start = c == '\n';
            }
        }
        *text = stripped;
    }
}

/// Whether a shell takes the first word of a command for an assignment.
fn assigns(text: &str) -> bool {
    let name = text.trim_start_matches(|c: char| c == '_' || c.is_ascii_alphanumeric());
    let begins = text.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic());
    begins && (name.starts_with(['=', '[']) || name.starts_with("+="))
}
