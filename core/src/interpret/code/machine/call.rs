//! Calls: what is called, with what, and what it does by the catalogue.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::Machine;
use super::expression::lookup;
use crate::action::{Effects, Selector};
use crate::catalogue::spec::{CodeCall, CodeHttp, Gives, Source};
use crate::interpret::acts::{self, Given as _};
use crate::interpret::argument::Argument;
use crate::interpret::code::given::{CallGiven, mask_all};
use crate::interpret::code::thing::{Arguments, OR, Thing, join, value_of_argument};
use crate::interpret::code::tree::{Call, Expression};
use crate::interpret::http::{self, url_tool};
use crate::interpret::session::Note;
use crate::interpret::value::{Origin, Stream, Value};
use crate::interpret::{hint, nesting, sql};
use crate::limits;
use crate::vocabulary::{Completeness, Effect, ResourceType, Reversibility, Verb, VerbGroup};

impl Machine<'_, '_> {
    pub(super) fn find(&self, path: &str) -> Option<&'static CodeCall> {
        lookup(self.language.calls, path).copied()
    }

    /// Whether calls of that name are listed.
    pub fn names(&self, path: &str) -> bool {
        self.find(path).is_some()
    }

    pub(super) fn call(&mut self, call: &Call) -> Thing {
        let (receiver, callee) = match &call.callee {
            Expression::Member(base, name) => {
                let own = self.own(base, name);
                let base = self.evaluate(base);
                let callee = own.unwrap_or_else(|| self.member(&base, name));
                (Some(base), callee)
            }
            Expression::Item(base, index) => {
                let base = self.evaluate(base);
                let index = self.evaluate(index);
                let callee = self.item(&base, &index);
                (Some(base), callee)
            }
            other => (None, self.evaluate(other)),
        };
        let mut arguments = Arguments::default();
        for given in &call.arguments {
            let value = self.evaluate(&given.value);
            match (&given.name, &given.value, value.shape.as_ref()) {
                (Some(name), _, shape) if name.is_empty() => match shape {
                    Argument::Object(members) => {
                        let members = members
                            .iter()
                            .map(|(name, one)| (name.clone(), Thing::of(one.clone())));
                        arguments.named.extend(members);
                    }
                    _ => arguments.open = true,
                },
                (Some(name), _, _) => {
                    arguments.named.insert(name.clone(), value);
                }
                (None, Expression::Spread(_), Argument::List(items)) => {
                    arguments
                        .positional
                        .extend(items.iter().cloned().map(Thing::of));
                }
                (None, Expression::Spread(_), _) => {
                    arguments.open = true;
                    arguments.positional.push(value);
                }
                (None, ..) => arguments.positional.push(value),
            }
        }
        self.invoke(&callee, receiver.as_ref(), &arguments)
    }

    /// Calls something.
    pub fn invoke(
        &mut self,
        callee: &Thing,
        receiver: Option<&Thing>,
        arguments: &Arguments,
    ) -> Thing {
        if self.stopped() || !self.enters(nesting::FUNCTION) {
            return Thing::of(Argument::Unknown);
        }
        let given = self.entered(callee, receiver, arguments);
        self.session.leave(nesting::FUNCTION);
        given
    }

    fn entered(
        &mut self,
        callee: &Thing,
        receiver: Option<&Thing>,
        arguments: &Arguments,
    ) -> Thing {
        if let Some(function) = &callee.function {
            let rest = Thing::of(Argument::Unknown);
            let given = self.follow(function, &arguments.positional, &arguments.named, &rest);
            // It may be another function as well, which is not the code's own.
            let other = Thing {
                function: None,
                ..callee.clone()
            };
            return match other.path {
                Some(_) => given.either(&self.invoke(&other, receiver, arguments)),
                None => given,
            };
        }
        let path = callee.name().to_owned();
        if path.contains(OR) {
            let ways = path.split(OR).map(|way| callee.clone().with_path(way));
            let given = ways.map(|way| self.invoke(&way, receiver, arguments));
            return given
                .reduce(|one, other| one.either(&other))
                .unwrap_or_else(|| Thing::of(Argument::Unknown));
        }
        self.costs((path.len() / 16).saturating_add(2));
        let Some(entry) = self.find(&path) else {
            return self.unlisted(&path, receiver.unwrap_or(callee), arguments);
        };
        let receiver = receiver.unwrap_or(callee);
        let cwd = self.state.cwd.clone();
        let given = CallGiven::new(
            arguments,
            Some(receiver),
            entry.parameters,
            self.session,
            cwd,
        );
        let ran = self.does(entry, &path, &given);
        let mut result = self.given_by(entry, &path, &given, arguments, receiver);
        for origin in ran.origins {
            if matches!(result.shape.as_ref(), Argument::Unknown) {
                result.shape = Thing::from_origins(vec![origin]).shape;
            }
        }
        if !matches!(
            entry.gives,
            Gives::Each | Gives::Then | Gives::Called | Gives::Applied
        ) {
            self.callbacks(entry.gives, &result, receiver, arguments);
        }
        result
    }

    /// What a call does that the catalogue has. Answers with what comes out of what it runs.
    fn does(&mut self, entry: &'static CodeCall, path: &str, given: &CallGiven) -> Stream {
        if does_something(entry) {
            self.costs(limits::CODE_CALL_STEPS);
        }
        let first = self.session.drafts.len();
        let cwd = self.state.cwd.clone();
        let setting = self.session.setting(cwd.as_deref(), self.span);
        let drafts = acts::drafts(entry.acts, given, &setting);
        self.session.add(drafts);
        if let Some(grammar) = entry.grammar {
            self.method(entry, grammar, path, given);
        }
        if let Some(http) = &entry.http {
            let mut request = request(http, given, self.span);
            if let http::Body::Structured(body) = &mut request.body {
                mask_all(body, self.session.catalogue);
            }
            let drafts = http::drafts(&request, &setting);
            self.session.add(drafts);
        }
        let mut texts = Vec::new();
        for source in entry.sql {
            let found = given.found(*source);
            if texts.is_empty() {
                texts = found.values;
            }
            if texts.is_empty() && found.incomplete {
                texts.push(Value::unseen(Origin::Unseen));
            }
        }
        for text in texts {
            sql::interpret(self.session, &text, None, &setting);
        }
        for (kind, source) in entry.selectors {
            for value in given.found(*source).values {
                for draft in self.session.drafts.iter_mut().skip(first) {
                    draft.selectors.push(Selector {
                        kind: *kind,
                        value: value.sketch(),
                    });
                }
            }
        }
        if let Some((file, content)) = entry.writes {
            let content = given.argument(content).map_or_else(
                || Stream::from_origin(Origin::Unseen),
                |content| Stream::from_value(&value_of_argument(&content)),
            );
            if let Some(file) = given.found(file).values.first() {
                self.state.write_file(file, &content, false);
                self.session.sources_written(file, &content, &setting);
            }
        }
        if let Some(file) = entry
            .downloads
            .and_then(|file| given.found(file).values.into_iter().next())
        {
            let host = given
                .argument(entry.of)
                .map(|of| value_of_argument(&of).sketch());
            let content = Stream::from_origin(Origin::Network(host.unwrap_or_default()));
            self.state.write_file(&file, &content, false);
        }
        if let Some(sent) = entry.leaks {
            self.sends(&given.found(sent).values, path);
        }
        let mut ran = self.runs(entry, given);
        if let Some(cli) = &entry.cli {
            ran.merge(&self.command_line(cli, path, given));
        }
        if let Some(directory) = entry.directory {
            let to = given.found(directory).values.first().and_then(Value::exact);
            let cwd = self.state.cwd.take();
            self.state.cwd = to.and_then(|to| {
                let setting = self.session.setting(cwd.as_deref(), self.span);
                setting.resolve(&to).map(|path| path.absolute)
            });
        }
        ran
    }

    /// What leaves this machine with a call.
    fn sends(&mut self, values: &[Value], path: &str) {
        let cwd = self.state.cwd.clone();
        let setting = self.session.setting(cwd.as_deref(), self.span);
        let secret = values.iter().any(|value| {
            let named = value.exact().is_some_and(|text| setting.is_secret(&text));
            named
                || value
                    .origins()
                    .any(|origin| self.session.leaks(origin, &setting))
        });
        if !secret {
            return;
        }
        self.session.note(
            Note {
                operation: "data:exfiltrate",
                verb: Verb::Send,
                kind: ResourceType::Host,
                id: Some(&Value::literal(path)),
                reversibility: Reversibility::Irreversible,
                effects: Effects::of(&[Effect::Egress, Effect::Exfiltration]),
                completeness: Completeness::Partial,
                evidence: "a secret or private file flows to the network",
            },
            &setting,
        );
    }

    /// A call that the catalogue does not have.
    fn unlisted(&mut self, path: &str, receiver: &Thing, arguments: &Arguments) -> Thing {
        let foreign = self.is_foreign(path);
        self.result.unknown |= foreign;
        if foreign {
            self.hinted(path);
        }
        if path.ends_with(".?") && !path.starts_with('?') && self.reaches(path) {
            self.result.unknown = true;
            self.opaque("which function is called cannot be seen");
        }
        let mut origins = receiver.origins();
        let all = arguments.positional.iter().chain(arguments.named.values());
        for thing in all {
            for origin in thing.origins() {
                if !origins.contains(&origin) && origins.len() < limits::ORIGINS {
                    origins.push(origin);
                }
            }
        }
        let result = self.made(
            Thing::from_origins(origins),
            path,
            arguments,
            Some(receiver),
        );
        self.callbacks(Gives::Unknown, &result, receiver, arguments);
        result
    }

    /// What is made by a call.
    pub(super) fn made(
        &mut self,
        mut thing: Thing,
        path: &str,
        arguments: &Arguments,
        receiver: Option<&Thing>,
    ) -> Thing {
        let parameters = self
            .find(path)
            .map_or(&[] as &[&str], |entry| entry.parameters);
        let nothing = arguments.positional.is_empty() && arguments.named.is_empty();
        thing.made = match receiver.filter(|one| nothing && one.made.is_some()) {
            // A call without arguments tells no more than what it is made on.
            Some(receiver) => receiver.made.clone(),
            None => {
                let given = CallGiven::new(arguments, receiver, parameters, self.session, None);
                Some(Rc::new(self.kept(bounded(given.all))))
            }
        };
        let made = format!("{path}()");
        thing.path = Some(Rc::from(self.alias(&made)));
        thing
    }

    /// A library that is not known: a name that says it destroys, sends or the like is believed.
    fn hinted(&mut self, path: &str) {
        let name = path.rsplit('.').next().unwrap_or(path);
        let words = hint::words(name);
        let first = words.first().map_or("", String::as_str);
        let hinted = hint::verb(first, self.session.catalogue);
        let tells = hinted.filter(|verb| {
            verb.group() == VerbGroup::Destroy
                || matches!(
                    verb,
                    Verb::Send
                        | Verb::Spend
                        | Verb::Publish
                        | Verb::Grant
                        | Verb::Revoke
                        | Verb::Deploy
                )
        });
        let remote = is_within_one(path, self.language.remote);
        let looks = self.session.catalogue.observing.contains(&first)
            || name.starts_with(char::is_uppercase)
            || name == path;
        // What a project's own tests call is named like what it tests.
        if self.session.frame.project && !remote {
            return;
        }
        let verb = match (tells, remote && !looks) {
            (Some(verb), _) => verb,
            (None, true) => hinted.unwrap_or(Verb::Unknown),
            (None, false) => return,
        };
        let cwd = self.state.cwd.clone();
        let setting = self.session.setting(cwd.as_deref(), self.span);
        self.session.note(
            Note {
                operation: "code:call",
                verb,
                kind: ResourceType::Unknown,
                id: Some(&Value::literal(path)),
                reversibility: Reversibility::Irreversible,
                effects: Effects::NONE,
                completeness: Completeness::Opaque,
                evidence: "not in the catalogue, and its name hints at this",
            },
            &setting,
        );
    }

    pub(super) fn opaque(&mut self, why: &str) {
        let cwd = self.state.cwd.clone();
        let setting = self.session.setting(cwd.as_deref(), self.span);
        self.session
            .opaque("code:opaque", why, Effects::NONE, &setting);
    }

    /// Whether a call belongs to a library of which nothing is known.
    fn is_foreign(&self, path: &str) -> bool {
        !self.is_pure(path) && self.imports.iter().any(|module| is_within(path, module))
    }

    /// Whether what is not listed below that path reaches nothing outside.
    pub(super) fn is_pure(&self, path: &str) -> bool {
        is_within_one(path, self.language.pure)
    }

    /// Whether calls of that module are listed that do something.
    fn reaches(&self, path: &str) -> bool {
        let module = path.trim_end_matches(".?");
        self.language
            .calls
            .iter()
            .any(|one| is_within(one.path, module) && does_something(one.meaning))
    }

    /// A function that is handed on instead of being called.
    pub(super) fn escapes(&mut self, thing: &Thing) {
        self.handed_on(thing, &[]);
    }

    fn handed_on(&mut self, thing: &Thing, rest: &[Thing]) -> bool {
        if let Some((first, others)) = thing.path.as_deref().and_then(|all| all.split_once(OR)) {
            let first = self.handed_on(&thing.clone().with_path(first), rest);
            return self.handed_on(&thing.clone().with_path(others), rest) || first;
        }
        let listed = thing.path.as_deref().filter(|path| !path.ends_with(')'));
        let Some(entry) = listed.and_then(|path| self.find(path)) else {
            return false;
        };
        if !does_something(entry) || entry.gives == Gives::Print {
            return false;
        }
        let arguments = Arguments {
            positional: rest.to_vec(),
            named: BTreeMap::new(),
            open: rest.is_empty(),
        };
        self.invoke(thing, None, &arguments);
        true
    }

    /// Functions among the arguments, which the callee may call.
    fn callbacks(&mut self, gives: Gives, result: &Thing, receiver: &Thing, arguments: &Arguments) {
        if gives == Gives::Same {
            return;
        }
        let mut origins = result.origins();
        for origin in receiver.origins() {
            if !origins.contains(&origin) {
                origins.push(origin);
            }
        }
        let mut handed = Thing::from_origins(origins);
        handed.path.clone_from(&result.path);
        handed.made.clone_from(&result.made);
        let positional = arguments.positional.iter().enumerate();
        let named = arguments.named.values().map(|one| (usize::MAX, one));
        for (index, thing) in positional.chain(named) {
            if let Some(function) = thing.function.clone() {
                self.follow(&function, &[], &BTreeMap::new(), &handed);
                continue;
            }
            let mut rest: Vec<Thing> = arguments
                .positional
                .get(index.saturating_add(1)..)
                .unwrap_or_default()
                .to_vec();
            // `setTimeout(f, 10, argument)`
            let waits = rest
                .first()
                .is_some_and(|one| matches!(one.shape.as_ref(), Argument::Number(_)));
            if waits {
                rest.remove(0);
            }
            if let Some(Argument::List(items)) =
                arguments.named.get("args").map(|one| one.shape.as_ref())
            {
                rest = items.iter().cloned().map(Thing::of).collect();
            }
            self.handed_on(thing, &rest);
        }
    }

    /// A function called with each of some items, or with one thing. Answers what it gives.
    pub(super) fn called_with(
        &mut self,
        items: &[Thing],
        receiver: &Thing,
        arguments: &Arguments,
    ) -> Thing {
        let functions: Vec<Thing> = arguments.positional.clone();
        let mut results = Vec::new();
        for function in &functions {
            for item in items {
                if function.function.is_some() {
                    let given = Arguments {
                        positional: vec![item.clone()],
                        ..Arguments::default()
                    };
                    results.push(self.invoke(function, None, &given));
                } else if self.handed_on(function, std::slice::from_ref(item)) {
                    results.push(Thing::of(Argument::Unknown));
                }
            }
        }
        match results.pop() {
            Some(last) if results.is_empty() => last,
            Some(last) => Thing::of(Argument::List(
                results.iter().chain([&last]).map(Thing::argument).collect(),
            )),
            None => receiver.clone(),
        }
    }
}

