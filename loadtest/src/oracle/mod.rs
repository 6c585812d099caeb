//! The oracle: it is told what every client saw, and says which promises were broken. Pure: it waits for nothing, asks no clock
//! and trusts no answer of the server that it can check against another client's eyes. It knows a message by the tag in its
//! text, so a server that mixes up ids, texts or people is found out as well.
//!
//! The promises: what was acknowledged is not lost; nothing is there twice; every conversation has one order for all its
//! readers, every feed no gap; no unsafe or held text reaches a partner without a decision made before; what a supervisor
//! altered arrives altered; an item is decided once. The verdict on what must be true at the end is in [`finish`].

mod fault;
mod finish;
#[cfg(test)]
mod tests;

pub use fault::{Fault, Faults, Kind, Wrong};
pub use finish::Verdict;

use crate::plan::{Nth, Plan};
use handrail_domain::conversation::MessageStatus;
use handrail_domain::ids::{AccountId, ConversationId, ItemId, MessageId, Offset, Seq};
use handrail_domain::quarantine::{OutcomeName, StateName};
use handrail_domain::time::Timestamp;
use handrail_domain::wire::{ItemView, MessageView, Resumed, StatusView};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// A decision as a supervisor of the run asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ask {
    /// As it is.
    Release,
    /// With the plan's altered text.
    Alter,
    /// Not at all.
    Reject,
}

impl Ask {
    fn outcome(self) -> OutcomeName {
        match self {
            Ask::Release => OutcomeName::Released,
            Ask::Alter => OutcomeName::Altered,
            Ask::Reject => OutcomeName::Rejected,
        }
    }
}

/// How the server answered a send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Delivered,
    Held,
    Refused,
}

/// Which of a message's two texts a partner saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Original,
    Altered,
}

/// What is known of one message of the run.
#[derive(Debug, Clone, Default)]
struct LineState {
    sent: bool,
    answer: Option<Answer>,
    message: Option<MessageId>,
    item: Option<ItemId>,
    /// One bit for each party of the conversation whose feed brought it.
    seen: u8,
    shown: Option<Shown>,
    /// Whether a decision that allows what was shown had been asked for when it was shown.
    asked_before: bool,
    delivered_at: Option<Timestamp>,
    ended: Option<MessageStatus>,
    /// Its sender was told that it was held, or what came of that.
    held: bool,
    recorded: bool,
}

/// One person's feed.
#[derive(Debug, Clone, Default)]
struct FeedState {
    last: Option<Offset>,
    /// The server once said that the cursor is of no use; what was missed is then in the history only.
    reset: bool,
}

/// One conversation.
#[derive(Debug, Clone, Default)]
struct PlaceState {
    order: HashMap<Seq, MessageId>,
    /// The last seq before the run.
    base: Seq,
    /// Its history could not be read, so nothing is concluded from what is not in it.
    unread: bool,
    /// For each party, the seq that must come next.
    next: Vec<Option<Seq>>,
}

/// One item.
#[derive(Debug, Clone, Default)]
struct ItemState {
    nth: Option<Nth>,
    version: u64,
    state: Option<StateName>,
    outcome: Option<OutcomeName>,
    decided_by: Option<AccountId>,
    effective_at: Option<Timestamp>,
    asked: Vec<Ask>,
    confirmed: Option<(AccountId, Ask)>,
}

/// What the sight of a message says to the one who measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sight {
    /// Which message of the run.
    pub nth: Nth,
    /// Whether it is the partner who sees it, for the first time, and it was never held.
    pub at_once: bool,
}

/// The judge of one run.
pub struct Oracle {
    plan: Arc<Plan>,
    people: Vec<AccountId>,
    supervised: bool,
    place_of: HashMap<ConversationId, usize>,
    lines: Vec<LineState>,
    by_message: HashMap<MessageId, Nth>,
    feeds: Vec<FeedState>,
    places: Vec<PlaceState>,
    items: HashMap<ItemId, ItemState>,
    open: HashSet<ItemId>,
    unsettled: BTreeSet<Nth>,
    faults: Faults,
}

