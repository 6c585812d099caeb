//! The bus of one node: everything in process.

use super::{QueueHint, SIGNALS_KEPT, Signal};
use dashmap::DashMap;
use handrail_domain::ids::AccountId;
use handrail_domain::wire::Presence;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{broadcast, mpsc};

/// The bus of one node.
#[derive(Clone)]
pub struct LocalBus {
    signals: broadcast::Sender<Signal>,
    queue: mpsc::UnboundedSender<QueueHint>,
    // Taken once; an item's hint is small and its reader fast, and every open item bounds how many can wait.
    listener: Arc<Mutex<Option<mpsc::UnboundedReceiver<QueueHint>>>>,
    // Those who are not offline.
    presence: Arc<DashMap<AccountId, Presence>>,
}

impl Default for LocalBus {
    fn default() -> Self {
        let (signals, _) = broadcast::channel(SIGNALS_KEPT);
        let (queue, listener) = mpsc::unbounded_channel();
        Self { signals, queue, listener: Arc::new(Mutex::new(Some(listener))), presence: Arc::default() }
    }
}

impl LocalBus {
    /// Tells this node.
    pub fn signal(&self, signal: Signal) {
        // Nobody may be listening yet.
        let _listeners = self.signals.send(signal);
    }

    /// Listens.
    pub fn signals(&self) -> broadcast::Receiver<Signal> {
        self.signals.subscribe()
    }

    /// Hands a new line to this node's queue.
    pub fn relay(&self, hint: QueueHint) {
        let _listening = self.queue.send(hint);
    }

    /// This node's queue. Can be taken once.
    pub fn take_queue(&self) -> Option<mpsc::UnboundedReceiver<QueueHint>> {
        self.listener.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Says whether somebody is there, and tells if that is new.
    pub fn set_presence(&self, account: AccountId, state: Presence) {
        let before = match state {
            Presence::Offline => self.presence.remove(&account).map(|(_, before)| before),
            Presence::Online | Presence::Away => self.presence.insert(account, state),
        };
        if before.unwrap_or(Presence::Offline) != state {
            self.signal(Signal::Presence { account, state });
        }
    }

    /// Whether somebody is there.
    pub fn presence(&self, account: AccountId) -> Presence {
        self.presence.get(&account).map_or(Presence::Offline, |state| *state)
    }
}
