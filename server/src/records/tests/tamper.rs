//! Somebody who may write to the file changes something in it, and the check says what and where.

use super::world::World;
use crate::records::{Book, SigningKey, Stop, check_start, verify, witness};
use crate::store::Store;
use handrail_domain::audit::{Broken, Fault};
use handrail_domain::event::{GENESIS, Hash, Line, chain};
use handrail_domain::ids::LogN;
use rusqlite::Connection;
use std::path::Path;

/// The check of a whole record, and of these checkpoints.
async fn check(folder: &Path, notes: &str, key: &SigningKey) -> Result<u64, Broken> {
    let store = Store::open(folder).unwrap();
    let (epoch, notes, public) = (store.epoch().to_owned(), notes.to_owned(), *key.public());
    let checked = store.read(move |record| {
        Ok(verify(record, 1).and_then(|audit| {
            let witness = witness(record, &audit, &epoch, notes.as_bytes(), &public)?;
            Ok(audit.lines() + witness.seen() - witness.seen())
        }))
    });
    match checked.await.unwrap() {
        Ok(lines) => Ok(lines),
        Err(Stop::Broken(broken)) => Err(broken),
        Err(Stop::Unread(error)) => panic!("{error:#}"),
    }
}

/// Changes the file as somebody does whom no trigger stops, and who leaves no trace of that.
fn tamper(folder: &Path, change: impl FnOnce(&Connection)) {
    let record = Connection::open(folder.join("handrail.db")).unwrap();
    let sql = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let triggers: Vec<(String, String)> =
        record.prepare(sql).unwrap().query_map([], read).unwrap().collect::<Result<_, _>>().unwrap();
    triggers.iter().for_each(|(name, _)| record.execute_batch(&format!("DROP TRIGGER {name}")).unwrap());
    record.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON").unwrap();
    change(&record);
    triggers.iter().for_each(|(_, sql)| record.execute_batch(sql).unwrap());
}

/// Makes every hash anew, as somebody would who knows how.
fn chain_anew(record: &Connection) {
    let sql = "SELECT n, at, kind, site, conversation, message, actor, data, body_digest FROM event ORDER BY n";
    let mut statement = record.prepare(sql).unwrap();
    let mut rows = statement.query([]).unwrap();
    let (mut before, mut made) = (GENESIS, Vec::new());
    while let Some(row) = rows.next().unwrap() {
        let text = |at| row.get::<_, Option<String>>(at).unwrap().unwrap_or_default();
        let (kind, site, conversation, message, actor, data) = (text(2), text(3), text(4), text(5), text(6), text(7));
        let digest: Option<Hash> = row.get(8).unwrap();
        let line = Line {
            n: row.get(0).unwrap(),
            at: row.get(1).unwrap(),
            kind: &kind,
            site: &site,
            conversation: &conversation,
            message: &message,
            actor: &actor,
            data: &data,
            body_digest: digest.as_ref(),
        };
        before = chain(&before, &line);
        made.push((line.n, before));
    }
    for (n, hash) in made {
        record.execute("UPDATE event SET hash = ?2 WHERE n = ?1", (n, hash)).unwrap();
    }
}

/// The number of the first line of that kind.
fn first(record: &Connection, kind: &str) -> LogN {
    record.query_row("SELECT min(n) FROM event WHERE kind = ?1", [kind], |row| row.get(0)).unwrap()
}

