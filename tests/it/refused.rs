//! What a security officer looks for after the fact: refusals in the operator's log and in the record, without a name or a token.

use crate::process::{Server, http, people, person};
use crate::web;
use crate::world::{On, UNDO_MS, World, settings};
use handrail_domain::event::{SessionAct, What};
use handrail_domain::people::Role;
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test]
async fn who_is_refused_is_said_in_the_log_once_a_second_by_route_and_nobody_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::demo(&data, 1);
    let mentee = person(&people(&data), "mentee1");
    let token = "a-token-that-nobody-has";
    for _ in 0..50 {
        assert_eq!(http(server.address, "GET", "/api/people", token, "").await.0, 401);
    }
    let patience = Instant::now() + Duration::from_secs(20);
    while !server.said().contains("status=403") {
        assert!(Instant::now() < patience, "{}", server.said());
        assert_eq!(http(server.address, "GET", "/api/people/p_1", &mentee.token, "").await.0, 403);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let said = server.said();
    let lines: Vec<&str> = said.lines().filter(|line| line.contains("refused")).collect();
    assert!(lines.iter().any(|line| line.contains("status=401 route=\"/api/people\"")), "{said}");
    assert!(lines.iter().any(|line| line.contains("route=\"/api/people/{id}\"")), "the route, not the address: {said}");
    assert!(lines.len() < 40, "{} lines for 50 refusals and a few more", lines.len());
    for secret in [token, &mentee.token, "mentee1", &mentee.account] {
        assert!(lines.iter().all(|line| !line.contains(secret)), "{secret} is in {lines:?}");
    }
}

#[tokio::test]
async fn a_sign_in_that_was_refused_is_a_line_of_the_record_where_there_is_such_an_account() {
    let world = World::with(On::Local, settings(UNDO_MS), |_| ()).await;
    let password = "lamp otter gravel spoon";
    let made = world.chat.admin_add_account(world.site, Role::Mentor, "Mo", "mona", password).await;
    let account = made.expect("an account");
    for (username, password, status) in
        [("mona", "not the password", 401), ("nobody", "not the password", 401), ("mona", password, 200)]
    {
        let body = json!({ "username": username, "password": password }).to_string();
        let answer =
            web::ask(world.address, "POST", "/api/session", &[("content-type", "application/json")], &body).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
    let log = world.chat.store().read(|record| record.log_page(0, 1_000)).await.expect("the log");
    let of_sessions: Vec<_> = log
        .iter()
        .filter_map(|line| {
            if let What::Session { account, act, .. } = &line.event.what { Some((*account, *act)) } else { None }
        })
        .collect();
    assert_eq!(of_sessions, [(account, SessionAct::Refuse), (account, SessionAct::SignIn)]);
    world.is_whole().await;
}
