//! Methods of clients of services, judged by their names.

use super::Machine;
use crate::catalogue::spec::{CodeCall, Grammar, VerbKind};
use crate::interpret::acts::{Given as _, named_place};
use crate::interpret::argument::Argument;
use crate::interpret::code::given::CallGiven;
use crate::interpret::method::{Method, kebab};
use crate::vocabulary::Verb;

impl Machine<'_, '_> {
    /// What `client().things().verb(…)` or `client().verb_thing(…)` does, as far as its name tells that.
    pub(super) fn method(
        &mut self,
        entry: &'static CodeCall,
        grammar: &'static Grammar,
        path: &str,
        given: &CallGiven,
    ) {
        let names: Vec<&str> = path.split('.').collect();
        let Some((name, above)) = names.split_last() else {
            return;
        };
        let plain = |name: &&str| kebab(name.trim_end_matches("()"));
        let verb = kebab(name);
        // `.instances()` and `.bucket('x')` only lead to something.
        if name.starts_with(char::is_uppercase) || grammar.lexicon.is_noun(&verb) {
            return;
        }
        let noun = above.last().map_or_else(String::new, plain);
        let told = given.found(entry.of).values;
        let told = told.first().map(|service| kebab(&service.sketch()));
        // `storage` of `google.cloud.storage.Client()` and of `@google-cloud/storage.Storage()`.
        let root = above
            .iter()
            .take_while(|name| !name.ends_with("()") && !name.starts_with(char::is_uppercase));
        let root = root.last().and_then(|name| name.rsplit('/').next());
        let service = told.filter(|told| !told.is_empty());
        let service = service.unwrap_or_else(|| root.as_ref().map_or_else(String::new, plain));
        let id = grammar
            .id
            .iter()
            .find_map(|source| given.found(*source).values.into_iter().next());
        let kind = grammar.lexicon.method(grammar.family, &noun, &verb);
        // Without arguments it is a part of something, or a value that is handed on.
        let nothing = given.operands().unwrap_or(0) == 0
            && matches!(&given.all, Argument::Object(all) if all.keys().all(|name| name == "self"));
        let makes = |kind: &VerbKind| kind.verb == Verb::Create;
        if nothing && kind.is_none_or(makes) {
            return;
        }
        let cwd = self.state.cwd.clone();
        let setting = self.session.setting(cwd.as_deref(), self.span);
        let place = id.as_ref().and_then(|id| named_place(&id.sketch()));
        let method = Method {
            kind,
            verb: &verb,
            noun: &noun,
            service: &service,
            id,
        };
        let mut draft = method.draft(grammar, &setting);
        draft.selectors.extend(place);
        self.session.add(vec![draft]);
    }
}
