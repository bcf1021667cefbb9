//! Policies: from the operator's files to a bundle that answers requests.
//!
//! ```text
//! sources ─scan→ statements ─parse, validate→ compiled ─index→ Bundle ─evaluate→ Outcome
//! ```
//! A shipped pack arrives compiled; an operator's policies are compiled when they change. A decision
//! builds one Cedar request out of typed parts and runs Cedar over the few policies whose scope can
//! match it.

mod bundle;
mod compile;
mod compiled;
mod condition;
mod evaluate;
mod index;
mod mistakes;
mod names;
mod plan;
mod request;
mod scan;
mod schema;
mod scope;
mod source;
mod validate;
mod workbench;

pub use bundle::{Bundle, Policy};
pub(crate) use compile::ANNOTATIONS;
pub use compile::{Progress, compile_pack};
pub use compiled::{Compiled, CompiledPolicy};
pub use evaluate::Outcome;
pub(crate) use mistakes::statements;
pub use request::{Approver, Query};
pub use schema::SCHEMA;
pub use scope::Scope;
pub use source::{SourceFile, Sources};
pub use workbench::Workbench;

#[cfg(test)]
mod tests;
