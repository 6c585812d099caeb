//! The plan of a run: which message is due when, who says it, where, and what. A pure function of a seed and a number, so that
//! a million messages take no memory, and the generator and the oracle cannot disagree about what was meant.

use crate::corpus::{self, BENIGN, UNSAFE};
use handrail_domain::ids::{Cid, ConversationId};

/// A message's number in the run, from 0, in the order of the intended send times.
pub type Nth = u32;

/// A conversation that takes part.
#[derive(Debug, Clone)]
pub struct Place {
    /// Its id.
    pub id: ConversationId,
    /// Its parties, as places in the list of people.
    pub parties: Vec<usize>,
}

/// Who says a message, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// The conversation, as a place in [`Plan::places`].
    pub place: usize,
    /// The sender, as a place in the list of people.
    pub sender: usize,
    /// Whether the text must be held.
    pub unsafe_text: bool,
}

/// What is sent in a run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Makes runs differ, and a run repeatable.
    pub seed: u64,
    /// Messages a second, over all people.
    pub rate: f64,
    /// Messages in all, the warm-up included.
    pub count: Nth,
    /// How many of them are the warm-up.
    pub warmup: Nth,
    /// The share of texts that must be held.
    pub unsafe_share: f64,
    /// Where they are said.
    pub places: Vec<Place>,
}

/// SplitMix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014): one multiply-xor round a number.
pub fn mix(seed: u64, number: u64) -> u64 {
    let mut z = seed.wrapping_add(number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Plan {
    /// When a message is due, in nanoseconds after the start.
    pub fn due_ns(&self, nth: Nth) -> u64 {
        (f64::from(nth) * 1e9 / self.rate) as u64
    }

    /// Whether a message belongs to the warm-up, and so to the counts but not to the latencies.
    pub fn is_warmup(&self, nth: Nth) -> bool {
        nth < self.warmup
    }

    /// Who says it, where, and whether it must be held. Senders are drawn at random: a person's own messages come in bursts
    /// and gaps, as people's do, while the rate over all is fixed.
    pub fn line(&self, nth: Nth) -> Line {
        let draw = mix(self.seed, u64::from(nth));
        let place = (draw % self.places.len() as u64) as usize;
        let parties = &self.places[place].parties;
        let sender = parties[((draw >> 40) % parties.len() as u64) as usize];
        Line { place, sender, unsafe_text: self.is_unsafe(nth) }
    }

    /// Spread evenly, so that a short run has its share too.
    fn is_unsafe(&self, nth: Nth) -> bool {
        let upto = |n: f64| (n * self.unsafe_share).floor();
        upto(f64::from(nth) + 1.0) > upto(f64::from(nth))
    }

    /// What is said.
    pub fn text(&self, nth: Nth) -> String {
        let lines: &[&str] = if self.is_unsafe(nth) { &UNSAFE } else { &BENIGN };
        let draw = mix(!self.seed, u64::from(nth));
        format!("{} {}", lines[(draw % lines.len() as u64) as usize], corpus::tag(self.mark(), nth))
    }

    /// What a supervisor of this run makes of a message that they alter.
    pub fn altered(&self, nth: Nth) -> String {
        format!("The team changed this message. {}", corpus::tag(self.mark(), nth))
    }

    /// The number of a message of this run, known by its text.
    pub fn recognise(&self, text: &str) -> Option<Nth> {
        corpus::read_tag(self.mark(), text).filter(|nth| *nth < self.count)
    }

    /// The client's own id of a message. It grows with time, as those of Handrail's own pages do.
    pub fn cid(&self, nth: Nth) -> Cid {
        Cid::parse(&format!("{:016x}-{nth:010}", self.seed)).expect("hexadecimal digits, a hyphen and a number")
    }

    /// The number of a message of this run, known by its client's id.
    pub fn nth_of(&self, cid: &Cid) -> Option<Nth> {
        let (seed, nth) = cid.as_str().split_once('-')?;
        (u64::from_str_radix(seed, 16) == Ok(self.seed)).then(|| nth.parse().ok())?.filter(|nth| *nth < self.count)
    }

    fn mark(&self) -> u8 {
        (mix(self.seed, u64::MAX) % u64::from(corpus::WORD_COUNT)) as u8
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn plan_of(places: usize) -> Plan {
        let place = |at: usize| Place { id: ConversationId::from_bits(at as u128), parties: vec![2 * at, 2 * at + 1] };
        let places = (0..places).map(place).collect();
        Plan { seed: 7, rate: 250.0, count: 10_000, warmup: 2_500, unsafe_share: 0.02, places }
    }

    #[test]
    fn messages_are_due_at_the_fixed_rate() {
        let plan = plan_of(10);
        assert_eq!(plan.due_ns(0), 0);
        assert_eq!(plan.due_ns(1), 4_000_000);
        assert_eq!(plan.due_ns(250), 1_000_000_000);
        assert!(plan.is_warmup(2_499) && !plan.is_warmup(2_500));
    }

    #[test]
    fn the_share_of_unsafe_texts_is_exact_even_in_a_short_run() {
        let plan = plan_of(10);
        for count in [50, 100, 1_000] {
            let held = (0..count).filter(|nth| plan.line(*nth).unsafe_text).count();
            assert_eq!(held, count as usize / 50);
        }
    }

    #[test]
    fn everybody_speaks_and_only_where_they_are_a_party() {
        let plan = plan_of(20);
        let mut spoke = vec![0; 40];
        for nth in 0..plan.count {
            let line = plan.line(nth);
            assert!(plan.places[line.place].parties.contains(&line.sender));
            spoke[line.sender] += 1;
        }
        assert!(spoke.iter().all(|count| (150..350).contains(count)), "{spoke:?}");
    }

    #[test]
    fn a_message_is_known_by_its_text_and_by_its_cid_in_its_own_run_only() {
        let (plan, other) = (plan_of(3), Plan { seed: 8, ..plan_of(3) });
        for nth in [0, 49, 9_999] {
            assert_eq!(plan.recognise(&plan.text(nth)), Some(nth));
            assert_eq!(plan.recognise(&plan.altered(nth)), Some(nth));
            assert_eq!(plan.nth_of(&plan.cid(nth)), Some(nth));
            assert_eq!(other.nth_of(&plan.cid(nth)), None);
            assert_eq!(other.recognise(&plan.text(nth)), None);
        }
    }

    #[test]
    fn a_plan_says_the_same_twice() {
        let (one, two) = (plan_of(5), plan_of(5));
        assert!((0..500).all(|nth| one.text(nth) == two.text(nth) && one.line(nth) == two.line(nth)));
    }
}
