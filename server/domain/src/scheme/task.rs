//! What a coordinator should do next: a list made anew from what is, so that nothing on it can be forgotten or done twice.

use crate::ids::{AccountId, ConversationId, GlassId, PaperId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What kind of task it is, the most pressing first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// A mentor is worried, and nobody has dealt with it.
    Concern,
    /// Messages wait, and nobody is on duty.
    Uncovered,
    /// The certificate of the server ends: whoever runs it must be told. `about` is how many days are left.
    Certificate,
    /// What the scheme must have written down before the law is missing, or must be looked at again. `about` is its kind.
    SitePaper,
    /// Somebody read a real name, and no second person has read of it.
    Glass,
    /// Somebody left custody, and has not met their mentor within three working days.
    FirstMeeting,
    /// A mentor has not confirmed what they must know.
    Briefing,
    /// A mentee without a mentor.
    Unmatched,
    /// A mentee of whom the referrer has not said why, which risks, which restrictions.
    NoReferral,
    /// Somebody whose invitation has run out, or who has none.
    NotJoined,
    /// A relationship in which nobody has written for two weeks.
    Silent,
    /// A meeting whose time has passed, and of which nobody has said whether it was.
    Meeting,
    /// A check or a training lapses within thirty days, or has lapsed.
    Check,
    /// A condition ends within two weeks.
    Condition,
    /// A relationship's planned end is within two weeks, or has passed.
    PlanEnds,
    /// A rule of the filter holds back what supervisors release.
    Rule,
    /// An article must be read again.
    Article,
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// What.
    pub kind: TaskKind,
    /// About whom or what, as people call it.
    pub about: String,
    /// The person whose page it is done on.
    pub account: Option<AccountId>,
    /// The relationship whose page it is done on.
    pub conversation: Option<ConversationId>,
    /// The paper that it is about.
    pub paper: Option<PaperId>,
    /// The glass that it is about.
    pub glass: Option<GlassId>,
    /// Since when it waits, or by when it must be done.
    pub at: Option<Timestamp>,
}

const DAY_MS: i64 = 24 * 3_600 * 1_000;
/// How long a relationship may be silent, in milliseconds.
pub const SILENT_MS: i64 = 14 * DAY_MS;
/// How long before it lapses a check is thought of.
pub const CHECK_MS: i64 = 30 * DAY_MS;
/// How long before its end a plan or a condition is thought of.
pub const END_MS: i64 = 14 * DAY_MS;
/// Tasks on one page.
pub const TASKS_MAX: usize = 500;

/// Whether a day that a paper names is near enough to be thought of, or has passed.
pub fn near(due: Option<Timestamp>, before_ms: i64, now: Timestamp) -> bool {
    due.is_some_and(|due| due.since_ms(now) <= before_ms)
}

/// Whether a relationship has been silent for too long; one that never spoke counts from its beginning.
pub fn silent(last_said: Option<Timestamp>, began: Timestamp, now: Timestamp) -> bool {
    now.since_ms(last_said.unwrap_or(began)) > SILENT_MS
}

/// How long a relationship has lasted before it is first asked whether it helps, and how often it is asked again.
pub const PULSE_FIRST_MS: i64 = 14 * DAY_MS;
/// See [`PULSE_FIRST_MS`].
pub const PULSE_AGAIN_MS: i64 = 30 * DAY_MS;

/// Whether it is time to ask somebody whether this helps.
pub fn asks_pulse(began: Timestamp, answered: Option<Timestamp>, now: Timestamp) -> bool {
    let again = answered.is_none_or(|at| now.since_ms(at) >= PULSE_AGAIN_MS);
    now.since_ms(began) >= PULSE_FIRST_MS && again
}

/// The end of the third working day after a day: a Saturday and a Sunday are none. Bank holidays are not known here.
pub fn third_working_day(day: Timestamp) -> Timestamp {
    let (mut at, mut left) = (day, 3);
    while left > 0 {
        at = at.plus_ms(DAY_MS);
        // 1 January 1970 was a Thursday.
        let weekday = (at.0.div_euclid(DAY_MS) + 3).rem_euclid(7);
        left -= i32::from(weekday < 5);
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_meeting_is_due_on_the_third_working_day_after_a_release() {
        for (released, due) in [
            ("2026-11-30", "2026-12-03"), // a Monday: Thursday
            ("2026-12-03", "2026-12-08"), // a Thursday: Tuesday
            ("2026-12-04", "2026-12-09"), // a Friday: Wednesday
            ("2026-12-05", "2026-12-09"), // a Saturday: Wednesday
        ] {
            let day = Timestamp::end_of_day(released).unwrap();
            assert_eq!(third_working_day(day).date(), due, "{released}");
        }
    }

    #[test]
    fn people_are_asked_after_two_weeks_and_then_once_a_month() {
        let at = |days: i64| Timestamp(days * DAY_MS);
        assert!(!asks_pulse(at(0), None, at(13)) && asks_pulse(at(0), None, at(14)));
        assert!(!asks_pulse(at(0), Some(at(14)), at(43)) && asks_pulse(at(0), Some(at(14)), at(44)));
    }

    #[test]
    fn silence_counts_from_the_last_word_or_from_the_beginning() {
        let now = Timestamp(SILENT_MS + 10);
        assert!(silent(None, Timestamp(9), now) && !silent(None, Timestamp(10), now));
        assert!(!silent(Some(Timestamp(10)), Timestamp(0), now) && silent(Some(Timestamp(9)), Timestamp(0), now));
    }

    #[test]
    fn what_has_lapsed_is_near_too() {
        assert!(near(Some(Timestamp(0)), 5, Timestamp(100)) && near(Some(Timestamp(105)), 5, Timestamp(100)));
        assert!(!near(Some(Timestamp(106)), 5, Timestamp(100)) && !near(None, 5, Timestamp(100)));
    }
}
