//! REST: the routes of a catalogued API.

use std::collections::BTreeMap;

use super::call::Call;
use super::service;
use crate::action::{Draft, Selector};
use crate::catalogue::spec::{Act, Api, Route};
use crate::catalogue::sql::Dialect;
use crate::interpret::acts::{self, Given as _};
use crate::interpret::argument::{Argument, has_unseen, value_of};
use crate::interpret::given::Arguments;
use crate::interpret::graphql::{self, Endpoint};
use crate::interpret::place::Setting;
use crate::interpret::sql;
use crate::interpret::tool::name::{squeeze, squeezed};
use crate::interpret::value::{Origin, Value};

/// The drafts of the routes that a request takes. Empty: no route is known.
pub(super) fn drafts(call: &Call<'_>, api: &'static Api) -> Vec<Draft> {
    let mut drafts = of_routes(call, api, false);
    if drafts.is_empty() {
        drafts = of_name(call, api);
    }
    drafts
}

/// The drafts of the routes that a request takes for certain.
pub(super) fn told(call: &Call<'_>, api: &'static Api) -> Vec<Draft> {
    of_routes(call, api, true)
}

/// The drafts of a request that names what it does, in its path, a header or its body.
fn of_name(call: &Call<'_>, api: &'static Api) -> Vec<Draft> {
    for (path, sources) in api.calls {
        let Some(found) = match_path(path, &call.target.segments) else {
            continue;
        };
        let given = arguments(call, &found);
        let names = sources
            .iter()
            .flat_map(|source| Arguments(&given).found(*source).values);
        let endpoint = Endpoint {
            api: Some(api),
            host: call.target.host.as_deref(),
            service: &call.target.shown,
        };
        // Of names in several places it is not known which one counts.
        let drafts: Vec<Draft> = names
            .flat_map(|name| match name.exact() {
                Some(name) => named(&endpoint, &name, &given, call.setting),
                None => vec![graphql::opaque(&endpoint, call.setting)],
            })
            .collect();
        if !drafts.is_empty() {
            return drafts;
        }
    }
    Vec::new()
}

/// The drafts of a call by name.
pub fn named(
    endpoint: &Endpoint<'_>,
    name: &str,
    given: &Argument,
    setting: &Setting<'_>,
) -> Vec<Draft> {
    let api = endpoint.api;
    let last = name.rsplit(['.', '#', '/']).next().unwrap_or(name);
    let known = [name, last].into_iter().find_map(|name| {
        let tables = api.map(|api| [api.queries, api.mutations])?;
        tables.iter().find_map(|table| look_up(table, name))
    });
    let drafts = known.map_or_else(Vec::new, |acts| {
        acts::drafts(acts, &Arguments(given), setting)
    });
    if drafts.is_empty() {
        vec![graphql::by_name(endpoint, last, setting)]
    } else {
        drafts
    }
}

fn look_up(table: &[(&'static str, &'static [Act])], name: &str) -> Option<&'static [Act]> {
    let index = table.binary_search_by(|(known, _)| (*known).cmp(name)).ok();
    let exact = index.and_then(|index| table.get(index));
    // Clients spell the same name in their own ways.
    exact
        .or_else(|| {
            let name = squeeze(name);
            let alike = |known: &str| squeezed(known).eq(name.chars());
            table.iter().find(|(known, _)| alike(known))
        })
        .map(|(_, acts)| *acts)
}

fn of_routes(call: &Call<'_>, api: &'static Api, surely: bool) -> Vec<Draft> {
    let methods = call.methods();
    let matches: Vec<(&'static Route, Match)> = api
        .routes
        .iter()
        .filter(|route| {
            methods
                .iter()
                .any(|method| answers(route, method.as_deref()))
        })
        .filter_map(|route| Some((route, match_path(route.path, &call.target.segments)?)))
        .filter(|(_, one)| one.certain || !surely)
        .collect();
    // Of routes that match for certain the most specific one is taken; an unseen segment could
    // select any of the others.
    let certain = matches.iter().any(|(_, one)| one.certain);
    let best = matches
        .iter()
        .filter(|(_, one)| one.certain == certain)
        .map(|(_, one)| one.literals)
        .max()
        .unwrap_or(0);
    let mut drafts = Vec::new();
    for (route, one) in &matches {
        if !certain || (one.certain && one.literals == best) {
            let given = arguments(call, one);
            let statements = statements(call, route, &Arguments(&given));
            if statements.is_empty() {
                drafts.extend(acts::drafts(route.acts, &Arguments(&given), call.setting));
            }
            drafts.extend(statements);
        }
    }
    if !certain && !drafts.is_empty() {
        // It may as well be none of them.
        drafts.extend(service::generic(call));
    }
    drafts
}

/// What the SQL does that a request carries.
fn statements(call: &Call<'_>, route: &'static Route, given: &Arguments<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (source, dialect) in route.sql {
        let found = given.found(*source);
        let mut values = found.values;
        if found.incomplete {
            values.push(Value::unseen(Origin::Unseen));
        }
        for value in &values {
            let dialect = Dialect::named(dialect);
            let read = sql::drafts(value, dialect, call.setting);
            drafts.extend(read.drafts);
        }
    }
    // What places the request's own act in an environment places what its SQL does.
    let placed = route.acts.iter().flat_map(|act| act.selectors);
    for (kind, source) in placed {
        for value in given.found(*source).values {
            let selector = Selector {
                kind: *kind,
                value: value.sketch(),
            };
            for draft in &mut drafts {
                draft.selectors.push(selector.clone());
            }
        }
    }
    drafts
}

struct Match {
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

fn match_path(template: &'static str, segments: &[String]) -> Option<Match> {
    let mut found = Match {
        path: BTreeMap::new(),
        literals: 0,
        certain: true,
    };
    let mut have = segments.iter();
    for part in template.split('/').filter(|part| !part.is_empty()) {
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
        if let Some((before, name, after)) = parts(part) {
            let inner = segment
                .strip_prefix(before)
                .and_then(|rest| rest.strip_suffix(after));
            match inner {
                Some(inner) => found.insert(name, inner),
                None if has_unseen(segment) => found.certain = false,
                None => return None,
            }
            found.literals = found.literals.saturating_add(1);
        } else if segment == part {
            found.literals = found.literals.saturating_add(1);
        } else if has_unseen(segment) {
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

/// `before{name}after` taken apart.
fn parts(template: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = template.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

/// `{path, query, body, text, header}`.
fn arguments(call: &Call<'_>, found: &Match) -> Argument {
    let mut query: BTreeMap<String, Argument> = BTreeMap::new();
    let mut unseen = false;
    for (name, value) in &call.target.query {
        unseen |= has_unseen(name);
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
    let mut headers: BTreeMap<String, Argument> = BTreeMap::new();
    for (name, value) in &call.request.headers {
        headers.insert(name.to_ascii_lowercase(), Argument::Text(value.clone()));
    }
    let members = [
        (
            "text".to_owned(),
            call.request.body.text(call.setting.catalogue),
        ),
        ("header".to_owned(), Argument::Object(headers)),
        ("path".to_owned(), Argument::Object(found.path.clone())),
        ("query".to_owned(), query),
        (
            "body".to_owned(),
            call.request.body.argument(call.setting.catalogue),
        ),
    ];
    Argument::Object(members.into())
}
