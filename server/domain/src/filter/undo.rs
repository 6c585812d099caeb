//! Readings of a folded text with what hides words undone: letters drawn apart, signs for letters, stretched and masked words,
//! words written backwards, words broken over messages. A glance says first whether there is anything to undo; most messages
//! end there. Only words of rules are looked for, so that ordinary words stay what they are.

use super::view::{Cell, Marks, View, is_word};
use super::vocabulary::{Vocabulary, WORD_BYTES_MAX, WordHash, is_leet};
use crate::finding::Evasion;
use std::borrow::Cow;
use std::ops::Range;

/// From how many single letters on they are read as drawn apart.
pub(super) const SINGLES_MIN: usize = 3;
/// The longest piece of a word broken over messages, in bytes.
const PIECE_BYTES_MAX: usize = 24;

/// Ordinary words that are others backwards.
const ORDINARY: &str = "are bad bin but dab dam deer denim dial diy dog doom door dsl dub edit emit era eta evil flow gals gas gnat \
    got gum gut keels keep lager lap lee leer leg liar lever live lived loop loops mad mar mart meet mood mug nap \
    naps net nip nips nit now nuts on pal pals pam pan part parts pat pets pin pits pots pool pools ram rap raps \
    rats raw reed reel rood room row sag saw serif ship sleep sloop smart snap snaps snip snips snub span spat spay \
    spin spit spool spot spots stab star stew stop stops strap straw stressed stun swap tab tae tap taps tar ten \
    tide tie tip tips tom ton tool top tops tort tram trams trap tub tug wan war ward warts was way wed wets wolf \
    won yam";

/// What there is to undo in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Glance {
    /// Single letters in a row.
    pub(super) singles: bool,
    /// Words with signs or digits, stretched letters, or a known word in two pieces.
    pub(super) odd: bool,
    /// A word that is a known one backwards.
    pub(super) backwards: bool,
}

impl Glance {
    pub(super) fn any(self) -> bool {
        self.singles || self.odd || self.backwards
    }
}

fn is_sign(byte: u8) -> bool {
    matches!(
        byte,
        b'*' | b'@'
            | b'$'
            | b'!'
            | b'+'
            | b'|'
            | b'#'
            | b'_'
            | b'-'
            | b'.'
            | b'~'
            | b'^'
            | b'('
            | b'<'
            | b'/'
            | b','
            | b'%'
            | b'&'
            | b'='
            | b':'
            | b')'
            | b'>'
            | b'"'
            | b'?'
    )
}

fn is_ordinary(word: &[u8]) -> bool {
    ORDINARY.split_ascii_whitespace().any(|ordinary| ordinary.as_bytes() == word)
}

