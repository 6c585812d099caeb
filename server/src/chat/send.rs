//! Saying something, taking it back, and answering when it was altered.

use super::duty::note_ring;
use super::windows::{Asked, Judged, WINDOW_READ, read_window};
use super::{Chat, Signed};
use crate::fresh;
use crate::store::{Failure, Reader, Scope, StoreError, Tx};
use crate::telemetry::traces::TARGET;
use handrail_domain::conversation::{
    Conversation, ConversationState, Envelope, Message, MessageStatus, Told, answered, settled, submit,
};
use handrail_domain::filter::Rules;
use handrail_domain::ids::{AccountId, Cid, ConversationId, ItemId, MessageId, Seq};
use handrail_domain::people::Site;
use handrail_domain::policy::{Permit, may_send};
use handrail_domain::quarantine::ItemAct;
use handrail_domain::refusal::{Code, Refusal};
use handrail_domain::text::{Text, TextError};
use handrail_domain::time::Timestamp;
use std::sync::Arc;

/// What somebody wants to say.
pub struct Send {
    /// Where.
    pub conversation: ConversationId,
    /// Their own id for it, kept for retries.
    pub cid: Cid,
    /// As it was typed.
    pub text: String,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Its id.
    pub message: MessageId,
    /// Delivered or held.
    pub status: MessageStatus,
    /// Its number, if it was delivered.
    pub seq: Option<Seq>,
    /// Whether it had been said before, under the same client id.
    pub duplicate: bool,
}

/// How often a window is read that is forgotten again before it is used; after that a person looks.
const WINDOW_TRIES: usize = 3;

impl From<TextError> for Failure {
    fn from(error: TextError) -> Self {
        text_code(error).into()
    }
}

pub(super) fn text_code(error: TextError) -> Code {
    match error {
        TextError::Empty => Code::Empty,
        TextError::TooLong => Code::TooLong,
    }
}

