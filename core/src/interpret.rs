//! From a tool call to the actions it means.

pub mod shell;
pub mod value;
