//! People who go on whatever happens to the server: pairs who say harmless and bad things, connect again, and say again what got
//! no answer; supervisors who claim and decide. All of it is written down, and afterwards held against what the record says.

mod ground;
mod people;

pub(crate) use ground::{Ground, HELD_WORD};
pub(crate) use people::sentence;

use crate::history::{Afterwards, Came, History, Record, assert_sound, read_back};
use crate::process::{PATIENCE, Person, Server, Wire, http, run, word};
use people::{Device, letters, supervise};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// More rounds where `make test-long` asks for them.
pub(crate) fn rounds(short: usize, long: usize) -> usize {
    if std::env::var_os("HANDRAIL_LONG").is_some() { long } else { short }
}

/// A number below `bound`, another one each time.
pub(crate) fn any(bound: u64) -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::hash::RandomState::new().build_hasher().finish() % bound
}

/// Says aloud that a test could not be played here, so that nobody takes it for one that passed.
pub(crate) fn skipped(what: &str, why: &str) {
    use std::io::Write;
    // Past the harness, which keeps to itself what a passing test says.
    let _unsaid = writeln!(std::io::stderr().lock(), "skipped: {what}: {why}");
}

/// What everybody in the crowd shares.
struct Shared {
    /// In all that this crowd says, so that no other ever said the same.
    name: String,
    /// The nodes. Everybody keeps to one of them.
    nodes: Mutex<Vec<SocketAddr>>,
    over: AtomicBool,
    begun: Instant,
    history: Mutex<History>,
}

impl Shared {
    /// Where the one of that number goes.
    fn node(&self, of: usize) -> SocketAddr {
        let nodes = self.nodes.lock().unwrap();
        nodes[of % nodes.len()]
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    fn now(&self) -> Duration {
        self.begun.elapsed()
    }
}

/// Everybody at once.
pub(crate) struct Crowd {
    shared: Arc<Shared>,
    devices: Vec<JoinHandle<Device>>,
    staff: Vec<JoinHandle<()>>,
    people: Vec<Person>,
    record: Record,
    config: PathBuf,
}

impl Crowd {
    /// Everybody of that ground comes to that server and begins.
    pub(crate) fn gather(ground: &Ground, server: &Server) -> Self {
        Self::gather_at(ground, &[server])
    }

    /// The same where there are several nodes, each with its share.
    pub(crate) fn gather_at(ground: &Ground, servers: &[&Server]) -> Self {
        let shared = Arc::new(Shared {
            name: letters(usize::try_from(any(1_000_000_000)).expect("a small number")),
            nodes: Mutex::new(servers.iter().map(|server| server.address).collect()),
            over: AtomicBool::new(false),
            begun: Instant::now(),
            history: Mutex::new(History::default()),
        });
        let parties = ground.all.iter().filter(|who| !who.conversation.is_empty());
        let devices = parties.enumerate();
        let devices = devices.map(|(at, who)| tokio::spawn(Device::of(who, at).live(shared.clone()))).collect();
        let staff = [("supervisor1", 0), ("supervisor2", 1)]
            .map(|(name, at)| tokio::spawn(supervise(ground.person(name), at, shared.clone())));
        Self {
            shared,
            devices,
            staff: staff.into(),
            people: ground.all.clone(),
            record: ground.record.clone(),
            config: ground.config.clone(),
        }
    }

    /// The server is somewhere else now.
    pub(crate) fn follow(&self, server: &Server) {
        self.follow_at(0, server);
    }

    /// The node of that number is somewhere else now.
    pub(crate) fn follow_at(&self, node: usize, server: &Server) {
        self.shared.nodes.lock().unwrap()[node] = server.address;
    }

    /// How many messages were acknowledged so far.
    pub(crate) fn acknowledged(&self) -> usize {
        let history = self.shared.history.lock().unwrap();
        history.sent.iter().filter(|sent| matches!(sent.came, Came::Ok(_))).count()
    }

