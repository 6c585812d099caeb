//! One act on the record, as the shell does it: load, ask the rules of the product, say what shall be written. The order of its
//! questions is that of `chat` in the server.

use crate::cast::account;
use crate::fault::Fault;
use crate::record::{Change, Record, Write};
use handrail_domain::conversation::{
    Conversation, ConversationState, Envelope, Message, MessageStatus, Told, answered, settle, settled, submit,
};
use handrail_domain::filter::{Rules, Window, judge};
use handrail_domain::ids::{AccountId, Cid, ConversationId, ItemId, MessageId, ReportId};
use handrail_domain::people::Site;
use handrail_domain::policy::{Moderator, may_moderate, may_report, may_send};
use handrail_domain::quarantine::{Claimed, Decided, Decision, Due, Item, ItemAct, StateName};
use handrail_domain::refusal::{Code, Refusal};
use handrail_domain::report::{Draft, file};
use handrail_domain::text::Text;
use handrail_domain::time::Timestamp;

/// How long a delivery that its conversation's pause holds up waits before it is looked at again, in milliseconds.
const PAUSED_MS: i64 = 1_000;

/// What somebody asks for.
#[derive(Debug, Clone)]
pub(crate) enum Ask {
    Send {
        conversation: ConversationId,
        cid: Cid,
        text: Text,
    },
    Withdraw(MessageId),
    Answer(MessageId, bool),
    Report {
        conversation: ConversationId,
        draft: Draft,
    },
    Claim(ItemId),
    Unclaim(ItemId),
    Decide(ItemId, u64, Decision),
    Undo(ItemId, u64),
    Acknowledge(ItemId),
    Lift(ConversationId),
    /// By the office: pause, lift or end.
    Become(ConversationId, ConversationState),
    /// By the clock.
    Wake(ItemId),
}

/// What was done.
#[derive(Debug, Clone)]
pub(crate) enum Done {
    Sent(MessageId, Text),
    Ended(MessageId, MessageStatus),
    Reported(ReportId),
    Nothing,
}

/// What an act stands on beside the record.
pub(crate) struct Server<'a> {
    pub(crate) rules: &'a Rules,
    pub(crate) site: &'a Site,
    pub(crate) fault: Option<Fault>,
    pub(crate) now: Timestamp,
    /// A fresh id, should one be needed.
    pub(crate) fresh: u128,
}

type Act = Result<(Change, Done), Refusal>;

