//! The quarantine: held messages, and the one decision that each gets. An item is a value; every act is a function from the
//! item that is to the item that shall be, or a refusal. A claim is a lease, the version is the fence.

use crate::conversation::{Conversation, Envelope, MessageStatus, worst};
use crate::event::{Event, What};
use crate::finding::{Finding, Severity};
use crate::ids::{AccountId, ConversationId, ItemId, MessageId, SiteId};
use crate::people::Site;
use crate::policy::Moderator;
use crate::refusal::{Code, Refusal};
use crate::text::{Cleared, Text};
use crate::time::Timestamp;
use crate::wire::Reason;
mod clock;
mod consent;
mod second;
mod words;

pub use clock::Due;
pub use consent::Question;
pub use words::{ActName, ItemAct, OutcomeName, StateName};

/// How long a claim lasts unless it is renewed, in milliseconds.
pub const LEASE_MS: i64 = 120_000;
/// The highest tier: it keeps ringing.
pub const TIER_MAX: u8 = 3;

/// A held message, waiting for its one decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its id.
    pub id: ItemId,
    /// Rises with every change that a decision must know of.
    pub version: u64,
    /// The scheme, which is also the queue.
    pub site: SiteId,
    /// Where it was said.
    pub conversation: ConversationId,
    /// The held message.
    pub message: MessageId,
    /// Who said it.
    pub from: AccountId,
    /// What was said.
    pub text: Text,
    /// Since when it waits.
    pub held_at: Timestamp,
    /// By when somebody should have decided.
    pub due_at: Timestamp,
    /// When the next tier is rung; nothing once the top tier is.
    pub escalate_at: Option<Timestamp>,
    /// When it expires, where the site sets a time.
    pub expire_at: Option<Timestamp>,
    /// Until when its sender may answer an altered text; nothing if they are not asked, or have answered.
    pub answer_by: Option<Timestamp>,
    /// How soon a person must look.
    pub severity: Severity,
    /// The version of the rules that held it.
    pub rules: String,
    /// What they saw, as at hold time.
    pub findings: Vec<Finding>,
    /// Who is rung: 1 to [`TIER_MAX`].
    pub tier: u8,
    /// Whether it rings until somebody acknowledges.
    pub ringing: bool,
    /// Whether its sender took it back; it then waits only to be noted.
    pub withdrawn: bool,
    /// Whether two people must want its message delivered before it is.
    pub second: bool,
    /// What one person decided where a second must agree, and who; kept when the item is over.
    pub proposed: Option<(AccountId, Decision)>,
    /// Where it is.
    pub state: State,
}

/// Where an item is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Free to claim.
    Waiting,
    /// One supervisor has it until the lease runs out; a lapsed claim is as good as `Waiting`.
    Claimed {
        /// Who.
        by: AccountId,
        /// Until when.
        until: Timestamp,
    },
    /// Decided, and still to be undone.
    Decided {
        /// Who.
        by: AccountId,
        /// What.
        decision: Decision,
        /// When it takes effect.
        effective_at: Timestamp,
    },
    /// Over.
    Closed {
        /// How it ended.
        outcome: OutcomeName,
        /// The decision and its maker, if a person made one.
        decided: Option<(AccountId, Decision)>,
        /// When.
        at: Timestamp,
    },
}

/// A decision. Its texts went through [`Text::parse`]; `note` goes to the sender, `log` never leaves the team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Deliver it as it is.
    Release,
    /// Deliver another text in its place.
    Alter {
        /// The text to deliver.
        text: Text,
        /// Why.
        reason: Reason,
        /// To the sender.
        note: Option<String>,
        /// For the team.
        log: Option<String>,
    },
    /// Do not deliver it.
    Reject {
        /// Why.
        reason: Reason,
        /// To the sender.
        note: String,
        /// For the team.
        log: Option<String>,
    },
    /// Do not deliver it; ask the sender to say it differently.
    Rephrase {
        /// To the sender.
        note: String,
    },
    /// Hand it to the next tier.
    Escalate {
        /// For the team.
        log: String,
    },
    /// Close a withdrawn item.
    Note {
        /// For the team.
        log: String,
    },
}

/// What a settled item does to its message.
#[derive(Debug)]
pub enum Effect {
    /// It is delivered with this text.
    Deliver {
        /// What its recipients see.
        text: Cleared,
        /// Whether a supervisor changed it, and why and with which note.
        altered: Option<(Reason, Option<String>)>,
    },
    /// Its sender is asked whether this text may be delivered in its place.
    Ask {
        /// What its recipients would see.
        text: Cleared,
        /// Why it was altered.
        reason: Reason,
        /// To the sender.
        note: Option<String>,
        /// Until when they may answer.
        answer_by: Timestamp,
    },
    /// It ends here.
    End {
        /// How.
        status: MessageStatus,
        /// Why.
        reason: Option<Reason>,
        /// To the sender.
        note: Option<String>,
    },
}

/// What came of a claim.
#[derive(Debug)]
pub enum Claimed {
    /// The item changed hands: a new version.
    Taken(Item),
    /// The same holder, a longer lease: the same version.
    Renewed(Item),
}

