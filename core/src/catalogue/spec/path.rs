//! What is known of paths.

/// What is known of the paths that match.
#[derive(Debug)]
pub struct PathRule {
    /// What it is.
    pub class: PathClass,
    /// Its globs as written; `~/` is any home directory, no leading `/` means any depth.
    pub names: &'static [&'static str],
    /// What each of these needs, see [`PathGlob::needs`]: side by side, as nearly all are told apart by it.
    pub needs: &'static [u32],
    /// The same, taken apart.
    pub globs: &'static [PathGlob],
    /// What they name or lie in, directory by directory.
    pub above: &'static [PathGlob],
    /// What is exempt.
    pub except: &'static [PathGlob],
}

/// A glob on a normalised path.
#[derive(Debug)]
pub struct PathGlob {
    /// What its text is matched against.
    pub anchor: GlobAnchor,
    /// The glob, without what the anchor says.
    pub text: &'static str,
    /// Its last byte, when that is a letter or digit; else 0. Rules most paths out at once.
    pub last: u8,
    /// The bytes that a path must hold, as [`marks`] of them. Rules most of the others out.
    pub needs: u32,
}

/// What a path glob is matched against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GlobAnchor {
    /// The path below a home directory.
    Home,
    /// The whole path.
    Root,
    /// This many last components of the path.
    Last(usize),
}

/// What a path is known to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathClass {
    /// Holds a secret.
    Secret,
    /// Keeps the guard in force.
    Guard,
    /// Rebuildable: build output, dependencies, caches.
    Derived,
    /// For temporary files.
    Temporary,
    /// The operating system's.
    System,
    /// A block device or raw memory.
    Device,
    /// A device that swallows or gives nothing (`/dev/null`).
    Sink,
    /// Makes code run later: shell start-up files, cron, units, git hooks.
    Persistence,
    /// A means of undoing: backups, `.git`, logs of what was done.
    Recovery,
    /// Says where a package manager gets packages.
    Sources,
    /// Tells of a machine's users or of its ways in: fine to read, not to send away.
    Private,
}

/// Which bytes a text holds, several to a bit; slashes do not count.
#[must_use]
pub fn marks(text: &str) -> u32 {
    let bytes = text.bytes().filter(|byte| *byte != b'/');
    bytes.fold(0, |marks, byte| marks | 1 << (byte & 31))
}
