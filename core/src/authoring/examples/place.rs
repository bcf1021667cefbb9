//! What stands for each environment of the inventory.

use std::collections::HashMap;

use crate::inventory::Inventory;
use crate::vocabulary::{ResourceType, SelectorKind};

/// Values that place a call in one environment.
#[derive(Debug, Default)]
pub(super) struct Place {
    evidence: HashMap<SelectorKind, String>,
    /// Ids of declared resources, with their type.
    ids: Vec<(Option<ResourceType>, String)>,
}

impl Place {
    /// One for each environment of the inventory, and one for none of them.
    pub(super) fn all(inventory: &Inventory) -> Vec<Self> {
        let mut places: Vec<Self> = inventory
            .environments
            .iter()
            .map(|declared| {
                let mut place = Self::default();
                for (kind, glob) in &declared.patterns {
                    if let Some(sample) = glob.sample() {
                        place.evidence.entry(*kind).or_insert(sample);
                    }
                }
                let mut ids: Vec<_> = inventory
                    .resources
                    .iter()
                    .filter(|(_, one)| one.environment.as_deref() == Some(&declared.name))
                    .map(|(id, one)| (one.kind, id.clone()))
                    .collect();
                ids.sort_by(|a, b| a.1.cmp(&b.1));
                place.ids = ids;
                place
            })
            .collect();
        places.push(Self::default());
        places
    }

    /// A value of this kind of evidence.
    pub(super) fn evidence(&self, kind: SelectorKind) -> Option<&str> {
        self.evidence.get(&kind).map(String::as_str)
    }

    /// The id of a resource of this type: a declared one, else any that its pattern places here.
    pub(super) fn id(&self, kind: ResourceType) -> Option<&str> {
        let declared = self.ids.iter().find(|(known, _)| *known == Some(kind));
        let declared = declared.map(|(_, id)| id.as_str());
        declared.or_else(|| self.evidence(SelectorKind::ResourceId))
    }
}
