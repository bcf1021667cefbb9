//! Pins: configurations inside a workspace that the operator has looked at and trusts as they are.

use std::fs;
use std::path::{Path, PathBuf};

use super::{ConfigError, user_directory};
use crate::cache::write_atomically;

const HEADER: &str = "# Configurations the operator trusts as they are: digest, path.\n\
                      # Written by `checkrein check --pin`.\n";

/// The operator's pins.
#[derive(Debug, Clone, Default)]
pub struct Pins {
    file: Option<PathBuf>,
    /// Path and digest.
    entries: Vec<(PathBuf, String)>,
}

impl Pins {
    /// Reads the pins. Without a file there are none.
    pub fn read() -> Result<Self, ConfigError> {
        let Some(file) = user_directory().map(|directory| directory.join("pins")) else {
            return Ok(Self::default());
        };
        match fs::read_to_string(&file) {
            Ok(text) => Ok(Self {
                entries: text.lines().filter_map(entry).collect(),
                file: Some(file),
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self {
                entries: Vec::new(),
                file: Some(file),
            }),
            Err(error) => Err(ConfigError::Unreadable { path: file, error }),
        }
    }

    /// The pinned digest of the configuration at `path`.
    pub fn digest(&self, path: &Path) -> Option<&str> {
        let path = canonical(path);
        self.entries
            .iter()
            .find(|(pinned, _)| *pinned == path)
            .map(|(_, digest)| digest.as_str())
    }

    /// The error for a configuration that is not what was pinned.
    pub fn broken(&self, path: &Path) -> ConfigError {
        ConfigError::PinBroken {
            path: path.to_path_buf(),
            pins: self.file.clone().unwrap_or_default(),
        }
    }

    /// Pins the configuration at `path` to `digest` and stores that. Returns the file of pins.
    pub fn pin(&mut self, path: &Path, digest: &str) -> Result<PathBuf, ConfigError> {
        let path = canonical(path);
        let not_stored = |file: PathBuf, error| ConfigError::PinNotStored { path: file, error };
        let Some(file) = self.file.clone() else {
            let error =
                std::io::Error::other("there is no home directory; set CHECKREIN_CONFIG_DIR");
            return Err(not_stored(PathBuf::from("pins"), error));
        };
        self.entries.retain(|(pinned, _)| *pinned != path);
        self.entries.push((path, digest.to_owned()));
        let mut text = HEADER.to_owned();
        for (path, digest) in &self.entries {
            text.push_str(&format!("{digest} {}\n", path.display()));
        }
        write_atomically(&file, text.as_bytes())
            .map_err(|error| not_stored(file.clone(), error))?;
        Ok(file)
    }
}

/// One name for each file; for a file that is gone, that of its directory.
fn canonical(path: &Path) -> PathBuf {
    if let Ok(known) = path.canonicalize() {
        return known;
    }
    match (path.parent().map(Path::canonicalize), path.file_name()) {
        (Some(Ok(directory)), Some(name)) => directory.join(name),
        _ => path.to_path_buf(),
    }
}

fn entry(line: &str) -> Option<(PathBuf, String)> {
    let (digest, path) = line.split_once(' ')?;
    digest
        .starts_with("sha256:")
        .then(|| (PathBuf::from(path), digest.to_owned()))
}
