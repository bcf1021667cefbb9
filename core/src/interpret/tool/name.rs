//! The names of tools and servers, in the spellings that hosts give them.

use crate::call::ToolCall;
use crate::catalogue::CATALOGUE;
use crate::catalogue::spec::{Catalogue, Server, Tool};
use crate::interpret::wildcard::wildcard;
use crate::limits;

/// A tool's own name and its server, taken apart where a host joins them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolName {
    /// The tool, as its server or host spells it.
    pub tool: String,
    /// The MCP server, lower case; empty when there is one that is not named.
    pub server: Option<String>,
}

/// What the catalogue knows of a name.
#[derive(Debug, Clone, Copy)]
pub enum Entry {
    /// A tool, and the server it is of.
    Tool(&'static Tool, Option<&'static Server>),
    /// A tool that is not known, of a server that is.
    Server(&'static Server),
    /// Nothing.
    Nothing,
}

impl ToolName {
    /// The name of a call's tool.
    #[must_use]
    pub fn of(call: &ToolCall) -> Self {
        Self::spelled(&call.tool, call.server.as_deref())
    }

    /// The name as a host spells it.
    #[must_use]
    pub fn spelled(named: &str, declared: Option<&str>) -> Self {
        let (server, tool) = match named
            .strip_prefix("mcp__")
            .and_then(|rest| split(rest, declared))
        {
            Some((server, tool)) => (Some(server), tool),
            None => (None, named.strip_prefix("MCP:").unwrap_or(named)),
        };
        let mcp = named != tool;
        let server = declared.or(server).map(str::to_owned);
        Self {
            tool: tool.to_owned(),
            server: server
                .map(|server| server.to_lowercase())
                .or_else(|| mcp.then(String::new)),
        }
    }

    /// Whether it is longer than any name that is looked up.
    #[must_use]
    pub fn is_too_long(&self) -> bool {
        let server = self.server.as_deref().unwrap_or_default();
        self.tool.len().max(server.len()) > limits::NAME_BYTES
    }

    /// The beginning of a name that is too long.
    #[must_use]
    pub fn cut(&self) -> Self {
        let start = |name: &str| name.chars().take(limits::NAME_BYTES / 4).collect();
        Self {
            tool: start(&self.tool),
            server: self.server.as_deref().map(start),
        }
    }

    /// What the catalogue has under this name.
    #[must_use]
    pub fn entry(&self, catalogue: &'static Catalogue) -> Entry {
        let Some(server) = &self.server else {
            let own = listed(catalogue.tools, &self.tool).map(|tool| Entry::Tool(tool, None));
            return own
                .or_else(|| joined(&self.tool, catalogue))
                .unwrap_or(Entry::Nothing);
        };
        self.among(&servers(server, catalogue))
    }

    /// What a server of the catalogue has under this name.
    #[must_use]
    pub fn entry_of(&self, kind: &str, catalogue: &'static Catalogue) -> Entry {
        let known: Vec<&'static Server> = of_kind(kind, catalogue).collect();
        self.among(&known)
    }

    fn among(&self, known: &[&'static Server]) -> Entry {
        let server = self.server.as_deref().unwrap_or_default();
        for name in self.spellings(server) {
            let found = known
                .iter()
                .find_map(|one| Some(Entry::Tool(listed(one.tools, name)?, Some(one))));
            if let Some(found) = found {
                return found;
            }
        }
        // What the tools of a service do is told by their names; a server that works on this
        // machine could do anything.
        let remote = known.iter().find(|one| !one.host.is_empty());
        remote.map_or(Entry::Nothing, |one| Entry::Server(one))
    }

    /// Its name, and its name without that of the server in front, which some hosts put there.
    fn spellings(&self, server: &str) -> Vec<&str> {
        let mut names = vec![self.tool.as_str()];
        let rest = self.tool.strip_prefix("mcp_").unwrap_or(&self.tool);
        let head = rest.get(..server.len()).unwrap_or_default();
        if !server.is_empty() && squeeze(head) == squeeze(server) {
            let tail = rest.get(server.len()..).unwrap_or_default();
            names.push(tail.trim_start_matches(['_', '-', '.']));
        }
        names
    }
}

/// The tool of the catalogue that a name such as `Bash` or `github/create_issue` stands for.
#[must_use]
pub fn tool_named(name: &str) -> Option<(&'static Tool, Option<&'static Server>)> {
    match name.split_once('/') {
        None => listed(CATALOGUE.tools, name).map(|tool| (tool, None)),
        Some((server, tool)) => of_kind(server, &CATALOGUE)
            .find_map(|server| Some((listed(server.tools, tool)?, Some(server)))),
    }
}

/// The servers of the catalogue with this name of their own.
fn of_kind<'a>(
    kind: &'a str,
    catalogue: &'static Catalogue,
) -> impl Iterator<Item = &'static Server> + use<'a> {
    catalogue
        .servers
        .iter()
        .filter(move |server| server.name == kind)
}

/// Server and tool of a joined name. The name of a server may hold the mark that ends it.
fn split<'a>(joined: &'a str, server: Option<&str>) -> Option<(&'a str, &'a str)> {
    let known = server.and_then(|server| {
        let tool = joined.strip_prefix(server)?.strip_prefix("__")?;
        Some((joined.get(..server.len())?, tool))
    });
    known.or_else(|| joined.split_once("__"))
}

