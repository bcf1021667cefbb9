//! What calls answer with, as far as it can be told.

use super::Machine;
use crate::catalogue::spec::{CodeCall, Gives, Source};
use crate::interpret::argument::Argument;
use crate::interpret::code::given::CallGiven;
use crate::interpret::code::thing::{Arguments, Thing, join, value_of_argument};
use crate::interpret::value::{Origin, Piece, Stream, Value};
use crate::limits;

impl Machine<'_, '_> {
    /// What a call of the catalogue answers with.
    pub(super) fn given_by(
        &mut self,
        entry: &'static CodeCall,
        path: &str,
        given: &CallGiven,
        arguments: &Arguments,
        receiver: &Thing,
    ) -> Thing {
        let of = given.argument(entry.of);
        let value = || of.as_ref().map(value_of_argument).unwrap_or_default();
        // The names that a method of a folder asks for.
        let asked = |every: &str| {
            let by_method = !matches!(entry.of, Source::Operands(..));
            let first = arguments.positional.first().filter(|_| by_method);
            first
                .and_then(|one| one.as_value().known_text())
                .unwrap_or_else(|| every.to_owned())
        };
        let unknown = || {
            let mut origins = receiver.origins();
            for thing in arguments.positional.iter().chain(arguments.named.values()) {
                origins.extend(thing.origins());
            }
            origins.truncate(limits::ORIGINS);
            Thing::from_origins(origins)
        };
        let thing = match entry.gives {
            Gives::Unknown => unknown(),
            Gives::Nothing => Thing::of(Argument::Unknown),
            Gives::Same => match entry.of {
                Source::Const(_) | Source::Cwd => Thing::value(value()),
                _ => return self.same(entry, &of, arguments, receiver),
            },
            Gives::Path => self.joined_path(of, arguments),
            Gives::Parent => parent(&value()),
            Gives::Variable => self.variable(&value().sketch()),
            Gives::File => self.content(&value()),
            Gives::Network => {
                let host = value().sketch();
                Thing::from_origins(vec![Origin::Network(host)])
            }
            Gives::Secret => Thing::from_origins(vec![Origin::Secret(path.to_owned())]),
            Gives::Input => self.input(),
            Gives::Glob => below(&value(), "", true),
            Gives::Listing => below(&value(), &format!("/{}", asked("*")), false),
            Gives::Names => below(&Value::default(), "*", false),
            Gives::Tree => below(&value(), &format!("/**/{}", asked("*")), false),
            Gives::Walk => walk(&value()),
            Gives::Base64 => decoded(&value(), base64),
            Gives::Hex => decoded(&value(), hex),
            Gives::Buffer => {
                let encoding = arguments
                    .positional
                    .get(1)
                    .map(|one| one.as_value().sketch());
                match encoding.as_deref() {
                    Some("base64" | "base64url") => decoded(&value(), base64),
                    Some("hex") => decoded(&value(), hex),
                    _ => of.map_or_else(|| Thing::of(Argument::Unknown), Thing::of),
                }
            }
            Gives::Reverse => reversed(&Thing::value(value())),
            Gives::Rot13 => decoded(&value(), |text| Some(text.chars().map(rot13).collect())),
            Gives::Characters => characters(arguments),
            Gives::Decoded => Thing::from_origins(vec![Origin::Unseen]),
            Gives::Joined => {
                let parts: Vec<Value> = arguments.positional.iter().map(Thing::as_value).collect();
                Thing::value(join(&parts))
            }
            Gives::Between => between(&value(), arguments),
            Gives::Replaced => replaced(&value(), arguments),
            Gives::Format => filled_by_name(&Thing::value(value()), arguments),
            Gives::Words => words(&value()),
            Gives::Module => match value().exact() {
                Some(name) => {
                    self.import(&name);
                    return self.module(&name);
                }
                None => {
                    self.opaque("which module is loaded cannot be seen");
                    return Thing::at("?");
                }
            },
            Gives::Member => {
                let name = arguments.positional.get(1).map(Thing::as_value);
                let base = arguments.positional.first().unwrap_or(receiver);
                return match name.and_then(|name| name.exact()) {
                    Some(name) => self.member(base, &name),
                    None => {
                        let index = Thing::of(Argument::Unknown);
                        self.item(base, &index)
                    }
                };
            }
            Gives::Item => {
                let key = arguments.positional.first();
                return match key {
                    Some(key) => self.item(receiver, &key.clone()),
                    None => receiver.clone(),
                };
            }
            Gives::Each => {
                let over = match (
                    &of,
                    arguments.positional.iter().find(|one| self.is_many(one)),
                ) {
                    (_, Some(list)) => list.clone(),
                    _ => receiver.clone(),
                };
                let items = self.items(&over);
                return self.called_with(&items, receiver, arguments);
            }
            Gives::Then => {
                let item = receiver.clone();
                return self.called_with(&[item], receiver, arguments);
            }
            Gives::Called | Gives::Applied => {
                let mut positional = arguments.positional.iter().skip(1).cloned().collect();
                if entry.gives == Gives::Applied {
                    let list = arguments.positional.get(1).map(Thing::argument);
                    positional = match list {
                        Some(Argument::List(items)) => items.into_iter().map(Thing::of).collect(),
                        _ => positional,
                    };
                }
                let given = Arguments {
                    open: arguments.open,
                    positional,
                    ..Arguments::default()
                };
                return self.invoke(receiver, None, &given);
            }
            Gives::Print => {
                self.print(arguments);
                Thing::of(Argument::Null)
            }
        };
        self.made(thing, path, arguments, Some(receiver))
    }

