//! The files of the page: those in the program, or those of a directory.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// Written by the build script: names, and contents.
const BUILT_IN: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/site.rs"));
/// The page itself.
pub const INDEX: &str = "index.html";
/// Ending of files that are compressed in the program.
const COMPRESSED: &str = ".gz";
/// What is read of a directory, in bytes: several times the page.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

const HOW: &str = "this program was built without the page; `cargo xtask playground` builds it, and \
                   then `--dir playground/dist` serves it, or the program built anew";

/// A file of the page.
pub struct File {
    /// Its content.
    pub bytes: Cow<'static, [u8]>,
    /// Whether that is compressed.
    pub compressed: bool,
    /// Its media type.
    pub media: &'static str,
}

/// All of them by path. What is not here is not served, whatever a request says.
pub struct Site(HashMap<String, File>);

impl Site {
    /// The page in the program.
    pub fn built_in() -> Result<Self, String> {
        let mut files = HashMap::new();
        for (name, bytes) in BUILT_IN {
            let plain = name.strip_suffix(COMPRESSED);
            let name = plain.unwrap_or(name);
            let file = File {
                bytes: Cow::Borrowed(bytes),
                compressed: plain.is_some(),
                media: media(name),
            };
            files.insert(name.to_owned(), file);
        }
        Self::of(files, HOW)
    }

    /// The page in `directory`, as it is now.
    pub fn of_directory(directory: &Path) -> Result<Self, String> {
        let mut files = HashMap::new();
        let mut left = MOST_BYTES;
        read(directory, "", &mut left, &mut files)
            .map_err(|error| format!("`{}` cannot be read: {error}", directory.display()))?;
        let problem = format!("`{}` has no {INDEX}", directory.display());
        Self::of(files, &problem)
    }

    fn of(files: HashMap<String, File>, otherwise: &str) -> Result<Self, String> {
        if files.contains_key(INDEX) {
            Ok(Self(files))
        } else {
            Err(otherwise.to_owned())
        }
    }

    /// The file at `path`, without a slash in front.
    pub fn file(&self, path: &str) -> Option<&File> {
        self.0.get(path)
    }
}

fn read(
    directory: &Path,
    prefix: &str,
    left: &mut u64,
    files: &mut HashMap<String, File>,
) -> std::io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        // Of the entry, not of what it links to: a link out of the directory is no part of the page.
        let kind = entry.file_type()?;
        if kind.is_dir() {
            read(&entry.path(), &format!("{name}/"), left, files)?;
        } else if kind.is_file() {
            let length = entry.metadata()?.len();
            *left = left
                .checked_sub(length)
                .ok_or_else(|| std::io::Error::other("it holds more than a page"))?;
            let file = File {
                bytes: Cow::Owned(fs::read(entry.path())?),
                compressed: false,
                media: media(&name),
            };
            files.insert(name, file);
        }
    }
    Ok(())
}

fn media(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}
