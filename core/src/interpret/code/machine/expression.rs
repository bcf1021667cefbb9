//! What expressions evaluate to.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Machine, text};
use crate::catalogue::spec::CodeName;
use crate::interpret::argument::Argument;
use crate::interpret::code::thing::{OR, Thing, join};
use crate::interpret::code::tree::{Expression, Pattern};
use crate::interpret::nesting;
use crate::interpret::value::{Origin, Value};
use crate::interpret::wildcard::wildcard;
use crate::limits;

/// Longest path of a thing that is kept.
const LONGEST_PATH: usize = 200;

impl Machine<'_, '_> {
    pub(super) fn evaluate(&mut self, expression: &Expression) -> Thing {
        if self.stopped() || !self.enters(nesting::EXPRESSION) {
            return Thing::of(Argument::Unknown);
        }
        let thing = self.evaluated(expression);
        self.session.leave(nesting::EXPRESSION);
        thing
    }

    fn evaluated(&mut self, expression: &Expression) -> Thing {
        match expression {
            Expression::Text(text) => Thing::text(text),
            Expression::Number(text) => Thing::of(Argument::Number(text.clone())),
            Expression::Bool(value) => Thing::of(Argument::Bool(*value)),
            Expression::Null => Thing::of(Argument::Null),
            Expression::Name(name) => self.name(name),
            Expression::Member(base, name) => {
                if let Some(own) = self.own(base, name) {
                    return own;
                }
                let base = self.evaluate(base);
                self.member(&base, name)
            }
            Expression::Item(base, index) => {
                let base = self.evaluate(base);
                let index = self.evaluate(index);
                self.item(&base, &index)
            }
            Expression::Reversed(text) => {
                let text = self.evaluate(text);
                text::reversed(&text)
            }
            Expression::Call(call) => {
                let given = self.call(call);
                self.weighed(given)
            }
            Expression::Join(parts) => {
                let parts: Vec<Thing> = parts.iter().map(|one| self.evaluate(one)).collect();
                self.weighed(concatenated(&parts))
            }
            Expression::Fill(format, values) => {
                let format = self.evaluate(format);
                let values: Vec<Thing> = values.iter().map(|one| self.evaluate(one)).collect();
                self.weighed(text::filled(&format, &values))
            }
            Expression::Path(first, second) => {
                let first = self.evaluate(first);
                let second = self.evaluate(second);
                let path = self.path_of(&first, &second);
                self.weighed(path)
            }
            Expression::Repeat(text, times) => {
                let text = self.evaluate(text);
                let times = self.evaluate(times);
                self.weighed(text::repeated(&text, &times))
            }
            Expression::List(items) => self.list(items),
            Expression::Object(members) => self.object(members),
            Expression::Spread(inner) => self.evaluate(inner),
            Expression::Function(function) => {
                self.functions.push((function.clone(), false));
                Thing {
                    function: Some(function.clone()),
                    ..Thing::of(Argument::Unknown)
                }
            }
            Expression::Either(choices) => {
                let mut choices = choices.iter();
                let Some(first) = choices.next() else {
                    return Thing::of(Argument::Null);
                };
                self.doubts = self.doubts.saturating_add(1);
                let mut value = self.evaluate(first);
                for choice in choices {
                    let other = self.evaluate(choice);
                    value = value.either(&other);
                }
                self.doubts = self.doubts.saturating_sub(1);
                value
            }
            Expression::Parts(parts) => {
                let mut origins = Vec::new();
                for part in parts {
                    let part = self.evaluate(part);
                    origins.extend(part.origins());
                }
                origins.truncate(limits::ORIGINS);
                Thing::from_origins(origins)
            }
            Expression::Each(pattern, over, value) => self.each(pattern, over, value),
            Expression::Let(pattern, value) => {
                let value = self.evaluate(value);
                self.assign(pattern, value.clone());
                value
            }
            Expression::Unread => {
                self.result.unknown = true;
                Thing::of(Argument::Unknown)
            }
        }
    }

    fn list(&mut self, items: &[Expression]) -> Thing {
        let mut all = Vec::with_capacity(items.len());
        for item in items {
            let thing = self.evaluate(item);
            self.escapes(&thing);
            match (item, thing.shape.as_ref()) {
                (Expression::Spread(_), Argument::List(items)) => all.extend(items.iter().cloned()),
                _ => all.push(thing.argument()),
            }
        }
        Thing::of(self.kept(Argument::List(all)))
    }

    fn object(&mut self, members: &[(Option<Expression>, Expression)]) -> Thing {
        let mut all = BTreeMap::new();
        for (key, value) in members {
            let value = self.evaluate(value);
            self.escapes(&value);
            match key {
                Some(key) => {
                    let key = self.evaluate(key);
                    match key.as_value().known_text() {
                        Some(key) => all.insert(key, value.argument()),
                        None => all.insert("?".to_owned(), value.argument()),
                    };
                }
                None => match value.shape.as_ref() {
                    Argument::Object(members) => all.extend(members.clone()),
                    _ => {
                        all.insert("?".to_owned(), value.argument());
                    }
                },
            }
        }
        Thing::of(self.kept(Argument::Object(all)))
    }

