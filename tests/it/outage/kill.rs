//! A server that is killed at any moment, again and again, with everybody talking.

use crate::crowd::{Crowd, Ground, any, rounds};
use crate::process::PATIENCE;
use crate::world::Redis;
use std::time::Duration;
use tokio::time::sleep;

async fn killed_again_and_again(more: &str) {
    let ground = Ground::new(more);
    let mut server = ground.serve();
    let crowd = Crowd::gather(&ground, &server);
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
    killed_again_and_again("").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_over_redis_loses_nothing_either() {
    let redis = Redis::start();
    killed_again_and_again(&format!("[bus]\nredis = \"{}\"\n", redis.url())).await;
}
