//! The end of sessions and sockets, and the drain.

use super::{Pair, code, pair};
use crate::client::{knock, request};
use crate::web;
use crate::world::{Person, World};
use handrail::chat::token_hash;
use handrail::fresh;
use handrail_domain::people::Role;
use serde_json::json;

#[tokio::test]
async fn signing_out_closes_the_sockets_of_that_session_alone() {
    let Pair { world, ann, .. } = &pair().await;
    let other = world.chat.lasting_session(ann.account).await.expect("another session");
    let mut out = world.connect(ann).await;
    let mut out_too = world.connect(ann).await;
    let mut stays = world.connect(&Person { token: other.clone(), ..ann.clone() }).await;
    let bearer = format!("Bearer {}", ann.token);
    let answer = web::ask(world.address, "DELETE", "/api/session", &[("authorization", &bearer)], "").await;
    assert_eq!(answer.status, 204, "{answer:?}");
    assert_eq!(out.closing().await, (4004, "signed_out".into()));
    assert_eq!(out_too.closing().await, (4004, "signed_out".into()));
    stays.ping().await;
    assert_eq!(
        knock(world.address, request(world.address, &ann.token)).await.err().map(|(status, _)| status),
        Some(401)
    );
    assert_eq!(web::get(world.address, "/api/me", &ann.token).await.problem(), "unauthenticated");
    assert_eq!(web::get(world.address, "/api/me", &other).await.status, 200);
}

#[tokio::test]
async fn a_disabled_account_is_out_at_once() {
    let Pair { world, ann, bob, conversation } = &pair().await;
    let (mut gone, mut bob) = (world.connect(ann).await, world.connect(bob).await);
    world.chat.admin_disable("ann", true).await.expect("it is disabled");
    assert_eq!(gone.closing().await, (4002, "suspended".into()));
    assert_eq!(
        knock(world.address, request(world.address, &ann.token)).await.err().map(|(status, _)| status),
        Some(401)
    );
    let sent = bob.send(conversation, "m1", "are you well?").await.expect("bob may still speak");
    assert_eq!(sent["status"], "delivered");
}

#[tokio::test]
async fn a_new_password_ends_the_sessions_of_before() {
    let Pair { world, ann, .. } = &pair().await;
    let mut gone = world.connect(ann).await;
    world.chat.admin_reset("ann", "a long new password").await.expect("it is reset");
    assert_eq!(gone.closing().await, (4004, "signed_out".into()));
    assert_eq!(
        knock(world.address, request(world.address, &ann.token)).await.err().map(|(status, _)| status),
        Some(401)
    );
}

#[tokio::test]
async fn a_session_ends_with_its_time() {
    let Pair { world, ann, .. } = &pair().await;
    let (token, account) = (fresh::token(43), ann.account);
    let (session, until) = (token_hash(&token), fresh::now().plus_ms(1_500));
    let made = world
        .chat
        .store()
        .write(handrail::store::Scope::Own, move |tx| {
            Ok(tx.add_session(&session, account, fresh::now(), Some(until))?)
        })
        .await;
    made.expect("a session");
    let mut client = world.connect(&Person { token: token.clone(), ..ann.clone() }).await;
    assert_eq!(client.closing().await, (4201, "expired".into()));
    assert_eq!(knock(world.address, request(world.address, &token)).await.err().map(|(status, _)| status), Some(401));
}

#[tokio::test]
async fn the_ninth_socket_takes_the_place_of_the_oldest() {
    let Pair { world, ann, bob, conversation } = &pair().await;
    let mut sockets = Vec::new();
    for _ in 0..9 {
        sockets.push(world.connect(ann).await);
    }
    assert_eq!(sockets[0].closing().await, (4004, "signed_out".into()));
    let mut bob = world.connect(bob).await;
    bob.send(conversation, "m1", "to all of you").await.expect("a message");
    for socket in &mut sockets[1..] {
        socket.expect("a message", |frame| frame["type"] == "message").await;
    }
}

#[tokio::test]
async fn a_drain_says_goodbye_to_all_and_when_to_come_back() {
    let Pair { mut world, ann, bob, conversation } = pair().await;
    let (mut one, mut other) = (world.connect(&ann).await, world.connect(&bob).await);
    one.send(&conversation, "m1", "before the end").await.expect("a message");
    other.expect("a message", |frame| frame["type"] == "message").await;
    world.drain().await;
    for client in [&mut one, &mut other] {
        let bye = client.expect("a goodbye", |frame| frame["op"] == "bye").await;
        assert!(bye["code"] == 1012 && bye["reason"] == "drain" && bye["reconnect_after_ms"].is_u64(), "{bye}");
        assert_eq!(client.closing().await, (1012, "drain".into()));
    }
    assert!(tokio::net::TcpStream::connect(world.address).await.is_err(), "nobody is let in any more");
}

#[tokio::test]
async fn without_rules_nothing_is_let_through() {
    let world = World::without_rules().await;
    let (ann, bob) = (world.person("ann", Role::Mentor).await, world.person("bob", Role::Mentee).await);
    let conversation = world.pair(&ann, &bob).await.to_string();
    let (mut ann, mut bob) = (world.connect(&ann).await, world.connect(&bob).await);
    let refused = ann.send(&conversation, "m1", "hello").await.expect_err("nothing is taken");
    assert_eq!(code(&refused), "unavailable");
    bob.expect_none("anything", |frame| frame["op"] == "event").await;
    let ready = web::ask(world.address, "GET", "/health/ready", &[], "").await;
    assert_eq!((ready.status, ready.json()["status"].clone()), (503, json!("unavailable")));
    assert_eq!(web::ask(world.address, "GET", "/health/live", &[], "").await.status, 200);
}
