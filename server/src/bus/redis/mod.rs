//! The bus of many nodes, over Redis. Redis never holds the only copy of anything: losing it, or emptying it, loses no record,
//! and while it is away delivery goes on from the log. Nothing that a caller does here ever waits for Redis.
//!
//! # What is in Redis
//! Every name begins with `handrail:<epoch>:`, the epoch being the record's.
//!
//! | name | what |
//! | --- | --- |
//! | `log` (channel) | `{"node","said":"log","n"}`: the log has grown to `n`. A hint; who misses it reads the log anyway |
//! | `signal` (channel) | presence, typing and reading marks as small JSON; may be lost |
//! | `node:<id>`, `nodes` | each node's lease (7 s), and the set of nodes. An id is new at every start |
//! | `people:<id>` | a hash, account to `online` or `away`: who is there on that node |
//! | `queue:<site>` | the supervisor channel of a site: a stream |
//! | `checkpoint` | signed checkpoints of the log: a stream with ids `n-0` and the whole note in the field `note`; about the last 10,000 |
//!
//! # The supervisor channel
//! An entry's id is `n-0`, `n` being the event's number in the log, so ids only rise and an entry is never there twice. It says
//! that an item changed; whoever acts on it reads the item as it is now over the API, and decides there and nowhere else. Its
//! fields, and how services beside the product read it, are in `server/CHANNEL.md`.

mod hear;
mod link;
mod presence;
mod queue;
mod relay;
mod source;
mod tell;
#[cfg(test)]
mod tests;
mod wire;

use super::{BusHealth, HEAD_UNKNOWN, QueueHint, SIGNALS_KEPT, Signal};
use crate::fresh;
use crate::store::Store;
use handrail_domain::ids::{AccountId, LogN};
use handrail_domain::wire::Presence;
use link::Link;
use presence::People;
use queue::Listener;
use relay::Grown;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{broadcast, mpsc, watch};
use tokio_util::sync::CancellationToken;
use wire::{Names, Said};

/// About so many changes are kept in each stream.
const STREAM_KEPT: usize = 100_000;
/// The most items that are open and older than those, kept when a stream is made again.
const OPEN_KEPT: usize = 10_000;
/// About so many checkpoints are kept in their stream.
const CHECKPOINTS_KEPT: usize = 10_000;
/// Signals that wait for a slow Redis; beyond it they are dropped.
const TELLS_WAITING: usize = 4_096;
/// Characters of a node's id.
const NODE_ID: usize = 12;

/// Why there is no bus, with what to do next.
#[derive(Debug)]
pub struct BusError(pub String);

impl fmt::Display for BusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BusError {}

/// The bus of many nodes. Copies share it.
#[derive(Clone)]
pub struct RedisBus(Arc<Inner>);

struct Inner {
    store: Store,
    link: Link,
    names: Names,
    signals: broadcast::Sender<Signal>,
    hears: watch::Sender<bool>,
    committed: watch::Sender<LogN>,
    /// The newest checkpoint of this node.
    checkpoint: watch::Sender<Option<(LogN, String)>>,
    /// The newest head of the log that somebody told the nodes.
    head_told: AtomicU64,
    tells: mpsc::Sender<Said>,
    people: People,
    /// Whether what Redis and the others have of this node's people may be wrong.
    people_stale: AtomicBool,
    /// Changes of presence heard from other nodes.
    people_changes: AtomicU64,
    grown: Grown,
    known: mpsc::UnboundedSender<QueueHint>,
    listener: Mutex<Option<mpsc::UnboundedReceiver<QueueHint>>>,
    work: Mutex<Option<Work>>,
}

/// How long somebody who only asks whether Redis is there waits for it.
const REACH_MAX: Duration = Duration::from_secs(5);

/// What [`RedisBus::run`] takes, once.
struct Work {
    listener: Listener,
    known: mpsc::UnboundedReceiver<QueueHint>,
    tells: mpsc::Receiver<Said>,
}

impl RedisBus {
    /// A bus over the Redis at that URL. Redis need not be there yet: until it is, the bus is away. One that is there and can
    /// never be used is refused.
    pub async fn connect(url: &str, store: Store) -> Result<Self, BusError> {
        let link = Link::new(url)?;
        link.check().await?;
        let names = Names::new(store.epoch(), fresh::token(NODE_ID));
        let heads = queue::heads(&store).await;
        let heads =
            heads.map_err(|error| BusError(format!("the queues could not be read from the record: {error}")))?;
        let (signals, _) = broadcast::channel(SIGNALS_KEPT);
        let (tells, told) = tell::tells();
        let (known, knowing) = mpsc::unbounded_channel();
        let (out, listening) = mpsc::unbounded_channel();
        let listener =
            Listener { store: store.clone(), heard: HashMap::from_iter(heads), out, expected: VecDeque::new() };
        Ok(Self(Arc::new(Inner {
            store,
            link,
            names,
            signals,
            hears: watch::Sender::new(false),
            committed: watch::Sender::new(0),
            checkpoint: watch::Sender::new(None),
            head_told: AtomicU64::new(0),
            tells,
            people: People::default(),
            people_stale: AtomicBool::new(true),
            people_changes: AtomicU64::new(0),
            grown: Grown::default(),
            known,
            listener: Mutex::new(Some(listening)),
            work: Mutex::new(Some(Work { listener, known: knowing, tells: told })),
        })))
    }

