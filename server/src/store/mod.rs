//! The record. One SQL database holds everything that must not be lost; an act is one transaction, and its answer goes out
//! after the fsync of its commit. This module knows tables and durability; it knows no rule of the product.

mod articles;
mod audit;
mod duty;
mod erase;
mod error;
mod export;
mod feed;
mod filter;
mod glance;
mod invites;
mod items;
mod known;
mod linked;
mod looks;
mod messages;
mod papers;
mod passkeys;
mod people;
mod postgres;
mod push;
mod queue;
mod reader;
mod readers;
mod relationships;
mod reports;
mod seals;
mod second_step;
mod site_papers;
mod sound;
mod sql;
mod sqlite;
mod tx;
mod writer;

#[cfg(test)]
mod tests;

pub use audit::Numbers;
pub use duty::Ring;
pub use erase::Erasable;
pub use error::{Failure, StoreError};
pub use export::{ExportedLine, Times};
pub use feed::{FeedEntry, Logged, Owner};
pub use filter::{Disagreement, DisagreementCount, Said, ShadowRun};
pub use glance::{Glance, glance, glance_at};
pub use invites::PersonRow;
pub use items::{OpenItems, WaitingNow, body as decision_body};
pub use looks::SaidBefore;
pub use messages::Standing;
pub use passkeys::{Challenge, PasskeyRow};
pub use people::{Credentials, NewAccount, SessionRow, StaffRow};
pub use queue::QueueLine;
pub use reader::Reader;
pub use relationships::{Activity, RelationshipRow};
pub use second_step::{SECRET_BYTES, SecondStepRow, Secret};
pub use sqlite::{Copied, Lock, RECORD_FILE, inspect, is_in_use, lock};
pub use tx::Tx;

use crate::telemetry::traces::TARGET;
use handrail_domain::ids::{ConversationId, ItemId, MessageId};
use handrail_domain::refusal::Code;
use readers::Readers;
use sql::params;
use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tracing::{Instrument, info_span};
use writer::{Engine, Job, Undo, Writer};

/// The most acts that may wait for the writer; beyond it an act is refused as `unavailable`, and nothing is buffered.
pub const WRITER_QUEUE_MAX: usize = 4_096;
/// The most acts in one commit.
pub const BATCH_MAX: usize = 512;
/// Commits that a slow follower may be behind before it must read the log.
const COMMITS_KEPT: usize = 1_024;

/// The record, in an embedded SQLite file or on a PostgreSQL server.
#[derive(Clone)]
pub struct Store {
    jobs: mpsc::Sender<Job>,
    commits: broadcast::Sender<Arc<[Logged]>>,
    readers: Readers,
    stop: watch::Receiver<bool>,
    epoch: Arc<str>,
}

/// What an act reads and changes, so that no two nodes decide on the same at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Anything: people, sites, rules. No other act runs beside it, on any node.
    Everything,
    /// One conversation with its messages and items.
    Conversation(ConversationId),
    /// The conversation of an item.
    Item(ItemId),
    /// The conversation of a message that was not delivered.
    Message(MessageId),
    /// The devices that are told when something waits.
    Devices,
    /// Rows that nobody else changes, such as a new session.
    Own,
}

/// How the record is, for health and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// Whether it takes acts.
    pub open: bool,
    /// How many acts wait for the writer.
    pub waiting: usize,
}

/// Commits as they happen, in order. What is dropped here is read from the log by who follows it.
pub type Commits = broadcast::Receiver<Arc<[Logged]>>;

