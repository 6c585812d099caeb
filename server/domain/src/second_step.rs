//! The second step of a sign-in: beside the password, a code from an app on one's own phone (RFC 6238), or one of the spare codes that
//! were written down when it was set. What matters most asks for a code again. Who has lost both is let in by two colleagues.

use crate::ids::AccountId;
use crate::people::Role;
use crate::refusal::Code;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// How long a code that was given counts for what matters (OWASP ASVS 5.0, 7.5.3, asks for one at each such act).
pub const PROOF_MS: i64 = 5 * 60 * 1_000;
/// Seconds that one code of the app stands for (RFC 6238, 5.2).
pub const STEP_SECONDS: u64 = 30;
/// Spare codes that are given out when a second step is set.
pub const SPARE_CODES: usize = 10;
/// How long one colleague's word to take a second step away waits for another's.
pub const TAKE_AWAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// How it stands with an account's second step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// There is none, and none is asked for.
    Off,
    /// There is none, and nothing may be done before there is.
    Missing,
    /// There is one, and it is asked for.
    Set,
}

/// How it stands for this role, where the operator asks staff for it or does not.
pub fn step_state(role: Role, asked_of_staff: bool, set: bool) -> StepState {
    match (set, asked_of_staff && is_staff(role)) {
        (true, _) => StepState::Set,
        (false, true) => StepState::Missing,
        (false, false) => StepState::Off,
    }
}

/// Those who see what others wrote. A guest officer reads what is written to them, and mentees may share a phone: they are not asked.
pub fn is_staff(role: Role) -> bool {
    match role {
        Role::Supervisor | Role::Coordinator | Role::Operator => true,
        Role::Mentee | Role::Mentor | Role::GuestOfficer => false,
    }
}

/// Whether a code that was given then still counts.
pub fn is_fresh(proved_at: Timestamp, now: Timestamp) -> bool {
    (0..PROOF_MS).contains(&now.since_ms(proved_at))
}

/// That a colleague asked for somebody's second step to be taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Who asked.
    pub by: AccountId,
    /// When.
    pub at: Timestamp,
}

impl Asked {
    /// Whether it still waits for another's word.
    pub fn holds(self, now: Timestamp) -> bool {
        now.since_ms(self.at) < TAKE_AWAY_MS
    }
}

/// What a colleague's word does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakeAway {
    /// It waits for another's.
    Ask,
    /// It is the second: the step is gone.
    Done,
}

/// One person alone takes nobody's second step away, and nobody their own (OWASP ASVS 5.0, 6.4.6).
pub fn take_away(asked: Option<Asked>, by: AccountId, of: AccountId, now: Timestamp) -> Result<TakeAway, Code> {
    if by == of {
        return Err(Code::Forbidden);
    }
    let other = asked.filter(|asked| asked.by != by && asked.holds(now));
    Ok(if other.is_some() { TakeAway::Done } else { TakeAway::Ask })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 60 * 60 * 1_000;

    fn id(n: u128) -> AccountId {
        AccountId::from_bits(n)
    }

    #[test]
    fn staff_alone_must_have_one_and_whoever_has_one_is_asked() {
        for role in Role::ALL {
            let must = matches!(role, Role::Supervisor | Role::Coordinator | Role::Operator);
            assert_eq!(
                step_state(role, true, false),
                if must { StepState::Missing } else { StepState::Off },
                "{role:?}"
            );
            assert_eq!(step_state(role, false, false), StepState::Off);
            assert_eq!(step_state(role, false, true), StepState::Set);
        }
    }

    #[test]
    fn a_code_counts_for_five_minutes_and_not_before_it_was_given() {
        let given = Timestamp(1_000_000);
        assert!(is_fresh(given, given) && is_fresh(given, given.plus_ms(PROOF_MS - 1)));
        assert!(!is_fresh(given, given.plus_ms(PROOF_MS)) && !is_fresh(given, given.plus_ms(-1)));
    }

    #[test]
    fn a_second_step_is_taken_away_by_two_colleagues_within_a_day() {
        let (of, one, two, now) = (id(1), id(2), id(3), Timestamp(100 * HOUR));
        let asked = |hours: i64| Some(Asked { by: one, at: now.plus_ms(-hours * HOUR) });
        assert_eq!(take_away(None, one, of, now), Ok(TakeAway::Ask));
        assert_eq!(take_away(asked(1), one, of, now), Ok(TakeAway::Ask), "twice the same colleague");
        assert_eq!(take_away(asked(1), two, of, now), Ok(TakeAway::Done));
        assert_eq!(take_away(asked(24), two, of, now), Ok(TakeAway::Ask), "asked too long ago");
        assert_eq!(take_away(asked(1), of, of, now), Err(Code::Forbidden), "one's own");
    }
}
