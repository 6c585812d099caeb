//! This node's ear on the supervisor channel. What comes out is each change of an item, once, in the order of its queue and
//! without a gap: what the stream brings in turn is passed on, and whatever it did not bring is read from the record. So a node
//! hears its queue whether Redis is well, slow, empty or gone.

use super::link::{Link, pause};
use super::wire::Names;
use crate::bus::QueueHint;
use crate::store::{Owner, Store, StoreError};
use handrail_domain::event::Queued;
use handrail_domain::ids::{LogN, Offset, SiteId};
use redis::aio::MultiplexedConnection;
use redis::streams::{StreamId, StreamRangeReply, StreamReadReply};
use redis::{ErrorKind, RedisError, RedisResult};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

/// How long a change that this node knows of may take to come back through Redis before it is passed on without.
const PATIENCE: Duration = Duration::from_millis(250);
/// The queues' heads are compared with what was heard that often.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How long one read of the streams waits for something new.
const BLOCK: Duration = Duration::from_secs(1);
/// Entries in one read, and lines in one page of the record.
const PAGE: usize = 500;
/// Entries read ahead of the listener.
pub(super) const ENTRIES_AHEAD: usize = 1_024;

/// The heads of all queues.
pub(super) async fn heads(store: &Store) -> Result<Vec<(SiteId, Offset)>, StoreError> {
    store
        .read(|record| {
            record.sites()?.iter().map(|site| Ok((site.id, record.feed_head(Owner::Queue(site.id))?))).collect()
        })
        .await
}

/// Puts what is heard in order.
pub(super) struct Listener {
    pub(super) store: Store,
    /// Up to where each queue was passed on. A site that is not here was made after the start.
    pub(super) heard: HashMap<SiteId, Offset>,
    /// The node's queue.
    pub(super) out: mpsc::UnboundedSender<QueueHint>,
    /// What this node knows of and expects back through Redis, until when.
    pub(super) expected: VecDeque<(Instant, QueueHint)>,
}

impl Listener {
    /// Listens. Never ends.
    pub(super) async fn listen(
        mut self,
        mut known: mpsc::UnboundedReceiver<QueueHint>,
        mut entries: mpsc::Receiver<QueueHint>,
        mut line: watch::Receiver<Option<MultiplexedConnection>>,
    ) {
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let until = self.expected.front().map_or_else(|| Instant::now() + LOOK_EVERY, |(until, _)| *until);
            tokio::select! {
                biased;
                Some(entry) = entries.recv() => self.hear(entry).await,
                Some(hint) = known.recv() => self.know(hint).await,
                () = tokio::time::sleep_until(until) => (),
                _line = line.changed() => (),
                _now = look.tick() => self.look().await,
            }
            let away = line.borrow().is_none();
            self.pass_on_overdue(away).await;
        }
    }

    /// This node knows of a line. An item's change is expected back through Redis; a report does not go there.
    async fn know(&mut self, hint: QueueHint) {
        match hint.about {
            Queued::Item(_) => self.expected.push_back((Instant::now() + PATIENCE, hint)),
            Queued::Report(_) => self.hear(hint).await,
        }
    }

    /// Passes on what should have come back by now, or all of it if it cannot.
    async fn pass_on_overdue(&mut self, all: bool) {
        let now = Instant::now();
        while let Some((until, hint)) = self.expected.front().copied() {
            let heard = self.heard.get(&hint.site).is_some_and(|heard| *heard >= hint.offset);
            if !(all || heard || until <= now) {
                return;
            }
            self.expected.pop_front();
            self.hear(hint).await;
        }
    }

    /// Passes a change on in its turn; with those before it if they were not heard.
    async fn hear(&mut self, hint: QueueHint) {
        let heard = self.heard.entry(hint.site).or_insert(0);
        if hint.offset == *heard + 1 {
            *heard = hint.offset;
            // The node is ending if nobody takes it.
            let _ending = self.out.send(hint);
        } else if hint.offset > *heard {
            self.fill(hint.site, hint.offset).await;
        }
    }

    /// Reads from the record what was not heard.
    async fn fill(&mut self, site: SiteId, head: Offset) {
        let mut after = self.heard.get(&site).copied().unwrap_or(0);
        loop {
            let lines = match self.store.read(move |record| record.queued_page(site, after, PAGE)).await {
                Ok(lines) => lines,
                Err(error) => {
                    tracing::error!(%error, %site, "a queue could not be read; it is tried again");
                    return;
                }
            };
            for (n, offset, about) in &lines {
                after = *offset;
                let _ending = self.out.send(QueueHint { site, n: *n, offset: *offset, about: *about });
            }
            if lines.len() < PAGE {
                after = after.max(head);
            }
            self.heard.insert(site, after);
            if lines.len() < PAGE {
                return;
            }
        }
    }

    /// Looks whether anything was said that nobody told us of.
    async fn look(&mut self) {
        match heads(&self.store).await {
            Ok(heads) => {
                for (site, head) in heads {
                    if self.heard.get(&site).copied().unwrap_or(0) < head {
                        self.fill(site, head).await;
                    }
                }
            }
            Err(error) => tracing::error!(%error, "the queues could not be read; they are tried again"),
        }
    }
}

