//! Notifications: who is not there and has something waiting is told so on their own phone, once, and of nothing else.

pub(crate) mod service;

use crate::client::text;
use crate::web::ask;
use crate::world::{On, Person, UNDO_MS, World, settings};
use handrail_domain::people::Role;
use handrail_domain::push::{DEVICES_MAX, Device, TOLD_EVERY_MS};
use handrail_domain::time::Timestamp;
use serde_json::{Value, json};
use service::{Phone, Service};
use std::time::{Duration, Instant};

/// A mentor, a mentee, and a push service that the server may speak to.
struct Told {
    world: World,
    service: Service,
    mentor: Person,
    mentee: Person,
    conversation: String,
}

impl Told {
    async fn on(on: On) -> Self {
        let service = Service::start().await;
        let origin = service.origin();
        let world = World::with(on, settings(UNDO_MS), |config| config.fixed.push.services = vec![origin]).await;
        let mentor = world.person("mentor", Role::Mentor).await;
        let mentee = world.person("mentee", Role::Mentee).await;
        let conversation = world.pair(&mentor, &mentee).await.to_string();
        Self { world, service, mentor, mentee, conversation }
    }

    /// A request by that person's page. Gives the status, and what was said.
    async fn asks(&self, who: &Person, method: &str, path: &str, body: &Value) -> (u16, String) {
        let bearer = format!("Bearer {}", who.token);
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = ask(self.world.address, method, path, &headers, &body).await;
        (answer.status, answer.body)
    }

    /// That person's phone is told from now on.
    async fn phone(&self, who: &Person) -> Phone {
        let phone = Phone::registered(&self.service, &who.name);
        let (status, said) = self.asks(who, "PUT", "/api/push", &phone.asks()).await;
        assert_eq!(status, 204, "{said}");
        phone
    }

    /// The mentor says something.
    async fn says(&self, cid: &str, words: &str) -> Value {
        let mut mentor = self.world.connect(&self.mentor).await;
        mentor.send(&self.conversation, cid, words).await.expect("it is taken")
    }

    async fn devices(&self) -> Vec<Device> {
        let account = self.mentee.account;
        self.world.chat.store().read(move |record| record.devices(account)).await.expect("the record")
    }

