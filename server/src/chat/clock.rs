//! The clock's part: elapsed decisions take effect, lapsed claims are free again, what waits too long escalates. Every node
//! runs it; of two, the second finds the work done.

use super::Chat;
use crate::fresh;
use crate::store::{Failure, Scope, Tx};
use handrail_domain::conversation::{Conversation, ConversationState, Message, MessageStatus, settle, settled};
use handrail_domain::ids::ItemId;
use handrail_domain::quarantine::{Effect, Item, ItemAct, State};
use handrail_domain::refusal::{Code, Refusal};
use handrail_domain::time::Timestamp;
use std::time::Duration;

/// The longest the clock sleeps, should another process have set an earlier time.
const SLEEP_MAX: Duration = Duration::from_secs(2);
/// Items looked at in one round.
const ROUND: usize = 256;
/// How long a delivery that its conversation's pause holds up waits before it is looked at again, in milliseconds.
const PAUSED_MS: i64 = 1_000;

impl Chat {
    /// Runs until it is dropped: sleeps until the next item is due, then does what time demands.
    pub async fn keep_time(&self) {
        loop {
            let again = match self.strike().await {
                Ok(again) => again,
                Err(refusal) => {
                    tracing::warn!(
                        code = refusal.code.as_str(),
                        "the clock could not reach the record; it tries again"
                    );
                    SLEEP_MAX
                }
            };
            // An alarm means that an item changed: its time may be sooner.
            let _alarmed = tokio::time::timeout(again, self.alarm.notified()).await;
        }
    }

    /// Does what is due now. Says how long nothing else will be.
    pub async fn strike(&self) -> Result<Duration, Refusal> {
        let now = fresh::now();
        let (due, next) = self.read(move |record| Ok((record.due_items(now, ROUND)?, record.next_wake()?))).await?;
        if due.is_empty() {
            let wait = next.map_or(SLEEP_MAX, |at| Duration::from_millis(at.since_ms(now).max(1).unsigned_abs()));
            return Ok(wait.min(SLEEP_MAX));
        }
        // Queued together, so that they share commits.
        let writing: Vec<_> = due
            .into_iter()
            .map(|item| self.store.write(Scope::Item(item), move |tx| wake(tx, item, fresh::now())))
            .collect();
        for written in writing {
            written.await.map_err(Refusal::from)?;
        }
        Ok(Duration::ZERO)
    }
}

/// What time demands of one item. Nothing, if another node was faster.
pub(super) fn wake(tx: &mut Tx<'_>, id: ItemId, now: Timestamp) -> Result<(), Failure> {
    let Some(item) = tx.item(id)? else { return Ok(()) };
    let conversation = tx.conversation(item.conversation)?.ok_or(Code::Internal)?;
    if conversation.state == ConversationState::Ended {
        return item.expire(now).map_or(Ok(()), |over| close_expired(tx, &conversation, &over, now));
    }
    if let Some((closed, effect)) = item.settle(now) {
        let waits = conversation.state == ConversationState::Paused && matches!(effect, Effect::Deliver { .. });
        if waits {
            return Ok(tx.put_item_until(&item, None, Some(now.plus_ms(PAUSED_MS)))?);
        }
        return take_effect(tx, &conversation, &closed, effect, now);
    }
    if let Some(over) = item.outdated(now) {
        return close_expired(tx, &conversation, &over, now);
    }
    let changed = item.lapse(now).map(|item| (item, ItemAct::Lapse));
    let changed = changed.or_else(|| item.overdue(now).map(|item| (item, ItemAct::Overdue)));
    if let Some((item, act)) = changed {
        let event = item.changed(act, None, now);
        tx.put_item(&item, Some(event))?;
    }
    Ok(())
}

fn take_effect(
    tx: &mut Tx<'_>,
    conversation: &Conversation,
    closed: &Item,
    effect: Effect,
    now: Timestamp,
) -> Result<(), Failure> {
    let held = tx.undelivered(closed.message)?.ok_or(Code::Internal)?;
    let (ended, events) = settle(conversation, &held, closed, effect, now);
    tx.end_message(&ended, events)?;
    let by = closed.decision().map(|(by, _)| by);
    Ok(tx.put_item(closed, Some(closed.changed(ItemAct::Close, by, now)))?)
}

/// Nobody will decide: the message ends undelivered, unless its sender took it back before.
fn close_expired(tx: &mut Tx<'_>, conversation: &Conversation, over: &Item, now: Timestamp) -> Result<(), Failure> {
    debug_assert!(matches!(over.state, State::Closed { .. }));
    if let Some(held) = tx.undelivered(over.message)?.filter(|held| held.status == MessageStatus::Held) {
        let ended = Message { status: MessageStatus::Expired, ..held };
        let told = settled(conversation, &ended, None, now, None, None, None);
        tx.end_message(&ended, vec![told])?;
    }
    Ok(tx.put_item(over, Some(over.changed(ItemAct::Close, None, now)))?)
}
