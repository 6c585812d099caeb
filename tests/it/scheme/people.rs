//! Coming in, being suspended, and who somebody really is.

use super::{PASSWORD, Scheme, word};
use crate::world::On;
use handrail_domain::event::{AccountAct, What};
use handrail_domain::people::Role;
use handrail_domain::scheme::glass::GlassAct;
use handrail_domain::scheme::invite::InviteAct;
use serde_json::{Value, json};

async fn somebody_comes_in(on: On) {
    let scheme = Scheme::on(on).await;
    let (robin, code) = scheme.invites("Robin", "mentee").await;
    assert_eq!(code.len(), 26);
    let page = scheme.reads(&scheme.cora.token, &format!("/api/people/{robin}")).await;
    assert_eq!((&page["person"]["standing"], &page["username"]), (&json!("invited"), &Value::Null));
    assert!(scheme.signs_in(&robin, "").await.is_none(), "an account that nobody has entered lets nobody in");

    // It may be typed as people type.
    let typed = format!("{} {}", code[..13].to_lowercase(), &code[13..]);
    let token = scheme.joins("robin", &typed).await;
    let me = scheme.reads(&token, "/api/me").await;
    assert_eq!((&me["name"], &me["role"]), (&json!("Robin"), &json!("mentee")), "what the code was bound to");
    let join = json!({"code": code, "username": "robin2", "password": PASSWORD});
    assert_eq!(scheme.asks("", "POST", "/api/join", &join).await.problem(), "not_found", "a code works once");

    // A new password: the old one holds until the code is used, and then no device is signed in any more.
    let again = format!("/api/people/{robin}/invite");
    assert_eq!(scheme.is_refused("POST", &again, json!({})).await.0, "bad_frame", "who asks is checked first");
    let again = scheme.does("POST", &again, json!({"checked": "They came by, and I know them"})).await;
    let page = scheme.reads(&scheme.cora.token, &format!("/api/people/{robin}")).await;
    assert_eq!(page["papers"][0]["answers"]["words"], "New password: They came by, and I know them");
    assert!(scheme.signs_in("robin", PASSWORD).await.is_some());
    let join = json!({"code": again["code"], "username": "robin", "password": "four words in one row"});
    assert_eq!(scheme.asks("", "POST", "/api/join", &join).await.status, 200);
    assert!(scheme.signs_in("robin", PASSWORD).await.is_none());
    assert_eq!(scheme.asks(&token, "GET", "/api/me", &Value::Null).await.status, 401);
    let made = |act: InviteAct| move |what: &What| matches!(what, What::Invite { act: one, .. } if *one == act);
    let invites: Vec<What> = scheme.log("invite").await.into_iter().map(|event| event.what).collect();
    assert_eq!(invites.iter().filter(|what| made(InviteAct::Make)(what)).count(), 2);
    assert_eq!(invites.iter().filter(|what| made(InviteAct::Use)(what)).count(), 2);
    scheme.world.is_whole().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_comes_in_by_a_code_once_and_chooses_their_own_name_and_password() {
    somebody_comes_in(On::Local).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_code_lets_them_in_over_a_database_server() {
    somebody_comes_in(On::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_was_replaced_is_no_code_and_bad_choices_say_what_to_do() {
    let scheme = Scheme::on(On::Local).await;
    let (robin, old) = scheme.invites("Robin", "mentee").await;
    let new = word(&scheme.does("POST", &format!("/api/people/{robin}/invite"), json!({})).await["code"]);
    for (code, username, password, problem) in [
        (old.as_str(), "robin", PASSWORD, "not_found"),
        ("not a code", "robin", PASSWORD, "not_found"),
        ("", "robin", PASSWORD, "not_found"),
        (new.as_str(), "r", PASSWORD, "bad_frame"),
        (new.as_str(), "robin", "short", "bad_frame"),
        (new.as_str(), "CORA", PASSWORD, "not_yet"),
    ] {
        let join = json!({"code": code, "username": username, "password": password});
        let answer = scheme.asks("", "POST", "/api/join", &join).await;
        assert_eq!(answer.problem(), problem, "{join}");
    }
    scheme.joins("robin", &new).await;
    let (_, staff) = scheme.invites("Sky", "supervisor").await;
    let join = json!({"code": staff, "username": "sky", "password": "twelve chars"});
    let answer = scheme.asks("", "POST", "/api/join", &join).await;
    assert!(answer.body.contains("15 to 128"), "staff choose longer ones: {answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_suspended_is_out_at_once_with_a_reason_and_comes_back() {
    let scheme = Scheme::on(On::Local).await;
    let [(robin, token), _] = scheme.two().await;
    let mut device = scheme.connects(&token).await;
    let path = format!("/api/people/{robin}");
    let (problem, _) = scheme.is_refused("POST", &format!("{path}/suspend"), json!({"reason": " "})).await;
    assert_eq!(problem, "bad_frame", "a reason is needed");
    assert_eq!(scheme.asks(&token, "GET", "/api/me", &Value::Null).await.status, 200);
    scheme.does("POST", &format!("{path}/suspend"), json!({"reason": "Left the scheme"})).await;
    assert_eq!(device.closing().await.0, 4002);
    assert!(scheme.signs_in("robin", PASSWORD).await.is_none());
    let page = scheme.reads(&scheme.cora.token, &path).await;
    assert_eq!(page["person"]["standing"], "suspended");
    let papers = page["papers"].as_array().unwrap();
    assert!(papers.iter().any(|paper| paper["answers"]["words"] == "Left the scheme"), "{page}");
    assert_eq!(scheme.is_refused("POST", &format!("{path}/invite"), json!({})).await.0, "not_yet");
    scheme.does("POST", &format!("{path}/restore"), json!({})).await;
    assert!(scheme.signs_in("robin", PASSWORD).await.is_some());
    let own = format!("/api/people/{}/suspend", scheme.cora.account);
    assert_eq!(scheme.is_refused("POST", &own, json!({"reason": "why not"})).await.0, "forbidden");
    let acts: Vec<_> = scheme.log("account").await.into_iter().map(|event| (event.actor, event.what)).collect();
    let by_cora = |act: AccountAct| {
        acts.iter().any(|(actor, what)| {
            *actor == Some(scheme.cora.account) && matches!(what, What::Account { act: one, .. } if *one == act)
        })
    };
    assert!(by_cora(AccountAct::Disable) && by_cora(AccountAct::Enable));
}

async fn a_name_behind_glass(on: On) {
    let scheme = Scheme::on(on).await;
    let (robin, _) = scheme.invites("Robin", "mentee").await;
    let (cora, path) = (&scheme.cora.token, format!("/api/people/{robin}"));
    let named = scheme.writes_about(&robin, "identity", json!({"real_name": "Roberta Example"})).await;
    let page = scheme.asks(cora, "GET", &path, &Value::Null).await;
    assert!(page.json()["has_identity"] == true && !page.body.contains("Roberta"), "{page:?}");
    assert_eq!(scheme.is_refused("POST", &format!("{path}/identity"), json!({})).await.0, "forbidden");
    let rewrite = json!({"version": 1, "answers": {"real_name": "x"}});
    let id = word(&named["id"]);
    assert_eq!(scheme.is_refused("PUT", &format!("/api/papers/{id}"), rewrite).await.0, "not_found");
    assert_eq!(scheme.is_refused("POST", &format!("{path}/glass"), json!({"reason": "because"})).await.0, "bad_frame");

    scheme.does("POST", &format!("{path}/glass"), json!({"reason": "A hospital asks for the family"})).await;
    let read = scheme.does("POST", &format!("{path}/identity"), json!({})).await;
    assert_eq!(read["answers"]["real_name"], "Roberta Example");
    let closed = scheme.asks(&scheme.colin.token, "POST", &format!("{path}/identity"), &json!({})).await;
    assert_eq!(closed.problem(), "forbidden", "a glass is open to who broke it");

    // A second person is told, and it is not the first.
    assert!(!scheme.tasks(&scheme.cora).await.contains(&"glass".to_owned()));
    let home = scheme.reads(&scheme.colin.token, "/api/home").await;
    let task = home["tasks"].as_array().unwrap().iter().find(|task| task["kind"] == "glass").expect("a task").clone();
    assert!(word(&task["about"]).contains("A hospital asks"), "{task}");
    let seen = format!("/api/glass/{}/seen", word(&task["glass"]));
    assert_eq!(scheme.is_refused("POST", &seen, json!({})).await.0, "forbidden");
    assert_eq!(scheme.asks(&scheme.colin.token, "POST", &seen, &json!({})).await.status, 204);
    assert!(!scheme.tasks(&scheme.colin).await.contains(&"glass".to_owned()));
    let act = |what: &What| if let What::Glass { act, .. } = what { Some(*act) } else { None };
    let acts: Vec<GlassAct> = scheme.log("glass").await.iter().filter_map(|event| act(&event.what)).collect();
    assert_eq!(acts, [GlassAct::Break, GlassAct::Read, GlassAct::See]);
    scheme.world.is_whole().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_name_is_read_for_a_reason_for_a_while_and_a_second_person_is_told() {
    a_name_behind_glass(On::Local).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_name_is_behind_glass_on_a_database_server() {
    a_name_behind_glass(On::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_another_site_are_not_there() {
    let scheme = Scheme::on(On::Local).await;
    let (robin, _) = scheme.invites("Robin", "mentee").await;
    let elsewhere = scheme.world.other_site().await;
    let stranger = scheme.world.person_at(elsewhere, "stranger", Role::Coordinator).await;
    let people = scheme.reads(&stranger.token, "/api/people").await;
    assert_eq!(people["people"].as_array().unwrap().len(), 1, "themselves alone: {people}");
    let reason = json!({"reason": "I would like to know"});
    for (method, path, body) in [
        ("GET", format!("/api/people/{robin}"), Value::Null),
        ("GET", format!("/api/matches/{robin}"), Value::Null),
        ("POST", format!("/api/people/{robin}/invite"), json!({})),
        ("POST", format!("/api/people/{robin}/suspend"), reason.clone()),
        ("POST", format!("/api/people/{robin}/glass"), reason),
        ("POST", "/api/papers".into(), json!({"kind": "note", "account": robin, "answers": {"words": "x"}})),
    ] {
        assert_eq!(scheme.asks(&stranger.token, method, &path, &body).await.problem(), "not_found", "{path}");
    }
    assert_eq!(
        scheme.is_refused("POST", "/api/people", json!({"name": "Op", "role": "operator"})).await.0,
        "forbidden"
    );
}
