//! Restricted terms: the names, places and things that a person's conditions forbid to be spoken of in one relationship, each
//! with its reason, who answers for it, and the day on which it ends by itself. Neither party is ever shown them.

use crate::filter::{Restricted, Term};
use crate::ids::{AccountId, ConversationId, RestrictionId};
use crate::people::Account;
use crate::policy::may;
use crate::refusal::Refusal;
use crate::rights::Right;
use crate::time::Timestamp;

/// The longest reason, in code points.
pub const REASON_CHARS_MAX: usize = 500;

/// A restricted term of a relationship.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restriction {
    /// Its id; findings name it.
    pub id: RestrictionId,
    /// The relationship in which it holds.
    pub conversation: ConversationId,
    /// The name, place or thing.
    pub term: String,
    /// Why, for the supervisor.
    pub reason: String,
    /// Who answers for it.
    pub owner: AccountId,
    /// Since when it holds.
    pub created_at: Timestamp,
    /// Until when it holds, unless it ends before.
    pub until: Timestamp,
    /// When it ended before its time.
    pub ended_at: Option<Timestamp>,
}

/// Why a restriction cannot be made, with what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestrictionError(pub String);

impl Restriction {
    /// The restriction if it can be made: a term that can be looked for, a reason, and an end that is still to come.
    pub fn check(self) -> Result<Self, RestrictionError> {
        let chars = self.reason.trim().chars().count();
        if !(1..=REASON_CHARS_MAX).contains(&chars) {
            return Err(RestrictionError(format!("a reason has 1 to {REASON_CHARS_MAX} characters: say why it holds")));
        }
        if self.until <= self.created_at {
            return Err(RestrictionError("its end has passed already: give a later day".into()));
        }
        Restricted::new(&[self.term()]).map_err(RestrictionError)?;
        Ok(self)
    }

    /// Whether it holds at a moment.
    pub fn in_force(&self, now: Timestamp) -> bool {
        self.ended_at.is_none_or(|ended| now < ended) && now <= self.until
    }

    /// How the filter looks for it.
    pub fn term(&self) -> Term {
        Term { id: self.id.to_string(), text: self.term.clone(), why: self.reason.trim().to_owned() }
    }
}

/// Whether an account may answer for a restriction: staff who run or supervise the scheme, or the officer of a person.
pub fn may_own(account: &Account) -> Result<(), Refusal> {
    may(account, Right::OwnRestrictions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::SiteId;
    use crate::people::Role;

    fn restriction() -> Restriction {
        Restriction {
            id: RestrictionId::from_bits(1),
            conversation: ConversationId::from_bits(1),
            term: "Hollins Park".into(),
            reason: "Exclusion zone".into(),
            owner: AccountId::from_bits(1),
            created_at: Timestamp(10),
            until: Timestamp(20),
            ended_at: None,
        }
    }

    #[test]
    fn a_restriction_ends_by_itself_or_before_its_time() {
        assert!(restriction().in_force(Timestamp(20)) && !restriction().in_force(Timestamp(21)));
        let ended = Restriction { ended_at: Some(Timestamp(15)), ..restriction() };
        assert!(ended.in_force(Timestamp(14)) && !ended.in_force(Timestamp(15)));
    }

    #[test]
    fn a_restriction_needs_a_term_a_reason_and_an_end_to_come() {
        assert!(restriction().check().is_ok());
        for bad in [
            Restriction { term: "x".into(), ..restriction() },
            Restriction { reason: " ".into(), ..restriction() },
            Restriction { until: Timestamp(10), ..restriction() },
        ] {
            assert!(bad.check().is_err());
        }
    }

    #[test]
    fn staff_who_know_the_person_answer_for_a_restriction() {
        for role in Role::ALL {
            let account = |disabled| Account {
                id: AccountId::from_bits(1),
                site: SiteId::from_bits(1),
                role,
                name: String::new(),
                disabled,
            };
            let may = matches!(role, Role::Coordinator | Role::Supervisor | Role::GuestOfficer);
            assert_eq!(may_own(&account(false)).is_ok(), may, "{role:?}");
            assert!(may_own(&account(true)).is_err());
        }
    }
}
