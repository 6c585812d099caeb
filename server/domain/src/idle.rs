//! When a session ends because nobody does anything in it: a phone that is shared lies on a table, a page stays open in an office.

use crate::people::Role;
use crate::time::Timestamp;

/// How much later than a person's last touch the server may hear of it: pages tell once a minute, and nodes write twice a minute.
pub const GRACE_MS: i64 = 2 * 60 * 1_000;

/// A session, as far as this asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub role: Role,
    /// When its person last did something.
    pub seen_at: Timestamp,
    /// It is on a phone that its person said is theirs alone: that has a lock of its own, and is told that something waits.
    pub own_phone: bool,
    /// Its person is on duty: a quiet night is no reason to leave the queue alone.
    pub on_duty: bool,
    /// It has an end at all; a demonstration's has none.
    pub ends: bool,
}

/// After how long without a touch a session of this kind ends; never, if nothing.
pub fn limit_ms(session: Session, idle_ms: i64) -> Option<i64> {
    (session.ends && !session.own_phone && !session.on_duty).then_some(idle_ms)
}

/// Whether it is over now.
pub fn is_over(session: Session, idle_ms: i64, now: Timestamp) -> bool {
    limit_ms(session, idle_ms).is_some_and(|limit| now.since_ms(session.seen_at) > limit + GRACE_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;
    const NOW: Timestamp = Timestamp(1_000 * MINUTE);

    fn seen(minutes: i64) -> Session {
        let seen_at = NOW.plus_ms(-minutes * MINUTE);
        Session { role: Role::Mentee, seen_at, own_phone: false, on_duty: false, ends: true }
    }

    #[test]
    fn a_session_in_which_nobody_does_anything_is_over_after_its_time_and_the_grace() {
        assert!(!is_over(seen(32), 30 * MINUTE, NOW));
        assert!(is_over(seen(33), 30 * MINUTE, NOW));
    }

    #[test]
    fn ones_own_phone_who_is_on_duty_and_what_has_no_end_stay() {
        let long = seen(10_000);
        for stays in
            [Session { own_phone: true, ..long }, Session { on_duty: true, ..long }, Session { ends: false, ..long }]
        {
            assert!(!is_over(stays, MINUTE, NOW), "{stays:?}");
            assert_eq!(limit_ms(stays, MINUTE), None);
        }
    }
}
