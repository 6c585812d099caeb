//! The one writer. It takes every act that waits, up to a bound, runs each in a savepoint of one transaction, commits once,
//! and then answers: group commit. An act that is refused or panics leaves nothing behind; a commit that fails leaves nothing
//! of the whole batch behind, and nobody is told otherwise.

use super::error::{Cause, Failure, StoreError};
use super::feed::Logged;
use super::known::Known;
use super::postgres::Postgres;
use super::sql::Link;
use super::sqlite::Sqlite;
use super::tx::{Tx, Unsealed};
use super::{BATCH_MAX, Scope};
use crate::telemetry::traces::TARGET;
use crate::telemetry::{Timing, metrics};
use handrail_domain::refusal::Code;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tracing::info_span;

/// After an act that could not be undone alone, so many batches give each act a savepoint.
const CAREFUL_BATCHES: u32 = 1_000;

/// How an act is undone that is refused.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Undo {
    /// Alone: it has a savepoint.
    Alone,
    /// It has nothing to undo, since it writes only when it has decided. Should it fail after that, its batch is undone.
    WithItsBatch,
}

/// An act on its way to the writer, with the one who waits for its answer.
pub(super) struct Job {
    scope: Scope,
    undo: Undo,
    queued: Instant,
    act: Act,
}

type Act = Box<dyn FnOnce(&mut Tx<'_>) -> Done + Send>;
type Tell = Box<dyn FnOnce(Told) + Send>;

/// What an act came to: whether it stays, and how its caller is told once that is durable.
pub(super) struct Done {
    outcome: Outcome,
    tell: Tell,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Keep,
    /// It was refused.
    Undo,
    /// A statement of it failed: until that is undone, a server takes nothing more, and answers a commit by undoing all.
    Fail,
    /// The disk is full or failing, or the server is gone: the whole batch goes.
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
        scope: Scope,
        undo: Undo,
        act: impl FnOnce(&mut Tx<'_>) -> Result<T, Failure> + Send + 'static,
        answer: oneshot::Sender<Result<T, Failure>>,
    ) -> Self {
        let act = move |tx: &mut Tx<'_>| {
            let result = catch_unwind(AssertUnwindSafe(|| act(tx))).unwrap_or_else(|_| {
                tracing::error!("an act panicked; nothing of it remains");
                Err(Code::Internal.into())
            });
            let outcome = match &result {
                Ok(_) => Outcome::Keep,
                Err(Failure::Refused(_)) => Outcome::Undo,
                Err(Failure::Store(error)) => {
                    tracing::error!(%error, "an act failed in the record; nothing of it remains");
                    if error.cause == Cause::Act { Outcome::Fail } else { Outcome::Abort(error.cause) }
                }
            };
            let tell = move |told| {
                let result = if told == Told::Durable { result } else { Err(Code::Unavailable.into()) };
                // Whoever asked may have gone: the act stands all the same.
                let _gone = answer.send(result);
            };
            Done { outcome, tell: Box::new(tell) }
        };
        Self { scope, undo, queued: Instant::now(), act: Box::new(act) }
    }
}

/// Where the writer writes.
pub(super) enum Engine {
    /// Into the embedded file.
    Sqlite(Sqlite),
    /// To a server.
    Postgres(Box<Postgres>),
}

impl Engine {
    fn link(&self) -> Link<'_> {
        match self {
            Engine::Sqlite(engine) => engine.link(),
            Engine::Postgres(engine) => engine.link(),
        }
    }

    /// Begins a batch that touches these parts of the record.
    fn begin(&mut self, scopes: &[Scope], known: &mut Known) -> Result<(), StoreError> {
        match self {
            // The file has one writer at a time: whoever began owns all of it.
            Engine::Sqlite(engine) => engine.begin(known),
            Engine::Postgres(engine) => engine.begin(scopes, known),
        }
    }

    fn control(&self, word: &str) -> Result<(), StoreError> {
        match self {
            Engine::Sqlite(engine) => engine.control(word),
            Engine::Postgres(engine) => engine.control(word),
        }
    }

    fn seal(&mut self, lines: Vec<Unsealed>) -> Result<Vec<Logged>, StoreError> {
        match self {
            Engine::Sqlite(engine) => engine.seal(lines),
            Engine::Postgres(engine) => engine.seal(lines),
        }
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        match self {
            Engine::Sqlite(engine) => engine.control("COMMIT"),
            Engine::Postgres(engine) => engine.commit(),
        }
    }

    fn roll_back(&mut self) -> bool {
        match self {
            Engine::Sqlite(engine) => engine.roll_back(),
            Engine::Postgres(engine) => engine.roll_back(),
        }
    }
}

