//! One action as a Cedar request, built from typed parts.

use std::collections::{HashMap, HashSet};

use cedar_policy_core::ast::{
    Context, Entity, EntityUID, PartialValue, Request, RequestSchemaAllPass, Value, ValueKind,
};
use cedar_policy_core::entities::{Entities, NoEntitiesSchema, TCComputation};
use cedar_policy_core::extensions::Extensions;

use super::bundle::Bundle;
use super::index::Keys;
use super::names::{Names, entity};
use super::scope::Fact;
use crate::action::{Action, Credential};
use crate::call::ToolCall;
use crate::decision::DenyReason;

/// A human who has approved the call, or might.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approver {
    /// Id of the human.
    pub human: String,
    /// Teams the human is in.
    pub teams: Vec<String>,
}

/// One action of one call, ready to be evaluated by the bundle it was made for.
#[derive(Debug)]
pub struct Query {
    /// The request.
    pub request: cedar_policy::Request,
    /// The entities it speaks of, with their ancestors.
    pub entities: cedar_policy::Entities,
    /// Where the policies that can match it are.
    pub(super) keys: Keys,
}

impl Bundle {
    /// The Cedar request for `action`, with the approval of `approver` if there is one.
    ///
    /// # Errors
    /// When Cedar refuses a part; the call must then be denied.
    pub fn query(
        &self,
        call: &ToolCall,
        action: &Action,
        approver: Option<&Approver>,
    ) -> Result<Query, DenyReason> {
        let names = Names::get().map_err(|error| DenyReason::Internal(error.to_owned()))?;
        let builder = Builder {
            bundle: self,
            names,
            call,
            action,
            approver,
        };
        builder.query().ok_or_else(|| {
            DenyReason::Internal("no request could be built for an action".to_owned())
        })
    }
}

struct Builder<'a> {
    bundle: &'a Bundle,
    names: &'a Names,
    call: &'a ToolCall,
    action: &'a Action,
    approver: Option<&'a Approver>,
}

