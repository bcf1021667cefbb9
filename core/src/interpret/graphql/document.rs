//! GraphQL documents: scanned, parsed, and resolved to root fields.

use std::collections::{BTreeMap, BTreeSet};

use bluejay_core::{AsIter, OperationType};
use bluejay_parser::ast::executable::{
    self, ExecutableDocument, FragmentDefinition, OperationDefinition, Selection, SelectionSet,
};
use bluejay_parser::ast::{Parse, ParseOptions};

use super::envelope::Request;
use super::values::{self, Variables};
use crate::catalogue::spec::SecretMember;
use crate::interpret::argument::{Argument, UNSEEN, has_unseen};
use crate::limits;

/// The most steps of depth the parser takes for one pair of brackets.
const PARSER_STEPS: usize = 8;

/// The document is not GraphQL, holds no operation, or is over a limit.
#[derive(Debug)]
pub(super) struct Unreadable;

/// The type of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Query,
    Mutation,
    Subscription,
}

/// A root field that would be executed.
#[derive(Debug)]
pub(super) struct Field {
    /// The type of its operation.
    pub operation: Operation,
    /// The field, not its alias.
    pub name: String,
    /// Its arguments, variables put in: an object.
    pub arguments: Argument,
    /// A member of its answer, at any depth, that holds a secret.
    pub secret: Option<&'static str>,
    /// Part of the document cannot be seen.
    pub unseen: bool,
}

/// What is left of the limits shared by all requests of one body.
#[derive(Debug)]
pub(super) struct Budget {
    fields: usize,
    members: usize,
    /// Bytes and members of arguments built, so that a variable used often cannot blow up.
    pub(super) arguments: usize,
}

impl Budget {
    pub(super) const fn new() -> Self {
        Self {
            fields: limits::GRAPHQL_FIELDS,
            members: limits::GRAPHQL_MEMBERS,
            arguments: limits::CALL_BYTES,
        }
    }

    /// Whether no further field can be taken.
    pub(super) const fn is_spent(&self) -> bool {
        self.fields == 0 || self.arguments == 0
    }
}

/// The root fields a request executes. `@include` and `@skip` are taken as executed.
pub(super) fn fields(
    request: &Request,
    secrets: &'static [SecretMember],
    budget: &mut Budget,
) -> Result<Vec<Field>, Unreadable> {
    scan(&request.query)?;
    let options = ParseOptions {
        // The scan keeps the nesting below the limit, so the parser never meets its own half-way.
        max_depth: limits::GRAPHQL_DEPTH.saturating_mul(PARSER_STEPS),
        ..ParseOptions::default()
    };
    let Ok(document) = ExecutableDocument::parse_with_options(&request.query, options).result
    else {
        return Err(Unreadable);
    };
    let fragments = fragments(&document)?;
    let mut operations: Vec<&OperationDefinition<'_>> =
        document.operation_definitions().iter().collect();
    if let Some(wanted) = &request.operation {
        let named = |operation: &&OperationDefinition<'_>| name_of(operation) == Some(wanted);
        if operations.iter().any(named) {
            operations.retain(named);
        }
    }
    if operations.is_empty() {
        return Err(Unreadable);
    }
    let unseen = has_unseen(&request.query);
    let mut fields = Vec::new();
    for operation in operations {
        let walk = Walk {
            operation: kind_of(operation),
            variables: Variables::of(operation, &request.query, &request.variables),
            fragments: &fragments,
            secrets,
            unseen,
        };
        walk.collect(operation.selection_set(), budget, &mut fields)?;
    }
    Ok(fields)
}

/// Refuses what is too long, nests too deep or unevenly, or has an unseen part where it could be any syntax.
fn scan(text: &str) -> Result<(), Unreadable> {
    if text.len() > limits::GRAPHQL_BYTES {
        return Err(Unreadable);
    }
    let mut depth = 0_usize;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = match c {
            '"' => after_string(rest).ok_or(Unreadable)?,
            '#' => rest
                .get(rest.find(['\n', '\r']).unwrap_or(rest.len())..)
                .ok_or(Unreadable)?,
            _ => {
                match c {
                    '{' | '[' | '(' => depth = depth.saturating_add(1),
                    '}' | ']' | ')' => depth = depth.checked_sub(1).ok_or(Unreadable)?,
                    _ => {}
                }
                if depth > limits::GRAPHQL_DEPTH || (c == 'C' && rest.starts_with(UNSEEN)) {
                    return Err(Unreadable);
                }
                rest.get(c.len_utf8()..).ok_or(Unreadable)?
            }
        };
    }
    if depth == 0 { Ok(()) } else { Err(Unreadable) }
}

