//! Detectors: what words and phrases cannot describe. Each looks at the folded text, punctuation and all.

use super::view::View;
use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;
use std::sync::LazyLock;

/// What a rule may ask for with `detect`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Detector {
    /// A telephone number.
    Phone,
    /// An e-mail address.
    Email,
    /// A link or the name of a web site.
    Url,
}

impl Detector {
    /// Every detector, in the order of their numbers.
    pub(super) const ALL: [Detector; 3] = [Detector::Phone, Detector::Email, Detector::Url];
}

fn regex(pattern: &str) -> Regex {
    #[expect(clippy::unwrap_used, reason = "constants of this module, compiled by every test")]
    RegexBuilder::new(pattern).unicode(false).build().unwrap()
}

static PHONE: LazyLock<Regex> = LazyLock::new(|| regex(r"\+?[0-9](?:[ ./()-]{0,3}[0-9]){9,12}"));
static EMAIL: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"[a-z0-9][a-z0-9._%+-]* ?(?:@|\[at\]|\(at\)| at ) ?[a-z0-9-]+(?: ?(?:\.|\(dot\)|\[dot\]| dot ) ?[a-z]{2,})+")
});
static URL: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?:https?://|www\.)[^ \n]+|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|net|org|uk|io|gg|me|co|app|ly|tv)(?:/[^ \n]*)?\b",
    )
});

/// Every stretch of the folded text that the detector sees.
pub(super) fn detect(detector: Detector, base: &View, found: &mut Vec<std::ops::Range<usize>>) {
    let bytes = &base.bytes;
    let ranges = |regex: &Regex, found: &mut Vec<std::ops::Range<usize>>| {
        found.extend(regex.find_iter(bytes).map(|hit| hit.range()));
    };
    match detector {
        Detector::Phone => ranges(&PHONE, found),
        Detector::Email => ranges(&EMAIL, found),
        Detector::Url => ranges(&URL, found),
    }
}
