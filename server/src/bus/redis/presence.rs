//! Who is there, over all nodes. Each node says who is there on it; somebody is online if they are on any node. The table is in
//! memory and asking it never waits. In Redis each node keeps a hash of its people for those who join later; it lapses with the
//! node, and when a node's lease has lapsed the others drop its people together.

use super::Inner;
use super::link::LEASE;
use super::wire::Said;
use crate::bus::Signal;
use dashmap::DashMap;
use handrail_domain::ids::AccountId;
use handrail_domain::wire::Presence;
use redis::RedisResult;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Between two looks at the nodes.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Somebody's presence on one node.
#[derive(Clone)]
struct On {
    node: String,
    state: Presence,
}

/// Who is there, and on which nodes. Those who are not offline.
#[derive(Default)]
pub(super) struct People(DashMap<AccountId, Vec<On>>);

fn combined(on: &[On]) -> Presence {
    let any = |state| on.iter().any(|on| on.state == state);
    match (any(Presence::Online), any(Presence::Away)) {
        (true, _) => Presence::Online,
        (false, true) => Presence::Away,
        (false, false) => Presence::Offline,
    }
}

impl People {
    /// Whether somebody is there.
    pub(super) fn state(&self, account: AccountId) -> Presence {
        self.0.get(&account).map_or(Presence::Offline, |on| combined(&on))
    }

    /// Somebody's presence on a node. If it is new there, `tell` is called before anybody can change it again, so that what is
    /// told is told in order; it gets what they are now over all nodes, if that is new.
    pub(super) fn set(&self, node: &str, account: AccountId, state: Presence, tell: impl FnOnce(Option<Presence>)) {
        let mut on = self.0.entry(account).or_default();
        let here = on.iter().find(|on| on.node == node).map_or(Presence::Offline, |on| on.state);
        let before = combined(&on);
        on.retain(|on| on.node != node);
        if state != Presence::Offline {
            on.push(On { node: node.to_owned(), state });
        }
        let now = combined(&on);
        if here != state {
            tell((before != now).then_some(now));
        }
        drop(on);
        self.0.remove_if(&account, |_, on| on.is_empty());
    }

    /// Everybody on a node.
    pub(super) fn of(&self, node: &str) -> Vec<(AccountId, Presence)> {
        let state = |on: &[On]| on.iter().find(|on| on.node == node).map(|on| on.state);
        self.0.iter().filter_map(|entry| state(entry.value()).map(|state| (*entry.key(), state))).collect()
    }

    /// Every node that somebody is on.
    fn nodes(&self) -> HashSet<String> {
        self.0.iter().flat_map(|entry| entry.value().iter().map(|on| on.node.clone()).collect::<Vec<_>>()).collect()
    }
}

impl Inner {
    /// Keeps the table true to the nodes that live. Never ends.
    pub(super) async fn keep_people(&self, mut joined: mpsc::Receiver<String>) {
        let mut line = self.link.watch();
        let mut known = HashSet::new();
        let mut last_seen = Instant::now();
        self.people_stale.store(true, Ordering::Relaxed);
        loop {
            if self.link.is_up() {
                // What fails here is done again at the next look.
                let _again = self.look(&mut known).await;
                last_seen = Instant::now();
            } else {
                // When Redis is back the others have ours anew, and we theirs.
                self.people_stale.store(true, Ordering::Relaxed);
                known.clear();
                if last_seen.elapsed() > LEASE {
                    self.drop_nodes(|_| true);
                }
            }
            tokio::select! {
                _change = line.changed() => (),
                () = tokio::time::sleep(LOOK_EVERY) => (),
                Some(node) = joined.recv() => { known.remove(&node); }
            }
        }
    }

