//! The shapes of catalogue knowledge. The tables themselves are data (`core/catalogue/**/*.toml`),
//! turned into statics by the build script; docs/catalogue.md describes the TOML form.

mod api;
mod code;
mod path;

use super::sql::{Dialect, Sql};
use crate::vocabulary::{Completeness, Effect, ResourceType, Reversibility, SelectorKind, Verb};
pub use api::{Api, Hosts, SecretMember};
pub use code::{CodeCall, CodeCli, CodeHttp, CodeLanguage, CodeName, CodeRun, Gives};
pub use path::{GlobAnchor, PathClass, PathGlob, PathRule, marks};

/// Everything the guard knows about programs, APIs, tools and files.
#[derive(Debug)]
pub struct Catalogue {
    /// Programs, sorted by name; a program with several names stands once for each.
    pub commands: &'static [(&'static str, &'static Command)],
    /// Web APIs.
    pub apis: &'static [Api],
    /// Where they answer.
    pub hosts: Hosts,
    /// Tools of hosts.
    pub tools: &'static [Tool],
    /// MCP servers and their tools.
    pub servers: &'static [Server],
    /// What is known of paths.
    pub paths: &'static [PathRule],
    /// Words that hint at a destructive act in a call that is not understood; sorted, lower case.
    pub hints: &'static [(&'static str, Verb)],
    /// Names, in foreign code, that reach outside the program, by their first byte, then by their second;
    /// see `catalogue/hints.toml`.
    pub code_sinks: &'static [BySecond],
    /// Environment variable names (globs) that hold secrets.
    pub secret_variables: &'static [&'static str],
    /// Hosts (globs) of public package registries.
    pub package_hosts: &'static [&'static str],
    /// HTTP headers (lower case) that carry a credential.
    pub credential_headers: &'static [&'static str],
    /// Parameters of query strings that carry a credential.
    pub credential_parameters: &'static [&'static str],
    /// Variables that change what later commands do, with why.
    pub steering_variables: &'static [(&'static str, &'static str)],
    /// Values of those (globs, for each word of the value) that change nothing of note.
    pub steering_harmless: &'static [(&'static str, &'static [&'static str])],
    /// Those of them that take the guard or a host's hooks out of force.
    pub guard_variables: &'static [&'static str],
    /// Names (globs) of programs, services and packages that are the guard itself.
    pub guard_names: &'static [&'static str],
    /// Words in the name of a tool that say it only looks.
    pub observing: &'static [&'static str],
    /// Words of names.
    pub names: NameWords,
    /// What is known of SQL.
    pub sql: Sql,
    /// Languages whose code is parsed.
    pub code: &'static [CodeLanguage],
}

/// Names that begin with the same byte, by their second.
pub type BySecond = &'static [(u8, &'static [CodeSink])];

/// A name, in foreign code, that reaches outside the program.
#[derive(Debug)]
pub struct CodeSink {
    /// Its place in the list: of several that are used, the first is told.
    pub rank: u16,
    /// Its first eight bytes, the first one lowest; zero behind its end.
    pub start: u64,
    /// The name.
    pub name: &'static str,
}

/// Words by which a call is judged of which only the name is known; all sorted, lower case.
#[derive(Debug)]
pub struct NameWords {
    /// Words that say something new is made.
    pub creating: &'static [&'static str],
    /// Words that say something is changed.
    pub changing: &'static [&'static str],
    /// Last segments of paths that only look, whatever the method.
    pub reading: &'static [&'static str],
    /// Nouns of secrets that, once made, give access.
    pub credentials: &'static [&'static str],
    /// Parameters of query strings that name the act.
    pub naming_parameters: &'static [&'static str],
    /// What nouns name, in the singular.
    pub nouns: &'static [(&'static str, ResourceType)],
    /// Arguments of tools that run something, by which it runs elsewhere or otherwise.
    pub steering_arguments: &'static [(&'static str, Steering)],
}

/// What an argument of a tool that runs something changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Steering {
    /// The environment variables.
    Environment,
    /// The rights.
    Privilege,
    /// The machine.
    Machine,
    /// The container.
    Container,
    /// Something that is not known more closely: who runs it, by what, what it is fed.
    Other,
}

