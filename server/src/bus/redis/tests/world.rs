//! What the tests of the bus stand on: a Redis of their own, a record with a site and two people, and nodes.

use super::super::RedisBus;
use crate::bus::{BusHealth, QueueHint, Signal};
use crate::chat::{AccountSpec, add_account, add_relationship, add_site};
use crate::fresh;
use crate::store::{Scope, Store};
use handrail_domain::conversation::{Message, MessageStatus};
use handrail_domain::event::Queued;
use handrail_domain::finding::Severity;
use handrail_domain::ids::{AccountId, Cid, ConversationId, ItemId, MessageId, SiteId};
use handrail_domain::people::{Role, SiteSettings};
use handrail_domain::quarantine::{Item, ItemAct, OutcomeName, State};
use handrail_domain::text::Text;
use redis::FromRedisValue;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

/// How long a test waits for what must happen.
pub(super) const LIMIT: Duration = Duration::from_secs(30);
/// A dead or frozen Redis is noticed within two seconds; the rest is for a busy machine.
pub(super) const NOTICED: Duration = Duration::from_secs(5);
pub(super) const TEXT: &str = "meet me behind the old mill";
pub(super) const NAME: &str = "Annabel";

/// The item that a hint is about.
pub(super) fn item_of(hint: QueueHint) -> ItemId {
    match hint.about {
        Queued::Item(item) => item,
        Queued::Report(report) => panic!("{report} is no item"),
    }
}

/// Waits for something to be true.
pub(super) async fn until(what: &str, mut is: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is().await {
        assert!(began.elapsed() < LIMIT, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("handrail-bus-{}", fresh::token(12)));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _left = std::fs::remove_dir_all(&self.0);
    }
}

/// A Redis of the test's own.
pub(super) struct Redis {
    folder: Folder,
    port: u16,
    process: Child,
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

fn spawn(port: u16, folder: &Folder) -> Child {
    let started = Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"])
        .arg(&folder.0)
        .stdout(Stdio::null())
        .spawn();
    started.unwrap_or_else(|error| panic!("redis-server did not start ({error}); apt-get install redis-server"))
}

impl Redis {
    pub(super) async fn start() -> Self {
        let folder = Folder::new();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = spawn(port, &folder);
        let redis = Self { folder, port, process };
        redis.answers().await;
        redis
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    async fn answers(&self) {
        let client = redis::Client::open(self.url()).unwrap();
        until("Redis answers", async || client.get_multiplexed_async_connection().await.is_ok()).await;
    }

    /// kill -9.
    pub(super) fn kill(&mut self) {
        let _dead = self.process.kill();
        let _reaped = self.process.wait();
    }

    /// The same address again, and nothing in it.
    pub(super) async fn restart(&mut self) {
        self.process = spawn(self.port, &self.folder);
        self.answers().await;
    }

    /// Freezes or thaws it.
    pub(super) fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.process.id().to_string()]).status().unwrap().success());
    }

    pub(super) async fn ask<T: FromRedisValue>(&self, words: &[&str]) -> T {
        let client = redis::Client::open(self.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        connection.set_response_timeout(LIMIT);
        redis::cmd(words[0]).arg(&words[1..]).query_async(&mut connection).await.unwrap()
    }

    pub(super) async fn subscribers(&self, world: &World) -> i64 {
        let channel = format!("handrail:{}:log", world.store.epoch());
        let (_, count): (String, i64) = self.ask(&["PUBSUB", "NUMSUB", &channel]).await;
        count
    }
}

/// A node's bus, running.
pub(super) struct Node {
    pub(super) bus: RedisBus,
    signals: broadcast::Receiver<Signal>,
    queue: mpsc::UnboundedReceiver<QueueHint>,
    exit: CancellationToken,
    running: JoinHandle<()>,
}

impl Drop for Node {
    fn drop(&mut self) {
        self.exit.cancel();
    }
}

impl Node {
    pub(super) async fn up(&self) {
        until("the bus is well", async || self.bus.health() == BusHealth::Ok).await;
    }

    pub(super) async fn away(&self) {
        until("the bus is away", async || self.bus.health() == BusHealth::Away).await;
    }

    /// Ends the node as a crash would: it takes nothing back.
    pub(super) async fn die(self) {
        self.exit.cancel();
        until("it is dead", async || self.bus.health() == BusHealth::Away).await;
    }

    pub(super) fn runs(&self) -> bool {
        !self.running.is_finished()
    }

    pub(super) async fn next_hint(&mut self) -> QueueHint {
        timeout(LIMIT, self.queue.recv()).await.expect("a change of an item was never heard").unwrap()
    }

    pub(super) fn forget_signals(&mut self) {
        self.signals = self.bus.signals();
    }

    /// Whether this is heard before long.
    pub(super) async fn hears(&mut self, expected: &Signal) -> bool {
        let patience = if matches!(expected, Signal::Typing { .. }) { Duration::from_secs(1) } else { LIMIT };
        timeout(patience, async { while self.signals.recv().await.unwrap() != *expected {} }).await.is_ok()
    }

    /// All that is heard up to this.
    pub(super) async fn all_until(&mut self, last: &Signal) -> Vec<Signal> {
        let mut heard = Vec::new();
        while heard.last() != Some(last) {
            heard.push(timeout(LIMIT, self.signals.recv()).await.expect("a signal never arrived").unwrap());
        }
        heard
    }
}

