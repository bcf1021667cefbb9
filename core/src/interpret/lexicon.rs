//! Verbs and nouns of command lines, looked up in a lexicon of the catalogue.

use super::acts::Found;
use super::value::Value;
use crate::catalogue::spec::{Lexicon, Name, NounKind, VerbKind};
use crate::limits;
use crate::vocabulary::ResourceType;

/// Words longer than this are no verbs or nouns.
const LONGEST: usize = 80;

impl Lexicon {
    /// What `word` does: by itself, else by the longest of its beginnings that is a verb, so that
    /// `batch-delete-image` deletes.
    #[must_use]
    pub fn verb(&self, word: &str) -> Option<&'static VerbKind> {
        if word.len() > LONGEST {
            return None;
        }
        let word = word.to_ascii_lowercase();
        let mut start = word.as_str();
        loop {
            if let Some(kind) = self.whole_verb(start) {
                return Some(kind);
            }
            start = start.rsplit_once(['-', '_', ':'])?.0;
        }
    }

    /// What `word` does, when it is a verb as it stands.
    #[must_use]
    pub fn whole_verb(&self, word: &str) -> Option<&'static VerbKind> {
        look_up(self.verbs, word).and_then(|kind| self.verb_kinds.get(kind))
    }

    /// What a method of an API does, whose path or name says `noun` and `verb`.
    #[must_use]
    pub fn method(&self, family: &str, noun: &str, verb: &str) -> Option<&'static VerbKind> {
        if verb.len() > LONGEST || noun.len() > LONGEST {
            return None;
        }
        let own = self.exception(&format!("{family} {noun}"), verb);
        own.or_else(|| self.exception(noun, verb)).or_else(|| {
            let mut start = verb;
            loop {
                let kind = self.exception(family, start);
                if let Some(kind) = kind.or_else(|| self.whole_verb(start)) {
                    return Some(kind);
                }
                start = start.rsplit_once('-')?.0;
            }
        })
    }

    /// What the exact `noun verb` does, when that is not what the verb does elsewhere.
    #[must_use]
    pub fn exception(&self, noun: &str, verb: &str) -> Option<&'static VerbKind> {
        let name = format!("{noun} {verb}");
        let line = line_of(self.exceptions, &name)?;
        let letter = line.bytes().next_back()?;
        self.verb_kinds.get(usize::from(letter.checked_sub(b'a')?))
    }

    /// What `word` names: by itself, in the singular, without a group (`deployments.apps`), else by
    /// its last parts (`delete-db-snapshot` is about a snapshot), else by those before.
    pub fn nouns(&self, word: &str) -> Vec<&'static NounKind> {
        if word.len() > LONGEST {
            return Vec::new();
        }
        let word = word.to_ascii_lowercase().replace(['_', ':'], "-");
        let mut rest = word.split('.').next();
        let mut found = Vec::new();
        while let Some(end) = rest {
            let mut start = Some(end);
            while let Some(part) = start {
                found.extend(self.whole_noun(part));
                start = part.split_once('-').map(|(_, tail)| tail);
            }
            rest = end.rsplit_once('-').map(|(head, _)| head);
        }
        found
    }

    /// What `word` names, as far as the lexicon has it.
    #[must_use]
    pub fn noun(&self, word: &str) -> Option<&'static NounKind> {
        strongest(self.nouns(word).into_iter())
    }

    /// Whether `word` as it stands is a noun.
    #[must_use]
    pub fn is_noun(&self, word: &str) -> bool {
        self.whole_noun(&word.to_ascii_lowercase()).is_some()
    }

    fn whole_noun(&self, word: &str) -> Option<&'static NounKind> {
        let kind = look_up(self.nouns, word).or_else(|| {
            // Few plurals are not made this way, and those stand in the tables.
            let singular = word.strip_suffix('s')?;
            look_up(self.nouns, singular)
                .or_else(|| look_up(self.nouns, singular.strip_suffix('e')?))
                .or_else(|| {
                    let stem = singular.strip_suffix("ie")?;
                    look_up(self.nouns, &format!("{stem}y"))
                })
        });
        self.noun_kinds.get(kind?)
    }
}

