//! Prints checked catalogue entries as Rust statics.

mod api;
mod code;
mod facts;
mod sql;
mod tool;
mod words;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use self::tool::{server, tool};
use crate::form::{Act, Api, Command, Credential, OneOrMore, Run, Server, Tool};
use crate::terms::{self, Options};
use crate::vocabulary::{Completeness, Effect, ResourceType, Reversibility, SelectorKind, Verb};

/// Collects entries and prints them.
#[derive(Default)]
pub struct Emitter {
    statics: String,
    names: Vec<String>,
    known_names: BTreeMap<String, usize>,
    meanings: Vec<String>,
    known_meanings: BTreeMap<String, usize>,
    commands: BTreeMap<String, usize>,
    count: usize,
    shared: usize,
    apis: Vec<String>,
    hosts: api::Hosts,
    tools: Vec<String>,
    servers: Vec<String>,
    paths: Vec<String>,
    hints: String,
    words: String,
    sql: String,
    languages: BTreeMap<String, code::Language>,
}

/// An option as its command declares it.
struct OwnOption {
    id: String,
    arity: String,
    role: String,
}

/// What a subcommand inherits.
#[derive(Clone, Default)]
struct Inherited {
    /// Names of the statics that hold options, nearest first.
    tables: Vec<String>,
    ids: Options,
    selectors: BTreeMap<String, OneOrMore>,
    database: Vec<String>,
    credential: Option<Credential>,
    single_dash_long: bool,
    help_anywhere: bool,
    /// The static that holds the grammar.
    grammar: Option<String>,
    dry_run: Vec<String>,
    elsewhere: Vec<String>,
    /// Acts of the parents that apply with every subcommand, as Rust expressions.
    always: Vec<String>,
    /// The static that holds them.
    always_name: String,
}

type Checked = Result<String, String>;

impl Emitter {
    /// Adds the programs of one file.
    pub fn commands(&mut self, file: &str, commands: Vec<Command>) {
        for command in commands {
            let names = command.names.clone();
            let label = names.first().cloned().unwrap_or_default();
            let number = self
                .command(command, &Inherited::default())
                .unwrap_or_else(|error| panic!("{file}: command `{label}`: {error}"));
            for name in names {
                assert!(
                    self.commands.insert(name.clone(), number).is_none(),
                    "{file}: command `{name}` is defined twice"
                );
            }
        }
    }