    /// Whether the Redis at that URL is there and can be used, asked once.
    pub async fn reach(url: &str) -> Result<(), BusError> {
        let link = Link::new(url)?;
        let dialled = tokio::time::timeout(REACH_MAX, link.dial(REACH_MAX)).await;
        let there = dialled.is_ok_and(|dialled| dialled.is_ok());
        if !there {
            return Err(BusError("it does not answer: is it running, and are address and password right?".into()));
        }
        link.check().await
    }

    /// Does all the work of the bus, until the node exits. Runs once. If it returns earlier a part of it has panicked, and the
    /// node must stop: its supervisors would see nothing new.
    pub async fn run(&self, exit: CancellationToken) {
        let Some(work) = self.0.work.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            tracing::error!("the bus runs already");
            return;
        };
        let inner = &self.0;
        let (entries, entering) = mpsc::channel(queue::ENTRIES_AHEAD);
        let (joined, joining) = mpsc::channel(queue::ENTRIES_AHEAD);
        let mut tasks = tokio::task::JoinSet::new();
        let lease = inner.names.lease(&inner.names.node);
        let of = || inner.clone();
        let (a, b, c, d, e, f, g, h) = (of(), of(), of(), of(), of(), of(), of(), of());
        tasks.spawn(async move { a.link.keep(&lease).await });
        tasks.spawn(async move { b.hear(&joined).await });
        tasks.spawn(async move { c.tell_log().await });
        tasks.spawn(async move { d.tell_signals(work.tells).await });
        tasks.spawn(async move { e.keep_people(joining).await });
        tasks.spawn(async move { f.relay_queues().await });
        tasks.spawn(async move { queue::read_streams(&g.link, &g.names, &g.store, &entries).await });
        tasks.spawn(async move { h.tell_checkpoints().await });
        tasks.spawn(work.listener.listen(work.known, entering, inner.link.watch()));
        tokio::select! {
            () = exit.cancelled() => (),
            _panicked = tasks.join_next() => tracing::error!("a part of the bus ended; the node must stop"),
        }
        tasks.shutdown().await;
        inner.hears.send_replace(false);
    }

    /// Tells every node; this one at once.
    pub fn signal(&self, signal: Signal) {
        match signal {
            Signal::Presence { account, state } => return self.set_presence(account, state),
            Signal::Typing { conversation, account, on } => self.0.say(Said::Typing { conversation, account, on }),
            Signal::Read { conversation, account, seq } => self.0.say(Said::Read { conversation, account, seq }),
            Signal::Log(n) => self.committed(n),
        }
        self.0.tell_here(signal);
    }

    /// Listens to what every node tells.
    pub fn signals(&self) -> broadcast::Receiver<Signal> {
        self.0.signals.subscribe()
    }

    /// This node has committed up to `n`.
    pub fn committed(&self, n: LogN) {
        if n != HEAD_UNKNOWN {
            self.0.committed.send_if_modified(|head| n > std::mem::replace(head, n.max(*head)));
        }
    }

    /// A checkpoint was signed.
    pub fn checkpoint(&self, n: LogN, note: &str) {
        self.0.checkpoint.send_replace(Some((n, note.to_owned())));
    }

    /// A queue has a new line.
    pub fn relay(&self, hint: QueueHint) {
        self.0.grown.add(hint.site);
        // The bus is ending if nobody takes it.
        let _ending = self.0.known.send(hint);
    }

    /// The supervisor channel as this node hears it. Can be taken once.
    pub fn take_queue(&self) -> Option<mpsc::UnboundedReceiver<QueueHint>> {
        self.0.listener.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Says whether somebody is there on this node, and tells every node if that is new.
    pub fn set_presence(&self, account: AccountId, state: Presence) {
        self.0.people.set(&self.0.names.node, account, state, |now| {
            if let Some(state) = now {
                self.0.tell_here(Signal::Presence { account, state });
            }
            self.0.say(Said::Presence { account, state });
        });
    }

    /// Whether somebody is there, on any node.
    pub fn presence(&self, account: AccountId) -> Presence {
        self.0.people.state(account)
    }

    /// `Ok` only while commands work and the others are heard.
    pub fn health(&self) -> BusHealth {
        let works = self.0.link.is_up() && *self.0.hears.borrow();
        if works { BusHealth::Ok } else { BusHealth::Away }
    }
}

impl Inner {
    /// Tells this node.
    fn tell_here(&self, signal: Signal) {
        // Nobody may be listening yet.
        let _listeners = self.signals.send(signal);
    }
}
