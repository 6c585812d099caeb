//! A server that is frozen past a lease: whoever held a claim there has lost it, and loses cleanly when it wakes.

use super::clock::FakeClock;
use crate::crowd::{Ground, HELD_WORD, rounds, skipped};
use crate::history::{History, faults, read_back};
use crate::postgres::Postgres;
use crate::process::{PATIENCE, Server, Wire, http, word};
use crate::world::Redis;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// A little longer than a claim lasts.
const PAST_A_LEASE: Duration = Duration::from_secs(125);

async fn open(server: &Server, ground: &Ground, name: &str) -> Wire {
    Wire::open(server.address, &ground.person(name).token, None).await.expect("it listens")
}

/// A held message's item, claimed by somebody on that server. Gives the id, the version, and the socket that has it.
async fn claimed(server: &Server, ground: &Ground, cid: &str) -> (Value, u64, Wire) {
    let mentee = ground.person("mentee1");
    let held = open(server, ground, "mentee1").await.send(&mentee.conversation, cid, &format!("a {HELD_WORD}")).await;
    let held = held.expect("an answer");
    assert_eq!(held["status"], "held", "{held}");
    let staff = ground.person("supervisor1");
    let path = format!("/api/queues/{}/items?limit=200", staff.site);
    let (_, body) = http(server.address, "GET", &path, &staff.token, "").await;
    let page: Value = serde_json::from_str(&body).expect("JSON");
    let items = page["items"].as_array().expect("items");
    let item = items.iter().find(|item| item["message"] == held["message"]).expect("its item")["item"].clone();
    let mut wire = open(server, ground, "supervisor1").await;
    let taken = wire.ask(json!({"op": "claim", "item": item})).await;
    assert_eq!(taken["op"], "ok", "{taken}");
    (item, taken["item"]["version"].as_u64().expect("a version"), wire)
}

fn release(item: &Value, version: u64) -> Value {
    json!({"op": "decide", "item": item, "version": version, "decision": {"kind": "release"}})
}

/// Nothing of it was delivered, and the record agrees with itself.
async fn nothing_was_released(server: &Server, ground: &Ground) {
    let after = read_back(server.address, &ground.record, &ground.all).await;
    assert!(after.pages.values().flatten().all(|shown| !shown.text.contains(HELD_WORD)), "it was released");
    // Which items can be taken is not asked here.
    let found = faults(&History::default(), &after);
    let found: Vec<_> = found.iter().filter(|fault| !fault.contains("nobody can take it")).collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_that_was_on_its_way_to_a_frozen_server_past_the_lease_is_refused() {
    let clock = FakeClock::new();
    // Without a clock that can be set, only the long form has the time.
    if clock.is_none() && rounds(0, 1) == 0 {
        return skipped("a frozen server", "libfaketime is not here (Debian's package `faketime`)");
    }
    let ground = Ground::new("");
    let server = match &clock {
        Some(clock) => clock.serve(&ground.config),
        None => ground.serve(),
    };
    let (item, version, mut wire) = claimed(&server, &ground, "frozen").await;
    server.freeze().await;
    // It lies in the server's own buffers while that sleeps.
    let id = wire.put(release(&item, version)).await;
    match &clock {
        Some(clock) => clock.set("+3m"),
        None => sleep(PAST_A_LEASE).await,
    }
    server.signal("CONT");
    let late = wire.answer(id).await.expect("an answer");
    let code = word(&late["code"]);
    assert!(["not_claimed", "stale_version"].contains(&code.as_str()), "{late}");
    assert_eq!(late["item"]["item"], item, "it carries the item as it is: {late}");
    nothing_was_released(&server, &ground).await;
    let again = wire.ask(json!({"op": "claim", "item": item})).await;
    let version = again["item"]["version"].as_u64().expect("a version");
    assert_eq!(wire.ask(release(&item, version)).await["op"], "ok", "it is free to claim, and decided as ever");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_froze_past_a_lease_loses_to_the_one_that_went_on() {
    let redis = Redis::start();
    overtaken(&Ground::new(&redis.as_bus())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_over_postgres_that_froze_past_a_lease_loses_as_well() {
    let (mut database, redis) = (Postgres::start(), Redis::start());
    overtaken(&Ground::on_postgres(&mut database, &redis.as_bus()).await).await;
}

/// One node freezes with a claim and a decision on its way; another goes on.
async fn overtaken(ground: &Ground) {
    let clock = FakeClock::new();
    if clock.is_none() && rounds(0, 1) == 0 {
        return skipped("a frozen node of two", "libfaketime is not here (Debian's package `faketime`)");
    }
    let frozen = ground.serve();
    let (item, version, mut late) = claimed(&frozen, ground, "frozen").await;
    frozen.freeze().await;
    let id = late.put(release(&item, version)).await;
    // The other node's clock is past the lease, or comes to be.
    let other = match &clock {
        Some(clock) => {
            clock.set("+3m");
            clock.serve(&ground.config)
        }
        None => ground.serve(),
    };
    let mut fast = open(&other, ground, "supervisor2").await;
    let patience = Instant::now() + if clock.is_some() { PATIENCE } else { PAST_A_LEASE + PATIENCE };
    let taken = loop {
        let taken = fast.ask(json!({"op": "claim", "item": item})).await;
        if taken["op"] == "ok" {
            break taken;
        }
        assert!(Instant::now() < patience, "it is never free: {taken}");
        sleep(Duration::from_millis(100)).await;
    };
    let version = taken["item"]["version"].as_u64().expect("a version");
    let reject = json!({"kind": "reject", "reason": "other", "note": "not like this"});
    let decided = fast.ask(json!({"op": "decide", "item": item, "version": version, "decision": reject})).await;
    assert_eq!(decided["op"], "ok", "{decided}");
    frozen.signal("CONT");
    let lost = late.answer(id).await.expect("an answer");
    assert_eq!(lost["op"], "err", "both won: {lost}");
    let other_one = ground.person("supervisor2").account;
    let holder = [&lost["item"]["decided_by"]["account"], &lost["item"]["claimed_by"]["account"]];
    assert!(holder.iter().any(|holder| word(holder) == other_one), "it says who was faster: {lost:#}");
    let patience = Instant::now() + PATIENCE;
    while read_back(other.address, &ground.record, &ground.all).await.items.iter().any(|one| one.outcome != "rejected")
    {
        assert!(Instant::now() < patience, "it never took effect");
        sleep(Duration::from_millis(100)).await;
    }
    nothing_was_released(&other, ground).await;
}
