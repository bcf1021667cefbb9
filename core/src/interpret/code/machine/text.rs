//! What functions over text make of it: decoding, joining, replacing, filling in.

use crate::interpret::argument::Argument;
use crate::interpret::code::thing::{Arguments, Thing, join, value_of_argument};
use crate::interpret::value::{Origin, Value};
use crate::limits;

pub(super) fn decoded(value: &Value, decode: impl Fn(&str) -> Option<String>) -> Thing {
    match value.known_text().and_then(|text| decode(text.trim())) {
        Some(text) => Thing::value(Value::literal(text)),
        None => {
            let mut origins: Vec<Origin> = value.origins().cloned().collect();
            origins.push(Origin::Unseen);
            Thing::from_origins(origins)
        }
    }
}

pub(super) fn base64(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=')
    {
        let six = match byte {
            b'A'..=b'Z' => byte.wrapping_sub(b'A'),
            b'a'..=b'z' => byte.wrapping_sub(b'a').wrapping_add(26),
            b'0'..=b'9' => byte.wrapping_sub(b'0').wrapping_add(52),
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(six);
        count = count.saturating_add(6);
        if count >= 8 {
            count = count.saturating_sub(8);
            bytes.push(u8::try_from((bits >> count) & 0xff).ok()?);
        }
    }
    String::from_utf8(bytes).ok()
}

pub(super) fn hex(text: &str) -> Option<String> {
    let digits: Vec<u32> = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16))
        .collect::<Option<_>>()?;
    let bytes: Option<Vec<u8>> = digits
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from((high << 4) | low).ok(),
            _ => None,
        })
        .collect();
    String::from_utf8(bytes?).ok()
}

pub(super) fn rot13(c: char) -> char {
    let turn = |first: u8| {
        u8::try_from(c).map_or(c, |byte| {
            let offset = byte.wrapping_sub(first).wrapping_add(13) % 26;
            char::from(first.wrapping_add(offset))
        })
    };
    match c {
        'a'..='z' => turn(b'a'),
        'A'..='Z' => turn(b'A'),
        other => other,
    }
}

/// A text backwards.
pub(super) fn reversed(text: &Thing) -> Thing {
    match text.as_value().known_text() {
        Some(known) => Thing::value(Value::literal(known.chars().rev().collect::<String>())),
        None => Thing::from_origins(text.origins()),
    }
}

pub(super) fn characters(arguments: &Arguments) -> Thing {
    let mut text = String::new();
    let numbers = arguments
        .positional
        .iter()
        .flat_map(|one| match one.shape.as_ref() {
            Argument::List(items) => items.clone(),
            other => vec![other.clone()],
        });
    for number in numbers {
        let c = match &number {
            Argument::Number(digits) => digits.parse::<u32>().ok().and_then(char::from_u32),
            Argument::Text(value) => value.known_text().and_then(|one| one.chars().next()),
            _ => None,
        };
        match c {
            Some(c) => text.push(c),
            None => return Thing::from_origins(vec![Origin::Unseen]),
        }
    }
    Thing::value(Value::literal(text))
}

/// The items of a list with a text between them.
pub(super) fn between(separator: &Value, arguments: &Arguments) -> Thing {
    let list = arguments
        .positional
        .iter()
        .find_map(|one| match one.shape.as_ref() {
            Argument::List(items) => Some(items.clone()),
            _ => None,
        });
    let Some(items) = list else {
        let mut origins: Vec<Origin> = arguments
            .positional
            .iter()
            .flat_map(Thing::origins)
            .collect();
        origins.push(Origin::Unseen);
        return Thing::from_origins(origins);
    };
    let mut parts = Vec::new();
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            parts.push(separator.clone());
        }
        parts.push(value_of_argument(item));
    }
    Thing::value(join(&parts))
}

pub(super) fn replaced(text: &Value, arguments: &Arguments) -> Thing {
    let known = (
        text.known_text(),
        arguments
            .positional
            .first()
            .and_then(|one| one.as_value().known_text()),
        arguments
            .positional
            .get(1)
            .and_then(|one| one.as_value().known_text()),
    );
    match known {
        (Some(text), Some(from), Some(to))
            if !from.is_empty() && text.len() <= limits::CODE_BYTES =>
        {
            let replaced = text.replace(&from, &to);
            if replaced.len() <= limits::CODE_BYTES {
                return Thing::value(Value::literal(replaced));
            }
            Thing::from_origins(vec![Origin::Unseen])
        }
        _ => {
            let mut origins: Vec<Origin> = text.origins().cloned().collect();
            for one in &arguments.positional {
                origins.extend(one.origins());
            }
            origins.push(Origin::Unseen);
            Thing::from_origins(origins)
        }
    }
}

