//! The second step of a sign-in, played by an app of our own: HMAC by another library, and the rest as RFC 4226 and 6238 say.

use crate::client::{knock, request};
use crate::web::{Answer, ask};
use crate::world::{On, Person, UNDO_MS, World, settings};
use handrail::chat::token_hash;
use handrail::config::Config;
use handrail::fresh;
use handrail::store::Scope;
use handrail_domain::event::{AccountAct, SessionAct, What};
use handrail_domain::people::Role;
use ring::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, sign};
use serde_json::{Value, json};
use std::net::SocketAddr;

const PASSWORD: &str = "lamp otter gravel spoon";

/// An app on a phone.
pub(crate) struct App(Key);

impl App {
    /// What somebody typed into it, in base 32.
    fn new(typed: &str) -> Self {
        let mut bits = typed.bytes().flat_map(|byte| {
            let value = if byte >= b'A' { byte - b'A' } else { byte - b'2' + 26 };
            (0..5).rev().map(move |at| (value >> at) & 1)
        });
        let bytes: Vec<u8> = (0..20).map(|_| bits.by_ref().take(8).fold(0, |byte, bit| (byte << 1) | bit)).collect();
        Self(Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, &bytes))
    }

    /// The code of so many steps of time after this one.
    fn code(&self, ahead: i64) -> String {
        let step = fresh::now().0 / 30_000 + ahead;
        let tag = sign(&self.0, &step.to_be_bytes());
        let tag = tag.as_ref();
        let from = usize::from(tag[19] & 15);
        let number = u32::from_be_bytes(tag[from..from + 4].try_into().unwrap()) & 0x7FFF_FFFF;
        format!("{:06}", number % 1_000_000)
    }
}

pub(crate) async fn world(on: On) -> World {
    World::with(on, settings(UNDO_MS), |config: &mut Config| config.live.session.second_step = true).await
}

pub(crate) async fn post(address: SocketAddr, path: &str, who: &Person, proof: &str, body: Value) -> Answer {
    let bearer = format!("Bearer {}", who.token);
    let headers = [("authorization", bearer.as_str()), ("handrail-proof", proof), ("content-type", "application/json")];
    ask(address, "POST", path, &headers, &body.to_string()).await
}

pub(crate) async fn get(address: SocketAddr, path: &str, who: &Person, proof: &str) -> Answer {
    let bearer = format!("Bearer {}", who.token);
    ask(address, "GET", path, &[("authorization", &bearer), ("handrail-proof", proof)], "").await
}

/// Somebody sets a second step: their app and the spare codes.
pub(crate) async fn set_up(address: SocketAddr, who: &Person) -> (App, Vec<String>) {
    let (app, spare, _) = set_up_by(address, who).await;
    (app, spare)
}

/// The same, with the code that it was set by.
async fn set_up_by(address: SocketAddr, who: &Person) -> (App, Vec<String>, String) {
    let begun = post(address, "/api/second-step", who, "", json!({})).await.json();
    let app = App::new(begun["secret"].as_str().expect("a secret"));
    let code = app.code(0);
    let done = post(address, "/api/second-step/confirm", who, "", json!({ "code": code })).await;
    assert_eq!(done.status, 200, "{done:?}");
    let spare = done.json()["spare_codes"].as_array().expect("spare codes").clone();
    (app, spare.iter().map(|code| code.as_str().expect("a code").to_owned()).collect(), code)
}

pub(crate) async fn sign_in(address: SocketAddr, username: &str, code: Option<&str>) -> Answer {
    let mut body = json!({ "username": username, "password": PASSWORD, "token": true });
    if let Some(code) = code {
        body["code"] = code.into();
    }
    ask(address, "POST", "/api/session", &[("content-type", "application/json")], &body.to_string()).await
}

/// A coordinator who signs in by password.
pub(crate) async fn coordinator(world: &World, username: &str) -> Person {
    let made = world.chat.admin_add_account(world.site, Role::Coordinator, "Cora", username, PASSWORD).await;
    let account = made.expect("an account");
    let token = world.chat.lasting_session(account).await.expect("a session");
    Person { name: username.into(), account, role: Role::Coordinator, token }
}

async fn acts(world: &World) -> (Vec<AccountAct>, Vec<SessionAct>) {
    let log = world.chat.store().read(|record| record.log_page(0, 1_000)).await;
    let (mut accounts, mut sessions) = (Vec::new(), Vec::new());
    for line in log.expect("the log") {
        if let What::Account { act, .. } = line.event.what {
            accounts.push(act);
        } else if let What::Session { act, .. } = line.event.what {
            sessions.push(act);
        }
    }
    (accounts, sessions)
}

