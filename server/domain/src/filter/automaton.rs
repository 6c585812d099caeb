//! A phrase as an automaton over words: the position automaton of Glushkov (The abstract theory of automata, 1961), one bit a
//! position. Its size is that of the phrase, building it is quick, and a step costs a few words of bits.

use super::lexicon::{AMOUNT, NUMBER, Symbol};
use super::phrase::Node;
use std::collections::{BTreeMap, BTreeSet};

/// How many words a phrase may be written with, once alike alternatives are put together.
pub(super) const POSITIONS_MAX: usize = 512;
/// Blocks of 64 positions.
const BLOCKS_MAX: usize = POSITIONS_MAX / 64;
/// How many slots are kept of a phrase: the rarest.
const SLOTS_MAX: usize = 4;
/// A slot that costs more than this tells too little to be kept beside a better one.
const SLOT_COST_MAX: u32 = 400;

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

/// Words of which one must be there.
pub(super) type Slot = BTreeSet<Symbol>;

/// A phrase, ready to run over words. Every set of positions takes `width` blocks.
#[derive(Debug)]
pub(super) struct Automaton {
    width: usize,
    first: Box<[u64]>,
    last: Box<[u64]>,
    gaps: Box<[u64]>,
    /// For each position, the positions that may follow it.
    follow: Box<[u64]>,
    /// The symbols of its words, in order, and for each the positions that it fits.
    symbols: Box<[Symbol]>,
    accepts: Box<[u64]>,
    /// The most words that it takes in.
    pub(super) longest: usize,
}

/// A part of a phrase while it is built.
struct Part {
    first: Bits,
    last: Bits,
    may_be_empty: bool,
    longest: usize,
}

#[derive(Default)]
struct Builder {
    follow: Vec<Bits>,
    gaps: Bits,
    accepts: BTreeMap<Symbol, Bits>,
}

impl Automaton {
    /// The automaton of a phrase, or what is wrong with it.
    pub(super) fn new(node: &Node) -> Result<Self, String> {
        let mut builder = Builder::default();
        let whole = builder.add(node)?;
        let width = builder.follow.len().div_ceil(64);
        let packed = |bits: &Bits| bits.0[..width].to_vec();
        Ok(Automaton {
            width,
            first: packed(&whole.first).into(),
            last: packed(&whole.last).into(),
            gaps: packed(&builder.gaps).into(),
            follow: builder.follow.iter().flat_map(packed).collect(),
            symbols: builder.accepts.keys().copied().collect(),
            accepts: builder.accepts.values().flat_map(packed).collect(),
            longest: whole.longest,
        })
    }

    /// Appends the positions that a word fits; `after_stop` if a sentence ended before it.
    pub(super) fn fit(&self, symbols: impl Iterator<Item = Symbol>, after_stop: bool, fits: &mut Vec<u64>) {
        let from = fits.len();
        if after_stop {
            fits.resize(from + self.width, 0);
        } else {
            fits.extend_from_slice(&self.gaps);
        }
        for symbol in symbols {
            if let Ok(at) = self.symbols.binary_search(&symbol) {
                let accepts = &self.accepts[at * self.width..];
                fits[from..].iter_mut().zip(accepts).for_each(|(fits, accepts)| *fits |= accepts);
            }
        }
    }

    /// What a run over so many words needs of `fits`.
    pub(super) fn rest<'f>(&self, fits: &'f [u64], word: usize) -> &'f [u64] {
        &fits[word * self.width..]
    }

    /// Where the longest match that begins with the first of these words ends: how many words it has.
    pub(super) fn longest_match(&self, fits: &[u64]) -> Option<usize> {
        let mut words = fits.chunks_exact(self.width);
        let mut active = [0; BLOCKS_MAX];
        let fit = words.next()?;
        (0..self.width).for_each(|block| active[block] = self.first[block] & fit[block]);
        let mut end = None;
        loop {
            let active_now = &active[..self.width];
            if active_now.iter().all(|block| *block == 0) {
                return end;
            }
            if active_now.iter().zip(&self.last).any(|(active, last)| active & last != 0) {
                end = Some(fits.len() / self.width - words.len());
            }
            let Some(fit) = words.next() else { return end };
            let mut next = [0; BLOCKS_MAX];
            each(active_now, |position| {
                let follow = &self.follow[position * self.width..];
                next[..self.width].iter_mut().zip(follow).for_each(|(next, follow)| *next |= follow);
            });
            (0..self.width).for_each(|block| active[block] = next[block] & fit[block]);
        }
    }
}

