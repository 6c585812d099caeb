//! Who is there, over several nodes: a dead node's people go together, and who comes back elsewhere was never gone.

use crate::crowd::{Ground, HELD_WORD};
use crate::postgres::Postgres;
use crate::process::{PATIENCE, Server, Wire, http, word};
use crate::world::Redis;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Within ten seconds a dead node's people are offline; the rest is patience with a busy machine.
const GONE_WITHIN: Duration = Duration::from_secs(15);
/// Longer than anybody is waited for before they count as gone.
const PAST_ALL_WAITS: Duration = Duration::from_secs(13);

pub(super) async fn open(server: &Server, ground: &Ground, name: &str) -> Wire {
    let patience = Instant::now() + PATIENCE;
    loop {
        match Wire::open(server.address, &ground.person(name).token, None).await {
            Some(wire) => return wire,
            None => assert!(Instant::now() < patience, "{name} does not get in"),
        }
    }
}

/// Waits until a wire is told that somebody is in that state. Gives when.
async fn told(wire: &mut Wire, ground: &Ground, who: &str, state: &str) -> Instant {
    let account = ground.person(who).account;
    loop {
        let frame = wire.next().await.unwrap_or_else(|| panic!("nobody says that {who} is {state}"));
        if frame["op"] == "presence" && frame["account"] == account && frame["state"] == state {
            return Instant::now();
        }
    }
}

/// For a while nobody says that somebody is offline.
async fn nobody_goes(wire: &mut Wire, within: Duration) {
    let until = Instant::now() + within;
    while let Some(frame) = wire.next_within(until.saturating_duration_since(Instant::now())).await {
        assert!(frame["op"] != "presence" || frame["state"] != "offline", "a flicker: {frame}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_nodes_people_go_offline_together_and_who_comes_back_elsewhere_never_went() {
    let (mut database, redis) = (Postgres::start(), Redis::start());
    let ground = Ground::on_postgres(&mut database, &redis.as_bus()).await;
    let (dying, staying) = (ground.serve(), ground.serve());
    let mut mentors = Vec::new();
    let mut mentees = Vec::new();
    for pair in 1..=3 {
        mentors.push(open(&staying, &ground, &format!("mentor{pair}")).await);
        mentees.push(open(&dying, &ground, &format!("mentee{pair}")).await);
        told(&mut mentors[pair - 1], &ground, &format!("mentee{pair}"), "online").await;
    }
    // The third moves while both nodes live, the second because its node died.
    let moved = open(&staying, &ground, "mentee3").await;
    drop(mentees.pop());
    let killed = Instant::now();
    dying.kill();
    let fled = open(&staying, &ground, "mentee2").await;
    let (first, rest) = mentors.split_at_mut(1);
    let (second, third) = rest.split_at_mut(1);
    let (gone, (), ()) = tokio::join!(
        told(&mut first[0], &ground, "mentee1", "offline"),
        nobody_goes(&mut second[0], PAST_ALL_WAITS),
        nobody_goes(&mut third[0], PAST_ALL_WAITS),
    );
    assert!(gone - killed < GONE_WITHIN, "it took {:?}", gone - killed);
    // They were listened to all the while: when these go for good, it is heard.
    drop((moved, fled));
    told(&mut second[0], &ground, "mentee2", "offline").await;
    told(&mut third[0], &ground, "mentee3", "offline").await;
}

/// A held message's item, claimed by that supervisor. Gives the item.
pub(super) async fn claim(server: &Server, ground: &Ground, wire: &mut Wire, cid: &str) -> Value {
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
    let taken = wire.ask(json!({"op": "claim", "item": item})).await;
    assert_eq!(taken["op"], "ok", "{taken}");
    item
}

/// Somebody else tries to take it, and is told that it is held.
pub(super) async fn is_still_held(server: &Server, ground: &Ground, item: &Value) {
    let refused = open(server, ground, "supervisor2").await.ask(json!({"op": "claim", "item": item})).await;
    assert_eq!(word(&refused["code"]), "claimed_by_other", "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_stay_with_who_left_one_node_and_is_there_on_another() {
    let (mut database, redis) = (Postgres::start(), Redis::start());
    let ground = Ground::on_postgres(&mut database, &redis.as_bus()).await;
    let (one, other) = (ground.serve(), ground.serve());
    let left = open(&one, &ground, "supervisor1").await;
    let mut stays = open(&other, &ground, "supervisor1").await;
    let item = claim(&other, &ground, &mut stays, "kept").await;
    drop(left);
    sleep(PAST_ALL_WAITS).await;
    is_still_held(&other, &ground, &item).await;
    // Gone from there as well, they are given back.
    drop(stays);
    let patience = Instant::now() + PATIENCE;
    let mut next = open(&one, &ground, "supervisor2").await;
    while next.ask(json!({"op": "claim", "item": item})).await["op"] != "ok" {
        assert!(Instant::now() < patience, "nobody gave it back");
        sleep(Duration::from_millis(200)).await;
    }
}