/// Whether a path is that module or something in it.
/// Whether a path is one of these modules, which are sorted, or what is in one.
fn is_within_one(path: &str, modules: &[&str]) -> bool {
    let ends = path.match_indices(['.', '(']).map(|(at, _)| at);
    ends.chain([path.len()]).any(|end| {
        let head = path.get(..end).unwrap_or_default();
        modules.binary_search(&head).is_ok()
    })
}

fn is_within(path: &str, module: &str) -> bool {
    path.strip_prefix(module)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '(']))
}

fn does_something(entry: &CodeCall) -> bool {
    !entry.acts.is_empty()
        || !entry.runs.is_empty()
        || !entry.sql.is_empty()
        || entry.http.is_some()
        || entry.grammar.is_some()
        || entry.writes.is_some()
}

/// Arguments of arguments of arguments are not kept without end.
fn bounded(argument: Argument) -> Argument {
    let mut depth = 0;
    let mut here = &argument;
    while let Some(inner) = here.get("self") {
        depth = usize::saturating_add(depth, 1);
        here = inner;
        if depth > 4 {
            return Argument::Unknown;
        }
    }
    argument
}

/// The request a call makes.
fn request(http: &CodeHttp, given: &CallGiven, span: (u32, u32)) -> http::Request {
    let first = |sources: &[Source]| {
        sources
            .iter()
            .find_map(|source| given.found(*source).values.into_iter().next())
    };
    let mut members = match &given.all {
        Argument::Object(members) => members.clone(),
        _ => BTreeMap::new(),
    };
    let mut url = first(http.url).unwrap_or_else(|| composed(given));
    let absolute = url.prefix();
    let base = first(http.base).filter(|_| !absolute.contains("://"));
    if let Some(base) = base {
        let scheme = if base.prefix().contains("://") {
            ""
        } else {
            "https://"
        };
        url = join(&[Value::literal(scheme), base, url]);
    }
    members.remove("method");
    if let Some(method) = given.argument(http.method) {
        members.insert("method".to_owned(), method);
    }
    // Files are sent as the body; some clients have other names for it.
    for other in ["files", "content", "formData", "multipart"] {
        if let Some(content) = members.get(other).cloned()
            && !members.contains_key("body")
        {
            members.insert("body".to_owned(), content);
        }
    }
    let mut request = url_tool::from_arguments(&Argument::Object(members), &url.at(span));
    request.partial |= given.operands().is_none();
    request
}

/// A URL given as host, port and path.
fn composed(given: &CallGiven) -> Value {
    let member = |names: &[&'static str]| {
        names.iter().find_map(|name| {
            given
                .found(Source::Argument(name))
                .values
                .into_iter()
                .next()
        })
    };
    let Some(host) = member(&["hostname", "host"]) else {
        return Value::unseen(Origin::Unseen);
    };
    let mut parts = vec![Value::literal("https://"), host];
    if let Some(port) = member(&["port"]) {
        parts.extend([Value::literal(":"), port]);
    }
    parts.push(member(&["path"]).unwrap_or_else(|| Value::literal("/")));
    join(&parts)
}
