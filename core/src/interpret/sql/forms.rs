//! Statements around other statements: plans, prepared statements, procedures and blocks of code.

use super::acts::Found;
use super::functions::text_of;
use super::lex::Kind;
use super::names;
use super::reader::Reader;
use super::seq::Seq;
use crate::catalogue::sql::Statement;
use crate::vocabulary::Completeness;

impl Reader {
    /// `EXPLAIN`: runs the statement only with `ANALYZE`.
    pub(super) fn explain(&mut self, main: &Seq<'_>, head: usize, statement: &Statement) {
        let mut at = head;
        let mut runs = false;
        loop {
            let next = at.saturating_add(1);
            if main.mark(at, b'(')
                && !main.is_any(next, &["select", "with", "values"])
                && !main.mark(next, b'(')
            {
                let close = main.close(at);
                for option in main.part(next..close).by_commas() {
                    let off = option.is_any(1, &["false", "off"]) || option.raw(1) == "0";
                    runs |= option.is_any(0, &["analyze", "analyse"]) && !off;
                }
                at = close.saturating_add(1);
            } else if main.is_any(at, &["analyze", "analyse"]) {
                runs = true;
                at = next;
            } else if main.mark(next, b'=') {
                // FORMAT = JSON, SETTINGS x = 1
                at = next.saturating_add(2);
            } else if main.is_any(
                at,
                &[
                    "verbose",
                    "extended",
                    "partitions",
                    "format",
                    "query",
                    "plan",
                    "for",
                    "using",
                    "tabular",
                    "json",
                    "text",
                    "ast",
                    "syntax",
                    "pipeline",
                    "estimate",
                    "tree",
                    "traditional",
                    "formatted",
                    "cost",
                    "codegen",
                    "distsql",
                    "debug",
                ],
            ) && next < main.tokens.len()
            {
                at = next;
            } else {
                break;
            }
        }
        let inner = main.from(at);
        if runs {
            return self.statement(&inner, false);
        }
        self.add(Found::new(&statement.deed, "*", main.span()));
    }

    /// `PREPARE name AS …`, `PREPARE name FROM '…'`: what it may be run for counts at once.
    pub(super) fn prepare(&mut self, main: &Seq<'_>, head: usize) {
        let span = main.span();
        if let Some(name) = names::name(main, head) {
            self.prepared.push(name.id);
        }
        match main.find(head, &["as", "from"]) {
            Some(at) if main.is(at, "as") => {
                self.statement(&main.from(at.saturating_add(1)), false)
            }
            Some(at) => match text_of(&main.from(at.saturating_add(1))) {
                Some(text) => self.text(&text, Some(span), false),
                None => self.add(Found::unread(span, "SQL that is computed is prepared")),
            },
            None => self.add(Found::unread(
                span,
                "a prepared statement that cannot be read",
            )),
        }
    }

    /// `EXECUTE name`, `EXECUTE 'text'`, `EXEC procedure arguments`, `CALL procedure(arguments)`.
    pub(super) fn execute(
        &mut self,
        main: &Seq<'_>,
        head: usize,
        statement: &Statement,
        procedural: bool,
    ) {
        let span = main.span();
        let mut at = head;
        // EXEC @result = procedure …
        if main.kind(at) == Some(Kind::Variable) && main.mark(at.saturating_add(1), b'=') {
            at = at.saturating_add(2);
        }
        let bracket = main.mark(at, b'(');
        let from = if bracket { at.saturating_add(1) } else { at };
        let to = if bracket {
            main.close(at)
        } else {
            main.tokens.len()
        };
        let given = main.part(from..to);
        if given.kind(0) == Some(Kind::Text)
            || bracket
            || given.kind(0) == Some(Kind::Variable)
            || procedural && !main.is(0, "call") && !main.is(0, "exec")
        {
            return self.computed(&given, span);
        }
        let Some(name) = names::name(main, at) else {
            return self.add(Found::unread(span, "what is run cannot be read"));
        };
        if self.prepared.contains(&name.id) {
            return;
        }
        let after = name.end;
        let arguments = if main.mark(after, b'(') {
            main.part(after.saturating_add(1)..main.close(after))
        } else {
            main.from(after)
        };
        self.procedure(&name, &arguments, span);
        self.scan(&arguments, false, false, false);
        let _ = statement;
    }

    /// A text that is run, as far as it is written out: `'…'`, `'…' || x`, `format('…', x)`.
    fn computed(&mut self, given: &Seq<'_>, span: (usize, usize)) {
        let end = given
            .find(0, &["using", "into"])
            .unwrap_or(given.tokens.len());
        let given = given.part(0..end);
        if given.tokens.len() == 1
            && let Some(text) = text_of(&given)
        {
            return self.text(&text, Some(span), false);
        }
        self.add(Found::unread(span, "SQL that is computed is run"));
        let texts = (0..given.tokens.len()).find(|at| given.kind(*at) == Some(Kind::Text));
        if let Some(at) = texts {
            let text = given.content(at).into_owned();
            self.text(&text, Some(span), false);
        }
    }

    /// `DO $$ … $$`: procedural code that runs now.
    pub(super) fn block(&mut self, main: &Seq<'_>, head: usize, statement: &Statement) {
        let span = main.span();
        let mut act = Found::new(&statement.deed, "*", span);
        act.completeness = act.completeness.max(Completeness::Partial);
        self.add(act);
        let text = (head..main.tokens.len()).find(|at| main.kind(*at) == Some(Kind::Text));
        match text {
            Some(at) => {
                let code = main.content(at).into_owned();
                let language = main.find(1, &["language"]);
                let foreign = language.is_some_and(|at| {
                    let name = main.content(at.saturating_add(1)).to_lowercase();
                    name != "plpgsql" && name != "sql"
                });
                if foreign {
                    self.add(Found::unread(
                        span,
                        "code of another language runs in the server",
                    ));
                } else {
                    self.text(&code, Some(span), true);
                }
            }
            None => self.add(Found::unread(span, "a block of code that cannot be read")),
        }
    }

    /// Whether `seq` only gives a variable a value; then what the value does is added.
    pub(super) fn assignment(&mut self, seq: &Seq<'_>) -> bool {
        let place = seq
            .outermost(0)
            .take(8)
            .find(|at| seq.mark(*at, b'=') || seq.mark(*at, b':'));
        let declared = seq.tokens.len() <= 6;
        if place.is_some() || declared {
            self.scan(seq, false, false, true);
        }
        place.is_some() || declared
    }
}
