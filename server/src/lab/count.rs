//! Counting: how many of how many, how sure that share is, and how well two stretches of a text agree. Nothing here knows what
//! is counted.

use handrail_domain::finding::Span;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

/// How many standard deviations 95 % lie within.
const Z: f64 = 1.959_963_984_540_054;

/// So many of so many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) hits: u64,
    pub(super) of: u64,
}

/// A figure and the interval in which it is with 95 % confidence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Measure {
    pub(super) value: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Measure {
    /// The same through a function that never falls.
    pub(super) fn map(self, through: impl Fn(f64) -> f64) -> Self {
        Self { value: through(self.value), low: through(self.low), high: through(self.high) }
    }
}

impl Count {
    pub(super) fn add(&mut self, hit: bool) {
        self.hits += u64::from(hit);
        self.of += 1;
    }

    /// The share, with Wilson's interval; nothing of nothing.
    pub(super) fn share(self) -> Option<Measure> {
        if self.of == 0 {
            return None;
        }
        let (n, value) = (self.of as f64, self.hits as f64 / self.of as f64);
        let middle = (value + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
        let half = Z / (1.0 + Z * Z / n) * (value * (1.0 - value) / n + Z * Z / (4.0 * n * n)).sqrt();
        let (low, high) = ((middle - half).max(0.0).min(value), (middle + half).min(1.0).max(value));
        Some(Measure { value, low, high })
    }
}

impl Serialize for Count {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut fields = to.serialize_struct("Count", 3)?;
        fields.serialize_field("held", &self.hits)?;
        fields.serialize_field("rows", &self.of)?;
        fields.serialize_field("rate", &self.share())?;
        fields.end()
    }
}

/// Rows by what should become of them and what did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Should be held, and was.
    right: u64,
    /// Should be held, and was not.
    missed: u64,
    /// Should be delivered, and was held.
    wrong: u64,
    /// Should be delivered, and was.
    passed: u64,
    /// Nobody says what should become of it.
    pub(super) open: Count,
}

impl Tally {
    pub(super) fn add(&mut self, should_hold: Option<bool>, held: bool) {
        match (should_hold, held) {
            (Some(true), true) => self.right += 1,
            (Some(true), false) => self.missed += 1,
            (Some(false), true) => self.wrong += 1,
            (Some(false), false) => self.passed += 1,
            (None, held) => self.open.add(held),
        }
    }

    pub(super) fn rows(self) -> u64 {
        self.right + self.missed + self.wrong + self.passed + self.open.of
    }

    pub(super) fn held(self) -> u64 {
        self.right + self.wrong + self.open.hits
    }

    /// Of those that were held, how many should be; rows that are open left aside.
    pub(super) fn precision(self) -> Option<Measure> {
        Count { hits: self.right, of: self.right + self.wrong }.share().filter(|_| self.right + self.missed > 0)
    }

    /// Of those that should be held, how many were.
    pub(super) fn recall(self) -> Option<Measure> {
        Count { hits: self.right, of: self.right + self.missed }.share()
    }

    /// The harmonic mean of both. It is 2 x / (1 + x) of the share of right holds among all that should be or were held, so
    /// Wilson's interval of that share is one of F1.
    pub(super) fn f1(self) -> Option<Measure> {
        let share = Count { hits: self.right, of: self.right + self.missed + self.wrong }.share();
        share.filter(|_| self.right + self.missed > 0).map(|share| share.map(|x| 2.0 * x / (1.0 + x)))
    }

    /// Of a thousand that should be delivered, how many were held.
    pub(super) fn false_holds(self) -> Option<Measure> {
        let share = Count { hits: self.wrong, of: self.wrong + self.passed }.share();
        share.map(|share| share.map(|x| x * 1_000.0))
    }
}

impl Serialize for Tally {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut fields = to.serialize_struct("Tally", 11)?;
        fields.serialize_field("rows", &self.rows())?;
        fields.serialize_field("held", &self.held())?;
        fields.serialize_field("true_holds", &self.right)?;
        fields.serialize_field("misses", &self.missed)?;
        fields.serialize_field("false_holds", &self.wrong)?;
        fields.serialize_field("true_deliveries", &self.passed)?;
        fields.serialize_field("precision", &self.precision())?;
        fields.serialize_field("recall", &self.recall())?;
        fields.serialize_field("f1", &self.f1())?;
        fields.serialize_field("false_holds_per_1000", &self.false_holds())?;
        fields.serialize_field("unlabelled", &self.open)?;
        fields.end()
    }
}

/// How much two stretches agree: what they share of what they cover together.
pub(super) fn agreement(a: Span, b: Span) -> f64 {
    let shared = a.1.min(b.1).saturating_sub(a.0.max(b.0));
    let covered = a.1.saturating_sub(a.0) + b.1.saturating_sub(b.0) - shared;
    if covered == 0 { 0.0 } else { f64::from(shared) / f64::from(covered) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn near(measure: Option<Measure>, value: f64, low: f64, high: f64) {
        let m = measure.unwrap();
        let close = |a: f64, b: f64| (a - b).abs() < 0.000_5;
        assert!(close(m.value, value) && close(m.low, low) && close(m.high, high), "{m:?}");
    }

    #[test]
    fn a_share_has_wilsons_interval() {
        near(Count { hits: 81, of: 263 }.share(), 0.3080, 0.2553, 0.3662);
        near(Count { hits: 0, of: 20 }.share(), 0.0, 0.0, 0.1611);
        near(Count { hits: 20, of: 20 }.share(), 1.0, 0.8389, 1.0);
        assert_eq!(Count::default().share(), None, "nothing of nothing is no share");
    }

    #[test]
    fn a_tally_says_how_many_were_right_missed_and_wrong() {
        let mut tally = Tally::default();
        let rows = [(Some(true), true, 6), (Some(true), false, 2), (Some(false), true, 3), (Some(false), false, 9)];
        rows.into_iter().for_each(|(should, held, times)| (0..times).for_each(|_| tally.add(should, held)));
        tally.add(None, true);
        assert_eq!((tally.rows(), tally.held(), tally.open), (21, 10, Count { hits: 1, of: 1 }));
        near(tally.recall(), 0.75, 0.4093, 0.9285);
        near(tally.precision(), 0.6667, 0.3542, 0.8794);
        near(tally.f1(), 0.7059, 0.4376, 0.8810);
        near(tally.false_holds(), 250.0, 88.9417, 532.3053);
    }

    #[test]
    fn a_set_that_should_hold_nothing_has_neither_precision_nor_f1() {
        let mut tally = Tally::default();
        tally.add(Some(false), true);
        assert!(tally.precision().is_none() && tally.recall().is_none() && tally.f1().is_none());
        assert_eq!(tally.false_holds().unwrap().value, 1_000.0);
    }

    #[test]
    fn stretches_agree_by_what_they_share() {
        assert_eq!(agreement(Span(0, 4), Span(0, 4)), 1.0);
        assert_eq!(agreement(Span(0, 4), Span(2, 6)), 2.0 / 6.0);
        assert_eq!(agreement(Span(0, 4), Span(4, 6)), 0.0);
        assert_eq!(agreement(Span(3, 3), Span(3, 3)), 0.0);
    }
}
