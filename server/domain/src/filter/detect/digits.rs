//! Digits in a text however they are written: numerals, words ("oh double seven", "nine hundred"), letters for numerals. They
//! come in groups, each with what stands before it. Dates, times and prices are no digits here.

use super::{regex, words};
use crate::filter::view::{View, is_word};
use regex::bytes::Regex;
use std::sync::LazyLock;

/// The widest run of signs between two groups of one number.
const SIGNS_MAX: usize = 6;
/// For how many words a word such as "ring" or "order" says what digits are.
const CUE_WORDS: usize = 5;
/// So many digits within a word of letters are digits all the same: "num07700900123".
const INSIDE_MIN: usize = 5;
/// More groups than anybody writes: the rest of the text is not read.
const GROUPS_MAX: usize = 256;
/// Stands between two groups that do not belong together.
const FAR: usize = 99;

/// Words that are read as digits, or say how many there are.
static SPELLED: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b(?:zero|oh+|o+|nought|naught|nowt|nil|one|two|dau|thre+|four|pedwar|five?|six|chwech|sev[eu]?n|saith|eight|wyth|nine|nyn|naw|double|dubble|doubel|dbl|trip+le|treble|hundred|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|(?:twen|thir|fou?r|fif|six|seven|eigh|nine)ty)\b",
    )
});

/// What a text says that digits are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cue {
    /// Nothing.
    None,
    /// A number to ring.
    Phone,
    /// A card or an account.
    Bank,
    /// A reference of some kind.
    Reference,
}

/// Some digits written together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    /// Where they are written.
    pub(super) start: usize,
    pub(super) end: usize,
    /// Where they are in [`Digits::all`].
    pub(super) from: usize,
    pub(super) upto: usize,
    /// Other words since the group before; words such as "then" or "dash" do not count.
    pub(super) fillers: usize,
    /// Signs since the group before forbid that the two belong together.
    pub(super) apart: bool,
    /// The last sign since the group before that is not a space, or 0.
    pub(super) sign: u8,
    /// A `+` stands before it.
    pub(super) plus: bool,
    /// Written in words.
    pub(super) spelled: bool,
    /// Which message it is in.
    pub(super) part: u8,
    /// What was said before it.
    pub(super) cue: Cue,
}

impl Group {
    pub(super) fn len(&self) -> usize {
        self.upto - self.from
    }

    /// Whether it follows the group before with nothing between but a few signs.
    pub(super) fn follows(&self) -> bool {
        self.fillers == 0 && !self.apart && !self.plus
    }
}

/// All digits of a text.
#[derive(Debug, Default)]
pub(super) struct Digits {
    pub(super) all: Vec<u8>,
    pub(super) groups: Vec<Group>,
    /// There are more groups than are read.
    pub(super) full: bool,
    /// The text says that something is to be read from its end.
    pub(super) backwards: bool,
}

/// Whether a text may have so many digits; cheap, and asked of every text.
pub(super) fn enough(bytes: &[u8], least: usize) -> bool {
    let numerals = super::numerals(bytes);
    // With letters for the rest: "O77OO9".
    numerals >= least.min(INSIDE_MIN) || numerals + SPELLED.find_iter(bytes).take(least).count() >= least
}

/// Reads every group of a text.
pub(super) fn read(base: &View) -> Digits {
    let bytes = &base.bytes;
    let mut reader = Reader {
        base,
        out: Digits::default(),
        fillers: FAR,
        signs_from: 0,
        factor: 1,
        plus: false,
        cue: (Cue::None, 0),
    };
    let mut skip = 0;
    for range in words(bytes) {
        if range.start < skip {
            continue;
        }
        if reader.out.groups.len() >= GROUPS_MAX {
            reader.out.full = true;
            break;
        }
        match exempt(bytes, range.start, range.end) {
            Some(after) => {
                // A date is passed over as a whole, and breaks a number.
                skip = after.max(range.end);
                (reader.fillers, reader.signs_from, reader.factor) = (FAR, skip, 1);
            }
            None => reader.word(range.start, range.end),
        }
    }
    reader.out
}

struct Reader<'a> {
    base: &'a View,
    out: Digits,
    fillers: usize,
    signs_from: usize,
    factor: usize,
    plus: bool,
    /// The last cue and how many words ago it was.
    cue: (Cue, usize),
}

