//! Follows code in the common form: what its names hold, and what its calls do.
//!
//! It goes forward once. Of branches either may be taken; loops are run for each item that is known,
//! else once or twice; functions are followed where they are called, and those that are not called
//! are followed with parameters of which nothing is known.

mod call;
mod expression;
mod gives;
mod method;
mod run;
mod text;

use std::collections::BTreeMap;
use std::rc::Rc;

use super::thing::{self, Thing};
use super::tree::{Function, Pattern, Statement, Tree};
use crate::catalogue::spec::CodeLanguage;
use crate::interpret::argument::Argument;
use crate::interpret::nesting;
use crate::interpret::session::Session;
use crate::interpret::shell::ShellState;
use crate::interpret::value::{Stream, Value};
use crate::limits;

/// The state of following one piece of code.
#[derive(Debug)]
pub struct Machine<'m, 'a> {
    session: &'m mut Session<'a>,
    state: &'m mut ShellState,
    language: &'static CodeLanguage,
    /// Standard input.
    stdin: &'m Stream,
    /// Byte range of the code in the call.
    span: (u32, u32),
    /// Names, the innermost function last.
    frames: Vec<BTreeMap<String, Thing>>,
    /// Names that each function takes from around it (`global`), the innermost last.
    outer: Vec<Vec<String>>,
    /// Libraries it loads of which nothing is known.
    imports: Vec<String>,
    /// Modules of which every name was taken.
    stars: Vec<String>,
    /// Functions, and whether they were followed.
    functions: Vec<(Rc<Function>, bool)>,
    /// Functions being followed.
    active: Vec<Rc<Function>>,
    /// What the function being followed answers.
    answer: Option<Thing>,
    steps: usize,
    /// Most steps it may take.
    most: usize,
    /// How many branches and loops stand around.
    doubts: usize,
    /// What came of it.
    pub result: Outcome,
}

/// What following code came to.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What it prints.
    pub stdout: Stream,
    /// It calls what is not known.
    pub unknown: bool,
    /// It is longer or deeper than is followed.
    pub cut: bool,
}

impl<'m, 'a> Machine<'m, 'a> {
    /// A machine that has run nothing.
    pub fn new(
        session: &'m mut Session<'a>,
        state: &'m mut ShellState,
        language: &'static CodeLanguage,
        stdin: &'m Stream,
        span: (u32, u32),
    ) -> Self {
        let result = Outcome {
            stdout: Stream::literal(""),
            ..Outcome::default()
        };
        Self {
            session,
            state,
            language,
            stdin,
            span,
            frames: vec![BTreeMap::new()],
            outer: vec![Vec::new()],
            imports: Vec::new(),
            stars: Vec::new(),
            functions: Vec::new(),
            active: Vec::new(),
            answer: None,
            steps: 0,
            most: limits::CODE_STEPS,
            doubts: 0,
            result,
        }
    }

    /// The same with a part of the steps: of a text that is read in so many ways.
    pub fn sharing(mut self, ways: usize) -> Self {
        self.most = self.most.checked_div(ways).unwrap_or(self.most);
        self
    }

    /// Follows all of the code.
    pub fn run(&mut self, tree: &Tree) {
        self.result.cut |= tree.cut;
        self.body(&tree.body);
        // Something may call the others later: a framework, a decorator, a timer.
        let mut next = 0;
        while let Some((function, followed)) = self.functions.get(next).cloned() {
            next = next.saturating_add(1);
            if !followed && !self.stopped() {
                self.doubts = self.doubts.saturating_add(1);
                self.follow(
                    &function,
                    &[],
                    &BTreeMap::new(),
                    &Thing::of(Argument::Unknown),
                );
                self.doubts = self.doubts.saturating_sub(1);
            }
        }
    }

    /// Counts one step; true when there were too many.
    fn stopped(&mut self) -> bool {
        self.steps = self.steps.saturating_add(1);
        let stopped = self.steps > self.most || self.session.full();
        self.result.cut |= stopped;
        stopped
    }

