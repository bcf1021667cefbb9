//! A bundle that answers calls.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use checkrein::authoring::{self, MatrixOptions};
use checkrein::decision::DenyReason;
use checkrein::error::LoadErrors;
use checkrein::policy::{Sources, Workbench};
use checkrein::{Bundle, Decision, wire};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::{answer, read};

/// A bundle of policies and an inventory, ready to answer calls. One that did not load denies.
#[wasm_bindgen]
pub struct Engine {
    bundle: Result<Arc<Bundle>, String>,
    /// Shared with those made of it by an edit.
    workbench: Rc<RefCell<Workbench>>,
}

#[wasm_bindgen]
impl Engine {
    /// Validates `Sources`.
    #[wasm_bindgen(constructor)]
    pub fn new(sources: &str) -> Self {
        Self::on(Rc::default(), sources)
    }

    /// Another for `Sources` that were edited: what is valid here is not validated again.
    pub fn edited(&self, sources: &str) -> Self {
        Self::on(Rc::clone(&self.workbench), sources)
    }

    fn on(workbench: Rc<RefCell<Workbench>>, sources: &str) -> Self {
        let load = |sources: Sources| {
            let loaded = workbench.borrow_mut().load(&sources);
            loaded.map_err(|errors: LoadErrors| errors.to_string())
        };
        let bundle = read(sources).and_then(load);
        Self { bundle, workbench }
    }

    /// Every mistake in the `Sources` it was made of, which have to be given again: `Diagnostic[]`.
    pub fn diagnose(&self, sources: &str) -> String {
        let diagnose = |sources: Sources| match &self.bundle {
            Ok(_) => authoring::warnings(&sources),
            Err(_) => authoring::diagnose_on(&mut self.workbench.borrow_mut(), &sources),
        };
        answer(read(sources).map(diagnose))
    }

    /// Why it did not load; empty when it did.
    #[wasm_bindgen(getter)]
    pub fn problem(&self) -> String {
        self.bundle.as_ref().err().cloned().unwrap_or_default()
    }

    /// `sha256:` digest of the policies and the inventory; empty when it did not load.
    #[wasm_bindgen(getter)]
    pub fn bundle(&self) -> String {
        let bundle = self.bundle.as_ref().map(|bundle| bundle.digest());
        bundle.unwrap_or_default().to_owned()
    }

    /// Decides a call's JSON: the decision as canonical JSON.
    pub fn authorize(&self, call: &str) -> String {
        #[cfg(feature = "fault")]
        fault(call);
        let decision = match (&self.bundle, wire::call_from_json(call.as_bytes())) {
            (Ok(bundle), Ok(call)) => checkrein::authorize(bundle, &call),
            (Ok(bundle), Err(error)) => Decision::refuse(error.into(), bundle.digest()),
            (Err(problem), _) => Decision::refuse(DenyReason::Bundle(problem.clone()), ""),
        };
        wire::decision_to_json(&decision)
    }

    /// The verdict on every verb, resource type and environment class: `Matrix`.
    pub fn matrix(&self, options: &str) -> String {
        let matrix = |options: MatrixOptions| authoring::matrix(self.usable()?, &options);
        answer(read(options).and_then(matrix))
    }

    /// The results of the tests in a pack's form: `Trials`.
    #[wasm_bindgen(js_name = runTests)]
    pub fn run_tests(&self, tests: &str) -> String {
        answer(
            self.usable()
                .and_then(|bundle| authoring::run_tests(bundle, tests)),
        )
    }

    /// Calls of `agent` by where they land: `Landing[]`.
    pub fn examples(&self, agent: &str) -> String {
        answer(
            self.usable()
                .map(|bundle| authoring::examples(bundle, agent)),
        )
    }

    fn usable(&self) -> Result<&Bundle, String> {
        self.bundle.as_deref().map_err(Clone::clone)
    }
}

/// Traps when asked to, as a fault in the engine would.
#[cfg(feature = "fault")]
fn fault(call: &str) {
    #[expect(unconditional_recursion, reason = "it is to overflow the stack")]
    fn deeper(bytes: &[u8; 4096]) -> u8 {
        let mut next = *bytes;
        next[0] = next[0].wrapping_add(1);
        deeper(std::hint::black_box(&next)).wrapping_add(next[1])
    }
    if call.contains("checkrein.fault.panic") {
        panic!("a panic was asked for");
    }
    if call.contains("checkrein.fault.overflow") {
        std::hint::black_box(deeper(&[0; 4096]));
    }
}
