//! `handrail check` and `handrail drill`: an operator asks whether everything is there, before a start and at two in the morning, and
//! tries on a good day what is promised for a bad one.

use crate::operate::{NAMED, Place, pack};
use crate::postgres;
use crate::process::{Server, run};
use crate::web;
use crate::world::{Redis, free_port};
use handrail_domain::time::Timestamp;
use std::path::{Path, PathBuf};
use std::process::Output;

/// What was said of one thing: whether it is well, and how.
fn line(output: &Output, what: &str) -> (bool, String) {
    let said = String::from_utf8_lossy(&output.stdout).replace(NAMED, "");
    let line = said.lines().find_map(|line| {
        let (mark, rest) = line.trim_start().split_once(' ')?;
        let rest = rest.trim_start().strip_prefix(what)?;
        matches!(mark, "ok" | "WRONG").then(|| (mark == "ok", rest.trim().to_owned()))
    });
    line.unwrap_or_else(|| panic!("nothing of {what}: {said}{}", String::from_utf8_lossy(&output.stderr)))
}

fn default_packs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/rules").canonicalize().expect("the default packs")
}

fn check(config: &Path) -> Output {
    run(&["check", "--config", &config.to_string_lossy()], "")
}

#[test]
fn a_running_server_with_all_it_needs_is_well_and_nothing_is_changed_by_asking() {
    let redis = Redis::start();
    let place = Place::start(&redis.as_bus());
    // As the server's own, but for connections: how many files may be open differs from machine to machine.
    let config = place.path("check.toml");
    std::fs::write(&config, format!("[server]\nmax_connections = 100\n{}", redis.as_bus())).expect("a configuration");
    let output = check(&config);
    for what in ["configuration", "rules", "record", "clock", "folder", "disk", "open files", "Redis"] {
        let (well, how) = line(&output, what);
        assert!(well, "{what}: {how}");
    }
    assert_eq!(output.status.code(), Some(0));
    let lines = line(&output, "record").1;
    assert_eq!(line(&check(&config), "record").1, lines, "the log is as long as before");
}

#[test]
fn each_thing_that_is_wrong_is_named_with_what_to_do_and_no_secret_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir(at("rules")).expect("a folder without packs");
    std::fs::create_dir(at("data")).expect("a folder");
    std::fs::write(at("data").join("handrail.db"), b"this is no record at all, it is a letter to somebody")
        .expect("a file");
    std::fs::write(at("chain.pem"), b"no certificate").expect("a file");
    let closed = free_port();
    let config = format!(
        "[server]\ntls = {{ certificate = \"chain.pem\", key = \"chain.pem\" }}\npublic_origins = [\"https://chat.example.org\"]\n\
         [bus]\nredis = \"redis://:hushhush@127.0.0.1:{closed}/\"\n"
    );
    std::fs::write(at("handrail.toml"), config).expect("a configuration");
    let output = check(&at("handrail.toml"));
    for (what, says) in
        [("rules", "rules"), ("record", "not a record"), ("certificate", "chain.pem"), ("Redis", "does not answer")]
    {
        let (well, why) = line(&output, what);
        assert!(!well && why.contains(says), "{what}: {why}");
    }
    assert!(line(&output, "disk").0, "what is well is said too");
    assert_eq!(output.status.code(), Some(1));
    let all = [output.stdout, output.stderr].concat();
    assert!(!String::from_utf8_lossy(&all).contains("hushhush"));
    let kept = std::fs::read(at("data").join("handrail.db")).expect("the file");
    assert!(kept.starts_with(b"this is no record"), "it is left as it was");
}

#[test]
fn before_the_first_start_there_is_no_record_and_asking_makes_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("handrail.toml");
    let rules =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/rules").canonicalize().expect("the default packs");
    let over = |more: &str| {
        std::fs::write(&config, format!("[server]\nmax_connections = 100\n[rules]\nfolder = {rules:?}\n{more}"))
            .expect("a configuration");
        check(&config)
    };
    let output = over("");
    assert_eq!((output.status.code(), line(&output, "record").0), (Some(0), true));
    assert!(line(&output, "record").1.contains("there is none yet"));
    assert!(!folder.path().join("data").exists());
    let on_a_server = over(&format!("[store]\nurl = \"{}\"\n", postgres::database()));
    let (well, how) = line(&on_a_server, "record");
    assert!(well && how.contains("there is none yet"), "nor on a database server: {how}");
    let away = over(&format!("[store]\nurl = \"postgres://handrail:hushhush@127.0.0.1:{}/x\"\n", free_port()));
    assert!(!line(&away, "record").0 && away.status.code() == Some(1));
    assert!(!String::from_utf8_lossy(&[away.stdout, away.stderr].concat()).contains("hushhush"));
}

