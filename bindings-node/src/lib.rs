//! The native module of the npm package: convert, call, convert.
//!
//! Everything that decides lives in `checkrein` and `checkrein-runtime`. Nothing here panics into
//! JavaScript.
#![expect(
    missing_debug_implementations,
    reason = "what napi-derive generates has none, and nothing here is printed"
)]

pub mod approvals;
pub mod engine;

use napi_derive::napi;

/// Version of checkrein.
#[napi]
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
