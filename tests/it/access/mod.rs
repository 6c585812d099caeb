//! Who may reach what over HTTP: every route, as nobody and as every kind of person, on what is theirs, what is others', and
//! what is not there. What one may not see answers exactly as what is not there.

mod scheme;

use crate::process::{Person, Server, Wire, http, people, person, run, word};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use tempfile::TempDir;

/// Routes that are the same for everybody: pages, what they are made of, and health.
const PUBLIC: &[&str] = &[
    "/",
    "/staff",
    "/sign-in",
    "/messages",
    "/help",
    "/mewngofnodi",
    "/cymorth",
    "/leave",
    "/sw.js",
    "/manifest.webmanifest",
    "/icon.svg",
    "/icon-192.png",
    "/icon-512.png",
    "/assets/{*path}",
    "/.well-known/security.txt",
    "/api/openapi.json",
    "/api/protocol.md",
    "/health/live",
    "/health/ready",
    "/api/session",
    "/join",
    "/ymuno",
    "/api/join",
    // For who has a session, whoever they are: `second_step.rs` plays these.
    "/api/session/here",
    "/api/session/proof",
    "/api/second-step",
    "/api/second-step/confirm",
    "/api/session/passkey",
    "/api/session/proof/passkey",
    "/api/passkeys",
    "/api/passkeys/begin",
    "/api/passkeys/{id}",
];
/// Routes that the tables below ask.
const ASKED: &[&str] = &[
    "/api/me",
    "/api/articles",
    "/api/articles/{id}",
    "/api/library",
    "/api/library/preview",
    "/api/library/{id}",
    "/api/library/{id}/{act}",
    "/api/push",
    "/api/push/test",
    "/api/sessions",
    "/api/conversations/{id}/messages",
    "/api/queues/{site}/items",
    "/api/queues/{site}/decisions",
    "/api/conversations/{id}/read",
    "/api/items/{item}/background",
    "/api/items/{item}/look",
    "/api/duty",
    "/api/duty/finish",
    "/api/looks",
    "/api/looks/{id}",
    "/api/oversight",
    "/api/oversight.csv",
    "/api/reports",
    "/api/rules",
];

/// Two sites on one server, and somebody of every role.
struct Sites {
    _folder: TempDir,
    server: Server,
    /// Role or part, and token; nobody has none.
    everybody: Vec<(&'static str, String)>,
    mentee: Person,
    supervisor: Person,
    other_site: String,
}

const PASSWORD: &str = "a-password-that-is-long-enough";

fn operate(arguments: &[&str]) -> String {
    let done = run(arguments, PASSWORD);
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    said.trim().trim_end_matches('.').rsplit(' ').next().unwrap_or_default().to_owned()
}

async fn sign_in(address: SocketAddr, username: &str) -> String {
    let body = json!({"username": username, "password": PASSWORD, "token": true}).to_string();
    let (status, body) = http(address, "POST", "/api/session", "", &body).await;
    assert_eq!(status, 200, "{username}: {body}");
    word(&serde_json::from_str::<Value>(&body).expect("JSON")["token"])
}

async fn sites() -> Sites {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    Server::demo(&data, 2).kill();
    let rules = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/rules");
    let file = folder.path().join("handrail.toml");
    let text = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n[session]\nsecond_step = \"nobody\"\n[rules]\nfolder = {:?}\n",
        rules.canonicalize().unwrap()
    );
    std::fs::write(&file, text).unwrap();
    let config = file.to_string_lossy().into_owned();
    let all = people(&data);
    let (mentee, supervisor) = (person(&all, "mentee1"), person(&all, "supervisor1"));
    let other_site = operate(&["site", "add", "--config", &config, "Elsewhere"]);
    let add = |site: &str, role: &str, username: &str| {
        let who = ["--site", site, "--role", role, "--name", "Somebody", "--username", username, "--password-stdin"];
        operate(&[&["account", "add", "--config", &config][..], &who].concat());
    };
    add(&supervisor.site, "operator", "operator1");
    add(&supervisor.site, "guest_officer", "officer1");
    add(&other_site, "supervisor", "elsewhere1");
    add(&other_site, "coordinator", "elsewhere2");
    let server = Server::serve(&file);
    let token = |name: &str| person(&all, name).token;
    let mut everybody = vec![
        ("nobody", String::new()),
        ("a stranger", "not-a-token".into()),
        ("its mentee", mentee.token.clone()),
        ("its mentor", token("mentor1")),
        ("another mentee", token("mentee2")),
        ("another mentor", token("mentor2")),
        ("its supervisor", supervisor.token.clone()),
        ("its coordinator", token("coordinator")),
    ];
    for (part, username) in [
        ("its operator", "operator1"),
        ("its guest officer", "officer1"),
        ("another supervisor", "elsewhere1"),
        ("another coordinator", "elsewhere2"),
    ] {
        everybody.push((part, sign_in(server.address, username).await));
    }
    Sites { _folder: folder, server, everybody, mentee, supervisor, other_site }
}

