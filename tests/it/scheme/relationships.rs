//! Matching, beginning, pausing, ending, handing over.

use super::{Scheme, word};
use crate::world::On;
use serde_json::{Value, json};

fn kinds(list: &Value) -> Vec<String> {
    list.as_array().expect("a list").iter().map(word).collect()
}

async fn a_match(on: On) {
    let scheme = Scheme::on(on).await;
    let (robin, _) = scheme.invites("Robin", "mentee").await;
    let (alex, _) = scheme.invites("Alex", "mentor").await;
    let (bea, _) = scheme.invites("Bea", "mentor").await;
    scheme
        .writes_about(&robin, "needs", json!({"topics": ["work", "money"], "women_only": true, "area": "Park"}))
        .await;
    scheme.writes_about(&alex, "offer", json!({"topics": ["work", "money"], "capacity": 1})).await;
    scheme.writes_about(&bea, "offer", json!({"topics": ["work"], "woman": true, "area": "park"})).await;
    let page = scheme.reads(&scheme.cora.token, &format!("/api/matches/{robin}")).await;
    let mentors = page["mentors"].as_array().unwrap();
    assert_eq!(kinds(&mentors[0]["against"]), ["no_referral", "not_vetted", "same_area"]);
    assert_eq!(kinds(&mentors[1]["against"]), ["no_referral", "women_only", "not_vetted"]);
    let plan = json!({"form": "one_to_one", "purpose": "Find work"});
    let begin = |mentor: &str| json!({"parties": [robin, mentor], "plan": plan});
    let (problem, advice) = scheme.is_refused("POST", "/api/relationships", begin(&bea)).await;
    assert!(problem == "not_yet" && advice.contains("referral"), "{advice}");
    assert!(scheme.tasks(&scheme.cora).await.contains(&"no_referral".to_owned()));

    scheme.writes_about(&robin, "referral", super::referral()).await;
    assert!(scheme.tasks(&scheme.cora).await.contains(&"unmatched".to_owned()));
    for mentor in [&alex, &bea] {
        let soon = json!({"what": "vetting", "until": "2099-01-01"});
        scheme.writes_about(mentor, "check", soon).await;
    }
    let page = scheme.reads(&scheme.cora.token, &format!("/api/matches/{robin}")).await;
    let first = &page["mentors"][0];
    assert_eq!((&first["mentor"]["name"], &first["stopped"]), (&json!("Bea"), &json!(false)), "{page}");
    assert_eq!(first["reasons"], json!([{"field": "topics", "word": "work"}]));
    assert_eq!(
        scheme.is_refused("POST", "/api/relationships", begin(&alex)).await.0,
        "not_yet",
        "a woman was asked for"
    );
    let begun = scheme.does("POST", "/api/relationships", begin(&bea)).await;
    assert_eq!((&begun["kind"], &begun["state"]), (&json!("pair"), &json!("open")));
    assert_eq!(scheme.is_refused("POST", "/api/relationships", begin(&bea)).await.0, "not_yet", "they are a pair");
    assert!(!scheme.tasks(&scheme.cora).await.contains(&"unmatched".to_owned()));
    let page = scheme.reads(&scheme.cora.token, &format!("/api/relationships/{}", word(&begun["id"]))).await;
    assert_eq!(page["papers"][0]["answers"]["purpose"], "Find work");
    scheme.world.is_whole().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mentors_are_suggested_with_reasons_and_what_stands_against_them_is_kept_to() {
    a_match(On::Local).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mentors_are_suggested_over_a_database_server() {
    a_match(On::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_relationship_is_refused_with_what_to_do() {
    let scheme = Scheme::on(On::Local).await;
    let [(robin, _), (alex, _)] = scheme.two().await;
    let (remy, _) = scheme.invites("Remy", "mentee").await;
    let plan = json!({"form": "one_to_one", "purpose": "Find work"});
    let sue = scheme.sue.account.to_string();
    for parties in
        [json!([robin]), json!([robin, robin]), json!([alex]), json!([robin, remy]), json!([robin, sue]), json!([])]
    {
        let body = json!({"parties": parties, "plan": plan});
        let (problem, advice) = scheme.is_refused("POST", "/api/relationships", body).await;
        assert!(problem == "bad_frame" && advice.contains("2 to 6 different people"), "{parties}: {advice}");
    }
    let family = json!({"parties": [robin, alex], "plan": {"form": "family", "purpose": "Keep in touch"}});
    let (problem, advice) = scheme.is_refused("POST", "/api/relationships", family).await;
    assert!(problem == "not_yet" && advice.contains("family"), "{advice}");
    for plan in [json!({}), json!({"form": "marriage", "purpose": "x"}), json!({"form": "one_to_one"})] {
        let body = json!({"parties": [robin, alex], "plan": plan});
        assert_eq!(scheme.is_refused("POST", "/api/relationships", body).await.0, "bad_frame", "{plan}");
    }
    let all = scheme.reads(&scheme.cora.token, "/api/relationships").await;
    assert_eq!(all["relationships"], json!([]), "nothing of it stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_are_told_why_it_pauses_and_how_it_ends() {
    let scheme = Scheme::on(On::Local).await;
    let [(robin, robin_token), (alex, alex_token)] = scheme.two().await;
    let pair = scheme.pairs(&robin, &alex).await;
    let path = format!("/api/relationships/{pair}");
    let mut mentee = scheme.connects(&robin_token).await;
    scheme.does("POST", &format!("{path}/pause"), json!({"words": "Alex is away until Monday."})).await;
    let told = |frame: &Value| frame["conversation"]["words"] == "Alex is away until Monday.";
    mentee.expect("why it pauses", told).await;
    let refused = mentee.send(&pair, "r1", "Hello").await.unwrap_err();
    assert_eq!(refused["code"], "conversation_paused");
    scheme.does("POST", &format!("{path}/resume"), json!({})).await;
    let open = |frame: &Value| frame["conversation"]["state"] == "open" && frame["conversation"]["words"].is_null();
    mentee.expect("it goes on", open).await;
    mentee.send(&pair, "r2", "Hello").await.expect("open again");
    scheme.does("POST", &format!("{path}/end"), json!({"words": "You have done well. Come back any time."})).await;
    let ended = |frame: &Value| frame["conversation"]["state"] == "ended" && frame["conversation"]["words"].is_string();
    mentee.expect("how it ends", ended).await;
    assert_eq!(scheme.is_refused("POST", &format!("{path}/resume"), json!({})).await.0, "conversation_ended");
    let long = json!({"words": "x".repeat(501)});
    assert_eq!(scheme.is_refused("POST", &format!("{path}/end"), long).await.0, "too_long");
    assert_eq!(scheme.is_refused("POST", &format!("{path}/divorce"), json!({})).await.0, "not_found");
    assert_eq!(scheme.asks(&alex_token, "POST", &format!("{path}/end"), &json!({})).await.problem(), "forbidden");
}

async fn a_hand_over(on: On) {
    let scheme = Scheme::on(on).await;
    let [(robin, robin_token), (alex, alex_token)] = scheme.two().await;
    let (bea, code) = scheme.invites("Bea", "mentor").await;
    let bea_token = scheme.joins("bea", &code).await;
    let pair = scheme.pairs(&robin, &alex).await;
    let goal = json!({"area": "work", "goal": "Write a CV", "progress": "under_way"});
    scheme.does("POST", "/api/papers", json!({"kind": "goal", "conversation": pair, "answers": goal})).await;
    let mut mentee = scheme.connects(&robin_token).await;
    mentee.send(&pair, "r1", "This is between us").await.expect("said");
    let over = format!("/api/relationships/{pair}/hand_over");
    assert_eq!(scheme.is_refused("POST", &over, json!({"words": "Bye"})).await.0, "bad_frame");
    let (problem, _) = scheme.is_refused("POST", &over, json!({"words": "Bye", "to": bea})).await;
    assert_eq!(problem, "not_yet", "Bea is not vetted");
    let state = scheme.reads(&scheme.cora.token, &format!("/api/relationships/{pair}")).await;
    assert_eq!(state["relationship"]["state"], "open", "what was refused changed nothing");

    scheme.writes_about(&bea, "check", json!({"what": "vetting", "until": "2099-01-01"})).await;
    scheme.does("POST", &over, json!({"words": "Alex moves away. Bea takes over.", "to": bea})).await;
    let all = scheme.reads(&scheme.cora.token, &format!("/api/people/{robin}")).await;
    let states: Vec<_> = all["relationships"].as_array().unwrap().iter().map(|one| word(&one["state"])).collect();
    assert_eq!(states.iter().filter(|state| *state == "open").count(), 1, "{all}");
    let next = all["relationships"].as_array().unwrap().iter().find(|one| one["state"] == "open").unwrap();
    let next = word(&next["id"]);
    let papers = scheme.reads(&bea_token, &format!("/api/conversations/{next}/papers")).await;
    let of: Vec<_> = papers["papers"].as_array().unwrap().iter().map(|paper| word(&paper["kind"])).collect();
    assert!(of.contains(&"goal".to_owned()) && of.contains(&"plan".to_owned()), "{papers}");
    let history = scheme.asks(&bea_token, "GET", &format!("/api/conversations/{pair}/messages"), &Value::Null).await;
    assert_eq!(history.status, 404, "what the two said stays with the two");
    let history = scheme.asks(&alex_token, "GET", &format!("/api/conversations/{pair}/messages"), &Value::Null).await;
    assert_eq!(history.status, 200);
    scheme.world.is_whole().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_mentor_takes_over_the_plan_and_the_goals_and_not_what_was_said() {
    a_hand_over(On::Local).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_mentor_takes_over_on_a_database_server() {
    a_hand_over(On::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transition_circle_has_a_mentee_a_mentor_and_officers() {
    let scheme = Scheme::on(On::Local).await;
    let [(robin, robin_token), (alex, _)] = scheme.two().await;
    let (olly, _) = scheme.invites("Olly", "guest_officer").await;
    let (pat, _) = scheme.invites("Pat", "guest_officer").await;
    let plan =
        json!({"form": "circle", "purpose": "From youth to probation", "begins": "before_18", "ends": "2027-05-01"});
    let body = json!({"parties": [robin, alex, olly, pat], "plan": plan});
    let begun = scheme.does("POST", "/api/relationships", body).await;
    assert_eq!((&begun["kind"], begun["parties"].as_array().unwrap().len()), (&json!("circle"), 4));
    let mut mentee = scheme.connects(&robin_token).await;
    mentee.send(&word(&begun["id"]), "r1", "Hello everybody").await.expect("they talk");
}
