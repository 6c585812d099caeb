//! What only the embedded file can do wrong.

use super::*;
use crate::store::messages::ADD_IN_FILE;
use handrail_domain::ids::RestrictionId;
use handrail_domain::restriction::Restriction;
use tempfile::TempDir;

fn opened() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

#[tokio::test]
async fn what_was_acknowledged_is_there_when_the_record_is_opened_again() {
    let (folder, store) = opened();
    people(&store).await;
    let epoch = store.epoch().to_owned();
    for at in 0..50 {
        store.write(Scope::Everything, move |tx| say(tx, mentor(), &format!("said{at}"), at % 3 == 0)).await.unwrap();
    }
    let before = rows(&store).await;
    drop(store);
    let store = Store::open(folder.path()).unwrap();
    assert_eq!((rows(&store).await, store.epoch()), (before, epoch.as_str()));
    store.write(Scope::Everything, |tx| say(tx, mentor(), "after", false)).await.unwrap();
    verify(&store).await;
}

#[tokio::test]
async fn two_processes_on_one_record_keep_one_chain_and_read_each_other() {
    let (folder, here) = opened();
    people(&here).await;
    let there = Store::open(folder.path()).unwrap();
    for at in 0..40 {
        let store = if at % 3 == 0 { &there } else { &here };
        store.write(Scope::Everything, move |tx| say(tx, mentor(), &format!("turn{at}"), at % 4 == 0)).await.unwrap();
    }
    let both = (0..40).map(|at| {
        let store = if at % 2 == 0 { &there } else { &here };
        store.write(Scope::Everything, move |tx| say(tx, mentee(), &format!("race{at}"), at % 4 == 0))
    });
    for said in both.collect::<Vec<_>>() {
        said.await.unwrap();
    }
    let lines = verify(&here).await;
    assert_eq!(lines, there.read(|record| record.log_head()).await.unwrap());
    let mut feeds = Vec::new();
    for store in [&here, &there] {
        let page = store.read(|record| record.log_page(0, 10_000)).await.unwrap();
        feeds.push(page.into_iter().map(|logged| (logged.n, logged.hash, logged.feeds)).collect::<Vec<_>>());
    }
    assert_eq!(feeds[0], feeds[1]);
}

#[test]
fn a_record_of_a_newer_version_is_refused_with_what_to_do() {
    let (folder, store) = opened();
    drop(store);
    let raw = rusqlite::Connection::open(folder.path().join("handrail.db")).unwrap();
    raw.pragma_update(None, "user_version", 99).unwrap();
    drop(raw);
    let error = Store::open(folder.path()).err().unwrap().to_string();
    assert!(error.contains("newer version") && error.contains("99") && error.contains("run that version"), "{error}");
}

/// What a server of the first schema left behind: its tables, a pair, and something that was said.
const FIRST: &str = r#"
    INSERT INTO meta VALUES ('epoch', 'first1');
    INSERT INTO site VALUES ('{site}', 'Here', '{"undo_ms":7000,"consent":false,"expire_after_ms":null,
        "target_ms":{"low":900000,"medium":600000,"high":300000,"urgent":120000}}');
    INSERT INTO account VALUES ('{mentor}', '{site}', 'mentor', 'A', 'u1', 'p', 0, 1), ('{mentee}', '{site}', 'mentee', 'B', 'u2', 'p', 0, 1),
        ('{supervisor}', '{site}', 'supervisor', 'C', 'u3', 'p', 0, 1);
    INSERT INTO conversation VALUES ('{pair}', '{site}', 'pair', 'open', 1, 1);
    INSERT INTO party VALUES ('{pair}', '{mentor}', 0), ('{pair}', '{mentee}', 0);
    INSERT INTO message (id, conversation, sender, cid, digest, text, status, seq, passed, rules, sent_at, delivered_at)
        VALUES ('{message}', '{pair}', '{mentor}', 'c1', zeroblob(32), 'hello', 'delivered', 1, 1, 'v1', 500, 500);
"#;

