//! `checkrein fingerprint`: how the inventory names a credential without holding it.

use std::io;
use std::process::ExitCode;

use checkrein::secret::Secret;

use crate::options::STOP;
use checkrein_runtime::lines;

use crate::show;

/// Longest credential, in bytes.
const LONGEST: usize = 64 * 1024;

const EXAMPLES: &str = "\
Examples:
  printf %s \"$RAILWAY_TOKEN\" | checkrein fingerprint
  checkrein fingerprint < token.txt

The credential is read from standard input, so that it stands in no list of processes and in no
history. One line break at its end is not part of it.

Exit codes:
  0  printed
  2  there is nothing to read, or it is no text of at most 64 KiB";

/// Print the fingerprint of a credential for the inventory.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Options {}

/// Runs the command.
pub fn run(_: &Options) -> ExitCode {
    match read() {
        Ok(secret) => {
            println!("{}", secret.fingerprint());
            ExitCode::SUCCESS
        }
        Err(error) => {
            show::error(&error);
            ExitCode::from(STOP)
        }
    }
}

fn read() -> Result<Secret, String> {
    let bytes = lines::all(io::stdin(), LONGEST)
        .map_err(|error| format!("standard input cannot be read: {error}"))?
        .ok_or_else(|| format!("the credential is longer than {LONGEST} bytes"))?;
    let text =
        String::from_utf8(bytes).map_err(|_| "the credential is not UTF-8 text".to_owned())?;
    let text = text.strip_suffix('\n').map_or(text.as_str(), |text| {
        text.strip_suffix('\r').unwrap_or(text)
    });
    if text.is_empty() {
        return Err("there is no credential on standard input; see --help".to_owned());
    }
    Ok(Secret::new(text))
}
