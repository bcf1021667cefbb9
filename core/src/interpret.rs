//! From a tool call to the actions it means.

pub mod acts;
pub mod argument;
pub mod place;
pub mod shell;
pub mod value;
