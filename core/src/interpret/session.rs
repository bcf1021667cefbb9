//! One interpretation: the call, what is known, and the drafts found so far.

use std::borrow::Cow;

use super::place::{Machine, Setting};
use super::value::Value;
use super::windows::Dialect;
use crate::action::{Draft, Effects, Resource, Scope, Selector};
use crate::call::ToolCall;
use crate::catalogue::spec::Catalogue;
use crate::inventory::Inventory;
use crate::limits;
use crate::vocabulary::{Completeness, Effect, Location, ResourceType, Reversibility, Verb};

/// The state of one interpretation.
#[derive(Debug)]
pub struct Session<'a> {
    /// The call.
    pub call: &'a ToolCall,
    /// What is known.
    pub catalogue: &'static Catalogue,
    /// What was found.
    pub drafts: Vec<Draft>,
    /// What the operator declared of tools.
    pub inventory: Option<&'a Inventory>,
    /// The surroundings of what is being read now.
    pub frame: Frame,
    /// A command of this dialect of Windows was named where a program was expected.
    pub windows: Option<Dialect>,
    /// It takes a parser that this build was made without.
    pub lacking: bool,
    /// Texts given to what is not known that were looked at as paths.
    looked: usize,
    /// Texts of inline code.
    codes: usize,
    /// HTTP clients that were run.
    clients: usize,
    /// Words that programs handed on to others.
    handed: usize,
    /// What the walks around the current one take of the stack.
    pub(super) nested: usize,
    /// Facts that commands so far have set for those after them.
    pub facts: Vec<Selector>,
}

/// What changes when a program makes another run.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// How deep.
    pub depth: usize,
    /// The machine.
    pub machine: Machine,
    /// Effects that everything inside has.
    pub effects: Effects,
    /// In a file that a program of the project finds by its name.
    pub project: bool,
    /// The argument of the call being read.
    pub argument: Cow<'static, str>,
    /// In text that is not written in the call as such: the range it came from.
    pub outer_span: Option<(u32, u32)>,
}

impl<'a> Session<'a> {
    /// A new interpretation of `call`.
    #[must_use]
    pub fn new(call: &'a ToolCall, catalogue: &'static Catalogue) -> Self {
        Self {
            call,
            catalogue,
            drafts: Vec::new(),
            inventory: None,
            frame: Frame::default(),
            windows: None,
            lacking: false,
            looked: 0,
            codes: 0,
            clients: 0,
            handed: 0,
            nested: 0,
            facts: Vec::new(),
        }
    }

    /// The working directory the call starts in.
    #[must_use]
    pub fn initial_cwd(&self) -> Option<String> {
        self.call
            .workspace
            .cwd
            .clone()
            .or_else(|| self.call.workspace.root.clone())
    }

