//! Who may do what. Each question answers with a proof that its asker hands on: a `Permit` to speak, a `Moderator` to decide.
//! Nobody outside this module can make one.

use crate::conversation::{Conversation, ConversationState};
use crate::ids::{AccountId, SiteId};
use crate::people::{Account, Role};
use crate::refusal::{Code, Refusal};

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

/// Whether `account` may send in `conversation`. To an outsider the conversation does not exist.
pub fn may_send(account: &Account, conversation: &Conversation) -> Result<Permit, Refusal> {
    if account.disabled {
        return Err(Code::Unauthenticated.into());
    }
    if !conversation.has(account.id) {
        return Err(Code::NotFound.into());
    }
    match conversation.state {
        ConversationState::Open => Ok(Permit { from: account.id }),
        ConversationState::Paused => Err(Code::ConversationPaused.into()),
        ConversationState::Ended => Err(Code::ConversationEnded.into()),
    }
}

/// Whether `account` may read the queue of `site`. To all but its supervisors the queue does not exist.
pub fn may_watch(account: &Account, site: SiteId) -> Result<(), Refusal> {
    let may = !account.disabled && account.role == Role::Supervisor && account.site == site;
    if may { Ok(()) } else { Err(Code::NotFound.into()) }
}

/// Whether `account` may act on an item of `conversation`. Nobody decides on their own conversation.
pub fn may_moderate(account: &Account, conversation: &Conversation) -> Result<Moderator, Refusal> {
    may_watch(account, conversation.site)?;
    if conversation.has(account.id) {
        return Err(Code::OwnItem.into());
    }
    Ok(Moderator { who: account.id })
}
