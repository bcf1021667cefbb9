//! Strict validation, cheap for policies about few verbs.
//!
//! Cedar's validator typechecks a policy once for each verb and resource type there is. For verbs
//! outside the policy's own the head is false and nothing behind it is looked at, so it is enough to
//! validate against a schema in which only the policy's verbs apply to anything; a test shows that
//! both give the same answer.

use std::collections::HashMap;

use cedar_policy::{PolicySet, Schema, ValidationMode, ValidationResult, Validator};
use serde_json::Value;

use super::schema::SCHEMA;
use super::scope::Scope;
use crate::vocabulary::Verb;

/// Most validators kept at once: enough for every verb, every group and some mixtures.
const KEPT: usize = 24;

/// Validators for sets of verbs, made when needed.
#[derive(Debug)]
pub(super) struct Validators {
    /// The whole schema in Cedar's JSON form.
    json: Value,
    made: HashMap<Vec<Verb>, Validator>,
}

impl Validators {
    /// Reads the schema.
    ///
    /// # Errors
    /// Cedar's message, should the schema not parse; a test shows that it does.
    pub(super) fn new() -> Result<Self, String> {
        let parsed = cedar_policy::SchemaFragment::from_cedarschema_str(SCHEMA);
        let (fragment, _warnings) = parsed.map_err(|error| error.to_string())?;
        let json = fragment
            .to_json_value()
            .map_err(|error| error.to_string())?;
        Ok(Self {
            json,
            made: HashMap::new(),
        })
    }

    /// Validates the policies in `set`, all of which have this scope.
    ///
    /// # Errors
    /// As [`Validators::new`].
    pub(super) fn validate(
        &mut self,
        set: &PolicySet,
        scope: &Scope,
    ) -> Result<ValidationResult, String> {
        let mut verbs = scope.verb_list();
        if self.made.len() >= KEPT && !self.made.contains_key(&verbs) {
            verbs = Verb::ALL.to_vec();
        }
        if !self.made.contains_key(&verbs) {
            let schema = self.schema(&verbs)?;
            self.made.insert(verbs.clone(), Validator::new(schema));
        }
        let validator = self
            .made
            .get(&verbs)
            .ok_or("no validator for these verbs")?;
        Ok(validator.validate(set, ValidationMode::Strict))
    }

    /// The schema in which only `verbs` apply to anything.
    fn schema(&self, verbs: &[Verb]) -> Result<Schema, String> {
        let mut json = self.json.clone();
        let actions = json.pointer_mut("//actions").and_then(Value::as_object_mut);
        for (name, action) in actions.ok_or("the schema has no actions")? {
            let kept = Verb::parse(name).is_some_and(|verb| verbs.contains(&verb));
            if let Some(action) = action.as_object_mut().filter(|_| !kept) {
                action.remove("appliesTo");
            }
        }
        Schema::from_json_value(json).map_err(|error| error.to_string())
    }
}