impl Reader<'_> {
    fn word(&mut self, start: usize, end: usize) {
        let word = &self.base.bytes[start..end];
        if word.len() > 1 && word[0].is_ascii_digit() {
            return self.numerals(start, end);
        }
        let spoken = self.fillers == 0 && self.out.groups.last().is_some_and(|last| last.spelled);
        if let Some(digit) = digit(word).or_else(|| homophone(word).filter(|_| spoken)) {
            for _ in 0..self.factor {
                self.out.all.push(digit);
            }
            self.group(start, end, !word[0].is_ascii_digit());
        } else if let Some(factor) = times(word) {
            self.factor = factor;
        } else if let Some(pair) = tens(word) {
            self.out.all.extend(pair);
            self.group(start, end, true);
        } else if word == b"hundred" && self.fillers == 0 && !self.out.groups.is_empty() {
            self.out.all.extend(b"00");
            self.lengthen(end);
        } else {
            self.numerals(start, end);
        }
    }

    /// A word that may have numerals in it.
    fn numerals(&mut self, start: usize, end: usize) {
        match numerals(&self.base.bytes[start..end], &mut self.out.all) {
            Some((from, upto)) => {
                self.group(start + from, start + upto, false);
                self.signs_from = end;
            }
            None => self.other(start, end),
        }
    }

    /// A word that is no digits.
    fn other(&mut self, start: usize, end: usize) {
        let word = &self.base.bytes[start..end];
        self.plus = word == b"plus";
        self.out.backwards |=
            matches!(word, b"backwards" | b"backward" | b"reverse" | b"reversed" | b"flip" | b"flipped");
        let strong = self.cue.0 == Cue::Reference || self.cue.0 == Cue::Bank;
        match cue(word) {
            // "order number" is the number of an order.
            Some(Cue::None) if strong => {}
            Some(Cue::None) => self.cue = (Cue::Phone, 0),
            Some(cue) => self.cue = (cue, 0),
            None => self.cue.1 += 1,
        }
        if self.cue.1 > CUE_WORDS {
            self.cue = (Cue::None, 0);
        }
        if !is_soft(word) {
            self.fillers = (self.fillers + 1).min(FAR);
        }
        (self.signs_from, self.factor) = (end, 1);
    }

    /// Enters the digits since the last group as one.
    fn group(&mut self, start: usize, end: usize, spelled: bool) {
        let bytes = &self.base.bytes;
        let signs = &bytes[self.signs_from.min(start)..start];
        let from = self.out.groups.last().map_or(0, |group| group.upto);
        let upto = self.out.all.len();
        let sign = signs.iter().rev().copied().find(|byte| *byte != b' ').unwrap_or(0);
        // "seventy" and "seven" are 77: the zero of the first gives way.
        let unit = spelled && upto - from == 1 && self.out.all[from] != b'0' && self.fillers == 0;
        if unit && self.out.groups.last().is_some_and(|last| last.spelled && last.len() == 2 && tens_stem(bytes, last))
        {
            let digit = self.out.all.pop().unwrap_or(b'0');
            self.out.all.pop();
            self.out.all.push(digit);
            return self.lengthen(end);
        }
        let barred = signs.len() > SIGNS_MAX || signs.iter().any(|sign| matches!(sign, b':' | b'%' | b'?' | b'!'));
        // "0.5778" is a part of one.
        let decimal = signs == b"."
            && upto - from > 1
            && self.out.groups.last().is_some_and(|last| last.len() == 1 && last.sign != b'.');
        self.out.groups.push(Group {
            start,
            end,
            from,
            upto,
            fillers: self.fillers,
            apart: self.fillers == 0 && self.factor == 1 && (barred || decimal),
            sign,
            plus: self.plus || signs.iter().rev().find(|byte| !matches!(byte, b' ' | b'(')) == Some(&b'+'),
            spelled,
            part: self.base.cells[end - 1].part,
            cue: self.cue.0,
        });
        (self.fillers, self.signs_from, self.factor, self.plus) = (0, end, 1, false);
    }

    /// The last group goes on to `end` and to the last digit.
    fn lengthen(&mut self, end: usize) {
        let upto = self.out.all.len();
        if let Some(last) = self.out.groups.last_mut() {
            (last.end, last.upto) = (end, upto);
        }
        (self.fillers, self.signs_from, self.factor) = (0, end, 1);
    }
}

