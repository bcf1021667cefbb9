//! Configuration: which files count, and the bundle they make.

mod discover;
mod files;
mod pins;

use std::path::{Path, PathBuf};

use checkrein::Bundle;
use checkrein::error::LoadErrors;
use checkrein::policy::Sources;

use crate::cache;

pub use discover::{FILE_NAME, Trust, discover, nearest, workspace_of};
pub use files::Files;
pub use pins::Pins;

/// Why there is no bundle. Always ends in a refusal.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file or directory cannot be read.
    #[error("`{path}` cannot be read: {error}; check that it exists and its permissions")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A file is not text.
    #[error("`{path}` is not UTF-8; save it as UTF-8 text")]
    NotText {
        /// Which.
        path: PathBuf,
    },
    /// A file or a set of files is over a limit.
    #[error("`{path}` is too large: {limit}")]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// The limit, in words.
        limit: String,
    },
    /// A pinned configuration is not what was pinned.
    #[error(
        "`{path}` was pinned and has changed since; run `checkrein check --pin --config {path}` if \
         the change is yours, or remove its line from `{pins}`"
    )]
    PinBroken {
        /// The configuration.
        path: PathBuf,
        /// The file of pins.
        pins: PathBuf,
    },
    /// A pin cannot be written.
    #[error("the pin cannot be stored in `{path}`: {error}")]
    PinNotStored {
        /// The file of pins, or its directory.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Nothing on this platform tells whom a file can be trusted from.
    #[error(
        "the WebAssembly build cannot see who may write a file and looks for none; name the \
         configuration (CHECKREIN_CONFIG does), or give its texts"
    )]
    NotNamed,
    /// The files hold mistakes.
    #[error("{0}")]
    Mistakes(LoadErrors),
}

impl From<LoadErrors> for ConfigError {
    fn from(errors: LoadErrors) -> Self {
        Self::Mistakes(errors)
    }
}

/// Where to look for a configuration.
#[derive(Debug, Clone)]
pub struct Place {
    /// The first directory looked into.
    pub start: PathBuf,
    /// The workspace: what lies in it the agent may write.
    pub root: PathBuf,
}

impl Place {
    /// The place of this process: its working directory in the repository around it.
    #[must_use]
    pub fn of_process() -> Self {
        Self::around(&std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")))
    }

    /// The place of a tool whose workspace is `directory`.
    #[must_use]
    pub fn at(directory: &Path) -> Self {
        let root = std::path::absolute(directory).unwrap_or_else(|_| directory.to_path_buf());
        Self {
            start: root.clone(),
            root,
        }
    }

    /// The place of a tool that runs in `directory`, in the repository around it.
    #[must_use]
    pub fn around(directory: &Path) -> Self {
        let start = std::path::absolute(directory).unwrap_or_else(|_| directory.to_path_buf());
        let root = workspace_of(&start);
        Self { start, root }
    }
}

/// A bundle and what has to be said about where it came from.
#[derive(Debug)]
pub struct Opened {
    /// The bundle.
    pub bundle: Bundle,
    /// Notes for people, one line each.
    pub notes: Vec<String>,
}

/// Finds the configuration, unless it is `named`, and opens its bundle, from the cache when it was
/// validated before. `packs` replace those it names.
///
/// # Errors
/// When the configuration cannot be used.
pub fn open(
    named: Option<&Path>,
    packs: Option<Vec<String>>,
    place: &Place,
) -> Result<Opened, ConfigError> {
    let discovery = discover(named, place)?;
    let notes = discovery.ignored.iter().map(ToString::to_string).collect();
    let files = discovery.found.map(|found| found.files);
    let sources = sources(files, packs);
    let bundle = cache::open(&sources)?;
    Ok(Opened { bundle, notes })
}

/// What a bundle is made of; without files, the default pack alone.
pub fn sources(files: Option<Files>, packs: Option<Vec<String>>) -> Sources {
    let mut sources = files.map(Files::into_sources).unwrap_or_default();
    sources.packs = packs;
    sources
}

/// The operator's own directory, for a configuration and the pins.
pub fn user_directory() -> Option<PathBuf> {
    match std::env::var_os("CHECKREIN_CONFIG_DIR") {
        Some(directory) if !directory.is_empty() => Some(PathBuf::from(directory)),
        _ => dirs::config_dir().map(|directory| directory.join("checkrein")),
    }
}

/// `path` as people know it: relative to the working directory when it lies in it.
pub fn shown(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let relative = here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_path_buf));
    relative.as_deref().unwrap_or(path).display().to_string()
}
