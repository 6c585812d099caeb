//! Whatever is written as a pack is compiled or refused with a reason.
#![no_main]

use handrail_domain::filter::fuzz;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::pack(bytes));
