//! The folded form of a text: lower case, ASCII where a character is or looks like an ASCII one, without what does not show and
//! without marks on letters. Punctuation and spaces stay, for the readings and detectors that need them. Folding never panics,
//! is linear, and folding a folded text changes nothing.

use super::lookalike;
use super::view::{Cell, Marks, View};
use crate::finding::Evasion;
use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// Appends the folded form of `text` to `out`, as the message `part`. `skip` leaves out that many code points at the start; the
/// map still counts from the start of the text.
pub(super) fn fold(text: &str, skip: usize, part: u8, out: &mut View) {
    let first = out.len();
    let mut pending = Marks::NONE;
    for (at, c) in text.chars().enumerate().skip(skip) {
        // A text has at most 2,000 code points; what is longer is cut off by the map's type, never wrapped.
        let Ok(from) = u16::try_from(at) else { return };
        let cell = Cell { from, upto: from.saturating_add(1), part, marks: pending };
        if c.is_ascii() {
            pending = Marks::NONE;
            out.push(ascii(c as u8), cell);
        } else if lookalike::is_style(c) || is_combining_mark(c) {
            attach(out, first, cell.upto, !lookalike::is_style(c));
        } else if lookalike::is_invisible(c) {
            pending = Marks::of(Evasion::Invisible);
        } else {
            pending = Marks::NONE;
            unfold(c, cell, out);
        }
    }
}

fn ascii(byte: u8) -> u8 {
    match byte {
        b'A'..=b'Z' => byte.to_ascii_lowercase(),
        b'`' => b'\'',
        b'\t' | b'\r' => b' ',
        other => other,
    }
}

/// A mark belongs to the character before it.
fn attach(out: &mut View, first: usize, upto: u16, hides: bool) {
    let Some(from) = out.cells.last().map(|cell| cell.from) else { return };
    for cell in out.cells[first..].iter_mut().rev().take_while(|cell| cell.from == from) {
        cell.upto = upto;
        if hides {
            cell.marks = cell.marks.and(Marks::of(Evasion::Marks));
        }
    }
}

fn unfold(c: char, cell: Cell, out: &mut View) {
    if let Some(byte) = lookalike::plain(c) {
        return out.push(byte, with(cell, Evasion::LookAlike));
    }
    let marked = Cell { marks: cell.marks.and(Marks::of(Evasion::Marks)), ..cell };
    let first = out.len();
    decompose_compatible(c, |piece| {
        if is_combining_mark(piece) {
            for earlier in &mut out.cells[first..] {
                earlier.marks = marked.marks;
            }
        } else {
            fold_piece(c, piece, cell, out);
        }
    });
}

fn fold_piece(whole: char, piece: char, cell: Cell, out: &mut View) {
    if piece.is_ascii() {
        // "é" is a mark on a letter, "ｅ" and "𝐞" are other letters.
        let composed = matches!(u32::from(whole), 0xC0..=0x24F | 0x1E00..=0x1EFF);
        let cell = if composed || !piece.is_ascii_alphanumeric() { cell } else { with(cell, Evasion::LookAlike) };
        return out.push(ascii(piece as u8), cell);
    }
    if let Some(byte) = lookalike::plain(piece) {
        return out.push(byte, with(cell, Evasion::LookAlike));
    }
    match piece {
        '\u{2018}' | '\u{2019}' | '\u{201B}' | '\u{2BC}' | '\u{2032}' | '\u{B4}' => out.push(b'\'', cell),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{2043}' => out.push(b'-', cell),
        '\u{201C}'..='\u{201F}' | '«' | '»' => out.push(b'"', cell),
        '\u{2028}' | '\u{2029}' | '\u{85}' => out.push(b'\n', cell),
        '\u{2044}' | '\u{2215}' => out.push(b'/', cell),
        '•' | '·' | '∙' | '‧' | '・' | '。' => out.push(b'.', cell),
        space if space.is_whitespace() => out.push(b' ', cell),
        other => keep(other, cell, out),
    }
}

/// A character of no ASCII likeness stays itself, in lower case: a letter of another script, or a symbol.
fn keep(c: char, cell: Cell, out: &mut View) {
    let symbol = !c.is_alphanumeric() && c != '£';
    let cell = if symbol { Cell { marks: cell.marks.and(Marks::SYMBOL), ..cell } } else { cell };
    for lower in c.to_lowercase() {
        if let Some(byte) = lookalike::plain(lower) {
            out.push(byte, with(cell, Evasion::LookAlike));
            continue;
        }
        let mut buffer = [0; 4];
        for byte in lower.encode_utf8(&mut buffer).bytes() {
            out.push(byte, cell);
        }
    }
}

fn with(cell: Cell, evasion: Evasion) -> Cell {
    Cell { marks: cell.marks.and(Marks::of(evasion)), ..cell }
}
