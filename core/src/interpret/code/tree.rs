//! The form that code of every language is brought into: what it binds, calls and makes texts of.

use std::rc::Rc;

/// Code that could be parsed.
#[derive(Debug, Default)]
pub struct Tree {
    /// Its statements.
    pub body: Vec<Statement>,
    /// Some of it is nested deeper than is followed.
    pub cut: bool,
}

/// A statement.
#[derive(Debug)]
pub enum Statement {
    /// A module, or what is in it, under a name: path and name.
    Import(String, String),
    /// Everything in a module.
    ImportAll(String),
    /// A value under a name.
    Let(Pattern, Expression),
    /// Something added to what a name holds.
    Add(Pattern, Expression),
    /// A function under its name.
    Function(Rc<Function>),
    /// Run for each item of something; without it: as long as may be.
    Loop(Pattern, Option<Expression>, Vec<Statement>),
    /// One of these is run, or none.
    Branch(Vec<Vec<Statement>>),
    /// Run one after the other.
    Block(Vec<Statement>),
    /// The answer of a function.
    Return(Expression),
    /// Evaluated.
    Expression(Expression),
    /// Names that are not the function's own (`global`, `nonlocal`).
    Outer(Vec<String>),
    /// A line that the interpreter hands to a shell.
    Shell(Expression),
}

/// An expression.
#[derive(Debug)]
pub enum Expression {
    /// A text. Parts that the call does not show are marked.
    Text(String),
    /// A number, as written.
    Number(String),
    /// A truth value.
    Bool(bool),
    /// Nothing.
    Null,
    /// A name.
    Name(String),
    /// A member of something.
    Member(Box<Self>, String),
    /// An item of something.
    Item(Box<Self>, Box<Self>),
    /// A text backwards.
    Reversed(Box<Self>),
    /// A call.
    Call(Box<Call>),
    /// A text made of these.
    Join(Vec<Self>),
    /// A text with places for other values, filled in.
    Fill(Box<Self>, Vec<Self>),
    /// A path made of these.
    Path(Box<Self>, Box<Self>),
    /// A text several times.
    Repeat(Box<Self>, Box<Self>),
    /// A list.
    List(Vec<Self>),
    /// An object; without a key: the members of another.
    Object(Vec<(Option<Self>, Self)>),
    /// The items of a list.
    Spread(Box<Self>),
    /// A function.
    Function(Rc<Function>),
    /// One of these.
    Either(Vec<Self>),
    /// Something made of these in a way that is not followed.
    Parts(Vec<Self>),
    /// The first for each item of the second.
    Each(Pattern, Box<Self>, Box<Self>),
    /// A value under a name, and the value.
    Let(Pattern, Box<Self>),
    /// Not looked at.
    Unread,
}

/// A call.
#[derive(Debug)]
pub struct Call {
    /// What is called.
    pub callee: Expression,
    /// With what.
    pub arguments: Vec<Given>,
}

/// An argument of a call.
#[derive(Debug)]
pub struct Given {
    /// Its name, when it has one.
    pub name: Option<String>,
    /// Its value.
    pub value: Expression,
}

/// What a value is bound to.
#[derive(Debug)]
pub enum Pattern {
    /// A name.
    Name(String),
    /// The items of a list.
    Items(Vec<Self>),
    /// Members of an object.
    Members(Vec<(String, Self)>),
    /// A place inside something.
    Place(Box<Expression>),
    /// Nothing that matters.
    Ignored,
}

/// A function.
#[derive(Debug)]
pub struct Function {
    /// Its name.
    pub name: Option<String>,
    /// Its parameters, with what they are when not given.
    pub parameters: Vec<(Pattern, Option<Expression>)>,
    /// Its statements.
    pub body: Vec<Statement>,
}

impl Pattern {
    /// Every name it binds.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::Name(name) => vec![name],
            Self::Items(items) => items.iter().flat_map(Self::names).collect(),
            Self::Members(members) => members.iter().flat_map(|(_, one)| one.names()).collect(),
            Self::Place(_) | Self::Ignored => Vec::new(),
        }
    }
}
