//! Web APIs, and where they answer.

use crate::interpret::wildcard::wildcard;

use super::{Act, CredentialRule, Grammar, Route, Source};

/// A web API.
#[derive(Debug)]
pub struct Api {
    /// Its name, the namespace of its operations.
    pub name: &'static str,
    /// Host globs it answers on, with a port where that tells it (`*:9200`). `*` alone: it runs
    /// anywhere, and is told by its routes.
    pub hosts: &'static [&'static str],
    /// Paths that take GraphQL; empty when the API has none.
    pub graphql: &'static [&'static str],
    /// Members of GraphQL answers that hold secrets, at any depth.
    pub secret_members: &'static [SecretMember],
    /// GraphQL root fields of mutations, sorted by name; several acts may share one.
    pub mutations: &'static [(&'static str, &'static [Act])],
    /// GraphQL root fields of queries, sorted by name.
    pub queries: &'static [(&'static str, &'static [Act])],
    /// REST routes, most specific first.
    pub routes: &'static [Route],
    /// Paths whose requests name a field of `mutations` or `queries`: path template and where the
    /// name is found.
    pub calls: &'static [(&'static str, &'static [Source])],
    /// How paths without a route name acts and things.
    pub grammar: Option<&'static Grammar>,
    /// The credential of its requests.
    pub credential: Option<CredentialRule>,
}

/// A member of an API's answers that holds a secret.
#[derive(Debug)]
pub struct SecretMember {
    /// The field, not its alias.
    pub name: &'static str,
    /// It holds one only when this argument is given and is not `false`.
    pub argument: Option<&'static str>,
}

/// Where web APIs answer, except for those that run anywhere.
#[derive(Debug)]
pub struct Hosts {
    /// Hosts by name, sorted, with the places of the APIs among all.
    pub named: &'static [(&'static str, &'static [usize])],
    /// Globs of hosts, with a port where that tells it, and the place of the API.
    pub globs: &'static [(&'static str, usize)],
}

impl Hosts {
    /// How closely an API is told to answer on `host`, by how many bytes, and the place of that API; of
    /// several the one that is told most closely.
    #[must_use]
    pub fn told(&self, host: &str) -> Option<(usize, usize)> {
        let named = self.named.binary_search_by(|(name, _)| (*name).cmp(host));
        let named = named.ok().and_then(|index| self.named.get(index));
        let by_name = named.and_then(|(name, apis)| Some((name.len(), *apis.last()?)));
        let globs = self.globs.iter().filter(|(glob, _)| wildcard(glob, host));
        by_name.max(globs.map(|(glob, api)| (glob.len(), *api)).max())
    }
}
