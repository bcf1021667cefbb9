//! The Cedar schema: the world policies speak about.

/// The text of `schema/checkrein.cedarschema`.
pub const SCHEMA: &str = include_str!("../../schema/checkrein.cedarschema");

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeSet;
    use std::sync::OnceLock;

    use cedar_policy::Schema;

    use super::*;
    use crate::vocabulary::{
        Completeness, CredentialSource, Effect, EnvironmentClass, Location, ResourceType,
        Reversibility, Verb, VerbGroup,
    };

    /// The parsed schema.
    pub(crate) fn schema() -> &'static Schema {
        static PARSED: OnceLock<Schema> = OnceLock::new();
        PARSED.get_or_init(|| Schema::from_cedarschema_str(SCHEMA).unwrap().0)
    }

    fn words<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str) -> BTreeSet<String> {
        all.iter().map(|item| word(*item).to_owned()).collect()
    }

    /// The schema as JSON, in which enumerated types and actions can be looked up.
    fn json() -> serde_json::Value {
        let (fragment, warnings) =
            cedar_policy::SchemaFragment::from_cedarschema_str(SCHEMA).unwrap();
        assert_eq!(warnings.count(), 0);
        fragment.to_json_value().unwrap()[""].clone()
    }

    #[test]
    fn enumerated_types_are_the_vocabularies() {
        let json = json();
        let enumerated = |name: &str| -> BTreeSet<String> {
            let words = json["entityTypes"][name]["enum"].as_array().unwrap();
            words
                .iter()
                .map(|word| word.as_str().unwrap().to_owned())
                .collect()
        };
        assert_eq!(
            enumerated("EnvironmentClass"),
            words(EnvironmentClass::ALL, |w| w.as_str())
        );
        assert_eq!(
            enumerated("Reversibility"),
            words(Reversibility::ALL, |w| w.as_str())
        );
        assert_eq!(enumerated("Effect"), words(Effect::ALL, |w| w.as_str()));
        assert_eq!(
            enumerated("Completeness"),
            words(Completeness::ALL, |w| w.as_str())
        );
        assert_eq!(enumerated("Location"), words(Location::ALL, |w| w.as_str()));
        assert_eq!(
            enumerated("CredentialSource"),
            words(CredentialSource::ALL, |w| w.as_str())
        );
    }

    #[test]
    fn actions_are_the_verbs_in_their_groups() {
        let json = json();
        let actions = json["actions"].as_object().unwrap();
        let mut expected = words(Verb::ALL, |w| w.as_str());
        expected.extend(words(VerbGroup::ALL, |w| w.as_str()));
        assert_eq!(actions.keys().cloned().collect::<BTreeSet<_>>(), expected);
        for verb in Verb::ALL {
            let action = &actions[verb.as_str()];
            let groups = action["memberOf"].as_array().unwrap();
            assert_eq!(groups.len(), 1);
            assert_eq!(groups[0]["id"], verb.group().as_str());
            let types = action["appliesTo"]["resourceTypes"].as_array().unwrap();
            let types: BTreeSet<_> = types
                .iter()
                .map(|t| t.as_str().unwrap().to_owned())
                .collect();
            assert_eq!(types, words(ResourceType::ALL, |w| w.as_str()));
        }
    }

    #[test]
    fn environments_are_in_an_enumerated_class() {
        let schema = schema();
        let class = "EnvironmentClass".parse().unwrap();
        for kind in ResourceType::ALL {
            let kind = kind.as_str().parse().unwrap();
            let mut ancestors = schema.ancestors(&kind).unwrap();
            assert!(ancestors.any(|ancestor| *ancestor == class), "{kind}");
        }
    }
}
