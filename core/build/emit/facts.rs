//! What is known of paths and words, as Rust expressions.

use std::collections::BTreeMap;

use super::Emitter;
use crate::form::{HintsFile, NamesFile, PathRule};
use crate::terms;
use crate::vocabulary::{ResourceType, Verb};

impl Emitter {
    /// Adds the path rules.
    pub fn paths(&mut self, rules: Vec<PathRule>) {
        const CLASSES: &[(&str, &str)] = &[
            ("secret", "Secret"),
            ("guard", "Guard"),
            ("derived", "Derived"),
            ("temporary", "Temporary"),
            ("system", "System"),
            ("device", "Device"),
            ("sink", "Sink"),
            ("persistence", "Persistence"),
            ("recovery", "Recovery"),
            ("sources", "Sources"),
            ("private", "Private"),
        ];
        for rule in rules {
            let class = CLASSES
                .iter()
                .find(|(name, _)| *name == rule.class)
                .unwrap_or_else(|| panic!("paths.toml: `{}` is no class", rule.class));
            let above = if rule.itself {
                Vec::new()
            } else {
                terms::above(&rule.globs)
            };
            let globs = rule.globs.iter();
            let needs: Vec<u32> = globs.map(|glob| terms::path_needs(glob)).collect();
            self.paths.push(format!(
                "PathRule {{ class: PathClass::{}, names: &{:?}, needs: &{:?}, globs: &[{}], above: &[{}], except: &[{}] }}",
                class.1,
                rule.globs,
                needs,
                glob_list(&rule.globs),
                glob_list(&above),
                glob_list(&rule.except),
            ));
        }
    }

    /// Adds the hints.
    pub fn hints(&mut self, file: HintsFile) {
        let words: String = file
            .hints
            .iter()
            .map(|(word, verb)| {
                assert!(
                    word.to_lowercase() == *word,
                    "hints.toml: `{word}` is not lower case"
                );
                let verb = Verb::parse(verb)
                    .unwrap_or_else(|| panic!("hints.toml: `{word}`: `{verb}` is no verb"));
                format!("({word:?}, Verb::{}), ", verb.variant_name())
            })
            .collect();
        let steering: String = file
            .steering_variables
            .iter()
            .map(|(name, why)| format!("({name:?}, {why:?}), "))
            .collect();
        let harmless: String = file
            .steering_harmless
            .iter()
            .map(|(name, globs)| {
                assert!(
                    file.steering_variables.contains_key(name),
                    "hints.toml: `{name}` is harmless but steers nothing"
                );
                format!("({name:?}, &{globs:?}), ")
            })
            .collect();
        let sinks = by_first_byte(&file.code_sinks);
        self.hints = format!(
            "hints: &[{words}], code_sinks: &[{sinks}], secret_variables: &{:?}, \
             credential_headers: &{:?}, credential_parameters: &{:?}, steering_variables: &[{steering}], \
             steering_harmless: &[{harmless}], guard_variables: &{:?}, guard_names: &{:?}, observing: &{:?}, package_hosts: &{:?}",
            upper(&file.secret_variables),
            file.credential_headers,
            file.credential_parameters,
            file.guard_variables,
            file.guard_names,
            file.observing,
            file.package_hosts
        );
    }

    /// Adds the words of names.
    pub fn names(&mut self, file: NamesFile) {
        let nouns = grouped(&file.nouns, |kind| {
            let kind = ResourceType::parse(kind)
                .unwrap_or_else(|| panic!("names.toml: `{kind}` is no resource type"));
            format!("ResourceType::{}", kind.variant_name())
        });
        let steering = grouped(&file.steering_arguments, |kind| {
            let kind = match kind {
                "environment" => "Environment",
                "privilege" => "Privilege",
                "machine" => "Machine",
                "container" => "Container",
                "other" => "Other",
                _ => panic!("names.toml: `{kind}` is nothing an argument changes"),
            };
            format!("Steering::{kind}")
        });
        self.words = format!(
            "names: NameWords {{ creating: &{:?}, changing: &{:?}, reading: &{:?}, credentials: &{:?}, \
             naming_parameters: &{:?}, nouns: &[{nouns}], steering_arguments: &[{steering}] }}",
            sorted(file.creating),
            sorted(file.changing),
            sorted(file.reading),
            sorted(file.credentials),
            sorted(file.naming_parameters),
        );
    }
}

fn sorted(mut words: Vec<String>) -> Vec<String> {
    words.sort();
    words.dedup();
    words
}

/// Words by what they mean, turned around: each word with its meaning, sorted by word.
fn grouped(groups: &BTreeMap<String, Vec<String>>, meaning: impl Fn(&str) -> String) -> String {
    let mut words = BTreeMap::new();
    for (group, list) in groups {
        for word in list {
            let twice = words.insert(word, meaning(group)).is_some();
            assert!(!twice, "names.toml: `{word}` stands twice");
        }
    }
    words
        .iter()
        .map(|(word, meaning)| format!("({word:?}, {meaning}), "))
        .collect()
}

/// Names of variables are compared in upper case.
fn upper(globs: &[String]) -> Vec<String> {
    globs.iter().map(|glob| glob.to_uppercase()).collect()
}

fn glob_list(globs: &[String]) -> String {
    let globs: Vec<String> = globs.iter().map(|glob| terms::path_glob(glob)).collect();
    globs.join(", ")
}

/// For each byte of ASCII the names that begin with it, each with its place in the list, and before them
/// a bit for each byte that comes second.
fn by_first_byte(names: &[String]) -> String {
    let of = |byte: u8| {
        let mut seconds: BTreeMap<u8, String> = BTreeMap::new();
        for (rank, name) in names.iter().enumerate() {
            let [first, second, ..] = name.as_bytes() else {
                panic!("hints.toml: `{name}` is too short to tell anything");
            };
            assert!(name.is_ascii(), "hints.toml: `{name}` is not ASCII");
            if *first == byte {
                let mut start = [0; 8];
                for (into, byte) in start.iter_mut().zip(name.bytes()) {
                    *into = byte;
                }
                let start = u64::from_le_bytes(start);
                *seconds.entry(*second).or_default() +=
                    &format!("CodeSink {{ rank: {rank}, start: {start}, name: {name:?} }}, ");
            }
        }
        let seconds: String = seconds
            .iter()
            .map(|(second, alike)| format!("({second}, &[{alike}] as &[CodeSink]), "))
            .collect();
        format!("&[{seconds}], ")
    };
    (0..128).map(of).collect()
}