impl Chat {
    /// Judges a message and queues it for the record, in the order of calls. The future that comes back answers once it is
    /// durable; until then it may or may not have happened. Should another node have taken a message of the same sender in
    /// between, it is judged again with that in view.
    pub async fn send(
        self: &Arc<Self>,
        who: &Signed,
        send: Send,
    ) -> Result<impl Future<Output = Result<Sent, Refusal>> + std::marker::Send + 'static, Refusal> {
        let text = Text::parse(&send.text).map_err(text_code)?;
        let asked = Asked { message: MessageId::from_bits(fresh::bits()), text, now: fresh::now() };
        let (who, conversation, cid) = (who.clone(), send.conversation, send.cid);
        let judged = self.judge(&who, conversation, &asked).await?;
        let wait = self.expected_wait(who.account.site, &judged.0.verdict, asked.now).await?;
        let first = self.queue(who.account.id, conversation, cid.clone(), asked.clone(), judged, wait);
        let chat = self.clone();
        Ok(async move {
            let (mut taken, mut tries) = (first.await?, 1);
            while taken.is_none() {
                chat.windows.forget_one((conversation, who.account.id));
                let asked = Asked { now: fresh::now(), ..asked.clone() };
                let (mut judged, rules) = chat.judge(&who, conversation, &asked).await?;
                if tries == WINDOW_TRIES {
                    judged = Judged::failed(asked.text.clone());
                }
                let wait = chat.expected_wait(who.account.site, &judged.verdict, asked.now).await?;
                taken = chat.queue(who.account.id, conversation, cid.clone(), asked, (judged, rules), wait).await?;
                tries += 1;
            }
            taken.ok_or_else(|| Code::Internal.into())
        })
    }

    /// Queues what was judged, and by which rules. Nothing comes of it if the judgement does not stand any more.
    fn queue(
        &self,
        from: AccountId,
        conversation: ConversationId,
        cid: Cid,
        asked: Asked,
        (judged, rules): (Judged, Arc<Rules>),
        expected_wait_s: Option<u64>,
    ) -> impl Future<Output = Result<Option<Sent>, Refusal>> + std::marker::Send + 'static {
        let Asked { message, text, now } = asked;
        let envelope = Envelope {
            message,
            item: ItemId::from_bits(fresh::bits()),
            salt: fresh::bytes(),
            cid,
            rules: rules.version().to_owned(),
            now,
            expected_wait_s,
        };
        let written = self.store.write_decided(Scope::Conversation(conversation), move |tx| {
            take(tx, from, conversation, &text, judged, envelope)
        });
        async move { written.await.map_err(Refusal::from) }
    }

    /// Judges a text with its sender's window, which is read from the record if it is not at hand.
    async fn judge(
        &self,
        who: &Signed,
        conversation: ConversationId,
        asked: &Asked,
    ) -> Result<(Judged, Arc<Rules>), Refusal> {
        let rules = self.rules.load_full().ok_or(Code::Unavailable)?;
        let key = (conversation, who.account.id);
        let shadow = self.shadow.load_full();
        let (role, now) = (who.account.role, asked.now);
        for _ in 0..WINDOW_TRIES {
            if !self.windows.has(key, now) {
                let age = self.windows.age();
                let kept = self.read(move |record| read_window(record, key, role, now)).await?;
                self.windows.remember(key, kept, age, now);
            }
            let judging = || self.windows.judge(&rules, shadow.as_deref(), key, asked);
            if let Some(judged) = tracing::info_span!(target: TARGET, "judge").in_scope(judging) {
                return Ok((judged, rules));
            }
        }
        tracing::error!("a window was forgotten as often as it was read; the message is held");
        Ok((Judged::failed(asked.text.clone()), rules))
    }

    /// Takes back one's own held message. It stops delivery, not attention.
    pub async fn withdraw(&self, who: &Signed, message: MessageId) -> Result<Sent, Refusal> {
        let from = who.account.id;
        let done = self.write(Scope::Message(message), move |tx| take_back(tx, from, message, fresh::now())).await;
        self.not_held_if_own(from, message, done).await
    }

    /// Accepts or declines the words that a supervisor put in place of one's own. The same answer again is the same.
    pub async fn answer(&self, who: &Signed, message: MessageId, accept: bool) -> Result<Sent, Refusal> {
        let from = who.account.id;
        let done = self.write(Scope::Message(message), move |tx| answer(tx, from, message, accept, fresh::now())).await;
        self.not_held_if_own(from, message, done).await
    }

    /// What was not found among what waits may be a message of one's own all the same. That is looked for here, where no other act waits.
    async fn not_held_if_own(
        &self,
        from: AccountId,
        message: MessageId,
        done: Result<Sent, Refusal>,
    ) -> Result<Sent, Refusal> {
        match done {
            Err(refused) if refused.code == Code::NotFound => {
                let own = self.read(move |record| record.said(from, message)).await?;
                Err(if own { Code::NotHeld.into() } else { refused })
            }
            done => done,
        }
    }
}

/// The act of sending, inside the record: once per client id, with a permit as things are now. Nothing, if the judgement does
/// not stand any more.
fn take(
    tx: &mut Tx<'_>,
    from: AccountId,
    conversation: ConversationId,
    typed: &Text,
    judged: Judged,
    envelope: Envelope,
) -> Result<Option<Sent>, Failure> {
    let cid = envelope.cid.clone();
    let before = |tx: &Tx<'_>| tx.message_by_cid(from, &cid);
    // A judgement that rests on what was said rests on the message itself, if it is said again.
    if judged.basis.is_some()
        && let Some(before) = before(tx)?
    {
        return again(&before, conversation, typed).map(Some);
    }
    let place = match permitted(tx, from, conversation) {
        Ok(place) => place,
        // What was said before is answered as it was, also to somebody who may say nothing more.
        Err(refused) => {
            return before(tx)?.map_or(Err(refused), |before| again(&before, conversation, typed).map(Some));
        }
    };
    if let Some(basis) = &judged.basis {
        let standing = tx.standing(conversation, from, envelope.now, WINDOW_READ)?;
        if !basis.stands(&standing, &place.site.settings.filter, envelope.now) {
            return Ok(None);
        }
    }
    if let Some(sent) = write(tx, from, &place, judged, envelope)? {
        return Ok(Some(sent));
    }
    let before = before(tx)?.ok_or(Code::Internal)?;
    again(&before, conversation, typed).map(Some)
}

/// Where somebody says something, and the proof that they may.
struct Place {
    conversation: Conversation,
    site: Site,
    permit: Permit,
}

