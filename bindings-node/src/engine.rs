//! A guard for JavaScript.

use std::path::{Path, PathBuf};

use checkrein::decision::DenyReason;
use checkrein::inventory::Mode;
use checkrein::policy::{SourceFile, Sources};
use checkrein_runtime::Guard;
use checkrein_runtime::config::{ConfigError, Place};
use checkrein_runtime::guard::{Around, LookUp, guarded};
use napi::{Error, Result};
use napi_derive::napi;

/// The answer to a call.
#[napi(object, object_from_js = false)]
pub struct Answer {
    /// The decision as canonical JSON.
    pub json: String,
    /// What to do: `run`, `ask` or `refuse`.
    pub outcome: &'static str,
    /// Why, for a model or a person; empty when the call runs.
    pub message: String,
}

/// A policy file.
#[napi(object, object_to_js = false)]
pub struct PolicyFile {
    /// Its name, as it appears in errors.
    pub name: String,
    /// Its Cedar text.
    pub text: String,
}

/// A bundle of policies and an inventory, ready to answer calls. Never changes.
#[napi]
pub struct Engine(Guard);

#[napi]
impl Engine {
    /// Finds the configuration, unless its path is given, and validates it. Throws every mistake.
    #[napi(factory)]
    pub fn discover(
        config: Option<String>,
        packs: Option<Vec<String>>,
        workspace: Option<String>,
    ) -> Result<Self> {
        open(|| Guard::discover(config.as_deref().map(Path::new), packs, place(workspace)))
    }

    /// Validates policies and the text of a `checkrein.toml`. Throws every mistake.
    #[napi(factory)]
    pub fn load(
        policies: Vec<PolicyFile>,
        inventory: Option<String>,
        packs: Option<Vec<String>>,
        workspace: Option<String>,
    ) -> Result<Self> {
        let file = |name, text| SourceFile { name, text };
        let sources = Sources {
            policies: policies
                .into_iter()
                .map(|policy| file(policy.name, policy.text))
                .collect(),
            inventory: inventory.map(|text| file("inventory".to_owned(), text)),
            packs,
        };
        open(|| Guard::load(&sources, place(workspace)))
    }

    /// Decides a call's JSON. Adds the workspace when the call does not say it: that around the
    /// guard's own directory, or around `directory`.
    #[napi]
    pub fn authorize(
        &self,
        call: String,
        own_workspace: bool,
        directory: Option<String>,
    ) -> Answer {
        let directory = directory.map(PathBuf::from);
        let workspace = match (&directory, own_workspace) {
            (Some(directory), _) => Some(Around::Directory(directory)),
            (None, true) => Some(Around::Guard),
            (None, false) => None,
        };
        #[cfg(feature = "fault")]
        if call.contains("checkrein.fault.panic") {
            return self
                .0
                .answer_with(|| panic!("a panic was asked for"))
                .into();
        }
        let look_up = LookUp {
            workspace,
            env: None,
        };
        self.0.answer(call.as_bytes(), look_up).into()
    }

    /// `sha256:` digest of the policies and the inventory.
    #[napi(getter)]
    pub fn bundle(&self) -> String {
        self.0.bundle().digest().to_owned()
    }

    /// Whether decisions are made and never stop a call.
    #[napi(getter)]
    pub fn observing(&self) -> bool {
        self.0.bundle().mode() == Mode::Observe
    }

    /// What has to be said about the configuration.
    #[napi(getter)]
    pub fn notes(&self) -> Vec<String> {
        self.0.notes().to_vec()
    }
}

/// The answer to a call that cannot be given to an engine: no. `kind` is `malformed` or `internal`.
#[napi]
pub fn refuse(kind: String, message: String) -> Answer {
    let reason = match kind.as_str() {
        "malformed" => DenyReason::Malformed(message),
        _ => DenyReason::Internal(message),
    };
    checkrein_runtime::Answer::refuse(reason, "").into()
}

impl From<checkrein_runtime::Answer> for Answer {
    fn from(answer: checkrein_runtime::Answer) -> Self {
        Self {
            json: answer.json,
            outcome: answer.outcome.as_str(),
            message: answer.message,
        }
    }
}

fn place(workspace: Option<String>) -> Place {
    workspace.map_or_else(Place::of_process, |directory| {
        Place::around(Path::new(&directory))
    })
}

fn open(work: impl FnOnce() -> std::result::Result<Guard, ConfigError>) -> Result<Engine> {
    match guarded(work) {
        Some(Ok(guard)) => Ok(Engine(guard)),
        Some(Err(error)) => Err(Error::from_reason(error.to_string())),
        None => Err(Error::from_reason(
            "checkrein failed while reading the configuration",
        )),
    }
}
