//! Telephone numbers however they are written: in one piece, with spaces and signs, with words between, in halves the wrong way
//! round, or spread over messages.

use super::digits::{self, Cue, Digits, Group};
use crate::filter::view::{CURRENT, View};
use std::ops::Range;

/// The fewest digits of a number.
const DIGITS_MIN: usize = 7;
/// The most digits of a number.
const DIGITS_MAX: usize = 15;
/// The most groups that are looked at together.
const GROUPS_MAX: usize = 24;
/// How many other words may stand between two groups of one number if it is sent in several messages.
const FILLERS_ACROSS_MAX: usize = 6;
/// The fewest digits of an allowed number that is passed over where it begins a longer one.
const ALLOWED_MIN: usize = 6;
/// The digits of a British mobile number.
const MOBILE: usize = 11;

/// The digits that tell the network of a mobile number.
const PREFIX: usize = 5;

/// Stretches of the text that are telephone numbers.
pub(super) fn numbers(base: &View, allow: &[String], found: &mut Vec<Range<usize>>) {
    if !digits::enough(&base.bytes, DIGITS_MIN) {
        return;
    }
    let read = digits::read(base);
    if let (true, [first, .., last]) = (read.full, &read.groups[..]) {
        // Nobody writes so many numbers; one to ring may be among those that are not read.
        return found.push(first.start..last.end);
    }
    let mut first = 0;
    while first < read.groups.len() {
        let Some(last) = number_from(&read, first) else {
            first += 1;
            continue;
        };
        first = allowed(&read, first, last, allow).unwrap_or_else(|| {
            found.push(read.groups[first].start..read.groups[last].end);
            last + 1
        });
    }
    if found.is_empty() {
        found.extend(turned(&read));
    }
}

/// The last group of a number that begins with group `first`.
fn number_from(read: &Digits, first: usize) -> Option<usize> {
    let start = &read.groups[first];
    // Words stand between groups of digits that begin like a number, not between any two numbers of a sentence.
    let fillers_max = match read.all[start.from] {
        b'0' if start.len() >= 3 || start.spelled => 3,
        b'0' => 1,
        _ => 0,
    };
    let mut best = None;
    let mut filled = false;
    for (at, group) in read.groups.iter().enumerate().skip(first).take(GROUPS_MAX) {
        if at > first {
            let across = group.part != read.groups[at - 1].part;
            let most = if across && fillers_max > 0 { FILLERS_ACROSS_MAX } else { fillers_max };
            if group.apart || group.plus || group.fillers > most {
                break;
            }
            filled |= group.fillers > 0;
        }
        let digits = &read.all[start.from..group.upto];
        if digits.len() > DIGITS_MAX {
            break;
        }
        if digits.len() >= DIGITS_MIN && group.part == CURRENT && is_number(digits, filled, &read.groups[first..=at]) {
            best = Some(at);
        }
    }
    best
}

/// Whether these digits are a number that one could ring.
fn is_number(digits: &[u8], filled: bool, groups: &[Group]) -> bool {
    let start = &groups[0];
    let length = digits.len();
    // "+2.6.8" is no country.
    let plus = start.plus && (start.len() > 1 || start.spelled || groups.get(1).is_none_or(|next| next.sign != b'.'));
    if let Some(is) = is_abroad(digits, plus, filled) {
        return is;
    }
    let named = matches!(start.cue, Cue::Reference | Cue::Bank);
    let opened = start.len() >= 3 || start.spelled;
    let pairs = || groups.iter().all(|group| group.len() == 2);
    let british = match digits {
        // A few digits may be left to guess.
        [b'0', b'7', b'1'..=b'9', ..] => {
            let begun = matches!(length, 9 | 10) || length == 8 && groups.len() > 1;
            length == MOBILE || !filled && !named && opened && begun
        }
        _ if named => false,
        [b'0', b'7', ..] => length == MOBILE && !filled,
        [b'0', b'2' | b'3', ..] => length == 11,
        [b'0', b'1' | b'5' | b'8' | b'9', ..] => length == 11 || length == 10 && !filled && !pairs(),
        // Without its zero.
        [b'7', b'1'..=b'9', ..] => length == 10 && !filled && opened,
        _ => false,
    };
    let plain = !named && !filled;
    british
        || plain && matches!(length, 10 | 11) && is_american(digits, groups)
        || plain && start.cue == Cue::Phone && is_told(digits, groups)
}

