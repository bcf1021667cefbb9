//! The environment of an act.

use std::net::IpAddr;

use crate::action::{Credential, Draft, Environment, Selector};
use crate::call::ToolCall;
use crate::interpret::ToolName;
use crate::inventory::{DeclaredEnvironment, Inventory, glob};
use crate::vocabulary::{EnvironmentClass, Location, ResourceType, SelectorKind};

/// The environment that the draft's facts point at.
pub(super) fn ground(
    draft: &Draft,
    call: &ToolCall,
    credential: Option<&Credential>,
    inventory: &Inventory,
) -> Environment {
    let mut hits = Hits {
        inventory,
        found: None,
        evidence: Vec::new(),
    };
    hits.tool(call);
    for selector in &draft.selectors {
        hits.matching(selector.kind, &selector.value);
        if selector.kind == SelectorKind::ResourceId {
            hits.declared(&selector.value);
        }
    }
    let on_this_machine = !matches!(draft.location, Location::Remote | Location::Unknown);
    let file = matches!(
        draft.resource.kind,
        ResourceType::File | ResourceType::Directory
    );
    if file && on_this_machine {
        hits.matching(SelectorKind::Path, &draft.resource.id);
    }
    if !file {
        hits.matching(SelectorKind::ResourceId, &draft.resource.id);
    }
    hits.declared(&draft.resource.id);
    for parent in &draft.resource.parents {
        hits.matching(SelectorKind::ResourceId, &parent.id);
        hits.declared(&parent.id);
    }
    if hits.found.is_none() {
        hits.reached(credential);
    }
    let Hits {
        mut found,
        mut evidence,
        ..
    } = hits;
    if found.is_some_and(|environment| environment.class < EnvironmentClass::Unknown)
        && let Some(unplaced) = unplaced_choice(draft, inventory)
    {
        found = None;
        evidence = vec![unplaced];
    }
    if let Some(environment) = found {
        let (name, class) = (environment.name.clone(), environment.class);
        return Environment {
            name,
            class,
            evidence,
        };
    }
    if on_this_machine {
        return local("on this machine".to_owned());
    }
    match local_host(draft) {
        Some(host) => local(format!("host `{host}` is this machine")),
        None => Environment {
            name: EnvironmentClass::Unknown.as_str().to_owned(),
            class: EnvironmentClass::Unknown,
            evidence,
        },
    }
}

/// Of several values for what can be only one at a time, such as the Kubernetes context, one that no
/// environment declares: it may be the one in force.
fn unplaced_choice(draft: &Draft, inventory: &Inventory) -> Option<String> {
    let exclusive = |kind: SelectorKind| {
        matches!(
            kind,
            SelectorKind::KubeContext
                | SelectorKind::AwsProfile
                | SelectorKind::GcpProject
                | SelectorKind::AzureSubscription
                | SelectorKind::TerraformWorkspace
        )
    };
    let unplaced = draft.selectors.iter().find(|selector| {
        let rivals =
            |other: &&Selector| other.kind == selector.kind && other.value != selector.value;
        exclusive(selector.kind)
            && draft.selectors.iter().any(|other| rivals(&other))
            && !inventory.environments.iter().any(|environment| {
                let mut patterns = environment.patterns.iter();
                patterns.any(|(of, glob)| *of == selector.kind && glob.matches(&selector.value))
            })
    })?;
    let fact = unplaced.kind.as_str().replace('_', " ");
    Some(format!(
        "{fact} may be `{}`, which no environment declares",
        unplaced.value
    ))
}

/// What the facts looked at so far point at.
struct Hits<'a> {
    inventory: &'a Inventory,
    /// The most dangerous environment, the first declared among equals.
    found: Option<&'a DeclaredEnvironment>,
    evidence: Vec<String>,
}

impl<'a> Hits<'a> {
    fn matching(&mut self, kind: SelectorKind, value: &str) {
        for environment in &self.inventory.environments {
            let mut patterns = environment.patterns.iter();
            if patterns.any(|(of, glob)| *of == kind && glob.matches(value)) {
                let fact = kind.as_str().replace('_', " ");
                self.hit(environment, format!("{fact} `{value}`"));
            }
        }
    }

    /// Where the operator says that the tool, or its server, acts.
    fn tool(&mut self, call: &ToolCall) {
        let name = ToolName::of(call);
        let inventory = self.inventory;
        let server = name.server.as_deref();
        if let Some(tool) = inventory.tool(&name.tool, server) {
            self.named(
                tool.environment.as_deref(),
                &format!("tool `{}`", name.tool),
            );
        }
        if let Some(declared) = server.and_then(|server| inventory.server(server)) {
            let fact = format!("server `{}`", server.unwrap_or_default());
            self.named(declared.environment.as_deref(), &fact);
        }
    }

    fn declared(&mut self, id: &str) {
        if let Some(resource) = self.inventory.resources.get(id) {
            self.named(
                resource.environment.as_deref(),
                &format!("resource id `{id}`"),
            );
        }
        if let Some(original) = self.inventory.backups.get(id) {
            let resource = self.inventory.resources.get(original);
            let environment = resource.and_then(|resource| resource.environment.as_deref());
            self.named(
                environment,
                &format!("`{original}`, of which `{id}` is a backup,"),
            );
        }
    }

    fn reached(&mut self, credential: Option<&Credential>) {
        let Some(Credential {
            declared: Some(name),
            environments,
            ..
        }) = credential
        else {
            return;
        };
        for environment in environments {
            self.named(Some(environment), &format!("credential `{name}`"));
        }
    }

    fn named(&mut self, name: Option<&str>, fact: &str) {
        let Some(name) = name else { return };
        let environment = self
            .inventory
            .environments
            .iter()
            .find(|env| env.name == name);
        if let Some(environment) = environment {
            self.hit(environment, fact.to_owned());
        }
    }

    fn hit(&mut self, environment: &'a DeclaredEnvironment, fact: String) {
        if self
            .found
            .is_none_or(|found| environment.class > found.class)
        {
            self.found = Some(environment);
        }
        let clause = format!("{fact} is declared in `{}`", environment.name);
        if !self.evidence.contains(&clause) {
            self.evidence.push(clause);
        }
    }
}

fn local(evidence: String) -> Environment {
    Environment {
        name: EnvironmentClass::Local.as_str().to_owned(),
        class: EnvironmentClass::Local,
        evidence: vec![evidence],
    }
}

/// The host an act goes to, when it goes to this machine only.
fn local_host(draft: &Draft) -> Option<String> {
    let mut found = None;
    for selector in &draft.selectors {
        let host = match selector.kind {
            SelectorKind::Host => glob::host(&selector.value),
            SelectorKind::DatabaseUrl => url::Url::parse(&selector.value)
                .ok()?
                .host_str()
                .map(glob::host)?,
            _ => continue,
        };
        let address: Option<IpAddr> = host.parse().ok();
        let local = host == "localhost"
            || host.ends_with(".localhost")
            || address.is_some_and(|address| address.is_loopback());
        if !local {
            return None;
        }
        found = Some(host);
    }
    found
}
