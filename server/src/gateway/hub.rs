//! Who is connected to this node, and the one place that delivers. An event goes to every device of every account whose feed
//! it entered; what a device cannot take now it reads from the log. The hub never waits for a device.

use super::outbox::{Frame, Outbox};
use crate::bus::{Bus, BusHealth, QueueHint, Signal};
use crate::chat::{Chat, Signed, plain_frame, session_name};
use crate::store::{Logged, Owner};
use crate::telemetry::traces::TARGET;
use crate::telemetry::{Counter, Gauge, metrics};
use dashmap::DashMap;
use handrail_domain::conversation::{Conversation, ConversationState};
use handrail_domain::event::{AccountAct, SessionAct, What};
use handrail_domain::ids::{AccountId, ConversationId, Offset, SiteId};
use handrail_domain::people::Account;
use handrail_domain::quarantine::ItemAct;
use handrail_domain::wire::{Close, ConversationView, FromServer, Presence};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tracing::{Instrument, info_span};

/// How long an account may be without a device before it counts as gone.
const GONE_AFTER: Duration = Duration::from_secs(10);
/// A wait that took so much longer than it should means that the process was frozen.
const FROZEN: Duration = Duration::from_secs(2);
/// Two nodes that lose an account's last devices at the same moment have heard of each other after that long.
const HEARD_WITHIN: Duration = Duration::from_millis(500);

/// One device's connection, as the hub knows it.
pub struct Device {
    id: u64,
    /// Who.
    pub signed: Signed,
    /// What waits to be written.
    pub outbox: Outbox,
    away: AtomicBool,
    /// Whether the client was promised a `live` frame at the end of what it missed.
    pub replaying: AtomicBool,
}

impl Device {
    /// Ends the connection, for this reason.
    pub fn close(&self, why: Close) {
        self.outbox.close(why);
    }
}

/// The parties of a conversation, as typing and presence need them.
struct Room {
    parties: Vec<AccountId>,
    open: bool,
}

/// The devices of this node.
pub struct Hub {
    bus: Bus,
    sockets_per_account: usize,
    next: AtomicU64,
    count: AtomicUsize,
    devices: DashMap<AccountId, Vec<Arc<Device>>>,
    rooms: DashMap<ConversationId, Room>,
    rooms_of: DashMap<AccountId, BTreeSet<ConversationId>>,
    watchers: Mutex<BTreeMap<SiteId, Vec<Arc<Device>>>>,
}

impl Hub {
    /// A hub with nobody in it.
    pub fn new(bus: Bus, sockets_per_account: usize) -> Arc<Self> {
        Arc::new(Self {
            bus,
            sockets_per_account,
            next: AtomicU64::new(1),
            count: AtomicUsize::new(0),
            devices: DashMap::new(),
            rooms: DashMap::new(),
            rooms_of: DashMap::new(),
            watchers: Mutex::default(),
        })
    }

    /// How many devices are connected.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// A device came. Of too many of one account the oldest goes. Its feed begins with `outbox.start`, after this, so that no
    /// event falls between the two.
    pub fn join(&self, signed: Signed) -> Arc<Device> {
        let account = signed.account.id;
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let device = Arc::new(Device {
            id,
            signed,
            outbox: Outbox::new(),
            away: AtomicBool::new(false),
            replaying: AtomicBool::new(false),
        });
        let mut devices = self.devices.entry(account).or_default();
        if devices.len() >= self.sockets_per_account {
            devices.remove(0).close(Close::SignedOut);
        }
        devices.push(device.clone());
        drop(devices);
        self.count.fetch_add(1, Ordering::Relaxed);
        metrics().shift(Gauge::Sockets, 1);
        device
    }

    /// A device said hello: its account is there, and these are its conversations.
    pub fn arrived(&self, device: &Device, conversations: &[ConversationView]) {
        for view in conversations {
            let parties = view.parties.iter().map(|party| party.account).collect();
            self.put_room(view.id, parties, view.state);
        }
        self.tell_presence(device.signed.account.id);
    }

    fn put_room(&self, id: ConversationId, parties: Vec<AccountId>, state: ConversationState) {
        for party in &parties {
            self.rooms_of.entry(*party).or_default().insert(id);
        }
        self.rooms.insert(id, Room { parties, open: state != ConversationState::Ended });
    }

    /// A device went. Says whether it was its account's last.
    pub fn leave(&self, device: &Arc<Device>) -> bool {
        let account = device.signed.account.id;
        let mut watchers = self.lock_watchers();
        watchers.values_mut().for_each(|devices| devices.retain(|other| other.id != device.id));
        count_watchers(&watchers);
        drop(watchers);
        self.count.fetch_sub(1, Ordering::Relaxed);
        metrics().shift(Gauge::Sockets, -1);
        if let Some(mut devices) = self.devices.get_mut(&account) {
            devices.retain(|other| other.id != device.id);
        }
        let last = self.devices.remove_if(&account, |_, devices| devices.is_empty()).is_some();
        if !last {
            self.tell_presence(account);
        }
        last
    }