    /// Counts what costs as much as so many steps.
    fn costs(&mut self, steps: usize) {
        self.steps = self.steps.saturating_add(steps);
    }

    /// Counts what it costs to make something of this size.
    fn weighed(&mut self, thing: Thing) -> Thing {
        let weight = match thing.shape.as_ref() {
            Argument::Text(value) => {
                let texts = value.pieces.iter().filter_map(|piece| piece.text.as_ref());
                let bytes = texts.map(String::len).fold(0, usize::saturating_add);
                (bytes / 128).saturating_add(value.pieces.len())
            }
            Argument::List(items) => items.len() / 2,
            _ => 0,
        };
        self.costs(weight);
        thing
    }

    /// What is kept of something large: only where it came from.
    fn kept(&mut self, argument: Argument) -> Argument {
        match thing::size(&argument) {
            Some(size) => {
                self.costs(size / 2);
                argument
            }
            None => {
                self.costs(limits::CODE_PARTS / 4);
                let mut origins = Vec::new();
                thing::origins_of(&argument, &mut origins);
                Thing::from_origins(origins).shape.as_ref().clone()
            }
        }
    }

    fn body(&mut self, statements: &[Statement]) {
        for statement in statements {
            if self.stopped() {
                return;
            }
            if !self.enters(nesting::EXPRESSION) {
                return;
            }
            self.statement(statement);
            self.session.leave(nesting::EXPRESSION);
        }
    }

    /// Goes deeper by this weight, to leave the session with it again; `false`: that is too deep.
    fn enters(&mut self, weight: usize) -> bool {
        let fits = self.session.enter(weight);
        self.result.cut |= !fits;
        fits
    }

    fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Import(path, name) => {
                self.import(path);
                if !name.is_empty() {
                    let module = self.module(path);
                    self.bind_name(name, module);
                }
            }
            Statement::ImportAll(path) => {
                self.import(path);
                let module = self.module(path).name().to_owned();
                if !self.stars.contains(&module) && self.stars.len() < limits::NAMES_INSIDE {
                    self.stars.push(module);
                }
            }
            Statement::Let(pattern, value) => {
                let value = self.evaluate(value);
                self.bind(pattern, value);
            }
            Statement::Add(pattern, value) => {
                let more = self.evaluate(value);
                let before = match pattern {
                    Pattern::Name(name) => self.look_up(name),
                    _ => None,
                };
                let sum = match before {
                    Some(before) => self.weighed(text::sum(&before, &more)),
                    None => Thing::from_origins(more.origins()),
                };
                self.bind(pattern, sum);
            }
            Statement::Function(function) => {
                self.functions.push((function.clone(), false));
                if let Some(name) = &function.name {
                    let thing = Thing {
                        function: Some(function.clone()),
                        ..Thing::of(Argument::Unknown)
                    };
                    self.bind_name(name, thing);
                }
            }
            Statement::Loop(pattern, over, body) => self.repeat(pattern, over.as_ref(), body),
            Statement::Branch(branches) => self.branch(branches),
            Statement::Block(body) => self.body(body),
            Statement::Return(value) => {
                let value = self.evaluate(value);
                self.answer = Some(match self.answer.take() {
                    Some(before) => before.either(&value),
                    None => value,
                });
            }
            Statement::Expression(value) => {
                self.evaluate(value);
            }
            Statement::Outer(names) => {
                if let Some(outer) = self.outer.last_mut() {
                    outer.extend(names.iter().cloned());
                }
            }
            Statement::Shell(text) => {
                let text = self.evaluate(text);
                self.shell(&text.as_value());
            }
        }
    }

    fn branch(&mut self, branches: &[Vec<Statement>]) {
        self.doubts = self.doubts.saturating_add(1);
        let names: usize = self.frames.iter().map(BTreeMap::len).sum();
        self.costs(names.saturating_mul(branches.len()) / 4);
        let before = self.frames.clone();
        let mut after = before.clone();
        for (index, branch) in branches.iter().enumerate() {
            if index > 0 {
                self.frames.clone_from(&before);
            }
            self.body(branch);
            merge(&mut after, &self.frames);
        }
        self.frames = after;
        self.doubts = self.doubts.saturating_sub(1);
    }

    fn repeat(
        &mut self,
        pattern: &Pattern,
        over: Option<&super::tree::Expression>,
        body: &[Statement],
    ) {
        let over = over.map(|one| self.evaluate(one));
        let items = over.as_ref().map_or_else(
            || vec![Thing::of(Argument::Unknown)],
            |over| self.items(over),
        );
        self.doubts = self.doubts.saturating_add(1);
        let known = matches!(
            over.as_ref().map(|one| one.shape.as_ref()),
            Some(Argument::List(_))
        );
        for item in items {
            let names: usize = self.frames.iter().map(BTreeMap::len).sum();
            self.costs(names / 4);
            let before = self.frames.clone();
            self.bind(pattern, item.clone());
            self.body(body);
            if !known {
                let changed = merge(&mut self.frames, &before);
                if changed {
                    self.bind(pattern, item);
                    self.body(body);
                    merge(&mut self.frames, &before);
                }
            }
        }
        self.doubts = self.doubts.saturating_sub(1);
    }

    /// What a loop over it yields.
    fn items(&self, over: &Thing) -> Vec<Thing> {
        match over.shape.as_ref() {
            Argument::List(items) if items.len() <= limits::CODE_ITEMS => {
                items.iter().cloned().map(Thing::of).collect()
            }
            // A pattern stands for each of what it matches.
            Argument::Text(value) if value.has_pattern() => vec![Thing::value(value.clone())],
            _ => {
                let mut item = Thing::from_origins(over.origins());
                item.path = over
                    .path
                    .as_deref()
                    .map(|path| Rc::from(format!("{path}.?")));
                item.made = over.made.clone();
                vec![item]
            }
        }
    }

    fn bind(&mut self, pattern: &Pattern, value: Thing) {
        match pattern {
            Pattern::Name(name) => self.bind_name(name, value),
            Pattern::Items(patterns) => {
                for (index, pattern) in patterns.iter().enumerate() {
                    let item = match value.shape.as_ref() {
                        Argument::List(items) => items
                            .get(index)
                            .cloned()
                            .map_or_else(|| Thing::of(Argument::Unknown), Thing::of),
                        _ => Thing::from_origins(value.origins()),
                    };
                    self.bind(pattern, item);
                }
            }
            Pattern::Members(members) => {
                for (name, pattern) in members {
                    let member = self.member(&value, name);
                    self.bind(pattern, member);
                }
            }
            Pattern::Place(place) => self.bind_place(place, &value),
            Pattern::Ignored => {}
        }
    }

    fn bind_name(&mut self, name: &str, mut value: Thing) {
        if matches!(
            value.shape.as_ref(),
            Argument::List(_) | Argument::Object(_)
        ) && thing::size(&value.shape).is_none()
        {
            value.shape = Thing::from_origins(value.origins()).shape;
        }
        if self
            .outer
            .last()
            .is_some_and(|one| one.iter().any(|one| one == name))
        {
            self.bind_outside(name, value);
        } else if let Some(frame) = self.frames.last_mut() {
            frame.insert(name.to_owned(), value);
        }
    }

    /// Sets a name where it is held: a function changes what is around it.
    fn assign(&mut self, pattern: &Pattern, value: Thing) {
        let within = |name: &String| self.frames.last().is_some_and(|one| one.contains_key(name));
        match pattern {
            Pattern::Name(name) if !within(name) => self.bind_outside(name, value),
            _ => self.bind(pattern, value),
        }
    }

    /// Sets a name of an outer function. Which of several is meant, and when that function runs, is not
    /// followed: what was held there before may still be.
    fn bind_outside(&mut self, name: &str, value: Thing) {
        let inner = self.frames.len().saturating_sub(1).max(1);
        let mut found = false;
        for frame in self.frames.iter_mut().take(inner) {
            if let Some(held) = frame.get_mut(name) {
                *held = held.clone().either(&value);
                found = true;
            }
        }
        if let Some(frame) = self.frames.first_mut().filter(|_| !found) {
            frame.insert(name.to_owned(), value);
        }
    }

    fn look_up(&self, name: &str) -> Option<Thing> {
        self.frames
            .iter()
            .rev()
            .find_map(|frame| frame.get(name))
            .cloned()
    }

    /// Follows a function. `rest`: what parameters are that get no argument.
    fn follow(
        &mut self,
        function: &Rc<Function>,
        positional: &[Thing],
        named: &BTreeMap<String, Thing>,
        rest: &Thing,
    ) -> Thing {
        let looping = self.active.iter().any(|one| Rc::ptr_eq(one, function));
        let deep = looping || self.active.len() >= limits::CODE_CALLS || self.stopped();
        if deep || !self.enters(nesting::FUNCTION) {
            return Thing::from_origins(positional.iter().flat_map(Thing::origins).collect());
        }
        for (known, followed) in &mut self.functions {
            *followed |= Rc::ptr_eq(known, function);
        }
        self.active.push(function.clone());
        self.frames.push(BTreeMap::new());
        self.outer.push(Vec::new());
        let outer = self.answer.take();
        for (index, (pattern, default)) in function.parameters.iter().enumerate() {
            let by_name = match pattern {
                Pattern::Name(name) => named.get(name),
                _ => None,
            };
            let value = match (by_name.or_else(|| positional.get(index)), default) {
                (Some(value), _) => value.clone(),
                (None, Some(default)) => self.evaluate(default),
                (None, None) => self.supplied(pattern).unwrap_or_else(|| rest.clone()),
            };
            self.bind(pattern, value);
        }
        self.body(&function.body);
        let answer = self.answer.take();
        self.answer = outer;
        self.frames.pop();
        self.outer.pop();
        self.active.pop();
        self.session.leave(nesting::FUNCTION);
        answer.unwrap_or_else(|| Thing::of(Argument::Null))
    }
}

