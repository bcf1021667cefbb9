//! The database that a client program works on, from its name, its connection text or its URL.

use crate::action::{CredentialUse, Draft, ResourceRef, Selector};
use crate::interpret::acts::Given as _;
use crate::interpret::credential;
use crate::interpret::place::Machine;
use crate::interpret::session::Session;
use crate::interpret::sql;
use crate::interpret::value::Value;
use crate::interpret::words::Words;
use crate::secret::Secret;
use crate::vocabulary::{CredentialSource, Location, ResourceType, SelectorKind, Verb};

/// Where a database is, as far as a text says.
#[derive(Debug, Default)]
struct Address {
    name: Option<String>,
    host: Option<String>,
    /// The URL without user and password.
    url: Option<String>,
    password: Option<String>,
}

impl Session<'_> {
    /// Puts drafts into the database that the program works on.
    pub(super) fn in_database(&self, drafts: &mut [Draft], words: &Words<'_>) {
        let command = words.command;
        let embedded = command.runs.iter().any(|run| {
            sql::language(run.language)
                .flatten()
                .is_some_and(crate::catalogue::sql::Dialect::is_embedded)
        });
        if command.database.is_empty() && !embedded {
            return;
        }
        let mut sources = command.database.iter();
        let value = sources.find_map(|source| words.found(*source).values.into_iter().next());
        let address = value.as_ref().map(Address::of).unwrap_or_default();
        let home = embedded && self.frame.machine == Machine::Local && address.host.is_none();
        let file = home
            .then(|| self.database_file(value.as_ref(), words))
            .flatten();
        for draft in drafts.iter_mut() {
            if matches!(
                draft.resource.kind,
                ResourceType::File
                    | ResourceType::Directory
                    | ResourceType::Secret
                    | ResourceType::Process
            ) {
                continue;
            }
            let given = value.as_ref().map(Value::sketch);
            let whole = draft.resource.kind == ResourceType::Database
                && (draft.resource.id == "*" || Some(&draft.resource.id) == given.as_ref());
            if whole {
                draft.resource.id = address.name.clone().unwrap_or_else(|| "*".to_owned());
            } else if let Some(name) = &address.name {
                draft.resource.parents.push(ResourceRef {
                    kind: ResourceType::Database,
                    id: name.clone(),
                });
            }
            let elsewhere = draft
                .selectors
                .iter()
                .any(|one| one.kind == SelectorKind::Host);
            if let Some((location, path)) = file.as_ref().filter(|_| !elsewhere) {
                draft.location = *location;
                if let Some(path) = path {
                    draft.selectors.push(Selector {
                        kind: SelectorKind::Path,
                        value: path.clone(),
                    });
                }
                continue;
            }
            if file.is_some() {
                continue;
            }
            draft.selectors.extend(address.selectors());
            if draft.credential.is_none() {
                draft.credential = address.credential(value.as_ref());
            }
        }
    }

    /// Where the file of an embedded database lies.
    fn database_file(
        &self,
        value: Option<&Value>,
        words: &Words<'_>,
    ) -> Option<(Location, Option<String>)> {
        let Some(value) = value else {
            return Some((Location::Temporary, None));
        };
        let text = value.exact()?;
        if text.is_empty() || text.starts_with(":memory:") {
            return Some((Location::Temporary, None));
        }
        if text.contains(':') && !text.starts_with("file:") {
            return None;
        }
        let path = text.strip_prefix("file:").unwrap_or(&text);
        let path = path.split('?').next().unwrap_or(path);
        let setting = self.setting(words.cwd, value.span);
        let mut probe = Draft {
            operation: "sql:open".into(),
            verb: Verb::Update,
            resource: crate::action::Resource {
                kind: ResourceType::File,
                id: path.to_owned(),
                parents: Vec::new(),
            },
            location: Location::Unknown,
            selectors: Vec::new(),
            reversibility: crate::vocabulary::Reversibility::None,
            scope: crate::action::Scope::default(),
            effects: crate::action::Effects::NONE,
            credential: None,
            completeness: crate::vocabulary::Completeness::Exact,
            span: crate::action::Span::default(),
            evidence: Vec::new(),
        };
        setting.place_draft(&mut probe, Some(&Value::literal(path)));
        Some((probe.location, Some(probe.resource.id)))
    }
}

impl Address {
    fn of(value: &Value) -> Self {
        let Some(text) = value.exact() else {
            return Self::default();
        };
        if text.contains("://") {
            return Self::of_url(&text);
        }
        let pairs = text
            .split_whitespace()
            .filter_map(|pair| pair.split_once('='));
        let mut address = Self::default();
        let mut some = false;
        for (key, value) in pairs {
            some = true;
            let value = value.trim_matches('\'').to_owned();
            match key {
                "host" | "hostaddr" => address.host = Some(value),
                "dbname" => address.name = Some(value),
                "password" => address.password = Some(value),
                _ => {}
            }
        }
        if !some {
            address.name = Some(text).filter(|name| !name.is_empty());
        }
        address
    }

    fn of_url(text: &str) -> Self {
        let Ok(url) = url::Url::parse(text) else {
            return Self::default();
        };
        let host = url
            .host_str()
            .filter(|host| !host.is_empty())
            .map(str::to_owned);
        let name = url.path().trim_matches('/').to_owned();
        let mut shown = format!("{}://{}", url.scheme(), host.as_deref().unwrap_or_default());
        if let Some(port) = url.port() {
            shown.push_str(&format!(":{port}"));
        }
        shown.push('/');
        shown.push_str(&name);
        Self {
            name: Some(name).filter(|name| !name.is_empty()),
            host,
            url: Some(shown),
            password: url.password().map(str::to_owned),
        }
    }

    fn selectors(&self) -> impl Iterator<Item = Selector> {
        let host = self.host.clone().map(|value| Selector {
            kind: SelectorKind::Host,
            value,
        });
        let url = self.url.clone().map(|value| Selector {
            kind: SelectorKind::DatabaseUrl,
            value,
        });
        host.into_iter().chain(url)
    }

    fn credential(&self, value: Option<&Value>) -> Option<CredentialUse> {
        if let Some(value) = value.filter(|value| value.origins().next().is_some()) {
            // `$DATABASE_URL` carries the password of a login the call does not show.
            let used = credential::from_value(value)?;
            let known = self.host.is_some() || value.is_dynamic();
            return known.then_some(used);
        }
        let password = self.password.clone()?;
        Some(CredentialUse {
            source: CredentialSource::Literal,
            name: None,
            text: Some(Secret::new(password)),
        })
    }
}
