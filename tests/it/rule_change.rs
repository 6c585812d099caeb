//! Rules that change under a running server: in shadow without effect, broken ones never, good ones at once; and what judged
//! is there to be read afterwards.

use crate::operate::{Place, pack};
use crate::process::{PATIENCE, Wire, word};
use handrail::app::{Node, listen};
use handrail::config::Config;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// A folder with one pack that holds a word.
fn folder_of(at: &Path, id: &str, word: &str) {
    std::fs::create_dir_all(at).expect("a folder");
    std::fs::write(at.join(format!("{id}.toml")), pack(id, word)).expect("a pack");
}

fn one_pack(id: &str, word: &str, more: &str) -> Place {
    let folder = tempfile::tempdir().expect("a folder");
    folder_of(&folder.path().join("rules"), id, word);
    if more.contains("shadow") {
        folder_of(&folder.path().join("new"), "zebra", "zebrafish");
    }
    Place::over(folder, more)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_in_shadow_changes_nothing_and_says_what_it_would_have_done() {
    let place = one_pack("gecko", "gecko", "[rules]\nshadow = \"new\"\n");
    place.server.hear("rules judge in shadow", PATIENCE).await;
    let conversation = place.person("mentee1").conversation;
    let mut wire = place.wire("mentee1").await;
    let mut heard = place.wire("mentor1").await;
    for (cid, text, status) in [
        ("a", "hello", "delivered"),
        ("b", "a zebrafish", "delivered"),
        ("c", "a gecko", "held"),
        ("d", "a gecko and a zebrafish", "held"),
    ] {
        let said = wire.send(&conversation, cid, text).await.expect("an answer");
        assert_eq!(said["status"], status, "{text}: {said}");
    }
    while heard.seqs().len() < 2 {
        assert!(heard.next().await.is_some());
    }
    let rules: BTreeSet<String> =
        place.items().await.iter().filter(|item| word(&item["text"]).contains("gecko")).flat_map(rules_of).collect();
    assert_eq!(rules, BTreeSet::from(["gecko.gecko".to_owned()]), "a supervisor sees nothing of what is in shadow");
    let patience = Instant::now() + PATIENCE;
    let told = loop {
        let told = place.json(&["filter", "shadow", "--json"]);
        if told["newest"]["judged"] == 4 {
            break told;
        }
        assert!(Instant::now() < patience, "it was never written: {told}");
        sleep(Duration::from_secs(1)).await;
    };
    let newest = &told["newest"];
    assert_eq!((&newest["newly_held"], &newest["newly_passed"]), (&json!(1), &json!(1)), "{told}");
    assert_eq!(newest["by_rule"]["zebra.zebrafish"], json!({"newly_held": 1, "newly_passed": 0}));
    assert_eq!(newest["by_rule"]["gecko.gecko"], json!({"newly_held": 0, "newly_passed": 1}));
    assert_eq!(newest["newly_held_per_1000"], 250.0);
    let text = place.does(&["filter", "shadow"]);
    assert!(text.contains("newly held") && text.contains("250.0") && !text.contains("a zebrafish"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_change_while_a_server_starts_judge_soon_after() {
    let folder = tempfile::tempdir().expect("a folder");
    let rules = folder.path().join("rules");
    folder_of(&rules, "gecko", "gecko");
    let mut config = Config::demo(folder.path(), SocketAddr::from(([127, 0, 0, 1], 0))).expect("loopback");
    config.fixed.rules = handrail::config::Rules::Folder(rules.clone());
    let chat = handrail::app::open(&config).await.expect("the record opens");
    let before = chat.rules_version();
    folder_of(&rules, "newt", "newt");
    let listener = listen(&config).expect("it listens");
    let node = Node::start(config, chat.clone(), listener).await.expect("the node starts");
    let patience = Instant::now() + PATIENCE;
    while chat.rules_version() == before {
        assert!(Instant::now() < patience, "the pack of before the first look never judges");
        sleep(Duration::from_millis(20)).await;
    }
    node.stop().await;
}

fn rules_of(item: &Value) -> Vec<String> {
    item["findings"].as_array().expect("findings").iter().map(|found| word(&found["rule"])).collect()
}

/// Says harmless and unsafe things in turn until it is told to stop. An unsafe one must be held each time.
async fn talk(mut wire: Wire, conversation: String, stop: Arc<AtomicBool>) -> usize {
    let mut at = 0;
    while !stop.load(Ordering::Relaxed) {
        let text = if at % 2 == 0 { "an otter" } else { "a gecko" };
        let said = wire.send(&conversation, &format!("cid-{at}"), text).await.expect("an answer");
        assert_eq!(said["op"], "ok", "it is judged, whatever happens to the files: {said}");
        if text.contains("gecko") {
            assert_eq!(said["status"], "held", "{said}");
        }
        at += 1;
        sleep(Duration::from_millis(10)).await;
    }
    at
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_pack_under_load_lets_nothing_through_and_a_good_one_takes_effect() {
    let place = one_pack("gecko", "gecko", "");
    let stop = Arc::new(AtomicBool::new(false));
    let mut heard = Vec::new();
    let mut talks = Vec::new();
    for pair in 1..=2 {
        let (mentee, mentor) = (format!("mentee{pair}"), format!("mentor{pair}"));
        heard.push(place.wire(&mentor).await);
        let conversation = place.person(&mentee).conversation;
        talks.push(tokio::spawn(talk(place.wire(&mentee).await, conversation, stop.clone())));
    }
    let good = place.path("rules/gecko.toml");
    let written = std::fs::read_to_string(&good).expect("the pack");
    std::fs::write(&good, written.replace("terms = [", "terms = [[")).expect("a broken pack");
    place.server.hear("the last good ones stay", PATIENCE).await;
    sleep(Duration::from_millis(500)).await;
    let old = versions(&place).await;
    assert_eq!(old.len(), 1, "one set judged all of it");
    std::fs::write(
        &good,
        written.clone()
            + &pack("gecko", "newt").replace("[pack]\nid = \"gecko\"\nversion = \"1\"\nabout = \"A test.\"\n", ""),
    )
    .expect("a good pack");
    place.server.hear("new rules judge", PATIENCE).await;
    sleep(Duration::from_millis(500)).await;
    stop.store(true, Ordering::Relaxed);
    for talk in talks {
        assert!(talk.await.expect("nothing unsafe passed") > 10, "hardly anything was said");
    }
    let mut wire = place.wire("mentee1").await;
    let conversation = place.person("mentee1").conversation;
    let said = wire.send(&conversation, "newt", "a newt").await.expect("an answer");
    assert_eq!(said["status"], "held", "the new rule judges: {said}");
    let items = place.items().await;
    let newest = items.iter().find(|item| item["message"] == said["message"]).expect("its item");
    let new = word(&newest["rules"]);
    assert!(!old.contains(&new), "the version on items changed");
    given_back(&place, &old.into_iter().next().expect("a version"), &written);
    given_back(&place, &new, &std::fs::read_to_string(&good).expect("the pack"));
    nothing_unsafe_was_heard(heard).await;
}

/// The versions on all items that the rules of this test held.
async fn versions(place: &Place) -> BTreeSet<String> {
    let items = place.items().await;
    items.iter().filter(|item| item["text"] == "a gecko").map(|item| word(&item["rules"])).collect()
}

/// The record has the packs of that version as they were written.
fn given_back(place: &Place, version: &str, written: &str) {
    let listed = place.does(&["filter", "rules", version]);
    assert!(listed.contains(version) && listed.contains("gecko.toml"), "{listed}");
    let to = place.path(version);
    place.does(&["filter", "rules", version, "--to", &to.to_string_lossy()]);
    assert_eq!(std::fs::read_to_string(to.join("gecko.toml")).expect("the pack"), written);
}

/// What the other parties heard is all harmless.
async fn nothing_unsafe_was_heard(heard: Vec<Wire>) {
    for mut wire in heard {
        // What was sent before this was delivered before it.
        while let Some(frame) = wire.next_within(Duration::from_millis(500)).await {
            assert!(!frame.to_string().contains("gecko"), "{frame}");
        }
        assert!(!wire.events.is_empty(), "they heard what was harmless");
    }
}