impl Server<'_> {
    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    /// What an act would write, and its answer.
    pub(crate) fn act(&self, record: &Record, from: AccountId, ask: &Ask) -> Act {
        let now = self.now;
        match ask {
            Ask::Send { conversation, cid, text } => self.send(record, from, *conversation, cid, text),
            Ask::Withdraw(message) => self.withdraw(record, from, *message),
            Ask::Answer(message, accept) => self.answer(record, from, *message, *accept),
            Ask::Report { conversation, draft } => self.report(record, from, *conversation, draft),
            Ask::Claim(item) => self.on_item(record, from, *item, |item, who| {
                Ok(match item.claim(who, now)? {
                    Claimed::Taken(item) => (item, Some(ItemAct::Claim)),
                    Claimed::Renewed(item) => (item, None),
                })
            }),
            Ask::Unclaim(item) => {
                self.on_item(record, from, *item, |item, who| Ok((item.unclaim(who, now)?, Some(ItemAct::Unclaim))))
            }
            Ask::Acknowledge(item) => self.on_item(record, from, *item, |item, who| {
                let quiet = item.acknowledge(who)?;
                let act = (quiet.version != item.version).then_some(ItemAct::Acknowledge);
                Ok((quiet, act))
            }),
            Ask::Undo(item, version) => self.on_item(record, from, *item, |item, who| {
                Ok((item.undo(who, self.version(item, *version), now)?, Some(ItemAct::Undo)))
            }),
            Ask::Decide(item, version, decision) => self.on_item(record, from, *item, |item, who| {
                let act = match decision {
                    Decision::Escalate { .. } => ItemAct::Escalate,
                    Decision::Release
                    | Decision::Alter { .. }
                    | Decision::Reject { .. }
                    | Decision::Rephrase { .. }
                    | Decision::Note { .. } => ItemAct::Decide,
                };
                let (version, undo_ms) = (self.version(item, *version), self.site.settings.undo_ms);
                let asked = Item { second: item.second && !self.has(Fault::AloneIsEnough), ..item.clone() };
                Ok(match asked.decide(who, version, decision.clone(), undo_ms, now)? {
                    Decided::Again => (item.clone(), None),
                    Decided::Proposed(item) => (*item, Some(ItemAct::Propose)),
                    Decided::Done(decided) => (Item { second: item.second, ..*decided }, Some(act)),
                })
            }),
            Ask::Lift(conversation) => {
                let conversation = record.conversation(*conversation);
                let who = may_moderate(&account(from), conversation, None)?;
                self.become_(record, conversation, ConversationState::Open, Some(who.who()))
            }
            Ask::Become(conversation, state) => self.become_(record, record.conversation(*conversation), *state, None),
            Ask::Wake(item) => {
                let (mut change, item) = (Change::default(), &record.items[item].item);
                self.wake(&mut change, record, record.conversation(item.conversation), item);
                Ok((change, Done::Nothing))
            }
        }
    }

    fn version(&self, item: &Item, seen: u64) -> u64 {
        if self.has(Fault::SkipVersion) { item.version } else { seen }
    }

    fn send(&self, record: &Record, from: AccountId, to: ConversationId, cid: &Cid, text: &Text) -> Act {
        if let Some(before) = record.said(from, cid).filter(|_| !self.has(Fault::ForgetCid)) {
            let same = before.conversation == to && before.text == *text;
            let done = Done::Sent(before.id, text.clone());
            return if same { Ok((Change::default(), done)) } else { Err(Code::CidConflict.into()) };
        }
        let (account, conversation) = (account(from), record.conversation(to));
        let permit = may_send(&account, conversation)?;
        let verdict = judge(self.rules, &Window::new(account.role), text.clone());
        let envelope = Envelope {
            message: MessageId::from_bits(self.fresh),
            item: ItemId::from_bits(self.fresh),
            salt: [0; 16],
            cid: cid.clone(),
            rules: String::new(),
            now: self.now,
            expected_wait_s: None,
        };
        let submission = submit(conversation, self.site, &permit, verdict, envelope);
        let mut change = Change::default();
        let done = Done::Sent(submission.message.id, text.clone());
        change.message(submission.message, submission.events);
        if let Some(item) = submission.item {
            change.item(item, None);
        }
        Ok((change, done))
    }

    fn withdraw(&self, record: &Record, from: AccountId, message: MessageId) -> Act {
        let held = record.messages.get(&message).filter(|held| held.from == from).ok_or(Code::NotFound)?;
        if held.status != MessageStatus::Held {
            return Err(Code::NotHeld.into());
        }
        let withdrawn = record.item_of(message).ok_or(Code::NotHeld)?.withdraw(self.now)?;
        let ended = Message { status: MessageStatus::Withdrawn, ..held.clone() };
        let conversation = record.conversation(held.conversation);
        let mut change = Change::default();
        change.message(ended.clone(), vec![settled(conversation, &ended, Some(from), self.now, Told::default())]);
        if !self.has(Fault::WithdrawHalf) {
            let event = withdrawn.changed(ItemAct::Withdraw, Some(from), self.now);
            change.item(withdrawn, Some(event));
        }
        Ok((change, Done::Ended(message, MessageStatus::Withdrawn)))
    }

    fn answer(&self, record: &Record, from: AccountId, message: MessageId, accept: bool) -> Act {
        let asked = record.messages.get(&message).filter(|asked| asked.from == from).ok_or(Code::NotFound)?;
        let item = record.item_of(message).ok_or(Code::NotHeld)?;
        if item.was_answered(accept, asked.status) {
            return Ok((Change::default(), Done::Ended(message, asked.status)));
        }
        let at = if self.has(Fault::LateAnswer) { Timestamp(i64::MIN) } else { self.now };
        let (closed, effect) = item.answer(accept, at)?;
        let conversation = record.conversation(item.conversation);
        if accept && conversation.state == ConversationState::Paused {
            return Err(Code::ConversationPaused.into());
        }
        let (ended, events) = answered(conversation, asked, &closed, effect, Some(from), self.now);
        let mut change = Change::default();
        let done = Done::Ended(message, ended.status);
        change.message(ended, events);
        change.item(closed, None);
        Ok((change, done))
    }

    fn report(&self, record: &Record, from: AccountId, about: ConversationId, draft: &Draft) -> Act {
        if let Some(before) = record.reported(from, &draft.cid) {
            before.again(about, draft)?;
            return Ok((Change::default(), Done::Reported(before.id)));
        }
        let conversation = record.conversation(about);
        let who = may_report(&account(from), conversation)?;
        let mut filed = file(conversation, who, ReportId::from_bits(self.fresh), draft.clone(), self.now);
        if self.has(Fault::ReportTold) {
            filed.events[0].accounts = conversation.accounts();
        }
        let done = Done::Reported(filed.report.id);
        let mut change = Change { writes: vec![Write::Report(filed.report)], events: filed.events };
        if let Some(paused) = filed.paused {
            change.writes.push(Write::State(paused.id, paused.state));
        }
        if self.has(Fault::PauseForgotten) {
            change.writes.truncate(1);
            change.events.truncate(1);
        }
        Ok((change, done))
    }

    fn on_item(
        &self,
        record: &Record,
        from: AccountId,
        item: ItemId,
        act: impl FnOnce(&Item, Moderator) -> Result<(Item, Option<ItemAct>), Refusal>,
    ) -> Act {
        let item = &record.items.get(&item).ok_or(Code::NotFound)?.item;
        let mut conversation = record.conversation(item.conversation).clone();
        if self.has(Fault::OwnItem) {
            conversation.parties.retain(|party| party.account != from);
        }
        let who = may_moderate(&account(from), &conversation, None)?;
        let (changed, act) = act(item, who)?;
        let (mut change, done) = (Change::default(), Done::Nothing);
        if changed != *item {
            let event = act.map(|act| changed.changed(act, Some(from), self.now));
            change.item(changed, event);
        }
        Ok((change, done))
    }

    fn become_(
        &self,
        record: &Record,
        conversation: &Conversation,
        state: ConversationState,
        by: Option<AccountId>,
    ) -> Act {
        let mut change = Change::default();
        if let Some((changed, event)) = conversation.becomes(state, by, self.now)? {
            change.writes.push(Write::State(changed.id, changed.state));
            change.events.push(event);
            if changed.state == ConversationState::Ended {
                record.open_of(changed.id).for_each(|item| self.wake(&mut change, record, &changed, item));
            }
        }
        Ok((change, Done::Nothing))
    }

    /// What time demands of an item.
    fn wake(&self, change: &mut Change, record: &Record, conversation: &Conversation, item: &Item) {
        let now = self.now;
        let asks = self.site.settings.asks_for_ms().filter(|_| !self.has(Fault::ConsentSkipped));
        let blind = conversation.state == ConversationState::Paused && self.has(Fault::DeliverWhilePaused);
        let state = if blind { ConversationState::Open } else { conversation.state };
        let message = &record.messages[&item.message];
        let hasty = if self.has(Fault::EffectEarly) { now.plus_ms(4_000) } else { now };
        match item.due(state, asks, hasty) {
            Due::Nothing => (),
            Due::AfterPause => change.writes.push(Write::Item(item.clone(), Some(now.plus_ms(PAUSED_MS)))),
            Due::Changed(item, act) => {
                if act == ItemAct::Overdue && self.has(Fault::EscalationReleases) {
                    let seq = Some(conversation.last_seq + 1);
                    let let_go = Message { status: MessageStatus::Delivered, seq, ..message.clone() };
                    change.writes.push(Write::Message(let_go));
                }
                let event = item.changed(act, None, now);
                change.item(item, Some(event));
            }
            Due::Closed(closed, effect) => {
                if let Some(effect) = effect {
                    let (ended, events) = settle(conversation, message, &closed, effect, now);
                    change.message(ended, events);
                }
                let event = closed.changed(ItemAct::Close, closed.decision().map(|(by, _)| by), now);
                change.item(closed, Some(event));
            }
            Due::Unanswered(closed, effect) => {
                let (ended, events) = answered(conversation, message, &closed, effect, None, now);
                change.message(ended, events);
                change.item(closed, None);
            }
        }
    }

    /// The two faults that forget when to look again.
    pub(crate) fn lose_wake(&self, change: &mut Change) {
        for write in &mut change.writes {
            if let Write::Item(item, wake_at) = write {
                let decided = item.state_name() == StateName::Decided && self.has(Fault::LoseWake);
                if decided || (item.answer_by.is_some() && self.has(Fault::LoseQuestion)) {
                    *wake_at = None;
                }
            }
        }
    }
}
