//! `bindgen IN.wasm OUT-FOLDER`: writes the JavaScript around a WebAssembly module.
//!
//! The library is what the command `wasm-bindgen` runs: as a dependency it has the version that the
//! module was built with, and nothing needs to be installed.

use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [module, folder] = arguments.as_slice() else {
        eprintln!("usage: bindgen IN.wasm OUT-FOLDER");
        return ExitCode::FAILURE;
    };
    match write(module, folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("bindgen: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn write(module: &str, folder: &str) -> Result<(), String> {
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(module)
        .web(true)
        .map_err(|error| error.to_string())?
        .omit_default_module_path(true)
        .typescript(true)
        // After a trap the instance is replaced.
        .reset_state_function(true)
        .generate(folder)
        .map_err(|error| format!("{error:#}"))
}
