//! From a tool call to the actions it means.

pub mod acts;
pub mod argument;
mod code;
mod credential;
pub mod given;
pub mod graphql;
pub mod hint;
pub mod http;
pub mod json;
mod lexicon;
mod method;
mod naming;
mod nesting;
mod patch;
pub mod place;
mod program;
mod script;
mod session;
pub mod shell;
mod sql;
mod tool;
pub mod value;
pub mod wildcard;
mod windows;
pub mod words;

pub use self::tool::name::{ToolName, tool_named};
use crate::action::Draft;
use crate::call::ToolCall;
use crate::catalogue::CATALOGUE;
use crate::inventory::Inventory;
use session::Session;

/// The acts a call means, before they are grounded in an inventory. Empty only when a build without
/// all parsers cannot tell.
#[must_use]
pub fn interpret(call: &ToolCall) -> Vec<Draft> {
    acts(Session::new(call, &CATALOGUE))
}

/// The same, where the operator may have declared the tool or its MCP server.
#[must_use]
pub fn interpret_declared(call: &ToolCall, inventory: &Inventory) -> Vec<Draft> {
    let mut session = Session::new(call, &CATALOGUE);
    session.inventory = Some(inventory);
    acts(session)
}

fn acts(mut session: Session<'_>) -> Vec<Draft> {
    tool::interpret(&mut session);
    if session.lacking {
        return Vec::new();
    }
    session.drafts
}
