//! Files that requests read and write on this machine.

use crate::action::Draft;
use crate::catalogue::spec::{Act, PathClass, Source};
use crate::interpret::acts;
use crate::interpret::argument::Argument;
use crate::interpret::given::Arguments;
use crate::interpret::place::Setting;
use crate::interpret::value::Value;
use crate::vocabulary::{Completeness, ResourceType, Reversibility, Verb};

const READ: Act = Act {
    when: &[],
    operation: "fs:read",
    verb: Verb::Read,
    resource: ResourceType::File,
    id: &[Source::Argument("path")],
    parents: &[],
    reversibility: Reversibility::None,
    effects: &[],
    unbounded: false,
    completeness: Completeness::Exact,
    selectors: &[],
    nouns: None,
};

const WRITE: Act = Act {
    operation: "fs:write",
    verb: Verb::Update,
    reversibility: Reversibility::Recoverable,
    ..READ
};

/// A `file:` URL reads a file.
pub(super) fn read(url: &Value, setting: &Setting<'_>) -> Vec<Draft> {
    on(&[READ], url, setting)
}

/// A download writes a file. Standard output and sinks are none.
pub(super) fn write(path: &Value, setting: &Setting<'_>) -> Vec<Draft> {
    let sink = path.exact().is_some_and(|text| {
        text == "-"
            || setting
                .resolve(&text)
                .is_some_and(|path| path.is(PathClass::Sink, setting.catalogue))
    });
    if sink {
        Vec::new()
    } else {
        on(&[WRITE], path, setting)
    }
}

fn on(acts: &[Act], path: &Value, setting: &Setting<'_>) -> Vec<Draft> {
    let given = Argument::Object([("path".to_owned(), Argument::Text(path.clone()))].into());
    acts::drafts(acts, &Arguments(&given), setting)
}
