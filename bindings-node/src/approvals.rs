//! Approvals in this process.

use std::time::Duration;

use napi::{Error, Result};
use napi_derive::napi;

/// Approvals that live and die with this process: a human's yes for one exact call, once.
#[napi]
pub struct Approvals(checkrein_runtime::Approvals);

#[napi]
impl Approvals {
    /// No approvals yet. One that nobody uses is void after `validFor` seconds.
    #[napi(constructor)]
    pub fn new(valid_for: f64) -> Result<Self> {
        let valid_for = Duration::try_from_secs_f64(valid_for).map_err(|_| {
            Error::from_reason("how long approvals are valid must be seconds, 0 or more")
        })?;
        Ok(Self(checkrein_runtime::Approvals::new(valid_for)))
    }

    /// Notes that a human is about to be asked. `false`: this very call was used already.
    #[napi]
    pub fn show(&self, fingerprint: String, call_id: String) -> bool {
        self.0.show(&fingerprint, &call_id)
    }

    /// Takes the yes for what was shown, once.
    #[napi]
    pub fn redeem(&self, fingerprint: String, call_id: String) -> bool {
        self.0.redeem(&fingerprint, &call_id)
    }

    /// Notes that the human said no.
    #[napi]
    pub fn withdraw(&self, fingerprint: String, call_id: String) {
        self.0.withdraw(&fingerprint, &call_id);
    }
}
