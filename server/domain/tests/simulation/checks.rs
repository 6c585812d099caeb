//! What must hold, after every step and for every act: the invariants of the design, held against a second telling of the story
//! that is made from the log alone.

use crate::cast::account;
use crate::record::{Change, Record, Write};
use crate::server::{Ask, Done};
use handrail_domain::conversation::{ConversationState, Message, MessageStatus};
use handrail_domain::event::{ConversationAct, Event, What};
use handrail_domain::ids::{AccountId, ConversationId, ItemId, MessageId, ReportId, Seq};
use handrail_domain::people::{Role, Site};
use handrail_domain::quarantine::{Decision, Item, ItemAct, OutcomeName, State, StateName, TIER_MAX};
use handrail_domain::text::Text;
use handrail_domain::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// What is broken, in a sentence.
pub(crate) type Held = Result<(), String>;

macro_rules! must {
    ($holds:expr, $($words:tt)*) => {
        if !$holds { return Err(format!($($words)*)); }
    };
}

/// The story as the log tells it, and what people were promised.
#[derive(Default)]
pub(crate) struct Checks {
    messages: BTreeMap<MessageId, (MessageStatus, Option<Seq>)>,
    items: BTreeMap<ItemId, (u64, bool)>,
    states: BTreeMap<ConversationId, ConversationState>,
    last: BTreeMap<ConversationId, Seq>,
    said: BTreeMap<MessageId, (AccountId, Text)>,
    ended: BTreeMap<MessageId, MessageStatus>,
    reported: BTreeSet<ReportId>,
    accepted: BTreeSet<MessageId>,
}

pub(crate) fn is_end(status: MessageStatus) -> bool {
    match status {
        MessageStatus::Held | MessageStatus::Consent => false,
        MessageStatus::Delivered
        | MessageStatus::Rejected
        | MessageStatus::Rephrase
        | MessageStatus::Withdrawn
        | MessageStatus::Expired => true,
    }
}

impl Checks {
    /// Somebody was told that it is done: from now on it must be there.
    pub(crate) fn promise(&mut self, from: AccountId, done: &Done) {
        match done {
            Done::Sent(message, text) => {
                self.said.insert(*message, (from, text.clone()));
            }
            Done::Ended(message, status) => {
                self.ended.insert(*message, *status);
            }
            Done::Reported(report) => {
                self.reported.insert(*report);
            }
            Done::Nothing => (),
        }
    }

    /// Holds one act to the rules, before it is written, and reads on in the log.
    pub(crate) fn commit(
        &mut self,
        record: &Record,
        from: AccountId,
        ask: &Ask,
        change: &Change,
        now: Timestamp,
    ) -> Held {
        for write in &change.writes {
            match write {
                Write::Message(message) => self.message(record, message)?,
                Write::Item(item, _) => self.item(record, from, ask, (item, change), now)?,
                Write::Report(report) => {
                    let open = record.conversation(report.conversation).state == ConversationState::Open;
                    let pauses = |write: &Write| matches!(write, Write::State(_, ConversationState::Paused));
                    let asked = report.draft.pause && open;
                    must!(asked == change.writes.iter().any(pauses), "a pause that was asked for is there at once");
                }
                Write::State(..) => (),
            }
        }
        change.events.iter().try_for_each(|event| self.event(record, ask, change, event))
    }

    fn message(&self, record: &Record, message: &Message) -> Held {
        match record.messages.get(&message.id) {
            Some(before) => {
                must!(!is_end(before.status), "{} had ended as {:?}", message.id, before.status);
                let same = before.text == message.text && before.cid == message.cid && before.from == message.from;
                must!(same && before.sent_at == message.sent_at, "{} is another message now", message.id);
            }
            None => must!(record.said(message.from, &message.cid).is_none(), "a client id took effect twice"),
        }
        Ok(())
    }

