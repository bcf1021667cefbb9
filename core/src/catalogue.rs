//! The catalogue: what programs, APIs, tools and files are known to do.

pub mod spec;
