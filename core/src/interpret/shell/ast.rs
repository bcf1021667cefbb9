//! The shell grammar as the walker needs it, independent of any parser.

use std::sync::Arc;

use super::prescan::Source;

/// A range of byte offsets in the text of a [`Source`].
pub type Span = (u32, u32);

/// Commands one after another.
#[derive(Debug, Clone, Default)]
pub struct List {
    /// In order.
    pub items: Vec<Item>,
}

/// An and-or list: pipelines joined by `&&` and `||`.
#[derive(Debug, Clone)]
pub struct Item {
    /// The pipeline that always runs.
    pub first: Pipeline,
    /// The pipelines that run depending on those before.
    pub rest: Vec<(Join, Pipeline)>,
    /// Ended by `&`.
    pub background: bool,
}

/// How a pipeline depends on the ones before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Join {
    /// `&&`.
    And,
    /// `||`.
    Or,
}

/// Commands whose outputs feed the next one's input. Never empty.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// Left to right.
    pub stages: Vec<Command>,
}

/// One command with its redirections.
#[derive(Debug, Clone)]
pub struct Command {
    /// What it is.
    pub kind: CommandKind,
    /// Redirections, in order.
    pub redirects: Vec<Redirect>,
    /// All of it.
    pub span: Span,
}

/// The kinds of command.
#[derive(Debug, Clone)]
pub enum CommandKind {
    /// Assignments and words: a program, builtin or function.
    Simple(Simple),
    /// `{ …; }`, and what `time` measures.
    Group(List),
    /// `( … )`.
    Subshell(List),
    /// `if`: conditions and what follows each, then the `else` part.
    If(Vec<(List, List)>, Option<List>),
    /// `while` and `until`: condition and body.
    While(List, List),
    /// `for`, `select`: the variable, its words (`None`: the positional parameters), the body.
    For(String, Option<Vec<Word>>, List),
    /// `for ((…))`: its header and body.
    ArithmeticFor(Span, List),
    /// `case`: subject and arms.
    Case(Word, Vec<Arm>),
    /// A function definition.
    Function(Arc<Function>),
    /// `coproc`: its name and body.
    Coproc(String, List),
    /// `[[ … ]]`: expanded, runs nothing itself.
    Test(Span),
    /// `(( … ))`: expanded, may assign.
    Arithmetic(Span),
}

/// Assignments and words.
#[derive(Debug, Clone, Default)]
pub struct Simple {
    /// In front of the words.
    pub assignments: Vec<Assignment>,
    /// Program and arguments; empty when there are assignments or redirections only.
    pub words: Vec<Word>,
}

/// One arm of a `case`.
#[derive(Debug, Clone)]
pub struct Arm {
    /// Its patterns.
    pub patterns: Vec<Span>,
    /// Its commands.
    pub body: List,
}

/// A function definition and the text it stands in.
#[derive(Debug)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// What calling it runs.
    pub body: Command,
    /// The text that the spans of `body` point into.
    pub source: Arc<Source>,
}

/// One assignment.
#[derive(Debug, Clone)]
pub struct Assignment {
    /// Name of the variable.
    pub name: String,
    /// `name[…]=`: the subscript.
    pub subscript: Option<Span>,
    /// `+=`.
    pub append: bool,
    /// What is assigned.
    pub value: AssignedValue,
    /// All of it.
    pub span: Span,
}

/// The right side of an assignment.
#[derive(Debug, Clone)]
pub enum AssignedValue {
    /// `name=word`.
    Scalar(Word),
    /// `name=(words)`.
    Array(Vec<Word>),
    /// `name=([key]=word …)`.
    Keyed,
}

/// One redirection.
#[derive(Debug, Clone)]
pub struct Redirect {
    /// Descriptor it applies to; `None` when a variable names it.
    pub descriptor: Option<i32>,
    /// What it does.
    pub kind: RedirectKind,
    /// All of it.
    pub span: Span,
}

/// The kinds of redirection.
#[derive(Debug, Clone)]
pub enum RedirectKind {
    /// `<`.
    Read(Word),
    /// `>`, `>|`.
    Write(Word),
    /// `>>`.
    Append(Word),
    /// `<>`.
    ReadWrite(Word),
    /// `&>`.
    WriteBoth(Word),
    /// `>&`, `<&`: the descriptor it copies, `-` or a file.
    Duplicate(Word),
    /// `<<<`.
    Text(Word),
    /// `<<`.
    Heredoc(Word),
}

/// A word as written: what its expansion starts from.
#[derive(Debug, Clone, Default)]
pub struct Word {
    /// Its parts.
    pub parts: Vec<Part>,
    /// Where it stands.
    pub span: Span,
}

/// One part of a word.
#[derive(Debug, Clone)]
pub enum Part {
    /// Text, quotes removed.
    Text {
        /// The text.
        text: String,
        /// It was quoted: no splitting, no pattern.
        quoted: bool,
    },
    /// A parameter.
    Parameter(Box<Parameter>),
    /// A command or process substitution, by its place in the source's table.
    Substitution {
        /// Place in [`Source::constructs`].
        index: usize,
        /// It stands in double quotes.
        quoted: bool,
    },
    /// Arithmetic: a number that is not computed here.
    Arithmetic(Span),
    /// Brace expansion into more words than [`crate::limits::BRACE_WORDS`].
    Flood,
}

/// `$name` or `${…}`.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// A name, a position or one of `@*#?-$!0`.
    pub name: String,
    /// `[…]`.
    pub element: Element,
    /// What is done to its value.
    pub operator: Operator,
    /// The operator's word.
    pub operand: Option<Word>,
    /// It stands in double quotes.
    pub quoted: bool,
    /// All of it.
    pub span: Span,
}

/// Which element of an array is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    /// No subscript.
    None,
    /// `[@]`: every element as a word.
    Each,
    /// `[*]`: every element as one word.
    Joined,
    /// `[3]`.
    Number(usize),
    /// A subscript that is not evaluated.
    Other,
}

/// What a parameter expansion does to the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// Nothing.
    Plain,
    /// `${#name}`.
    Length,
    /// `:-` and `-`.
    Default,
    /// `:=` and `=`.
    Assign,
    /// `:+` and `+`.
    Alternative,
    /// `:?` and `?`.
    Require,
    /// `${!name}`.
    Indirect,
    /// `#`, `##`.
    DropPrefix {
        /// `##`.
        longest: bool,
    },
    /// `%`, `%%`.
    DropSuffix {
        /// `%%`.
        longest: bool,
    },
    /// `@P`: the value is expanded again, as a prompt.
    Prompt,
    /// Anything else: the result is not computed.
    Other,
}
