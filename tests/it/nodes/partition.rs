//! A node on another machine, by a network of its own that really loses what is sent: cut off from Redis, from the database,
//! or from the people who are there. The other node is where Redis and the database are.

use super::tls::{certificates, trusting};
use crate::crowd::{Crowd, Ground, rounds, skipped};
use crate::outage::{Proxy, becomes};
use crate::postgres::Postgres;
use crate::process::{PATIENCE, Server};
use crate::world::Redis;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use tokio::time::sleep;

/// Who is where, in addresses that are kept for examples (RFC 5737): people, Redis and the database on this side, and the node.
const PEOPLE: &str = "198.51.100.1";
const REDIS: &str = "198.51.100.11";
const DATABASE: &str = "198.51.100.12";
const NODE: &str = "198.51.100.2";
/// A machine that there is not: what is sent to it is lost, and nobody is told.
const NOWHERE: &str = "02:00:00:00:00:99";

/// Another machine, as far as the network goes. It ends with this value.
struct Machine {
    name: String,
}

impl Machine {
    /// Nothing where this user may not make one.
    fn make() -> Option<Self> {
        let machine = Self { name: format!("handrail{}", std::process::id()) };
        let (there, near, far) = (&machine.name, machine.link("a"), machine.link("b"));
        let made =
            ip(&format!("netns add {there}")) && ip(&format!("link add {near} type veth peer {far} netns {there}"));
        if !made {
            return None;
        }
        for address in [PEOPLE, REDIS, DATABASE] {
            assert!(ip(&format!("addr add {address}/24 dev {near}")), "no {address}");
        }
        let rest = [format!("-n {there} addr add {NODE}/24 dev {far}"), format!("link set {near} up")];
        let up = [format!("-n {there} link set lo up"), format!("-n {there} link set {far} up")];
        assert!(rest.iter().chain(&up).all(|words| ip(words)), "no network between {near} and {far}");
        Some(machine)
    }

    fn link(&self, end: &str) -> String {
        format!("hr{}{end}", std::process::id())
    }

    /// From now on it reaches nobody at that address, or does again.
    fn cut(&self, from: &str, is_cut: bool) {
        let (there, far) = (&self.name, self.link("b"));
        let words = if is_cut {
            format!("-n {there} neigh replace {from} lladdr {NOWHERE} nud permanent dev {far}")
        } else {
            format!("-n {there} neigh del {from} dev {far}")
        };
        assert!(ip(&words), "{words}");
    }

    /// What runs a program there.
    fn runs(&self) -> Vec<String> {
        ["ip", "netns", "exec", &self.name].map(str::to_owned).into()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        ip(&format!("netns del {}", self.name));
    }
}

fn ip(words: &str) -> bool {
    Command::new("ip").args(words.split(' ')).output().is_ok_and(|done| done.status.success())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_on_another_machine_that_is_cut_off_from_any_side_loses_and_repeats_nothing() {
    let Some(machine) = Machine::make() else {
        return skipped("a node on another machine", "this user may not make a network namespace");
    };
    let files = certificates(&[DATABASE]);
    let mut database = Postgres::start_with_tls(files.path());
    // On another machine a Redis must have a password.
    let redis = Redis::start_with(&["--user", "node", "on", ">secret", "~*", "&*", "+@all"]);
    let there = (Proxy::at(REDIS, redis.port()).await, Proxy::at(DATABASE, database.port()).await);
    let ground = Ground::on_postgres(&mut database, &redis.as_bus()).await;
    let config = apart(&ground, &redis, &database, &there);
    let nodes = [ground.serve(), Server::serve_under(&config, &machine.runs(), &trusting(files.path()))];
    for node in &nodes {
        becomes(node, "ok").await;
    }
    let crowd = Crowd::gather_at(&ground, &nodes.each_ref());
    for _ in 0..rounds(1, 10) {
        for (from, told) in [(REDIS, Some("degraded")), (DATABASE, Some("unavailable")), (PEOPLE, None)] {
            crowd.talk(20, PATIENCE).await;
            machine.cut(from, true);
            match told {
                Some(word) => becomes(&nodes[1], word).await,
                // Nobody can ask it. The database takes back what it had locked within ten seconds.
                None => sleep(Duration::from_secs(3)).await,
            }
            crowd.talk(20, 2 * PATIENCE).await;
            machine.cut(from, false);
            becomes(&nodes[1], "ok").await;
        }
    }
    crowd.talk(20, PATIENCE).await;
    crowd.settle(&nodes[1]).await;
}

/// The configuration of the node that is there.
fn apart(ground: &Ground, redis: &Redis, database: &Postgres, there: &(Proxy, Proxy)) -> PathBuf {
    let mut written = std::fs::read_to_string(&ground.config).expect("its configuration");
    let server = format!(
        "listen = \"{NODE}:0\"\nbehind_proxy = true\npublic_origins = [\"https://chat.example.org\"]\n\
         trusted_addresses = [\"{PEOPLE}/32\"]"
    );
    for (from, to) in [
        ("listen = \"127.0.0.1:0\"".to_owned(), server),
        (redis.url(), format!("redis://node:secret@{}/", there.0.address)),
        (format!("127.0.0.1:{}/", database.port()), format!("{}/", there.1.address)),
        ("sslmode=disable".to_owned(), "sslmode=require".to_owned()),
    ] {
        assert!(written.contains(&from), "there is no {from} in {written}");
        written = written.replace(&from, &to);
    }
    let config = ground.config.with_file_name("apart.toml");
    std::fs::write(&config, written).expect("a configuration");
    config
}