#[tokio::test]
async fn a_record_of_the_first_schema_is_brought_forward_with_all_that_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let raw = rusqlite::Connection::open(folder.path().join("handrail.db")).unwrap();
    raw.execute_batch(include_str!("../schema/sqlite-1.sql")).unwrap();
    let ids = [("{site}", site().to_string()), ("{mentor}", mentor().to_string()), ("{mentee}", mentee().to_string())];
    let more = [("{supervisor}", supervisor().to_string()), ("{pair}", pair().to_string())];
    let message = ("{message}", MessageId::from_bits(1).to_string());
    let rows =
        ids.into_iter().chain(more).chain([message]).fold(FIRST.to_owned(), |sql, (name, id)| sql.replace(name, &id));
    raw.execute_batch(&rows).unwrap();
    raw.pragma_update(None, "user_version", 1).unwrap();
    drop(raw);
    for _ in 0..2 {
        let store = Store::open(folder.path()).unwrap();
        assert_eq!(store.epoch(), "first1", "cursors of before go on");
        let settings = store.read(|record| record.site(site())).await.unwrap().unwrap().settings;
        assert_eq!((settings.undo_ms, settings.filter), (7_000, Default::default()));
        let said = store.read(|record| record.recent(pair(), NOW, 9)).await.unwrap();
        assert_eq!(said.iter().map(|message| message.text.as_str()).collect::<Vec<_>>(), ["hello"]);
        assert_eq!(store.read(|record| record.said_since(Timestamp(0), 0, 9)).await.unwrap().len(), 1);
    }
    let store = Store::open(folder.path()).unwrap();
    let one = Restriction {
        id: RestrictionId::from_bits(1),
        conversation: pair(),
        term: "Hollins Park".into(),
        reason: "Exclusion zone".into(),
        owner: supervisor(),
        created_at: NOW,
        until: Timestamp(2_000),
        ended_at: None,
    };
    let kept = one.clone();
    store.write(Scope::Everything, move |tx| Ok(tx.add_restriction(&one)?)).await.unwrap();
    assert_eq!(store.read(|record| record.restrictions(pair())).await.unwrap(), [kept]);
    let raw = rusqlite::Connection::open(folder.path().join("handrail.db")).unwrap();
    assert_eq!(raw.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0)).unwrap(), 13);
}

/// SQLite makes a table for a list of three words or more in a check, for an answer to `RETURNING`, and for a question about the table that is
/// written to: a few microseconds with every send.
#[test]
fn a_message_is_added_without_a_table_made_for_it() {
    let (folder, _store) = opened();
    let raw = rusqlite::Connection::open(folder.path().join("handrail.db")).unwrap();
    let mut explained = raw.prepare(&format!("EXPLAIN {ADD_IN_FILE}")).unwrap();
    let nothing = vec![rusqlite::types::Null; explained.parameter_count()];
    let steps = explained.query_map(rusqlite::params_from_iter(nothing), |row| row.get::<_, String>("opcode"));
    let steps: Vec<String> = steps.unwrap().map(Result::unwrap).collect();
    assert!(steps.iter().any(|step| step == "Insert"), "{steps:?}");
    assert!(!steps.iter().any(|step| step == "OpenEphemeral"), "{steps:?}");
}

#[test]
fn a_file_that_is_no_record_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("handrail.db");
    let other = b"the minutes of the last meeting, and not a database at all\n".repeat(100);
    std::fs::write(&file, &other).unwrap();
    assert!(Store::open(folder.path()).is_err());
    assert_eq!(std::fs::read(&file).unwrap(), other);
}

#[tokio::test]
async fn a_log_that_cannot_be_written_takes_its_whole_batch_with_it() {
    let (_folder, store) = opened();
    people(&store).await;
    store.write(Scope::Everything, |tx| Ok(tx.append(line(&[mentor(), mentee()], false))?)).await.unwrap();
    let refuse = format!(
        "CREATE TRIGGER full BEFORE INSERT ON feed WHEN new.owner = '{}' BEGIN SELECT RAISE (ABORT, 'no'); END",
        mentee()
    );
    store.write(Scope::Everything, move |tx| Ok(tx.run(&refuse, &[]).map(drop)?)).await.unwrap();
    store.write(Scope::Everything, |tx| Ok(tx.append(line(&[mentor()], false))?)).await.unwrap();
    let failed = store.write(Scope::Everything, |tx| Ok(tx.append(line(&[mentor(), mentee()], false))?)).await;
    assert!(matches!(failed, Err(Failure::Refused(refusal)) if refusal.code == Code::Unavailable));
    store.write(Scope::Everything, |tx| Ok(tx.append(line(&[mentor()], false))?)).await.unwrap();
    assert_eq!(verify(&store).await, 3);
}
