#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::panic,
        clippy::unreachable,
        clippy::todo,
        clippy::unimplemented,
        clippy::arithmetic_side_effects,
        clippy::panic_in_result_fn
    )
)]

pub mod action;
pub mod approval;
pub mod authoring;
pub mod authorize;
pub mod call;
pub mod catalogue;
pub mod decision;
pub mod error;
pub mod ground;
pub mod interpret;
pub mod inventory;
pub mod limits;
pub mod policy;
pub mod secret;
pub mod vocabulary;
pub mod wire;

pub use action::Action;
pub use call::ToolCall;
pub use decision::Decision;
pub use policy::Bundle;

/// Decides a tool call: interprets it, grounds what it means in the bundle's inventory and judges it.
///
/// Never panics and never fails: whatever cannot be read or decided is denied, with the reason.
#[must_use]
pub fn authorize(bundle: &Bundle, call: &ToolCall) -> Decision {
    authorize::authorize(
        bundle,
        call,
        interpret::interpret_declared(call, bundle.inventory()),
    )
}
