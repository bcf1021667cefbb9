//! Requests are what the schema says, so that what the validator proved of the policies holds.

use std::collections::BTreeSet;

use cedar_policy::{Entities, Request};
use proptest::prelude::*;

use super::{action, call};
use crate::action::{Action, Credential, Effects, ResourceRef, Scope};
use crate::inventory::Inventory;
use crate::policy::schema::tests::schema;
use crate::policy::{Approver, Bundle};
use crate::vocabulary::{
    Completeness, CredentialSource, Effect, EnvironmentClass, Location, ResourceType,
    Reversibility, Verb,
};

const INVENTORY: &str = "[[environment]]\nname = \"e1\"\nclass = \"staging\"\n\
    [[approver]]\nhuman = \"h\"\nteams = [\"t1\", \"t2\"]\n\
    [[agent]]\nid = \"a\"\ngroups = [\"g\"]\n";

fn one_of<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    prop::sample::select(all)
}

fn credential() -> impl Strategy<Value = Credential> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    (one_of(CredentialSource::ALL), flags, ".{0,4}").prop_map(
        |(source, (declared, issued, shown), text)| Credential {
            source,
            name: Some(text.clone()),
            fingerprint: shown.then_some(text),
            declared: declared.then(|| "token".to_owned()),
            issued,
            environments: if declared {
                vec!["e1".to_owned()]
            } else {
                Vec::new()
            },
        },
    )
}

fn actions() -> impl Strategy<Value = Action> {
    let what = (
        one_of(Verb::ALL),
        one_of(ResourceType::ALL),
        ".{0,8}",
        ".{0,8}",
    );
    let place = (
        one_of(Location::ALL),
        one_of(EnvironmentClass::ALL),
        ".{1,8}",
    );
    let harm = (
        one_of(Reversibility::ALL),
        one_of(Completeness::ALL),
        prop::collection::vec(one_of(Effect::ALL), 0..12),
        prop::option::of(any::<u32>()),
        any::<bool>(),
    );
    let parent = prop::option::of((one_of(ResourceType::ALL), ".{0,8}"));
    (what, place, harm, prop::option::of(credential()), parent).prop_map(
        |((verb, kind, id, operation), (location, class, name), harm, credential, parent)| {
            let mut action = action(verb, kind, &id);
            action.operation = operation.into();
            action.location = location;
            action.environment.name = name;
            action.environment.class = class;
            action.reversibility = harm.0;
            action.completeness = harm.1;
            action.effects = Effects::of(&harm.2);
            action.scope = Scope {
                count: harm.3,
                unbounded: harm.4,
            };
            action.credential = credential;
            let parent = parent.map(|(kind, id)| ResourceRef { kind, id });
            action.resource.parents = parent.into_iter().collect();
            action
        },
    )
}

/// Types that the schema lets be parents of `kind`.
fn allowed_parents(kind: ResourceType) -> BTreeSet<String> {
    let kind = kind.as_str().parse().unwrap();
    let ancestors = schema().ancestors(&kind).unwrap();
    ancestors.map(ToString::to_string).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn requests_and_entities_conform_to_the_schema(
        mut action in actions(),
        optional in (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()),
    ) {
        let text = "@id(\"p\") permit(principal, action, resource);";
        let bundle = Bundle::unchecked(Inventory::parse("i", INVENTORY).unwrap(), text);
        let mut call = call("a");
        call.server = optional.0.then(|| "s".to_owned());
        call.agent.session = optional.1.then(|| "s".to_owned());
        call.agent.on_behalf_of = optional.2.then(|| "h".to_owned());
        let approver = Approver { human: "h".to_owned(), teams: vec!["t3".to_owned()] };
        let approver = optional.3.then_some(&approver);
        let allowed = allowed_parents(action.resource.kind);
        action.resource.parents.retain(|parent| allowed.contains(parent.kind.as_str()));

        let query = bundle.query(&call, &action, approver).unwrap();
        let request = &query.request;
        let checked = Request::new(
            request.principal().unwrap().clone(),
            request.action().unwrap().clone(),
            request.resource().unwrap().clone(),
            request.context().unwrap().clone(),
            Some(schema()),
        );
        prop_assert!(checked.is_ok(), "{:?}", checked.err());
        let entities = Entities::from_entities(query.entities.iter().cloned(), Some(schema()));
        prop_assert!(entities.is_ok(), "{:?}", entities.err());
        let closed = Entities::from_entities(query.entities.iter().cloned(), None).unwrap();
        prop_assert!(query.entities.as_ref().deep_eq(closed.as_ref()));
        prop_assert!(bundle.evaluate(&query).allowed);
    }
}
