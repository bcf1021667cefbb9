//! What could stand at a place of unfinished policy text. Words come from the schema, the catalogue
//! and the inventory.

mod item;
mod place;

use serde::Serialize;

use super::doubts::path_before;
use super::lex::{Kind, Token, tokens};
use super::schema::Model;
use super::text::Utf16;
use crate::inventory::Inventory;
use place::Place;

pub use item::Completion;

/// What could stand at a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Completions {
    /// Where the word that is completed starts, in UTF-16 code units.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
    /// Everything that could stand there, whatever the word has so far.
    pub items: Vec<Completion>,
}

/// What could stand at `offset`, in UTF-16 code units, of policy text. `inventory` knows the names of
/// environments, agents and teams.
#[must_use]
pub fn complete(text: &str, offset: usize, inventory: &Inventory) -> Completions {
    let counter = Utf16::new(text);
    let at = counter.byte(offset);
    let before = text.get(..at).unwrap_or_default();
    let after = text.get(at..).unwrap_or_default();
    let (mut tokens, comment) = tokens(before);
    let last = tokens.last().copied();
    let word = last.filter(|token| match token.kind {
        Kind::Word => token.end() == at,
        Kind::Text => !token.is_closed(),
        Kind::Sign => false,
    });
    if word.is_some() {
        tokens.pop();
    }
    let quoted = word.is_some_and(|word| word.kind == Kind::Text);
    let from = match word {
        Some(word) if quoted => word.start.saturating_add(1),
        Some(word) => word.start,
        None => at,
    };
    let ends = |c: char| match quoted {
        true => matches!(c, '"' | '\n'),
        false => !c.is_ascii_alphanumeric() && c != '_',
    };
    let rest = after.find(ends).unwrap_or(after.len());
    let mut items = Vec::new();
    if let Some(model) = Model::get().filter(|_| !comment) {
        let behind = after.get(rest..).unwrap_or_default();
        let behind = behind
            .strip_prefix('"')
            .filter(|_| quoted)
            .unwrap_or(behind);
        let place = Place::of(model, &tokens, quoted, behind);
        items = item::items(model, inventory, &place);
    }
    Completions {
        from: counter.units(from),
        to: counter.units(at.saturating_add(rest)),
        items,
    }
}
