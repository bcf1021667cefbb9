//! Commands of client programs that stand in SQL text: `\copy`, `.shell`, `:r`, `source`.

use super::acts::Found;
use super::lex::Kind;
use super::reader::Reader;
use super::seq::{Seq, lower};
use crate::catalogue::sql::{ClientCommand, CommandArgument};
use crate::interpret::wildcard::wildcard;

/// Something a client command makes this machine do, to be read once the SQL is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A shell line.
    Shell(String),
    /// A file of SQL.
    Script(String),
}

impl Reader {
    /// Reads the client command that is the only token of `seq`.
    pub(super) fn command(&mut self, seq: &Seq<'_>, known: Option<&'static ClientCommand>) {
        let line = seq.raw(0).trim();
        let sign = usize::from(line.starts_with(['\\', '.', ':', '!']));
        let name_end = line
            .char_indices()
            .skip(sign)
            .find(|(_, c)| !c.is_alphanumeric() && !matches!(c, '_' | '+' | '?'))
            .map_or(line.len(), |(at, _)| at);
        let end = if name_end <= sign {
            line.len().min(sign.saturating_add(1))
        } else {
            name_end
        };
        let end = if line.starts_with("!!") || line.starts_with(":!!") {
            line.find(|c| c != ':' && c != '!').unwrap_or(line.len())
        } else {
            end
        };
        let name = line.get(..end).unwrap_or_default();
        let rest = line.get(end..).unwrap_or_default().trim();
        let span = seq.span();
        let Some(command) = known.or_else(|| self.client_command(name)) else {
            return self.add(Found::unread(
                span,
                "a command of the client that is not known",
            ));
        };
        // psql runs what stands between backquotes.
        if line.starts_with('\\') && rest.contains('`') {
            let quoted = rest.split('`').nth(1).unwrap_or_default();
            self.commands.push(Command::Shell(quoted.to_owned()));
        }
        self.client(command, rest, span);
    }