/// Whether a group was written as "twenty" to "ninety".
fn tens_stem(bytes: &[u8], group: &Group) -> bool {
    bytes[group.start..group.end].ends_with(b"ty")
}

/// The digit that a word stands for.
fn digit(word: &[u8]) -> Option<u8> {
    match word {
        [digit @ b'0'..=b'9'] => Some(*digit),
        b"zero" | b"oh" | b"o" | b"nought" | b"naught" | b"nowt" | b"nil" | b"ohh" => Some(b'0'),
        b"one" => Some(b'1'),
        b"two" | b"dau" => Some(b'2'),
        b"three" | b"thre" => Some(b'3'),
        b"four" | b"pedwar" => Some(b'4'),
        b"five" | b"fiv" => Some(b'5'),
        b"six" | b"chwech" => Some(b'6'),
        b"seven" | b"sevn" | b"sevun" | b"saith" => Some(b'7'),
        b"eight" | b"wyth" => Some(b'8'),
        b"nine" | b"nyn" | b"naw" => Some(b'9'),
        _ => None,
    }
}

/// The digit that a word stands for among others: it sounds like one, or is a word of another kind as well.
fn homophone(word: &[u8]) -> Option<u8> {
    match word {
        b"dim" | b"owe" => Some(b'0'),
        b"won" | b"wun" | b"un" => Some(b'1'),
        b"to" | b"too" | b"tew" => Some(b'2'),
        b"tree" | b"free" | b"tri" => Some(b'3'),
        b"for" | b"fore" | b"fower" => Some(b'4'),
        b"fife" | b"pump" => Some(b'5'),
        b"sicks" | b"siks" => Some(b'6'),
        b"ate" | b"ait" => Some(b'8'),
        b"nein" => Some(b'9'),
        _ => None,
    }
}

/// Two digits that a word stands for.
fn tens(word: &[u8]) -> Option<[u8; 2]> {
    Some(*match word {
        b"ten" => b"10",
        b"eleven" => b"11",
        b"twelve" => b"12",
        b"thirteen" => b"13",
        b"fourteen" => b"14",
        b"fifteen" => b"15",
        b"sixteen" => b"16",
        b"seventeen" => b"17",
        b"eighteen" => b"18",
        b"nineteen" => b"19",
        b"twenty" => b"20",
        b"thirty" => b"30",
        b"forty" | b"fourty" => b"40",
        b"fifty" => b"50",
        b"sixty" => b"60",
        b"seventy" => b"70",
        b"eighty" => b"80",
        b"ninety" => b"90",
        _ => return None,
    })
}

/// How often the next digit counts.
fn times(word: &[u8]) -> Option<usize> {
    match word {
        b"double" | b"dbl" | b"dubble" | b"doubel" => Some(2),
        b"triple" | b"treble" | b"tripple" => Some(3),
        _ => None,
    }
}