    /// How many got no answer, or one that says "not now".
    pub(crate) fn doubtful(&self) -> usize {
        let history = self.shared.history.lock().unwrap();
        history.sent.iter().filter(|sent| sent.came == Came::Unknown).count()
    }

    /// How many people talk.
    pub(crate) fn parties(&self) -> usize {
        self.devices.len()
    }

    /// Waits until so many more messages were acknowledged.
    pub(crate) async fn talk(&self, more: usize, within: Duration) {
        let (want, patience) = (self.acknowledged() + more, Instant::now() + within);
        while self.acknowledged() < want {
            assert!(Instant::now() < patience, "only {} of {want} were acknowledged in time", self.acknowledged());
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Everybody stops; what got no answer is asked again until it has one, twice; decisions take effect; everybody catches up;
    /// and all of it must be sound.
    pub(crate) async fn settle(self, server: &Server) -> (History, Afterwards) {
        self.shared.over.store(true, Ordering::Relaxed);
        let mut devices = Vec::new();
        for device in self.devices {
            devices.push(device.await.expect("somebody who keeps to the rules"));
        }
        for staff in self.staff {
            staff.await.expect("a supervisor who keeps to the rules");
        }
        for device in &mut devices {
            device.ask_again(&self.shared).await;
        }
        let staff: Vec<Person> =
            self.people.iter().filter(|who| who.username.starts_with("supervisor")).cloned().collect();
        took_effect(server.address, &staff[0]).await;
        for device in &mut devices {
            device.catch_up(&self.shared).await;
        }
        let mut watching = Vec::new();
        for who in &staff {
            watching.push(Wire::open(server.address, &who.token, None).await.expect("it listens"));
        }
        let claimable = claim_all(server.address, &staff[0], &mut watching).await;
        let mut after = quiet(server.address, &self.record, &self.people).await;
        after.claimable = claimable;
        let history = std::mem::take(&mut *self.shared.history.lock().unwrap());
        assert_sound(&history, &after);
        let checked = run(&["audit", "verify", "--config", &self.config.to_string_lossy()], "");
        let said = String::from_utf8_lossy(&[checked.stdout, checked.stderr].concat()).into_owned();
        assert!(checked.status.success(), "the product's own check of its record: {said}");
        (history, after)
    }
}

/// A page of what is still open, most urgent first.
async fn open_items(address: SocketAddr, staff: &Person) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/queues/{}/items?limit=200{after}", staff.site);
        let (status, body) = http(address, "GET", &path, &staff.token, "").await;
        assert_eq!(status, 200, "{body}");
        let page: Value = serde_json::from_str(&body).expect("JSON");
        all.extend(page["items"].as_array().expect("items").iter().cloned());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return all,
        }
    }
}

/// Waits until no decision waits for its window's end.
async fn took_effect(address: SocketAddr, staff: &Person) {
    let patience = Instant::now() + PATIENCE;
    while open_items(address, staff).await.iter().any(|item| item["state"] == "decided") {
        assert!(Instant::now() < patience, "a decision never took effect");
        sleep(Duration::from_millis(50)).await;
    }
}

/// The open items that one of them could take, or renew.
async fn claim_all(address: SocketAddr, staff: &Person, wires: &mut [Wire]) -> std::collections::BTreeSet<String> {
    let mut taken = std::collections::BTreeSet::new();
    for item in open_items(address, staff).await {
        for wire in wires.iter_mut() {
            if wire.ask(json!({"op": "claim", "item": item["item"]})).await["op"] == "ok" {
                taken.insert(word(&item["item"]));
                break;
            }
        }
    }
    taken
}

/// Reads all of it back, in a moment in which nothing changed.
async fn quiet(address: SocketAddr, record: &Record, people: &[Person]) -> Afterwards {
    let patience = Instant::now() + PATIENCE;
    loop {
        let (first, second) = (read_back(address, record, people).await, read_back(address, record, people).await);
        if first.log.len() == second.log.len() {
            return second;
        }
        assert!(Instant::now() < patience, "the record is never at rest");
    }
}
