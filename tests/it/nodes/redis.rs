//! The Redis that nodes talk over, as operators have it: behind Sentinels, switched by hand, or of a kind that cannot be used.

use super::presence::open;
use crate::crowd::{Crowd, Ground, HELD_WORD, rounds};
use crate::outage::becomes;
use crate::postgres::Postgres;
use crate::process::{PATIENCE, Server};
use crate::world::{Redis, free_port};
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// A Sentinel that watches this primary under the name `chat`, once it knows the replica too.
async fn sentinel(primary: &Redis) -> Redis {
    let port = free_port();
    let watched = format!(
        "sentinel monitor chat 127.0.0.1 {} 1\nsentinel down-after-milliseconds chat 1000\n\
         sentinel failover-timeout chat 3000\n",
        primary.port()
    );
    let sentinel = Redis::sentinel(port, &watched);
    let patience = Instant::now() + PATIENCE;
    while !sentinel.ask("INFO sentinel").contains("slaves=1") {
        assert!(Instant::now() < patience, "the Sentinel never found the replica: {}", sentinel.ask("INFO sentinel"));
        sleep(Duration::from_millis(100)).await;
    }
    sentinel
}

/// A supervisor who watches on one node is told of what is held on the other.
async fn the_channel_crosses(nodes: &[Server; 2], ground: &Ground, cid: &str) {
    let staff = ground.person("supervisor1");
    let mut watching = open(&nodes[1], ground, "supervisor1").await;
    assert_eq!(watching.ask(json!({"op": "watch", "queue": staff.site})).await["op"], "ok");
    let mentee = ground.person("mentee1");
    let mut says = open(&nodes[0], ground, "mentee1").await;
    let held = says.send(&mentee.conversation, cid, &format!("a {HELD_WORD}")).await.expect("an answer");
    while watching.next().await.expect("the new item")["item"]["message"] != held["message"] {}
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_behind_sentinels_follow_the_primary_over_a_failover() {
    let mut database = Postgres::start();
    for _ in 0..rounds(1, 5) {
        let mut primary = Redis::start();
        let replica = Redis::start_with(&["--replicaof", "127.0.0.1", &primary.port().to_string()]);
        let sentinel = sentinel(&primary).await;
        let bus = format!("[bus]\nredis = \"redis+sentinel://127.0.0.1:{}/chat\"\n", sentinel.port());
        let ground = Ground::on_postgres(&mut database, &bus).await;
        let nodes = [ground.serve(), ground.serve()];
        for node in &nodes {
            becomes(node, "ok").await;
        }
        let crowd = Crowd::gather_at(&ground, &nodes.each_ref());
        crowd.talk(20, PATIENCE).await;
        primary.kill();
        becomes(&nodes[0], "degraded").await;
        crowd.talk(20, PATIENCE).await;
        for node in &nodes {
            becomes(node, "ok").await;
        }
        assert!(replica.ask("ROLE").contains("master"), "the replica was made the primary");
        crowd.talk(20, PATIENCE).await;
        crowd.settle(&nodes[1]).await;
        the_channel_crosses(&nodes, &ground, "after").await;
    }
}

/// A primary that is made a replica takes no writes and still answers: to a node it is away, not empty.
#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_is_made_a_replica_counts_as_away_until_it_is_one_again() {
    let (mut database, redis, other) = (Postgres::start(), Redis::start(), Redis::start());
    let ground = Ground::on_postgres(&mut database, &redis.as_bus()).await;
    let nodes = [ground.serve(), ground.serve()];
    let crowd = Crowd::gather_at(&ground, &nodes.each_ref());
    for _ in 0..rounds(1, 10) {
        crowd.talk(20, PATIENCE).await;
        // It takes over the other's emptiness as well.
        assert!(redis.ask(&format!("REPLICAOF 127.0.0.1 {}", other.port())).contains("+OK"));
        for node in &nodes {
            becomes(node, "degraded").await;
        }
        crowd.talk(20, PATIENCE).await;
        assert!(redis.ask("REPLICAOF NO ONE").contains("+OK"));
        for node in &nodes {
            becomes(node, "ok").await;
        }
        crowd.talk(20, PATIENCE).await;
    }
    crowd.settle(&nodes[1]).await;
    the_channel_crosses(&nodes, &ground, "after").await;
}

#[test]
fn a_redis_in_cluster_mode_is_refused_with_what_to_do() {
    let redis = Redis::start_with(&["--cluster-enabled", "yes"]);
    match Server::try_serve(&Ground::new(&redis.as_bus()).config) {
        Ok(server) => panic!("it starts:\n{}", server.said()),
        Err((ended, said)) => {
            assert_eq!(ended.code(), Some(1), "{said}");
            for word in ["cluster mode", "cluster-enabled no", "redis+sentinel://"] {
                assert!(said.contains(word), "it does not say {word:?}:\n{said}");
            }
        }
    }
}
