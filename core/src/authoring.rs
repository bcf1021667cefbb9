//! Help for those who write policies: what is wrong and where, what could stand here, how the text
//! looks tidy, what it decides, and which part of a call was understood as what.
//!
//! Answers are plain data that serialise to JSON. Ranges in them are UTF-16 code units, as editors
//! count, unless they say bytes.

mod act;
mod complete;
mod diagnose;
mod doubts;
mod examples;
mod format;
mod lex;
mod locate;
mod matrix;
mod outline;
mod schema;
mod text;
mod trial;
mod words;

pub use act::{Act, Facts, UsedCredential};
pub use complete::{Completion, Completions, complete};
pub use diagnose::{Diagnostic, Severity, diagnose, diagnose_on, warnings};
pub use examples::{Example, Landing, examples};
pub use format::format;
pub use locate::{locate, locate_in};
pub use matrix::{Cell, Matrix, MatrixOptions, matrix};
pub use outline::{OutlinedPolicy, outline};
pub use text::{Range, Utf16};
pub use trial::{Trial, Trials, run_tests};
pub use words::{Word, vocabulary};

#[cfg(test)]
mod tests;
