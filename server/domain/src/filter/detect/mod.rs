//! Detectors: what words and phrases cannot describe, such as telephone numbers and addresses. Each looks at the folded text,
//! signs and all, and gives the stretches that it sees; what is allowed is decided here.

mod phone;
mod place;
mod web;

use super::view::View;
use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;
use std::ops::Range;

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
    /// A postcode, or a house and its street.
    Address,
}

/// Words that detectors look for, so that disguised ones are read.
pub(super) const WORDS: &str = "zero oh nought nil one two three four five six seven eight nine double triple dot slash at com net org \
    insta instagram snap snapchat discord psn xbox tiktok whatsapp telegram kik facebook twitter roblox fortnite steam gamertag \
    street road lane avenue close drive way court crescent place terrace gardens grove hill square walk flat www http https \
    gmail hotmail outlook yahoo icloud";

/// Every stretch of the folded text that the detector sees and `allow` does not name.
pub(super) fn detect(detector: Detector, allow: &[String], base: &View, found: &mut Vec<Range<usize>>) {
    match detector {
        Detector::Phone => phone::numbers(base, allow, found),
        Detector::Email => web::addresses(&base.bytes, allow, found),
        Detector::Url => web::links(&base.bytes, allow, found),
        Detector::Handle => web::handles(&base.bytes, found),
        Detector::Address => place::addresses(&base.bytes, found),
    }
}

fn regex(pattern: &str) -> Regex {
    #[expect(clippy::unwrap_used, reason = "constants of these modules; a test compiles every one")]
    RegexBuilder::new(pattern).unicode(false).build().unwrap()
}
