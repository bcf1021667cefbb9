//! From a tool call to the actions it means.

pub mod acts;
pub mod argument;
pub mod given;
pub mod graphql;
pub mod hint;
pub mod http;
pub mod json;
pub mod place;
pub mod shell;
pub mod value;
