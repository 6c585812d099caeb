//! A relationship that is evidence: one command pauses it, keeps its words, leaves two of staff who read it, and writes the report.

use crate::operate::Place;
use crate::process::{http, word};
use serde_json::{Value, json};

const WORDS: &str = "the heron stood in the reeds";

async fn get(place: &Place, username: &str, path: &str) -> (u16, Value) {
    let who = place.person(username);
    let (status, body) = http(place.server.address, "GET", path, &who.token, "").await;
    (status, serde_json::from_str(&body).unwrap_or_default())
}

fn report(place: &Place, folder: &str) -> Value {
    let file = std::fs::read(place.path(folder).join("export.json")).expect("a report");
    serde_json::from_slice(&file).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_relationship_is_paused_kept_read_by_two_alone_and_reported_in_one_command() {
    let place = Place::start("");
    let mentee = place.person("mentee1");
    let conversation = mentee.conversation.clone();
    let mut wire = place.wire("mentee1").await;
    wire.send(&conversation, "one", WORDS).await.expect("it is delivered");
    let held = wire.send(&conversation, "two", "ring me on 07700 900123").await.expect("it is held");
    let out = |name: &str| place.path(name).to_string_lossy().into_owned();
    let identity = json!({"kind": "identity", "account": mentee.account, "answers": {"real_name": "Robin Real", "born": "2011-02-03"}});
    let coordinator = place.person("coordinator");
    let written = http(place.server.address, "POST", "/api/papers", &coordinator.token, &identity.to_string()).await;
    assert_eq!(written.0, 201, "{written:?}");
    let items = format!("/api/queues/{}/items", mentee.site);
    assert_eq!(get(&place, "supervisor2", &items).await.1["items"].as_array().map(Vec::len), Some(1));

    let reason = "A supervisor saw it in the queue.";
    let seal = |by: &str, agreed: &str, folder: &str| {
        let out = out(folder);
        let words = [
            "seal",
            "begin",
            &conversation,
            "--reason",
            reason,
            "--by",
            by,
            "--agreed",
            agreed,
            "--until",
            "2099-01-01",
            "--out",
            &out,
        ];
        words.map(str::to_owned)
    };
    let refused = |words: &[String], said: &str| {
        place.refuses(&words.iter().map(String::as_str).collect::<Vec<_>>(), &[said]);
    };
    refused(&seal("supervisor1", "supervisor1", "x"), "second");
    refused(&seal("supervisor1", "mentor1", "x"), "");
    let begin = seal("supervisor1", "coordinator", "report");
    let done = place.does(&begin.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(done.contains("Sealed on") && done.contains("handrail seal sent"), "{done}");
    refused(&seal("supervisor1", "coordinator", "y"), "sealed already");

    // Nobody writes there; those in it still read it.
    let refused_send = wire.send(&conversation, "three", "hello").await.expect("an answer");
    assert_eq!(refused_send["code"], "conversation_paused");
    assert_eq!(get(&place, "mentee1", &format!("/api/conversations/{conversation}/messages")).await.0, 200);
    // The two read it, and one of them decides; to a third it is not there.
    let item = get(&place, "supervisor1", &items).await.1["items"][0].clone();
    assert_eq!(item["message"], held["message"]);
    assert_eq!(get(&place, "supervisor2", &items).await.1["items"], json!([]));
    let behind = format!("/api/items/{}/background", word(&item["item"]));
    assert_eq!((get(&place, "supervisor1", &behind).await.0, get(&place, "supervisor2", &behind).await.0), (200, 404));
    let whole = format!("/api/conversations/{conversation}/read");
    let reads = async |username: &str| {
        let who = place.person(username);
        http(place.server.address, "POST", &whole, &who.token, r#"{"reason": "safeguarding"}"#).await.0
    };
    assert_eq!((reads("supervisor1").await, reads("supervisor2").await), (200, 404));
    let mut third = place.wire("supervisor2").await;
    let claim = third.ask(json!({"op": "claim", "item": item["item"]})).await;
    assert_eq!(claim["code"], "not_found", "{claim}");
    assert_eq!(third.ask(json!({"op": "lift", "conversation": conversation})).await["code"], "not_found");
    let export = ["export", "--conversation", &conversation, "--out", &out("case"), "--by", "supervisor2"];
    place.refuses(&export, &["not one of the two"]);
    place.refuses(
        &["seal", "report", &conversation, "--by", "supervisor2", "--out", &out("z")],
        &["not one of the two"],
    );
    // Its words are kept.
    place.refuses(
        &["erase", "--conversation", &conversation, "--reason", "asked for", "--by", "coordinator"],
        &["hold"],
    );

    let written = report(&place, "report");
    assert_eq!(
        (&written["report"]["how_it_came_to_notice"], &written["report"]["service"]),
        (&json!(reason), &json!("Riverside Mentoring"))
    );
    let people = written["people"].as_array().expect("people");
    let young = people.iter().find(|one| one["username"] == "mentee1").expect("the mentee");
    assert_eq!(young["identity_as_the_scheme_wrote_it_down"]["real_name"], "Robin Real");
    assert!(written["case_file"].to_string().contains(WORDS) && written["case_file"]["lines_of_the_log"].is_array());
    let page = std::fs::read_to_string(place.path("report").join("export.html")).expect("a page");
    assert!(page.contains("Report to an authority") && page.contains(WORDS));

    place.refuses(
        &["seal", "sent", &conversation, "--by", "supervisor2", "--reference", "NCA-1"],
        &["not one of the two"],
    );
    place.does(&["seal", "sent", &conversation, "--by", "coordinator", "--reference", "NCA-1234/26"]);
    let listed = place.does(&["seal", "list"]);
    for part in [conversation.as_str(), "supervisor1, coordinator", "NCA-1234/26", "in force"] {
        assert!(listed.contains(part), "{part}: {listed}");
    }
    place.does(&["seal", "report", &conversation, "--by", "coordinator", "--out", &out("again")]);
    assert_eq!(report(&place, "again")["report"]["reference_of_the_authority"], "NCA-1234/26");

    // To break it takes two; then it is a relationship like others, still paused and still kept.
    place.refuses(&["seal", "end", &conversation, "--by", "coordinator", "--agreed", "coordinator"], &["second"]);
    place.does(&["seal", "end", &conversation, "--by", "coordinator", "--agreed", "supervisor2"]);
    place.refuses(&["seal", "end", &conversation, "--by", "coordinator", "--agreed", "supervisor2"], &["no seal"]);
    assert_eq!(get(&place, "supervisor2", &items).await.1["items"].as_array().map(Vec::len), Some(1));
    assert!(place.does(&["hold", "list"]).contains("in force"));
    let checked = place.does(&["audit", "verify"]);
    assert!(checked.contains("The log is whole"), "{checked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_coordinator_reads_of_a_sealed_relationship_is_that_it_is_sealed() {
    let place = Place::start("");
    let (mentor, conversation) = (place.person("mentor1"), place.person("mentee1").conversation);
    let paper = json!({"kind": "debrief", "conversation": conversation, "answers": {"words": "zanzibar"}});
    let written = http(place.server.address, "POST", "/api/papers", &mentor.token, &paper.to_string()).await;
    assert_eq!(written.0, 201, "{written:?}");
    let id = word(&serde_json::from_str::<Value>(&written.1).expect("JSON")["id"]);
    let out = place.path("report").to_string_lossy().into_owned();
    place.does(&[
        "seal",
        "begin",
        &conversation,
        "--reason",
        "asked by the police",
        "--by",
        "supervisor1",
        "--agreed",
        "supervisor2",
        "--until",
        "2099-01-01",
        "--out",
        &out,
    ]);
    let page = get(&place, "coordinator", &format!("/api/relationships/{conversation}")).await.1;
    assert_eq!((&page["papers"], &page["relationship"]["state"]), (&json!([]), &json!("paused")));
    assert_eq!(get(&place, "coordinator", &format!("/api/papers/{id}")).await.0, 404);
    let coordinator = place.person("coordinator");
    let csv = http(place.server.address, "GET", "/api/papers.csv", &coordinator.token, "").await;
    assert!(csv.0 == 200 && !csv.1.contains("zanzibar"), "{csv:?}");
    let resume = format!("/api/relationships/{conversation}/resume");
    let resumed = http(place.server.address, "POST", &resume, &coordinator.token, r#"{"words": ""}"#).await;
    assert!(resumed.0 == 409 && resumed.1.contains("sealed"), "{resumed:?}");
    assert_eq!(get(&place, "mentor1", &format!("/api/papers/{id}")).await.0, 200, "who wrote it reads it");
}