/// Looks once over a folded text.
pub(super) fn glance(vocabulary: &Vocabulary, base: &View) -> Glance {
    let bytes = &base.bytes;
    let mut seen = Glance::default();
    let mut singles = 0;
    let mut before = WordHash::EMPTY;
    let mut at = 0;
    while at < bytes.len() {
        if !is_word(bytes[at]) {
            let inside = at > 0 && is_word(bytes[at - 1]) && is_word(base.byte(at + 1));
            let edge = matches!(bytes[at], b'@' | b'$' | b'+' | b'!' | b'(' | b'<') && is_word(base.byte(at + 1))
                || matches!(bytes[at], b'@' | b'$' | b'+' | b'*') && at > 0 && is_word(bytes[at - 1]);
            seen.odd |= is_sign(bytes[at]) && (inside || edge);
            at += 1;
            continue;
        }
        let start = at;
        let mut hash = WordHash::EMPTY;
        let (mut digits, mut repeated) = (0, 0);
        while at < bytes.len() && is_word(bytes[at]) {
            hash = hash.with(bytes[at]);
            digits += usize::from(bytes[at].is_ascii_digit());
            let odd_double =
                matches!(bytes[at], b'a' | b'h' | b'i' | b'j' | b'k' | b'q' | b'u' | b'v' | b'w' | b'x' | b'y');
            let same = |back: usize| at >= start + back && bytes[at - back] == bytes[at];
            repeated += usize::from(same(1) && (odd_double || same(2)) && !bytes[at].is_ascii_digit());
            at += 1;
        }
        let length = at - start;
        // A symbol between letters stands for one: "id💀t".
        let letters_around = bytes[start].is_ascii_lowercase() && bytes[at - 1].is_ascii_lowercase();
        seen.odd |= letters_around && base.marks(start..at).has(Marks::SYMBOL);
        singles = if length == 1 { singles + 1 } else { 0 };
        seen.singles |= singles >= SINGLES_MIN;
        seen.odd |= repeated > 0 || digits > 0 && digits < length;
        let word = &bytes[start..at];
        seen.backwards |= length >= 3 && digits == 0 && vocabulary.has_backwards(word, hash) && !vocabulary.has(word);
        // A pair of pieces that make one strong word, as in "fu ck".
        let joined = before.joined(hash);
        seen.odd |= vocabulary.may_be_strong(joined) && !(vocabulary.may_have(before) && vocabulary.may_have(hash));
        before = hash;
    }
    seen
}

/// Where the word ends that begins or goes on at `start`.
pub(super) fn word_end(base: &View, start: usize) -> usize {
    (start..base.len()).find(|at| !is_word(base.bytes[*at])).unwrap_or(base.len())
}

/// A stretch of the text and what may stand there instead.
#[derive(Debug)]
pub(super) struct Change<'v> {
    range: Range<usize>,
    /// Each reading: words with single spaces.
    readings: Vec<Cow<'v, [u8]>>,
    marks: Marks,
}

/// Every stretch that may be a disguised word.
pub(super) fn changes<'v>(vocabulary: &'v Vocabulary, base: &View) -> Vec<Change<'v>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < base.len() {
        if base.bytes[at] == b' ' || base.bytes[at] == b'\n' {
            at += 1;
            continue;
        }
        let end = (at..base.len()).find(|at| matches!(base.bytes[*at], b' ' | b'\n')).unwrap_or(base.len());
        chunk(vocabulary, base, at..end, &mut found);
        at = end;
    }
    pairs(vocabulary, base, &mut found);
    if found.iter().any(|change| change.marks.has(Marks::of(Evasion::Leet))) {
        digits_as_words(base, &mut found);
    }
    found.sort_by_key(|change| change.range.start);
    turned_runs(base, found)
}

/// Words backwards side by side were one stretch written backwards: their order is turned too.
fn turned_runs<'v>(base: &View, changes: Vec<Change<'v>>) -> Vec<Change<'v>> {
    let mut out: Vec<Change<'v>> = Vec::with_capacity(changes.len());
    for change in changes {
        let reversed = |change: &Change<'_>| change.marks == Marks::of(Evasion::Reversed);
        match out.last_mut() {
            Some(last)
                if reversed(last)
                    && reversed(&change)
                    && last.range.end < change.range.start
                    && base.bytes[last.range.end..change.range.start].iter().all(|byte| *byte == b' ') =>
            {
                let both = [&change.readings[0][..], b" ", &last.readings[0]].concat();
                last.readings[0] = both.into();
                last.range.end = change.range.end;
            }
            _ => out.push(change),
        }
    }
    out
}