/// The grammar and meaning of a program or of one of its subcommands.
#[derive(Debug)]
pub struct Command {
    /// First name.
    pub name: &'static str,
    /// Tables of options: its own, then its parents'. Sorted by name; an option with several names
    /// stands once for each.
    pub options: &'static [&'static [OptionEntry]],
    /// How its words are read.
    pub syntax: Syntax,
    /// Only the shell itself can do it: a file of this name is another program.
    pub builtin: bool,
    /// Subcommands, sorted by name.
    pub subcommands: &'static [(&'static str, &'static Command)],
    /// What it does itself, when no subcommand applies.
    pub acts: &'static [Act],
    /// What options of its parents do whichever subcommand is named.
    pub always: &'static [Act],
    /// What it makes others do.
    pub runs: &'static [Run],
    /// Whether it makes an HTTP request described by its option roles.
    pub http: Option<HttpClient>,
    /// Facts that place its resources in an environment.
    pub selectors: &'static [(SelectorKind, Source)],
    /// The database it works on: a name, connection text or URL; the first that is given.
    pub database: &'static [Source],
    /// The credential it uses.
    pub credential: Option<CredentialRule>,
    /// What comes out of its standard output.
    pub output: Output,
    /// When that is paths: the first whose conditions surely hold.
    pub lists: &'static [Listing],
    /// How its words name acts and things where no subcommand is described.
    pub grammar: Option<&'static Grammar>,
    /// Nothing is changed when all conditions of one of these surely hold.
    pub dry_run: &'static [&'static [Cond]],
    /// Facts it sets for the commands after it, such as the context in use.
    pub sets: &'static [(SelectorKind, Source)],
    /// When one of these yields a value, it acts elsewhere than the facts of the workspace say.
    pub elsewhere: &'static [Source],
}

/// Paths that a program prints.
#[derive(Debug)]
pub struct Listing {
    /// All must surely hold.
    pub when: &'static [Cond],
    /// What they are: the first that yields one.
    pub from: &'static [Source],
    /// They lie below that.
    pub below: bool,
}

/// How the words of a program with more subcommands than can be described name acts and things.
#[derive(Debug)]
pub struct Grammar {
    /// The namespace of its operations.
    pub namespace: &'static str,
    /// Its verbs and nouns.
    pub lexicon: &'static Lexicon,
    /// Which word is the verb, counted from one; 0: the first that is a verb of the lexicon.
    pub verb_at: u16,
    /// The verb comes first, then what it acts on: `TYPE NAME…` or `TYPE/NAME…`.
    pub verb_first: bool,
    /// What exceptions of the lexicon begin with that hold for this family only.
    pub family: &'static str,
    /// Where ids come from; then options by [`Lexicon::id_options`], then the words after the verb.
    pub id: &'static [Source],
}

/// The verbs and nouns of a family of programs.
#[derive(Debug)]
pub struct Lexicon {
    /// What verbs do.
    pub verb_kinds: &'static [VerbKind],
    /// Verbs, sorted, each with the index of its kind.
    pub verbs: &'static [(Name, u8)],
    /// `noun verb` names whose kind is not that of the verb, a line each: the name, a blank and the
    /// index of the kind as one letter from `a` on; sorted.
    pub exceptions: &'static str,
    /// What nouns are.
    pub noun_kinds: &'static [NounKind],
    /// Nouns in the singular, sorted, each with the index of its kind.
    pub nouns: &'static [(Name, u8)],
    /// Globs of options that name what is acted on, the best first.
    pub id_options: &'static [&'static str],
}

/// What verbs of a kind do.
#[derive(Debug)]
pub struct VerbKind {
    /// What kind of act.
    pub verb: Verb,
    /// What it acts on whatever the nouns say.
    pub resource: Option<ResourceType>,
    /// What it takes to undo.
    pub reversibility: Reversibility,
    /// Cross-cutting facts.
    pub effects: &'static [Effect],
    /// What it acts on stops being there or working, so what that means for the noun counts.
    pub removes: bool,
    /// At best this well understood.
    pub completeness: Completeness,
}

/// What nouns of a kind are.
#[derive(Debug)]
pub struct NounKind {
    /// What it is.
    pub resource: ResourceType,
    /// What it takes to undo its removal, when that is not what the verb says.
    pub reversibility: Option<Reversibility>,
    /// Facts of its removal.
    pub effects: &'static [Effect],
    /// Another noun of the line says more.
    pub weak: bool,
}

/// How a program reads its words.
#[derive(Debug, Clone, Copy, Default)]
pub struct Syntax {
    /// Options end at the first operand (wrappers such as `sudo`).
    pub options_first: bool,
    /// `-name` is one long option, not a bundle (find, terraform).
    pub single_dash_long: bool,
    /// The first word may be a bundle without a dash (`tar xzf`).
    pub bare_bundle: bool,
    /// Leading `NAME=value` operands are environment assignments (env, sudo).
    pub assignments: bool,
    /// `--help` among the options makes it print help and do nothing else, wherever it stands.
    pub help_anywhere: bool,
}

/// One spelling of an option, as it stands in a table.
///
/// There are tens of thousands of these texts; as pointers they would make the module of a page larger, and the
/// loader would have to adjust each one whenever a process starts, so they are numbers.
#[derive(Debug, Clone, Copy)]
pub struct OptionEntry {
    /// The spelling.
    pub spelling: Name,
    /// Which one of the catalogue's meanings of options.
    pub meaning: u16,
}

