//! The words of a program, read by the program's own grammar.

use std::collections::BTreeMap;

use super::acts::{Found, Given};
use super::value::{Origin, Stream, Value};
use crate::catalogue::spec::{Arity, Command, Opt, Source};
use crate::limits;

/// The words of one invocation, sorted into options and operands.
#[derive(Debug)]
pub struct Words<'a> {
    /// The program or, when one was named, the innermost subcommand.
    pub command: &'static Command,
    /// Options given, in order, with their values; a flag carries its own spelling.
    pub options: Vec<(Opt, Value)>,
    /// The words of each use of an option that takes many (`find -exec … ;`), by option id.
    pub groups: Vec<(&'static str, Vec<Value>)>,
    /// Operands, without subcommand names.
    pub operands: Vec<Value>,
    /// Leading `NAME=value` operands, for programs that take them.
    pub assignments: Vec<(String, Value)>,
    /// Options that the catalogue does not describe, in order.
    pub undescribed: Vec<Undescribed>,
    /// The letters among them, one bit for each of ASCII.
    letters: u128,
    /// How many operands may be the value of such an option.
    doubtful: usize,
    /// The names of the program and its subcommands.
    pub path: Vec<&'static str>,
    /// The names the subcommands were called by.
    pub called: Vec<&'static str>,
    /// A help or version option stands before any operand.
    pub asks_for_help: bool,
    /// More operands may come that are not in the call (xargs).
    pub open_ended: bool,
    /// How many operands stood before the word `--`, when it was given.
    pub before_dashes: Option<usize>,
    /// Environment variables that the call itself sets for the program.
    pub variables: BTreeMap<String, Value>,
    /// Standard input.
    pub stdin: &'a Stream,
    /// The working directory.
    pub cwd: Option<&'a str>,
}

/// The bit of a letter; none but those of ASCII has one.
const fn bit(letter: char) -> u128 {
    if letter.is_ascii() {
        1 << letter as u32
    } else {
        0
    }
}

/// An option that the catalogue does not describe: whether it takes a value is not known.
#[derive(Debug)]
pub struct Undescribed {
    /// As spelled.
    pub name: String,
    /// The value behind `=`.
    pub attached: Option<Value>,
    /// How many operands stood before it.
    pub before: usize,
}

impl<'a> Words<'a> {
    /// Reads `words`, which do not include the program's name.
    #[must_use]
    pub fn read(
        command: &'static Command,
        words: &[Value],
        stdin: &'a Stream,
        cwd: Option<&'a str>,
    ) -> Self {
        let mut read = Self {
            command,
            options: Vec::new(),
            groups: Vec::new(),
            operands: Vec::new(),
            assignments: Vec::new(),
            undescribed: Vec::new(),
            letters: 0,
            doubtful: 0,
            path: vec![command.name],
            called: Vec::new(),
            asks_for_help: false,
            open_ended: false,
            before_dashes: None,
            variables: BTreeMap::new(),
            stdin,
            cwd,
        };
        let mut reader = Reader {
            words,
            next: 0,
            operands_only: false,
        };
        while let Some(word) = reader.take() {
            read.word(word, &mut reader);
        }
        read
    }

    /// Every value of the options with this role, in order.
    pub fn with_roles(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.options
            .iter()
            .filter(|(opt, _)| !opt.role.is_empty())
            .map(|(opt, value)| (opt.role, value))
    }

    fn word(&mut self, word: &Value, reader: &mut Reader<'_>) {
        let text = word.known_text().unwrap_or_else(|| word.prefix());
        let first = reader.next == 1;
        if reader.operands_only || text == "-" || text.is_empty() {
            self.operand(word, &text, reader);
        } else if text == "--" {
            // `git checkout -- x` means something else than `git checkout x`.
            if let Some(opt) = self.lookup(&text) {
                self.options.push((opt, word.clone()));
            }
            reader.operands_only = true;
            self.before_dashes = Some(self.operands.len());
        } else if text.starts_with("--") {
            self.long_option(word, &text, reader);
        } else if text.starts_with('-') {
            self.short_options(word, &text, reader);
        } else if !text.starts_with(char::is_alphanumeric) && self.lookup(&text).is_some() {
            self.long_option(word, &text, reader);
        } else if first && self.command.syntax.bare_bundle && !word.is_dynamic() {
            let bundle = Value::literal(format!("-{text}")).at(word.span);
            self.bundle(&bundle, &text, 1, reader);
        } else {
            self.operand(word, &text, reader);
        }
    }

