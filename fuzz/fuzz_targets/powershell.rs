#![no_main]

use checkrein_fuzz::interpreted;
use serde_json::json;

libfuzzer_sys::fuzz_target!(|text: &str| interpreted("PowerShell", json!({"command": text})));
