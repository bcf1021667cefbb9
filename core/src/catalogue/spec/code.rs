//! What calls in code mean: modules, functions and methods of a language.

use super::{Act, Cond, Effect, Grammar, Place, RunForm, Source};
use crate::vocabulary::SelectorKind;

/// A language whose code is parsed.
#[derive(Debug)]
pub struct CodeLanguage {
    /// The name it has in `run` entries, then others.
    pub names: &'static [&'static str],
    /// Roots of paths whose unlisted calls reach nothing outside the program; sorted.
    pub pure: &'static [&'static str],
    /// Paths that hold the environment variables.
    pub environment: &'static [&'static str],
    /// Roots of paths whose calls reach other machines, sorted: one whose name does not say that it only
    /// looks could do anything there.
    pub remote: &'static [&'static str],
    /// Paths that are a text, sorted.
    pub constants: &'static [(&'static str, &'static str)],
    /// Names that stand for the global scope.
    pub globals: &'static [&'static str],
    /// Words in the names of tools that run this language and no other.
    pub tools: &'static [&'static str],
    /// Paths that are another path: `sqlite3.connect()` is `db`.
    pub aliases: &'static [CodeName<&'static str>],
    /// What calls do.
    pub calls: &'static [CodeName<&'static CodeCall>],
}

/// A path (a glob) and what it stands for; sorted by the last name of the path. Those whose last
/// name is itself a glob stand under the empty name.
#[derive(Debug)]
pub struct CodeName<T> {
    /// The text after the last dot.
    pub last: &'static str,
    /// The whole path.
    pub path: &'static str,
    /// What it stands for.
    pub meaning: T,
}

/// What a call does.
#[derive(Debug)]
pub struct CodeCall {
    /// Names of its positional arguments. `...name`: members of an object count as arguments.
    pub parameters: &'static [&'static str],
    /// What it does itself.
    pub acts: &'static [Act],
    /// What it makes run.
    pub runs: &'static [CodeRun],
    /// The HTTP request it makes.
    pub http: Option<CodeHttp>,
    /// SQL it sends.
    pub sql: &'static [Source],
    /// The file it writes, and what.
    pub writes: Option<(Source, Source)>,
    /// The file it writes what the network answers to.
    pub downloads: Option<Source>,
    /// What it sends off this machine.
    pub leaks: Option<Source>,
    /// The program whose subcommand it is the same as.
    pub cli: Option<CodeCli>,
    /// How its name and those before it say what it does.
    pub grammar: Option<&'static Grammar>,
    /// The directory it makes the working directory.
    pub directory: Option<Source>,
    /// What it answers with.
    pub gives: Gives,
    /// Of what it answers with that.
    pub of: Source,
    /// Facts that place what it acts on in an environment.
    pub selectors: &'static [(SelectorKind, Source)],
}

/// Something a call makes run.
#[derive(Debug)]
pub struct CodeRun {
    /// All must hold.
    pub when: &'static [Cond],
    /// In what form it is given.
    pub form: RunForm,
    /// Where its words or text come from, one after the other.
    pub from: &'static [Source],
    /// Where it runs.
    pub place: Place,
    /// Language of code.
    pub language: &'static str,
    /// Effects added to everything that runs.
    pub effects: &'static [Effect],
}

/// An HTTP request; its headers and body are the arguments named as usual.
#[derive(Debug)]
pub struct CodeHttp {
    /// The method.
    pub method: Source,
    /// The URL.
    pub url: &'static [Source],
    /// What stands in front of a URL that is a path.
    pub base: &'static [Source],
}

/// A method that is an operation of a service, as its command line has it too.
#[derive(Debug)]
pub struct CodeCli {
    /// The program.
    pub program: &'static str,
    /// The service.
    pub service: Source,
    /// Services that the program has under another name.
    pub renamed: &'static [(&'static str, &'static str)],
    /// Options of the program for what the code says elsewhere.
    pub options: &'static [(&'static str, Source)],
}

/// What a call answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Gives {
    /// Something made of what it was given.
    #[default]
    Unknown,
    /// Nothing of what it was given.
    Nothing,
    /// The same thing.
    Same,
    /// A path joined of all its positional arguments, after that thing.
    Path,
    /// The directory the path lies in.
    Parent,
    /// The value of the environment variable.
    Variable,
    /// The content of the file.
    File,
    /// What the network answered.
    Network,
    /// A secret.
    Secret,
    /// Standard input.
    Input,
    /// The paths that match.
    Glob,
    /// The files in the directory: their paths.
    Listing,
    /// The files in the directory: their names.
    Names,
    /// Everything below the directory.
    Tree,
    /// Everything below the directory, as `os.walk` gives it.
    Walk,
    /// The text, decoded.
    Base64,
    /// The text, decoded.
    Hex,
    /// The text, decoded as the second argument says.
    Buffer,
    /// The text, backwards.
    Reverse,
    /// The text, each letter moved by 13.
    Rot13,
    /// The characters of these numbers.
    Characters,
    /// The text, decoded in a way that is not followed.
    Decoded,
    /// The arguments' texts, one after the other.
    Joined,
    /// The items of a list with that between them.
    Between,
    /// The text with another in place of a part.
    Replaced,
    /// The format filled in.
    Format,
    /// The words of a text.
    Words,
    /// The module of that name.
    Module,
    /// The member of that name.
    Member,
    /// The value under that key.
    Item,
    /// A function is called with each item of that.
    Each,
    /// A function is called with that.
    Then,
    /// What it is a method of is called, with all but the first.
    Called,
    /// What it is a method of is called, with the items of the second.
    Applied,
    /// What is printed.
    Print,
}
