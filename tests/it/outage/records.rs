//! Records from elsewhere: those of earlier versions are read and go on; those that are damaged, newer, or somebody else's are
//! refused in plain words, and not a byte of them is changed.

use crate::crowd::{Crowd, Ground, skipped};
use crate::process::{PATIENCE, Server};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where to put a record of this version, to be kept: see [`every_schema_has_a_record_that_is_kept`].
const KEEP: &str = "HANDRAIL_KEEP_RECORD";

fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/record")
}

fn version(record: &Connection) -> i64 {
    record.query_row("PRAGMA user_version", [], |row| row.get(0)).expect("a version")
}

/// The names of a record's tables, indexes and triggers.
fn parts(record: &Connection) -> Vec<String> {
    let sql = "SELECT type || ' ' || name FROM sqlite_master WHERE name NOT LIKE 'sqlite%' ORDER BY 1";
    let mut question = record.prepare(sql).expect("a question");
    let names = question.query_map([], |row| row.get(0)).expect("rows");
    names.collect::<Result<_, _>>().expect("names")
}

/// A record as SQL text: its tables, their rows, then what leans on them.
fn dump(record: &Connection) -> String {
    let list = |sql: &str| {
        let mut question = record.prepare(sql).expect("a question");
        let rows = question.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)));
        rows.expect("rows").collect::<Result<Vec<_>, _>>().expect("rows")
    };
    if list("SELECT name, '' FROM sqlite_master WHERE name = 'rule_set'").len() == 1 {
        // The default packs are long, and kept where they are written.
        let long = "UPDATE rule_set SET packs = '[]' WHERE length(packs) > 10000";
        record.execute(long, []).expect("shorter packs");
    }
    let mut text = format!("PRAGMA user_version = {};\nPRAGMA foreign_keys = OFF;\nBEGIN;\n", version(record));
    for (table, sql) in list("SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY rowid") {
        text.push_str(&format!("{sql};\n"));
        let columns = list(&format!("SELECT name, type FROM pragma_table_info('{table}')"));
        let quoted: Vec<_> = columns.iter().map(|(column, _)| format!("quote(\"{column}\")")).collect();
        for (row, _) in list(&format!("SELECT {}, '' FROM {table}", quoted.join(" || ', ' || "))) {
            text.push_str(&format!("INSERT INTO {table} VALUES ({row});\n"));
        }
    }
    for (_, sql) in list("SELECT name, sql FROM sqlite_master WHERE type <> 'table' AND sql IS NOT NULL ORDER BY rowid")
    {
        text.push_str(&format!("{sql};\n"));
    }
    text + "COMMIT;\n"
}

/// A ground over a record that is kept.
pub(super) fn ground_of(schema: i64) -> Ground {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("handrail.db");
    let record = Connection::open(&file).expect("a record");
    let text = std::fs::read_to_string(kept().join(format!("schema-{schema}.sql"))).expect("its text");
    record.execute_batch(&text).expect("its tables");
    record.close().expect("all of it in one file");
    let accounts = std::fs::read(kept().join(format!("schema-{schema}.json"))).expect("who can sign in");
    let record = std::fs::read(&file).expect("its bytes");
    Ground::of(&[("handrail.db".into(), record), ("demo-accounts.json".into(), accounts)])
}

/// The newest schema must be among those that are kept. To keep it, with a crowd's talk in it:
/// `HANDRAIL_KEEP_RECORD=tests/fixtures/record cargo test -p handrail-tests every_schema`, from the root of the project.
#[tokio::test(flavor = "multi_thread")]
async fn every_schema_has_a_record_that_is_kept() {
    let ground = Ground::new("");
    let server = ground.serve();
    let crowd = Crowd::gather(&ground, &server);
    crowd.talk(60, PATIENCE).await;
    crowd.settle(&server).await;
    server.kill();
    let record = Connection::open(ground.data.join("handrail.db")).expect("the record");
    let schema = version(&record);
    if let Some(folder) = std::env::var_os(KEEP) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
        std::fs::write(folder.join(format!("schema-{schema}.sql")), dump(&record)).expect("a record to keep");
        let accounts = std::fs::read(ground.data.join("demo-accounts.json")).expect("who can sign in");
        std::fs::write(folder.join(format!("schema-{schema}.json")), accounts).expect("who can sign in");
    }
    for schema in 1..=schema {
        let file = kept().join(format!("schema-{schema}.sql"));
        assert!(file.exists(), "no record of schema {schema} is kept: make one as this test's comment says");
    }
    let newest = ground_of(schema);
    let newest = Connection::open(newest.data.join("handrail.db")).expect("the record");
    let advice = format!(
        "what is kept of schema {schema} has other tables: is it out already? Then they are schema {}; else make it again",
        schema + 1
    );
    assert_eq!(parts(&newest), parts(&record), "{advice}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_of_every_earlier_version_is_all_there_and_goes_on() {
    for schema in 1.. {
        if !kept().join(format!("schema-{schema}.sql")).exists() {
            assert!(schema > 2, "the records of the first schemas are kept");
            return;
        }
        let ground = ground_of(schema);
        let before = messages_of(&ground);
        assert!(before.len() > 60, "schema {schema}: hardly anything is in it");
        let server = ground.serve();
        let crowd = Crowd::gather(&ground, &server);
        crowd.talk(40, PATIENCE).await;
        let (_, after) = crowd.settle(&server).await;
        let pages: BTreeMap<&str, (&str, u64)> = after
            .pages
            .values()
            .flatten()
            .map(|shown| (shown.message.as_str(), (shown.text.as_str(), shown.seq)))
            .collect();
        for (id, text, seq) in &before {
            let Some(seq) = seq else {
                assert!(after.items.iter().any(|item| item.message == *id), "schema {schema}: {id} has no item");
                continue;
            };
            assert_eq!(pages.get(id.as_str()), Some(&(text.as_str(), *seq)), "schema {schema}: {id}");
        }
    }
}