/// What follows the string that `text` begins with. `None`: it does not end.
fn after_string(text: &str) -> Option<&str> {
    if let Some(mut rest) = text.strip_prefix("\"\"\"") {
        loop {
            let at = rest.find("\"\"\"")?;
            let escaped = rest.get(..at)?.ends_with('\\');
            rest = rest.get(at.saturating_add(3)..)?;
            if !escaped {
                return Some(rest);
            }
        }
    }
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\n' | '\r' => return None,
            '"' if !escaped => return text.get(at.saturating_add(1)..),
            _ => escaped = c == '\\' && !escaped,
        }
    }
    None
}

/// Fragments by name.
type Fragments<'a> = BTreeMap<&'a str, &'a FragmentDefinition<'a>>;

/// The fragments of a document. Two of one name: it is not known which one counts.
fn fragments<'a>(document: &'a ExecutableDocument<'a>) -> Result<Fragments<'a>, Unreadable> {
    let mut fragments = BTreeMap::new();
    for fragment in document.fragment_definitions() {
        if fragments
            .insert(fragment.name().as_str(), fragment)
            .is_some()
        {
            return Err(Unreadable);
        }
    }
    Ok(fragments)
}

fn kind_of(operation: &OperationDefinition<'_>) -> Operation {
    let OperationDefinition::Explicit(explicit) = operation else {
        return Operation::Query;
    };
    match explicit.operation_type().into() {
        OperationType::Query => Operation::Query,
        OperationType::Mutation => Operation::Mutation,
        OperationType::Subscription => Operation::Subscription,
    }
}

fn name_of<'a>(operation: &'a OperationDefinition<'_>) -> Option<&'a str> {
    match operation {
        OperationDefinition::Explicit(explicit) => Some(explicit.name()?.as_str()),
        OperationDefinition::Implicit(_) => None,
    }
}

struct Walk<'a> {
    operation: Operation,
    variables: Variables<'a>,
    fragments: &'a Fragments<'a>,
    secrets: &'static [SecretMember],
    unseen: bool,
}

impl<'a> Walk<'a> {
    fn collect(
        &self,
        root: &'a SelectionSet<'a>,
        budget: &mut Budget,
        fields: &mut Vec<Field>,
    ) -> Result<(), Unreadable> {
        // A fragment spread twice adds nothing, so each is entered once; that also ends cycles.
        let mut entered = BTreeSet::new();
        let mut sets = vec![root];
        while let Some(set) = sets.pop() {
            for selection in set.iter() {
                match selection {
                    Selection::Field(field) => {
                        budget.fields = budget.fields.checked_sub(1).ok_or(Unreadable)?;
                        fields.push(Field {
                            operation: self.operation,
                            name: field.name().as_str().to_owned(),
                            arguments: values::arguments(field, &self.variables, budget)?,
                            secret: self.secret_in(field.selection_set(), budget)?,
                            unseen: self.unseen,
                        });
                    }
                    _ => sets.extend(self.inside(selection, &mut entered)?),
                }
            }
        }
        Ok(())
    }

    /// What stands in the place of a fragment, unless it has been `entered` before.
    fn inside(
        &self,
        selection: &'a Selection<'a>,
        entered: &mut BTreeSet<&'a str>,
    ) -> Result<Option<&'a SelectionSet<'a>>, Unreadable> {
        match selection {
            Selection::Field(field) => Ok(field.selection_set()),
            Selection::InlineFragment(inline) => Ok(Some(inline.selection_set())),
            Selection::FragmentSpread(spread) => {
                let name = spread.name().as_str();
                let fragment = self.fragments.get(name).ok_or(Unreadable)?;
                Ok(entered.insert(name).then(|| fragment.selection_set()))
            }
        }
    }

    /// The first member below `answer` that holds a secret.
    fn secret_in(
        &self,
        answer: Option<&'a SelectionSet<'a>>,
        budget: &mut Budget,
    ) -> Result<Option<&'static str>, Unreadable> {
        if self.secrets.is_empty() {
            return Ok(None);
        }
        let mut entered = BTreeSet::new();
        let mut sets: Vec<_> = answer.into_iter().collect();
        while let Some(set) = sets.pop() {
            for selection in set.iter() {
                budget.members = budget.members.checked_sub(1).ok_or(Unreadable)?;
                if let Selection::Field(field) = selection
                    && let Some(name) = self.secret_of(field, budget)?
                {
                    return Ok(Some(name));
                }
                sets.extend(self.inside(selection, &mut entered)?);
            }
        }
        Ok(None)
    }

    fn secret_of(
        &self,
        field: &executable::Field<'_>,
        budget: &mut Budget,
    ) -> Result<Option<&'static str>, Unreadable> {
        let name = field.name().as_str();
        for secret in self.secrets.iter().filter(|secret| secret.name == name) {
            let shown = match secret.argument {
                None => true,
                Some(argument) => {
                    let given = values::arguments(field, &self.variables, budget)?;
                    let given = given.get(argument);
                    !matches!(given, None | Some(Argument::Bool(false) | Argument::Null))
                }
            };
            if shown {
                return Ok(Some(secret.name));
            }
        }
        Ok(None)
    }
}
