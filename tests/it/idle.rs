//! Sessions in which nobody does anything end, with their sockets; those of people who do something, or who must not be cut off, stay.

use crate::web;
use crate::world::{On, Person, UNDO_MS, World, settings};
use handrail::chat::token_hash;
use handrail::fresh;
use handrail::store::Scope;
use handrail_domain::event::{SessionAct, What};
use handrail_domain::people::Role;
use serde_json::json;

const MINUTE: i64 = 60_000;

/// A device of somebody that was signed in so many minutes ago, and has not been touched since.
async fn untouched(world: &World, who: &Person, minutes: i64, own_phone: bool) -> Person {
    let (token, account) = (fresh::token(43), who.account);
    let (session, now) = (token_hash(&token), fresh::now());
    let made = world.chat.store().write(Scope::Own, move |tx| {
        tx.add_session(&session, account, now.plus_ms(-minutes * MINUTE), Some(now.plus_ms(60 * MINUTE)))?;
        if own_phone {
            tx.on_own_phone(&session)?;
        }
        Ok(())
    });
    made.await.expect("a session");
    Person { token, ..who.clone() }
}

async fn stays(world: &World, who: &Person) -> bool {
    web::get(world.address, "/api/me", &who.token).await.status == 200
}

async fn ends_what_nobody_touches(on: On) {
    let world = World::with(on, settings(UNDO_MS), |_| ()).await;
    let (ann, bob) = (world.person("ann", Role::Mentee).await, world.person("bob", Role::Mentor).await);
    let sue = world.person("sue", Role::Supervisor).await;
    let table = untouched(&world, &ann, 33, false).await;
    let pocket = untouched(&world, &ann, 33, true).await;
    let recent = untouched(&world, &bob, 29, false).await;
    let office = untouched(&world, &sue, 18, false).await;
    let (mut left, mut kept) = (world.connect(&table).await, world.connect(&pocket).await);
    assert_eq!(world.chat.end_idle().await, Ok(2));
    assert_eq!(left.closing().await, (4201, "expired".into()));
    kept.ping().await;
    for (who, there) in [(&table, false), (&office, false), (&pocket, true), (&recent, true), (&ann, true)] {
        assert_eq!(stays(&world, who).await, there, "{}", who.name);
    }
    let log = world.chat.store().read(|record| record.log_page(0, 1_000)).await.expect("the log");
    let ended = log.iter().filter(|line| matches!(line.event.what, What::Session { act: SessionAct::Expire, .. }));
    assert_eq!(ended.count(), 2);
    world.is_whole().await;
}

#[tokio::test]
async fn a_session_in_which_nobody_does_anything_ends_with_its_sockets() {
    ends_what_nobody_touches(On::Local).await;
}

#[tokio::test]
async fn it_does_so_over_a_database_server_too() {
    ends_what_nobody_touches(On::Postgres).await;
}

#[tokio::test]
async fn who_does_something_or_touches_the_page_stays() {
    let world = World::with(On::Local, settings(UNDO_MS), |_| ()).await;
    let (ann, bob) = (world.person("ann", Role::Mentee).await, world.person("bob", Role::Mentor).await);
    let conversation = world.pair(&ann, &bob).await.to_string();
    let [writes, reads, pings] = [
        untouched(&world, &ann, 40, false).await,
        untouched(&world, &bob, 40, false).await,
        untouched(&world, &ann, 40, false).await,
    ];
    let mut device = world.connect(&writes).await;
    device.send(&conversation, "m1", "are you well?").await.expect("it is taken");
    let bearer = format!("Bearer {}", reads.token);
    let here = web::ask(world.address, "POST", "/api/session/here", &[("authorization", &bearer)], "").await;
    assert_eq!((here.status, here.json()), (200, json!({ "idle_ms": 30 * MINUTE })));
    let mut idle = world.connect(&pings).await;
    idle.ping().await;
    idle.say(json!({ "op": "read", "conversation": conversation, "seq": 1 })).await;
    assert_eq!(world.chat.end_idle().await, Ok(1), "what a page says by itself is nobody's doing");
    assert_eq!(idle.closing().await.0, 4201);
    assert!(stays(&world, &writes).await && stays(&world, &reads).await);
    assert_eq!(world.chat.end_idle().await, Ok(0), "it is written when they were here");
}

#[tokio::test]
async fn a_quiet_night_signs_out_nobody_who_is_on_duty() {
    let world = World::with(On::Local, settings(UNDO_MS), |_| ()).await;
    let sue = world.person("sue", Role::Supervisor).await;
    let watch = untouched(&world, &sue, 120, false).await;
    let bearer = format!("Bearer {}", sue.token);
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let started = web::ask(world.address, "POST", "/api/duty", &headers, r#"{"tier":1}"#).await;
    assert_eq!(started.status, 200, "{started:?}");
    assert_eq!(world.chat.end_idle().await, Ok(0));
    assert!(stays(&world, &watch).await);
    let finished = web::ask(world.address, "POST", "/api/duty/finish", &headers, r#"{"note":""}"#).await;
    assert_eq!(finished.status, 200, "{finished:?}");
    assert_eq!(world.chat.end_idle().await, Ok(1));
    assert!(!stays(&world, &watch).await);
}