/// A record with a site, a mentor and a mentee.
pub(super) struct World {
    pub(super) store: Store,
    pub(super) site: SiteId,
    from: AccountId,
    conversation: ConversationId,
    _folder: Folder,
}

impl World {
    pub(super) async fn new() -> Self {
        let folder = Folder::new();
        let store = Store::open(&folder.0).unwrap();
        let made = store.write(Scope::Everything, |tx| {
            let site = add_site(tx, "Ashby", SiteSettings::default())?;
            let person = |username: &str| AccountSpec {
                site,
                role: Role::Mentee,
                name: NAME.into(),
                username: username.into(),
                password: "none".into(),
            };
            let from = add_account(tx, person("ann"))?;
            let to = add_account(tx, person("bob"))?;
            Ok((site, from, add_relationship(tx, site, &[from, to])?))
        });
        let (site, from, conversation) = made.await.unwrap();
        Self { store, site, from, conversation, _folder: folder }
    }

    pub(super) async fn node(&self, url: &str) -> Node {
        let bus = RedisBus::connect(url, self.store.clone()).await.unwrap();
        let exit = CancellationToken::new();
        let (signals, queue) = (bus.signals(), bus.take_queue().unwrap());
        let running = tokio::spawn({
            let (bus, exit) = (bus.clone(), exit.clone());
            async move { bus.run(exit).await }
        });
        Node { bus, signals, queue, exit, running }
    }

    pub(super) fn stream(&self) -> String {
        format!("handrail:{}:queue:{}", self.store.epoch(), self.site)
    }

    /// Somebody's message is held, and this node relays it.
    pub(super) async fn hold(&self, node: &Node) -> QueueHint {
        let now = fresh::now();
        let message = Message {
            id: MessageId::from_bits(fresh::bits()),
            conversation: self.conversation,
            from: self.from,
            cid: Cid::parse(&fresh::token(20)).unwrap(),
            text: Text::parse(TEXT).unwrap(),
            shown: None,
            salt: fresh::bytes(),
            status: MessageStatus::Held,
            seq: None,
            sent_at: now,
            delivered_at: None,
            passed: false,
            rules: "r".into(),
            decision: None,
        };
        let item = Item {
            id: ItemId::from_bits(fresh::bits()),
            version: 1,
            site: self.site,
            conversation: self.conversation,
            message: message.id,
            from: self.from,
            text: message.text.clone(),
            held_at: now,
            due_at: now,
            escalate_at: None,
            expire_at: None,
            answer_by: None,
            severity: Severity::High,
            rules: "r".into(),
            findings: Vec::new(),
            tier: 1,
            ringing: false,
            withdrawn: false,
            second: false,
            proposed: None,
            state: State::Waiting,
        };
        let (site, id) = (self.site, item.id);
        let written = self.store.write(Scope::Everything, move |tx| {
            tx.add_message(&message, Vec::new())?;
            Ok(tx.put_item(&item, Some(item.changed(ItemAct::Hold, Some(item.from), now)))?)
        });
        written.await.unwrap();
        let lines = self.store.read(move |record| record.queue_page(site, 0, usize::from(u16::MAX))).await.unwrap();
        let (n, offset) = lines.iter().find(|line| line.item == id).map(|line| (line.n, line.offset)).unwrap();
        let hint = QueueHint { site, n, offset, about: Queued::Item(id) };
        node.bus.committed(n);
        node.bus.relay(hint);
        hint
    }

    /// An item is closed.
    pub(super) async fn close(&self, held: QueueHint) {
        let written = self.store.write(Scope::Everything, move |tx| {
            let item = tx.item(item_of(held))?.unwrap();
            let state = State::Closed { outcome: OutcomeName::Expired, decided: None, at: item.held_at };
            let closed = Item { version: item.version + 1, state, ..item };
            Ok(tx.put_item(&closed, Some(closed.changed(ItemAct::Close, None, closed.held_at)))?)
        });
        written.await.unwrap();
    }

    /// Waits until the stream holds the queue: the same entries, each once, in order, with the same fields.
    pub(super) async fn stream_is_the_log(&self, redis: &Redis) {
        let site = self.site;
        let lines = self.store.read(move |record| record.queue_page(site, 0, usize::from(u16::MAX))).await.unwrap();
        let expected: Vec<(String, Vec<String>)> = lines
            .iter()
            .map(|line| {
                let (n, offset, item) = (line.n.to_string(), line.offset.to_string(), line.item.to_string());
                let rest = [line.version.to_string(), line.at.0.to_string(), line.severity.as_str().into()];
                (format!("{n}-0"), [n, offset, item].into_iter().chain(rest).collect())
            })
            .collect();
        let mut found = Vec::new();
        let began = Instant::now();
        while found != expected {
            assert!(began.elapsed() < LIMIT, "the stream is not the log: {} of {}", found.len(), expected.len());
            tokio::time::sleep(Duration::from_millis(10)).await;
            let stream: redis::streams::StreamRangeReply = redis.ask(&["XRANGE", &self.stream(), "-", "+"]).await;
            found = stream
                .ids
                .iter()
                .map(|entry| {
                    let field = |name| entry.get::<String>(name).unwrap_or_default();
                    (entry.id.clone(), ["n", "offset", "item", "version", "at", "severity"].map(field).to_vec())
                })
                .collect();
        }
    }
}