impl Oracle {
    /// The judge of this plan, carried out by these people. `supervised`: whether somebody decides on what is held.
    pub fn new(plan: Arc<Plan>, people: Vec<AccountId>, supervised: bool) -> Self {
        let places = plan
            .places
            .iter()
            .map(|place| PlaceState { next: vec![None; place.parties.len()], ..PlaceState::default() });
        Self {
            place_of: plan.places.iter().enumerate().map(|(at, place)| (place.id, at)).collect(),
            lines: Vec::new(),
            by_message: HashMap::new(),
            feeds: vec![FeedState::default(); people.len()],
            places: places.collect(),
            items: HashMap::new(),
            open: HashSet::new(),
            unsettled: BTreeSet::new(),
            faults: Faults::default(),
            plan,
            people,
            supervised,
        }
    }

    /// Somebody is live for the first time: where their feed and their conversations stand.
    pub fn joined(&mut self, person: usize, head: Offset, conversations: &[(ConversationId, Seq)]) {
        self.feeds[person].last = Some(head);
        for (id, last_seq) in conversations {
            let Some((place, party)) = self.party(person, *id) else { continue };
            let state = &mut self.places[place];
            state.next[party] = Some(last_seq + 1);
            state.base = state.base.max(*last_seq);
        }
    }

    /// Somebody is back with a cursor, and this is how the server goes on.
    pub fn resumed(&mut self, person: usize, resume: Resumed, head: Offset) {
        match resume {
            Resumed::Replay => {}
            Resumed::Live if self.feeds[person].last == Some(head) => {}
            Resumed::Live => {
                self.feeds[person].last = Some(head);
                self.faults.add(Wrong::OffsetGap, None, None);
            }
            Resumed::Reset => {
                self.feeds[person] = FeedState { last: Some(head), reset: true };
                for (place, state) in self.plan.places.iter().zip(&mut self.places) {
                    if let Some(party) = place.parties.iter().position(|at| *at == person) {
                        state.next[party] = None;
                    }
                }
            }
        }
    }

    /// A message of the plan went out on a socket, for the first time or again.
    pub fn sent(&mut self, nth: Nth) {
        self.line(nth).sent = true;
        self.settle(nth);
    }

    /// The server said `ok`. Tells whether it is the first answer.
    pub fn answered(&mut self, nth: Nth, message: MessageId, status: MessageStatus) -> bool {
        self.bind(nth, message);
        let line = self.line(nth);
        let first = line.answer.is_none();
        let answer = if status == MessageStatus::Delivered { Answer::Delivered } else { Answer::Held };
        // A repeated send is answered as it was the first time, or with what became of it since.
        line.answer.get_or_insert(answer);
        self.settle(nth);
        first
    }

    /// The server said no, for good.
    pub fn refused(&mut self, nth: Nth) {
        self.line(nth).answer = Some(Answer::Refused);
        self.settle(nth);
    }

    /// A `message` event came on a person's feed.
    pub fn seen(&mut self, person: usize, offset: Offset, view: &MessageView) -> Option<Sight> {
        if !self.in_feed(person, offset) {
            return None;
        }
        let (place, party) = self.party(person, view.conversation)?;
        self.in_order(place, party, view);
        let nth = self.recognised(place, view)?;
        self.bind(nth, view.message);
        if self.line(nth).seen & (1 << party) != 0 {
            self.fault(Wrong::SeenTwice, nth);
            return None;
        }
        self.line(nth).seen |= 1 << party;
        let partner = self.plan.line(nth).sender != person;
        if partner {
            self.shown(nth, view);
        }
        self.settle(nth);
        let at_once = partner && !self.needs_decision(nth);
        Some(Sight { nth, at_once })
    }

