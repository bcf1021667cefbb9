//! Builtins that change the state of the shell.

use super::ShellState;
use super::state::resolve;
use crate::interpret::value::{Origin, Stream, Value};

/// What a builtin did besides changing the state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Change {
    /// It ends the list it stands in.
    pub ends: bool,
    /// Why the state can no longer be followed.
    pub opaque: Option<&'static str>,
}

impl ShellState {
    /// Applies what `words` do to the shell itself, if they name a builtin that does.
    ///
    /// [`super::walk()`] does this for every invocation. A runner needs it only for words it takes out of
    /// other words itself.
    pub fn builtin(&mut self, words: &[Value], stdin: &Stream) -> Change {
        let mut change = Change::default();
        let Some((name, arguments)) = words.split_first() else {
            return change;
        };
        let Some(name) = name.exact() else {
            return change;
        };
        match name.as_str() {
            "command" | "builtin" => {
                let plain = |word: &&Value| !word.exact().is_some_and(|text| text.starts_with('-'));
                let skip = arguments.iter().take_while(|word| !plain(word)).count();
                return self.builtin(arguments.get(skip..).unwrap_or_default(), stdin);
            }
            "exit" | "return" | "break" | "continue" => change.ends = true,
            "exec" => change.ends = !arguments.is_empty(),
            "cd" | "chdir" => self.change_directory(arguments),
            "pushd" => {
                self.ledger.directories.push(self.cwd.clone());
                self.change_directory(arguments);
            }
            "popd" => {
                self.cwd = self
                    .ledger
                    .directories
                    .pop()
                    .flatten()
                    .filter(|_| arguments.is_empty())
            }
            "export" | "readonly" | "declare" | "typeset" | "local" => {
                change.opaque = self.declare(&name, arguments);
            }
            "unset" => self.unset(arguments),
            "read" | "mapfile" | "readarray" | "getopts" | "printf" | "wait" | "let" => {
                self.reads(&name, arguments, stdin);
            }
            "set" => self.set_options(arguments),
            "shift" => {
                let count = arguments
                    .first()
                    .map_or(Some(1), |n| n.exact().and_then(|n| n.parse().ok()));
                self.positional = match (self.positional.take(), count) {
                    (Some(values), Some(count)) => Some(
                        values
                            .iter()
                            .skip(count)
                            .cloned()
                            .collect::<Vec<_>>()
                            .into(),
                    ),
                    _ => None,
                };
            }
            "alias" => {
                for word in arguments {
                    if let Some((name, value)) = split_assignment(word) {
                        self.aliases.insert(name, value);
                    }
                }
            }
            "unalias" => arguments.iter().filter_map(Value::exact).for_each(|name| {
                self.aliases.remove(&name);
            }),
            _ => {}
        }
        change
    }

    fn change_directory(&mut self, arguments: &[Value]) {
        let options = |word: &&Value| {
            word.exact()
                .is_some_and(|text| text.len() > 1 && text.starts_with('-'))
        };
        let skip = arguments.iter().take_while(options).count();
        // Without an argument, and for `-`, the directory depends on what was before.
        let home = Value::literal("~");
        let target = arguments
            .get(skip)
            .or_else(|| arguments.is_empty().then_some(&home))
            .and_then(Value::exact)
            .filter(|text| text != "-");
        let searched = self.variables.contains_key("CDPATH");
        self.cwd = target
            .filter(|text| !searched || text.starts_with(['/', '.', '~']))
            .and_then(|text| {
                if text.is_empty() {
                    self.cwd.clone()
                } else {
                    resolve(self.cwd.as_deref(), &text)
                }
            });
    }

