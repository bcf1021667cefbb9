//! From the parser's tree to our own.
//!
//! The parser is trusted with command structure and with where words begin and end. What stands inside
//! a word is read by [`super::word`], and what stands inside a substitution is parsed on its own.

mod command;

use std::cell::Cell;
use std::sync::Arc;

use shuck_ast::{BinaryOp, Command as Shuck, Stmt, StmtSeq, StmtTerminator};
use shuck_parser::parser::{ParseStatus, Parser};
use shuck_parser::{ShellDialect, ShellProfile};

use super::ast::{
    Command, CommandKind, Item, Join, List, Pipeline, Redirect, RedirectKind, Simple, Span, Word,
};
use super::prescan::{Refusal, Source};
use super::{brace, word};
use crate::limits;

/// Most steps of the parser on one text.
const FUEL: usize = 256 * 1024;

/// Most `{` in quotes that the parser is shown: it takes quadratic time on those that are not closed.
const QUOTED_BRACES: usize = 64;

/// Parses the commands of `span`.
///
/// # Errors
/// A [`Refusal`] when the grammar does not accept the text or sees other constructs than the scan.
pub fn parse(source: &Arc<Source>, span: Span) -> Result<List, Refusal> {
    let text = blanked(source, span)?;
    let profile = ShellProfile::native(ShellDialect::Bash);
    let parsed = Parser::with_limits_and_profile(&text, limits::SHELL_DEPTH, FUEL, profile).parse();
    if parsed.status != ParseStatus::Clean || parsed.terminal_error.is_some() {
        return Err(Refusal::Grammar);
    }
    Adapter {
        source,
        base: span.0,
        expanded: Cell::new(0),
    }
    .list(&parsed.file.body)
}

/// How deep the commands of `span` nest, substitutions left out.
pub fn depth(source: &Source, span: Span) -> usize {
    let scanned = blanked(source, span).and_then(|text| Source::scan(&text));
    scanned.map_or(limits::SHELL_DEPTH, |scanned| scanned.depth)
}

/// The text of `span` with the inside of every substitution replaced by `x`: the parser neither recurses
/// into it nor reads it twice.
fn blanked(source: &Source, span: Span) -> Result<String, Refusal> {
    let mut text = String::with_capacity(source.slice(span).len());
    let mut at = span.0;
    let mut blank = |from: u32, body: Span| {
        text.push_str(source.slice((from, body.0)));
        text.extend(std::iter::repeat_n(
            'x',
            body.1.saturating_sub(body.0) as usize,
        ));
    };
    let first = source.constructs.partition_point(|c| c.span.0 < span.0);
    for construct in source.constructs.iter().skip(first) {
        if construct.span.0 >= span.1 {
            break;
        }
        if construct.kind.executes() && construct.span.0 >= at {
            blank(at, construct.body);
            at = construct.body.1;
        }
    }
    if at > span.1 {
        return Err(Refusal::Disagreement);
    }
    text.push_str(source.slice((at, span.1)));
    if source.quoted_braces.len() <= QUOTED_BRACES {
        return Ok(text);
    }
    let mut bytes = text.into_bytes();
    for brace in &source.quoted_braces {
        let place = brace.checked_sub(span.0).map(|at| at as usize);
        if let Some(byte) = place.and_then(|at| bytes.get_mut(at)) {
            *byte = b'x';
        }
    }
    String::from_utf8(bytes).map_err(|_| Refusal::Disagreement)
}

struct Adapter<'s> {
    source: &'s Arc<Source>,
    /// Offset of the parsed text in the source.
    base: u32,
    /// Words of all commands so far, braces expanded.
    expanded: Cell<usize>,
}

