//! `checkrein authorize`: one call a line in, one decision a line out.

use std::io::{self, BufReader, BufWriter, Stdout, Write};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use checkrein::decision::DenyReason;
use checkrein::{Bundle, Decision, limits, wire};

use crate::options::{ConfigOptions, STOP};
use crate::watchdog::Watchdog;
use crate::{engine, show};
use checkrein_runtime::config::Place;
use checkrein_runtime::lines::{Line, Lines};

const EXAMPLES: &str = "\
Examples:
  checkrein authorize < calls.jsonl > decisions.jsonl
  echo '{\"tool\":\"Bash\",\"arguments\":{\"command\":\"ls\"},\"agent\":{\"id\":\"me\"}}' \\
    | checkrein authorize --pretty

Exit codes:
  0  every line was answered; a line that cannot be read is answered with `deny`
  2  nothing was answered, because the configuration or a policy is broken; or the work could
     not be finished: lines without an answer are not allowed";

/// Decide calls: one JSON call a line in, one JSON decision a line out.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Options {
    #[command(flatten)]
    config: ConfigOptions,
    /// Write decisions as indented JSON, for reading
    #[arg(long)]
    pretty: bool,
    /// Refuse a call and stop when deciding it takes longer than this
    #[arg(long, value_name = "MS", default_value_t = 10_000)]
    timeout_ms: u64,
}

/// Runs the command.
pub fn run(options: &Options) -> ExitCode {
    engine::quiet_panics();
    let bundle = match options.config.open(&Place::of_process()) {
        Ok(opened) => {
            show::notes(&opened.notes);
            opened.bundle
        }
        Err(error) => {
            show::error(&error);
            return ExitCode::from(STOP);
        }
    };
    match answer(&bundle, options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            show::error(&format!("the calls cannot be read or answered: {error}"));
            ExitCode::from(STOP)
        }
    }
}

fn answer(bundle: &Bundle, options: &Options) -> io::Result<()> {
    let answers = Answers {
        out: Arc::new(Mutex::new(BufWriter::new(io::stdout()))),
        pretty: options.pretty,
    };
    let late = answers.clone();
    let digest = bundle.digest().to_owned();
    let watchdog = Watchdog::start(Duration::from_millis(options.timeout_ms), move || {
        let reason = DenyReason::Internal("deciding took too long".to_owned());
        let _ = late.write(&Decision::refuse(reason, &digest));
        let _ = late.flush();
        eprintln!("checkrein: deciding a call took too long; the calls after it are not answered");
        std::process::exit(i32::from(STOP));
    })?;
    let mut lines = Lines::new(BufReader::new(io::stdin()), limits::CALL_BYTES);
    loop {
        // Whoever waits for an answer before it sends the next call must get it.
        if !lines.input().buffer().contains(&b'\n') {
            answers.flush()?;
        }
        let Some(line) = lines.next_line()? else {
            break;
        };
        if matches!(line, Line::Whole(bytes) if bytes.trim_ascii().is_empty()) {
            continue;
        }
        watchdog.begin();
        let decision = decide(bundle, &line);
        watchdog.end();
        answers.write(&decision)?;
    }
    answers.flush()
}

fn decide(bundle: &Bundle, line: &Line<'_>) -> Decision {
    let refuse = |reason| Decision::refuse(reason, bundle.digest());
    match line {
        Line::TooLong => {
            let text = format!(
                "longer than {} bytes; send the call without large file contents",
                limits::CALL_BYTES
            );
            refuse(DenyReason::OverLimit(text))
        }
        Line::Whole(bytes) => match wire::call_from_json(bytes) {
            Ok(call) => engine::authorize(bundle, &call),
            Err(error) => refuse(error.into()),
        },
    }
}

/// Where decisions go; shared with the watchdog.
#[derive(Clone)]
struct Answers {
    out: Arc<Mutex<BufWriter<Stdout>>>,
    pretty: bool,
}

impl Answers {
    fn write(&self, decision: &Decision) -> io::Result<()> {
        let mut text = wire::decision_to_json(decision);
        if self.pretty {
            let value: serde_json::Value = serde_json::from_str(&text)?;
            text = serde_json::to_string_pretty(&value)?;
        }
        text.push('\n');
        self.out
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .write_all(text.as_bytes())
    }

    fn flush(&self) -> io::Result<()> {
        self.out
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .flush()
    }
}
