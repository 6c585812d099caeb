//! A relationship that is evidence: one command pauses it, keeps its words, leaves two of staff who read it, and writes the report.

use crate::operate::Place;
use crate::process::{Wire, http, word};
use serde_json::{Value, json};

const REASON: &str = "A supervisor saw it in the queue.";
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

/// A relationship in which something is held, sealed by a supervisor and the coordinator, with its report written.
struct Case {
    place: Place,
    conversation: String,
    held: Value,
    wire: Wire,
}

impl Case {
    async fn sealed() -> Self {
        let place = Place::start("");
        let mentee = place.person("mentee1");
        let conversation = mentee.conversation.clone();
        let mut wire = place.wire("mentee1").await;
        wire.send(&conversation, "one", WORDS).await.expect("it is delivered");
        let held = wire.send(&conversation, "two", "ring me on 07700 900123").await.expect("it is held");
        let answers = json!({"real_name": "Robin Real", "born": "2011-02-03"});
        let identity = json!({"kind": "identity", "account": mentee.account, "answers": answers}).to_string();
        let coordinator = place.person("coordinator");
        let written = http(place.server.address, "POST", "/api/papers", &coordinator.token, &identity).await;
        assert_eq!(written.0, 201, "{written:?}");
        let case = Self { place, conversation, held, wire };
        assert_eq!(case.items("supervisor2").await.len(), 1);
        case.refuses(&case.seal("supervisor1", "supervisor1", "x"), "second");
        case.refuses(&case.seal("supervisor1", "mentor1", "x"), "");
        case.refuses(&case.seal("coordinator", "coordinator", "x"), "must be a supervisor");
        let done = case.does(&case.seal("supervisor1", "coordinator", "report"));
        assert!(done.contains("Sealed on") && done.contains("handrail seal sent"), "{done}");
        case.refuses(&case.seal("supervisor1", "coordinator", "y"), "sealed already");
        case
    }

    fn out(&self, folder: &str) -> String {
        self.place.path(folder).to_string_lossy().into_owned()
    }

    fn seal(&self, by: &str, agreed: &str, folder: &str) -> Vec<String> {
        let begin = ["seal", "begin", &self.conversation, "--reason", REASON, "--by", by, "--agreed", agreed];
        let more = ["--until", "2099-01-01", "--out", &self.out(folder)];
        begin.iter().chain(&more).map(|word| (*word).to_owned()).collect()
    }

    fn does(&self, words: &[String]) -> String {
        self.place.does(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn refuses(&self, words: &[String], said: &str) {
        self.place.refuses(&words.iter().map(String::as_str).collect::<Vec<_>>(), &[said]);
    }

    async fn items(&self, username: &str) -> Vec<Value> {
        let site = self.place.person(username).site;
        let page = get(&self.place, username, &format!("/api/queues/{site}/items")).await.1;
        page["items"].as_array().expect("items").clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_relationship_is_paused_kept_and_read_by_two_of_staff_alone() {
    let mut case = Case::sealed().await;
    let conversation = case.conversation.clone();
    let refused = case.wire.send(&conversation, "three", "hello").await.expect("an answer");
    assert_eq!(refused["code"], "conversation_paused");
    let (place, messages) = (&case.place, format!("/api/conversations/{conversation}/messages"));
    assert_eq!(get(place, "mentee1", &messages).await.0, 200, "those in it still read it");

    // One of the two may decide on what waits; to a third it is not there.
    let item = case.items("supervisor1").await[0].clone();
    assert_eq!(item["message"], case.held["message"]);
    assert!(case.items("supervisor2").await.is_empty());
    let behind = format!("/api/items/{}/background", word(&item["item"]));
    assert_eq!((get(place, "supervisor1", &behind).await.0, get(place, "supervisor2", &behind).await.0), (200, 404));
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
    let export = ["export", "--conversation", &conversation, "--out", &case.out("case"), "--by", "supervisor2"];
    place.refuses(&export, &["not one of the two"]);
    place.refuses(
        &["erase", "--conversation", &conversation, "--reason", "asked for", "--by", "coordinator"],
        &["hold"],
    );

    // To break it takes two; then it is a relationship like others, still paused and still kept.
    place.refuses(&["seal", "end", &conversation, "--by", "coordinator", "--agreed", "coordinator"], &["second"]);
    place.does(&["seal", "end", &conversation, "--by", "coordinator", "--agreed", "supervisor2"]);
    place.refuses(&["seal", "end", &conversation, "--by", "coordinator", "--agreed", "supervisor2"], &["no seal"]);
    assert_eq!(case.items("supervisor2").await.len(), 1);
    assert!(place.does(&["hold", "list"]).contains("in force"));
    let checked = place.does(&["audit", "verify"]);
    assert!(checked.contains("The log is whole"), "{checked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_to_an_authority_has_who_when_how_it_came_to_notice_and_the_whole_case_and_its_way_is_kept() {
    let case = Case::sealed().await;
    let (place, conversation) = (&case.place, case.conversation.as_str());
    let written = report(place, "report");
    let head = &written["report"];
    assert_eq!((&head["how_it_came_to_notice"], &head["service"]), (&json!(REASON), &json!("Riverside Mentoring")));
    let people = written["people"].as_array().expect("people");
    let young = people.iter().find(|one| one["username"] == "mentee1").expect("the mentee");
    assert_eq!(young["identity_as_the_scheme_wrote_it_down"]["real_name"], "Robin Real");
    assert!(written["case_file"].to_string().contains(WORDS) && written["case_file"]["lines_of_the_log"].is_array());
    let page = std::fs::read_to_string(place.path("report").join("export.html")).expect("a page");
    assert!(page.contains("Report to an authority") && page.contains(WORDS));

    let by = |by: &'static str| ["seal", "sent", conversation, "--by", by, "--reference", "NCA-1234/26"];
    place.refuses(&by("supervisor2"), &["not one of the two"]);
    place.does(&by("coordinator"));
    let listed = place.does(&["seal", "list"]);
    for part in [conversation, "supervisor1, coordinator", "NCA-1234/26", "in force"] {
        assert!(listed.contains(part), "{part}: {listed}");
    }
    let again = |by: &'static str, folder: &str| {
        ["seal", "report", conversation, "--by", by, "--out", folder].map(str::to_owned).to_vec()
    };
    case.refuses(&again("supervisor2", &case.out("z")), "not one of the two");
    case.does(&again("coordinator", &case.out("again")));
    assert_eq!(report(place, "again")["report"]["reference_of_the_authority"], "NCA-1234/26");
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