/// What an option is, however it is spelled.
#[derive(Debug, Clone, Copy)]
pub struct OptionMeaning {
    /// See [`Opt::id`].
    pub id: Name,
    /// See [`Opt::arity`].
    pub arity: Arity,
    /// See [`Opt::role`].
    pub role: Name,
}

/// The number of one of the catalogue's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name(pub u16);

/// One option.
#[derive(Debug, Clone, Copy)]
pub struct Opt {
    /// The name all spellings of the option share; also how conditions and sources refer to it.
    pub id: &'static str,
    /// What follows it.
    pub arity: Arity,
    /// What it means to a front end such as the HTTP client reader.
    pub role: &'static str,
}

/// What follows an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arity {
    /// Nothing.
    Flag,
    /// One value, attached or the next word.
    Value,
    /// A value only when attached (`--color=auto`).
    Optional,
    /// Words up to `;` or `+` (find -exec).
    Until,
}

/// One act a program, API operation or tool performs.
#[derive(Debug)]
pub struct Act {
    /// All must hold. What cannot be known counts as holding.
    pub when: &'static [Cond],
    /// Namespaced operation.
    pub operation: &'static str,
    /// What kind of act.
    pub verb: Verb,
    /// What it acts on.
    pub resource: ResourceType,
    /// Where the id comes from: the first that yields one. Each value is one action.
    pub id: &'static [Source],
    /// What contains the resource.
    pub parents: &'static [(ResourceType, Source)],
    /// What it takes to undo.
    pub reversibility: Reversibility,
    /// Cross-cutting facts.
    pub effects: &'static [Effect],
    /// No bound on what it touches.
    pub unbounded: bool,
    /// At best this well understood.
    pub completeness: Completeness,
    /// Facts that place the resource in an environment.
    pub selectors: &'static [(SelectorKind, Source)],
    /// What `id` yields names things as `TYPE NAME…` or `TYPE/NAME…`, with these types.
    pub nouns: Option<Nouns>,
}

