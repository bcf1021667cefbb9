//! One action as a Cedar request, built from typed parts.

use std::collections::{HashMap, HashSet};

use cedar_policy::{Context, Entities, Entity, EntityUid, Request, RestrictedExpression};

use super::bundle::Bundle;
use super::index::Keys;
use super::names::Names;
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
    pub request: Request,
    /// The entities it speaks of, with their ancestors.
    pub entities: Entities,
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
        let request = Request::new(
            agent.clone(),
            verb.uid(),
            resource.clone(),
            self.context()?,
            // The context is well typed by construction; a test checks it against the schema.
            None,
        )
        .ok()?;
        let mut entities = vec![verb.clone(), self.agent(agent)?, self.resource(resource)?];
        entities.extend(self.humans());
        Some(Query {
            request,
            entities: Entities::from_entities(entities, None).ok()?,
            keys: self.keys(),
        })
    }

    fn uid_of_resource(&self) -> Option<EntityUid> {
        let kind = self.names.kind(self.action.resource.kind)?;
        Some(Names::uid(kind, &self.action.resource.id))
    }

    fn agent(&self, uid: EntityUid) -> Option<Entity> {
        let groups = self.bundle.inventory().groups_of(&self.call.agent.id);
        let parents = groups
            .iter()
            .map(|group| Names::uid(&self.names.agent_group, group));
        let human = self.call.agent.on_behalf_of.as_ref().map(|human| {
            let human = Names::uid(&self.names.human, human);
            (
                "onBehalfOf".to_owned(),
                RestrictedExpression::new_entity_uid(human),
            )
        });
        Entity::new(uid, human.into_iter().collect(), parents.collect()).ok()
    }

    /// The resource with all its ancestors as parents.
    fn resource(&self, uid: EntityUid) -> Option<Entity> {
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
        Some(Entity::new_no_attrs(uid, parents))
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
        let entity = |(human, teams): (&str, Vec<String>)| {
            let parents = teams
                .iter()
                .map(|team| Names::uid(&self.names.team, team))
                .collect();
            Entity::new_no_attrs(Names::uid(&self.names.human, human), parents)
        };
        teams.into_iter().map(entity).collect()
    }

    fn context(&self) -> Option<Context> {
        let action = self.action;
        let mut pairs = Vec::with_capacity(12);
        let mut put = |name: &str, value| pairs.push((name.to_owned(), value));
        put("operation", string(&action.operation));
        put(
            "reversibility",
            self.names.reversibility(action.reversibility)?,
        );
        put("scope", self.scope()?);
        let effects: Option<Vec<_>> = action
            .effects
            .iter()
            .map(|e| self.names.effect(e))
            .collect();
        put("effects", RestrictedExpression::new_set(effects?));
        put(
            "completeness",
            self.names.completeness(action.completeness)?,
        );
        put("location", self.names.location(action.location)?);
        if let Some(credential) = &action.credential {
            put("credential", self.credential(credential)?);
        }
        put("tool", string(&self.call.tool));
        if let Some(server) = &self.call.server {
            put("server", string(server));
        }
        if let Some(session) = &self.call.agent.session {
            put("session", string(session));
        }
        if let Some(approver) = self.approver {
            let human = Names::uid(&self.names.human, &approver.human);
            let human = RestrictedExpression::new_entity_uid(human);
            put("approval", record([("approver", human)])?);
        }
        Context::from_pairs(pairs).ok()
    }

    fn scope(&self) -> Option<RestrictedExpression> {
        let scope = self.action.scope;
        let unbounded = [("unbounded", RestrictedExpression::new_bool(scope.unbounded))];
        let count = scope
            .count
            .map(|n| ("count", RestrictedExpression::new_long(i64::from(n))));
        record(unbounded.into_iter().chain(count))
    }

    fn credential(&self, credential: &Credential) -> Option<RestrictedExpression> {
        let inventory = self.bundle.inventory();
        let names = self.names;
        let environments = credential
            .environments
            .iter()
            .map(|name| RestrictedExpression::new_entity_uid(Names::uid(&names.environment, name)));
        let classes = credential
            .environments
            .iter()
            .filter_map(|name| inventory.class_of(name));
        let classes = classes.filter_map(|class| names.class(class)).cloned();
        let classes = classes.map(RestrictedExpression::new_entity_uid);
        let fields = [
            ("source", names.credential_source(credential.source)?),
            (
                "declared",
                RestrictedExpression::new_bool(credential.declared.is_some()),
            ),
            ("issued", RestrictedExpression::new_bool(credential.issued)),
            ("environments", RestrictedExpression::new_set(environments)),
            ("classes", RestrictedExpression::new_set(classes)),
        ];
        let fingerprint = credential
            .fingerprint
            .as_ref()
            .map(|text| ("fingerprint", string(text)));
        record(fields.into_iter().chain(fingerprint))
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

fn string(text: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(text.to_owned())
}

fn record<'a>(
    fields: impl IntoIterator<Item = (&'a str, RestrictedExpression)>,
) -> Option<RestrictedExpression> {
    let fields = fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value));
    RestrictedExpression::new_record(fields).ok()
}
