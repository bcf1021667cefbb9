//! Where an act happens: machine, working directory, and what the path it names is known to be.

use std::borrow::Cow;

mod known;

use self::known::Known;
use super::value::Value;
use super::wildcard::wildcard;
use crate::action::{Draft, Effects, ResourceRef, Selector, Span};
use crate::catalogue::paths::{self, Path};
use crate::catalogue::spec::{Catalogue, PathClass};
use crate::vocabulary::{
    Completeness, Effect, Location, ResourceType, Reversibility, SelectorKind, Verb, VerbGroup,
};

/// The surroundings of an act.
#[derive(Debug, Clone)]
pub struct Setting<'a> {
    /// What is known.
    pub catalogue: &'a Catalogue,
    /// The workspace root, normalised.
    pub root: Option<&'a str>,
    /// The home directory, when known.
    pub home: Option<&'a str>,
    /// The working directory; `None` when it cannot be followed.
    pub cwd: Option<&'a str>,
    /// The machine.
    pub machine: Machine,
    /// Effects of the frame around it, such as `sudo`.
    pub effects: Effects,
    /// The argument of the call the text stands in.
    pub argument: Cow<'static, str>,
    /// Byte range of the input, used where a value has none of its own.
    pub span: (u32, u32),
    /// What is not a path lies on this machine too: the program has no other place to act on.
    pub here: bool,
}

/// A machine that acts happen on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Machine {
    /// This one.
    #[default]
    Local,
    /// Another one, reached by this name.
    Remote(String),
    /// A container, whose files are not this machine's.
    Container {
        /// Its name or image.
        name: String,
        /// It runs on this machine, as far as the call says.
        here: bool,
        /// Where it runs otherwise.
        selectors: Vec<Selector>,
    },
}