impl Builder {
    fn position(&mut self) -> Result<usize, String> {
        if self.follow.len() == POSITIONS_MAX {
            return Err(format!(
                "it has more than {POSITIONS_MAX} words once its classes are written out: split it into several"
            ));
        }
        self.follow.push(Bits::NONE);
        Ok(self.follow.len() - 1)
    }

    fn join(&mut self, left: Bits, right: Bits) {
        each(&left.0, |position| self.follow[position] = self.follow[position].or(right));
    }

    fn add(&mut self, node: &Node) -> Result<Part, String> {
        match node {
            Node::One(symbols) => {
                let here = Bits::one(self.position()?);
                for symbol in symbols {
                    let fits = self.accepts.entry(*symbol).or_default();
                    *fits = fits.or(here);
                }
                Ok(Part { first: here, last: here, may_be_empty: false, longest: 1 })
            }
            Node::Gap(words) => {
                // Entered at its first word, left after any: each of its words may be the last.
                let longest = *words as usize;
                let mut part = Part { first: Bits::NONE, last: Bits::NONE, may_be_empty: true, longest };
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
                let mut whole = Part { first: Bits::NONE, last: Bits::NONE, may_be_empty: true, longest: 0 };
                for part in parts {
                    let part = self.add(part)?;
                    whole = self.row(whole, part);
                }
                Ok(whole)
            }
            Node::Either(options) => {
                let mut whole = Part { first: Bits::NONE, last: Bits::NONE, may_be_empty: false, longest: 0 };
                for option in options {
                    let option = self.add(option)?;
                    whole.first = whole.first.or(option.first);
                    whole.last = whole.last.or(option.last);
                    whole.may_be_empty |= option.may_be_empty;
                    whole.longest = whole.longest.max(option.longest);
                }
                Ok(whole)
            }
            Node::Maybe(part) => Ok(Part { may_be_empty: true, ..self.add(part)? }),
        }
    }

    fn row(&mut self, left: Part, right: Part) -> Part {
        self.join(left.last, right.first);
        Part {
            first: if left.may_be_empty { left.first.or(right.first) } else { left.first },
            last: if right.may_be_empty { left.last.or(right.last) } else { right.last },
            may_be_empty: left.may_be_empty && right.may_be_empty,
            longest: left.longest + right.longest,
        }
    }
}

/// For a phrase, sets of words of which each must have one in a text that it matches: the rarest, so that it is run on few
/// texts. `costs` says how often each symbol is met.
pub(super) fn slots(node: &Node, costs: &[u32]) -> Vec<Slot> {
    let cost = |slot: &Slot| slot.iter().map(|symbol| costs[*symbol as usize]).fold(0, u32::saturating_add);
    let mut slots = required(node, &cost);
    slots.sort_by_key(cost);
    slots.truncate(SLOTS_MAX);
    let worth_it = slots.iter().take_while(|slot| cost(slot) <= SLOT_COST_MAX).count();
    slots.truncate(worth_it.max(1));
    slots
}

fn required(node: &Node, cost: &impl Fn(&Slot) -> u32) -> Vec<Slot> {
    match node {
        Node::One(symbols) if symbols.contains(&NUMBER) || symbols.contains(&AMOUNT) => Vec::new(),
        Node::One(symbols) => vec![symbols.clone()],
        Node::Gap(_) | Node::Maybe(_) => Vec::new(),
        Node::Row(parts) => parts.iter().flat_map(|part| required(part, cost)).collect(),
        Node::Either(options) => {
            // Each alternative gives its rarest slot; if one has none, none can be asked for.
            let rarest = options.iter().map(|option| required(option, cost).into_iter().min_by_key(cost));
            let all: Option<Vec<Slot>> = rarest.collect();
            all.map(|slots| vec![slots.into_iter().flatten().collect()]).unwrap_or_default()
        }
    }
}
