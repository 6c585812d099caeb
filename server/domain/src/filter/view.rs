//! A reading of a text: bytes to match on, and for each byte the place in the stored text that it was read from. Every reading
//! keeps this map, so that whatever a rule sees can be pointed at in what the person typed.

use crate::finding::Evasion;

/// The message being judged, among the parts of a reading; earlier messages of the window are 1, 2, ….
pub(super) const CURRENT: u8 = 0;

/// A point between two digits, as words hold it: no sentence ends there.
pub(super) const POINT: u8 = b',';

/// Signs of hiding in one character, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Marks(u16);

impl Marks {
    /// Nothing hidden.
    pub(super) const NONE: Marks = Marks(0);
    /// Not a way of hiding: a symbol that is a word of its own, such as an emoji.
    pub(super) const SYMBOL: Marks = Marks(1 << 14);

    const EVASIONS: [Evasion; 10] = [
        Evasion::Invisible,
        Evasion::LookAlike,
        Evasion::Marks,
        Evasion::Leet,
        Evasion::Separators,
        Evasion::Stretched,
        Evasion::Masked,
        Evasion::Reversed,
        Evasion::NumberWords,
        Evasion::Split,
    ];

    /// The mark of one way of hiding.
    pub(super) const fn of(evasion: Evasion) -> Marks {
        Marks(1 << evasion as u16)
    }

    /// Both.
    pub(super) const fn and(self, other: Marks) -> Marks {
        Marks(self.0 | other.0)
    }

    /// Without the other's.
    pub(super) const fn without(self, other: Marks) -> Marks {
        Marks(self.0 & !other.0)
    }

    /// Whether any of the other's marks is set.
    pub(super) const fn has(self, other: Marks) -> bool {
        self.0 & other.0 != 0
    }

    /// The ways of hiding, as a supervisor reads them.
    pub(super) fn evasions(self) -> Vec<Evasion> {
        Self::EVASIONS.into_iter().filter(|evasion| self.has(Marks::of(*evasion))).collect()
    }
}

/// Where one byte of a reading came from: code points of the stored text of one message, end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    /// The first code point.
    pub(super) from: u16,
    /// After the last code point.
    pub(super) upto: u16,
    /// Which message.
    pub(super) part: u8,
    /// How it was hidden.
    pub(super) marks: Marks,
}

/// A reading. `bytes` and `cells` are always equally long.
#[derive(Debug, Clone, Default)]
pub(super) struct View {
    pub(super) bytes: Vec<u8>,
    pub(super) cells: Vec<Cell>,
}

impl View {
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.cells.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn push(&mut self, byte: u8, cell: Cell) {
        self.bytes.push(byte);
        self.cells.push(cell);
    }

    /// Appends a stretch of another reading.
    pub(super) fn extend(&mut self, other: &View, range: std::ops::Range<usize>) {
        self.bytes.extend_from_slice(&other.bytes[range.clone()]);
        self.cells.extend_from_slice(&other.cells[range]);
    }

    /// The byte at `at`, or a space outside.
    pub(super) fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(b' ')
    }

    /// All marks of a stretch.
    pub(super) fn marks(&self, range: std::ops::Range<usize>) -> Marks {
        self.cells[range].iter().fold(Marks::NONE, |all, cell| all.and(cell.marks))
    }
}

/// Whether a byte of a reading belongs to a word. Bytes of other scripts do.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte >= 0x80
}

/// The words of a folded text, with one space before, between and after, or a full stop where a sentence ends. Apostrophes in
/// words are gone; a symbol is a word of its own.
pub(super) fn words(base: &View, out: &mut View) {
    out.clear();
    let edge = |at: usize| {
        let cell = base.cells.get(at).or(base.cells.last());
        cell.map_or(Cell { from: 0, upto: 0, part: CURRENT, marks: Marks::NONE }, |cell| Cell {
            upto: cell.from,
            marks: Marks::NONE,
            ..*cell
        })
    };
    out.push(b' ', edge(0));
    for (at, (byte, cell)) in base.bytes.iter().zip(&base.cells).enumerate() {
        let last = out.bytes.last().copied().unwrap_or(b' ');
        let apart = last == b' ' || last == b'.';
        if is_word(*byte) {
            let symbol = cell.marks.has(Marks::SYMBOL);
            // Between a symbol and anything else, and between two symbols, there is a word boundary.
            let first_of_char = at == 0 || base.cells[at - 1].from != cell.from || base.cells[at - 1].part != cell.part;
            let after_symbol = out.cells.last().is_some_and(|before| before.marks.has(Marks::SYMBOL));
            if !apart && first_of_char && (symbol || after_symbol) {
                out.push(b' ', edge(at));
            }
            out.push(*byte, *cell);
        } else if *byte == b'.' && last.is_ascii_digit() && base.byte(at + 1).is_ascii_digit() {
            out.push(POINT, *cell);
        } else if *byte == b',' && last.is_ascii_digit() && thousands(base, at + 1) {
            // Dropped: "1,000" is read "1000".
        } else if *byte == b'\'' && !apart && is_word(base.byte(at + 1)) {
            // Dropped: "don't" is read "dont".
        } else if *byte == b'$' && base.byte(at + 1).is_ascii_digit() {
            out.bytes.extend_from_slice("£".as_bytes());
            out.cells.extend([*cell, *cell]);
        } else if matches!(byte, b'.' | b'!' | b'?' | b';' | b'\n') && !apart {
            out.push(b'.', edge(at));
        } else if !apart {
            out.push(b' ', edge(at));
        }
    }
    if !matches!(out.bytes.last(), Some(b' ' | b'.')) {
        out.push(b' ', edge(base.len()));
    }
}

/// Whether exactly three digits stand here.
fn thousands(base: &View, at: usize) -> bool {
    (at..at + 3).all(|at| base.byte(at).is_ascii_digit()) && !base.byte(at + 3).is_ascii_digit()
}
