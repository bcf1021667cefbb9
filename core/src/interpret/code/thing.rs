//! What code holds under its names: how it came by it, and what is known of its content.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::tree::Function;
use crate::interpret::argument::{Argument, value_of};
use crate::interpret::value::{Origin, Piece, Value};
use crate::limits;

/// Stands between the paths of something that code came by in one of several ways.
pub const OR: &str = "\u{1f}";

/// Something that code holds.
#[derive(Debug, Clone)]
pub struct Thing {
    /// How the code came by it: `os.remove`, `requests.get()`.
    pub path: Option<Rc<str>>,
    /// What is known of its content.
    pub shape: Rc<Argument>,
    /// The arguments of the call that made it.
    pub made: Option<Rc<Argument>>,
    /// The function of the code that it is.
    pub function: Option<Rc<Function>>,
}

impl Thing {
    /// Something with this content.
    pub fn of(shape: Argument) -> Self {
        Self {
            path: None,
            shape: Rc::new(shape),
            made: None,
            function: None,
        }
    }

    /// A text, parts of which may be marked as unseen.
    pub fn text(text: &str) -> Self {
        Self::of(Argument::Text(value_of(text)))
    }

    /// A text with what is known of it.
    pub fn value(value: Value) -> Self {
        Self::of(Argument::Text(value))
    }

    /// Something of which only the origins are known.
    pub fn from_origins(origins: Vec<Origin>) -> Self {
        if origins.is_empty() {
            return Self::of(Argument::Unknown);
        }
        let pieces = origins.into_iter().map(|origin| Piece {
            text: None,
            origin,
            pattern: false,
        });
        Self::value(Value {
            pieces: pieces.collect(),
            span: (0, 0),
        })
    }

    /// Something reached by this path.
    pub fn at(path: &str) -> Self {
        Self {
            path: Some(Rc::from(path)),
            ..Self::of(Argument::Unknown)
        }
    }

    /// The same thing, reached by another path.
    pub fn with_path(mut self, path: &str) -> Self {
        self.path = Some(Rc::from(path));
        self
    }

    /// The path, or a word for what it is.
    pub fn name(&self) -> &str {
        match (&self.path, self.shape.as_ref()) {
            (Some(path), _) => path,
            (None, Argument::Text(value)) if !value.is_dynamic() => "str",
            (None, Argument::List(_)) => "list",
            (None, Argument::Object(_)) => "dict",
            (None, Argument::Number(_)) => "number",
            _ => "?",
        }
    }

    /// Where its content came from.
    pub fn origins(&self) -> Vec<Origin> {
        let mut origins = Vec::new();
        origins_of(&self.shape, &mut origins);
        if let Some(made) = &self.made {
            origins_of(made, &mut origins);
        }
        origins
    }

    /// It as an argument: what it was made of, when nothing else is known of it.
    pub fn argument(&self) -> Argument {
        match (self.shape.as_ref(), &self.made) {
            (Argument::Unknown, Some(made)) => made.as_ref().clone(),
            (shape, _) => shape.clone(),
        }
    }

    /// It as a text; a list as its items with spaces between.
    pub fn as_value(&self) -> Value {
        value_of_argument(&self.shape)
    }

    /// Whether nothing is known of it, not even that it is there.
    pub fn is_null(&self) -> bool {
        matches!(self.shape.as_ref(), Argument::Null)
    }

    /// What holds one or the other.
    pub fn either(self, other: &Self) -> Self {
        if self.is_null() && self.path.is_none() {
            return other.clone();
        }
        if other.is_null() && other.path.is_none() {
            return self;
        }
        let same_shape = same(&self.shape, &other.shape);
        if same_shape && self.path == other.path {
            return self;
        }
        let mut joined = if same_shape {
            Self {
                path: None,
                ..self.clone()
            }
        } else {
            let mut origins = self.origins();
            for origin in other.origins() {
                add(&mut origins, origin);
            }
            Self::from_origins(origins)
        };
        joined.path = either_path(self.path, other.path.as_ref());
        joined.function = self.function.or_else(|| other.function.clone());
        joined.made = self.made.or_else(|| other.made.clone());
        joined
    }
}

/// The ways by which the code may have come by it, with [`OR`] between them.
fn either_path(one: Option<Rc<str>>, other: Option<&Rc<str>>) -> Option<Rc<str>> {
    let (Some(one), Some(other)) = (&one, other) else {
        return one.or_else(|| other.cloned());
    };
    let mut ways: Vec<&str> = one.split(OR).collect();
    for way in other.split(OR) {
        if !ways.contains(&way) && ways.len() < limits::NAMES_INSIDE.min(8) {
            ways.push(way);
        }
    }
    Some(Rc::from(ways.join(OR)))
}

