//! Telling the other nodes. Only the newest head of the log counts, so however slow Redis is, one number waits; signals may be
//! lost, so at most [`TELLS_WAITING`] wait and the rest is dropped. Nobody who calls this ever waits.

use super::link::LEASE;
use super::wire::{Said, Told};
use super::{CHECKPOINTS_KEPT, Inner, TELLS_WAITING};
use handrail_domain::ids::LogN;
use handrail_domain::wire::Presence;
use redis::{Pipeline, RedisResult};
use std::sync::atomic::Ordering;
use tokio::sync::mpsc;

/// Signals in one round trip.
const BATCH: usize = 64;
/// People written in one command.
const WRITTEN_AT_ONCE: usize = 1_000;

impl Inner {
    /// Hands a word to the others, if there is room.
    pub(super) fn say(&self, said: Said) {
        let people = said.is_about_people();
        if self.tells.try_send(said).is_err() && people {
            // The others now have it wrong: this node's people are written anew at the next look.
            self.people_stale.store(true, Ordering::Relaxed);
        }
    }

    /// Publishes the newest head of the log, again and again. Never ends.
    pub(super) async fn tell_log(&self) {
        let mut heads = self.committed.subscribe();
        let mut line = self.link.watch();
        loop {
            let n = *heads.borrow_and_update();
            let up = line.borrow_and_update().is_some();
            if up && n > self.head_told.load(Ordering::Relaxed) && self.publish_head(n).await.is_ok() {
                self.head_told.fetch_max(n, Ordering::Relaxed);
                continue;
            }
            // A head that could not be told goes out with the next one, or when Redis is back.
            tokio::select! {
                _newer = heads.changed() => (),
                _line = line.changed() => (),
            }
        }
    }

    /// Adds the newest checkpoint to its stream, again and again. Never ends.
    pub(super) async fn tell_checkpoints(&self) {
        let mut newest = self.checkpoint.subscribe();
        let mut line = self.link.watch();
        let mut told = 0;
        loop {
            let seen = newest.borrow_and_update().clone();
            let up = line.borrow_and_update().is_some();
            if let Some((n, note)) = seen.filter(|(n, _)| up && *n > told)
                && self.add_checkpoint(n, &note).await
            {
                told = n;
                continue;
            }
            tokio::select! {
                _newer = newest.changed() => (),
                _line = line.changed() => (),
            }
        }
    }

    /// Whether it is there now. An id that is refused is there already: another node was faster.
    async fn add_checkpoint(&self, n: LogN, note: &str) -> bool {
        let mut add = redis::cmd("XADD");
        add.arg(&self.names.checkpoint).arg("MAXLEN").arg("~").arg(CHECKPOINTS_KEPT).arg(format!("{n}-0"));
        add.arg("note").arg(note);
        let added = self.link.ask(|mut connection| async move { add.query_async::<()>(&mut connection).await }).await;
        added.map_or_else(|error| error.code() == Some("ERR"), |()| true)
    }

    async fn publish_head(&self, n: LogN) -> RedisResult<()> {
        let mut publish = redis::cmd("PUBLISH");
        publish.arg(&self.names.log).arg(self.told(Said::Log { n }));
        self.link.ask(|mut connection| async move { publish.query_async(&mut connection).await }).await
    }

    /// Publishes what waits. Never ends.
    pub(super) async fn tell_signals(&self, mut waiting: mpsc::Receiver<Said>) {
        let mut batch = Vec::with_capacity(BATCH);
        while waiting.recv_many(&mut batch, BATCH).await > 0 {
            let people = batch.iter().any(Said::is_about_people);
            let mut pipeline = redis::pipe();
            pipeline.atomic();
            for said in batch.drain(..) {
                self.add(&mut pipeline, said);
            }
            let told: RedisResult<()> =
                self.link.ask(|mut connection| async move { pipeline.exec_async(&mut connection).await }).await;
            if told.is_err() && people {
                self.people_stale.store(true, Ordering::Relaxed);
            }
        }
    }

    /// A signal's commands. Presence also goes into the hash that a joining node reads, by this one way, so that an older state
    /// never ends up over a newer one.
    fn add(&self, pipeline: &mut Pipeline, said: Said) {
        let key = self.names.people(&self.names.node);
        match &said {
            Said::Presence { account, state } => match word(*state) {
                Some(word) => pipeline.hset(key, account.to_string(), word).ignore(),
                None => pipeline.hdel(key, account.to_string()).ignore(),
            },
            Said::Joined => {
                let people = self.people.of(&self.names.node);
                let fields = people.iter().filter_map(|(account, state)| Some((account.to_string(), word(*state)?)));
                pipeline.del(&key).ignore();
                for some in fields.collect::<Vec<_>>().chunks(WRITTEN_AT_ONCE) {
                    pipeline.hset_multiple(&key, some).ignore();
                }
                pipeline.pexpire(&key, LEASE.as_millis() as i64).ignore()
            }
            Said::Log { .. } | Said::Typing { .. } | Said::Read { .. } | Said::Probe => pipeline,
        };
        pipeline.publish(&self.names.signal, self.told(said)).ignore();
    }

    /// A word with this node's name on it.
    fn told(&self, said: Said) -> String {
        let told = Told { node: self.names.node.clone(), said };
        serde_json::to_string(&told).unwrap_or_default()
    }
}

/// How a hash of people says it; those who are offline are not in it.
fn word(state: Presence) -> Option<&'static str> {
    match state {
        Presence::Online => Some("online"),
        Presence::Away => Some("away"),
        Presence::Offline => None,
    }
}

/// The bounded way from callers to [`Inner::tell_signals`].
pub(super) fn tells() -> (mpsc::Sender<Said>, mpsc::Receiver<Said>) {
    mpsc::channel(TELLS_WAITING)
}