    /// Once the last device of an account has been gone for long enough, the account is not here any more; and if it is on no
    /// other node, its claims go back. While Redis is away nobody knows that: the claims lapse in time.
    pub async fn gone(self: Arc<Self>, chat: Arc<Chat>, account: AccountId) {
        loop {
            let begun = Instant::now();
            tokio::time::sleep(GONE_AFTER).await;
            if self.devices.contains_key(&account) {
                return;
            }
            // A process that was frozen does not know yet what became of the account elsewhere, and waits once more.
            if begun.elapsed() < GONE_AFTER + FROZEN {
                break;
            }
        }
        self.bus.set_presence(account, Presence::Offline);
        if self.bus.presence(account) != Presence::Offline {
            tokio::time::sleep(HEARD_WITHIN).await;
        }
        if self.bus.presence(account) != Presence::Offline || self.bus.health() == BusHealth::Away {
            return;
        }
        chat.went(account);
        if let Err(refusal) = chat.give_back(account).await {
            tracing::warn!(code = refusal.code.as_str(), "claims could not be given back; they lapse in time");
        }
    }

    /// A device went to the background, or came back.
    pub fn set_away(&self, device: &Device, away: bool) {
        device.away.store(away, Ordering::Relaxed);
        self.tell_presence(device.signed.account.id);
    }

    /// An account is away when all its devices are.
    pub(super) fn tell_presence(&self, account: AccountId) {
        let state = self.devices.get(&account).and_then(|devices| {
            let all_away = devices.iter().all(|device| device.away.load(Ordering::Relaxed));
            (!devices.is_empty()).then_some(if all_away { Presence::Away } else { Presence::Online })
        });
        if let Some(state) = state {
            self.bus.set_presence(account, state);
        }
    }

    fn devices_of(&self, account: AccountId) -> Vec<Arc<Device>> {
        self.devices.get(&account).map(|devices| devices.clone()).unwrap_or_default()
    }

    /// Delivers one event: the only place that does.
    pub async fn deliver(&self, chat: &Chat, logged: &Logged) {
        let span = info_span!(target: TARGET, "deliver", kind = logged.event.what.kind(), feeds = logged.feeds.len());
        self.deliver_all(chat, logged).instrument(span).await;
    }

    async fn deliver_all(&self, chat: &Chat, logged: &Logged) {
        self.obey(chat, logged).await;
        let mark = logged.mark();
        for (owner, offset) in &logged.feeds {
            match owner {
                Owner::Account(account) => self.deliver_to(chat, logged, *account, *offset, &mark).await,
                Owner::Queue(site) => {
                    if let Some(about) = logged.event.what.queued() {
                        self.bus.relay(QueueHint { site: *site, n: logged.n, offset: *offset, about });
                    }
                }
            }
        }
    }

    async fn deliver_to(&self, chat: &Chat, logged: &Logged, account: AccountId, offset: Offset, mark: &str) {
        chat.missed(account, &logged.event.what);
        let devices = self.devices_of(account);
        if devices.is_empty() {
            return;
        }
        let frame = match plain_frame(account, offset, mark, &logged.event) {
            Some(frame) => Some(frame),
            // It takes a look at the record. If that fails, the feed's page brings it with the next event.
            None => chat
                .feed(account, offset - 1)
                .await
                .ok()
                .and_then(|page| page.into_iter().next())
                .map(|(_, frame)| frame),
        };
        let Some(frame) = frame.as_ref().and_then(encode) else { return };
        devices.iter().for_each(|device| device.outbox.push_event(offset, frame.clone()));
    }

    /// What an event means for the connections themselves.
    async fn obey(&self, chat: &Chat, logged: &Logged) {
        match &logged.event.what {
            What::Delivered { .. } => metrics().count(Counter::Delivered),
            What::Held { .. } => metrics().count(Counter::Held),
            What::Item { act: ItemAct::Decide, .. } => metrics().count(Counter::Decided),
            What::Account { account, act: AccountAct::Disable } => self.close_account(*account, Close::Suspended),
            What::Account { account, act: AccountAct::Reset | AccountAct::TakeSecondStepAway } => {
                self.close_account(*account, Close::SignedOut)
            }
            What::Session { account, act: act @ (SessionAct::SignOut | SessionAct::Expire), session } => {
                let close = if *act == SessionAct::Expire { Close::Expired } else { Close::SignedOut };
                let own = |device: &Arc<Device>| session_name(&device.signed.session) == *session;
                self.devices_of(*account).into_iter().filter(own).for_each(|device| device.close(close));
            }
            What::Conversation { .. } => {
                let Some(id) = logged.event.conversation else { return };
                let found = chat.store().read(move |record| record.conversation(id)).await;
                if let Ok(Some(Conversation { state, parties, .. })) = found {
                    self.put_room(id, parties.iter().map(|party| party.account).collect(), state);
                }
            }
            // What the filter leans on changed: windows are read from the record again.
            What::Site { .. } => chat.forget_windows(None),
            What::Restriction { .. } | What::Erased { .. } => chat.forget_windows(logged.event.conversation),
            What::Help {}
            | What::Settled { .. }
            | What::Item { .. }
            | What::Report { .. }
            | What::Account { .. }
            | What::Session { .. }
            | What::Rules { .. }
            | What::ErasedName { .. }
            | What::LegalHold { .. }
            | What::Article { .. }
            | What::Shift { .. }
            | What::Look { .. }
            | What::Read { .. }
            | What::Paper { .. }
            | What::Invite { .. }
            | What::Glass { .. }
            | What::Briefed { .. }
            | What::Exported { .. }
            | What::Epoch { .. } => (),
        }
    }