/// One stretch between spaces: whole, without the signs around it, or in the pieces that signs make of it.
fn chunk<'v>(vocabulary: &'v Vocabulary, base: &View, range: Range<usize>, found: &mut Vec<Change<'v>>) {
    let bytes = &base.bytes[range.clone()];
    let soft =
        |byte: &u8| matches!(byte, b'.' | b',' | b'?' | b';' | b':' | b'"' | b'\'' | b')' | b'!' | b'(' | b'*' | b'_');
    let first = bytes.iter().position(|byte| !soft(byte)).unwrap_or(bytes.len());
    let last = bytes.iter().rposition(|byte| !soft(byte)).map_or(first, |at| at + 1);
    let inner = range.start + first..range.start + last;
    // Signs around plain letters are punctuation: "too!" is not "tool".
    let odd = base.bytes[inner.clone()].iter().any(|byte| !byte.is_ascii_lowercase());
    let edged = matches!(base.byte(range.start), b'@' | b'$' | b'+' | b'(' | b'<' | b'!' | b'|') || odd;
    for try_this in [Some(inner.clone()), edged.then(|| range.clone())].into_iter().flatten() {
        if let Some(change) = token(vocabulary, base, try_this) {
            found.push(change);
            return;
        }
    }
    let mut start = inner.start;
    for at in inner.start..=inner.end {
        let cut = at == inner.end
            || matches!(
                base.bytes[at],
                b'.' | b'/' | b',' | b':' | b';' | b'-' | b'_' | b'"' | b'?' | b'=' | b'&' | b'!'
            );
        if cut {
            if start < at && (start, at) != (inner.start, inner.end) {
                found.extend(token(vocabulary, base, start..at));
            }
            start = at + 1;
        }
    }
}

/// What a token may stand for, if it is not simply a word.
fn token<'v>(vocabulary: &'v Vocabulary, base: &View, range: Range<usize>) -> Option<Change<'v>> {
    let bytes = written(base, range.clone());
    let drawn = base.marks(range.clone()).has(Marks::of(Evasion::Separators).and(Marks::of(Evasion::Split)));
    if bytes.is_empty() || vocabulary.has(&bytes) {
        return None;
    }
    let letters_only = bytes.iter().all(u8::is_ascii_lowercase);
    if letters_only && let Some(change) = plain_token(vocabulary, &bytes, &range, drawn) {
        return Some(change);
    }
    if bytes.len() > 2 * WORD_BYTES_MAX || bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut readings: Vec<Cow<'v, [u8]>> = Vec::new();
    let mut marks = Marks::NONE;
    let mut add = |more: Vec<&'v [u8]>, evasion: Evasion| {
        marks = if more.is_empty() { marks } else { marks.and(Marks::of(evasion)) };
        readings.extend(more.into_iter().map(Cow::Borrowed));
    };
    if bytes.iter().all(|byte| byte.is_ascii_lowercase() || is_leet(*byte)) {
        let signs = bytes.iter().any(|byte| is_leet(*byte));
        add(vocabulary.decoded(&bytes), if signs { Evasion::Leet } else { Evasion::Stretched });
    }
    // A full stop at the end ends a sentence; a star there may hide a letter.
    let hidden_end = bytes.last().is_some_and(|last| *last != b'*' && !last.is_ascii_lowercase());
    if !hidden_end && bytes.iter().any(|byte| hides(*byte)) && bytes.iter().all(|b| b.is_ascii_lowercase() || hides(*b))
    {
        add(vocabulary.unmasked(&bytes, hides), Evasion::Masked);
    }
    let bare: Vec<u8> = bytes.iter().copied().filter(|byte| !is_sign(*byte)).collect();
    if bare.len() >= 3 && bare.len() < bytes.len() {
        add(vocabulary.known(&bare).into_iter().collect(), Evasion::Separators);
    }
    (!readings.is_empty()).then_some(Change { range, readings, marks })
}

/// The bytes of a token without apostrophes; a symbol between letters is a star.
fn written(base: &View, range: Range<usize>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(range.len());
    for at in range.clone() {
        let cell = base.cells[at];
        let first_of_char = at == range.start || base.cells[at - 1].from != cell.from;
        match base.bytes[at] {
            b'\'' => (),
            _ if cell.marks.has(Marks::SYMBOL) && !first_of_char => (),
            _ if cell.marks.has(Marks::SYMBOL) => bytes.push(b'*'),
            byte => bytes.push(byte),
        }
    }
    bytes
}