    fn is_many(&self, thing: &Thing) -> bool {
        match thing.shape.as_ref() {
            Argument::List(_) => true,
            Argument::Text(value) => value.has_pattern(),
            _ => false,
        }
    }

    /// The very thing a call was given.
    fn same(
        &self,
        entry: &'static CodeCall,
        of: &Option<Argument>,
        arguments: &Arguments,
        receiver: &Thing,
    ) -> Thing {
        match entry.of {
            Source::Operands(first, _) => {
                let index = usize::try_from(first).unwrap_or(1).saturating_sub(1);
                match arguments.positional.get(index) {
                    Some(thing) => thing.clone(),
                    None => of
                        .clone()
                        .map_or_else(|| Thing::of(Argument::Unknown), Thing::of),
                }
            }
            Source::Argument("self" | "self.is") => receiver.clone(),
            _ => of
                .clone()
                .map_or_else(|| Thing::of(Argument::Unknown), Thing::of),
        }
    }

    fn input(&self) -> Thing {
        let text = self.stdin.text.as_ref().filter(|_| !self.stdin.decoded);
        let mut value = Value::default();
        if let Some(text) = text {
            value.pieces.push(Piece {
                text: Some(text.expose().to_owned()),
                origin: Origin::Literal,
                pattern: false,
            });
        }
        let known = text.is_some();
        value
            .pieces
            .extend(self.stdin.origins.iter().map(|origin| Piece {
                text: known.then(String::new),
                origin: origin.clone(),
                pattern: false,
            }));
        if value.pieces.is_empty() {
            value = Value::unseen(Origin::Unseen);
        }
        Thing::value(value)
    }

    /// The content of a file.
    fn content(&self, path: &Value) -> Thing {
        let stream = self.state.read_file(path);
        let text = stream.text.as_ref().filter(|_| !stream.decoded);
        let mut value = Value::default();
        if let Some(text) = text {
            value = Value::literal(text.expose());
        }
        value.pieces.extend(stream.origins.iter().map(|origin| {
            let resolved = match origin {
                Origin::File(_) => {
                    let cwd = self.state.cwd.clone();
                    let setting = self.session.setting(cwd.as_deref(), self.span);
                    let absolute = setting.resolve(&path.sketch()).map(|path| path.absolute);
                    absolute.map_or_else(|| origin.clone(), Origin::File)
                }
                other => other.clone(),
            };
            Piece {
                text: text.is_some().then(String::new),
                origin: resolved,
                pattern: false,
            }
        }));
        Thing::value(value)
    }

