//! Reading beside the writer: a few connections, each question in one transaction of its own, so that everything it asks is
//! answered from one state.

use super::postgres::{Address, Session};
use super::reader::Reader;
use super::sql::Link;
use super::{StoreError, sqlite};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Connections that read at once.
const READERS: usize = 4;
/// How long a question may wait for its turn. Where the record is out of reach every question takes long: whoever asks is told
/// so, instead of waiting behind all the others.
const TURN: Duration = Duration::from_secs(5);

/// The connections that are free. There are never more than [`READERS`], and they are made as they are needed.
#[derive(Clone)]
pub(super) struct Readers {
    source: Arc<Source>,
    free: Arc<Mutex<Vec<Connection>>>,
    turns: Arc<Semaphore>,
}

/// Where connections come from.
enum Source {
    Sqlite(PathBuf),
    Postgres(Address),
}

enum Connection {
    Sqlite(rusqlite::Connection),
    Postgres(Box<Session>),
}

impl Readers {
    fn new(source: Source, first: Connection) -> Self {
        Self {
            source: Arc::new(source),
            free: Arc::new(Mutex::new(vec![first])),
            turns: Arc::new(Semaphore::new(READERS)),
        }
    }

    pub(super) fn sqlite(folder: &Path) -> Result<Self, StoreError> {
        let first = Connection::Sqlite(sqlite::open_reader(folder)?);
        Ok(Self::new(Source::Sqlite(folder.to_owned()), first))
    }

    pub(super) fn postgres(address: Address) -> Result<Self, StoreError> {
        let first = Connection::Postgres(Box::new(Session::connect(&address)?));
        Ok(Self::new(Source::Postgres(address), first))
    }

    /// Answers on a thread for waiting, when it is this question's turn.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Reader<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let turn = tokio::time::timeout(TURN, self.turns.clone().acquire_owned()).await;
        let turn = turn.map_err(|_| StoreError::new("wait to read", "others' questions take too long"))?;
        let turn = turn.map_err(|e| StoreError::new("wait to read", e))?;
        let readers = self.clone();
        let answer = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            readers.ask(question)
        });
        answer.await.map_err(|e| StoreError::new("read", e))?
    }

    /// Answers at once, on this thread.
    pub(super) fn ask<T>(&self, question: impl FnOnce(&Reader<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let free = self.lock().pop();
        // One whose server went away since is replaced before the question is asked, which can be asked only once.
        let mut connection = match free.filter(|connection| connection.begin().is_ok()) {
            Some(connection) => connection,
            None => {
                let connection = self.source.connect()?;
                connection.begin()?;
                connection
            }
        };
        // A question that panics gives its connection back all the same.
        let answer = catch_unwind(AssertUnwindSafe(|| connection.ask(question)));
        self.lock().push(connection);
        answer.unwrap_or_else(|_| Err(StoreError::new("read", "the question panicked")))
    }

    /// See [`super::Store::copy`].
    pub(super) fn copy(&self, to: &Path) -> Result<sqlite::Copied, StoreError> {
        match &*self.source {
            Source::Sqlite(folder) => sqlite::copy(folder, to),
            Source::Postgres(_) => Err(StoreError::new(
                "copy the record",
                "it is on a database server: copy it with pg_dump or pg_basebackup, and run `handrail restore --new-epoch` once \
                 such a copy was put back",
            )),
        }
    }

    /// See [`super::Store::scrub`].
    pub(super) fn scrub(&self) -> Result<bool, StoreError> {
        match &*self.source {
            Source::Sqlite(folder) => sqlite::scrub(folder),
            // What a server keeps of replaced rows and of its own log is its operator's business: vacuum and archives.
            Source::Postgres(_) => Ok(true),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source {
    fn connect(&self) -> Result<Connection, StoreError> {
        match self {
            Source::Sqlite(folder) => sqlite::open_reader(folder).map(Connection::Sqlite),
            Source::Postgres(address) => Session::connect(address).map(Box::new).map(Connection::Postgres),
        }
    }
}

impl Connection {
    fn begin(&self) -> Result<(), StoreError> {
        match self {
            Connection::Sqlite(_) => Ok(()),
            Connection::Postgres(session) => session.begin_reading(),
        }
    }

    fn ask<T>(&mut self, question: impl FnOnce(&Reader<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        match self {
            Connection::Sqlite(connection) => {
                let tx = connection.transaction()?;
                question(&Reader::new(Link::Sqlite(&tx)))
            }
            Connection::Postgres(session) => {
                // Also ends what a question that panicked has left open.
                let _end = session.rolls_back();
                question(&Reader::new(Link::Postgres(session)))
            }
        }
    }
}