/// Nothing is written to find that out.
fn permitted(tx: &Tx<'_>, from: AccountId, conversation: ConversationId) -> Result<Place, Failure> {
    let account = tx.account(from)?.ok_or(Code::Unauthenticated)?;
    let conversation = tx.conversation(conversation)?.ok_or(Code::NotFound)?;
    let permit = may_send(&account, &conversation)?;
    let site = tx.site(conversation.site)?.ok_or(Code::Internal)?;
    Ok(Place { conversation, site, permit })
}

/// Writes a message that is taken to be new. Nothing, and nothing is written, if it was said before: that is found out here and not asked
/// first, since nearly all are new.
fn write(
    tx: &mut Tx<'_>,
    from: AccountId,
    Place { conversation, site, permit }: &Place,
    judged: Judged,
    envelope: Envelope,
) -> Result<Option<Sent>, StoreError> {
    let submission = submit(conversation, site, permit, judged.verdict, envelope);
    let message = submission.message;
    if !tx.add_message(&message, submission.events)? {
        return Ok(None);
    }
    if !judged.signs.is_empty() {
        tx.add_signs(conversation.id, from, &judged.signs, judged.told)?;
    }
    if let Some(item) = &submission.item {
        tx.put_item(item, None)?;
        note_ring(tx, item, item.held_at)?;
    }
    Ok(Some(Sent { message: message.id, status: message.status, seq: message.seq, duplicate: false }))
}

/// The same client id again: the same answer, or a conflict if it is for something else.
fn again(before: &Message, conversation: ConversationId, typed: &Text) -> Result<Sent, Failure> {
    if before.conversation != conversation || before.text != *typed {
        return Err(Code::CidConflict.into());
    }
    let status = if before.passed { MessageStatus::Delivered } else { MessageStatus::Held };
    let seq = before.seq.filter(|_| before.passed);
    Ok(Sent { message: before.id, status, seq, duplicate: true })
}

fn take_back(tx: &mut Tx<'_>, from: AccountId, message: MessageId, now: Timestamp) -> Result<Sent, Failure> {
    let held = own_held(tx, from, message)?;
    let item = tx.item_of(message)?.ok_or(Code::NotHeld)?;
    let withdrawn = item.withdraw(now)?;
    let conversation = tx.conversation(held.conversation)?.ok_or(Code::Internal)?;
    let ended = Message { status: MessageStatus::Withdrawn, ..held };
    let told = settled(&conversation, &ended, Some(from), now, Told::default());
    tx.end_message(&ended, vec![told])?;
    let changed = withdrawn.changed(ItemAct::Withdraw, Some(from), now);
    tx.put_item(&withdrawn, Some(changed))?;
    Ok(Sent { message, status: MessageStatus::Withdrawn, seq: None, duplicate: false })
}

fn own_held(record: &Reader<'_>, from: AccountId, message: MessageId) -> Result<Message, Failure> {
    let found: Result<Option<Message>, StoreError> = record.undelivered(message);
    match found? {
        Some(held) if held.from == from && held.status == MessageStatus::Held => Ok(held),
        Some(other) if other.from == from => Err(Code::NotHeld.into()),
        Some(_) => Err(Code::NotFound.into()),
        None => Err(Code::NotFound.into()),
    }
}

fn answer(tx: &mut Tx<'_>, from: AccountId, message: MessageId, accept: bool, now: Timestamp) -> Result<Sent, Failure> {
    let item = tx.item_of(message)?.filter(|item| item.from == from).ok_or(Code::NotFound)?;
    let asked = tx.undelivered(message)?;
    // What was delivered is found among what was not no more.
    let status = asked.as_ref().map_or(MessageStatus::Delivered, |asked| asked.status);
    if item.was_answered(accept, status) {
        return Ok(Sent { message, status, seq: None, duplicate: true });
    }
    let (closed, effect) = item.answer(accept, now)?;
    let conversation = tx.conversation(item.conversation)?.ok_or(Code::Internal)?;
    if accept && conversation.state == ConversationState::Paused {
        return Err(Code::ConversationPaused.into());
    }
    let asked = asked.ok_or(Code::Internal)?;
    let (ended, events) = answered(&conversation, &asked, &closed, effect, Some(from), now);
    tx.end_message(&ended, events)?;
    tx.put_item(&closed, None)?;
    Ok(Sent { message, status: ended.status, seq: ended.seq, duplicate: false })
}
