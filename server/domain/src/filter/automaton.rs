//! A phrase as an automaton over words: the position automaton of Glushkov (The abstract theory of automata, 1961), one bit a
//! position. Its size is that of the phrase, building it is quick, and a step costs a few words of bits. Most phrases are
//! turned away before a step is made: by the words that they need, and by those that they may begin with.

use super::lexicon::{AMOUNT, NUMBER, Symbol, Symbols};
use super::phrase::{Node, distinct};
use std::ops::Range;

/// How many words a phrase may be written with, once alike alternatives are put together.
pub(super) const POSITIONS_MAX: usize = 512;
/// Blocks of 64 positions.
const BLOCKS_MAX: usize = POSITIONS_MAX / 64;
/// How many sets of words are kept of which a phrase needs one each.
const NEEDS_MAX: usize = 3;
/// A mask with more bits set turns little away.
const NEED_BITS_MAX: u32 = 96;

/// A word of a reading.
#[derive(Debug, Clone)]
pub(super) struct Word {
    /// Its bytes.
    pub(super) range: Range<usize>,
    /// A sentence ended before it.
    pub(super) after_stop: bool,
    /// What it is.
    pub(super) symbols: Symbols,
}

/// A set of symbols, each as one bit of 256: it may say yes wrongly, never no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Mask([u64; 4]);

impl Mask {
    const ALL: Mask = Mask([u64::MAX; 4]);

    fn place(symbol: Symbol) -> (usize, u64) {
        let bit = symbol.wrapping_mul(0x9E37_79B1) >> 24;
        ((bit / 64) as usize, 1 << (bit % 64))
    }