impl Setting<'_> {
    /// Completes a draft: its span, its location and, for paths, what the path is known to be.
    pub fn place_draft(&self, draft: &mut Draft, value: Option<&Value>) {
        let (start, end) = value
            .map(|value| value.span)
            .filter(|(_, end)| *end > 0)
            .unwrap_or(self.span);
        draft.span = Span {
            argument: self.argument.clone(),
            start,
            end,
        };
        match &self.machine {
            Machine::Local => {}
            Machine::Remote(host) => {
                draft.selectors.push(Selector {
                    kind: SelectorKind::Host,
                    value: host.clone(),
                });
                draft.resource.parents.push(ResourceRef {
                    kind: ResourceType::Host,
                    id: host.clone(),
                });
                draft.location = Location::Remote;
                return;
            }
            Machine::Container {
                name,
                here,
                selectors,
            } => {
                draft.selectors.extend(selectors.iter().cloned());
                draft.resource.parents.push(ResourceRef {
                    kind: ResourceType::Host,
                    id: name.clone(),
                });
                let runs_here = *here
                    && draft.verb == Verb::Execute
                    && draft.resource.kind == ResourceType::Process
                    && draft.selectors.is_empty();
                draft.location = if runs_here {
                    Location::Workspace
                } else {
                    Location::Remote
                };
                return;
            }
        }
        match draft.resource.kind {
            ResourceType::File | ResourceType::Directory => match value {
                Some(value) => self.place_path(draft, value),
                None => draft.location = Location::Unknown,
            },
            kind if draft.selectors.is_empty()
                && !draft.effects.contains(Effect::Egress)
                && draft.verb != Verb::Publish
                && (self.here || lies_here(kind)) =>
            {
                draft.location = Location::Workspace;
            }
            _ => {}
        }
        let changes = !matches!(draft.verb.group(), VerbGroup::Observe)
            && !matches!(draft.verb, Verb::Execute | Verb::Create);
        if changes
            && matches!(
                draft.resource.kind,
                ResourceType::Process | ResourceType::Package
            )
            && self.is_guard_name(&draft.resource.id)
        {
            draft.resource.kind = ResourceType::Guard;
            draft.evidence.push("the guard itself".to_owned());
        }
    }

    /// Whether a program, service or package of this name is the guard.
    #[must_use]
    pub fn is_guard_name(&self, name: &str) -> bool {
        let names = self.catalogue.guard_names;
        names.iter().any(|glob| wildcard(glob, name))
    }

    fn place_path(&self, draft: &mut Draft, value: &Value) {
        let text = value.prefix();
        let whole = value.exact();
        let Some(path) = self.resolve(whole.as_deref().unwrap_or(&text)).filter(|_| {
            // A path that begins with something unseen could lie anywhere.
            whole.is_some() || !text.is_empty() || (value.has_pattern() && !value.is_dynamic())
        }) else {
            draft.location = Location::Unknown;
            draft.completeness = draft.completeness.max(Completeness::Partial);
            return self.mark_name(draft, &text);
        };
        draft.resource.id = if whole.is_some() {
            path.absolute.clone()
        } else {
            let sketch = value.sketch();
            self.resolve(&sketch).map_or(sketch, |path| path.absolute)
        };
        let known = Known::of(&path, value, self);
        draft.location = self.location(&known, draft);
        if value.is_dynamic() {
            draft.completeness = draft.completeness.max(Completeness::Partial);
        }
        if known.pattern {
            draft.scope.count = None;
        }
        draft.selectors.push(Selector {
            kind: SelectorKind::Path,
            value: path.absolute.clone(),
        });
        self.mark_class(draft, &known);
    }

    /// What a path below a folder that is not known is by its last names alone.
    fn mark_name(&self, draft: &mut Draft, text: &str) {
        let Some(path) = paths::resolve(text, Some("/*"), self.home).filter(|_| !text.is_empty())
        else {
            return;
        };
        let is = |class| path.is(class, self.catalogue);
        let changes = !matches!(draft.verb.group(), VerbGroup::Observe);
        if draft.verb == Verb::Read && is(PathClass::Secret) {
            draft.effects = draft.effects.with(Effect::SecretRead);
        }
        if changes && draft.verb != Verb::Execute && is(PathClass::Persistence) {
            draft.effects = draft.effects.with(Effect::Persistence);
        }
        if changes && is(PathClass::Guard) {
            draft.resource.kind = ResourceType::Guard;
        }
    }

    /// The path, resolved against the working directory.
    #[must_use]
    pub fn resolve(&self, text: &str) -> Option<Path> {
        paths::resolve(text, self.cwd, self.home)
    }

    /// Whether the file holds a secret, as far as its path tells.
    #[must_use]
    pub fn is_secret(&self, text: &str) -> bool {
        self.resolve(text)
            .is_some_and(|path| path.is(PathClass::Secret, self.catalogue))
    }

    /// Whether the file is private: in a home directory and outside the workspace, or listed as such.
    #[must_use]
    pub fn is_private(&self, text: &str) -> bool {
        self.resolve(text).is_some_and(|path| {
            let mut root = self.root.iter();
            let inside = root.any(|root| paths::is_within(&path.absolute, root));
            (path.in_home.is_some() && !inside) || path.is(PathClass::Private, self.catalogue)
        })
    }

    fn location(&self, known: &Known<'_>, draft: &Draft) -> Location {
        let path = known.path;
        let catalogue = self.catalogue;
        let absolute = path.absolute.as_str();
        if path.is(PathClass::Device, catalogue) {
            return Location::System;
        }
        if let Some(root) = self.root.filter(|root| *root != "/") {
            if paths::is_within(absolute, root) {
                return self.location_inside(known, draft, root);
            }
            if paths::is_within(root, absolute) && draft.verb.group() != VerbGroup::Observe {
                return if path.in_home.is_some() {
                    Location::Outside
                } else {
                    Location::System
                };
            }
        }
        if absolute == "/" {
            return Location::System;
        }
        if known.surely(PathClass::Temporary, catalogue) {
            return Location::Temporary;
        }
        if path.in_home.is_some() {
            return Location::Outside;
        }
        if path.is(PathClass::System, catalogue) {
            Location::System
        } else {
            Location::Outside
        }
    }

    fn location_inside(&self, known: &Known<'_>, draft: &Draft, root: &str) -> Location {
        let path = known.path;
        if known.surely(PathClass::Derived, self.catalogue) {
            return Location::Derived;
        }
        let at_root = path.absolute == root.trim_end_matches('/');
        let wholesale = draft.resource.kind == ResourceType::Directory
            || draft.scope.unbounded
            || (at_root && !known.pattern)
            || (known.pattern && takes_all(&draft.resource.id))
            || path.is(PathClass::Recovery, self.catalogue);
        if draft.verb == Verb::Delete && wholesale {
            Location::Sources
        } else {
            Location::Workspace
        }
    }

    fn mark_class(&self, draft: &mut Draft, known: &Known<'_>) {
        let observes = draft.verb.group() == VerbGroup::Observe;
        let wide =
            !known.exact || draft.resource.kind == ResourceType::Directory || draft.scope.unbounded;
        let covers = |class| {
            known.maybe(class, self.catalogue)
                || (wide && known.path.may_hold(class, self.catalogue))
        };
        if !observes && covers(PathClass::Guard) {
            draft.resource.kind = ResourceType::Guard;
            draft
                .evidence
                .push("a file that keeps the guard in force".to_owned());
            return;
        }
        if draft.verb != Verb::List && draft.verb != Verb::Create && covers(PathClass::Secret) {
            if draft.verb == Verb::Read {
                draft.effects = draft.effects.with(Effect::SecretRead);
            }
            if known.path.is(PathClass::Secret, self.catalogue) {
                draft.resource.kind = ResourceType::Secret;
            }
            draft
                .evidence
                .push("the path is known to hold a secret".to_owned());
        }
        let changes = !observes && draft.verb != Verb::Execute;
        if changes && known.path.is(PathClass::Persistence, self.catalogue) {
            draft.effects = draft.effects.with(Effect::Persistence);
            draft
                .evidence
                .push("the file makes code run later".to_owned());
        }
        let loses = draft.verb == Verb::Delete
            || (draft.verb == Verb::Update && draft.reversibility > Reversibility::Reversible);
        if loses && covers(PathClass::Recovery) {
            draft.effects = draft.effects.with(Effect::DestroysRecovery);
            draft
                .evidence
                .push("the path holds a means of undoing other acts".to_owned());
        }
    }
}

/// Types that lie on this machine unless something says otherwise.
const fn lies_here(kind: ResourceType) -> bool {
    matches!(
        kind,
        ResourceType::Process
            | ResourceType::Repository
            | ResourceType::Branch
            | ResourceType::Package
            | ResourceType::Guard
    )
}

/// Whether a pattern takes everything in a directory, or every file of a kind below it.
fn takes_all(id: &str) -> bool {
    let (above, last) = id.rsplit_once('/').unwrap_or(("", id));
    let loose = |text: &str| {
        text.chars()
            .all(|c| matches!(c, '*' | '.' | '?' | '{' | '}' | ','))
    };
    if last.is_empty() {
        return false;
    }
    let of_a_kind = above.contains("**")
        && last
            .strip_prefix('*')
            .is_some_and(|rest| rest.starts_with('.') && !rest.contains('*'));
    loose(last) || of_a_kind
}
