//! What is known of SQL, as Rust expressions.

use std::collections::{BTreeMap, BTreeSet};

use super::{Checked, Emitter, effects};
use crate::form::sql::{ClientCommand, Function, SqlFile, Statement};
use crate::vocabulary::{Completeness, ResourceType, Reversibility, Verb};

const DIALECTS: &[(&str, &str)] = &[
    ("postgres", "Postgres"),
    ("mysql", "MySql"),
    ("sqlite", "Sqlite"),
    ("mssql", "MsSql"),
    ("duckdb", "DuckDb"),
    ("clickhouse", "ClickHouse"),
    ("snowflake", "Snowflake"),
    ("bigquery", "BigQuery"),
];

impl Emitter {
    /// Adds what all files say of SQL.
    pub fn sql(&mut self, files: Vec<(String, SqlFile)>) {
        let mut heads: BTreeMap<String, Heads> = BTreeMap::new();
        let mut functions = BTreeMap::new();
        let mut commands = BTreeMap::new();
        let mut lists: [BTreeSet<String>; 3] = Default::default();
        let mut noise = Vec::new();
        let mut clauses = BTreeSet::new();
        let mut statics = String::new();
        for (name, file) in files {
            let fail = |error: String| -> String { panic!("{name}: {error}") };
            for one in &file.statement {
                let number = self.shared;
                self.shared += 1;
                let text = statement(one).unwrap_or_else(fail);
                statics.push_str(&format!("static SQL_{number}: Statement = {text};\n"));
                let runs = one.has.iter().chain(&one.without);
                clauses.extend(
                    runs.filter_map(|run| run.split_whitespace().next())
                        .map(str::to_owned),
                );
                for head in &one.heads {
                    let mut words = head.split_whitespace().map(str::to_owned);
                    let first = words.next().unwrap_or_else(|| fail("an empty head".into()));
                    let rest: Vec<String> = words.collect();
                    let groups = heads.entry(first).or_default();
                    let second = rest.first().cloned().unwrap_or_default();
                    let group = groups.entry(second).or_default();
                    group.push((rest, format!("SQL_{number}")));
                }
            }
            for one in &file.function {
                let number = self.shared;
                self.shared += 1;
                let text = function(one).unwrap_or_else(fail);
                statics.push_str(&format!("static SQL_{number}: Function = {text};\n"));
                for name in &one.names {
                    if functions.insert(name.clone(), number).is_some() {
                        fail(format!("function `{name}` stands twice"));
                    }
                }
            }
            for one in &file.command {
                let number = self.shared;
                self.shared += 1;
                let text = command(one).unwrap_or_else(fail);
                statics.push_str(&format!("static SQL_{number}: ClientCommand = {text};\n"));
                for name in &one.names {
                    let key = (name.clone(), one.dialects.clone());
                    if commands.insert(key, number).is_some() {
                        fail(format!("command `{name}` stands twice"));
                    }
                }
            }
            for (set, texts) in lists
                .iter_mut()
                .zip([&file.pure, &file.looking, &file.reserved])
            {
                let words = texts.iter().flat_map(|text| text.split_whitespace());
                set.extend(words.map(str::to_owned));
            }
            noise.extend(file.noise);
        }
        for name in functions.keys() {
            assert!(
                !lists[0].contains(name),
                "SQL function `{name}` is pure, and is not"
            );
        }
        let heads: String = heads
            .iter()
            .map(|(first, groups)| {
                let groups: String = groups.iter().map(group).collect();
                format!("({first:?}, &[{groups}] as Heads),\n")
            })
            .collect();
        let (families, exact) = families_of(std::mem::take(&mut lists[0]));
        lists[0] = exact;
        let (clause_families, clauses) = families_of(clauses);
        let clauses: Vec<String> = clauses.into_iter().collect();
        let letters = letters_of(&clauses);
        let [pure, looking, reserved] =
            lists.map(|set| set.into_iter().collect::<Vec<_>>().join("\n"));
        self.statics.push_str(&statics);
        self.sql = format!(
            "sql: Sql {{ statements: &[{heads}], commands: &[{}], functions: &[{}], pure: {pure:?}, families: &{families:?}, \
             looking: {looking:?}, reserved: {reserved:?}, clauses: &{clauses:?}, \
             clause_letters: {letters:?}, \
             clause_families: &{clause_families:?}, noise: &{noise:?} }}",
            table(commands.iter().map(|((name, _), number)| (name, *number))),
            table(functions.iter().map(|(name, number)| (name, *number))),
        );
    }
}

