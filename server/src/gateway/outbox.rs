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

    /// Queues what may be lost: presence, typing, another device's read mark. It is the first to go when there is no room.
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

    /// Queues an event of a watched queue. Without room it is dropped: its offset is then missing for the client, which reads
    /// the open items again over HTTP. An offset that was seen before is dropped too.
    pub fn push_queue(&self, site: SiteId, offset: Offset, frame: Frame) {
        let mut state = self.lock();
        let seen = state.queue_heads.entry(site).or_insert(0);
        if offset <= *seen || state.closed.is_some() {
            return;
        }
        *state.queue_heads.entry(site).or_insert(0) = offset;
        let bytes = state.queue_bytes + frame.len();
        if !state.queue.is_empty() && (state.queue.len() >= QUEUE_FRAMES_MAX || bytes > QUEUE_BYTES_MAX) {
            state.queue_gap = true;
        } else {
            state.queue_bytes = bytes;
            state.queue.push_back(frame);
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
        }
    }

    fn try_next(&self) -> Option<Next> {
        let mut state = self.lock();
        let batch = state.take_batch();
        if !batch.frames.is_empty() {
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
        self.events.clear();
        self.feed = Feed::Waiting;
    }

    /// Answers first, so that a backlog cannot starve a ping; then the queues; then the feed.
    fn take_batch(&mut self) -> Batch {
        let mut batch = Batch::default();
        let mut bytes = 0;
        while let Some(frame) = fitting(&batch.frames, bytes, self.control.front().map(|waiting| &waiting.frame)) {
            bytes += frame.len();
            batch.frames.push(frame);
            self.control.pop_front();
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
        if !batch.frames.is_empty() {
            batch.queue_gap = std::mem::take(&mut self.queue_gap);
        }
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
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::Arc;

    fn event(offset: Offset) -> Frame {
        format!("event {offset}").into()
    }

    fn live_from(cursor: Offset) -> Outbox {
        let outbox = Outbox::new();
        outbox.start(cursor);
        assert!(outbox.rejoin(None));
        outbox
    }

    fn written(outbox: &Outbox) -> Vec<String> {
        let mut all = Vec::new();
        while let Some(Next::Frames(batch)) = outbox.try_next() {
            all.extend(batch.frames.iter().map(|frame| frame.to_string()));
        }
        all
    }

    fn site(bits: u128) -> SiteId {
        SiteId::from_bits(bits)
    }

    #[test]
    fn an_outbox_sends_no_event_before_it_has_started() {
        let outbox = Outbox::new();
        outbox.push_event(1, event(1));
        assert_eq!(outbox.try_next(), None);
        outbox.push_control("err".into());
        assert_eq!(written(&outbox), ["err"]);
    }

    #[test]
    fn an_outbox_starts_by_reading_the_log_and_goes_live_only_when_nothing_is_missing() {
        let outbox = Outbox::new();
        outbox.start(4);
        assert_eq!(outbox.try_next(), Some(Next::CatchUp { after: 4 }));
        outbox.push_event(6, event(6));
        assert!(!outbox.rejoin(None), "5 and 6 are missing");
        outbox.caught_up_page(vec![(5, event(5)), (6, event(6))]).unwrap();
        assert!(outbox.rejoin(Some("live".into())));
        outbox.push_event(6, event(6));
        outbox.push_event(7, event(7));
        assert_eq!(written(&outbox), ["event 5", "event 6", "live", "event 7"]);
        assert_eq!(outbox.try_next(), None);
    }

    #[test]
    fn an_event_after_a_gap_makes_it_lag_instead_of_being_sent() {
        let outbox = live_from(0);
        outbox.push_event(1, event(1));
        outbox.push_event(3, event(3));
        assert_eq!(written(&outbox), ["event 1"]);
        assert_eq!(outbox.lag(), Some(1));
        assert_eq!(outbox.caught_up_page(vec![(3, event(3))]), Err(Gap));
        outbox.caught_up_page(vec![(1, event(1)), (2, event(2)), (3, event(3))]).unwrap();
        assert!(outbox.rejoin(None));
        assert_eq!(written(&outbox), ["event 2", "event 3"]);
    }

    #[test]
    fn too_many_events_make_it_lag_and_keep_its_memory() {
        let outbox = live_from(0);
        for offset in 1..=1_000 {
            outbox.push_event(offset, event(offset));
        }
        assert_eq!(outbox.lock().events.len(), EVENTS_MAX);
        assert_eq!(written(&outbox).len(), EVENTS_MAX);
        assert_eq!(outbox.try_next(), Some(Next::CatchUp { after: EVENTS_MAX as u64 }));
    }

    #[test]
    fn too_many_bytes_make_it_lag() {
        let outbox = live_from(0);
        let large = "x".repeat(100 * 1024);
        for offset in 1..=3 {
            outbox.push_event(offset, large.as_str().into());
        }
        assert_eq!(outbox.cursor(), 2);
        assert!(!outbox.is_live());
    }

    #[test]
    fn a_batch_is_bounded_and_has_answers_first() {
        let outbox = live_from(0);
        for offset in 1..=EVENTS_MAX as u64 {
            outbox.push_event(offset, event(offset));
        }
        outbox.push_control("pong".into());
        let Some(Next::Frames(batch)) = outbox.try_next() else { panic!("frames") };
        assert_eq!(batch.frames.len(), BATCH_FRAMES_MAX);
        assert_eq!(batch.frames[0], "pong");

        assert_eq!(written(&outbox), [format!("event {EVENTS_MAX}")]);
        let large = "x".repeat(40 * 1024);
        outbox.push_control(large.as_str().into());
        outbox.push_control(large.as_str().into());
        let Some(Next::Frames(batch)) = outbox.try_next() else { panic!("frames") };
        assert_eq!(batch.frames.len(), 1);
    }

    #[test]
    fn presence_goes_first_when_there_is_no_room_and_a_client_that_never_reads_is_closed() {
        let outbox = Outbox::new();
        outbox.push_ephemeral("typing".into());
        for _ in 0..CONTROL_FRAMES_MAX {
            outbox.push_control("ok".into());
        }
        outbox.push_ephemeral("presence".into());
        assert_eq!(outbox.closed(), None);
        assert!(outbox.lock().control.iter().all(|waiting| waiting.frame == "ok"));
        outbox.push_control("one more".into());
        assert_eq!(outbox.closed(), Some(Close::Slow));
    }

    #[test]
    fn a_full_queue_drops_frames_and_says_that_there_is_a_gap() {
        let outbox = live_from(0);
        outbox.watch(site(1), 10);
        outbox.push_queue(site(1), 10, "seen in the list".into());
        for offset in 11..=10 + QUEUE_FRAMES_MAX as u64 + 5 {
            outbox.push_queue(site(1), offset, format!("item {offset}").into());
        }
        let Some(Next::Frames(batch)) = outbox.try_next() else { panic!("frames") };
        assert_eq!(batch.frames[0], "item 11");
        assert_eq!(batch.frames.len(), QUEUE_FRAMES_MAX);
        assert!(batch.queue_gap);
        assert_eq!(outbox.queue_heads()[&site(1)], 10 + QUEUE_FRAMES_MAX as u64 + 5);
        outbox.push_control("ping".into());
        assert_eq!(outbox.try_next(), Some(Next::Frames(Batch { frames: vec!["ping".into()], queue_gap: false })));
    }

    #[test]
    fn after_the_close_only_answers_go_out_and_the_first_reason_stays() {
        let outbox = live_from(0);
        outbox.push_event(1, event(1));
        outbox.push_queue(site(1), 1, "item".into());
        outbox.push_ephemeral("typing".into());
        outbox.push_control("ok".into());
        outbox.close(Close::SignedOut);
        outbox.close(Close::Normal);
        outbox.push_event(2, event(2));
        outbox.push_control("too late".into());
        assert_eq!(written(&outbox), ["ok"]);
        assert_eq!(outbox.try_next(), Some(Next::Closed(Close::SignedOut)));
    }

    #[derive(Debug, Clone)]
    enum Step {
        /// The hub tells of the next events of the log.
        Deliver(u8),
        /// Events are in the log, and nobody told us: a hint was lost.
        Miss(u8),
        /// An event comes a second time.
        Again(u8),
        Ephemeral,
        /// The writer takes one batch, or reads one page of at most so many.
        Write(u8),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            4 => (1_u8..90).prop_map(Step::Deliver),
            1 => (1_u8..5).prop_map(Step::Miss),
            1 => (0_u8..100).prop_map(Step::Again),
            1 => Just(Step::Ephemeral),
            4 => (1_u8..100).prop_map(Step::Write),
        ];
        prop::collection::vec(step, 0..60)
    }

    /// One turn of a writer over a log that holds 1..=`log`. Returns whether there was anything to do.
    fn write(outbox: &Outbox, log: Offset, page: u64, got: &mut Vec<String>) -> bool {
        match outbox.try_next() {
            Some(Next::Frames(batch)) => got.extend(batch.frames.iter().map(|frame| frame.to_string())),
            Some(Next::CatchUp { after }) => {
                let page = (after + 1..=log.min(after + page)).map(|offset| (offset, event(offset))).collect();
                outbox.caught_up_page(page).unwrap();
                outbox.rejoin(None);
            }
            Some(Next::Closed(why)) => panic!("closed: {why:?}"),
            None => return false,
        }
        true
    }

    proptest! {
        #[test]
        fn every_event_is_written_once_and_in_order(start in 0_u64..20, steps in steps()) {
            let outbox = Outbox::new();
            let (mut log, mut got) = (20_u64, Vec::new());
            outbox.start(start);
            for step in steps {
                match step {
                    Step::Deliver(many) => for _ in 0..many {
                        log += 1;
                        outbox.push_event(log, event(log));
                    },
                    Step::Miss(many) => log += u64::from(many),
                    Step::Again(back) => {
                        let offset = log.saturating_sub(u64::from(back)).max(1);
                        outbox.push_event(offset, event(offset));
                    }
                    Step::Ephemeral => outbox.push_ephemeral("typing".into()),
                    Step::Write(page) => { write(&outbox, log, u64::from(page), &mut got); }
                }
                prop_assert!(outbox.lock().events.len() <= 100 + EVENTS_MAX);
            }
            // The heartbeat tells the head at last, as the hub does every 2 s.
            outbox.push_event(log, event(log));
            while write(&outbox, log, 100, &mut got) {}
            got.retain(|frame| frame != "typing");
            prop_assert_eq!(got, (start + 1..=log).map(|offset| format!("event {offset}")).collect::<Vec<_>>());
            prop_assert!(outbox.is_live());
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_writer_on_another_thread_misses_nothing() {
        const LAST: Offset = 20_000;
        let outbox = Arc::new(Outbox::new());
        let log = Arc::new(std::sync::atomic::AtomicU64::new(0));
        outbox.start(0);
        let (pusher, committed) = (outbox.clone(), log.clone());
        let hub = tokio::task::spawn_blocking(move || {
            for offset in 1..=LAST {
                committed.store(offset, std::sync::atomic::Ordering::SeqCst);
                pusher.push_event(offset, event(offset));
            }
        });
        let mut expected = 0;
        while expected < LAST {
            match outbox.next().await {
                Next::Frames(batch) => {
                    for frame in batch.frames {
                        expected += 1;
                        assert_eq!(frame, event(expected));
                    }
                }
                Next::CatchUp { after } => {
                    let to = log.load(std::sync::atomic::Ordering::SeqCst).min(after + 100);
                    outbox.caught_up_page((after + 1..=to).map(|n| (n, event(n))).collect()).unwrap();
                    outbox.rejoin(None);
                }
                Next::Closed(why) => panic!("closed: {why:?}"),
            }
        }
        hub.await.unwrap();
    }
}
