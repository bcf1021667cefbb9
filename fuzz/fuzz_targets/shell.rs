#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| checkrein_fuzz::shell(text));