impl Store {
    /// Opens the embedded record in this folder, making it if there is none.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let engine = Engine::Sqlite(sqlite::Sqlite::open(folder)?);
        Self::start(engine, Readers::sqlite(folder)?)
    }

    /// Opens the record on the server at this `postgres://` address, making its tables if there are none. Blocks.
    pub fn connect(url: &str) -> Result<Self, StoreError> {
        let (engine, readers) = postgres::open(url)?;
        Self::start(Engine::Postgres(Box::new(engine)), readers)
    }

    fn start(engine: Engine, readers: Readers) -> Result<Self, StoreError> {
        let epoch = readers.ask(|record| {
            record.one("SELECT value FROM meta WHERE key = 'epoch'", params![], |row| row.get::<String>("value"))
        })?;
        let epoch = epoch.ok_or_else(|| StoreError::new("open the record", "it has no epoch; restore a backup"))?;
        let (jobs, queue) = mpsc::channel(WRITER_QUEUE_MAX);
        let (commits, _) = broadcast::channel(COMMITS_KEPT);
        let (stopping, stop) = watch::channel(false);
        let writer =
            Writer { engine, known: RefCell::default(), careful: 0, queue, commits: commits.clone(), stopping };
        std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || writer.run())
            .map_err(|e| StoreError::new("start the writer", e))?;
        Ok(Self { jobs, commits, readers, stop, epoch: epoch.into() })
    }

    /// Queues an act for the writer at once, in the order of calls; the future answers after its commit is durable. The act
    /// loads, decides and writes inside one transaction, so what it loaded within its scope cannot have changed.
    pub fn write<T: Send + 'static>(
        &self,
        scope: Scope,
        act: impl FnOnce(&mut Tx<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> impl Future<Output = Result<T, Failure>> + Send + 'static {
        self.queue(scope, Undo::Alone, act)
    }

    /// The same for an act that may be refused only before it writes anything, such as a send: it needs no savepoint, which costs
    /// as much as a row. Should it fail after all once it has begun to write, nothing of its whole batch stays, and everybody in it is
    /// told so; for a time after that no act goes without.
    pub fn write_decided<T: Send + 'static>(
        &self,
        scope: Scope,
        act: impl FnOnce(&mut Tx<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> impl Future<Output = Result<T, Failure>> + Send + 'static {
        self.queue(scope, Undo::WithItsBatch, act)
    }

    fn queue<T: Send + 'static>(
        &self,
        scope: Scope,
        undo: Undo,
        act: impl FnOnce(&mut Tx<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> impl Future<Output = Result<T, Failure>> + Send + 'static {
        let (answer, answered) = oneshot::channel();
        let queued = self.jobs.try_send(Job::new(scope, undo, act, answer)).is_ok();
        let waited = async move {
            if !queued {
                return Err(Code::Unavailable.into());
            }
            answered.await.unwrap_or_else(|_| Err(Code::Unavailable.into()))
        };
        waited.instrument(info_span!(target: TARGET, "commit"))
    }

    /// Reads, beside the writer, from one consistent state.
    pub async fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Reader<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.readers.read(question).await
    }

    /// Copies the record into a folder, as it is at one moment; nobody waits for that. Only the embedded one: a server has its
    /// own tools. Blocks.
    pub fn copy(&self, to: &Path) -> Result<Copied, StoreError> {
        self.readers.copy(to)
    }

    /// Leaves nothing behind of what was erased: where the engine keeps pages that a commit replaced, they go now. Says whether
    /// that could be done; who reads for long may be in the way. Blocks.
    pub fn scrub(&self) -> Result<bool, StoreError> {
        self.readers.scrub()
    }

    /// Follows the commits of this process.
    pub fn commits(&self) -> Commits {
        self.commits.subscribe()
    }

    /// The epoch: it changes when the record lost its past, so that cursors of that past are found out.
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    /// How it is.
    pub fn health(&self) -> Health {
        Health {
            open: !*self.stop.borrow() && !self.jobs.is_closed(),
            waiting: WRITER_QUEUE_MAX - self.jobs.capacity(),
        }
    }

    /// Resolves when a commit failed in a way after which nothing may be acknowledged any more: the node must stop.
    pub async fn stopped(&self) {
        let mut stop = self.stop.clone();
        // The sender lives in the writer thread: its end is a stop as well.
        let _ended = stop.wait_for(|stopped| *stopped).await;
    }
}

/// What is said to a program that is older than the record.
fn newer_schema(found: i64, ours: i64) -> StoreError {
    let advice =
        format!("it was written by a newer version (schema {found}, this program knows {ours}); run that version");
    StoreError::new("open the record", advice)
}

const _: () = assert!(BATCH_MAX <= WRITER_QUEUE_MAX);
