//! Says in time that a certificate ends: once a day in its last thirty days, and as an error in its last seven. What it costs to
//! say so is nothing; what it costs not to is every phone at once.

use handrail_domain::time::Timestamp;

const DAY_MS: i64 = 24 * 3_600 * 1_000;
/// From so many days before its end on, it is said.
const WARN_DAYS: i64 = 30;
/// From so many on, it is an error.
const ERROR_DAYS: i64 = 7;

/// How loudly something is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loud {
    Warn,
    Error,
}

/// Whole days that are left until an end; negative after it.
pub(super) fn days_left(end: Timestamp, now: Timestamp) -> i64 {
    end.since_ms(now).div_euclid(DAY_MS)
}

/// What was said last, so that it is said once a day.
#[derive(Debug, Default)]
pub(super) struct Reminder {
    said: Option<i64>,
}

impl Reminder {
    /// Whether it is time to say how many days are left, and how loudly.
    pub(super) fn due(&mut self, left: i64) -> Option<Loud> {
        if left > WARN_DAYS {
            self.said = None;
            return None;
        }
        let again = self.said.is_none_or(|said| left < said);
        self.said = Some(left);
        again.then_some(if left <= ERROR_DAYS { Loud::Error } else { Loud::Warn })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_that_comes_near_is_said_once_a_day_and_louder_in_the_last_week() {
        let mut reminder = Reminder::default();
        let day = |left: i64| days_left(Timestamp(100 * DAY_MS), Timestamp((100 - left) * DAY_MS));
        assert_eq!(reminder.due(day(31)), None);
        assert_eq!(reminder.due(day(30)), Some(Loud::Warn));
        assert_eq!(reminder.due(day(30)), None, "once a day");
        assert_eq!((reminder.due(day(29)), reminder.due(day(8))), (Some(Loud::Warn), Some(Loud::Warn)));
        assert_eq!(
            (reminder.due(day(7)), reminder.due(day(0)), reminder.due(day(-1))),
            (Some(Loud::Error), Some(Loud::Error), Some(Loud::Error))
        );
        assert_eq!(reminder.due(day(90)), None, "it was renewed");
        assert_eq!(reminder.due(day(30)), Some(Loud::Warn), "and comes near again");
    }

    #[test]
    fn the_last_day_counts_as_none() {
        assert_eq!(days_left(Timestamp(DAY_MS - 1), Timestamp(0)), 0);
        assert_eq!(days_left(Timestamp(0), Timestamp(1)), -1);
    }
}