/// How many parts something has at any depth; `None`: too many, or too deep.
pub fn size(argument: &Argument) -> Option<usize> {
    let mut count = 0_usize;
    let mut open = vec![(argument, 0_usize)];
    while let Some((here, depth)) = open.pop() {
        count = count.saturating_add(1);
        if count > limits::CODE_PARTS || depth > limits::CODE_PARTS_DEPTH {
            return None;
        }
        let below = depth.saturating_add(1);
        match here {
            Argument::List(items) => open.extend(items.iter().map(|item| (item, below))),
            Argument::Object(members) => {
                open.extend(members.values().map(|item| (item, below)));
            }
            Argument::Text(value) => count = count.saturating_add(value.pieces.len() / 2),
            _ => {}
        }
    }
    Some(count)
}

/// A text made of parts.
pub fn join(parts: &[Value]) -> Value {
    let mut joined = Value::default();
    let mut length = 0_usize;
    for piece in parts.iter().flat_map(|part| &part.pieces) {
        length = length.saturating_add(piece.text.as_ref().map_or(1, String::len));
        if length > limits::CODE_BYTES || joined.pieces.len() > limits::CODE_PIECES {
            joined.pieces.push(unseen());
            break;
        }
        match joined.pieces.last_mut() {
            // Texts of the call are one text.
            Some(last)
                if last.origin == piece.origin
                    && piece.origin == Origin::Literal
                    && last.pattern == piece.pattern =>
            {
                if let (Some(text), Some(more)) = (&mut last.text, &piece.text) {
                    text.push_str(more);
                }
            }
            _ => joined.pieces.push(piece.clone()),
        }
    }
    joined
}

/// A piece of which nothing is known.
pub fn unseen() -> Piece {
    Piece {
        text: None,
        origin: Origin::Unseen,
        pattern: false,
    }
}

/// An argument as a text; of lists the items, with spaces between.
pub fn value_of_argument(argument: &Argument) -> Value {
    match argument {
        Argument::Text(value) => value.clone(),
        Argument::Null => Value::default(),
        Argument::Bool(value) => Value::literal(value.to_string()),
        Argument::Number(text) => Value::literal(text.clone()),
        Argument::List(items) => {
            let values: Vec<Value> = items.iter().map(value_of_argument).collect();
            Value::join(&values)
        }
        Argument::Object(_) => {
            let mut origins = Vec::new();
            origins_of(argument, &mut origins);
            let mut value = Value {
                pieces: vec![match argument.text() {
                    Some(text) if text.len() <= limits::CODE_BYTES => Piece {
                        text: Some(text),
                        origin: Origin::Literal,
                        pattern: false,
                    },
                    _ => unseen(),
                }],
                span: (0, 0),
            };
            value.pieces.extend(origins.into_iter().map(|origin| Piece {
                text: None,
                origin,
                pattern: false,
            }));
            value
        }
        Argument::Unknown => Value::unseen(Origin::Unseen),
    }
}

/// Adds the origins of all texts in an argument.
pub fn origins_of(argument: &Argument, origins: &mut Vec<Origin>) {
    match argument {
        Argument::Text(value) => {
            for origin in value.origins() {
                add(origins, origin.clone());
            }
        }
        Argument::List(items) => items.iter().for_each(|item| origins_of(item, origins)),
        Argument::Object(members) => {
            members.values().for_each(|item| origins_of(item, origins));
        }
        _ => {}
    }
}

fn add(origins: &mut Vec<Origin>, origin: Origin) {
    if origins.len() < limits::ORIGINS && !origins.contains(&origin) {
        origins.push(origin);
    }
}

fn same(one: &Argument, other: &Argument) -> bool {
    match (one, other) {
        (Argument::Unknown, Argument::Unknown) | (Argument::Null, Argument::Null) => true,
        (Argument::Bool(one), Argument::Bool(other)) => one == other,
        (Argument::Number(one), Argument::Number(other)) => one == other,
        (Argument::Text(one), Argument::Text(other)) => one == other,
        (Argument::List(one), Argument::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Argument::Object(one), Argument::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|((key, one), (name, other))| key == name && same(one, other))
        }
        _ => false,
    }
}

/// What a call was given.
#[derive(Debug, Default)]
pub struct Arguments {
    /// Those without a name.
    pub positional: Vec<Thing>,
    /// Those with one.
    pub named: BTreeMap<String, Thing>,
    /// There may be more.
    pub open: bool,
}
