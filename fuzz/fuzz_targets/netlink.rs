#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| netlink::read_anything(data));
