//! A call on the wire.

use serde_json::{Map, Value};

use crate::Asked;

impl Asked {
    /// The call's JSON. It has no environment variables and no facts.
    #[must_use]
    pub fn call_json(&self) -> Value {
        let call = &self.call;
        let text = |value: &Option<String>| value.clone().map(Value::from);
        let mut agent = object([("id", Some(call.agent.id.clone().into()))]);
        agent.extend(object([
            ("on_behalf_of", text(&call.agent.on_behalf_of)),
            ("session", text(&call.agent.session)),
        ]));
        let workspace = object([
            ("root", text(&call.workspace.root)),
            ("cwd", text(&call.workspace.cwd)),
        ]);
        object([
            ("tool", Some(call.tool.clone().into())),
            ("server", text(&call.server)),
            ("arguments", Some(call.arguments.clone().into())),
            ("agent", Some(agent.into())),
            ("workspace", Some(workspace.into())),
        ])
        .into()
    }
}

fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Map<String, Value> {
    let given = members.into_iter();
    given
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}
