#![no_main]

use checkrein::interpret::interpret;
use checkrein::wire;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(call) = wire::call_from_json(bytes) {
        assert!(!interpret(&call).is_empty());
    }
});
