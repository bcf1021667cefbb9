//! Scripts of sed, read command by command: what they run, and the files they read and write.
//!
//! Text put in by the shell that cannot be seen stands for text: a pattern, a number, a replacement. Where
//! it stands for a command, nothing is known.

use super::Code;
use crate::action::Effects;
use crate::interpret::program::Program;
use crate::interpret::session::{Note, Session};
use crate::interpret::shell::ShellState;
use crate::interpret::value::{Origin, Value};
use crate::vocabulary::{Completeness, Effect, ResourceType, Reversibility, Verb};

/// Stands for text that cannot be seen.
const UNSEEN: char = '\u{fffc}';

/// What a script does besides editing text.
#[derive(Debug, PartialEq, Eq)]
enum Deed {
    /// Reads this file.
    Reads(String),
    /// Writes this file.
    Writes(String),
    /// Runs this in a shell.
    Runs(String),
    /// Runs the text it edits.
    RunsInput,
    /// It could do anything from here on.
    Unclear,
}

/// Adds what the script does; plain editing is in the acts of sed itself.
pub fn interpret(session: &mut Session<'_>, state: &mut ShellState, code: &Code<'_>) {
    let hidden = |origin: &Origin| matches!(origin, Origin::Network(_));
    let mut deeds = deeds(&text_of(code.text));
    if code.text.origins().any(hidden) {
        deeds.push(Deed::Unclear);
    }
    for deed in deeds {
        perform(session, state, code, deed);
    }
}

/// Several texts of one call are the lines of one script.
pub fn joined(texts: &[Value]) -> Value {
    let mut whole = Value::default();
    for text in texts {
        if whole.pieces.is_empty() {
            whole.span = text.span;
        } else {
            whole.pieces.extend(Value::literal("\n").pieces);
            whole.span.1 = text.span.1;
        }
        whole.pieces.extend(text.pieces.iter().cloned());
    }
    whole
}

fn perform(session: &mut Session<'_>, state: &mut ShellState, code: &Code<'_>, deed: Deed) {
    let cwd = state.cwd.clone();
    let setting = session.setting(cwd.as_deref(), code.span);
    let place = if code.text.span.1 > 0 {
        code.text.span
    } else {
        code.span
    };
    match deed {
        Deed::Runs(command) if !command.contains(UNSEEN) => {
            let program = Program {
                words: &[],
                assignments: &[],
                stdin: code.stdin,
                span: code.span,
                open_ended: false,
            };
            let command = Value::literal(command).at(place);
            state.subshell(|inner| session.shell_value(inner, &command, &program));
        }
        Deed::Runs(_) | Deed::RunsInput | Deed::Unclear => session.note(
            Note {
                operation: "sed:execute",
                verb: Verb::Unknown,
                kind: ResourceType::Process,
                id: None,
                reversibility: Reversibility::Irreversible,
                effects: Effects::of(&[Effect::InlineCode]),
                completeness: Completeness::Opaque,
                evidence: "the script runs what cannot be seen",
            },
            &setting,
        ),
        Deed::Reads(file) | Deed::Writes(file) if file.starts_with("/dev/std") => {}
        Deed::Reads(file) => session.note(
            Note {
                operation: "fs:read",
                verb: Verb::Read,
                kind: ResourceType::File,
                id: Some(&seen(&file).at(place)),
                reversibility: Reversibility::None,
                effects: Effects::NONE,
                completeness: Completeness::Exact,
                evidence: "the script reads this file",
            },
            &setting,
        ),
        Deed::Writes(file) => session.note(
            Note {
                operation: "fs:write",
                verb: Verb::Update,
                kind: ResourceType::File,
                id: Some(&seen(&file).at(place)),
                reversibility: Reversibility::Recoverable,
                effects: Effects::NONE,
                completeness: Completeness::Exact,
                evidence: "the script writes this file",
            },
            &setting,
        ),
    }
}

/// The text, with a mark in place of what cannot be seen.
fn text_of(value: &Value) -> String {
    let mut text = String::new();
    for piece in &value.pieces {
        match &piece.text {
            Some(known) => text.push_str(known),
            None => text.push(UNSEEN),
        }
    }
    text
}

