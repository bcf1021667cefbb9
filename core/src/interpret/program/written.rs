//! What flows into files that a program writes, so that a later command of the call finds it there.

use super::Program;
use crate::action::Draft;
use crate::catalogue::spec::Output;
use crate::interpret::place::Setting;
use crate::interpret::shell::ShellState;
use crate::interpret::value::{Origin, Stream, Value};
use crate::interpret::words::Words;
use crate::limits;
use crate::vocabulary::{Effect, Location, ResourceType, Verb};

/// Programs that write their input unchanged to the files they name.
const COPIES_INPUT: &[&str] = &["tee", "sponge"];

/// What a program reads and writes on this machine, and what it reads elsewhere.
#[derive(Debug, Default)]
pub struct Touched {
    /// Everything it receives goes to files.
    pub silent: bool,
    read: Vec<String>,
    written: Vec<String>,
    network: Option<String>,
    /// It reads a secret that is no file of this machine.
    secret: bool,
}

impl Touched {
    /// By the acts of the program.
    pub fn of(drafts: &[Draft]) -> Self {
        let mut touched = Self::default();
        for draft in drafts {
            let id = draft.resource.id.as_str();
            let file = is_file(draft);
            match draft.verb {
                Verb::Read if file => touched.read.push(id.to_owned()),
                Verb::Create | Verb::Update if file && id != "*" => {
                    touched.written.push(id.to_owned());
                }
                Verb::Read
                    if matches!(
                        draft.resource.kind,
                        ResourceType::Host | ResourceType::Object
                    ) =>
                {
                    touched.network = Some(id.to_owned());
                }
                _ => {}
            }
            touched.secret |= draft.effects.contains(Effect::SecretRead) && !file;
        }
        touched
    }

    /// Adds the requests of an HTTP client and the files it writes the answers to.
    pub fn downloads(&mut self, drafts: &[Draft]) {
        for draft in drafts {
            if is_file(draft) {
                if draft.verb == Verb::Update {
                    self.written.push(draft.resource.id.clone());
                }
            } else {
                self.network = Some(draft.resource.id.clone());
            }
        }
    }

    /// Where what it reads came from: for a file written earlier in the call what flowed into it.
    pub fn origins(&self, state: &ShellState) -> Vec<Origin> {
        let mut origins = Vec::new();
        for path in &self.read {
            match state.files.get(path).filter(|one| !one.origins.is_empty()) {
                Some(stream) => origins.extend(stream.origins.iter().cloned()),
                None => origins.push(Origin::File(path.clone())),
            }
        }
        if self.secret {
            origins.push(Origin::Secret("a program of the call".to_owned()));
        }
        origins
    }

    /// What is known of the files it wrote.
    pub fn contents(&self, state: &ShellState) -> Vec<(Value, Stream)> {
        let written = self.written.iter().take(limits::NAMES_INSIDE);
        let known = written.filter_map(|path| Some((path, state.files.get(path)?)));
        known
            .map(|(path, content)| (Value::literal(path), content.clone()))
            .collect()
    }

    /// Remembers what flowed into each file it writes.
    pub fn remember(
        &self,
        state: &mut ShellState,
        words: &Words<'_>,
        program: &Program<'_>,
        setting: &Setting<'_>,
    ) {
        let mut content = Stream::default();
        for origin in self.origins(state) {
            content.merge(&Stream::from_origin(origin));
        }
        if self.read.is_empty() {
            content.merge(program.stdin);
            if !COPIES_INPUT.contains(&words.command.name) {
                content.text = None;
            }
        }
        if let Some(host) = &self.network {
            content.merge(&Stream::from_origin(Origin::Network(host.clone())));
        }
        // Moved rather than read: what is known of one of the files is known of the others.
        for path in self.written.iter().filter(|_| self.written.len() > 1) {
            match state.files.get(path) {
                Some(known) => content.merge(&known.clone()),
                None if setting.is_secret(path) || setting.is_private(path) => {
                    content.merge(&Stream::from_origin(Origin::File(path.clone())));
                }
                None => {}
            }
        }
        if !content.present {
            return;
        }
        content.decoded |= words.command.output == Output::Decoded;
        bound(&mut content, setting);
        for path in &self.written {
            // Where the path is a folder, the files in it keep their names.
            let sources = self.read.iter().chain(&self.network).chain(&self.written);
            let few = self.written.len() <= limits::NAMES_INSIDE;
            for source in sources.take(limits::NAMES_INSIDE).filter(|_| few) {
                let name = source.rsplit(['/', ':']).next().unwrap_or_default();
                let inside = format!("{path}/{name}");
                state.files.insert(inside, content.clone());
            }
            state.files.insert(path.clone(), content.clone());
        }
    }
}

/// Keeps what matters most of many origins, so that many files of many origins cannot blow up.
fn bound(content: &mut Stream, setting: &Setting<'_>) {
    if content.origins.len() <= limits::ORIGINS {
        return;
    }
    let harmless = |origin: &Origin| match origin {
        Origin::File(path) => !setting.is_secret(path) && !setting.is_private(path),
        _ => false,
    };
    content.origins.sort_by_cached_key(harmless);
    content.origins.truncate(limits::ORIGINS);
    content.add_origin(Origin::Unseen);
}

fn is_file(draft: &Draft) -> bool {
    draft.location != Location::Remote
        && matches!(
            draft.resource.kind,
            ResourceType::File | ResourceType::Directory | ResourceType::Secret
        )
}