/// Heads by their second word: their words behind the first, and the statement.
type Heads = BTreeMap<String, Vec<(Vec<String>, String)>>;

fn group((second, heads): (&String, &Vec<(Vec<String>, String)>)) -> String {
    let heads: String = heads
        .iter()
        .map(|(rest, name)| format!("Head {{ rest: &{rest:?}, statement: &{name} }}, "))
        .collect();
    format!("({second:?}, &[{heads}] as &[Head]), ")
}

/// Where in sorted words those of each letter begin, and where the last ends.
fn letters_of(words: &[String]) -> Vec<usize> {
    for word in words {
        let begins = word.starts_with(|c: char| c.is_ascii_lowercase());
        assert!(begins, "a clause begins with `{word}`, which is no word");
    }
    let begin = |letter: u8| words.partition_point(|word| word.as_bytes()[0] < letter);
    (b'a'..=b'z' + 1).map(begin).collect()
}

/// Beginnings of names that end in `*`, and the other names.
fn families_of(names: BTreeSet<String>) -> (Vec<String>, BTreeSet<String>) {
    let (families, exact): (BTreeSet<String>, BTreeSet<String>) =
        names.into_iter().partition(|name| name.ends_with('*'));
    let begin = |name: String| name.trim_end_matches('*').to_owned();
    (families.into_iter().map(begin).collect(), exact)
}

fn table<'a>(entries: impl Iterator<Item = (&'a String, usize)>) -> String {
    entries
        .map(|(name, number)| format!("({name:?}, &SQL_{number}), "))
        .collect()
}

fn statement(one: &Statement) -> Checked {
    let inner = || -> Checked {
        let form = match one.form.as_str() {
            "" | "plain" => "Plain",
            "scanned" => "Scanned",
            "query" => "Query",
            "rows" => "Rows",
            "insert" => "Insert",
            "merge" => "Merge",
            "explain" => "Explain",
            "execute" => "Execute",
            "prepare" => "Prepare",
            "block" => "Block",
            "copy" => "Copy",
            "control" => "Control",
            other => return Err(format!("`{other}` is no form of statement")),
        };
        let target = match one.id.as_str() {
            "" => "Target::Nothing".to_owned(),
            "name" => "Target::Name".to_owned(),
            "names" => "Target::Names".to_owned(),
            "text" => "Target::Text".to_owned(),
            other => match (other.strip_prefix("after "), other.strip_prefix('=')) {
                (Some(word), _) => format!("Target::After({word:?})"),
                (None, Some(text)) => format!("Target::Const({text:?})"),
                _ => return Err(format!("`{other}` is no place of a name")),
            },
        };
        let runs = |runs: &[String]| -> String {
            runs.iter()
                .map(|run| format!("&{:?}, ", run.split_whitespace().collect::<Vec<_>>()))
                .collect()
        };
        Ok(format!(
            "Statement {{ has: &[{}], without: &[{}], dialects: {}, form: Form::{form}, target: {target}, deed: {} }}",
            runs(&one.has),
            runs(&one.without),
            dialects(&one.dialects)?,
            Deed {
                operation: &one.operation,
                verb: &one.verb,
                resource: one.resource.as_deref(),
                reversibility: one.reversibility.as_deref(),
                effects: &one.effects,
                completeness: one.completeness.as_deref(),
                unbounded: one.unbounded,
            }
            .checked()?
        ))
    };
    inner().map_err(|error| format!("`{}`: {error}", one.operation))
}

