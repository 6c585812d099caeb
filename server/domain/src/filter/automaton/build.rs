//! Building the automaton of a phrase, and choosing the word at which it is waited for.

use super::{Automaton, BLOCKS_MAX, Mask, NEEDS_MAX, NO_SYMBOL, POSITIONS_MAX, Wait, each, spread};
use crate::filter::lexicon::{AMOUNT, NUMBER, Symbol};
use crate::filter::phrase::{Node, distinct};

/// A mask with more bits set turns little away.
const NEED_BITS_MAX: u32 = 96;

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
struct Builder<'c> {
    follow: Vec<Bits>,
    gaps: Bits,
    /// The words that each position is fitted by.
    fitted: Vec<(Symbol, u16)>,
    /// How often each symbol is met.
    costs: &'c [u32],
}

impl Automaton {
    /// The automaton of a phrase, with the places at which to wait for a match of it, or what is wrong with it. `costs` says how
    /// often each symbol is met, as far as it is known.
    pub(in crate::filter) fn new(node: &Node, costs: &[u32]) -> Result<(Self, Vec<Wait>), String> {
        let mut builder = Builder { costs, ..Builder::default() };
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

/// For each position, the most words that a match has beyond it, in the direction of `next`. `order` takes what is next to a position before
/// the position: positions are numbered in the order of the phrase.
fn words_beyond(next: &[Bits], order: impl Iterator<Item = usize>) -> Vec<u16> {
    let mut words = vec![0; next.len()];
    for at in order {
        let mut most = 0;
        each(&next[at].0, |other| most = most.max(words[other] + 1));
        words[at] = most;
    }
    words
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

impl Builder<'_> {
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
        let before = words_beyond(precede, 0..precede.len());
        let behind = words_beyond(&self.follow, (0..self.follow.len()).rev());
        let mut here: Vec<(Symbol, u16)> = Vec::new();
        let is_here = |position: usize| slot.positions.0[position / 64] & 1 << (position % 64) != 0;
        here.extend(self.fitted.iter().filter(|(_, position)| is_here(usize::from(*position))));
        here.sort_unstable();
        let of_one = here.chunk_by(|a, b| a.0 == b.0);
        of_one
            .map(|fitted| {
                let positions = fitted.iter().fold(Bits::NONE, |all, (_, at)| all.or(Bits::one(usize::from(*at))));
                let most = |words: &[u16]| fitted.iter().map(|(_, at)| words[usize::from(*at)]).max().unwrap_or(0);
                Wait {
                    symbol: fitted[0].0,
                    back: most(&before),
                    ahead: most(&behind),
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
                    slot = slot.zip(option.slots.into_iter().min_by_key(|slot| slot.cost(self.costs))).map(both);
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
