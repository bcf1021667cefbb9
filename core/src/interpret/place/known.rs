//! How exactly a path is known, and what follows of that.

use super::Setting;
use crate::catalogue::paths::Path;
use crate::catalogue::spec::{Catalogue, PathClass};
use crate::interpret::value::Value;

/// A resolved path with how exactly it is known.
#[derive(Debug)]
pub(super) struct Known<'a> {
    /// The path; of one that is not exact, what is known of its beginning.
    pub(super) path: &'a Path,
    /// It is known whole.
    pub(super) exact: bool,
    /// It has a pattern that the shell or a program fills in.
    pub(super) pattern: bool,
    /// With its patterns written out; absent when a part of it cannot be seen.
    full: Option<Path>,
    /// The last folder that is known for certain.
    folder: Option<Path>,
}

impl<'a> Known<'a> {
    /// What `value` says of `path`, its beginning.
    pub(super) fn of(path: &'a Path, value: &Value, setting: &Setting<'_>) -> Self {
        let exact = value.exact().is_some();
        let full = (!value.is_dynamic())
            .then(|| setting.resolve(&value.sketch()))
            .flatten();
        let folder = value
            .prefix()
            .rsplit_once('/')
            .and_then(|(folder, _)| setting.resolve(if folder.is_empty() { "/" } else { folder }));
        Self {
            path,
            exact,
            pattern: value.has_pattern(),
            full,
            folder,
        }
    }

    /// Whether everything the path can turn out to be is of the class.
    pub(super) fn surely(&self, class: PathClass, catalogue: &Catalogue) -> bool {
        if self.exact {
            return self.path.is(class, catalogue);
        }
        [&self.full, &self.folder]
            .into_iter()
            .flatten()
            .any(|path| path.is(class, catalogue))
    }

    /// Whether something the path can turn out to be is of the class.
    pub(super) fn maybe(&self, class: PathClass, catalogue: &Catalogue) -> bool {
        if self.path.is(class, catalogue) {
            return true;
        }
        !self.exact
            && self.full.as_ref().is_some_and(|path| {
                path.is(class, catalogue)
                    || (class == PathClass::Guard && path.may_name(class, catalogue))
            })
    }
}
