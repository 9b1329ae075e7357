#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| streaming::fuzz::websocket(data));
