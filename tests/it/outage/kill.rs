//! A server that is killed at any moment, again and again, with everybody talking.

use crate::crowd::{Crowd, Ground, any, rounds};
use crate::postgres::Postgres;
use crate::process::PATIENCE;
use crate::web;
use crate::world::Redis;
use handrail::app::{Node, listen, open};
use handrail::config::Config;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::sleep;

async fn killed_again_and_again(ground: &Ground) {
    let mut server = ground.serve();
    let crowd = Crowd::gather(ground, &server);
    for _ in 0..rounds(4, 50) {
        crowd.talk(10, PATIENCE).await;
        sleep(Duration::from_millis(any(700))).await;
        server.kill();
        server = ground.serve();
        crowd.follow(&server);
    }
    crowd.talk(10, PATIENCE).await;
    let (history, after) = crowd.settle(&server).await;
    assert!(history.seen.len() > 50 && !after.items.is_empty(), "hardly anything happened: {}", history.seen.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_loses_nothing_that_it_acknowledged_and_repeats_nothing() {
    killed_again_and_again(&Ground::new("")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_while_a_server_starts_waits_and_is_not_turned_away() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = Config::demo(folder.path(), SocketAddr::from(([127, 0, 0, 1], 0))).expect("loopback");
    let listener = listen(&config).expect("it listens");
    let address = listener.local_addr().expect("its address");
    let early = tokio::spawn(async move { web::ask(address, "GET", "/health/ready", &[], "").await });
    let chat = open(&config).await.expect("the record opens");
    assert!(!early.is_finished(), "nobody can have answered");
    let node = Node::start(config, chat, listener).await.expect("the node starts");
    assert_eq!(early.await.expect("an answer").status, 200);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_over_redis_loses_nothing_either() {
    let redis = Redis::start();
    killed_again_and_again(&Ground::new(&redis.as_bus())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_over_postgres_loses_nothing_either() {
    let mut database = Postgres::start();
    killed_again_and_again(&Ground::on_postgres(&mut database, "").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_nodes_either_may_be_killed_and_nothing_is_lost_or_said_twice() {
    let (mut database, redis) = (Postgres::start(), Redis::start());
    let ground = Ground::on_postgres(&mut database, &redis.as_bus()).await;
    let mut nodes = [ground.serve(), ground.serve()];
    let crowd = Crowd::gather_at(&ground, &nodes.each_ref());
    for round in 0..rounds(4, 50) {
        crowd.talk(10, PATIENCE).await;
        sleep(Duration::from_millis(any(700))).await;
        let at = round % 2;
        let before = std::mem::replace(&mut nodes[at], ground.serve());
        crowd.follow_at(at, &nodes[at]);
        before.kill();
    }
    crowd.talk(10, PATIENCE).await;
    crowd.settle(&nodes[0]).await;
}
