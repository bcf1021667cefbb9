//! Places in text, in bytes and as editors count them.

use serde::Serialize;

/// How many bytes lie between two places whose count is kept.
const STEP: usize = 1024;

/// A part of a text, in UTF-16 code units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Range {
    /// First code unit.
    pub start: usize,
    /// One past the last code unit.
    pub end: usize,
}

/// Converts between bytes and UTF-16 code units of one text.
#[derive(Debug)]
pub struct Utf16<'a> {
    text: &'a str,
    /// Bytes and code units in front of the first character of each step.
    steps: Vec<(usize, usize)>,
}

impl<'a> Utf16<'a> {
    /// Reads `text` once.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        let mut steps = Vec::new();
        let mut units = 0_usize;
        let mut next = 0_usize;
        for (at, c) in text.char_indices() {
            if at >= next {
                steps.push((at, units));
                next = at.saturating_add(STEP);
            }
            units = units.saturating_add(c.len_utf16());
        }
        Self { text, steps }
    }

    /// The code units in front of byte `at`; those of the whole text when it is shorter.
    #[must_use]
    pub fn units(&self, at: usize) -> usize {
        let after = self.steps.partition_point(|(byte, _)| *byte <= at);
        let (from, units) = self.step(after);
        let rest = self.text.get(from..).unwrap_or_default().char_indices();
        rest.take_while(|(offset, c)| {
            from.saturating_add(*offset).saturating_add(c.len_utf8()) <= at
        })
        .fold(units, |sum, (_, c)| sum.saturating_add(c.len_utf16()))
    }

    /// The byte at which `units` code units have passed; the length of the text when it is shorter.
    #[must_use]
    pub fn byte(&self, units: usize) -> usize {
        let after = self.steps.partition_point(|(_, count)| *count <= units);
        let (from, mut count) = self.step(after);
        for (offset, c) in self.text.get(from..).unwrap_or_default().char_indices() {
            count = count.saturating_add(c.len_utf16());
            if count > units {
                return from.saturating_add(offset);
            }
        }
        self.text.len()
    }

    /// The range for a range of bytes.
    #[must_use]
    pub fn range(&self, bytes: &std::ops::Range<usize>) -> Range {
        Range {
            start: self.units(bytes.start),
            end: self.units(bytes.end),
        }
    }

    fn step(&self, after: usize) -> (usize, usize) {
        let step = after.checked_sub(1).and_then(|index| self.steps.get(index));
        step.copied().unwrap_or_default()
    }
}
