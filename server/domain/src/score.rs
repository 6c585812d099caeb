//! The score-card of rules: how often each held a message, how often a person agreed, and what it cost in waiting. It says what
//! to look at; it changes no rule.

use crate::quarantine::OutcomeName;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// From how many decided holds on a rule is proposed for a review.
pub const REVIEW_HOLDS_MIN: usize = 50;
/// Below which share of holds that a person upheld.
pub const REVIEW_UPHELD_MAX: f64 = 0.2;

/// An item as the score-card reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The rules that saw something, and whether what they saw was urgent.
    pub rules: Vec<(String, bool)>,
    /// How it ended, if it did.
    pub outcome: Option<OutcomeName>,
    /// Since when it waited.
    pub held_at: Timestamp,
    /// Until when.
    pub closed_at: Option<Timestamp>,
}

/// What one rule did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Score {
    /// Its id.
    pub rule: String,
    /// How many messages it helped to hold.
    pub holds: usize,
    /// How many of them a person released as they were.
    pub released: usize,
    /// How many a person altered, rejected or sent back to be said differently: true hits.
    pub upheld: usize,
    /// How many still wait, were taken back, or expired: nobody said.
    pub unsaid: usize,
    /// Its last true hit.
    #[cfg_attr(test, ts(type = "string | null"), schemars(with = "Option<String>"))]
    pub last_upheld_at: Option<Timestamp>,
    /// How long messages waited that it alone held and a person released as they were, in milliseconds.
    #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
    pub delay_ms: i64,
    /// Whether so few of its holds were upheld that somebody should look at it. Never for a rule that saw something urgent.
    pub review: bool,
}

impl Score {
    /// The share of its decided holds that were released as they were; nothing while none is decided.
    pub fn released_share(&self) -> Option<f64> {
        let decided = self.released + self.upheld;
        (decided > 0).then(|| self.released as f64 / decided as f64)
    }
}

impl Judged {
    /// How long it waited until a person decided on it; nothing while nobody did.
    pub fn waited_ms(&self) -> Option<i64> {
        let decided = match self.outcome? {
            OutcomeName::Released | OutcomeName::Altered | OutcomeName::Rejected | OutcomeName::Rephrase => true,
            OutcomeName::Withdrawn | OutcomeName::Expired => false,
        };
        self.closed_at.filter(|_| decided).map(|closed| closed.since_ms(self.held_at).max(0))
    }
}

/// The middle of what people took to decide on some items; nothing if they decided on none.
pub fn median_wait_ms(items: &[Judged]) -> Option<i64> {
    let mut waits: Vec<i64> = items.iter().filter_map(Judged::waited_ms).collect();
    waits.sort_unstable();
    waits.get(waits.len() / 2).copied()
}

/// The score-card of some items, the rule with the most holds first.
pub fn score(items: &[Judged]) -> Vec<Score> {
    let mut scores: BTreeMap<&str, (Score, bool)> = BTreeMap::new();
    for item in items {
        let mut seen: Vec<&str> = Vec::new();
        for (rule, urgent) in &item.rules {
            let (score, ever_urgent) = scores.entry(rule).or_insert_with(|| (empty(rule), false));
            *ever_urgent |= urgent;
            if seen.contains(&rule.as_str()) {
                continue;
            }
            seen.push(rule);
            count(score, item);
        }
        // A wait is put down to a rule only if no other would have held the message as well.
        if let ([rule], Some(OutcomeName::Released), Some(closed_at)) = (&seen[..], item.outcome, item.closed_at)
            && let Some((score, _)) = scores.get_mut(rule)
        {
            score.delay_ms += closed_at.since_ms(item.held_at).max(0);
        }
    }
    let mut all: Vec<Score> = scores.into_values().map(|(score, urgent)| reviewed(score, urgent)).collect();
    all.sort_by(|a, b| b.holds.cmp(&a.holds).then_with(|| a.rule.cmp(&b.rule)));
    all
}

fn empty(rule: &str) -> Score {
    Score {
        rule: rule.to_owned(),
        holds: 0,
        released: 0,
        upheld: 0,
        unsaid: 0,
        last_upheld_at: None,
        delay_ms: 0,
        review: false,
    }
}

fn count(score: &mut Score, item: &Judged) {
    score.holds += 1;
    match item.outcome {
        Some(OutcomeName::Released) => score.released += 1,
        Some(OutcomeName::Altered | OutcomeName::Rejected | OutcomeName::Rephrase) => {
            score.upheld += 1;
            score.last_upheld_at = score.last_upheld_at.max(Some(item.held_at));
        }
        Some(OutcomeName::Withdrawn | OutcomeName::Expired) | None => score.unsaid += 1,
    }
}

fn reviewed(score: Score, urgent: bool) -> Score {
    let decided = score.released + score.upheld;
    let upheld = score.upheld as f64 / decided.max(1) as f64;
    Score { review: !urgent && decided >= REVIEW_HOLDS_MIN && upheld < REVIEW_UPHELD_MAX, ..score }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(rules: &[&str], outcome: Option<OutcomeName>) -> Judged {
        Judged {
            rules: rules.iter().map(|rule| ((*rule).to_owned(), false)).collect(),
            outcome,
            held_at: Timestamp(1_000),
            closed_at: outcome.map(|_| Timestamp(61_000)),
        }
    }

    #[test]
    fn a_rule_is_scored_by_what_people_decided() {
        let items = [
            item(&["a.one"], Some(OutcomeName::Released)),
            item(&["a.one", "a.one", "b.two"], Some(OutcomeName::Rejected)),
            item(&["b.two"], None),
            item(&["a.one", "b.two"], Some(OutcomeName::Released)),
        ];
        let scores = score(&items);
        let (one, two) = (&scores[0], &scores[1]);
        assert_eq!((one.rule.as_str(), one.holds, one.released, one.upheld, one.unsaid), ("a.one", 3, 2, 1, 0));
        assert_eq!((two.holds, two.released, two.upheld, two.unsaid), (3, 1, 1, 1));
        assert_eq!(one.delay_ms, 60_000, "the wait that two rules caused is put down to neither");
        assert_eq!(one.last_upheld_at, Some(Timestamp(1_000)));
        assert_eq!(one.released_share(), Some(2.0 / 3.0));
    }

    #[test]
    fn only_what_a_person_decided_says_how_long_a_decision_takes() {
        let waited =
            |ms: i64, outcome| Judged { closed_at: Some(Timestamp(1_000 + ms)), ..item(&["a.one"], Some(outcome)) };
        let mut items =
            vec![item(&["a.one"], None), waited(9, OutcomeName::Withdrawn), waited(8, OutcomeName::Expired)];
        assert_eq!(median_wait_ms(&items), None);
        items.extend(
            [(5, OutcomeName::Released), (1, OutcomeName::Rejected), (3, OutcomeName::Rephrase)]
                .map(|(ms, o)| waited(ms, o)),
        );
        assert_eq!(median_wait_ms(&items), Some(3));
    }

    #[test]
    fn a_rule_that_is_rarely_upheld_is_proposed_for_a_review_unless_it_sees_what_is_urgent() {
        let mut items = vec![item(&["a.one"], Some(OutcomeName::Released)); REVIEW_HOLDS_MIN];
        assert!(score(&items)[0].review);
        assert!(!score(&items[1..])[0].review, "too few to tell");
        items[0].rules[0].1 = true;
        assert!(!score(&items)[0].review);
    }
}
