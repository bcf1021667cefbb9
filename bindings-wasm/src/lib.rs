//! The module of the npm package `checkrein-wasm`: convert, call, convert.
//!
//! Everything that decides lives in `checkrein`. JSON text goes in and JSON text comes out, and no
//! function throws: what JavaScript catches is a trap, after which the instance must not be asked
//! again. The JavaScript around it sees to that.
#![expect(
    missing_debug_implementations,
    reason = "what wasm-bindgen generates has none, and nothing here is printed"
)]

mod engine;

use checkrein::action::Span;
use checkrein::authoring;
use checkrein::inventory::Inventory;
use checkrein::policy::{SCHEMA, Sources};
use checkrein_hosts::{Asked, Event, Host, Installed};
use serde::Serialize;
use serde_json::{Value, json};
use wasm_bindgen::prelude::wasm_bindgen;

/// Version of checkrein.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// Every mistake in sources: `Diagnostic[]`, or an error when their form is wrong.
#[wasm_bindgen]
pub fn diagnose(sources: &str) -> String {
    answer(read(sources).map(|sources: Sources| authoring::diagnose(&sources)))
}

/// What could stand at `offset` of policy text: `Completions`. `inventory` may be empty or wrong.
#[wasm_bindgen]
pub fn complete(text: &str, offset: usize, inventory: &str) -> String {
    let inventory = Inventory::parse("inventory", inventory).unwrap_or_default();
    answer(Ok(authoring::complete(text, offset, &inventory)))
}

/// Policy text in its usual layout: `Formatted`.
#[wasm_bindgen]
pub fn format(name: &str, text: &str) -> String {
    answer(Ok(match authoring::format(name, text) {
        Ok(tidy) => json!({"text": tidy}),
        Err(mistakes) => json!({"mistakes": mistakes}),
    }))
}

/// Where each policy of a text is: `OutlinedPolicy[]`.
#[wasm_bindgen]
pub fn outline(text: &str) -> String {
    answer(Ok(authoring::outline(text)))
}

/// Which parts of a JSON text a span means: `Range[]`. The member `arguments` of the text holds the
/// call's arguments; empty means the text itself does.
#[wasm_bindgen]
pub fn locate(text: &str, arguments: &str, argument: &str, start: u32, end: u32) -> String {
    let span = Span {
        argument: argument.to_owned().into(),
        start,
        end,
    };
    answer(Ok(authoring::locate_in(text, arguments, &span)))
}

/// What the event of a coding agent's hook asks: `HookEvent`, or nothing for JSON that is no event.
#[wasm_bindgen]
pub fn event(text: &str) -> String {
    let Some((host, event)) = Event::from_json(text.as_bytes())
        .ok()
        .and_then(|event| Some((Host::of(&event)?, event)))
    else {
        return answer(Ok(Value::Null));
    };
    let asked = match host {
        // Only the hook's environment says the project. Here it is where the agent is.
        Host::ClaudeCode => event.of_claude_code(host.agent(), event.directory()),
        Host::Cursor => event.of_cursor(host.agent(), &Installed::default()),
    };
    let shown = |asked: Option<Asked>| {
        let call = asked.as_ref().map(Asked::call_json);
        json!({
            "host": host.name(),
            "call": call,
            "arguments": asked.map(|asked| asked.arguments),
        })
    };
    answer(asked.map(shown).map_err(|error| error.to_string()))
}

/// The shipped packs: `Pack[]`.
#[wasm_bindgen]
pub fn packs() -> String {
    let packs = checkrein_policies::PACKS.iter().map(|pack| {
        json!({
            "name": pack.name,
            "policy": pack.policy,
            "readme": pack.readme,
            "tests": pack.tests,
        })
    });
    answer(Ok(packs.collect::<Vec<Value>>()))
}

/// The Cedar schema.
#[wasm_bindgen]
pub fn schema() -> String {
    SCHEMA.to_owned()
}

/// The closed vocabularies, each word with its meaning: `Vocabulary`.
#[wasm_bindgen]
pub fn vocabulary() -> String {
    answer(Ok(authoring::vocabulary()))
}

/// `{"ok": …}` or `{"error": "…"}`.
fn answer(result: Result<impl Serialize, String>) -> String {
    let value =
        result.and_then(|value| serde_json::to_value(value).map_err(|error| error.to_string()));
    match value {
        Ok(value) => json!({"ok": value}).to_string(),
        Err(error) => json!({"error": error}).to_string(),
    }
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}
