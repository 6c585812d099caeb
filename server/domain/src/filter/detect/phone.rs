//! Telephone numbers however they are written: digits, words ("oh double seven"), letters for digits, spaces and signs between
//! them, a filler word between groups, or spread over messages. Dates, times and prices are not part of a number.

use crate::filter::view::{CURRENT, View, is_word};
use std::ops::Range;

/// The fewest digits of a number.
const DIGITS_MIN: usize = 8;
/// The most digits of a number.
const DIGITS_MAX: usize = 15;
/// The most groups that are looked at together.
const GROUPS_MAX: usize = 24;
/// The widest run of signs between two groups of one number.
const SIGNS_MAX: usize = 6;
/// How many other words may stand between two groups of one number in one message, and over several.
const FILLERS_MAX: (usize, usize) = (1, 6);

/// Some digits written together.
#[derive(Debug, Clone)]
struct Group {
    range: Range<usize>,
    digits: Vec<u8>,
    /// Other words since the group before.
    fillers: usize,
    /// Whether signs since the group before are few, or forbid that the two belong together.
    apart: bool,
    /// A `+` stands before it.
    plus: bool,
    /// Written as digits, two or more.
    solid: bool,
    part: u8,
}

/// Stretches of the text that are telephone numbers.
pub(super) fn numbers(base: &View, allow: &[String], found: &mut Vec<Range<usize>>) {
    if !worth_it(&base.bytes) {
        return;
    }
    let groups = groups(base);
    let mut first = 0;
    while first < groups.len() {
        match number_from(&groups, first, allow) {
            Some(last) => {
                found.push(groups[first].range.start..groups[last].range.end);
                first = last + 1;
            }
            None => first += 1,
        }
    }
}

/// Whether there may be enough digits at all: digits, or letters that begin number words.
fn worth_it(bytes: &[u8]) -> bool {
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    digits >= 5
        || bytes
            .windows(5)
            .filter(|five| {
                matches!(*five, b"seven" | b" zero" | b"three" | b"eight" | b" nine" | b" four" | b" five" | b"doubl")
            })
            .count()
            >= 2
}

fn groups(base: &View) -> Vec<Group> {
    let bytes = &base.bytes;
    let mut groups: Vec<Group> = Vec::new();
    let (mut at, mut fillers, mut signs_from, mut factor, mut plus) = (0, 0, 0, 1, false);
    while at < bytes.len() {
        if !is_word(bytes[at]) {
            plus = bytes[at] == b'+';
            at += 1;
            continue;
        }
        let end = (at..bytes.len()).find(|at| !is_word(bytes[*at])).unwrap_or(bytes.len());
        let word = &bytes[at..end];
        let exempt = exempt(bytes, at, end);
        match (digits(word), times(word)) {
            (_, Some(n)) => factor = n,
            (Some(digits), None) if exempt.is_none() => {
                let signs = &bytes[signs_from..at];
                let digits = if factor > 1 && digits.len() == 1 { vec![digits[0]; factor] } else { digits };
                groups.push(Group {
                    range: at..end,
                    solid: word.len() > 1 && word[0].is_ascii_digit(),
                    fillers,
                    apart: fillers == 0
                        && factor == 1
                        && (signs.len() > SIGNS_MAX || signs.iter().any(|s| matches!(s, b':' | b'%' | b'?' | b'!'))),
                    digits,
                    plus,
                    part: base.cells[end - 1].part,
                });
                (fillers, signs_from, factor) = (0, end, 1);
            }
            _ => (fillers, signs_from, factor) = (fillers + 1, end, 1),
        }
        plus = false;
        // A date is passed over as a whole, and breaks a number.
        if let Some(after) = exempt {
            fillers = FILLERS_MAX.1 + 1;
            at = after.max(end);
        } else {
            at = end;
        }
    }
    groups
}

/// The end of a date, a time or a price that begins here.
fn exempt(bytes: &[u8], start: usize, end: usize) -> Option<usize> {
    if bytes[start..].starts_with("£".as_bytes()) || start > 0 && matches!(bytes[start - 1], b'$' | b':') {
        return Some(end);
    }
    let two = |from: usize| {
        let end = (from..bytes.len().min(from + 5))
            .find(|at| !bytes[*at].is_ascii_digit())
            .unwrap_or(bytes.len().min(from + 5));
        (end, end - from)
    };
    let (day_end, day) = two(start);
    if !(1..=2).contains(&day) || day_end != end {
        return None;
    }
    let sign = *bytes.get(day_end)?;
    if sign == b':' && two(day_end + 1).1 == 2 {
        return Some(day_end + 3);
    }
    if !matches!(sign, b'/' | b'-' | b'.') {
        return None;
    }
    let (month_end, month) = two(day_end + 1);
    if !(1..=2).contains(&month) || bytes.get(month_end) != Some(&sign) {
        return None;
    }
    let (year_end, year) = two(month_end + 1);
    let ends = bytes.get(year_end) != Some(&sign) && !bytes.get(year_end).is_some_and(u8::is_ascii_digit);
    (matches!(year, 2 | 4) && ends).then_some(year_end)
}

