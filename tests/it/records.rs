//! What an operator does with the record as a whole: check it, copy it, put a copy back, take words out, write them out.

use crate::operate::Place;
use crate::process::{PATIENCE, Server, history, run, word};
use crate::world::{On, UNDO_MS, World, settings};
use handrail_domain::erasure::Extent;
use handrail_domain::people::Role;
use serde_json::json;
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

const WORDS: &str = "the heron stood in the reeds";

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A place where something was said, held, and decided on.
async fn place() -> Place {
    let place = Place::start("");
    let mentee = place.person("mentee1").conversation;
    let mut wire = place.wire("mentee1").await;
    wire.send(&mentee, "one", WORDS).await.expect("an answer");
    let held = wire.send(&mentee, "two", "ring me on 07700 900123").await.expect("an answer");
    let decision = json!({"kind": "reject", "reason": "contact_details", "note": "No numbers here."});
    place.decide(&held["message"], decision).await;
    let patience = Instant::now() + PATIENCE;
    loop {
        let settled = wire.events.iter().any(|event| event["type"] == "status" && event["status"] == "rejected");
        if settled {
            break;
        }
        assert!(Instant::now() < patience, "it is never settled");
        wire.next_within(Duration::from_millis(100)).await;
    }
    place
}

/// A configuration for a record that lies in this folder.
fn config_for(data: &Path) -> String {
    let path = data.with_extension("toml");
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/rules");
    let text = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n[store]\npath = {:?}\n[rules]\nfolder = {:?}\n",
        data.to_string_lossy(),
        rules.to_string_lossy()
    );
    std::fs::write(&path, text).expect("a configuration");
    path.to_string_lossy().into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_servers_record_is_checked_with_its_checkpoints() {
    let place = place().await;
    let key = place.does(&["audit", "key"]);
    let key = key.trim();
    assert!(key.starts_with("handrail/") && key.matches('+').count() >= 2, "{key}");
    let checked = place.does(&["audit", "verify"]);
    for part in ["The log is whole", "are signed with the key, and agree", "lines a second"] {
        assert!(checked.contains(part), "{part}: {checked}");
    }
    assert!(!checked.contains("heron"), "{checked}");
    let from = place.does(&["audit", "verify", "--from", "5", "--key", key]);
    assert!(from.contains("The hash of line 4 was believed"), "{from}");
    place.refuses(&["audit", "verify", "--key", "nonsense"], &["not a key"]);
    let beyond = place.run(&["audit", "verify", "--from", "99999999"]);
    assert_eq!(beyond.status.code(), Some(2), "{}", said(&beyond));
    let none = place.run(&["audit", "verify", "--checkpoints", "no-such-file"]);
    assert_eq!(none.status.code(), Some(2), "{}", said(&none));
    // A server that stops signs what was said since, and says so in its log.
    let copy = place.path("before.txt");
    std::fs::copy(place.path("data").join("checkpoints.txt"), &copy).expect("a copy");
    place.server.terminate();
    place.server.hear("a checkpoint of the log", PATIENCE).await;
    let (place_config, copy) = (place.path("handrail.toml"), copy.to_string_lossy().into_owned());
    assert!(place.server.ended().success());
    let config = place_config.to_string_lossy().into_owned();
    let again = run(&["audit", "verify", "--checkpoints", &copy, "--config", &config], "");
    assert!(again.status.success(), "an older copy of the checkpoints agrees as well: {}", said(&again));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_letter_is_found_with_its_line_and_such_a_record_is_not_served() {
    let place = place().await;
    let copy = place.path("copy");
    place.does(&["backup", &copy.to_string_lossy()]);
    let config = config_for(&copy);
    let good = run(&["audit", "verify", "--config", &config], "");
    assert_eq!(good.status.code(), Some(0), "{}", said(&good));
    let record = copy.join("handrail.db");
    let mut bytes = std::fs::read(&record).expect("the copy");
    let at = bytes.windows(WORDS.len()).position(|part| part == WORDS.as_bytes()).expect("it is kept as it was said");
    bytes[at + 4] ^= 1;
    std::fs::write(&record, bytes).expect("the copy");
    let found = run(&["audit", "verify", "--config", &config], "");
    let told = said(&found);
    assert_eq!(found.status.code(), Some(1), "{told}");
    assert!(told.contains("the text of its message is not the one that was said") && told.contains("line "), "{told}");
    assert!(!told.contains("eron") && !told.contains("reeds"), "nobody's words are told: {told}");
    let served = run(&["serve", "--config", &config], "");
    let told = said(&served);
    assert!(!served.status.success() && told.contains("the record is broken"), "{told}");
    place.refuses(&["restore", &copy.to_string_lossy(), "--replace"], &["is not the file that was backed up"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_comes_back_and_its_server_runs_in_a_new_epoch() {
    let place = place().await;
    let copy = place.path("copy").to_string_lossy().into_owned();
    let made = place.does(&["backup", &copy, "--with-key"]);
    assert!(made.contains("up to line"), "{made}");
    let config = place.path("handrail.toml");
    place.refuses(&["backup", &copy], &["is not empty"]);
    place.refuses(&["restore", &copy], &["is not empty", "--replace"]);
    place.refuses(&["restore", &copy, "--replace"], &["is in use", "stop the server"]);
    let epoch = place.wire("mentee1").await.cursor.epoch;
    let (folder, mentee) = (place.folder, place.all.iter().find(|one| one.username == "mentee1").expect("one").clone());
    place.server.terminate();
    assert!(place.server.ended().success());
    let config = config.to_string_lossy().into_owned();
    let back = run(&["restore", &copy, "--replace", "--config", &config], "");
    assert!(back.status.success() && said(&back).contains("Epoch "), "{}", said(&back));
    let server = Server::serve(Path::new(&config));
    let told = history(server.address, &mentee).await;
    assert!(told.iter().any(|(_, text)| text == WORDS), "{told:?}");
    let wire = crate::process::Wire::open(server.address, &mentee.token, None).await.expect("it listens");
    assert_ne!(wire.cursor.epoch, epoch);
    let checked = run(&["audit", "verify", "--config", &config], "");
    assert!(checked.status.success() && said(&checked).contains("was restored to line"), "{}", said(&checked));
    drop(folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn words_are_kept_by_a_hold_then_erased_and_a_running_server_shows_them_no_more() {
    let place = place().await;
    let mentee = place.person("mentee1");
    let conversation = mentee.conversation.as_str();
    let hold = ["hold", "add", "--relationship", conversation, "--reason", "Inquest", "--until", "2099-12-31"];
    let two = ["--by", "supervisor1", "--agreed", "coordinator"];
    place.refuses(&[&hold[..], &["--by", "coordinator", "--agreed", "coordinator"]].concat(), &["two people"]);
    let made = place.does(&[&hold[..], &two].concat());
    let id = made.trim().trim_end_matches('.').rsplit(' ').next().expect("an id").to_owned();
    let erase = ["erase", "--conversation", conversation, "--reason", "They asked", "--by", "coordinator"];
    place.refuses(&erase, &["legal hold", &id]);
    let list = place.does(&["hold", "list"]);
    for part in [&id, "Inquest", "supervisor1", "coordinator", "2099-12-31", "in force"] {
        assert!(list.contains(part), "{part}: {list}");
    }
    place.does(&[&["hold", "end", &id][..], &two].concat());
    assert!(history(place.server.address, &mentee).await.iter().any(|(_, text)| text == WORDS));
    let done = place.does(&erase);
    assert!(done.contains("messages and") && done.contains("Backups made before"), "{done}");
    let told = history(place.server.address, &mentee).await;
    assert!(!told.is_empty() && told.iter().all(|(_, text)| text == "[erased]"), "{told:?}");
    place.refuses(&["erase", "--reason", "x", "--by", "coordinator"], &["--conversation"]);
    assert!(place.does(&["audit", "verify"]).contains("The log is whole"));
    let kept = place.does(&["site", "retention", "Riverside Mentoring", "90"]);
    assert!(kept.contains("90 days after the end"), "{kept}");
    assert!(place.does(&["site", "show", "Riverside Mentoring"]).contains("words are kept   90 days"));
    place.refuses(&["site", "retention", "Riverside Mentoring", "0"], &["a number of days", "or never"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_and_a_case_are_written_out() {
    let place = place().await;
    let out = |name: &str| place.path(name).to_string_lossy().into_owned();
    let done = place.does(&["export", "--account", "mentee1", "--out", &out("own"), "--by", "coordinator"]);
    assert!(done.contains("export.html"), "{done}");
    let own = std::fs::read_to_string(place.path("own").join("export.json")).expect("a file");
    assert!(own.contains(WORDS) && own.contains("No numbers here."), "{own}");
    let conversation = place.person("mentee1").conversation;
    place.does(&["export", "--conversation", &conversation, "--out", &out("case"), "--by", "supervisor1"]);
    let case: serde_json::Value =
        serde_json::from_slice(&std::fs::read(place.path("case").join("export.json")).expect("a file")).expect("JSON");
    let lines = case["lines_of_the_log"].as_array().expect("lines");
    assert_eq!(word(&lines.last().expect("a line")["kind"]), "exported");
    place.refuses(&["export", "--account", "mentee1", "--out", &out("own"), "--by", "coordinator"], &["is not empty"]);
    place.refuses(&["export", "--account", "mentee1", "--out", &out("x"), "--by", "mentor1"], &["does not answer"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_are_erased_on_a_database_server_and_its_log_is_whole() {
    let world = World::with(On::Postgres, settings(UNDO_MS), |_| ()).await;
    let (ann, bob) = (world.person("ann", Role::Mentor).await, world.person("bob", Role::Mentee).await);
    let lead = world.person("lead", Role::Coordinator).await;
    let pair = world.pair(&ann, &bob).await;
    let mut client = world.connect(&bob).await;
    for n in 0..3 {
        let sent = client.send(&pair.to_string(), &format!("c{n}"), WORDS).await.expect("it is taken");
        assert_eq!(sent["status"], "delivered");
    }
    world.is_whole().await;
    let erased = world.chat.admin_erase(Extent::Account(bob.account), &lead.name, "They asked").await.expect("erased");
    assert_eq!(erased.messages, 3);
    let page = world.chat.store().read(move |record| record.history(pair, None, 10)).await.expect("history");
    assert!(page.0.iter().all(|message| message.text.as_str() == "[erased]"));
    world.is_whole().await;
    let refused = world.chat.store().copy(Path::new("nowhere")).expect_err("a server has its own tools").to_string();
    assert!(refused.contains("pg_dump") && refused.contains("--new-epoch"), "{refused}");
    handrail::records::begin_epoch(world.chat.store()).await.expect("an epoch");
    world.is_whole().await;
}
