//! What rings, and whom: who is on duty first, then those above them, and where nobody is, everybody who answers for the site.

use super::{Desk, until};
use crate::client::text;
use crate::push::service::{Phone, Service};
use crate::world::{On, Person, UNDO_MS, settings};
use handrail_domain::people::{SiteSettings, Targets};
use serde_json::{Value, json};

const URGENT: &str = "i want to kill myself";

/// A desk whose people's phones are told, and what tells them.
async fn with_phones(on: On, settings: SiteSettings) -> (Desk, Service) {
    let service = Service::start().await;
    let origin = service.origin();
    (Desk::with(on, settings, |config| config.fixed.push.services = vec![origin]).await, service)
}

async fn phone(desk: &Desk, service: &Service, who: &Person) -> Phone {
    let phone = Phone::registered(service, &who.name);
    let put = desk.asks(who, "PUT", "/api/push", &phone.asks()).await;
    assert_eq!(put.status, 204, "{put:?}");
    phone
}

async fn names_rung(desk: &Desk, item: &str, ring: usize) -> Vec<String> {
    let path = format!("/api/items/{item}/background");
    until("it is settled whom it rings", async || {
        let rings = desk.reads(&desk.lee, &path).await["rings"].clone();
        let names: Vec<String> = rings[ring]["rung"].as_array()?.iter().map(text).collect();
        (!names.is_empty()).then_some(names)
    })
    .await
}

async fn on_duty_first(on: On) {
    let (desk, service) = with_phones(on, settings(UNDO_MS)).await;
    let phones = [phone(&desk, &service, &desk.may).await, phone(&desk, &service, &desk.lee).await];
    desk.does(&desk.may, "/api/duty", &json!({"tier": 2})).await;
    let (_, item) = desk.holds("c1", URGENT).await;
    assert_eq!(names_rung(&desk, &item, 0).await, ["may"], "only may is on duty");
    let [mays, lees] = phones;
    let handed = service.takes(&mays, 1).await.remove(0);
    assert_eq!((handed.headers["urgency"].as_str(), handed.headers["topic"].as_str()), ("high", "urgent"));
    let said = mays.opens(&handed.body);
    assert_eq!(said["notification"]["title"], "You are needed now");
    assert!(text(&said["notification"]["navigate"]).ends_with("/staff"), "{said}");
    assert!(!said.to_string().contains("bob"), "{said}");
    assert!(service.all().iter().all(|handed| handed.path != lees.path), "lee is not on duty");
    desk.world.is_whole().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_urgent_message_rings_who_is_on_duty_and_their_phone_says_that_they_are_needed() {
    on_duty_first(On::Local).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_nodes_one_settles_whom_it_rings() {
    on_duty_first(On::Nodes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_answers_climbs_and_rings_more_people_until_somebody_does() {
    let second = 1_000;
    let target_ms = Targets { low: second, medium: second, high: second, urgent: second };
    let desk = Desk::with(On::Local, SiteSettings { target_ms, ..settings(UNDO_MS) }, |_| ()).await;
    desk.does(&desk.may, "/api/duty", &json!({"tier": 1})).await;
    desk.does(&desk.lee, "/api/duty", &json!({"tier": 2})).await;
    let (_, item) = desk.holds("c1", URGENT).await;
    assert_eq!(names_rung(&desk, &item, 0).await, ["may"]);
    let mut both = names_rung(&desk, &item, 1).await;
    both.sort();
    assert_eq!(both, ["lee", "may"], "the next tier, and the first again");
    let mut lee = desk.watches(&desk.lee).await;
    lee.ask(json!({"op": "acknowledge", "item": item})).await.expect("an answer");
    let rings = desk.reads(&desk.may, &format!("/api/items/{item}/background")).await["rings"].clone();
    for ring in rings.as_array().expect("rings") {
        assert_eq!(ring["answered_by"], "lee", "{rings}");
        assert!(text(&ring["answered_at"]) > text(&ring["at"]), "{rings}");
    }
    assert_eq!(desk.reads(&desk.cora, "/api/duty").await["waiting"]["ringing"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_is_on_duty_the_coordinators_are_told_and_whoever_is_there_before_them() {
    let (desk, service) = with_phones(On::Local, settings(UNDO_MS)).await;
    let coras = phone(&desk, &service, &desk.cora).await;
    let (_, item) = desk.holds("c1", URGENT).await;
    let mut all = names_rung(&desk, &item, 0).await;
    all.sort();
    assert_eq!(all, ["cora", "lee", "may"]);
    assert_eq!(service.takes(&coras, 1).await[0].headers["urgency"], "high");
    let seen = desk.reads(&desk.cora, "/api/duty").await;
    let waiting = (&seen["waiting"]["open"], &seen["waiting"]["ringing"], &seen["connected"]);
    assert_eq!(waiting, (&json!(1), &json!(1), &json!(0)));

    let _may = desk.watches(&desk.may).await;
    let (_, item) = desk.holds("c2", URGENT).await;
    assert_eq!(names_rung(&desk, &item, 0).await, ["may"], "without a shift, but there");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_rung_by_their_own_conversation() {
    let desk = Desk::on(On::Local).await;
    desk.does(&desk.may, "/api/duty", &json!({"tier": 1})).await;
    let own = desk.world.odd_pair(&desk.may, &desk.bob).await.to_string();
    let mut bob = desk.world.connect(&desk.bob).await;
    bob.send(&own, "c1", URGENT).await.expect("it is taken");
    let (_, item) = desk.holds("c2", URGENT).await;
    assert_eq!(names_rung(&desk, &item, 0).await, ["may"]);
    let page = desk.reads(&desk.lee, &format!("/api/queues/{}/items", desk.world.site)).await;
    let owns = page["items"].as_array().unwrap().iter().find(|one| one["conversation"] == own.as_str()).unwrap();
    let mut others = names_rung(&desk, &text(&owns["item"]), 0).await;
    others.sort();
    assert_eq!(others, ["cora", "lee"], "everybody else, since the only one on duty is a party");
    assert_eq!(
        desk.asks(&desk.may, "GET", &format!("/api/items/{}/background", text(&owns["item"])), &Value::Null)
            .await
            .status,
        404
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_webhook_is_told_which_item_rings_and_no_name_or_word() {
    let service = Service::start().await;
    let url = format!("{}/page?team=7", service.origin());
    let desk = Desk::with(On::Local, settings(UNDO_MS), |config| {
        config.fixed.webhook.url = Some(url);
        config.fixed.webhook.token = Some("a-shared-secret".into());
    })
    .await;
    service.answers("503 Service Unavailable");
    desk.does(&desk.may, "/api/duty", &json!({"tier": 1})).await;
    let (_, item) = desk.holds("c1", URGENT).await;
    until("a first try", async || (!service.all().is_empty()).then_some(())).await;
    service.answers("204 No Content");
    let handed = until("a second try", async || service.all().get(1).cloned()).await;
    assert_eq!(
        (handed.path.as_str(), handed.headers["authorization"].as_str()),
        ("/page?team=7", "Bearer a-shared-secret")
    );
    let said: Value = serde_json::from_slice(&handed.body).expect("JSON");
    assert_eq!((&said["event"], &said["item"], &said["severity"]), (&json!("ringing"), &json!(item), &json!("urgent")));
    assert_eq!((&said["tier"], &said["people"]), (&json!(1), &json!(1)));
    let words = said.to_string();
    assert!(["may", "bob", "kill"].iter().all(|word| !words.contains(word)), "{words}");
}
