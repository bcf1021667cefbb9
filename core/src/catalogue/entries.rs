//! What the catalogue knows, entry by entry, for people.

use std::fmt::{self, Display, Formatter};

use super::CATALOGUE;
use super::spec::{Act, Api, Command, Cond, Run, Source, Test, Tool};

/// One program, subcommand, API operation or tool.
#[derive(Debug)]
pub struct Entry {
    /// What it is.
    pub kind: EntryKind,
    /// Its name: `git push`, `railway mutation volumeDelete`, `github delete_file`.
    pub name: String,
    /// Other names.
    pub aliases: Vec<&'static str>,
    /// What it does.
    pub acts: Vec<&'static Act>,
    /// What it makes others do.
    pub runs: &'static [Run],
    /// It makes HTTP requests that are read in turn.
    pub requests: bool,
    /// What is not listed below it is judged by its verb.
    pub by_verb: bool,
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// A program or one of its subcommands.
    Program,
    /// An operation of a web API.
    Api,
    /// A tool of a host or an MCP server.
    Tool,
}

impl EntryKind {
    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Program => "program",
            Self::Api => "api",
            Self::Tool => "tool",
        }
    }
}

/// Everything, sorted by kind and name.
#[must_use]
pub fn entries() -> Vec<Entry> {
    let mut found = Vec::new();
    commands("", CATALOGUE.commands, &mut found);
    CATALOGUE
        .apis
        .iter()
        .for_each(|api| operations(api, &mut found));
    CATALOGUE
        .tools
        .iter()
        .for_each(|one| found.push(tool("", one)));
    for server in CATALOGUE.servers {
        found.extend(server.tools.iter().map(|one| tool(server.name, one)));
    }
    found.sort_by(|one, other| (one.kind, &one.name).cmp(&(other.kind, &other.name)));
    found
}

/// Whether a program of this name is known.
#[must_use]
pub fn knows_program(name: &str) -> bool {
    CATALOGUE
        .commands
        .binary_search_by(|(known, _)| (*known).cmp(name))
        .is_ok()
}

fn commands(
    above: &str,
    table: &'static [(&'static str, &'static Command)],
    found: &mut Vec<Entry>,
) {
    for (name, command) in table {
        if *name != command.name {
            continue;
        }
        let aliases = table
            .iter()
            .filter(|(other, one)| std::ptr::eq(*one, *command) && other != name)
            .map(|(other, _)| *other);
        let full = format!("{above} {name}").trim().to_owned();
        commands(&full, command.subcommands, found);
        found.push(Entry {
            kind: EntryKind::Program,
            name: full,
            aliases: aliases.collect(),
            acts: command.acts.iter().chain(command.always).collect(),
            runs: command.runs,
            requests: command.http.is_some(),
            by_verb: command.grammar.is_some(),
        });
    }
}

fn operations(api: &'static Api, found: &mut Vec<Entry>) {
    let mut push = |name: String, acts: &'static [Act]| {
        found.push(Entry {
            kind: EntryKind::Api,
            name,
            aliases: Vec::new(),
            acts: acts.iter().collect(),
            runs: &[],
            requests: false,
            by_verb: false,
        });
    };
    for (name, acts) in api.mutations {
        push(format!("{} mutation {name}", api.name), acts);
    }
    for (name, acts) in api.queries {
        push(format!("{} query {name}", api.name), acts);
    }
    for route in api.routes {
        let methods = if route.methods.is_empty() {
            "*".to_owned()
        } else {
            route.methods.join("|")
        };
        push(format!("{} {methods} {}", api.name, route.path), route.acts);
    }
}

fn tool(server: &str, tool: &'static Tool) -> Entry {
    let (name, aliases) = tool.names.split_first().unwrap_or((&"", &[]));
    Entry {
        kind: EntryKind::Tool,
        name: format!("{server} {name}").trim().to_owned(),
        aliases: aliases.to_vec(),
        acts: tool.acts.iter().collect(),
        runs: &[],
        requests: false,
        by_verb: false,
    }
}

impl Display for Source {
    /// As it is written in the catalogue.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operands(1, -1) => f.write_str("$*"),
            Self::Operands(first, last) if first == last => write!(f, "${first}"),
            Self::Operands(first, -1) => write!(f, "${first}.."),
            Self::Operands(first, last) => write!(f, "${first}..{last}"),
            Self::AfterDashes => f.write_str("$--"),
            Self::Variable(name) => write!(f, "%{name}"),
            Self::Option(id) => f.write_str(id),
            Self::Key(key) => write!(f, "{key}="),
            Self::Argument(path) => write!(f, "@{path}"),
            Self::Const(text) => write!(f, "={text}"),
            Self::Join(parts) => parts.iter().try_for_each(|part| part.fmt(f)),
            Self::Before(of, mark, count) => {
                write!(f, "{of}<{}", mark.to_string().repeat(*count))
            }
            Self::Input => f.write_str("stdin"),
            Self::Cwd => f.write_str("."),
        }
    }
}

impl Display for Cond {
    /// As it is written in the catalogue.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.negated {
            f.write_str("!")?;
        }
        match &self.test {
            Test::Present(source) => source.fmt(f),
            Test::Matches(source, globs) | Test::MatchesFolded(source, globs) => {
                write!(f, "{source}={}", globs.join("|"))
            }
            Test::Differs(source, globs) => write!(f, "{source}!={}", globs.join("|")),
            Test::Any(any) => {
                let any: Vec<String> = any.iter().map(ToString::to_string).collect();
                write!(f, "({})", any.join(" or "))
            }
            Test::Seen(seen) => {
                let seen: Vec<String> = seen.iter().map(ToString::to_string).collect();
                write!(f, "^{}", seen.join(" and "))
            }
            Test::Holds(source, name, text) => write!(f, "{source}~{name}={text}"),
            Test::Count(least, u16::MAX) => write!(f, "#>={least}"),
            Test::Count(0, most) => write!(f, "#<={most}"),
            Test::Count(least, _) => write!(f, "#={least}"),
            Test::Stdin => f.write_str("stdin"),
        }
    }
}
