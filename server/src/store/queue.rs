//! A site's queue as the supervisor channel hands it on: which item changed, when, by which act. No text, no name, no finding.

use super::StoreError;
use super::feed::Owner;
use super::linked::{lines, until};
use super::reader::{Reader, word};
use super::sql::{Row, params};
use handrail_domain::event::What;
use handrail_domain::finding::Severity;
use handrail_domain::ids::{ItemId, LogN, Offset, SiteId};
use handrail_domain::quarantine::{ItemAct, StateName};
use handrail_domain::time::Timestamp;

/// An item's change in its queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueLine {
    /// Its number in the log.
    pub n: LogN,
    /// Its offset in the queue.
    pub offset: Offset,
    /// When.
    pub at: Timestamp,
    /// Which item.
    pub item: ItemId,
    /// The item's version after it.
    pub version: u64,
    /// What was done.
    pub act: ItemAct,
    /// How soon a person must look.
    pub severity: Severity,
    /// The item's state now, which may be later than this change.
    pub state: StateName,
}

const LINE: &str =
    "SELECT line.place AS place, event.n AS n, event.at AS at, event.data AS data, item.severity AS severity,
    item.state AS state FROM line JOIN event ON event.n = line.n JOIN item ON item.id = event.data ->> 'item'";

fn line(row: &Row<'_>) -> Result<QueueLine, StoreError> {
    let data = row.text("data")?;
    let what: What = serde_json::from_str(data).map_err(|e| StoreError::new("read an event", e))?;
    let What::Item { item, version, act, .. } = what else {
        return Err(StoreError::new("read a queue", "an event that is not about an item"));
    };
    let severity =
        Severity::from_level(row.get("severity")?).ok_or_else(|| StoreError::new("severity", "out of range"))?;
    let states = [StateName::Waiting, StateName::Claimed, StateName::Decided, StateName::Closed];
    Ok(QueueLine {
        n: row.get("n")?,
        offset: row.get("place")?,
        at: Timestamp(row.get("at")?),
        item,
        version,
        act,
        severity,
        state: word(row, "state", |found| states.into_iter().find(|state| state.as_str() == found))?,
    })
}

impl Reader<'_> {
    /// A page of a queue after an offset, oldest first.
    pub fn queue_page(&self, site: SiteId, after: Offset, limit: usize) -> Result<Vec<QueueLine>, StoreError> {
        let lines = lines(self.link());
        let sql = format!("{lines} {LINE} WHERE line.place > ?2 AND line.place <= ?3 ORDER BY line.place");
        self.many(&sql, params![Owner::Queue(site).to_string(), after, until(after, limit)], line)
    }

    /// Up to an offset, the last change of each item that is still open and did not change after it, oldest first. Walks that
    /// part of the queue: for rebuilding only.
    pub fn queue_open_until(&self, site: SiteId, up_to: Offset, limit: usize) -> Result<Vec<QueueLine>, StoreError> {
        let sql = format!(
            "{} {LINE} WHERE line.place IN (
                 SELECT max(line.place) FROM line JOIN event ON event.n = line.n
                 WHERE event.message IN (SELECT message FROM item WHERE site = ?1 AND state <> 'closed')
                 GROUP BY event.message HAVING max(line.place) <= ?4)
             ORDER BY line.place LIMIT ?5",
            lines(self.link())
        );
        self.many(&sql, params![Owner::Queue(site).to_string(), 0_u64, Offset::MAX, up_to, limit], line)
    }
}
