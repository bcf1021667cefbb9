//! The `checkrein` command: authorize tool calls, hook coding agents, explain and check policies.
//!
//! Everything that decides lives in the `checkrein` crate. Here are files, environment, terminal
//! and the dialects of the hosts.
#![forbid(unsafe_code)]

mod authorize;
mod catalogue;
mod check;
mod demo;
mod engine;
mod explain;
mod fingerprint;
mod hook;
mod init;
mod options;
mod playground;
mod show;
mod watchdog;

// A decision is some thousand small allocations.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    options::run()
}
