//! What is measured: latencies from the intended moment, the generator's own lag, and what went wrong on the way. Every number
//! keeps its whole distribution; means say nothing about the one who waits.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The longest latency that is told apart, in microseconds: an hour.
const LONGEST_US: u64 = 3_600_000_000;

/// A distribution of times. Kept in microseconds, three digits.
#[derive(Debug, Clone)]
pub struct Times(Histogram<u64>);

impl Default for Times {
    fn default() -> Self {
        Self(Histogram::new_with_bounds(1, LONGEST_US, 3).expect("bounds that the histogram's own rules allow"))
    }
}

impl Times {
    /// Adds one.
    pub fn add(&mut self, time: Duration) {
        self.0.saturating_record(u64::try_from(time.as_micros()).unwrap_or(LONGEST_US).max(1));
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// The time that this share of them does not exceed, in milliseconds.
    pub fn ms_at(&self, share: f64) -> f64 {
        self.0.value_at_quantile(share) as f64 / 1e3
    }

    /// The whole distribution: microseconds, and how often. What [`Times::of`] makes of it has the same quantiles.
    pub fn counts(&self) -> Vec<(u64, u64)> {
        self.0.iter_recorded().map(|step| (step.value_iterated_to(), step.count_at_value())).collect()
    }

    /// The distribution that has these counts.
    pub fn of(counts: &[(u64, u64)]) -> Self {
        let mut times = Self::default();
        for (us, many) in counts {
            times.0.saturating_record_n((*us).max(1), *many);
        }
        times
    }

    /// Adds what another one has.
    pub fn join(&mut self, other: &Times) {
        for (us, many) in other.counts() {
            self.0.saturating_record_n(us, many);
        }
    }

    /// The distribution as a curve.
    pub fn curve(&self) -> Vec<Point> {
        let point = |percent: f64| Point { percent, ms: self.ms_at(percent / 100.0) };
        if self.count() == 0 { Vec::new() } else { CURVE.into_iter().map(point).collect() }
    }

    /// As in the report.
    pub fn quantiles(&self) -> Quantiles {
        Quantiles {
            p50: self.ms_at(0.5),
            p90: self.ms_at(0.9),
            p99: self.ms_at(0.99),
            p999: self.ms_at(0.999),
            p9999: self.ms_at(0.9999),
            max: self.0.max() as f64 / 1e3,
            count: self.count(),
        }
    }
}

/// The percentiles of a curve.
const CURVE: [f64; 12] = [0.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.5, 99.9, 99.95, 99.99, 100.0];

/// A point of a curve: so many of a hundred are not above so many milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Point {
    pub percent: f64,
    pub ms: f64,
}

/// A distribution in a few numbers, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Quantiles {
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
    pub p999: f64,
    pub p9999: f64,
    pub max: f64,
    pub count: u64,
}

/// The three latencies whole, in microseconds and how often each: what reports are merged from.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Distributions {
    pub send_to_partner: Vec<(u64, u64)>,
    pub send_to_ok: Vec<(u64, u64)>,
    pub hold_to_queue: Vec<(u64, u64)>,
}

/// What arrived since the last step of the timeline.
#[derive(Debug, Clone, Default)]
pub struct Step {
    /// At partners.
    pub to_partner: Times,
    /// At supervisors.
    pub to_queue: Times,
}

/// All that is measured in a run.
#[derive(Debug, Clone, Default)]
pub struct Meter {
    /// Intended send to the partner's socket, of messages delivered at once.
    pub send_to_partner: Times,
    /// Intended send to the sender's `ok`.
    pub send_to_ok: Times,
    /// Intended send to a watching supervisor's socket, of messages that were held.
    pub hold_to_queue: Times,
    /// The newest step of the two that are drawn over time.
    pub step: Step,
    /// How late the generator took up a message that was due.
    pub lag: Times,
    /// What went wrong, by its name.
    pub errors: BTreeMap<String, u64>,
    /// Sends that were asked to come again, by the code.
    pub retried: BTreeMap<String, u64>,
    /// Lost races of supervisors, by the code: what shows that they competed.
    pub races: BTreeMap<&'static str, u64>,
    /// Sockets that had to be opened again.
    pub reconnects: u64,
}

impl Meter {
    /// The latencies whole.
    pub fn distributions(&self) -> Distributions {
        Distributions {
            send_to_partner: self.send_to_partner.counts(),
            send_to_ok: self.send_to_ok.counts(),
            hold_to_queue: self.hold_to_queue.counts(),
        }
    }

    /// A message was at its partner so long after it was to be sent.
    pub fn partner(&mut self, latency: Duration) {
        self.send_to_partner.add(latency);
        self.step.to_partner.add(latency);
    }

    /// A held message was at a supervisor so long after it was to be sent.
    pub fn queue(&mut self, latency: Duration) {
        self.hold_to_queue.add(latency);
        self.step.to_queue.add(latency);
    }

    /// Counts an error.
    pub fn error(&mut self, name: impl Into<String>) {
        *self.errors.entry(name.into()).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_in_milliseconds() {
        let mut times = Times::default();
        for ms in 1..=1_000 {
            times.add(Duration::from_millis(ms));
        }
        let got = times.quantiles();
        assert!((got.p50 - 500.0).abs() < 1.0 && (got.p99 - 990.0).abs() < 1.0 && (got.max - 1_000.0).abs() < 1.0);
        assert_eq!(got.count, 1_000);
    }

    #[test]
    fn a_distribution_that_was_written_down_and_joined_has_the_quantiles_of_all() {
        let (mut all, mut parts) = (Times::default(), [Times::default(), Times::default()]);
        for ms in 1..=2_000_u64 {
            let time = Duration::from_millis(ms * 3);
            all.add(time);
            parts[ms as usize % 2].add(time);
        }
        let mut joined = Times::of(&parts[0].counts());
        joined.join(&Times::of(&parts[1].counts()));
        assert_eq!(joined.quantiles(), all.quantiles());
    }

    #[test]
    fn no_times_are_zeros_and_the_longest_is_kept_in_bounds() {
        assert_eq!(Times::default().quantiles().p999, 0.0);
        let mut times = Times::default();
        times.add(Duration::from_secs(100_000));
        times.add(Duration::ZERO);
        assert_eq!(times.count(), 2);
    }
}