    /// Holds an item's change to what was asked, and by whom.
    fn item(
        &self,
        record: &Record,
        from: AccountId,
        ask: &Ask,
        (item, change): (&Item, &Change),
        now: Timestamp,
    ) -> Held {
        let Some(row) = record.items.get(&item.id) else {
            must!(item.version == 1 && item.state == State::Waiting, "a new item waits, as version 1");
            return Ok(());
        };
        let before = &row.item;
        if before.state_name() == StateName::Closed {
            let only_answered = Item { answer_by: item.answer_by, ..before.clone() } == *item;
            must!(only_answered && item.answer_by.is_none(), "{} was closed", item.id);
        }
        let act = change.events.iter().find_map(|event| {
            let What::Item { item: about, act, version, .. } = &event.what else { return None };
            (*about == item.id).then_some((*act, *version))
        });
        must!(item.version == before.version + u64::from(act.is_some()), "{} skips a version, or hides one", item.id);
        if let Some((ItemAct::Decide | ItemAct::Escalate | ItemAct::Propose | ItemAct::Undo, version)) = act {
            let seen = if let Ask::Decide(_, seen, _) | Ask::Undo(_, seen) = ask { *seen } else { 0 };
            must!(seen + 1 == version, "{} was decided by who saw version {seen} of {}", item.id, before.version);
            let party = record.conversation(item.conversation).has(from);
            must!(
                account(from).role == Role::Supervisor && !party,
                "{} was decided by a party or no supervisor",
                item.id
            );
        }
        if let (true, Some((ItemAct::Decide, _)), Some((by, decision))) = (item.second, act, item.decision())
            && decision.delivers()
        {
            let first = before.proposed.as_ref();
            must!(first.is_some_and(|(first, _)| *first != by), "{} takes two people and {by} was alone", item.id);
        }
        if let Some((ItemAct::Decide | ItemAct::Escalate | ItemAct::Propose, _)) = act {
            let holder = before.holder(now).map(|(by, _)| by);
            must!(holder == Some(from), "{} was decided by who did not hold it", item.id);
        }
        if let Some((ItemAct::Undo, _)) = act {
            let own =
                matches!(&before.state, State::Decided { by, effective_at, .. } if *by == from && now < *effective_at);
            must!(own, "{} was undone after its window, or by another", item.id);
        }
        if let (Some((ItemAct::Close, _)), Some(decision)) = (act, item.decision()) {
            let stood = before.decision() == Some(decision);
            let over = matches!(&before.state, State::Decided { effective_at, .. } if *effective_at <= now);
            must!(stood && over, "{} closed by a decision that did not stand, or in its window", item.id);
        }
        if let Some((ItemAct::Overdue | ItemAct::Escalate | ItemAct::Propose, _)) = act {
            let moves = change.writes.iter().any(|write| matches!(write, Write::Message(_)));
            must!(item.state == State::Waiting && !moves, "{} escalated or was proposed, and more came of it", item.id);
        }
        if let Ask::Answer(..) = ask {
            must!(before.answer_by.is_some_and(|by| now < by), "{} was answered out of its time", item.id);
        }
        Ok(())
    }

