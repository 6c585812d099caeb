//! Redis that dies, forgets, or is at the other end of a wire that carries nothing. It never holds the only copy.

use super::{Proxy, Wire, becomes, open_files, ready};
use crate::crowd::{Crowd, Ground, any, rounds};
use crate::process::{PATIENCE, Server, http, word};
use crate::world::Redis;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Open files that there may be more of while Redis is away: connections that are being tried and given up.
const MORE_MAX: usize = 16;

/// Waits until every open item is in the supervisor channel: the stream of that queue in Redis.
async fn channel_is_whole(ground: &Ground, server: &Server, redis: &Redis) {
    let staff = ground.person("supervisor1");
    let epoch = crate::process::Wire::open(server.address, &staff.token, None).await.expect("it listens").cursor.epoch;
    let key = format!("handrail:{epoch}:queue:{}", staff.site);
    let patience = Instant::now() + PATIENCE;
    loop {
        let path = format!("/api/queues/{}/items?limit=200", staff.site);
        let (_, body) = http(server.address, "GET", &path, &staff.token, "").await;
        let page: Value = serde_json::from_str(&body).expect("JSON");
        let items: Vec<String> =
            page["items"].as_array().expect("items").iter().map(|item| word(&item["item"])).collect();
        let stream = redis.ask(&format!("XRANGE {key} - +"));
        let missing = items.iter().filter(|item| !stream.contains(*item)).count();
        if missing == 0 && !items.is_empty() {
            return;
        }
        assert!(Instant::now() < patience, "{missing} of {} open items are not in the channel", items.len());
        sleep(Duration::from_millis(100)).await;
    }
}

/// A supervisor who watches is told of an item that is new.
async fn a_watcher_hears(ground: &Ground, server: &Server, cid: &str) {
    let (staff, mentee) = (ground.person("supervisor1"), ground.person("mentee1"));
    let open = crate::process::Wire::open;
    let mut watching = open(server.address, &staff.token, None).await.expect("it listens");
    let watched = watching.ask(json!({"op": "watch", "queue": staff.site})).await;
    assert_eq!(watched["op"], "ok", "{watched}");
    let mut says = open(server.address, &mentee.token, None).await.expect("it listens");
    let held = says.send(&mentee.conversation, cid, "a gecko again").await.expect("an answer");
    assert_eq!(held["status"], "held", "{held}");
    loop {
        let heard = watching.next().await.expect("the new item");
        if heard["item"]["message"] == held["message"] {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_that_dies_or_forgets_loses_nothing_and_its_channel_is_made_again() {
    let mut redis = Redis::start();
    let ground = Ground::new(&redis.as_bus());
    let server = ground.serve();
    let crowd = Crowd::gather(&ground, &server);
    for _ in 0..rounds(2, 50) {
        crowd.talk(10, PATIENCE).await;
        redis.kill();
        becomes(&server, "degraded").await;
        crowd.talk(20, PATIENCE).await;
        assert_eq!(ready(&server).await.map(|(status, _)| status), Some(200), "messages go on, so it is ready");
        redis.restart();
        becomes(&server, "ok").await;
        sleep(Duration::from_millis(any(300))).await;
        assert!(redis.ask("FLUSHALL").contains("+OK"));
        crowd.talk(10, PATIENCE).await;
        assert!(redis.ask("CLIENT KILL TYPE pubsub").contains(':'));
        crowd.talk(10, PATIENCE).await;
    }
    crowd.settle(&server).await;
    a_watcher_hears(&ground, &server, "after").await;
    channel_is_whole(&ground, &server, &redis).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_black_hole_before_redis_degrades_and_piles_nothing_up() {
    let redis = Redis::start();
    let proxy = Proxy::before(redis.port()).await;
    let ground = Ground::new(&format!("[bus]\nredis = \"redis://{}/\"\n", proxy.address));
    let server = ground.serve();
    becomes(&server, "ok").await;
    let crowd = Crowd::gather(&ground, &server);
    for _ in 0..rounds(1, 15) {
        for cut in [Wire::Hold, Wire::Reset] {
            crowd.talk(10, PATIENCE).await;
            let files = open_files(&server);
            proxy.turn(cut);
            becomes(&server, "degraded").await;
            // Long enough for what is tried again and again to pile up, if it did.
            let until = Instant::now() + Duration::from_secs(4);
            while Instant::now() < until {
                crowd.talk(5, PATIENCE).await;
                let now = open_files(&server);
                assert!(now <= files + MORE_MAX, "{files} open files before, {now} now");
            }
            proxy.turn(Wire::Pass);
            becomes(&server, "ok").await;
        }
    }
    crowd.settle(&server).await;
    a_watcher_hears(&ground, &server, "after").await;
    channel_is_whole(&ground, &server, &redis).await;
}