/// Appends the digits of a word of numerals, some of them perhaps letters, and says which part of the word they are.
fn numerals(word: &[u8], out: &mut Vec<u8>) -> Option<(usize, usize)> {
    let count = word.iter().filter(|byte| byte.is_ascii_digit()).count();
    let read = |byte: &u8| match byte {
        b'0'..=b'9' => Some(*byte),
        b'o' => Some(b'0'),
        b'l' | b'i' => Some(b'1'),
        b's' => Some(b'5'),
        _ => None,
    };
    let zeros = word.len() <= 3 && word.iter().all(|byte| *byte == b'o');
    let rounds = count >= 1 && word.iter().all(|byte| byte.is_ascii_digit() || *byte == b'o');
    // "O77OO9" is a number, "2moro", "90s" and "b4" are not.
    let decade = word.len() <= 5 && word.last() == Some(&b's');
    let mostly = count >= 2 && count * 2 >= word.len() || count >= 4 && word.len() >= 6;
    if zeros || rounds || mostly && !decade && word.iter().all(|byte| read(byte).is_some()) {
        out.extend(word.iter().filter_map(read));
        return Some((0, word.len()));
    }
    if count < INSIDE_MIN {
        return None;
    }
    let from = word.windows(INSIDE_MIN).position(|five| five.iter().all(u8::is_ascii_digit))?;
    let length = word[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    out.extend_from_slice(&word[from..from + length]);
    Some((from, from + length))
}

/// What a word says that the digits after it are; "number" alone says [`Cue::None`]: a telephone, unless it is of something.
fn cue(word: &[u8]) -> Option<Cue> {
    match word {
        b"number" | b"numbers" | b"num" | b"no" | b"nr" | b"numba" => Some(Cue::None),
        b"phone" | b"fone" | b"telephone" | b"tel" | b"mobile" | b"mob" | b"moby" | b"cell" | b"digits" | b"ring"
        | b"call" | b"dial" | b"text" | b"txt" | b"txting" | b"texting" | b"calling" | b"whatsapp" | b"wapp"
        | b"fax" | b"desk" | b"landline" | b"answering" | b"answer" | b"reach" | b"contact" | b"bell" | b"buzz"
        | b"facetime" | b"ffon" | b"home" => Some(Cue::Phone),
        b"card" | b"cards" | b"visa" | b"mastercard" | b"amex" | b"debit" | b"credit" | b"sort" | b"account"
        | b"acc" | b"iban" | b"bank" | b"barclays" | b"monzo" | b"natwest" | b"santander" | b"lloyds" => {
            Some(Cue::Bank)
        }
        b"order" | b"ref" | b"reference" | b"booking" | b"tracking" | b"ticket" | b"case" | b"claim" | b"invoice"
        | b"serial" | b"insurance" | b"utr" | b"nhs" | b"code" | b"isbn" | b"crime" | b"candidate" | b"learner"
        | b"student" | b"model" | b"policy" | b"licence" | b"license" | b"customer" | b"parcel" | b"barcode"
        | b"score" | b"id" | b"passport" | b"version" | b"unit" | b"pi" | b"lottery" | b"prison" | b"imei" => {
            Some(Cue::Reference)
        }
        _ => None,
    }
}

/// Words that are said between the digits of one number.
fn is_soft(word: &[u8]) -> bool {
    matches!(
        word,
        b"and"
            | b"then"
            | b"n"
            | b"dash"
            | b"space"
            | b"dot"
            | b"hyphen"
            | b"point"
            | b"comma"
            | b"slash"
            | b"um"
            | b"erm"
            | b"er"
            | b"next"
    )
}

/// The end of a date, a time or a price that begins here.
fn exempt(bytes: &[u8], start: usize, end: usize) -> Option<usize> {
    let before = |back: usize| start.checked_sub(back).map_or(b' ', |at| bytes[at]);
    if bytes[start..].starts_with("£".as_bytes())
        || before(1) == b'$'
        || before(1) == b':' && before(2).is_ascii_digit()
    {
        return Some(end);
    }
    if !matches!(bytes.get(end), Some(b':' | b'/' | b'-' | b'.')) {
        return None;
    }
    let number = |from: usize| {
        let ceiling = bytes.len().min(from + 5);
        let end = (from..ceiling).find(|at| !bytes[*at].is_ascii_digit()).unwrap_or(ceiling);
        (end, end - from)
    };
    let value =
        |from: usize, upto: usize| bytes[from..upto].iter().fold(0, |all, digit| all * 10 + u32::from(digit - b'0'));
    let (day_end, day) = number(start);
    if !(1..=2).contains(&day) || day_end != end {
        return None;
    }
    let sign = *bytes.get(day_end)?;
    if sign == b':' && number(day_end + 1).1 == 2 {
        return Some(day_end + 3);
    }
    // In the middle of "07.70.09.00" no date begins.
    let inside = before(1) == sign && before(2).is_ascii_digit();
    if !matches!(sign, b'/' | b'-' | b'.') || inside {
        return None;
    }
    let (month_end, month) = number(day_end + 1);
    if !(1..=2).contains(&month) || bytes.get(month_end) != Some(&sign) {
        return None;
    }
    let (year_end, year) = number(month_end + 1);
    let (day, month) = (value(start, day_end), value(day_end + 1, month_end));
    let dated = day.max(month) <= 31 && (1..=12).contains(&day.min(month));
    let ends = bytes.get(year_end) != Some(&sign) && !bytes.get(year_end).is_some_and(|byte| is_word(*byte));
    (matches!(year, 2 | 4) && dated && ends).then_some(year_end)
}
