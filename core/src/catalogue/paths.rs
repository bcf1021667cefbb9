//! What is known of a path from its text alone.

use super::spec::{Catalogue, GlobAnchor, PathClass, PathGlob, PathRule, marks};
use crate::limits;

/// A path of this machine in canonical form: absolute, `/`-separated, without `.` and `..`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The absolute form, such as `/srv/app/x`; paths in a home whose place is not known begin `~/`.
    pub absolute: String,
    /// The part below a home directory, if it is in one; empty for the home itself.
    pub in_home: Option<String>,
    /// The marks of the absolute form.
    held: u32,
}

/// How many times longer than [`limits::PATH_BYTES`] a text may be before what cancels out is left out.
const WINDING: usize = 8;

/// Resolves `text` against `cwd`. `None`: it is relative and the working directory is not
/// known, or it is longer than [`limits::PATH_BYTES`].
///
/// Symbolic links cannot be seen here: the path is read lexically, as documented.
#[must_use]
pub fn resolve(text: &str, cwd: Option<&str>, home: Option<&str>) -> Option<Path> {
    if text.len() > WINDING * limits::PATH_BYTES {
        return None;
    }
    let text = text
        .strip_prefix("file://")
        .unwrap_or(text)
        .replace('\\', "/");
    let joined = if text == "~" || text.starts_with("~/") {
        match home {
            Some(home) => format!("{home}/{}", text.trim_start_matches(['~', '/'])),
            None => text,
        }
    } else if text.starts_with('/') || has_drive(&text) || text.starts_with('~') {
        text
    } else {
        format!("{}/{text}", cwd?)
    };
    let mut absolute = flatten(&joined);
    if absolute.len() > limits::PATH_BYTES {
        return None;
    }
    if let Some(drive) = absolute.get_mut(..1).filter(|_| has_drive(&joined)) {
        drive.make_ascii_uppercase();
    }
    let in_home = below_home(&absolute, home);
    let held = marks(&absolute);
    Some(Path {
        absolute,
        in_home,
        held,
    })
}

/// Whether `path` is `root` or lies below it.
#[must_use]
pub fn is_within(path: &str, root: &str) -> bool {
    let root = root.trim_end_matches('/');
    path.strip_prefix(root)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Path {
    /// Whether a rule of this class covers the path.
    #[must_use]
    pub fn is(&self, class: PathClass, catalogue: &Catalogue) -> bool {
        catalogue
            .paths
            .iter()
            .filter(|rule| rule.class == class)
            .any(|rule| {
                self.is_named_by(rule) && !rule.except.iter().any(|glob| self.matches(glob))
            })
    }

    /// Whether a path that a rule of this class covers may lie below this one.
    #[must_use]
    pub fn may_hold(&self, class: PathClass, catalogue: &Catalogue) -> bool {
        let mut rules = catalogue.paths.iter().filter(|rule| rule.class == class);
        rules.any(|rule| rule.above.iter().any(|glob| self.matches(glob)))
    }

    /// Whether this path, itself a pattern, may name one that a rule of this class covers by its name.
    ///
    /// Patterns that begin with a wildcard name everything and nothing: they are left out.
    #[must_use]
    pub fn may_name(&self, class: PathClass, catalogue: &Catalogue) -> bool {
        let Some((above, pattern)) = self.absolute.rsplit_once('/') else {
            return false;
        };
        let fixed = pattern
            .split(['*', '?', '[', '{'])
            .next()
            .unwrap_or_default();
        if fixed.len() < 2 {
            return false;
        }
        let deep = above.ends_with("**");
        let folder = above.rsplit('/').next().unwrap_or_default();
        let rules = catalogue.paths.iter().filter(|rule| rule.class == class);
        rules.flat_map(|rule| rule.names).any(|glob| {
            let glob = glob.trim_end_matches("/**");
            let (parent, name) = glob.rsplit_once('/').unwrap_or(("", glob));
            let parent = parent.rsplit('/').next().unwrap_or_default();
            !name.contains('*')
                && name.starts_with(fixed)
                && (deep || parent == "**" || parent == folder)
                && fast_glob::glob_match(pattern, name)
        })
    }

    fn is_named_by(&self, rule: &PathRule) -> bool {
        let lacks = !self.held;
        let mut groups = rule.needs.chunks(16).zip(rule.globs.chunks(16));
        groups.any(|(needs, globs)| {
            // Without a branch for each of them.
            let some = needs
                .iter()
                .fold(false, |some, need| some | (need & lacks == 0));
            some && globs.iter().any(|glob| self.matches(glob))
        })
    }

    fn matches(&self, glob: &PathGlob) -> bool {
        if glob.needs & !self.held != 0 {
            return false;
        }
        if glob.last != 0 && self.absolute.as_bytes().last() != Some(&glob.last) {
            return false;
        }
        let path = match glob.anchor {
            GlobAnchor::Home => self.in_home.as_deref(),
            GlobAnchor::Root => Some(self.absolute.as_str()),
            GlobAnchor::Last(depth) => last_components(&self.absolute, depth),
        };
        path.is_some_and(|path| fast_glob::glob_match(glob.text, path))
    }
}

fn last_components(path: &str, depth: usize) -> Option<&str> {
    let mut end = path.len();
    for _ in 0..depth {
        end = path.get(..end)?.rfind('/')?;
    }
    path.get(end.saturating_add(1)..)
}

fn has_drive(path: &str) -> bool {
    let mut chars = path.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic())
        && chars.next() == Some(':')
        && matches!(chars.next(), Some('/') | None)
}