    fn each(&mut self, pattern: &Pattern, over: &Expression, value: &Expression) -> Thing {
        let over = self.evaluate(over);
        let many = matches!(over.shape.as_ref(), Argument::List(_));
        let mut results = Vec::new();
        self.doubts = self.doubts.saturating_add(1);
        for item in self.items(&over) {
            self.bind(pattern, item);
            results.push(self.evaluate(value));
        }
        self.doubts = self.doubts.saturating_sub(1);
        match results.pop() {
            Some(only) if !many => only,
            last => Thing::of(Argument::List(
                results
                    .into_iter()
                    .chain(last)
                    .map(|one| one.argument())
                    .collect(),
            )),
        }
    }

    /// What a name stands for.
    pub(super) fn name(&mut self, name: &str) -> Thing {
        if let Some(thing) = self.look_up(name) {
            return thing;
        }
        let plain = self.alias(name).to_owned();
        for star in self.stars.clone() {
            self.costs(1);
            let path = format!("{star}.{name}");
            if self.find(&path).is_some() {
                let path = self.alias(&path).to_owned();
                return Thing::at(&path);
            }
        }
        let thing = Thing::at(&plain);
        self.with_environment(thing, &plain)
    }

    /// A module, or what is in it.
    pub(super) fn module(&mut self, path: &str) -> Thing {
        let path = path.strip_prefix("node:").unwrap_or(path);
        let mut known = String::new();
        for part in path.split('.') {
            if !known.is_empty() {
                known.push('.');
            }
            known.push_str(part);
            if let Some(other) = self.aliased(&known) {
                other.clone_into(&mut known);
            }
        }
        let thing = Thing::at(&known);
        self.with_environment(thing, &known)
    }

    /// A member of something.
    pub(super) fn member(&mut self, base: &Thing, name: &str) -> Thing {
        if let Argument::Object(members) = base.shape.as_ref()
            && let Some(member) = members.get(name)
        {
            return Thing::of(member.clone());
        }
        self.costs(1);
        let before = base.name();
        if self.language.environment.contains(&before) {
            let path = format!("{before}.{name}");
            if self.find(&path).is_none() {
                return self.variable(name).with_path(&path);
            }
        }
        let path = match before {
            _ if self.language.globals.contains(&before) => name.to_owned(),
            _ if before.len() > LONGEST_PATH => format!("?.{name}"),
            _ if matches!(name, "default" | "__dict__") => before.to_owned(),
            _ if before.contains(OR) => {
                let ways = before.split(OR).map(|way| format!("{way}.{name}"));
                let ways: Vec<String> = ways.map(|way| self.alias(&way).to_owned()).collect();
                ways.join(OR)
            }
            _ => format!("{before}.{name}"),
        };
        let path = self.alias(&path).to_owned();
        let mut origins = Vec::new();
        if !matches!(base.shape.as_ref(), Argument::Unknown) || base.made.is_some() {
            origins = base.origins();
        }
        let mut member = Thing::from_origins(origins).with_path(&path);
        member.made.clone_from(&base.made);
        self.with_environment(member, &path)
    }

    /// What is known of some paths from the start: the environment, and constants.
    fn with_environment(&self, thing: Thing, path: &str) -> Thing {
        let constants = self.language.constants;
        if let Ok(at) = constants.binary_search_by(|(name, _)| (*name).cmp(path))
            && let Some((_, text)) = constants.get(at)
        {
            return Thing::value(Value::literal(*text)).with_path(path);
        }
        if self.language.environment.contains(&path) {
            let every = crate::interpret::credential::EVERY_VARIABLE;
            return Thing::from_origins(vec![Origin::Variable(every.to_owned())]).with_path(path);
        }
        thing
    }

    /// An item of something.
    pub(super) fn item(&mut self, base: &Thing, index: &Thing) -> Thing {
        if let Argument::List(items) = base.shape.as_ref() {
            let at = match index.shape.as_ref() {
                Argument::Number(text) => text.parse::<usize>().ok(),
                _ => None,
            };
            if let Some(item) = at.and_then(|at| items.get(at)) {
                return Thing::of(item.clone());
            }
        }
        let key = match index.shape.as_ref() {
            Argument::Text(value) => value.known_text(),
            _ => None,
        };
        match key {
            Some(key) if self.language.environment.contains(&base.name()) => self.variable(&key),
            Some(key) => self.member(base, &key),
            None => {
                let mut item = Thing::from_origins(base.origins());
                item.path = base
                    .path
                    .as_deref()
                    .map(|path| Rc::from(format!("{path}.?")));
                item.made.clone_from(&base.made);
                item
            }
        }
    }