    /// A `status` event came on a person's feed.
    pub fn status(&mut self, person: usize, offset: Offset, view: &StatusView) {
        if !self.in_feed(person, offset) {
            return;
        }
        let Some(nth) = self.plan.nth_of(&view.cid) else { return };
        if self.plan.line(nth).sender != person {
            self.fault(Wrong::Leaked, nth);
            return;
        }
        self.bind(nth, view.message);
        let line = self.line(nth);
        line.ended = Some(view.status);
        line.held |= view.status != MessageStatus::Delivered;
        self.settle(nth);
    }

    /// Any other event came on a person's feed.
    pub fn other(&mut self, person: usize, offset: Offset) {
        self.in_feed(person, offset);
    }

    /// A supervisor sees an item as it is. Tells which message of the run it holds.
    pub fn item(&mut self, view: &ItemView) -> Option<Nth> {
        let nth = self.plan.recognise(&view.text);
        let item = self.items.entry(view.item).or_default();
        item.nth = nth;
        if view.version >= item.version {
            item.version = view.version;
            item.state = Some(view.state);
            item.decided_by = view.decided_by.as_ref().map(|holder| holder.account).or(item.decided_by);
            item.effective_at = view.effective_at.or(item.effective_at);
        }
        // A closed item stays as it closed.
        let twice = matches!((item.outcome, view.outcome), (Some(had), Some(now)) if had != now);
        item.outcome = item.outcome.or(view.outcome);
        if let Some(nth) = nth {
            self.bind(nth, view.message);
            self.line(nth).item = Some(view.item);
        }
        if twice {
            self.faults.add(Wrong::DecidedTwice, nth, Some(view.message));
        }
        nth
    }

    /// A supervisor of the run is about to ask for a decision. Said before the frame goes out, so that nothing that follows
    /// from it can have been seen before.
    pub fn decision_asked(&mut self, item: ItemId, ask: Ask) {
        let asked = &mut self.items.entry(item).or_default().asked;
        if !asked.contains(&ask) {
            asked.push(ask);
        }
    }

    /// The server confirmed a decision, as new or as made already.
    pub fn decision_confirmed(&mut self, id: ItemId, by: AccountId, ask: Ask, duplicate: bool) {
        let item = self.items.entry(id).or_default();
        let had = item.confirmed;
        item.confirmed.get_or_insert((by, ask));
        let nth = item.nth;
        // After a crash the first answer may be lost: the repeat is then confirmed as a duplicate, and is the first we hear.
        if had.is_some_and(|had| had != (by, ask) || !duplicate) {
            self.faults.add(Wrong::DecidedTwice, nth, nth.and_then(|nth| self.lines[nth as usize].message));
        }
    }

    /// How many messages are still on their way: not answered, not with all parties, or held and not settled.
    pub fn unsettled(&self) -> usize {
        self.unsettled.len()
    }

    /// How many decisions were confirmed and have not taken effect: what they deliver is in no history yet.
    pub fn taking_effect(&self) -> usize {
        self.items.values().filter(|item| item.confirmed.is_some() && item.outcome.is_none()).count()
    }

