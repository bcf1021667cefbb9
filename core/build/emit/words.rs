//! Lexicons and what refers to them, as Rust expressions.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Checked, Emitter, effects, list};
use crate::form::{Act, Grammar, Listing, VerbForm, WordsFile};
use crate::terms::{self, Options};
use crate::vocabulary::{Completeness, ResourceType, Reversibility, Verb};

impl Emitter {
    /// Adds the lexicon of one file; `generated` are the exceptions that belong to it.
    pub fn words(&mut self, file: &str, words: &WordsFile, generated: &str) {
        let text = self
            .lexicon(words, generated)
            .unwrap_or_else(|error| panic!("{file}: {error}"));
        let stem = file.rsplit(['/', '\\']).next().unwrap_or(file);
        let name = lexicon(stem.trim_end_matches(".toml"));
        writeln!(self.statics, "static {name}: Lexicon = {text};").expect("a String takes text");
    }

    fn lexicon(&mut self, words: &WordsFile, generated: &str) -> Checked {
        let verb_kinds = list(&words.verb, verb_kind)?;
        let noun_kinds = list(&words.noun, |noun| {
            let resource = resource(&noun.resource)?;
            let reversibility = match noun.reversibility.as_deref() {
                Some(word) => format!("Some({})", reversibility(word)?),
                None => "None".to_owned(),
            };
            Ok(format!(
                "NounKind {{ resource: {resource}, reversibility: {reversibility}, effects: &[{}], weak: {} }}",
                effects(&noun.effects)?,
                noun.weak,
            ))
        })?;
        let verbs = self.table(words.verb.iter().map(|kind| &kind.words))?;
        let nouns = self.table(words.noun.iter().map(|kind| &kind.words))?;
        Ok(format!(
            "Lexicon {{ verb_kinds: &[{verb_kinds}], verbs: &[{verbs}], exceptions: {:?}, \
             noun_kinds: &[{noun_kinds}], nouns: &[{nouns}], id_options: &{:?} }}",
            exceptions(&words.verb, generated)?,
            words.id_options,
        ))
    }

    /// Every word with the index of the list it stands in, sorted.
    fn table<'a>(&mut self, lists: impl Iterator<Item = &'a Vec<String>>) -> Checked {
        let mut index = BTreeMap::new();
        for (kind, words) in lists.enumerate() {
            for word in words {
                if index.insert(word, kind).is_some() {
                    return Err(format!("`{word}` stands there twice"));
                }
            }
        }
        Ok(index
            .into_iter()
            .map(|(word, kind)| format!("({}, {kind}), ", self.name(word)))
            .collect())
    }

    /// A reference to a grammar, if there is one.
    pub(super) fn grammar(&mut self, one: Option<&Grammar>, options: &Options) -> Checked {
        match one {
            Some(one) => Ok(format!("Some(&{})", self.keep_grammar(one, options)?)),
            None => Ok("None".to_owned()),
        }
    }

    /// Puts a grammar into a static and answers with its name.
    pub(super) fn keep_grammar(&mut self, one: &Grammar, options: &Options) -> Checked {
        let name = format!("GRAMMAR_{}", self.shared);
        self.shared += 1;
        writeln!(
            self.statics,
            "static {name}: Grammar = Grammar {{ namespace: {:?}, lexicon: &{}, verb_at: {}, \
             verb_first: {}, family: {:?}, id: &[{}] }};",
            one.namespace,
            lexicon(&one.words),
            one.verb_at,
            one.verb_first,
            one.family,
            list(&one.id, |text| terms::source(text, options))?,
        )
        .map_err(|error| error.to_string())?;
        Ok(name)
    }
}

/// The types an act's ids are written with.
pub(super) fn nouns(act: &Act) -> String {
    match &act.nouns {
        Some(name) => format!(
            "Some(Nouns {{ lexicon: &{}, only: {} }})",
            lexicon(name),
            act.nouns_only
        ),
        None => "None".to_owned(),
    }
}

/// Each text is conditions with blanks between them.
pub(super) fn dry_run(texts: &[String], options: &Options) -> Checked {
    list(texts, |text| {
        let conditions: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        let conditions = terms::conditions(&conditions, &[], options)?;
        Ok(format!("&[{conditions}] as &[Cond]"))
    })
}

pub(super) fn listing(one: &Listing, options: &Options) -> Checked {
    Ok(format!(
        "Listing {{ when: &[{}], from: &[{}], below: {} }}",
        terms::conditions(&one.when, &[], options)?,
        list(&one.from, |text| terms::source(text, options))?,
        one.below,
    ))
}

fn lexicon(name: &str) -> String {
    format!("LEXICON_{}", name.to_uppercase().replace('-', "_"))
}

fn verb_kind(form: &VerbForm) -> Checked {
    let verb = Verb::parse(&form.verb).ok_or_else(|| format!("`{}` is no verb", form.verb))?;
    let observes = matches!(verb, Verb::Read | Verb::List);
    let undo = match form.reversibility.as_deref() {
        Some(word) => reversibility(word)?,
        None if observes => "Reversibility::None".to_owned(),
        None => "Reversibility::Irreversible".to_owned(),
    };
    let completeness = match form.completeness.as_deref() {
        Some(word) => {
            Completeness::parse(word).ok_or_else(|| format!("`{word}` is no completeness"))?
        }
        None => Completeness::Exact,
    };
    let resource = match form.resource.as_deref() {
        Some(word) => format!("Some({})", resource(word)?),
        None => "None".to_owned(),
    };
    Ok(format!(
        "VerbKind {{ verb: Verb::{}, resource: {resource}, reversibility: {undo}, effects: &[{}], \
         removes: {}, completeness: Completeness::{} }}",
        verb.variant_name(),
        effects(&form.effects)?,
        form.removes || verb == Verb::Delete,
        completeness.variant_name(),
    ))
}

fn resource(word: &str) -> Checked {
    ResourceType::parse(word)
        .map(|kind| format!("ResourceType::{}", kind.variant_name()))
        .ok_or_else(|| format!("`{word}` is no resource type"))
}

fn reversibility(word: &str) -> Checked {
    Reversibility::parse(word)
        .map(|undo| format!("Reversibility::{}", undo.variant_name()))
        .ok_or_else(|| format!("`{word}` is no reversibility"))
}

/// Lines of `name letter`; names given by hand outweigh generated ones (`name class`).
fn exceptions(kinds: &[VerbForm], generated: &str) -> Checked {
    let mut names = BTreeMap::new();
    for line in generated.lines().filter(|line| !line.starts_with('#')) {
        let (name, class) = line
            .rsplit_once(' ')
            .ok_or("an exception without a class")?;
        let kind = kinds
            .iter()
            .position(|kind| kind.class.as_deref() == Some(class))
            .ok_or_else(|| format!("no kind of verb is of class `{class}`"))?;
        names.insert(name, kind);
    }
    for (index, kind) in kinds.iter().enumerate() {
        for name in &kind.names {
            names.insert(name, index);
        }
    }
    let letters = 'a'..='z';
    names
        .into_iter()
        .map(|(name, kind)| {
            let letter = letters
                .clone()
                .nth(kind)
                .ok_or("more than 26 kinds of verbs")?;
            Ok(format!("{name} {letter}\n"))
        })
        .collect()
}
