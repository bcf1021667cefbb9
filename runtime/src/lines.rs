//! Reading with a bound: a line that is too long is read off without being kept.

use std::io::{self, BufRead, Read};

/// A line of input.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// Its bytes without the line break.
    Whole(&'a [u8]),
    /// Longer than the bound.
    TooLong,
}

/// Lines of at most `limit` bytes.
#[derive(Debug)]
pub struct Lines<R> {
    input: R,
    limit: usize,
    line: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    /// Lines of `input`.
    pub fn new(input: R, limit: usize) -> Self {
        Self {
            input,
            limit,
            line: Vec::new(),
        }
    }

    /// The input, to see what is buffered.
    pub fn input(&self) -> &R {
        &self.input
    }

    /// The next line; `None` at the end.
    pub fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        self.line.clear();
        let (mut read, mut too_long) = (false, false);
        loop {
            let buffer = match self.input.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            if buffer.is_empty() {
                break;
            }
            read = true;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let part = &buffer[..end.unwrap_or(buffer.len())];
            // One byte more than the limit is room for a carriage return.
            if too_long || self.line.len() + part.len() > self.limit + 1 {
                too_long = true;
            } else {
                self.line.extend_from_slice(part);
            }
            let used = part.len() + usize::from(end.is_some());
            self.input.consume(used);
            if end.is_some() {
                break;
            }
        }
        if !read {
            return Ok(None);
        }
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
        }
        let too_long = too_long || self.line.len() > self.limit;
        Ok(Some(if too_long {
            Line::TooLong
        } else {
            Line::Whole(&self.line)
        }))
    }
}

/// All of `input`; `None` when it is longer than `limit` bytes.
pub fn all(input: impl Read, limit: usize) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    input.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() <= limit).then_some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8], limit: usize) -> Vec<Option<Vec<u8>>> {
        // The smallest buffer, so that every line spans several.
        let mut lines = Lines::new(io::BufReader::with_capacity(2, text), limit);
        let mut found = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            found.push(match line {
                Line::Whole(bytes) => Some(bytes.to_vec()),
                Line::TooLong => None,
            });
        }
        found
    }

    #[test]
    fn lines_end_at_any_line_break_and_at_the_end() {
        assert_eq!(
            read(b"ab\r\n\n\xff\ncd", 5),
            [&b"ab"[..], b"", b"\xff", b"cd"].map(|line| Some(line.to_vec()))
        );
        assert!(read(b"", 5).is_empty());
    }

    #[test]
    fn a_line_over_the_bound_is_read_off_and_the_next_one_is_whole() {
        assert_eq!(
            read(b"abcde\nabcdef\nabcde\r\nx", 5),
            [Some(&b"abcde"[..]), None, Some(b"abcde"), Some(b"x")].map(|l| l.map(<[u8]>::to_vec))
        );
    }

    #[test]
    fn all_is_bounded_at_the_limit_exactly() {
        assert_eq!(all(&b"abc"[..], 3).unwrap(), Some(b"abc".to_vec()));
        assert_eq!(all(&b"abcd"[..], 3).unwrap(), None);
    }
}
