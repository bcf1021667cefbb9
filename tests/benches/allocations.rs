//! Allocations of one decision, from the call's JSON to the decision's JSON.

use std::alloc::System;

use checkrein::{authorize, wire};
use checkrein_tests::measured::{bundle, calls};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    let bundle = bundle();
    println!("{:<28} {:>12} {:>10}", "call", "allocations", "KiB");
    for (name, call) in calls() {
        let decide = || {
            let call = wire::call_from_json(call.as_bytes()).expect("a call");
            wire::decision_to_json(&authorize(&bundle, &call))
        };
        // The first decision parses nothing, but may grow tables.
        std::hint::black_box(decide());
        let region = Region::new(ALLOCATOR);
        std::hint::black_box(decide());
        let change = region.change();
        println!(
            "{name:<28} {:>12} {:>10}",
            change.allocations,
            change.bytes_allocated / 1024
        );
    }
}
