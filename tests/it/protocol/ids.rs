//! What is not there, and what one may not see: the same answer, so that nothing can be learnt from it.

use super::frames::NOTHING;
use super::{Pair, code, pair};
use crate::client::{Client, text};
use crate::web;
use handrail_domain::people::Role;
use serde_json::{Value, json};

/// The answer without its id: what an asker could learn.
async fn answer(client: &mut Client, frame: Value) -> Value {
    let mut refused = client.ask(frame).await.expect_err("it is refused");
    assert_eq!(code(&refused), "not_found", "{refused}");
    refused["id"].take();
    refused
}

#[tokio::test]
async fn a_foreign_id_answers_as_one_that_names_nothing() {
    let pair @ Pair { world, bob, conversation, .. } = &pair().await;
    let (cat, dan) = (world.person("cat", Role::Mentor).await, world.person("dan", Role::Mentee).await);
    world.pair(&cat, &dan).await;
    let may = world.person("may", Role::Supervisor).await;
    let elsewhere = world.other_site().await;
    let far = world.person_at(elsewhere, "far", Role::Supervisor).await;
    let mut clients = Vec::new();
    for who in [bob, &cat, &may, &far] {
        clients.push(world.connect(who).await);
    }
    let [bob, cat, may, far] = &mut clients[..] else { panic!("four came") };
    let site = world.site.to_string();
    may.ask(json!({"op": "watch", "queue": site})).await.expect("it may watch");
    let held = text(&bob.send(conversation, "m1", "what a twat").await.expect("a message")["message"]);
    let item = text(&may.expect_item(&held, "held", |_| true).await["item"]);
    let release = json!({"kind": "release"});
    for (asker, foreign) in [
        (0, json!({"op": "withdraw", "message": "m_?"})),
        (1, json!({"op": "send", "cid": "x", "text": "hello", "conversation": conversation})),
        (1, json!({"op": "withdraw", "message": held})),
        (1, json!({"op": "watch", "queue": site})),
        (1, json!({"op": "claim", "item": item})),
        (1, json!({"op": "unclaim", "item": item})),
        (1, json!({"op": "acknowledge", "item": item})),
        (1, json!({"op": "undo", "item": item, "version": 1})),
        (1, json!({"op": "decide", "item": item, "version": 1, "decision": release})),
        (0, json!({"op": "claim", "item": item})),
        (3, json!({"op": "watch", "queue": site})),
        (3, json!({"op": "claim", "item": item})),
        (3, json!({"op": "decide", "item": item, "version": 1, "decision": release})),
        (2, json!({"op": "send", "cid": "x", "text": "hello", "conversation": conversation})),
    ] {
        let asker: &mut Client = [&mut *bob, &mut *cat, &mut *may, &mut *far][asker];
        let place = ["conversation", "message", "queue", "item"].into_iter().find(|field| foreign[field].is_string());
        let place = place.expect("an id");
        let of_foreign = answer(asker, foreign.clone()).await;
        // Well-formed and nothing's, of another kind, and no id at all.
        let letter = &foreign[place].as_str().expect("an id")[..2];
        for absent in [format!("{letter}{NOTHING}"), "x_nobody".into(), "?".into(), String::new()] {
            let mut frame = foreign.clone();
            frame[place] = json!(absent);
            assert_eq!(answer(asker, frame).await, of_foreign, "{foreign} with {absent:?}");
        }
    }
    pair.works("after").await;
}

#[tokio::test]
async fn typing_and_reading_elsewhere_tell_nobody_anything() {
    let Pair { world, ann, bob, conversation } = &pair().await;
    let cat = world.person("cat", Role::Mentor).await;
    let (mut ann, mut bob, mut cat) = (world.connect(ann).await, world.connect(bob).await, world.connect(&cat).await);
    ann.send(conversation, "m1", "hello").await.expect("a message");
    for frame in [
        json!({"op": "typing", "conversation": conversation, "on": true}),
        json!({"op": "read", "conversation": conversation, "seq": 1}),
        json!({"op": "typing", "conversation": format!("c_{NOTHING}"), "on": true}),
        json!({"op": "read", "conversation": format!("c_{NOTHING}"), "seq": 1}),
    ] {
        cat.say(frame).await;
    }
    cat.ping().await;
    for party in [&mut ann, &mut bob] {
        party.expect_none("a stranger", |frame| frame["op"] == "typing" || frame["op"] == "read").await;
    }
    cat.expect_none("an answer", |frame| frame["op"] != "pong").await;
}

#[tokio::test]
async fn pages_of_others_are_not_found() {
    let Pair { world, ann, bob, conversation } = &pair().await;
    let cat = world.person("cat", Role::Mentor).await;
    let may = world.person("may", Role::Supervisor).await;
    let elsewhere = world.other_site().await;
    let far = world.person_at(elsewhere, "far", Role::Supervisor).await;
    let site = world.site;
    let history = format!("/api/conversations/{conversation}/messages");
    let (items, decisions) = (format!("/api/queues/{site}/items"), format!("/api/queues/{site}/decisions"));
    for (who, path) in [
        (&cat, history.clone()),
        (&may, history.clone()),
        (ann, format!("/api/conversations/c_{NOTHING}/messages")),
        (ann, "/api/conversations/nonsense/messages".into()),
        (bob, items.clone()),
        (&far, items.clone()),
        (&far, decisions.clone()),
        (&may, format!("/api/queues/s_{NOTHING}/items")),
        (&may, "/api/queues/nonsense/items".into()),
    ] {
        let answer = web::get(world.address, &path, &who.token).await;
        assert_eq!((answer.status, answer.problem().as_str()), (404, "not_found"), "{} {path}", who.name);
    }
    for path in [history, items, decisions] {
        let answer = web::ask(world.address, "GET", &path, &[], "").await;
        assert_eq!((answer.status, answer.problem().as_str()), (401, "unauthenticated"), "{path}");
    }
}
