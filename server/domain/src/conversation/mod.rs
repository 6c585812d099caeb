//! A conversation is a relationship: two or more parties, one order of messages. Here it is decided what becomes of a message
//! that somebody says, once the filter has judged it.

mod settle;

pub use settle::{Told, answered, settle, settled};

use crate::event::{ConversationAct, Event, What};
use crate::filter::Verdict;
use crate::finding::Severity;
use crate::ids::{AccountId, Cid, ConversationId, ItemId, MessageId, Seq, SiteId};
use crate::people::{Role, Site};
use crate::policy::Permit;
use crate::quarantine::Item;
use crate::refusal::{Code, Refusal};
use crate::seal::Sealed;
use crate::text::{Cleared, Text};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What kind of relationship it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One to one.
    Pair,
    /// A transition circle: young person, youth officer, probation officer, mentor.
    Circle,
}

/// Whether messages may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConversationState {
    /// Yes.
    Open,
    /// Not for now; a supervisor lifts it.
    Paused,
    /// Not any more.
    Ended,
}

impl ConversationState {
    /// The word in the record and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            ConversationState::Open => "open",
            ConversationState::Paused => "paused",
            ConversationState::Ended => "ended",
        }
    }
}

/// Where a message is. Nothing leaves `Delivered`, `Rejected`, `Rephrase`, `Withdrawn` or `Expired`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum MessageStatus {
    /// Waiting for a supervisor.
    Held,
    /// Altered, and waiting for its sender to accept that.
    Consent,
    /// Seen by its recipients.
    Delivered,
    /// Not passed on.
    Rejected,
    /// Not passed on; the sender was asked to say it differently.
    Rephrase,
    /// Taken back by its sender.
    Withdrawn,
    /// Nobody decided in time, where the site sets a time.
    Expired,
}

impl MessageStatus {
    /// Every status, for tables and tests.
    pub const ALL: [MessageStatus; 7] = [
        MessageStatus::Held,
        MessageStatus::Consent,
        MessageStatus::Delivered,
        MessageStatus::Rejected,
        MessageStatus::Rephrase,
        MessageStatus::Withdrawn,
        MessageStatus::Expired,
    ];

    /// The word in the record and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            MessageStatus::Held => "held",
            MessageStatus::Consent => "consent",
            MessageStatus::Delivered => "delivered",
            MessageStatus::Rejected => "rejected",
            MessageStatus::Rephrase => "rephrase",
            MessageStatus::Withdrawn => "withdrawn",
            MessageStatus::Expired => "expired",
        }
    }

    /// The status of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

/// Somebody in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// Who.
    pub account: AccountId,
    /// The name that others see.
    pub name: String,
    /// What they are here to do.
    pub role: Role,
    /// Up to where they have read.
    pub read_seq: Seq,
    /// Whether there is something that they must confirm to have read before they may write.
    pub to_read: bool,
}

/// A conversation's head: all that is needed to decide what becomes of the next message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// Its scheme.
    pub site: SiteId,
    /// Its kind.
    pub kind: Kind,
    /// Whether messages may be sent.
    pub state: ConversationState,
    /// Who is in it.
    pub parties: Vec<Party>,
    /// The last message's number.
    pub last_seq: Seq,
    /// Which two of staff alone read it, where it is sealed.
    pub sealed: Option<Sealed>,
}

impl Conversation {
    /// Whether `account` is a party.
    pub fn has(&self, account: AccountId) -> bool {
        self.party(account).is_some()
    }

    /// The party that `account` is.
    pub fn party(&self, account: AccountId) -> Option<&Party> {
        self.parties.iter().find(|party| party.account == account)
    }

    /// Whether it is sealed, and not for this member of staff.
    pub fn is_sealed_from(&self, who: AccountId) -> bool {
        self.sealed.is_some_and(|sealed| !sealed.is_read_by(who))
    }

    /// Everybody's accounts.
    pub fn accounts(&self) -> Vec<AccountId> {
        self.parties.iter().map(|party| party.account).collect()
    }

    /// The conversation paused, lifted or ended, and what the log says of it; nothing if it is so already. An end is an end.
    pub fn becomes(
        &self,
        state: ConversationState,
        by: Option<AccountId>,
        now: Timestamp,
    ) -> Result<Option<(Conversation, Event)>, Refusal> {
        if self.state == state {
            return Ok(None);
        }
        let act = match (self.state, state) {
            (ConversationState::Ended, _) => return Err(Code::ConversationEnded.into()),
            (_, ConversationState::Open) => ConversationAct::Lift,
            (_, ConversationState::Paused) => ConversationAct::Pause,
            (_, ConversationState::Ended) => ConversationAct::End,
        };
        let event = Event {
            at: now,
            site: self.site,
            conversation: Some(self.id),
            message: None,
            actor: by,
            accounts: self.accounts(),
            queue: false,
            what: What::Conversation { act },
        };
        Ok(Some((Conversation { state, ..self.clone() }, event)))
    }
}

