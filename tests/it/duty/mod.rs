//! What supervisors have beside the queue: shifts, what rings and whom, what stands behind an item, second looks, and numbers.

mod behind;
mod looks;
mod ringing;

use crate::client::{Client, text};
use crate::web::{Answer, ask};
use crate::world::{On, Person, UNDO_MS, World, settings};
use handrail_domain::people::{Role, SiteSettings};
use handrail_domain::wire::DutyPage;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A mentor and a mentee who talk, two supervisors and a coordinator.
struct Desk {
    world: World,
    ann: Person,
    bob: Person,
    may: Person,
    lee: Person,
    cora: Person,
    conversation: String,
}

impl Desk {
    async fn on(on: On) -> Self {
        Self::with(on, settings(UNDO_MS), |_| ()).await
    }

    async fn with(on: On, settings: SiteSettings, tune: impl FnOnce(&mut handrail::config::Config)) -> Self {
        let world = World::with(on, settings, tune).await;
        let ann = world.person("ann", Role::Mentor).await;
        let bob = world.person("bob", Role::Mentee).await;
        let may = world.person("may", Role::Supervisor).await;
        let lee = world.person("lee", Role::Supervisor).await;
        let cora = world.person("cora", Role::Coordinator).await;
        let conversation = world.pair(&ann, &bob).await.to_string();
        Self { world, ann, bob, may, lee, cora, conversation }
    }

    async fn asks(&self, who: &Person, method: &str, path: &str, body: &Value) -> Answer {
        let bearer = format!("Bearer {}", who.token);
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        ask(self.world.address, method, path, &headers, &body).await
    }

    async fn reads(&self, who: &Person, path: &str) -> Value {
        let answer = self.asks(who, "GET", path, &Value::Null).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    }

    async fn does(&self, who: &Person, path: &str, body: &Value) -> Value {
        let answer = self.asks(who, "POST", path, body).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    }

    /// Bob says something that is held. Gives the message and its item.
    async fn holds(&self, cid: &str, words: &str) -> (String, String) {
        let mut bob = self.world.connect(&self.bob).await;
        let held = bob.send(&self.conversation, cid, words).await.expect("it is taken");
        assert_eq!(held["status"], "held");
        let message = text(&held["message"]);
        let page = self.reads(&self.may, &format!("/api/queues/{}/items?limit=200", self.world.site)).await;
        let items = page["items"].as_array().expect("items");
        let item = items.iter().find(|item| item["message"] == message.as_str()).expect("its item");
        (message, text(&item["item"]))
    }

    /// A supervisor's device that watches the queue.
    async fn watches(&self, who: &Person) -> Client {
        let mut device = self.world.connect(who).await;
        device.ask(json!({"op": "watch", "queue": self.world.site})).await.expect("the queue");
        device
    }

    /// Somebody decides, and the decision takes effect.
    async fn decides(&self, who: &Person, item: &str, decision: &Value) {
        let mut device = self.watches(who).await;
        let claimed = device.ask(json!({"op": "claim", "item": item})).await.expect("a claim");
        let version = claimed["item"]["version"].clone();
        let decide = json!({"op": "decide", "item": item, "version": version, "decision": decision});
        device.ask(decide).await.expect("a decision");
        let over = |frame: &Value| frame["item"]["item"] == item && frame["item"]["state"] == "closed";
        device.expect("its effect", over).await;
    }

    async fn log(&self, kind: &str) -> Vec<handrail_domain::event::Event> {
        let page = self.world.chat.store().read(|record| record.log_page(0, 10_000)).await.expect("the log");
        page.into_iter().map(|line| line.event).filter(|event| event.what.kind() == kind).collect()
    }
}