    /// One look: renew our own people, drop those of nodes whose lease has lapsed, read those of nodes not read yet.
    async fn look(&self, known: &mut HashSet<String>) -> RedisResult<()> {
        if self.people_stale.swap(false, Ordering::Relaxed) {
            self.say(Said::Joined);
        }
        let mine = &self.names.node;
        let mut pipeline = redis::pipe();
        pipeline.sadd(&self.names.nodes, mine).ignore();
        pipeline.pexpire(self.names.people(mine), LEASE.as_millis() as i64);
        pipeline.smembers(&self.names.nodes);
        let (renewed, nodes): (bool, HashSet<String>) =
            self.link.ask(|mut connection| async move { pipeline.query_async(&mut connection).await }).await?;
        if !renewed && !self.people.of(mine).is_empty() {
            // Redis was emptied, or the hash lapsed.
            self.people_stale.store(true, Ordering::Relaxed);
        }
        let others: Vec<String> = nodes.union(&self.people.nodes()).filter(|node| *node != mine).cloned().collect();
        let alive = self.alive(&others).await?;
        let dead: Vec<&String> = others.iter().filter(|node| !alive.contains(*node)).collect();
        if !dead.is_empty() {
            let mut forget = redis::cmd("SREM");
            forget.arg(&self.names.nodes).arg(&dead);
            self.link.ask(|mut connection| async move { forget.query_async::<()>(&mut connection).await }).await?;
        }
        self.drop_nodes(|node| !alive.contains(node));
        known.retain(|node| alive.contains(node));
        for node in &alive {
            if !known.contains(node) && self.read_people(node).await? {
                known.insert(node.clone());
            }
        }
        Ok(())
    }

    /// Those of these nodes whose lease holds.
    async fn alive(&self, nodes: &[String]) -> RedisResult<HashSet<String>> {
        let mut pipeline = redis::pipe();
        nodes.iter().for_each(|node| {
            pipeline.exists(self.names.lease(node));
        });
        if nodes.is_empty() {
            return Ok(HashSet::new());
        }
        let lease: Vec<bool> =
            self.link.ask(|mut connection| async move { pipeline.query_async(&mut connection).await }).await?;
        Ok(nodes.iter().zip(lease).filter(|(_, lease)| *lease).map(|(node, _)| node.clone()).collect())
    }

    /// Reads a node's people. Says whether that is how they are: not if one of them changed meanwhile.
    async fn read_people(&self, node: &str) -> RedisResult<bool> {
        let changes = self.people_changes.load(Ordering::Relaxed);
        let mut read = redis::cmd("HGETALL");
        read.arg(self.names.people(node));
        let found: HashMap<String, String> =
            self.link.ask(|mut connection| async move { read.query_async(&mut connection).await }).await?;
        let person = |(account, state): (String, String)| {
            let state = if state == "online" { Presence::Online } else { Presence::Away };
            AccountId::parse(&account).ok().map(|account| (account, state))
        };
        self.replace_people(node, &found.into_iter().filter_map(person).collect());
        Ok(self.people_changes.load(Ordering::Relaxed) == changes)
    }

    /// A node's people are these and no others.
    fn replace_people(&self, node: &str, people: &HashMap<AccountId, Presence>) {
        for (account, _) in self.people.of(node) {
            if !people.contains_key(&account) {
                self.heard_presence(node, account, Presence::Offline);
            }
        }
        for (account, state) in people {
            self.heard_presence(node, *account, *state);
        }
    }

    /// Somebody is there or not, on another node.
    pub(super) fn heard_presence(&self, node: &str, account: AccountId, state: Presence) {
        self.people.set(node, account, state, |now| {
            if let Some(state) = now {
                self.tell_here(Signal::Presence { account, state });
            }
        });
    }

    /// The people of these other nodes are there no more.
    fn drop_nodes(&self, dead: impl Fn(&str) -> bool) {
        let nodes = self.people.nodes();
        for node in nodes.iter().filter(|node| **node != self.names.node && dead(node)) {
            self.replace_people(node, &HashMap::new());
        }
    }
}
