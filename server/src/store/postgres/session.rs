//! A session with the server, for one thread: every call waits for its answer, at most for a while. Words that begin and end
//! transactions go out together with the statement after them, which saves most of the waiting.

use crate::store::StoreError;
use crate::store::sql::Value;
use bytes::{BufMut, BytesMut};
use futures_util::future::join;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Config, Row, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(2);
/// How long it may take in all until the server lets us in: one that accepts and says nothing is away.
const LET_IN: Duration = Duration::from_secs(5);
/// How long the server may take for one statement before it gives up.
const STATEMENT_MS: u32 = 10_000;
/// How long it may wait for a lock.
const LOCK_MS: u32 = 5_000;
/// How long a transaction may do nothing before the server ends its session: a node that froze must not stop the others.
const IDLE_MS: u32 = 10_000;
/// How long an answer may take before the session is given up: longer than the server's own limit.
const ANSWER: Duration = Duration::from_secs(12);
/// A session that was quiet for longer is asked whether it is still there before it is relied on.
const QUIET: Duration = Duration::from_secs(1);
/// How long it may take to say so.
const STILL_THERE: Duration = Duration::from_secs(2);

/// Where the server is, and as whom to speak to it.
#[derive(Clone)]
pub(in crate::store) struct Address {
    config: Box<Config>,
    /// The certificates that this machine trusts.
    trust: Arc<rustls::ClientConfig>,
}

impl Address {
    /// Reads a `postgres://` address. The error says nothing of the password in it.
    pub(in crate::store) fn parse(url: &str) -> Result<Self, StoreError> {
        let mut config: Config = url.parse().map_err(|_| {
            StoreError::new("[store] url", "not an address such as postgres://user:password@host:5432/database")
        })?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        let ours = format!(
            "-c statement_timeout={STATEMENT_MS} -c lock_timeout={LOCK_MS} -c idle_in_transaction_session_timeout={IDLE_MS}"
        );
        let options = config.get_options().map_or(ours.clone(), |theirs| format!("{ours} {theirs}"));
        config.options(options);
        if config.get_application_name().is_none() {
            config.application_name("handrail");
        }
        let trust = crate::trust::client();
        let trust = trust.map_err(|e| StoreError::new("prepare the link to the database server", e))?;
        Ok(Self { config: Box::new(config), trust: Arc::new(trust) })
    }
}

/// One session. It works only while somebody waits for it, so that it needs no thread of its own.
pub(in crate::store) struct Session {
    /// Taken when the session ends.
    runtime: Option<Runtime>,
    client: Client,
    statements: RefCell<HashMap<String, Statement>>,
    /// Words that go out with the next statement.
    queued: RefCell<String>,
    /// An answer did not come in time: what comes later belongs to nobody.
    broken: Cell<bool>,
    used: Cell<Instant>,
}