/// What the shell brings to a submission: fresh ids and salt, the client's id, and the time.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// The message's id.
    pub message: MessageId,
    /// The item's id, should there be one.
    pub item: ItemId,
    /// 16 random bytes that keep the text's digest from being guessed.
    pub salt: [u8; 16],
    /// The client's id.
    pub cid: Cid,
    /// The version of the rules that judged.
    pub rules: String,
    /// Now.
    pub now: Timestamp,
    /// Roughly how long a check takes at this hour, in seconds, if that is known.
    pub expected_wait_s: Option<u64>,
}

/// A message as the record keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Where it was said.
    pub conversation: ConversationId,
    /// Who said it.
    pub from: AccountId,
    /// The sender's own id for it.
    pub cid: Cid,
    /// What was said.
    pub text: Text,
    /// What was shown in its place, if it was altered.
    pub shown: Option<Text>,
    /// Keeps the digest from being guessed.
    pub salt: [u8; 16],
    /// Where it is.
    pub status: MessageStatus,
    /// Its number, once delivered.
    pub seq: Option<Seq>,
    /// When it was said.
    pub sent_at: Timestamp,
    /// When it was delivered.
    pub delivered_at: Option<Timestamp>,
    /// Whether the filter let it pass.
    pub passed: bool,
    /// The version of the rules that judged.
    pub rules: String,
    /// The item that decided, if one did.
    pub decision: Option<ItemId>,
}

/// What becomes of a message: one record, one item if it is held, and what the log says.
#[derive(Debug)]
pub struct Submission {
    /// The message.
    pub message: Message,
    /// The item, if it is held.
    pub item: Option<Item>,
    /// What the log says, in order.
    pub events: Vec<Event>,
}

/// Takes a judged message into its conversation. A clear one gets the next number and is delivered; any other is held, without
/// a number, so that it leaves no trace its recipients could read.
pub fn submit(
    conversation: &Conversation,
    site: &Site,
    permit: &Permit,
    verdict: Verdict,
    envelope: Envelope,
) -> Submission {
    match verdict {
        Verdict::Clear { text, .. } => deliver_at_once(conversation, permit.from(), text, envelope),
        Verdict::Hold { text, findings, ring, help } => {
            let item = Item::held(conversation, site, permit.from(), text, (findings, ring), &envelope);
            hold(conversation, item, help, envelope)
        }
    }
}

fn deliver_at_once(conversation: &Conversation, from: AccountId, text: Cleared, envelope: Envelope) -> Submission {
    let seq = conversation.last_seq + 1;
    let event = delivered(conversation, seq, from, &envelope, text.clone());
    let message = Message {
        id: envelope.message,
        conversation: conversation.id,
        from,
        cid: envelope.cid,
        text: text.text().clone(),
        shown: None,
        salt: envelope.salt,
        status: MessageStatus::Delivered,
        seq: Some(seq),
        sent_at: envelope.now,
        delivered_at: Some(envelope.now),
        passed: true,
        rules: envelope.rules,
        decision: None,
    };
    Submission { message, item: None, events: vec![event] }
}

fn delivered(conversation: &Conversation, seq: Seq, from: AccountId, envelope: &Envelope, text: Cleared) -> Event {
    Event {
        at: envelope.now,
        site: conversation.site,
        conversation: Some(conversation.id),
        message: Some(envelope.message),
        actor: Some(from),
        accounts: conversation.accounts(),
        queue: false,
        what: What::Delivered {
            seq,
            from,
            cid: envelope.cid.clone(),
            altered: false,
            sent_at: envelope.now,
            text: Some(text),
        },
    }
}

fn hold(conversation: &Conversation, item: Item, help: bool, envelope: Envelope) -> Submission {
    let to_sender = |what| Event {
        at: envelope.now,
        site: conversation.site,
        conversation: Some(conversation.id),
        message: Some(envelope.message),
        actor: Some(item.from),
        accounts: vec![item.from],
        queue: false,
        what,
    };
    let mut events = vec![to_sender(What::Held {
        cid: envelope.cid.clone(),
        item: item.id,
        sent_at: envelope.now,
        expected_wait_s: envelope.expected_wait_s,
        text: Some(item.text.clone()),
    })];
    if help {
        events.push(to_sender(What::Help {}));
    }
    events.push(item.changed(crate::quarantine::ItemAct::Hold, None, envelope.now));
    let message = Message {
        id: envelope.message,
        conversation: conversation.id,
        from: item.from,
        cid: envelope.cid,
        text: item.text.clone(),
        shown: None,
        salt: envelope.salt,
        status: MessageStatus::Held,
        seq: None,
        sent_at: envelope.now,
        delivered_at: None,
        passed: false,
        rules: envelope.rules,
        decision: None,
    };
    Submission { message, item: Some(item), events }
}

