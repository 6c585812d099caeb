//! One act on the record: everything a [`Reader`] can ask, and writes that become true together or not at all. Lines for the
//! log are gathered while acts run and sealed at the end of their batch: numbered, chained and entered into feeds.

use super::StoreError;
use super::feed::{Entry, Feeds, Head, Logged, Owner};
use super::known::Known;
use super::reader::Reader;
use super::sql::{Link, Value};
use handrail_domain::event::{Event, Hash, Line, chain};
use std::cell::RefCell;
use std::ops::Deref;

/// One act, inside its savepoint.
pub struct Tx<'a> {
    reader: Reader<'a>,
    lines: &'a mut Vec<Unsealed>,
}

impl<'a> Deref for Tx<'a> {
    type Target = Reader<'a>;
    fn deref(&self) -> &Reader<'a> {
        &self.reader
    }
}

/// The text that an event is about: its message's row, and the salted digest.
#[derive(Debug, Clone, Copy)]
pub(super) struct Body {
    pub(super) row: i64,
    pub(super) digest: Hash,
}

/// A line on its way into the log, with its columns in words.
pub(super) struct Unsealed {
    pub(super) event: Event,
    pub(super) site: String,
    pub(super) conversation: Option<String>,
    pub(super) message: Option<String>,
    pub(super) actor: Option<String>,
    pub(super) data: String,
    pub(super) body: Option<Body>,
}

/// A line with its place in the log and in its feeds.
pub(super) struct Sealed {
    pub(super) line: Unsealed,
    pub(super) n: u64,
    pub(super) hash: Hash,
    pub(super) feeds: Vec<Entry>,
}

impl From<Sealed> for Logged {
    fn from(sealed: Sealed) -> Self {
        let feeds = sealed.feeds.iter().map(|entry| (entry.owner, entry.offset)).collect();
        Logged { n: sealed.n, hash: sealed.hash, event: sealed.line.event, feeds }
    }
}

impl<'a> Tx<'a> {
    pub(super) fn new(link: Link<'a>, known: &'a RefCell<Known>, lines: &'a mut Vec<Unsealed>) -> Self {
        Self { reader: Reader::knowing(link, known), lines }
    }

    /// Runs a statement. Says how many rows it changed. What was known is forgotten.
    pub(super) fn run(&self, sql: &str, params: &[Value<'_>]) -> Result<u64, StoreError> {
        self.reader.learn(Known::forget);
        self.run_beside(sql, params)
    }

    /// Runs a statement that changes no site, no account and no conversation.
    pub(super) fn run_beside(&self, sql: &str, params: &[Value<'_>]) -> Result<u64, StoreError> {
        self.reader.learn(Known::write);
        self.reader.link().run(sql, params)
    }

    /// Adds a line to the log and to the feeds it names.
    pub fn append(&mut self, event: Event) -> Result<(), StoreError> {
        self.append_about(event, None)
    }

    pub(super) fn append_about(&mut self, event: Event, body: Option<Body>) -> Result<(), StoreError> {
        let data = serde_json::to_string(&event.what).map_err(|e| StoreError::new("write an event", e))?;
        self.lines.push(Unsealed {
            site: event.site.to_string(),
            conversation: event.conversation.map(|id| id.to_string()),
            message: event.message.map(|id| id.to_string()),
            actor: event.actor.map(|id| id.to_string()),
            data,
            body,
            event,
        });
        Ok(())
    }
}

impl Unsealed {
    /// The accounts and the queue that are told.
    pub(super) fn owners(&self) -> impl Iterator<Item = Owner> {
        let queue = self.event.queue.then_some(Owner::Queue(self.event.site));
        self.event.accounts.iter().map(|account| Owner::Account(*account)).chain(queue)
    }
}

/// Gives each line the next number, chains it to the one before, and gives it the next place in each of its feeds. `feeds`
/// knows the ends of all of them.
pub(super) fn seal(head: &mut Head, feeds: &mut Feeds, lines: Vec<Unsealed>) -> Vec<Sealed> {
    let place = |line: Unsealed| {
        let n = head.n + 1;
        let empty = String::new();
        let columns = Line {
            n,
            at: line.event.at.0,
            kind: line.event.what.kind(),
            site: &line.site,
            conversation: line.conversation.as_ref().unwrap_or(&empty),
            message: line.message.as_ref().unwrap_or(&empty),
            actor: line.actor.as_ref().unwrap_or(&empty),
            data: &line.data,
            body_digest: line.body.as_ref().map(|body| &body.digest),
        };
        let hash = chain(&head.hash, &columns);
        *head = Head { n, hash };
        let entered = line.owners().map(|owner| feeds.enter(owner, n)).collect();
        Sealed { line, n, hash, feeds: entered }
    };
    lines.into_iter().map(place).collect()
}
