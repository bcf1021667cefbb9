//! The arguments of a call in code, answering the sources of the catalogue.

use std::collections::BTreeMap;

use super::thing::{Arguments, Thing};
use crate::catalogue::spec::{Catalogue, Source};
use crate::interpret::acts::{Found, Given};
use crate::interpret::argument::Argument;
use crate::interpret::credential::is_secret_variable;
use crate::interpret::given::Arguments as Members;
use crate::interpret::session::Session;
use crate::interpret::value::{Origin, Value};

/// The arguments of one call.
#[derive(Debug)]
pub struct CallGiven {
    /// `1`, `2`, …, the names, and `self`: the arguments of the call that made what it is called on,
    /// with its content as `is`.
    pub all: Argument,
    /// Those by position.
    positional: Vec<Argument>,
    /// There may be more.
    open: bool,
    /// The working directory.
    cwd: Option<String>,
    catalogue: &'static Catalogue,
}

impl CallGiven {
    /// The arguments, named by the catalogue where the code does not.
    pub fn new(
        arguments: &Arguments,
        receiver: Option<&Thing>,
        parameters: &[&str],
        session: &Session<'_>,
        cwd: Option<String>,
    ) -> Self {
        let mut all: BTreeMap<String, Argument> = BTreeMap::new();
        let positional: Vec<Argument> = arguments.positional.iter().map(Thing::argument).collect();
        for (index, argument) in positional.iter().enumerate() {
            all.insert(index.saturating_add(1).to_string(), argument.clone());
            let name = parameters.get(index).copied().unwrap_or_default();
            match (name.strip_prefix("..."), argument) {
                (Some(_), Argument::Object(members)) => spread(members, &mut all),
                (Some(name), other) => insert(&mut all, name, other.clone()),
                (None, other) => insert(&mut all, name, other.clone()),
            }
        }
        for (name, thing) in &arguments.named {
            let spreads = parameters
                .iter()
                .any(|one| one.strip_prefix("...") == Some(name));
            match thing.argument() {
                Argument::Object(members) if spreads => spread(&members, &mut all),
                other => insert(&mut all, name, other),
            }
        }
        if let Some(receiver) = receiver {
            let mut own = match receiver.made.as_deref() {
                Some(Argument::Object(made)) => made.clone(),
                _ => BTreeMap::new(),
            };
            own.insert("is".to_owned(), receiver.shape.as_ref().clone());
            all.insert("self".to_owned(), Argument::Object(own));
        }
        Self {
            all: Argument::Object(all),
            positional,
            open: arguments.open,
            cwd,
            catalogue: session.catalogue,
        }
    }

    /// The argument a source names.
    pub fn argument(&self, source: Source) -> Option<Argument> {
        match source {
            Source::Operands(first, _) => {
                let index = usize::try_from(first).ok()?.checked_sub(1)?;
                self.positional.get(index).cloned()
            }
            Source::Argument(path) => self.all.get(path).cloned(),
            Source::Const(text) => Some(Argument::Text(Value::literal(text))),
            Source::Cwd => Some(
                self.cwd
                    .clone()
                    .map_or(Argument::Unknown, |cwd| Argument::Text(Value::literal(cwd))),
            ),
            _ => None,
        }
    }
}

fn insert(all: &mut BTreeMap<String, Argument>, name: &str, argument: Argument) {
    // An argument that is nothing is as good as none.
    if !name.is_empty() && !matches!(argument, Argument::Null) {
        all.insert(name.to_owned(), argument);
    }
}

fn spread(members: &BTreeMap<String, Argument>, all: &mut BTreeMap<String, Argument>) {
    for (name, member) in members {
        // What another object was made of is not counted like arguments.
        if name.parse::<usize>().is_err() && name != "self" {
            insert(all, name, member.clone());
        }
    }
}

impl CallGiven {
    /// The values a source yields, with the texts of secrets in them.
    pub fn raw(&self, source: Source) -> Found {
        match source {
            Source::Operands(first, last) => {
                let count = i16::try_from(self.positional.len()).unwrap_or(i16::MAX);
                let place = |index: i16| {
                    if index < 0 {
                        count.saturating_add(index)
                    } else {
                        index.saturating_sub(1)
                    }
                };
                let (from, to) = (place(first), place(last));
                let values = self.positional.iter().enumerate().filter(|(index, _)| {
                    i16::try_from(*index).is_ok_and(|index| index >= from && index <= to)
                });
                Found {
                    values: values.flat_map(|(_, one)| values_of(one)).collect(),
                    incomplete: self.open,
                    text: None,
                }
            }
            Source::Cwd => Found::all(vec![
                self.cwd
                    .clone()
                    .map_or_else(|| Value::unseen(Origin::Unseen), Value::literal),
            ]),
            other => {
                let mut found = Members(&self.all).found(other);
                found.incomplete |= self.open && matches!(other, Source::Argument(_));
                found
            }
        }
    }
}

impl Given for CallGiven {
    fn found(&self, source: Source) -> Found {
        let mut found = self.raw(source);
        for value in &mut found.values {
            mask(value, self.catalogue);
        }
        found
    }

    fn operands(&self) -> Option<usize> {
        (!self.open).then_some(self.positional.len())
    }

    fn holds(&self, source: Source, name: &str, text: &str) -> Option<bool> {
        Members(&self.all).holds(source, name, text)
    }

    fn has_stdin(&self) -> bool {
        false
    }
}

/// Hides the texts of secret variables: they must not reach the id of a resource.
pub fn mask(value: &mut Value, catalogue: &Catalogue) {
    for piece in &mut value.pieces {
        if let Origin::Variable(name) = &piece.origin
            && is_secret_variable(name, catalogue)
        {
            piece.text = None;
        }
    }
}

/// The same in everything an argument holds.
pub fn mask_all(argument: &mut Argument, catalogue: &Catalogue) {
    match argument {
        Argument::Text(value) => mask(value, catalogue),
        Argument::List(items) => items.iter_mut().for_each(|item| mask_all(item, catalogue)),
        Argument::Object(members) => {
            members
                .values_mut()
                .for_each(|item| mask_all(item, catalogue));
        }
        _ => {}
    }
}

/// The values an argument stands for. What was made by a call is named by its first argument.
fn values_of(argument: &Argument) -> Vec<Value> {
    match argument {
        Argument::Object(members) => match members.get("1") {
            Some(first) => first.values(),
            None => vec![Value::unseen(Origin::Unseen)],
        },
        other => other.values(),
    }
}
