//! Hearing the other nodes: a pub/sub connection with a loop of its own that retries without end, confirms every subscription,
//! and after each (re)connect has the node read the log, because what was said meanwhile is gone. A connection may look well and
//! bring nothing (a server that was demoted), so a quiet one must bring back this node's own probe.

use super::link::{CONNECT_DEADLINE, pause};
use super::wire::{Said, Told};
use super::{HEAD_UNKNOWN, Inner};
use crate::bus::Signal;
use futures_util::StreamExt;
use redis::aio::PubSubStream;
use redis::{Msg, RedisResult};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// A quiet connection is probed after that long, and dropped if the probe is not back after as long again.
const QUIET: Duration = Duration::from_secs(1);

impl Inner {
    /// Listens. Never ends. `joined` takes the nodes whose people should be read.
    pub(super) async fn hear(&self, joined: &mpsc::Sender<String>) {
        loop {
            if let Ok(Ok(stream)) = timeout(4 * CONNECT_DEADLINE, self.subscribe()).await {
                self.hears.send_replace(true);
                self.tell_here(Signal::Log(HEAD_UNKNOWN));
                self.follow(stream, joined).await;
                self.hears.send_replace(false);
            }
            pause().await;
        }
    }

    /// Both channels, confirmed.
    async fn subscribe(&self) -> RedisResult<PubSubStream> {
        let (mut sink, stream) = self.link.client().await?.get_async_pubsub().await?.split();
        sink.subscribe(&[&self.names.log, &self.names.signal]).await?;
        Ok(stream)
    }

    /// Hears until the connection is lost, or as good as lost.
    async fn follow(&self, mut stream: PubSubStream, joined: &mpsc::Sender<String>) {
        let mut probed = false;
        loop {
            match timeout(QUIET, stream.next()).await {
                Ok(Some(message)) => {
                    probed = false;
                    self.take(&message, joined);
                }
                Ok(None) => return,
                Err(_) if probed => return,
                Err(_) => {
                    probed = true;
                    self.say(Said::Probe);
                }
            }
        }
    }

    /// One message. What we said ourselves was heard when we said it; what we do not understand is of another version.
    fn take(&self, message: &Msg, joined: &mpsc::Sender<String>) {
        let Ok(told) = serde_json::from_slice::<Told>(message.get_payload_bytes()) else { return };
        if told.node == self.names.node {
            return;
        }
        match told.said {
            Said::Log { n } => {
                // Once this node has read that far it need not tell the others, who hear it now.
                self.head_told.fetch_max(n, Ordering::Relaxed);
                self.tell_here(Signal::Log(n));
            }
            Said::Presence { account, state } => {
                self.people_changes.fetch_add(1, Ordering::Relaxed);
                self.heard_presence(&told.node, account, state);
            }
            Said::Typing { conversation, account, on } => self.tell_here(Signal::Typing { conversation, account, on }),
            Said::Read { conversation, account, seq } => self.tell_here(Signal::Read { conversation, account, seq }),
            Said::Joined => {
                // Should this be full, the next look at the nodes finds it.
                let _later = joined.try_send(told.node);
            }
            Said::Probe => (),
        }
    }
}