#[tokio::test]
async fn who_is_told_of_a_weakness_stands_where_rfc_9116_says_and_nothing_does_if_nobody_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let rules = default_packs();
    let serve = |data: &str, more: &str| {
        let config = folder.path().join(format!("{data}.toml"));
        let text = format!(
            "[server]\nlisten = \"127.0.0.1:0\"\n{more}[store]\npath = \"{data}\"\n[rules]\nfolder = {rules:?}\n"
        );
        std::fs::write(&config, text).expect("a configuration");
        Server::serve(&config)
    };
    let page = "/.well-known/security.txt";
    let nobody = {
        let server = serve("one", "");
        web::ask(server.address, "GET", page, &[], "").await
    };
    assert_eq!((nobody.status, nobody.problem().as_str()), (404, "not_found"));
    let server = serve("two", "security_contact = \"mailto:security@example.org\"\n");
    let answer = web::ask(server.address, "GET", page, &[], "").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/plain; charset=utf-8"));
    let field = |name: &str| {
        let line = answer.body.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_else(|| panic!("no {name}: {}", answer.body)).to_owned()
    };
    assert_eq!(field("Contact"), "mailto:security@example.org");
    let until = field("Expires");
    let day = Timestamp::end_of_day(&until[..10]).expect("a day");
    let days = day.since_ms(handrail::fresh::now()) / (24 * 3_600 * 1_000);
    assert!((80..365).contains(&days) && until.ends_with('Z'), "{until}");
}

#[test]
fn a_drill_takes_rules_record_and_redis_away_and_nothing_unsafe_gets_through() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("handrail.toml");
    let drill = |rules: &Path| {
        std::fs::write(&config, format!("[rules]\nfolder = {rules:?}\n")).expect("a configuration");
        run(&["drill", "fail-closed", "--config", &config.to_string_lossy()], "")
    };
    let output = drill(&default_packs());
    for what in ["all is there", "no rules", "no record", "no Redis"] {
        let (held, how) = line(&output, what);
        assert!(held, "{what}: {how}");
    }
    assert_eq!(output.status.code(), Some(0));
    assert!(!folder.path().join("data").exists(), "the record of the configuration is left alone");
    // With rules that hold nothing of the kind, what gets through is found.
    let rules = folder.path().join("rules");
    std::fs::create_dir(&rules).expect("a folder for rules");
    std::fs::write(rules.join("x.toml"), pack("x", "zebra")).expect("a pack");
    let output = drill(&rules);
    let (held, how) = line(&output, "all is there");
    assert!(!held && how.contains("delivered and should be held"), "{how}");
    assert_eq!((line(&output, "no rules").0, output.status.code()), (true, Some(1)));
}

#[test]
fn a_drill_puts_a_backup_back_beside_the_record_and_finds_a_damaged_one() {
    let place = Place::start("");
    let backup = place.path("monday");
    place.does(&["backup", &backup.to_string_lossy()]);
    let drill = || run(&["drill", "restore", &backup.to_string_lossy()], "");
    let output = drill();
    let (well, how) = line(&output, "backup");
    assert!(well && how.contains("lines"), "{how}");
    assert_eq!(output.status.code(), Some(0));
    let file = backup.join("handrail.db");
    let mut bytes = std::fs::read(&file).expect("the copy");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xFF;
    std::fs::write(&file, bytes).expect("a damaged copy");
    let output = drill();
    assert!(!line(&output, "backup").0 && output.status.code() == Some(1));
    let nowhere = run(&["drill", "restore", &place.path("nowhere").to_string_lossy()], "");
    assert!(!line(&nowhere, "backup").0 && nowhere.status.code() == Some(1));
}
