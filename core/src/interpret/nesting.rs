//! What each walk within a walk takes of the stack, together at most [`limits::NESTING`].
//!
//! Texts, functions and programs have limits of depth of their own; a call that goes to each of them
//! inside the others would still be too deep for a small stack.

use super::session::Session;
use crate::limits;

/// A command of a shell, or a block of one of Windows.
pub const COMMAND: usize = 6;
/// A substitution in a word.
pub const SUBSTITUTION: usize = 4;
/// A program that runs another, or text.
pub const PROGRAM: usize = 12;
/// A text in a language of its own.
pub const TEXT: usize = 8;
/// What the parser of a shell takes for each level of its text.
pub const PARSED_LEVEL: usize = 14;
/// What a parser of code takes at most.
pub const PARSED_CODE: usize = 96;
/// A function of code.
pub const FUNCTION: usize = 4;
/// A statement or expression of code.
pub const EXPRESSION: usize = 1;

impl Session<'_> {
    /// Goes deeper; `false`: too deep. Each that was let in is to leave with the same weight.
    #[must_use]
    pub const fn enter(&mut self, weight: usize) -> bool {
        let nested = self.nested.saturating_add(weight);
        let fits = nested <= limits::NESTING;
        if fits {
            self.nested = nested;
        }
        fits
    }

    /// Comes back from where it went by [`Session::enter`].
    pub const fn leave(&mut self, weight: usize) {
        self.nested = self.nested.saturating_sub(weight);
    }
}