/// The servers of the catalogue that a name may be of, the most closely told first.
fn servers(name: &str, catalogue: &'static Catalogue) -> Vec<&'static Server> {
    let mut found: Vec<(usize, &'static Server)> = catalogue
        .servers
        .iter()
        .filter_map(|server| {
            let globs = server.globs.iter().filter(|glob| wildcard(glob, name));
            Some((globs.map(|glob| glob.len()).max()?, server))
        })
        .collect();
    found.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
    found.into_iter().map(|(_, server)| server).collect()
}

/// A name that a host made of server and tool: `github_create_issue`, `mcp_github_create_issue`.
fn joined(name: &str, catalogue: &'static Catalogue) -> Option<Entry> {
    let rest = name.strip_prefix("mcp_").unwrap_or(name);
    let lower = rest.to_lowercase();
    lower.match_indices(['_', '-', '.']).find_map(|(at, _)| {
        let server = lower.get(..at)?;
        let tool = rest.get(at.saturating_add(1)..)?;
        servers(server, catalogue)
            .into_iter()
            .find_map(|one| Some(Entry::Tool(listed(one.tools, tool)?, Some(one))))
    })
}

/// The tool of this name.
pub(super) fn listed(tools: &'static [Tool], name: &str) -> Option<&'static Tool> {
    let squeezed = squeeze(name);
    let lower = name.to_lowercase();
    tools.iter().find(|tool| {
        tool.names
            .iter()
            .any(|known| *known == squeezed || (known.ends_with('*') && wildcard(known, &lower)))
    })
}

/// A name without what joins its words, lower case.
#[must_use]
pub fn squeeze(name: &str) -> String {
    squeezed(name).collect()
}

/// The characters of [`squeeze`].
pub fn squeezed(name: &str) -> impl Iterator<Item = char> {
    name.chars()
        .filter(|c| !matches!(c, '_' | '-' | '.' | ' ' | '/'))
        .flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::CATALOGUE;

    fn known(tool: &str, server: Option<&str>) -> &'static str {
        let name = ToolName {
            tool: tool.to_owned(),
            server: server.map(str::to_owned),
        };
        match name.entry(&CATALOGUE) {
            Entry::Tool(_, Some(server)) | Entry::Server(server) => server.name,
            Entry::Tool(_, None) => "host",
            Entry::Nothing => "",
        }
    }

    #[test]
    fn hosts_join_names_in_their_own_ways() {
        assert_eq!(known("readFile", None), "host");
        assert_eq!(known("READ-FILE", None), "host");
        assert_eq!(known("filesystem_write_file", None), "filesystem");
        assert_eq!(known("mcp_filesystem_write_file", None), "filesystem");
        assert_eq!(
            known("filesystem_write_file", Some("filesystem")),
            "filesystem"
        );
        assert_eq!(known("write-file", Some("my-filesystem-2")), "filesystem");
        assert_eq!(known("frobnicate", Some("filesystem")), "");
        assert_eq!(known("write_file", Some("other")), "");
        assert_eq!(known("write_file", Some("")), "");
    }
}
