//! What is written down: by whom, for whom, signed, put away; and what becomes of it in tasks, reports and erasures.

use super::{Scheme, word};
use crate::world::On;
use handrail_domain::event::What;
use serde_json::{Value, json};

async fn a_relationships_papers(on: On) {
    let scheme = Scheme::on(on).await;
    let [(robin, robin_token), (alex, alex_token)] = scheme.two().await;
    let pair = scheme.pairs(&robin, &alex).await;
    let path = format!("/api/conversations/{pair}/papers");
    let write = async |token: &str, kind: &str, answers: Value| {
        let body = json!({"kind": kind, "conversation": pair, "answers": answers});
        scheme.asks(token, "POST", "/api/papers", &body).await
    };
    let goal = json!({"area": "work", "goal": "Write a CV", "progress": "not_started"});
    let goal = write(&robin_token, "goal", goal).await.json();
    let met = json!({"at": "2026-11-01T18:00:00.000Z", "in_at": "2026-11-01T18:00:00.000Z", "out_at": "2026-11-01T19:30:00.000Z", "came": "both"});
    assert_eq!(write(&alex_token, "meeting", met).await.status, 201);
    assert_eq!(write(&alex_token, "time", json!({"on": "2026-11-02", "minutes": 30})).await.status, 201);
    assert_eq!(write(&alex_token, "debrief", json!({"words": "Went well"})).await.status, 201);
    assert_eq!(write(&robin_token, "pulse", json!({"helping": 5})).await.status, 201);
    for (kind, answers) in [("debrief", json!({"words": "x"})), ("concern", json!({"words": "x"})), ("plan", json!({}))]
    {
        assert_eq!(write(&robin_token, kind, answers).await.problem(), "forbidden", "{kind}");
    }

    let kinds = async |token: &str| -> Vec<String> {
        let own = scheme.reads(token, &path).await;
        own["papers"].as_array().unwrap().iter().map(|paper| word(&paper["kind"])).collect()
    };
    let mut robins = kinds(&robin_token).await;
    robins.sort();
    assert_eq!(robins, ["goal", "meeting", "plan", "pulse"], "and no debrief");
    assert!(
        !kinds(&alex_token).await.contains(&"pulse".to_owned()),
        "what a mentee says of the help is not for the mentor"
    );

    // What both agree on both change; whoever read an older version reads again.
    let id = word(&goal["id"]);
    let reached = json!({"area": "work", "goal": "Write a CV", "progress": "reached"});
    let change = json!({"version": 1, "answers": reached});
    assert_eq!(scheme.asks(&alex_token, "PUT", &format!("/api/papers/{id}"), &change).await.json()["version"], 2);
    assert_eq!(
        scheme.asks(&robin_token, "PUT", &format!("/api/papers/{id}"), &change).await.problem(),
        "stale_version"
    );

    // The plan is signed by both, and by both again once it says something else.
    let own = scheme.reads(&robin_token, &path).await;
    let plan = own["papers"].as_array().unwrap().iter().find(|paper| paper["kind"] == "plan").unwrap().clone();
    assert!(plan["signs"] == true && plan["writes"] == false, "{plan}");
    let sign = format!("/api/papers/{}/sign", word(&plan["id"]));
    for token in [&robin_token, &alex_token] {
        let signed = scheme.asks(token, "POST", &sign, &json!({"version": 1})).await;
        assert_eq!((signed.status, &signed.json()["signs"]), (200, &json!(false)));
    }
    let page = scheme.reads(&scheme.cora.token, &format!("/api/relationships/{pair}")).await;
    let plan = page["papers"].as_array().unwrap().iter().find(|paper| paper["kind"] == "plan").unwrap().clone();
    assert_eq!((plan["signed"].as_array().unwrap().len(), &page["minutes"]), (2, &json!(120)), "{page}");
    assert_eq!(
        scheme.is_refused("POST", &sign, json!({"version": 1})).await.0,
        "forbidden",
        "who is no party signs nothing"
    );
    let other = json!({"version": 1, "answers": {"form": "one_to_one", "purpose": "Something else"}});
    let plan = scheme.does("PUT", &format!("/api/papers/{}", word(&plan["id"])), other).await;
    assert_eq!(plan["signed"], json!([]));
    scheme.world.is_whole().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_writes_and_reads_what_is_theirs_to_write_and_read() {
    a_relationships_papers(On::Local).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_papers_stand_on_a_database_server() {
    a_relationships_papers(On::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worry_is_a_task_until_somebody_else_has_dealt_with_it() {
    let scheme = Scheme::on(On::Local).await;
    let [(robin, robin_token), (alex, alex_token)] = scheme.two().await;
    let pair = scheme.pairs(&robin, &alex).await;
    let worry =
        json!({"kind": "concern", "conversation": pair, "answers": {"words": "They sounded low", "soon": true}});
    let written = scheme.asks(&alex_token, "POST", "/api/papers", &worry).await.json();
    for who in [&scheme.cora, &scheme.sue] {
        assert_eq!(scheme.tasks(who).await.first().map(String::as_str), Some("concern"));
    }
    let read = format!("/api/papers/{}", word(&written["id"]));
    let shown = scheme.reads(&scheme.sue.token, &read).await;
    assert_eq!((&shown["answers"]["words"], &shown["closes"]), (&json!("They sounded low"), &json!(true)));
    assert_eq!(scheme.reads(&alex_token, &read).await["closes"], false, "who wrote it reads it");
    let mentee = scheme.asks(&robin_token, "GET", &read, &Value::Null).await;
    assert_eq!(mentee.problem(), "not_found", "and the mentee does not");
    let close = format!("/api/papers/{}/close", word(&written["id"]));
    let own = scheme.asks(&alex_token, "POST", &close, &json!({"version": 1})).await;
    assert_eq!(own.problem(), "forbidden", "who is worried does not put it away");
    assert_eq!(scheme.asks(&scheme.sue.token, "POST", &close, &json!({"version": 1})).await.status, 200);
    assert!(!scheme.tasks(&scheme.cora).await.contains(&"concern".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn checks_that_lapse_and_plans_that_end_are_tasks() {
    let scheme = Scheme::on(On::Local).await;
    let [(robin, _), (alex, _)] = scheme.two().await;
    scheme.writes_about(&alex, "check", json!({"what": "training", "until": "2026-01-01"})).await;
    let plan = json!({"form": "one_to_one", "purpose": "x", "ends": "2026-01-01", "begins": "custody", "release_on": "2026-01-05"});
    scheme.does("POST", "/api/relationships", json!({"parties": [robin, alex], "plan": plan})).await;
    let tasks = scheme.tasks(&scheme.cora).await;
    for kind in ["first_meeting", "check", "plan_ends"] {
        assert!(tasks.contains(&kind.to_owned()), "{kind}: {tasks:?}");
    }
    let home = scheme.reads(&scheme.cora.token, "/api/home").await;
    let first = home["tasks"].as_array().unwrap().iter().find(|task| task["kind"] == "first_meeting").unwrap();
    assert!(word(&first["at"]).starts_with("2026-01-08"), "three working days after a Monday: {first}");
    assert_eq!(
        scheme.reads(&scheme.sue.token, "/api/home").await["tasks"],
        json!([]),
        "a supervisor has none of these"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_has_no_word_of_a_paper_and_an_erasure_takes_what_it_says() {
    let scheme = Scheme::on(On::Local).await;
    let [(robin, _), (alex, _)] = scheme.two().await;
    scheme.writes_about(&robin, "note", json!({"words": "Zanzibar is a secret"})).await;
    for event in scheme.log("paper").await {
        let What::Paper { digest, .. } = &event.what else { panic!("a paper") };
        assert_eq!(digest.len(), 64);
        assert!(!serde_json::to_string(&event.what).unwrap().contains("Zanzibar"));
    }
    let pair = scheme.pairs(&robin, &alex).await;
    let note = json!({"kind": "goal", "conversation": pair, "answers": {"area": "work", "goal": "Zanzibar", "progress": "left"}});
    scheme.does("POST", "/api/papers", note).await;
    scheme.does("POST", &format!("/api/relationships/{pair}/end"), json!({"words": "Zanzibar"})).await;
    scheme.does("POST", &format!("/api/people/{robin}/suspend"), json!({"reason": "left"})).await;
    let chat = &scheme.world.chat;
    let extent = |id: &str| handrail_domain::erasure::Extent::Account(id.parse().unwrap());
    chat.admin_erase(extent(&robin), "cora", "asked for it").await.expect("erased");
    let about = scheme.reads(&scheme.cora.token, &format!("/api/people/{robin}")).await;
    assert!(about["papers"].as_array().unwrap().iter().all(|paper| paper["answers"].is_null()), "{about}");
    let conversation = handrail_domain::erasure::Extent::Conversation(pair.parse().unwrap());
    chat.admin_erase(conversation, "cora", "asked for it").await.expect("erased");
    let page = scheme.asks(&scheme.cora.token, "GET", &format!("/api/relationships/{pair}"), &Value::Null).await;
    assert!(!page.body.contains("Zanzibar"), "{page:?}");
    scheme.world.is_whole().await;
}

async fn the_numbers(on: On) {
    let scheme = Scheme::on(on).await;
    let [(robin, robin_token), (alex, alex_token)] = scheme.two().await;
    let pair = scheme.pairs(&robin, &alex).await;
    let mut mentee = scheme.connects(&robin_token).await;
    mentee.send(&pair, "r1", "Hello").await.expect("said");
    let body = json!({"kind": "time", "conversation": pair, "answers": {"on": "2026-11-02", "minutes": 150}});
    scheme.asks(&alex_token, "POST", "/api/papers", &body).await;
    let check = json!({"area": "work", "how": "better"});
    scheme.does("POST", "/api/papers", json!({"kind": "check_in", "conversation": pair, "answers": check})).await;
    let today = handrail::fresh::now().date();
    let path = format!("/api/scheme?from=2026-01-01&until={today}");
    let page = scheme.reads(&scheme.cora.token, &path).await;
    let number = |what: &str| {
        let lines = page["lines"].as_array().unwrap();
        lines.iter().find(|line| line["what"] == what).unwrap_or_else(|| panic!("{what}: {page}"))["told"]["number"]
            .clone()
    };
    assert_eq!((number("messages"), number("hours_given")), (json!(1), json!(2)));
    assert_eq!(number("people_engaged"), Value::Null, "one person is too few to be told");
    assert_eq!((number("concerns"), number("helping_tenths")), (json!(0), Value::Null));
    assert_eq!(page["areas"][0]["better"]["number"], Value::Null);
    let csv = scheme.asks(&scheme.cora.token, "GET", &path.replace("scheme?", "scheme.csv?"), &Value::Null).await;
    assert!(
        csv.body.contains("scheme,,hours_given,2\r\n") && csv.body.contains("scheme,,people_engaged,\r\n"),
        "{csv:?}"
    );
    for bad in [
        "",
        "?from=2026-02-30&until=2026-03-01",
        "?from=2026-03-01&until=2026-02-01",
        "?from=2020-01-01&until=2026-01-01",
    ] {
        let answer = scheme.asks(&scheme.cora.token, "GET", &format!("/api/scheme{bad}"), &Value::Null).await;
        assert_eq!(answer.problem(), "bad_frame", "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_funder_is_told_what_the_scheme_did_and_nothing_of_few_people() {
    the_numbers(On::Local).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_funder_is_told_the_same_from_a_database_server() {
    the_numbers(On::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_thinks_that_a_message_was_kept_back_wrongly_has_a_second_supervisor_look() {
    let scheme = Scheme::on(On::Local).await;
    let [(robin, robin_token), (alex, alex_token)] = scheme.two().await;
    let pair = scheme.pairs(&robin, &alex).await;
    let mut mentee = scheme.connects(&robin_token).await;
    let held = mentee.send(&pair, "r1", "you are a twat").await.expect("held");
    let message = word(&held["message"]);
    let appeal = format!("/api/messages/{message}/appeal");
    assert_eq!(scheme.asks(&robin_token, "POST", &appeal, &Value::Null).await.problem(), "not_held", "it waits still");
    let mut desk = scheme.connects(&scheme.sue.token).await;
    desk.ask(json!({"op": "watch", "queue": scheme.world.site})).await.expect("the queue");
    let page = scheme.reads(&scheme.sue.token, &format!("/api/queues/{}/items", scheme.world.site)).await;
    let item = word(&page["items"][0]["item"]);
    let claimed = desk.ask(json!({"op": "claim", "item": item})).await.expect("a claim");
    let decision = json!({"kind": "reject", "reason": "abuse", "note": "Please keep it kind."});
    let decide = json!({"op": "decide", "item": item, "version": claimed["item"]["version"], "decision": decision});
    desk.ask(decide).await.expect("a decision");
    mentee.expect("kept back", |frame| frame["status"] == "rejected").await;
    assert_eq!(scheme.asks(&alex_token, "POST", &appeal, &Value::Null).await.problem(), "not_found");
    for _ in 0..2 {
        assert_eq!(scheme.asks(&robin_token, "POST", &appeal, &Value::Null).await.status, 204);
    }
    assert_eq!(scheme.asks(&scheme.sue.token, "POST", "/api/looks", &json!({})).await.status, 204, "not who decided");
    let second = scheme.world.person("second", handrail_domain::people::Role::Supervisor).await;
    let look = scheme.asks(&second.token, "POST", "/api/looks", &json!({})).await;
    assert_eq!((look.status, &look.json()["text"]), (200, &json!("you are a twat")));
}
