#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod approvals;
pub mod cache;
pub mod config;
pub mod guard;
pub mod lines;
pub mod message;
pub mod surroundings;

pub use approvals::Approvals;
pub use guard::{Answer, Guard, Outcome};
