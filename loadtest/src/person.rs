//! One mentor or mentee: a socket, a feed with its cursor, and the messages that are due. When the socket drops it comes back
//! with its cursor and says again, with the same client id, what has no answer yet. It tells the oracle all that it sees, and
//! judges nothing.

use crate::bench::Bench;
use crate::link::{self, Fed, Gone, Heard, Link, SILENCE_MAX};
use crate::plan::Nth;
use handrail_domain::ids::Offset;
use handrail_domain::refusal::Code;
use handrail_domain::wire::{FromClient, OkBody, Resume, Resumed, Welcome};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};

/// How often a client looks after its feed: `ack` for what came, `ping` in silence.
const TICK: Duration = Duration::from_secs(5);
/// Events after which an `ack` is due at once.
const ACK_EVERY: u32 = 32;
/// Silence of one's own after which a `ping` shows life.
const PING_AFTER: Duration = Duration::from_secs(15);
/// The pause before a send is repeated when the server names none.
const RETRY_AFTER: Duration = Duration::from_millis(250);

/// One mentor or mentee.
pub(crate) struct Person {
    who: usize,
    token: Arc<str>,
    bench: Arc<Bench>,
    inbox: mpsc::Receiver<Nth>,
    stop: watch::Receiver<bool>,
    cursor: Option<Resume>,
    /// Due and not on the wire, in order.
    waiting: VecDeque<Nth>,
    /// On the wire without an answer, by the frame's id.
    flying: BTreeMap<u64, Nth>,
    /// To be said again after a while.
    later: Vec<(Instant, Nth)>,
    unanswered_max: usize,
    next_id: u64,
    tries: u32,
    unacked: u32,
    /// The head that the last `ping` named, if the feed was not there yet.
    behind: Option<(Instant, Offset)>,
    next_tick: Instant,
}

impl Person {
    pub(crate) fn new(
        who: usize,
        token: Arc<str>,
        bench: Arc<Bench>,
        inbox: mpsc::Receiver<Nth>,
        stop: watch::Receiver<bool>,
    ) -> Self {
        // A thousand clients that look after their feeds at the same moment would be a burst of the test's own making.
        let next_tick = Instant::now() + TICK.mul_f64(bench.draw());
        Self {
            who,
            token,
            bench,
            inbox,
            stop,
            cursor: None,
            waiting: VecDeque::new(),
            flying: BTreeMap::new(),
            later: Vec::new(),
            unanswered_max: 1,
            next_id: 1,
            tries: 0,
            unacked: 0,
            behind: None,
            next_tick,
        }
    }

    /// Takes part until it is told to stop, or until the server says not to come back.
    pub(crate) async fn run(mut self) {
        while let Some(opened) = self.open().await {
            let gone = match opened {
                Ok((link, welcome)) => {
                    self.welcomed(&welcome);
                    match self.live(link).await {
                        Err(gone) => gone,
                        Ok(()) => return,
                    }
                }
                Err(gone) => gone,
            };
            let Some(pause) = self.dropped(gone) else { return };
            if !self.pause(pause).await {
                return;
            }
        }
    }

    /// Opens a socket, while messages may come due. Nothing when it is time to stop.
    async fn open(&mut self) -> Option<Result<(Link, Welcome), Gone>> {
        let (bench, token, cursor, who) = (self.bench.clone(), self.token.clone(), self.cursor.clone(), self.who);
        let opening = async move {
            let _turn = bench.opening.acquire().await;
            link::open(bench.target(who), &token, cursor).await
        };
        tokio::pin!(opening);
        loop {
            tokio::select! {
                opened = &mut opening => return Some(opened),
                Some(nth) = self.inbox.recv() => self.take(nth),
                _ = self.stop.changed() => return None,
            }
        }
    }

