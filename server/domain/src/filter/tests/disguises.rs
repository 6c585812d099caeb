//! What is held stays held in every disguise.

use super::*;
use std::collections::BTreeMap;

fn each_letter(text: &str, change: impl Fn(char) -> String) -> String {
    text.chars().map(|c| if c.is_ascii_alphabetic() { change(c) } else { c.to_string() }).collect()
}

fn leet(c: char) -> char {
    match c {
        'a' => '4',
        'e' => '3',
        'i' => '1',
        'o' => '0',
        's' => '5',
        't' => '7',
        other => other,
    }
}

/// Ways to hide a text from a filter while a person still reads it.
pub(super) fn disguises(text: &str) -> Vec<(&'static str, String)> {
    let apart = |sign: &str| text.chars().map(String::from).collect::<Vec<_>>().join(sign);
    let fullwidth = |c: char| char::from_u32(c as u32 + 0xFEE0).unwrap().to_string();
    let bold = |c: char| char::from_u32(0x1D41A + (c as u32 - 'a' as u32)).unwrap().to_string();
    let circled = |c: char| char::from_u32(0x24D0 + (c as u32 - 'a' as u32)).unwrap().to_string();
    let look_alike = |c: char| match c {
        'a' => "а".into(),
        'e' => "е".into(),
        'o' => "о".into(),
        'c' => "с".into(),
        'i' => "і".into(),
        other => other.to_string(),
    };
    vec![
        ("upper case", text.to_uppercase()),
        ("zero-width spaces", apart("\u{200B}")),
        ("soft hyphens", apart("\u{AD}")),
        ("word joiners", apart("\u{2060}")),
        ("full width", each_letter(text, fullwidth)),
        ("mathematical bold", each_letter(text, bold)),
        ("circled", each_letter(text, circled)),
        ("Cyrillic look-alikes", each_letter(text, look_alike)),
        ("combining marks", each_letter(text, |c| format!("{c}\u{335}"))),
        ("accents", each_letter(text, |c| format!("{c}\u{308}"))),
        ("spaces", apart(" ")),
        ("full stops", apart(".")),
        ("hyphens", apart("-")),
        ("low lines", apart("_")),
        ("stars", apart("*")),
        ("stretched", each_letter(text, |c| format!("{c}{c}{c}"))),
        ("signs for letters", text.chars().map(leet).collect()),
        ("backwards", text.chars().rev().collect()),
    ]
}

#[test]
fn what_is_held_stays_held_in_every_disguise() {
    let mut missed = Vec::new();
    for text in UNSAFE {
        assert!(held(&[], text), "passes as it is: {text}");
        for (way, hidden) in disguises(text) {
            if !held(&[], &hidden) {
                missed.push(format!("{way}: {hidden}"));
            }
        }
    }
    assert!(missed.is_empty(), "{} passed:\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn a_symbol_in_a_word_hides_no_letter() {
    assert!(held(&[], "what a pr💀ck") && held(&[], "shut the f🌟ck up"));
    assert!(!held(&[], "i❤️you") && !held(&[], "good☀️morning to you"));
}

/// What a rule saw, by what it is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Made {
    /// Letters, spaces and apostrophes.
    Words,
    /// Figures or signs among them.
    Mixed,
    /// A number, a link or an address.
    Detected,
}

fn made(example: &Holding) -> Made {
    let plain = |c: char| c.is_ascii_alphabetic() || matches!(c, ' ' | '\'');
    match example.detects {
        Some(_) => Made::Detected,
        None if example.text[example.span.clone()].chars().all(plain) => Made::Words,
        None => Made::Mixed,
    }
}

/// How many of a hundred stay held at least. Folding undoes what changes the look of a letter, every time. The rest is read with
/// what surrounds it, which may make other words of it; each bound says why.
fn floor(way: &str, made: Made) -> Option<f64> {
    match (way, made) {
        // "id" drawn apart and an "a" behind it are one run of letters, and "ihate" is a word of some rule as it stands. Of
        // "£20" and "t w @ t" the signs are what other letters are drawn apart with.
        ("spaces" | "full stops" | "hyphens" | "low lines" | "stars", Made::Words) => Some(98.0),
        ("spaces" | "full stops" | "hyphens" | "low lines" | "stars", Made::Mixed) => Some(95.0),
        // An address or a link that is apart already says less once its dots are letters among others.
        ("spaces" | "full stops" | "hyphens" | "low lines" | "stars", Made::Detected) => Some(80.0),
        // A short word of figures alone is a number ("533", "50"), unless it is one of a few.
        ("signs for letters", Made::Words) => Some(96.5),
        ("signs for letters", Made::Mixed) => Some(92.0),
        // A street or a name with figures for its letters is another street or name.
        ("signs for letters", Made::Detected) => Some(80.0),
        ("stretched", Made::Words) => Some(99.0),
        // Stretched on top of another disguise: "bbb4" is not "b4".
        ("stretched", Made::Mixed) => Some(92.0),
        ("stretched", Made::Detected) => Some(75.0),
        // Ordinary words backwards are ordinary: "gals", "mac no".
        ("backwards", Made::Words) => Some(98.5),
        // Figures and signs backwards are other figures and signs.
        ("backwards", Made::Mixed) => Some(80.0),
        ("backwards", Made::Detected) => None,
        (_, Made::Words | Made::Mixed | Made::Detected) => Some(100.0),
    }
}

#[test]
fn every_example_stays_held_with_what_its_rule_saw_in_disguise() {
    // Of words there are many; of what is rarer, all.
    let (words, rarer): (Vec<&Holding>, Vec<&Holding>) =
        HOLDING.iter().partition(|example| made(example) == Made::Words);
    let examples = [Dice(1).some(words, 400), rarer].concat();
    let mut tallies: BTreeMap<(&str, Made), Tally> = BTreeMap::new();
    for example in &examples {
        let typed = example.text[example.span.clone()].to_lowercase();
        for (way, hidden) in disguises(&typed) {
            let text = example.with(|_| hidden.clone());
            let kept = held_from(example.speaker, &[], &text);
            tallies.entry((way, made(example))).or_default().count(kept, || format!("{}: {text}", example.rule));
        }
    }
    let low: Vec<String> = tallies
        .iter()
        .filter_map(|((way, made), tally)| tally.below(floor(way, *made)?, &format!("{way}, {made:?}")))
        .collect();
    assert!(low.is_empty(), "{}", low.join("\n"));
}
