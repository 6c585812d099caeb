//! What people say in a load test: everyday lines of mentors and mentees, and lines that every filter must hold. Each message
//! ends with a tag, four everyday words that number it, so that the oracle knows a message by its text alone, whatever ids a
//! server gives. A tag has no digit and no word that a rule looks for. Nothing here is random.

use std::sync::LazyLock;

/// Lines that an ordinary filter lets pass.
pub static BENIGN: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| include_str!("../corpus/benign.txt").lines().collect());
/// Lines that must be held: contact details, abuse, threats, self-harm, sexual content, drugs, secrecy, meeting, money.
pub static UNSAFE: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| include_str!("../corpus/unsafe.txt").lines().collect());
/// The words of the tags, sorted.
static WORDS: LazyLock<Vec<&'static str>> = LazyLock::new(|| include_str!("../corpus/words.txt").lines().collect());

/// How many words a tag can choose from, in each of its four places.
pub const WORD_COUNT: u32 = 128;
/// How many messages one run can number.
pub const TAGS_MAX: u32 = WORD_COUNT * WORD_COUNT * WORD_COUNT;

/// The tag of message `nth` in the run with this mark. The mark tells runs on the same record apart.
pub fn tag(mark: u8, nth: u32) -> String {
    let word = |number: u32| WORDS[(number % WORD_COUNT) as usize];
    let (first, second) = (nth / WORD_COUNT / WORD_COUNT, nth / WORD_COUNT);
    format!("{}-{}-{}-{}", word(u32::from(mark)), word(first), word(second), word(nth))
}

/// The number in the tag at the end of a text, if it has one of this run.
pub fn read_tag(mark: u8, text: &str) -> Option<u32> {
    let mut numbers = text.rsplit(' ').next()?.split('-').map(|word| WORDS.binary_search(&word).ok());
    let (run, first, second, third) = (numbers.next()??, numbers.next()??, numbers.next()??, numbers.next()??);
    let ours = run == usize::from(mark) % WORD_COUNT as usize && numbers.next().is_none();
    let all = WORD_COUNT as usize;
    ours.then_some(((first * all + second) * all + third) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_tag_reads_back_as_the_number_it_was_made_of() {
        for nth in [0, 1, 127, 128, 16_383, 16_384, 1_000_000, TAGS_MAX - 1] {
            let text = format!("Well done, that is brilliant news {}", tag(77, nth));
            assert_eq!(read_tag(77, &text), Some(nth));
            assert_eq!(read_tag(78, &text), None, "another run's message is not ours");
        }
    }

    #[test]
    fn what_ends_without_a_tag_has_no_number() {
        for text in ["", "acorn", "acorn-acorn", "acorn-acorn-acorn-nothing", "acorn-acorn-acorn-acorn-acorn", "x y"] {
            assert_eq!(read_tag(0, text), None, "{text}");
        }
    }

    #[test]
    fn the_words_are_sorted_and_as_many_as_stated() {
        assert_eq!(WORDS.len(), WORD_COUNT as usize);
        assert!(WORDS.windows(2).all(|two| two[0] < two[1]));
        assert!(WORDS.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_lowercase())));
    }

    #[test]
    fn everyday_lines_are_many_and_different_and_have_no_digits() {
        assert!(BENIGN.len() >= 150, "{}", BENIGN.len());
        assert_eq!(BENIGN.iter().collect::<HashSet<_>>().len(), BENIGN.len());
        assert!(BENIGN.iter().all(|line| !line.contains(|c: char| c.is_ascii_digit())));
        assert!(UNSAFE.len() >= 30);
    }

    #[test]
    fn every_line_is_its_own_trimmed_form_and_fits_with_its_tag() {
        for line in BENIGN.iter().chain(UNSAFE.iter()) {
            assert_eq!(line.trim(), *line);
            assert!(!line.is_empty() && line.chars().count() < 1_900, "{line}");
        }
    }
}
