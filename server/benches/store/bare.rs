//! Loops with nothing around them: one connection that takes what waits, writes each, and commits once. No savepoints, no reading,
//! no rules. One writes the least that could be called durable: a message, its conversation's number and a line of a hash chain,
//! in small tables of its own; the other writes the rows that the product writes, into the product's tables.

use super::people::{PAIRS, pair, site};
use handrail_domain::ids::MessageId;
use rusqlite::Connection;
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

/// How one send is written.
pub(crate) trait Rows: std::marker::Send + 'static {
    fn write(&mut self, connection: &Connection, sender: usize, cid: &str) -> rusqlite::Result<()>;
}

/// Sends a second with so many sending as soon as they have their answer.
pub(crate) fn crowd(connection: Connection, rows: impl Rows, senders: usize, time: Duration) -> f64 {
    let (queue, waiting) = mpsc::sync_channel::<Send>(4_096);
    let writer = std::thread::spawn(move || write(&connection, rows, &waiting));
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

fn write(connection: &Connection, mut rows: impl Rows, waiting: &mpsc::Receiver<Send>) -> u64 {
    let mut written = 0;
    while let Ok(first) = waiting.recv() {
        let mut batch = vec![first];
        batch.extend(waiting.try_iter().take(511));
        connection.execute_batch("BEGIN IMMEDIATE").expect("begun");
        for (sender, cid, _) in &batch {
            rows.write(connection, *sender, cid).expect("written");
        }
        connection.execute_batch("COMMIT").expect("committed");
        written += batch.len() as u64;
        batch.into_iter().for_each(|(_, _, answer)| answer.send(()).expect("somebody waits"));
    }
    written
}

fn text() -> String {
    "the bus was late again so I walked ".repeat(6)[..199].to_owned()
}

/// The least.
pub(crate) struct Least {
    n: u64,
    hash: [u8; 32],
    text: String,
}

impl Least {
    /// A new file for them.
    pub(crate) fn open(file: &Path, senders: usize) -> (Connection, Self) {
        let connection = Connection::open(file).expect("a file");
        connection.execute_batch(TABLES).expect("tables");
        for sender in 0..senders {
            connection.execute("INSERT INTO conversation VALUES (?1, 0)", [sender]).expect("a conversation");
        }
        (connection, Self { n: 0, hash: [0; 32], text: text() })
    }
}

impl Rows for Least {
    fn write(&mut self, connection: &Connection, sender: usize, cid: &str) -> rusqlite::Result<()> {
        let (salt, text) = ([7_u8; 16], &self.text);
        let digest: [u8; 32] = Sha256::new().chain_update(salt).chain_update(text).finalize().into();
        let seq: u64 = connection
            .prepare_cached("UPDATE conversation SET last_seq = last_seq + 1 WHERE id = ?1 RETURNING last_seq")?
            .query_row([sender], |row| row.get(0))?;
        connection
            .prepare_cached("INSERT INTO message (conversation, sender, cid, salt, digest, text, seq, sent_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
            .execute((sender, sender, cid, salt, digest, text, seq, 1))?;
        let data = format!("{{\"kind\":\"message.delivered\",\"seq\":{seq},\"cid\":\"{cid}\"}}");
        let hash = Sha256::new().chain_update(self.hash).chain_update(&data).chain_update(digest).finalize();
        (self.n, self.hash) = (self.n + 1, hash.into());
        connection
            .prepare_cached("INSERT INTO event (n, at, kind, data, body, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute((self.n, 1, "message.delivered", data, connection.last_insert_rowid(), self.hash))?;
        Ok(())
    }
}

/// What the product writes.
pub(crate) struct Same {
    n: u64,
    hash: [u8; 32],
    /// Each pair's last number: that of its conversation, and of both feeds; and its last line of the log and row.
    last: Vec<(u64, u64, Option<i64>)>,
    text: String,
}

impl Same {
    /// Into a record in which the people are, and nothing was said.
    pub(crate) fn open(file: &Path) -> (Connection, Self) {
        let connection = Connection::open(file).expect("a record");
        let set = "PRAGMA synchronous = FULL; PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 4096";
        connection.execute_batch(set).expect("settings");
        (connection, Self { n: 0, hash: [0; 32], last: vec![(0, 0, None); PAIRS], text: text() })
    }
}

impl Rows for Same {
    fn write(&mut self, connection: &Connection, sender: usize, cid: &str) -> rusqlite::Result<()> {
        let (one, salt) = (pair(sender), [7_u8; 16]);
        let (conversation, mentor) = (one.conversation.to_string(), one.mentor.to_string());
        let digest: [u8; 32] = Sha256::new().chain_update(salt).chain_update(&self.text).finalize().into();
        let (seq, before_n, before) = self.last[sender];
        let (seq, id) = (seq + 1, MessageId::from_bits(handrail::fresh::bits()).to_string());
        connection
            .prepare_cached("INSERT INTO message (id, conversation, sender, cid, salt, digest, text, status, seq, passed, rules, sent_at, delivered_at, before) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'delivered', ?8, 1, 'r', 1, 1, ?9)")?
            .execute((&id, &conversation, &mentor, cid, salt, digest, &self.text, seq, before))?;
        let row = connection.last_insert_rowid();
        connection.prepare_cached("UPDATE conversation SET last_seq = ?2, last_row = ?3 WHERE id = ?1")?.execute((
            &conversation,
            seq,
            row,
        ))?;
        let data = format!(
            "{{\"kind\":\"message.delivered\",\"seq\":{seq},\"from\":\"{mentor}\",\"cid\":\"{cid}\",\"altered\":false,\"sent_at\":1}}"
        );
        let hash = Sha256::new().chain_update(self.hash).chain_update(&data).chain_update(digest).finalize();
        (self.n, self.hash) = (self.n + 1, hash.into());
        connection
            .prepare_cached("INSERT INTO event (n, at, kind, site, conversation, message, actor, data, body, body_digest, hash) VALUES (?1, 1, 'message.delivered', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?
            .execute((self.n, site().to_string(), &conversation, &id, &mentor, data, row, digest, self.hash))?;
        for owner in [mentor, one.mentee.to_string()] {
            connection
                .prepare_cached("INSERT INTO feed (n, owner, offset, before) VALUES (?1, ?2, ?3, ?4)")?
                .execute((self.n, &owner, seq, before_n))?;
            connection
                .prepare_cached(
                    "INSERT INTO feed_head (owner, n) VALUES (?1, ?2) ON CONFLICT (owner) DO UPDATE SET n = excluded.n",
                )?
                .execute((owner, self.n))?;
        }
        self.last[sender] = (seq, self.n, Some(row));
        Ok(())
    }
}
