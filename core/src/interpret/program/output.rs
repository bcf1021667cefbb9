//! What flows out of a program: to its standard output, and off this machine.

use super::{Program, listing};
use crate::action::Effects;
use crate::catalogue::spec::Output;
use crate::interpret::credential::{EVERY_VARIABLE, is_secret_variable};
use crate::interpret::place::Setting;
use crate::interpret::session::{Note, Session};
use crate::interpret::value::{Origin, Piece, Stream, Value};
use crate::interpret::words::Words;
use crate::vocabulary::{Completeness, Effect, ResourceType, Reversibility, Verb};

/// What stands behind a backslash that `echo` may read (POSIX, bash and zsh manuals).
const ECHO_ESCAPES: &str = "\\abceEfnrtvxuU0123456789";

/// What a known program writes to standard output.
///
/// `serial` tells one new temporary file of the call from another.
pub fn of_known(
    words: &Words<'_>,
    read: &[Origin],
    program: &Program<'_>,
    serial: usize,
) -> Stream {
    let mut stream = written(words, read, program, serial);
    if let Some(paths) = listing::paths(words, program.span) {
        stream.text = None;
        stream.listed = Some(paths);
    }
    stream
}

fn written(words: &Words<'_>, read: &[Origin], program: &Program<'_>, serial: usize) -> Stream {
    match words.command.output {
        Output::Inputs => inputs(words, read, program),
        Output::Network => {
            let host = words
                .operands
                .first()
                .map(Value::sketch)
                .unwrap_or_default();
            Stream::from_origin(Origin::Network(host))
        }
        Output::Nothing => Stream {
            present: true,
            ..Stream::from_origin(Origin::Unseen)
        },
        Output::Operands => operands(words),
        Output::Environment => environment(&words.operands),
        Output::Program => match words.operands.as_slice() {
            // Where programs lie cannot be seen; any usual place is as good for what it means.
            [name] if !name.prefix().contains('/') && !name.is_dynamic() => {
                Stream::literal(format!("/usr/local/bin/{}\n", name.sketch()))
            }
            _ => operands(words),
        },
        Output::Temporary
            if !words.operands.is_empty()
                && words.options.iter().all(|(opt, _)| opt.id != "-t") =>
        {
            operands(words)
        }
        Output::Temporary if in_usual_place(words) => {
            Stream::literal(format!("/tmp/tmp.{serial}\n"))
        }
        Output::Temporary => Stream {
            present: true,
            ..Stream::from_origin(Origin::Unseen)
        },
        Output::Listing => Stream {
            // Text of its own making need not be paths.
            listed: (words.with_roles().all(|(role, _)| role != "prints"))
                .then(|| listing::listed(words, program.span)),
            ..Stream::from_origin(Origin::Unseen)
        },
        // What they hold is not known, only that running it sets no more than the program's own.
        Output::Settings => Stream {
            text: Some(crate::secret::Secret::new("")),
            ..Stream::from_origin(Origin::Unseen)
        },
        Output::Decoded => {
            let mut stream = inputs(words, read, program);
            stream.text = None;
            stream.listed = None;
            stream.decoded = true;
            stream
        }
    }
}

/// Whether mktemp makes its file where temporary files belong.
fn in_usual_place(words: &Words<'_>) -> bool {
    !words.variables.contains_key("TMPDIR")
        && words
            .options
            .iter()
            .all(|(opt, _)| matches!(opt.id, "--directory" | "--dry-run" | "--quiet" | "-t"))
}

/// What a program that is not known may write: anything it was given.
pub fn of_unknown(program: &Program<'_>) -> Stream {
    let mut stream = program.stdin.clone();
    stream.text = None;
    stream.listed = None;
    stream.present = true;
    stream.add_origin(Origin::Unseen);
    stream
}

fn inputs(words: &Words<'_>, read: &[Origin], program: &Program<'_>) -> Stream {
    let mut stream = program.stdin.clone();
    // `cat` hands its input on unchanged; any other reader may change the text.
    if !(read.is_empty() && words.command.name == "cat") {
        stream.text = None;
        stream.listed = None;
    }
    if !stream.present && read.is_empty() {
        stream.add_origin(Origin::Unseen);
    }
    for origin in read {
        stream.add_origin(origin.clone());
    }
    stream.present = true;
    stream
}

/// The values of the variables that the operands name, without operands of all.
fn environment(operands: &[Value]) -> Stream {
    let mut stream = Stream {
        present: true,
        ..Stream::default()
    };
    for operand in operands {
        stream.add_origin(Origin::Variable(operand.sketch()));
    }
    if operands.is_empty() {
        stream.add_origin(Origin::Variable(EVERY_VARIABLE.to_owned()));
    }
    stream
}

/// The text of echo's or printf's operands.
fn operands(words: &Words<'_>) -> Stream {
    let operands = words.operands.as_slice();
    let joined = Value::join(operands);
    let mut stream = Stream::from_value(&joined);
    let Some(first) = operands.first().and_then(Value::known_text) else {
        stream.text = Some(crate::secret::Secret::new("\n"));
        return stream;
    };
    if !stream.origins.is_empty() {
        return stream;
    }
    let formats = words.command.name == "printf";
    let text = if formats || has_escapes(&first) {
        formatted(&first, operands.get(1..).unwrap_or_default())
    } else {
        joined.known_text().map(|text| format!("{text}\n"))
    };
    stream.text = text.map(crate::secret::Secret::new);
    stream
}

