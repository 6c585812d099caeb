//! What is held stays held when it is spread over messages.

use super::*;
use crate::filter::detect::Detector;

#[test]
fn what_is_held_stays_held_when_it_is_cut_in_two() {
    let mut missed = Vec::new();
    for text in UNSAFE {
        for cut in 1..text.len() {
            let (first, second) = text.split_at(cut);
            if first.trim().is_empty() || second.trim().is_empty() {
                continue;
            }
            if !held(&[], first) && !held(&[first], second) {
                missed.push(format!("{first} / {second}"));
            }
        }
    }
    assert!(missed.is_empty(), "{} passed:\n{}", missed.len(), missed.join("\n"));
}

/// Whether one of these messages is held, sent one after the other.
fn held_in_turn(speaker: Role, messages: &[&str]) -> bool {
    (0..messages.len()).any(|at| held_from(speaker, &messages[..at], messages[at]))
}

#[test]
fn every_example_cut_in_two_is_held_at_the_second_message_or_before() {
    let (mut words, mut detected) = (Tally::default(), Tally::default());
    let mut dice = Dice(2);
    for example in dice.some(HOLDING.iter().collect(), 500) {
        let cuts: Vec<usize> = example.text.char_indices().map(|(at, _)| at).skip(1).collect();
        for cut in dice.some(cuts, 5) {
            let (first, second) = example.text.split_at(cut);
            if first.trim().is_empty() || second.trim().is_empty() {
                continue;
            }
            let kept = held_in_turn(example.speaker, &[first, second]);
            let tally = if example.detects.is_some() { &mut detected } else { &mut words };
            tally.count(kept, || format!("{}: {first} / {second}", example.rule));
        }
    }
    // A word in disguise that is cut is two pieces of which neither is a word ("tr@n", "ny"); a name of a street or of a
    // person, cut, is another name.
    let low = [words.below(99.5, "cut in two, words"), detected.below(95.0, "cut in two, detected")];
    let low: Vec<String> = low.into_iter().flatten().collect();
    assert!(low.is_empty(), "{}", low.join("\n"));
}

#[test]
fn a_number_cut_in_three_with_other_messages_between_is_held_at_its_last_piece_or_before() {
    const FILLERS: [&str; 4] = ["lol", "hang on", "yeah", "wait a sec"];
    let is_number = |example: &&Holding| matches!(example.detects, Some(Detector::Phone | Detector::Card));
    let (mut tally, mut dice) = (Tally::default(), Dice(4));
    for example in HOLDING.iter().filter(is_number) {
        let spaces: Vec<usize> = example.text.match_indices(' ').map(|(at, _)| at).collect();
        let pairs = (0..spaces.len()).flat_map(|first| (first + 1..spaces.len()).map(move |second| (first, second)));
        for (first, second) in dice.some(pairs.collect(), 20) {
            let (first, second) = (spaces[first], spaces[second]);
            let mut messages = vec![&example.text[..first]];
            messages.extend((0..dice.below(3)).map(|_| FILLERS[dice.below(4)]).collect::<Vec<_>>());
            messages.push(&example.text[first..second]);
            messages.extend((0..dice.below(3)).map(|_| FILLERS[dice.below(4)]).collect::<Vec<_>>());
            messages.push(&example.text[second..]);
            messages.retain(|message| !message.trim().is_empty());
            tally.count(held_in_turn(example.speaker, &messages), || {
                format!("{}: {}", example.rule, messages.join(" / "))
            });
        }
    }
    // Where a message says how to read the number, a piece without it is another number: "read it backwards".
    let low = tally.below(95.0, "numbers cut in three");
    assert!(low.is_none(), "{}", low.unwrap_or_default());
}
