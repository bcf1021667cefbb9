//! Every mistake in a bundle's sources, for editors.

use std::collections::HashMap;

use serde::Serialize;

use super::text::{Range, Utf16};
use crate::error::LoadError;
use crate::policy::{Sources, Workbench};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing loads until it is mended.
    Error,
    /// It loads, and probably does not say what was meant.
    Warning,
}

/// One mistake, with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// The file's name as it was handed in, or the part of the bundle that is wrong.
    pub file: String,
    /// How bad it is.
    pub severity: Severity,
    /// Where, in UTF-16 code units; absent when it concerns all of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<Range>,
    /// The same in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<Range>,
    /// Line, from 1; 0 without a place.
    pub line: u32,
    /// Column in characters, from 1; 0 without a place.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// Every mistake in `sources`, sorted by file and place: what keeps them from loading, and what
/// loads but probably does not say what was meant.
///
/// Unlike [`Bundle::load`](crate::Bundle::load) it reads the policies even when the inventory is
/// wrong.
#[must_use]
pub fn diagnose(sources: &Sources) -> Vec<Diagnostic> {
    diagnose_on(&mut Workbench::default(), sources)
}

/// Does what [`diagnose`] does, with what the workbench has kept.
#[must_use]
pub fn diagnose_on(workbench: &mut Workbench, sources: &Sources) -> Vec<Diagnostic> {
    let mistakes = workbench.mistakes(sources);
    all(sources, mistakes)
}

/// What [`diagnose`] says about `sources` that have loaded: there is nothing but warnings.
#[must_use]
pub fn warnings(sources: &Sources) -> Vec<Diagnostic> {
    all(sources, Vec::new())
}

fn all(sources: &Sources, mistakes: Vec<LoadError>) -> Vec<Diagnostic> {
    let mut counts = HashMap::new();
    for file in sources.policies.iter().chain(&sources.inventory) {
        counts
            .entry(file.name.as_str())
            .or_insert_with(|| Utf16::new(&file.text));
    }
    let errors = mistakes.into_iter();
    let found = errors.map(|error| (Severity::Error, error)).chain(
        super::doubts::doubts(sources)
            .into_iter()
            .map(|doubt| (Severity::Warning, doubt)),
    );
    let mut all: Vec<Diagnostic> = found
        .map(|(severity, error)| {
            let counter = counts.get(error.file.as_str());
            let place = error.range.as_ref().zip(counter);
            let range = place.map(|(range, counter)| counter.range(range));
            Diagnostic::new(severity, error, range)
        })
        .collect();
    all.sort_by(|a, b| {
        let key = |d: &Diagnostic| (d.line, d.column);
        (&a.file, key(a), &a.message).cmp(&(&b.file, key(b), &b.message))
    });
    all
}

impl Diagnostic {
    /// The mistake as a diagnostic; `range` is its place in UTF-16 code units.
    pub(super) fn new(severity: Severity, error: LoadError, range: Option<Range>) -> Self {
        Self {
            bytes: range.and(error.range).map(|bytes| Range {
                start: bytes.start,
                end: bytes.end,
            }),
            range,
            file: error.file,
            severity,
            line: error.line,
            column: error.column,
            message: error.message,
            help: error.help,
        }
    }
}