fn flatten(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let lead = if path.starts_with('~') || has_drive(path) {
        ""
    } else {
        "/"
    };
    format!("{lead}{}", parts.join("/"))
}

fn below_home(path: &str, home: Option<&str>) -> Option<String> {
    if let Some(home) = home
        && is_within(path, home)
    {
        return Some(path.get(home.len()..)?.trim_matches('/').to_owned());
    }
    if let Some(rest) = path.strip_prefix('~') {
        return Some(
            rest.split_once('/')
                .map_or(String::new(), |(_, rest)| rest.to_owned()),
        );
    }
    if path == "/root" || path.starts_with("/root/") {
        return Some(
            path.trim_start_matches("/root")
                .trim_matches('/')
                .to_owned(),
        );
    }
    for homes in ["/home/", "/Users/", "/var/home/", "C:/Users/", "c:/Users/"] {
        if let Some(rest) = path.strip_prefix(homes) {
            return Some(
                rest.split_once('/')
                    .map_or(String::new(), |(_, rest)| rest.to_owned()),
            );
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn absolute(text: &str) -> String {
        resolve(text, Some("/repo/app"), Some("/home/ann"))
            .unwrap()
            .absolute
    }

    #[test]
    fn what_a_glob_needs_is_in_what_it_matches() {
        let rules = crate::catalogue::CATALOGUE.paths.iter();
        let plain = rules
            .flat_map(|rule| rule.globs)
            .filter(|glob| !glob.text.contains(['[', '{']));
        let mut dead = Vec::new();
        for glob in plain {
            let sample = glob.text.replace("**/", "").replace(['*', '?'], "a");
            let folder = match glob.anchor {
                GlobAnchor::Home => "/home/ann/",
                GlobAnchor::Root if glob.text.starts_with("**") => "/srv/",
                GlobAnchor::Root => "",
                GlobAnchor::Last(_) => "/srv/",
            };
            let path = resolve(&format!("{folder}{sample}"), None, Some("/home/ann")).unwrap();
            if !path.matches(glob) {
                dead.push((glob.text, path.absolute));
            }
        }
        assert!(dead.is_empty(), "{dead:?}");
    }

    #[test]
    fn a_path_that_is_too_long_is_not_known() {
        let long = format!("/etc/{}", "a/".repeat(limits::PATH_BYTES));
        assert!(resolve(&long, None, None).is_none());
        let winding = format!("/etc/{}shadow", "./".repeat(limits::PATH_BYTES));
        assert_eq!(absolute(&winding), "/etc/shadow");
    }

    #[test]
    fn paths_are_made_absolute_lexically() {
        assert_eq!(absolute("a/./b/../c"), "/repo/app/a/c");
        assert_eq!(absolute("../../.."), "/");
        assert_eq!(absolute("~/x"), "/home/ann/x");
        assert_eq!(absolute("//etc//passwd"), "/etc/passwd");
        assert_eq!(absolute("C:\\Windows\\x"), "C:/Windows/x");
        assert_eq!(resolve("a", None, None), None);
    }

    #[test]
    fn homes_are_known_by_place() {
        for path in [
            "/home/bob/.aws/credentials",
            "/Users/bob/.aws/credentials",
            "~/.aws/credentials",
        ] {
            let path = resolve(path, None, None).unwrap();
            assert_eq!(path.in_home.as_deref(), Some(".aws/credentials"));
        }
        assert_eq!(
            resolve("/repo/home/bob/x", None, None).unwrap().in_home,
            None
        );
    }

    #[test]
    fn a_path_is_within_a_root_only_at_a_separator() {
        assert!(is_within("/repo/x", "/repo"));
        assert!(is_within("/repo", "/repo/"));
        assert!(!is_within("/repository", "/repo"));
    }
}
