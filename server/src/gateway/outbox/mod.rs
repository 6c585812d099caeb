//! What waits to be written to one connection: its own answers, what the queues say, and its account's events. It is bounded
//! in frames and in bytes. An outbox that runs over does not cut a slow phone off: it becomes *lagging*, takes no more events,
//! and its writer pages them from the log until it has caught up; so the log is the queue, and nothing is lost or sent twice.
//! It never reads the log itself, and it holds no lock while anything waits.

use handrail_domain::ids::{Offset, SiteId};
use handrail_domain::wire::Close;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// A frame as it goes out: encoded once, shared by every device that gets it.
pub type Frame = Utf8Bytes;

/// At most so many of a connection's own frames wait. Over it the oldest that may be lost goes; with none, the client is too slow.
pub const CONTROL_FRAMES_MAX: usize = 256;
/// At most so many events wait; over it the outbox lags.
pub const EVENTS_MAX: usize = 64;
/// At most so many bytes of events wait; over it the outbox lags.
pub const EVENT_BYTES_MAX: usize = 256 * 1024;
/// At most so many frames of the watched queues wait; over it they are dropped, and the client sees the gap.
pub const QUEUE_FRAMES_MAX: usize = 64;
/// At most so many bytes of the watched queues wait. An item comes whole, with its context, so it can be large.
pub const QUEUE_BYTES_MAX: usize = 512 * 1024;
/// A writer is given at most so many frames to feed before it flushes.
pub const BATCH_FRAMES_MAX: usize = 64;
/// A writer is given at most so many bytes to feed before it flushes.
pub const BATCH_BYTES_MAX: usize = 64 * 1024;

/// What a writer does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Feed these, then flush once.
    Frames(Batch),
    /// Read the log after this offset, hand the page to [`Outbox::caught_up_page`], then try [`Outbox::rejoin`].
    CatchUp {
        /// The last offset that was queued for the client.
        after: Offset,
    },
    /// Nothing more goes out: send the close frame.
    Closed(Close),
}

/// Frames to be written together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Batch {
    /// The frames, in the order in which they are to be written.
    pub frames: Vec<Frame>,
    /// Frames of a watched queue were dropped since the last batch. A ping with the heads, sent now, shows the client its gap.
    pub queue_gap: bool,
}

/// The page that was read does not follow on from what the client has: it has to start again ([`Close::Resync`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap;

/// The outbox of one connection, shared by the hub that fills it and the writer that empties it.
#[derive(Debug)]
pub struct Outbox {
    state: Mutex<State>,
    wake: Notify,
}

#[derive(Debug)]
struct State {
    control: VecDeque<Control>,
    queue: VecDeque<Frame>,
    queue_bytes: usize,
    /// The last offset seen of each queue, also of what was dropped.
    queue_heads: BTreeMap<SiteId, Offset>,
    queue_gap: bool,
    events: VecDeque<Frame>,
    event_bytes: usize,
    feed: Feed,
    /// The last offset that was queued; what the client has once all that is queued is written.
    cursor: Offset,
    /// The greatest offset that anybody spoke of.
    head: Offset,
    closed: Option<Close>,
}

#[derive(Debug)]
struct Control {
    frame: Frame,
    may_be_lost: bool,
}

/// How events come to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Feed {
    /// No hello yet: nothing is sent, only the head is remembered.
    Waiting,
    /// From the log, by pages.
    Lagging,
    /// As they happen.
    Live,
}

impl Default for Outbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Outbox {
    /// An outbox for a connection that has not said hello: only control frames leave it until [`Outbox::start`].
    pub fn new() -> Self {
        Self {
            state: Mutex::new(State {
                control: VecDeque::new(),
                queue: VecDeque::new(),
                queue_bytes: 0,
                queue_heads: BTreeMap::new(),
                queue_gap: false,
                events: VecDeque::new(),
                event_bytes: 0,
                feed: Feed::Waiting,
                cursor: 0,
                head: 0,
                closed: None,
            }),
            wake: Notify::new(),
        }
    }

    /// Begins the feed after `cursor`, the last offset that the client has. The outbox lags until [`Outbox::rejoin`]; register
    /// it with the hub before its head is read, and no event falls between the two.
    pub fn start(&self, cursor: Offset) {
        let mut state = self.lock();
        state.cursor = cursor;
        state.feed = Feed::Lagging;
        // The welcome goes before the presence that was told while it was made.
        let (early, answers): (VecDeque<_>, VecDeque<_>) =
            state.control.drain(..).partition(|waiting| waiting.may_be_lost);
        state.control = answers;
        state.control.extend(early);
        self.wake(state);
    }