impl Adapter<'_> {
    fn list(&self, statements: &StmtSeq) -> Result<List, Refusal> {
        // A list with more is not followed to its end.
        let items = statements
            .iter()
            .take(limits::ACTIONS.saturating_add(2))
            .map(|statement| self.item(statement))
            .collect::<Result<_, _>>()?;
        Ok(List { items })
    }

    fn item(&self, statement: &Stmt) -> Result<Item, Refusal> {
        let mut rest = Vec::new();
        let mut current = statement;
        while let Shuck::Binary(binary) = &current.command
            && current.redirects.is_empty()
        {
            let join = match binary.op {
                BinaryOp::And => Join::And,
                BinaryOp::Or => Join::Or,
                BinaryOp::Pipe | BinaryOp::PipeAll => break,
            };
            rest.push((join, self.pipeline(&binary.right)?));
            current = &binary.left;
        }
        rest.reverse();
        let background = matches!(statement.terminator, Some(StmtTerminator::Background(_)));
        Ok(Item {
            first: self.pipeline(current)?,
            rest,
            background,
        })
    }

    fn pipeline(&self, statement: &Stmt) -> Result<Pipeline, Refusal> {
        let mut stages = Vec::new();
        let mut current = statement;
        while let Shuck::Binary(binary) = &current.command
            && matches!(binary.op, BinaryOp::Pipe | BinaryOp::PipeAll)
            && current.redirects.is_empty()
        {
            stages.push(self.command(&binary.right)?);
            current = &binary.left;
        }
        stages.push(self.command(current)?);
        stages.reverse();
        Ok(Pipeline { stages })
    }

    fn command(&self, statement: &Stmt) -> Result<Command, Refusal> {
        let mut redirects = self.redirects(&statement.redirects)?;
        let mut kind = match &statement.command {
            Shuck::Simple(simple) => self.simple(simple)?,
            Shuck::Builtin(builtin) => self.builtin(builtin)?,
            Shuck::Decl(clause) => self.declaration(clause)?,
            Shuck::Compound(compound) => self.compound(compound)?,
            Shuck::Function(definition) => self.function(definition)?,
            Shuck::Binary(_) => {
                let inner = Stmt {
                    redirects: Box::default(),
                    terminator: None,
                    ..statement.clone()
                };
                CommandKind::Group(List {
                    items: vec![self.item(&inner)?],
                })
            }
            Shuck::AnonymousFunction(_) => return Err(Refusal::Grammar),
        };
        if let CommandKind::Simple(simple) = &mut kind {
            self.descriptors(simple, &mut redirects);
        }
        Ok(Command {
            kind,
            redirects,
            span: self.span(statement.span),
        })
    }

    /// The parser takes the descriptor of `3<<EOF` and `3<<<text` for a word of the command.
    fn descriptors(&self, simple: &mut Simple, redirects: &mut [Redirect]) {
        for redirect in redirects {
            if !matches!(
                redirect.kind,
                RedirectKind::Heredoc(_) | RedirectKind::Text(_)
            ) {
                continue;
            }
            let joined = simple
                .words
                .iter()
                .position(|word| word.span.1 == redirect.span.0);
            let number = joined.and_then(|index| simple.words.get(index));
            if let (Some(index), Some(number)) = (joined, number)
                && let Ok(descriptor) = self.source.slice(number.span).parse::<u16>()
            {
                redirect.descriptor = Some(i32::from(descriptor));
                simple.words.remove(index);
            }
        }
    }

    fn span(&self, span: shuck_ast::Span) -> Span {
        let place = |at: usize| {
            u32::try_from(at)
                .unwrap_or(u32::MAX)
                .saturating_add(self.base)
        };
        (place(span.start.offset()), place(span.end.offset()))
    }

    /// A word as it stands in the text; one the parser made up keeps its literal text.
    fn word(&self, written: &shuck_ast::Word) -> Result<Word, Refusal> {
        if written.span.start.offset() < written.span.end.offset() {
            return word::parse(self.source, self.span(written.span), word::Quoting::None);
        }
        let parts = written.parts.iter().map(|part| match &part.kind {
            shuck_ast::WordPart::Literal(shuck_ast::LiteralText::Owned(text)) => {
                Ok(super::ast::Part::Text {
                    text: text.to_string(),
                    quoted: false,
                })
            }
            shuck_ast::WordPart::Literal(shuck_ast::LiteralText::Source) => {
                Ok(super::ast::Part::Text {
                    text: String::new(),
                    quoted: false,
                })
            }
            _ => Err(Refusal::Disagreement),
        });
        Ok(Word {
            parts: parts.collect::<Result<_, _>>()?,
            span: (self.base, self.base),
        })
    }

    fn words<'w>(
        &self,
        words: impl IntoIterator<Item = &'w shuck_ast::Word>,
    ) -> Result<Vec<Word>, Refusal> {
        let mut all = Vec::new();
        for word in words {
            let expanded = brace::expand(self.word(word)?);
            let so_far = self.expanded.get().saturating_add(expanded.len());
            self.expanded.set(so_far);
            all.extend(expanded);
            if all.len() > limits::COMMAND_WORDS || so_far > limits::SHELL_WORDS {
                return Err(Refusal::TooLong);
            }
        }
        Ok(all)
    }
}