/// What came of a decision.
#[derive(Debug)]
pub enum Decided {
    /// It stands.
    Done(Box<Item>),
    /// It waits for a second person to agree; nothing comes of it before that.
    Proposed(Box<Item>),
    /// The same decision by the same person stands already.
    Again,
}

impl Item {
    /// A new item for a message that the filter held: what it saw, and whether that rings.
    pub(crate) fn held(
        conversation: &Conversation,
        site: &Site,
        from: AccountId,
        text: Text,
        (findings, ringing): (Vec<Finding>, bool),
        envelope: &Envelope,
    ) -> Self {
        let severity = worst(&findings);
        let due_at = envelope.now.plus_ms(site.settings.target_ms.of(severity));
        let second = site.settings.filter.second(&findings);
        Self {
            id: envelope.item,
            version: 1,
            site: conversation.site,
            conversation: conversation.id,
            message: envelope.message,
            from,
            text,
            held_at: envelope.now,
            due_at,
            escalate_at: Some(due_at),
            expire_at: site.settings.expire_after_ms.map(|ms| envelope.now.plus_ms(ms)),
            answer_by: None,
            severity,
            rules: envelope.rules.clone(),
            findings,
            tier: 1,
            ringing,
            withdrawn: false,
            second,
            proposed: None,
            state: State::Waiting,
        }
    }

    /// The log's line for this item as it is now.
    pub fn changed(&self, act: ItemAct, actor: Option<AccountId>, at: Timestamp) -> Event {
        Event {
            at,
            site: self.site,
            conversation: Some(self.conversation),
            message: Some(self.message),
            actor,
            accounts: Vec::new(),
            queue: true,
            what: What::Item { item: self.id, version: self.version, act, now: Some(Box::new(self.clone())) },
        }
    }

    fn next(&self, state: State) -> Self {
        Self { version: self.version + 1, state, ..self.clone() }
    }

    fn refuse(&self, code: Code) -> Refusal {
        Refusal { item: Some(Box::new(self.clone())), ..code.into() }
    }

    /// Who holds it now, and until when.
    pub fn holder(&self, now: Timestamp) -> Option<(AccountId, Timestamp)> {
        match &self.state {
            State::Claimed { by, until } if *until > now => Some((*by, *until)),
            State::Claimed { .. } | State::Waiting | State::Decided { .. } | State::Closed { .. } => None,
        }
    }

    /// Refuses all but the holder of a live claim.
    fn held_by(&self, who: Moderator, now: Timestamp) -> Result<(), Refusal> {
        match self.holder(now) {
            Some((by, _)) if by == who.who() => Ok(()),
            Some(_) => Err(self.refuse(Code::ClaimedByOther)),
            None => Err(self.refuse(Code::NotClaimed)),
        }
    }

    fn open(&self) -> Result<(), Refusal> {
        match self.state {
            State::Waiting | State::Claimed { .. } => Ok(()),
            State::Decided { .. } | State::Closed { .. } => Err(self.refuse(Code::AlreadyClosed)),
        }
    }

    fn fence(&self, version: u64) -> Result<(), Refusal> {
        if version == self.version { Ok(()) } else { Err(self.refuse(Code::StaleVersion)) }
    }

    /// Takes the item for one lease, or renews the lease of its holder.
    pub fn claim(&self, who: Moderator, now: Timestamp) -> Result<Claimed, Refusal> {
        self.open()?;
        let mine = State::Claimed { by: who.who(), until: now.plus_ms(LEASE_MS) };
        match self.holder(now) {
            Some((by, _)) if by != who.who() => Err(self.refuse(Code::ClaimedByOther)),
            Some(_) => Ok(Claimed::Renewed(Self { state: mine, ..self.clone() })),
            None => Ok(Claimed::Taken(Self { ringing: false, ..self.next(mine) })),
        }
    }

    /// Gives the item back.
    pub fn unclaim(&self, who: Moderator, now: Timestamp) -> Result<Item, Refusal> {
        self.open()?;
        self.held_by(who, now)?;
        Ok(self.next(State::Waiting))
    }

    /// Decides. All but `Escalate` and `Note` may be undone until the window ends, and take effect then.
    pub fn decide(
        &self,
        who: Moderator,
        version: u64,
        decision: Decision,
        undo_ms: i64,
        now: Timestamp,
    ) -> Result<Decided, Refusal> {
        let stands = self.decision().or_else(|| self.proposal());
        if stands.is_some_and(|(by, made)| by == who.who() && *made == decision) {
            return Ok(Decided::Again);
        }
        self.open()?;
        self.fence(version)?;
        self.held_by(who, now)?;
        match (decision, self.withdrawn) {
            (Decision::Escalate { .. }, _) => Ok(Decided::Done(Box::new(self.escalated(now)))),
            (decision @ Decision::Note { .. }, true) => Ok(Decided::Done(Box::new(self.next(State::Closed {
                outcome: OutcomeName::Withdrawn,
                decided: Some((who.who(), decision)),
                at: now,
            })))),
            (Decision::Note { .. }, false) => Err(Code::BadFrame.into()),
            (_, true) => Err(self.refuse(Code::NotHeld)),
            (decision, false) if self.lacks_second(&decision, who) => {
                let proposed = Some((who.who(), decision));
                Ok(Decided::Proposed(Box::new(Self { proposed, ..self.next(State::Waiting) })))
            }
            (decision, false) => Ok(Decided::Done(Box::new(self.next(State::Decided {
                by: who.who(),
                decision,
                effective_at: now.plus_ms(undo_ms),
            })))),
        }
    }

