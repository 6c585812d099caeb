//! The live queues: an item's change, as the supervisor channel tells it, goes to every device that watches its queue, whole
//! and as it is now, with the acts of the one who reads; and so does a report.

use super::hub::{Hub, encode};
use crate::bus::QueueHint;
use crate::chat::{Chat, item_for_each, may_see_queue, report_for};
use crate::fresh;
use crate::store::StoreError;
use crate::telemetry::{Timing, metrics};
use handrail_domain::event::Queued;
use handrail_domain::ids::AccountId;
use handrail_domain::people::Account;
use handrail_domain::wire::{EventBody, FromServer};
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
            // The gap makes the clients read the open items.
            tracing::error!(%error, "a line could not be read for the queue");
            hub.watchers(hint.site).iter().for_each(|device| device.outbox.miss_queue(hint.site, hint.offset));
            return;
        }
    };
    for (reader, body) in views {
        if let EventBody::Item { item } = &body
            && item.version == 1
        {
            let waited = fresh::now().since_ms(item.held_at).max(0).unsigned_abs();
            metrics().observe(Timing::HoldToScreen, Duration::from_millis(waited));
        }
        let frame = FromServer::Event { queue: Some(hint.site), offset: hint.offset, mark: None, body };
        let Some(frame) = encode(&frame) else { continue };
        let own = hub.watchers(hint.site).into_iter().filter(|device| device.signed.account.id == reader);
        own.for_each(|device| device.outbox.push_queue(hint.site, hint.offset, frame.clone()));
    }
}

/// What each reader is shown of a line; nothing for a reader who may not see it.
fn views(
    record: &crate::store::Reader<'_>,
    hint: QueueHint,
    readers: Vec<Account>,
) -> Result<Vec<(AccountId, EventBody)>, StoreError> {
    match hint.about {
        Queued::Item(id) => {
            let Some(item) = record.item(id)? else { return Ok(Vec::new()) };
            let mut seeing = Vec::with_capacity(readers.len());
            let Some(conversation) = record.conversation(item.conversation)? else { return Ok(Vec::new()) };
            for reader in &readers {
                // A site that shared its rota may not any more.
                if may_see_queue(record, reader, item.site)? && !conversation.is_sealed_from(reader.id) {
                    seeing.push(reader);
                }
            }
            let views = item_for_each(record, &item, &seeing, fresh::now())?;
            let seen = seeing.into_iter().map(|reader| reader.id).zip(views);
            Ok(seen.map(|(id, item)| (id, EventBody::Item { item: Box::new(item) })).collect())
        }
        Queued::Report(id) => {
            let Some(report) = record.report(id)? else { return Ok(Vec::new()) };
            let view = |reader: &Account| Ok(report_for(record, &report, reader)?.map(|view| (reader.id, view)));
            let seen = readers.iter().map(view).collect::<Result<Vec<_>, StoreError>>()?;
            Ok(seen.into_iter().flatten().map(|(id, report)| (id, EventBody::Report { report })).collect())
        }
    }
}
