//! Bounds on what the parser takes more than linear time for.

use super::{Refusal, Scanner};

/// Most words that leave a `{` or `[` open; for each the parser looks for its end in all that follows.
const OPEN_WORDS: usize = 16;
/// Most conditions of `if` in one another.
const CONDITIONS: usize = 2;
/// Most `{` behind a command of a condition; the parser reads what follows each in two ways, so that the
/// time doubles with each.
const REREAD: usize = 1;

impl Scanner<'_> {
    /// Counts a word in which so many braces or brackets are still open. `command`: it is the first of a
    /// command, where some of them are reserved words.
    pub(super) fn left_open(
        &mut self,
        depth: usize,
        word: &[u8],
        command: bool,
    ) -> Result<(), Refusal> {
        let reserved = matches!(word, b"[" | b"[[") || (command && word == b"{");
        if depth > 0 && !reserved {
            self.open_words = self.open_words.saturating_add(1);
        }
        if self.open_words > OPEN_WORDS {
            Err(Refusal::TooManyBraces)
        } else {
            Ok(())
        }
    }

    /// Counts the conditions of `if` that stand in one another.
    pub(super) fn condition(&mut self, word: &[u8]) -> Result<(), Refusal> {
        match word {
            b"if" | b"elif" => self.conditions = self.conditions.saturating_add(1),
            b"then" => {
                self.conditions = self.conditions.saturating_sub(1);
                if self.conditions == 0 {
                    self.reread = 0;
                }
            }
            _ => {}
        }
        if self.conditions > CONDITIONS {
            return Err(Refusal::TooDeep);
        }
        Ok(())
    }

    /// Counts the `{` at `start` when it stands behind a command of a condition: `if (a) {`. One behind a
    /// word is an argument, or begins the condition; one behind `&&` is part of its command.
    pub(super) fn group(&mut self, start: usize) -> Result<(), Refusal> {
        let before = self.bytes.get(..start).unwrap_or_default().trim_ascii_end();
        let ended = before
            .last()
            .is_some_and(|byte| !byte.is_ascii_alphanumeric());
        let line = self.bytes.get(before.len()..start).unwrap_or_default();
        let joined = [b"&&".as_slice(), b"||", b"|", b"!"]
            .iter()
            .any(|mark| before.ends_with(mark));
        if self.conditions > 0 && !joined && (ended || line.contains(&b'\n')) {
            self.reread = self.reread.saturating_add(1);
        }
        if self.reread > REREAD {
            return Err(Refusal::TooDeep);
        }
        Ok(())
    }
}
