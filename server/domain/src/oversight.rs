//! How a queue has done: how long messages waited, what was decided, what second looks say, and who carried how much. Numbers of a
//! service, not of people: nobody is ranked.

use crate::finding::Severity;
use crate::ids::AccountId;
use crate::look::Look;
use crate::quarantine::OutcomeName;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A message that was held, and what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handled {
    /// How soon a person had to look.
    pub severity: Severity,
    /// Since when it waited.
    pub held_at: Timestamp,
    /// By when somebody should have decided.
    pub due_at: Timestamp,
    /// How it ended, and when; nothing while it has not.
    pub ended: Option<(OutcomeName, Timestamp)>,
    /// Who decided, if a person did.
    pub by: Option<AccountId>,
}

/// How long some messages waited until a decision took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waits {
    /// How many were decided.
    pub decided: usize,
    /// How many of them within their target time.
    pub in_time: usize,
    /// What half of them waited at most, in milliseconds.
    pub p50_ms: Option<i64>,
    /// What all but one in twenty waited at most, in milliseconds.
    pub p95_ms: Option<i64>,
}

/// What second looks say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Looks {
    /// Messages that the filter let pass, of which somebody said what they think.
    pub passed: usize,
    /// How many of these they would have kept back: the filter missed them.
    pub missed: usize,
    /// Decisions that were drawn at random and looked at.
    pub decided: usize,
    /// How many of these they would have made otherwise.
    pub otherwise: usize,
    /// Decisions that were looked at because somebody asked.
    pub asked: usize,
    /// How many of these they would have made otherwise.
    pub reversed: usize,
}

/// What one person carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Load {
    /// How long they were on duty, in milliseconds.
    pub on_duty_ms: i64,
    /// How many messages they decided on.
    pub decided: usize,
    /// How many of these were high or urgent.
    pub serious: usize,
}

impl Handled {
    /// How long it waited for a person, if one decided.
    fn waited_ms(&self) -> Option<i64> {
        let (outcome, at) = self.ended?;
        let by_a_person = match outcome {
            OutcomeName::Released | OutcomeName::Altered | OutcomeName::Rejected | OutcomeName::Rephrase => true,
            OutcomeName::Withdrawn | OutcomeName::Expired => false,
        };
        by_a_person.then(|| at.since_ms(self.held_at).max(0))
    }

    fn in_time(&self) -> bool {
        self.ended.is_some_and(|(_, at)| at <= self.due_at)
    }

    /// The hour of the day at which it was held, on a clock that is so many minutes ahead of UTC.
    pub fn hour(&self, ahead_min: i64) -> u8 {
        let hours = (self.held_at.0.div_euclid(60_000) + ahead_min).div_euclid(60);
        u8::try_from(hours.rem_euclid(24)).unwrap_or(0)
    }
}

/// How long these waited.
pub fn waits<'a>(handled: impl IntoIterator<Item = &'a Handled>) -> Waits {
    let mut in_time = 0;
    let mut all = Vec::new();
    for one in handled {
        if let Some(ms) = one.waited_ms() {
            all.push(ms);
            in_time += usize::from(one.in_time());
        }
    }
    all.sort_unstable();
    Waits { decided: all.len(), in_time, p50_ms: percentile(&all, 50), p95_ms: percentile(&all, 95) }
}

/// The smallest of these that so many in a hundred do not exceed (the nearest-rank method). They come in order.
fn percentile(sorted: &[i64], share: usize) -> Option<i64> {
    let rank = (sorted.len() * share).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

/// How often each end came, without those that never did.
pub fn mix(handled: &[Handled]) -> Vec<(OutcomeName, usize)> {
    let count =
        |end: OutcomeName| handled.iter().filter(|one| one.ended.is_some_and(|(outcome, _)| outcome == end)).count();
    OutcomeName::ALL.into_iter().map(|end| (end, count(end))).filter(|(_, count)| *count > 0).collect()
}

/// What these looks say.
pub fn looks(all: &[Look]) -> Looks {
    let mut out = Looks::default();
    for look in all {
        let Some(agrees) = look.agrees() else { continue };
        let (seen, against) = match (look.item, look.asked_by) {
            (None, _) => (&mut out.passed, &mut out.missed),
            (Some(_), None) => (&mut out.decided, &mut out.otherwise),
            (Some(_), Some(_)) => (&mut out.asked, &mut out.reversed),
        };
        *seen += 1;
        *against += usize::from(!agrees);
    }
    out
}

/// What each person carried: decisions, beside how long they were on duty.
pub fn loads(handled: &[Handled], on_duty_ms: &BTreeMap<AccountId, i64>) -> BTreeMap<AccountId, Load> {
    let begin = |(who, ms): (&AccountId, &i64)| (*who, Load { on_duty_ms: *ms, ..Load::default() });
    let mut loads: BTreeMap<AccountId, Load> = on_duty_ms.iter().map(begin).collect();
    for one in handled {
        let Some(by) = one.by else { continue };
        let load = loads.entry(by).or_default();
        load.decided += 1;
        load.serious += usize::from(one.severity >= Severity::High);
    }
    loads
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handled(waited_ms: i64, outcome: Option<OutcomeName>) -> Handled {
        Handled {
            severity: Severity::High,
            held_at: Timestamp(0),
            due_at: Timestamp(100),
            ended: outcome.map(|outcome| (outcome, Timestamp(waited_ms))),
            by: Some(AccountId::from_bits(7)),
        }
    }

    #[test]
    fn waits_are_those_of_messages_that_a_person_decided_on() {
        let mut all: Vec<Handled> = (1..=20).map(|n| handled(n * 10, Some(OutcomeName::Released))).collect();
        all.push(handled(5_000, Some(OutcomeName::Withdrawn)));
        all.push(handled(0, None));
        let told = Waits { decided: 20, in_time: 10, p50_ms: Some(100), p95_ms: Some(190) };
        assert_eq!(waits(&all), told);
        assert_eq!(waits(&[]), Waits::default());
        assert_eq!(mix(&all), [(OutcomeName::Released, 20), (OutcomeName::Withdrawn, 1)]);
    }

    #[test]
    fn the_hour_is_that_of_the_clock_on_the_wall() {
        let at = |ms| Handled { held_at: Timestamp(ms), ..handled(0, None) };
        assert_eq!(at(23 * 3_600_000 + 59 * 60_000).hour(0), 23);
        assert_eq!(at(23 * 3_600_000 + 59 * 60_000).hour(60), 0);
        assert_eq!(at(30 * 60_000).hour(-60), 23);
    }

    #[test]
    fn whoever_was_on_duty_is_there_though_nothing_came_and_whoever_decided_though_off_duty() {
        let (quiet, busy) = (AccountId::from_bits(1), AccountId::from_bits(7));
        let loads = loads(&[handled(10, Some(OutcomeName::Rejected))], &BTreeMap::from([(quiet, 60)]));
        assert_eq!(loads[&quiet], Load { on_duty_ms: 60, decided: 0, serious: 0 });
        assert_eq!(loads[&busy], Load { on_duty_ms: 0, decided: 1, serious: 1 });
    }
}
