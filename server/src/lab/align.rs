//! Where each code point of a text's stored form came from in the text as it was given. Findings point at the stored form;
//! whoever gave the text counts in their own. This module makes the same stored form as `Text::parse`, without its bound, and a
//! test holds the two together.

use handrail_domain::finding::Span;
use handrail_domain::text::{TEXT_CHARS_MAX, Text};
use unicode_normalization::char::{canonical_combining_class, decompose_canonical};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc, is_nfc_quick};

/// How many code points neighbouring stretches of a long text have in common.
pub(super) const STRETCH_OVERLAP: usize = 200;

/// A stored form and, for each of its code points, the stretch of the given text that it came from. Letters that are composed
/// together with their marks come from all of them at once.
pub(super) struct Aligned {
    stored: String,
    from: Vec<Span>,
}

/// A stretch of a stored form that fits into one message.
pub(super) struct Stretch {
    /// Where it begins in the stored form, in code points.
    pub(super) begins: u32,
    pub(super) text: Text,
}

impl Aligned {
    /// The stored form of a text of any length.
    pub(super) fn new(given: &str) -> Self {
        let kept = kept(given);
        let text: String = kept.iter().map(|(c, _)| *c).collect();
        let (text, mut from) = match is_nfc(&text) {
            true => (text, kept.into_iter().map(|(_, place)| place).collect()),
            false => composed(&kept),
        };
        let before = text.chars().take_while(|c| c.is_whitespace()).count();
        let stored = text.trim().to_owned();
        from.drain(..before);
        from.truncate(stored.chars().count());
        Self { stored, from }
    }

    /// The stored form.
    pub(super) fn stored(&self) -> &str {
        &self.stored
    }

    /// Where a stretch of the stored form is in the given text: from the first thing that its first code point came from to the
    /// last that its last one came from.
    pub(super) fn given(&self, span: Span) -> Span {
        let end = self.from.last().map_or(0, |place| place.1);
        let first = self.from.get(span.0 as usize).map_or(end, |place| place.0);
        let last = span.1.checked_sub(1).map_or(first, |at| self.from.get(at as usize).map_or(end, |place| place.1));
        Span(first, last.max(first))
    }

    /// The stored form in stretches of at most one message's length, each overlapping the one before it.
    pub(super) fn stretches(&self) -> Vec<Stretch> {
        let chars: Vec<char> = self.stored.chars().collect();
        let (mut stretches, mut begin) = (Vec::new(), 0);
        loop {
            let end = chars.len().min(begin + TEXT_CHARS_MAX);
            let part: String = chars[begin..end].iter().collect();
            // A stretch of spaces alone is no message, and says nothing.
            if let Ok(text) = Text::parse(&part) {
                let spaces = part.chars().take_while(|c| c.is_whitespace()).count();
                stretches.push(Stretch { begins: (begin + spaces) as u32, text });
            }
            if end == chars.len() {
                return stretches;
            }
            begin += TEXT_CHARS_MAX - STRETCH_OVERLAP;
        }
    }
}

/// What `Text::parse` leaves out.
fn is_removed(c: char) -> bool {
    (c.is_control() && c != '\n') || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// The code points that stay, each with its place; a carriage return goes with its line feed.
fn kept(given: &str) -> Vec<(char, Span)> {
    let mut kept = Vec::with_capacity(given.len());
    let mut chars = (0_u32..).zip(given.chars()).peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\r' && chars.next_if(|(_, next)| *next == '\n').is_some() {
            kept.push(('\n', Span(at, at + 2)));
        } else if !is_removed(c) {
            kept.push((c, Span(at, at + 1)));
        }
    }
    kept
}

/// Whether nothing before this code point can change with it: its decomposition begins with a letter or sign that stands by
/// itself and composes with nothing before it.
fn stands_alone(c: char) -> bool {
    let mut first = None;
    decompose_canonical(c, |part| first = first.or(Some(part)));
    first.is_some_and(|part| {
        canonical_combining_class(part) == 0 && is_nfc_quick(std::iter::once(part)) == IsNormalized::Yes
    })
}

