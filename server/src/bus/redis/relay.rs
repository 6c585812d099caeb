//! The relay: brings each site's queue from the log into its stream. Any number of nodes do so at once. A relay reads the
//! stream's last entry and adds the log after it, in one script that first looks whether that entry is still the last: if not,
//! another relay was faster, or Redis was emptied, and it reads again. So an entry is never missing, twice, or out of order. What
//! it adds comes from the record alone; a stream that is gone is made again from there.

use super::{Inner, OPEN_KEPT, STREAM_KEPT};
use crate::store::{Owner, QueueLine, Reader, StoreError};
use handrail_domain::ids::{LogN, Offset, SiteId};
use redis::streams::StreamRangeReply;
use redis::{RedisError, RedisResult, Script};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// Entries added in one script.
const PAGE: usize = 500;
/// Every stream's end is looked at again that often: it shows that Redis was emptied, and what a lost hint was about.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Pages for one site before the others have their turn.
const PAGES_PER_TURN: usize = 20;

/// Adds entries if the stream still ends where its relay believes. All of it or, where Redis refuses in the middle, a beginning.
static APPEND: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
local id = last[1] and last[1][1] or ''
if id ~= ARGV[1] then return 0 end
for at = 3, #ARGV, 8 do
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], ARGV[at] .. '-0',
    'n', ARGV[at], 'offset', ARGV[at + 1], 'item', ARGV[at + 2], 'version', ARGV[at + 3],
    'kind', ARGV[at + 4], 'at', ARGV[at + 5], 'severity', ARGV[at + 6], 'state', ARGV[at + 7])
end
return 1",
    )
});

/// Where a stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// There is nothing in it.
    Empty,
    /// Its last entry.
    At { n: LogN, offset: Offset },
    /// Its last entry is not ours.
    Foreign,
}

/// The sites whose queues have grown.
#[derive(Default)]
pub(super) struct Grown {
    sites: Mutex<HashSet<SiteId>>,
    rung: Notify,
}

impl Grown {
    /// This site's queue has grown. Never waits.
    pub(super) fn add(&self, site: SiteId) {
        self.sites.lock().unwrap_or_else(PoisonError::into_inner).insert(site);
        self.rung.notify_one();
    }

    fn take(&self) -> HashSet<SiteId> {
        std::mem::take(&mut self.sites.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Why a stream could not be brought up to the log.
enum Stuck {
    Redis(RedisError),
    Store(StoreError),
}

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stuck::Redis(error) => error.fmt(f),
            Stuck::Store(error) => error.fmt(f),
        }
    }
}

impl From<RedisError> for Stuck {
    fn from(error: RedisError) -> Self {
        Stuck::Redis(error)
    }
}

impl From<StoreError> for Stuck {
    fn from(error: StoreError) -> Self {
        Stuck::Store(error)
    }
}