/// How the types before names are understood.
#[derive(Debug, Clone, Copy)]
pub struct Nouns {
    /// The types.
    pub lexicon: &'static Lexicon,
    /// Only things of the act's own resource type count.
    pub only: bool,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Operands from the first index to the second; negative counts from the end (-1 is the last).
    Operands(i16, i16),
    /// Operands that stand after the word `--`.
    AfterDashes,
    /// The environment variable of this name, when the call itself sets it.
    Variable(&'static str),
    /// Every value of the option with this id.
    Option(&'static str),
    /// The value of an operand `key=value` (dd).
    Key(&'static str),
    /// A member of the arguments of a tool, GraphQL field or request: `input.id`, `body.name`.
    Argument(&'static str),
    /// This text.
    Const(&'static str),
    /// The values of these, one after the other; nothing when one of them yields nothing.
    Join(&'static [Source]),
    /// What stands in the values of this before the first of so many of these marks or more.
    Before(&'static Source, char, usize),
    /// The text of standard input, as far as it is known.
    Input,
    /// The working directory.
    Cwd,
}

/// A condition on the words or arguments of a call.
#[derive(Debug, Clone, Copy)]
pub struct Cond {
    /// Holds when the test does not.
    pub negated: bool,
    /// The test.
    pub test: Test,
}

/// The test of a condition.
#[derive(Debug, Clone, Copy)]
pub enum Test {
    /// The source yields a value; for a flag: it is given.
    Present(Source),
    /// Some value of the source matches one of the globs.
    Matches(Source, &'static [&'static str]),
    /// The same in any case of letters; the globs are lower case.
    MatchesFolded(Source, &'static [&'static str]),
    /// Some value of the source matches none of the globs.
    Differs(Source, &'static [&'static str]),
    /// One of these holds.
    Any(&'static [Cond]),
    /// All of these surely hold: what cannot be known does not.
    Seen(&'static [Cond]),
    /// The argument holds, at any depth, a member of this name with this JSON text as its value.
    Holds(Source, &'static str, &'static str),
    /// The number of operands is at least the first and at most the second.
    Count(u16, u16),
    /// Standard input is a pipe, file or heredoc.
    Stdin,
}

/// Something a program makes run.
#[derive(Debug)]
pub struct Run {
    /// All must hold. What cannot be known counts as holding.
    pub when: &'static [Cond],
    /// In what form it is given.
    pub form: RunForm,
    /// Where the words, text or file come from.
    pub from: Source,
    /// Where it runs.
    pub place: Place,
    /// Effects added to everything that runs.
    pub effects: &'static [Effect],
    /// Word that stands for input the guard does not see (`{}`).
    pub placeholder: &'static str,
    /// Appends operands the guard does not see (xargs).
    pub appends: bool,
    /// Language of code, for `Code`, `Script` and `Input`.
    pub language: &'static str,
}

/// In what form something to run is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunForm {
    /// The words are a program and its arguments.
    Argv,
    /// The words are a package whose program is run, and its arguments (npx).
    Package,
    /// The text, words joined by spaces, is shell.
    Shell,
    /// The text is code of another language.
    Code,
    /// The file is a program for this interpreter.
    Script,
    /// Standard input is a program for this interpreter.
    Input,
    /// The file, when it was written in this call; else it is the project's own.
    Written,
    /// The program itself once more, with its standard input as the value of the option that is the
    /// placeholder; without one, once for each line, whose words are operands (redis-cli).
    Again,
}

/// Where something runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// This machine.
    Local,
    /// Another machine, named by the source.
    Remote(Source),
    /// A container; its files are not this machine's.
    Container(Source),
}

/// How an HTTP client program is read; option roles say the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpClient {
    /// curl.
    Curl,
    /// wget.
    Wget,
    /// HTTPie and xh: `METHOD URL item…`.
    Httpie,
    /// A client of one API, which lies below this URL: `ENDPOINT`, with fields as options (`gh api`).
    Rest(&'static str),
}

/// The credential a program or API uses when nothing more explicit is given.
#[derive(Debug, Clone, Copy)]
pub struct CredentialRule {
    /// Environment variables, strongest first.
    pub env: &'static [&'static str],
    /// Ids of options that carry the text.
    pub options: &'static [&'static str],
    /// Name of the stored login used otherwise; empty when there is none.
    pub profile: &'static str,
}

/// What comes out of a program's standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Output {
    /// What it was given, changed or not: content of the files it reads and of its input.
    #[default]
    Inputs,
    /// What the network answered.
    Network,
    /// Nothing of its inputs (counts, states).
    Nothing,
    /// The text of its operands (echo, printf).
    Operands,
    /// Its input or files, decoded (base64 -d).
    Decoded,
    /// The environment variables its operands name, without operands all of them (printenv).
    Environment,
    /// The path of a new temporary file (mktemp).
    Temporary,
    /// The path of the program its operand names (which).
    Program,
    /// The paths its tests by name let through (find).
    Listing,
    /// Shell text that only sets variables and functions of its own (direnv, ssh-agent).
    Settings,
}

/// A REST route.
#[derive(Debug)]
pub struct Route {
    /// Methods, upper case; empty means any.
    pub methods: &'static [&'static str],
    /// Path template: literal segments, `{name}` for one segment or the middle of one,
    /// `{name...}` for the rest.
    pub path: &'static str,
    /// What it does.
    pub acts: &'static [Act],
    /// Members of the request that are SQL and run, with their dialect.
    pub sql: &'static [(Source, &'static str)],
}

/// An MCP server.
#[derive(Debug)]
pub struct Server {
    /// Its name in the catalogue, also the namespace of operations that are judged by name.
    pub name: &'static str,
    /// Globs of the names operators give it.
    pub globs: &'static [&'static str],
    /// The host it acts on; empty: this machine, or one its arguments name.
    pub host: &'static str,
    /// Its tools.
    pub tools: &'static [Tool],
}

/// A tool of a host or an MCP server.
#[derive(Debug)]
pub struct Tool {
    /// Names, squeezed: lower case, without what joins words; or globs of names in lower case.
    pub names: &'static [&'static str],
    /// Arguments (squeezed) that it understands or that change nothing of note.
    pub heeded: &'static [&'static str],
    /// The method of its requests, when its name tells it; else empty.
    pub method: &'static str,
    /// It calls what these name at the API of this name.
    pub calls: Option<(&'static str, &'static [Source])>,
    /// It calls another tool: where server, tool and arguments are found.
    pub nests: Option<[Source; 3]>,
    /// Which argument carries which language, all that are present are interpreted.
    pub carries: &'static [(Language, Source)],
    /// Arguments that name the working directory.
    pub cwd: &'static [Source],
    /// What it does besides.
    pub acts: &'static [Act],
}

/// A language that a tool argument is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// A shell line; a list is the words of a program.
    Shell,
    /// A list of shell lines, run one after the other in one shell or each in its own.
    Scripts,
    /// A program and its arguments as a list of words.
    Argv,
    /// SQL, of a dialect when it is known.
    Sql(Option<Dialect>),
    /// A URL to be fetched; `method`, `headers` and `body` arguments belong to it.
    Url,
    /// A patch in the `*** Begin Patch` form.
    Patch,
    /// Code of another language.
    Code,
    /// A PowerShell text.
    PowerShell,
}