    fn command(&mut self, command: Command, inherited: &Inherited) -> Result<usize, String> {
        let mut scope = inherited.clone();
        let mut own = BTreeMap::new();
        for (arity, list) in [
            ("Flag", &command.flags),
            ("Value", &command.values),
            ("Optional", &command.optional),
            ("Until", &command.until),
        ] {
            for text in list {
                declare(text, arity, &mut scope, &mut own)?;
            }
        }
        self.keep_options(&own, &mut scope)?;
        if command.local {
            scope.selectors.clear();
            scope.credential = None;
        }
        scope.selectors.extend(command.selectors.clone());
        if !command.database.is_empty() {
            scope.database.clone_from(&command.database);
        }
        scope.elsewhere.extend(command.elsewhere.clone());
        if command.credential.is_some() {
            scope.credential = command.credential.clone();
        }
        scope.single_dash_long |= command.single_dash_long;
        scope.help_anywhere |= command.help_anywhere;
        if let Some(grammar) = &command.grammar {
            scope.grammar = Some(self.keep_grammar(grammar, &scope.ids)?);
        }
        if !command.dry_run.is_empty() {
            scope.dry_run.clone_from(&command.dry_run);
        }
        self.keep_always(&command.act, &mut scope)?;
        let mut subcommands = BTreeMap::new();
        for sub in command.sub {
            let names = sub.names.clone();
            let label = names.first().cloned().unwrap_or_default();
            let number = self
                .command(sub, &scope)
                .map_err(|error| format!("{label}: {error}"))?;
            for name in names {
                if subcommands.insert(name.clone(), number).is_some() {
                    return Err(format!("subcommand `{name}` is defined twice"));
                }
            }
        }
        let name = command.names.first().ok_or("a command without a name")?;
        let acts = list(&command.act, |one| act(one, None, &scope.ids))?;
        let runs = list(&command.run, |one| run(one, &scope.ids))?;
        let output = match command.output.as_deref() {
            None | Some("inputs") => "Inputs",
            Some("network") => "Network",
            Some("nothing") => "Nothing",
            Some("operands") => "Operands",
            Some("decoded") => "Decoded",
            Some("environment") => "Environment",
            Some("temporary") => "Temporary",
            Some("program") => "Program",
            Some("listing") => "Listing",
            Some("settings") => "Settings",
            Some(other) => return Err(format!("`{other}` is no output")),
        };
        let http = match command.http.as_deref() {
            None => "None",
            Some("curl") => "Some(HttpClient::Curl)",
            Some("wget") => "Some(HttpClient::Wget)",
            Some("httpie") => "Some(HttpClient::Httpie)",
            Some(other) => match other.strip_prefix("rest ") {
                Some(base) => &format!("Some(HttpClient::Rest({base:?}))"),
                None => return Err(format!("`{other}` is no HTTP client")),
            },
        };
        let always = match inherited.always_name.as_str() {
            "" => "&[]".to_owned(),
            name => format!("&{name}"),
        };
        let number = self.count;
        self.count += 1;
        let tables = scope.tables.iter().map(|name| format!("&{name}, "));
        let options: String = tables.collect();
        let subs: String = subcommands
            .iter()
            .map(|(name, number)| format!("({name:?}, &COMMAND_{number}), "))
            .collect();
        writeln!(
            self.statics,
            "static COMMAND_{number}: Command = Command {{ name: {name:?}, options: &[{options}], \
             syntax: Syntax {{ options_first: {}, single_dash_long: {}, bare_bundle: {}, assignments: {}, help_anywhere: {} }}, builtin: {}, \
             subcommands: &[{subs}], acts: &[{acts}], always: {always}, runs: &[{runs}], http: {http}, selectors: &[{}], \
             database: &[{}], credential: {}, output: Output::{output}, lists: &[{}], grammar: {}, dry_run: &[{}], sets: &[{}], elsewhere: &[{}] }};",
            command.options_first,
            scope.single_dash_long,
            command.bare_bundle,
            command.assignments,
            scope.help_anywhere,
            command.builtin,
            selectors(&scope.selectors, &scope.ids)?,
            list(&scope.database, |text| terms::source(text, &scope.ids))?,
            credential(scope.credential.as_ref(), &scope.ids)?,
            list(&command.lists, |one| words::listing(one, &scope.ids))?,
            match &scope.grammar {
                Some(name) => format!("Some(&{name})"),
                None => "None".to_owned(),
            },
            words::dry_run(&scope.dry_run, &scope.ids)?,
            selectors(&command.sets, &scope.ids)?,
            list(&scope.elsewhere, |text| terms::source(text, &scope.ids))?,
        )
        .map_err(|error| error.to_string())?;
        Ok(number)
    }

    /// Puts a command's own options into a static that its subcommands share.
    fn keep_options(
        &mut self,
        own: &BTreeMap<String, OwnOption>,
        scope: &mut Inherited,
    ) -> Result<(), String> {
        if own.is_empty() {
            return Ok(());
        }
        let name = format!("OPTIONS_{}", self.shared);
        self.shared += 1;
        let mut entries = String::new();
        for (spelling, opt) in own {
            let spelling = self.name(spelling);
            let meaning = self.meaning(opt);
            entries.push_str(&format!(
                "OptionEntry {{ spelling: {spelling}, meaning: {meaning} }}, "
            ));
        }
        writeln!(
            self.statics,
            "static {name}: [OptionEntry; {}] = [{entries}];",
            own.len()
        )
        .map_err(|error| error.to_string())?;
        scope.tables.insert(0, name);
        Ok(())
    }

    /// A name, which is kept once.
    fn name(&mut self, name: &str) -> String {
        format!(
            "Name({})",
            numbered(name, &mut self.names, &mut self.known_names)
        )
    }

    /// What an option is, kept once.
    fn meaning(&mut self, opt: &OwnOption) -> u16 {
        let (id, role) = (self.name(&opt.id), self.name(&opt.role));
        let text = format!(
            "OptionMeaning {{ id: {id}, arity: Arity::{}, role: {role} }}",
            opt.arity
        );
        numbered(&text, &mut self.meanings, &mut self.known_meanings)
    }

    /// Puts the acts that apply with every subcommand into a static the subcommands share.
    fn keep_always(&mut self, acts: &[Act], scope: &mut Inherited) -> Result<(), String> {
        let before = scope.always.len();
        for one in acts.iter().filter(|one| one.always) {
            scope.always.push(act(one, None, &scope.ids)?);
        }
        if scope.always.len() == before {
            return Ok(());
        }
        scope.always_name = format!("ALWAYS_{}", self.shared);
        self.shared += 1;
        writeln!(
            self.statics,
            "static {}: [Act; {}] = [{}];",
            scope.always_name,
            scope.always.len(),
            scope.always.join(", ")
        )
        .map_err(|error| error.to_string())
    }