/// Whether digits with the sign of a country before them are a number; nothing if there is no such sign.
fn is_abroad(digits: &[u8], plus: bool, filled: bool) -> Option<bool> {
    let (rest, marked) = match digits {
        [b'0', b'0', rest @ ..] => (rest, true),
        _ => (digits, plus),
    };
    if let [b'4', b'4', rest @ ..] = rest
        && (marked || digits.len() == 12)
    {
        let rest = rest.strip_prefix(b"0").unwrap_or(rest);
        let is = matches!(rest.first(), Some(b'1' | b'2' | b'3' | b'5' | b'7'..=b'9'));
        return Some(is && (rest.len() == 10 || rest.len() == 9 && !filled));
    }
    marked
        .then(|| !filled && rest.first() != Some(&b'0') && (8 + usize::from(!plus)..=DIGITS_MAX).contains(&rest.len()))
}

fn is_american(digits: &[u8], groups: &[Group]) -> bool {
    let shape = |want: &[usize]| groups.iter().map(Group::len).eq(want.iter().copied());
    shape(&[3, 3, 4]) && digits[0] >= b'2' || digits[0] == b'1' && shape(&[1, 3, 3, 4])
}

/// Whether digits after a word such as "ring" may be a number of some country: no amount, no hours and no years.
fn is_told(digits: &[u8], groups: &[Group]) -> bool {
    let amount = groups.len() > 1 && groups[1..].iter().all(|group| group.sign == b',' && group.len() == 3);
    let hours = |four: &[u8]| matches!(four, [b'0' | b'1', _, b'0'..=b'5', _] | [b'2', b'0'..=b'3', b'0'..=b'5', _]);
    let year = |four: &[u8]| four.starts_with(b"19") || four.starts_with(b"20");
    let both =
        |is: &dyn Fn(&[u8]) -> bool| digits.len() == 8 && groups.len() == 2 && is(&digits[..4]) && is(&digits[4..]);
    (DIGITS_MIN..=12).contains(&digits.len()) && !amount && !both(&hours) && !both(&year)
}

/// The group after an allowed number that this one is or begins with. `0808 80*` allows every number that begins so.
fn allowed(read: &Digits, first: usize, last: usize, allow: &[String]) -> Option<usize> {
    let number = &read.all[read.groups[first].from..read.groups[last].upto];
    allow.iter().find_map(|entry| {
        let mut length = 0;
        let fits = entry.bytes().filter(u8::is_ascii_digit).all(|digit| {
            length += 1;
            number.get(length - 1) == Some(&digit)
        });
        if !fits {
            return None;
        }
        if entry.ends_with('*') || length == number.len() {
            return Some(last + 1);
        }
        let end = read.groups[first].from + length;
        let after = read.groups[first..=last].iter().position(|group| group.upto == end)?;
        (length >= ALLOWED_MIN).then_some(first + after + 1)
    })
}

/// A mobile number in two halves with other things between or the wrong way round, or written backwards in a text that says so.
fn turned(read: &Digits) -> Option<Range<usize>> {
    // The first half seen, and the length and place of every other run by its length.
    let mut half: Option<(usize, Range<usize>)> = None;
    let mut others: [Option<Range<usize>>; MOBILE] = [const { None }; MOBILE];
    let mut first = 0;
    while first < read.groups.len() {
        let more = read.groups[first + 1..].iter().take_while(|group| group.follows()).count();
        let (start, end) = (&read.groups[first], &read.groups[first + more]);
        let digits = &read.all[start.from..end.upto];
        let place = start.start..end.end;
        let backwards = || digits.iter().rev().copied();
        if read.backwards && digits.len() == MOBILE && backwards().take(2).eq(*b"07") {
            return Some(place);
        }
        match digits {
            [b'0', b'7', b'1'..=b'9', ..] if (4..=8).contains(&digits.len()) => {
                half = half.or(Some((digits.len(), place)))
            }
            _ if digits.len() < MOBILE => others[digits.len()] = Some(place),
            _ => {}
        }
        first += more + 1;
    }
    let (length, place) = half?;
    // After "07700" less is enough: some of the rest may be told otherwise.
    let least = if length == PREFIX { 3 } else { MOBILE - length };
    let other = others[least..=MOBILE - length].iter_mut().rev().find_map(Option::take)?;
    Some(place.start.min(other.start)..place.end.max(other.end))
}
