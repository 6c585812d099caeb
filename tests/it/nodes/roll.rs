//! A rolling restart: one node after the other is asked to stop and replaced, with everybody talking.

use crate::crowd::{Crowd, Ground, rounds};
use crate::postgres::Postgres;
use crate::process::PATIENCE;
use crate::world::Redis;
use std::time::{Duration, Instant};

/// A node is gone within that time after it was asked to stop.
const GONE_WITHIN: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_are_replaced_one_by_one_lose_and_repeat_nothing() {
    let (mut database, redis) = (Postgres::start(), Redis::start());
    let ground = Ground::on_postgres(&mut database, &redis.as_bus()).await;
    let mut nodes = [ground.serve(), ground.serve()];
    let crowd = Crowd::gather_at(&ground, &nodes.each_ref());
    for round in 0..rounds(2, 10) {
        crowd.talk(20, PATIENCE).await;
        let at = round % 2;
        // As a load balancer does, whoever comes is led to the other node from now on.
        crowd.follow_at(at, &nodes[1 - at]);
        nodes[at].terminate();
        crowd.talk(20, PATIENCE).await;
        let asked = Instant::now();
        let before = std::mem::replace(&mut nodes[at], ground.serve());
        let (ended, said) = before.ended_saying();
        assert_eq!(ended.code(), Some(0), "{said}");
        assert!(asked.elapsed() < GONE_WITHIN && !said.contains("cut off"), "{said}");
        crowd.follow_at(at, &nodes[at]);
    }
    crowd.talk(20, PATIENCE).await;
    let (history, _) = crowd.settle(&nodes[0]).await;
    assert!(history.seen.len() > 50, "hardly anything happened: {}", history.seen.len());
}
