//! A run of tokens, and where in the call its text stands.

use std::borrow::Cow;
use std::ops::Range;

use super::lex::{self, Kind, Token};

/// Tokens of one text.
#[derive(Debug, Clone, Copy)]
pub struct Seq<'a> {
    /// The text they are cut from.
    pub text: &'a str,
    /// The tokens.
    pub tokens: &'a [Token],
    /// The place in the call that everything here came from, for text inside another text.
    pub outer: Option<(usize, usize)>,
}

impl<'a> Seq<'a> {
    /// The token at `index`.
    #[must_use]
    pub fn token(&self, index: usize) -> Option<&'a Token> {
        self.tokens.get(index)
    }

    /// The kind of the token at `index`.
    #[must_use]
    pub fn kind(&self, index: usize) -> Option<Kind> {
        self.token(index).map(|token| token.kind)
    }

    /// The text of the token at `index`, as written.
    #[must_use]
    pub fn raw(&self, index: usize) -> &'a str {
        self.token(index)
            .and_then(|token| self.text.get(token.start..token.end))
            .unwrap_or_default()
    }

    /// The plain word at `index`, empty when another kind of token is there.
    #[must_use]
    pub fn word(&self, index: usize) -> &'a str {
        match self.kind(index) {
            Some(Kind::Word) => self.raw(index),
            _ => "",
        }
    }

    /// Whether the plain word `word` (lower case) is at `index`.
    #[must_use]
    pub fn is(&self, index: usize, word: &str) -> bool {
        self.word(index).eq_ignore_ascii_case(word)
    }

    /// Whether one of the plain words is at `index`.
    #[must_use]
    pub fn is_any(&self, index: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(index, word))
    }

    /// Whether this mark is at `index`.
    #[must_use]
    pub fn mark(&self, index: usize, mark: u8) -> bool {
        self.kind(index) == Some(Kind::Mark(mark))
    }

    /// What the text or quoted name at `index` says.
    #[must_use]
    pub fn content(&self, index: usize) -> Cow<'a, str> {
        self.token(index)
            .map_or(Cow::Borrowed(""), |token| lex::content(self.text, token))
    }

    /// The tokens of a range.
    #[must_use]
    pub fn part(&self, range: Range<usize>) -> Self {
        Self {
            tokens: self.tokens.get(range).unwrap_or_default(),
            ..*self
        }
    }

    /// The tokens from `start` on.
    #[must_use]
    pub fn from(&self, start: usize) -> Self {
        self.part(start..self.tokens.len())
    }

    /// The index of the bracket that closes the one at `open`; the end when there is none.
    #[must_use]
    pub fn close(&self, open: usize) -> usize {
        let mut depth = 0_usize;
        for index in open..self.tokens.len() {
            if self.mark(index, b'(') {
                depth = depth.saturating_add(1);
            } else if self.mark(index, b')') {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return index;
                }
            }
        }
        self.tokens.len()
    }

    /// The indices of tokens from `start` on that stand in no bracket.
    pub fn outermost(self, start: usize) -> impl Iterator<Item = usize> {
        let mut depth = 0_usize;
        (start..self.tokens.len()).filter(move |index| {
            if self.mark(*index, b'(') {
                depth = depth.saturating_add(1);
                return depth == 1;
            }
            if self.mark(*index, b')') {
                depth = depth.saturating_sub(1);
            }
            depth == 0
        })
    }

    /// The first plain word from `start` on, outside brackets, that is one of these.
    #[must_use]
    pub fn find(&self, start: usize, words: &[&str]) -> Option<usize> {
        self.outermost(start)
            .find(|index| self.is_any(*index, words))
    }

    /// Byte range of the tokens, or of what the text they are in stands for.
    #[must_use]
    pub fn span(&self) -> (usize, usize) {
        self.outer.unwrap_or_else(|| {
            let start = self.tokens.first().map_or(0, |token| token.start);
            (start, self.tokens.last().map_or(start, |token| token.end))
        })
    }

    /// The parts between commas that stand in no bracket.
    #[must_use]
    pub fn by_commas(&self) -> Vec<Self> {
        let mut parts = Vec::new();
        let mut start = 0;
        for index in self.outermost(0) {
            if self.mark(index, b',') {
                parts.push(self.part(start..index));
                start = index.saturating_add(1);
            }
        }
        if start < self.tokens.len() {
            parts.push(self.from(start));
        }
        parts
    }
}

/// `word` in lower case, in `buffer`; longer words are no keywords and come out empty.
#[must_use]
pub fn lower<'b>(word: &str, buffer: &'b mut [u8; 32]) -> &'b str {
    let Some(target) = buffer.get_mut(..word.len()) else {
        return "";
    };
    target.copy_from_slice(word.as_bytes());
    target.make_ascii_lowercase();
    std::str::from_utf8(target).unwrap_or_default()
}

/// Whether sorted `lines` hold `name`.
#[must_use]
pub fn holds(lines: &str, name: &str) -> bool {
    let bytes = lines.as_bytes();
    let (mut low, mut high) = (0, bytes.len());
    while low < high {
        let middle = low.saturating_add(high.saturating_sub(low) / 2);
        let before = bytes.get(low..middle).unwrap_or_default();
        let start = before
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(low, |at| low.saturating_add(at).saturating_add(1));
        let rest = bytes.get(start..high).unwrap_or_default();
        let length = rest
            .iter()
            .position(|byte| *byte == b'\n')
            .unwrap_or(rest.len());
        let line = rest.get(..length).unwrap_or_default();
        match line.cmp(name.as_bytes()) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => low = start.saturating_add(length).saturating_add(1),
            std::cmp::Ordering::Greater => high = start,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorted_lines_are_searched() {
        let lines = "abs\nceil\nfloor\nround\nz";
        for name in lines.split('\n') {
            assert!(holds(lines, name), "{name}");
        }
        for name in ["", "a", "abs\nceil", "cei", "zz", "floors"] {
            assert!(!holds(lines, name), "{name}");
        }
    }
}
