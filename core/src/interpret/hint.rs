//! Words that hint at what something does that is not understood. Hints only ever raise risk.

use super::value::Value;
use crate::catalogue::spec::{Catalogue, CodeSink};
use crate::vocabulary::{Verb, VerbGroup};

/// The verb that the words of `name` hint at; a destructive word outweighs the others.
///
/// `volumeDelete`, `delete-volume` and `DELETE_VOLUME` are made of the same words.
#[must_use]
pub fn verb(name: &str, catalogue: &Catalogue) -> Option<Verb> {
    let simple = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if name.bytes().all(simple) {
        return look_up(name, catalogue);
    }
    let mut first = None;
    for word in words(name) {
        let Some(verb) = look_up(&word, catalogue) else {
            continue;
        };
        if verb.group() == VerbGroup::Destroy {
            return Some(verb);
        }
        first = first.or(Some(verb));
    }
    first
}

/// The verb that the words of a command line hint at; a destructive one outweighs the others.
///
/// Only words that look like subcommands or options count: paths, sentences and values do not.
#[must_use]
pub fn verb_of_words(command: &[Value], catalogue: &Catalogue) -> Option<Verb> {
    let plain = |word: &String| {
        !word.is_empty()
            && word
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_:=".contains(c))
    };
    let hinted = command
        .iter()
        .filter_map(Value::exact)
        .filter(plain)
        .filter_map(|word| {
            let name = word.split('=').next().unwrap_or_default();
            verb(name, catalogue)
        });
    hinted.reduce(|first, next| {
        if next.group() == VerbGroup::Destroy {
            next
        } else {
            first
        }
    })
}

/// The first name in foreign code that reaches outside the program, if any.
#[must_use]
pub fn sink_of_code(code: &str, catalogue: &Catalogue) -> Option<&'static str> {
    let mut best: Option<(u16, &'static str)> = None;
    for (at, pair) in code.as_bytes().windows(2).enumerate() {
        let [first, second] = pair else { continue };
        let alike = catalogue.code_sinks.get(usize::from(*first));
        let mut alike = alike.into_iter().flat_map(|one| *one);
        let Some((_, alike)) = alike.find(|(byte, _)| byte == second) else {
            continue;
        };
        let (Some(before), Some(rest)) = (code.get(..at), code.get(at..)) else {
            continue;
        };
        if before.ends_with(is_name_char) && rest.starts_with(is_name_char) {
            continue;
        }
        let start = start_of(rest);
        for sink in *alike {
            let CodeSink { rank, name, .. } = *sink;
            let better = best.is_none_or(|(held, _)| rank < held);
            let alike = (start ^ sink.start) & (u64::MAX >> unread_bits(name)) == 0;
            if better && alike && rest.starts_with(name) {
                let after = rest.get(name.len()..).and_then(|tail| tail.chars().next());
                if !(name.ends_with(is_name_char) && after.is_some_and(is_name_char)) {
                    best = Some((rank, name));
                }
            }
        }
    }
    best.map(|(_, sink)| sink)
}

/// The first eight bytes, in the order of the catalogue; zero behind the end.
fn start_of(text: &str) -> u64 {
    let mut start = [0; 8];
    for (into, byte) in start.iter_mut().zip(text.bytes()) {
        *into = byte;
    }
    u64::from_le_bytes(start)
}

/// How many of the upper bits of [`start_of`] a shorter text leaves open.
fn unread_bits(text: &str) -> usize {
    8_usize.saturating_sub(text.len()).saturating_mul(8)
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn look_up(word: &str, catalogue: &Catalogue) -> Option<Verb> {
    let index = catalogue
        .hints
        .binary_search_by(|(hint, _)| (*hint).cmp(word))
        .ok()?;
    catalogue.hints.get(index).map(|(_, verb)| *verb)
}

/// The words of a name in any of the usual spellings, lower case.
#[must_use]
pub fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut chars = name.chars().peekable();
    let mut previous = None::<char>;
    while let Some(c) = chars.next() {
        if !c.is_alphanumeric() {
            finish(&mut word, &mut words);
        } else {
            let starts = c.is_uppercase()
                && previous.is_some_and(|before| {
                    !before.is_uppercase() || chars.peek().is_some_and(|next| next.is_lowercase())
                });
            if starts {
                finish(&mut word, &mut words);
            }
            if c.is_ascii() {
                word.push(c.to_ascii_lowercase());
            } else {
                word.extend(c.to_lowercase());
            }
        }
        previous = Some(c);
    }
    finish(&mut word, &mut words);
    words
}

fn finish(word: &mut String, words: &mut Vec<String>) {
    if !word.is_empty() {
        words.push(std::mem::take(word));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_words() {
        assert_eq!(words("volumeDelete"), ["volume", "delete"]);
        assert_eq!(words("deleteDBCluster"), ["delete", "db", "cluster"]);
        assert_eq!(words("batch-delete_NOW"), ["batch", "delete", "now"]);
        assert_eq!(words("undeleted"), ["undeleted"]);
        assert!(words("--").is_empty());
    }
}