fn function(one: &Function) -> Checked {
    let label = one.names.first().cloned().unwrap_or_default();
    let deed = match &one.operation {
        None => "None".to_owned(),
        Some(operation) => {
            let deed = Deed {
                operation,
                verb: one.verb.as_deref().unwrap_or("execute"),
                resource: one.resource.as_deref(),
                reversibility: one.reversibility.as_deref(),
                effects: &one.effects,
                completeness: one.completeness.as_deref(),
                unbounded: false,
            };
            let text = deed
                .checked()
                .map_err(|error| format!("`{label}`: {error}"))?;
            format!("Some({text})")
        }
    };
    Ok(format!(
        "Function {{ deed: {deed}, id: {}, sets: {}, sql: &{:?} }}",
        one.id, one.sets, one.sql
    ))
}

fn command(one: &ClientCommand) -> Checked {
    let label = one.names.first().cloned().unwrap_or_default();
    let inner = || -> Checked {
        let argument = match one.argument.as_str() {
            "" => "Nothing",
            "file" => "File",
            "shell" => "Shell",
            "script" => "Script",
            "copy" => "Copy",
            "connection" => "Connection",
            "delimiter" => "Delimiter",
            "generated" => "Generated",
            other => return Err(format!("`{other}` is no argument of a command")),
        };
        let deed = Deed {
            operation: &one.operation,
            verb: &one.verb,
            resource: one.resource.as_deref(),
            reversibility: one.reversibility.as_deref(),
            effects: &one.effects,
            completeness: None,
            unbounded: false,
        };
        Ok(format!(
            "ClientCommand {{ dialects: {}, argument: CommandArgument::{argument}, deed: {} }}",
            dialects(&one.dialects)?,
            deed.checked()?
        ))
    };
    inner().map_err(|error| format!("`{label}`: {error}"))
}

struct Deed<'a> {
    operation: &'a str,
    verb: &'a str,
    resource: Option<&'a str>,
    reversibility: Option<&'a str>,
    effects: &'a [String],
    completeness: Option<&'a str>,
    unbounded: bool,
}

impl Deed<'_> {
    fn checked(&self) -> Checked {
        if !self.operation.contains(':') {
            return Err("an operation is written namespace:name".to_owned());
        }
        let verb = Verb::parse(self.verb).ok_or_else(|| format!("`{}` is no verb", self.verb))?;
        let resource = self.resource.unwrap_or("Database");
        let resource = ResourceType::parse(resource)
            .ok_or_else(|| format!("`{resource}` is no resource type"))?;
        let reversibility = match self.reversibility {
            Some(word) => {
                Reversibility::parse(word).ok_or_else(|| format!("`{word}` is no reversibility"))?
            }
            None if matches!(verb, Verb::Read | Verb::List) => Reversibility::None,
            None => Reversibility::Irreversible,
        };
        let completeness = self.completeness.unwrap_or("exact");
        let completeness = Completeness::parse(completeness)
            .ok_or_else(|| format!("`{completeness}` is no completeness"))?;
        Ok(format!(
            "Deed {{ operation: {:?}, verb: Verb::{}, resource: ResourceType::{}, \
             reversibility: Reversibility::{}, effects: &[{}], completeness: Completeness::{}, \
             unbounded: {} }}",
            self.operation,
            verb.variant_name(),
            resource.variant_name(),
            reversibility.variant_name(),
            effects(self.effects)?,
            completeness.variant_name(),
            self.unbounded,
        ))
    }
}

/// A set of dialects; none named means all.
fn dialects(names: &[String]) -> Checked {
    let mut set = 0_u16;
    for name in names {
        let index = DIALECTS
            .iter()
            .position(|(known, _)| known == name)
            .ok_or_else(|| format!("`{name}` is no dialect"))?;
        set |= 1 << index;
    }
    Ok(if names.is_empty() {
        "u16::MAX".to_owned()
    } else {
        set.to_string()
    })
}

/// The Rust expression of one dialect.
pub(super) fn dialect(name: &str) -> Checked {
    let mut all = DIALECTS.iter();
    let found = all.find(|(known, _)| *known == name);
    found
        .map(|(_, variant)| format!("Dialect::{variant}"))
        .ok_or_else(|| format!("`{name}` is no dialect"))
}
