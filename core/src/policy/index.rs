//! The index: policies by what their scope fixes, so that a decision looks only at those that can
//! match.
//!
//! Soundness: a policy is left out only when its scope, or the first test of its conditions, is false
//! for the request. Cedar evaluates these first, so it could neither match nor fail. The type of a
//! resource, its anchor (itself or one ancestor) and the principal's anchor are taken from the request
//! with everything the entity has; a scope that speaks of something not understood here is filed under
//! "any". Verbs are more: a policy is found for a verb only when it is filed under it, which is why
//! [`Condition`] need not test them again.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use super::condition::Condition;
use super::scope::{Fact, Scope};
use crate::decision::DenyReason;
use crate::vocabulary::{ResourceType, Verb};

/// No anchor.
const ANY: u32 = 0;

/// Policies by scope.
#[derive(Debug, Default)]
pub(super) struct Index {
    anchors: Anchors,
    buckets: HashMap<Key, Bucket>,
}

/// Entities that scopes name, by type and id. Numbers start at 1.
#[derive(Debug, Default)]
struct Anchors {
    numbers: HashMap<String, HashMap<String, u32>>,
    last: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    verb: Verb,
    kind: Option<ResourceType>,
    resource: u32,
    principal: u32,
    fact: Option<Fact>,
}

/// Policies with the same key.
#[derive(Debug, Default)]
pub(super) struct Bucket {
    /// Their numbers in the bundle.
    pub(super) policies: Vec<u32>,
    /// What is left to evaluate of them, made on first use.
    pub(super) conditions: OnceLock<Result<Vec<Condition>, DenyReason>>,
}

/// Where the policies that can match a request are.
#[derive(Debug)]
pub(super) struct Keys {
    verb: Verb,
    kind: ResourceType,
    resources: Vec<u32>,
    principals: Vec<u32>,
    /// `None`, and every fact there is.
    facts: Vec<Option<Fact>>,
}

impl Index {
    /// Indexes policies by their scopes; a policy's number is its place.
    pub(super) fn new<'a>(scopes: impl IntoIterator<Item = &'a Scope>) -> Self {
        let mut index = Self::default();
        for (number, scope) in (0_u32..).zip(scopes) {
            let resource = index.anchors.intern(scope.resource.as_ref());
            let principal = index.anchors.intern(scope.principal.as_ref());
            for verb in scope.verb_list() {
                let (kind, fact) = (scope.kind(), scope.fact());
                let key = Key {
                    verb,
                    kind,
                    resource,
                    principal,
                    fact,
                };
                index.buckets.entry(key).or_default().policies.push(number);
            }
        }
        index
    }

    /// The keys of a request, from the resource and the principal with all their ancestors.
    pub(super) fn keys<'a>(
        &self,
        verb: Verb,
        kind: ResourceType,
        resources: impl Iterator<Item = (&'a str, &'a str)>,
        principals: impl Iterator<Item = (&'a str, &'a str)>,
        facts: impl Iterator<Item = Fact>,
    ) -> Keys {
        Keys {
            verb,
            kind,
            resources: self.anchors.known(resources),
            principals: self.anchors.known(principals),
            facts: std::iter::once(None).chain(facts.map(Some)).collect(),
        }
    }

    /// The buckets of policies that can match.
    pub(super) fn matching<'a>(&'a self, keys: &'a Keys) -> impl Iterator<Item = &'a Bucket> {
        let places = [None, Some(keys.kind)]
            .into_iter()
            .flat_map(|kind| keys.resources.iter().map(move |resource| (kind, *resource)));
        let held = places.flat_map(|(kind, resource)| {
            keys.principals
                .iter()
                .map(move |principal| (kind, resource, *principal))
        });
        held.flat_map(move |(kind, resource, principal)| {
            keys.facts.iter().filter_map(move |fact| {
                let key = Key {
                    verb: keys.verb,
                    kind,
                    resource,
                    principal,
                    fact: *fact,
                };
                self.buckets.get(&key)
            })
        })
    }
}

impl Anchors {
    fn intern(&mut self, anchor: Option<&(String, String)>) -> u32 {
        let Some((kind, id)) = anchor else { return ANY };
        let ids = self.numbers.entry(kind.clone()).or_default();
        *ids.entry(id.clone()).or_insert_with(|| {
            self.last = self.last.saturating_add(1);
            self.last
        })
    }

    /// [`ANY`] and the numbers of those entities that some scope names.
    fn known<'a>(&self, entities: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<u32> {
        let mut seen = HashSet::new();
        let named = entities.filter_map(|(kind, id)| self.numbers.get(kind)?.get(id).copied());
        std::iter::once(ANY)
            .chain(named)
            .filter(|number| seen.insert(*number))
            .collect()
    }
}