    fn joined_path(&self, start: Option<Argument>, arguments: &Arguments) -> Thing {
        let mut path = start.as_ref().map(value_of_argument).unwrap_or_default();
        let first = arguments.positional.first().map(Thing::as_value);
        for (index, part) in arguments.positional.iter().enumerate() {
            if index == 0 && first.as_ref() == Some(&path) {
                continue;
            }
            path = under(&path, &part.as_value());
        }
        Thing::value(path)
    }

    pub(super) fn path_of(&mut self, first: &Thing, second: &Thing) -> Thing {
        let numbers = matches!(first.shape.as_ref(), Argument::Number(_));
        if numbers {
            return Thing::of(Argument::Unknown);
        }
        let path = under(&first.as_value(), &second.as_value());
        Thing {
            shape: Thing::value(path).shape,
            ..first.clone()
        }
    }

    fn print(&mut self, arguments: &Arguments) {
        let parts: Vec<Value> = arguments.positional.iter().map(Thing::as_value).collect();
        let mut line = Stream::from_value(&join(&[Value::join(&parts), Value::literal("\n")]));
        if self.doubts > 0 || !arguments.named.is_empty() {
            line.text = None;
        }
        self.result.stdout.merge(&line);
    }

    /// A library that the code loads.
    pub(super) fn import(&mut self, name: &str) {
        self.costs(6);
        let module = self.module(name);
        let module = module.name().to_owned();
        if self.is_pure(&module) {
            return;
        }
        self.result.unknown = true;
        if !self.imports.contains(&module)
            && self.imports.len() < limits::NAMES_INSIDE.saturating_mul(4)
        {
            self.imports.push(module);
        }
    }
}

/// A path below another.
fn under(above: &Value, below: &Value) -> Value {
    if above.pieces.is_empty() || below.prefix().starts_with('/') {
        return below.clone();
    }
    let slash = if above.sketch().ends_with('/') {
        ""
    } else {
        "/"
    };
    join(&[above.clone(), Value::literal(slash), below.clone()])
}

fn parent(path: &Value) -> Thing {
    let Some(text) = path.known_text() else {
        return Thing::value(path.clone());
    };
    let above = text
        .trim_end_matches('/')
        .rsplit_once('/')
        .map_or(".", |(above, _)| above);
    Thing::text(if above.is_empty() { "/" } else { above })
}

/// What lies in a folder, or matches a pattern.
fn below(folder: &Value, pattern: &str, whole: bool) -> Thing {
    let mut value = folder.clone();
    if whole {
        for piece in &mut value.pieces {
            piece.pattern |= piece
                .text
                .as_deref()
                .is_some_and(|text| text.contains(['*', '?', '[']));
        }
    }
    if !pattern.is_empty() {
        value.pieces.push(Piece {
            text: Some(pattern.to_owned()),
            origin: Origin::Literal,
            pattern: true,
        });
    }
    Thing::value(value)
}

/// Triples of a folder, the folders in it and the files in it.
fn walk(folder: &Value) -> Thing {
    let deep = below(folder, "/**", false).argument();
    let names = || Argument::List(vec![below(&Value::default(), "*", false).argument()]);
    Thing::of(Argument::List(vec![Argument::List(vec![
        deep,
        names(),
        names(),
    ])]))
}

fn decoded(value: &Value, decode: impl Fn(&str) -> Option<String>) -> Thing {
    match value.known_text().and_then(|text| decode(text.trim())) {
        Some(text) => Thing::value(Value::literal(text)),
        None => {
            let mut origins: Vec<Origin> = value.origins().cloned().collect();
            origins.push(Origin::Unseen);
            Thing::from_origins(origins)
        }
    }
}

fn base64(text: &str) -> Option<String> {
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

fn hex(text: &str) -> Option<String> {
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

fn rot13(c: char) -> char {
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

fn characters(arguments: &Arguments) -> Thing {
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
fn between(separator: &Value, arguments: &Arguments) -> Thing {
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

fn replaced(text: &Value, arguments: &Arguments) -> Thing {
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
fn filled_by_name(format: &Thing, arguments: &Arguments) -> Thing {
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
fn words(text: &Value) -> Thing {
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
