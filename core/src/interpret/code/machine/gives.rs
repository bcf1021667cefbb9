//! What calls answer with, as far as it can be told.

use super::Machine;
use super::text::{
    base64, between, characters, decoded, filled_by_name, hex, replaced, reversed, rot13, words,
};
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
            // `Function.prototype.call.call(f)`
            Gives::Called | Gives::Applied if receiver.name() == path => {
                self.opaque("which function is called cannot be seen");
                unknown()
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