    /// The home directory the tool would run with.
    #[must_use]
    pub fn home(&self) -> Option<&'a str> {
        self.call
            .env
            .get("HOME")
            .map(crate::secret::Secret::expose)
            .filter(|home| home.starts_with('/'))
    }

    /// The surroundings for acts at `span` with this working directory.
    #[must_use]
    pub fn setting<'s>(&self, cwd: Option<&'s str>, span: (u32, u32)) -> Setting<'s>
    where
        'a: 's,
    {
        Setting {
            catalogue: self.catalogue,
            root: self.call.workspace.root.as_deref(),
            home: self.home(),
            cwd,
            machine: self.frame.machine.clone(),
            effects: self.frame.effects,
            argument: self.frame.argument.clone(),
            span: self.frame.outer_span.unwrap_or(span),
            here: false,
        }
    }

    /// Whether the limit of acts is reached: what else is found would not be told.
    #[must_use]
    pub const fn full(&self) -> bool {
        self.drafts.len() >= limits::ACTIONS
    }

    /// Counts a text given to something that is not known; whether it is still looked at as a path.
    /// The first that is not makes the call opaque.
    pub fn looks(&mut self, setting: &Setting<'_>) -> bool {
        self.looked = self.looked.saturating_add(1);
        if self.looked == limits::DOUBTFUL_PATHS.saturating_add(1) {
            self.opaque(
                "call:too_many_paths",
                "more texts that may be paths than are looked at",
                Effects::NONE,
                setting,
            );
        }
        self.looked <= limits::DOUBTFUL_PATHS
    }

    /// Counts a text of inline code; whether it is still read. The first that is not makes the call
    /// opaque.
    pub fn reads_code(&mut self, setting: &Setting<'_>) -> bool {
        self.codes = self.codes.saturating_add(1);
        if self.codes == limits::CODE_TEXTS.saturating_add(1) {
            self.opaque(
                "code:too_many",
                "more texts of inline code than are read",
                Effects::of(&[Effect::InlineCode]),
                setting,
            );
        }
        self.codes <= limits::CODE_TEXTS
    }

    /// Counts a run of an HTTP client; whether it is still read. The first that is not makes the call opaque.
    pub fn reads_client(&mut self, setting: &Setting<'_>) -> bool {
        self.clients = self.clients.saturating_add(1);
        if self.clients == limits::CLIENTS.saturating_add(1) {
            self.opaque(
                "http:too_many",
                "more runs of HTTP clients than are read",
                Effects::of(&[Effect::Egress]),
                setting,
            );
        }
        self.clients <= limits::CLIENTS
    }

    /// Counts words that a program hands on to another; whether they are still followed.
    pub const fn hands_on(&mut self, words: usize) -> bool {
        self.handed = self.handed.saturating_add(words);
        self.still_hands_on()
    }

    /// Whether more words that are handed on would be followed.
    pub const fn still_hands_on(&self) -> bool {
        self.handed <= limits::WORDS_HANDED_ON
    }

    /// Adds drafts, up to the limit; past it one opaque draft stands for the rest.
    pub fn add(&mut self, drafts: Vec<Draft>) {
        for mut draft in drafts {
            if self.drafts.len() >= limits::ACTIONS {
                return;
            }
            if self.drafts.len().saturating_add(1) == limits::ACTIONS {
                draft.stand_for_more();
            }
            if let Some((start, end)) = self.frame.outer_span {
                draft.span.start = start;
                draft.span.end = end;
            }
            self.drafts.push(draft);
        }
    }

    /// Adds one draft made by hand, completed by the setting.
    pub fn note(&mut self, note: Note<'_>, setting: &Setting<'_>) {
        if self.full() {
            return;
        }
        let mut draft = Draft {
            operation: Cow::Owned(note.operation.to_owned()),
            verb: note.verb,
            resource: Resource {
                kind: note.kind,
                id: note.id.map_or_else(|| "*".to_owned(), Value::sketch),
                parents: Vec::new(),
            },
            location: Location::Remote,
            selectors: Vec::new(),
            reversibility: note.reversibility,
            scope: Scope::default(),
            effects: note.effects.union(setting.effects),
            credential: None,
            completeness: note.completeness,
            span: crate::action::Span::default(),
            evidence: vec![note.evidence.to_owned()],
        };
        setting.place_draft(&mut draft, note.id);
        self.add(vec![draft]);
    }

    /// Adds what stands for something executable that cannot be read.
    pub fn opaque(&mut self, operation: &str, why: &str, effects: Effects, setting: &Setting<'_>) {
        self.note(
            Note {
                operation,
                verb: Verb::Unknown,
                kind: ResourceType::Unknown,
                id: None,
                reversibility: Reversibility::Irreversible,
                effects,
                completeness: Completeness::Opaque,
                evidence: why,
            },
            setting,
        );
    }
}

impl Draft {
    /// Makes it stand for more acts than are looked at.
    pub(in crate::interpret) fn stand_for_more(&mut self) {
        self.verb = Verb::Unknown;
        self.completeness = Completeness::Opaque;
        self.operation = Cow::Borrowed("call:too_many_actions");
        self.reversibility = Reversibility::Irreversible;
        self.evidence = vec!["more actions than are looked at".to_owned()];
    }
}

/// A draft in short form.
#[derive(Debug)]
pub struct Note<'a> {
    /// Namespaced operation.
    pub operation: &'a str,
    /// What kind of act.
    pub verb: Verb,
    /// What it acts on.
    pub kind: ResourceType,
    /// Its id.
    pub id: Option<&'a Value>,
    /// What it takes to undo.
    pub reversibility: Reversibility,
    /// Cross-cutting facts.
    pub effects: Effects,
    /// How well understood.
    pub completeness: Completeness,
    /// What it rests on.
    pub evidence: &'a str,
}