    fn client_command(&self, name: &str) -> Option<&'static ClientCommand> {
        let mut commands = self.sql.commands.iter();
        let fits = |glob: &str, command: &ClientCommand| {
            command.dialects & self.dialect.bit() != 0 && wildcard(glob, name)
        };
        let exact = commands
            .clone()
            .find(|(known, command)| *known == name && fits(known, command));
        exact
            .or_else(|| commands.find(|(glob, command)| glob.contains('*') && fits(glob, command)))
            .map(|(_, command)| *command)
    }

    fn client(&mut self, command: &'static ClientCommand, rest: &str, span: (usize, usize)) {
        let mut words = rest
            .split_whitespace()
            .filter(|word| !word.starts_with("--"));
        let first = words.next().unwrap_or_default();
        let mut act = Found::new(&command.deed, "*", span);
        match command.argument {
            CommandArgument::Nothing => {}
            CommandArgument::Shell => {
                self.commands.push(Command::Shell(rest.to_owned()));
                return;
            }
            CommandArgument::Script => {
                self.commands.push(Command::Script(unquoted(first)));
                return;
            }
            CommandArgument::File => {
                let plain = rest.trim_start_matches(['"', '\'']);
                if let Some(program) = plain.strip_prefix(['|', '!']) {
                    let program = program.split(['"', '\'']).next().unwrap_or_default();
                    self.commands.push(Command::Shell(program.to_owned()));
                    return;
                }
                if first.is_empty() || matches!(first, "stdout" | "off" | "on") {
                    act.verb = crate::vocabulary::Verb::List;
                    act.reversibility = crate::vocabulary::Reversibility::None;
                    act.resource = crate::vocabulary::ResourceType::Database;
                } else {
                    act.id = unquoted(first);
                }
            }
            CommandArgument::Copy => return self.copy(rest, span),
            CommandArgument::Connection => {
                if self.dialect.is_embedded() {
                    let file = rest.split_whitespace().next_back().unwrap_or_default();
                    self.server = Some(unquoted(file));
                    act.id = unquoted(file);
                    return self.add_here(act);
                }
                let more = first.contains(['=', ':', '/']) || words.clone().count() > 0;
                let host = words.nth(1).filter(|host| *host != "-");
                if let Some(host) = host {
                    self.server = Some(unquoted(host));
                } else if more {
                    self.server = Some(host_of(first));
                }
                act.id = if first.is_empty() || more {
                    "*".to_owned()
                } else {
                    unquoted(first)
                };
            }
            CommandArgument::Delimiter => return,
            CommandArgument::Generated => {
                self.add(Found::unread(span, "rows of a query are run as SQL"));
                return;
            }
        }
        self.add_here(act);
    }

    /// `\copy` moves rows between a table and a file or program of this machine.
    fn copy(&mut self, rest: &str, span: (usize, usize)) {
        let text = format!("COPY {rest}");
        let tokens = super::lex::tokens(&text, self.dialect);
        let seq = Seq {
            text: &text,
            tokens: &tokens,
            outer: Some(span),
        };
        let Some(at) = seq.find(1, &["to", "from"]) else {
            return self.add(Found::unread(span, "a copy that cannot be read"));
        };
        let next = at.saturating_add(1);
        if seq.is(next, "program") {
            let program = seq.content(next.saturating_add(1)).into_owned();
            self.commands.push(Command::Shell(program));
        } else if !seq.is_any(next, &["stdin", "stdout", "pstdin", "pstdout"]) {
            let path = match seq.kind(next) {
                Some(Kind::Text) => seq.content(next).into_owned(),
                _ => {
                    let start = seq.token(next).map_or(text.len(), |token| token.start);
                    let path = text.get(start..).unwrap_or_default();
                    path.split_whitespace().next().unwrap_or("*").to_owned()
                }
            };
            let head = if seq.is(at, "to") {
                "=client write"
            } else {
                "=client read"
            };
            if let Some(deed) = self.deed(head) {
                self.add_here(Found::new(deed, path, span));
            }
        }
        // The rest means what it would mean with the client's own input and output.
        let direction = if seq.is(at, "to") {
            " TO STDOUT"
        } else {
            " FROM STDIN"
        };
        let end = seq.token(at).map_or(text.len(), |token| token.start);
        let server = format!("{}{direction}", text.get(..end).unwrap_or_default());
        self.text(&server, Some(span), false);
    }

    /// A command of the client that is a plain word at the beginning of a line (`source x`). Answers
    /// with the number of tokens it takes.
    pub(super) fn word_command(
        &mut self,
        seq: &Seq<'_>,
        delimiter: &mut Option<String>,
    ) -> Option<usize> {
        let word = seq.word(0);
        if word.is_empty() {
            return None;
        }
        let mut buffer = [0; 32];
        let word_lower = lower(word, &mut buffer);
        let commands = self.sql.commands;
        let at = commands
            .binary_search_by(|(known, _)| (*known).cmp(word_lower))
            .ok()?;
        let command = commands.get(at).map(|(_, command)| *command)?;
        if command.dialects & self.dialect.bit() == 0 {
            return None;
        }
        let start = seq.token(0)?.start;
        let before = seq.text.as_bytes().get(..start).unwrap_or_default();
        let last = before
            .iter()
            .rev()
            .find(|byte| !matches!(byte, b' ' | b'\t' | b'\r'));
        if last.is_some_and(|byte| !matches!(byte, b'\n' | b';')) {
            return None;
        }
        let rest = seq.text.get(start..).unwrap_or_default();
        let line = rest.lines().next().unwrap_or_default();
        let end = start.saturating_add(line.len());
        let taken = seq
            .tokens
            .iter()
            .take_while(|token| token.start < end)
            .count();
        let argument = line.get(word.len()..).unwrap_or_default().trim();
        if command.argument == CommandArgument::Delimiter {
            *delimiter = Some(argument.to_owned()).filter(|mark| mark != ";" && !mark.is_empty());
        } else {
            self.client(
                command,
                argument.trim_end_matches(';'),
                seq.part(0..taken).span(),
            );
        }
        Some(taken)
    }
}

fn unquoted(word: &str) -> String {
    word.trim_matches(['\'', '"', ';']).to_owned()
}

/// The host of a connection text.
fn host_of(text: &str) -> String {
    let text = unquoted(text);
    if let Some(host) = text.split("host=").nth(1) {
        return host.split_whitespace().next().unwrap_or("*").to_owned();
    }
    let authority = text.split("://").nth(1).unwrap_or(&text);
    let authority = authority.split(['/', '?']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    if host.is_empty() {
        "*".to_owned()
    } else {
        host.to_owned()
    }
}
