//! Text somebody wrote, and text that may be shown. The two are different types, so that delivering what nobody judged does
//! not compile outside this crate.

use serde::Serialize;
use std::fmt;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// The longest text, in code points of the stored form.
pub const TEXT_CHARS_MAX: usize = 2_000;

/// Text somebody wrote, in its stored form: line feeds only, no other control or bidi control characters, NFC, trimmed,
/// 1 to 2,000 code points. Its `Debug` shows only its length, so that no log can carry it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Text(Box<str>);

/// What stands where words were erased.
pub const ERASED: &str = "[erased]";

/// Why a text is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextError {
    /// Nothing is left once spaces and control characters are gone.
    Empty,
    /// More than [`TEXT_CHARS_MAX`] code points.
    TooLong,
}

fn is_removed(c: char) -> bool {
    (c.is_control() && c != '\n') || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

impl Text {
    /// The stored form of what was typed.
    pub fn parse(raw: &str) -> Result<Self, TextError> {
        // NFC never makes more than three code points of one, nor fewer than a tenth in real text; four times the bound
        // before it keeps hostile input linear without refusing anything that would have fitted.
        let mut kept = String::with_capacity(raw.len().min(4 * TEXT_CHARS_MAX));
        let unified = raw.replace("\r\n", "\n");
        kept.extend(unified.chars().filter(|c| !is_removed(*c)));
        let composed = if is_nfc(&kept) { kept } else { kept.nfc().collect() };
        let trimmed = composed.trim();
        if trimmed.is_empty() {
            return Err(TextError::Empty);
        }
        if trimmed.chars().count() > TEXT_CHARS_MAX {
            return Err(TextError::TooLong);
        }
        Ok(Self(trimmed.into()))
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Text read back from the record, which held it in its stored form.
    pub fn from_record(stored: String) -> Self {
        Self(stored.into_boxed_str())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.0.len())
    }
}

impl Serialize for Text {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

/// Text that may be shown to its recipient. It is made in two places: by the filter's verdict and by a supervisor's decision.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cleared(Text);

impl Cleared {
    /// For the two makers alone: `filter::judge` and `quarantine::Item::settle`. A tidy test counts the callers.
    pub(crate) fn new(text: Text) -> Self {
        Self(text)
    }

    /// A delivered message's text, read back from the record, whose CHECK forbids one without verdict or decision.
    pub fn from_record(stored: String) -> Self {
        Self(Text::from_record(stored))
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The text, no longer marked as one that may be shown.
    pub fn text(&self) -> &Text {
        &self.0
    }
}

impl Serialize for Cleared {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(raw: &str, want: Result<&str, TextError>) {
        assert_eq!(Text::parse(raw).as_ref().map(Text::as_str).map_err(|e| *e), want);
    }

    #[test]
    fn text_is_kept_as_the_protocol_says() {
        check("  hi\r\nyou\u{0} ", Ok("hi\nyou"));
        check("a\u{202E}b\u{2066}c", Ok("abc"));
        check("e\u{301}", Ok("é"));
        check("👩\u{200D}🚀", Ok("👩\u{200D}🚀"));
        check("a\rb", Ok("ab"));
    }

    #[test]
    fn spaces_only_is_empty() {
        check(" \n\t ", Err(TextError::Empty));
        check("\u{202A}\u{0}", Err(TextError::Empty));
    }

    #[test]
    fn two_thousand_code_points_fit_and_one_more_does_not() {
        check(&"é".repeat(2_000), Ok(&"é".repeat(2_000)));
        check(&"é".repeat(2_001), Err(TextError::TooLong));
        check(&format!("a{}", "\u{301}".repeat(10_000)), Err(TextError::TooLong));
    }

    #[test]
    fn debug_never_shows_the_text() {
        let text = Text::parse("a secret").unwrap();
        assert!(!format!("{text:?}").contains("secret"));
    }

    proptest! {
        #[test]
        fn the_stored_form_is_stable(raw in "\\PC{0,200}") {
            if let Ok(text) = Text::parse(&raw) {
                prop_assert_eq!(Text::parse(text.as_str()).unwrap(), text);
            }
        }
    }
}
