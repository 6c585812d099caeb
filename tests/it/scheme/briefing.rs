//! Conditions: the mentor confirms what they must know before they write, and the filter keeps back what must not be spoken of.

use super::{Scheme, referral, word};
use crate::world::On;
use handrail::store::Scope;
use serde_json::{Value, json};

fn condition(tell: &str, term: &str) -> Value {
    json!({"what": "No contact with a co-defendant", "source": "licence", "tell": tell, "term": term, "until": "2099-01-01"})
}

async fn a_mentor_is_briefed(on: On) {
    let scheme = Scheme::on(on).await;
    let [(robin, robin_token), (alex, alex_token)] = scheme.two().await;
    scheme.writes_about(&robin, "condition", condition("Do not speak of Jordan Blake.", "Jordan Blake")).await;
    let pair = scheme.pairs(&robin, &alex).await;
    let (mut mentor, mut mentee) = (scheme.connects(&alex_token).await, scheme.connects(&robin_token).await);
    let refused = mentor.send(&pair, "m1", "Hello Robin").await.expect_err("not briefed yet");
    assert_eq!(refused["code"], "briefing_needed");
    assert!(scheme.tasks(&scheme.cora).await.contains(&"briefing".to_owned()));
    mentee.send(&pair, "r1", "Hello").await.expect("a mentee has nothing to confirm");

    let path = format!("/api/conversations/{pair}/papers");
    let own = scheme.reads(&alex_token, &path).await;
    assert_eq!((&own["to_read"], &own["briefing"]), (&json!(true), &json!(["Do not speak of Jordan Blake."])));
    let theirs = scheme.reads(&robin_token, &path).await;
    assert_eq!((&theirs["to_read"], &theirs["briefing"]), (&json!(false), &json!([])));
    let confirm = format!("/api/conversations/{pair}/briefing");
    let other = scheme.asks(&alex_token, "POST", &confirm, &json!({"read": ["Something else"]})).await;
    assert_eq!(other.problem(), "stale_version", "what is confirmed is what was read");
    let done = scheme.asks(&alex_token, "POST", &confirm, &json!({"read": own["briefing"]})).await;
    assert_eq!(done.status, 204, "{done:?}");
    let shown =
        |frame: &Value| frame["conversation"]["id"] == pair.as_str() && frame["conversation"]["to_read"].is_null();
    mentor.expect("their conversation without a briefing", shown).await;
    assert_eq!(mentor.send(&pair, "m2", "Hello Robin").await.expect("briefed")["status"], "delivered");
    assert!(!scheme.tasks(&scheme.cora).await.contains(&"briefing".to_owned()));
    let held = mentee.send(&pair, "r2", "I saw Jordan Blake today").await.expect("taken");
    assert_eq!(held["status"], "held", "the filter knows the condition's term");
    assert_eq!(scheme.log("briefed").await.len(), 1);
    scheme.world.is_whole().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mentor_confirms_what_they_must_know_before_the_first_message_and_the_filter_knows_it_too() {
    a_mentor_is_briefed(On::Local).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mentor_is_briefed_over_a_database_server() {
    a_mentor_is_briefed(On::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_condition_holds_at_once_and_is_to_be_read_again() {
    let scheme = Scheme::on(On::Local).await;
    let [(robin, robin_token), (alex, alex_token)] = scheme.two().await;
    let pair = scheme.pairs(&robin, &alex).await;
    let (mut mentor, mut mentee) = (scheme.connects(&alex_token).await, scheme.connects(&robin_token).await);
    mentor.send(&pair, "m1", "Hello").await.expect("nothing to know, nothing to confirm");
    mentee.send(&pair, "r1", "Kestrel Park was nice").await.map(|ok| assert_eq!(ok["status"], "delivered")).unwrap();

    let paper = scheme.writes_about(&robin, "condition", condition("Not near Kestrel Park.", "Kestrel Park")).await;
    assert_eq!(mentee.send(&pair, "r2", "Kestrel Park was nice").await.unwrap()["status"], "held");
    assert_eq!(mentor.send(&pair, "m2", "Hi").await.unwrap_err()["code"], "briefing_needed");
    let id = word(&paper["id"]);
    let other = json!({"version": 1, "answers": condition("Not near Heron Lane.", "Heron Lane")});
    let paper = scheme.does("PUT", &format!("/api/papers/{id}"), other.clone()).await;
    assert_eq!(mentee.send(&pair, "r3", "Kestrel Park is fine again").await.unwrap()["status"], "delivered");
    assert_eq!(mentee.send(&pair, "r4", "Heron Lane then").await.unwrap()["status"], "held");
    assert_eq!(scheme.is_refused("PUT", &format!("/api/papers/{id}"), other).await.0, "stale_version");

    let closed = scheme.does("POST", &format!("/api/papers/{id}/close"), json!({"version": paper["version"]})).await;
    assert!(closed["closed_at"].is_string());
    assert_eq!(mentee.send(&pair, "r5", "Heron Lane it is").await.unwrap()["status"], "delivered");
    mentor.send(&pair, "m3", "Hi").await.expect("there is nothing more to confirm");
    scheme.world.is_whole().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_had_something_to_confirm_that_is_over_confirms_that_there_is_nothing() {
    let scheme = Scheme::on(On::Local).await;
    let [(robin, _), (alex, alex_token)] = scheme.two().await;
    let pair = scheme.pairs(&robin, &alex).await;
    // As it is when a condition lapses before its mentor has confirmed it.
    let (of, who) = (pair.parse().expect("an id"), alex.parse().expect("an id"));
    let lapsed = scheme.world.chat.store().write(Scope::Everything, move |tx| Ok(tx.set_to_read(of, who, true)?));
    lapsed.await.expect("written");
    let mut mentor = scheme.connects(&alex_token).await;
    assert_eq!(mentor.send(&pair, "m1", "Hello").await.unwrap_err()["code"], "briefing_needed");
    let own = scheme.reads(&alex_token, &format!("/api/conversations/{pair}/papers")).await;
    assert_eq!((&own["to_read"], &own["briefing"]), (&json!(true), &json!([])));
    let confirm = format!("/api/conversations/{pair}/briefing");
    assert_eq!(scheme.asks(&alex_token, "POST", &confirm, &json!({"read": []})).await.status, 204);
    mentor.send(&pair, "m2", "Hello").await.expect("they write");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_referrer_tells_is_part_of_the_briefing_and_risks_are_not() {
    let scheme = Scheme::on(On::Local).await;
    let (robin, _) = scheme.invites("Robin", "mentee").await;
    let mut answers = referral();
    answers["tell"] = json!("No devices with cameras.");
    answers["risks"] = json!("A secret between offices");
    scheme.writes_about(&robin, "referral", answers).await;
    let (alex, code) = scheme.invites("Alex", "mentor").await;
    let token = scheme.joins("alex", &code).await;
    scheme.writes_about(&alex, "check", json!({"what": "vetting", "until": "2099-01-01"})).await;
    let pair = scheme.pairs(&robin, &alex).await;
    let own = scheme.asks(&token, "GET", &format!("/api/conversations/{pair}/papers"), &Value::Null).await;
    assert_eq!(own.json()["briefing"], json!(["No devices with cameras."]));
    assert!(!own.body.contains("secret"), "{own:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_that_cannot_be_looked_for_is_refused_and_nothing_of_it_stays() {
    let scheme = Scheme::on(On::Local).await;
    let [(robin, _), (alex, _)] = scheme.two().await;
    scheme.pairs(&robin, &alex).await;
    let paper = json!({"kind": "condition", "account": robin, "answers": condition("Mind this.", "x")});
    let (problem, advice) = scheme.is_refused("POST", "/api/papers", paper).await;
    assert_eq!(problem, "bad_frame", "{advice}");
    let page = scheme.reads(&scheme.cora.token, &format!("/api/people/{robin}")).await;
    assert_eq!(page["papers"].as_array().unwrap().len(), 1, "the referral alone: {page}");
}
