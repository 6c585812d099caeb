//! Numbers of bank cards and accounts: those that pass their own check, and a sort code with an account.

use super::digits::{self, Cue, Digits, Group};
use super::{numerals, words};
use crate::filter::view::{CURRENT, View};
use std::ops::Range;

/// The fewest and the most digits of a card.
const CARD: (usize, usize) = (12, 19);
/// How many places are looked at that begin like an account.
const BEGINNINGS_MAX: usize = 32;
/// The characters of an account, by country.
const ACCOUNTS: [(&[u8; 2], usize); 16] = [
    (b"gb", 22),
    (b"ie", 22),
    (b"de", 22),
    (b"fr", 27),
    (b"es", 24),
    (b"it", 27),
    (b"pl", 28),
    (b"ro", 24),
    (b"pt", 25),
    (b"nl", 18),
    (b"be", 16),
    (b"lt", 20),
    (b"bg", 22),
    (b"hu", 28),
    (b"at", 20),
    (b"ch", 21),
];

/// Stretches of the text that are cards or accounts.
pub(super) fn cards(base: &View, found: &mut Vec<Range<usize>>) {
    if numerals(&base.bytes) < CARD.0 {
        return;
    }
    let read = digits::read(base);
    let mut first = 0;
    while first < read.groups.len() {
        match card_from(&read, first).or_else(|| sorted_from(&read.groups[first..]).map(|more| first + more)) {
            Some(last) => {
                found.push(read.groups[first].start..read.groups[last].end);
                first = last + 1;
            }
            None => first += 1,
        }
    }
    accounts(&base.bytes, found);
}

/// The last group of a card that begins with group `first`.
fn card_from(read: &Digits, first: usize) -> Option<usize> {
    let start = &read.groups[first];
    // Single digits are put together in another reading.
    if start.len() < 2 {
        return None;
    }
    for (at, group) in read.groups.iter().enumerate().skip(first) {
        let digits = &read.all[start.from..group.upto];
        if at > first && !group.follows() || digits.len() > CARD.1 {
            return None;
        }
        if digits.len() >= CARD.0 && group.part == CURRENT && is_card(digits, start.cue == Cue::Bank) && checks(digits)
        {
            return Some(at);
        }
    }
    None
}

/// Whether a card may have these digits and so many of them. With "card" before it any number may be one.
fn is_card(digits: &[u8], told: bool) -> bool {
    told || matches!(
        (digits, digits.len()),
        ([b'4', ..] | [b'5', b'0'..=b'8', ..] | [b'6', ..] | [b'2', b'2'..=b'7', ..] | [b'3', b'5', ..], 16)
            | ([b'3', b'4' | b'7', ..], 15)
            | ([b'3', b'0' | b'6' | b'8' | b'9', ..], 14)
    )
}

/// The check of every card: from the right every second digit counts twice, and the sum ends in zero.
fn checks(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(digit - b'0') << (place % 2);
            value / 10 + value % 10
        })
        .sum();
    sum.is_multiple_of(10) && digits.iter().any(|digit| *digit != b'0')
}

/// How many groups on a sort code with an account ends: `20-00-00 55779911`, in one message.
fn sorted_from(groups: &[Group]) -> Option<usize> {
    let code = match groups {
        [a, b, c, ..] if a.len() == 2 && b.len() == 2 && c.len() == 2 && b.sign == b'-' && c.sign == b'-' => 3,
        [a, ..] if a.len() == 6 && a.cue == Cue::Bank => 1,
        _ => return None,
    };
    let account = groups.get(code)?;
    (account.len() == 8 && account.fillers <= 4 && account.part == CURRENT).then_some(code)
}

/// International account numbers that pass their check.
fn accounts(bytes: &[u8], found: &mut Vec<Range<usize>>) {
    let begins = |word: Range<usize>| match bytes[word.clone()] {
        [a, b, c, d, ..] if c.is_ascii_digit() && d.is_ascii_digit() => {
            ACCOUNTS.iter().find(|(country, _)| **country == [a, b]).map(|(_, length)| (word.start, *length))
        }
        _ => None,
    };
    for (start, length) in words(bytes).filter_map(begins).take(BEGINNINGS_MAX) {
        found.extend(account_end(&bytes[start..], length).map(|end| start..start + end));
    }
}

/// Where the account of so many characters ends that the text begins with.
fn account_end(text: &[u8], length: usize) -> Option<usize> {
    let mut characters = [0; 34];
    let mut count = 0;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b' ' | b'-' => continue,
            b'0'..=b'9' | b'a'..=b'z' => characters[count] = *byte,
            _ => return None,
        }
        count += 1;
        if count == length {
            // The first four go to the end, letters count from 10, and what remains by 97 is 1.
            let turned = characters[4..length].iter().chain(&characters[..4]);
            let rest = turned.fold(0_u32, |rest, byte| match byte {
                b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
                _ => (rest * 100 + u32::from(byte - b'a') + 10) % 97,
            });
            return (rest == 1).then_some(at + 1);
        }
    }
    None
}