fn times(word: &[u8]) -> Option<usize> {
    match word {
        b"double" | b"dbl" => Some(2),
        b"triple" | b"treble" => Some(3),
        _ => None,
    }
}

/// The digits that a word stands for.
fn digits(word: &[u8]) -> Option<Vec<u8>> {
    let spelled = match word {
        b"zero" | b"oh" | b"o" | b"nought" | b"nowt" | b"nil" => Some(b'0'),
        b"one" | b"won" => Some(b'1'),
        b"two" => Some(b'2'),
        b"three" => Some(b'3'),
        b"four" => Some(b'4'),
        b"five" => Some(b'5'),
        b"six" => Some(b'6'),
        b"seven" | b"sevn" => Some(b'7'),
        b"eight" | b"ate" => Some(b'8'),
        b"nine" => Some(b'9'),
        _ => None,
    };
    if let Some(digit) = spelled {
        return Some(vec![digit]);
    }
    let read = |byte: &u8| match byte {
        b'0'..=b'9' => Some(*byte),
        b'o' => Some(b'0'),
        b'l' | b'i' => Some(b'1'),
        b's' => Some(b'5'),
        _ => None,
    };
    let numerals = word.iter().filter(|byte| byte.is_ascii_digit()).count();
    // "O77OO9" is a number, "2moro" and "b4" are not.
    (numerals == word.len() || numerals >= 2 && numerals * 2 >= word.len() || numerals >= 4 && word.len() >= 6)
        .then(|| word.iter().map(read).collect())?
}

/// The last group of a number that begins with group `first`.
fn number_from(groups: &[Group], first: usize, allow: &[String]) -> Option<usize> {
    let start = &groups[first];
    let mut number: Vec<u8> = Vec::new();
    let mut best = None;
    let mut filled = false;
    for (at, group) in groups.iter().enumerate().skip(first).take(GROUPS_MAX) {
        if at > first {
            let across = group.part != groups[at - 1].part;
            let most = if across { FILLERS_MAX.1 } else { FILLERS_MAX.0 };
            if group.apart || group.fillers > most || group.plus {
                break;
            }
            filled |= group.fillers > 0;
            // Fillers stand between groups of digits that begin like a number, not between any two numbers of a sentence.
            if filled && (start.digits[0] != b'0' || start.digits.len() < 2 && start.solid) {
                break;
            }
        }
        number.extend_from_slice(&group.digits);
        if number.len() > DIGITS_MAX {
            break;
        }
        let long_enough = number.len() >= DIGITS_MIN && group.part == CURRENT;
        if long_enough && is_number(&number, start.plus, filled, &groups[first..=at]) {
            best = Some(at);
        }
        if allow.iter().any(|allowed| allowed.bytes().filter(u8::is_ascii_digit).eq(number.iter().copied())) {
            return None;
        }
    }
    best
}

/// Whether these digits are a number that one could ring.
fn is_number(digits: &[u8], plus: bool, filled: bool, groups: &[Group]) -> bool {
    let shape = |want: &[usize]| groups.iter().map(|group| group.digits.len()).eq(want.iter().copied());
    let national: Vec<u8> = if digits.starts_with(b"0044") && digits.len() >= 13 {
        [b"0", &digits[4..]].concat()
    } else if digits.starts_with(b"44") && (plus || digits.len() == 12) {
        let rest = digits[2..].strip_prefix(b"0").unwrap_or(&digits[2..]);
        [b"0", rest].concat()
    } else {
        digits.to_vec()
    };
    let length = national.len();
    let british = match national.get(..2) {
        Some(b"07" | b"02" | b"03") => length == 11,
        Some(b"01" | b"05" | b"08" | b"09") => length == 10 && !filled || length == 11,
        Some(b"00") => !filled && (11..=15).contains(&length),
        _ => false,
    };
    let abroad = plus && (8..=15).contains(&digits.len()) && !filled;
    let no_zero = !filled && length == 10 && national[0] == b'7' && national[1] != b'0' && groups[0].digits.len() >= 3;
    let american = !filled && (shape(&[3, 3, 4]) || digits[0] == b'1' && shape(&[1, 3, 3, 4]));
    british || abroad || no_zero || american
}
