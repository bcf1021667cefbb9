//! The cache of compiled policies: validation is done once for each state of the files.
//!
//! Its directory is part of the guard: who can write there can change what is decided.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;
use std::{fs, io};

use checkrein::Bundle;
use checkrein::error::LoadErrors;
use checkrein::policy::{Compiled, Progress, Sources};
use checkrein::secret::fingerprint;

/// How many compiled forms are kept.
const KEPT: usize = 64;

/// Set while policies are validated, which takes longer than deciding.
static VALIDATING: AtomicBool = AtomicBool::new(false);

/// Whether policies are being validated right now.
pub fn validating() -> bool {
    VALIDATING.load(Ordering::Relaxed)
}

/// Opens the bundle of `sources`, validating it unless that was done before.
pub fn open(sources: &Sources) -> Result<Bundle, LoadErrors> {
    let file = file_of(sources);
    if let Some(bundle) = file.as_deref().and_then(|file| stored(file, sources)) {
        return Ok(bundle);
    }
    VALIDATING.store(true, Ordering::Relaxed);
    let bundle = validate(sources, &mut |_, _| {});
    VALIDATING.store(false, Ordering::Relaxed);
    bundle
}

/// Validates everything and stores the result for the next process.
pub fn validate(sources: &Sources, progress: Progress<'_>) -> Result<Bundle, LoadErrors> {
    let compiled = Bundle::compile(sources, progress)?;
    if let (Some(file), Ok(text)) = (file_of(sources), serde_json::to_vec(&compiled))
        && write_atomically(&file, &text).is_ok()
    {
        forget_oldest(&file);
    }
    Bundle::open(sources, &compiled)
}

/// Writes a file so that readers see the old or the new content, and only its owner may read it.
pub fn write_atomically(file: &Path, content: &[u8]) -> io::Result<()> {
    let directory = file
        .parent()
        .ok_or_else(|| io::Error::other("it has no directory"))?;
    private_directory(directory)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let temporary = directory.join(format!(".{name}.{}", std::process::id()));
    let written = new_file(&temporary)
        .and_then(|mut new| new.write_all(content))
        .and_then(|()| fs::rename(&temporary, file));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Where the compiled form of `sources` is kept, if anywhere.
fn file_of(sources: &Sources) -> Option<PathBuf> {
    // A WebAssembly module cannot keep others from writing what it reads back.
    if cfg!(target_family = "wasm") {
        return None;
    }
    let directory = match std::env::var_os("CHECKREIN_CACHE_DIR") {
        Some(directory) if !directory.is_empty() => PathBuf::from(directory),
        _ => dirs::cache_dir()?.join("checkrein"),
    };
    let digest = key(sources);
    Some(directory.join(format!("{}.json", digest.trim_start_matches("sha256:"))))
}

/// A name for the sources. Whether a compiled form fits them is the core's to say.
fn key(sources: &Sources) -> String {
    let mut all = Vec::new();
    let mut add = |part: &str| {
        all.extend_from_slice(&(part.len() as u64).to_be_bytes());
        all.extend_from_slice(part.as_bytes());
    };
    add(env!("CARGO_PKG_VERSION"));
    add(&format!("{:?}", sources.packs));
    for file in sources.inventory.iter().chain(&sources.policies) {
        add(&file.text);
    }
    fingerprint(&all)
}

fn stored(file: &Path, sources: &Sources) -> Option<Bundle> {
    let compiled: Compiled = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
    Bundle::open(sources, &compiled).ok()
}

fn forget_oldest(newest: &Path) {
    let Some(entries) = newest
        .parent()
        .and_then(|directory| fs::read_dir(directory).ok())
    else {
        return;
    };
    let files = entries.flatten().map(|entry| entry.path());
    let compiled = files.filter(|path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    });
    let age = |path: &PathBuf| {
        path.metadata()
            .and_then(|data| data.modified())
            .unwrap_or(SystemTime::UNIX_EPOCH)
    };
    let mut by_age: Vec<(SystemTime, PathBuf)> = compiled.map(|path| (age(&path), path)).collect();
    by_age.sort();
    for (_, path) in by_age.iter().rev().skip(KEPT) {
        let _ = fs::remove_file(path);
    }
}

#[cfg(unix)]
fn private_directory(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
}

#[cfg(not(unix))]
fn private_directory(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)
}

#[cfg(unix)]
fn new_file(file: &Path) -> io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(file)
}

#[cfg(not(unix))]
fn new_file(file: &Path) -> io::Result<fs::File> {
    fs::File::create(file)
}
