//! Functions and procedures that are called.

use super::acts::Found;
use super::lex::Kind;
use super::names::Named;
use super::reader::Reader;
use super::seq::{Seq, holds};
use crate::catalogue::sql::{Dialect, Function};

/// Schemas that hold only what comes with the server.
const BUILTIN: &[&str] = &[
    "pg_catalog",
    "information_schema",
    "sys",
    "mysql",
    "safe",
    "net",
    "keys",
    "hll_count",
    "main",
];

impl Reader {
    /// Adds what a function called with `arguments` does.
    pub(super) fn function(&mut self, name: &Named, arguments: &Seq<'_>, span: (usize, usize)) {
        let id = name.id.to_lowercase();
        let (schema, last) = id.rsplit_once('.').unwrap_or(("", &id));
        if let Some(function) = self.known_function(last) {
            return self.known_call(function, arguments, span);
        }
        let pure = holds(self.sql.pure, last)
            || self
                .sql
                .families
                .iter()
                .any(|start| last.starts_with(start));
        let builtin = (schema.is_empty() || BUILTIN.contains(&schema)) && pure;
        if builtin || holds(self.sql.pure, &id) {
            return;
        }
        // `column.value('…')` of Transact-SQL is a method of what the column holds.
        let method = self.dialect == Dialect::MsSql && !schema.is_empty();
        if method && holds(self.sql.pure, &format!(".{last}")) {
            return;
        }
        if let Some(deed) = self.deed("call") {
            self.add(
                Found::new(deed, id, span).partly("a function that is not known may change data"),
            );
        }
    }

    fn known_function(&self, name: &str) -> Option<&'static Function> {
        let functions = self.sql.functions;
        let at = functions
            .binary_search_by(|(known, _)| (*known).cmp(name))
            .ok()?;
        functions.get(at).map(|(_, function)| *function)
    }

    fn known_call(
        &mut self,
        function: &'static Function,
        arguments: &Seq<'_>,
        span: (usize, usize),
    ) {
        let parts = arguments.by_commas();
        let given = |number: u8| {
            let index = usize::from(number).checked_sub(1)?;
            parts.get(index)
        };
        if let Some(deed) = &function.deed {
            let text = given(function.id).map(text_of);
            let mut act = Found::new(deed, "*", span);
            match text {
                Some(Some(text)) => act.id = shown(&text),
                Some(None) => act = act.partly("what it acts on is computed"),
                None => {}
            }
            self.add(act);
        }
        if function.sets {
            let name = given(1).and_then(text_of).unwrap_or_else(|| "?".to_owned());
            let value = given(2).and_then(text_of).unwrap_or_default();
            self.text(
                &format!("SET {name} = '{}'", value.replace('\'', "''")),
                Some(span),
                false,
            );
        }
        for number in function.sql {
            match given(*number).map(text_of) {
                Some(Some(text)) => self.text(&text, Some(span), false),
                Some(None) => self.add(Found::unread(span, "SQL that is computed is run")),
                None => {}
            }
        }
    }

    /// Adds what a procedure does that is run by its name.
    pub(super) fn procedure(&mut self, name: &Named, arguments: &Seq<'_>, span: (usize, usize)) {
        let id = name.id.to_lowercase();
        let last = id.rsplit('.').next().unwrap_or(&id);
        if let Some(function) = self.known_function(last) {
            return self.known_call(function, arguments, span);
        }
        let looks =
            holds(self.sql.looking, last) || (holds(self.sql.pure, last) && name.parts == 1);
        if looks {
            if let Some(deed) = self.deed("show") {
                self.add(Found::new(deed, id, span));
            }
        } else if let Some(deed) = self.deed("call") {
            self.add(
                Found::new(deed, id, span).partly("a procedure that is not known may change data"),
            );
        }
    }

    /// Whether `seq` is a procedure of the server run by its bare name, which it then adds.
    pub(super) fn system_procedure(&mut self, seq: &Seq<'_>) -> bool {
        let Some(name) = super::names::name(seq, 0) else {
            return false;
        };
        let last = name.id.rsplit('.').next().unwrap_or_default();
        let known = self.known_function(last).is_some() || holds(self.sql.looking, last);
        if known {
            self.procedure(&name, &seq.from(name.end), seq.span());
        }
        known
    }
}

/// The text an argument is, when it is one: `'…'`, `N'…'`, `name => '…'`, `'…'::text`.
pub(super) fn text_of(argument: &Seq<'_>) -> Option<String> {
    let mut at = 0;
    if argument.mark(1, b'=') || argument.mark(1, b':') {
        at = 2;
        while argument.mark(at, b'>') || argument.mark(at, b'=') {
            at = at.saturating_add(1);
        }
    }
    let cast = argument.mark(at.saturating_add(1), b':');
    let last = at.saturating_add(1) == argument.tokens.len();
    let text = argument.kind(at) == Some(Kind::Text) && (last || cast);
    let number = argument.kind(at) == Some(Kind::Number) && last;
    if text {
        Some(argument.content(at).into_owned())
    } else if number {
        Some(argument.raw(at).to_owned())
    } else {
        None
    }
}

/// A text as an id: never long, and without what may be a password.
fn shown(text: &str) -> String {
    if text.to_lowercase().contains("password") {
        return "*".to_owned();
    }
    let plain = match text.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
            let host = authority.rsplit('@').next().unwrap_or_default();
            format!(
                "{scheme}://{host}/{}",
                path.split('?').next().unwrap_or_default()
            )
        }
        None => text.to_owned(),
    };
    plain.chars().take(200).collect()
}
