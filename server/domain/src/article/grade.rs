//! How hard a text is to read, for whoever writes it: the Flesch-Kincaid grade level (J. P. Kincaid and others, "Derivation of New
//! Readability Formulas for Navy Enlisted Personnel", Research Branch Report 8-75, 1975), with syllables counted by groups of vowels.
//! It was made for English.

/// Words a minute that somebody reads who does not read much.
const WORDS_A_MINUTE: usize = 150;

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’')
        .filter(|word| word.chars().any(char::is_alphanumeric))
}

/// The school year whose pupils can read this text: about the reader's age less five. Nothing for a text without words.
pub fn grade(text: &str) -> Option<u32> {
    let (mut count, mut heard) = (0_u32, 0_u32);
    for word in words(text) {
        count += 1;
        heard += syllables(word);
    }
    let ends = |part: &&str| part.chars().any(char::is_alphanumeric);
    let sentences = text.split(['.', '!', '?', '…', ':', '\n']).filter(ends).count().max(1);
    (count > 0).then(|| {
        let grade = 0.39 * f64::from(count) / sentences as f64 + 11.8 * f64::from(heard) / f64::from(count) - 15.59;
        grade.round().max(0.0) as u32
    })
}

/// Minutes that it takes to read, at least one.
pub fn minutes(text: &str) -> usize {
    words(text).count().div_ceil(WORDS_A_MINUTE).max(1)
}

/// Groups of vowels, without an e that is not heard.
fn syllables(word: &str) -> u32 {
    let letters: Vec<char> = word.chars().flat_map(char::to_lowercase).filter(char::is_ascii_alphabetic).collect();
    if letters.len() <= 3 {
        return 1;
    }
    let is_vowel = |c: char| matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y');
    let groups =
        letters.iter().enumerate().filter(|(at, c)| is_vowel(**c) && (*at == 0 || !is_vowel(letters[at - 1]))).count();
    let silent = match letters.as_slice() {
        [.., before, 'e'] => !is_vowel(*before) && *before != 'l',
        [.., before, 'e', 'd'] => !matches!(before, 't' | 'd'),
        [.., _] | [] => false,
    };
    u32::try_from(groups).unwrap_or(u32::MAX).saturating_sub(u32::from(silent)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syllables_are_what_one_hears() {
        for (word, heard) in [
            ("cat", 1),
            ("make", 1),
            ("table", 2),
            ("walked", 1),
            ("wanted", 2),
            ("benefit", 3),
            ("probation", 3),
            ("you", 1),
        ] {
            assert_eq!(syllables(word), heard, "{word}");
        }
    }

    #[test]
    fn short_words_in_short_sentences_are_easy_and_long_ones_are_not() {
        let easy = "You can call. It is free. You do not have to say your name.";
        let hard = "Individuals experiencing accommodation difficulties should investigate eligibility for discretionary assistance.";
        assert!(grade(easy).unwrap() <= 3, "{:?}", grade(easy));
        assert!(grade(hard).unwrap() >= 12, "{:?}", grade(hard));
        assert_eq!(grade(" … "), None);
    }

    #[test]
    fn a_short_text_takes_a_minute_and_a_long_one_as_long_as_it_takes() {
        assert_eq!(minutes("Hello."), 1);
        assert_eq!(minutes(&"word ".repeat(301)), 3);
    }
}
