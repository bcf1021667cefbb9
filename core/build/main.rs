//! Turns the catalogue's TOML into static tables. Anything it does not understand stops the build.

#[expect(
    dead_code,
    reason = "the build needs only part of the vocabularies' interface"
)]
#[path = "../src/vocabulary.rs"]
mod vocabulary;

mod emit;
mod form;
mod terms;

use std::path::{Path, PathBuf};

use form::{
    ApiFile, CliFile, CodeFile, Command, HintsFile, NamesFile, PathsFile, ToolFile, WordsFile,
};

fn main() {
    let root = PathBuf::from("catalogue");
    println!("cargo::rerun-if-changed=catalogue");
    println!("cargo::rerun-if-changed=build");

    let mut emitter = emit::Emitter::default();
    let words = root.join("words");
    for (name, file) in read_all::<WordsFile>(&words) {
        let generated = file.exceptions.iter().map(|name| {
            let path = words.join(name);
            std::fs::read_to_string(&path)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        });
        emitter.words(&name, &file, &generated.collect::<String>());
    }
    for (name, file) in joined(read_all::<CliFile>(&root.join("cli"))) {
        emitter.commands(&name, file.command);
    }
    for (name, file) in read_all::<ApiFile>(&root.join("api")) {
        emitter.apis(&name, file.api);
    }
    for (name, file) in read_all::<ToolFile>(&root.join("tools")) {
        emitter.tools(&name, file.tool);
        emitter.servers(&name, file.server);
    }
    for (name, file) in read_all::<CodeFile>(&root.join("code")) {
        emitter.code(&name, file);
    }
    emitter.paths(read::<PathsFile>(&root.join("paths.toml")).path);
    emitter.hints(read::<HintsFile>(&root.join("hints.toml")));
    emitter.names(read::<NamesFile>(&root.join("names.toml")));
    emitter.sql(read_all(&root.join("sql")));

    let source = emitter.finish();
    let out = std::env::var_os("OUT_DIR")
        .map(PathBuf::from)
        .expect("cargo sets OUT_DIR");
    let file = out.join("catalogue.rs");
    // Writing a new file leaves a hard-linked copy of the target folder alone.
    let _ = std::fs::remove_file(&file);
    std::fs::write(file, source).expect("OUT_DIR is writable");
}

/// The files with each command that continues another put into the one it continues.
fn joined(mut files: Vec<(String, CliFile)>) -> Vec<(String, CliFile)> {
    let mut more = Vec::new();
    for (file, cli) in &mut files {
        let (rest, own) = std::mem::take(&mut cli.command)
            .into_iter()
            .partition::<Vec<_>, _>(|command| command.continues);
        cli.command = own;
        more.extend(rest.into_iter().map(|command| (file.clone(), command)));
    }
    for (file, command) in more {
        let of = named(&mut files, &command.names)
            .unwrap_or_else(|| panic!("{file}: {:?} continues nothing", command.names));
        for sub in &mut of.sub {
            let again = |name: &String| command.sub.iter().any(|own| own.names.contains(name));
            sub.names.retain(|name| !again(name));
        }
        of.sub.retain(|sub| !sub.names.is_empty());
        of.sub.extend(command.sub);
    }
    files
}

/// The command of these names; out of one that has more names, a copy for these alone.
fn named<'a>(files: &'a mut [(String, CliFile)], names: &[String]) -> Option<&'a mut Command> {
    let among = |command: &Command| names.iter().all(|name| command.names.contains(name));
    let (at, index) = files.iter().enumerate().find_map(|(at, (_, cli))| {
        let index = cli.command.iter().position(among)?;
        Some((at, index))
    })?;
    let commands = &mut files[at].1.command;
    if commands[index].names.len() == names.len() {
        return Some(&mut commands[index]);
    }
    let mut copy = commands[index].clone();
    copy.names = names.to_vec();
    commands[index].names.retain(|name| !names.contains(name));
    commands.push(copy);
    commands.last_mut()
}

/// Every `.toml` file of a folder, in name order.
fn read_all<T: serde::de::DeserializeOwned>(folder: &Path) -> Vec<(String, T)> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| (path.display().to_string(), read(path)))
        .collect()
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> T {
    let text =
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
