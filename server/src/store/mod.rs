//! The record. One SQL database holds everything that must not be lost; an act is one transaction, and its answer goes out
//! after the fsync of its commit. This module knows tables and durability; it knows no rule of the product.

mod audit;
mod feed;
mod filter;
mod items;
mod messages;
mod people;
mod queue;
mod reader;
mod sqlite;
mod tx;
mod writer;

#[cfg(test)]
mod tests;

pub use audit::Numbers;
pub use feed::{FeedEntry, Logged, Owner};
pub use filter::{Disagreement, DisagreementCount, Said, ShadowRun};
pub use items::OpenItems;
pub use people::{Article, Credentials, NewAccount, SessionRow};
pub use queue::QueueLine;
pub use reader::Reader;
pub use tx::Tx;

use handrail_domain::refusal::{Code, Refusal};
use rusqlite::ErrorCode;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// The most acts that may wait for the writer; beyond it an act is refused as `unavailable`, and nothing is buffered.
pub const WRITER_QUEUE_MAX: usize = 4_096;
/// The most acts in one commit.
pub const BATCH_MAX: usize = 512;

/// The record. Two of them at most, so an enum and not a trait.
#[derive(Clone)]
pub enum Store {
    /// One file, embedded.
    Sqlite(sqlite::SqliteStore),
}

/// The world got in the way of the record.
#[derive(Debug)]
pub struct StoreError {
    what: String,
    cause: Cause,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// One statement failed; the act is undone.
    Act,
    /// No space, or another process has the record: the batch is undone, and a later one may succeed.
    Wait,
    /// The disk failed: nothing may be acknowledged any more.
    Disk,
}

impl StoreError {
    /// What was being tried, and what came of it.
    pub fn new(what: &str, error: impl fmt::Display) -> Self {
        Self { what: format!("{what}: {error}"), cause: Cause::Act }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for StoreError {}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let cause = match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Cause::Wait,
            Some(ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt | ErrorCode::ReadOnly) => Cause::Disk,
            _ => Cause::Act,
        };
        Self { what: error.to_string(), cause }
    }
}

/// Why an act was not done: the product said no, or the record could not.
#[derive(Debug)]
pub enum Failure {
    /// An expected no.
    Refused(Refusal),
    /// The record failed; nothing of the act remains.
    Store(StoreError),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Failure::Refused(refusal)
    }
}

impl From<Code> for Failure {
    fn from(code: Code) -> Self {
        Failure::Refused(code.into())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure::Store(error)
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Failure::Store(error.into())
    }
}

impl From<Failure> for Refusal {
    /// What the user is told: the expected no, or that it could not be taken just now. The cause is logged where it arose.
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => refusal,
            Failure::Store(_) => Code::Unavailable.into(),
        }
    }
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
pub type Commits = tokio::sync::broadcast::Receiver<Arc<[Logged]>>;

impl Store {
    /// Opens the record in this folder, making it if there is none.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        sqlite::SqliteStore::open(folder).map(Store::Sqlite)
    }

    /// Queues an act for the writer at once, in the order of calls; the future answers after its commit is durable. The act
    /// loads, decides and writes inside one transaction, so what it loaded cannot have changed.
    pub fn write<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Tx<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> impl Future<Output = Result<T, Failure>> + Send + 'static {
        match self {
            Store::Sqlite(store) => store.write(act),
        }
    }

    /// Reads, beside the writer, from one consistent state.
    pub async fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Reader<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        match self {
            Store::Sqlite(store) => store.read(question).await,
        }
    }

    /// Follows the commits of this process.
    pub fn commits(&self) -> Commits {
        match self {
            Store::Sqlite(store) => store.commits(),
        }
    }

    /// The epoch: it changes when the record lost its past, so that cursors of that past are found out.
    pub fn epoch(&self) -> &str {
        match self {
            Store::Sqlite(store) => store.epoch(),
        }
    }

    /// How it is.
    pub fn health(&self) -> Health {
        match self {
            Store::Sqlite(store) => store.health(),
        }
    }

    /// Resolves when a commit failed in a way after which nothing may be acknowledged any more: the node must stop.
    pub async fn stopped(&self) {
        match self {
            Store::Sqlite(store) => store.stopped().await,
        }
    }
}
