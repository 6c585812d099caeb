//! Who may do what. Each question answers with a proof that its asker hands on: a `Permit` to speak, a `Moderator` to decide.
//! Nobody outside this module can make one.

use crate::conversation::{Conversation, ConversationState};
use crate::ids::{AccountId, SiteId};
use crate::people::{Account, Site};
use crate::refusal::{Code, Refusal};
use crate::rights::Right;

/// Proof that an account may speak in a conversation as it is now.
#[derive(Debug)]
pub struct Permit {
    from: AccountId,
}

impl Permit {
    /// The one who may speak.
    pub fn from(&self) -> AccountId {
        self.from
    }
}

/// Proof that an account may decide on an item: staff of its site and no party to its conversation.
#[derive(Debug, Clone, Copy)]
pub struct Moderator {
    who: AccountId,
}

impl Moderator {
    /// The one who may decide.
    pub fn who(&self) -> AccountId {
        self.who
    }
}

/// Proof that an account may tell the supervisors about a conversation: one of its parties.
#[derive(Debug, Clone, Copy)]
pub struct Reporter {
    who: AccountId,
}

impl Reporter {
    /// The one who tells.
    pub fn who(&self) -> AccountId {
        self.who
    }
}

/// Whether `account` may send in `conversation`. To an outsider the conversation does not exist.
pub fn may_send(account: &Account, conversation: &Conversation) -> Result<Permit, Refusal> {
    if account.disabled {
        return Err(Code::Unauthenticated.into());
    }
    let party = conversation.party(account.id).ok_or(Code::NotFound)?;
    match conversation.state {
        ConversationState::Open if party.to_read => Err(Code::BriefingNeeded.into()),
        ConversationState::Open => Ok(Permit { from: account.id }),
        ConversationState::Paused => Err(Code::ConversationPaused.into()),
        ConversationState::Ended => Err(Code::ConversationEnded.into()),
    }
}

/// Whether `account` may tell the supervisors about `conversation`, which a party may whatever its state.
pub fn may_report(account: &Account, conversation: &Conversation) -> Result<Reporter, Refusal> {
    if account.disabled {
        return Err(Code::Unauthenticated.into());
    }
    if conversation.has(account.id) { Ok(Reporter { who: account.id }) } else { Err(Code::NotFound.into()) }
}

/// Whether `account` may write in the library of its site.
pub fn may_write_articles(account: &Account) -> Result<(), Refusal> {
    may(account, Right::WriteLibrary)
}

/// Whether `account` has a right, by the table of roles.
pub fn may(account: &Account, right: Right) -> Result<(), Refusal> {
    if account.disabled {
        return Err(Code::Unauthenticated.into());
    }
    if account.role.may(right) { Ok(()) } else { Err(Code::Forbidden.into()) }
}

/// Whether `account` may run the scheme of its site.
pub fn may_run(account: &Account) -> Result<(), Refusal> {
    may(account, Right::RunScheme)
}

/// Whether the devices of `account` may be told that something waits for it: of those who talk, and of those whom a message may ring.
pub fn may_be_told(account: &Account) -> Result<(), Refusal> {
    may(account, Right::BeTold)
}

/// Proof that two sites share a rota: each has chosen the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rota {
    own: SiteId,
    other: SiteId,
}

/// Whether a site shares its rota with another: both have chosen that.
pub fn share_a_rota(own: &Site, other: &Site) -> Option<Rota> {
    let chosen = |one: &Site, other: &Site| one.settings.shares_with.contains(&other.id);
    let both = own.id != other.id && chosen(own, other) && chosen(other, own);
    both.then_some(Rota { own: own.id, other: other.id })
}

/// Whether `account` may read the queue of `site`: its own supervisors may, and those of a site that shares its rota. To all others the
/// queue does not exist.
pub fn may_watch(account: &Account, site: SiteId, rota: Option<Rota>) -> Result<(), Refusal> {
    let here = account.site == site || rota == Some(Rota { own: account.site, other: site });
    let may = !account.disabled && account.role.may(Right::Supervise) && here;
    if may { Ok(()) } else { Err(Code::NotFound.into()) }
}