/// A text with `%s` and the like in it, filled in.
pub(super) fn filled(format: &Thing, values: &[Thing]) -> Thing {
    let Some(text) = format.as_value().known_text() else {
        let mut origins = format.origins();
        values.iter().for_each(|one| origins.extend(one.origins()));
        return Thing::from_origins(origins);
    };
    let mut parts = Vec::new();
    let mut rest = text.as_str();
    let mut values = values.iter();
    while let Some((before, after)) = rest.split_once('%') {
        parts.push(Value::literal(before));
        let flags = after.trim_start_matches(|c: char| c.is_ascii_digit() || "-+ #.".contains(c));
        let mut chars = flags.chars();
        match chars.next() {
            Some('%') => parts.push(Value::literal("%")),
            Some('(') | None => parts.push(Value::unseen(Origin::Unseen)),
            Some(_) => parts.push(
                values
                    .next()
                    .map_or_else(|| Value::unseen(Origin::Unseen), Thing::as_value),
            ),
        }
        rest = chars.as_str();
    }
    parts.push(Value::literal(rest));
    Thing::value(join(&parts))
}

/// A text with `{}` and the like in it, filled in.
pub(super) fn filled_by_name(format: &Thing, arguments: &Arguments) -> Thing {
    let Some(text) = format.as_value().known_text() else {
        return Thing::from_origins(format.origins());
    };
    let mut parts = Vec::new();
    let mut rest = text.as_str();
    let mut next = 0_usize;
    while let Some((before, after)) = rest.split_once('{') {
        parts.push(Value::literal(before));
        if let Some(after) = after.strip_prefix('{') {
            parts.push(Value::literal("{"));
            rest = after;
            continue;
        }
        let (inside, after) = after.split_once('}').unwrap_or((after, ""));
        let name = inside
            .split([':', '!', '.', '['])
            .next()
            .unwrap_or_default();
        let value = if name.is_empty() {
            next = next.saturating_add(1);
            arguments.positional.get(next.saturating_sub(1))
        } else if let Ok(index) = name.parse::<usize>() {
            arguments.positional.get(index)
        } else {
            arguments.named.get(name)
        };
        parts.push(value.map_or_else(|| Value::unseen(Origin::Unseen), Thing::as_value));
        rest = after;
    }
    parts.push(Value::literal(rest));
    Thing::value(join(&parts))
}

/// A text several times.
pub(super) fn repeated(text: &Thing, times: &Thing) -> Thing {
    let count = match times.shape.as_ref() {
        Argument::Number(digits) => digits.parse::<usize>().ok(),
        _ => None,
    };
    match (text.shape.as_ref(), count) {
        (Argument::Text(value), Some(count)) if count <= limits::CODE_ITEMS => {
            let parts: Vec<Value> = (0..count).map(|_| value.clone()).collect();
            Thing::value(join(&parts))
        }
        (Argument::Text(_) | Argument::List(_), _) => {
            let mut origins = text.origins();
            origins.push(Origin::Unseen);
            Thing::from_origins(origins)
        }
        _ => Thing::of(Argument::Unknown),
    }
}

/// What `a += b` makes of two things.
pub(super) fn sum(first: &Thing, second: &Thing) -> Thing {
    match (first.shape.as_ref(), second.shape.as_ref()) {
        (Argument::Text(one), Argument::Text(other)) => {
            Thing::value(join(&[one.clone(), other.clone()]))
        }
        (Argument::List(one), Argument::List(other)) => {
            let items = one.iter().chain(other).take(limits::ACTIONS).cloned();
            Thing::of(Argument::List(items.collect()))
        }
        _ => {
            let mut origins = first.origins();
            origins.extend(second.origins());
            origins.truncate(limits::ORIGINS);
            Thing::from_origins(origins)
        }
    }
}

/// The words of a text.
pub(super) fn words(text: &Value) -> Thing {
    match text.known_text() {
        Some(text) => {
            let words = text.split_whitespace().take(limits::COMMAND_WORDS);
            let quotes = ['"', '\''];
            let words = words.map(|word| Argument::Text(Value::literal(word.trim_matches(quotes))));
            Thing::of(Argument::List(words.collect()))
        }
        None => Thing::value(text.clone()),
    }
}
