//! The one writer. It takes every act that waits, up to a bound, runs each in a savepoint of one transaction, commits once,
//! and then answers: group commit. An act that is refused or panics leaves nothing behind; a commit that fails leaves nothing
//! of the whole batch behind, and nobody is told otherwise.

use super::feed::{Caches, Head, Logged};
use super::tx::{Tx, load_head};
use super::{BATCH_MAX, Cause, Failure, StoreError};
use crate::telemetry::{Timing, metrics};
use handrail_domain::refusal::Code;
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{broadcast, mpsc, oneshot, watch};

/// An act on its way to the writer, with the one who waits for its answer.
pub(super) struct Job(Box<dyn FnOnce(&mut Tx<'_>) -> Done + Send>);

/// What an act came to: whether it stays, and how its caller is told once that is durable.
pub(super) struct Done {
    outcome: Outcome,
    tell: Box<dyn FnOnce(Told) + Send>,
}

enum Outcome {
    Keep,
    Undo,
    /// The disk is full or failing: the whole batch goes.
    Abort(Cause),
}

/// What became of the batch.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Durable,
    Lost,
}

impl Job {
    pub(super) fn new<T: Send + 'static>(
        act: impl FnOnce(&mut Tx<'_>) -> Result<T, Failure> + Send + 'static,
        answer: oneshot::Sender<Result<T, Failure>>,
    ) -> Self {
        Self(Box::new(move |tx| {
            let result = catch_unwind(AssertUnwindSafe(|| act(tx))).unwrap_or_else(|_| {
                tracing::error!("an act panicked; nothing of it remains");
                Err(Code::Internal.into())
            });
            let outcome = match &result {
                Ok(_) => Outcome::Keep,
                Err(Failure::Refused(_)) => Outcome::Undo,
                Err(Failure::Store(error)) => {
                    tracing::error!(%error, "an act failed in the record; nothing of it remains");
                    if error.cause == Cause::Act { Outcome::Undo } else { Outcome::Abort(error.cause) }
                }
            };
            let tell = move |told| {
                let result = if told == Told::Durable { result } else { Err(Code::Unavailable.into()) };
                // Whoever asked may have gone: the act stands all the same.
                let _gone = answer.send(result);
            };
            Done { outcome, tell: Box::new(tell) }
        }))
    }
}

/// The writer's own state: what the last line of the log is, and the ends of feeds it has seen.
pub(super) struct Writer {
    connection: Connection,
    queue: mpsc::Receiver<Job>,
    commits: broadcast::Sender<Arc<[Logged]>>,
    stopping: watch::Sender<bool>,
    head: Head,
    caches: Caches,
    /// SQLite's count of other processes' commits: when it moves, what we remember is old.
    seen_version: i64,
}

impl Writer {
    pub(super) fn new(
        connection: Connection,
        queue: mpsc::Receiver<Job>,
        commits: broadcast::Sender<Arc<[Logged]>>,
        stopping: watch::Sender<bool>,
    ) -> Result<Self, StoreError> {
        let head = load_head(&connection)?;
        let seen_version = data_version(&connection)?;
        Ok(Self { connection, queue, commits, stopping, head, caches: Caches::default(), seen_version })
    }

    pub(super) fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH_MAX);
        while let Some(first) = self.queue.blocking_recv() {
            batch.push(first);
            while batch.len() < BATCH_MAX {
                match self.queue.try_recv() {
                    Ok(job) => batch.push(job),
                    Err(_) => break,
                }
            }
            if let Err(error) = self.commit(&mut batch) {
                tracing::error!(%error, "a commit failed; nothing more is acknowledged, the node stops");
                self.stopping.send_replace(true);
                return;
            }
        }
    }

    /// One transaction for the whole batch. `Err` means that the record can no longer be trusted to take anything.
    fn commit(&mut self, batch: &mut Vec<Job>) -> Result<(), StoreError> {
        let before = self.head;
        let begun = self.begin();
        let mut logged = Vec::new();
        let mut tells = Vec::with_capacity(batch.len());
        let mut outcome = begun;
        for job in batch.drain(..) {
            if outcome.is_ok() {
                let (tell, ran) = self.run_one(job, &mut logged);
                tells.push(tell);
                outcome = ran;
            }
            // The rest of a batch that is lost is dropped here: a dropped answer reads as `unavailable`.
        }
        let begun = Instant::now();
        let outcome = outcome.and_then(|()| Ok(self.connection.execute_batch("COMMIT")?));
        metrics().observe(Timing::Commit, begun.elapsed());
        match outcome {
            Ok(()) => {
                tells.into_iter().for_each(|tell| tell(Told::Durable));
                if !logged.is_empty() {
                    // Nobody may be following yet: the log has it.
                    let _followers = self.commits.send(logged.into());
                }
                Ok(())
            }
            Err(error) => {
                self.head = before;
                self.caches.clear();
                tells.into_iter().for_each(|tell| tell(Told::Lost));
                self.give_up(error)
            }
        }
    }

    /// A full disk is waited out: the batch is rolled back, and the next one may succeed. Anything else stops the node,
    /// because after a failed fsync a later success proves nothing.
    fn give_up(&self, error: StoreError) -> Result<(), StoreError> {
        let rolled_back = self.connection.is_autocommit() || self.connection.execute_batch("ROLLBACK").is_ok();
        if rolled_back && error.cause == Cause::Wait {
            tracing::error!(%error, "the record cannot be written for now; messages are refused until it can");
            return Ok(());
        }
        Err(error)
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let version = data_version(&self.connection)?;
        if version != self.seen_version {
            self.seen_version = version;
            self.head = load_head(&self.connection)?;
            self.caches.clear();
        }
        Ok(())
    }

    #[expect(clippy::type_complexity, reason = "one caller, and the boxed answer has no better name")]
    fn run_one(
        &mut self,
        job: Job,
        logged: &mut Vec<Logged>,
    ) -> (Box<dyn FnOnce(Told) + Send>, Result<(), StoreError>) {
        let (head, so_far) = (self.head, logged.len());
        if let Err(error) = self.connection.execute_batch("SAVEPOINT act") {
            return (Box::new(|_| ()), Err(error.into()));
        }
        let mut tx = Tx::new(&self.connection, &mut self.head, &mut self.caches, logged);
        let Done { outcome, tell } = (job.0)(&mut tx);
        let ran = match outcome {
            Outcome::Keep => self.connection.execute_batch("RELEASE act").map_err(StoreError::from),
            Outcome::Undo => {
                // The head moves before the feeds do, so an act that ended between two feeds is seen here as well.
                if self.head.n > head.n {
                    self.caches.clear();
                    logged.truncate(so_far);
                }
                self.head = head;
                self.connection.execute_batch("ROLLBACK TO act; RELEASE act").map_err(StoreError::from)
            }
            Outcome::Abort(cause) => Err(StoreError { cause, what: "an act could not be written".into() }),
        };
        (tell, ran)
    }
}

fn data_version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?)
}