    fn operand(&mut self, word: &Value, text: &str, reader: &mut Reader<'_>) {
        if self.doubtful == self.operands.len() && !reader.operands_only {
            if self.command.syntax.assignments
                && let Some((name, _)) = text.split_once('=')
                && is_name(name)
            {
                self.assignments
                    .push((name.to_owned(), word.skip(name.len().saturating_add(1))));
                return;
            }
            let named = word.exact().and_then(|text| {
                let table = self.command.subcommands;
                let index = table
                    .binary_search_by(|(name, _)| (*name).cmp(&text))
                    .ok()?;
                table.get(index)
            });
            if let Some((name, sub)) = named {
                self.command = sub;
                self.letters = 0;
                self.path.push(sub.name);
                self.called.push(name);
                self.reconsider();
                return;
            }
        }
        let undescribed = self.undescribed.last();
        if undescribed
            .is_some_and(|option| option.attached.is_none() && option.before == self.operands.len())
        {
            self.doubtful = self.doubtful.saturating_add(1);
        }
        self.operands.push(word.clone());
        if self.command.syntax.options_first {
            reader.operands_only = true;
        }
    }

    /// Reads options before the name of a subcommand as that subcommand's own, where it has them.
    fn reconsider(&mut self) {
        let operands = std::mem::take(&mut self.operands);
        let undescribed = std::mem::take(&mut self.undescribed);
        let mut taken = vec![false; operands.len()];
        let mut removed = 0_usize;
        for mut option in undescribed {
            let Some(opt) = self.lookup(&option.name) else {
                option.before = option.before.saturating_sub(removed);
                self.undescribed.push(option);
                continue;
            };
            let value = match (option.attached, opt.arity) {
                (Some(value), _) => value,
                (None, Arity::Value) => {
                    if let Some(taken) = taken.get_mut(option.before).filter(|taken| !**taken) {
                        *taken = true;
                        removed = removed.saturating_add(1);
                    }
                    let value = operands.get(option.before).cloned();
                    value.unwrap_or_else(|| Value::unseen(Origin::Unseen))
                }
                (None, _) => Value::literal(option.name),
            };
            self.options.push((opt, value));
        }
        let kept = operands.into_iter().zip(&taken);
        self.operands = kept
            .filter(|(_, taken)| !**taken)
            .map(|(value, _)| value)
            .collect();
        self.doubtful = self.operands.len();
    }

    fn long_option(&mut self, word: &Value, text: &str, reader: &mut Reader<'_>) {
        let (name, attached) = match text.split_once('=') {
            Some((name, _)) => (
                name,
                Some(word.skip(name.len().saturating_add(1)).at(word.span)),
            ),
            None => (text, None),
        };
        match self.lookup(name).or_else(|| self.abbreviation(name)) {
            Some(opt) => self.take_option(opt, word, attached, reader),
            None => self.unknown_option(name, attached, reader.next >= reader.words.len()),
        }
    }

    fn short_options(&mut self, word: &Value, text: &str, reader: &mut Reader<'_>) {
        if let Some(opt) = self.lookup(text) {
            self.take_option(opt, word, None, reader);
        } else if self.command.syntax.single_dash_long {
            self.long_option(word, text, reader);
        } else {
            self.bundle(word, text.get(1..).unwrap_or_default(), 1, reader);
        }
    }