/// A file name in which some text may not be seen.
fn seen(name: &str) -> Value {
    let mut value = Value::default();
    for (index, part) in name.split(UNSEEN).enumerate() {
        if index > 0 {
            value.pieces.extend(Value::unseen(Origin::Unseen).pieces);
        }
        value.pieces.extend(Value::literal(part).pieces);
    }
    value
}

fn deeds(script: &str) -> Vec<Deed> {
    let mut reader = Reader {
        rest: script,
        deeds: Vec::new(),
    };
    while reader.command().is_some() {}
    if !reader.rest.trim().is_empty() {
        reader.deeds.push(Deed::Unclear);
    }
    reader.deeds
}

struct Reader<'t> {
    rest: &'t str,
    deeds: Vec<Deed>,
}

impl<'t> Reader<'t> {
    /// Reads one command; `None` at the end, or where the text is no command.
    fn command(&mut self) -> Option<()> {
        self.skip(|c| c.is_whitespace() || matches!(c, ';' | '}'));
        if self.rest.starts_with('#') {
            self.line();
            return Some(());
        }
        let start = self.rest;
        self.address()?;
        self.skip(|c| c.is_whitespace() || c == '!');
        let Some(letter) = self.next() else {
            // An address without a command, such as a text that cannot be seen.
            self.rest = start;
            return None;
        };
        let known = match letter {
            '{' | '}' | '=' | 'd' | 'D' | 'g' | 'G' | 'h' | 'H' | 'n' | 'N' | 'p' | 'P' | 'x'
            | 'z' | 'F' => Some(()),
            'q' | 'Q' | 'l' | 'L' => {
                self.skip(|c| c == ' ' || c == UNSEEN || c.is_ascii_digit());
                Some(())
            }
            ':' | 'b' | 't' | 'T' | 'v' => {
                self.skip(|c| !matches!(c, '\n' | ';' | '}'));
                Some(())
            }
            'a' | 'i' | 'c' => {
                self.text();
                Some(())
            }
            'r' | 'R' => {
                let file = self.file();
                self.deeds.push(Deed::Reads(file));
                Some(())
            }
            'w' | 'W' => {
                let file = self.file();
                self.deeds.push(Deed::Writes(file));
                Some(())
            }
            'e' => {
                let command = self.file();
                self.deeds.push(if command.is_empty() {
                    Deed::RunsInput
                } else {
                    Deed::Runs(command)
                });
                Some(())
            }
            's' => self.substitute(),
            'y' => {
                let mark = self.next()?;
                self.until(mark, false)?;
                self.until(mark, false)
            }
            _ => None,
        };
        if known.is_none() {
            self.rest = start;
        }
        known
    }

    /// Up to two addresses.
    fn address(&mut self) -> Option<()> {
        for _ in 0..2 {
            match self.rest.chars().next() {
                Some('/') => {
                    self.next();
                    self.until('/', true)?;
                    self.skip(|c| matches!(c, 'I' | 'M'));
                }
                Some('\\') => {
                    self.next();
                    let mark = self.next()?;
                    self.until(mark, true)?;
                    self.skip(|c| matches!(c, 'I' | 'M'));
                }
                _ => {
                    self.skip(|c| c.is_ascii_digit() || matches!(c, '$' | '~' | '+' | ' ' | UNSEEN))
                }
            }
            let Some(rest) = self.rest.trim_start_matches(' ').strip_prefix(',') else {
                break;
            };
            self.rest = rest.trim_start_matches(' ');
        }
        Some(())
    }

    fn substitute(&mut self) -> Option<()> {
        let mark = self.next()?;
        self.until(mark, true)?;
        self.until(mark, false)?;
        while let Some(flag) = self.rest.chars().next() {
            match flag {
                'e' => {
                    self.next();
                    self.deeds.push(Deed::RunsInput);
                }
                'w' => {
                    self.next();
                    let file = self.file();
                    self.deeds.push(Deed::Writes(file));
                }
                'g' | 'p' | 'i' | 'I' | 'm' | 'M' | '0'..='9' | UNSEEN => {
                    self.next();
                }
                _ => break,
            }
        }
        Some(())
    }