    fn declare(&mut self, builtin: &str, words: &[Value]) -> Option<&'static str> {
        let flags: String = words.iter().filter_map(flags_of).collect();
        let read_only = builtin == "readonly" || flags.contains('r');
        let converts = flags.contains(['l', 'u', 'i', 'c']) && builtin != "export";
        // Outside a function `local` fails in some shells.
        let doubtful = converts || (builtin == "local" && self.ledger.locals.is_empty());
        for word in words.iter().filter(|word| flags_of(word).is_none()) {
            let assignment = split_assignment(word);
            let Some(name) = assignment
                .as_ref()
                .map(|(name, _)| name.clone())
                .or_else(|| word.exact())
            else {
                self.assign_anything(word);
                continue;
            };
            self.hide_local(builtin, &name);
            if doubtful {
                self.mark_peculiar(&name);
            }
            match assignment {
                Some((_, value)) => {
                    // An array was assigned when the command was read.
                    let array = value.prefix().starts_with('(');
                    let known = self.variables.get(&name).is_some_and(Value::is_dynamic);
                    if !(array && (known || self.arrays.contains_key(&name))) {
                        self.set_variable(&name, value);
                    }
                }
                None if builtin == "local" => self.set_variable(&name, Value::default()),
                None => {}
            }
            if builtin == "export" || flags.contains('x') {
                self.export(&name);
            }
            if read_only {
                self.mark_peculiar(&name);
            }
        }
        (flags.contains('n') && builtin != "export")
            .then_some("name reference: a variable under another name; use the name itself")
    }

    fn unset(&mut self, words: &[Value]) {
        let functions = words
            .iter()
            .any(|word| word.exact().as_deref() == Some("-f"));
        for word in words {
            match word.exact() {
                Some(name) if name.starts_with('-') => {}
                Some(name) => {
                    if let Some(function) = self.functions.get_mut(&name) {
                        function.certain = false;
                    }
                    if !functions {
                        self.set_variable(&name, Value::default());
                    }
                }
                None => self.assign_anything(word),
            }
        }
    }

    /// Builtins that put something unknown into variables.
    fn reads(&mut self, builtin: &str, words: &[Value], stdin: &Stream) {
        let origin = stdin.origins.first().cloned().unwrap_or(Origin::Unseen);
        let value = Value::unseen(origin);
        let texts: Vec<Option<String>> = words.iter().map(Value::exact).collect();
        let named = match builtin {
            // `-v name` and `-p name` are the only words of these that are variables.
            "printf" | "wait" => texts
                .windows(2)
                .filter_map(|pair| match pair {
                    [Some(flag), name] if matches!(flag.as_str(), "-v" | "-p") => {
                        Some(name.clone())
                    }
                    _ => None,
                })
                .collect(),
            _ => texts,
        };
        if builtin == "read" {
            self.set_variable("REPLY", value.clone());
        }
        for name in named {
            let Some(name) = name else {
                self.assign_anything(&value);
                continue;
            };
            let name: String = name
                .chars()
                .take_while(|c| super::word::is_name_char(*c))
                .collect();
            if name.chars().next().is_some_and(|c| !c.is_ascii_digit()) {
                self.set_variable(&name, value.clone());
            }
        }
    }

    fn set_options(&mut self, words: &[Value]) {
        let text = |word: &Value| word.exact().unwrap_or_default();
        let exports = words
            .iter()
            .any(|word| matches!(text(word).as_str(), "-a" | "allexport"));
        self.ledger.export_all |=
            exports && text(words.first().unwrap_or(&Value::default())) != "+a";
        let first = words
            .iter()
            .position(|word| !text(word).starts_with(['-', '+']) || text(word) == "--");
        let Some(first) = first else {
            return;
        };
        let after_flag = first > 0
            && words
                .get(first.saturating_sub(1))
                .is_some_and(|w| text(w).ends_with('o'));
        if after_flag {
            return;
        }
        let skip = usize::from(words.get(first).is_some_and(|word| text(word) == "--"));
        let values = words.get(first.saturating_add(skip)..).unwrap_or_default();
        let dynamic = values
            .iter()
            .any(|value| value.is_dynamic() || value.has_pattern());
        self.positional = if dynamic {
            None
        } else {
            Some(values.to_vec().into())
        };
    }

    /// An unknown variable was assigned: it can be any of them.
    fn assign_anything(&mut self, word: &Value) {
        let origin = word.origins().next().cloned().unwrap_or(Origin::Unseen);
        let names: Vec<String> = self.variables.keys().cloned().collect();
        for name in names {
            self.set_variable(&name, Value::unseen(origin.clone()));
        }
    }

    fn hide_local(&mut self, builtin: &str, name: &str) {
        if matches!(builtin, "local" | "declare" | "typeset") {
            self.hide(name);
        }
    }

    /// Remembers what a local variable of the current function hides.
    pub(super) fn hide(&mut self, name: &str) {
        let before = (
            self.variables.get(name).cloned(),
            self.arrays.get(name).cloned(),
        );
        if let Some(frame) = self.ledger.locals.last_mut() {
            frame.entry(name.to_owned()).or_insert(before);
        }
    }

    /// The current function ends: what its local variables hid is back.
    pub(super) fn reveal(&mut self) {
        for (name, (value, array)) in self.ledger.locals.pop().unwrap_or_default() {
            match value {
                Some(value) => self.variables.insert(name.clone(), value),
                None => self.variables.remove(&name),
            };
            match array {
                Some(array) => self.arrays.insert(name, array),
                None => self.arrays.remove(&name),
            };
        }
    }
}

/// The letters of an option.
fn flags_of(word: &Value) -> Option<String> {
    word.prefix().strip_prefix(['-', '+']).map(str::to_owned)
}

/// The name and value of `name=value`, `name+=value` or `name[…]=value`.
pub fn split_assignment(word: &Value) -> Option<(String, Value)> {
    let prefix = word.prefix();
    let (left, _) = prefix.split_once('=')?;
    let name: String = left
        .chars()
        .take_while(|c| super::word::is_name_char(*c) || *c == '-')
        .collect();
    let plain = left.len() == name.len();
    if name.is_empty() {
        return None;
    }
    let value = if plain {
        word.skip(left.len().saturating_add(1))
    } else {
        Value::unseen(Origin::Unseen)
    };
    Some((name, value))
}
