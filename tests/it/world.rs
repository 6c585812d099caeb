//! A world to play in: a real node in this process, on loopback, over a record in a folder of its own; the bus in process, or a
//! real Redis that the world starts on its own port; or two nodes, over which people are spread. Nothing here pretends: what a test sees went over a socket.

use crate::client::{Client, Memory};
use handrail::app::{Node, listen, load_rules, open_store};
use handrail::bus::{Bus, BusHealth, LocalBus, RedisBus};
use handrail::chat::Chat;
use handrail::config::{Config, Secret};
use handrail::fresh;
use handrail::store::{Failure, NewAccount, Scope, Tx};
use handrail_domain::article::{ArticleState, Content, Kind as ArticleKind, Topic, Version};
use handrail_domain::conversation::Kind;
use handrail_domain::filter::Rules;
use handrail_domain::ids::{AccountId, ArticleId, ConversationId, PaperId, SiteId};
use handrail_domain::people::{Account, Role, Site, SiteSettings};
use handrail_domain::push::Language;
use handrail_domain::scheme::form::Answer;
use handrail_domain::scheme::paper::PaperKind;
use handrail_domain::scheme::site_paper::{self, SitePaper};
use handrail_domain::wire::Presence;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What the node stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    /// The embedded record, the bus in process.
    Local,
    /// The embedded record, a real Redis of this world's own.
    Redis,
    /// A database of this world's own on a real PostgreSQL, the bus in process.
    Postgres,
    /// Two nodes over such a database, and a real Redis of this world's own.
    Nodes,
}

impl On {
    fn nodes(self) -> usize {
        match self {
            On::Local | On::Redis | On::Postgres => 1,
            On::Nodes => 2,
        }
    }

    fn redis(self) -> Option<Redis> {
        matches!(self, On::Redis | On::Nodes).then(Redis::start)
    }

    fn database(self) -> Option<Secret> {
        matches!(self, On::Postgres | On::Nodes).then(|| Secret::new(crate::postgres::database()))
    }
}

/// An undo window that no test has to wait for.
pub(crate) const UNDO_MS: i64 = 300;

/// Somebody with an account and a session.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) account: AccountId,
    pub(crate) role: Role,
    pub(crate) token: String,
}

/// The nodes and all that they stand on.
pub(crate) struct World {
    /// The first node's product; what its staff do in the office is done here.
    pub(crate) chat: Arc<Chat>,
    /// Where the first node listens.
    pub(crate) address: SocketAddr,
    pub(crate) site: SiteId,
    config: Config,
    rules: Option<Arc<Rules>>,
    nodes: Vec<Node>,
    count: usize,
    /// Sockets opened so far: they go to one node after the other.
    opened: AtomicUsize,
    redis: Option<Redis>,
    _folder: TempDir,
}

impl World {
    /// As `on` says, over a site with these settings, with the configuration as `tune` leaves it.
    pub(crate) async fn with(on: On, settings: SiteSettings, tune: impl FnOnce(&mut Config)) -> Self {
        Self::start(on, settings, Some(rules()), tune).await
    }

    /// The same with rules of its own.
    pub(crate) async fn with_rules(on: On, settings: SiteSettings, rules: Arc<Rules>) -> Self {
        Self::start(on, settings, Some(rules), |_| ()).await
    }

    /// A node that has lost its rules.
    pub(crate) async fn without_rules() -> Self {
        Self::start(On::Local, settings(UNDO_MS), None, |_| ()).await
    }

    async fn start(on: On, settings: SiteSettings, rules: Option<Arc<Rules>>, tune: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the record");
        let redis = on.redis();
        let mut config = Config::demo(folder.path(), SocketAddr::from(([127, 0, 0, 1], 0))).expect("loopback");
        config.fixed.database = on.database();
        tune(&mut config);
        let site = SiteId::from_bits(fresh::bits());
        let chat = open(&config, redis.as_ref(), rules.clone()).await;
        seed(&chat, site, settings).await;
        let node = start(&config, &chat).await;
        let (address, count) = (node.address, on.nodes());
        let (nodes, opened) = (vec![node], AtomicUsize::new(0));
        let mut world = Self { chat, address, site, config, rules, nodes, count, opened, redis, _folder: folder };
        world.complete().await;
        world
    }