    fn close_account(&self, account: AccountId, why: Close) {
        self.devices_of(account).into_iter().for_each(|device| device.close(why));
    }

    /// Tells devices what may be lost.
    pub fn hear(&self, signal: &Signal) {
        match signal {
            Signal::Typing { conversation, account, on } => {
                let frame = FromServer::Typing { conversation: *conversation, account: *account, on: *on };
                let Some(room) = self.rooms.get(conversation) else { return };
                if room.open && room.parties.contains(account) {
                    let others = room.parties.iter().filter(|party| *party != account).copied().collect::<Vec<_>>();
                    drop(room);
                    self.tell(others, &frame);
                }
            }
            Signal::Presence { account, state } => {
                let frame = FromServer::Presence { account: *account, state: *state };
                self.tell(self.others(*account), &frame);
            }
            Signal::Read { conversation, account, seq } => {
                self.tell([*account], &FromServer::Read { conversation: *conversation, seq: *seq });
            }
            Signal::Log(_) => (),
        }
    }

    /// The other parties of an account's conversations that have not ended.
    fn others(&self, account: AccountId) -> BTreeSet<AccountId> {
        let rooms = self.rooms_of.get(&account).map(|rooms| rooms.clone()).unwrap_or_default();
        let open = rooms.iter().filter_map(|id| self.rooms.get(id)).filter(|room| room.open);
        let parties: BTreeSet<AccountId> = open.flat_map(|room| room.parties.clone()).collect();
        parties.into_iter().filter(|party| *party != account).collect()
    }

    fn tell(&self, accounts: impl IntoIterator<Item = AccountId>, frame: &FromServer) {
        let Some(frame) = encode(frame) else { return };
        for account in accounts {
            self.devices_of(account).iter().for_each(|device| device.outbox.push_ephemeral(frame.clone()));
        }
    }

    fn lock_watchers(&self) -> std::sync::MutexGuard<'_, BTreeMap<SiteId, Vec<Arc<Device>>>> {
        self.watchers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A supervisor's device watches a queue.
    pub fn watch(&self, device: &Arc<Device>, site: SiteId) {
        let mut watchers = self.lock_watchers();
        let devices = watchers.entry(site).or_default();
        if !devices.iter().any(|other| other.id == device.id) {
            devices.push(device.clone());
        }
        count_watchers(&watchers);
    }

    /// It does no more.
    pub fn unwatch(&self, device: &Device, site: SiteId) {
        let mut watchers = self.lock_watchers();
        watchers.entry(site).or_default().retain(|other| other.id != device.id);
        count_watchers(&watchers);
        drop(watchers);
        device.outbox.unwatch(site);
    }

    /// Those who watch a queue.
    pub fn watchers(&self, site: SiteId) -> Vec<Arc<Device>> {
        self.lock_watchers().get(&site).cloned().unwrap_or_default()
    }

    /// The accounts that watch a queue, each once.
    pub fn watching(&self, site: SiteId) -> Vec<Account> {
        let mut accounts: Vec<Account> =
            self.watchers(site).iter().map(|device| device.signed.account.clone()).collect();
        accounts.sort_by_key(|account| account.id);
        accounts.dedup_by_key(|account| account.id);
        accounts
    }

    /// Every device, for a drain.
    pub fn everybody(&self) -> Vec<Arc<Device>> {
        self.devices.iter().flat_map(|devices| devices.clone()).collect()
    }
}

/// A frame as it goes out. Our own types always encode; should one not, the client's gap shows it.
pub(super) fn encode(frame: &FromServer) -> Option<Frame> {
    serde_json::to_string(frame)
        .map(Frame::from)
        .map_err(|error| tracing::error!(%error, "a frame could not be written"))
        .ok()
}

fn count_watchers(watchers: &BTreeMap<SiteId, Vec<Arc<Device>>>) {
    let many = watchers.values().map(Vec::len).sum::<usize>();
    metrics().set(Gauge::Watchers, i64::try_from(many).unwrap_or(i64::MAX));
}
