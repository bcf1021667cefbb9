//! Loading sources again after every key.

use std::sync::Arc;

use super::bundle::Bundle;
use super::mistakes::mistakes;
use super::source::Sources;
use super::validate::Validators;
use crate::error::{LoadError, LoadErrors};

/// What an editor keeps between two loads of sources that change a little: the last bundle that
/// loaded, whose policies need not be read again, and validators, which take longer to make than to
/// use. Answers are those of a fresh load.
#[derive(Debug, Default)]
pub struct Workbench {
    last: Option<Arc<Bundle>>,
    validators: Option<Validators>,
}

impl Workbench {
    /// Loads `sources`.
    ///
    /// # Errors
    /// Every mistake in them that keeps them from loading, as [`Bundle::load`] finds it.
    pub fn load(&mut self, sources: &Sources) -> Result<Arc<Bundle>, LoadErrors> {
        let last = self.last.as_deref();
        let bundle = Bundle::load_after(last, &mut self.validators, sources, &mut |_, _| {})?;
        let bundle = Arc::new(bundle);
        self.last = Some(Arc::clone(&bundle));
        Ok(bundle)
    }

    /// Every mistake that keeps `sources` from loading, policies also when the inventory is wrong.
    pub(crate) fn mistakes(&mut self, sources: &Sources) -> Vec<LoadError> {
        mistakes(self.last.as_deref(), &mut self.validators, sources)
    }
}