/// Signs that may stand where a letter was.
fn hides(byte: u8) -> bool {
    matches!(byte, b'*' | b'#' | b'_' | b'-' | b'~' | b'^' | b'%' | b'@' | b'$' | b'!' | b'.' | b'+')
}

/// A token of letters alone: words without spaces if its letters were drawn apart, a word backwards, or a stretched one.
fn plain_token(vocabulary: &Vocabulary, bytes: &[u8], range: &Range<usize>, drawn: bool) -> Option<Change<'static>> {
    let one = |reading: Vec<u8>, evasion: Evasion| {
        Some(Change { range: range.clone(), readings: vec![reading.into()], marks: Marks::of(evasion) })
    };
    if drawn && let Some(ends) = vocabulary.cut(bytes) {
        let mut spaced = Vec::with_capacity(bytes.len() + ends.len());
        let mut start = 0;
        for end in ends {
            if start > 0 {
                spaced.push(b' ');
            }
            spaced.extend_from_slice(&bytes[start..end]);
            start = end;
        }
        return one(spaced, Evasion::Separators);
    }
    if bytes.len() >= 3 && bytes.len() <= WORD_BYTES_MAX {
        let backwards: Vec<u8> = bytes.iter().rev().copied().collect();
        // Backwards, an ordinary word may be one that is looked for alone: then it is itself.
        if vocabulary.has(&backwards) && !(vocabulary.is_strong(&backwards) && is_ordinary(bytes)) {
            return one(backwards, Evasion::Reversed);
        }
    }
    None
}

/// Two pieces with a space between them that make one strong word, of which one alone is no word of any rule.
fn pairs(vocabulary: &Vocabulary, base: &View, found: &mut Vec<Change<'_>>) {
    let mut before: Option<Range<usize>> = None;
    let mut at = 0;
    while at < base.len() {
        if !is_word(base.bytes[at]) {
            at += 1;
            continue;
        }
        let here = at..word_end(base, at);
        at = here.end;
        if let Some(first) = before.replace(here.clone()) {
            let (left, right) = (&base.bytes[first.clone()], &base.bytes[here.clone()]);
            let near = base.bytes[first.end..here.start].iter().all(|byte| *byte == b' ');
            if !near || left.len() + right.len() > WORD_BYTES_MAX || vocabulary.has(left) && vocabulary.has(right) {
                continue;
            }
            let joined = [left, right].concat();
            if joined.len() >= 4 && vocabulary.is_strong(&joined) {
                let marks = Marks::of(Evasion::Separators);
                found.push(Change { range: first.start..here.end, readings: vec![joined.into()], marks });
            }
        }
    }
}

/// Where other words have signs for letters, short numbers may be words too: "1" is "i", "70" is "to".
fn digits_as_words(base: &View, found: &mut Vec<Change<'_>>) {
    const WORDS: [(&[u8], &[u8]); 8] = [
        (b"1", b"i"),
        (b"4", b"a"),
        (b"70", b"to"),
        (b"17", b"it"),
        (b"15", b"is"),
        (b"45", b"as"),
        (b"47", b"at"),
        (b"411", b"all"),
    ];
    let mut at = 0;
    while at < base.len() {
        if !is_word(base.bytes[at]) {
            at += 1;
            continue;
        }
        let end = word_end(base, at);
        if let Some((_, word)) = WORDS.iter().find(|(digits, _)| *digits == &base.bytes[at..end]) {
            let free = !found.iter().any(|change| change.range.start < end && at < change.range.end);
            if free {
                let readings = vec![Cow::Borrowed(*word)];
                found.push(Change { range: at..end, readings, marks: Marks::of(Evasion::Leet) });
            }
        }
        at = end;
    }
}

