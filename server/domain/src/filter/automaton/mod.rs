//! A phrase as an automaton over words: the position automaton of Glushkov (The abstract theory of automata, 1961), one bit a
//! position. Its size is that of the phrase, building it is quick, and a step costs a few words of bits. Most phrases are
//! turned away before a step is made: by the words that they need, and by those that they may begin with.

mod build;

use super::lexicon::{Symbol, Symbols};
use std::ops::Range;

/// How many words a phrase may be written with, once alike alternatives are put together.
pub(in crate::filter) const POSITIONS_MAX: usize = 512;
/// Blocks of 64 positions.
const BLOCKS_MAX: usize = POSITIONS_MAX / 64;
/// How many sets of words are kept of which a phrase needs one each.
const NEEDS_MAX: usize = 3;
/// A word of a reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::filter) struct Word {
    /// Its bytes.
    pub(in crate::filter) range: Range<usize>,
    /// A sentence ended before it.
    pub(in crate::filter) after_stop: bool,
    /// What it is.
    pub(in crate::filter) symbols: Symbols,
}

/// A set of symbols, each as one bit of 256: it may say yes wrongly, never no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::filter) struct Mask([u64; 4]);

impl Mask {
    const ALL: Mask = Mask([u64::MAX; 4]);

    fn place(symbol: Symbol) -> (usize, u64) {
        let bit = symbol.wrapping_mul(0x9E37_79B1) >> 24;
        ((bit / 64) as usize, 1 << (bit % 64))
    }

    pub(in crate::filter) fn add(&mut self, symbol: Symbol) {
        let (block, bit) = Self::place(symbol);
        self.0[block] |= bit;
    }

    fn of(symbols: &[Symbol]) -> Mask {
        let mut mask = Mask::default();
        symbols.iter().for_each(|symbol| mask.add(*symbol));
        mask
    }

    fn may_have(&self, symbol: Symbol) -> bool {
        let (block, bit) = Self::place(symbol);
        self.0[block] & bit != 0
    }

    fn meets(&self, other: &Mask) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }

    fn bits(&self) -> u32 {
        self.0.iter().map(|block| block.count_ones()).sum()
    }
}

/// Calls `act` with each position of a set.
pub(in crate::filter) fn each(blocks: &[u64], mut act: impl FnMut(usize)) {
    for (block, bits) in blocks.iter().enumerate() {
        let mut bits = *bits;
        while bits != 0 {
            act(block * 64 + bits.trailing_zeros() as usize);
            bits &= bits - 1;
        }
    }
}

/// A phrase, ready to run over words. Every set of positions takes `width` blocks.
#[derive(Debug)]
pub(in crate::filter) struct Automaton {
    width: usize,
    first: Box<[u64]>,
    last: Box<[u64]>,
    gaps: Box<[u64]>,
    /// For each position, the positions that may follow it, and those that it may follow.
    follow: Box<[u64]>,
    precede: Box<[u64]>,
    /// The symbols of its words, each at its place by hash or at the next free one, and the row of what each fits.
    symbols: Box<[(Symbol, u32)]>,
    accepts: Box<[u64]>,
    /// Sets of symbols of which a text must have one each.
    needs: [Mask; NEEDS_MAX],
    /// The symbols of the words that it may begin with.
    begins: Mask,
    /// The most words that it takes in.
    pub(in crate::filter) longest: usize,
}

/// A word at which a match of a phrase is waited for: every match has such a word.
#[derive(Debug)]
pub(in crate::filter) struct Wait {
    pub(in crate::filter) symbol: Symbol,
    /// The most words that a match has before it, and behind it.
    back: u16,
    ahead: u16,
    /// The positions that it has then.
    positions: Box<[u64]>,
    /// The symbols that may stand right before it, and right behind it.
    before: Mask,
    after: Mask,
}

