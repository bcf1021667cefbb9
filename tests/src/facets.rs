//! Facet cases: calls with what must be understood of them, not only how they are decided.
//!
//! `tests/conformance/**/*.toml`; tests/conformance/README.md describes the form.

use std::path::{Path, PathBuf};

use checkrein::policy::{Bundle, SourceFile, Sources};
use checkrein::{authorize, wire};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// A file of cases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topic {
    /// The inventory of all its cases.
    inventory: Option<String>,
    /// The cases.
    #[serde(rename = "case")]
    pub cases: Vec<Facet>,
}

/// One case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facet {
    /// What it shows; unique in its file.
    pub name: String,
    shell: Option<String>,
    sql: Option<String>,
    tool: Option<String>,
    server: Option<String>,
    #[serde(default)]
    arguments: Map<String, Value>,
    annotations: Option<Map<String, Value>>,
    #[serde(default)]
    env: Map<String, Value>,
    cwd: Option<String>,
    facts: Option<Map<String, Value>>,
    inventory: Option<String>,
    /// The verdict of the baseline.
    pub verdict: String,
    /// An allowed case of the same file that is as near as can be.
    pub neighbour: Option<String>,
    #[serde(default)]
    actions: Vec<Expected>,
    #[serde(default)]
    only: bool,
}

/// What must hold of one action; what is absent is not compared.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    operation: Option<String>,
    verb: Option<String>,
    resource: Option<String>,
    id: Option<String>,
    parents: Option<Vec<String>>,
    environment: Option<String>,
    environment_name: Option<String>,
    location: Option<String>,
    reversibility: Option<String>,
    unbounded: Option<bool>,
    #[serde(default)]
    effects: Vec<String>,
    #[serde(default)]
    no_effects: Vec<String>,
    completeness: Option<String>,
}

/// The root of all facet cases.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance")
}

/// Every topic, in path order, by its path below [`root`].
///
/// # Panics
/// When a file cannot be read or is malformed: they are part of the repository.
#[must_use]
pub fn topics() -> Vec<(String, Topic)> {
    let mut files = Vec::new();
    collect(&root(), &mut files);
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a readable file");
            let topic =
                toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let name = path.strip_prefix(root()).expect("a file below the root");
            (name.display().to_string(), topic)
        })
        .collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            if path.file_name().is_none_or(|name| name != "inventory") {
                collect(&path, files);
            }
        } else if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            files.push(path);
        }
    }
}

/// The bundle of the baseline with the named inventory.
///
/// # Panics
/// When there is no such inventory, or it does not load.
#[must_use]
pub fn bundle(inventory: Option<&str>) -> Bundle {
    Bundle::load(&sources(inventory), &mut |_, _| {})
        .unwrap_or_else(|errors| panic!("inventory {inventory:?}: {errors}"))
}

/// What [`bundle`] is made of.
///
/// # Panics
/// When there is no such inventory.
#[must_use]
pub fn sources(inventory: Option<&str>) -> Sources {
    let inventory = inventory.map(|name| {
        let path = root().join("inventory").join(format!("{name}.toml"));
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        SourceFile {
            name: "checkrein.toml".to_owned(),
            text,
        }
    });
    Sources {
        inventory,
        ..Sources::default()
    }
}

impl Topic {
    /// The inventory of a case of this file.
    #[must_use]
    pub fn inventory<'a>(&'a self, case: &'a Facet) -> Option<&'a str> {
        case.inventory.as_deref().or(self.inventory.as_deref())
    }
}

impl Facet {
    /// The call, as on the wire.
    ///
    /// # Panics
    /// When the case does not say what is called.
    #[must_use]
    pub fn call(&self) -> Value {
        let (tool, arguments) = match (&self.shell, &self.sql, &self.tool) {
            (Some(line), None, None) => ("Bash", json!({"command": line})),
            (None, Some(sql), None) => ("execute_sql", json!({"query": sql})),
            (None, None, Some(tool)) => (tool.as_str(), self.arguments.clone().into()),
            _ => panic!("{}: give one of shell, sql and tool", self.name),
        };
        let mut call = json!({
            "tool": tool,
            "arguments": arguments,
            "agent": {"id": "claude-code"},
            "workspace": {"root": "/repo", "cwd": self.cwd.as_deref().unwrap_or("/repo")},
        });
        if let Some(server) = &self.server {
            call["server"] = server.as_str().into();
        }
        if let Some(annotations) = &self.annotations {
            call["annotations"] = annotations.clone().into();
        }
        if let Some(facts) = &self.facts {
            call["workspace"]["facts"] = facts.clone().into();
        }
        if !self.env.is_empty() {
            call["env"] = self.env.clone().into();
        }
        call
    }

