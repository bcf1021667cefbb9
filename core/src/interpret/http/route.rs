//! REST: the routes of a catalogued API.

use std::collections::BTreeMap;

use super::call::Call;
use crate::action::Draft;
use crate::catalogue::spec::{Api, Route};
use crate::interpret::acts;
use crate::interpret::argument::{Argument, UNSEEN, value_of};
use crate::interpret::given::Arguments;

/// The drafts of the routes that a request takes. Empty: no route is known.
pub(super) fn drafts(call: &Call<'_>, api: &'static Api) -> Vec<Draft> {
    let methods = call.methods();
    let matches: Vec<Match> = api
        .routes
        .iter()
        .filter(|route| {
            methods
                .iter()
                .any(|method| answers(route, method.as_deref()))
        })
        .filter_map(|route| match_path(route, &call.target.segments))
        .collect();
    // Of routes that match for certain the most specific one is taken; an unseen segment could
    // select any of the others.
    let certain = matches.iter().any(|one| one.certain);
    let best = matches
        .iter()
        .filter(|one| one.certain == certain)
        .map(|one| one.literals)
        .max()
        .unwrap_or(0);
    let mut drafts = Vec::new();
    for one in &matches {
        if !certain || (one.certain && one.literals == best) {
            let given = arguments(call, one);
            drafts.extend(acts::drafts(
                one.route.acts,
                &Arguments(&given),
                call.setting,
            ));
        }
    }
    drafts
}

struct Match {
    route: &'static Route,
    /// The members of the path.
    path: BTreeMap<String, Argument>,
    /// How many segments are the same text.
    literals: usize,
    /// No literal segment had to be guessed.
    certain: bool,
}

fn answers(route: &Route, method: Option<&str>) -> bool {
    let Some(method) = method else {
        return true;
    };
    let method = if method == "HEAD" { "GET" } else { method };
    route.methods.is_empty() || route.methods.contains(&method)
}

fn match_path(route: &'static Route, segments: &[String]) -> Option<Match> {
    let mut found = Match {
        route,
        path: BTreeMap::new(),
        literals: 0,
        certain: true,
    };
    let mut have = segments.iter();
    for part in route.path.split('/').filter(|part| !part.is_empty()) {
        if let Some(name) = part
            .strip_prefix('{')
            .and_then(|part| part.strip_suffix('}'))
        {
            if let Some(name) = name.strip_suffix("...") {
                let rest: Vec<&str> = have.by_ref().map(String::as_str).collect();
                found.insert(name, &rest.join("/"));
                return Some(found);
            }
            found.insert(name, have.next()?);
            continue;
        }
        let segment = have.next()?;
        if segment == part {
            found.literals = found.literals.saturating_add(1);
        } else if segment.contains(UNSEEN) {
            found.certain = false;
        } else {
            return None;
        }
    }
    have.next().is_none().then_some(found)
}

impl Match {
    fn insert(&mut self, name: &str, text: &str) {
        self.path
            .insert(name.to_owned(), Argument::Text(value_of(text)));
    }
}

/// `{path, query, body}`.
fn arguments(call: &Call<'_>, found: &Match) -> Argument {
    let mut query: BTreeMap<String, Argument> = BTreeMap::new();
    let mut unseen = false;
    for (name, value) in &call.target.query {
        unseen |= name.contains(UNSEEN);
        let slot = query
            .entry(name.clone())
            .or_insert_with(|| Argument::List(Vec::new()));
        if let Argument::List(values) = slot {
            values.push(Argument::Text(value.clone()));
        }
    }
    let query = if unseen {
        Argument::Unknown
    } else {
        Argument::Object(query)
    };
    let members = [
        ("path".to_owned(), Argument::Object(found.path.clone())),
        ("query".to_owned(), query),
        (
            "body".to_owned(),
            call.request.body.argument(call.setting.catalogue),
        ),
    ];
    Argument::Object(members.into())
}
