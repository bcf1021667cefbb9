//! Reading intent from words, for calls that are not understood. Hints only ever raise risk.

use crate::catalogue::spec::Catalogue;
use crate::interpret::value::Value;
use crate::vocabulary::Verb;

/// The most dangerous verb hinted at by the words of an identifier: `deleteUser`, `user-delete`.
#[must_use]
pub fn verb_of_name(name: &str, catalogue: &Catalogue) -> Option<Verb> {
    words_of(name).filter_map(|word| verb_of_word(&word, catalogue)).max_by_key(|verb| danger(*verb))
}

/// The most dangerous verb hinted at by the words of a command line.
///
/// Only words that look like subcommands or options count: paths, quoted sentences and values do not.
#[must_use]
pub fn verb_of_words(words: &[Value], catalogue: &Catalogue) -> Option<Verb> {
    words
        .iter()
        .filter_map(Value::exact)
        .filter(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_:=".contains(c)))
        .filter_map(|word| {
            let name = word.split('=').next().unwrap_or(&word).to_owned();
            verb_of_name(&name, catalogue)
        })
        .max_by_key(|verb| danger(*verb))
}

/// The first name in foreign code that reaches outside the program, if any.
#[must_use]
pub fn sink_of_code(code: &str, catalogue: &'static Catalogue) -> Option<&'static str> {
    catalogue.code_sinks.iter().copied().find(|sink| {
        code.match_indices(sink).any(|(start, _)| {
            let before = code.get(..start).and_then(|head| head.chars().next_back());
            let after = code.get(start.saturating_add(sink.len())..).and_then(|tail| tail.chars().next());
            let starts_name = sink.starts_with(is_name_char);
            let ends_name = sink.ends_with(is_name_char);
            !(starts_name && before.is_some_and(is_name_char)) && !(ends_name && after.is_some_and(is_name_char))
        })
    })
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn verb_of_word(word: &str, catalogue: &Catalogue) -> Option<Verb> {
    let index = catalogue.hints.binary_search_by(|(hint, _)| (*hint).cmp(word)).ok()?;
    catalogue.hints.get(index).map(|(_, verb)| *verb)
}

/// The words of an identifier, lower case: split at case changes and at everything not a letter.
fn words_of(name: &str) -> impl Iterator<Item = String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut was_lower = false;
    for c in name.chars() {
        if !c.is_ascii_alphabetic() || (c.is_ascii_uppercase() && was_lower) {
            words.push(std::mem::take(&mut word));
        }
        if c.is_ascii_alphabetic() {
            word.push(c.to_ascii_lowercase());
        }
        was_lower = c.is_ascii_lowercase();
    }
    words.push(word);
    words.into_iter().filter(|word| !word.is_empty())
}

const fn danger(verb: Verb) -> u8 {
    match verb {
        Verb::Delete => 12,
        Verb::Unknown => 11,
        Verb::Spend => 10,
        Verb::Send => 9,
        Verb::Publish => 8,
        Verb::Grant => 7,
        Verb::Revoke => 6,
        Verb::Deploy => 5,
        Verb::Execute => 4,
        Verb::Update => 3,
        Verb::Create => 2,
        Verb::Read => 1,
        Verb::List => 0,
    }
}
