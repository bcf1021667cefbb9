//! `$'…'`: text with C-like escapes.

/// Decodes from after the opening `$'`. Returns the text and what was read, closing quote included.
///
/// Bytes that are no UTF-8 together, and escapes that bash would reject, become U+FFFD.
#[must_use]
pub fn decode(source: &str) -> Option<(String, &str)> {
    let mut bytes = Vec::new();
    let mut rest = source.chars();
    let mut ended = false;
    loop {
        match rest.next()? {
            '\'' => break,
            '\\' => {
                let escape = rest.next()?;
                // A NUL ends the word for the shell, but not the quotes.
                ended |= !escaped(escape, &mut rest, &mut bytes);
            }
            c if !ended => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            _ => {}
        }
        if ended {
            let end = bytes
                .iter()
                .position(|byte| *byte == 0)
                .unwrap_or(bytes.len());
            bytes.truncate(end);
        }
    }
    let used = source.len().saturating_sub(rest.as_str().len());
    Some((
        String::from_utf8_lossy(&bytes).into_owned(),
        source.get(..used)?,
    ))
}

/// Appends what an escape stands for; `false` when that is a NUL.
fn escaped(escape: char, rest: &mut std::str::Chars<'_>, bytes: &mut Vec<u8>) -> bool {
    let byte = match escape {
        'a' => 7,
        'b' => 8,
        'e' | 'E' => 27,
        'f' => 12,
        'n' => 10,
        'r' => 13,
        't' => 9,
        'v' => 11,
        '\\' | '\'' | '"' | '?' => escape as u32,
        '0'..='7' => {
            let first = escape.to_digit(8).unwrap_or(0);
            number(rest, 8, 2, first).0 & 0xff
        }
        'x' => match number(rest, 16, 2, 0) {
            (_, 0) => return literal(escape, bytes),
            (value, _) => value & 0xff,
        },
        'u' | 'U' => match number(rest, 16, if escape == 'u' { 4 } else { 8 }, 0) {
            (_, 0) => return literal(escape, bytes),
            (value, _) => {
                let c = char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER);
                bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                return value != 0;
            }
        },
        'c' => match rest.clone().next() {
            None | Some('\'') => return literal(escape, bytes),
            Some(c) => {
                rest.next();
                u32::from(c.to_ascii_uppercase()) & 0x1f
            }
        },
        _ => return literal(escape, bytes),
    };
    bytes.push(u8::try_from(byte).unwrap_or(b'?'));
    byte != 0
}

fn literal(escape: char, bytes: &mut Vec<u8>) -> bool {
    bytes.push(b'\\');
    bytes.extend_from_slice(escape.encode_utf8(&mut [0; 4]).as_bytes());
    true
}

/// Up to `most` digits; their value after `value`, and how many there were.
fn number(rest: &mut std::str::Chars<'_>, radix: u32, most: usize, mut value: u32) -> (u32, usize) {
    let mut count = 0_usize;
    while count < most {
        let Some(digit) = rest.clone().next().and_then(|c| c.to_digit(radix)) else {
            break;
        };
        rest.next();
        value = value.wrapping_mul(radix).wrapping_add(digit);
        count = count.saturating_add(1);
    }
    (value, count)
}
