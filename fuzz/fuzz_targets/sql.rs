#![no_main]

use checkrein_fuzz::interpreted;
use serde_json::json;

libfuzzer_sys::fuzz_target!(|text: &str| interpreted("execute_sql", json!({"query": text})));