pub(super) struct Writer {
    pub(super) engine: Engine,
    pub(super) known: RefCell<Known>,
    /// Batches yet to come in which every act has a savepoint.
    pub(super) careful: u32,
    pub(super) queue: mpsc::Receiver<Job>,
    pub(super) commits: broadcast::Sender<Arc<[Logged]>>,
    pub(super) stopping: watch::Sender<bool>,
}

impl Writer {
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
            if let Err(error) = self.write(std::mem::take(&mut batch)) {
                tracing::error!(%error, "a commit failed; nothing more is acknowledged, the node stops");
                self.stopping.send_replace(true);
                return;
            }
        }
    }

    /// One transaction for the whole batch. `Err` means that the record can no longer be trusted to take anything.
    fn write(&mut self, batch: Vec<Job>) -> Result<(), StoreError> {
        let _span = info_span!(target: TARGET, "batch", acts = batch.len()).entered();
        let mut tells = Vec::with_capacity(batch.len());
        match self.run_all(batch, &mut tells) {
            Ok(logged) => {
                self.careful = self.careful.saturating_sub(1);
                // Before the answers, so that a connection writes both at once. Nobody may be following yet: the log has it.
                if !logged.is_empty() {
                    let _followers = self.commits.send(logged.into());
                }
                tells.into_iter().for_each(|tell| tell(Told::Durable));
                Ok(())
            }
            Err(error) => {
                let rolled_back = self.engine.roll_back();
                self.known.get_mut().forget();
                tells.into_iter().for_each(|tell| tell(Told::Lost));
                // A full disk or a server that is away is waited out: the next batch may succeed. Anything else stops the
                // node, because after a failed fsync a later success proves nothing.
                if !rolled_back || error.cause == Cause::Disk {
                    return Err(error);
                }
                tracing::error!(%error, "the record cannot be written for now; messages are refused until it can");
                Ok(())
            }
        }
    }

    /// Runs the acts, seals what they log, and commits. What is left of a batch that is lost is dropped: a dropped answer
    /// reads as `unavailable`.
    fn run_all(&mut self, batch: Vec<Job>, tells: &mut Vec<Tell>) -> Result<Vec<Logged>, StoreError> {
        let scopes: Vec<Scope> = batch.iter().map(|job| job.scope).collect();
        self.engine.begin(&scopes, self.known.get_mut())?;
        let mut lines = Vec::new();
        for job in batch {
            metrics().observe(Timing::WriterWait, job.queued.elapsed());
            self.run_one(job, &mut lines, tells)?;
        }
        let begun = Instant::now();
        let logged = self.engine.seal(lines)?;
        self.engine.commit()?;
        metrics().observe(Timing::Commit, begun.elapsed());
        Ok(logged)
    }

    fn run_one(&mut self, job: Job, lines: &mut Vec<Unsealed>, tells: &mut Vec<Tell>) -> Result<(), StoreError> {
        let so_far = lines.len();
        let alone = job.undo == Undo::Alone || self.careful > 0;
        self.known.get_mut().begin_act();
        if alone {
            self.engine.control("SAVEPOINT act")?;
        }
        let Done { outcome, tell } = (job.act)(&mut Tx::new(self.engine.link(), &self.known, lines));
        tells.push(tell);
        match outcome {
            Outcome::Keep if alone => self.engine.control("RELEASE act"),
            Outcome::Keep => Ok(()),
            Outcome::Undo | Outcome::Fail => {
                lines.truncate(so_far);
                let wrote = self.known.get_mut().undo_act();
                if alone {
                    self.engine.control("ROLLBACK TO act")?;
                    return self.engine.control("RELEASE act");
                }
                if outcome == Outcome::Undo && !wrote {
                    return Ok(());
                }
                self.careful = CAREFUL_BATCHES;
                Err(StoreError { cause: Cause::Act, what: "an act without a savepoint failed".into() })
            }
            Outcome::Abort(cause) => Err(StoreError { cause, what: "an act could not be written".into() }),
        }
    }
}
