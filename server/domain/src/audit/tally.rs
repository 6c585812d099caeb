//! A sum that does not ask for order: two tables hold the same things exactly if their tallies are the same. It is as small for
//! ten million things as for one.

use sha2::{Digest, Sha256};

/// How many things were seen, and the sum of their hashes. Things are added and compared, never taken out again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    count: u64,
    sum: u128,
}

impl Tally {
    /// Counts a thing once.
    pub(super) fn add(&mut self, thing: &[&[u8]]) {
        self.add_times(thing, 1);
    }

    /// Counts a thing so many times.
    pub(super) fn add_times(&mut self, thing: &[&[u8]], times: u64) {
        let mut hasher = Sha256::new();
        for part in thing {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        let hash: [u8; 32] = hasher.finalize().into();
        let half = hash.first_chunk::<16>().map_or(0, |half| u128::from_be_bytes(*half));
        self.count += times;
        self.sum = self.sum.wrapping_add(half.wrapping_mul(u128::from(times)));
    }

    /// How many things were counted.
    pub(super) fn count(&self) -> u64 {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(things: &[u8]) -> Tally {
        let mut tally = Tally::default();
        things.iter().for_each(|thing| tally.add(&[&[*thing]]));
        tally
    }

    proptest! {
        #[test]
        fn the_order_does_not_matter_and_everything_else_does(mut things: Vec<u8>, other: Vec<u8>) {
            let (mut sorted, mut others) = (things.clone(), other.clone());
            sorted.sort_unstable();
            others.sort_unstable();
            prop_assert_eq!(of(&things) == of(&other), sorted == others);
            things.reverse();
            prop_assert_eq!(of(&things), of(&sorted));
        }
    }

    #[test]
    fn where_one_part_ends_and_the_next_begins_matters() {
        let (mut one, mut other) = (Tally::default(), Tally::default());
        one.add(&[b"ab", b"c"]);
        other.add(&[b"a", b"bc"]);
        assert_ne!(one, other);
        let mut three = Tally::default();
        three.add_times(&[b"ab", b"c"], 3);
        (0..2).for_each(|_| one.add(&[b"ab", b"c"]));
        assert_eq!(one, three);
    }
}