impl Inner {
    /// Keeps every stream up to the log. Never ends.
    pub(super) async fn relay_queues(&self) {
        let mut line = self.link.watch();
        let mut ends = HashMap::new();
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let all = tokio::select! {
                () = self.grown.rung.notified() => false,
                _now = look.tick() => true,
                _line = line.changed() => true,
            };
            let mut sites = self.grown.take();
            if !self.link.is_up() {
                continue;
            }
            if all {
                ends.clear();
                match self.store.read(|record| record.sites()).await {
                    Ok(found) => sites.extend(found.iter().map(|site| site.id)),
                    Err(error) => tracing::error!(%error, "the sites could not be read; the relay tries again"),
                }
            }
            for site in sites {
                if let Err(error) = self.relay_one(site, &mut ends).await {
                    ends.remove(&site);
                    // That Redis is away was said once.
                    if self.link.is_up() {
                        tracing::warn!(%error, %site, "a queue could not be relayed; it is tried again");
                    }
                }
            }
        }
    }

    /// Brings one stream up to the log.
    async fn relay_one(&self, site: SiteId, ends: &mut HashMap<SiteId, End>) -> Result<(), Stuck> {
        for _page in 0..PAGES_PER_TURN {
            let end = match ends.get(&site) {
                Some(end) => *end,
                None => self.end(site).await?,
            };
            let lines = match end {
                End::Empty => self.store.read(move |record| beginning(record, site, STREAM_KEPT)).await?,
                End::At { offset, .. } => self.store.read(move |record| record.queue_page(site, offset, PAGE)).await?,
                End::Foreign => {
                    self.clear(site).await?;
                    continue;
                }
            };
            ends.insert(site, end);
            let Some(last) = lines.last() else { return Ok(()) };
            match self.append(site, end, &lines).await {
                Ok(true) => ends.insert(site, End::At { n: last.n, offset: last.offset }),
                Ok(false) => ends.remove(&site),
                // The stream remembers a later entry than it holds: somebody took entries out by hand.
                Err(error) if error.to_string().contains("equal or smaller") => {
                    ends.remove(&site);
                    self.clear(site).await?;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
        }
        self.grown.add(site);
        Ok(())
    }

    /// Where a stream ends now.
    async fn end(&self, site: SiteId) -> RedisResult<End> {
        let mut last = redis::cmd("XREVRANGE");
        last.arg(self.names.queue(site)).arg("+").arg("-").arg("COUNT").arg(1);
        let found: StreamRangeReply =
            self.link.ask(|mut connection| async move { last.query_async(&mut connection).await }).await?;
        let Some(entry) = found.ids.first() else { return Ok(End::Empty) };
        let ours = entry.id.strip_suffix("-0").and_then(|n| n.parse().ok()).zip(entry.get("offset"));
        Ok(ours.map_or(End::Foreign, |(n, offset)| End::At { n, offset }))
    }

    /// Adds these, if the stream still ends there. Says whether it did.
    async fn append(&self, site: SiteId, end: End, lines: &[QueueLine]) -> RedisResult<bool> {
        let mut script = APPEND.prepare_invoke();
        script.key(self.names.queue(site));
        script.arg(match end {
            End::At { n, .. } => format!("{n}-0"),
            End::Empty | End::Foreign => String::new(),
        });
        script.arg(STREAM_KEPT + OPEN_KEPT);
        for line in lines {
            script.arg(line.n).arg(line.offset).arg(line.item.to_string()).arg(line.version);
            script.arg(kind(line)).arg(line.at.0).arg(line.severity.as_str()).arg(line.state.as_str());
        }
        self.link.ask(|mut connection| async move { script.invoke_async(&mut connection).await }).await
    }

    /// Removes a stream that cannot be continued, so that it is made again. Readers lose nothing: they go on from their last id.
    async fn clear(&self, site: SiteId) -> RedisResult<()> {
        tracing::warn!(%site, "a queue's stream was changed by somebody else; it is made again from the record");
        let mut remove = redis::cmd("DEL");
        remove.arg(self.names.queue(site));
        self.link.ask(|mut connection| async move { remove.query_async(&mut connection).await }).await
    }
}

/// How a stream begins when it is made from the record: the items that are still open and older than what is kept, then the
/// first page of what is kept.
pub(super) fn beginning(record: &Reader<'_>, site: SiteId, kept: usize) -> Result<Vec<QueueLine>, StoreError> {
    let head = record.feed_head(Owner::Queue(site))?;
    let skipped = head.saturating_sub(kept as Offset);
    let mut lines = Vec::new();
    if skipped > 0 {
        lines = record.queue_open_until(site, skipped, OPEN_KEPT)?;
    }
    lines.extend(record.queue_page(site, skipped, PAGE)?);
    Ok(lines)
}

/// The act in one word, as the log has it.
fn kind(line: &QueueLine) -> String {
    serde_json::to_value(line.act).ok().and_then(|act| act.as_str().map(str::to_owned)).unwrap_or_default()
}
