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

// Measured: about 14 µs of a decision that takes 150.
#[cfg(not(target_family = "wasm"))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Version of checkrein.
#[napi]
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
