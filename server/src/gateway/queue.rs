//! The live queues: an item's change, as the supervisor channel tells it, goes to every device that watches its queue, whole
//! and as it is now, with the acts of the one who reads.

use super::hub::{Hub, encode};
use crate::bus::QueueHint;
use crate::chat::{Chat, item_for};
use crate::fresh;
use crate::store::StoreError;
use crate::telemetry::{Timing, metrics};
use handrail_domain::ids::AccountId;
use handrail_domain::people::Account;
use handrail_domain::wire::{EventBody, FromServer, ItemView};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;

/// Hints that are taken together.
const TOGETHER: usize = 64;

/// Serves the queues for as long as the bus lives.
pub async fn serve_queues(chat: Arc<Chat>, hub: Arc<Hub>, mut hints: UnboundedReceiver<QueueHint>) {
    let mut together = Vec::with_capacity(TOGETHER);
    while hints.recv_many(&mut together, TOGETHER).await > 0 {
        for hint in together.drain(..) {
            tell(&chat, &hub, hint).await;
        }
    }
}

async fn tell(chat: &Chat, hub: &Hub, hint: QueueHint) {
    let readers = hub.watching(hint.site);
    if readers.is_empty() {
        return;
    }
    let views = match chat.store().read(move |record| views(record, hint, readers)).await {
        Ok(views) => views,
        Err(error) => {
            // The offset's gap makes the clients read the open items.
            tracing::error!(%error, "an item could not be read for the queue");
            return;
        }
    };
    for (reader, view) in views {
        let (fresh_hold, held_at) = (view.version == 1, view.held_at);
        let body = EventBody::Item { item: Box::new(view) };
        let frame = FromServer::Event { queue: Some(hint.site), offset: hint.offset, mark: None, body };
        let Some(frame) = encode(&frame) else { continue };
        if fresh_hold {
            metrics().observe(
                Timing::HoldToScreen,
                Duration::from_millis(fresh::now().since_ms(held_at).max(0).unsigned_abs()),
            );
        }
        let own = hub.watchers(hint.site).into_iter().filter(|device| device.signed.account.id == reader);
        own.for_each(|device| device.outbox.push_queue(hint.site, hint.offset, frame.clone()));
    }
}

fn views(
    record: &crate::store::Reader<'_>,
    hint: QueueHint,
    readers: Vec<Account>,
) -> Result<Vec<(AccountId, ItemView)>, StoreError> {
    let Some(item) = record.item(hint.item)? else { return Ok(Vec::new()) };
    let now = fresh::now();
    readers.iter().map(|reader| Ok((reader.id, item_for(record, &item, reader, now)?))).collect()
}
