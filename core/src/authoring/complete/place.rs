//! What kind of place the tokens in front of it make.

use super::{Token, path_before, tokens};
use crate::authoring::schema::{Model, Type};

/// A place in policy text.
#[derive(Debug)]
pub(super) enum Place<'a> {
    /// Within quotes behind `Type::`, or directly behind it: the ids of that type.
    Ids { kind: String, quoted: bool },
    /// A value of this type is wanted.
    Value { of: Type<'a>, quoted: bool },
    /// An operation's name.
    Operation { quoted: bool },
    /// An attribute behind a dot, or a method.
    Member(Type<'a>),
    /// An attribute behind `has`.
    Has(Type<'a>),
    /// An entity type that `variable` may have.
    Is(&'static str),
    /// An entity that `variable` may be, or lie in.
    Entity {
        variable: &'static str,
        within: bool,
    },
    /// An annotation behind `@`.
    Annotation,
    /// The start of a policy.
    Start,
    /// Behind the head, or behind a condition.
    Clause,
    /// A variable of the head.
    Head,
    /// Somewhere in a condition.
    Expression,
    /// Nothing is known to fit.
    Nothing,
}

const VARIABLES: [&str; 3] = ["principal", "action", "resource"];

impl<'a> Place<'a> {
    /// The place behind `before`; `quoted` when a quote has been opened there. `behind` follows.
    pub(super) fn of(model: &'a Model, before: &[Token<'_>], quoted: bool, behind: &str) -> Self {
        let place = Self::by_last(model, before, quoted);
        place
            .or_else(|| Self::in_list(model, before, quoted, behind))
            .unwrap_or_else(|| match quoted {
                true => Self::Nothing,
                false => Self::by_structure(before),
            })
    }

    fn by_last(model: &'a Model, before: &[Token<'_>], quoted: bool) -> Option<Self> {
        let (last, rest) = before.split_last()?;
        if last.is("::") {
            let kind = rest.last()?.name()?.to_owned();
            return Some(Self::Ids { kind, quoted });
        }
        if last.is("@") {
            return Some(Self::Annotation);
        }
        let path = path_before(rest);
        if last.is("==") || last.is("!=") || last.is("in") || last.is("like") {
            let within = last.is("in");
            return Self::of_path(model, &path, within, quoted);
        }
        if last.is("(")
            && rest
                .last()
                .is_some_and(|name| name.text.starts_with("contains"))
        {
            let set = path.split_last().map(|(_, set)| set)?;
            let of = model.type_of(set)?.element()?;
            return Some(Self::Value { of, quoted });
        }
        if quoted {
            return None;
        }
        if last.is(".") {
            return model.type_of(&path).map(Self::Member);
        }
        if last.is("has") {
            return model.type_of(&path).map(Self::Has);
        }
        if last.is("is") {
            let variable = *path.first()?;
            return VARIABLES
                .into_iter()
                .find(|known| *known == variable)
                .map(Self::Is);
        }
        None
    }

    /// What compares with the value of `path`.
    fn of_path(model: &'a Model, path: &[&str], within: bool, quoted: bool) -> Option<Self> {
        if let [variable] = path
            && let Some(variable) = VARIABLES.into_iter().find(|known| known == variable)
        {
            return Some(Self::Entity { variable, within });
        }
        match path {
            ["context", "operation"] => Some(Self::Operation { quoted }),
            _ => model.type_of(path).map(|of| Self::Value { of, quoted }),
        }
    }

    /// An element of `[…]`: of what is in front of it, or asks whether it is contained.
    fn in_list(model: &'a Model, before: &[Token<'_>], quoted: bool, behind: &str) -> Option<Self> {
        let element = |token: &Token<'_>| {
            token.is(",") || token.is("::") || token.quoted().is_some() || token.name().is_some()
        };
        let open = before.iter().rposition(|token| !element(token))?;
        if !before.get(open)?.is("[")
            || !before
                .last()
                .is_some_and(|last| last.is("[") || last.is(","))
        {
            return None;
        }
        let outside = before.get(..open)?;
        if let Some(place) = Self::by_last(model, outside, quoted) {
            return Some(place);
        }
        let (behind, _) = tokens(behind);
        let close = behind.iter().position(|token| token.is("]"))?;
        let asked = behind.get(close..)?;
        if !asked.get(2)?.text.starts_with("contains") {
            return None;
        }
        let end = asked.iter().position(|token| token.is(")"))?;
        Self::of_path(model, &path_before(asked.get(..end)?), false, quoted)
    }

    /// By the brackets that are open.
    fn by_structure(before: &[Token<'_>]) -> Self {
        let mut open: Vec<&Token<'_>> = Vec::new();
        let start = before
            .iter()
            .rposition(|token| token.is(";"))
            .map_or(0, |at| at.saturating_add(1));
        let statement = before.get(start..).unwrap_or_default();
        for token in statement {
            match token.text {
                "(" | "{" | "[" => open.push(token),
                ")" | "}" | "]" => drop(open.pop()),
                _ => {}
            }
        }
        let named = |name: &str| statement.iter().any(|token| token.is(name));
        let begun = named("permit") || named("forbid");
        let clause = named("when") || named("unless");
        match (begun, open.is_empty(), clause) {
            (false, true, _) => Self::Start,
            (false, false, _) => Self::Nothing,
            (true, true, _) => Self::Clause,
            (true, false, true) => Self::Expression,
            (true, false, false) => Self::Head,
        }
    }
}
