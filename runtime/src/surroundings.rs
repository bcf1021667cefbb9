//! What can be looked up about the place a tool would run in, from a few small files.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use checkrein::secret::Secret;
use serde_json::Value;

use crate::lines;

/// Longest file that is looked into, in bytes.
const FILE_BYTES: usize = 256 * 1024;

/// The environment variables of this process, which a tool of the same host inherits.
pub fn environment() -> BTreeMap<String, Secret> {
    let text = |value: std::ffi::OsString| value.to_string_lossy().into_owned();
    std::env::vars_os()
        .map(|(name, value)| (text(name), Secret::new(text(value))))
        .collect()
}

/// Facts about `directory` that may tell the environment.
pub fn facts(directory: &Path, env: &BTreeMap<String, Secret>) -> BTreeMap<String, String> {
    let mut facts = BTreeMap::new();
    facts.extend(git_branch(directory).map(|branch| ("git_branch".to_owned(), branch)));
    if let Some(home) = env.get("HOME") {
        facts.extend(railway(Path::new(home.expose()), directory));
    }
    facts
}

/// The branch that is checked out; none when HEAD is detached.
fn git_branch(directory: &Path) -> Option<String> {
    let git = directory
        .ancestors()
        .map(|directory| directory.join(".git"))
        .find(|git| git.exists())?;
    let head = small(&git_directory(&git)?.join("HEAD"))?;
    head.trim()
        .strip_prefix("ref: refs/heads/")
        .map(str::to_owned)
}

/// In a worktree or submodule `.git` is a file that says where the directory is.
fn git_directory(git: &Path) -> Option<PathBuf> {
    if git.is_dir() {
        return Some(git.to_path_buf());
    }
    let text = small(git)?;
    Some(git.parent()?.join(text.trim().strip_prefix("gitdir: ")?))
}

/// The project and environment that Railway's command line has linked to the directory.
fn railway(home: &Path, directory: &Path) -> Vec<(String, String)> {
    let text = small(&home.join(".railway/config.json"));
    let config: Option<Value> = text.and_then(|text| serde_json::from_str(&text).ok());
    let linked = config.as_ref().and_then(|config| {
        let projects = config.get("projects")?.as_object()?;
        directory
            .ancestors()
            .find_map(|directory| projects.get(directory.to_str()?))
    });
    let Some(linked) = linked else {
        return Vec::new();
    };
    [
        ("railway_project", "project"),
        ("railway_environment", "environment"),
    ]
    .iter()
    .filter_map(|(fact, key)| Some(((*fact).to_owned(), linked.get(key)?.as_str()?.to_owned())))
    .collect()
}

fn small(file: &Path) -> Option<String> {
    String::from_utf8(lines::all(File::open(file).ok()?, FILE_BYTES).ok()??).ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_branch_is_read_in_a_repository_and_in_a_worktree() {
        let dir = tempfile::tempdir().unwrap();
        let repository = dir.path().join("repository");
        let nested = repository.join("src/deep");
        fs::create_dir_all(&nested).unwrap();
        fs::create_dir_all(repository.join(".git/worktrees/other")).unwrap();
        fs::write(
            repository.join(".git/HEAD"),
            "ref: refs/heads/release/1.2\n",
        )
        .unwrap();
        assert_eq!(git_branch(&nested).as_deref(), Some("release/1.2"));

        let worktree = dir.path().join("worktree");
        fs::create_dir(&worktree).unwrap();
        fs::write(
            worktree.join(".git"),
            "gitdir: ../repository/.git/worktrees/other\n",
        )
        .unwrap();
        fs::write(
            repository.join(".git/worktrees/other/HEAD"),
            "ref: refs/heads/fix\n",
        )
        .unwrap();
        assert_eq!(git_branch(&worktree).as_deref(), Some("fix"));

        fs::write(repository.join(".git/HEAD"), "0123456789abcdef\n").unwrap();
        assert_eq!(git_branch(&nested), None);
    }

    #[test]
    fn the_linked_railway_project_is_that_of_the_nearest_directory() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path();
        fs::create_dir(home.join(".railway")).unwrap();
        let config =
            r#"{"projects":{"/w":{"project":"p1","environment":"e1"},"/w/a":{"project":"p2"}}}"#;
        fs::write(home.join(".railway/config.json"), config).unwrap();
        let pair = |fact: &str, id: &str| (fact.to_owned(), id.to_owned());
        assert_eq!(
            railway(home, Path::new("/w/b")),
            [
                pair("railway_project", "p1"),
                pair("railway_environment", "e1")
            ]
        );
        assert_eq!(
            railway(home, Path::new("/w/a/x")),
            [pair("railway_project", "p2")]
        );
        assert!(railway(home, Path::new("/elsewhere")).is_empty());
    }
}