/// Waits until it is so.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let patience = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < patience, "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn a_shift(on: On) {
    let desk = Desk::on(on).await;
    let begun = desk.does(&desk.may, "/api/duty", &json!({"tier": 1})).await;
    assert_eq!((&begun["mine"]["tier"], &begun["on"][0]["name"]), (&json!(1), &json!("may")));
    let seen = desk.reads(&desk.cora, "/api/duty").await;
    assert_eq!((seen["on"].as_array().map(Vec::len), &seen["mine"]), (Some(1), &Value::Null));
    // The same again is the same shift; another tier is another.
    assert_eq!(desk.does(&desk.may, "/api/duty", &json!({"tier": 1})).await["mine"], begun["mine"]);
    let leads = desk.does(&desk.may, "/api/duty", &json!({"tier": 3})).await;
    assert_eq!((leads["on"].as_array().map(Vec::len), &leads["mine"]["tier"]), (Some(1), &json!(3)));

    desk.holds("c1", "you are a twat").await;
    let left = desk.reads(&desk.may, "/api/duty").await["left"].clone();
    assert_eq!((&left["open"][0]["from"], &left["open"][0]["held_by"]), (&json!("bob"), &Value::Null));
    assert!(!left.to_string().contains("twat"), "a note begins with names and times, not with words: {left}");
    let over = desk.does(&desk.may, "/api/duty/finish", &json!({"note": " Ring bob's officer at nine. "})).await;
    assert_eq!((&over["mine"], over["on"].as_array().map(Vec::len)), (&Value::Null, Some(0)));
    let next = desk.does(&desk.lee, "/api/duty", &json!({"tier": 1})).await;
    let note = &next["handovers"][0];
    assert_eq!((&note["name"], &note["note"]), (&json!("may"), &json!("Ring bob's officer at nine.")));
    let acts = desk.log("shift").await.len();
    assert_eq!(acts, 5, "two starts and two ends of may's, and lee's start");
    desk.world.is_whole().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_on_duty_is_seen_and_leaves_a_note_to_the_next() {
    a_shift(On::Local).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_over_a_database_server() {
    a_shift(On::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_shift_is_refused_with_what_to_do() {
    let desk = Desk::on(On::Local).await;
    for tier in [json!(0), json!(4), json!("lead"), Value::Null] {
        assert_eq!(desk.asks(&desk.may, "POST", "/api/duty", &json!({"tier": tier})).await.problem(), "bad_frame");
    }
    let ninth = desk.asks(&desk.may, "POST", "/api/duty", &json!({"tier": 9})).await;
    assert!(ninth.body.contains("tier 1 (watches the queue)"), "{ninth:?}");
    let none = desk.asks(&desk.may, "POST", "/api/duty/finish", &json!({"note": ""})).await;
    assert_eq!((none.problem().as_str(), none.status), ("not_found", 404));
    assert!(none.body.contains("You are not on duty"), "{none:?}");
    desk.does(&desk.may, "/api/duty", &json!({"tier": 2})).await;
    let long = desk.asks(&desk.may, "POST", "/api/duty/finish", &json!({"note": "x".repeat(2_001)})).await;
    assert_eq!(long.problem(), "too_long");
    assert!(long.body.contains("2000 characters"), "{long:?}");
    assert_eq!(desk.reads(&desk.may, "/api/duty").await["mine"]["tier"], 2, "the shift goes on");
    // A coordinator sees who is on duty and is not themselves; people who talk see nothing.
    assert_eq!(desk.asks(&desk.cora, "POST", "/api/duty", &json!({"tier": 1})).await.problem(), "forbidden");
    for who in [&desk.ann, &desk.bob] {
        for path in ["/api/duty", "/api/oversight", "/api/oversight.csv"] {
            assert_eq!(desk.asks(who, "GET", path, &Value::Null).await.problem(), "forbidden");
        }
        for path in ["/api/duty", "/api/duty/finish", "/api/looks"] {
            assert_eq!(desk.asks(who, "POST", path, &json!({})).await.problem(), "forbidden");
        }
    }
    let page: DutyPage = serde_json::from_value(desk.reads(&desk.cora, "/api/duty").await).expect("as the types say");
    assert_eq!(page.on.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_note_is_let_go() {
    let desk = Desk::on(On::Local).await;
    desk.does(&desk.may, "/api/duty", &json!({"tier": 1})).await;
    desk.does(&desk.may, "/api/duty/finish", &json!({"note": "an old promise"})).await;
    let site = desk.world.site;
    let forgets = |after_ms: i64| {
        desk.world.chat.store().write(handrail::store::Scope::Own, move |tx| {
            Ok(tx.forget_handovers(site, handrail::fresh::now().plus_ms(after_ms))?)
        })
    };
    forgets(-60_000).await.expect("the record");
    assert_eq!(desk.reads(&desk.lee, "/api/duty").await["handovers"].as_array().map(Vec::len), Some(1));
    forgets(60_000).await.expect("the record");
    assert_eq!(desk.reads(&desk.lee, "/api/duty").await["handovers"], json!([]));
}