    /// Queues an answer: `ok`, `err`, `ping`, `welcome`, `bye`. They go first, and none is dropped: a client that has let
    /// [`CONTROL_FRAMES_MAX`] of them wait does not read, and is closed as too slow.
    pub fn push_control(&self, frame: Frame) {
        let mut state = self.lock();
        if state.closed.is_some() {
            return;
        }
        if state.control.len() >= CONTROL_FRAMES_MAX && !state.drop_oldest_ephemeral() {
            state.close(Close::Slow);
        } else {
            state.control.push_back(Control { frame, may_be_lost: false });
        }
        self.wake(state);
    }

    /// Queues what may be lost: presence, typing, another device's read mark. It is the first to go when there is no room, and
    /// waits for [`Outbox::start`].
    pub fn push_ephemeral(&self, frame: Frame) {
        let mut state = self.lock();
        if state.closed.is_some() || (state.control.len() >= CONTROL_FRAMES_MAX && !state.drop_oldest_ephemeral()) {
            return;
        }
        state.control.push_back(Control { frame, may_be_lost: true });
        self.wake(state);
    }

    /// Queues an event of the account's feed, if the outbox is live, the event is the next one and there is room. Otherwise it
    /// remembers that there is such an event, and the log will give it. An offset that was queued before is dropped.
    pub fn push_event(&self, offset: Offset, frame: Frame) {
        let mut state = self.lock();
        state.head = state.head.max(offset);
        match state.feed {
            Feed::Waiting | Feed::Lagging => return,
            Feed::Live if offset <= state.cursor => return,
            Feed::Live if offset == state.cursor + 1 && state.has_room_for(frame.len()) => {
                state.queue_event(offset, frame);
            }
            Feed::Live => state.feed = Feed::Lagging,
        }
        self.wake(state);
    }

    /// The log's head is this. A live outbox that has not come so far goes back to the log; what is pushed meanwhile is not sent
    /// twice, because both look at the same cursor.
    pub fn heed_head(&self, head: Offset) {
        let mut state = self.lock();
        state.head = state.head.max(head);
        if state.feed == Feed::Live && state.cursor < head {
            state.feed = Feed::Lagging;
            self.wake(state);
        }
    }

    /// Queues an event of a watched queue. Without room it is dropped: its offset is then missing for the client, which reads
    /// the open items again over HTTP. An offset that was seen before is dropped too.
    pub fn push_queue(&self, site: SiteId, offset: Offset, frame: Frame) {
        self.queue_line(site, offset, Some(frame));
    }

    /// An event of a watched queue could not be read: it is a gap that the client is shown at once.
    pub fn miss_queue(&self, site: SiteId, offset: Offset) {
        self.queue_line(site, offset, None);
    }

    fn queue_line(&self, site: SiteId, offset: Offset, frame: Option<Frame>) {
        let mut state = self.lock();
        let closed = state.closed.is_some();
        let seen = state.queue_heads.entry(site).or_insert(0);
        if offset <= *seen || closed {
            return;
        }
        *seen = offset;
        let (waiting, bytes) = (state.queue.len(), state.queue_bytes);
        let fits =
            |frame: &Frame| waiting == 0 || (waiting < QUEUE_FRAMES_MAX && bytes + frame.len() <= QUEUE_BYTES_MAX);
        match frame.filter(fits) {
            Some(frame) => {
                state.queue_bytes += frame.len();
                state.queue.push_back(frame);
            }
            None => state.queue_gap = true,
        }
        self.wake(state);
    }

    /// The client watches a queue whose head is `head`: what came before is not for it.
    pub fn watch(&self, site: SiteId, head: Offset) {
        let mut state = self.lock();
        let seen = state.queue_heads.entry(site).or_insert(head);
        *seen = (*seen).max(head);
    }

    /// The client watches that queue no more. What is already queued still goes out.
    pub fn unwatch(&self, site: SiteId) {
        self.lock().queue_heads.remove(&site);
    }

    /// The last offset seen of each watched queue, for the ping.
    pub fn queue_heads(&self) -> BTreeMap<SiteId, Offset> {
        self.lock().queue_heads.clone()
    }

    /// The last offset queued for the client.
    pub fn cursor(&self) -> Offset {
        self.lock().cursor
    }

    /// Whether events go to the client as they happen.
    pub fn is_live(&self) -> bool {
        self.lock().feed == Feed::Live
    }

    /// The offset to read the log after, when the outbox lags and has nothing of the feed left to write.
    pub fn lag(&self) -> Option<Offset> {
        self.lock().lag()
    }

    /// Queues a page that was read from the log after [`Next::CatchUp`]. The reader bounds the page, not the outbox.
    pub fn caught_up_page(&self, page: Vec<(Offset, Frame)>) -> Result<(), Gap> {
        let mut state = self.lock();
        for (offset, frame) in page {
            match offset {
                _ if state.closed.is_some() => break,
                known if known <= state.cursor => {}
                next if next == state.cursor + 1 => state.queue_event(offset, frame),
                _ => return Err(Gap),
            }
        }
        state.head = state.head.max(state.cursor);
        self.wake(state);
        Ok(())
    }