    /// When the next phone is told, once it is known.
    async fn due(&self) -> Timestamp {
        let patience = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(due) = self.world.chat.store().read(|record| record.next_device_due()).await.unwrap() {
                return due;
            }
            assert!(Instant::now() < patience, "nothing is due");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until it is so of the mentee's devices.
    async fn until(&self, what: &str, fits: impl Fn(&[Device]) -> bool) -> Vec<Device> {
        let patience = Instant::now() + Duration::from_secs(30);
        loop {
            let devices = self.devices().await;
            if fits(&devices) {
                return devices;
            }
            assert!(Instant::now() < patience, "{what}: {devices:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn one_phone_is_told_once(on: On) {
    let told = Told::on(on).await;
    let phone = told.phone(&told.mentee).await;
    let (_, state) = told.asks(&told.mentee, "GET", "/api/push", &Value::Null).await;
    let state: Value = serde_json::from_str(&state).unwrap();
    assert_eq!(state["on"], true);
    told.says("c1", "The book about bridges was really good.").await;
    let handed = told.service.takes(&phone, 1).await.remove(0);
    for (name, value) in [("content-encoding", "aes128gcm"), ("ttl", "86400"), ("urgency", "normal"), ("topic", "new")]
    {
        assert_eq!(handed.headers[name], value, "{name}");
    }
    let (claims, key) = handed.vapid();
    assert_eq!(key, text(&state["key"]));
    assert_eq!(claims["aud"], told.service.origin());
    let said = phone.opens(&handed.body);
    assert_eq!(said["web_push"], 8030);
    assert_eq!(said["notification"]["title"], "You have something new");
    let words = said.to_string();
    assert!(!words.contains("bridges") && !words.contains("mentor"), "{words}");

    // What comes soon after waits; nobody is told twice within a quarter of an hour.
    let before = told.until("it is known that it was told", |all| all[0].told_at.is_some()).await;
    told.says("c2", "And bring your notes.").await;
    let due = told.due().await;
    assert_eq!(Some(due), before[0].told_at.map(|at| at.plus_ms(TOLD_EVERY_MS)));
    assert_eq!(told.service.all().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_there_is_told_once_that_something_is_new_and_nothing_else() {
    one_phone_is_told_once(On::Local).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_nodes_one_tells() {
    one_phone_is_told_once(On::Nodes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_there_is_not_told_and_who_only_left_a_page_open_is() {
    let told = Told::on(On::Local).await;
    let phone = told.phone(&told.mentee).await;
    let mut mentee = told.world.connect(&told.mentee).await;
    told.says("c1", "Are you there?").await;
    mentee.expect("the message", |frame| frame["type"] == "message").await;
    // A second person, who is not there, shows that the round has passed.
    let other = told.world.person("other", Role::Mentee).await;
    let pair = told.world.pair(&told.mentor, &other).await.to_string();
    let others = told.phone(&other).await;
    let mut mentor = told.world.connect(&told.mentor).await;
    mentor.send(&pair, "c2", "And you?").await.expect("it is taken");
    told.service.takes(&others, 1).await;
    assert_eq!(told.service.all().len(), 1);
    mentee.say(json!({"op": "away", "on": true})).await;
    mentee.ping().await;
    mentor.send(&told.conversation, "c3", "Hello?").await.expect("it is taken");
    told.service.takes(&phone, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_to_a_phone_that_went_without_reading_it_is_told() {
    let told = Told::on(On::Local).await;
    let phone = told.phone(&told.mentee).await;
    let mut mentee = told.world.connect(&told.mentee).await;
    told.says("c1", "Good luck today!").await;
    mentee.expect("the message", |frame| frame["type"] == "message").await;
    mentee.vanish();
    told.service.takes(&phone, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_is_not_told_when_its_reader_goes() {
    let told = Told::on(On::Local).await;
    let phone = told.phone(&told.mentee).await;
    let mut mentee = told.world.connect(&told.mentee).await;
    told.says("c1", "Good luck today!").await;
    mentee.expect("the message", |frame| frame["type"] == "message").await;
    mentee.say(json!({"op": "read", "conversation": told.conversation, "seq": 1})).await;
    mentee.ping().await;
    mentee.vanish();
    told.world.chat.went(told.mentee.account);
    // What comes next is told, and it is the first.
    let patience = Instant::now() + Duration::from_secs(30);
    while told.world.chat.bus().presence(told.mentee.account) != handrail_domain::wire::Presence::Offline {
        assert!(Instant::now() < patience, "it does not go");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(told.service.all().len(), 0);
    told.says("c2", "How did it go?").await;
    told.service.takes(&phone, 1).await;
    assert_eq!(told.service.all().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_is_told_what_became_of_their_words_while_they_were_away() {
    let told = Told::on(On::Local).await;
    let phone = told.phone(&told.mentee).await;
    let supervisor = told.world.person("supervisor", Role::Supervisor).await;
    let mut staff = told.world.connect(&supervisor).await;
    let site = told.world.site.to_string();
    staff.ask(json!({"op": "watch", "queue": site})).await.expect("a queue");
    let mut mentee = told.world.connect(&told.mentee).await;
    let sent = mentee.send(&told.conversation, "c1", "call me on 07700 900123").await.expect("it is taken");
    assert_eq!(sent["status"], "held");
    mentee.say(json!({"op": "away", "on": true})).await;
    mentee.ping().await;
    let item = staff.expect_item(&text(&sent["message"]), "waiting", |item| item["state"] == "waiting").await;
    let claimed = staff.ask(json!({"op": "claim", "item": item["item"]})).await.expect("a claim");
    let decision =
        json!({"kind": "reject", "reason": "contact_details", "note": "Please keep numbers out.", "log": "a number"});
    let version = &claimed["item"]["version"];
    staff
        .ask(json!({"op": "decide", "item": item["item"], "version": version, "decision": decision}))
        .await
        .expect("a decision");
    told.service.takes(&phone, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_stays_quiet_in_its_quiet_hours_and_is_told_when_they_end() {
    let told = Told::on(On::Local).await;
    let phone = Phone::registered(&told.service, "quiet");
    let mut asked = phone.asks();
    // Quiet from an hour ago to two hours from now, on a clock that is UTC's.
    let minute = |ahead_h: i64| (handrail::fresh::now().0 / 60_000 + ahead_h * 60).rem_euclid(1_440);
    asked["quiet"] = json!({"from": minute(-1), "to": minute(2), "ahead": 0});
    asked["language"] = json!("cy");
    assert_eq!(told.asks(&told.mentee, "PUT", "/api/push", &asked).await.0, 204);
    told.says("c1", "Good night.").await;
    let left = told.due().await.since_ms(handrail::fresh::now());
    assert!((115 * 60_000..=121 * 60_000).contains(&left), "{left}");
    // Who comes before that is told nothing any more.
    let _mentee = told.world.connect(&told.mentee).await;
    let patience = Instant::now() + Duration::from_secs(30);
    while told.world.chat.store().read(|record| record.next_device_due()).await.unwrap().is_some() {
        assert!(Instant::now() < patience, "it is still due");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(told.service.all().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_its_service_does_not_know_any_more_is_forgotten() {
    let told = Told::on(On::Local).await;
    told.phone(&told.mentee).await;
    told.service.answers("410 Gone");
    told.says("c1", "Hello").await;
    told.until("it is forgotten", <[_]>::is_empty).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_away_is_asked_again_when_it_wants_to_be_and_no_phone_is_forgotten() {
    let told = Told::on(On::Local).await;
    told.phone(&told.mentee).await;
    told.service.answers("503 Service Unavailable\r\nretry-after: 600");
    told.says("c1", "Hello").await;
    let tried = told.until("it was tried", |all| all[0].tries == 1).await;
    assert_eq!(tried[0].told_at, None);
    // The lease is a minute long: what is due later than that is what the service asked for.
    let patience = Instant::now() + Duration::from_secs(30);
    while told.due().await.since_ms(handrail::fresh::now()) < 500_000 {
        assert!(Instant::now() < patience, "the service's wish is not heard");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_is_told_until_it_signs_out_or_says_no_and_an_account_has_only_so_many() {
    let told = Told::on(On::Local).await;
    told.phone(&told.mentee).await;
    assert_eq!(told.asks(&told.mentee, "DELETE", "/api/push", &Value::Null).await.0, 204);
    assert!(told.devices().await.is_empty());
    told.phone(&told.mentee).await;
    let mut many = Vec::new();
    for device in 0..DEVICES_MAX {
        let token = told.world.chat.lasting_session(told.mentee.account).await.unwrap();
        let who = Person { token, ..told.mentee.clone() };
        let phone = Phone::registered(&told.service, &format!("device{device}"));
        assert_eq!(told.asks(&who, "PUT", "/api/push", &phone.asks()).await.0, 204);
        many.push(who);
    }
    let devices = told.devices().await;
    assert_eq!(devices.len(), DEVICES_MAX);
    assert!(devices.iter().all(|device| device.endpoint.contains("/device/device")), "the oldest went: {devices:?}");
    // Asked for again by another session, an address moves there.
    let again = Phone::registered(&told.service, "device1");
    assert_eq!(told.asks(&many[0], "PUT", "/api/push", &again.asks()).await.0, 204);
    assert_eq!(told.devices().await.len(), DEVICES_MAX - 1);
    assert_eq!(told.asks(&many[3], "DELETE", "/api/session", &Value::Null).await.0, 204);
    assert_eq!(told.devices().await.len(), DEVICES_MAX - 2);
    assert_eq!(told.asks(&many[4], "DELETE", "/api/sessions", &Value::Null).await.0, 204);
    assert!(told.devices().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_shows_at_once_what_a_notification_looks_like() {
    let told = Told::on(On::Local).await;
    assert_eq!(told.asks(&told.mentee, "POST", "/api/push/test", &Value::Null).await.0, 404, "no phone yet");
    let phone = told.phone(&told.mentee).await;
    assert_eq!(told.asks(&told.mentee, "POST", "/api/push/test", &Value::Null).await.0, 204);
    told.service.takes(&phone, 1).await;
    let (status, said) = told.asks(&told.mentee, "POST", "/api/push/test", &Value::Null).await;
    assert_eq!(status, 429, "{said}");
    told.service.answers("500 Oh");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_asks_badly_is_told_so_and_no_server_but_a_push_service_is_ever_spoken_to() {
    let told = Told::on(On::Local).await;
    let good = Phone::registered(&told.service, "mentee").asks();
    let with = |key: &str, value: Value| {
        let mut asked = good.clone();
        asked[key] = value;
        asked
    };
    let night = |from: i64, to: i64, ahead: i64| json!({"from": from, "to": to, "ahead": ahead});
    for asked in [
        with("endpoint", json!("")),
        with("endpoint", json!("http://127.0.0.1:1/device")),
        with("endpoint", json!("http://169.254.169.254/latest/meta-data")),
        with("endpoint", json!("https://fcm.googleapis.com/fcm/send/x")),
        with("endpoint", json!(format!("{}/{}", told.service.origin(), "x".repeat(2_000)))),
        with("p256dh", json!("")),
        with("p256dh", json!("A".repeat(87))),
        with("auth", json!("short")),
        with("language", json!("fr")),
        with("quiet", night(1_440, 0, 0)),
        with("quiet", night(60, 60, 0)),
        with("quiet", night(0, 60, 2_000)),
        with("more", json!(1)),
        json!([]),
    ] {
        let (status, said) = told.asks(&told.mentee, "PUT", "/api/push", &asked).await;
        assert_eq!(status, 400, "{asked}: {said}");
    }
    let operator = told.world.person("operator", Role::Operator).await;
    assert_eq!(told.asks(&operator, "PUT", "/api/push", &good).await.0, 403);
    let bearer = format!("Bearer {}", told.mentee.token);
    let foreign =
        [("authorization", bearer.as_str()), ("origin", "https://evil.example"), ("content-type", "text/plain")];
    assert_eq!(ask(told.world.address, "PUT", "/api/push", &foreign, &good.to_string()).await.status, 400);
    assert!(told.devices().await.is_empty());
}
