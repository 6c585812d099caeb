//! The bus: hints that there is something new, and what may be lost (presence, typing). The record is the truth; whoever
//! hears nothing here reads the log.

mod local;
mod redis;

pub use local::LocalBus;
pub use redis::{BusError, RedisBus};

use handrail_domain::event::Queued;
use handrail_domain::ids::{AccountId, ConversationId, LogN, Offset, Seq, SiteId};
use handrail_domain::wire::Presence;
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;

/// Signals that a slow listener may be behind before it loses some.
pub const SIGNALS_KEPT: usize = 4_096;
/// In [`Signal::Log`]: how far the log has grown is not known, because something may have been missed. Read it.
pub const HEAD_UNKNOWN: LogN = LogN::MAX;

/// What may be lost: it says how things are now, not what happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signal {
    /// Somebody came, went, or turned away.
    Presence {
        /// Who.
        account: AccountId,
        /// Whether they are there.
        state: Presence,
    },
    /// Somebody writes, or stopped.
    Typing {
        /// Where.
        conversation: ConversationId,
        /// Who.
        account: AccountId,
        /// Whether they write.
        on: bool,
    },
    /// Somebody has read up to here; for their own devices.
    Read {
        /// Where.
        conversation: ConversationId,
        /// Who.
        account: AccountId,
        /// Up to where.
        seq: Seq,
    },
    /// The log has grown on another node, up to here or [`HEAD_UNKNOWN`]: read it.
    Log(LogN),
}

/// A queue has a new line. Whoever hears it reads the item, as it is now, or the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueHint {
    /// The queue.
    pub site: SiteId,
    /// The event's number in the log.
    pub n: LogN,
    /// Its offset in the queue.
    pub offset: Offset,
    /// What it is about.
    pub about: Queued,
}

/// How the bus is, for health.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BusHealth {
    /// It works.
    Ok,
    /// It is away: delivery goes on from the log.
    Away,
}

/// The bus. Two of them at most, so an enum and not a trait.
#[derive(Clone)]
pub enum Bus {
    /// In process, for one node.
    Local(LocalBus),
    /// Over Redis, for many.
    Redis(RedisBus),
}

impl Bus {
    /// Does the work of the bus until the node exits. Spawn it once, before the first connection is taken; if it returns earlier
    /// the node must stop.
    pub async fn run(&self, exit: CancellationToken) {
        match self {
            Bus::Local(_) => exit.cancelled().await,
            Bus::Redis(bus) => bus.run(exit).await,
        }
    }

    /// Tells every node, this one too.
    pub fn signal(&self, signal: Signal) {
        match self {
            Bus::Local(bus) => bus.signal(signal),
            Bus::Redis(bus) => bus.signal(signal),
        }
    }

    /// Listens to what every node tells.
    pub fn signals(&self) -> broadcast::Receiver<Signal> {
        match self {
            Bus::Local(bus) => bus.signals(),
            Bus::Redis(bus) => bus.signals(),
        }
    }

    /// This node has committed up to `n`: other nodes may read on. Never waits.
    pub fn committed(&self, n: LogN) {
        match self {
            Bus::Local(_) => {
                let _alone = n;
            }
            Bus::Redis(bus) => bus.committed(n),
        }
    }

    /// A queue has a new line in this node's log: hand it to the supervisor channel. Never waits.
    pub fn relay(&self, hint: QueueHint) {
        match self {
            Bus::Local(bus) => bus.relay(hint),
            Bus::Redis(bus) => bus.relay(hint),
        }
    }

    /// A checkpoint was signed: hand a copy to whoever keeps them. Never waits; of those that Redis was away for, the newest
    /// is handed on.
    pub fn checkpoint(&self, n: LogN, note: &str) {
        match self {
            // One node has nobody to hand it to.
            Bus::Local(_) => (),
            Bus::Redis(bus) => bus.checkpoint(n, note),
        }
    }

    /// The supervisor channel as this node hears it. Can be taken once.
    pub fn take_queue(&self) -> Option<mpsc::UnboundedReceiver<QueueHint>> {
        match self {
            Bus::Local(bus) => bus.take_queue(),
            Bus::Redis(bus) => bus.take_queue(),
        }
    }

    /// Says whether somebody is there, and tells every node if that is new.
    pub fn set_presence(&self, account: AccountId, state: Presence) {
        match self {
            Bus::Local(bus) => bus.set_presence(account, state),
            Bus::Redis(bus) => bus.set_presence(account, state),
        }
    }

    /// Whether somebody is there.
    pub fn presence(&self, account: AccountId) -> Presence {
        match self {
            Bus::Local(bus) => bus.presence(account),
            Bus::Redis(bus) => bus.presence(account),
        }
    }

    /// How it is.
    pub fn health(&self) -> BusHealth {
        match self {
            Bus::Local(_) => BusHealth::Ok,
            Bus::Redis(bus) => bus.health(),
        }
    }
}
