//! The clock's part: elapsed decisions take effect, lapsed claims are free again, what waits too long escalates, what its
//! sender did not answer in time expires. Every node
//! runs it; of two, the second finds the work done.

use super::Chat;
use super::duty::note_ring;
use crate::fresh;
use crate::store::{Failure, Reader, Scope, Tx};
use handrail_domain::conversation::{answered, settle};
use handrail_domain::ids::ItemId;
use handrail_domain::quarantine::{Due, ItemAct};
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
        let look = move |record: &Reader<'_>| {
            Ok((record.due_items(now, ROUND)?, record.next_wake()?, !record.untold_rings(1)?.is_empty()))
        };
        let (due, next, rings) = self.read(look).await?;
        // Whom something rings must hold up nothing that is due: it is tried again at the next strike.
        if rings && let Err(refusal) = self.settle_rings().await {
            tracing::warn!(
                code = refusal.code.as_str(),
                "whom something rings could not be settled; it is tried again"
            );
        }
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
    let settings = tx.site(item.site)?.ok_or(Code::Internal)?.settings;
    match item.due(conversation.state, settings.asks_for_ms(), now) {
        Due::Nothing => (),
        Due::AfterPause => tx.put_item_until(&item, None, Some(now.plus_ms(PAUSED_MS)))?,
        Due::Changed(item, act) => {
            tx.put_item(&item, Some(item.changed(act, None, now)))?;
            // Who did nothing about it before is rung again, and whoever comes after them.
            if act == ItemAct::Overdue {
                note_ring(tx, &item, now)?;
            }
        }
        Due::Closed(closed, effect) => {
            if let Some(effect) = effect {
                let held = tx.undelivered(closed.message)?.ok_or(Code::Internal)?;
                let (message, events) = settle(&conversation, &held, &closed, effect, now);
                tx.end_message(&message, events)?;
            }
            let by = closed.decision().map(|(by, _)| by);
            tx.put_item(&closed, Some(closed.changed(ItemAct::Close, by, now)))?;
        }
        Due::Unanswered(closed, effect) => {
            let asked = tx.undelivered(closed.message)?.ok_or(Code::Internal)?;
            let (message, events) = answered(&conversation, &asked, &closed, effect, None, now);
            tx.end_message(&message, events)?;
            tx.put_item(&closed, None)?;
        }
    }
    Ok(())
}
