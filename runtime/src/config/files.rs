//! The operator's files: `checkrein.toml` and the policies its `[policy] dirs` name.

use std::fs::File;
use std::path::{Path, PathBuf};

use checkrein::inventory::Inventory;
use checkrein::limits;
use checkrein::policy::{SourceFile, Sources};
use checkrein::secret::fingerprint;

use super::{ConfigError, shown};
use crate::lines;

/// Deepest nesting of policy directories.
const DIRECTORY_DEPTH: usize = 16;

/// The files of a configuration, read once, so that what is checked is what is used.
#[derive(Debug, Clone)]
pub struct Files {
    inventory: SourceFile,
    policies: Vec<SourceFile>,
}

impl Files {
    /// Reads the configuration at `path` and the policies it names.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let inventory = SourceFile {
            name: shown(path),
            text: read(path, limits::INVENTORY_BYTES)?,
        };
        let settings = Inventory::parse(&inventory.name, &inventory.text)?.settings;
        let base = path.parent().unwrap_or(Path::new(""));
        let mut found = Vec::new();
        for directory in settings.dirs {
            collect(&base.join(directory), DIRECTORY_DEPTH, &mut found)?;
        }
        let mut policies = Vec::new();
        let mut left = limits::POLICY_BYTES;
        for path in found {
            let text = read(&path, left)?;
            left -= text.len();
            policies.push(SourceFile {
                name: shown(&path),
                text,
            });
        }
        Ok(Self {
            inventory,
            policies,
        })
    }

    /// Digest of all texts: what the operator pins.
    pub fn digest(&self) -> String {
        let mut all = Vec::new();
        for file in std::iter::once(&self.inventory).chain(&self.policies) {
            all.extend_from_slice(&(file.text.len() as u64).to_be_bytes());
            all.extend_from_slice(file.text.as_bytes());
        }
        fingerprint(&all)
    }

    /// How many policy files there are.
    pub fn policy_files(&self) -> usize {
        self.policies.len()
    }

    /// As the core takes them.
    pub fn into_sources(self) -> Sources {
        Sources {
            policies: self.policies,
            inventory: Some(self.inventory),
            packs: None,
        }
    }
}

/// Adds the policy files of `directory` and of the directories in it, sorted by path. A nested
/// file that was left out could be a forbid.
fn collect(directory: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), ConfigError> {
    let unreadable = |error| ConfigError::Unreadable {
        path: directory.to_path_buf(),
        error,
    };
    let too_large = |limit| ConfigError::TooLarge {
        path: directory.to_path_buf(),
        limit,
    };
    if depth == 0 {
        return Err(too_large(format!(
            "directories nest deeper than {DIRECTORY_DEPTH} levels"
        )));
    }
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(unreadable)? {
        entries.push(entry.map_err(unreadable)?.path());
    }
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, depth - 1, found)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "cedar")
        {
            found.push(path);
        }
        if found.len() > limits::POLICIES {
            return Err(too_large(format!(
                "more than {} policy files",
                limits::POLICIES
            )));
        }
    }
    Ok(())
}

fn read(path: &Path, limit: usize) -> Result<String, ConfigError> {
    let unreadable = |error| ConfigError::Unreadable {
        path: path.to_path_buf(),
        error,
    };
    let bytes = lines::all(File::open(path).map_err(unreadable)?, limit).map_err(unreadable)?;
    let bytes = bytes.ok_or_else(|| ConfigError::TooLarge {
        path: path.to_path_buf(),
        limit: format!("there is room for {limit} bytes"),
    })?;
    String::from_utf8(bytes).map_err(|_| ConfigError::NotText {
        path: path.to_path_buf(),
    })
}
