//! The bus on a real Redis that each test starts for itself, and kills, freezes and empties.

mod deaf;
mod world;

use super::*;
use crate::bus::Bus;
use handrail_domain::ids::ConversationId;
use std::time::{Duration, Instant};
use world::{Node, Redis, World, item_of, until};

fn typing() -> Signal {
    let (conversation, account) = (ConversationId::from_bits(fresh::bits()), AccountId::from_bits(fresh::bits()));
    Signal::Typing { conversation, account, on: true }
}

/// Both ways: what one says the other hears.
async fn hear_each_other(one: &mut Node, other: &mut Node) {
    for turn in 0..2 {
        let (from, to) = if turn == 0 { (&mut *one, &mut *other) } else { (&mut *other, &mut *one) };
        // A signal may be lost while a connection is being made again: say it until it is heard.
        let (said, began) = (typing(), Instant::now());
        loop {
            from.bus.signal(said.clone());
            if to.hears(&said).await {
                break;
            }
            assert!(began.elapsed() < world::LIMIT, "a signal never arrived");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hints_and_signals_cross_nodes_and_ones_own_is_heard_once() {
    let (redis, world) = (Redis::start().await, World::new().await);
    let (mut one, mut other) = (world.node(&redis.url()).await, world.node(&redis.url()).await);
    one.up().await;
    other.up().await;
    one.bus.committed(7);
    assert!(other.hears(&Signal::Log(7)).await, "the head of the log crosses");
    let said = typing();
    one.bus.signal(said.clone());
    assert!(other.hears(&said).await);
    // The next thing said comes back after this one: had it come twice, it would be among what was heard.
    let after = typing();
    other.bus.signal(after.clone());
    let heard = one.all_until(&after).await;
    assert_eq!(heard.iter().filter(|signal| **signal == said).count(), 1, "one's own signal is heard exactly once");
    assert!(!heard.contains(&Signal::Log(7)), "one's own head is no news");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_not_there_at_the_start_is_joined_when_it_comes() {
    let (mut redis, world) = (Redis::start().await, World::new().await);
    redis.kill();
    let mut node = world.node(&redis.url()).await;
    assert_eq!(node.bus.health(), BusHealth::Away);
    let held = world.hold(&node).await;
    assert_eq!(node.next_hint().await, held, "a held message reaches its watchers without Redis");
    redis.restart().await;
    node.up().await;
    world.stream_is_the_log(&redis).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_was_killed_is_heard_again_and_nothing_held_is_missed() {
    let (mut redis, world) = (Redis::start().await, World::new().await);
    let (mut one, mut other) = (world.node(&redis.url()).await, world.node(&redis.url()).await);
    one.up().await;
    other.up().await;
    let first = world.hold(&one).await;
    assert_eq!(one.next_hint().await, first);
    redis.kill();
    let killed = Instant::now();
    let unheard = world.hold(&one).await;
    assert_eq!(
        one.next_hint().await,
        unheard,
        "a change that was on its way when Redis died is passed on all the same"
    );
    one.away().await;
    assert!(killed.elapsed() < world::NOTICED, "a dead Redis was noticed after {:?}", killed.elapsed());
    other.away().await;
    let direct = world.hold(&one).await;
    assert_eq!(one.next_hint().await, direct);
    one.forget_signals();
    redis.restart().await;
    assert!(one.hears(&Signal::Log(HEAD_UNKNOWN)).await, "after a reconnect the node is told to read the log");
    one.up().await;
    other.up().await;
    hear_each_other(&mut one, &mut other).await;
    let last = world.hold(&one).await;
    assert_eq!(one.next_hint().await, last, "each change comes once and in order");
    for expected in [first, unheard, direct, last] {
        assert_eq!(other.next_hint().await, expected, "the other node misses none");
    }
    world.stream_is_the_log(&redis).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_was_emptied_gets_its_streams_back() {
    let (redis, world) = (Redis::start().await, World::new().await);
    let mut node = world.node(&redis.url()).await;
    node.up().await;
    for _ in 0..600 {
        world.hold(&node).await;
    }
    world.stream_is_the_log(&redis).await;
    redis.ask::<()>(&["FLUSHALL"]).await;
    world.stream_is_the_log(&redis).await;
    redis.ask::<()>(&["FLUSHALL"]).await;
    let last = world.hold(&node).await;
    world.stream_is_the_log(&redis).await;
    let mut offset = 0;
    while offset < last.offset {
        let hint = node.next_hint().await;
        assert_eq!(hint.offset, offset + 1, "the node hears each change once, whatever became of the stream");
        offset = hint.offset;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_somebody_changed_is_made_again() {
    let (redis, world) = (Redis::start().await, World::new().await);
    let node = world.node(&redis.url()).await;
    node.up().await;
    for _ in 0..3 {
        world.hold(&node).await;
    }
    world.stream_is_the_log(&redis).await;
    redis.ask::<()>(&["XTRIM", &world.stream(), "MAXLEN", "0"]).await;
    world.stream_is_the_log(&redis).await;
    redis.ask::<String>(&["XADD", &world.stream(), "99999999-5", "who", "knows"]).await;
    world.stream_is_the_log(&redis).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_redis_is_away_and_a_thawed_one_is_back() {
    let (redis, world) = (Redis::start().await, World::new().await);
    let (mut one, mut other) = (world.node(&redis.url()).await, world.node(&redis.url()).await);
    one.up().await;
    other.up().await;
    redis.signal("-STOP");
    let frozen = Instant::now();
    one.away().await;
    assert!(frozen.elapsed() < world::NOTICED, "a frozen Redis was noticed after {:?}", frozen.elapsed());
    let held = world.hold(&one).await;
    assert_eq!(one.next_hint().await, held);
    redis.signal("-CONT");
    one.up().await;
    other.up().await;
    hear_each_other(&mut one, &mut other).await;
    assert_eq!(other.next_hint().await, held);
    world.stream_is_the_log(&redis).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_cannot_be_written_is_away_and_not_empty() {
    let (redis, world) = (Redis::start().await, World::new().await);
    let mut node = world.node(&redis.url()).await;
    node.up().await;
    let first = world.hold(&node).await;
    assert_eq!(node.next_hint().await, first);
    world.stream_is_the_log(&redis).await;
    // Full, then a replica of nobody reachable: read-only.
    for (spoil, mend) in [
        (&["CONFIG", "SET", "maxmemory", "1"][..], &["CONFIG", "SET", "maxmemory", "0"][..]),
        (&["REPLICAOF", "127.0.0.1", "1"][..], &["REPLICAOF", "NO", "ONE"][..]),
    ] {
        redis.ask::<()>(spoil).await;
        node.away().await;
        let held = world.hold(&node).await;
        assert_eq!(node.next_hint().await, held);
        redis.ask::<()>(mend).await;
        node.up().await;
        world.stream_is_the_log(&redis).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_begins_with_the_older_items_that_are_still_open() {
    let world = World::new().await;
    let node = world.node("redis://127.0.0.1:1/").await;
    let mut held = Vec::new();
    for _ in 0..10 {
        held.push(world.hold(&node).await);
    }
    for closed in [1, 3, 8] {
        world.close(held[closed]).await;
    }
    // Thirteen changes; the last five are those of items 8 and 9, and the three closings.
    let site = world.site;
    let lines = world.store.read(move |record| relay::beginning(record, site, 5)).await.unwrap();
    let offsets: Vec<_> = lines.iter().map(|line| line.offset).collect();
    assert_eq!(offsets, [1, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    let whole = world.store.read(move |record| relay::beginning(record, site, 100)).await.unwrap();
    assert_eq!(whole.len(), 13);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_nodes_held_message_comes_by_the_stream_and_not_by_the_log() {
    let (redis, world) = (Redis::start().await, World::new().await);
    let (mut one, mut other) = (world.node(&redis.url()).await, world.node(&redis.url()).await);
    one.up().await;
    other.up().await;
    world.hold(&one).await;
    one.next_hint().await;
    other.next_hint().await;
    // By the log each would take up to two seconds.
    let began = Instant::now();
    for _ in 0..20 {
        let held = world.hold(&one).await;
        assert_eq!(other.next_hint().await, held);
    }
    assert!(began.elapsed() < Duration::from_secs(20), "20 took {:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_with_a_password_and_no_more_than_the_buss_own_keys_is_enough() {
    let (redis, world) = (Redis::start().await, World::new().await);
    redis
        .ask::<()>(&["ACL", "SETUSER", "bus", "on", ">sesame", "~handrail:*", "&handrail:*", "+@all", "-@dangerous"])
        .await;
    redis.ask::<()>(&["ACL", "SETUSER", "default", "off"]).await;
    let mut node = world.node(&redis.url().replace("redis://", "redis://bus:sesame@")).await;
    node.up().await;
    let held = world.hold(&node).await;
    assert_eq!(node.next_hint().await, held);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_without_tls_is_away_for_who_asks_for_tls() {
    let (redis, world) = (Redis::start().await, World::new().await);
    let mut node = world.node(&redis.url().replace("redis://", "rediss://")).await;
    let held = world.hold(&node).await;
    assert_eq!(node.next_hint().await, held);
    assert_eq!(node.bus.health(), BusHealth::Away);
    assert!(node.runs(), "it goes on trying");
}

#[tokio::test(flavor = "multi_thread")]
async fn racing_relays_add_each_change_once_and_in_order() {
    let (redis, world) = (Redis::start().await, World::new().await);
    let mut nodes = Vec::new();
    for _ in 0..3 {
        nodes.push(world.node(&redis.url()).await);
    }
    for node in &nodes {
        node.up().await;
    }
    for turn in 0..300 {
        let hint = world.hold(&nodes[turn % 3]).await;
        // Every node's relay is rung, as if each followed the log.
        nodes.iter().for_each(|node| node.bus.relay(hint));
    }
    world.stream_is_the_log(&redis).await;
    for node in &mut nodes {
        for offset in 1..=300 {
            assert_eq!(node.next_hint().await.offset, offset);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_subscription_is_made_again_and_the_log_is_read() {
    let (redis, world) = (Redis::start().await, World::new().await);
    let (mut one, mut other) = (world.node(&redis.url()).await, world.node(&redis.url()).await);
    one.up().await;
    other.up().await;
    for _ in 0..3 {
        one.forget_signals();
        until("both are subscribed", async || redis.subscribers(&world).await == 2).await;
        redis.ask::<i64>(&["CLIENT", "KILL", "TYPE", "pubsub"]).await;
        assert!(one.hears(&Signal::Log(HEAD_UNKNOWN)).await);
        one.up().await;
        other.up().await;
        hear_each_other(&mut one, &mut other).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_that_looks_well_and_brings_nothing_is_found_out() {
    let (redis, world) = (Redis::start().await, World::new().await);
    let way = deaf::DeafWay::to(redis.port()).await;
    let mut node = world.node(&way.url()).await;
    node.up().await;
    let struck = Instant::now();
    way.strike(true);
    node.away().await;
    assert!(struck.elapsed() < world::NOTICED, "it was found out after {:?}", struck.elapsed());
    node.forget_signals();
    way.strike(false);
    assert!(node.hears(&Signal::Log(HEAD_UNKNOWN)).await);
    node.up().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_supervisor_channel_says_which_item_and_never_what_was_written() {
    let (redis, world) = (Redis::start().await, World::new().await);
    let node = world.node(&redis.url()).await;
    node.up().await;
    let hint = world.hold(&node).await;
    world.stream_is_the_log(&redis).await;
    let entries: redis::streams::StreamRangeReply = redis.ask(&["XRANGE", &world.stream(), "-", "+"]).await;
    let entry = &entries.ids[0];
    assert_eq!(entry.id, format!("{}-0", hint.n));
    let mut fields: Vec<&str> = entry.map.keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["at", "item", "kind", "n", "offset", "severity", "state", "version"]);
    let value = |field| entry.get::<String>(field).unwrap();
    assert_eq!(
        (value("item"), value("kind"), value("version")),
        (item_of(hint).to_string(), "hold".into(), "1".into())
    );
    assert_eq!((value("severity"), value("state")), ("high".into(), "waiting".into()));
    let all: Vec<String> = redis.ask(&["KEYS", "*"]).await;
    assert!(all.iter().all(|key| key.starts_with(&format!("handrail:{}:", world.store.epoch()))), "{all:?}");
    let everything = format!("{entries:?}");
    assert!(!everything.contains(world::TEXT) && !everything.contains(world::NAME), "text or name in {everything}");
}

#[tokio::test(flavor = "multi_thread")]
async fn presence_is_that_of_all_nodes_and_a_dead_nodes_people_leave_with_its_lease() {
    let (redis, world) = (Redis::start().await, World::new().await);
    let (mut one, two) = (world.node(&redis.url()).await, world.node(&redis.url()).await);
    one.up().await;
    two.up().await;
    let (ann, bob) = (AccountId::from_bits(1), AccountId::from_bits(2));
    one.bus.set_presence(ann, Presence::Online);
    two.bus.set_presence(ann, Presence::Away);
    two.bus.set_presence(bob, Presence::Away);
    until("bob is seen from the other node", async || one.bus.presence(bob) == Presence::Away).await;
    let joined = world.node(&redis.url()).await;
    until("who joins reads who is there", async || {
        joined.bus.presence(ann) == Presence::Online && joined.bus.presence(bob) == Presence::Away
    })
    .await;
    one.bus.set_presence(ann, Presence::Offline);
    until("one device less is not away", async || joined.bus.presence(ann) == Presence::Away).await;
    assert_eq!(one.bus.presence(ann), Presence::Away, "still there on the other node");
    one.forget_signals();
    two.die().await;
    assert!(one.hears(&Signal::Presence { account: bob, state: Presence::Offline }).await);
    until("all of them are gone", async || {
        joined.bus.presence(bob) == Presence::Offline && joined.bus.presence(ann) == Presence::Offline
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn presence_outlives_an_emptied_redis() {
    let (redis, world) = (Redis::start().await, World::new().await);
    let node = world.node(&redis.url()).await;
    node.up().await;
    let ann = AccountId::from_bits(1);
    node.bus.set_presence(ann, Presence::Online);
    redis.ask::<()>(&["FLUSHALL"]).await;
    until("the node has written its people anew", async || {
        let keys: Vec<String> = redis.ask(&["KEYS", "*:people:*"]).await;
        keys.len() == 1
    })
    .await;
    let joined = world.node(&redis.url()).await;
    until("who joins reads who is there", async || joined.bus.presence(ann) == Presence::Online).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_a_frozen_redis_and_nothing_piles_up() {
    let (redis, world) = (Redis::start().await, World::new().await);
    let node = world.node(&redis.url()).await;
    node.up().await;
    redis.signal("-STOP");
    let began = Instant::now();
    for n in 1..=20_000 {
        node.bus.committed(n);
        node.bus.signal(typing());
        node.bus.set_presence(AccountId::from_bits(1), Presence::Online);
    }
    assert!(began.elapsed() < world::NOTICED, "20,000 of each took {:?}", began.elapsed());
    redis.signal("-CONT");
    node.up().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_url_is_refused_with_advice_and_without_its_password() {
    let world = World::new().await;
    for url in ["", "localhost", "http://localhost", "redis://user:sesame@host:port/0", "redis://:sesame@host/x"] {
        let error = RedisBus::connect(url, world.store.clone()).await.map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("write redis://HOST:PORT/DB"), "{error}");
        assert!(!error.contains("sesame"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bus_of_one_node_and_of_many_end_when_the_node_exits() {
    let (redis, world) = (Redis::start().await, World::new().await);
    for bus in [
        Bus::Local(crate::bus::LocalBus::default()),
        Bus::Redis(RedisBus::connect(&redis.url(), world.store.clone()).await.unwrap()),
    ] {
        let exit = CancellationToken::new();
        let running = tokio::spawn({
            let (bus, exit) = (bus.clone(), exit.clone());
            async move { bus.run(exit).await }
        });
        until("the bus is up", async || bus.health() == BusHealth::Ok).await;
        exit.cancel();
        tokio::time::timeout(world::LIMIT, running).await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_is_kept_in_its_stream_once_and_the_newest_one_waits_out_an_outage() {
    let (mut redis, world) = (Redis::start().await, World::new().await);
    let (one, other) = (world.node(&redis.url()).await, world.node(&redis.url()).await);
    one.up().await;
    other.up().await;
    let stream = format!("handrail:{}:checkpoint", world.store.epoch());
    let ids = async |redis: &Redis| -> Vec<(String, String)> {
        let found: redis::streams::StreamRangeReply = redis.ask(&["XRANGE", &stream, "-", "+"]).await;
        found.ids.iter().map(|entry| (entry.id.clone(), entry.get::<String>("note").unwrap_or_default())).collect()
    };
    one.bus.checkpoint(5, "five");
    until("it is there", async || ids(&redis).await.len() == 1).await;
    other.bus.checkpoint(5, "five");
    other.bus.checkpoint(6, "six");
    until("the next is there", async || ids(&redis).await.len() == 2).await;
    assert_eq!(ids(&redis).await, [("5-0".into(), "five".into()), ("6-0".into(), "six".into())]);
    redis.kill();
    one.away().await;
    one.bus.checkpoint(7, "seven");
    one.bus.checkpoint(8, "eight");
    redis.restart().await;
    until("the newest is there", async || ids(&redis).await == [("8-0".to_owned(), "eight".to_owned())]).await;
}