/// Whether `account` may see how the queue of its own site does, and who is on duty: its supervisors and coordinators.
pub fn may_oversee(account: &Account) -> Result<(), Refusal> {
    may(account, Right::Oversee)
}

/// Whether `account` may be on duty in its own site, or give a second opinion there.
pub fn may_serve(account: &Account) -> Result<(), Refusal> {
    may_watch(account, account.site, None).map_err(|_| Code::Forbidden.into())
}

/// Whether `account` may act on an item of `conversation`, in its own site or in one that shares its rota. Nobody decides on their own
/// conversation; one that is sealed is there for two alone.
pub fn may_moderate(account: &Account, conversation: &Conversation, rota: Option<Rota>) -> Result<Moderator, Refusal> {
    may_watch(account, conversation.site, rota)?;
    if conversation.is_sealed_from(account.id) {
        return Err(Code::NotFound.into());
    }
    if conversation.has(account.id) {
        return Err(Code::OwnItem.into());
    }
    Ok(Moderator { who: account.id })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::{Kind, Party};
    use crate::ids::ConversationId;
    use crate::people::Role;
    use crate::seal::Sealed;

    fn account(role: Role, site: u128, disabled: bool) -> Account {
        Account { id: AccountId::from_bits(1), site: SiteId::from_bits(site), role, name: String::new(), disabled }
    }

    fn conversation(state: ConversationState, mine: bool) -> Conversation {
        let party = |bits| Party {
            account: AccountId::from_bits(bits),
            name: String::new(),
            role: Role::Mentor,
            read_seq: 0,
            to_read: false,
        };
        Conversation {
            id: ConversationId::from_bits(1),
            site: SiteId::from_bits(1),
            kind: Kind::Pair,
            state,
            parties: vec![party(if mine { 1 } else { 3 }), party(2)],
            last_seq: 0,
            sealed: None,
        }
    }

    fn code<T>(result: Result<T, Refusal>) -> Option<Code> {
        result.err().map(|refusal| refusal.code)
    }

    #[test]
    fn a_party_sends_while_the_conversation_is_open_whatever_their_role() {
        for role in Role::ALL {
            for (state, want) in [
                (ConversationState::Open, None),
                (ConversationState::Paused, Some(Code::ConversationPaused)),
                (ConversationState::Ended, Some(Code::ConversationEnded)),
            ] {
                let who = account(role, 1, false);
                assert_eq!(code(may_send(&who, &conversation(state, true))), want, "{role:?} {state:?}");
                assert_eq!(
                    code(may_send(&who, &conversation(state, false))),
                    Some(Code::NotFound),
                    "{role:?} {state:?}"
                );
                let disabled = account(role, 1, true);
                let refused = code(may_send(&disabled, &conversation(state, true)));
                assert_eq!(refused, Some(Code::Unauthenticated), "{role:?} {state:?}");
            }
        }
    }

    #[test]
    fn who_has_not_confirmed_what_they_must_know_writes_nothing_and_may_still_tell_the_team() {
        let mut open = conversation(ConversationState::Open, true);
        open.parties[0].to_read = true;
        let who = account(Role::Mentor, 1, false);
        assert_eq!(code(may_send(&who, &open)), Some(Code::BriefingNeeded));
        assert_eq!(code(may_report(&who, &open)), None);
        let other = Account { id: AccountId::from_bits(2), ..account(Role::Mentee, 1, false) };
        assert_eq!(code(may_send(&other, &open)), None, "whoever has nothing to confirm writes");
    }

    #[test]
    fn a_party_tells_the_supervisors_in_any_state_of_the_conversation_and_nobody_else_does() {
        for role in Role::ALL {
            for state in [ConversationState::Open, ConversationState::Paused, ConversationState::Ended] {
                let who = account(role, 1, false);
                assert_eq!(code(may_report(&who, &conversation(state, true))), None, "{role:?} {state:?}");
                assert_eq!(code(may_report(&who, &conversation(state, false))), Some(Code::NotFound));
                let disabled = code(may_report(&account(role, 1, true), &conversation(state, true)));
                assert_eq!(disabled, Some(Code::Unauthenticated));
            }
        }
    }

    #[test]
    fn a_queue_is_there_for_the_supervisors_of_its_site_alone() {
        for role in Role::ALL {
            for (site, disabled) in [(1, false), (1, true), (2, false), (2, true)] {
                let may = role == Role::Supervisor && site == 1 && !disabled;
                let answer = code(may_watch(&account(role, site, disabled), SiteId::from_bits(1), None));
                assert_eq!(answer, (!may).then_some(Code::NotFound), "{role:?} {site} {disabled}");
            }
        }
    }

    #[test]
    fn a_rota_is_shared_where_both_sites_chose_it_and_for_those_two_alone() {
        let site = |bits: u128, with: &[u128]| Site {
            id: SiteId::from_bits(bits),
            name: String::new(),
            settings: crate::people::SiteSettings {
                shares_with: with.iter().map(|bits| SiteId::from_bits(*bits)).collect(),
                ..Default::default()
            },
        };
        assert!(
            share_a_rota(&site(1, &[2]), &site(2, &[])).is_none()
                && share_a_rota(&site(1, &[]), &site(2, &[1])).is_none()
        );
        assert!(share_a_rota(&site(1, &[1]), &site(1, &[1])).is_none());
        let rota = share_a_rota(&site(2, &[1]), &site(1, &[2]));
        let who = account(Role::Supervisor, 2, false);
        assert!(rota.is_some() && may_watch(&who, SiteId::from_bits(1), rota).is_ok());
        assert!(may_moderate(&who, &conversation(ConversationState::Open, false), rota).is_ok());
        let third = account(Role::Supervisor, 3, false);
        assert!(
            may_watch(&third, SiteId::from_bits(1), rota).is_err()
                && may_watch(&who, SiteId::from_bits(3), rota).is_err()
        );
        for other in [account(Role::Coordinator, 2, false), account(Role::Supervisor, 2, true)] {
            assert!(may_watch(&other, SiteId::from_bits(1), rota).is_err(), "{other:?}");
        }
    }

    #[test]
    fn a_sealed_conversation_is_there_for_the_two_who_read_it_and_for_nobody_else() {
        let id = AccountId::from_bits;
        let sealed = |by, agreed| Conversation {
            sealed: Some(Sealed { by: id(by), agreed: id(agreed) }),
            ..conversation(ConversationState::Paused, false)
        };
        let who = account(Role::Supervisor, 1, false);
        assert!(may_moderate(&who, &sealed(1, 7), None).is_ok() && may_moderate(&who, &sealed(7, 1), None).is_ok());
        assert_eq!(code(may_moderate(&who, &sealed(7, 8), None)), Some(Code::NotFound));
        let theirs = account(Role::Coordinator, 1, false);
        assert_eq!(code(may_moderate(&theirs, &sealed(1, 7), None)), Some(Code::NotFound), "a seal gives no rights");
    }

    #[test]
    fn only_a_supervisor_who_is_no_party_decides_and_in_any_state_of_the_conversation() {
        for role in Role::ALL {
            for state in [ConversationState::Open, ConversationState::Paused, ConversationState::Ended] {
                for site in [1, 2] {
                    let who = account(role, site, false);
                    let may = role == Role::Supervisor && site == 1;
                    let other = code(may_moderate(&who, &conversation(state, false), None));
                    assert_eq!(other, (!may).then_some(Code::NotFound), "{role:?} {state:?} {site}");
                    let own = code(may_moderate(&who, &conversation(state, true), None));
                    assert_eq!(
                        own,
                        Some(if may { Code::OwnItem } else { Code::NotFound }),
                        "{role:?} {state:?} {site}"
                    );
                }
            }
            assert_eq!(
                code(may_moderate(&account(role, 1, true), &conversation(ConversationState::Open, false), None)),
                Some(Code::NotFound)
            );
        }
    }
}