    /// Reads one line of the log.
    fn event(&mut self, record: &Record, ask: &Ask, change: &Change, event: &Event) -> Held {
        let told_to = |message: MessageId| {
            let written = change.writes.iter().find_map(|write| {
                let Write::Message(written) = write else { return None };
                (written.id == message).then_some(written.from)
            });
            Vec::from_iter(written)
        };
        match (&event.what, event.message, event.conversation) {
            (What::Delivered { seq, .. }, Some(id), Some(place)) => {
                let conversation = record.conversation(place);
                must!(
                    self.states.get(&place).is_none_or(|state| *state == ConversationState::Open),
                    "{place} is paused"
                );
                let last = self.last.entry(place).or_default();
                must!(*seq == *last + 1, "{place} had {last}, and then {seq}");
                *last = *seq;
                must!(event.accounts == conversation.accounts(), "everybody sees what is delivered");
                let before = self.messages.insert(id, (MessageStatus::Delivered, Some(*seq))).map(|(status, _)| status);
                // What was held is settled first, in the line before.
                let settled = matches!(ask, Ask::Wake(_) | Ask::Answer(_, true)).then_some(MessageStatus::Delivered);
                let lawful = before == settled && (settled.is_some() || matches!(ask, Ask::Send { .. }));
                must!(lawful, "{id} was {before:?}, and was delivered");
                if let Ask::Answer(..) = ask {
                    self.accepted.insert(id);
                }
            }
            (What::Held { .. }, Some(id), _) => {
                must!(event.accounts == told_to(id), "only its sender is told of a held message");
                must!(self.messages.insert(id, (MessageStatus::Held, None)).is_none(), "{id} is held twice");
            }
            (What::Settled { status, seq, .. }, Some(id), _) => {
                must!(event.accounts == told_to(id), "only its sender is told what became of it");
                let before = self.messages.insert(id, (*status, *seq)).map(|(status, _)| status);
                must!(before.is_some_and(|before| !is_end(before)), "{id} was {before:?} and is settled again");
                must!(before != Some(MessageStatus::Consent) || is_end(*status), "{id} is asked about twice");
            }
            (What::Item { item, version, act, .. }, ..) => {
                must!(event.queue && event.accounts.is_empty(), "an item is for supervisors");
                let (last, closed) = self.items.get(item).copied().unwrap_or((0, false));
                must!(
                    !closed && *version == last + 1,
                    "{item} was {last}, closed {closed}, and is {version} by {act:?}"
                );
                let over = *act == ItemAct::Close;
                self.items.insert(*item, (*version, over));
            }
            (What::Report { .. }, ..) => {
                must!(event.queue && event.accounts.is_empty(), "a report is for supervisors");
            }
            (What::Conversation { act }, _, Some(place)) => {
                let state = match act {
                    ConversationAct::Begin | ConversationAct::Lift => ConversationState::Open,
                    ConversationAct::Pause => ConversationState::Paused,
                    ConversationAct::End => ConversationState::Ended,
                    ConversationAct::Seal | ConversationAct::Report | ConversationAct::Unseal => {
                        return Err(format!("nothing is sealed in {place}"));
                    }
                    ConversationAct::Brief => return Err(format!("nobody is briefed in {place}")),
                };
                let before = self.states.insert(place, state);
                must!(before != Some(ConversationState::Ended), "{place} had ended");
            }
            (What::Help {}, Some(id), _) => must!(event.accounts == told_to(id), "help is for the sender"),
            (what, ..) => return Err(format!("{what:?} is no line of this world")),
        }
        Ok(())
    }

    /// Holds the whole record to the rules, to the log and to what was promised.
    pub(crate) fn whole(&self, record: &Record, site: &Site) -> Held {
        for (id, (from, text)) in &self.said {
            let there = record.messages.get(id).is_some_and(|message| message.from == *from && message.text == *text);
            must!(there, "{id} was acknowledged and is not there");
        }
        for (id, status) in &self.ended {
            must!(record.messages.get(id).is_some_and(|message| message.status == *status), "{id} is not {status:?}");
        }
        for id in &self.reported {
            must!(record.reports.contains_key(id), "{id} was acknowledged and is not there");
        }
        for (id, conversation) in &record.conversations {
            let told = self.states.get(id).copied().unwrap_or(ConversationState::Open);
            must!(conversation.state == told, "the log has {id} as {told:?}, the record as {:?}", conversation.state);
            let last = self.last.get(id).copied().unwrap_or(0);
            must!(conversation.last_seq == last, "the log has {last} of {id}, the record {}", conversation.last_seq);
            let seqs = record.messages.values().filter(|message| message.conversation == *id);
            let mut seqs: Vec<Seq> = seqs.filter_map(|message| message.seq).collect();
            seqs.sort_unstable();
            must!((1..=last).eq(seqs.iter().copied()), "the numbers of {id} are {seqs:?}");
        }
        record.messages.values().try_for_each(|message| self.is_told(record, message))?;
        record.items.values().try_for_each(|row| self.stands(record, site, &row.item, row.wake_at))
    }

