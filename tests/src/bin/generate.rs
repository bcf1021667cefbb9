//! Writes the generated files again: the compiled forms of the shipped packs.

use std::path::Path;
use std::process::ExitCode;

use checkrein::policy::compile_pack;

fn main() -> ExitCode {
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
    for pack in checkrein_policies::PACKS {
        let folder = packs.join(pack.name);
        let Ok(text) = std::fs::read_to_string(folder.join("policy.cedar")) else {
            eprintln!("generate: {} has no policy.cedar", folder.display());
            return ExitCode::FAILURE;
        };
        let compiled = match compile_pack(pack.name, &text) {
            Ok(compiled) => compiled,
            Err(errors) => {
                eprintln!("generate: pack `{}` does not compile:\n{errors}", pack.name);
                return ExitCode::FAILURE;
            }
        };
        if let Err(error) = std::fs::write(folder.join("compiled.json"), compiled) {
            eprintln!("generate: {}: {error}", folder.display());
            return ExitCode::FAILURE;
        }
        println!("generate: pack `{}`", pack.name);
    }
    ExitCode::SUCCESS
}