#[tokio::test]
async fn staff_without_a_second_step_can_set_one_and_do_nothing_else() {
    let world = world(On::Local).await;
    for role in [Role::Supervisor, Role::Coordinator, Role::Operator] {
        let who = world.person(role.as_str(), role).await;
        let address = world.address;
        for path in ["/api/home", "/api/people", "/api/duty", "/api/sessions", "/api/roles"] {
            assert_eq!(get(address, path, &who, "").await.problem(), "code_needed", "{path}");
        }
        let knocked = knock(address, request(address, &who.token)).await.err();
        assert!(knocked.is_some_and(|(status, body)| status == 401 && body.contains("code_needed")));
        assert_eq!(get(address, "/api/me", &who, "").await.status, 200);
        assert_eq!(get(address, "/api/second-step", &who, "").await.json()["state"], "missing");

        let begun = post(address, "/api/second-step", &who, "", json!({})).await.json();
        assert!(begun["picture"].as_array().is_some_and(|rows| rows.len() > 20), "{begun}");
        let wrong = post(address, "/api/second-step/confirm", &who, "", json!({ "code": "000000" })).await;
        assert_eq!(wrong.problem(), "code_needed");
        assert_eq!(get(address, "/api/home", &who, "").await.problem(), "code_needed", "nothing is set yet");

        let (_, spare) = set_up(address, &who).await;
        assert_eq!(spare.len(), 10);
        assert_eq!(get(address, "/api/roles", &who, "").await.status, 200);
        world.connect(&who).await;
        let state = get(address, "/api/second-step", &who, "").await.json();
        assert_eq!((&state["state"], &state["spare_codes"]), (&json!("set"), &json!(10)));
        assert!(state["proved_until"].is_string());
    }
    for role in [Role::Mentee, Role::Mentor, Role::GuestOfficer] {
        let who = world.person(role.as_str(), role).await;
        assert_eq!(get(world.address, "/api/roles", &who, "").await.status, 200, "{role:?} is not asked");
    }
}