    /// The decision that stands, and who made it.
    pub fn decision(&self) -> Option<(AccountId, &Decision)> {
        match &self.state {
            State::Decided { by, decision, .. } => Some((*by, decision)),
            State::Closed { decided, .. } => decided.as_ref().map(|(by, decision)| (*by, decision)),
            State::Waiting | State::Claimed { .. } => None,
        }
    }

    fn escalated(&self, now: Timestamp) -> Item {
        let tier = (self.tier + 1).min(TIER_MAX);
        let escalate_at = (tier < TIER_MAX).then(|| now.plus_ms((self.due_at.since_ms(self.held_at)).max(1)));
        Self { tier, ringing: true, escalate_at, ..self.next(State::Waiting) }
    }

    /// Takes a decision back, by its decider, before it takes effect: claimed again, with a fresh lease.
    pub fn undo(&self, who: Moderator, version: u64, now: Timestamp) -> Result<Item, Refusal> {
        match &self.state {
            State::Closed { .. } => Err(self.refuse(Code::AlreadyClosed)),
            State::Decided { effective_at, .. } if *effective_at <= now => Err(self.refuse(Code::AlreadyClosed)),
            State::Waiting | State::Claimed { .. } => {
                self.fence(version)?;
                Err(self.refuse(Code::NotClaimed))
            }
            State::Decided { by, .. } => {
                self.fence(version)?;
                if *by != who.who() {
                    return Err(self.refuse(Code::ClaimedByOther));
                }
                Ok(self.next(State::Claimed { by: *by, until: now.plus_ms(LEASE_MS) }))
            }
        }
    }

    /// Stops the ringing: somebody is on it.
    pub fn acknowledge(&self, _who: Moderator) -> Result<Item, Refusal> {
        self.open()?;
        if !self.ringing {
            return Ok(self.clone());
        }
        Ok(Self { ringing: false, ..self.next(self.state.clone()) })
    }

    /// Its sender takes it back, which also wins over a decision in its undo window. What is high or urgent stays, for
    /// somebody to note.
    pub fn withdraw(&self, now: Timestamp) -> Result<Item, Refusal> {
        if self.withdrawn || matches!(self.state, State::Closed { .. }) {
            return Err(Code::NotHeld.into());
        }
        if self.severity < Severity::High {
            let closed = State::Closed { outcome: OutcomeName::Withdrawn, decided: None, at: now };
            return Ok(Self { withdrawn: true, ringing: false, ..self.next(closed) });
        }
        let state = match &self.state {
            State::Decided { by, .. } => State::Claimed { by: *by, until: now.plus_ms(LEASE_MS) },
            State::Waiting | State::Claimed { .. } | State::Closed { .. } => self.state.clone(),
        };
        Ok(Self { withdrawn: true, ..self.next(state) })
    }

    /// Its state in one word. A lapsed claim is as good as waiting.
    pub fn state_name(&self) -> StateName {
        match self.state {
            State::Waiting => StateName::Waiting,
            State::Claimed { .. } => StateName::Claimed,
            State::Decided { .. } => StateName::Decided,
            State::Closed { .. } => StateName::Closed,
        }
    }

    /// How it ended; nothing while it has not.
    pub fn outcome(&self) -> Option<OutcomeName> {
        match &self.state {
            State::Closed { outcome, .. } => Some(*outcome),
            State::Waiting | State::Claimed { .. } | State::Decided { .. } => None,
        }
    }

    /// What this reader may do with it now, in the order of the screen.
    pub fn acts(&self, reader: Moderator, now: Timestamp) -> Vec<ActName> {
        let mut acts = match (&self.state, self.holder(now)) {
            (State::Closed { .. }, _) => return Vec::new(),
            (State::Decided { by, effective_at, .. }, _) => {
                let mine = *by == reader.who() && *effective_at > now;
                return if mine { vec![ActName::Undo] } else { Vec::new() };
            }
            (_, None) => vec![ActName::Claim],
            (_, Some((by, _))) if by != reader.who() => Vec::new(),
            (_, Some(_)) if self.withdrawn => vec![ActName::Unclaim, ActName::Note, ActName::Escalate],
            (_, Some(_)) => vec![
                ActName::Unclaim,
                ActName::Release,
                ActName::Alter,
                ActName::Reject,
                ActName::Rephrase,
                ActName::Escalate,
            ],
        };
        if self.ringing {
            acts.push(ActName::Acknowledge);
        }
        acts
    }
}

#[cfg(test)]
mod tests;