    /// The value of an environment variable.
    pub(super) fn variable(&self, name: &str) -> Thing {
        let set = self.state.variables.get(name).cloned();
        let text = set.and_then(|value| value.known_text()).or_else(|| {
            self.session
                .call
                .env
                .get(name)
                .map(|text| text.expose().to_owned())
        });
        // Whatever it is called, it is the home directory.
        let text = text.or_else(|| (name == "HOME").then(|| "~".to_owned()));
        Thing::value(Value {
            pieces: vec![crate::interpret::value::Piece {
                text,
                origin: Origin::Variable(name.to_owned()),
                pattern: false,
            }],
            span: (0, 0),
        })
    }

    /// A member of the object whose method runs, when some method of the code has set it. All objects
    /// of the code are taken for one.
    pub(super) fn own(&self, base: &Expression, name: &str) -> Option<Thing> {
        let object = own_name(base)?;
        let held = self.frames.first()?;
        held.get(&format!("{object}.{name}")).cloned()
    }

    /// Sets something inside something.
    pub(super) fn bind_place(&mut self, place: &Expression, value: &Thing) {
        if let Expression::Member(base, name) = place
            && let Some(object) = own_name(base)
            && let Some(held) = self.frames.first_mut()
        {
            let key = format!("{object}.{name}");
            let value = match held.get(&key) {
                Some(before) => before.clone().either(value),
                None => value.clone(),
            };
            held.insert(key, value);
            return;
        }
        let (base, name) = match place {
            Expression::Member(base, name) => (self.evaluate(base), Some(name.clone())),
            Expression::Item(base, index) => {
                let base = self.evaluate(base);
                (base, self.evaluate(index).as_value().known_text())
            }
            _ => return,
        };
        if self.language.environment.contains(&base.name()) {
            let value = value.as_value();
            let name = name.unwrap_or_default();
            self.session
                .steering_variable(self.state, &name, &value, self.span);
            self.state.set_variable(&name, value);
            self.state.export(&name);
            return;
        }
        // A function put somewhere may be called from there.
        self.escapes(value);
        // What is put into a thing under a name of the code is in it from now on.
        let (Expression::Member(inner, _) | Expression::Item(inner, _)) = place else {
            return;
        };
        if let (Expression::Name(variable), Some(name)) = (inner.as_ref(), name)
            && let Some(mut thing) = self.look_up(variable)
        {
            if let Argument::Object(members) = thing.shape.as_ref() {
                let mut members = members.clone();
                members.insert(name, value.argument());
                thing.shape = Rc::new(self.kept(Argument::Object(members)));
            } else {
                let mut origins = thing.origins();
                origins.extend(value.origins());
                origins.truncate(limits::ORIGINS);
                if !origins.is_empty() {
                    thing.shape = Thing::from_origins(origins).shape;
                }
            }
            self.bind_name(variable, thing);
        }
    }

    /// What a path is another name of, if anything.
    fn aliased(&self, path: &str) -> Option<&'static str> {
        lookup(self.language.aliases, path).copied()
    }

    /// The path, or what it is another name of.
    pub(super) fn alias<'p>(&self, path: &'p str) -> &'p str {
        self.aliased(path).unwrap_or(path)
    }
}

/// The name by which a method calls its object.
fn own_name(base: &Expression) -> Option<&'static str> {
    match base {
        Expression::Name(name) if name == "self" => Some("self"),
        Expression::Name(name) if name == "this" => Some("this"),
        _ => None,
    }
}

/// What a path stands for: first what is listed by its last name, the most exact first.
pub(super) fn lookup<T>(table: &'static [CodeName<T>], path: &str) -> Option<&'static T> {
    let last = path.rsplit('.').next().unwrap_or(path);
    let group = |last: &str| {
        let start = table.partition_point(|one| one.last < last);
        table.get(start..).unwrap_or_default().iter()
    };
    let mut best: Option<&'static CodeName<T>> = None;
    for one in group(last).take_while(|one| one.last == last) {
        let better = best.is_none_or(|best| one.path.len() > best.path.len());
        if better && (one.path == path || (one.path.contains('*') && wildcard(one.path, path))) {
            best = Some(one);
        }
    }
    if best.is_none() {
        best = group("")
            .take_while(|one| one.last.is_empty())
            .filter(|one| wildcard(one.path, path))
            .max_by_key(|one| one.path.len());
    }
    best.map(|one| &one.meaning)
}

/// Texts one after the other; lists as one list.
fn concatenated(parts: &[Thing]) -> Thing {
    if parts
        .iter()
        .any(|one| matches!(one.shape.as_ref(), Argument::List(_)))
    {
        let mut all = Vec::new();
        for part in parts {
            match part.shape.as_ref() {
                Argument::List(items) => all.extend(items.iter().cloned()),
                other => all.push(other.clone()),
            }
        }
        return Thing::of(Argument::List(all));
    }
    if parts
        .iter()
        .all(|one| matches!(one.shape.as_ref(), Argument::Number(_)))
    {
        return Thing::of(Argument::Unknown);
    }
    let values: Vec<Value> = parts.iter().map(Thing::as_value).collect();
    Thing::value(join(&values))
}
