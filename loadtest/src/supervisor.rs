//! One supervisor: watches a queue, claims, decides. Each item has an owner among the supervisors; for a share of them all
//! compete on purpose, and the loser decides all the same, so that "decided once" is put to the test and not taken on trust.
//! It acts on items of its own run only: on a server with other people's held messages it must not release one of them.

use crate::bench::Bench;
use crate::http::Http;
use crate::link::{self, Gone, Heard, Link, SILENCE_MAX};
use crate::oracle::Ask;
use crate::plan::{Nth, mix};
use handrail_domain::ids::{AccountId, ItemId, Offset, SiteId};
use handrail_domain::quarantine::StateName;
use handrail_domain::refusal::Code;
use handrail_domain::wire::{DecisionBody, FromClient, ItemView, OkBody, Reason, Welcome};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// The share of items that all supervisors go for at once, in percent.
const CONTESTED_PERCENT: u64 = 30;
/// How long an item waits for its owner before a colleague takes it.
const PATIENCE: Duration = Duration::from_secs(3);
/// Requests without an answer that a supervisor has at most: a quarter of what the protocol allows.
const FLYING_MAX: usize = 8;
/// How often a supervisor looks for items that wait too long.
const SWEEP: Duration = Duration::from_secs(1);
/// Silence of one's own after which a `ping` shows life.
const PING_AFTER: Duration = Duration::from_secs(15);
/// The pause after a refusal that names none.
const RETRY_AFTER: Duration = Duration::from_millis(250);

/// What a supervisor does about an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Duty {
    /// All go for it at once.
    Contested,
    /// It is mine.
    Mine,
    /// It is a colleague's, unless it waits too long.
    Theirs,
}

fn duty(seed: u64, item: ItemId, which: usize, crew: usize) -> Duty {
    let draw = mix(seed, item.bits() as u64);
    if crew > 1 && draw % 100 < CONTESTED_PERCENT {
        Duty::Contested
    } else if (draw >> 32) as usize % crew.max(1) == which {
        Duty::Mine
    } else {
        Duty::Theirs
    }
}

/// The decision that is meant for an item: of ten, six released, two altered, two rejected.
fn meant(seed: u64, item: ItemId) -> Ask {
    match mix(!seed, item.bits() as u64) % 10 {
        0..=5 => Ask::Release,
        6 | 7 => Ask::Alter,
        _ => Ask::Reject,
    }
}

/// What was asked for, by the frame's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Claim,
    Decide(Ask),
    /// A decision that must be refused: without a claim, or after another one.
    Rogue(Ask),
}

/// An open item of the run.
#[derive(Debug, Clone)]
struct Case {
    nth: Nth,
    version: u64,
    mine: bool,
    taken: bool,
    since: Instant,
}

/// Who a supervisor is.
#[derive(Debug, Clone)]
pub(crate) struct Badge {
    pub(crate) which: usize,
    pub(crate) crew: usize,
    pub(crate) account: AccountId,
    pub(crate) site: SiteId,
    pub(crate) token: Arc<str>,
}

/// One supervisor.
pub(crate) struct Supervisor {
    badge: Badge,
    bench: Arc<Bench>,
    stop: watch::Receiver<bool>,
    cases: HashMap<ItemId, Case>,
    /// Items that this supervisor decided or saw closed: older copies of them are dropped.
    over: HashSet<ItemId>,
    todo: VecDeque<ItemId>,
    flying: HashMap<u64, (ItemId, Asked)>,
    pause_until: Option<Instant>,
    queue_at: Option<Offset>,
    joined: bool,
    next_id: u64,
    tries: u32,
}

impl Supervisor {
    pub(crate) fn new(badge: Badge, bench: Arc<Bench>, stop: watch::Receiver<bool>) -> Self {
        Self {
            badge,
            bench,
            stop,
            cases: HashMap::new(),
            over: HashSet::new(),
            todo: VecDeque::new(),
            flying: HashMap::new(),
            pause_until: None,
            queue_at: None,
            joined: false,
            next_id: 1,
            tries: 0,
        }
    }

