//! The line to Redis for commands: dialled again without end, probed twice a second by a real write (the node's lease), so that a
//! Redis that is dead, frozen, loading, full or read-only is away, and never taken for an empty one. Whoever waits for an answer
//! is let go as soon as the line is found dead; so every command sent here must be safe to repeat.

use super::BusError;
use super::source::{Source, refuse_cluster};
use crate::fresh;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, ErrorKind, RedisError, RedisResult};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// The longest a command may take.
const COMMAND_DEADLINE: Duration = Duration::from_secs(5);
/// The longest that connecting may take, and a probe.
pub(super) const CONNECT_DEADLINE: Duration = Duration::from_secs(1);
/// Between two probes of the line.
const PROBE_EVERY: Duration = Duration::from_millis(500);
/// How long the node's lease lasts unless a probe renews it. With the others' next look at it, a dead node's people are offline
/// within ten seconds.
pub(super) const LEASE: Duration = Duration::from_secs(7);

/// The line to Redis. Copies share it.
#[derive(Clone)]
pub(super) struct Link {
    source: Source,
    line: Arc<watch::Sender<Option<MultiplexedConnection>>>,
}

/// A pause before dialling again: up to a second, different on every node.
pub(super) async fn pause() {
    let [byte] = fresh::bytes::<1>();
    tokio::time::sleep(Duration::from_millis(100 + u64::from(byte) * 3)).await;
}

impl Link {
    /// A line to this address. Nothing is dialled yet.
    pub(super) fn new(url: &str) -> Result<Self, BusError> {
        let (line, _) = watch::channel(None);
        Ok(Self { source: Source::new(url)?, line: Arc::new(line) })
    }

    /// A client, for who needs a connection of their own.
    pub(super) async fn client(&self) -> RedisResult<Client> {
        self.source.client().await
    }

    /// Says why a Redis that is there cannot be used, if it cannot. One that is not there may come to be.
    pub(super) async fn check(&self) -> Result<(), BusError> {
        let Ok(Ok(mut connection)) = timeout(2 * CONNECT_DEADLINE, Box::pin(self.dial(COMMAND_DEADLINE))).await else {
            return Ok(());
        };
        refuse_cluster(&mut connection).await.map_err(|error| BusError(error.to_string()))
    }

    /// Whether commands work.
    pub(super) fn is_up(&self) -> bool {
        self.line.borrow().is_some()
    }

    /// Follows whether commands work.
    pub(super) fn watch(&self) -> watch::Receiver<Option<MultiplexedConnection>> {
        self.line.subscribe()
    }

    /// A new connection whose answers may take that long.
    pub(super) async fn dial(&self, answers_within: Duration) -> RedisResult<MultiplexedConnection> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_DEADLINE))
            .set_response_timeout(Some(answers_within));
        self.client().await?.get_multiplexed_async_connection_with_config(&config).await
    }

    /// Asks Redis, unless it is away. An error says nothing about whether it was done.
    pub(super) async fn ask<T, F: Future<Output = RedisResult<T>>>(
        &self,
        question: impl FnOnce(MultiplexedConnection) -> F,
    ) -> RedisResult<T> {
        let mut line = self.line.subscribe();
        let Some(connection) = line.borrow_and_update().clone() else { return Err(away()) };
        tokio::select! {
            answer = timeout(COMMAND_DEADLINE, question(connection)) => answer.unwrap_or_else(|_| Err(away())),
            _dead = line.changed() => Err(away()),
        }
    }

    /// Keeps the line up, and the node's lease with it. Never ends.
    pub(super) async fn keep(&self, lease: &str) {
        let mut told = false;
        loop {
            let lost = match self.dial(COMMAND_DEADLINE).await {
                Ok(mut connection) => match refuse_cluster(&mut connection).await {
                    Ok(()) => self.probe_until_lost(connection, lease, &mut told).await,
                    Err(error) => error,
                },
                Err(error) => error,
            };
            self.line.send_replace(None);
            if !std::mem::replace(&mut told, true) {
                tracing::warn!(error = %lost, "Redis is away; messages go on from the record");
            }
            pause().await;
        }
    }

    async fn probe_until_lost(&self, connection: MultiplexedConnection, lease: &str, told: &mut bool) -> RedisError {
        let mut up = false;
        loop {
            let mut probe = redis::cmd("SET");
            probe.arg(lease).arg("1").arg("PX").arg(LEASE.as_millis() as u64);
            let mut line = connection.clone();
            match timeout(CONNECT_DEADLINE, probe.query_async::<()>(&mut line)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return error,
                Err(_) => return away(),
            }
            if !std::mem::replace(&mut up, true) {
                *told = false;
                tracing::info!("Redis is there");
                self.line.send_replace(Some(connection.clone()));
            }
            tokio::time::sleep(PROBE_EVERY).await;
        }
    }
}

/// The error of a Redis that does not answer.
pub(super) fn away() -> RedisError {
    RedisError::from((ErrorKind::Io, "Redis does not answer"))
}