/// The messages of a record: id, what is shown of each, and its number.
fn messages_of(ground: &Ground) -> Vec<(String, String, Option<u64>)> {
    let record = Connection::open(ground.data.join("handrail.db")).expect("the record");
    let mut question = record.prepare("SELECT id, coalesce(shown, text), seq FROM message").expect("its messages");
    let rows = question.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).expect("rows");
    rows.collect::<Result<_, _>>().expect("rows")
}

/// The names and bytes of a folder's files.
fn bytes_of(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file"));
    files
        .map(|file| (file.file_name().to_string_lossy().into_owned(), std::fs::read(file.path()).expect("its bytes")))
        .collect()
}

/// A server over that ground does not start, says these words, and leaves every byte as it was.
#[track_caller]
fn refuses(what: &str, ground: &Ground, words: &[&str]) {
    let before = bytes_of(&ground.data);
    match Server::try_serve(&ground.config) {
        Ok(server) => panic!("{what}: it starts:\n{}", server.said()),
        Err((ended, said)) => {
            assert_eq!(ended.code(), Some(1), "{what}: {ended:?} {said}");
            for word in words {
                assert!(said.contains(word), "{what}: it does not say {word:?}:\n{said}");
            }
        }
    }
    let after = bytes_of(&ground.data);
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&before), names(&after), "{what}: other files than before");
    assert!(before == after, "{what}: bytes were changed");
}

fn change(ground: &Ground, sql: &str) {
    let record = Connection::open(ground.data.join("handrail.db")).expect("the record");
    record.execute_batch(sql).expect("a change");
    record.close().expect("all of it in one file");
}

#[test]
fn a_record_that_cannot_be_trusted_is_refused_and_not_touched() {
    let ground = Ground::new("");
    change(&ground, "PRAGMA user_version = 99");
    refuses("a newer record", &ground, &["newer version", "schema 99", "run that version"]);

    for (what, sql) in [
        ("a table that is gone", "DROP TABLE shadow_run"),
        ("a newer step that was taken", "PRAGMA user_version = 1"),
        ("a number that is gone", "PRAGMA user_version = 0"),
        ("a log without its guard", "DROP TRIGGER event_is_final"),
    ] {
        let ground = Ground::new("");
        change(&ground, sql);
        refuses(what, &ground, &["tables", "do not fit", "backup"]);
    }

    let ground = Ground::new("");
    std::fs::remove_file(ground.data.join("handrail.db")).expect("no record");
    change(&ground, "CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('milk')");
    refuses("another program's database", &ground, &["tables", "do not fit", "handrail.db"]);

    for (what, part) in [("a short file", 0.5), ("a shorter file", 0.1), ("a stub", 0.001)] {
        let ground = Ground::new("");
        let file = ground.data.join("handrail.db");
        let bytes = std::fs::read(&file).expect("the record");
        let length = (bytes.len() as f64 * part) as usize;
        std::fs::write(&file, &bytes[..length]).expect("a part of it");
        refuses(what, &ground, &["handrail.db", "damaged", "backup"]);
    }

    let ground = Ground::new("");
    std::fs::write(ground.data.join("handrail.db"), "Dear diary, ".repeat(1_000)).expect("a file");
    refuses("another file", &ground, &["handrail.db", "not a record", "backup"]);
}

#[test]
fn a_folder_that_cannot_be_written_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let mount =
        |options: &str| Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder.path()).status();
    if !mount("size=16m").is_ok_and(|status| status.success()) {
        return skipped("a folder that cannot be written", "only root can mount a tmpfs");
    }
    let ground = Ground::at(folder.path(), "");
    let checked = std::panic::catch_unwind(|| {
        assert!(mount("remount,ro").is_ok_and(|status| status.success()), "it becomes read-only");
        refuses("a disk that is read-only", &ground, &["handrail.db", "written", "server alone"]);
    });
    let unmounted = Command::new("umount").arg("-l").arg(folder.path()).status();
    assert!(unmounted.is_ok_and(|status| status.success()));
    checked.unwrap_or_else(|failed| std::panic::resume_unwind(failed));
}
