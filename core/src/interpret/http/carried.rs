//! GraphQL in a request: whether it is there, and what could carry it.

use std::collections::BTreeMap;

use super::call::Call;
use crate::action::Draft;
use crate::catalogue::spec::Api;
use crate::interpret::argument::Argument;
use crate::interpret::graphql::{self, Endpoint};

impl Call<'_> {
    /// The drafts of a GraphQL request; `None` when it is not one.
    pub(super) fn graphql(&self, api: Option<&'static Api>) -> Option<Vec<Draft>> {
        let endpoint = Endpoint {
            api,
            host: self.target.host.as_deref(),
            service: &self.target.shown,
        };
        let carried = self.carried();
        let interpret = |bodies: &[Argument]| {
            bodies
                .iter()
                .flat_map(|body| graphql::interpret(&endpoint, body, self.setting))
                .collect::<Vec<_>>()
        };
        let gets = self.only("GET") || self.only("HEAD");
        let declared = api.is_some_and(|api| self.is_declared(api));
        if declared || (self.sounds_like_graphql() && !gets) {
            if carried.is_empty() {
                let silent = gets && self.target.query.is_empty();
                return (!silent).then(|| vec![graphql::opaque(&endpoint, self.setting)]);
            }
            return Some(interpret(&carried));
        }
        let requests: Vec<Argument> = carried.into_iter().filter(graphql::is_request).collect();
        if !requests.is_empty() {
            return Some(interpret(&requests));
        }
        None
    }

    /// Whether the path is one that takes GraphQL, or could be.
    fn is_declared(&self, api: &Api) -> bool {
        api.graphql.iter().any(|path| {
            let wanted: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
            self.target.may_be_path(&wanted)
        })
    }

    fn sounds_like_graphql(&self) -> bool {
        let names = ["graphql", "gql"];
        self.target
            .segments
            .iter()
            .any(|segment| names.iter().any(|name| segment.eq_ignore_ascii_case(name)))
    }

    /// What could be GraphQL requests: the query string and the body.
    fn carried(&self) -> Vec<Argument> {
        let mut carried = Vec::new();
        let members: BTreeMap<String, Argument> = self
            .target
            .query
            .iter()
            .filter(|(name, _)| matches!(name.as_str(), "query" | "variables" | "operationName"))
            .map(|(name, value)| (name.clone(), Argument::Text(value.clone())))
            .collect();
        if !members.is_empty() {
            carried.push(Argument::Object(members));
        }
        match self.request.body.graphql(self.setting.catalogue) {
            Argument::Null => {}
            body => carried.push(body),
        }
        if carried.len() > 1 {
            // Servers differ in which of the two they take each member from.
            for one in &mut carried {
                if let Argument::Object(members) = one {
                    members.retain(|name, _| name.eq_ignore_ascii_case("query"));
                    members.insert("variables".to_owned(), Argument::Unknown);
                }
            }
            carried.retain(|one| !matches!(one, Argument::Object(members) if members.len() < 2));
        }
        carried
    }
}
