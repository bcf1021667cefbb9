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
        let number = usize::from(self.0);
        let end = |number: usize| data::NAME_ENDS.get(number).map_or(0, |end| *end as usize);
        let start = number.checked_sub(1).map_or(0, end);
        data::NAMES.get(start..end(number)).unwrap_or_default()
    }
}

impl spec::OptionEntry {
    /// What the option is. The build made every number it wrote.
    #[must_use]
    pub fn option(&self) -> Option<spec::Opt> {
        let meaning = data::OPTION_MEANINGS.get(usize::from(self.meaning))?;
        Some(spec::Opt {
            id: meaning.id.as_str(),
            arity: meaning.arity,
            role: meaning.role.as_str(),
        })
    }
}
