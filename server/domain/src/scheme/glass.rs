//! Breaking the glass: reading who somebody really is. For a reason, for half an hour, with every reading in the log and a second person
//! told.

use crate::ids::{AccountId, GlassId, SiteId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// For how long a glass stays open, in milliseconds.
pub const GLASS_MS: i64 = 30 * 60_000;
/// The shortest and the longest reason, in characters.
pub const GLASS_REASON_CHARS: std::ops::RangeInclusive<usize> = 10..=500;

/// A glass that somebody broke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glass {
    /// Its id.
    pub id: GlassId,
    /// In which scheme.
    pub site: SiteId,
    /// Whose name is behind it.
    pub account: AccountId,
    /// Who broke it.
    pub by: AccountId,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
    /// Until when it is open.
    pub until: Timestamp,
    /// The second person, once they have read of it.
    pub seen_by: Option<AccountId>,
}

impl Glass {
    /// Whether somebody may read behind it now.
    pub fn open_to(&self, who: AccountId, now: Timestamp) -> bool {
        self.by == who && self.at <= now && now <= self.until
    }

    /// Whether somebody may say that they have read of it: anybody but who broke it, once.
    pub fn may_be_seen_by(&self, who: AccountId) -> bool {
        self.seen_by.is_none() && self.by != who
    }
}

/// What happened to a glass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GlassAct {
    /// It was broken.
    Break,
    /// What is behind it was read.
    Read,
    /// A second person has read of it.
    See,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glass_is_open_to_who_broke_it_for_half_an_hour_and_seen_by_somebody_else() {
        let (me, you) = (AccountId::from_bits(1), AccountId::from_bits(2));
        let glass = Glass {
            id: GlassId::from_bits(1),
            site: SiteId::from_bits(1),
            account: AccountId::from_bits(3),
            by: me,
            reason: String::new(),
            at: Timestamp(0),
            until: Timestamp(GLASS_MS),
            seen_by: None,
        };
        assert!(glass.open_to(me, Timestamp(GLASS_MS)) && !glass.open_to(me, Timestamp(GLASS_MS + 1)));
        assert!(!glass.open_to(you, Timestamp(1)));
        assert!(glass.may_be_seen_by(you) && !glass.may_be_seen_by(me));
        assert!(!Glass { seen_by: Some(you), ..glass }.may_be_seen_by(AccountId::from_bits(4)));
    }
}