    /// What the core decides, as on the wire.
    ///
    /// # Panics
    /// When the call is malformed.
    #[must_use]
    pub fn decide(&self, bundle: &Bundle) -> Value {
        let call = wire::call_from_json(self.call().to_string().as_bytes())
            .unwrap_or_else(|error| panic!("{}: {error}", self.name));
        wire::decision_value(&authorize(bundle, &call))
    }

    /// What is wrong with a decision; empty when it is as expected.
    #[must_use]
    pub fn mistakes(&self, decision: &Value) -> Vec<String> {
        let mut wrong = Vec::new();
        if decision["verdict"] != self.verdict.as_str() {
            wrong.push(format!(
                "verdict {} instead of {}",
                decision["verdict"], self.verdict
            ));
        }
        let actions = decision["actions"]
            .as_array()
            .map_or(&[][..], Vec::as_slice);
        let mut taken = vec![false; actions.len()];
        for expected in &self.actions {
            let found = actions
                .iter()
                .enumerate()
                .position(|(at, action)| !taken[at] && expected.differences(action).is_empty());
            match found {
                Some(at) => taken[at] = true,
                None => wrong.push(expected.missing(actions, &taken)),
            }
        }
        if self.only {
            let more = actions.iter().zip(&taken).filter(|(_, taken)| !**taken);
            wrong.extend(more.map(|(action, _)| format!("unexpected {}", summary(action))));
        }
        wrong
    }
}

impl Expected {
    fn missing(&self, actions: &[Value], taken: &[bool]) -> String {
        let nearest = actions
            .iter()
            .zip(taken)
            .filter(|(_, taken)| !**taken)
            .min_by_key(|(action, _)| self.differences(action).len());
        match nearest {
            Some((action, _)) => format!(
                "no such action; the nearest is {}: {}",
                summary(action),
                self.differences(action).join(", ")
            ),
            None => format!("no action left for {:?}", self.operation),
        }
    }

    fn differences(&self, action: &Value) -> Vec<String> {
        let resource = &action["resource"];
        let environment = &action["environment"];
        let mut found = Vec::new();
        for (name, expected, actual) in [
            ("operation", &self.operation, &action["operation"]),
            ("verb", &self.verb, &action["verb"]),
            ("resource", &self.resource, &resource["type"]),
            ("id", &self.id, &resource["id"]),
            ("environment", &self.environment, &environment["class"]),
            (
                "environment_name",
                &self.environment_name,
                &environment["name"],
            ),
            ("location", &self.location, &action["location"]),
            (
                "reversibility",
                &self.reversibility,
                &action["reversibility"],
            ),
            ("completeness", &self.completeness, &action["completeness"]),
        ] {
            if let Some(expected) = expected
                && actual != expected.as_str()
            {
                found.push(format!("{name} {actual} instead of {expected}"));
            }
        }
        if let Some(unbounded) = self.unbounded
            && action["scope"]["unbounded"] != unbounded
        {
            found.push(format!("unbounded is not {unbounded}"));
        }
        let effects = action["effects"].as_array();
        let has = |effect: &String| {
            effects.is_some_and(|effects| effects.iter().any(|given| given == effect.as_str()))
        };
        found.extend(
            self.effects
                .iter()
                .filter(|effect| !has(effect))
                .map(|effect| format!("effect {effect} is missing")),
        );
        found.extend(
            self.no_effects
                .iter()
                .filter(|effect| has(effect))
                .map(|effect| format!("effect {effect}")),
        );
        if let Some(parents) = &self.parents {
            let given: Vec<String> = resource["parents"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|parent| format!("{}:{}", word(&parent["type"]), word(&parent["id"])))
                .collect();
            if &given != parents {
                found.push(format!("parents {given:?}"));
            }
        }
        found
    }
}

/// An action in one line.
#[must_use]
pub fn summary(action: &Value) -> String {
    format!(
        "{} = {} {}:{} in {}, {}, {}{}{}",
        word(&action["operation"]),
        word(&action["verb"]),
        word(&action["resource"]["type"]),
        word(&action["resource"]["id"]),
        word(&action["environment"]["class"]),
        word(&action["reversibility"]),
        word(&action["completeness"]),
        if action["scope"]["unbounded"] == true {
            ", unbounded"
        } else {
            ""
        },
        action["effects"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|effect| format!(" +{}", word(effect)))
            .collect::<String>(),
    )
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