#[tokio::test]
async fn a_code_of_the_app_counts_once_also_on_another_node() {
    let world = world(On::Nodes).await;
    let who = coordinator(&world, "cora").await;
    let (app, _, used) = set_up_by(world.at(0), &who).await;
    assert_eq!(sign_in(world.at(0), "cora", None).await.problem(), "code_needed");
    assert_eq!(sign_in(world.at(0), "cora", Some(&used)).await.problem(), "code_needed", "it was used to set it");
    let code = app.code(1);
    let begun = sign_in(world.at(0), "cora", Some(&code)).await;
    assert_eq!(begun.status, 200, "{begun:?}");
    assert!(begun.json()["proof"].is_string());
    assert!(
        begun.headers.iter().any(|(name, value)| name == "set-cookie" && value.starts_with("__Host-handrail-proof="))
    );
    assert_eq!(sign_in(world.at(1), "cora", Some(&code)).await.problem(), "code_needed");
    for bad in ["", "12345", "000000", "hello", &app.code(5)] {
        assert_eq!(sign_in(world.at(1), "cora", Some(bad)).await.problem(), "code_needed", "{bad:?}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_never_asked_for_a_code() {
    let world = world(On::Local).await;
    let who = coordinator(&world, "cora").await;
    let (app, _) = set_up(world.address, &who).await;
    for code in [None, Some(app.code(1))] {
        let mut body = json!({ "username": "cora", "password": "not the password at all" });
        if let Some(code) = code {
            body["code"] = code.into();
        }
        let answer =
            ask(world.address, "POST", "/api/session", &[("content-type", "application/json")], &body.to_string())
                .await;
        assert_eq!(answer.problem(), "unauthenticated");
    }
    assert_eq!(sign_in(world.address, "cora", Some(&app.code(1))).await.status, 200, "the code was not used up");
}

#[tokio::test]
async fn a_spare_code_lets_in_once() {
    let world = world(On::Postgres).await;
    let who = coordinator(&world, "cora").await;
    let (_, spare) = set_up(world.address, &who).await;
    assert_eq!(sign_in(world.address, "cora", Some(&spare[3].to_lowercase())).await.status, 200);
    assert_eq!(sign_in(world.address, "cora", Some(&spare[3])).await.problem(), "code_needed");
    assert_eq!(get(world.address, "/api/second-step", &who, "").await.json()["spare_codes"], 9);
}

#[tokio::test]
async fn a_code_can_be_guessed_ten_times_in_five_minutes_by_whoever_has_the_session() {
    let world = world(On::Local).await;
    let who = coordinator(&world, "cora").await;
    let (app, _) = set_up(world.address, &who).await;
    for _ in 0..10 {
        assert_eq!(post(world.address, "/api/session/proof", &who, "", json!({ "code": "000000" })).await.status, 401);
    }
    let right = post(world.address, "/api/session/proof", &who, "", json!({ "code": app.code(1) })).await;
    assert_eq!(right.problem(), "rate_limited");
}

/// What matters: method, address and body; each is refused as nonsense or done once a code was given.
fn what_matters(of: &Person) -> Vec<(&'static str, String, Value)> {
    let person = |act: &str| format!("/api/people/{}/{act}", of.account);
    vec![
        ("GET", "/api/people.csv".into(), json!(null)),
        ("GET", "/api/relationships.csv".into(), json!(null)),
        ("GET", "/api/papers.csv".into(), json!(null)),
        ("POST", "/api/people".into(), json!({})),
        ("POST", "/api/people/import".into(), json!({})),
        ("POST", person("invite"), json!({"checked": "in person"})),
        ("POST", person("restore"), json!({})),
        ("POST", person("glass"), json!({"reason": "to see"})),
        ("POST", person("second-step"), json!({"reason": "in person"})),
        ("POST", "/api/relationships".into(), json!({})),
        ("POST", "/api/site/papers".into(), json!({})),
        ("POST", "/api/relationships/c_AAAAAAAAAAAAAAAAAAAAAA/resume".into(), json!({"words": ""})),
        (
            "POST",
            "/api/relationships/c_AAAAAAAAAAAAAAAAAAAAAA/hand_over".into(),
            json!({"words": "", "to": of.account.to_string()}),
        ),
        ("POST", "/api/second-step".into(), json!({})),
        ("POST", "/api/second-step/confirm".into(), json!({"code": "123456"})),
    ]
}

#[tokio::test]
async fn what_matters_asks_for_a_code_again_after_five_minutes_and_the_sessions_token_alone_is_not_enough() {
    let world = world(On::Local).await;
    let who = coordinator(&world, "cora").await;
    let mentee = world.person("mo", Role::Mentee).await;
    let (app, _) = set_up(world.address, &who).await;
    let proved = post(world.address, "/api/session/proof", &who, "", json!({ "code": app.code(1) })).await.json();
    let proof = proved["proof"].as_str().expect("a proof").to_owned();
    let asked = async |proof: &str, (method, path, body): &(&'static str, String, Value)| match *method {
        "GET" => get(world.address, path, &who, proof).await,
        _ => post(world.address, path, &who, proof, body.clone()).await,
    };
    for one in &what_matters(&mentee) {
        let without = asked("", one).await;
        assert_eq!(without.problem(), "code_needed", "{one:?}");
        assert_eq!(asked(&fresh::token(43), one).await.problem(), "code_needed", "{one:?}");
        let with = asked(&proof, one).await;
        let refused = with.status == 401 && one.1 != "/api/second-step/confirm";
        assert!(!refused, "{one:?}: {with:?}");
    }
    // A code that was given five minutes ago.
    let (session, hash) = (token_hash(&who.token), token_hash(&proof));
    let aged = world
        .chat
        .store()
        .write(Scope::Own, move |tx| Ok(tx.prove_session(&session, &hash, fresh::now().plus_ms(-5 * 60 * 1_000))?));
    aged.await.expect("it is older now");
    for one in &what_matters(&mentee) {
        assert_eq!(asked(&proof, one).await.problem(), "code_needed", "{one:?}");
    }
    // What keeps people apart waits for no code.
    let suspend = format!("/api/people/{}/suspend", mentee.account);
    assert_eq!(post(world.address, &suspend, &who, "", json!({ "reason": "at once" })).await.status, 204);
    assert!(acts(&world).await.1.contains(&SessionAct::Prove));
}

#[tokio::test]
async fn two_colleagues_let_in_again_who_has_lost_their_phone_and_one_alone_does_not() {
    let world = world(On::Local).await;
    let (lost, one, two) =
        (coordinator(&world, "lost").await, coordinator(&world, "one").await, coordinator(&world, "two").await);
    let mut proofs = Vec::new();
    for colleague in [&one, &two, &lost] {
        let (app, _) = set_up(world.address, colleague).await;
        let proved = post(world.address, "/api/session/proof", colleague, "", json!({ "code": app.code(1) })).await;
        proofs.push(proved.json()["proof"].as_str().expect("a proof").to_owned());
    }
    let path = format!("/api/people/{}/second-step", lost.account);
    let away = async |who: &Person, proof: &str, reason: &str| {
        post(world.address, &path, who, proof, json!({ "reason": reason })).await
    };
    let mut socket = world.connect(&lost).await;
    assert_eq!(away(&lost, &proofs[2], "it is me").await.problem(), "forbidden");
    assert_eq!(away(&one, &proofs[0], " ").await.problem(), "bad_frame");
    for _ in 0..2 {
        assert_eq!(away(&one, &proofs[0], "seen in person").await.status, 204);
        assert_eq!(get(world.address, "/api/roles", &lost, "").await.status, 200, "one word is not enough");
    }
    let seen = get(world.address, &format!("/api/people/{}", lost.account), &two, "").await.json();
    assert_eq!(
        (&seen["second_step"]["asked_by"], &seen["second_step"]["waits_for_you"]),
        (&json!("Cora"), &json!(true))
    );
    assert_eq!(away(&two, &proofs[1], "rang them back").await.status, 204);
    assert_eq!(socket.closing().await, (4004, "signed_out".into()));
    assert_eq!(get(world.address, "/api/me", &lost, "").await.problem(), "unauthenticated");
    let begun = sign_in(world.address, "lost", None).await;
    assert_eq!(begun.status, 200, "{begun:?}");
    let again = Person { token: begun.json()["token"].as_str().unwrap().to_owned(), ..lost.clone() };
    assert_eq!(get(world.address, "/api/second-step", &again, "").await.json()["state"], "missing");
    let (accounts, _) = acts(&world).await;
    let many = |act| accounts.iter().filter(|one| **one == act).count();
    assert_eq!((many(AccountAct::AskSecondStepAway), many(AccountAct::TakeSecondStepAway)), (2, 1));
}

#[tokio::test]
async fn a_code_of_invitation_gives_a_password_and_not_the_second_step() {
    let world = world(On::Local).await;
    let (who, colleague) = (coordinator(&world, "cora").await, coordinator(&world, "colleague").await);
    let (app, _) = set_up(world.address, &who).await;
    let (theirs, _) = set_up(world.address, &colleague).await;
    let proved =
        post(world.address, "/api/session/proof", &colleague, "", json!({ "code": theirs.code(1) })).await.json();
    let proof = proved["proof"].as_str().expect("a proof");
    let path = format!("/api/people/{}/invite", who.account);
    let invited = post(world.address, &path, &colleague, proof, json!({ "checked": "rang them back" })).await.json();
    let join = json!({ "code": invited["code"], "username": "cora", "password": PASSWORD }).to_string();
    let joined = ask(world.address, "POST", "/api/join", &[("content-type", "application/json")], &join).await;
    assert_eq!(joined.problem(), "code_needed");
    assert!(!joined.headers.iter().any(|(name, _)| name == "set-cookie"));
    assert_eq!(sign_in(world.address, "cora", Some(&app.code(1))).await.status, 200, "the password was chosen");
}

#[tokio::test]
async fn staff_who_are_not_seen_for_ninety_days_are_disabled_until_somebody_lets_them_in() {
    let days = |days: u64| Some(std::time::Duration::from_secs(days * 86_400));
    let world = World::with(On::Local, settings(UNDO_MS), |config| config.live.session.unused = days(90)).await;
    let (old, new) = (coordinator(&world, "old").await, coordinator(&world, "new").await);
    let mentee = world.person("mo", Role::Mentee).await;
    let ids = [old.account, mentee.account];
    let aged = world.chat.store().write(Scope::Everything, move |tx| {
        for id in ids {
            tx.used(id, fresh::now().plus_ms(-91 * 86_400_000))?;
        }
        Ok(())
    });
    aged.await.expect("they were not seen for long");
    assert_eq!(world.chat.disable_unused().await, Ok(1));
    assert_eq!(get(world.address, "/api/me", &old, "").await.problem(), "unauthenticated");
    for here in [&new, &mentee] {
        assert_eq!(get(world.address, "/api/me", here, "").await.status, 200);
    }
    let staff = world.chat.admin_staff().await.expect("a list");
    let listed: Vec<_> =
        staff.iter().map(|row| (row.username.as_str(), row.account.disabled, row.second_step)).collect();
    assert_eq!(listed, [("new", false, false), ("old", true, false)]);
    world.chat.admin_disable("old", false).await.expect("they are let in");
    assert_eq!(world.chat.disable_unused().await, Ok(0), "and stay in");
}