impl<'v> Change<'v> {
    /// Where in the text that was changed.
    pub(super) fn start(&self) -> usize {
        self.range.start
    }

    /// What may stand there besides the first reading.
    pub(super) fn others(&self) -> &[Cow<'v, [u8]>] {
        &self.readings[1..]
    }
}

/// The text with every change in its first reading.
pub(super) fn changed(base: &View, changes: &[Change<'_>], out: &mut View) {
    out.clear();
    let mut at = 0;
    for change in changes {
        // Two changes of the same letters: the first one stands.
        if change.range.start < at {
            continue;
        }
        out.extend(base, at..change.range.start);
        let reading = &change.readings[0];
        let source = &base.cells[change.range.clone()];
        for (place, byte) in reading.iter().enumerate() {
            let of = if reading.len() > 1 { place * (source.len() - 1) / (reading.len() - 1) } else { 0 };
            let upto = if reading.len() > 1 { source[of].upto } else { source[source.len() - 1].upto };
            let marks = source[of].marks.without(Marks::SYMBOL).and(change.marks);
            out.push(*byte, Cell { upto, marks, ..source[of] });
        }
        at = change.range.end;
    }
    out.extend(base, at..base.len());
}

/// The words of a reading from last to first, each backwards.
pub(super) fn backwards(words: &View, out: &mut View) {
    out.clear();
    for (byte, cell) in words.bytes.iter().zip(&words.cells).rev() {
        out.push(*byte, Cell { marks: cell.marks.and(Marks::of(Evasion::Reversed)), ..*cell });
    }
}

/// The text without the spaces between messages where a word was broken over them, if there is such a word.
pub(super) fn mended(vocabulary: &Vocabulary, base: &View, borders: &[usize], out: &mut View) -> bool {
    let Some(drop_from) = broken(vocabulary, base, borders) else { return false };
    out.clear();
    for (at, (byte, cell)) in base.bytes.iter().zip(&base.cells).enumerate() {
        if at >= drop_from && borders.contains(&at) {
            continue;
        }
        let near = borders.iter().any(|border| *border >= drop_from && border.abs_diff(at) <= PIECE_BYTES_MAX);
        let marks = if near { cell.marks.and(Marks::of(Evasion::Split)) } else { cell.marks };
        out.push(*byte, Cell { marks, ..*cell });
    }
    true
}

/// The first border of a word that was broken over messages and ends in this one.
fn broken(vocabulary: &Vocabulary, base: &View, borders: &[usize]) -> Option<usize> {
    let last = *borders.last()?;
    let piece = |at: usize| is_word(base.byte(at)) || base.byte(at) == b'\'';
    let end = (last + 1..base.len()).find(|at| !piece(*at)).unwrap_or(base.len());
    let mut word: Vec<u8> = base.bytes[last + 1..end].to_vec();
    word.retain(|byte| *byte != b'\'');
    let mut best = None;
    // Links and addresses are broken at their signs.
    if matches!(base.byte(last + 1), b'@' | b'.' | b'/')
        || matches!(base.byte(last.wrapping_sub(1)), b'@' | b'.' | b'/')
    {
        best = Some(last);
    }
    for border in borders.iter().rev() {
        let start = (0..*border).rev().find(|at| !piece(*at)).map_or(0, |at| at + 1);
        if start == *border || word.len() + border - start > PIECE_BYTES_MAX {
            return best;
        }
        word.splice(0..0, base.bytes[start..*border].iter().copied().filter(|byte| *byte != b'\''));
        // Letters sent one by one may be more than one word.
        let several = || *border < last && word.len() >= 6 && vocabulary.cut(&word).is_some_and(|ends| ends.len() <= 2);
        if vocabulary.has(&word) || several() {
            best = Some(*border);
        }
        // Further back only if this message was a piece alone.
        if start > 0 && !borders.contains(&(start - 1)) {
            return best;
        }
    }
    best
}