impl Wait {
    /// Whether the words next to the word `at` allow a match.
    pub(in crate::filter) fn may_stand(&self, words: &[Word], at: usize) -> bool {
        let fits = |mask: &Mask, word: Option<&Word>| {
            word.is_some_and(|word| word.symbols.iter().any(|symbol| mask.may_have(symbol)))
        };
        (self.before == Mask::ALL || fits(&self.before, at.checked_sub(1).and_then(|at| words.get(at))))
            && (self.after == Mask::ALL || fits(&self.after, words.get(at + 1)))
    }
}

/// What a wait asks of the words around it, in a few words of bits: many are looked at in a row, and nearly all say no, so that the phrase
/// itself, which lies elsewhere in memory, is seldom read. It may say yes wrongly, never no.
#[derive(Debug, Clone, Copy)]
pub(in crate::filter) struct Gate {
    before: u64,
    after: u64,
    /// Words of which a match must have one each.
    needs: [u64; NEEDS_MAX],
    back: u16,
    ahead: u16,
}

impl Gate {
    /// Set for whatever stands next to a word, also nothing.
    const ANY: u64 = 1 << 63;

    /// The gate before a phrase that waits so.
    pub(in crate::filter) fn of(automaton: &Automaton, wait: &Wait) -> Self {
        let needs = automaton.needs.map(|need| Self::folded(&need));
        let (before, after) = (Self::folded(&wait.before), Self::folded(&wait.after));
        Self { before, after, needs, back: wait.back, ahead: wait.ahead }
    }

    /// The bits of a word.
    pub(in crate::filter) fn bits(word: &Word) -> u64 {
        Self::ANY | Self::fold(word.symbols.iter().fold(0, |all, symbol| all | Mask::place(symbol).1))
    }

    /// The bits of any word in a set.
    fn folded(mask: &Mask) -> u64 {
        match mask {
            &Mask::ALL => u64::MAX,
            Mask(blocks) => Self::fold(blocks.iter().fold(0, |all, block| all | block)),
        }
    }

    fn fold(bits: u64) -> u64 {
        bits & !Self::ANY | bits >> 63
    }

    /// Those of up to 64 gates behind which a match may stand here, one bit each. All are asked the same without a branch: which of them
    /// opens cannot be foretold.
    pub(in crate::filter) fn open(gates: &[Gate], here: &Here) -> u64 {
        gates.iter().enumerate().fold(0, |open, (at, gate)| {
            let stands = (gate.before & here.before != 0) & (gate.after & here.after != 0);
            let reaches = (gate.back >= here.back) & (gate.ahead >= here.ahead);
            let is_short = (usize::from(gate.back) <= NEAR) & (usize::from(gate.ahead) <= NEAR);
            let around = if is_short { here.near } else { here.all };
            let has = gate.needs.iter().fold(true, |has, need| has & (need & around != 0));
            open | u64::from(stands & reaches & has) << at
        })
    }
}

/// How many words on each side of a word are near it.
const NEAR: usize = 8;

/// A word as gates see it.
#[derive(Debug)]
pub(in crate::filter) struct Here {
    before: u64,
    after: u64,
    /// What the words near it are, itself among them, and what all are.
    near: u64,
    all: u64,
    back: u16,
    ahead: u16,
}

impl Here {
    /// The word `at` among words of these bits, where only those matches count that reach so many words back and ahead from it.
    /// `all` are the bits of all of them.
    pub(in crate::filter) fn new(bits: &[u64], all: u64, at: usize, back: usize, ahead: usize) -> Self {
        let beside = |at: Option<usize>| at.and_then(|at| bits.get(at)).copied().unwrap_or(Gate::ANY);
        let far = |words: usize| u16::try_from(words).unwrap_or(u16::MAX);
        let near = bits[at.saturating_sub(NEAR)..bits.len().min(at + NEAR + 1)].iter().fold(0, |all, word| all | word);
        let (before, after) = (beside(at.checked_sub(1)), beside(Some(at + 1)));
        Here { before, after, near, all, back: far(back), ahead: far(ahead) }
    }
}

impl Automaton {
    /// Whether a text with these symbols may have a match at all.
    pub(in crate::filter) fn possible(&self, text: &Mask) -> bool {
        self.needs.iter().all(|need| need.meets(text))
    }

