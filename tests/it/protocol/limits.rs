//! How much one may do, and what is said at the bound.

use super::{Pair, code, pair, pair_where};
use crate::client::{knock, request};
use handrail::config::Rate;
use serde_json::{Value, json};
use std::sync::mpsc;
use std::time::Duration;
use tokio_tungstenite::tungstenite::http::HeaderValue;

const FEW: Rate = Rate { per_second: 1, burst: 3 };

/// When to come back, after a look at the scope.
fn wait_of(refused: &Value, scope: &str) -> Duration {
    assert_eq!((code(refused), refused["scope"].as_str()), ("rate_limited", Some(scope)), "{refused}");
    let ms = refused["retry_after_ms"].as_u64().expect("when to come back");
    assert!((1..=1_100).contains(&ms), "{refused}");
    Duration::from_millis(ms)
}

#[tokio::test]
async fn the_thirty_third_unanswered_send_is_told_to_wait() {
    let pair @ Pair { world, ann, conversation, .. } = &pair().await;
    let mut ann = world.connect(ann).await;
    ann.send(conversation, "warm", "hello").await.expect("a message");
    // The writer is kept busy, as a slow disk would keep it.
    let (go_on, wait) = mpsc::channel::<()>();
    let held_up = world.chat.store().write(handrail::store::Scope::Own, move |_| {
        let _told = wait.recv();
        Ok(())
    });
    let mut asked = Vec::new();
    for at in 0..33 {
        let send =
            json!({"op": "send", "conversation": conversation, "cid": format!("m{at}"), "text": format!("line {at}")});
        asked.push(ann.put(send).await);
    }
    let last = asked.pop().expect("33 were sent");
    assert_eq!(code(&ann.answer(last).await.expect_err("it is refused")), "busy");
    ann.ping().await;
    assert!(ann.take_all("ok").is_empty(), "nothing is acknowledged before it is durable");
    go_on.send(()).expect("the writer waits");
    held_up.await.expect("and goes on");
    for (at, id) in asked.into_iter().enumerate() {
        let sent = ann.answer(id).await.expect("it is taken");
        assert_eq!(sent["seq"], at as u64 + 2, "in the order in which they were sent");
    }
    ann.send(conversation, "m32", "line 32").await.expect("and now this one too");
    pair.works("after").await;
}

#[tokio::test]
async fn one_account_on_all_its_devices_may_send_so_much() {
    let pair = pair_where(|config| config.fixed.limits.sends_per_account = FEW).await;
    let Pair { world, ann, bob, conversation } = &pair;
    let (mut phone, mut laptop, mut bob) =
        (world.connect(ann).await, world.connect(ann).await, world.connect(bob).await);
    for at in 0..3 {
        phone.send(conversation, &format!("m{at}"), "hello").await.expect("within the burst");
    }
    let refused = laptop.send(conversation, "m3", "hello").await.expect_err("over it");
    let wait = wait_of(&refused, "account");
    bob.send(conversation, "b1", "hello").await.expect("another account has its own");
    laptop.ping().await;
    tokio::time::sleep(wait).await;
    laptop.send(conversation, "m3", "hello").await.expect("at the time that was told");
}

#[tokio::test]
async fn one_conversation_may_take_so_much_whoever_sends() {
    let pair = pair_where(|config| config.fixed.limits.sends_per_conversation = FEW).await;
    let Pair { world, ann, bob, conversation } = &pair;
    let (mut ann, mut bob) = (world.connect(ann).await, world.connect(bob).await);
    ann.send(conversation, "m1", "hello").await.expect("within the burst");
    bob.send(conversation, "m1", "hello").await.expect("within the burst");
    ann.send(conversation, "m2", "hello").await.expect("within the burst");
    let refused = bob.send(conversation, "m2", "hello").await.expect_err("over it");
    tokio::time::sleep(wait_of(&refused, "conversation")).await;
    bob.send(conversation, "m2", "hello").await.expect("at the time that was told");
}

#[tokio::test]
async fn one_connection_may_say_so_much() {
    let pair = pair_where(|config| config.fixed.limits.frames_per_connection = FEW).await;
    let Pair { world, ann, conversation, .. } = &pair;
    let mut first = world.connect(ann).await;
    for _ in 0..3 {
        first.ping().await;
    }
    let refused = first.send(conversation, "m1", "hello").await.expect_err("over it");
    let wait = wait_of(&refused, "connection");
    let mut other = world.connect(ann).await;
    other.send(conversation, "m1", "hello").await.expect("another connection has its own");
    tokio::time::sleep(wait).await;
    first.ping().await;
}

#[tokio::test]
async fn ten_times_the_limit_for_ten_seconds_is_abuse() {
    let one = Rate { per_second: 1, burst: 1 };
    let pair = pair_where(|config| config.fixed.limits.frames_per_connection = one).await;
    let mut client = pair.world.connect(&pair.ann).await;
    let mut tick = tokio::time::interval(Duration::from_millis(50));
    while client.is_open() {
        tick.tick().await;
        client.say(json!({"op": "ping"})).await;
        client.take_in().await;
    }
    assert_eq!(client.closing().await, (4101, "rate_abuse".into()));
    assert!(pair.world.connect(&pair.bob).await.welcome.is_object(), "others are not touched by it");
}

#[tokio::test]
async fn one_address_may_connect_so_often() {
    let pair = pair_where(|config| {
        config.fixed.server.behind_proxy = true;
        config.fixed.limits.connects_per_address = FEW;
    })
    .await;
    let knock_from = async |from: &'static str| {
        let mut request = request(pair.world.address, &pair.ann.token);
        request.headers_mut().insert("x-forwarded-for", HeaderValue::from_static(from));
        knock(pair.world.address, request).await
    };
    for _ in 0..3 {
        assert!(knock_from("203.0.113.7").await.is_ok());
    }
    let (status, body) = knock_from("203.0.113.7").await.expect_err("one too many");
    let problem: Value = serde_json::from_str(&body).expect("a problem");
    assert_eq!((status, problem["code"].as_str()), (429, Some("rate_limited")));
    assert!(problem["retry_after_ms"].is_u64(), "{problem}");
    assert!(knock_from("198.51.100.9").await.is_ok(), "another address has its own");
}
