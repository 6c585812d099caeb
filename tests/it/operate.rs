//! What staff do about the filter on the command line: restricted terms, a site's actions, the record judged again. On the
//! record of a running server, which takes it up by itself.

use crate::process::{PATIENCE, Person, Server, Wire, http, people, person, run, word};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::time::sleep;

/// What a test that plays the binary says before the first line.
pub(crate) const NAMED: &str = "test process::the_command_line_in_its_own_process ... ";

/// A pack that holds one word.
pub(crate) fn pack(id: &str, word: &str) -> String {
    format!(
        "[pack]\nid = \"{id}\"\nversion = \"1\"\nabout = \"A test.\"\n\n[[rule]]\nid = \"{id}.{word}\"\ncategory = \"drugs\"\n\
         severity = \"medium\"\nwhy = \"A test.\"\nterms = [\"{word}\"]\nhold = [\"a {word}\"]\n"
    )
}

/// A server over a record with a demonstration's people in it, with the default packs in a folder and more configuration.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
    pub(crate) server: Server,
    pub(crate) all: Vec<Person>,
    config: String,
}

impl Place {
    pub(crate) fn start(more: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let rules = folder.path().join("rules");
        std::fs::create_dir(&rules).expect("a folder for rules");
        let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/rules");
        for pack in std::fs::read_dir(usual).expect("the default packs") {
            let pack = pack.expect("a pack").path();
            std::fs::copy(&pack, rules.join(pack.file_name().expect("a name"))).expect("a copy");
        }
        Self::over(folder, more)
    }

    /// The same, with the packs that are in the folder already.
    pub(crate) fn over(folder: TempDir, more: &str) -> Self {
        let data = folder.path().join("data");
        Server::demo(&data, 2).kill();
        let config = folder.path().join("handrail.toml");
        // Tests say more in a second than people do.
        let rate = "{ per_second = 500, burst = 500 }";
        let limits = format!(
            "[limits]\nframes_per_connection = {rate}\nsends_per_account = {rate}\nsends_per_conversation = {rate}\n"
        );
        std::fs::write(
            &config,
            format!("[server]\nlisten = \"127.0.0.1:0\"\n[session]\nsecond_step = \"nobody\"\n{limits}{more}"),
        )
        .expect("a configuration");
        let server = Server::serve(&config);
        let all = people(&data);
        Self { folder, server, all, config: config.to_string_lossy().into_owned() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs it with that configuration.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        run(&[arguments, &["--config", &self.config]].concat(), "")
    }

    /// What it says when it does what it was asked.
    pub(crate) fn does(&self, arguments: &[&str]) -> String {
        let done = self.run(arguments);
        assert!(done.status.success(), "{arguments:?}: {}", complaint(&done));
        let said = String::from_utf8(done.stdout).expect("UTF-8");
        said.split_once(NAMED).map_or(said.clone(), |(_, said)| said.to_owned())
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let said = self.does(arguments);
        let json = &said[said.find("{\n").unwrap_or_else(|| panic!("no JSON: {said}"))..];
        serde_json::Deserializer::from_str(json).into_iter().next().expect("a value").expect("JSON")
    }

    /// It does nothing and says these words.
    pub(crate) fn refuses(&self, arguments: &[&str], words: &[&str]) {
        let done = self.run(arguments);
        let said = complaint(&done);
        assert!(!done.status.success(), "{arguments:?} was done");
        words.iter().for_each(|word| assert!(said.contains(word), "{arguments:?} does not say {word:?}: {said}"));
    }

    pub(crate) fn person(&self, name: &str) -> Person {
        person(&self.all, name)
    }

    pub(crate) async fn wire(&self, name: &str) -> Wire {
        Wire::open(self.server.address, &self.person(name).token, None).await.expect("it listens")
    }

    /// The open items, as the supervisor reads them.
    pub(crate) async fn items(&self) -> Vec<Value> {
        let staff = self.person("supervisor1");
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let path = format!("/api/queues/{}/items?limit=200{after}", staff.site);
            let (status, body) = http(self.server.address, "GET", &path, &staff.token, "").await;
            assert_eq!(status, 200, "{body}");
            let page: Value = serde_json::from_str(&body).expect("JSON");
            all.extend(page["items"].as_array().expect("items").iter().cloned());
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return all,
            }
        }
    }

    /// Claims the item of a message and decides on it.
    pub(crate) async fn decide(&self, message: &Value, decision: Value) {
        let items = self.items().await;
        let item = items.iter().find(|item| item["message"] == *message).expect("its item");
        let mut wire = self.wire("supervisor1").await;
        let claimed = wire.ask(json!({"op": "claim", "item": item["item"]})).await;
        let version = &claimed["item"]["version"];
        let decided =
            wire.ask(json!({"op": "decide", "item": item["item"], "version": version, "decision": decision})).await;
        assert_eq!(decided["item"]["state"], "decided", "{decided}");
    }
}

fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The last word of a sentence: the id in what was made.
fn last_word(said: &str) -> String {
    let line = said.lines().find(|line| line.contains("Its id is")).unwrap_or_else(|| panic!("no id: {said}"));
    line.trim_end_matches('.').rsplit(' ').next().unwrap_or_default().to_owned()
}

fn restriction<'a>(relationship: &'a str, term: &'a str, owner: &'a str, until: &'a str) -> Vec<&'a str> {
    let place = ["restriction", "add", "--relationship", relationship, "--term", term];
    [&place[..], &["--reason", "Condition 4", "--owner", owner, "--until", until]].concat()
}

/// Sends until it is held, and says how long that took.
async fn held_within(wire: &mut Wire, conversation: &str, text: &str) -> Duration {
    let begun = Instant::now();
    for at in 0.. {
        let cid = format!("c{at}-{}", text.len() + text.bytes().map(usize::from).sum::<usize>());
        let said = wire.send(conversation, &cid, text).await.expect("an answer");
        if said["status"] == "held" {
            return begun.elapsed();
        }
        assert!(begun.elapsed() < PATIENCE, "it is never held: {said}");
        sleep(Duration::from_millis(100)).await;
    }
    unreachable!("it is held or never is")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_takes_a_restriction_of_another_process_within_three_seconds() {
    const WITHIN: Duration = Duration::from_secs(3);
    let place = Place::start("");
    let mentee = place.person("mentee1");
    let mut wire = place.wire("mentee1").await;
    let mut took = Vec::new();
    // On a machine that does much else one of three is enough.
    for term in ["Hollins Park", "Keisha Brannigan", "Aldermoor Grange"] {
        let said = wire.send(&mentee.conversation, &format!("before {}", term.len()), term).await.expect("an answer");
        assert_eq!(said["code"], "bad_frame", "a client id has no space: {said}");
        let said = wire.send(&mentee.conversation, &format!("before-{}", term.len()), term).await.expect("an answer");
        assert_eq!(said["status"], "delivered", "nothing holds {term} yet: {said}");
        let made = place.does(&restriction(&mentee.conversation, term, "coordinator", "2099-12-31"));
        took.push(held_within(&mut wire, &mentee.conversation, term).await);
        let id = last_word(&made);
        let list = place.does(&["restriction", "list", "--relationship", &mentee.conversation]);
        for part in [id.as_str(), term, "Condition 4", "coordinator", "2099-12-31", "in force"] {
            assert!(list.contains(part), "{part}: {list}");
        }
        if took.last().is_some_and(|took| *took < WITHIN) {
            place.does(&["restriction", "end", &id]);
            place.refuses(&["restriction", "end", &id], &["has ended already"]);
            let list = place.does(&["restriction", "list", "--relationship", &mentee.conversation]);
            assert!(list.contains("state   ended on "), "{list}");
            let other = place.person("mentee2").conversation;
            let none = place.does(&["restriction", "list", "--relationship", &other]);
            assert!(none.contains("no restriction"), "{none}");
            return;
        }
    }
    panic!("a restriction took {took:?}");
}

#[test]
fn bad_restrictions_are_refused_with_what_to_do() {
    let place = Place::start("");
    let conversation = place.person("mentee1").conversation;
    let add = |relationship: &str, term: &str, owner: &str, until: &str, words: &[&str]| {
        place.refuses(&restriction(relationship, term, owner, until), words);
    };
    for date in ["2027-02-30", "31/12/2099", "soon", "2099-1-1"] {
        add(&conversation, "Hollins Park", "coordinator", date, &["YYYY-MM-DD"]);
    }
    add(&conversation, "Hollins Park", "coordinator", "2020-01-01", &["has passed already"]);
    add("c_nonsense", "Hollins Park", "coordinator", "2099-12-31", &["not an id"]);
    add("c_AAAAAAAAAAAAAAAAAAAAAA", "Hollins Park", "coordinator", "2099-12-31", &["there is no relationship"]);
    add(&conversation, "Hollins Park", "nobody", "2099-12-31", &["there is no account"]);
    add(&conversation, "Hollins Park", "mentor1", "2099-12-31", &["a mentor does not answer for restrictions"]);
    add(&conversation, "x", "coordinator", "2099-12-31", &["at least three letters"]);
    let site = last_word(&place.does(&["site", "add", "Elsewhere"]));
    let other = ["--role", "coordinator", "--name", "Else", "--username", "elsewhere1"];
    place.does(&[&["account", "add", "--site", &site][..], &other].concat());
    add(&conversation, "Hollins Park", "elsewhere1", "2099-12-31", &["another site"]);
    place.refuses(&["restriction", "end", "t_AAAAAAAAAAAAAAAAAAAAAA"], &["there is no restriction", "list"]);
    place
        .refuses(&["restriction", "list", "--relationship", "c_AAAAAAAAAAAAAAAAAAAAAA"], &["there is no relationship"]);
}

#[test]
fn a_site_shows_and_changes_what_it_does() {
    let place = Place::start("");
    let site = place.person("supervisor1").site;
    let usual = place.does(&["site", "show", "Riverside Mentoring"]);
    for part in [&site, "undo window      5 s", "low 15 min, medium 10 min, high 5 min, urgent 2 min"] {
        assert!(usual.contains(part), "{part}: {usual}");
    }
    assert!(usual.contains("drugs            hold from medium, ring from urgent, help from never"), "{usual}");
    assert!(usual.contains("self_harm        hold from medium, ring from urgent, help from medium"), "{usual}");
    assert!(usual.contains("filter           always held"), "{usual}");
    place.does(&["site", "action", "Riverside Mentoring", "drugs", "--hold-from", "high", "--help-from", "low"]);
    let said = place.does(&["site", "action", &site, "drugs", "--ring-from", "high"]);
    assert!(said.contains("drugs hold from high, ring from high, help from low"), "what is not said stays: {said}");
    place.does(&["site", "action", &site, "self_harm", "--help-from", "never"]);
    let shown = place.does(&["site", "show", &site]);
    assert!(shown.contains("drugs            hold from high, ring from high, help from low"), "{shown}");
    assert!(shown.contains("self_harm        hold from medium, ring from urgent, help from never"), "{shown}");
    let action = ["site", "action", "Riverside Mentoring"];
    for (more, words) in [
        (&["drugs"][..], &["--hold-from", "nothing would change"][..]),
        (&["sweets", "--hold-from", "high"], &["a category is one of", "drugs"]),
        (&["drugs", "--hold-from", "never"], &["a severity is one of", "urgent"]),
        (&["drugs", "--help-from", "sometimes"], &["or never"]),
        (&["filter", "--hold-from", "urgent"], &["always held"]),
    ] {
        place.refuses(&[&action[..], more].concat(), words);
    }
    assert!(usual.contains("consent          delivers an altered text without asking its sender"), "{usual}");
    let said = place.does(&["site", "consent", "Riverside Mentoring", "on", "--answer-within", "90m"]);
    assert!(said.contains("asks the sender of an altered text, who has 90 min to answer"), "{said}");
    let shown = place.does(&["site", "show", &site]);
    assert!(shown.contains("who has 90 min") && shown.contains("hold from high, ring from high"), "{shown}");
    place.does(&["site", "consent", &site, "off"]);
    assert!(place.does(&["site", "show", &site]).contains("without asking its sender"));
    let said = place.does(&["site", "targets", &site, "--urgent", "1m", "--low", "2h"]);
    assert!(said.contains("low 2 h, medium 10 min, high 5 min, urgent 1 min"), "{said}");
    place.refuses(&["site", "targets", &site, "--urgent", "8d"], &["at most seven days"]);
    place.refuses(&["site", "targets", &site, "--urgent", "0m"], &["such as 24h"]);
    let said = place.does(&["site", "action", &site, "money", "--second-from", "medium"]);
    assert!(said.contains("two people from medium"), "{said}");
    place.refuses(&["site", "consent", &site, "maybe"], &["on, off"]);
    place.refuses(&["site", "consent", &site, "on", "--answer-within", "soon"], &["such as 24h"]);
    let said = place.does(&["site", "hours", &site, " every day, 4pm to 11pm "]);
    assert!(said.contains("the team is there"), "{said}");
    assert!(
        place.does(&["site", "show", &site]).contains("hours            the team is there every day, 4pm to 11pm\n")
    );
    place.does(&["site", "hours", &site]);
    assert!(place.does(&["site", "show", &site]).contains("hours            no hours\n"));
    place.refuses(&["site", "hours", &site, " "], &["between 1 and 100 characters"]);
    place.refuses(&["site", "show", "Nowhere"], &["there is no site", "Riverside Mentoring"]);
    place.refuses(&["site", "action", "Nowhere", "drugs", "--hold-from", "low"], &["there is no site"]);
}

#[test]
fn lengths_versions_and_folders_that_are_none_are_refused() {
    let place = Place::start("");
    let rules = place.path("rules").to_string_lossy().into_owned();
    for length in ["7", "d", "1.5h", "-1d", "0m", "7w", "99999999999d"] {
        let since = format!("--since={length}");
        place.refuses(&["filter", "score", &since], &["90m, 12h or 7d"]);
        place.refuses(&["filter", "replay", "--rules", &rules, &since], &["90m, 12h or 7d"]);
    }
    place.refuses(&["filter", "replay", "--rules", "no-such-folder"], &["no-such-folder"]);
    place.refuses(&["filter", "score", "--site", "Nowhere"], &["there is no site"]);
    place.refuses(&["filter", "rules", "0123456789ab"], &["0123456789ab", "those that did", "since"]);
    place.refuses(&["filter", "rules", "now", "--to", &rules], &["is not empty"]);
    assert!(place.does(&["filter", "shadow"]).contains("No rules have judged in shadow"));
    assert_eq!(place.json(&["filter", "shadow", "--json"]), json!({"runs": [], "newest": null}));
    let copy = place.path("copy").to_string_lossy().into_owned();
    let said = place.does(&["filter", "rules", "now", "--to", &copy]);
    let again = run(&["filter", "check", "--rules", &copy], "");
    let version = said.split_whitespace().find_map(|word| word.strip_suffix(':')).expect("a version");
    assert!(String::from_utf8_lossy(&again.stdout).contains(&format!("Version {version}")), "{said}");
    std::fs::write(place.path("rules").join("broken.toml"), "[pack").expect("a broken pack");
    assert!(place.does(&["filter", "rules", version]).contains("contact.toml"), "the record has it all the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_is_judged_again_by_other_rules() {
    let place = Place::start("");
    let mentee = place.person("mentee1").conversation;
    let mut wire = place.wire("mentee1").await;
    let mut messages = Vec::new();
    for (cid, text) in
        [("a", "ring me on 07700 900123"), ("b", "or on 07700 900456"), ("c", "a zebrafish"), ("d", "or 07700 900789")]
    {
        let said = wire.send(&mentee, cid, text).await.expect("an answer");
        messages.push((said["message"].clone(), said["status"].clone()));
    }
    let status: Vec<_> = messages.iter().map(|(_, status)| word(status)).collect();
    assert_eq!(status, ["held", "held", "delivered", "held"]);
    let own = place.path("own");
    std::fs::create_dir(&own).expect("a folder");
    std::fs::write(own.join("zebra.toml"), pack("zebra", "zebrafish")).expect("a pack");
    let own = own.to_string_lossy().into_owned();
    // What a demonstration says of the days before does not count.
    let asked = ["filter", "replay", "--since", "5m", "--rules", &own, "--json"];
    let before = place.json(&asked);
    assert_eq!((&before["decided"], &before["extra_minutes"]), (&json!(0), &json!(null)), "{before}");
    place.decide(&messages[0].0, json!({"kind": "release"})).await;
    place.decide(&messages[1].0, json!({"kind": "reject", "reason": "contact_details", "note": "Not here."})).await;
    let patience = Instant::now() + PATIENCE;
    let report = loop {
        let report = place.json(&asked);
        if report["decided"] == 2 {
            break report;
        }
        assert!(Instant::now() < patience, "the decisions never took effect: {report}");
        sleep(Duration::from_millis(500)).await;
    };
    assert_eq!(
        (&report["newly_held"]["messages"], &report["newly_held"]["by_rule"]["zebra.zebrafish"]),
        (&json!(1), &json!(1))
    );
    let listed = &report["newly_held"]["listed"][0];
    assert!(listed["message"] == messages[2].0 && listed["text"].is_null(), "{report}");
    let passed = &report["newly_passed"];
    let counts = ["released", "altered", "rejected", "unsaid"].map(|outcome| passed[outcome].as_u64());
    assert_eq!(counts, [Some(1), Some(0), Some(1), passed["messages"].as_u64().map(|all| all - 2)], "{report}");
    assert!(report["median_wait_ms"].as_i64() > Some(0) && report["extra_minutes"].as_f64() > Some(0.0), "{report}");
    let quiet = place.does(&asked[..asked.len() - 1]);
    assert!(
        quiet.contains("Newly held: 1\n") && quiet.contains("a median of") && !quiet.contains("a zebrafish"),
        "{quiet}"
    );
    let shown = place.does(&[&asked[..asked.len() - 1], &["--show-text"]].concat());
    assert!(shown.contains("      a zebrafish\n"), "{shown}");
    scored(&place);
}

/// The score-card of what was decided above.
fn scored(place: &Place) {
    let told = place.json(&["filter", "score", "--since", "5m", "--site", "Riverside Mentoring", "--json"]);
    let phone = told["scores"].as_array().expect("scores").iter().find(|score| score["rule"] == "contact.phone");
    let phone = phone.unwrap_or_else(|| panic!("contact.phone held: {told}"));
    assert!(phone["released"] == 1 && phone["upheld"] == 1 && phone["unsaid"].as_u64() >= Some(1), "{phone}");
    let table = place.does(&["filter", "score"]);
    for heading in ["released unchanged %", "upheld", "unsaid", "last true hit", "minutes of delay", "contact.phone"] {
        assert!(table.contains(heading), "{heading}: {table}");
    }
}
