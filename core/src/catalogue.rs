//! The catalogue: what programs, APIs, tools and files are known to do.

#[rustfmt::skip]
mod data;
pub mod entries;
mod listing;
pub mod paths;
pub mod spec;
pub mod sql;

pub use data::CATALOGUE;
pub use listing::operations;

impl spec::Name {
    /// Its text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        let start = self.start as usize;
        let end = start.saturating_add(usize::from(self.length));
        data::NAMES.get(start..end).unwrap_or_default()
    }
}

impl From<&spec::OptionEntry> for spec::Opt {
    fn from(entry: &spec::OptionEntry) -> Self {
        Self {
            id: entry.id.as_str(),
            arity: entry.arity,
            role: entry.role.as_str(),
        }
    }
}
