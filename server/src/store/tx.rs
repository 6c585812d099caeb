//! One act on the record: everything a [`Reader`] can ask, and writes that become true together or not at all.

use super::StoreError;
use super::feed::{Caches, Head, Logged, Owner};
use super::reader::Reader;
use handrail_domain::event::{Event, GENESIS, Hash, Line, chain};
use rusqlite::{Connection, OptionalExtension, params};
use std::ops::Deref;

/// One act, inside its savepoint.
pub struct Tx<'a> {
    reader: Reader<'a>,
    head: &'a mut Head,
    caches: &'a mut Caches,
    logged: &'a mut Vec<Logged>,
}

impl<'a> Deref for Tx<'a> {
    type Target = Reader<'a>;
    fn deref(&self) -> &Reader<'a> {
        &self.reader
    }
}

/// The text that an event is about: its message's row, and the salted digest.
pub(super) struct Body {
    pub(super) row: i64,
    pub(super) digest: Hash,
}

impl<'a> Tx<'a> {
    pub(super) fn new(
        connection: &'a Connection,
        head: &'a mut Head,
        caches: &'a mut Caches,
        logged: &'a mut Vec<Logged>,
    ) -> Self {
        Self { reader: Reader::new(connection), head, caches, logged }
    }

    /// Adds a line to the log and to the feeds it names.
    pub fn append(&mut self, event: Event) -> Result<(), StoreError> {
        self.append_about(event, None)
    }

    pub(super) fn append_about(&mut self, event: Event, body: Option<Body>) -> Result<(), StoreError> {
        let n = self.head.n + 1;
        let data = serde_json::to_string(&event.what).map_err(|e| StoreError::new("write an event", e))?;
        let site = event.site.to_string();
        let text = |id: Option<String>| id.unwrap_or_default();
        let conversation = text(event.conversation.map(|id| id.to_string()));
        let message = text(event.message.map(|id| id.to_string()));
        let actor = text(event.actor.map(|id| id.to_string()));
        let line = Line {
            n,
            at: event.at.0,
            kind: event.what.kind(),
            site: &site,
            conversation: &conversation,
            message: &message,
            actor: &actor,
            data: &data,
            body_digest: body.as_ref().map(|body| &body.digest),
        };
        let hash = chain(&self.head.hash, &line);
        self.connection()
            .prepare_cached(
                "INSERT INTO event (n, at, kind, site, conversation, message, actor, data, body, body_digest, hash)
                 VALUES (?1, ?2, ?3, ?4, nullif(?5, ''), nullif(?6, ''), nullif(?7, ''), ?8, ?9, ?10, ?11)",
            )?
            .execute(params![
                n,
                line.at,
                line.kind,
                site,
                conversation,
                message,
                actor,
                data,
                body.as_ref().map(|body| body.row),
                body.as_ref().map(|body| body.digest),
                hash
            ])?;
        *self.head = Head { n, hash };
        let accounts = event.accounts.iter().map(|account| Owner::Account(*account));
        let queue = event.queue.then_some(Owner::Queue(event.site));
        let feeds =
            accounts.chain(queue).map(|owner| Ok((owner, self.enter(owner, n)?))).collect::<Result<_, StoreError>>()?;
        self.logged.push(Logged { n, hash, event, feeds });
        Ok(())
    }

    /// Gives the event the next place in a feed.
    fn enter(&mut self, owner: Owner, n: u64) -> Result<u64, StoreError> {
        let last = match self.caches.offset(owner) {
            Some(offset) => offset,
            None => self.feed_head(owner)?,
        };
        let offset = last + 1;
        self.connection()
            .prepare_cached("INSERT INTO feed (owner, offset, n) VALUES (?1, ?2, ?3)")?
            .execute(params![owner.to_string(), offset, n])?;
        self.caches.set_offset(owner, offset);
        Ok(offset)
    }
}

/// The log's last line.
pub(super) fn load_head(connection: &Connection) -> Result<Head, StoreError> {
    let last = connection
        .prepare_cached("SELECT n, hash FROM event ORDER BY n DESC LIMIT 1")?
        .query_row([], |row| Ok(Head { n: row.get(0)?, hash: row.get(1)? }))
        .optional()?;
    Ok(last.unwrap_or(Head { n: 0, hash: GENESIS }))
}