/// Reads the streams of all sites, on a connection of its own because a read blocks it. Never ends.
pub(super) async fn read_streams(link: &Link, names: &Names, store: &Store, entries: &mpsc::Sender<QueueHint>) {
    // The last id read from each stream. Ids are numbers in the log, so they hold over an emptied or replaced Redis.
    let mut after: HashMap<SiteId, LogN> = HashMap::new();
    loop {
        let _lost: Result<(), RedisError> = follow(link, names, store, entries, &mut after).await;
        pause().await;
    }
}

/// Reads until the connection is lost.
async fn follow(
    link: &Link,
    names: &Names,
    store: &Store,
    entries: &mpsc::Sender<QueueHint>,
    after: &mut HashMap<SiteId, LogN>,
) -> RedisResult<()> {
    let mut connection = link.dial(2 * BLOCK).await?;
    loop {
        let sites = store.read(|record| record.sites()).await;
        let sites = sites.map_err(|error| RedisError::from((ErrorKind::Io, "the sites", error.to_string())))?;
        for site in sites {
            if let Entry::Vacant(unread) = after.entry(site.id) {
                unread.insert(last_id(&mut connection, &names.queue(site.id)).await?);
            }
        }
        let until = Instant::now() + LOOK_EVERY;
        while Instant::now() < until {
            if after.is_empty() {
                tokio::time::sleep(BLOCK).await;
            } else {
                read_once(&mut connection, names, entries, after).await?;
            }
        }
    }
}

/// A concrete id to read after: `$` would miss what comes between two reads.
async fn last_id(connection: &mut MultiplexedConnection, stream: &str) -> RedisResult<LogN> {
    let mut last = redis::cmd("XREVRANGE");
    last.arg(stream).arg("+").arg("-").arg("COUNT").arg(1);
    let found: StreamRangeReply = last.query_async(connection).await?;
    Ok(found.ids.first().and_then(number).unwrap_or(0))
}

async fn read_once(
    connection: &mut MultiplexedConnection,
    names: &Names,
    entries: &mpsc::Sender<QueueHint>,
    after: &mut HashMap<SiteId, LogN>,
) -> RedisResult<()> {
    let sites: Vec<SiteId> = after.keys().copied().collect();
    let mut read = redis::cmd("XREAD");
    read.arg("COUNT").arg(PAGE).arg("BLOCK").arg(BLOCK.as_millis() as u64).arg("STREAMS");
    for site in &sites {
        read.arg(names.queue(*site));
    }
    for site in &sites {
        read.arg(format!("{}-0", after.get(site).copied().unwrap_or(0)));
    }
    let found: Option<StreamReadReply> = read.query_async(connection).await?;
    for stream in found.into_iter().flat_map(|found| found.keys) {
        let Some(site) = sites.iter().copied().find(|site| names.queue(*site) == stream.key) else { continue };
        for entry in &stream.ids {
            if let Some(n) = number(entry) {
                after.insert(site, n);
            }
            if let Some(hint) = hint(site, entry) {
                // The listener never ends before this.
                let _ended = entries.send(hint).await;
            }
        }
    }
    Ok(())
}

/// An entry's number in the log, from its id.
fn number(entry: &StreamId) -> Option<LogN> {
    entry.id.split_once('-').and_then(|(n, _)| n.parse().ok())
}

/// What an entry says. One that we do not understand is of another version: the record fills the gap.
fn hint(site: SiteId, entry: &StreamId) -> Option<QueueHint> {
    let item: String = entry.get("item")?;
    let about = Queued::Item(item.parse().ok()?);
    Some(QueueHint { site, n: number(entry)?, offset: entry.get("offset")?, about })
}