    /// Works until it is told to stop, or until the server says not to come back.
    pub(crate) async fn run(mut self) {
        loop {
            let opening = link::open(self.bench.target(self.badge.which), &self.badge.token, None);
            let opened = tokio::select! {
                opened = opening => opened,
                _ = self.stop.changed() => return,
            };
            let gone = match opened {
                Ok((link, welcome)) => match self.live(link, &welcome).await {
                    Err(gone) => gone,
                    Ok(()) => return,
                },
                Err(gone) => gone,
            };
            let Some(pause) = self.dropped(gone) else { return };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = self.stop.changed() => return,
            }
        }
    }

    fn dropped(&mut self, gone: Gone) -> Option<Duration> {
        // What is open now is read again after the next `watch`.
        self.cases.clear();
        self.todo.clear();
        self.flying.clear();
        (self.queue_at, self.pause_until) = (None, None);
        self.tries += 1;
        let mut ledger = self.bench.ledger();
        ledger.meter.reconnects += 1;
        match gone {
            Gone::Stop(code) => {
                ledger.meter.error(format!("closed_{code}"));
                self.bench.gave_up.fetch_add(1, Relaxed);
                return None;
            }
            Gone::BackOff(_) | Gone::After(_) if !self.bench.kills => ledger.meter.error("socket_dropped"),
            Gone::BackOff(_) | Gone::After(_) => {}
        }
        drop(ledger);
        Some(if let Gone::After(pause) = gone { pause } else { self.bench.backoff(self.tries - 1) })
    }

    async fn live(&mut self, mut link: Link, _welcome: &Welcome) -> Result<(), Gone> {
        self.next_id += 1;
        link.say(&FromClient::Watch { id: self.next_id, queue: self.badge.site }).await?;
        self.read_queue().await?;
        if !std::mem::replace(&mut self.joined, true) {
            self.bench.joined.fetch_add(1, Relaxed);
        }
        self.tries = 0;
        let mut sweep = tokio::time::interval(SWEEP);
        loop {
            self.work(&mut link).await?;
            tokio::select! {
                frame = link.next() => self.heard(&frame?, &mut link).await?,
                _ = sweep.tick() => self.sweep(&mut link).await?,
                _ = self.stop.changed() => {
                    link.close().await;
                    return Ok(());
                }
            }
        }
    }

    /// The open items as they are, over HTTP: after `watch`, after a reconnect, after a gap.
    async fn read_queue(&mut self) -> Result<(), Gone> {
        let mut http = Http::new(self.bench.target(self.badge.which));
        match http.open_items(self.badge.site, &self.badge.token).await {
            Ok(items) => items.iter().for_each(|item| self.note(item)),
            Err(_) if self.bench.kills => return Err(Gone::BackOff(0)),
            Err(_) => self.bench.ledger().meter.error("open_items_unread"),
        }
        Ok(())
    }

    /// An item as it is now; the greater version wins.
    fn note(&mut self, view: &ItemView) {
        let Some(nth) = self.bench.ledger().oracle.item(view) else { return };
        if self.over.contains(&view.item) {
            return;
        }
        match view.state {
            StateName::Decided | StateName::Closed => {
                self.over.insert(view.item);
                self.cases.remove(&view.item);
            }
            StateName::Waiting | StateName::Claimed => {
                let known = self.cases.get(&view.item);
                if known.is_some_and(|case| case.version > view.version) {
                    return;
                }
                let (holder, since) = (view.claimed_by.as_ref(), known.map_or_else(Instant::now, |case| case.since));
                let mine = holder.is_some_and(|holder| holder.account == self.badge.account);
                let case = Case { nth, version: view.version, mine, taken: holder.is_some() && !mine, since };
                let first = self.cases.insert(view.item, case).is_none();
                let duty = duty(self.bench.plan.seed, view.item, self.badge.which, self.badge.crew);
                if first && duty != Duty::Theirs {
                    self.todo.push_back(view.item);
                }
            }
        }
    }

    /// Claims what is to be claimed and decides what is held, within the bounds of a client.
    async fn work(&mut self, link: &mut Link) -> Result<(), Gone> {
        let pauses = self.pause_until.is_some_and(|until| until > Instant::now());
        if pauses || self.bench.closing.load(Relaxed) {
            return Ok(());
        }
        while self.flying.len() < FLYING_MAX {
            let Some(item) = self.todo.pop_front() else { break };
            let Some(case) = self.cases.get(&item).cloned() else { continue };
            if self.flying.values().any(|(flying, _)| *flying == item) {
                continue;
            }
            if !case.mine {
                self.ask(link, item, Asked::Claim, case.version).await?;
                continue;
            }
            let ask = meant(self.bench.plan.seed, item);
            self.ask(link, item, Asked::Decide(ask), case.version).await?;
            if duty(self.bench.plan.seed, item, self.badge.which, self.badge.crew) == Duty::Contested {
                // The same again, and another one: the first is a duplicate, the second comes too late.
                self.ask(link, item, Asked::Rogue(ask), case.version).await?;
                self.ask(link, item, Asked::Rogue(opposite(ask)), case.version).await?;
            }
        }
        Ok(())
    }

    async fn ask(&mut self, link: &mut Link, item: ItemId, asked: Asked, version: u64) -> Result<(), Gone> {
        self.next_id += 1;
        let id = self.next_id;
        self.flying.insert(id, (item, asked));
        let frame = match asked {
            Asked::Claim => FromClient::Claim { id, item },
            Asked::Decide(ask) | Asked::Rogue(ask) => {
                self.bench.ledger().oracle.decision_asked(item, ask);
                FromClient::Decide { id, item, version, decision: self.decision(item, ask) }
            }
        };
        link.say(&frame).await
    }

    fn decision(&self, item: ItemId, ask: Ask) -> DecisionBody {
        let text = self.cases.get(&item).map(|case| self.bench.plan.altered(case.nth)).unwrap_or_default();
        let note = "Please leave this out when you write again.".to_owned();
        match ask {
            Ask::Release => DecisionBody::Release,
            Ask::Alter => DecisionBody::Alter { text, reason: Reason::Other, note: Some(note), log: None },
            Ask::Reject => DecisionBody::Reject { reason: Reason::Other, note, log: None },
        }
    }

    async fn heard(&mut self, frame: &str, link: &mut Link) -> Result<(), Gone> {
        let now = Instant::now();
        match link::read(frame) {
            Ok(Heard::Queue { offset, item }) => {
                let gap = self.queue_at.is_some_and(|at| offset > at + 1);
                self.queue_at = self.queue_at.max(Some(offset));
                if let Some(item) = item {
                    self.measure(&item, now);
                    self.note(&item);
                }
                if gap {
                    self.read_queue().await?;
                }
            }
            Ok(Heard::Ok { id, body }) => self.done(id, &body),
            Ok(Heard::Err { id, code, retry_after_ms, item }) => {
                if let Some(view) = &item {
                    self.note(view);
                }
                let rogue = self.not_done(id, code, retry_after_ms, now);
                if let Some((id, view)) = rogue.zip(item) {
                    self.ask(link, id, Asked::Rogue(opposite(meant(self.bench.plan.seed, id))), view.version).await?;
                }
            }
            Ok(Heard::Ping { .. }) => link.say(&FromClient::Pong {}).await?,
            Ok(Heard::Bye { after }) => return Err(Gone::After(after)),
            Ok(Heard::Fed { .. } | Heard::Presence { .. } | Heard::Quiet) => {}
            Err(_) => self.bench.ledger().meter.error("unreadable_frame"),
        }
        Ok(())
    }

    /// An item's first version on the screen of a supervisor.
    fn measure(&self, view: &ItemView, now: Instant) {
        let fresh = view.version == 1 && !self.cases.contains_key(&view.item) && !self.over.contains(&view.item);
        let nth = self.bench.plan.recognise(&view.text).filter(|_| fresh);
        if let Some(latency) = nth.and_then(|nth| self.bench.since_due(nth, now)) {
            self.bench.ledger().meter.queue(latency);
        }
    }

    fn done(&mut self, id: u64, body: &OkBody) {
        // The answer to `watch` says where the queue's feed stands.
        if let Some(head) = body.head {
            self.queue_at = self.queue_at.max(Some(head));
        }
        let Some((item, asked)) = self.flying.remove(&id) else { return };
        match asked {
            Asked::Claim => {
                if let Some(view) = &body.item {
                    self.note(view);
                }
                self.todo.push_front(item);
            }
            Asked::Decide(ask) | Asked::Rogue(ask) => {
                let duplicate = body.duplicate == Some(true);
                self.bench.ledger().oracle.decision_confirmed(item, self.badge.account, ask, duplicate);
                if let Some(view) = &body.item {
                    self.note(view);
                }
                self.over.insert(item);
                self.cases.remove(&item);
            }
        }
    }

    /// A lost race is part of the work. Gives the item back on which a loser tries to decide all the same.
    fn not_done(&mut self, id: Option<u64>, code: Code, retry_after_ms: Option<u64>, now: Instant) -> Option<ItemId> {
        let mut ledger = self.bench.ledger();
        let Some((item, asked)) = id.and_then(|id| self.flying.remove(&id)) else {
            ledger.meter.error(code.as_str());
            return None;
        };
        if code.temporary() {
            *ledger.meter.retried.entry(format!("supervisor_{}", code.as_str())).or_default() += 1;
            self.pause_until = Some(now + retry_after_ms.map_or(RETRY_AFTER, Duration::from_millis));
            if !matches!(asked, Asked::Rogue(_)) {
                self.todo.push_back(item);
            }
            return None;
        }
        *ledger.meter.races.entry(code.as_str()).or_default() += 1;
        match (asked, code) {
            (Asked::Rogue(_), _) => None,
            (Asked::Claim, Code::ClaimedByOther) => {
                let contested = duty(self.bench.plan.seed, item, self.badge.which, self.badge.crew) == Duty::Contested;
                contested.then_some(item)
            }
            (_, Code::ClaimedByOther | Code::AlreadyClosed) => None,
            (_, Code::StaleVersion | Code::NotClaimed) => {
                if let Some(case) = self.cases.get_mut(&item) {
                    case.mine &= code != Code::NotClaimed;
                }
                self.todo.push_back(item);
                None
            }
            (_, code) => {
                ledger.meter.error(format!("supervisor_{}", code.as_str()));
                self.over.insert(item);
                self.cases.remove(&item);
                None
            }
        }
    }

    /// Takes what waits too long, whoever's it is, and shows life.
    async fn sweep(&mut self, link: &mut Link) -> Result<(), Gone> {
        let now = Instant::now();
        for (item, case) in &self.cases {
            let waits = !case.taken && now.duration_since(case.since) > PATIENCE;
            if waits && !self.todo.contains(item) {
                self.todo.push_back(*item);
            }
        }
        if now.duration_since(link.heard_at) > SILENCE_MAX {
            return Err(Gone::After(Duration::ZERO));
        }
        if now.duration_since(link.said_at) > PING_AFTER {
            link.say(&FromClient::Ping {}).await?;
        }
        Ok(())
    }
}

