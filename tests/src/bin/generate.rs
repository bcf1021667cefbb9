//! Writes the generated files of the workspace: the compiled form of each shipped pack.

use std::path::Path;
use std::process::ExitCode;

use checkrein::policy::compile_pack;
use checkrein_policies::PACKS;

fn main() -> ExitCode {
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
    for pack in PACKS {
        if let Err(problem) = generate(&packs.join(pack.name), pack.name) {
            eprintln!("{problem}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn generate(folder: &Path, name: &str) -> Result<(), String> {
    // The file, not the embedded text: it may have changed since this program was built.
    let source = folder.join("policy.cedar");
    let text = std::fs::read_to_string(&source)
        .map_err(|error| format!("{} cannot be read: {error}", source.display()))?;
    let compiled = compile_pack(name, &text).map_err(|errors| errors.to_string())?;
    let target = folder.join("compiled.json");
    std::fs::write(&target, compiled)
        .map_err(|error| format!("{} cannot be written: {error}", target.display()))
}