/// The first of kinds that says something, else the first.
pub fn strongest(kinds: impl Iterator<Item = &'static NounKind>) -> Option<&'static NounKind> {
    let mut first = None;
    for kind in kinds {
        if !kind.weak {
            return Some(kind);
        }
        first = first.or(Some(kind));
    }
    first
}

/// A thing written as `TYPE NAME` or `TYPE/NAME`.
#[derive(Debug)]
pub struct Thing {
    /// What the lexicon says of its type.
    pub kind: Option<&'static NounKind>,
    /// Its name; `None` when only the type is given.
    pub name: Option<Value>,
}

/// The things that words name: `TYPE NAME…`, `TYPE,TYPE NAME…` or `TYPE/NAME…`.
#[must_use]
pub fn things(found: &Found, lexicon: &Lexicon) -> Vec<Thing> {
    let Some((first, names)) = found.values.split_first() else {
        return Vec::new();
    };
    let text = first.known_text().unwrap_or_else(|| first.prefix());
    let mut things = Vec::new();
    if text.contains('/') {
        for value in &found.values {
            let text = value.known_text().unwrap_or_else(|| value.prefix());
            let (kind, name) = match text.split_once('/') {
                Some((kind, _)) => (
                    lexicon.noun(kind),
                    value.skip(kind.len().saturating_add(1)).at(value.span),
                ),
                None => (None, value.clone()),
            };
            things.push(Thing {
                kind,
                name: Some(name),
            });
        }
        return things;
    }
    for kind in text.split(',').take(limits::ACTIONS) {
        let kind = lexicon.noun(kind);
        if names.is_empty() {
            things.push(Thing { kind, name: None });
        }
        for name in names {
            if things.len() > limits::ACTIONS {
                return things;
            }
            things.push(Thing {
                kind,
                name: Some(name.clone()),
            });
        }
    }
    things
}

impl Thing {
    /// What it is.
    #[must_use]
    pub fn resource(&self, otherwise: ResourceType) -> ResourceType {
        self.kind.map_or(otherwise, |kind| kind.resource)
    }
}

fn look_up(table: &[(Name, u8)], word: &str) -> Option<usize> {
    let index = table
        .binary_search_by(|(name, _)| name.as_str().cmp(word))
        .ok()?;
    table.get(index).map(|(_, kind)| usize::from(*kind))
}

/// The line of sorted text that is `name`, a blank and one letter.
fn line_of<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (mut low, mut high) = (0, text.len());
    while low < high {
        let middle = low.saturating_add(high.saturating_sub(low) / 2);
        let start = text
            .get(low..middle)
            .and_then(|head| head.rfind('\n'))
            .map_or(low, |at| low.saturating_add(at).saturating_add(1));
        let end = text
            .get(middle..high)
            .and_then(|tail| tail.find('\n'))
            .map_or(high, |at| middle.saturating_add(at));
        let line = text.get(start..end)?;
        let key = line.get(..line.len().saturating_sub(2))?;
        match key.cmp(name) {
            std::cmp::Ordering::Equal => return Some(line),
            std::cmp::Ordering::Less => low = end.saturating_add(1),
            std::cmp::Ordering::Greater => high = start,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_by_its_name() {
        let text = "a b c\nab x d\nb y a\nbee z b\n";
        assert_eq!(line_of(text, "a b"), Some("a b c"));
        assert_eq!(line_of(text, "ab x"), Some("ab x d"));
        assert_eq!(line_of(text, "b y"), Some("b y a"));
        assert_eq!(line_of(text, "bee z"), Some("bee z b"));
        for missing in ["", "a", "a c", "c", "bee", "zz z"] {
            assert_eq!(line_of(text, missing), None, "{missing}");
        }
        assert_eq!(line_of("", "a"), None);
    }
}
