//! Detectors: what words and phrases cannot describe, such as telephone numbers and addresses. Each looks once over the folded
//! text, signs and all, and gives the stretches that it sees; what is allowed is decided here. Every detector is linear in the
//! length of the text, looks only so far around a place, and allocates nothing where nothing is there.

mod card;
mod digits;
mod handle;
mod host;
mod mail;
mod phone;
mod place;
mod web;

#[cfg(test)]
mod tests;

use super::view::{View, is_word};
use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;
use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

/// What a rule may ask for with `detect`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Detector {
    /// A telephone number, in digits or words.
    Phone,
    /// An e-mail address, spelled out too.
    Email,
    /// A link or the name of a web site.
    Url,
    /// A name on a social network or a game.
    Handle,
    /// A postcode, a house and its street, or a place on a map.
    Address,
    /// A bank card, or a bank account.
    Card,
}

/// Words that detectors look for, so that disguised ones are read.
pub(super) const WORDS: &str = "zero oh nought nil one two three four five six seven eight nine double triple hundred dot slash at com net \
    org insta instagram snap snapchat discord psn xbox tiktok whatsapp telegram kik facebook twitter roblox fortnite steam gamertag \
    street road lane avenue close drive way court crescent place terrace gardens grove hill square walk flat www http https \
    gmail hotmail outlook yahoo icloud postcode username twitch bereal paypal monzo revolut";

/// Every stretch of the folded text that the detector sees and `allow` does not name.
pub(super) fn detect(detector: Detector, allow: &[String], base: &View, found: &mut Vec<Range<usize>>) {
    match detector {
        Detector::Phone => phone::numbers(base, allow, found),
        Detector::Email => mail::addresses(&base.bytes, allow, found),
        Detector::Url => web::links(&base.bytes, allow, found),
        Detector::Handle => handle::handles(base, found),
        Detector::Address => place::addresses(&base.bytes, found),
        Detector::Card => card::cards(base, found),
    }
}

/// What a text is asked first, so that most texts cost a detector next to nothing.
fn regex(pattern: &str) -> Regex {
    #[expect(clippy::unwrap_used, reason = "constants of these modules; a test compiles every one")]
    RegexBuilder::new(pattern).unicode(false).build().unwrap()
}

/// A set of words.
type Words = LazyLock<HashSet<&'static [u8]>>;

/// The words of a list, written one after another.
fn set(list: &'static str) -> HashSet<&'static [u8]> {
    list.split_ascii_whitespace().map(str::as_bytes).collect()
}

/// How many digits a text has.
fn numerals(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| byte.is_ascii_digit()).count()
}

/// The words of a folded text, one after the other.
fn words(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + bytes[at..].iter().position(|byte| is_word(*byte))?;
        let length = bytes[start..].iter().position(|byte| !is_word(*byte));
        at = length.map_or(bytes.len(), |length| start + length);
        Some(start..at)
    })
}

/// The word that ends before `end`, with nothing but spaces and signs between.
fn word_before(bytes: &[u8], end: usize) -> Option<Range<usize>> {
    // A word may be long and may be asked for often; only its end counts.
    const FAR: usize = 40;
    let floor = end.saturating_sub(FAR);
    let last = (floor..end).rev().find(|at| is_word(bytes[*at]))?;
    let start = (floor..last).rev().find(|at| !is_word(bytes[*at])).map_or(floor, |at| at + 1);
    Some(start..last + 1)
}

/// The word that begins at or after `from`, with nothing but a few spaces and signs between.
fn word_after(bytes: &[u8], from: usize) -> Option<Range<usize>> {
    const FAR: usize = 40;
    let ceiling = bytes.len().min(from + FAR);
    let start = (from..ceiling).find(|at| is_word(bytes[*at]))?;
    let end = (start..ceiling).find(|at| !is_word(bytes[*at])).unwrap_or(ceiling);
    Some(start..end)
}