    /// Starts the nodes that are not there yet, and waits until they hear each other.
    async fn complete(&mut self) {
        while self.nodes.len() < self.count {
            let chat = open(&self.config, self.redis.as_ref(), self.rules.clone()).await;
            self.nodes.push(start(&self.config, &chat).await);
        }
        self.chat = self.nodes[0].chat.clone();
        self.address = self.nodes[0].address;
        if self.count > 1 {
            self.hear_each_other().await;
        }
    }

    /// Waits until every node says that Redis is there.
    pub(crate) async fn hear_each_other(&self) {
        let patience = Instant::now() + Duration::from_secs(30);
        while self.nodes.iter().any(|node| node.chat.bus().health() == BusHealth::Away) {
            assert!(Instant::now() < patience, "the nodes do not hear each other");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Other nodes on the same record, as after an upgrade, a while after the old ones went. They listen somewhere else.
    pub(crate) async fn restart(&mut self, pause: Duration) {
        self.drain().await;
        tokio::time::sleep(pause).await;
        self.complete().await;
    }

    /// Where the next socket goes: to one node after the other.
    fn next(&self) -> SocketAddr {
        self.at(self.opened.fetch_add(1, Ordering::Relaxed) % self.nodes.len())
    }

    /// Where the node of that number listens.
    pub(crate) fn at(&self, node: usize) -> SocketAddr {
        self.nodes[node].address
    }

    /// Makes an account with a session that lasts. Nobody can sign in to it by password.
    pub(crate) async fn person(&self, name: &str, role: Role) -> Person {
        self.person_at(self.site, name, role).await
    }

    /// The same in another site.
    pub(crate) async fn person_at(&self, site: SiteId, name: &str, role: Role) -> Person {
        let id = AccountId::from_bits(fresh::bits());
        let account = Account { id, site, role, name: name.to_owned(), disabled: false };
        let new = NewAccount { account, username: name.to_owned(), password: "nobody's".into() };
        let made = self.chat.store().write(Scope::Everything, move |tx| Ok(tx.add_account(&new, fresh::now())?)).await;
        made.expect("an account");
        let token = self.chat.lasting_session(id).await.expect("a session");
        Person { name: name.to_owned(), account: id, role, token }
    }

    /// Another site, with nobody in it and its papers written.
    pub(crate) async fn other_site(&self) -> SiteId {
        let site = self.chat.admin_add_site("Elsewhere").await.expect("a site");
        let written = self.chat.store().write(Scope::Everything, move |tx| write_site_papers(tx, site)).await;
        written.expect("its papers");
        site
    }

    /// Begins a relationship between two people whose roles converse.
    pub(crate) async fn pair(&self, one: &Person, other: &Person) -> ConversationId {
        let names = [one.name.clone(), other.name.clone()];
        self.chat.admin_add_relationship(&names).await.expect("a relationship")
    }

    /// A relationship whose parties the product itself would not put together, such as one with a supervisor in it.
    pub(crate) async fn odd_pair(&self, one: &Person, other: &Person) -> ConversationId {
        let (id, site, parties) = (ConversationId::from_bits(fresh::bits()), self.site, [one.account, other.account]);
        let begun = self
            .chat
            .store()
            .write(Scope::Everything, move |tx| {
                Ok(tx.add_conversation(id, site, Kind::Pair, &parties, fresh::now())?)
            })
            .await;
        begun.expect("a relationship");
        id
    }

    /// A device of that person, connected and welcomed.
    pub(crate) async fn connect(&self, who: &Person) -> Client {
        let client = Self::connect_at(self.next(), who).await;
        self.is_seen(who).await;
        client
    }

    /// Waits until every node knows that somebody is there, so that a story tells the same on two nodes as on one.
    async fn is_seen(&self, who: &Person) {
        let patience = Instant::now() + Duration::from_secs(30);
        while self.nodes.iter().any(|node| node.chat.bus().presence(who.account) == Presence::Offline) {
            assert!(Instant::now() < patience, "a node does not see {}", who.name);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The same on the node that listens there.
    pub(crate) async fn connect_at(address: SocketAddr, who: &Person) -> Client {
        let mut client = Client::open(address, who).await;
        client.hello(None).await;
        client
    }

    /// A device that comes back with what it remembers.
    pub(crate) async fn reconnect(&self, who: &Person, memory: Memory) -> Client {
        let mut client = Client::open(self.next(), who).await;
        client.hello(Some(memory)).await;
        self.is_seen(who).await;
        client
    }

    /// The record is what its log says.
    pub(crate) async fn is_whole(&self) {
        let checked =
            self.chat.store().read(|record| Ok(handrail::records::verify(record, 1).map(|audit| audit.lines())));
        let checked = checked.await.expect("the record");
        assert!(checked.is_ok(), "{checked:?}");
    }

    /// Redis dies.
    pub(crate) fn lose_redis(&mut self) {
        self.redis.as_mut().expect("a world on Redis").kill();
    }

    /// Redis is back where it was, and has forgotten everything.
    pub(crate) fn regain_redis(&mut self) {
        self.redis.as_mut().expect("a world on Redis").restart();
    }

    /// Redis answers nothing, or does again.
    pub(crate) fn freeze_redis(&self, frozen: bool) {
        self.redis.as_ref().expect("a world on Redis").freeze(frozen);
    }

    /// Stops the nodes as an operator would: nothing new, goodbye to all, then gone.
    pub(crate) async fn drain(&mut self) {
        for node in self.nodes.drain(..) {
            node.stop().await;
        }
    }
}

/// The usual settings with this undo window.
pub(crate) fn settings(undo_ms: i64) -> SiteSettings {
    SiteSettings { undo_ms, ..SiteSettings::default() }
}

/// The default packs, compiled once for all worlds of this process.
fn rules() -> Arc<Rules> {
    static RULES: OnceLock<Arc<Rules>> = OnceLock::new();
    let compile = || Arc::new(load_rules(&handrail::config::Rules::Embedded).expect("the default packs"));
    RULES.get_or_init(compile).clone()
}

async fn open(config: &Config, redis: Option<&Redis>, rules: Option<Arc<Rules>>) -> Arc<Chat> {
    let store = open_store(config).await.expect("the record opens");
    let bus = match redis {
        None => Bus::Local(LocalBus::default()),
        Some(redis) => Bus::Redis(RedisBus::connect(&redis.url(), store.clone()).await.expect("Redis is there")),
    };
    Chat::new(store, bus, rules, config.live.session.clone())
}

/// What the law wants a scheme to have written down, all of it and for long.
fn write_site_papers(tx: &mut Tx<'_>, site: SiteId) -> Result<(), Failure> {
    for kind in site_paper::kinds() {
        let answers = kind.answers(site_paper_answers(kind)).expect("answers that fit the form");
        let due_at = answers.time("review");
        let id = PaperId::from_bits(fresh::bits());
        let paper = SitePaper { id, site, kind, version: 1, answers, by: None, at: fresh::now(), due_at };
        tx.add_site_paper(&paper, &fresh::bytes::<16>())?;
    }
    Ok(())
}

/// Answers for a paper of the scheme about itself.
pub(crate) fn site_paper_answers(kind: PaperKind) -> BTreeMap<String, Answer> {
    let all: &[(&str, &str)] = if kind == PaperKind::Basis {
        &[("article_6", "public_task"), ("condition", "counselling"), ("policy", "Shelf 3"), ("review", "2099-01-01")]
    } else {
        &[("found", "Everything is read before it is shown."), ("agreed_by", "The board"), ("review", "2099-01-01")]
    };
    all.iter().map(|(field, words)| ((*field).to_owned(), (*words).to_owned().into())).collect()
}

async fn seed(chat: &Chat, site: SiteId, settings: SiteSettings) {
    let seeded = chat.store().write(Scope::Everything, move |tx| {
        tx.put_site(&Site { id: site, name: "Ashby".into(), settings })?;
        write_site_papers(tx, site)?;
        let article = ArticleId::from_bits(fresh::bits());
        tx.add_article(article, site, true)?;
        Ok(tx.put_version(&Version {
            article,
            site,
            version: 1,
            state: ArticleState::Published,
            content: Content {
                kind: ArticleKind::Article,
                topic: Topic::Crisis,
                language: Language::En,
                title: "Talk to Samaritans".into(),
                body: "You can call at any time.".into(),
                phone: Some("116 123".into()),
                link: None,
            },
            author: None,
            changed_at: fresh::now(),
            published_by: None,
            published_at: Some(fresh::now()),
            review_by: None,
        })?)
    });
    seeded.await.expect("a site");
}

/// A Redis of this world's own, gone with it.
pub(crate) struct Redis {
    server: Child,
    port: u16,
    arguments: Vec<String>,
    folder: TempDir,
}

impl Redis {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// One with more of a configuration.
    pub(crate) fn start_with(more: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder for Redis");
        let port = free_port();
        let usual = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port", &port.to_string()];
        let arguments: Vec<String> = usual.iter().chain(more).map(|word| (*word).to_owned()).collect();
        Self { server: Self::serve(port, folder.path(), &arguments), port, arguments, folder }
    }

    /// A Sentinel at that port, which watches what this configuration says.
    pub(crate) fn sentinel(port: u16, watched: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder for Redis");
        let config = folder.path().join("sentinel.conf");
        std::fs::write(&config, format!("port {port}\nbind 127.0.0.1\n{watched}")).expect("a configuration");
        let arguments = vec![config.to_string_lossy().into_owned(), "--sentinel".to_owned()];
        Self { server: Self::serve(port, folder.path(), &arguments), port, arguments, folder }
    }

    /// A server that answers.
    fn serve(port: u16, folder: &Path, arguments: &[String]) -> Child {
        let server = Command::new("redis-server")
            .args(arguments)
            .current_dir(folder)
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server starts; install it with `apt-get install redis-server`");
        let patience = Instant::now() + Duration::from_secs(20);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < patience, "redis-server does not listen on port {port}");
            std::thread::sleep(Duration::from_millis(10));
        }
        server
    }

    /// Starts it again where it was; it has forgotten everything.
    pub(crate) fn restart(&mut self) {
        self.kill();
        self.server = Self::serve(self.port, self.folder.path(), &self.arguments);
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn kill(&mut self) {
        // It may be gone already; then there is nothing to end.
        let _gone = self.server.kill();
        let _reaped = self.server.wait();
    }

    /// Stops it from answering, or lets it go on.
    pub(crate) fn freeze(&self, frozen: bool) {
        let signal = if frozen { "-STOP" } else { "-CONT" };
        let sent = Command::new("kill").args([signal, &self.server.id().to_string()]).status();
        assert!(sent.expect("kill runs").success(), "no {signal}");
    }

    /// Asks it something, and gives its answer as it came.
    pub(crate) fn ask(&self, question: &str) -> String {
        let mut line = std::net::TcpStream::connect(("127.0.0.1", self.port)).expect("Redis listens");
        line.write_all(format!("{question}\r\n").as_bytes()).expect("a question");
        // It answers what it has read, and then goes; a Sentinel knows no QUIT.
        line.shutdown(std::net::Shutdown::Write).expect("no more to ask");
        let mut answer = Vec::new();
        line.read_to_end(&mut answer).expect("an answer");
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// What a configuration says to be over it.
    pub(crate) fn as_bus(&self) -> String {
        format!("[bus]\nredis = \"{}\"\n", self.url())
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

async fn start(config: &Config, chat: &Arc<Chat>) -> Node {
    let listener = listen(config).expect("it listens");
    Node::start(config.clone(), chat.clone(), listener).await.expect("the node starts")
}

/// A port that nobody has, and that is given once. It is below those that a system gives to whoever asks for any (from 32,768 on):
/// one of these might go to a connection of another test before it is used.
pub(crate) fn free_port() -> u16 {
    const FIRST: u32 = 10_000;
    const PORTS: u32 = 20_000;
    static NEXT: LazyLock<AtomicU32> = LazyLock::new(|| AtomicU32::new(std::process::id().wrapping_mul(997)));
    loop {
        let port = (FIRST + NEXT.fetch_add(1, Ordering::Relaxed) % PORTS) as u16;
        let at = ("127.0.0.1", port);
        if std::net::TcpListener::bind(at).is_ok() && std::net::UdpSocket::bind(at).is_ok() {
            return port;
        }
    }
}
