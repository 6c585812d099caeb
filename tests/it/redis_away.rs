//! Redis never holds the only copy: while it is away messages go on, and when it is back the supervisor channel is whole.

use crate::client::text;
use crate::web;
use crate::world::{On, UNDO_MS, World, settings};
use handrail_domain::people::Role;
use serde_json::json;
use std::time::Duration;

/// Waits until readiness says so. It stays 200: without Redis the service is degraded, not gone.
async fn ready(world: &World, want: &str) {
    for _ in 0..300 {
        let answer = web::ask(world.address, "GET", "/health/ready", &[], "").await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        if answer.json()["status"] == want {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("readiness never said {want}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_go_on_without_redis_and_the_queue_is_whole_again_with_it() {
    let mut world = World::with(On::Redis, settings(UNDO_MS), |_| ()).await;
    let (ann, bob) = (world.person("ann", Role::Mentor).await, world.person("bob", Role::Mentee).await);
    let may = world.person("may", Role::Supervisor).await;
    let conversation = world.pair(&ann, &bob).await.to_string();
    let (mut ann, mut bob) = (world.connect(&ann).await, world.connect(&bob).await);
    let mut supervisor = world.connect(&may).await;
    let queue = world.site.to_string();
    supervisor.ask(json!({"op": "watch", "queue": queue})).await.expect("it may watch");
    ready(&world, "ok").await;

    world.lose_redis();
    ready(&world, "degraded").await;
    let sent = ann.send(&conversation, "m1", "are you there?").await.expect("messages go on");
    bob.expect("a message", |frame| frame["type"] == "message" && frame["message"] == sent["message"]).await;
    let held = bob.send(&conversation, "m2", "what a twat").await.expect("and are judged");
    assert_eq!(held["status"], "held");
    let message = text(&held["message"]);
    // The record knows of it, whatever the channel does.
    let page = web::get(world.address, &format!("/api/queues/{queue}/items"), &may.token).await.json();
    assert_eq!(page["items"][0]["message"], held["message"]);

    world.regain_redis();
    ready(&world, "ok").await;
    let item = supervisor.expect_item(&message, "in the queue", |_| true).await;
    let claimed = supervisor.ask(json!({"op": "claim", "item": item["item"]})).await.expect("it is free");
    let version = &claimed["item"]["version"];
    let release = json!({"op": "decide", "item": item["item"], "version": version, "decision": {"kind": "release"}});
    supervisor.ask(release).await.expect("it is decided");
    supervisor.expect_item(&message, "closed", |item| item["state"] == "closed").await;
    ann.expect("the released one", |frame| frame["type"] == "message" && frame["seq"] == 2).await;
}