    /// Over text up to the next `mark` that no backslash and, in a `pattern`, no brackets keep from
    /// ending it.
    fn until(&mut self, mark: char, pattern: bool) -> Option<()> {
        let mut escaped = false;
        let mut bracket = None;
        let mut plain = None;
        for (at, c) in self.rest.char_indices() {
            let end = at.saturating_add(c.len_utf8());
            match (escaped, bracket) {
                (true, _) => escaped = false,
                (false, _) if c == '\\' => escaped = true,
                (false, None) if c == mark => {
                    self.rest = self.rest.get(end..)?;
                    return Some(());
                }
                (false, None) if c == '[' && pattern => bracket = Some(end),
                // `[]x]` and `[^]x]` hold the first `]`.
                (false, Some(open)) if c == ']' => {
                    let inside = self.rest.get(open..at).unwrap_or_default();
                    if !matches!(inside, "" | "^") {
                        bracket = None;
                    }
                }
                (false, Some(_)) if c == mark => plain = plain.or(Some(end)),
                _ => {}
            }
        }
        // A bracket that nothing closes is text.
        self.rest = self.rest.get(plain?..)?;
        Some(())
    }

    /// The text of `a`, `i` and `c`: up to the end of the line, or on after a backslash.
    fn text(&mut self) {
        loop {
            let line = self.line();
            if !line.ends_with('\\') || self.rest.is_empty() {
                return;
            }
        }
    }

    fn file(&mut self) -> String {
        self.line().trim().to_owned()
    }

    fn line(&mut self) -> &'t str {
        let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        self.rest = rest;
        line
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = self.rest.get(c.len_utf8()..).unwrap_or_default();
        Some(c)
    }

    fn skip(&mut self, these: impl Fn(char) -> bool) {
        self.rest = self.rest.trim_start_matches(these);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_editing_does_nothing_else() {
        for script in [
            "s/a/b/g",
            "s/[/]/x/;s#/e /f#g#p",
            "1,20p",
            "/start/,/end/{ /x/d; s/^/  / }",
            "$!N;P;D",
            "/foo/I!d",
            "\\#x#,+3 p",
            "1~2d;$d",
            "a\\\nrun e rm\\\nmore",
            "2i e rm -rf x",
            ":a;N;$!ba;s/\\n/ /g",
            "y/abc/xyz/",
            "s/x/\\/e rm/;s|[^|]*|&|2g",
            "s/[]/]e x/y/",
            "/^}/q 1",
            "\u{fffc}p",
            "\u{fffc},\u{fffc}{p;q}",
            "s/\u{fffc}/\u{fffc}/g",
            "s/a/b/\u{fffc}",
            "s/x/[/;s/y/]/",
            "# e x\np",
            "0,/x/s//y/",
        ] {
            assert_eq!(deeds(script), [], "{script}");
        }
    }

    #[test]
    fn commands_and_files_are_found() {
        for (script, deed) in [
            ("1e rm -rf x", Deed::Runs("rm -rf x".to_owned())),
            ("s/a/b/;e id", Deed::Runs("id".to_owned())),
            ("/x/{ s/a/b/ge }", Deed::RunsInput),
            ("s/.*/id/ew out", Deed::RunsInput),
            ("e", Deed::RunsInput),
            ("1!e\n", Deed::RunsInput),
            ("s,a,b,w /etc/x", Deed::Writes("/etc/x".to_owned())),
            ("1w x", Deed::Writes("x".to_owned())),
            ("$r /etc/passwd", Deed::Reads("/etc/passwd".to_owned())),
            ("a\\\ntext\ne id", Deed::Runs("id".to_owned())),
            ("s/x/[/;e id\ns/y/]/", Deed::Runs("id".to_owned())),
            ("\u{fffc}", Deed::Unclear),
            ("p;\u{fffc}", Deed::Unclear),
            ("s/a/b", Deed::Unclear),
        ] {
            assert!(
                deeds(script).contains(&deed),
                "{script}: {:?}",
                deeds(script)
            );
        }
    }
}
