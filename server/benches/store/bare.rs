//! The least that could be called durable: one connection that takes what waits, writes a message, its conversation's number and
//! a line of a hash chain for each, and commits once. No savepoints, no rules, no feeds, nobody who reads.

use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

const TABLES: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE conversation (id INTEGER PRIMARY KEY, last_seq INTEGER NOT NULL);
    CREATE TABLE message (row INTEGER PRIMARY KEY, conversation INTEGER NOT NULL, sender INTEGER NOT NULL, cid TEXT NOT NULL,
                          salt BLOB, digest BLOB, text TEXT, seq INTEGER, sent_at INTEGER);
    CREATE UNIQUE INDEX once ON message (sender, cid);
    CREATE UNIQUE INDEX ordered ON message (conversation, seq);
    CREATE TABLE event (n INTEGER PRIMARY KEY, at INTEGER, kind TEXT, data TEXT, body INTEGER, hash BLOB);";

type Send = (usize, String, mpsc::Sender<()>);

/// Sends a second with so many threads sending as soon as they have their answer.
pub(crate) fn crowd(file: &Path, senders: usize, time: Duration) -> f64 {
    let (queue, waiting) = mpsc::sync_channel::<Send>(4_096);
    let file = file.to_owned();
    let writer = std::thread::spawn(move || write(&file, senders, &waiting));
    let began = Instant::now();
    // Few threads with many senders each, so that the machine is not busy with threads.
    let talkers: Vec<_> = (0..4)
        .map(|part| {
            let queue = queue.clone();
            std::thread::spawn(move || {
                let mine: Vec<_> = (0..senders).filter(|sender| sender % 4 == part).collect();
                for at in 0.. {
                    if began.elapsed() >= time {
                        return;
                    }
                    let answers: Vec<_> = mine
                        .iter()
                        .map(|sender| {
                            let (answer, answered) = mpsc::channel();
                            queue.send((*sender, format!("{sender}x{at}"), answer)).expect("the writer lives");
                            answered
                        })
                        .collect();
                    answers.into_iter().for_each(|answered| answered.recv().expect("an answer"));
                }
            })
        })
        .collect();
    talkers.into_iter().for_each(|talker| talker.join().expect("a talker"));
    let seconds = began.elapsed().as_secs_f64();
    drop(queue);
    writer.join().expect("the writer") as f64 / seconds
}

fn write(file: &Path, senders: usize, waiting: &mpsc::Receiver<Send>) -> u64 {
    let connection = rusqlite::Connection::open(file).expect("a file");
    connection.execute_batch(TABLES).expect("tables");
    for sender in 0..senders {
        connection.execute("INSERT INTO conversation VALUES (?1, 0)", [sender]).expect("a conversation");
    }
    let (mut n, mut hash) = (0_u64, [0_u8; 32]);
    let text = "the bus was late again so I walked ".repeat(6)[..200].to_owned();
    while let Ok(first) = waiting.recv() {
        let mut batch = vec![first];
        batch.extend(waiting.try_iter().take(511));
        connection.execute_batch("BEGIN IMMEDIATE").expect("begun");
        for (sender, cid, _) in &batch {
            n += 1;
            hash = one(&connection, n, hash, (*sender, cid, &text)).expect("written");
        }
        connection.execute_batch("COMMIT").expect("committed");
        batch.into_iter().for_each(|(_, _, answer)| answer.send(()).expect("somebody waits"));
    }
    n
}

fn one(
    connection: &rusqlite::Connection,
    n: u64,
    before: [u8; 32],
    (sender, cid, text): (usize, &str, &str),
) -> rusqlite::Result<[u8; 32]> {
    let salt = [7_u8; 16];
    let digest: [u8; 32] = Sha256::new().chain_update(salt).chain_update(text).finalize().into();
    let seq: u64 = connection
        .prepare_cached("UPDATE conversation SET last_seq = last_seq + 1 WHERE id = ?1 RETURNING last_seq")?
        .query_row([sender], |row| row.get(0))?;
    connection
        .prepare_cached("INSERT INTO message (conversation, sender, cid, salt, digest, text, seq, sent_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
        .execute((sender, sender, cid, salt, digest, text, seq, 1))?;
    let data = format!("{{\"kind\":\"message.delivered\",\"seq\":{seq},\"cid\":\"{cid}\"}}");
    let hash: [u8; 32] = Sha256::new().chain_update(before).chain_update(&data).chain_update(digest).finalize().into();
    connection
        .prepare_cached("INSERT INTO event (n, at, kind, data, body, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute((n, 1, "message.delivered", data, connection.last_insert_rowid(), hash))?;
    Ok(hash)
}
