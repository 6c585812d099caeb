//! Copies of the record, and the way back.

use super::world::{World, open};
use crate::records::{Book, SigningKey, Stop, backup, restore, verify, witness};
use crate::store::Store;
use handrail_domain::audit::Audit;
use handrail_domain::audit::Witness;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A record as a restart finds it, checked with its own checkpoints.
async fn checked(data: &Path) -> (Audit, Witness) {
    let store = Store::open(data).unwrap();
    let public = *SigningKey::open(data).unwrap().public();
    let notes = std::fs::File::open(data.join(crate::records::CHECKPOINTS_FILE)).unwrap();
    let epoch = store.epoch().to_owned();
    let checked = store.read(move |record| {
        Ok(verify(record, 1).and_then(|audit| {
            let witness = witness(record, &audit, &epoch, BufReader::new(notes), &public)?;
            Ok((audit, witness))
        }))
    });
    match checked.await.unwrap() {
        Ok(checked) => checked,
        Err(Stop::Broken(broken)) => panic!("{broken}"),
        Err(Stop::Unread(error)) => panic!("{error:#}"),
    }
}

async fn sign(world: &World) {
    let store = world.chat.store();
    let book = Book::open(world.path(), store.epoch()).unwrap();
    crate::records::Checkpoints::new(store.clone(), world.chat.bus().clone(), book).sign().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_is_one_moment_and_comes_back_in_a_new_epoch_that_says_what_was_lost() {
    let world = Arc::new(World::with_past().await);
    sign(&world).await;
    let (ends, busy) = (Arc::new(AtomicBool::new(false)), world.clone());
    let until = ends.clone();
    let load = tokio::spawn(async move {
        let mut said = 0;
        while !until.load(Ordering::Relaxed) || said < 20 {
            busy.say(&busy.mentor, &format!("on we go {said}")).await;
            said += 1;
        }
    });
    let (store, data, to) = (world.chat.store().clone(), world.path().to_owned(), tempfile::tempdir().unwrap());
    let folder = to.path().join("copy");
    let into = folder.clone();
    let manifest = tokio::task::spawn_blocking(move || backup(&store, &data, &into, true)).await.unwrap().unwrap();
    ends.store(true, Ordering::Relaxed);
    load.await.unwrap();
    world.say(&world.mentor, "after the copy").await;
    sign(&world).await;
    let (head, _) = world.chat.store().read(|record| record.log_end()).await.unwrap();
    assert!(manifest.n < head, "more was said than was copied");

    let elsewhere = tempfile::tempdir().unwrap();
    let data = elsewhere.path().join("data");
    let restored = restore(&folder, &data, false).await.unwrap();
    assert_eq!((restored.n, restored.same_key, restored.aside), (manifest.n, true, None));
    let (audit, _) = checked(&data).await;
    assert_eq!(audit.lines(), manifest.n + 1, "one line more: the epoch's");
    let chat = open(&data);
    assert_eq!(chat.store().epoch(), restored.epoch);
    assert_ne!(chat.store().epoch(), world.chat.store().epoch());
    drop(chat);

    let said = restore(&folder, &data, false).await.unwrap_err().to_string();
    assert!(said.contains("not empty") && said.contains("--replace"), "{said}");
    let said = restore(&folder, world.path(), true).await.unwrap_err().to_string();
    assert!(said.contains("in use"), "{said}");
    // The folder that is replaced has checkpoints of what the copy lacks: they say how much that is.
    let broken = tempfile::tempdir().unwrap();
    let old = broken.path().join("data");
    std::fs::create_dir(&old).unwrap();
    for file in std::fs::read_dir(world.path()).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), old.join(file.file_name())).unwrap();
    }
    let restored = restore(&folder, &old, true).await.unwrap();
    assert!(restored.aside.is_some_and(|aside| aside.join("handrail.db").exists()), "nothing is thrown away");
    let (_, witness) = checked(&old).await;
    assert_eq!(witness.lost(), head - manifest.n);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_was_changed_is_refused_and_nothing_is_replaced() {
    let world = World::with_past().await;
    sign(&world).await;
    let make = |with_key| {
        let to = tempfile::tempdir().unwrap();
        backup(world.chat.store(), world.path(), to.path(), with_key).unwrap();
        to
    };
    let refused = async |from: &Path, words: &str| {
        let into = tempfile::tempdir().unwrap();
        let data = into.path().join("data");
        let said = format!("{:#}", restore(from, &data, false).await.unwrap_err());
        assert!(said.contains(words), "{said}");
        assert_eq!(std::fs::read_dir(into.path()).unwrap().count(), 0, "nothing is left behind");
    };
    let to = make(false);
    assert!(!to.path().join("checkpoint.key").exists(), "the key stays where it is unless one says otherwise");
    assert!(
        backup(world.chat.store(), world.path(), to.path(), false).unwrap_err().to_string().contains("is not empty")
    );
    let restored = restore(to.path(), &tempfile::tempdir().unwrap().path().join("data"), false).await.unwrap();
    assert!(!restored.same_key);
    let mut bytes = std::fs::read(to.path().join("handrail.db")).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(to.path().join("handrail.db"), bytes).unwrap();
    refused(to.path(), "is not the file that was backed up").await;
    refused(tempfile::tempdir().unwrap().path(), "is no backup").await;
    // A record that was broken when it was copied is found before it replaces anything.
    let record = rusqlite::Connection::open(world.path().join("handrail.db")).unwrap();
    record.execute("UPDATE message SET text = 'never said' WHERE row = 1", []).unwrap();
    refused(make(true).path(), "the record is broken").await;
}
