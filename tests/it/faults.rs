//! What the world does to a server: power cuts, full disks, bad configurations, operators. Nothing that was acknowledged is
//! lost, nothing that was not judged is delivered.

use crate::process::{Cursor, PATIENCE, Person, Server, Wire, history, http, people, person, run, word};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::time::sleep;

/// More rounds where `make test-long` asks for them.
fn rounds(short: usize, long: usize) -> usize {
    if std::env::var_os("HANDRAIL_LONG").is_some() { long } else { short }
}

/// A number below `bound`, another one each time.
fn any(bound: u64) -> u64 {
    std::hash::RandomState::new().build_hasher().finish() % bound
}

/// A sentence of its own for each number, without a figure in it that a rule could take for part of a telephone number.
fn sentence(number: usize) -> String {
    let letter = |digit: char| char::from(b"mnrsvwxyzq"[digit as usize - '0' as usize]);
    format!("our walk {}", number.to_string().chars().map(letter).collect::<String>())
}

/// What a mentor of a pair knows over all rounds: what was acknowledged as delivered or as held, and what may or may not have
/// been. A filter that is late on a busy machine holds: that is right, and nothing of it may be delivered.
#[derive(Default)]
struct Sender {
    acknowledged: BTreeMap<String, u64>,
    held: Vec<String>,
    doubtful: Option<usize>,
    sent: usize,
}

impl Sender {
    /// Sends one message after another until the server is gone. What got no answer is said again, under the same client id.
    async fn talk(&mut self, server: std::net::SocketAddr, who: &Person) {
        let Some(mut wire) = Wire::open(server, &who.token, None).await else { return };
        loop {
            let again = self.doubtful.is_some();
            let number = self.doubtful.unwrap_or(self.sent);
            self.sent += usize::from(!again);
            self.doubtful = Some(number);
            let text = sentence(number);
            let Some(answer) = wire.send(&who.conversation, &format!("cid-{number}"), &text).await else { return };
            if answer["op"] == "ok" {
                assert!(again || answer["duplicate"] == false, "{answer}");
                match answer["status"].as_str() {
                    Some("delivered") => {
                        self.acknowledged.insert(text, answer["seq"].as_u64().expect("a number"));
                    }
                    Some("held") => self.held.push(text),
                    _ => panic!("{answer}"),
                }
                self.doubtful = None;
            } else {
                assert_eq!(answer["code"], "rate_limited", "{answer}");
                sleep(Duration::from_millis(answer["retry_after_ms"].as_u64().expect("a time"))).await;
            }
        }
    }
}

/// What a mentee hears over all rounds.
#[derive(Default)]
struct Listener {
    cursor: Option<Cursor>,
    seqs: Vec<u64>,
}

