//! The record's own tables, whichever database holds them, and the log's chain.

use super::{Line, Row};
use crate::process::word;
use handrail_domain::event::{self, GENESIS, Hash, chain};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Where a record is.
#[derive(Debug, Clone)]
pub(crate) enum Record {
    /// A SQLite file.
    File(PathBuf),
    /// A database on a PostgreSQL server.
    Server(String),
}

const MESSAGES: &str = "SELECT id, conversation, status, seq FROM message";
const LOG: &str = "SELECT event.n, event.at, event.kind, event.site, coalesce(event.conversation, ''), coalesce(event.message, ''),
    coalesce(event.actor, ''), CAST(event.data AS TEXT), event.body_digest, event.hash, message.salt, message.text, message.shown
    FROM event LEFT JOIN message ON message.row = event.body ORDER BY event.n";

/// A line of the log with all of its columns, and the text that it is about.
pub(crate) struct Written {
    n: u64,
    at: i64,
    /// `kind`, `site`, `conversation`, `message`, `actor`, `data`.
    words: [String; 6],
    body_digest: Option<Vec<u8>>,
    hash: Vec<u8>,
    salt: Option<Vec<u8>>,
    text: Option<String>,
    shown: Option<String>,
}

impl Written {
    /// What the rules want to know of it.
    pub(super) fn line(&self, name: impl Fn(&str) -> String) -> Line {
        let [kind, _, _, message, actor, data] = &self.words;
        let data: Value = serde_json::from_str(data).unwrap_or_default();
        Line {
            n: self.n,
            kind: kind.clone(),
            message: message.clone(),
            actor: name(actor),
            seq: data["seq"].as_u64(),
            item: word(&data["item"]),
            version: data["version"].as_u64().unwrap_or_default(),
            act: word(&data["act"]),
        }
    }

    /// The hash that it should have.
    fn link(&self, before: &Hash) -> Hash {
        let [kind, site, conversation, message, actor, data] = &self.words;
        let body_digest = self.body_digest.as_deref().and_then(|digest| digest.try_into().ok());
        let (n, at) = (self.n, self.at);
        chain(before, &event::Line { n, at, kind, site, conversation, message, actor, data, body_digest })
    }

    /// Whether the text that is still there is the one that it was about.
    fn fits_its_text(&self) -> bool {
        let salt: Option<[u8; 16]> = self.salt.as_deref().and_then(|salt| salt.try_into().ok());
        let mut texts = [&self.text, &self.shown].into_iter().flatten().peekable();
        match (&self.body_digest, salt) {
            (Some(digest), Some(salt)) if texts.peek().is_some() => {
                texts.any(|text| event::body_digest(&salt, text) == digest[..])
            }
            _ => true,
        }
    }
}

/// Whether the log's chain holds from its first line to its last, and every text that is still there has the digest that the log
/// has of it; else what does not, in words.
pub(crate) fn chain_of(log: &[Written]) -> Result<(), String> {
    let (mut before, mut last) = (GENESIS, 0);
    for line in log {
        if line.n != last + 1 {
            return Err(format!("line {} does not follow from line {last}: what lies between is missing", line.n));
        }
        let hash = line.link(&before);
        if line.hash != hash {
            return Err(format!("line {} does not follow from line {last}", line.n));
        }
        if !line.fits_its_text() {
            return Err(format!("line {} is about a text that has another digest", line.n));
        }
        (last, before) = (line.n, hash);
    }
    Ok(())
}

/// All messages, and the whole log.
pub(super) async fn tables(record: &Record) -> (Vec<Row>, Vec<Written>) {
    match record {
        Record::File(file) => {
            let record = open(file);
            (messages(&record).expect("its messages"), log_of(&record).expect("its log"))
        }
        Record::Server(url) => on_server(url).await,
    }
}

/// The record, to read.
fn open(file: &Path) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(file, flags).expect("the record opens")
}

fn messages(record: &Connection) -> rusqlite::Result<Vec<Row>> {
    let mut question = record.prepare(MESSAGES)?;
    let rows = question.query_map([], |row| {
        Ok(Row { message: row.get(0)?, conversation: row.get(1)?, status: row.get(2)?, seq: row.get(3)? })
    });
    rows?.collect()
}

/// The log of a file, as far as it can be read.
pub(crate) fn log_of(record: &Connection) -> rusqlite::Result<Vec<Written>> {
    let mut question = record.prepare(LOG)?;
    let lines = question.query_map([], |row| {
        Ok(Written {
            n: row.get(0)?,
            at: row.get(1)?,
            words: [row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?],
            body_digest: row.get(8)?,
            hash: row.get(9)?,
            salt: row.get(10)?,
            text: row.get(11)?,
            shown: row.get(12)?,
        })
    });
    lines?.collect()
}

async fn on_server(url: &str) -> (Vec<Row>, Vec<Written>) {
    let (client, link) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.expect("the database server");
    let link = tokio::spawn(link);
    let number = |n: i64| u64::try_from(n).expect("a number");
    let messages = client.query(MESSAGES, &[]).await.expect("its messages");
    let messages = messages.iter().map(|row| Row {
        message: row.get(0),
        conversation: row.get(1),
        status: row.get(2),
        seq: row.get::<_, Option<i64>>(3).map(number),
    });
    let log = client.query(LOG, &[]).await.expect("its log");
    let log = log.iter().map(|row| Written {
        n: number(row.get(0)),
        at: row.get(1),
        words: [2, 3, 4, 5, 6, 7].map(|at| row.get(at)),
        body_digest: row.get(8),
        hash: row.get(9),
        salt: row.get(10),
        text: row.get(11),
        shown: row.get(12),
    });
    let both = (messages.collect(), log.collect());
    drop(client);
    // It ends with the client.
    let _ended = link.await;
    both
}
