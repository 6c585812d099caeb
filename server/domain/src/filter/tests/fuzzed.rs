//! The bodies of the fuzz targets on some thousands of inputs that are the same every time.

use super::*;
use crate::filter::fuzz::{self, Judging};

/// Calls `body` with so many inputs, in the long form twenty times as many.
fn with_bytes(seed: u64, cases: usize, body: impl Fn(&[u8])) {
    let mut dice = Dice(seed);
    for _ in 0..if long() { 20 * cases } else { cases } {
        let bytes: Vec<u8> = (0..dice.below(200)).map(|_| dice.next() as u8).collect();
        body(&bytes);
    }
}

#[test]
fn nothing_that_is_typed_breaks_the_folding() {
    with_bytes(21, 3_000, fuzz::normalise);
}

#[test]
fn nothing_that_is_written_breaks_the_reading_of_packs() {
    with_bytes(22, 1_500, fuzz::pack);
}

#[test]
fn nothing_that_is_sent_breaks_the_judgement() {
    let judging = Judging::new(&packs()).unwrap();
    with_bytes(23, 2_000, |bytes| judging.judge(bytes));
}