/// The composed form, a letter with its marks at a time.
fn composed(kept: &[(char, Span)]) -> (String, Vec<Span>) {
    let (mut text, mut from) = (String::new(), Vec::new());
    let mut rest = kept;
    while !rest.is_empty() {
        let end = rest.iter().skip(1).position(|(c, _)| stands_alone(*c)).map_or(rest.len(), |at| at + 1);
        let (letter, after) = rest.split_at(end);
        let given: String = letter.iter().map(|(c, _)| *c).collect();
        if is_nfc(&given) {
            from.extend(letter.iter().map(|(_, place)| *place));
            text.push_str(&given);
        } else {
            let whole = Span(letter[0].1.0, letter[letter.len() - 1].1.1);
            for c in given.nfc() {
                text.push(c);
                from.push(whole);
            }
        }
        rest = after;
    }
    (text, from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(given: &str, stored: &str, spans: &[(u32, u32)]) {
        let aligned = Aligned::new(given);
        let from: Vec<_> = aligned.from.iter().map(|place| (place.0, place.1)).collect();
        assert_eq!((aligned.stored(), &from[..]), (stored, spans), "{given:?}");
    }

    #[test]
    fn what_was_removed_is_stepped_over() {
        check("ab", "ab", &[(0, 1), (1, 2)]);
        check(" \u{202E}a\u{0}b ", "ab", &[(2, 3), (4, 5)]);
        check("a\r\nb\rc", "a\nbc", &[(0, 1), (1, 3), (3, 4), (5, 6)]);
        check(" \r\n\u{2066} ", "", &[]);
    }

    #[test]
    fn a_letter_comes_from_itself_and_its_marks() {
        check("ae\u{301}b", "aéb", &[(0, 1), (1, 3), (3, 4)]);
        check("e\u{301}\u{323}", "ẹ\u{301}", &[(0, 3), (0, 3)]);
        check("\u{212B}\u{0958}", "Å\u{0915}\u{093C}", &[(0, 1), (1, 2), (1, 2)]);
        check("\u{1112}\u{1161}\u{11AB}x", "한x", &[(0, 3), (3, 4)]);
    }

    #[test]
    fn a_stretch_reaches_over_what_was_removed_inside_it() {
        let aligned = Aligned::new("  x\u{202E}y\u{0}z");
        assert_eq!(aligned.given(Span(0, 3)), Span(2, 7));
        assert_eq!(aligned.given(Span(1, 2)), Span(4, 5));
        assert_eq!(aligned.given(Span(3, 9)), Span(7, 7), "what is out of bounds is at the end");
    }

    #[test]
    fn stretches_overlap_and_leave_nothing_out() {
        let text = format!("{} {}", "a".repeat(1_799), "b".repeat(3_000));
        let aligned = Aligned::new(&text);
        let stretches = aligned.stretches();
        let places: Vec<_> = stretches.iter().map(|s| (s.begins, s.text.as_str().chars().count())).collect();
        assert_eq!(places, [(0, 2_000), (1_800, 2_000), (3_600, 1_200)]);
        let spaces = Aligned::new(&format!("a{}b", " ".repeat(4_000)));
        let places: Vec<_> = spaces.stretches().iter().map(|s| s.begins).collect();
        assert_eq!(places, [0, 4_001], "a stretch of spaces is none");
    }

    /// Text full of what the stored form changes.
    fn awkward() -> impl Strategy<Value = String> {
        let pieces = prop::sample::select(vec![
            "a",
            "e",
            "o",
            "K",
            " ",
            "\n",
            "\r\n",
            "\r",
            "\t",
            "\u{0}",
            "\u{85}",
            "\u{202E}",
            "\u{2066}",
            "\u{2069}",
            "\u{301}",
            "\u{308}",
            "\u{323}",
            "\u{327}",
            "\u{344}",
            "\u{345}",
            "é",
            "Å",
            "\u{212B}",
            "\u{2126}",
            "\u{958}",
            "\u{9C7}",
            "\u{9BE}",
            "\u{1100}",
            "\u{1161}",
            "\u{11A8}",
            "가",
            "\u{FB2C}",
            "\u{F900}",
            "\u{2000}",
            "\u{3000}",
            "\u{200B}",
            "👩\u{200D}🚀",
            "\u{1D15E}",
            "\u{0F73}",
        ]);
        prop_oneof![prop::collection::vec(pieces, 0..40).prop_map(|all| all.concat()), "(?s).{0,60}"]
    }

    /// A text in which nothing is composed any more.
    fn taken_apart(text: &str) -> Vec<char> {
        text.nfd().collect()
    }

    proptest! {
        #[test]
        fn the_stored_form_is_that_of_the_product(given in awkward()) {
            let stored = Text::parse(&given).map(|text| text.as_str().to_owned()).unwrap_or_default();
            let aligned = Aligned::new(&given);
            prop_assert_eq!(aligned.stored(), stored);
            prop_assert_eq!(aligned.from.len(), aligned.stored().chars().count());
        }

        #[test]
        fn places_are_in_order_in_bounds_and_hold_what_they_say(given in awkward()) {
            let aligned = Aligned::new(&given);
            let chars: Vec<char> = given.chars().collect();
            for (place, next) in aligned.from.iter().zip(aligned.from.iter().skip(1)) {
                prop_assert!(place.0 <= next.0 && place.1 <= next.1, "{:?} {:?}", place, next);
                prop_assert!(place.1 <= next.0 || place == next, "they share a letter or nothing");
            }
            for (place, stored) in aligned.from.iter().zip(aligned.stored().chars()) {
                prop_assert!(place.0 < place.1 && place.1 as usize <= chars.len());
                let source: String = chars[place.0 as usize..place.1 as usize].iter().collect();
                let source = taken_apart(&source);
                prop_assert!(taken_apart(&stored.to_string()).iter().all(|part| source.contains(part)), "{:?}", stored);
            }
        }

        #[test]
        fn the_given_text_at_a_place_has_the_same_stored_form(given in awkward(), a in 0_usize..60, b in 0_usize..60) {
            let aligned = Aligned::new(&given);
            let stored: Vec<char> = aligned.stored().chars().collect();
            let (a, b) = (a.min(b).min(stored.len()), a.max(b).min(stored.len()));
            // Whole letters only: inside one, both ends come from all of it.
            let whole = |at: usize| at == 0 || at == stored.len() || aligned.from[at - 1] != aligned.from[at];
            if a < b && whole(a) && whole(b) {
                let place = aligned.given(Span(a as u32, b as u32));
                let source: String = given.chars().skip(place.0 as usize).take((place.1 - place.0) as usize).collect();
                let expected: String = stored[a..b].iter().collect();
                let again = Aligned::new(&source);
                prop_assert_eq!(again.stored(), expected.trim());
            }
        }
    }
}