impl Drop for Session {
    fn drop(&mut self) {
        // A runtime that waits for its end may not do so inside another one.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Session {
    pub(in crate::store) fn connect(address: &Address) -> Result<Self, StoreError> {
        let failed = |error: std::io::Error| StoreError::new("connect to the database server", error);
        let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let away = |reason: String| {
            let advice = format!("{reason}; is it there, and is [store] url right?");
            StoreError::wait("connect to the database server", advice)
        };
        let client = runtime.block_on(async {
            let trust = MakeRustlsConnect::new(rustls::ClientConfig::clone(&address.trust));
            let connecting = tokio::time::timeout(LET_IN, address.config.connect(trust));
            let connected = connecting.await.map_err(|_| away("it does not answer".into()))?;
            let (client, connection) = connected.map_err(|error| away(reason(&error)))?;
            tokio::spawn(async move {
                // Its end shows in the statement that meets it.
                let _ended = connection.await;
            });
            Ok::<_, StoreError>(client)
        })?;
        Ok(Self {
            runtime: Some(runtime),
            client,
            statements: RefCell::default(),
            queued: RefCell::default(),
            broken: Cell::new(false),
            used: Cell::new(Instant::now()),
        })
    }

    /// Whether it may be used. A session that was quiet is asked.
    pub(in crate::store) fn is_open(&self) -> bool {
        let answers = || self.wait_at_most(STILL_THERE, self.client.batch_execute("")).is_ok();
        let fresh = || self.used.get().elapsed() < QUIET || answers();
        !self.broken.get() && !self.client.is_closed() && fresh()
    }

    /// Begins a transaction that only reads, from one state.
    pub(in crate::store) fn begin_reading(&self) -> Result<(), StoreError> {
        let begun = self.client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        self.wait_at_most(STILL_THERE, begun)
    }

    /// Waits for an answer.
    fn wait<T>(&self, answer: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T, StoreError> {
        self.wait_at_most(ANSWER, answer)
    }

    fn wait_at_most<T>(
        &self,
        most: Duration,
        answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, StoreError> {
        let lost = || {
            self.broken.set(true);
            StoreError::wait("talk to the database server", "it did not answer in time")
        };
        let Some(runtime) = self.runtime.as_ref().filter(|_| !self.broken.get()) else { return Err(lost()) };
        let answered = runtime.block_on(async { tokio::time::timeout(most, answer).await }).map_err(|_| lost())?;
        self.used.set(Instant::now());
        answered.map_err(|error| {
            if error.is_closed() || error.as_db_error().is_none() {
                self.broken.set(true);
            }
            error.into()
        })
    }

    fn statement(&self, sql: &str) -> Result<Statement, StoreError> {
        if let Some(statement) = self.statements.borrow().get(sql) {
            return Ok(statement.clone());
        }
        // Behind what is queued: should it fail, the savepoint of its act is there to go back to.
        let statement = self.wait_behind(self.client.prepare(&sql.replace('?', "$")))?;
        self.statements.borrow_mut().insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    /// Waits for an answer whose question goes out behind what is queued.
    fn wait_behind<T>(&self, answer: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T, StoreError> {
        let words = self.queued.take();
        if words.is_empty() {
            return self.wait(answer);
        }
        self.wait(async {
            let (before, answered) = join(self.client.batch_execute(&words), answer).await;
            before?;
            answered
        })
    }

    pub(in crate::store) fn execute(&self, sql: &str, params: &[Value<'_>]) -> Result<u64, StoreError> {
        let statement = self.statement(sql)?;
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|value| value as _).collect();
        self.wait_behind(self.client.execute(&statement, &params))
    }

    pub(in crate::store) fn query(&self, sql: &str, params: &[Value<'_>]) -> Result<Vec<Row>, StoreError> {
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|value| value as _).collect();
        self.query_arrays(sql, &params)
    }

    /// The same with whole columns for parameters.
    pub(super) fn query_arrays(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, StoreError> {
        let statement = self.statement(sql)?;
        self.wait_behind(self.client.query(&statement, params))
    }

    /// Lets these words go out before the next statement.
    pub(in crate::store) fn queue(&self, words: &str) {
        let mut queued = self.queued.borrow_mut();
        queued.push_str(words);
        queued.push(';');
    }

    /// Sends these words now; there may be several statements.
    pub(in crate::store) fn control(&self, words: &str) -> Result<(), StoreError> {
        self.wait_behind(self.client.batch_execute(words))
    }

    /// Commits what is under way. A server answers `ROLLBACK` to the commit of a transaction in which something failed: every
    /// failure before was an error of its own, so that never passes for a commit.
    pub(super) fn commit(&self) -> Result<(), StoreError> {
        self.control("COMMIT")
    }

    /// Ends what is under way, and what is queued is not sent. Where nothing was begun, the server only says so.
    pub(in crate::store) fn roll_back(&self) {
        drop(self.queued.take());
        if !self.broken.get() && self.control("ROLLBACK").is_err() {
            self.broken.set(true);
        }
    }

    /// Ends what is under way when it is dropped.
    pub(in crate::store) fn rolls_back(&self) -> impl Drop {
        RollsBack(self)
    }
}

/// Why there is no session: what the server said, or what stood between.
fn reason(error: &tokio_postgres::Error) -> String {
    let between = || std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    error.as_db_error().map_or_else(between, |said| said.message().to_owned())
}

struct RollsBack<'a>(&'a Session);

impl Drop for RollsBack<'_> {
    fn drop(&mut self) {
        self.0.roll_back();
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match (*self, kind) {
            (Value::Null, _) => return Ok(IsNull::Yes),
            (Value::Int(number), &Type::INT8) => out.put_i64(number),
            (Value::Int(number), &Type::INT4) => out.put_i32(number.try_into()?),
            (Value::Text(text), &Type::TEXT | &Type::VARCHAR | &Type::JSON) => out.put_slice(text.as_bytes()),
            (Value::Blob(bytes), &Type::BYTEA) => out.put_slice(bytes),
            (Value::Int(_) | Value::Text(_) | Value::Blob(_), _) => {
                return Err(format!("a parameter does not fit the type {kind}").into());
            }
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
