//! The Rust side of the bindings' benchmarks, run by them in turn so that both see the same machine.
//!
//! `measure policies N` prints an operator's N policies. `measure time N CALLS` decides the incident
//! call under the baseline, the incident's inventory and N operator policies, and prints the median
//! and the 99th percentile in microseconds.

use std::process::ExitCode;
use std::time::Instant;

use checkrein::policy::{Bundle, Sources};
use checkrein::{authorize, wire};
use checkrein_tests::measured;

// As in what is shipped.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<usize>().ok();
    match words.as_slice() {
        ["policies", count] if number(count).is_some() => {
            let sources = checkrein_tests::operator::sources(number(count).unwrap_or_default());
            for file in sources.policies {
                print!("{}", file.text);
            }
            ExitCode::SUCCESS
        }
        ["time", count, calls] => match (number(count), number(calls)) {
            (Some(count), Some(calls)) if calls > 0 => {
                let (median, tail) = time(count, calls);
                println!("{median:.1} {tail:.1}");
                ExitCode::SUCCESS
            }
            _ => usage(),
        },
        _ => usage(),
    }
}

fn usage() -> ExitCode {
    eprintln!("measure: use `measure policies N` or `measure time N CALLS`");
    ExitCode::FAILURE
}

fn time(policies: usize, calls: usize) -> (f64, f64) {
    let sources = Sources {
        inventory: Some(measured::inventory()),
        ..checkrein_tests::operator::sources(policies)
    };
    let bundle = Bundle::load(&sources, &mut |_, _| {}).expect("the policies are valid");
    let (_, call) = measured::calls().swap_remove(0);
    let decide = || {
        let start = Instant::now();
        let call = wire::call_from_json(call.as_bytes()).expect("a call");
        std::hint::black_box(wire::decision_to_json(&authorize(&bundle, &call)));
        start.elapsed().as_secs_f64() * 1e6
    };
    for _ in 0..calls / 10 {
        decide();
    }
    let mut times: Vec<f64> = (0..calls).map(|_| decide()).collect();
    times.sort_by(f64::total_cmp);
    (times[calls / 2], times[calls * 99 / 100])
}
