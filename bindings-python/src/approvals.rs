//! Approvals in this process.

use std::time::Duration;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// Approvals that live and die with this process: a human's yes for one exact call, once.
#[pyclass(frozen, module = "checkrein._native")]
#[derive(Debug)]
pub struct Approvals(checkrein_runtime::Approvals);

#[pymethods]
impl Approvals {
    /// No approvals yet. One that nobody uses is void after `valid_for` seconds.
    #[new]
    fn new(valid_for: f64) -> PyResult<Self> {
        let valid_for = Duration::try_from_secs_f64(valid_for).map_err(|_| {
            PyValueError::new_err("how long approvals are valid must be seconds, 0 or more")
        })?;
        Ok(Self(checkrein_runtime::Approvals::new(valid_for)))
    }

    /// Notes that a human is about to be asked. `False`: this very call was used already.
    fn show(&self, fingerprint: &str, call_id: &str) -> bool {
        self.0.show(fingerprint, call_id)
    }

    /// Takes the yes for what was shown, once.
    fn redeem(&self, fingerprint: &str, call_id: &str) -> bool {
        self.0.redeem(fingerprint, call_id)
    }

    /// Notes that the human said no.
    fn withdraw(&self, fingerprint: &str, call_id: &str) {
        self.0.withdraw(fingerprint, call_id);
    }
}
