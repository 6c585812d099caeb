//! Two nodes and a crowd, while what they lean on is taken from one of them, or from both.

use crate::crowd::{Crowd, Ground, any, rounds};
use crate::operate::pack;
use crate::outage::{Proxy, Wire, becomes};
use crate::postgres::Postgres;
use crate::process::{PATIENCE, Server};
use crate::world::Redis;
use std::time::Duration;
use tokio::time::sleep;

#[tokio::test(flavor = "multi_thread")]
async fn nodes_whose_redis_cuts_its_listeners_off_or_forgets_everything_lose_nothing() {
    let (mut database, mut redis) = (Postgres::start(), Redis::start());
    let ground = Ground::on_postgres(&mut database, &redis.as_bus()).await;
    let nodes = [ground.serve(), ground.serve()];
    let crowd = Crowd::gather_at(&ground, &nodes.each_ref());
    for _ in 0..rounds(1, 20) {
        for _ in 0..5 {
            crowd.talk(5, PATIENCE).await;
            assert!(redis.ask("CLIENT KILL TYPE pubsub").contains(':'));
            sleep(Duration::from_millis(any(300))).await;
        }
        assert!(redis.ask("FLUSHALL").contains("+OK"));
        crowd.talk(10, PATIENCE).await;
        redis.kill();
        both_become(&nodes, "degraded").await;
        crowd.talk(20, PATIENCE).await;
        // Another one at that address, with nothing in it.
        redis.restart();
        both_become(&nodes, "ok").await;
        crowd.talk(10, PATIENCE).await;
    }
    crowd.settle(&nodes[1]).await;
}

async fn both_become(nodes: &[Server; 2], want: &str) {
    for node in nodes {
        becomes(node, want).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_cut_off_from_redis_goes_on_from_the_log() {
    let (mut database, redis) = (Postgres::start(), Redis::start());
    let proxy = Proxy::before(redis.port()).await;
    let ground = Ground::on_postgres(&mut database, &redis.as_bus()).await;
    let apart = ground.another(&format!(":{}/", redis.port()), &format!(":{}/", proxy.address.port()));
    let nodes = [ground.serve(), Server::serve(&apart)];
    both_become(&nodes, "ok").await;
    let crowd = Crowd::gather_at(&ground, &nodes.each_ref());
    for _ in 0..rounds(1, 20) {
        for cut in [Wire::Hold, Wire::Reset] {
            crowd.talk(10, PATIENCE).await;
            proxy.turn(cut);
            becomes(&nodes[1], "degraded").await;
            crowd.talk(40, PATIENCE).await;
            proxy.turn(Wire::Pass);
            becomes(&nodes[1], "ok").await;
        }
    }
    crowd.talk(10, PATIENCE).await;
    crowd.settle(&nodes[1]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_cut_off_from_the_database_says_so_and_the_other_goes_on() {
    let (mut database, redis) = (Postgres::start(), Redis::start());
    let proxy = Proxy::before(database.port()).await;
    let ground = Ground::on_postgres(&mut database, &redis.as_bus()).await;
    let apart = ground.another(&format!(":{}/", database.port()), &format!(":{}/", proxy.address.port()));
    let nodes = [ground.serve(), Server::serve(&apart)];
    both_become(&nodes, "ok").await;
    let crowd = Crowd::gather_at(&ground, &nodes.each_ref());
    for _ in 0..rounds(1, 20) {
        for cut in [Wire::Hold, Wire::Reset] {
            crowd.talk(10, PATIENCE).await;
            proxy.turn(cut);
            becomes(&nodes[1], "unavailable").await;
            // What it had locked is free again when the database gives its sessions up, in ten seconds.
            crowd.talk(20, 2 * PATIENCE).await;
            proxy.turn(Wire::Pass);
            becomes(&nodes[1], "ok").await;
            crowd.talk(10, PATIENCE).await;
        }
    }
    crowd.settle(&nodes[1]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_rules_judge_on_every_node() {
    // Two servers compile every pack at once, unoptimised.
    const WITHIN: Duration = Duration::from_secs(90);
    let (mut database, redis) = (Postgres::start(), Redis::start());
    let ground = Ground::on_postgres(&mut database, &redis.as_bus()).await;
    let nodes = [ground.serve(), ground.serve()];
    std::fs::write(ground.pack().with_file_name("newt.toml"), pack("newt", "newt")).expect("a pack");
    let who = ground.person("mentee1");
    for (at, node) in nodes.iter().enumerate() {
        node.hear("new rules judge", WITHIN).await;
        let mut wire = super::presence::open(node, &ground, "mentee1").await;
        let said = wire.send(&who.conversation, &format!("newt{at}"), "look, a newt").await.expect("an answer");
        assert_eq!(said["status"], "held", "{said}");
    }
}
