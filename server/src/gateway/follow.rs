//! Following the log: every committed event, in order, once, to the hub. Commits of this process come as they happen; the log
//! itself is read whenever one is missing, and every two seconds whatever else happens, for what other processes wrote.

use super::hub::Hub;
use crate::bus::Signal;
use crate::chat::Chat;
use crate::store::{Logged, StoreError};
use handrail_domain::ids::LogN;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::MissedTickBehavior;

/// How often the log is read when nothing else calls for it.
const READ_EVERY: Duration = Duration::from_secs(2);
/// Events read at once.
const PAGE: usize = 500;

/// Follows the log from its end, for as long as the store lives.
pub async fn follow(chat: Arc<Chat>, hub: Arc<Hub>) -> Result<(), StoreError> {
    let mut commits = chat.store().commits();
    let mut signals = chat.bus().signals();
    let mut last = chat.store().read(|record| record.log_head()).await?;
    // A clock of its own: however much is heard in between, the log is read in time.
    let mut read = tokio::time::interval(READ_EVERY);
    read.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            batch = commits.recv() => match batch {
                Ok(batch) => last = take(&chat, &hub, last, &batch).await,
                Err(RecvError::Lagged(_)) => last = catch_up(&chat, &hub, last).await,
                Err(RecvError::Closed) => return Ok(()),
            },
            signal = signals.recv() => match signal {
                Ok(Signal::Log(n)) if n > last => last = catch_up(&chat, &hub, last).await,
                Ok(signal) => hub.hear(&signal),
                Err(RecvError::Lagged(lost)) => tracing::warn!(lost, "signals were lost: presence may be late"),
                Err(RecvError::Closed) => return Ok(()),
            },
            // What waits to be heard need not be read, and shows by its numbers whether anything is missing.
            _now = read.tick() => if commits.is_empty() { last = catch_up(&chat, &hub, last).await },
        }
    }
}

/// Delivers a batch that follows on from what was delivered; for any other the log is read.
async fn take(chat: &Chat, hub: &Hub, last: LogN, batch: &[Logged]) -> LogN {
    let Some(first) = batch.iter().position(|logged| logged.n > last) else { return last };
    if batch[first].n != last + 1 {
        return catch_up(chat, hub, last).await;
    }
    deliver(chat, hub, &batch[first..], last).await
}

async fn deliver(chat: &Chat, hub: &Hub, batch: &[Logged], mut last: LogN) -> LogN {
    for logged in batch {
        hub.deliver(chat, logged).await;
        last = logged.n;
    }
    chat.bus().committed(last);
    last
}

async fn catch_up(chat: &Chat, hub: &Hub, mut last: LogN) -> LogN {
    loop {
        match chat.store().read(move |record| record.log_page(last, PAGE)).await {
            Ok(page) if page.is_empty() => return last,
            Ok(page) => last = deliver(chat, hub, &page, last).await,
            Err(error) => {
                tracing::error!(%error, "the log could not be read; it is read again soon");
                return last;
            }
        }
    }
}
