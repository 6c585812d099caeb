//! What is not live.

use super::frames::NOTHING;
use super::{Pair, pair};
use crate::client::text;
use crate::web::{self, Answer};
use handrail_domain::people::Role;
use serde_json::{Value, json};
use std::net::SocketAddr;

const JSON: (&str, &str) = ("content-type", "application/json");
const PASSWORD: &str = "a password to keep";

async fn sign_in(address: SocketAddr, body: &Value) -> Answer {
    web::ask(address, "POST", "/api/session", &[JSON], &body.to_string()).await
}

#[tokio::test]
async fn signing_in_gives_a_cookie_and_a_token_to_those_who_ask() {
    let Pair { world, .. } = &pair().await;
    world.chat.admin_add_account(world.site, Role::Mentor, "Eve", "eve", PASSWORD).await.expect("an account");
    let signed_in = sign_in(world.address, &json!({"username": "eve", "password": PASSWORD})).await;
    assert_eq!(signed_in.status, 200, "{signed_in:?}");
    let body = signed_in.json();
    assert_eq!((&body["account"]["name"], &body["account"]["role"]), (&json!("Eve"), &json!("mentor")));
    assert!(body["token"].is_null() && body["expires_at"].is_string(), "{body}");
    let cookie = signed_in.header("set-cookie").to_owned();
    for part in ["__Host-handrail=", "Path=/", "Secure", "HttpOnly", "SameSite=Strict"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    let cookie = cookie.split(';').next().expect("a cookie");
    let me = web::ask(world.address, "GET", "/api/me", &[("cookie", cookie)], "").await;
    assert_eq!(me.json()["name"], "Eve");

    let asked = json!({"username": "EVE", "password": PASSWORD, "token": true});
    let with_token = sign_in(world.address, &asked).await;
    let token = text(&with_token.json()["token"]);
    assert!(token.len() >= 43, "{with_token:?}");
    assert!(
        with_token.headers.iter().all(|(_, value)| !value.contains(&token))
            || with_token.header("set-cookie").contains(&token)
    );
    assert_eq!(web::get(world.address, "/api/me", &token).await.json()["name"], "Eve");
    let out =
        web::ask(world.address, "DELETE", "/api/session", &[("authorization", &format!("Bearer {token}"))], "").await;
    assert_eq!(out.status, 204);
    assert_eq!(web::get(world.address, "/api/me", &token).await.problem(), "unauthenticated");
}

#[tokio::test]
async fn an_unknown_name_and_a_wrong_password_answer_alike() {
    let Pair { world, .. } = &pair().await;
    world.chat.admin_add_account(world.site, Role::Mentor, "Eve", "eve", PASSWORD).await.expect("an account");
    world.chat.admin_add_account(world.site, Role::Mentor, "Gone", "gone", PASSWORD).await.expect("an account");
    world.chat.admin_disable("gone", true).await.expect("it is disabled");
    let mut answers = Vec::new();
    for (username, password) in [
        ("eve", "not the password"),
        ("nobody", "not the password"),
        ("gone", PASSWORD),
        ("eve", ""),
        ("", ""),
        (&"x".repeat(400), PASSWORD),
        ("eve' OR 1=1 --", PASSWORD),
    ] {
        let answer = sign_in(world.address, &json!({"username": username, "password": password})).await;
        assert_eq!((answer.status, answer.problem().as_str()), (401, "unauthenticated"), "{username}");
        assert_eq!(answer.header("set-cookie"), "");
        answers.push(answer.body);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "one answer for all: {answers:?}");
}

#[tokio::test]
async fn the_eleventh_guess_is_not_looked_at() {
    let Pair { world, .. } = &pair().await;
    world.chat.admin_add_account(world.site, Role::Mentor, "Eve", "eve", PASSWORD).await.expect("an account");
    for guess in 0..10 {
        let answer = sign_in(world.address, &json!({"username": "eve", "password": format!("guess {guess}")})).await;
        assert_eq!(answer.problem(), "unauthenticated");
    }
    let answer = sign_in(world.address, &json!({"username": "eve", "password": PASSWORD})).await;
    assert_eq!((answer.status, answer.problem().as_str()), (429, "rate_limited"));
    let wait = answer.json()["retry_after_ms"].as_u64().expect("when to come back");
    assert!(wait > 200_000 && wait <= 300_000, "{wait}");
    assert_eq!(answer.header("retry-after"), wait.div_ceil(1_000).to_string());
    let other = sign_in(world.address, &json!({"username": "nobody", "password": "x"})).await;
    assert_eq!(other.problem(), "unauthenticated", "another name has its own guesses");
}

#[tokio::test]
async fn a_request_that_is_none_gets_a_problem_that_says_so() {
    let pair @ Pair { world, ann, conversation, .. } = &pair().await;
    let bearer = format!("Bearer {}", ann.token);
    let auth = ("authorization", bearer.as_str());
    let history = format!("/api/conversations/{conversation}/messages");
    let large = json!({"username": "x".repeat(70_000), "password": "y"}).to_string();
    let form = ("content-type", "text/plain");
    let foreign = ("origin", "https://elsewhere.example");
    let good = r#"{"username":"a","password":"b"}"#;
    for (method, path, headers, body, want) in [
        ("GET", "/api/nonsense", vec![auth], "", (404, "not_found")),
        ("GET", "/nonsense", vec![], "", (404, "not_found")),
        ("GET", "/api/session", vec![auth], "", (405, "bad_frame")),
        ("DELETE", "/api/me", vec![auth], "", (405, "bad_frame")),
        ("PUT", history.as_str(), vec![auth], "", (405, "bad_frame")),
        ("POST", "/api/session", vec![JSON], &large, (413, "bad_frame")),
        ("POST", "/api/session", vec![JSON], "not JSON", (400, "bad_frame")),
        ("POST", "/api/session", vec![JSON], "[]", (400, "bad_frame")),
        ("POST", "/api/session", vec![JSON], r#"{"username":"a"}"#, (400, "bad_frame")),
        ("POST", "/api/session", vec![JSON], r#"{"username":"a","password":"b","x":1}"#, (400, "bad_frame")),
        ("POST", "/api/session", vec![JSON], "", (400, "bad_frame")),
        ("POST", "/api/session", vec![form], good, (400, "bad_frame")),
        ("POST", "/api/session", vec![JSON, foreign], good, (403, "forbidden")),
        ("DELETE", "/api/session", vec![], "", (401, "unauthenticated")),
        ("GET", "/api/me", vec![], "", (401, "unauthenticated")),
        ("GET", &format!("{history}?limit=many"), vec![auth], "", (400, "bad_frame")),
        ("GET", &format!("{history}?before=-1"), vec![auth], "", (400, "bad_frame")),
        ("GET", &format!("{history}?nonsense=1"), vec![auth], "", (400, "bad_frame")),
    ] {
        let answer = web::ask(world.address, method, path, &headers, body).await;
        assert_eq!((answer.status, answer.problem().as_str()), want, "{method} {path} {body:.40}");
    }
    let cookie = format!("__Host-handrail={}", ann.token);
    let answer = web::ask(world.address, "DELETE", "/api/session", &[("cookie", &cookie)], "").await;
    assert_eq!((answer.status, answer.problem().as_str()), (403, "forbidden"), "a cookie alone signs nobody out");
    pair.works("after").await;
}

#[tokio::test]
async fn history_comes_in_pages_newest_first() {
    let Pair { world, ann, conversation, .. } = &pair().await;
    let mut client = world.connect(ann).await;
    for at in 1..=7 {
        client.send(conversation, &format!("m{at}"), &format!("line {at}")).await.expect("a message");
    }
    let page = async |query: &str| {
        let path = format!("/api/conversations/{conversation}/messages{query}");
        let page = web::get(world.address, &path, &ann.token).await.json();
        let seqs: Vec<_> = page["messages"]
            .as_array()
            .expect("messages")
            .iter()
            .map(|one| one["seq"].as_u64().expect("a seq"))
            .collect();
        (seqs, page["more"].as_bool().expect("more"), page)
    };
    let (seqs, more, whole) = page("").await;
    assert_eq!((seqs, more), ((1..=7).rev().collect(), false));
    let newest = &whole["messages"][0];
    assert_eq!(
        (&newest["text"], &newest["from"], &newest["altered"]),
        (&json!("line 7"), &json!(ann.account.to_string()), &json!(false))
    );
    assert!(newest["cid"].is_null() && newest["sent_at"].is_string() && newest["delivered_at"].is_string(), "{newest}");
    for (query, seqs, more) in [
        ("?limit=3", vec![7, 6, 5], true),
        ("?limit=3&before=5", vec![4, 3, 2], true),
        ("?limit=3&before=2", vec![1], false),
        ("?before=1", vec![], false),
        ("?limit=0", vec![7], true),
        ("?limit=100000", (1..=7).rev().collect(), false),
        ("?before=18446744073709551615&limit=1", vec![7], true),
    ] {
        let (got, and_more, _) = page(query).await;
        assert_eq!((got, and_more), (seqs, more), "{query}");
    }
}

#[tokio::test]
async fn a_queue_comes_in_pages_most_urgent_first_then_oldest() {
    let Pair { world, bob, conversation, .. } = &pair().await;
    let may = world.person("may", Role::Supervisor).await;
    let mut client = world.connect(bob).await;
    let mut supervisor = world.connect(&may).await;
    let mut messages = Vec::new();
    for (cid, words) in [("m1", "what a twat"), ("m2", "I just want to die"), ("m3", "such a prick")] {
        let sent = client.send(conversation, cid, words).await.expect("a message");
        assert_eq!(sent["status"], "held");
        messages.push(text(&sent["message"]));
    }
    let queue = format!("/api/queues/{}", world.site);
    let page = async |rest: &str| web::get(world.address, &format!("{queue}/{rest}"), &may.token).await.json();
    let named = |page: &Value| -> Vec<String> {
        page["items"].as_array().expect("items").iter().map(|one| text(&one["message"])).collect()
    };
    let all = page("items?state=open").await;
    let order = [1, 0, 2].map(|at| messages[at].clone());
    assert_eq!(named(&all), order);
    assert!(all["head"].as_u64() >= Some(3) && all["next"].is_null(), "{all}");
    let first = page("items?limit=2").await;
    assert_eq!(named(&first), order[..2]);
    let second = page(&format!("items?limit=2&after={}", text(&first["next"]))).await;
    assert_eq!(named(&second), order[2..]);
    assert_eq!(named(&page("decisions").await), Vec::<String>::new());

    let item = &all["items"][1]["item"];
    supervisor.ask(json!({"op": "watch", "queue": world.site.to_string()})).await.expect("it may watch");
    let claimed = supervisor.ask(json!({"op": "claim", "item": item})).await.expect("it is free");
    let decision = json!({"kind": "reject", "reason": "abuse", "note": "No."});
    let decide = json!({"op": "decide", "item": item, "version": claimed["item"]["version"], "decision": decision});
    supervisor.ask(decide).await.expect("it is decided");
    supervisor.expect_item(&order[1], "closed", |item| item["state"] == "closed").await;
    assert_eq!(named(&page("items").await), [order[0].clone(), order[2].clone()]);
    assert_eq!(named(&page("decisions").await), [order[1].clone()]);
    let stray = web::get(world.address, &format!("{queue}/items?state=all"), &may.token).await;
    assert_eq!((stray.status, stray.problem().as_str()), (400, "bad_frame"));
    let absent = web::get(world.address, &format!("{queue}/items?after=q_{NOTHING}"), &may.token).await;
    assert!(absent.status == 200 || absent.problem() == "not_found", "{absent:?}");
}

#[tokio::test]
async fn a_plain_form_signs_in_before_any_script_does() {
    let Pair { world, .. } = &pair().await;
    world.chat.admin_add_account(world.site, Role::Mentor, "Eve", "eve", PASSWORD).await.expect("an account");
    let form = ("content-type", "application/x-www-form-urlencoded");
    let right = web::ask(world.address, "POST", "/sign-in", &[form], "username=eve&password=a+password+to+keep").await;
    assert_eq!((right.status, right.header("location")), (303, "/"));
    assert!(right.header("set-cookie").starts_with("__Host-handrail="));
    let wrong = web::ask(world.address, "POST", "/sign-in", &[form], "username=eve&password=no").await;
    assert_eq!(
        (wrong.status, wrong.header("location"), wrong.header("set-cookie")),
        (303, "/sign-in?error=unauthenticated", "")
    );
    let welsh = web::ask(world.address, "POST", "/sign-in", &[form], "username=eve&password=no&language=cy").await;
    assert_eq!((welsh.status, welsh.header("location")), (303, "/mewngofnodi?error=unauthenticated"));
    let other = web::ask(world.address, "POST", "/sign-in", &[form], "username=eve&password=no&language=//evil").await;
    assert_eq!((other.status, other.header("location")), (303, "/sign-in?error=bad_frame"));
}
