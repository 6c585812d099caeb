//! A filter of one automaton and a file with one row a message, committed in groups, as fast as one thread writes it.

use crate::sockets::{Out, answer, hand_on};
use aho_corasick::AhoCorasick;
use anyhow::Context as _;
use rusqlite::Connection;
use std::collections::HashMap;
use std::path::Path;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// Words that are looked for.
const WORDS: usize = 2_000;
/// The word that a test's held messages have.
const HELD: &str = "twat";
/// Messages in one transaction, as many as the server that is measured takes.
const BATCH_MAX: usize = 512;
/// Messages that wait for the writer.
const QUEUE: usize = 4_096;

/// The row, and the one index without which nobody could read a conversation again.
const TABLES: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA cache_size = -65536;
    PRAGMA wal_autocheckpoint = 4096;
    CREATE TABLE message (row INTEGER PRIMARY KEY, pair INTEGER NOT NULL, seq INTEGER NOT NULL, sender INTEGER NOT NULL,
                          held INTEGER NOT NULL, text TEXT NOT NULL);
    CREATE UNIQUE INDEX ordered ON message (pair, seq);";

/// A message on its way to the file.
pub(crate) struct Said {
    pub(crate) number: u32,
    pub(crate) id: u64,
    pub(crate) text: String,
    pub(crate) held: bool,
    pub(crate) frame: Utf8Bytes,
    pub(crate) own: Out,
    pub(crate) partner: Option<Out>,
}

/// Where messages are looked at and handed in.
pub(crate) struct Desk {
    filter: AhoCorasick,
    queue: mpsc::Sender<Said>,
}

impl Desk {
    /// Makes the file, and starts its writer.
    pub(crate) fn open(folder: &Path) -> anyhow::Result<Self> {
        let connection = Connection::open(folder.join("floor.db")).context("making the file")?;
        connection.execute_batch(TABLES)?;
        let words = (1..WORDS).map(made_word).chain([HELD.to_owned()]);
        // Of a list of real words none can be skipped to by a rare letter, as of made ones.
        let filter = AhoCorasick::builder().ascii_case_insensitive(true).prefilter(false).build(words)?;
        let (queue, waiting) = mpsc::channel(QUEUE);
        std::thread::Builder::new().name("writer".into()).spawn(move || write(&connection, waiting))?;
        Ok(Self { filter, queue })
    }

    /// Whether a text has one of the words.
    pub(crate) fn holds(&self, text: &str) -> bool {
        self.filter.is_match(text)
    }

    /// Hands a message in. Nothing, once the writer is gone.
    pub(crate) async fn write(&self, said: Said) -> Option<()> {
        self.queue.send(said).await.ok()
    }
}

/// A word that is in nobody's text.
fn made_word(nth: usize) -> String {
    let (mut word, mut rest) = (String::new(), nth);
    for letters in [b"bdglmnprst".as_slice(), b"aeiou"].into_iter().cycle().take(6) {
        word.push(char::from(letters[rest % letters.len()]));
        rest /= letters.len();
    }
    word + "wuk"
}

fn write(connection: &Connection, mut waiting: mpsc::Receiver<Said>) -> rusqlite::Result<()> {
    let (mut batch, mut last) = (Vec::with_capacity(BATCH_MAX), HashMap::new());
    while waiting.blocking_recv_many(&mut batch, BATCH_MAX) > 0 {
        connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        for said in &batch {
            let (pair, seq) = (said.number / 2, last.entry(said.number / 2).or_insert(0_u64));
            *seq += 1;
            connection
                .prepare_cached("INSERT INTO message (pair, seq, sender, held, text) VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute((pair, *seq, said.number, said.held, &said.text))?;
        }
        connection.prepare_cached("COMMIT")?.execute([])?;
        for Said { id, held, frame, own, partner, .. } in batch.drain(..) {
            if held { answer(id, &own) } else { hand_on(id, frame, &own, partner.as_ref()) }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_as_many_as_stated_and_different() {
        let words: std::collections::HashSet<String> = (1..WORDS).map(made_word).collect();
        assert_eq!(words.len(), WORDS - 1);
        assert!(words.iter().all(|word| word.len() == 9), "{words:?}");
    }

    #[tokio::test]
    async fn what_has_a_word_is_written_and_not_handed_on() {
        let folder = tempfile::tempdir().unwrap();
        let desk = Desk::open(folder.path()).unwrap();
        let (own, mut answers) = mpsc::unbounded_channel();
        let (partner, mut handed) = mpsc::unbounded_channel();
        for (id, text) in [(1, "you are a TWAT"), (2, "hello")] {
            let held = desk.holds(text);
            assert_eq!(held, id == 1);
            let frame = Utf8Bytes::from(text);
            let said = Said {
                number: 6,
                id,
                text: text.into(),
                held,
                frame,
                own: own.clone(),
                partner: Some(partner.clone()),
            };
            desk.write(said).await.unwrap();
        }
        assert_eq!(answers.recv().await.unwrap().as_str(), r#"{"op":"ok","id":1}"#);
        assert_eq!(answers.recv().await.unwrap().as_str(), r#"{"op":"ok","id":2}"#);
        assert_eq!(handed.recv().await.unwrap().as_str(), "hello");
        let file = Connection::open(folder.path().join("floor.db")).unwrap();
        let rows: i64 = file.query_row("SELECT count(*) FROM message WHERE pair = 3", [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 2);
    }
}
