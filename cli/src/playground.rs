//! `checkrein playground`: the page that shows what the guard understands, with the operator's own
//! policies and inventory in it.

mod operator;
mod serve;
mod site;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use crate::options::ConfigOptions;
use crate::{engine, show};
use serve::Page;
use site::Site;

const EXAMPLES: &str = "\
Examples:
  checkrein playground                      prints the address; Ctrl-C ends it
  checkrein playground --open --port 4700
  checkrein playground --config /etc/checkrein/checkrein.toml

Only programs on this machine that know the address can read the page. Edits stay in the page: no file
is changed. Reload it to see the files as they are now.

Exit codes:
  1  the page is not there, or the port or the configuration cannot be used";

/// Open a page that shows what calls mean under your policies, served on this machine only
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Options {
    #[command(flatten)]
    config: ConfigOptions,
    /// Listen on this port of 127.0.0.1; a free one when absent
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,
    /// Open the page in the browser
    #[arg(long)]
    open: bool,
    /// Serve the page built in this directory, such as playground/dist
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Runs the command.
pub fn run(options: &Options) -> ExitCode {
    engine::quiet_panics();
    match playground(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            show::error(&error);
            ExitCode::FAILURE
        }
    }
}

fn playground(options: &Options) -> Result<(), String> {
    let site = match &options.dir {
        Some(directory) => Site::of_directory(directory)?,
        None => Site::built_in()?,
    };
    // What is wrong with the configuration is said here, where it can be mended.
    operator::files(&options.config)?;
    let page = Page::new(site, options.config.clone())?;
    let server = page.listen(options.port)?;
    let address = server.address();
    writeln!(io::stdout(), "{address}").map_err(|error| error.to_string())?;
    eprintln!("checkrein: the playground is at this address; Ctrl-C ends it");
    if options.open {
        browse(&address);
    }
    server.run();
    Ok(())
}

/// Asks the desktop to open `address`.
fn browse(address: &str) {
    let (program, before): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        ("cmd", &["/C", "start", ""])
    } else {
        ("xdg-open", &[])
    };
    let started = Command::new(program)
        .args(before)
        .arg(address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if let Err(error) = started {
        eprintln!("checkrein: no browser could be opened ({program}: {error})");
    }
}
