//! The example of a service beside the product: it reads the supervisor channel as one of a consumer group and rings somebody.

use super::presence::open;
use crate::crowd::{Ground, skipped};
use crate::process::{PATIENCE, Wire, word};
use crate::world::Redis;
use serde_json::json;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// A pack whose word is urgent.
const URGENT: &str = "[pack]\nid = \"viper\"\nversion = \"1\"\nabout = \"A test.\"\n\n[[rule]]\nid = \"viper.viper\"\n\
    category = \"threat\"\nseverity = \"urgent\"\nwhy = \"A test.\"\nterms = [\"viper\"]\nhold = [\"a viper\"]\n";

struct Pager(Child);

impl Pager {
    /// Rings by writing the item's id as a line of that file.
    fn start(redis: &Redis, stream: &str, rings: &Path) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/deploy/examples/pager.py");
        let ring = format!("echo \"$1\" >> {}", rings.display());
        let child = Command::new("python3")
            .arg(script)
            .args([&format!("127.0.0.1:{}", redis.port()), stream, "sh", "-c", &ring, "ring"])
            .stdin(Stdio::null())
            .spawn();
        Self(child.expect("python3 starts"))
    }
}

impl Drop for Pager {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// The fields of an entry, as the page for other services has them.
fn fields() -> Vec<&'static str> {
    let page = include_str!("../../../server/CHANNEL.md");
    page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect()
}

/// Waits until exactly these items were rung for, in this order.
async fn rung(rings: &Path, items: &[String]) {
    let patience = Instant::now() + PATIENCE;
    loop {
        let found = std::fs::read_to_string(rings).unwrap_or_default();
        let found: Vec<&str> = found.lines().collect();
        if found == items {
            return;
        }
        assert!(Instant::now() < patience, "rung for {found:?}, not {items:?}");
        sleep(Duration::from_millis(50)).await;
    }
}

/// Says something, and gives the id of its item, as a supervisor who watches is told.
async fn hold(ground: &Ground, says: &mut Wire, watching: &mut Wire, cid: &str, text: &str) -> String {
    let conversation = ground.person("mentee1").conversation;
    let held = says.send(&conversation, cid, text).await.expect("an answer");
    assert_eq!(held["status"], "held", "{held}");
    loop {
        let heard = watching.next().await.expect("the new item");
        if heard["item"]["message"] == held["message"] {
            return word(&heard["item"]["item"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pager_rings_once_for_each_urgent_item_over_restarts_of_its_own_and_of_redis() {
    if Command::new("python3").arg("--version").output().is_err() {
        return skipped("the pager", "python3 is not here (Debian's package `python3`)");
    }
    let mut redis = Redis::start();
    let ground = Ground::new(&redis.as_bus());
    std::fs::write(ground.pack().with_file_name("viper.toml"), URGENT).expect("a pack");
    let server = ground.serve();
    crate::outage::becomes(&server, "ok").await;
    let (mut says, mut watching) =
        (open(&server, &ground, "mentee1").await, open(&server, &ground, "supervisor1").await);
    let site = ground.person("supervisor1").site;
    assert_eq!(watching.ask(json!({"op": "watch", "queue": site})).await["op"], "ok");
    let stream = format!("handrail:{}:queue:{site}", watching.cursor.epoch);
    let rings = ground.data.join("rings");
    let documented = fields();

    let pager = Pager::start(&redis, &stream, &rings);
    let mut items = vec![hold(&ground, &mut says, &mut watching, "one", "a viper").await];
    rung(&rings, &items).await;
    let entry = redis.ask(&format!("XREVRANGE {stream} + - COUNT 1"));
    let found: Vec<&str> = entry.lines().filter(|line| documented.contains(line)).collect();
    assert_eq!(found, documented, "an entry has the fields that the page says: {entry}");
    // What was not urgent is nobody's business; what came while the pager was away is rung for when it is back.
    hold(&ground, &mut says, &mut watching, "two", "a gecko").await;
    drop(pager);
    items.push(hold(&ground, &mut says, &mut watching, "three", "another viper").await);
    let _pager = Pager::start(&redis, &stream, &rings);
    rung(&rings, &items).await;
    // A Redis that forgot everything has the channel again, and nobody is rung for twice.
    redis.restart();
    items.push(hold(&ground, &mut says, &mut watching, "four", "a third viper").await);
    rung(&rings, &items).await;
}
