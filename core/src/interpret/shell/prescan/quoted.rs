//! Quotes, parameters, arithmetic and backticks: everything but command position.

use std::sync::Arc;

use super::{Kind, Refusal, Scanner, Source, offset};

impl Scanner<'_> {
    /// From after `'` to after the closing one.
    pub(super) fn single(&mut self, mut at: usize, end: usize) -> Result<usize, Refusal> {
        self.piece()?;
        while let Some(byte) = self.byte(at, end) {
            if byte == b'{' {
                self.quoted_braces.push(offset(at));
            }
            at = at.saturating_add(1);
            if byte == b'\'' {
                return Ok(at);
            }
        }
        Err(Refusal::Unbalanced)
    }

    /// From after `$'` to after the closing quote.
    fn ansi(&mut self, mut at: usize, end: usize) -> Result<usize, Refusal> {
        self.piece()?;
        while let Some(byte) = self.byte(at, end) {
            if byte == b'{' {
                self.quoted_braces.push(offset(at));
            }
            at = at.saturating_add(if byte == b'\\' { 2 } else { 1 });
            if byte == b'\'' {
                return Ok(at);
            }
        }
        Err(Refusal::Unbalanced)
    }

    /// From after `"` to after the closing one.
    pub(super) fn double(&mut self, mut at: usize, end: usize) -> Result<usize, Refusal> {
        self.piece()?;
        while let Some(byte) = self.byte(at, end) {
            at = match byte {
                b'"' => return Ok(at.saturating_add(1)),
                b'{' => {
                    self.quoted_braces.push(offset(at));
                    at.saturating_add(1)
                }
                b'\\' => at.saturating_add(2),
                b'$' => self.dollar(at, end, true)?,
                b'`' => self.backtick(at, end, true)?,
                _ => at.saturating_add(1),
            };
        }
        Err(Refusal::Unbalanced)
    }

    /// The body of a heredoc whose delimiter is not quoted.
    pub(super) fn expanding(&mut self, mut at: usize, end: usize) -> Result<(), Refusal> {
        while let Some(byte) = self.byte(at, end) {
            at = match byte {
                b'\\' => at.saturating_add(2),
                b'$' => self.dollar(at, end, true)?,
                b'`' => self.backtick(at, end, false)?,
                _ => at.saturating_add(1),
            };
        }
        Ok(())
    }

    /// What starts with the `$` at `at`.
    pub(super) fn dollar(&mut self, at: usize, end: usize, quoted: bool) -> Result<usize, Refusal> {
        let second = at.saturating_add(1);
        let third = at.saturating_add(2);
        match self.byte(second, end) {
            Some(b'(') if self.byte(third, end) == Some(b'(') => {
                self.arithmetic(at, at.saturating_add(3), end, b')')
            }
            Some(b'(') => self.substitution(Kind::Command, at, end),
            Some(b'{') => self.parameter(at, end, quoted),
            Some(b'[') => self.arithmetic(at, third, end, b']'),
            Some(b'\'') if !quoted => self.ansi(third, end),
            Some(b'$' | b'#' | b'?' | b'!' | b'@' | b'*' | b'-') => Ok(third),
            _ => {
                self.piece()?;
                Ok(second)
            }
        }
    }

    /// `$(…)`, `<(…)` or `>(…)` at `at`.
    pub(super) fn substitution(
        &mut self,
        kind: Kind,
        at: usize,
        end: usize,
    ) -> Result<usize, Refusal> {
        let body = at.saturating_add(2);
        let place = self.open(kind, at, body)?;
        let after = self.commands(body, end, true, true)?;
        self.close(place, after.saturating_sub(1), after);
        Ok(after)
    }

    fn parameter(&mut self, start: usize, end: usize, quoted: bool) -> Result<usize, Refusal> {
        let mut at = start.saturating_add(2);
        // `${ cmd; }` and `${| cmd; }` run commands; `${(flags)name}` may.
        if matches!(
            self.byte(at, end),
            Some(b' ' | b'\t' | b'\n' | b'|' | b'(' | b'}') | None
        ) {
            return Err(Refusal::Parameter);
        }
        let place = self.open(Kind::Parameter, start, at)?;
        while let Some(byte) = self.byte(at, end) {
            at = match byte {
                b'}' => {
                    let after = at.saturating_add(1);
                    self.close(place, at, after);
                    return Ok(after);
                }
                b'\\' => at.saturating_add(2),
                b'\'' if quoted => self.doubtful_single(at.saturating_add(1), end)?,
                b'\'' => self.single(at.saturating_add(1), end)?,
                b'"' => self.double(at.saturating_add(1), end)?,
                b'$' => self.dollar(at, end, quoted)?,
                b'`' => self.backtick(at, end, quoted)?,
                b'<' | b'>' if !quoted && self.byte(at.saturating_add(1), end) == Some(b'(') => {
                    let kind = if byte == b'<' {
                        Kind::ProcessIn
                    } else {
                        Kind::ProcessOut
                    };
                    self.substitution(kind, at, end)?
                }
                _ => at.saturating_add(1),
            };
        }
        Err(Refusal::Unbalanced)
    }

    /// A single quote inside `"${…}"` is a quote after some operators and a plain character after
    /// others. Only text that means the same both ways is read.
    fn doubtful_single(&self, mut next: usize, end: usize) -> Result<usize, Refusal> {
        while let Some(byte) = self.byte(next, end) {
            match byte {
                b'\'' => return Ok(next.saturating_add(1)),
                b'}' | b'"' | b'$' | b'`' | b'\\' => return Err(Refusal::Ambiguous),
                _ => next = next.saturating_add(1),
            }
        }
        Err(Refusal::Unbalanced)
    }

    /// Arithmetic that opened at `start` and whose expression starts at `body`.
    pub(super) fn arithmetic(
        &mut self,
        start: usize,
        body: usize,
        end: usize,
        closer: u8,
    ) -> Result<usize, Refusal> {
        let place = self.open(Kind::Arithmetic, start, body)?;
        let opener = if closer == b')' { b'(' } else { b'[' };
        let mut nested = 0_usize;
        let mut at = body;
        while let Some(byte) = self.byte(at, end) {
            let next = at.saturating_add(1);
            at = match byte {
                b'\\' => at.saturating_add(2),
                b'"' => self.double(next, end)?,
                b'\'' => return Err(Refusal::Ambiguous),
                b'$' => self.dollar(at, end, true)?,
                b'`' => self.backtick(at, end, true)?,
                _ if byte == opener => {
                    self.count()?;
                    nested = nested.saturating_add(1);
                    self.check_depth(nested)?;
                    next
                }
                _ if byte == closer && nested > 0 => {
                    nested = nested.saturating_sub(1);
                    next
                }
                _ if byte == closer => {
                    let after = if closer == b')' {
                        next.saturating_add(1)
                    } else {
                        next
                    };
                    // `((` that does not end in `))` is two subshells in some shells.
                    if closer == b')' && self.byte(next, end) != Some(b')') {
                        return Err(Refusal::Ambiguous);
                    }
                    self.close(place, at, after);
                    return Ok(after);
                }
                _ => {
                    if byte.is_ascii_punctuation() {
                        self.piece()?;
                    }
                    next
                }
            };
        }
        Err(Refusal::Unbalanced)
    }

    /// Backticks at `start`: the first unescaped backtick closes, whatever stands between.
    pub(super) fn backtick(
        &mut self,
        start: usize,
        end: usize,
        quoted: bool,
    ) -> Result<usize, Refusal> {
        let body = start.saturating_add(1);
        let place = self.open(Kind::Backtick, start, body)?;
        let mut text = Vec::new();
        let mut at = body;
        while let Some(byte) = self.byte(at, end) {
            let next = at.saturating_add(1);
            match (byte, self.byte(next, end)) {
                (b'`', _) => {
                    // INVARIANT: dropping ASCII bytes from UTF-8 text leaves UTF-8 text.
                    let text = String::from_utf8(text).map_err(|_| Refusal::Unbalanced)?;
                    let inner = Source::scan_at(&text, self.depth)?;
                    self.close(place, at, next);
                    if let Some(construct) = self.constructs.get_mut(place) {
                        construct.inner = Some(Arc::new(inner));
                    }
                    return Ok(next);
                }
                (b'\\', Some(escaped)) => {
                    let unescaped = matches!(escaped, b'`' | b'\\' | b'$');
                    if !(unescaped || (quoted && escaped == b'"')) {
                        text.push(byte);
                    }
                    text.push(escaped);
                    at = next.saturating_add(1);
                }
                _ => {
                    text.push(byte);
                    at = next;
                }
            }
        }
        Err(Refusal::Unbalanced)
    }
}