/// An id of the same kind that names nothing.
fn absent(id: &str) -> String {
    let other = if &id[5..6] == "A" { "B" } else { "A" };
    format!("{}{other}{}", &id[..5], &id[6..])
}

/// The statuses that everybody gets on a path; `may` are those who get 200, and to others it is not there.
async fn check(sites: &Sites, path: &str, may: &[&str]) {
    check_or(sites, path, may, 404).await;
}

/// The same where others get another status.
async fn check_or(sites: &Sites, path: &str, may: &[&str], otherwise: u16) {
    for (part, token) in &sites.everybody {
        let want = match *part {
            "nobody" | "a stranger" => 401,
            part if may.contains(&part) => 200,
            _ => otherwise,
        };
        let (status, body) = http(sites.server.address, "GET", path, token, "").await;
        assert_eq!(status, want, "GET {path} as {part}: {body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_reaches_what_is_theirs_and_nothing_else_is_there() {
    let sites = sites().await;
    let everyone: Vec<&str> = sites.everybody.iter().map(|(part, _)| *part).collect();
    check(&sites, "/api/me", &everyone).await;
    check(&sites, "/api/sessions", &everyone).await;
    let talk = ["its mentee", "its mentor", "another mentee", "another mentor", "its guest officer"];
    let staff = ["its supervisor", "its coordinator", "another supervisor", "another coordinator"];
    check_or(&sites, "/api/push", &[&talk[..], &staff].concat(), 403).await;
    for path in ["/api/duty", "/api/oversight", "/api/oversight.csv"] {
        check_or(&sites, path, &staff, 403).await;
    }
    only_supervisors_serve(&sites).await;
    let own = &sites.mentee.conversation;
    check(&sites, &format!("/api/conversations/{own}/messages"), &["its mentee", "its mentor"]).await;
    for list in ["items", "decisions"] {
        let site = &sites.supervisor.site;
        check(&sites, &format!("/api/queues/{site}/{list}"), &["its supervisor"]).await;
        check(&sites, &format!("/api/queues/{}/{list}", sites.other_site), &["another supervisor"]).await;
        check(&sites, &format!("/api/queues/{}/{list}", absent(site)), &[]).await;
        check(&sites, &format!("/api/queues/nonsense/{list}"), &[]).await;
    }
    check(&sites, &format!("/api/conversations/{}/messages", absent(own)), &[]).await;
    check(&sites, "/api/articles", &everyone).await;
    check_or(&sites, "/api/library", &staff, 403).await;
    own_library(&sites, &staff).await;
    for path in ["/api/rules", "/api/rules?days=1", "/api/rules?days=366"] {
        check_or(&sites, path, &staff, 403).await;
    }
    for path in ["/api/reports", "/api/reports?limit=1"] {
        check_or(&sites, path, &["its supervisor", "another supervisor"], 403).await;
    }
    scheme::each_right_is_kept_to(&sites).await;
    foreign_is_absent(&sites).await;
    live_foreign_is_absent(&sites).await;
    scores_are_of_ones_own_site(&sites).await;
    signed_out_is_nobody(&sites).await;
}

/// Shifts, second looks and whole conversations are for supervisors; to those of another site a conversation or an item is not there.
async fn only_supervisors_serve(sites: &Sites) {
    let (own, nothing) = (&sites.mentee.conversation, absent("q_AAAAAAAAAAAAAAAAAAAAAA"));
    let look = "k_AAAAAAAAAAAAAAAAAAAAAA";
    for (part, token) in &sites.everybody {
        let supervises = part.ends_with("supervisor");
        for (path, status) in [
            ("/api/duty".to_owned(), 400),
            ("/api/duty/finish".to_owned(), 400),
            (format!("/api/items/{nothing}/look"), 400),
            (format!("/api/looks/{look}"), 400),
            (format!("/api/conversations/{own}/read"), 400),
        ] {
            let want = match *part {
                "nobody" | "a stranger" => 401,
                _ if supervises => status,
                _ => 403,
            };
            let (status, body) = http(sites.server.address, "POST", &path, token, "").await;
            assert_eq!(status, want, "POST {path} as {part}: {body}");
        }
    }
    check(sites, &format!("/api/items/{nothing}/background"), &[]).await;
}

/// An article of the site is there for its own people, and its writing for its own staff.
async fn own_library(sites: &Sites, staff: &[&str]) {
    let (_, page) = http(sites.server.address, "GET", "/api/articles", &sites.mentee.token, "").await;
    let id = word(&serde_json::from_str::<Value>(&page).expect("JSON")["articles"][0]["id"]);
    let own: Vec<&str> = sites
        .everybody
        .iter()
        .map(|(part, _)| *part)
        .filter(|part| part.starts_with("its") || part.contains("another me"))
        .collect();
    check(sites, &format!("/api/articles/{id}"), &own).await;
    check(sites, &format!("/api/articles/{}", absent(&id)), &[]).await;
    for (part, token) in &sites.everybody {
        let want = match *part {
            "nobody" | "a stranger" => 401,
            "its supervisor" | "its coordinator" => 200,
            part if staff.contains(&part) => 404,
            _ => 403,
        };
        let (status, body) = http(sites.server.address, "GET", &format!("/api/library/{id}"), token, "").await;
        assert_eq!(status, want, "as {part}: {body}");
    }
}

/// Byte for byte the same answer, so that nothing can be learnt from the difference.
async fn foreign_is_absent(sites: &Sites) {
    let (own, site) = (&sites.mentee.conversation, &sites.supervisor.site);
    for (part, token) in sites.everybody.iter().filter(|(part, _)| part.starts_with("another")) {
        for (foreign, none) in [
            (format!("/api/conversations/{own}/messages"), format!("/api/conversations/{}/messages", absent(own))),
            (format!("/api/queues/{site}/items"), format!("/api/queues/{}/items", absent(site))),
            (format!("/api/queues/{site}/decisions"), format!("/api/queues/{}/decisions", absent(site))),
        ] {
            let foreign = http(sites.server.address, "GET", &foreign, token, "").await;
            assert_eq!(foreign, http(sites.server.address, "GET", &none, token, "").await, "{part}");
        }
    }
}

/// The same on the socket: sending, withdrawing, answering, reporting, lifting, watching, claiming.
async fn live_foreign_is_absent(sites: &Sites) {
    let address = sites.server.address;
    let mut mentee = Wire::open(address, &sites.mentee.token, None).await.expect("it listens");
    let held = mentee.send(&sites.mentee.conversation, "held", "ring me on 07700 900123").await.expect("an answer");
    let path = format!("/api/queues/{}/items", sites.supervisor.site);
    let (_, page) = http(address, "GET", &path, &sites.supervisor.token, "").await;
    let page: Value = serde_json::from_str(&page).expect("JSON");
    let (message, item) = (word(&held["message"]), word(&page["items"][0]["item"]));
    let (conversation, site) = (sites.mentee.conversation.clone(), sites.supervisor.site.clone());
    let outsiders = sites.everybody.iter().filter(|(part, _)| part.starts_with("another"));
    for (part, token) in outsiders {
        let mut wire = Wire::open(address, token, None).await.expect("it listens");
        let theirs_and_nobodys: [fn(&str) -> String; 2] = [|id| id.to_owned(), absent];
        for id in theirs_and_nobodys {
            for frame in [
                json!({"op": "send", "conversation": id(&conversation), "cid": "c", "text": "hello"}),
                json!({"op": "withdraw", "message": id(&message)}),
                json!({"op": "answer", "message": id(&message), "accept": true}),
                json!({"op": "report", "cid": "c", "conversation": id(&conversation), "reason": "other", "text": "", "pause": true}),
                json!({"op": "lift", "conversation": id(&conversation)}),
                json!({"op": "watch", "queue": id(&site)}),
                json!({"op": "claim", "item": id(&item)}),
                json!({"op": "unclaim", "item": id(&item)}),
                json!({"op": "acknowledge", "item": id(&item)}),
                json!({"op": "undo", "item": id(&item), "version": 1}),
                json!({"op": "decide", "item": id(&item), "version": 1, "decision": {"kind": "release"}}),
            ] {
                let answer = wire.ask(frame.clone()).await;
                assert_eq!(answer["code"], "not_found", "{part}: {frame}: {answer}");
                assert!(answer.get("item").is_none_or(Value::is_null), "{part}: {answer}");
            }
        }
    }
}

/// A message was held in one site: its staff see which rule held it, and those of the other see nothing of it.
async fn scores_are_of_ones_own_site(sites: &Sites) {
    for (part, token) in
        sites.everybody.iter().filter(|(part, _)| part.ends_with("supervisor") || part.ends_with("coordinator"))
    {
        let (_, body) = http(sites.server.address, "GET", "/api/rules?days=1", token, "").await;
        let page: Value = serde_json::from_str(&body).expect("JSON");
        assert!(page["version"].as_str().is_some_and(|version| version.len() == 12), "{page}");
        assert!(page["rules"].as_u64() > Some(20) && page["shadow"].is_null(), "{page}");
        let scores = page["scores"].as_array().expect("scores");
        let phone = scores.iter().find(|score| score["rule"] == "contact.phone");
        match part.starts_with("its") {
            true => assert!(phone.is_some_and(|score| score["holds"].as_u64() >= Some(1)), "{part}: {page}"),
            false => assert!(scores.is_empty(), "{part}: {page}"),
        }
        for bad in ["days=0", "days=367", "days=-1", "days=soon", "weeks=1"] {
            let (status, body) = http(sites.server.address, "GET", &format!("/api/rules?{bad}"), token, "").await;
            assert!(status == 400 && body.contains("bad_frame"), "{bad}: {body}");
        }
    }
}

async fn signed_out_is_nobody(sites: &Sites) {
    let address = sites.server.address;
    for token in ["", "not-a-token"] {
        assert_eq!(http(address, "DELETE", "/api/session", token, "").await.0, 401);
    }
    let token = sign_in(address, "operator1").await;
    assert_eq!(http(address, "DELETE", "/api/session", &token, "").await.0, 204);
    assert_eq!(http(address, "GET", "/api/me", &token, "").await.0, 401);
    let still = sites.everybody.iter().find(|(part, _)| *part == "its operator").expect("an operator");
    assert_eq!(http(address, "GET", "/api/me", &still.1, "").await.0, 200, "their other session goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_out_everywhere_is_nobody_on_every_device_and_others_stay() {
    let sites = sites().await;
    let address = sites.server.address;
    let (one, other) = (sign_in(address, "elsewhere1").await, sign_in(address, "elsewhere1").await);
    let (_, body) = http(address, "GET", "/api/sessions", &one, "").await;
    let page: Value = serde_json::from_str(&body).expect("JSON");
    let sessions = page["sessions"].as_array().expect("sessions");
    assert_eq!(sessions.len(), 3, "{page}");
    assert_eq!(sessions.iter().filter(|session| session["this"] == true).count(), 1, "{page}");
    let mut wire = Wire::open(address, &other, None).await.expect("it listens");
    assert_eq!(http(address, "DELETE", "/api/sessions", &one, "").await.0, 204);
    while wire.next().await.is_some() {}
    assert_eq!(wire.closed, Some(4004), "signed out");
    for token in [&one, &other] {
        assert_eq!(http(address, "GET", "/api/me", token, "").await.0, 401);
    }
    assert_eq!(http(address, "GET", "/api/me", &sites.mentee.token, "").await.0, 200, "somebody else stays");
}

/// A client is written from this page: it names every method of every route, and no other.
#[test]
fn the_description_of_the_api_names_every_route_and_method_that_there_is() {
    let http = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/src/http");
    let text = std::fs::read_to_string(http.join("mod.rs")).unwrap();
    let mut built = BTreeSet::new();
    for route in text.split(".route(").skip(1) {
        let mut parts = route.splitn(3, '"').skip(1);
        let (path, handlers) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let handlers = handlers.lines().next().unwrap_or_default();
        if path.starts_with("/api/") || path.starts_with("/health/") {
            for method in ["get", "post", "put", "delete"].iter().filter(|m| handlers.contains(&format!("{m}("))) {
                built.insert(format!("{method} {path}"));
            }
        }
    }
    let described: Value = serde_json::from_str(&std::fs::read_to_string(http.join("openapi.json")).unwrap()).unwrap();
    let paths = described["paths"].as_object().expect("paths").iter();
    let named = paths.flat_map(|(path, methods)| {
        methods.as_object().expect("methods").keys().map(move |method| format!("{method} {path}"))
    });
    assert_eq!(named.collect::<BTreeSet<_>>(), built);
}

/// A new route is not forgotten: it is asked above, or it is the same for everybody.
#[test]
fn every_route_is_asked_by_everybody() {
    let table = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/src/http/mod.rs");
    let text = std::fs::read_to_string(table).unwrap();
    let routes = text.split(".route(").skip(1).filter_map(|route| route.split('"').nth(1)).map(str::to_owned);
    let known: BTreeSet<String> =
        PUBLIC.iter().chain(ASKED).copied().chain(scheme::routes()).map(str::to_owned).collect();
    assert_eq!(routes.collect::<BTreeSet<_>>(), known, "routes of http/mod.rs, and those that the tests know");
}