/// Whether some shell's `echo` reads more than the text itself out of it.
fn has_escapes(text: &str) -> bool {
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == '\\' && chars.next().is_some_and(|c| ECHO_ESCAPES.contains(c)) {
            return true;
        }
    }
    false
}

/// `printf`'s text for the formats `%s`, `%b`, `%%`, `\n` and `\t`; `None` for others.
fn formatted(format: &str, operands: &[Value]) -> Option<String> {
    let mut text = String::new();
    let mut rest = operands.iter();
    loop {
        let mut took = false;
        let mut chars = format.chars();
        while let Some(c) = chars.next() {
            match (c, c == '%' || c == '\\') {
                ('%', _) => match chars.next()? {
                    '%' => text.push('%'),
                    's' | 'b' => {
                        took = true;
                        if let Some(value) = rest.next() {
                            text.push_str(&value.known_text()?);
                        }
                    }
                    _ => return None,
                },
                ('\\', _) => match chars.next()? {
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    '\\' => text.push('\\'),
                    _ => return None,
                },
                (c, _) => text.push(c),
            }
        }
        if !took || rest.len() == 0 {
            return Some(text);
        }
    }
}

impl Session<'_> {
    /// Whether what came from there must not leave this machine.
    pub(in crate::interpret) fn leaks(&self, origin: &Origin, setting: &Setting<'_>) -> bool {
        match origin {
            Origin::File(path) => setting.is_secret(path) || setting.is_private(path),
            Origin::Variable(name) => is_secret_variable(name, self.catalogue),
            Origin::Secret(_) => true,
            _ => false,
        }
    }

    /// A name to be looked up is made of what a program or file holds: whoever answers for the rest
    /// of the name is told.
    fn named_away(&mut self, words: &Words<'_>, program: &Program<'_>, setting: &Setting<'_>) {
        let acts = words.command.acts;
        if !acts
            .iter()
            .all(|act| act.verb == Verb::List && act.resource == ResourceType::Host)
        {
            return;
        }
        let Some(name) = words.operands.iter().find(|value| {
            let told = |piece: &Piece| {
                piece.text.is_none() && !matches!(piece.origin, Origin::Variable(_))
            };
            let rest = value.pieces.last().and_then(|piece| piece.text.as_deref());
            value.pieces.iter().any(told)
                && rest.is_some_and(|rest| {
                    rest.len() > 3 && rest.starts_with('.') && !rest.contains('/')
                })
        }) else {
            return;
        };
        self.note(
            Note {
                operation: "net:told_by_name",
                verb: Verb::Send,
                kind: ResourceType::Host,
                id: Some(&Value::literal(name.sketch()).at(program.span)),
                reversibility: Reversibility::Irreversible,
                effects: Effects::of(&[Effect::Egress]),
                completeness: Completeness::Partial,
                evidence: "what a program answered becomes part of a host name",
            },
            setting,
        );
    }

    /// The values of options other than those that are there for a credential: a password goes to
    /// whom it is for, a secret in a title or a comment is told.
    fn told<'w>(&self, words: &'w Words<'_>) -> impl Iterator<Item = &'w Value> {
        let own = words.command.credential.as_ref();
        let own: &[&str] = own.map_or(&[], |rule| rule.options);
        let catalogue = self.catalogue;
        let told = words.options.iter().filter(move |(opt, value)| {
            value.origins().next().is_some()
                && !own.contains(&opt.id)
                && !words.spellings(opt.id).any(|name| {
                    let name = name.trim_start_matches('-').replace('-', "_");
                    is_secret_variable(&name, catalogue)
                })
        });
        told.map(|(_, value)| value)
    }

    /// Secrets and private files that a program which talks to the network was given.
    pub(super) fn flows_out(
        &mut self,
        words: &Words<'_>,
        read: &[Origin],
        program: &Program<'_>,
        setting: &Setting<'_>,
    ) {
        let egress = words
            .command
            .acts
            .iter()
            .any(|act| act.effects.contains(&Effect::Egress));
        if !egress || words.command.http.is_some() {
            return;
        }
        let given = words
            .operands
            .iter()
            .chain(self.told(words))
            .flat_map(|value| value.origins().cloned());
        let origins: Vec<Origin> = read
            .iter()
            .cloned()
            .chain(program.stdin.origins.iter().cloned())
            .chain(given)
            .collect();
        if !origins.iter().any(|origin| self.leaks(origin, setting)) {
            self.named_away(words, program, setting);
            return;
        }
        let id = words
            .operands
            .first()
            .cloned()
            .unwrap_or_else(|| Value::literal(words.command.name));
        self.note(
            Note {
                operation: "data:exfiltrate",
                verb: Verb::Send,
                kind: ResourceType::Host,
                id: Some(&Value::literal(id.sketch()).at(program.span)),
                reversibility: Reversibility::Irreversible,
                effects: Effects::of(&[Effect::Egress, Effect::Exfiltration]),
                completeness: Completeness::Partial,
                evidence: "a secret or private file flows to the network",
            },
            setting,
        );
    }
}
