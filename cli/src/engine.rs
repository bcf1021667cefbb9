//! The one way from a call to a decision: the core, with every panic turned into a refusal.

use std::sync::atomic::{AtomicBool, Ordering};

use checkrein::{Bundle, Decision, ToolCall};
use checkrein_runtime::guard::{guarded, panicked};

/// Decides `call`.
pub fn authorize(bundle: &Bundle, call: &ToolCall) -> Decision {
    let decide = || {
        inject_fault();
        checkrein::authorize(bundle, call)
    };
    guarded(decide).unwrap_or_else(|| Decision::refuse(panicked(), bundle.digest()))
}

/// Replaces the panic message, which may quote the call, by the place of the panic.
pub fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| eprintln!("checkrein: {}", place(panic))));
}

/// What may be said of a panic.
pub fn place(panic: &std::panic::PanicHookInfo<'_>) -> String {
    match panic.location() {
        Some(place) => format!("internal failure at {}:{}", place.file(), place.line()),
        None => "internal failure".to_owned(),
    }
}

/// Fails once, at the first call, when CHECKREIN_FAULT says `panic` or `hang`: how the tests see
/// what a broken engine does. A fault comes before the decision, so it can only ever refuse.
fn inject_fault() {
    static DONE: AtomicBool = AtomicBool::new(false);
    if DONE.swap(true, Ordering::Relaxed) {
        return;
    }
    match std::env::var("CHECKREIN_FAULT").as_deref() {
        Ok("panic") => panic!("a panic was asked for"),
        Ok("hang") => loop {
            std::thread::park();
        },
        _ => {}
    }
}
