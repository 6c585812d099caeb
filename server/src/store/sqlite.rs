//! SQLite, embedded: WAL, `synchronous=FULL`, one writer thread, read-only connections beside it. The bundled version is
//! newer than the WAL-reset fault that was mended in 3.51.3.

use super::writer::{Job, Writer};
use super::{BATCH_MAX, Commits, Failure, Health, Reader, StoreError, Tx, WRITER_QUEUE_MAX};
use handrail_domain::refusal::Code;
use rusqlite::{Connection, OpenFlags};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::sync::{Semaphore, broadcast, mpsc, oneshot, watch};

const FILE: &str = "handrail.db";
/// What makes the tables, step by step: a record of an older version is brought forward by the steps that it lacks.
const STEPS: [&str; 3] = [include_str!("schema.sql"), include_str!("filter.sql"), include_str!("record.sql")];
/// Which tables these are. A newer number than ours is refused.
const SCHEMA: i64 = STEPS.len() as i64;
/// Connections that read beside the writer.
const READERS: usize = 4;
/// Commits that a slow follower may be behind before it must read the log.
const COMMITS_KEPT: usize = 1_024;
/// Prepared statements kept per connection.
const STATEMENTS: usize = 128;

/// The embedded record.
#[derive(Clone)]
pub struct SqliteStore {
    jobs: mpsc::Sender<Job>,
    commits: broadcast::Sender<Arc<[super::Logged]>>,
    readers: Arc<Mutex<Vec<Connection>>>,
    turns: Arc<Semaphore>,
    stop: watch::Receiver<bool>,
    epoch: Arc<str>,
}

impl SqliteStore {
    pub(super) fn open(folder: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder).map_err(|e| StoreError::new("make the data folder", e))?;
        let path = folder.join(FILE);
        let mut connection = Connection::open(&path).map_err(|e| StoreError::new("open the record", e))?;
        prepare_writer(&connection)?;
        migrate(&mut connection)?;
        let epoch =
            connection.query_row("SELECT value FROM meta WHERE key = 'epoch'", [], |row| row.get::<_, String>(0))?;
        let readers = (0..READERS).map(|_| open_reader(&path)).collect::<Result<Vec<_>, _>>()?;
        let (jobs, queue) = mpsc::channel(WRITER_QUEUE_MAX);
        let (commits, _) = broadcast::channel(COMMITS_KEPT);
        let (stopping, stop) = watch::channel(false);
        let writer = Writer::new(connection, queue, commits.clone(), stopping)?;
        std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || writer.run())
            .map_err(|e| StoreError::new("start the writer", e))?;
        Ok(Self {
            jobs,
            commits,
            readers: Arc::new(Mutex::new(readers)),
            turns: Arc::new(Semaphore::new(READERS)),
            stop,
            epoch: epoch.into(),
        })
    }

    pub(super) fn write<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Tx<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> impl Future<Output = Result<T, Failure>> + Send + 'static {
        let (answer, answered) = oneshot::channel();
        let queued = self.jobs.try_send(Job::new(act, answer)).is_ok();
        async move {
            if !queued {
                return Err(Code::Unavailable.into());
            }
            answered.await.unwrap_or_else(|_| Err(Code::Unavailable.into()))
        }
    }

    pub(super) async fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Reader<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let turn = self.turns.clone().acquire_owned().await.map_err(|e| StoreError::new("wait to read", e))?;
        let readers = self.readers.clone();
        let answer = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let mut connection = pop(&readers).ok_or_else(|| StoreError::new("read", "no connection is free"))?;
            // One transaction, so that every question of this reading sees the same state. A question that panics gives its
            // connection back all the same: there are only a few.
            let answer = catch_unwind(AssertUnwindSafe(|| {
                connection.transaction().map_err(StoreError::from).and_then(|tx| question(&Reader::new(&tx)))
            }));
            let answer = answer.unwrap_or_else(|_| Err(StoreError::new("read", "the question panicked")));
            readers.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(connection);
            answer
        });
        answer.await.map_err(|e| StoreError::new("read", e))?
    }

    pub(super) fn commits(&self) -> Commits {
        self.commits.subscribe()
    }

    pub(super) fn epoch(&self) -> &str {
        &self.epoch
    }

    pub(super) fn health(&self) -> Health {
        Health {
            open: !*self.stop.borrow() && !self.jobs.is_closed(),
            waiting: WRITER_QUEUE_MAX - self.jobs.capacity(),
        }
    }

    pub(super) async fn stopped(&self) {
        let mut stop = self.stop.clone();
        // The sender lives in the writer thread: its end is a stop as well.
        let _ended = stop.wait_for(|stopped| *stopped).await;
    }
}

fn pop(readers: &Mutex<Vec<Connection>>) -> Option<Connection> {
    readers.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop()
}

fn prepare_writer(connection: &Connection) -> Result<(), StoreError> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    Ok(())
}

fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(path, flags).map_err(|e| StoreError::new("open the record to read", e))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let tx = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let found: i64 = tx.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > SCHEMA {
        let advice = format!(
            "it was written by a newer version (schema {found}, this program knows {SCHEMA}); run that version"
        );
        return Err(StoreError::new("open the record", advice));
    }
    for step in STEPS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        tx.execute_batch(step).map_err(|e| StoreError::new("make the tables", e))?;
    }
    if found == 0 {
        let epoch = crate::fresh::token(6);
        tx.execute("INSERT INTO meta (key, value) VALUES ('epoch', ?1)", [epoch])?;
    }
    if found < SCHEMA {
        tx.pragma_update(None, "user_version", SCHEMA)?;
    }
    tx.commit().map_err(|e| StoreError::new("make the tables", e))
}

const _: () = assert!(BATCH_MAX <= WRITER_QUEUE_MAX);
