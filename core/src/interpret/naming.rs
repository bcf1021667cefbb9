//! Judging a call of which only the name is known: a mutation, an action, a path, a tool.

use super::hint;
use crate::action::Draft;
use crate::catalogue::spec::Catalogue;
use crate::vocabulary::{Completeness, Effect, ResourceType, Reversibility, Verb, VerbGroup};

/// Words after which the thing itself is no longer named (`removeUserFromTeam`).
const JOINTS: &[&str] = &[
    "from", "of", "for", "by", "in", "to", "with", "on", "at", "as",
];

/// Words between two acts in one name.
const PAIRS: &[&str] = &["and", "or", "then"];

/// What the words of a name say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// The verb, when some word tells it.
    pub verb: Option<Verb>,
    /// What it acts on, when some word tells it.
    pub kind: Option<ResourceType>,
    /// It is a credential, which gives access once made.
    credential: bool,
}

/// Judges a name. A word for something worse outweighs what the name begins with; else the first or
/// last word tells the verb.
#[must_use]
pub fn judge(name: &str, catalogue: &Catalogue) -> Judged {
    let words = hint::words(name);
    let hinted = hint::verb(name, catalogue);
    let plain = plain_verb(&words, catalogue);
    let verb = match (plain, hinted) {
        // `list_merge_requests` lists; `get_and_delete` does both.
        (Some(plain), Some(hinted))
            if plain.group() == VerbGroup::Observe
                && hinted.group() != VerbGroup::Destroy
                && !words.iter().any(|word| PAIRS.contains(&word.as_str())) =>
        {
            Some(plain)
        }
        (plain, hinted) => hinted.or(plain),
    };
    let end = words
        .iter()
        .position(|word| JOINTS.contains(&word.as_str()))
        .unwrap_or(words.len());
    let head = words.get(..end).unwrap_or_default();
    let noun = head
        .iter()
        .rev()
        .find_map(|word| Some((word, noun(word, catalogue)?)));
    let credential = noun.is_some_and(|(word, _)| {
        let credentials = catalogue.names.credentials;
        has(credentials, word)
            || word
                .strip_suffix('s')
                .is_some_and(|one| has(credentials, one))
    });
    Judged {
        verb,
        kind: noun.map(|(_, kind)| kind),
        credential,
    }
}

/// What a noun names, singular or plural.
#[must_use]
pub fn noun(word: &str, catalogue: &Catalogue) -> Option<ResourceType> {
    let nouns = catalogue.names.nouns;
    let look_up = |word: &str| {
        let index = nouns.binary_search_by(|(noun, _)| (*noun).cmp(word)).ok()?;
        nouns.get(index).map(|(_, kind)| *kind)
    };
    look_up(word)
        .or_else(|| look_up(word.strip_suffix('s')?))
        .or_else(|| look_up(word.strip_suffix("es")?))
        .or_else(|| look_up(&format!("{}y", word.strip_suffix("ies")?)))
}

fn plain_verb(words: &[String], catalogue: &Catalogue) -> Option<Verb> {
    let names = &catalogue.names;
    let of = |word: &String| {
        if has(names.creating, word) {
            Some(Verb::Create)
        } else if has(names.changing, word) {
            Some(Verb::Update)
        } else if catalogue.observing.contains(&word.as_str()) {
            Some(if word == "list" {
                Verb::List
            } else {
                Verb::Read
            })
        } else {
            None
        }
    };
    words
        .first()
        .and_then(of)
        .or_else(|| words.last().and_then(of))
}

/// Whether a sorted list holds the word.
fn has(list: &[&str], word: &str) -> bool {
    list.binary_search(&word).is_ok()
}

/// A name fit to be a part of an operation.
#[must_use]
pub fn slug(name: &str) -> String {
    let fit = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    name.chars().map(fit).take(60).collect()
}

impl Judged {
    /// Writes what the name says into a draft. Reads count only for names that a known service gives
    /// (`trusted`): the words of a name alone make nothing harmless.
    pub fn mark(self, draft: &mut Draft, trusted: bool) {
        let verb = self.verb.unwrap_or(Verb::Unknown);
        let observes = verb.group() == VerbGroup::Observe;
        draft.completeness = draft.completeness.max(Completeness::Partial);
        if let Some(kind) = self.kind {
            draft.resource.kind = kind;
        }
        if observes && !trusted {
            return;
        }
        draft.verb = verb;
        draft.reversibility = match verb {
            Verb::Read | Verb::List => Reversibility::None,
            Verb::Create | Verb::Update => Reversibility::Effortful,
            _ => Reversibility::Irreversible,
        };
        match (verb, self.kind) {
            (Verb::Create, Some(ResourceType::Secret)) if self.credential => {
                draft.verb = Verb::Grant;
                draft.effects = draft.effects.with(Effect::CredentialMint);
            }
            (Verb::Create, Some(ResourceType::Identity)) => draft.verb = Verb::Grant,
            (Verb::Delete, Some(ResourceType::Backup)) => {
                draft.effects = draft.effects.with(Effect::DestroysRecovery);
            }
            (Verb::Read, Some(ResourceType::Secret)) => {
                draft.effects = draft.effects.with(Effect::SecretRead);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::CATALOGUE;

    #[test]
    fn names_tell_verb_and_thing() {
        for (name, verb, kind) in [
            (
                "volumeDelete",
                Some(Verb::Delete),
                Some(ResourceType::Volume),
            ),
            (
                "delete_db_snapshots",
                Some(Verb::Delete),
                Some(ResourceType::Backup),
            ),
            (
                "createApiToken",
                Some(Verb::Create),
                Some(ResourceType::Secret),
            ),
            (
                "removeUserFromTeam",
                Some(Verb::Delete),
                Some(ResourceType::Identity),
            ),
            (
                "list_repositories",
                Some(Verb::List),
                Some(ResourceType::Repository),
            ),
            (
                "getProject",
                Some(Verb::Read),
                Some(ResourceType::Namespace),
            ),
            (
                "getAndDeleteProject",
                Some(Verb::Delete),
                Some(ResourceType::Namespace),
            ),
            ("frobnicate", None, None),
            ("list_merge_requests", Some(Verb::List), None),
            (
                "get_and_send_mail",
                Some(Verb::Send),
                Some(ResourceType::Message),
            ),
        ] {
            let judged = judge(name, &CATALOGUE);
            assert_eq!((judged.verb, judged.kind), (verb, kind), "{name}");
        }
    }
}
