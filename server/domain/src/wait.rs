//! How long a held message is likely to wait for a person: what its sender is told, so that nobody is left guessing.
//!
//! It rests on two things alone: whether somebody who may decide is there now, and how long the site's last messages waited.
//! It is the median of those waits, since one message that lay over a shift says little about the next. A message that waits now
//! counts too once it has waited longer than that, so that a queue that no longer moves is not promised to be quick. It promises
//! nothing: no act and no clock looks at it.

use crate::quarantine::{Item, State};
use crate::time::Timestamp;

/// So many of a site's last decided messages are looked at, and so many of those that wait now.
pub const LOOKED_AT_MAX: usize = 20;
/// Waits that ended longer ago say nothing about now: a day.
pub const RECENT_MS: i64 = 24 * 60 * 60 * 1_000;

/// How long an item waited until a person's decision took effect, in milliseconds. Nothing if nobody decided, or not lately.
pub fn waited_ms(item: &Item, now: Timestamp) -> Option<i64> {
    match &item.state {
        State::Closed { decided: Some(_), at, .. } if now.since_ms(*at) <= RECENT_MS => {
            Some(at.since_ms(item.held_at).max(0))
        }
        State::Closed { .. } | State::Waiting | State::Claimed { .. } | State::Decided { .. } => None,
    }
}

/// What to tell the sender, in whole seconds and at least one. Nothing while nobody is on duty. Without any wait to go by it is
/// the site's own target.
pub fn expected_wait_s(on_duty: bool, waited_ms: &[i64], waiting_ms: &[i64], target_ms: i64) -> Option<u64> {
    if !on_duty {
        return None;
    }
    let usual = median(waited_ms.to_vec()).unwrap_or(target_ms);
    let stuck = waiting_ms.iter().copied().filter(|so_far| *so_far > usual);
    let all: Vec<i64> = waited_ms.iter().copied().chain(stuck).collect();
    let expected = median(all).unwrap_or(target_ms).max(usual);
    Some(u64::try_from((expected + 999) / 1_000).unwrap_or(0).max(1))
}

/// The middle one, and of two middle ones the longer: rather too long a word than too short.
fn median(mut all: Vec<i64>) -> Option<i64> {
    all.sort_unstable();
    all.get(all.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET_MS: i64 = 600_000;

    fn told(waited_s: &[i64], waiting_s: &[i64]) -> Option<u64> {
        let ms = |all: &[i64]| all.iter().map(|s| s * 1_000).collect::<Vec<_>>();
        expected_wait_s(true, &ms(waited_s), &ms(waiting_s), TARGET_MS)
    }

    #[test]
    fn nothing_is_promised_while_nobody_is_on_duty() {
        assert_eq!(expected_wait_s(false, &[1_000, 2_000], &[], TARGET_MS), None);
    }

    #[test]
    fn a_site_that_has_decided_nothing_lately_says_its_target_or_how_long_others_wait_already() {
        assert_eq!(told(&[], &[]), Some(600));
        assert_eq!(told(&[], &[5]), Some(600));
        assert_eq!(told(&[], &[900, 1_200]), Some(1_200));
    }

    #[test]
    fn one_message_that_lay_over_a_shift_does_not_frighten_the_next_sender() {
        assert_eq!(told(&[60, 90, 120, 40_000], &[]), Some(120));
        assert_eq!(told(&[60, 61], &[]), Some(61));
    }

    #[test]
    fn a_queue_that_no_longer_moves_is_not_promised_to_be_quick() {
        assert_eq!(told(&[60, 60, 60], &[10, 20]), Some(60));
        assert_eq!(told(&[60, 60, 60], &[900, 900, 900, 900]), Some(900));
    }

    #[test]
    fn a_wait_is_at_least_a_second() {
        assert_eq!(told(&[0], &[]), Some(1));
        assert_eq!(expected_wait_s(true, &[1_001], &[], TARGET_MS), Some(2));
    }
}
