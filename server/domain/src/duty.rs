//! Who is on duty: shifts, and whom an item rings. A shift is at a tier: whoever watches the queue has the first, whoever is on call
//! the second, the lead the third. What rings at a tier rings everybody up to it.

use crate::ids::{AccountId, ShiftId, SiteId};
use crate::quarantine::TIER_MAX;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A shift that nobody ended is over after so long, in milliseconds: fourteen hours.
pub const SHIFT_MS_MAX: i64 = 14 * 60 * 60 * 1_000;
/// The longest note that a shift leaves to the next, in code points.
pub const HANDOVER_CHARS_MAX: usize = 2_000;
/// How long such a note is kept, in milliseconds: thirty days. It may name people.
pub const HANDOVER_KEPT_MS: i64 = 30 * 24 * 60 * 60 * 1_000;

/// What happened to a shift, for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShiftAct {
    /// Somebody is on duty from now on.
    Start,
    /// They are no more.
    Finish,
}

/// The time that somebody is on duty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// Its id.
    pub id: ShiftId,
    /// In which scheme.
    pub site: SiteId,
    /// Whose.
    pub account: AccountId,
    /// 1 watches the queue, 2 is on call, 3 leads.
    pub tier: u8,
    /// Since when.
    pub started_at: Timestamp,
    /// When it was ended.
    pub ended_at: Option<Timestamp>,
    /// What it leaves to the next; nothing once that was long ago.
    pub note: Option<String>,
}

impl Shift {
    /// Whether its person is on duty: it was not ended, and is no older than a shift can be.
    pub fn is_on(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && now.since_ms(self.started_at) < SHIFT_MS_MAX
    }
}

/// Whether there is such a tier.
pub fn is_tier(tier: u8) -> bool {
    (1..=TIER_MAX).contains(&tier)
}

/// Who of a site may be rung.
#[derive(Debug, Clone, Default)]
pub struct Team {
    /// Shifts that nobody ended.
    pub shifts: Vec<Shift>,
    /// Those of sites that share the rota.
    pub shared: Vec<Shift>,
    /// Supervisors whose device is connected.
    pub connected: Vec<AccountId>,
    /// Everybody who answers for the site: its supervisors and its coordinators.
    pub everybody: Vec<AccountId>,
}

/// Whom an item at this tier rings: who is on duty up to it; where nobody is, whoever is on duty at all; then who is on duty in a site that
/// shares the rota; then whoever is there without a shift; and at last everybody who answers for the site, on duty or not.
pub fn rung(team: &Team, tier: u8, now: Timestamp) -> Vec<AccountId> {
    let on = |shifts: &[Shift], up_to: u8| {
        let on = shifts.iter().filter(move |shift| shift.is_on(now) && shift.tier <= up_to);
        on.map(|shift| shift.account).collect::<Vec<_>>()
    };
    let own = &team.shifts;
    let choices =
        [on(own, tier), on(own, TIER_MAX), on(&team.shared, TIER_MAX), team.connected.clone(), team.everybody.clone()];
    choices.into_iter().find(|people| !people.is_empty()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(SHIFT_MS_MAX * 3);

    fn shift(who: u128, tier: u8, for_ms: i64) -> Shift {
        Shift {
            id: ShiftId::from_bits(who),
            site: SiteId::from_bits(1),
            account: AccountId::from_bits(who),
            tier,
            started_at: NOW.plus_ms(-for_ms),
            ended_at: None,
            note: None,
        }
    }

    fn who(shifts: &[Shift], tier: u8) -> Vec<u128> {
        let team = Team { shifts: shifts.to_vec(), ..Team::default() };
        rung(&team, tier, NOW).iter().map(|who| who.bits()).collect()
    }

    #[test]
    fn a_higher_tier_rings_more_people_and_an_empty_one_rings_whoever_is_there() {
        let all = [shift(1, 1, 10), shift(2, 2, 10), shift(3, 3, 10)];
        assert_eq!((who(&all, 1), who(&all, 2), who(&all, 3)), (vec![1], vec![1, 2], vec![1, 2, 3]));
        assert_eq!(who(&all[2..], 1), [3], "only the lead is on duty: they are rung at once");
        assert!(who(&[], 3).is_empty());
    }

    #[test]
    fn where_nobody_is_on_duty_whoever_is_there_is_rung_and_else_everybody_who_answers() {
        let (there, all) = (AccountId::from_bits(8), [8, 9].map(AccountId::from_bits).to_vec());
        let shifts = vec![shift(1, 2, 10)];
        let team = Team { shifts, shared: vec![shift(7, 1, 10)], connected: vec![there], everybody: all.clone() };
        assert_eq!(rung(&team, 1, NOW), [AccountId::from_bits(1)]);
        let team = Team { shifts: Vec::new(), ..team };
        assert_eq!(rung(&team, 1, NOW), [AccountId::from_bits(7)], "a site that shares the rota");
        let team = Team { shared: Vec::new(), ..team };
        assert_eq!(rung(&team, 1, NOW), [there]);
        assert_eq!(rung(&Team { connected: Vec::new(), ..team }, 1, NOW), all);
    }

    #[test]
    fn a_shift_that_was_ended_or_forgotten_rings_nobody() {
        let ended = Shift { ended_at: Some(NOW), ..shift(1, 1, 10) };
        let forgotten = shift(2, 1, SHIFT_MS_MAX);
        assert!(who(&[ended, forgotten], 3).is_empty());
        assert_eq!(who(&[shift(3, 1, SHIFT_MS_MAX - 1)], 1), [3]);
        assert!(is_tier(1) && is_tier(TIER_MAX) && !is_tier(0) && !is_tier(TIER_MAX + 1));
    }
}
