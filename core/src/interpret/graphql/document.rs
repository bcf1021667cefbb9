//! GraphQL documents: scanned, parsed, and resolved to root fields.

use std::collections::{BTreeMap, BTreeSet};

use apollo_parser::Parser;
use apollo_parser::cst::{
    self, Definition, Document, FragmentDefinition, Name, OperationDefinition, Selection,
    SelectionSet,
};

use super::envelope::Request;
use super::values::{self, Variables};
use crate::catalogue::spec::SecretMember;
use crate::interpret::argument::{Argument, UNSEEN};
use crate::limits;

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
    let tree = Parser::new(&request.query)
        // The scan keeps the nesting below the limit, so the parser never meets it half-way.
        .recursion_limit(limits::GRAPHQL_DEPTH.saturating_add(1))
        .parse();
    if tree.errors().len() > 0 {
        return Err(Unreadable);
    }
    let document = tree.document();
    let fragments = fragments(&document)?;
    let mut operations: Vec<OperationDefinition> = document
        .definitions()
        .filter_map(|definition| match definition {
            Definition::OperationDefinition(operation) => Some(operation),
            _ => None,
        })
        .collect();
    if let Some(wanted) = &request.operation {
        let named = |operation: &OperationDefinition| {
            name_of(operation.name()).as_deref() == Some(wanted.as_str())
        };
        if operations.iter().any(named) {
            operations.retain(named);
        }
    }
    if operations.is_empty() {
        return Err(Unreadable);
    }
    let unseen = request.query.contains(UNSEEN);
    let mut fields = Vec::new();
    for operation in &operations {
        let walk = Walk {
            operation: kind_of(operation),
            variables: Variables::of(operation, &request.variables),
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

/// The fragments by name. Two of one name: it is not known which one counts.
fn fragments(document: &Document) -> Result<BTreeMap<String, FragmentDefinition>, Unreadable> {
    let mut fragments = BTreeMap::new();
    for definition in document.definitions() {
        if let Definition::FragmentDefinition(fragment) = definition {
            let name = name_of(fragment.fragment_name().and_then(|name| name.name()));
            if fragments
                .insert(name.ok_or(Unreadable)?, fragment)
                .is_some()
            {
                return Err(Unreadable);
            }
        }
    }
    Ok(fragments)
}

fn kind_of(operation: &OperationDefinition) -> Operation {
    match operation.operation_type() {
        Some(kind) if kind.mutation_token().is_some() => Operation::Mutation,
        Some(kind) if kind.subscription_token().is_some() => Operation::Subscription,
        _ => Operation::Query,
    }
}

fn name_of(name: Option<Name>) -> Option<String> {
    Some(name?.ident_token()?.text().to_owned())
}

struct Walk<'a> {
    operation: Operation,
    variables: Variables<'a>,
    fragments: &'a BTreeMap<String, FragmentDefinition>,
    secrets: &'static [SecretMember],
    unseen: bool,
}

impl Walk<'_> {
    fn collect(
        &self,
        root: Option<SelectionSet>,
        budget: &mut Budget,
        fields: &mut Vec<Field>,
    ) -> Result<(), Unreadable> {
        // A fragment spread twice adds nothing, so each is entered once; that also ends cycles.
        let mut entered = BTreeSet::new();
        let mut sets: Vec<SelectionSet> = vec![root.ok_or(Unreadable)?];
        while let Some(set) = sets.pop() {
            for selection in set.selections() {
                match selection {
                    Selection::Field(field) => {
                        budget.fields = budget.fields.checked_sub(1).ok_or(Unreadable)?;
                        fields.push(Field {
                            operation: self.operation,
                            name: name_of(field.name()).ok_or(Unreadable)?,
                            arguments: values::arguments(&field, &self.variables, budget)?,
                            secret: self.secret_in(field.selection_set(), budget)?,
                            unseen: self.unseen,
                        });
                    }
                    Selection::InlineFragment(inline) => {
                        sets.push(inline.selection_set().ok_or(Unreadable)?);
                    }
                    Selection::FragmentSpread(spread) => {
                        let name = name_of(spread.fragment_name().and_then(|name| name.name()));
                        let name = name.ok_or(Unreadable)?;
                        let fragment = self.fragments.get(&name).ok_or(Unreadable)?;
                        if entered.insert(name) {
                            sets.push(fragment.selection_set().ok_or(Unreadable)?);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// The first member below `answer` that holds a secret.
    fn secret_in(
        &self,
        answer: Option<SelectionSet>,
        budget: &mut Budget,
    ) -> Result<Option<&'static str>, Unreadable> {
        if self.secrets.is_empty() {
            return Ok(None);
        }
        let mut entered = BTreeSet::new();
        let mut sets: Vec<SelectionSet> = answer.into_iter().collect();
        while let Some(set) = sets.pop() {
            for selection in set.selections() {
                budget.members = budget.members.checked_sub(1).ok_or(Unreadable)?;
                match selection {
                    Selection::Field(field) => {
                        if let Some(name) = self.secret_of(&field, budget)? {
                            return Ok(Some(name));
                        }
                        sets.extend(field.selection_set());
                    }
                    Selection::InlineFragment(inline) => sets.extend(inline.selection_set()),
                    Selection::FragmentSpread(spread) => {
                        let name = name_of(spread.fragment_name().and_then(|name| name.name()));
                        let name = name.ok_or(Unreadable)?;
                        let fragment = self.fragments.get(&name).ok_or(Unreadable)?;
                        if entered.insert(name) {
                            sets.extend(fragment.selection_set());
                        }
                    }
                }
            }
        }
        Ok(None)
    }

    fn secret_of(
        &self,
        field: &cst::Field,
        budget: &mut Budget,
    ) -> Result<Option<&'static str>, Unreadable> {
        let name = name_of(field.name()).ok_or(Unreadable)?;
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
