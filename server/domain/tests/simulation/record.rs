//! The record in memory: what survives a crash. It checks nothing, so that nothing but the rules of the product keeps it right.

use handrail_domain::conversation::{Conversation, ConversationState, Message};
use handrail_domain::event::Event;
use handrail_domain::ids::{AccountId, Cid, ConversationId, ItemId, MessageId, ReportId};
use handrail_domain::quarantine::{Item, StateName};
use handrail_domain::report::Report;
use handrail_domain::time::Timestamp;
use std::collections::BTreeMap;

/// An item, and when the clock must look at it.
pub(crate) struct Row {
    pub(crate) item: Item,
    pub(crate) wake_at: Option<Timestamp>,
}

/// One thing that an act writes.
#[expect(clippy::large_enum_variant, reason = "a world holds a few of them at a time")]
pub(crate) enum Write {
    Message(Message),
    Item(Item, Option<Timestamp>),
    State(ConversationId, ConversationState),
    Report(Report),
}

/// Everything that one act writes: all of it becomes true together, or nothing does.
#[derive(Default)]
pub(crate) struct Change {
    pub(crate) writes: Vec<Write>,
    pub(crate) events: Vec<Event>,
}

impl Change {
    /// An item as it is now, woken when it says.
    pub(crate) fn item(&mut self, item: Item, event: Option<Event>) {
        let wake_at = item.wake_at();
        self.writes.push(Write::Item(item, wake_at));
        self.events.extend(event);
    }

    pub(crate) fn message(&mut self, message: Message, events: Vec<Event>) {
        self.writes.push(Write::Message(message));
        self.events.extend(events);
    }
}

#[derive(Default)]
pub(crate) struct Record {
    /// How many acts were committed.
    pub(crate) revision: u64,
    pub(crate) conversations: BTreeMap<ConversationId, Conversation>,
    pub(crate) messages: BTreeMap<MessageId, Message>,
    pub(crate) items: BTreeMap<ItemId, Row>,
    pub(crate) reports: BTreeMap<ReportId, Report>,
}

impl Record {
    /// Writes an act. `numbered` is whether a delivered message's number becomes its conversation's last.
    pub(crate) fn apply(&mut self, writes: Vec<Write>, numbered: bool) {
        self.revision += 1;
        for write in writes {
            match write {
                Write::Message(message) => {
                    let conversation = self.conversations.get_mut(&message.conversation).unwrap();
                    if let Some(seq) = message.seq.filter(|_| numbered) {
                        conversation.last_seq = seq;
                    }
                    self.messages.insert(message.id, message);
                }
                Write::Item(item, wake_at) => {
                    self.items.insert(item.id, Row { item, wake_at });
                }
                Write::State(id, state) => self.conversations.get_mut(&id).unwrap().state = state,
                Write::Report(report) => {
                    self.reports.insert(report.id, report);
                }
            }
        }
    }

    pub(crate) fn conversation(&self, id: ConversationId) -> &Conversation {
        &self.conversations[&id]
    }

    pub(crate) fn said(&self, from: AccountId, cid: &Cid) -> Option<&Message> {
        self.messages.values().find(|message| message.from == from && message.cid == *cid)
    }

    pub(crate) fn reported(&self, from: AccountId, cid: &Cid) -> Option<&Report> {
        self.reports.values().find(|report| report.from == from && report.draft.cid == *cid)
    }

    pub(crate) fn item_of(&self, message: MessageId) -> Option<&Item> {
        self.items.values().map(|row| &row.item).find(|item| item.message == message)
    }

    /// Items that the clock must look at by now.
    pub(crate) fn due(&self, now: Timestamp) -> impl Iterator<Item = ItemId> {
        self.items.values().filter(move |row| row.wake_at.is_some_and(|at| at <= now)).map(|row| row.item.id)
    }

    /// When the clock must look next.
    pub(crate) fn next_wake(&self) -> Option<Timestamp> {
        self.items.values().filter_map(|row| row.wake_at).min()
    }

    /// The items of a conversation that are open, or whose sender is asked.
    pub(crate) fn open_of(&self, id: ConversationId) -> impl Iterator<Item = &Item> {
        let open = |item: &&Item| item.state_name() != StateName::Closed || item.answer_by.is_some();
        self.items.values().map(|row| &row.item).filter(move |item| item.conversation == id).filter(open)
    }
}