    pub(super) fn add(&mut self, symbol: Symbol) {
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

/// A set of positions, while a phrase is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Bits([u64; BLOCKS_MAX]);

impl Bits {
    const NONE: Bits = Bits([0; BLOCKS_MAX]);

    fn one(position: usize) -> Bits {
        let mut bits = Bits::NONE;
        bits.0[position / 64] = 1 << (position % 64);
        bits
    }

    fn or(self, other: Bits) -> Bits {
        Bits(std::array::from_fn(|at| self.0[at] | other.0[at]))
    }

    fn is_empty(self) -> bool {
        self == Bits::NONE
    }
}

/// Calls `act` with each position of a set.
fn each(blocks: &[u64], mut act: impl FnMut(usize)) {
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
pub(super) struct Automaton {
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
    pub(super) longest: usize,
}

/// A word at which a match of a phrase is waited for: every match has such a word.
#[derive(Debug)]
pub(super) struct Wait {
    pub(super) symbol: Symbol,
    /// The most words from it to the end of a match.
    pub(super) reach: u32,
    /// The positions that it has then.
    positions: Box<[u64]>,
    /// The symbols that may stand right before it, and right behind it.
    before: Mask,
    after: Mask,
}

impl Wait {
    /// Whether the words next to the word `at` allow a match.
    pub(super) fn may_stand(&self, words: &[Word], at: usize) -> bool {
        let fits = |mask: &Mask, word: Option<&Word>| {
            word.is_some_and(|word| word.symbols.iter().any(|symbol| mask.may_have(symbol)))
        };
        (self.before == Mask::ALL || fits(&self.before, at.checked_sub(1).and_then(|at| words.get(at))))
            && (self.after == Mask::ALL || fits(&self.after, words.get(at + 1)))
    }
}

/// Words of which one must be there.
#[derive(Debug, Clone)]
struct Slot {
    symbols: Vec<Symbol>,
    positions: Bits,
    /// The most words that a match has before it.
    before: usize,
}

impl Slot {
    /// How much looking for a match costs that begins at this slot: how often it is met, and how far back a match may begin.
    fn cost(&self, costs: &[u32]) -> u32 {
        let met = self
            .symbols
            .iter()
            .map(|symbol| costs.get(*symbol as usize).copied().unwrap_or(1))
            .fold(0, u32::saturating_add);
        met.saturating_mul(4 + self.before as u32)
    }

    /// A number may be any of many words: it is no word to wait for.
    fn is_of_words(&self) -> bool {
        !self.symbols.contains(&NUMBER) && !self.symbols.contains(&AMOUNT)
    }
}

/// A part of a phrase while it is built.
struct Part {
    first: Bits,
    last: Bits,
    may_be_empty: bool,
    longest: usize,
    /// Every match has a word of each of these.
    slots: Vec<Slot>,
}

impl Part {
    /// Of no words.
    const NOTHING: Part =
        Part { first: Bits::NONE, last: Bits::NONE, may_be_empty: true, longest: 0, slots: Vec::new() };
}

#[derive(Default)]
struct Builder {
    follow: Vec<Bits>,
    gaps: Bits,
    /// The words that each position is fitted by.
    fitted: Vec<(Symbol, u16)>,
}

impl Automaton {
    /// The automaton of a phrase, with the places at which to wait for a match of it, or what is wrong with it. `costs` says how
    /// often each symbol is met, as far as it is known.
    pub(super) fn new(node: &Node, costs: &[u32]) -> Result<(Self, Vec<Wait>), String> {
        let mut builder = Builder::default();
        let whole = builder.add(node)?;
        let width = builder.width();
        let precede = transposed(&builder.follow);
        let waited_for = whole.slots.iter().filter(|slot| slot.is_of_words()).min_by_key(|slot| slot.cost(costs));
        let waits = waited_for.map(|slot| builder.waits(slot, &whole, &precede)).unwrap_or_default();
        let packed = |bits: &Bits| -> Box<[u64]> { bits.0[..width].into() };
        let flat = |all: &[Bits]| all.iter().flat_map(|bits| bits.0[..width].iter().copied()).collect();
        let begins = builder.mask(&whole.first);
        let (symbols, accepts) = by_symbol(builder.fitted, width);
        let automaton = Automaton {
            width,
            first: packed(&whole.first),
            last: packed(&whole.last),
            gaps: packed(&builder.gaps),
            follow: flat(&builder.follow),
            precede: flat(&precede),
            symbols: hashed(&symbols),
            accepts: accepts.into(),
            needs: needs(&whole.slots),
            begins,
            longest: whole.longest,
        };
        Ok((automaton, waits))
    }

    /// Whether a text with these symbols may have a match at all.
    pub(super) fn possible(&self, text: &Mask) -> bool {
        self.needs.iter().all(|need| need.meets(text))
    }

    /// Where matches may begin that have the word `at` in this place of theirs: wherever the words fit from there up to here.
    pub(super) fn starts(&self, words: &[Word], at: usize, wait: &Wait, act: impl FnMut(usize)) {
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
            place -= 1;
            active = self.fitting(&words[place], active);
            if active == [0; W] {
                return;
            }
        }
    }

    /// How many words the longest match has that begins with the first of these words.
    pub(super) fn longest_match(&self, words: &[Word]) -> Option<usize> {
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
            active = self.fitting(word, active);
            if active == [0; W] {
                break;
            }
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

/// A table of symbols and their rows, at most half full.
fn hashed(symbols: &[Symbol]) -> Box<[(Symbol, u32)]> {
    let size = (symbols.len() * 2).next_power_of_two();
    let mut table = vec![(NO_SYMBOL, 0); size];
    for (row, symbol) in symbols.iter().enumerate() {
        let mut place = spread(*symbol) & (size - 1);
        while table[place].0 != NO_SYMBOL {
            place = (place + 1) & (size - 1);
        }
        table[place] = (*symbol, row as u32);
    }
    table.into()
}

/// For each position, those that lead to it.
fn transposed(follow: &[Bits]) -> Vec<Bits> {
    let mut precede = vec![Bits::NONE; follow.len()];
    for (position, bits) in follow.iter().enumerate() {
        each(&bits.0, |next| precede[next] = precede[next].or(Bits::one(position)));
    }
    precede
}

/// The symbols in order, and for each the positions that it fits.
fn by_symbol(mut fitted: Vec<(Symbol, u16)>, width: usize) -> (Vec<Symbol>, Vec<u64>) {
    fitted.sort_unstable();
    let (mut symbols, mut accepts) = (Vec::new(), Vec::new());
    for (symbol, position) in fitted {
        if symbols.last() != Some(&symbol) {
            symbols.push(symbol);
            accepts.resize(symbols.len() * width, 0);
        }
        let place = (symbols.len() - 1) * width + usize::from(position) / 64;
        accepts[place] |= 1 << (position % 64);
    }
    (symbols, accepts)
}

impl Builder {
    /// How many blocks its sets take: 1, 2, 4 or 8, so that running over them is compiled for each.
    fn width(&self) -> usize {
        self.follow.len().div_ceil(64).next_power_of_two()
    }

    fn position(&mut self) -> Result<usize, String> {
        if self.follow.len() == POSITIONS_MAX {
            return Err(format!(
                "it has more than {POSITIONS_MAX} words once its classes are written out: split it into several"
            ));
        }
        self.follow.push(Bits::NONE);
        Ok(self.follow.len() - 1)
    }

    /// The symbols that fit some positions; all, if a gap is among them.
    fn mask(&self, positions: &Bits) -> Mask {
        let mut mask = Mask::default();
        let is_one = |position: usize| positions.0[position / 64] & 1 << (position % 64) != 0;
        let fitted = self.fitted.iter().filter(|(_, position)| is_one(usize::from(*position)));
        fitted.for_each(|(symbol, _)| mask.add(*symbol));
        let gaps = self.gaps.0.iter().zip(&positions.0).any(|(gaps, one)| gaps & one != 0);
        if gaps { Mask::ALL } else { mask }
    }

    /// The waits of a slot, one for each of its words.
    fn waits(&self, slot: &Slot, whole: &Part, precede: &[Bits]) -> Vec<Wait> {
        let width = self.width();
        let mut here: Vec<(Symbol, u16)> = Vec::new();
        let is_here = |position: usize| slot.positions.0[position / 64] & 1 << (position % 64) != 0;
        here.extend(self.fitted.iter().filter(|(_, position)| is_here(usize::from(*position))));
        here.sort_unstable();
        let of_one = here.chunk_by(|a, b| a.0 == b.0);
        of_one
            .map(|fitted| {
                let positions = fitted.iter().fold(Bits::NONE, |all, (_, at)| all.or(Bits::one(usize::from(*at))));
                Wait {
                    symbol: fitted[0].0,
                    reach: whole.longest as u32,
                    before: self.next_to(&positions, precede, &whole.first),
                    after: self.next_to(&positions, &self.follow, &whole.last),
                    positions: positions.0[..width].into(),
                }
            })
            .collect()
    }

    /// The symbols that may stand next to some positions; all, if a match may end there.
    fn next_to(&self, positions: &Bits, next: &[Bits], edge: &Bits) -> Mask {
        if positions.0.iter().zip(&edge.0).any(|(one, edge)| one & edge != 0) {
            return Mask::ALL;
        }
        let mut all = Bits::NONE;
        each(&positions.0, |position| all = all.or(next[position]));
        self.mask(&all)
    }

    fn join(&mut self, left: Bits, right: Bits) {
        each(&left.0, |position| self.follow[position] = self.follow[position].or(right));
    }

    fn add(&mut self, node: &Node) -> Result<Part, String> {
        match node {
            Node::One(symbols) => {
                let position = self.position()?;
                self.fitted.extend(symbols.iter().map(|symbol| (*symbol, position as u16)));
                let here = Bits::one(position);
                let slot = Slot { symbols: symbols.clone(), positions: here, before: 0 };
                Ok(Part { first: here, last: here, may_be_empty: false, longest: 1, slots: vec![slot] })
            }
            Node::Gap(words) => {
                // Entered at its first word, left after any: each of its words may be the last.
                let mut part = Part { longest: *words as usize, ..Part::NOTHING };
                let mut before = Bits::NONE;
                for _ in 0..*words {
                    let here = Bits::one(self.position()?);
                    self.gaps = self.gaps.or(here);
                    self.join(before, here);
                    part.first = if before.is_empty() { here } else { part.first };
                    part.last = part.last.or(here);
                    before = here;
                }
                Ok(part)
            }
            Node::Row(parts) => {
                let mut whole = Part::NOTHING;
                for part in parts {
                    let part = self.add(part)?;
                    whole = self.row(whole, part);
                }
                Ok(whole)
            }
            Node::Either(options) => {
                let mut whole = Part { may_be_empty: false, ..Part::NOTHING };
                let mut slot = Some(Slot { symbols: Vec::new(), positions: Bits::NONE, before: 0 });
                for option in options {
                    let option = self.add(option)?;
                    whole.first = whole.first.or(option.first);
                    whole.last = whole.last.or(option.last);
                    whole.may_be_empty |= option.may_be_empty;
                    whole.longest = whole.longest.max(option.longest);
                    slot = slot.zip(option.slots.into_iter().min_by_key(|slot| slot.symbols.len())).map(both);
                }
                whole.slots = slot.into_iter().map(|slot| Slot { symbols: distinct(slot.symbols), ..slot }).collect();
                Ok(whole)
            }
            Node::Maybe(part) => Ok(Part { may_be_empty: true, slots: Vec::new(), ..self.add(part)? }),
        }
    }

    fn row(&mut self, left: Part, right: Part) -> Part {
        self.join(left.last, right.first);
        let mut slots = left.slots;
        slots.extend(right.slots.into_iter().map(|slot| Slot { before: left.longest + slot.before, ..slot }));
        Part {
            first: if left.may_be_empty { left.first.or(right.first) } else { left.first },
            last: if right.may_be_empty { left.last.or(right.last) } else { right.last },
            may_be_empty: left.may_be_empty && right.may_be_empty,
            longest: left.longest + right.longest,
            slots,
        }
    }
}

/// Alternatives have a word of the one slot or of the other.
fn both((mut slot, other): (Slot, Slot)) -> Slot {
    slot.symbols.extend(other.symbols);
    Slot { positions: slot.positions.or(other.positions), before: slot.before.max(other.before), ..slot }
}

/// Masks of the smallest slots; all symbols where there is none, or where it turns little away.
fn needs(slots: &[Slot]) -> [Mask; NEEDS_MAX] {
    let mut masks: Vec<Mask> = slots.iter().map(|slot| Mask::of(&slot.symbols)).collect();
    masks.retain(|mask| mask.bits() <= NEED_BITS_MAX);
    masks.sort_by_key(Mask::bits);
    std::array::from_fn(|at| masks.get(at).copied().unwrap_or(Mask::ALL))
}