    /// Adds the APIs of one file.
    pub fn apis(&mut self, file: &str, apis: Vec<Api>) {
        for one in apis {
            let label = one.name.clone();
            self.hosts.add(&one.hosts, self.apis.len());
            let text = self
                .api(&one)
                .unwrap_or_else(|error| panic!("{file}: api `{label}`: {error}"));
            self.apis.push(text);
        }
    }

    /// Adds the tools of one file.
    pub fn tools(&mut self, file: &str, tools: Vec<Tool>) {
        for one in tools {
            let label = one.names.first().cloned().unwrap_or_default();
            let text = tool(&one).unwrap_or_else(|error| panic!("{file}: tool `{label}`: {error}"));
            self.tools.push(text);
        }
    }

    /// Adds the MCP servers of one file.
    pub fn servers(&mut self, file: &str, servers: Vec<Server>) {
        for one in servers {
            let text = server(&one)
                .unwrap_or_else(|error| panic!("{file}: server `{}`: {error}", one.name));
            self.servers.push(text);
        }
    }

    /// The whole Rust source.
    pub fn finish(self) -> String {
        let commands: String = self
            .commands
            .iter()
            .map(|(name, number)| format!("({name:?}, &COMMAND_{number}),\n"))
            .collect();
        let ends: Vec<usize> = self
            .names
            .iter()
            .scan(0, |end, name| {
                *end += name.len();
                Some(*end)
            })
            .collect();
        format!(
            "{}\n/// The names, one after the other.\npub(super) static NAMES: &str = {:?};\n\n/// Where each name ends.\n\
             pub(super) static NAME_ENDS: &[u32] = &{ends:?};\n\n/// What options are.\n\
             pub(super) static OPTION_MEANINGS: &[OptionMeaning] = &[{}];\n\n/// Everything the guard knows.\npub static CATALOGUE: Catalogue = Catalogue {{ \
             commands: &[{commands}], apis: &[{}], hosts: {}, tools: &[{}], servers: &[{}], paths: &[{}], {}, {}, {}, code: &[{}] }};\n",
            self.statics,
            self.names.concat(),
            self.meanings.join(", "),
            self.apis.join(",\n"),
            self.hosts,
            self.tools.join(",\n"),
            self.servers.join(",\n"),
            self.paths.join(",\n"),
            self.hints,
            self.words,
            self.sql,
            code::languages(&self.languages),
        )
    }
}

/// The number of a text among those that are kept once each.
fn numbered(text: &str, all: &mut Vec<String>, known: &mut BTreeMap<String, usize>) -> u16 {
    let number = *known.entry(text.to_owned()).or_insert_with(|| {
        all.push(text.to_owned());
        all.len() - 1
    });
    u16::try_from(number).expect("fewer different texts than numbers have room for")
}

fn declare(
    text: &str,
    arity: &str,
    scope: &mut Inherited,
    own: &mut BTreeMap<String, OwnOption>,
) -> Result<(), String> {
    let (spellings, role) = terms::option(text)?;
    let id = spellings
        .iter()
        .find(|spelling| spelling.starts_with("--"))
        .unwrap_or(&spellings[0]);
    for spelling in &spellings {
        let opt = OwnOption {
            id: (*id).to_owned(),
            arity: arity.to_owned(),
            role: role.to_owned(),
        };
        if own.insert((*spelling).to_owned(), opt).is_some() {
            return Err(format!("option `{spelling}` is declared twice"));
        }
        scope.ids.insert((*spelling).to_owned(), (*id).to_owned());
    }
    Ok(())
}

