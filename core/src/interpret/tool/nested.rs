//! Tools that call other tools, or an API by the name of what is called there.

use super::dispatch;
use super::name::ToolName;
use crate::action::Effects;
use crate::catalogue::spec::{Source, Tool};
use crate::interpret::acts::Given as _;
use crate::interpret::argument::{Argument, text_of};
use crate::interpret::given::Arguments;
use crate::interpret::graphql::Endpoint;
use crate::interpret::nesting;
use crate::interpret::session::Session;
use crate::interpret::{http, json};
use crate::limits;

/// The call within the call.
pub(super) fn call(session: &mut Session<'_>, tool: &'static Tool, arguments: &Argument) {
    let Some([server, name, inner]) = tool.nests else {
        return;
    };
    let text = |source: Source| {
        let found = Arguments(arguments).found(source);
        found.values.first().and_then(|value| value.exact())
    };
    let inner = match inner {
        Source::Argument(path) => match arguments.get(path) {
            // Some hosts hand them over as JSON text.
            Some(Argument::Text(value)) => json::read(&text_of(value)).unwrap_or(Argument::Unknown),
            Some(other) => other.clone(),
            None => Argument::Object(std::collections::BTreeMap::new()),
        },
        _ => Argument::Unknown,
    };
    let deep = session.frame.depth >= limits::DELEGATION_DEPTH;
    match text(name).filter(|_| !deep) {
        Some(name) if session.enter(nesting::PROGRAM) => {
            let server = text(server).filter(|server| !server.is_empty());
            let name = ToolName::spelled(&name, server.as_deref());
            session.frame.depth = session.frame.depth.saturating_add(1);
            dispatch(session, &name, &inner);
            session.frame.depth = session.frame.depth.saturating_sub(1);
            session.leave(nesting::PROGRAM);
        }
        _ => {
            let setting = session.setting(None, (0, 0));
            session.opaque(
                "tool:nested",
                "a call of another tool that cannot be read",
                Effects::NONE,
                &setting,
            );
        }
    }
}

/// What is called at an API.
pub(super) fn api(
    session: &mut Session<'_>,
    tool: &'static Tool,
    arguments: &Argument,
    cwd: Option<&str>,
) {
    let Some((api, sources)) = tool.calls else {
        return;
    };
    let Some(api) = session.catalogue.apis.iter().find(|one| one.name == api) else {
        return;
    };
    let endpoint = Endpoint {
        api: Some(api),
        host: None,
        service: api.name,
    };
    let setting = session.setting(cwd, (0, 0));
    // The members stand where a request has them.
    let body = ["parameters", "params", "arguments", "body", "input"]
        .iter()
        .find_map(|name| arguments.get(name))
        .cloned()
        .unwrap_or_else(|| arguments.clone());
    let given = Argument::Object([("body".to_owned(), body)].into());
    for source in sources {
        for name in Arguments(arguments).found(*source).values {
            let Some(name) = name.exact() else {
                session.opaque(
                    "tool:nested",
                    "what is called cannot be read",
                    Effects::NONE,
                    &setting,
                );
                continue;
            };
            let drafts = http::named(&endpoint, &name, &given, &setting);
            session.add(drafts);
        }
    }
}