    /// What is wrong so far.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    fn line(&mut self, nth: Nth) -> &mut LineState {
        let at = nth as usize;
        if self.lines.len() <= at {
            self.lines.resize(at + 1, LineState::default());
        }
        &mut self.lines[at]
    }

    fn fault(&mut self, wrong: Wrong, nth: Nth) {
        let message = self.line(nth).message;
        self.faults.add(wrong, Some(nth), message);
    }

    fn party(&self, person: usize, conversation: ConversationId) -> Option<(usize, usize)> {
        let place = *self.place_of.get(&conversation)?;
        let party = self.plan.places[place].parties.iter().position(|at| *at == person)?;
        Some((place, party))
    }

    /// One message, one id.
    fn bind(&mut self, nth: Nth, message: MessageId) {
        let had = *self.line(nth).message.get_or_insert(message);
        self.by_message.insert(message, nth);
        if had != message {
            self.faults.add(Wrong::TwoMessages, Some(nth), Some(message));
        }
    }

    /// Whether the event at this offset is the next one of the feed. After a gap the client resumes from the last good one.
    fn in_feed(&mut self, person: usize, offset: Offset) -> bool {
        let feed = &mut self.feeds[person];
        let last = feed.last.unwrap_or(offset.saturating_sub(1));
        if offset == last + 1 {
            feed.last = Some(offset);
            return true;
        }
        let wrong = if offset <= last { Wrong::OffsetRepeated } else { Wrong::OffsetGap };
        self.faults.add(wrong, None, None);
        false
    }

    fn in_order(&mut self, place: usize, party: usize, view: &MessageView) {
        let state = &mut self.places[place];
        let expected = state.next[party].replace(view.seq + 1);
        let nth = self.by_message.get(&view.message).copied();
        if expected.is_some_and(|expected| expected != view.seq) {
            self.faults.add(Wrong::SeqGap, nth, Some(view.message));
        }
        if *state.order.entry(view.seq).or_insert(view.message) != view.message {
            self.faults.add(Wrong::SeqDiffers, nth, Some(view.message));
        }
    }

    /// The message of the run that this is, said where and by whom it was planned. Messages of others are none of ours.
    fn recognised(&mut self, place: usize, view: &MessageView) -> Option<Nth> {
        let Some(nth) = self.plan.recognise(&view.text) else {
            if let Some(nth) = self.by_message.get(&view.message).copied() {
                self.faults.add(Wrong::WrongText, Some(nth), Some(view.message));
            }
            return None;
        };
        let line = self.plan.line(nth);
        if line.place != place || self.people[line.sender] != view.from {
            self.faults.add(Wrong::WrongPlace, Some(nth), Some(view.message));
            return None;
        }
        Some(nth)
    }

    /// A partner sees it: is it the text that was said, or the one that was decided?
    fn shown(&mut self, nth: Nth, view: &MessageView) {
        if view.cid.is_some() {
            self.fault(Wrong::Leaked, nth);
        }
        let shown = match view.altered {
            false if view.text == self.plan.text(nth) => Shown::Original,
            true if view.text == self.plan.altered(nth) => Shown::Altered,
            _ => return self.fault(Wrong::WrongText, nth),
        };
        let asked = self.lines[nth as usize].item.and_then(|item| self.items.get(&item)).map(|item| &item.asked);
        let ask = if shown == Shown::Original { Ask::Release } else { Ask::Alter };
        let asked_before = asked.is_some_and(|asked| asked.contains(&ask));
        let line = self.line(nth);
        (line.shown, line.asked_before, line.delivered_at) = (Some(shown), asked_before, Some(view.delivered_at));
    }

    /// Whether a person must have decided before a partner may see it.
    fn needs_decision(&self, nth: Nth) -> bool {
        let Some(line) = self.lines.get(nth as usize) else { return false };
        let held = line.held || line.answer == Some(Answer::Held) || line.item.is_some();
        held || line.shown == Some(Shown::Altered) || self.plan.line(nth).unsafe_text
    }

    /// Whether every party has it.
    fn complete(&self, nth: Nth) -> bool {
        let parties = &self.plan.places[self.plan.line(nth).place].parties;
        self.lines[nth as usize].seen.count_ones() as usize == parties.len()
    }

    fn settle(&mut self, nth: Nth) {
        let line = &self.lines[nth as usize];
        let settled = match line.answer {
            None => !line.sent,
            Some(Answer::Refused) => true,
            Some(Answer::Delivered) => self.complete(nth),
            Some(Answer::Held) => match line.ended {
                None | Some(MessageStatus::Held | MessageStatus::Consent) => !self.supervised,
                Some(MessageStatus::Delivered) => self.complete(nth),
                Some(
                    MessageStatus::Rejected
                    | MessageStatus::Rephrase
                    | MessageStatus::Withdrawn
                    | MessageStatus::Expired,
                ) => true,
            },
        };
        if settled {
            self.unsettled.remove(&nth)
        } else {
            self.unsettled.insert(nth)
        };
    }
}
