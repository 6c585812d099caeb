//! Letters drawn apart: `c o m e   m e e t`, `c.o.m.e`. A row of single letters is put together again; wider gaps are the ends of
//! words. It asks no rules: what the letters spell is for others to say.

use super::undo::{SINGLES_MIN, word_end};
use super::view::{Marks, View, is_word};
use crate::finding::Evasion;

/// The widest gap between two letters drawn apart, in bytes.
const GAP_BYTES_MAX: usize = 5;

/// The text with letters drawn apart put together: `c o m e   m e e t` is read `come meet`.
pub(super) fn together(base: &View, out: &mut View) {
    out.clear();
    let mut at = 0;
    while at < base.len() {
        match single_run(base, at) {
            Some(letters) => {
                at = letters[letters.len() - 1] + 1;
                join(base, &letters, out);
            }
            None => {
                // Past this whole word, so that no run starts in its middle.
                let end = if is_word(base.bytes[at]) { word_end(base, at) } else { at + 1 };
                out.extend(base, at..end);
                at = end;
            }
        }
    }
}

/// The places of single letters in a row that begins at `start`.
fn single_run(base: &View, start: usize) -> Option<Vec<usize>> {
    let single = |at: usize| is_word(base.byte(at)) && !is_word(base.byte(at + 1)) && base.bytes[at].is_ascii();
    // The `t` of "don't" belongs to its word.
    let ends_a_word = start > 1 && base.bytes[start - 1] == b'\'' && is_word(base.bytes[start - 2]);
    if !single(start) || ends_a_word || start > 0 && is_word(base.bytes[start - 1]) {
        return None;
    }
    let mut letters = vec![start];
    let mut at = start;
    while let Some(next) = (at + 2..=at + 1 + GAP_BYTES_MAX).find(|next| is_word(base.byte(*next))) {
        if next >= base.len() || !single(next) {
            break;
        }
        letters.push(next);
        at = next;
    }
    (letters.len() >= SINGLES_MIN).then_some(letters)
}

fn join(base: &View, letters: &[usize], out: &mut View) {
    let narrowest = letters.windows(2).map(|pair| pair[1] - pair[0] - 1).min().unwrap_or(1);
    // Where most gaps are signs, a space is a word's end: "i h_a_t_e".
    let (mut signs, mut spaces) = (0, 0);
    for pair in letters.windows(2) {
        let counted = if base.bytes[pair[0] + 1] == b' ' { &mut spaces } else { &mut signs };
        *counted += usize::from(pair[1] - pair[0] == 2);
    }
    for (number, at) in letters.iter().enumerate() {
        let mut cell = base.cells[*at];
        cell.marks = cell.marks.and(Marks::of(Evasion::Separators));
        out.push(base.bytes[*at], cell);
        let Some(next) = letters.get(number + 1) else { break };
        let gap = at + 1..*next;
        if gap.len() == narrowest && !(signs > spaces && base.bytes[gap.clone()] == *b" ")
            || base.bytes[gap.clone()].contains(&b'\'')
        {
            continue;
        }
        // A wider gap is a word's end, or it holds a sign that is drawn apart too, as the dot in "k . m".
        let inner = gap.start + 1..gap.end - 1;
        let sign = inner.clone().find(|at| base.bytes[*at] != b' ').unwrap_or(inner.start);
        if sign < gap.end {
            out.push(base.bytes[sign], base.cells[sign]);
        } else {
            out.push(b' ', base.cells[gap.start]);
        }
    }
}