    /// Where matches may begin that have the word `at` in this place of theirs: wherever the words fit from there up to here.
    pub(in crate::filter) fn starts(&self, words: &[Word], at: usize, wait: &Wait, act: impl FnMut(usize)) {
        match self.width {
            1 => self.starts_in::<1>(words, at, wait, act),
            2 => self.starts_in::<2>(words, at, wait, act),
            4 => self.starts_in::<4>(words, at, wait, act),
            _ => self.starts_in::<BLOCKS_MAX>(words, at, wait, act),
        }
    }

    fn starts_in<const W: usize>(&self, words: &[Word], at: usize, wait: &Wait, mut act: impl FnMut(usize)) {
        let mut active: [u64; W] = row(&wait.positions, 0);
        let mut place = at;
        loop {
            if meet(&active, &self.first) {
                act(place);
            }
            if place == 0 {
                return;
            }
            active = step(&active, &self.precede);
            if active == [0; W] {
                return;
            }
            place -= 1;
            active = self.fitting(&words[place], active);
        }
    }

    /// How many words the longest match has that begins with the first of these words.
    pub(in crate::filter) fn longest_match(&self, words: &[Word]) -> Option<usize> {
        let first = words.first()?;
        if self.begins != Mask::ALL && !first.symbols.iter().any(|symbol| self.begins.may_have(symbol)) {
            return None;
        }
        match self.width {
            1 => self.longest_in::<1>(words),
            2 => self.longest_in::<2>(words),
            4 => self.longest_in::<4>(words),
            _ => self.longest_in::<BLOCKS_MAX>(words),
        }
    }

    fn longest_in<const W: usize>(&self, words: &[Word]) -> Option<usize> {
        let mut active: [u64; W] = row(&self.first, 0);
        let mut end = None;
        for (at, word) in words.iter().enumerate() {
            if at > 0 {
                active = step(&active, &self.follow);
            }
            if active == [0; W] {
                break;
            }
            active = self.fitting(word, active);
            if meet(&active, &self.last) {
                end = Some(at + 1);
            }
        }
        end
    }

    /// Those of the positions that a word fits.
    fn fitting<const W: usize>(&self, word: &Word, mut active: [u64; W]) -> [u64; W] {
        let mut fits: [u64; W] = if word.after_stop { [0; W] } else { row(&self.gaps, 0) };
        for symbol in word.symbols.iter() {
            if let Some(at) = self.row_of(symbol) {
                let accepts: [u64; W] = row(&self.accepts, at);
                (0..W).for_each(|block| fits[block] |= accepts[block]);
            }
        }
        (0..W).for_each(|block| active[block] &= fits[block]);
        active
    }

    fn row_of(&self, symbol: Symbol) -> Option<usize> {
        let last = self.symbols.len() - 1;
        let mut place = spread(symbol) & last;
        loop {
            match self.symbols[place] {
                (found, row) if found == symbol => return Some(row as usize),
                (NO_SYMBOL, _) => return None,
                _ => place = (place + 1) & last,
            }
        }
    }
}

/// One set of positions out of many.
fn row<const W: usize>(rows: &[u64], at: usize) -> [u64; W] {
    std::array::from_fn(|block| rows[at * W + block])
}

/// The positions next to the active ones, in one direction.
fn step<const W: usize>(active: &[u64; W], next_to: &[u64]) -> [u64; W] {
    let mut next = [0; W];
    each(active, |position| {
        let more: [u64; W] = row(next_to, position);
        (0..W).for_each(|block| next[block] |= more[block]);
    });
    next
}

fn meet(some: &[u64], others: &[u64]) -> bool {
    some.iter().zip(others).any(|(some, others)| some & others != 0)
}

/// Where nothing stands.
const NO_SYMBOL: Symbol = Symbol::MAX;

fn spread(symbol: Symbol) -> usize {
    (symbol.wrapping_mul(0x9E37_79B1) >> 12) as usize
}
