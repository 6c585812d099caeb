//! What stands behind an item, whole conversations, and the numbers of a queue.

use super::Desk;
use crate::client::text;
use crate::world::{On, settings};
use handrail::config::Rate;
use handrail_domain::event::What;
use handrail_domain::look::ReadReason;
use handrail_domain::people::SiteSettings;
use handrail_domain::wire::{OversightPage, WaitsView};
use serde_json::{Value, json};

const HELD: &str = "you are a twat";

async fn what_is_behind(on: On) {
    let desk = Desk::on(on).await;
    for n in 0..8 {
        let mut ann = desk.world.connect(&desk.ann).await;
        ann.send(&desk.conversation, &format!("a{n}"), &format!("line {n}")).await.expect("it is taken");
    }
    let (_, first) = desk.holds("c1", HELD).await;
    desk.decides(&desk.may, &first, &json!({"kind": "reject", "reason": "abuse", "note": "Please keep it kind."}))
        .await;
    let (_, second) = desk.holds("c2", HELD).await;
    let (_, third) = desk.holds("c3", HELD).await;
    let behind = desk.reads(&desk.lee, &format!("/api/items/{second}/background")).await;
    let before: Vec<String> = behind["before"].as_array().unwrap().iter().map(|line| text(&line["text"])).collect();
    assert_eq!((before.len(), before[0].as_str(), before[8].as_str()), (9, "line 0", HELD), "more than the item's six");
    assert_eq!(behind["also_open"], json!([third]));
    let sender = &behind["people"][0];
    assert_eq!(
        (&sender["person"]["name"], &sender["held"], &sender["kept_back"]),
        (&json!("bob"), &json!(3), &json!(1))
    );
    assert_eq!((&sender["last"][0]["outcome"], &behind["people"][1]["held"]), (&json!("rejected"), &json!(0)));
    assert_eq!((&behind["decided"], &behind["rings"], &behind["restrictions"]), (&Value::Null, &json!([]), &json!([])));
    let decided = desk.reads(&desk.lee, &format!("/api/items/{first}/background")).await["decided"].clone();
    assert_eq!((&decided["by"]["name"], &decided["decision"]["reason"]), (&json!("may"), &json!("abuse")));
    desk.world.is_whole().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_an_item_stand_more_of_what_was_said_and_what_is_known_of_its_people() {
    what_is_behind(On::Local).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_stands_behind_it_on_a_database_server() {
    what_is_behind(On::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_behind_an_item_is_for_those_who_may_decide_on_it() {
    let desk = Desk::on(On::Local).await;
    let (_, item) = desk.holds("c1", HELD).await;
    let path = format!("/api/items/{item}/background");
    for who in [&desk.ann, &desk.bob, &desk.cora] {
        assert_eq!(desk.asks(who, "GET", &path, &Value::Null).await.problem(), "not_found");
    }
    let read = format!("/api/conversations/{}/read", desk.conversation);
    for who in [&desk.ann, &desk.bob, &desk.cora] {
        assert_eq!(desk.asks(who, "POST", &read, &json!({"reason": "decide"})).await.problem(), "forbidden");
    }
    assert!(desk.log("read").await.is_empty());
}

async fn who_reads_beside(on: On) {
    let desk = Desk::on(on).await;
    let (message, item) = desk.holds("c1", HELD).await;
    let path = format!("/api/items/{item}/background");
    let mut may = desk.world.connect(&desk.may).await;
    may.ask(json!({ "op": "claim", "item": item })).await.expect("she takes it");
    desk.reads(&desk.may, &path).await;
    assert!(desk.log("read").await.is_empty(), "that she holds it is in the log by her claim");
    for n in 1..=2 {
        desk.reads(&desk.lee, &path).await;
        let logged = desk.log("read").await;
        assert_eq!(logged.len(), n, "a line a read");
        let told = |event: &handrail_domain::event::Event| (event.actor, event.message.map(|id| id.to_string()));
        assert!(
            logged.iter().all(|event| told(event) == (Some(desk.lee.account), Some(message.clone()))),
            "{logged:?}"
        );
    }
    desk.world.is_whole().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_an_item_that_a_colleague_holds_is_in_the_log() {
    who_reads_beside(On::Local).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_an_item_that_a_colleague_holds_is_in_the_log_of_a_database_server_too() {
    who_reads_beside(On::Postgres).await;
}

/// All pages of a conversation: the texts, newest first.
async fn read_whole(desk: &Desk) -> Vec<Value> {
    let path = format!("/api/conversations/{}/read", desk.conversation);
    let mut lines = Vec::new();
    let mut before = Value::Null;
    loop {
        let mut body = json!({"reason": "safeguarding"});
        if !before.is_null() {
            body["before"] = before;
        }
        let page = desk.does(&desk.lee, &path, &body).await;
        lines.extend(page["lines"].as_array().unwrap().iter().cloned());
        before = page["next"].clone();
        if before.is_null() {
            return lines;
        }
    }
}

async fn who_reads(on: On) {
    let quick = Rate { per_second: 500, burst: 500 };
    let desk = Desk::with(on, settings(0), |config| {
        let limits = &mut config.fixed.limits;
        (limits.frames_per_connection, limits.sends_per_account, limits.sends_per_conversation) = (quick, quick, quick);
    })
    .await;
    let mut ann = desk.world.connect(&desk.ann).await;
    for n in 0..120 {
        ann.send(&desk.conversation, &format!("a{n}"), &format!("line {n}")).await.expect("it is taken");
    }
    let (_, item) = desk.holds("c1", HELD).await;
    let (waits, _) = desk.holds("c2", HELD).await;
    desk.decides(&desk.may, &item, &json!({"kind": "alter", "text": "you are late", "reason": "abuse"})).await;
    let lines = read_whole(&desk).await;
    assert_eq!(lines.len(), 122, "all pages, nothing twice");
    assert_eq!(
        (&lines[0]["message"], &lines[0]["status"], &lines[0]["decided"]),
        (&json!(waits), &json!("held"), &Value::Null)
    );
    assert_eq!((&lines[1]["text"], &lines[1]["shown"]), (&json!(HELD), &json!("you are late")));
    assert_eq!((&lines[1]["decided"]["by"]["name"], &lines[121]["text"]), (&json!("may"), &json!("line 0")));
    let logged = desk.log("read").await;
    assert_eq!(logged.len(), 2, "a line a page");
    for event in &logged {
        assert_eq!(
            (event.actor, event.conversation.map(|id| id.to_string())),
            (Some(desk.lee.account), Some(desk.conversation.clone()))
        );
        assert!(matches!(event.what, What::Read { reason: ReadReason::Safeguarding, .. }), "{event:?}");
    }
    desk.world.is_whole().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_a_whole_conversation_says_why_and_the_log_keeps_it() {
    who_reads(On::Local).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_on_a_database_server_is_kept_too() {
    who_reads(On::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_not_read_without_a_reason_or_from_a_place_that_is_none() {
    let desk = Desk::on(On::Local).await;
    let path = format!("/api/conversations/{}/read", desk.conversation);
    for body in [
        json!({}),
        json!({"reason": "curious"}),
        json!({"reason": "decide", "before": "then"}),
        json!({"reason": "decide", "before": "1.x"}),
    ] {
        assert_eq!(desk.asks(&desk.may, "POST", &path, &body).await.problem(), "bad_frame", "{body}");
    }
    let elsewhere =
        desk.world.person_at(desk.world.other_site().await, "eve", handrail_domain::people::Role::Supervisor).await;
    assert_eq!(desk.asks(&elsewhere, "POST", &path, &json!({"reason": "decide"})).await.problem(), "not_found");
    assert!(desk.log("read").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_numbers_of_a_queue_are_told_by_severity_hour_and_person_and_as_a_table() {
    let desk = Desk::with(On::Local, SiteSettings { undo_ms: 0, ..settings(0) }, |_| ()).await;
    desk.does(&desk.may, "/api/duty", &json!({"tier": 1})).await;
    for (cid, decision) in [
        ("c1", json!({"kind": "release"})),
        ("c2", json!({"kind": "reject", "reason": "abuse", "note": "No."})),
        ("c3", json!({"kind": "release"})),
    ] {
        let (_, item) = desk.holds(cid, HELD).await;
        desk.decides(&desk.may, &item, &decision).await;
    }
    desk.holds("c4", HELD).await;
    let page = desk.reads(&desk.cora, "/api/oversight?days=1&ahead=60").await;
    let page: OversightPage = serde_json::from_value(page).expect("as the types say");
    assert_eq!((page.held, page.hours.len()), (4, 1));
    let sum = |of: fn(&WaitsView) -> usize| page.waits.iter().map(|one| of(&one.waits)).sum::<usize>();
    assert_eq!((sum(|waits| waits.held), sum(|waits| waits.decided), sum(|waits| waits.in_time)), (4, 3, 3));
    let hour = &page.hours[0].waits;
    assert!(hour.p50_ms.is_some() && hour.p50_ms <= hour.p95_ms, "{hour:?}");
    let counts: Vec<_> = page.outcomes.iter().map(|one| (one.outcome.as_str(), one.count)).collect();
    assert_eq!(counts, [("released", 2), ("rejected", 1)]);
    assert_eq!((page.people.len(), page.people[0].name.as_str(), page.people[0].decided), (1, "may", 3));
    assert_eq!(page.rules[0].holds, 4);

    let csv = desk.asks(&desk.cora, "GET", "/api/oversight.csv?days=1", &Value::Null).await;
    assert_eq!((csv.status, csv.header("content-type")), (200, "text/csv; charset=utf-8"));
    assert!(csv.body.starts_with("about,which,measure,value\r\n"), "{}", csv.body);
    for row in ["queue,,held,4\r\n", "outcome,released,count,2\r\n", "person,may,decided,3\r\n"] {
        assert!(csv.body.contains(row), "{row}: {}", csv.body);
    }
    for bad in ["days=0", "days=367", "days=x", "ahead=10000", "weeks=1"] {
        assert_eq!(
            desk.asks(&desk.cora, "GET", &format!("/api/oversight?{bad}"), &Value::Null).await.problem(),
            "bad_frame"
        );
    }
}
