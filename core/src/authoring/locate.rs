//! From an action's span back to the text of the call, so that a page can highlight it.

use super::text::{Range, Utf16};
use crate::action::Span;

/// The parts of `call`, the JSON text of a call, that `span` means: in UTF-16 code units, several
/// when it covers items of a list. Empty when the argument is not there.
#[must_use]
pub fn locate(call: &str, span: &Span) -> Vec<Range> {
    locate_in(call, "arguments", span)
}

/// Does what [`locate`] does in another JSON text, such as the event of a host, whose member
/// `arguments` holds the call's arguments; the text itself does when that is empty.
#[must_use]
pub fn locate_in(text: &str, arguments: &str, span: &Span) -> Vec<Range> {
    let mut reader = Reader { text, at: 0 };
    let path = std::iter::once(arguments).chain(span.argument.split('.'));
    let mut found = Vec::new();
    for name in path.filter(|name| !name.is_empty()) {
        if reader.enter(name).is_none() {
            return found;
        }
    }
    let counter = Utf16::new(text);
    let (start, end) = (span.start as usize, span.end as usize);
    let mut passed = 0_usize;
    for text in reader.texts() {
        let length = text.length();
        let inside = |at: usize| at.saturating_sub(passed).min(length);
        if start <= passed.saturating_add(length) && end >= passed {
            let range = text.byte(inside(start))..text.byte(inside(end));
            if range.start < range.end {
                found.push(counter.range(&range));
            }
        }
        // Items of a list are joined by newlines.
        passed = passed.saturating_add(length).saturating_add(1);
    }
    found
}

/// Walks JSON text that is known to be well-formed; on other text it finds nothing.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

/// A JSON text: for each of its characters the byte of the JSON it starts at, and its length in the
/// argument.
struct Text {
    characters: Vec<(usize, usize)>,
    end: usize,
}

impl Text {
    /// Bytes of the argument.
    fn length(&self) -> usize {
        let lengths = self.characters.iter().map(|(_, length)| *length);
        lengths.fold(0, usize::saturating_add)
    }

    /// The byte of the JSON at which byte `wanted` of the argument stands.
    fn byte(&self, wanted: usize) -> usize {
        let mut passed = 0_usize;
        for (place, length) in &self.characters {
            if passed >= wanted {
                return *place;
            }
            passed = passed.saturating_add(*length);
        }
        self.end
    }
}

impl Reader<'_> {
    /// Moves to the member or item called `name`.
    fn enter(&mut self, name: &str) -> Option<()> {
        let open = self.next()?;
        let wanted = name.parse::<usize>().ok();
        for index in 0_usize.. {
            if matches!(self.peek()?, '}' | ']') {
                return None;
            }
            let here = match open {
                '{' => {
                    let key = self.string()?;
                    self.expect(':')?;
                    key == name
                }
                '[' => wanted == Some(index),
                _ => return None,
            };
            if here {
                self.space();
                return Some(());
            }
            self.skip()?;
            if self.peek()? == ',' {
                self.next();
            }
        }
        None
    }

    /// The texts at this place: the value itself, or the items of the list.
    fn texts(&mut self) -> Vec<Text> {
        let mut texts = Vec::new();
        if self.peek() != Some('[') {
            texts.extend(self.text_here());
            return texts;
        }
        self.next();
        while let Some(text) = self.text_here() {
            texts.push(text);
            if self.next() != Some(',') {
                break;
            }
        }
        texts
    }

    fn text_here(&mut self) -> Option<Text> {
        if self.peek()? != '"' {
            return None;
        }
        let first = self.at.saturating_add(1);
        self.string()?;
        let end = self.at.saturating_sub(1);
        let inside = self.text.get(first..end)?;
        let mut characters = Vec::new();
        let mut rest = inside.char_indices().peekable();
        while let Some((offset, c)) = rest.next() {
            let mut length = c.len_utf8();
            if c == '\\' {
                length = match rest.next()?.1 {
                    'u' => escaped(inside.get(offset..)?, &mut rest)?,
                    _ => 1,
                };
            }
            characters.push((first.saturating_add(offset), length));
        }
        Some(Text { characters, end })
    }

    /// A string, decoded.
    fn string(&mut self) -> Option<String> {
        self.space();
        let mut stream =
            serde_json::Deserializer::from_str(self.text.get(self.at..)?).into_iter::<String>();
        let text = stream.next()?.ok()?;
        self.at = self.at.saturating_add(stream.byte_offset());
        Some(text)
    }

    /// Passes over a value.
    fn skip(&mut self) -> Option<()> {
        let rest = self.text.get(self.at..)?;
        let mut stream =
            serde_json::Deserializer::from_str(rest).into_iter::<serde::de::IgnoredAny>();
        stream.next()?.ok()?;
        self.at = self.at.saturating_add(stream.byte_offset());
        Some(())
    }

    fn expect(&mut self, wanted: char) -> Option<()> {
        (self.next()? == wanted).then_some(())
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at = self.at.saturating_add(c.len_utf8());
        Some(c)
    }

    fn peek(&mut self) -> Option<char> {
        self.space();
        self.text.get(self.at..)?.chars().next()
    }

    fn space(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let passed = rest.len().saturating_sub(rest.trim_start().len());
        self.at = self.at.saturating_add(passed);
    }
}

/// Passes over the digits of `\uXXXX`, of a pair of them for a character beyond the first plane;
/// answers the length of the character in UTF-8.
fn escaped(text: &str, rest: &mut std::iter::Peekable<std::str::CharIndices<'_>>) -> Option<usize> {
    let unit = |at: usize| {
        let digits = text.get(at..at.saturating_add(4))?;
        u32::from_str_radix(digits, 16).ok()
    };
    let first = unit(2)?;
    let pair = (0xD800..0xDC00).contains(&first);
    let digits = if pair { 10 } else { 4 };
    for _ in 0..digits {
        rest.next()?;
    }
    match char::from_u32(first) {
        Some(c) => Some(c.len_utf8()),
        None if pair => Some(4),
        None => None,
    }
}
