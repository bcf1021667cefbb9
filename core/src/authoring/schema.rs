//! The Cedar schema as data: what completions and doubts are read from.

use std::sync::OnceLock;

use serde_json::{Map, Value};

use crate::policy::SCHEMA;

/// The schema in Cedar's JSON form.
#[derive(Debug)]
pub(super) struct Model {
    json: Value,
}

/// The type of an expression.
#[derive(Debug, Clone, Copy)]
pub(super) struct Type<'a> {
    json: &'a Value,
}

impl Model {
    /// The model; nothing should the schema not parse, which a test rules out.
    pub(super) fn get() -> Option<&'static Self> {
        static MODEL: OnceLock<Option<Model>> = OnceLock::new();
        let read = || {
            let parsed = cedar_policy::SchemaFragment::from_cedarschema_str(SCHEMA);
            let json = parsed.ok()?.0.to_json_value().ok()?;
            Some(Self {
                json: json.get("")?.clone(),
            })
        };
        MODEL.get_or_init(read).as_ref()
    }

    /// The names of all actions: verbs and groups of verbs.
    pub(super) fn actions(&self) -> impl Iterator<Item = &str> {
        self.object("actions").keys().map(String::as_str)
    }

    /// The names of all entity types.
    pub(super) fn types(&self) -> impl Iterator<Item = &str> {
        self.object("entityTypes").keys().map(String::as_str)
    }

    /// Which types of entities can be asked about as `variable`: `principal` or `resource`.
    pub(super) fn types_of(&self, variable: &str) -> Vec<&str> {
        let mut types: Vec<&str> = self
            .object("actions")
            .values()
            .filter_map(|action| action.get("appliesTo")?.get(format!("{variable}Types")))
            .filter_map(Value::as_array)
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        types.sort_unstable();
        types.dedup();
        types
    }

    /// The types an entity of the type may lie in, however deep.
    pub(super) fn ancestors(&self, name: &str) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        let mut open = vec![name];
        while let Some(name) = open.pop() {
            let parents = self.entity(name).and_then(|one| one.get("memberOfTypes"));
            let parents = parents.and_then(Value::as_array).into_iter().flatten();
            for parent in parents.filter_map(Value::as_str) {
                if !found.contains(&parent) {
                    found.push(parent);
                    open.push(parent);
                }
            }
        }
        found.sort_unstable();
        found
    }

    /// The words of an enumerated type.
    pub(super) fn words(&self, name: &str) -> Vec<&str> {
        let words = self.entity(name).and_then(|one| one.get("enum"));
        let words = words.and_then(Value::as_array).into_iter().flatten();
        words.filter_map(Value::as_str).collect()
    }

    /// The type of `path`: a variable and the attributes behind it.
    pub(super) fn type_of(&self, path: &[&str]) -> Option<Type<'_>> {
        let (variable, attributes) = path.split_first()?;
        let root = match *variable {
            "context" => self.context()?,
            "principal" => self.entity(self.types_of("principal").first()?)?,
            _ => return None,
        };
        attributes
            .iter()
            .try_fold(Type { json: root }, |here, name| {
                let json = here.attributes(self)?.get(*name)?;
                Some(Type { json })
            })
    }

    fn context(&self) -> Option<&Value> {
        let mut actions = self.object("actions").values();
        actions.find_map(|action| action.get("appliesTo")?.get("context"))
    }

    fn entity(&self, name: &str) -> Option<&Value> {
        self.object("entityTypes").get(name)
    }

    fn object(&self, name: &str) -> &Map<String, Value> {
        static NONE: OnceLock<Map<String, Value>> = OnceLock::new();
        let found = self.json.get(name).and_then(Value::as_object);
        found.unwrap_or_else(|| NONE.get_or_init(Map::new))
    }
}

impl<'a> Type<'a> {
    /// The name of the entity type, or `Bool`, `Long` or `String`; nothing for sets and records.
    pub(super) fn name(self) -> Option<&'a str> {
        let name = self.json.get("name").or_else(|| self.json.get("type"));
        name?
            .as_str()
            .filter(|name| !matches!(*name, "Set" | "Record"))
    }

    /// The type of the elements of a set.
    pub(super) fn element(self) -> Option<Self> {
        let json = self.json.get("element")?;
        Some(Self { json })
    }

    /// The attributes of a record or entity.
    pub(super) fn attributes(self, model: &'a Model) -> Option<&'a Map<String, Value>> {
        if let Some(shape) = self.json.get("shape") {
            return Self { json: shape }.attributes(model);
        }
        if let Some(attributes) = self.json.get("attributes") {
            return attributes.as_object();
        }
        let name = self.name()?;
        let named = model.object("commonTypes").get(name);
        let json = named.or_else(|| model.entity(name)?.get("shape"))?;
        json.get("attributes")?.as_object()
    }

    /// Whether an attribute of this type may be missing.
    pub(super) fn is_optional(attribute: &Value) -> bool {
        attribute.get("required").and_then(Value::as_bool) == Some(false)
    }

    /// How the type of an attribute is written.
    pub(super) fn shown(attribute: &'a Value) -> String {
        let this = Self { json: attribute };
        match (this.name(), this.element()) {
            (Some(name), _) => name.to_owned(),
            (None, Some(element)) => format!("Set<{}>", Self::shown(element.json)),
            (None, None) => "record".to_owned(),
        }
    }
}

/// What the schema's comments say of an attribute.
pub(super) fn about(attribute: &str) -> Option<String> {
    let mut comment: Vec<&str> = Vec::new();
    for line in SCHEMA.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("//") {
            comment.push(text.trim());
            continue;
        }
        let name = line.split_once(':').map(|(name, _)| name);
        if name.map(|name| name.trim_end_matches('?')) == Some(attribute) && !comment.is_empty() {
            return Some(comment.join(" "));
        }
        comment.clear();
    }
    None
}