impl Machine<'_, '_> {
    /// What a framework gives for a parameter of this name: constants of the catalogue below `fixture`.
    fn supplied(&self, pattern: &Pattern) -> Option<Thing> {
        let Pattern::Name(name) = pattern else {
            return None;
        };
        let path = format!("fixture.{name}");
        let constants = self.language.constants;
        let at = constants.binary_search_by(|(one, _)| (*one).cmp(path.as_str()));
        let (_, text) = constants.get(at.ok()?)?;
        Some(Thing::value(Value::literal(*text)).with_path(self.alias(&path)))
    }
}

/// Adds what the names hold in another course of events; true when something differs.
fn merge(frames: &mut [BTreeMap<String, Thing>], others: &[BTreeMap<String, Thing>]) -> bool {
    let mut changed = false;
    for (frame, other) in frames.iter_mut().zip(others) {
        // Both are in the order of names, most of which are in both.
        let mut held = frame.iter_mut().peekable();
        let mut missing = Vec::new();
        for (name, thing) in other {
            while held.next_if(|(held, _)| *held < name).is_some() {}
            match held.next_if(|(held, _)| *held == name) {
                None => missing.push((name.clone(), thing.clone())),
                Some((_, known)) => {
                    if !Rc::ptr_eq(&known.shape, &thing.shape) || known.path != thing.path {
                        changed = true;
                        *known = known.clone().either(thing);
                    }
                }
            }
        }
        frame.extend(missing);
    }
    changed
}