    /// Goes live if nothing is missing any more; `then` follows the last event of the replay (the `live` frame). Decided under
    /// the lock that [`Outbox::push_event`] takes, so that no event slips between the last page and the first push.
    pub fn rejoin(&self, then: Option<Frame>) -> bool {
        let mut state = self.lock();
        if state.feed != Feed::Lagging || state.cursor < state.head || state.closed.is_some() {
            return false;
        }
        state.feed = Feed::Live;
        if let Some(frame) = then {
            state.event_bytes += frame.len();
            state.events.push_back(frame);
        }
        self.wake(state);
        true
    }

    /// Ends the connection: answers that wait still go out, then the close frame. Events and queues do not, so that nothing
    /// reaches a device after its sign-out was acknowledged. The first reason stays.
    pub fn close(&self, why: Close) {
        let mut state = self.lock();
        state.close(why);
        self.wake(state);
    }

    /// Why the connection ends, if it does.
    pub fn closed(&self) -> Option<Close> {
        self.lock().closed
    }

    /// Waits until there is something to do. Dropping the future loses nothing.
    pub async fn next(&self) -> Next {
        loop {
            // A push between the look and the wait leaves its permit in `wake`, and the wait returns at once.
            if let Some(next) = self.try_next() {
                return next;
            }
            self.wake.notified().await;
            // An answer and the event that it made are told one after the other: with a turn for others in between, they go out in
            // one write.
            tokio::task::yield_now().await;
        }
    }

    fn try_next(&self) -> Option<Next> {
        let mut state = self.lock();
        let batch = state.take_batch();
        if batch.queue_gap || !batch.frames.is_empty() {
            return Some(Next::Frames(batch));
        }
        if let Some(why) = state.closed {
            return Some(Next::Closed(why));
        }
        state.lag().map(|after| Next::CatchUp { after })
    }

    fn wake(&self, state: MutexGuard<'_, State>) {
        drop(state);
        self.wake.notify_one();
    }

    /// Nothing panics while the lock is held, so a poisoned one still guards a whole state.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn has_room_for(&self, bytes: usize) -> bool {
        self.events.is_empty() || (self.events.len() < EVENTS_MAX && self.event_bytes + bytes <= EVENT_BYTES_MAX)
    }

    fn queue_event(&mut self, offset: Offset, frame: Frame) {
        self.cursor = offset;
        self.event_bytes += frame.len();
        self.events.push_back(frame);
    }

    fn lag(&self) -> Option<Offset> {
        (self.feed == Feed::Lagging && self.events.is_empty()).then_some(self.cursor)
    }

    fn drop_oldest_ephemeral(&mut self) -> bool {
        let oldest = self.control.iter().position(|waiting| waiting.may_be_lost);
        oldest.is_some_and(|at| self.control.remove(at).is_some())
    }

    fn close(&mut self, why: Close) {
        if self.closed.is_some() {
            return;
        }
        self.closed = Some(why);
        self.control.retain(|waiting| !waiting.may_be_lost);
        self.queue.clear();
        self.queue_gap = false;
        self.events.clear();
        self.feed = Feed::Waiting;
    }

    /// The next control frame to go: before the start none that may be lost.
    fn next_control(&self) -> Option<usize> {
        self.control.iter().position(|waiting| self.feed != Feed::Waiting || !waiting.may_be_lost)
    }

    /// Answers first, so that a backlog cannot starve a ping; then the queues; then the feed.
    fn take_batch(&mut self) -> Batch {
        let mut batch = Batch::default();
        let mut bytes = 0;
        while let Some(at) = self.next_control()
            && let Some(frame) = fitting(&batch.frames, bytes, self.control.get(at).map(|waiting| &waiting.frame))
        {
            bytes += frame.len();
            batch.frames.push(frame);
            self.control.remove(at);
        }
        while let Some(frame) = fitting(&batch.frames, bytes, self.queue.front()) {
            bytes += frame.len();
            self.queue_bytes -= frame.len();
            batch.frames.push(frame);
            self.queue.pop_front();
        }
        while let Some(frame) = fitting(&batch.frames, bytes, self.events.front()) {
            bytes += frame.len();
            self.event_bytes -= frame.len();
            batch.frames.push(frame);
            self.events.pop_front();
        }
        batch.queue_gap = std::mem::take(&mut self.queue_gap);
        batch
    }
}

/// The frame that waits, if the batch still has room for it. A batch takes at least one, however large.
fn fitting(batch: &[Frame], bytes: usize, waiting: Option<&Frame>) -> Option<Frame> {
    let frame = waiting?;
    let fits = batch.is_empty() || (batch.len() < BATCH_FRAMES_MAX && bytes + frame.len() <= BATCH_BYTES_MAX);
    fits.then(|| frame.clone())
}

#[cfg(test)]
mod tests;
