#![no_main]

use checkrein_fuzz::interpreted;
use serde_json::json;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let body = json!({"query": text}).to_string();
    let url = "https://backboard.railway.app/graphql/v2";
    interpreted("fetch", json!({"url": url, "method": "POST", "body": body}));
});