impl Builder<'_> {
    fn query(&self) -> Option<Query> {
        let agent = Names::uid(&self.names.agent, &self.call.agent.id);
        let resource = self.uid_of_resource()?;
        let verb = self.names.verb(self.action.verb)?;
        let extensions = Extensions::all_available();
        let request = Request::new(
            (agent.clone(), None),
            (verb.uid().clone(), None),
            (resource.clone(), None),
            self.context()?,
            // The context is well typed by construction; a test checks it against the schema.
            None::<&RequestSchemaAllPass>,
            extensions,
        )
        .ok()?;
        let mut entities = vec![verb.clone(), self.agent(agent), self.resource(resource)?];
        entities.extend(self.humans());
        // Each names all its ancestors itself, and none of these is among the entities.
        let closed = TCComputation::AssumeAlreadyComputed;
        let entities =
            Entities::from_entities(entities, None::<&NoEntitiesSchema>, closed, extensions)
                .ok()?;
        Some(Query {
            request: request.into(),
            entities: entities.into(),
            keys: self.keys(),
        })
    }

    fn uid_of_resource(&self) -> Option<EntityUID> {
        let kind = self.names.kind(self.action.resource.kind)?;
        Some(Names::uid(kind, &self.action.resource.id))
    }

    fn agent(&self, uid: EntityUID) -> Entity {
        let groups = self.bundle.inventory().groups_of(&self.call.agent.id);
        let parents = groups
            .iter()
            .map(|group| Names::uid(&self.names.agent_group, group));
        let human = self.call.agent.on_behalf_of.as_ref().map(|human| {
            let human = Names::uid(&self.names.human, human);
            let human: PartialValue = Value::from(human).into();
            ("onBehalfOf".into(), human)
        });
        Entity::new_with_attr_partial_value(uid, human, HashSet::new(), parents.collect(), [])
    }

    /// The resource with all its ancestors as parents.
    fn resource(&self, uid: EntityUID) -> Option<Entity> {
        let environment = &self.action.environment;
        let mut parents = HashSet::from([
            Names::uid(&self.names.environment, &environment.name),
            self.names.class(environment.class)?.clone(),
        ]);
        for parent in &self.action.resource.parents {
            parents.insert(Names::uid(self.names.kind(parent.kind)?, &parent.id));
        }
        // Cedar refuses cycles.
        parents.remove(&uid);
        Some(entity(uid, parents))
    }

    /// The humans the request speaks of, in their teams.
    fn humans(&self) -> Vec<Entity> {
        let mut teams: HashMap<&str, Vec<String>> = HashMap::new();
        if let Some(human) = &self.call.agent.on_behalf_of {
            teams.insert(human, self.bundle.inventory().teams_of(human));
        }
        if let Some(approver) = self.approver {
            teams
                .entry(&approver.human)
                .or_default()
                .extend(approver.teams.iter().cloned());
        }
        let member = |(human, teams): (&str, Vec<String>)| {
            let parents = teams
                .iter()
                .map(|team| Names::uid(&self.names.team, team))
                .collect();
            entity(Names::uid(&self.names.human, human), parents)
        };
        teams.into_iter().map(member).collect()
    }

    fn context(&self) -> Option<Context> {
        let action = self.action;
        let mut pairs = Vec::with_capacity(11);
        let mut put = |name: &'static str, value: Value| pairs.push((name, value));
        put("operation", (&*action.operation).into());
        put(
            "reversibility",
            self.names.reversibility(action.reversibility)?,
        );
        put("scope", self.scope());
        let effects: Option<Vec<_>> = action
            .effects
            .iter()
            .map(|e| self.names.effect(e))
            .collect();
        put("effects", Value::set(effects?, None));
        put(
            "completeness",
            self.names.completeness(action.completeness)?,
        );
        put("location", self.names.location(action.location)?);
        if let Some(credential) = &action.credential {
            put("credential", self.credential(credential)?);
        }
        put("tool", (&*self.call.tool).into());
        if let Some(server) = &self.call.server {
            put("server", (&**server).into());
        }
        if let Some(session) = &self.call.agent.session {
            put("session", (&**session).into());
        }
        if let Some(approver) = self.approver {
            let human = Names::uid(&self.names.human, &approver.human);
            put("approval", record([("approver", human.into())]));
        }
        match record(pairs).value {
            ValueKind::Record(fields) => Some(Context::Value(fields)),
            _ => None,
        }
    }

    fn scope(&self) -> Value {
        let scope = self.action.scope;
        let unbounded = [("unbounded", scope.unbounded.into())];
        let count = scope.count.map(|n| ("count", i64::from(n).into()));
        record(unbounded.into_iter().chain(count))
    }

    fn credential(&self, credential: &Credential) -> Option<Value> {
        let inventory = self.bundle.inventory();
        let names = self.names;
        let environments = credential.environments.iter();
        let classes = environments
            .clone()
            .filter_map(|name| inventory.class_of(name))
            .filter_map(|class| names.class(class).cloned());
        let environments = environments.map(|name| Names::uid(&names.environment, name));
        let fields = [
            ("source", names.credential_source(credential.source)?),
            ("declared", credential.declared.is_some().into()),
            ("issued", credential.issued.into()),
            ("environments", set(environments)),
            ("classes", set(classes)),
        ];
        let fingerprint = credential
            .fingerprint
            .as_ref()
            .map(|text| ("fingerprint", (&**text).into()));
        Some(record(fields.into_iter().chain(fingerprint)))
    }

    fn keys(&self) -> Keys {
        let action = self.action;
        let resource = &action.resource;
        let parents = resource
            .parents
            .iter()
            .map(|p| (p.kind.as_str(), p.id.as_str()));
        let places = [
            (resource.kind.as_str(), resource.id.as_str()),
            ("Environment", action.environment.name.as_str()),
            ("EnvironmentClass", action.environment.class.as_str()),
        ];
        let agent = self.call.agent.id.as_str();
        let groups = self.bundle.inventory().groups_of(agent).iter();
        let principals = std::iter::once(("Agent", agent))
            .chain(groups.map(|group| ("AgentGroup", group.as_str())));
        let effects = action.effects.iter().map(Fact::Effect);
        let credential = action.credential.as_ref().map(|_| Fact::Credential);
        let approval = self.approver.map(|_| Fact::Approval);
        self.bundle.index().keys(
            action.verb,
            resource.kind,
            places.into_iter().chain(parents),
            principals,
            effects.chain(credential).chain(approval),
        )
    }
}

fn record(fields: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    Value::record(fields, None)
}

fn set(uids: impl Iterator<Item = EntityUID>) -> Value {
    Value::set(uids.map(Value::from), None)
}
