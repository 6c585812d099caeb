//! What a site chooses, and sites that share a rota.

use super::{Scheme, word};
use crate::client::Client;
use crate::world::{On, Person};
use handrail_domain::people::Role;
use serde_json::{Value, json};

/// Another site with its own coordinator, supervisor and pair.
struct Other {
    site: String,
    cora: Person,
    sam: Person,
    mentee: Person,
    conversation: String,
}

async fn other(scheme: &Scheme) -> Other {
    let site = scheme.world.other_site().await;
    let cora = scheme.world.person_at(site, "other-cora", Role::Coordinator).await;
    let sam = scheme.world.person_at(site, "other-sam", Role::Supervisor).await;
    let mentee = scheme.world.person_at(site, "other-mentee", Role::Mentee).await;
    let mentor = scheme.world.person_at(site, "other-mentor", Role::Mentor).await;
    let conversation = scheme.world.pair(&mentor, &mentee).await.to_string();
    Other { site: site.to_string(), cora, sam, mentee, conversation }
}

/// A coordinator chooses with which sites to share.
async fn shares(scheme: &Scheme, who: &Person, with: &[&str]) {
    let mut chosen = scheme.reads(&who.token, "/api/site").await;
    chosen["shares_with"] = json!(with);
    let answer = scheme.asks(&who.token, "PUT", "/api/site", &chosen).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

async fn watches(desk: &mut Client, site: &str) -> Result<Value, Value> {
    desk.ask(json!({"op": "watch", "queue": site})).await
}

async fn a_shared_rota(on: On) {
    let scheme = Scheme::on(on).await;
    let other = other(&scheme).await;
    let own = scheme.world.site.to_string();
    let mut desk = scheme.connects(&scheme.sue.token).await;
    assert_eq!(watches(&mut desk, &other.site).await.unwrap_err()["code"], "not_found");
    shares(&scheme, &scheme.cora, &[&other.site]).await;
    assert_eq!(watches(&mut desk, &other.site).await.unwrap_err()["code"], "not_found", "one side is not enough");
    shares(&scheme, &other.cora, &[&own]).await;
    watches(&mut desk, &other.site).await.expect("both have chosen");
    let mut again = scheme.connects(&scheme.sue.token).await;
    watches(&mut again, &own).await.expect("their own");

    let mut mentee = scheme.world.connect(&other.mentee).await;
    let held = mentee.send(&other.conversation, "o1", "you are a twat").await.expect("taken");
    let (message, item) = (word(&held["message"]), Value::Null);
    let shown = desk.expect("the other site's item", |frame| frame["item"]["message"] == message.as_str()).await;
    assert_eq!((&shown["item"]["site"], item), (&json!(other.site), Value::Null));
    let id = word(&shown["item"]["item"]);
    let page = scheme.reads(&scheme.sue.token, &format!("/api/queues/{}/items", other.site)).await;
    assert_eq!(page["items"][0]["item"], id.as_str());
    // A limited window: what stands around it, and nothing else of the other site.
    for path in [format!("/api/queues/{}/decisions", other.site), format!("/api/items/{id}/background")] {
        assert_eq!(scheme.asks(&scheme.sue.token, "GET", &path, &Value::Null).await.problem(), "not_found", "{path}");
    }
    let read = format!("/api/conversations/{}/read", other.conversation);
    let reason = json!({"reason": "safeguarding"});
    assert_eq!(scheme.asks(&scheme.sue.token, "POST", &read, &reason).await.problem(), "not_found");

    let claimed = desk.ask(json!({"op": "claim", "item": id})).await.expect("theirs to decide");
    let decide =
        json!({"op": "decide", "item": id, "version": claimed["item"]["version"], "decision": {"kind": "release"}});
    desk.ask(decide).await.expect("a decision");
    mentee.expect("it is delivered", |frame| frame["status"] == "delivered").await;
    let decisions = scheme.reads(&other.sam.token, &format!("/api/queues/{}/decisions", other.site)).await;
    assert_eq!(decisions["items"][0]["decided_by"]["name"], "sue", "the site sees who decided");

    // It ends as it began: by either side, at once.
    shares(&scheme, &other.cora, &[]).await;
    let held = mentee.send(&other.conversation, "o2", "you are a twat").await.expect("taken");
    let message = word(&held["message"]);
    let page = scheme.reads(&other.sam.token, &format!("/api/queues/{}/items", other.site)).await;
    let id = word(&page["items"][0]["item"]);
    assert_eq!(desk.ask(json!({"op": "claim", "item": id})).await.unwrap_err()["code"], "not_found");
    desk.expect_none("nothing of it is shown", |frame| frame["item"]["message"] == message.as_str()).await;
    scheme.world.is_whole().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sites_that_share_a_rota_see_what_is_held_in_the_other_and_nothing_else() {
    a_shared_rota(On::Local).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sites_share_a_rota_over_a_database_server() {
    a_shared_rota(On::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_of_a_site_is_on_duty_those_are_rung_who_share_its_rota() {
    let scheme = Scheme::on(On::Local).await;
    let other = other(&scheme).await;
    shares(&scheme, &scheme.cora, &[&other.site]).await;
    shares(&scheme, &other.cora, &[&scheme.world.site.to_string()]).await;
    let shift = scheme.asks(&scheme.sue.token, "POST", "/api/duty", &json!({"tier": 1})).await;
    assert_eq!(shift.status, 200, "{shift:?}");
    let mut mentee = scheme.world.connect(&other.mentee).await;
    mentee.send(&other.conversation, "o1", "i want to kill myself").await.expect("held, and rings");
    let page = scheme.reads(&other.sam.token, &format!("/api/queues/{}/items", other.site)).await;
    let item = word(&page["items"][0]["item"]).parse().expect("an id");
    let rung = crate::duty::until("it is settled whom it rings", async || {
        let rings = scheme.world.chat.store().read(move |record| record.rings(item)).await.expect("rings");
        rings.into_iter().find(|ring| !ring.rung.is_empty()).map(|ring| ring.rung)
    });
    assert_eq!(rung.await, [scheme.sue.account]);
    let welcome = scheme.reads(&scheme.sue.token, "/api/me").await;
    assert_eq!(welcome["site"], scheme.world.site.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_site_chooses_holds_and_what_it_cannot_choose_is_refused() {
    let scheme = Scheme::on(On::Local).await;
    let mut chosen = scheme.reads(&scheme.cora.token, "/api/site").await;
    assert_eq!((&chosen["urgent_minutes"], &chosen["others"]), (&json!(2), &json!([])));
    chosen["hours"] = json!(" weekdays, 5pm to 9pm ");
    chosen["low_minutes"] = json!(30);
    let abuse = chosen["categories"].as_array().unwrap().iter().position(|one| one["category"] == "abuse").unwrap();
    chosen["categories"][abuse]["hold_from"] = json!("urgent");
    let saved = scheme.does("PUT", "/api/site", chosen.clone()).await;
    assert_eq!((&saved["hours"], &saved["low_minutes"]), (&json!("weekdays, 5pm to 9pm"), &json!(30)));
    let [(robin, token), (alex, _)] = scheme.two().await;
    let pair = scheme.pairs(&robin, &alex).await;
    let mut mentee = scheme.connects(&token).await;
    let sent = mentee.send(&pair, "r1", "you are a twat").await.expect("taken");
    assert_eq!(sent["status"], "delivered", "the site lets that pass");
    for (field, bad) in [
        ("low_minutes", json!(0)),
        ("urgent_minutes", json!(20_000)),
        ("undo_seconds", json!(31)),
        ("retention_days", json!(0)),
        ("hours", json!("x".repeat(101))),
        ("shares_with", json!([scheme.world.site.to_string()])),
        ("shares_with", json!(["s_AAAAAAAAAAAAAAAAAAAAAA"])),
        ("categories", json!([{"category": "weather", "hold_from": "low", "second_from": null}])),
    ] {
        let mut wrong = saved.clone();
        wrong[field] = bad;
        assert_eq!(scheme.is_refused("PUT", "/api/site", wrong).await.0, "bad_frame", "{field}");
    }
    assert_eq!(scheme.reads(&scheme.cora.token, "/api/site").await, saved, "what was refused changed nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_reads_what_is_written_to_them_and_of_nobody_else() {
    let scheme = Scheme::on(On::Local).await;
    let [(robin, _), (alex, alex_token)] = scheme.two().await;
    let (olly, code) = scheme.invites("Olly", "guest_officer").await;
    let olly_token = scheme.joins("olly", &code).await;
    let pair = scheme.pairs(&robin, &alex).await;
    let answers = json!({"contact": "regular", "engagement": "good", "going_well": "On time each week"});
    let body = json!({"kind": "feedback", "conversation": pair, "answers": answers});
    assert_eq!(scheme.asks(&alex_token, "POST", "/api/papers", &body).await.status, 201);
    let page = scheme.reads(&olly_token, "/api/feedback").await;
    assert_eq!(page["papers"], json!([]), "nobody has said that Robin is theirs");
    scheme.writes_about(&robin, "officer", json!({"name": "Olly", "sign_in": [olly]})).await;
    let page = scheme.reads(&olly_token, "/api/feedback").await;
    assert_eq!(page["papers"][0]["answers"]["going_well"], "On time each week");
    assert_eq!(scheme.asks(&alex_token, "GET", "/api/feedback", &Value::Null).await.problem(), "forbidden");
    let papers = scheme.asks(&olly_token, "GET", &format!("/api/conversations/{pair}/papers"), &Value::Null).await;
    assert_eq!(papers.problem(), "not_found", "and nothing else of it");

    let csv = scheme.asks(&scheme.cora.token, "GET", "/api/papers.csv", &Value::Null).await;
    assert!(csv.body.contains(",going_well,On time each week\r\n"), "{csv:?}");
    let csv = scheme.asks(&scheme.cora.token, "GET", "/api/relationships.csv", &Value::Null).await;
    assert!(csv.body.contains(",open,\""), "{csv:?}");
    assert_eq!(scheme.log("exported").await.len(), 1, "that all papers were taken out is in the log");
}
