//! The native module of the Python package: convert, call, convert.
//!
//! Everything that decides lives in `checkrein` and `checkrein-runtime`. Nothing here panics into
//! Python, and deciding holds no lock of the interpreter.

mod approvals;
mod encode;
mod engine;

use pyo3::prelude::*;

// A decision is some thousand small allocations.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The native core of checkrein. Use the `checkrein` package, not this module.
#[pymodule]
mod _native {
    #[pymodule_export]
    use crate::approvals::Approvals;
    #[pymodule_export]
    use crate::encode::encode;
    #[pymodule_export]
    use crate::engine::{Engine, refuse};

    /// Version of checkrein.
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
}
