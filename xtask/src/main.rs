//! Development tasks: `cargo xtask test` runs everything, `cargo xtask ready` is what a commit needs.

use std::process::{Command, ExitCode};

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "Development tasks of the checkrein workspace"
)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run every test, installing what is missing and saying so.
    Test,
    /// Check format, lints and docs, then run every test: what a commit needs.
    Ready,
    /// Write the generated files again (compiled packs).
    Generate,
    /// Measure decisions and print the tables of docs/performance.md.
    Bench,
    /// Build what is shipped, optimised.
    Dist,
}

type Outcome = Result<(), String>;

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Test => test(),
        Task::Ready => ready(),
        Task::Generate => cargo(&[
            "run",
            "--release",
            "--package",
            "checkrein-tests",
            "--bin",
            "generate",
        ]),
        Task::Bench => cargo(&[
            "bench",
            "--profile",
            "release",
            "--package",
            "checkrein-tests",
        ]),
        Task::Dist => cargo(&["build", "--profile", "dist", "--package", "checkrein-cli"]),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("xtask: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn test() -> Outcome {
    wasm()?;
    // The crates depend on each other, so they are packed together; what is packed is built below.
    cargo(&[
        "package",
        "--workspace",
        "--allow-dirty",
        "--no-verify",
        "--quiet",
    ])?;
    cargo(&["build", "--release", "--workspace", "--benches"])?;
    cargo(&["test", "--release", "--workspace"])
}

fn ready() -> Outcome {
    cargo(&["fmt", "--all", "--check"])?;
    cargo(&[
        "clippy",
        "--release",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ])?;
    run(Command::new("cargo")
        .args([
            "doc",
            "--release",
            "--workspace",
            "--no-deps",
            "--document-private-items",
        ])
        .env("RUSTDOCFLAGS", "-D warnings"))?;
    test()
}

/// Checks that the core builds for browsers.
fn wasm() -> Outcome {
    const TARGET: &str = "wasm32-unknown-unknown";
    let listed = Command::new("rustup")
        .args(["target", "list", "--installed"])
        .output();
    let Ok(listed) = listed else {
        println!(
            "xtask: skipped the {TARGET} check: there is no rustup to install the target with"
        );
        return Ok(());
    };
    if !String::from_utf8_lossy(&listed.stdout)
        .lines()
        .any(|line| line.trim() == TARGET)
    {
        println!("xtask: installing the missing target {TARGET}");
        if run(Command::new("rustup").args(["target", "add", TARGET])).is_err() {
            println!("xtask: skipped the {TARGET} check: the target cannot be installed here");
            return Ok(());
        }
    }
    cargo(&[
        "check",
        "--release",
        "--package",
        "checkrein",
        "--target",
        TARGET,
    ])
}

fn cargo(arguments: &[&str]) -> Outcome {
    run(Command::new("cargo").args(arguments))
}

fn run(command: &mut Command) -> Outcome {
    let line = format!(
        "{} {}",
        command.get_program().to_string_lossy(),
        command
            .get_args()
            .map(|word| word.to_string_lossy())
            .collect::<Vec<_>>()
            .join(" ")
    );
    println!("xtask: {line}");
    let status = command
        .status()
        .map_err(|error| format!("`{line}` cannot be started: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`{line}` failed with {status}"))
    }
}
