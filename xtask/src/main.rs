//! Development tasks: `cargo xtask test` runs everything, `cargo xtask ready` is what a commit needs.

mod facets;
mod fuzz;
mod node;
mod playground;
mod python;
mod run;
mod rust;
mod wasm;
mod words;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use run::Outcome;

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
    /// Check format, lints, docs and types, then run every test: what a commit needs.
    Ready,
    /// Write the generated files again (compiled packs, type stubs).
    Generate,
    /// Check that the words of AWS in the catalogue are what their script writes.
    AwsWords,
    /// Check that the words of Google in the catalogue are what their script writes.
    GoogleWords,
    /// Measure decisions and print the tables of docs/performance.md.
    Bench,
    /// Print both rates of a labelled corpus: what must be stopped and is not, what is harmless and is
    Corpora(rust::Corpora),
    /// Fuzz every interpreter, where there are cargo-fuzz and a nightly toolchain
    Fuzz(fuzz::Options),
    /// Build what is shipped, optimised: the command, the npm packages, and the Python wheel and source
    /// distribution.
    Dist,
    /// Build the Node package and run its tests.
    Node,
    /// Build the Python package and run its tests.
    Python(python::Options),
    /// Build the WebAssembly package and run its tests.
    Wasm,
    /// Build the playground into playground/dist, and into the command's next build.
    Playground,
}

fn main() -> ExitCode {
    match run(&Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("xtask: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: &Task) -> Outcome {
    match task {
        Task::Test => {
            rust::test()?;
            wasm::test()?;
            playground::test()?;
            node::test()?;
            python::test(&python::Options::default())
        }
        Task::Ready => {
            rust::check()?;
            words::check()?;
            python::check()?;
            run(&Task::Test)
        }
        Task::AwsWords => words::check_aws(),
        Task::GoogleWords => words::check_google(),
        Task::Generate => {
            words::generate()?;
            rust::generate()?;
            node::generate()?;
            python::generate()
        }
        Task::Bench => {
            rust::bench()?;
            wasm::bench()?;
            playground::bench()?;
            node::bench()?;
            python::bench()
        }
        Task::Fuzz(options) => fuzz::run_all(options),
        Task::Corpora(options) => rust::corpora(options),
        Task::Dist => {
            playground::build()?;
            rust::dist()?;
            node::dist()?;
            python::dist()
        }
        Task::Node => node::test(),
        Task::Python(options) => python::test(options),
        Task::Wasm => wasm::test(),
        Task::Playground => playground::build(),
    }
}
