//! A guard for Python.

use std::path::PathBuf;

use checkrein::decision::DenyReason;
use checkrein::inventory::Mode;
use checkrein::policy::{SourceFile, Sources};
use checkrein_runtime::config::{ConfigError, Place};
use checkrein_runtime::guard::{Around, LookUp, guarded};
use checkrein_runtime::{Answer, Guard};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// What an answer is in Python: the decision's canonical JSON, the outcome, the message.
type Answered = (String, &'static str, String);

/// A bundle of policies and an inventory, ready to answer calls. Never changes.
#[pyclass(frozen, module = "checkrein._native")]
#[derive(Debug)]
pub struct Engine(Guard);

#[pymethods]
impl Engine {
    /// Finds the configuration, unless its path is given, and validates it.
    ///
    /// Raises ValueError with every mistake.
    #[staticmethod]
    fn discover(
        py: Python<'_>,
        config: Option<PathBuf>,
        packs: Option<Vec<String>>,
        workspace: Option<PathBuf>,
    ) -> PyResult<Self> {
        open(py, || {
            Guard::discover(config.as_deref(), packs, place(workspace))
        })
    }

    /// Validates policies (name and Cedar text) and the text of a `checkrein.toml`.
    ///
    /// Raises ValueError with every mistake.
    #[staticmethod]
    fn load(
        py: Python<'_>,
        policies: Vec<(String, String)>,
        inventory: Option<String>,
        packs: Option<Vec<String>>,
        workspace: Option<PathBuf>,
    ) -> PyResult<Self> {
        let file = |(name, text)| SourceFile { name, text };
        let sources = Sources {
            policies: policies.into_iter().map(file).collect(),
            inventory: inventory.map(|text| file(("inventory".to_owned(), text))),
            packs,
        };
        open(py, || Guard::load(&sources, place(workspace)))
    }

    /// Decides a call's JSON. Adds what the call does not say: the workspace around the guard's
    /// own directory, or around `directory`, and the environment variables of this process.
    ///
    /// Answers the decision's canonical JSON, what to do (`run`, `ask` or `refuse`), and why.
    fn authorize(
        &self,
        py: Python<'_>,
        call: &str,
        own_workspace: bool,
        directory: Option<PathBuf>,
        own_env: bool,
    ) -> Answered {
        let around = match (&directory, own_workspace) {
            (Some(directory), _) => Some(Around::Directory(directory)),
            (None, true) => Some(Around::Guard),
            (None, false) => None,
        };
        let look_up = LookUp {
            workspace: around,
            // Read before the interpreter's lock is released: Python code may change variables.
            env: own_env.then(checkrein_runtime::surroundings::environment),
        };
        py.detach(|| {
            #[cfg(feature = "fault")]
            if call.contains("checkrein.fault.panic") {
                return answered(self.0.answer_with(|| panic!("a panic was asked for")));
            }
            answered(self.0.answer(call.as_bytes(), look_up))
        })
    }

    /// `sha256:` digest of the policies and the inventory.
    #[getter]
    fn bundle(&self) -> &str {
        self.0.bundle().digest()
    }

    /// Whether decisions are made and never stop a call.
    #[getter]
    fn observing(&self) -> bool {
        self.0.bundle().mode() == Mode::Observe
    }

    /// What has to be said about the configuration.
    #[getter]
    fn notes(&self) -> Vec<String> {
        self.0.notes().to_vec()
    }
}

/// The answer to a call that cannot be given to an engine: no. `kind` is `malformed` or `internal`.
#[pyfunction]
pub fn refuse(kind: &str, message: String) -> Answered {
    let reason = match kind {
        "malformed" => DenyReason::Malformed(message),
        _ => DenyReason::Internal(message),
    };
    answered(Answer::refuse(reason, ""))
}

fn answered(answer: Answer) -> Answered {
    (answer.json, answer.outcome.as_str(), answer.message)
}

fn place(workspace: Option<PathBuf>) -> Place {
    workspace.map_or_else(Place::of_process, |directory| Place::around(&directory))
}

fn open(
    py: Python<'_>,
    work: impl FnOnce() -> Result<Guard, ConfigError> + Send,
) -> PyResult<Engine> {
    match py.detach(|| guarded(work)) {
        Some(Ok(guard)) => Ok(Engine(guard)),
        Some(Err(error)) => Err(PyValueError::new_err(error.to_string())),
        None => Err(PyValueError::new_err(
            "checkrein failed while reading the configuration",
        )),
    }
}