    /// A message is what the log says, and is delivered by right.
    fn is_told(&self, record: &Record, message: &Message) -> Held {
        let told = self.messages.get(&message.id);
        let so = (message.status, message.seq);
        must!(told == Some(&so), "the log has {} as {told:?}, the record as {so:?}", message.id);
        if message.passed {
            must!(message.status == MessageStatus::Delivered && message.shown.is_none(), "{} passed", message.id);
            return Ok(());
        }
        let item = record.item_of(message.id).ok_or_else(|| format!("{} is held, and in no queue", message.id))?;
        if message.status == MessageStatus::Delivered {
            let right = match &item.state {
                State::Closed { outcome: OutcomeName::Released, decided: Some((_, Decision::Release)), .. } => {
                    message.shown.is_none()
                }
                State::Closed {
                    outcome: OutcomeName::Altered,
                    decided: Some((_, Decision::Alter { text, .. })),
                    ..
                } => message.shown.as_ref() == Some(text),
                State::Waiting | State::Claimed { .. } | State::Decided { .. } | State::Closed { .. } => false,
            };
            must!(
                right && message.decision == Some(item.id),
                "{} was delivered without a decision in effect",
                message.id
            );
        }
        Ok(())
    }

    /// An item is what the log says, agrees with its message, and will be looked at again.
    fn stands(&self, record: &Record, site: &Site, item: &Item, wake_at: Option<Timestamp>) -> Held {
        let told = self.items.get(&item.id).map_or(0, |(version, _)| *version);
        must!(told == item.version, "the log has version {told} of {}, the record {}", item.id, item.version);
        let message = &record.messages[&item.message];
        let (outcome, status) = (item.outcome(), message.status);
        let agree = match outcome {
            None => status == if item.withdrawn { MessageStatus::Withdrawn } else { MessageStatus::Held },
            Some(OutcomeName::Released) => status == MessageStatus::Delivered,
            Some(OutcomeName::Altered) if site.settings.consent => match status {
                MessageStatus::Consent => item.answer_by.is_some(),
                MessageStatus::Delivered => item.answer_by.is_none() && self.accepted.contains(&message.id),
                MessageStatus::Withdrawn | MessageStatus::Expired => item.answer_by.is_none(),
                MessageStatus::Held | MessageStatus::Rejected | MessageStatus::Rephrase => false,
            },
            Some(OutcomeName::Altered) => status == MessageStatus::Delivered,
            Some(OutcomeName::Rejected) => status == MessageStatus::Rejected,
            Some(OutcomeName::Rephrase) => status == MessageStatus::Rephrase,
            Some(OutcomeName::Withdrawn) => status == MessageStatus::Withdrawn,
            Some(OutcomeName::Expired) => matches!(status, MessageStatus::Expired | MessageStatus::Withdrawn),
        };
        must!(agree, "{} is {:?} and its message {status:?}", item.id, item.state);
        if let Some((by, _)) = item.decision() {
            must!(!record.conversation(item.conversation).has(by), "{} was decided by a party", item.id);
        }
        // At the top tier it keeps ringing: there is nobody above it to be rung.
        let at_the_top = item.state == State::Waiting && item.tier == TIER_MAX && item.expire_at.is_none();
        let sleeps = outcome.is_some() && item.answer_by.is_none();
        must!(wake_at.is_some() || at_the_top || sleeps, "nobody will look at {} again: {:?}", item.id, item.state);
        Ok(())
    }
}
