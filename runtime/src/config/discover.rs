//! Which configuration counts. One that the agent could have written does not, unless it is pinned.

use std::fmt;
use std::path::{Path, PathBuf};

use super::{ConfigError, Files, Pins, Place, shown, user_directory};

/// Name of the configuration file.
pub const FILE_NAME: &str = "checkrein.toml";

/// Why a configuration is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Named by `--config` or CHECKREIN_CONFIG.
    Named,
    /// Found above the workspace.
    Above,
    /// In the operator's own directory.
    User,
    /// In the workspace, and what the operator pinned.
    Pinned,
}

impl fmt::Display for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Named => "named explicitly",
            Self::Above => "outside the workspace",
            Self::User => "the operator's own",
            Self::Pinned => "in the workspace, pinned",
        })
    }
}

/// The configuration in force.
#[derive(Debug)]
pub struct Found {
    /// Its path.
    pub path: PathBuf,
    /// Why it is trusted.
    pub trust: Trust,
    /// Its content, with the policies.
    pub files: Files,
}

/// A configuration that was found and does not count.
#[derive(Debug, PartialEq, Eq)]
pub enum Ignored {
    /// In the workspace and not pinned.
    NotPinned(PathBuf),
    /// In a directory that everybody may write.
    Writable(PathBuf),
}

impl Ignored {
    /// Its path.
    pub fn path(&self) -> &Path {
        match self {
            Self::NotPinned(path) | Self::Writable(path) => path,
        }
    }
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPinned(path) => write!(
                f,
                "`{0}` is ignored: it lies in the workspace, where agents may write; run `checkrein \
                 check --pin --config {0}` to trust it as it is, or move it above the workspace",
                shown(path)
            ),
            Self::Writable(path) => write!(
                f,
                "`{}` is ignored: everybody may write there; move it or take the permission away",
                shown(path)
            ),
        }
    }
}

/// What the search found.
#[derive(Debug)]
pub struct Discovery {
    /// What counts; none: the default pack alone.
    pub found: Option<Found>,
    /// What does not.
    pub ignored: Vec<Ignored>,
}

/// Finds the configuration: `named`, then CHECKREIN_CONFIG, then upward, then the operator's own.
pub fn discover(named: Option<&Path>, place: &Place) -> Result<Discovery, ConfigError> {
    let variable = std::env::var_os("CHECKREIN_CONFIG").filter(|value| !value.is_empty());
    if let Some(path) = named
        .map(Path::to_path_buf)
        .or_else(|| variable.map(PathBuf::from))
    {
        let path = std::path::absolute(&path).unwrap_or(path);
        let files = Files::read(&path)?;
        return Ok(Discovery {
            found: Some(Found {
                path,
                trust: Trust::Named,
                files,
            }),
            ignored: Vec::new(),
        });
    }
    if cfg!(target_family = "wasm") {
        return Err(ConfigError::NotNamed);
    }
    let pins = Pins::read()?;
    let root = canonical(&place.root);
    let mut ignored = Vec::new();
    for directory in canonical(&place.start).ancestors() {
        let path = directory.join(FILE_NAME);
        let found = if directory.starts_with(&root) {
            inside(path, &pins, &mut ignored)?
        } else {
            above(path, &mut ignored)?
        };
        if found.is_some() {
            return Ok(Discovery { found, ignored });
        }
    }
    let user = user_directory()
        .map(|directory| directory.join(FILE_NAME))
        .filter(|path| exists(path));
    let found = match user {
        Some(path) => Some(Found {
            files: Files::read(&path)?,
            path,
            trust: Trust::User,
        }),
        None => None,
    };
    Ok(Discovery { found, ignored })
}

/// The configuration people mean when they stand in `directory`, trusted or not.
pub fn nearest(directory: &Path) -> Option<PathBuf> {
    let upward = directory
        .ancestors()
        .map(|directory| directory.join(FILE_NAME));
    upward
        .chain(user_directory().map(|directory| directory.join(FILE_NAME)))
        .find(|path| exists(path))
}

/// The outermost repository around `directory`, or the directory itself. Agents can make repositories
/// within their workspace, not around it.
pub fn workspace_of(directory: &Path) -> PathBuf {
    let repositories = directory
        .ancestors()
        .filter(|directory| directory.join(".git").exists());
    repositories.last().unwrap_or(directory).to_path_buf()
}

/// A configuration in the workspace counts only as pinned. One that was pinned and is changed or
/// gone stops everything: to drop the operator's policies must not be a way around them.
fn inside(
    path: PathBuf,
    pins: &Pins,
    ignored: &mut Vec<Ignored>,
) -> Result<Option<Found>, ConfigError> {
    let Some(pinned) = pins.digest(&path) else {
        if exists(&path) {
            ignored.push(Ignored::NotPinned(path));
        }
        return Ok(None);
    };
    let files = Files::read(&path).map_err(|_| pins.broken(&path))?;
    if files.digest() != pinned {
        return Err(pins.broken(&path));
    }
    Ok(Some(Found {
        path,
        trust: Trust::Pinned,
        files,
    }))
}

fn above(path: PathBuf, ignored: &mut Vec<Ignored>) -> Result<Option<Found>, ConfigError> {
    if !exists(&path) {
        return Ok(None);
    }
    if writable_by_all(&path) || path.parent().is_some_and(writable_by_all) {
        ignored.push(Ignored::Writable(path));
        return Ok(None);
    }
    Ok(Some(Found {
        files: Files::read(&path)?,
        path,
        trust: Trust::Above,
    }))
}

/// Whether there is anything by this name, even if it cannot be read: that is then an error.
fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

#[cfg(unix)]
fn writable_by_all(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata()
        .is_ok_and(|metadata| metadata.permissions().mode() & 0o002 != 0)
}

#[cfg(not(unix))]
fn writable_by_all(_: &Path) -> bool {
    false
}
