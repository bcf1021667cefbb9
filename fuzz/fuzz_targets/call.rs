#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checkrein_fuzz::call(bytes));
