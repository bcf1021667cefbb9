//! Web APIs, as Rust expressions.

use std::collections::BTreeMap;
use std::fmt;

use super::{Checked, Emitter, act, credential, list};
use crate::form::{Act, Api};
use crate::terms::{self, Options};

/// Where each API answers, by its place among them.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    named: BTreeMap<String, Vec<usize>>,
    globs: Vec<(String, usize)>,
}

impl Hosts {
    pub(super) fn add(&mut self, hosts: &[String], api: usize) {
        for host in hosts {
            // What runs anywhere is told by its routes.
            if host == "*" {
                continue;
            }
            if host.contains(['*', '?', '[']) {
                self.globs.push((host.clone(), api));
            } else {
                self.named.entry(host.clone()).or_default().push(api);
            }
        }
    }
}

impl fmt::Display for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hosts {{ named: &[")?;
        for (host, apis) in &self.named {
            write!(f, "({host:?}, &{apis:?}), ")?;
        }
        write!(f, "], globs: &{:?} }}", self.globs)
    }
}

impl Emitter {
    pub(super) fn api(&mut self, one: &Api) -> Checked {
        let none = Options::new();
        let mut routes = String::new();
        for route in &one.route {
            let acts = self.shared_act(route, None)?;
            let sql = list(&route.sql, |text| {
                let from = terms::source(text, &none)?;
                Ok(format!("({from}, {:?})", route.dialect))
            })?;
            let paths = route.path.iter().chain(&route.paths);
            for path in paths.clone() {
                let (methods, path) = methods(&route.methods, path)?;
                routes.push_str(&format!(
                    "Route {{ methods: &{methods:?}, path: {path:?}, acts: &{acts}, sql: &[{sql}] }}, "
                ));
            }
            if paths.count() == 0 {
                return Err("a route without a path".to_owned());
            }
        }
        let calls = list(&one.calls, |calls| {
            let from = list(&calls.name, |text| terms::source(text, &none))?;
            Ok(format!("({:?}, &[{from}])", calls.path))
        })?;
        let secrets = list(&one.secret_members, |member| secret_member(member))?;
        Ok(format!(
            "Api {{ name: {:?}, hosts: &{:?}, graphql: &{:?}, secret_members: &[{secrets}], mutations: &[{}], queries: &[{}], \
             routes: &[{routes}], calls: &[{calls}], grammar: {}, credential: {} }}",
            one.name,
            one.hosts,
            one.graphql,
            self.fields(&one.name, &one.mutation)?,
            self.fields(&one.name, &one.query)?,
            self.grammar(one.grammar.as_ref(), &none)?,
            credential(one.credential.as_ref(), &none)?,
        ))
    }

    /// An act as a static of its own, for routes and fields that share it.
    fn shared_act(&mut self, one: &Act, operation: Option<&str>) -> Checked {
        let text = act(one, operation, &Options::new())?;
        let name = format!("ACT_{}", self.shared);
        self.shared += 1;
        self.statics
            .push_str(&format!("static {name}: [Act; 1] = [{text}];\n"));
        Ok(name)
    }

    /// GraphQL root fields with all their acts, sorted by name.
    fn fields(&mut self, api: &str, acts: &[Act]) -> Checked {
        let mut by_name: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for one in acts {
            let names: Vec<&str> = one
                .name
                .iter()
                .chain(&one.names)
                .map(String::as_str)
                .collect();
            let first = names.first().ok_or("a field without a name")?;
            for name in &names {
                let operation = format!("{api}:{}", plain(first));
                by_name
                    .entry(name)
                    .or_default()
                    .push(act(one, Some(&operation), &Options::new())?);
            }
        }
        Ok(by_name
            .iter()
            .map(|(name, acts)| format!("({name:?}, &[{}] as &[Act]),\n", acts.join(", ")))
            .collect())
    }
}

/// The name of a field as a part of an operation.
fn plain(name: &str) -> String {
    name.replace(['.', '/'], "_")
}

/// The methods in front of a path, and the path.
fn methods(given: &[String], path: &str) -> Result<(Vec<String>, String), String> {
    match path.split_once(' ') {
        None => Ok((given.to_vec(), path.to_owned())),
        Some(_) if !given.is_empty() => Err(format!("`{path}`: methods are given twice")),
        Some((methods, path)) => Ok((
            methods.split('|').map(str::to_owned).collect(),
            path.to_owned(),
        )),
    }
}

/// `name` or `name(argument)`.
fn secret_member(text: &str) -> Checked {
    let (name, argument) = match text.split_once('(') {
        Some((name, rest)) => {
            let argument = rest.strip_suffix(')').filter(|one| is_name(one));
            (
                name,
                Some(argument.ok_or("a secret member is `name` or `name(argument)`")?),
            )
        }
        None => (text, None),
    };
    if !is_name(name) {
        return Err("a secret member is `name` or `name(argument)`".into());
    }
    Ok(format!(
        "SecretMember {{ name: {name:?}, argument: {argument:?} }}"
    ))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
