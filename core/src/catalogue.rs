//! The catalogue: what programs, APIs, tools and files are known to do.

#[rustfmt::skip]
mod data;
pub mod paths;
pub mod spec;

pub use data::CATALOGUE;