    /// Reads `letters`, which begin at byte `start` of `word`, as one-letter options.
    fn bundle(&mut self, word: &Value, letters: &str, start: usize, reader: &mut Reader<'_>) {
        let mut seen: Vec<char> = Vec::new();
        for (index, letter) in letters.char_indices() {
            // A flag says nothing more when it is given again.
            if seen.contains(&letter) || self.tells_nothing(letter) {
                continue;
            }
            let spelling = format!("-{letter}");
            let Some(opt) = self.lookup(&spelling) else {
                let alone = letters.len() == letter.len_utf8();
                self.unknown_option(&spelling, None, alone && reader.next >= reader.words.len());
                self.letters |= bit(letter);
                seen.push(letter);
                continue;
            };
            let rest = index.saturating_add(letter.len_utf8());
            let is_last = rest >= letters.len() && !word.is_dynamic();
            match opt.arity {
                Arity::Flag => {
                    seen.push(letter);
                    self.options
                        .push((opt, Value::literal(spelling).at(word.span)));
                }
                _ if is_last => {
                    let flag = Value::literal(spelling).at(word.span);
                    self.take_option(opt, &flag, None, reader);
                    // In `tar cfz x`, a letter after one that takes a value is read on.
                    if !self.command.syntax.bare_bundle {
                        return;
                    }
                }
                _ if self.command.syntax.bare_bundle && reader.next == 1 => {
                    let flag = Value::literal(spelling).at(word.span);
                    self.take_option(opt, &flag, None, reader);
                }
                _ => {
                    let value = word.skip(start.saturating_add(rest)).at(word.span);
                    self.options.push((opt, value));
                    return;
                }
            }
        }
    }

    /// Whether one more option of that letter, which is not described, changes nothing: there are many, and
    /// the last of them may take the next operand as well.
    fn tells_nothing(&self, letter: char) -> bool {
        let again = |last: &Undescribed| {
            last.attached.is_none() && last.before == self.operands.len() && letter != 'h'
        };
        self.letters & bit(letter) != 0
            && self.undescribed.len() >= limits::ACTIONS
            && self.undescribed.last().is_some_and(again)
    }

    fn take_option(
        &mut self,
        opt: Opt,
        word: &Value,
        attached: Option<Value>,
        reader: &mut Reader<'_>,
    ) {
        if let Some(value) = attached {
            self.options.push((opt, value));
            return;
        }
        match opt.arity {
            Arity::Flag | Arity::Optional => self.options.push((opt, word.clone())),
            Arity::Value => match reader.take() {
                Some(value) => self.options.push((opt, value.clone())),
                None => self.options.push((opt, Value::unseen(Origin::Unseen))),
            },
            Arity::Until => {
                let mut group = Vec::new();
                while let Some(value) = reader.take() {
                    match value.exact().as_deref() {
                        Some(";" | "+") => break,
                        _ => group.push(value.clone()),
                    }
                }
                self.options
                    .extend(group.iter().map(|value| (opt, value.clone())));
                self.groups.push((opt.id, group));
            }
        }
    }

    /// `final_word`: no word follows.
    fn unknown_option(&mut self, name: &str, attached: Option<Value>, final_word: bool) {
        let last = self.undescribed.last();
        // It may be the value of an option whose arity is not known.
        let is_value = last.is_some_and(|option| {
            option.attached.is_none() && option.before == self.operands.len()
        });
        let heeded = self.operands.is_empty() || (self.command.syntax.help_anywhere && !is_value);
        let anywhere = self.command.syntax.help_anywhere && !is_value;
        // `-help=false` asks for nothing.
        let asked = attached.is_none()
            && ((heeded && matches!(name, "--help" | "--version" | "-help" | "-version"))
                || (anywhere && name == "-h"));
        // Programs with subcommands take it anywhere.
        let of_subcommand = final_word
            && attached.is_none()
            && self.path.len() > 1
            && (name == "--help" || (name == "-h" && self.operands.is_empty()));
        self.asks_for_help |= asked || of_subcommand;
        self.undescribed.push(Undescribed {
            name: name.to_owned(),
            attached,
            before: self.operands.len(),
        });
    }

    /// Every spelling of an option.
    pub fn spellings(&self, id: &str) -> impl Iterator<Item = &'static str> {
        let entries = self.command.options.iter().copied().flatten();
        let same = entries.filter(move |entry| entry.option().is_some_and(|opt| opt.id == id));
        same.map(|entry| entry.spelling.as_str())
    }

    fn lookup(&self, spelling: &str) -> Option<Opt> {
        let mut tables = self.command.options.iter();
        tables.find_map(|table| {
            let index = table
                .binary_search_by(|entry| entry.spelling.as_str().cmp(spelling))
                .ok()?;
            table.get(index)?.option()
        })
    }

    /// The option that `name` is the only abbreviation of.
    fn abbreviation(&self, name: &str) -> Option<Opt> {
        if name.len() < 4 || matches!(name, "--help" | "--version") {
            return None;
        }
        let mut matching = self
            .command
            .options
            .iter()
            .flat_map(|table| table.iter())
            .filter(|entry| entry.spelling.as_str().starts_with(name));
        let first = matching.next()?.option()?;
        matching
            .all(|other| other.option().is_some_and(|other| other.id == first.id))
            .then_some(first)
    }
}