    /// Waits, while messages may come due. False when it is time to stop.
    async fn pause(&mut self, pause: Duration) -> bool {
        let pause = tokio::time::sleep(pause);
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause => return true,
                Some(nth) = self.inbox.recv() => self.take(nth),
                _ = self.stop.changed() => return false,
            }
        }
    }

    fn dropped(&mut self, gone: Gone) -> Option<Duration> {
        let mut ledger = self.bench.ledger();
        let name = match gone {
            Gone::Stop(code) | Gone::BackOff(code @ 1..) => format!("closed_{code}"),
            Gone::BackOff(0) | Gone::After(_) => "socket_dropped".to_owned(),
        };
        if !self.bench.kills || matches!(gone, Gone::Stop(_)) {
            ledger.meter.error(name);
        }
        ledger.meter.reconnects += 1;
        drop(ledger);
        // What has no answer may or may not have happened: it is said again, first, in its order, with the same client id.
        for (_, nth) in std::mem::take(&mut self.flying).into_iter().rev() {
            self.waiting.push_front(nth);
        }
        self.tries += 1;
        match gone {
            Gone::BackOff(_) => Some(self.bench.backoff(self.tries - 1)),
            Gone::After(pause) => Some(pause),
            Gone::Stop(_) => {
                self.bench.gave_up.fetch_add(1, Relaxed);
                None
            }
        }
    }

    fn welcomed(&mut self, welcome: &Welcome) {
        let mut ledger = self.bench.ledger();
        match self.cursor {
            None => {
                let stand: Vec<_> = welcome.conversations.iter().map(|one| (one.id, one.last_seq)).collect();
                ledger.oracle.joined(self.who, welcome.head, &stand);
                self.bench.joined.fetch_add(1, Relaxed);
            }
            Some(_) => ledger.oracle.resumed(self.who, welcome.resume, welcome.head),
        }
        drop(ledger);
        let fresh = self.cursor.is_none() || welcome.resume != Resumed::Replay;
        if fresh {
            let (epoch, mark) = (welcome.epoch.clone(), welcome.mark.clone());
            self.cursor = Some(Resume { epoch, offset: welcome.head, mark });
        }
        self.unanswered_max = usize::try_from(welcome.limits.unanswered).unwrap_or(1).max(1);
        (self.behind, self.tries) = (None, 0);
    }

    /// One life of a socket. Ends well only when it is time to stop.
    async fn live(&mut self, mut link: Link) -> Result<(), Gone> {
        loop {
            self.say_what_is_due(&mut link).await?;
            let alarm = self.alarm();
            tokio::select! {
                frame = link.next() => self.heard(&frame?, &mut link).await?,
                Some(nth) = self.inbox.recv() => self.take(nth),
                () = tokio::time::sleep_until(alarm.into()) => self.tick(&mut link).await?,
                _ = self.stop.changed() => {
                    link.close().await;
                    return Ok(());
                }
            }
        }
    }

    /// A message came due.
    fn take(&mut self, nth: Nth) {
        let now = Instant::now();
        if let Some(lag) = self.bench.since_due(nth, now) {
            self.bench.ledger().meter.lag.add(lag);
        }
        self.waiting.push_back(nth);
    }

    async fn say_what_is_due(&mut self, link: &mut Link) -> Result<(), Gone> {
        let mut said = false;
        while self.flying.len() < self.unanswered_max {
            let Some(nth) = self.waiting.pop_front() else { break };
            self.next_id += 1;
            let id = self.next_id;
            self.flying.insert(id, nth);
            self.bench.ledger().oracle.sent(nth);
            let plan = &self.bench.plan;
            let conversation = plan.places[plan.line(nth).place].id;
            link.feed(&FromClient::Send { id, conversation, cid: plan.cid(nth), text: plan.text(nth) }).await?;
            said = true;
        }
        if said { link.flush().await } else { Ok(()) }
    }

    fn alarm(&self) -> Instant {
        self.later.iter().map(|(at, _)| *at).fold(self.next_tick, Instant::min)
    }

    async fn tick(&mut self, link: &mut Link) -> Result<(), Gone> {
        let now = Instant::now();
        let (due, later) = self.later.drain(..).partition(|(at, _)| *at <= now);
        self.later = later;
        self.waiting.extend(due.into_iter().map(|(_, nth): (Instant, Nth)| nth));
        if now < self.next_tick {
            return Ok(());
        }
        self.next_tick = now + TICK;
        if now.duration_since(link.heard_at) > SILENCE_MAX {
            return Err(Gone::After(Duration::ZERO));
        }
        // A whole tick after the server named its head the feed is still not there: a quiet loss, and the cursor mends it.
        let offset = self.cursor.as_ref().map_or(0, |cursor| cursor.offset);
        if self.behind.is_some_and(|(since, head)| head > offset && now.duration_since(since) >= TICK) {
            self.bench.ledger().meter.error("quiet_loss");
            return Err(Gone::After(Duration::ZERO));
        }
        if self.unacked > 0 {
            self.acknowledge(link).await?;
        } else if now.duration_since(link.said_at) > PING_AFTER {
            link.say(&FromClient::Ping {}).await?;
        }
        Ok(())
    }

    async fn acknowledge(&mut self, link: &mut Link) -> Result<(), Gone> {
        self.unacked = 0;
        let offset = self.cursor.as_ref().map_or(0, |cursor| cursor.offset);
        link.say(&FromClient::Ack { offset }).await
    }

    async fn heard(&mut self, frame: &str, link: &mut Link) -> Result<(), Gone> {
        let now = Instant::now();
        match link::read(frame) {
            Ok(Heard::Fed { offset, mark, event }) => {
                self.fed(offset, mark, &event, now)?;
                self.unacked += 1;
                if self.unacked >= ACK_EVERY {
                    self.acknowledge(link).await?;
                }
            }
            Ok(Heard::Ok { id, body }) => self.done(id, &body, now),
            Ok(Heard::Err { id, code, retry_after_ms, .. }) => self.not_done(id, code, retry_after_ms, now),
            Ok(Heard::Ping { head }) => {
                let offset = self.cursor.as_ref().map_or(0, |cursor| cursor.offset);
                self.behind = (head > offset).then_some((now, head));
                link.say(&FromClient::Pong {}).await?;
            }
            Ok(Heard::Bye { after }) => return Err(Gone::After(after)),
            Ok(Heard::Presence { .. } | Heard::Quiet) => {}
            // A queue's event on the feed of somebody who watches no queue.
            Ok(Heard::Queue { .. }) => self.bench.ledger().meter.error("queue_event_for_a_person"),
            Err(_) => self.bench.ledger().meter.error("unreadable_frame"),
        }
        Ok(())
    }

    fn fed(&mut self, offset: Offset, mark: String, event: &Fed, now: Instant) -> Result<(), Gone> {
        let mut ledger = self.bench.ledger();
        match event {
            Fed::Message(view) => {
                let sight = ledger.oracle.seen(self.who, offset, view).filter(|sight| sight.at_once);
                if let Some(latency) = sight.and_then(|sight| self.bench.since_due(sight.nth, now)) {
                    ledger.meter.partner(latency);
                }
            }
            Fed::Status(view) => ledger.oracle.status(self.who, offset, view),
            Fed::Other => ledger.oracle.other(self.who, offset),
        }
        drop(ledger);
        let Some(cursor) = &mut self.cursor else { return Ok(()) };
        if offset == cursor.offset + 1 {
            (cursor.offset, cursor.mark) = (offset, mark);
        }
        // A gap: the feed is asked for again from the last good place.
        if offset > cursor.offset { Err(Gone::After(Duration::ZERO)) } else { Ok(()) }
    }

    fn done(&mut self, id: u64, body: &OkBody, now: Instant) {
        let Some(nth) = self.flying.remove(&id) else { return };
        let mut ledger = self.bench.ledger();
        let (Some(message), Some(status)) = (body.message, body.status) else {
            ledger.meter.error("ok_without_a_message");
            return;
        };
        let first = ledger.oracle.answered(nth, message, status);
        if let Some(latency) = self.bench.since_due(nth, now).filter(|_| first) {
            ledger.meter.send_to_ok.add(latency);
        }
    }

    fn not_done(&mut self, id: Option<u64>, code: Code, retry_after_ms: Option<u64>, now: Instant) {
        let mut ledger = self.bench.ledger();
        let Some(nth) = id.and_then(|id| self.flying.remove(&id)) else {
            ledger.meter.error(code.as_str());
            return;
        };
        if code.temporary() {
            *ledger.meter.retried.entry(code.as_str().to_owned()).or_default() += 1;
            self.later.push((now + retry_after_ms.map_or(RETRY_AFTER, Duration::from_millis), nth));
        } else {
            ledger.meter.error(code.as_str());
            ledger.oracle.refused(nth);
        }
    }
}
