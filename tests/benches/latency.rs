//! End to end, from the call's JSON to the decision's JSON: percentiles.

use std::time::{Duration, Instant};

use checkrein::policy::Bundle;
use checkrein::{authorize, wire};
use checkrein_tests::measured::{bundle, calls};

// As in what is shipped.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CALLS: usize = 20_000;

fn main() {
    let bundle = bundle();
    println!("{} policies, {CALLS} calls each", bundle.policies().len());
    println!(
        "{:<28} {:>14} {:>8} {:>8} {:>8} {:>8}",
        "call", "verdict", "p50 us", "p90 us", "p99 us", "max us"
    );
    for (name, call) in calls() {
        measure(&bundle, name, call.as_bytes());
    }
}

fn measure(bundle: &Bundle, name: &str, call: &[u8]) {
    let decide = || {
        let call = wire::call_from_json(call).expect("a call");
        wire::decision_to_json(&authorize(bundle, &call))
    };
    let verdict = {
        let call = wire::call_from_json(call).expect("a call");
        authorize(bundle, &call).verdict
    };
    for _ in 0..1_000 {
        std::hint::black_box(decide());
    }
    let mut times: Vec<Duration> = (0..CALLS)
        .map(|_| {
            let start = Instant::now();
            std::hint::black_box(decide());
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    let at = |share: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index into a small table"
        )]
        let index = ((times.len() - 1) as f64 * share) as usize;
        times[index].as_secs_f64() * 1e6
    };
    println!(
        "{name:<28} {:>14} {:>8.0} {:>8.0} {:>8.0} {:>8.0}",
        verdict.as_str(),
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0)
    );
}