/// The most urgent severity among findings; a hold without any is as bad as a filter that failed.
pub fn worst(findings: &[crate::finding::Finding]) -> Severity {
    findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::High)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::{Account, SiteSettings};
    use crate::policy::may_send;

    const MENTOR: u128 = 1;
    pub(super) const MENTEE: u128 = 2;

    pub(super) fn conversation() -> Conversation {
        let party = |bits, role| Party {
            account: AccountId::from_bits(bits),
            name: String::new(),
            role,
            read_seq: 0,
            to_read: false,
        };
        Conversation {
            id: ConversationId::from_bits(1),
            site: SiteId::from_bits(1),
            kind: Kind::Pair,
            state: ConversationState::Open,
            parties: vec![party(MENTOR, Role::Mentor), party(MENTEE, Role::Mentee)],
            last_seq: 7,
            sealed: None,
        }
    }

    pub(super) fn said(verdict: Verdict) -> Submission {
        let (id, site) = (AccountId::from_bits(MENTEE), SiteId::from_bits(1));
        let account = Account { id, site, role: Role::Mentee, name: String::new(), disabled: false };
        let permit = may_send(&account, &conversation()).unwrap();
        let site = Site { id: site, name: String::new(), settings: SiteSettings::default() };
        let envelope = Envelope {
            message: MessageId::from_bits(1),
            item: ItemId::from_bits(1),
            salt: [0; 16],
            cid: Cid::parse("c1").unwrap(),
            rules: "r".into(),
            now: Timestamp(5),
            expected_wait_s: None,
        };
        submit(&conversation(), &site, &permit, verdict, envelope)
    }

    pub(super) fn text() -> Text {
        Text::parse("hello").unwrap()
    }

    #[test]
    fn a_clear_message_takes_the_next_number_and_reaches_everybody() {
        let Submission { message, item, events } =
            said(Verdict::Clear { text: Cleared::new(text()), noted: Vec::new() });
        assert_eq!((message.status, message.seq, message.passed), (MessageStatus::Delivered, Some(8), true));
        assert!(item.is_none());
        assert_eq!(events.len(), 1);
        assert_eq!(events[0].accounts, conversation().accounts());
    }

    #[test]
    fn a_held_message_has_no_number_and_leaves_no_trace_for_its_recipients() {
        let Submission { message, item, events } = said(Verdict::failed(text()));
        assert_eq!((message.status, message.seq, message.passed), (MessageStatus::Held, None, false));
        assert_eq!(item.map(|item| (item.version, item.message)), Some((1, message.id)));
        assert!(events.iter().all(|event| !event.accounts.contains(&AccountId::from_bits(MENTOR))));
        assert_eq!(events.iter().filter(|event| event.queue).count(), 1);
    }

    #[test]
    fn help_goes_to_the_sender_alone_and_only_when_it_is_asked_for() {
        let helped = |help| said(Verdict::Hold { text: text(), findings: Vec::new(), ring: false, help }).events;
        let is_help = |event: &&Event| matches!(event.what, What::Help {});
        assert!(helped(false).iter().find(is_help).is_none());
        let events = helped(true);
        assert_eq!(
            events.iter().find(is_help).map(|help| help.accounts.clone()),
            Some(vec![AccountId::from_bits(MENTEE)])
        );
    }

    #[test]
    fn a_pause_is_lifted_and_an_end_is_an_end() {
        let open = conversation();
        let change = |from: &Conversation, to| from.becomes(to, None, Timestamp(9)).unwrap();
        let (paused, event) = change(&open, ConversationState::Paused).unwrap();
        assert_eq!((paused.state, event.accounts), (ConversationState::Paused, open.accounts()));
        assert!(
            change(&paused, ConversationState::Paused).is_none() && change(&open, ConversationState::Open).is_none()
        );
        assert_eq!(change(&paused, ConversationState::Open).unwrap().0.state, ConversationState::Open);
        let ended = change(&paused, ConversationState::Ended).unwrap().0;
        for state in [ConversationState::Open, ConversationState::Paused] {
            assert_eq!(ended.becomes(state, None, Timestamp(9)).unwrap_err().code, Code::ConversationEnded);
        }
    }
}
