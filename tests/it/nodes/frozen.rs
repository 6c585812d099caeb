//! A node that is frozen past its leases and thawed: it takes nothing for true that it knew before.

use super::presence::{claim, is_still_held, open};
use crate::crowd::{Crowd, Ground, rounds};
use crate::postgres::Postgres;
use crate::process::PATIENCE;
use crate::world::Redis;
use std::time::Duration;
use tokio::time::sleep;

/// Longer than a node's lease, than the database waits for a transaction that does nothing, and than anybody may be away; and
/// twice of it is short enough that a client of this test, which says nothing meanwhile, is not given up after 35 s.
const PAST_LEASES: Duration = Duration::from_secs(12);
/// What the long form plays: nobody waits for a node that is away for so long.
const LONG_FROST: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_froze_past_its_leases_gives_nothing_back_that_is_held_elsewhere() {
    let (mut database, redis) = (Postgres::start(), Redis::start());
    let ground = Ground::on_postgres(&mut database, &redis.as_bus()).await;
    let (frozen, other) = (ground.serve(), ground.serve());
    // They left the first node, which freezes before it could say that they are gone.
    drop(open(&frozen, &ground, "supervisor1").await);
    sleep(Duration::from_millis(500)).await;
    frozen.signal("STOP");
    let mut stays = open(&other, &ground, "supervisor1").await;
    let item = claim(&other, &ground, &mut stays, "kept").await;
    sleep(PAST_LEASES).await;
    frozen.signal("CONT");
    sleep(PAST_LEASES).await;
    is_still_held(&other, &ground, &item).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_froze_and_thawed_amid_a_crowd_loses_and_repeats_nothing() {
    let (mut database, redis) = (Postgres::start(), Redis::start());
    let ground = Ground::on_postgres(&mut database, &redis.as_bus()).await;
    let nodes = [ground.serve(), ground.serve()];
    let crowd = Crowd::gather_at(&ground, &nodes.each_ref());
    for round in 0..rounds(1, 10) {
        crowd.talk(20, PATIENCE).await;
        let frozen = &nodes[round % 2];
        frozen.signal("STOP");
        // The other node's people talk on; what the frozen one had locked is free again after ten seconds.
        crowd.talk(20, PATIENCE).await;
        sleep(if round > 0 { LONG_FROST } else { PAST_LEASES }).await;
        frozen.signal("CONT");
        crowd.talk(40, 2 * PATIENCE).await;
    }
    crowd.settle(&nodes[0]).await;
}