impl Given for Words<'_> {
    fn found(&self, source: Source) -> Found {
        match source {
            Source::Operands(first, last) => {
                let range = range(first, last, self.operands.len());
                let values = self.operands.get(range).unwrap_or_default().to_vec();
                // What may follow changes nothing about an operand counted from the front.
                let settled = first > 0
                    && last > 0
                    && usize::from(last.unsigned_abs()) <= self.operands.len();
                Found {
                    values,
                    incomplete: self.open_ended && !settled,
                    text: None,
                }
            }
            Source::AfterDashes => Found {
                values: self
                    .before_dashes
                    .and_then(|before| self.operands.get(before..))
                    .unwrap_or_default()
                    .to_vec(),
                incomplete: self.open_ended && self.before_dashes.is_some(),
                text: None,
            },
            Source::Variable(name) => {
                Found::all(self.variables.get(name).cloned().into_iter().collect())
            }
            Source::Option(id) => Found::all(
                self.options
                    .iter()
                    .filter(|(opt, _)| opt.id == id)
                    .map(|(_, value)| value.clone())
                    .collect(),
            ),
            Source::Key(key) => Found::all(
                self.operands
                    .iter()
                    .filter_map(|operand| {
                        let text = operand.known_text().unwrap_or_else(|| operand.prefix());
                        let (name, _) = text.split_once('=')?;
                        (name == key)
                            .then(|| operand.skip(name.len().saturating_add(1)).at(operand.span))
                    })
                    .collect(),
            ),
            Source::Const(text) => Found::all(vec![Value::literal(text)]),
            Source::Cwd => Found::all(vec![match self.cwd {
                Some(cwd) => Value::literal(cwd),
                None => Value::unseen(Origin::Unseen),
            }]),
            Source::Input if self.stdin.present => Found::all(vec![input(self.stdin)]),
            Source::Input | Source::Argument(_) | Source::Join(_) | Source::Before(..) => {
                Found::default()
            }
        }
    }

    fn operands(&self) -> Option<usize> {
        if self.open_ended {
            None
        } else {
            Some(self.operands.len())
        }
    }

    fn holds(&self, _: Source, _: &str, _: &str) -> Option<bool> {
        Some(false)
    }

    fn has_stdin(&self) -> bool {
        self.stdin.present
    }
}

/// What is known of the text of standard input, without the space around it.
fn input(stdin: &Stream) -> Value {
    let text = stdin.text.as_ref().filter(|_| !stdin.decoded);
    text.map_or_else(
        || Value::unseen(Origin::Unseen),
        |text| Value::literal(text.expose().trim()),
    )
}

/// The entry of a table sorted by name.
pub fn find<T: Copy>(table: &[(&'static str, T)], name: &str) -> Option<T> {
    let index = table
        .binary_search_by(|(entry, _)| (*entry).cmp(name))
        .ok()?;
    table.get(index).map(|(_, entry)| *entry)
}

struct Reader<'a> {
    words: &'a [Value],
    next: usize,
    operands_only: bool,
}

impl<'a> Reader<'a> {
    fn take(&mut self) -> Option<&'a Value> {
        let word = self.words.get(self.next)?;
        self.next = self.next.saturating_add(1);
        Some(word)
    }
}

/// One-based inclusive bounds, negative from the end, as a range of indices.
fn range(first: i16, last: i16, length: usize) -> std::ops::Range<usize> {
    let place = |index: i16| -> usize {
        let distance = usize::from(index.unsigned_abs());
        if index > 0 {
            distance
        } else {
            length.saturating_add(1).saturating_sub(distance)
        }
    };
    let start = place(first).saturating_sub(1);
    let end = place(last).min(length);
    // `$-1` of nothing is nothing.
    if start >= end || (first < 0 && usize::from(first.unsigned_abs()) > length) {
        0..0
    } else {
        start..end
    }
}

fn is_name(text: &str) -> bool {
    text.chars()
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