fn opposite(ask: Ask) -> Ask {
    if ask == Ask::Reject { Ask::Release } else { Ask::Reject }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_has_one_owner_or_is_contested_by_all() {
        let mut contested = 0;
        for bits in 0..2_000 {
            let duties: Vec<_> = (0..3).map(|which| duty(5, ItemId::from_bits(bits), which, 3)).collect();
            let all = duties.iter().filter(|duty| **duty == Duty::Contested).count();
            let owners = duties.iter().filter(|duty| **duty == Duty::Mine).count();
            assert!((all, owners) == (3, 0) || (all, owners) == (0, 1), "{duties:?}");
            contested += usize::from(all == 3);
        }
        assert!((500..700).contains(&contested), "{contested}");
    }

    #[test]
    fn one_supervisor_alone_owns_everything() {
        assert!((0..200).all(|bits| duty(5, ItemId::from_bits(bits), 0, 1) == Duty::Mine));
    }

    #[test]
    fn decisions_are_mixed_six_two_two() {
        let of = |ask| (0..10_000).filter(|bits| meant(9, ItemId::from_bits(*bits)) == ask).count();
        assert!((5_700..6_300).contains(&of(Ask::Release)));
        assert!((1_800..2_200).contains(&of(Ask::Alter)));
        assert!((1_800..2_200).contains(&of(Ask::Reject)));
    }
}