impl Listener {
    /// Listens until the server is gone, or until `last` was heard.
    async fn listen(&mut self, server: std::net::SocketAddr, who: &Person, last: Option<u64>) {
        let Some(mut wire) = Wire::open(server, &who.token, self.cursor.clone()).await else { return };
        let heard = |wire: &Wire| last.is_some_and(|last| wire.seqs().last().is_some_and(|seq| *seq >= last));
        let had_all = last.is_some_and(|last| self.seqs.last().is_some_and(|seq| *seq >= last));
        while !had_all && !heard(&wire) && wire.next().await.is_some() {}
        self.seqs.extend(wire.seqs());
        self.cursor = Some(wire.cursor);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_loses_nothing_that_it_acknowledged_and_repeats_nothing() {
    const PAIRS: usize = 20;
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::demo(folder.path(), PAIRS);
    let all = people(folder.path());
    let pair = |at: usize| (person(&all, &format!("mentor{at}")), person(&all, &format!("mentee{at}")));
    let mut pairs: Vec<_> = (1..=PAIRS).map(|at| (pair(at), Sender::default(), Listener::default())).collect();
    for ((_, mentee), _, listener) in &mut pairs {
        // Everybody's place in their feed is known before the first message.
        let wire = Wire::open(server.address, &mentee.token, None).await.expect("it listens");
        listener.cursor = Some(wire.cursor);
    }
    for _ in 0..rounds(3, 40) {
        let address = server.address;
        let talks = pairs.into_iter().map(|((mentor, mentee), mut sender, mut listener)| {
            tokio::spawn(async move {
                tokio::join!(sender.talk(address, &mentor), listener.listen(address, &mentee, None));
                ((mentor, mentee), sender, listener)
            })
        });
        let talks: Vec<_> = talks.collect();
        sleep(Duration::from_millis(300 + any(900))).await;
        server.kill();
        pairs = Vec::new();
        for talk in talks {
            pairs.push(talk.await.expect("a talk that keeps to the rules"));
        }
        server = Server::demo(folder.path(), PAIRS);
    }
    let waiting = queue(&server, &person(&all, "supervisor1")).await;
    let mut told = 0;
    for ((mentor, mentee), sender, mut listener) in pairs {
        let record = history(server.address, &mentor).await;
        let numbers: Vec<u64> = record.iter().map(|(seq, _)| *seq).collect();
        assert_eq!(numbers, (1..=record.len() as u64).collect::<Vec<_>>(), "numbers have a gap or a repeat");
        for (text, seq) in &sender.acknowledged {
            assert_eq!(record.get(*seq as usize - 1), Some(&(*seq, text.clone())), "it was acknowledged");
        }
        let mut texts: Vec<_> =
            record.iter().map(|(_, text)| text).filter(|text| text.starts_with("our walk ")).collect();
        let doubtful = usize::from(sender.doubtful.is_some());
        for text in &sender.held {
            assert!(!texts.contains(&text), "held, and nobody released it");
            assert!(waiting.contains(text), "held, and acknowledged");
        }
        assert!((sender.acknowledged.len()..=sender.acknowledged.len() + doubtful).contains(&texts.len()));
        texts.sort();
        texts.dedup();
        let first = record.len() - texts.len();
        assert!(record[first..].iter().all(|(_, text)| text.starts_with("our walk ")), "something is there twice");
        if !texts.is_empty() {
            listener.listen(server.address, &mentee, Some(record.len() as u64)).await;
        }
        assert_eq!(listener.seqs, (first as u64 + 1..=record.len() as u64).collect::<Vec<_>>(), "the feed went on");
        told += sender.acknowledged.len() + sender.held.len();
    }
    assert!(told > PAIRS, "hardly anything was said: {told}");
}

/// The texts of all that waits for a supervisor.
async fn queue(server: &Server, staff: &Person) -> Vec<String> {
    let (mut texts, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/queues/{}/items?limit=200{after}", staff.site);
        let (status, body) = http(server.address, "GET", &path, &staff.token, "").await;
        assert_eq!(status, 200, "{body}");
        let page: Value = serde_json::from_str(&body).expect("JSON");
        texts.extend(page["items"].as_array().expect("items").iter().map(|item| word(&item["text"])));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return texts,
        }
    }
}

/// Holds, claims and releases a message, as a supervisor would. Gives the time at which it is to take effect at the latest.
async fn release(server: &Server, all: &[Person]) -> Instant {
    let (mentee, staff) = (person(all, "mentee1"), person(all, "supervisor1"));
    let mut said = Wire::open(server.address, &mentee.token, None).await.expect("it listens");
    let held = said.send(&mentee.conversation, "held", "ring me on 07700 900123").await.expect("an answer");
    assert_eq!(held["status"], "held", "{held}");
    let (_, page) = http(server.address, "GET", &format!("/api/queues/{}/items", staff.site), &staff.token, "").await;
    let page: Value = serde_json::from_str(&page).expect("JSON");
    let items = page["items"].as_array().expect("items");
    let item = items.iter().find(|item| item["message"] == held["message"]).expect("the held message's item");
    let mut wire = Wire::open(server.address, &staff.token, None).await.expect("it listens");
    let claimed = wire.ask(json!({"op": "claim", "item": item["item"]})).await;
    let version = &claimed["item"]["version"];
    let release = json!({"op": "decide", "item": item["item"], "version": version, "decision": {"kind": "release"}});
    let decided = wire.ask(release).await;
    assert_eq!(decided["item"]["state"], "decided", "{decided}");
    Instant::now() + Duration::from_secs(5)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_ended_while_the_server_was_down_takes_effect_at_its_start() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::demo(folder.path(), 1);
    let all = people(folder.path());
    let mentor = person(&all, "mentor1");
    let before = history(server.address, &mentor).await.len();
    let effective_at = release(&server, &all).await;
    server.kill();
    sleep(effective_at.saturating_duration_since(Instant::now())).await;
    let server = Server::demo(folder.path(), 1);
    let patience = Instant::now() + PATIENCE;
    loop {
        let record = history(server.address, &mentor).await;
        if let Some((seq, text)) = record.get(before) {
            assert_eq!((*seq, text.as_str()), (before as u64 + 1, "ring me on 07700 900123"));
            assert_eq!(record.len(), before + 1);
            return;
        }
        assert!(Instant::now() < patience, "the decision never took effect");
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_asked_to_stop_says_goodbye_and_ends_well() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::demo(folder.path(), 3);
    let mut wires = Vec::new();
    for one in people(folder.path()) {
        wires.push(Wire::open(server.address, &one.token, None).await.expect("it listens"));
    }
    server.terminate();
    for wire in &mut wires {
        while wire.next().await.is_some() {}
        let bye = wire.bye.as_ref().expect("a goodbye");
        assert!(bye["code"] == 1012 && bye["reason"] == "drain" && bye["reconnect_after_ms"].is_u64(), "{bye}");
        assert_eq!(wire.closed, Some(1012));
    }
    assert_eq!(server.ended().code(), Some(0));
}

/// A folder with a configuration and the usual rules.
fn configured(extra: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("rules");
    std::fs::create_dir(&rules).unwrap();
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/rules");
    for pack in std::fs::read_dir(usual).unwrap() {
        let pack = pack.unwrap().path();
        std::fs::copy(&pack, rules.join(pack.file_name().unwrap())).unwrap();
    }
    let config = folder.path().join("handrail.toml");
    let listen = if extra.contains("listen") { "" } else { "listen = \"127.0.0.1:0\"\n" };
    std::fs::write(&config, format!("[server]\n{listen}{extra}")).unwrap();
    (folder, config)
}

#[test]
fn a_server_that_could_not_be_trusted_does_not_start_and_says_what_to_do() {
    for (extra, without_rules, words) in [
        ("", true, &["rules", "[rules] folder"][..]),
        ("max_conections = 5\n", false, &["handrail.toml", "3", "max_conections", "max_connections"]),
        ("listen = \"0.0.0.0:0\"\n", false, &["handrail.toml", "listen", "tls", "behind_proxy"]),
        ("drain_seconds = \"soon\"\n", false, &["handrail.toml", "3", "drain_seconds"]),
    ] {
        let (folder, config) = configured(extra);
        if without_rules {
            std::fs::remove_dir_all(folder.path().join("rules")).unwrap();
        }
        let ended = run(&["serve", "--config", &config.to_string_lossy()], "");
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(ended.status.code() == Some(1), "{extra}: {:?} {said}", ended.status);
        for word in words {
            assert!(said.contains(word), "{extra}: it does not say {word:?}:\n{said}");
        }
    }
    let (folder, config) = configured("");
    for pack in std::fs::read_dir(folder.path().join("rules")).unwrap() {
        std::fs::remove_file(pack.unwrap().path()).unwrap();
    }
    let ended = run(&["serve", "--config", &config.to_string_lossy()], "");
    assert_eq!(ended.status.code(), Some(1), "no rules at all: {}", String::from_utf8_lossy(&ended.stderr));
}

/// A configured server over a record with a demonstration's people in it.
fn serving() -> (TempDir, PathBuf, Server, Vec<Person>) {
    let (folder, config) = configured("");
    let data = folder.path().join("data");
    Server::demo(&data, 2).kill();
    let server = Server::serve(&config);
    let all = people(&data);
    (folder, config, server, all)
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_rules_judge_within_seconds_and_broken_ones_never() {
    // The folder is looked at every second; the rest is patience with a busy machine.
    const WITHIN: Duration = Duration::from_secs(20);
    let (folder, _config, server, all) = serving();
    let mentor = person(&all, "mentor1");
    let mut wire = Wire::open(server.address, &mentor.token, None).await.expect("it listens");
    // A filter that is late on a busy machine holds what is harmless, but not every time.
    let mut passed = false;
    for at in 0..10 {
        let said = wire.send(&mentor.conversation, &format!("before-{at}"), "a zebrafish").await.expect("an answer");
        passed = passed || said["status"] == "delivered";
    }
    assert!(passed, "nothing holds it yet");
    let pack = folder.path().join("rules/zebra.toml");
    let rule = "[pack]\nid = \"zebra\"\nversion = \"1\"\nabout = \"A test.\"\n\n[[rule]]\nid = \"zebra.fish\"\n\
        category = \"restricted\"\nseverity = \"medium\"\nwhy = \"A fish.\"\nterms = [\"zebrafish\"]\nhold = [\"a zebrafish\"]\n";
    std::fs::write(&pack, rule).unwrap();
    server.hear("new rules judge", WITHIN).await;
    let said = wire.send(&mentor.conversation, "after", "another zebrafish").await.expect("an answer");
    assert_eq!(said["status"], "held", "{said}");
    std::fs::write(&pack, rule.replace("terms = [", "terms = [[")).unwrap();
    server.hear("the last good ones stay", WITHIN).await;
    assert!(server.said().contains("zebra.toml"), "it says which file: {}", server.said());
    let said = wire.send(&mentor.conversation, "still", "one more zebrafish").await.expect("an answer");
    assert_eq!(said["status"], "held", "{said}");
    std::fs::remove_dir_all(folder.path().join("rules")).unwrap();
    sleep(Duration::from_millis(1_500)).await;
    let said = wire.send(&mentor.conversation, "gone", "yet another zebrafish").await.expect("an answer");
    assert_eq!(said["status"], "held", "no folder is no reason to let go of the rules: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_changes_beside_a_running_server_counts_at_once() {
    // The server reads the log of others every 2 s; the rest is patience with a busy machine.
    const WITHIN: Duration = Duration::from_secs(20);
    let (_folder, config, server, all) = serving();
    let config = config.to_string_lossy().into_owned();
    let mentee = person(&all, "mentee1");
    let mut wire = Wire::open(server.address, &mentee.token, None).await.expect("it listens");
    let done = run(&["account", "disable", "--config", &config, "mentee1"], "");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let begun = Instant::now();
    while wire.next().await.is_some() {}
    assert_eq!(wire.closed, Some(4002), "suspended");
    assert!(begun.elapsed() < WITHIN, "it took {:?}", begun.elapsed());
    let (status, _) = http(server.address, "GET", "/api/me", &mentee.token, "").await;
    assert_eq!(status, 401);
    let site = ["--site", &person(&all, "supervisor1").site];
    let new = ["--role", "mentor", "--name", "New", "--username", "newcomer", "--password-stdin"];
    let add = [&["account", "add", "--config", &config][..], &site, &new].concat();
    let done = run(&add, "a-long-enough-password");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let sign_in = json!({"username": "newcomer", "password": "a-long-enough-password", "token": true}).to_string();
    let (status, body) = http(server.address, "POST", "/api/session", "", &sign_in).await;
    assert_eq!(status, 200, "{body}");
    let signed_in: Value = serde_json::from_str(&body).expect("JSON");
    assert!(Wire::open(server.address, &word(&signed_in["token"]), None).await.is_some());
}

/// A file system of its own that can be filled, gone with the test.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"]).arg(folder.path()).status();
        assert!(mounted.is_ok_and(|status| status.success()), "this test mounts a tmpfs of 8 MB: run it as root");
        Self(folder)
    }

    /// Leaves no more than this free.
    fn fill(&self, left: usize) -> PathBuf {
        let (ballast, block) = (self.0.path().join("ballast"), vec![1; 4_096]);
        let mut out = std::fs::File::create(&ballast).unwrap();
        while std::io::Write::write_all(&mut out, &block).is_ok() {}
        let size = out.metadata().unwrap().len();
        out.set_len(size.saturating_sub(left as u64)).unwrap();
        ballast
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a server that a failed test leaves behind may still have it open.
        let _unmounted = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_what_it_cannot_keep_and_takes_it_when_there_is_room() {
    let disk = SmallDisk::new();
    let data = disk.0.path().join("data");
    let mut server = Server::demo(&data, 1);
    let mentor = person(&people(&data), "mentor1");
    let mentee = person(&people(&data), "mentee1");
    let before = history(server.address, &mentor).await.len();
    let mut hears = Wire::open(server.address, &mentee.token, None).await.expect("it listens");
    let cursor = hears.cursor.clone();
    let ballast = disk.fill(64 * 1_024);
    let (mut kept, mut refused) = (Vec::new(), Vec::new());
    let mut wire = Wire::open(server.address, &mentor.token, None).await.expect("it listens");
    for at in 0..200 {
        let text = format!("{} {}", sentence(at), "and on it goes ".repeat(100));
        // A server that stops rather than guess is right as well.
        let Some(answer) = wire.send(&mentor.conversation, &format!("cid-{at}"), &text).await else { break };
        match (answer["op"].as_str(), answer["code"].as_str()) {
            (Some("ok"), _) if answer["status"] == "held" => (),
            (Some("ok"), _) => kept.push(text.trim().to_owned()),
            (_, Some("unavailable")) => refused.push(text.trim().to_owned()),
            (_, Some("rate_limited")) => sleep(Duration::from_millis(answer["retry_after_ms"].as_u64().unwrap())).await,
            _ => panic!("{answer}"),
        }
        if refused.len() >= 3 {
            break;
        }
    }
    assert!(
        !kept.is_empty() && !refused.is_empty(),
        "{} kept, {} refused\n{}",
        kept.len(),
        refused.len(),
        server.said()
    );
    std::fs::remove_file(ballast).unwrap();
    let again = wire.send(&mentor.conversation, "room", "there is room again").await;
    if again.is_none_or(|answer| answer["op"] != "ok") {
        drop(server);
        server = Server::demo(&data, 1);
        wire = Wire::open(server.address, &mentor.token, None).await.expect("it listens");
        let answer = wire.send(&mentor.conversation, "room", "there is room again").await.expect("an answer");
        assert_eq!(answer["op"], "ok", "{answer}");
        hears = Wire::open(server.address, &mentee.token, Some(cursor)).await.expect("it listens");
    }
    kept.push("there is room again".into());
    let record = history(server.address, &mentor).await;
    let texts: Vec<String> = record[before..].iter().map(|(_, text)| text.clone()).collect();
    assert_eq!(texts, kept, "the record holds exactly what was acknowledged");
    while hears.seqs().last() != Some(&(record.len() as u64)) {
        assert!(hears.next().await.is_some());
    }
    assert_eq!(hears.seqs(), (before as u64 + 1..=record.len() as u64).collect::<Vec<_>>());
    assert!(refused.iter().all(|text| hears.events.iter().all(|event| event["text"] != *text)));
}