fn act(one: &Act, operation: Option<&str>, options: &Options) -> Checked {
    let operation = one.operation.as_deref().or(operation).ok_or_else(|| {
        format!(
            "an act `{} {}` without an operation",
            one.verb, one.resource
        )
    })?;
    let inner = || -> Checked {
        if !operation.contains(':') {
            return Err("an operation is written namespace:name".to_owned());
        }
        let verb = Verb::parse(&one.verb).ok_or_else(|| format!("`{}` is no verb", one.verb))?;
        let resource = ResourceType::parse(&one.resource)
            .ok_or_else(|| format!("`{}` is no resource type", one.resource))?;
        let reversibility = match one.reversibility.as_deref() {
            Some(word) => {
                Reversibility::parse(word).ok_or_else(|| format!("`{word}` is no reversibility"))?
            }
            None if matches!(verb, Verb::Read | Verb::List) => Reversibility::None,
            None => Reversibility::Irreversible,
        };
        let completeness = match one.completeness.as_deref() {
            Some(word) => {
                Completeness::parse(word).ok_or_else(|| format!("`{word}` is no completeness"))?
            }
            None => Completeness::Exact,
        };
        let parents: Vec<(String, String)> = one
            .parents
            .iter()
            .map(|(kind, from)| {
                let kind = ResourceType::parse(kind)
                    .ok_or_else(|| format!("`{kind}` is no resource type"))?;
                Ok((
                    kind.variant_name().to_owned(),
                    terms::source(from, options)?,
                ))
            })
            .collect::<Result<_, String>>()?;
        let parents: String = parents
            .iter()
            .map(|(kind, from)| format!("(ResourceType::{kind}, {from}), "))
            .collect();
        Ok(format!(
            "Act {{ when: &[{}], operation: {operation:?}, verb: Verb::{}, resource: ResourceType::{}, \
             id: &[{}], parents: &[{parents}], reversibility: Reversibility::{}, effects: &[{}], \
             unbounded: {}, completeness: Completeness::{}, selectors: &[{}], nouns: {} }}",
            terms::conditions(&one.when, &one.any, options)?,
            verb.variant_name(),
            resource.variant_name(),
            list(&one.id, |text| terms::source(text, options))?,
            reversibility.variant_name(),
            effects(&one.effects)?,
            one.unbounded,
            completeness.variant_name(),
            selectors(&one.selectors, options)?,
            words::nouns(one),
        ))
    };
    inner().map_err(|error| format!("`{operation}`: {error}"))
}

fn run(one: &Run, options: &Options) -> Checked {
    let form = match one.form.as_str() {
        "argv" => "Argv",
        "package" => "Package",
        "shell" => "Shell",
        "code" => "Code",
        "script" => "Script",
        "input" => "Input",
        "again" => "Again",
        "written" => "Written",
        other => return Err(format!("`{other}` is no form of run")),
    };
    let from = match (&one.from, form) {
        (Some(from), _) => terms::source(from, options)?,
        (None, "Input" | "Again") => "Source::Const(\"\")".to_owned(),
        (None, _) => return Err(format!("a run of form `{}` needs `from`", one.form)),
    };
    Ok(format!(
        "Run {{ when: &[{}], form: RunForm::{form}, from: {from}, place: {}, effects: &[{}], \
         placeholder: {:?}, appends: {}, language: {:?} }}",
        terms::conditions(&one.when, &one.any, options)?,
        terms::place(one.place.as_deref(), options)?,
        effects(&one.effects)?,
        one.placeholder,
        one.appends,
        one.language,
    ))
}

fn credential(one: Option<&Credential>, options: &Options) -> Checked {
    let Some(one) = one else {
        return Ok("None".to_owned());
    };
    let ids = list(&one.options, |spelling| {
        let id = options
            .get(spelling)
            .ok_or_else(|| format!("credential option `{spelling}` is not declared"))?;
        Ok(format!("{id:?}"))
    })?;
    Ok(format!(
        "Some(CredentialRule {{ env: &{:?}, options: &[{ids}], profile: {:?} }})",
        one.env, one.profile
    ))
}

fn selectors(map: &BTreeMap<String, OneOrMore>, options: &Options) -> Checked {
    let entries: Vec<(&String, &String)> = map
        .iter()
        .flat_map(|(kind, from)| from.all().iter().map(move |one| (kind, one)))
        .collect();
    list(&entries, |(kind, from)| {
        let kind =
            SelectorKind::parse(kind).ok_or_else(|| format!("`{kind}` is no selector kind"))?;
        Ok(format!(
            "(SelectorKind::{}, {})",
            kind.variant_name(),
            terms::source(from, options)?
        ))
    })
}

fn effects(words: &[String]) -> Checked {
    list(words, |word| {
        let effect = Effect::parse(word).ok_or_else(|| format!("`{word}` is no effect"))?;
        Ok(format!("Effect::{}", effect.variant_name()))
    })
}

fn list<T>(items: &[T], each: impl Fn(&T) -> Checked) -> Checked {
    Ok(items
        .iter()
        .map(each)
        .collect::<Result<Vec<_>, _>>()?
        .join(", "))
}