/// A change that somebody made, and where and how it is found.
type Change = (&'static str, (Option<LogN>, Fault));

/// Each of these changes is found in the past of this world.
async fn is_found(world: &World, changes: &[Change]) {
    let key = SigningKey::open(world.path()).unwrap();
    for (sql, want) in changes {
        let copy = world.copy();
        tamper(copy.path(), |record| record.execute_batch(sql).unwrap_or_else(|error| panic!("{sql}: {error}")));
        let found = check(copy.path(), "", &key).await.expect_err(sql);
        let same = std::mem::discriminant(&found.fault) == std::mem::discriminant(&want.1);
        assert!(same && (want.0.is_none() || found.n == want.0), "{sql}\n  found {found:?}\n  want {want:?}");
        let words = found.to_string();
        assert!(!words.contains("fish") && !words.contains("Quill"), "{words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_somebody_changed_is_found_out_and_where() {
    let world = World::with_past().await;
    let key = SigningKey::open(world.path()).unwrap();
    assert!(check(world.copy().path(), "", &key).await.is_ok(), "as it was written it is whole");
    let copy = world.copy();
    let probe = Connection::open(copy.path().join("handrail.db")).unwrap();
    let (said, settled, item) =
        (first(&probe, "message.delivered"), first(&probe, "message.settled"), first(&probe, "item"));
    let n = Some;
    let changes = [
        ("UPDATE message SET text = 'how was the weak' WHERE row = 1", (n(said), Fault::Text)),
        ("UPDATE message SET digest = zeroblob(32) WHERE row = 1", (n(said), Fault::Text)),
        ("UPDATE message SET text = NULL, salt = NULL WHERE row = 1", (None, Fault::Erased { log: 0, record: 1 })),
        ("UPDATE message SET text = NULL WHERE row = 1", (n(said), Fault::HalfErased)),
        ("UPDATE message SET shown = 'a fish too' WHERE shown IS NOT NULL", (None, Fault::Shown)),
        ("UPDATE message SET sender = (SELECT id FROM account WHERE username = 'mentee1') WHERE row = 1", (n(said), Fault::OtherMessage)),
        ("UPDATE message SET status = 'rejected', seq = NULL, delivered_at = NULL WHERE row = 1", (n(said), Fault::Status)),
        ("UPDATE message SET passed = 0 WHERE row = 1", (n(said), Fault::Undecided)),
        ("UPDATE message SET decision = NULL WHERE passed = 0 AND status = 'delivered'", (None, Fault::Undecided)),
        ("UPDATE message SET seq = 99 WHERE row = 2", (None, Fault::Number)),
        ("DELETE FROM message WHERE row = 1", (n(said), Fault::NoMessage)),
        (
            "INSERT INTO message SELECT 99, 'm_x', conversation, sender, 'other', salt, digest, text, shown, status, 6, passed, rules, decision, sent_at, delivered_at,
                 (SELECT last_row FROM conversation) FROM message WHERE row = 1;
             UPDATE conversation SET last_seq = 6, last_row = 99",
            (None, Fault::Delivered { log: 5, record: 6 }),
        ),
        ("UPDATE event SET data = replace(data, '\"seq\":1,', '\"seq\":3,') WHERE kind = 'message.delivered'", (n(said), Fault::Chain)),
        ("UPDATE event SET at = at + 1 WHERE n = 3", (n(3), Fault::Chain)),
        ("UPDATE event SET actor = NULL WHERE kind = 'message.settled'", (n(settled), Fault::Chain)),
        ("UPDATE event SET hash = zeroblob(32) WHERE n = 3", (n(3), Fault::Chain)),
        ("DELETE FROM event WHERE n = 3", (n(4), Fault::Gap { expected: 3 })),
        ("UPDATE event SET n = -n WHERE n IN (3, 4); UPDATE event SET n = 7 + n WHERE n < 0", (n(3), Fault::Chain)),
        (
            "UPDATE event SET n = -n - 1 WHERE n > 3; UPDATE event SET n = -n WHERE n < 0;
             INSERT INTO event SELECT 4, at, kind, site, conversation, message, actor, data, body, body_digest, hash FROM event WHERE n = 3",
            (n(4), Fault::Chain),
        ),
        ("UPDATE item SET version = version + 1", (None, Fault::Items { log: 0, record: 0 })),
        ("UPDATE item SET version = 1, state = 'waiting'", (None, Fault::ItemAhead)),
        ("UPDATE item SET state = 'waiting'", (None, Fault::Undecided)),
        ("DELETE FROM item", (n(item), Fault::NoItem)),
        ("UPDATE item SET data = replace(data, 'Not here.', 'Not there')", (None, Fault::Note)),
    ];
    is_found(&world, &changes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_somebody_changed_is_found_out() {
    let world = World::with_past().await;
    let changes = [
        ("UPDATE conversation SET last_seq = last_seq + 1", (None, Fault::LastNumber)),
        ("UPDATE conversation SET last_row = 1", (None, Fault::LastNumber)),
        ("UPDATE message SET before = NULL WHERE seq = 3", (None, Fault::LastNumber)),
        ("UPDATE feed SET offset = 99 WHERE offset = 2", (None, Fault::FeedGap)),
        ("UPDATE feed SET before = 0 WHERE offset = 2", (None, Fault::FeedGap)),
        (
            "UPDATE feed SET n = 999999 WHERE n = (SELECT n FROM feed_head WHERE owner LIKE 's_%');
             UPDATE feed_head SET n = 999999 WHERE owner LIKE 's_%'",
            (Some(999_999), Fault::FeedEvent),
        ),
        (
            "UPDATE feed SET n = (SELECT n FROM event WHERE kind = 'site') WHERE offset = 1 AND owner LIKE 's_%';
             UPDATE feed SET before = (SELECT n FROM event WHERE kind = 'site') WHERE offset = 2 AND owner LIKE 's_%'",
            (None, Fault::FeedOwner),
        ),
        (
            "UPDATE feed_head SET n = (SELECT n FROM feed WHERE feed.owner = feed_head.owner AND offset = 1)",
            (None, Fault::FeedLost),
        ),
        ("DELETE FROM feed_head WHERE owner LIKE 's_%'", (None, Fault::FeedLost)),
        (
            "DELETE FROM feed WHERE n = (SELECT n FROM feed_head WHERE feed_head.owner = feed.owner);
             UPDATE feed_head SET n = (SELECT max(n) FROM feed WHERE feed.owner = feed_head.owner)",
            (None, Fault::Feeds { log: 0, record: 0 }),
        ),
    ];
    is_found(&world, &changes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_end_and_a_log_written_anew_are_found_by_a_checkpoint_alone() {
    let world = World::with_past().await;
    let key = SigningKey::open(world.path()).unwrap();
    let (n, hash) = world.chat.store().read(|record| record.log_end()).await.unwrap();
    let notes = format!("{}\n", key.sign(n, hash, world.chat.store().epoch()));
    assert!(check(world.copy().path(), &notes, &key).await.is_ok());
    // The last act of all, a message that passed, with every trace of it.
    let cut = world.copy();
    let cut_off = format!(
        "DELETE FROM event WHERE n = {n}; DELETE FROM feed WHERE n = {n};
             UPDATE feed_head SET n = (SELECT max(n) FROM feed WHERE feed.owner = feed_head.owner);
             UPDATE conversation SET last_seq = last_seq - 1, last_row = (SELECT before FROM message ORDER BY row DESC LIMIT 1);
             DELETE FROM message WHERE row = (SELECT max(row) FROM message)"
    );
    tamper(cut.path(), |record| record.execute_batch(&cut_off).unwrap());
    assert_eq!(check(cut.path(), "", &key).await, Ok(n - 1), "without a checkpoint nothing is to be seen");
    let fault = Fault::Cut { checkpoint: n, log: n - 1 };
    assert_eq!(check(cut.path(), &notes, &key).await, Err(Broken { n: Some(n - 1), fault }));
    let anew = world.copy();
    tamper(anew.path(), |record| {
        record.execute("UPDATE event SET at = at - 60000 WHERE n = 2", []).unwrap();
        chain_anew(record);
    });
    assert_eq!(check(anew.path(), "", &key).await, Ok(n), "without a checkpoint nothing is to be seen");
    assert_eq!(check(anew.path(), &notes, &key).await, Err(Broken { n: Some(n), fault: Fault::CheckpointHash }));
    // A checkpoint itself cannot be made to fit.
    let forged = notes.replacen(&format!("\n{n}\n"), &format!("\n{}\n", n - 1), 1);
    let fault = Fault::CheckpointSignature;
    assert_eq!(check(cut.path(), &forged, &key).await, Err(Broken { n: Some(n - 1), fault: fault.clone() }));
    let stranger = tempfile::tempdir().unwrap();
    let other = SigningKey::open(stranger.path()).unwrap().sign(n, hash, world.chat.store().epoch());
    assert_eq!(check(anew.path(), &format!("{other}\n"), &key).await, Err(Broken { n: Some(n), fault }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_end_of_the_log_is_not_served() {
    let world = World::with_past().await;
    let copy = world.copy();
    let start = async |folder: &Path| {
        let store = Store::open(folder).unwrap();
        let book = Book::open(folder, store.epoch()).unwrap();
        check_start(&store, &book).await.map_err(|error| error.to_string())
    };
    assert_eq!(start(copy.path()).await, Ok(()));
    let key = SigningKey::open(copy.path()).unwrap();
    let (n, hash) = world.chat.store().read(|record| record.log_end()).await.unwrap();
    let notes = format!("{}\n", key.sign(n, hash, world.chat.store().epoch()));
    std::fs::write(copy.path().join(crate::records::CHECKPOINTS_FILE), notes).unwrap();
    assert_eq!(start(copy.path()).await, Ok(()));
    tamper(copy.path(), |record| {
        record.execute("DELETE FROM event WHERE n = ?1", [n]).unwrap();
    });
    let said = start(copy.path()).await.unwrap_err();
    assert!(said.contains("cut off") && said.contains("handrail audit verify"), "{said}");
    tamper(copy.path(), |record| {
        record.execute("UPDATE event SET at = at + 1 WHERE n = ?1", [n - 1]).unwrap();
    });
    let said = start(copy.path()).await.unwrap_err();
    assert!(said.contains(&format!("line {}", n - 1)) && said.contains("was changed"), "{said}");
}
