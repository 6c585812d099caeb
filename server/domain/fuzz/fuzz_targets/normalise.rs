//! Folding is total, keeps its map, and is done once it is done.
#![no_main]

use handrail_domain::filter::fuzz;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::normalise(bytes));
