//! Checkpoints as they are written: every thousand lines of the log, or every minute if there was any, to a file that is only
//! added to, to the server's own log, and to whoever keeps a copy over Redis. A copy outside of this machine is what proves later
//! that the log was neither cut nor written anew. A checkpoint is signed after its line is durable, never before.

use super::key::SigningKey;
use crate::bus::Bus;
use crate::store::Store;
use anyhow::Context;
use handrail_domain::checkpoint::{Checkpoint, NOTE_BYTES_MAX, NotACheckpoint, Note};
use handrail_domain::event::Hash;
use handrail_domain::ids::LogN;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;

/// Their file in the data folder.
pub const CHECKPOINTS_FILE: &str = "checkpoints.txt";
/// So many lines of the log call for a checkpoint.
const EVERY_LINES: u64 = 1_000;
/// So much time does, if there was a line.
const EVERY: Duration = Duration::from_secs(60);
/// What is read of a file's end to find the last checkpoint, in bytes.
const END_BYTES: u64 = 4 * NOTE_BYTES_MAX as u64;

/// The file, with the key that signs.
pub struct Book {
    file: File,
    key: SigningKey,
    epoch: String,
    last: Option<Checkpoint>,
}

impl Book {
    /// The checkpoints of this data folder, for a record of that epoch. What a crash left of a last one is taken away.
    pub fn open(folder: &Path, epoch: &str) -> anyhow::Result<Self> {
        let key = SigningKey::open(folder)?;
        let path = folder.join(CHECKPOINTS_FILE);
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .open(&path)
            .with_context(|| format!("the checkpoints in {}", path.display()))?;
        let length = file.metadata()?.len();
        let from = length.saturating_sub(END_BYTES);
        file.seek(SeekFrom::Start(from))?;
        let mut end = Vec::new();
        file.read_to_end(&mut end)?;
        let ends = note_ends(&end);
        let good = ends.last().map_or(if from == 0 { 0 } else { length }, |at| from + *at as u64);
        if good < length {
            file.set_len(good)?;
        }
        let begins = ends.len().checked_sub(2).and_then(|at| ends.get(at).copied()).unwrap_or(0);
        let last = ends.last().and_then(|at| std::str::from_utf8(end.get(begins..*at)?).ok());
        let last = last.and_then(|note| Note::parse(note.strip_suffix('\n')?).ok()).map(|note| note.checkpoint);
        Ok(Self { file, key, epoch: epoch.to_owned(), last: last.filter(|last| last.epoch == epoch) })
    }

    /// The last checkpoint of this epoch.
    pub fn last(&self) -> Option<&Checkpoint> {
        self.last.as_ref()
    }

    /// The line of the last checkpoint; 0 if there is none.
    fn written(&self) -> LogN {
        self.last.as_ref().map_or(0, |last| last.n)
    }

    /// Signs the end of the log, and gives the note once it is durable. Nothing if there is nothing new.
    fn add(&mut self, n: LogN, hash: Hash) -> anyhow::Result<Option<String>> {
        if n <= self.written() {
            return Ok(None);
        }
        let note = self.key.sign(n, hash, &self.epoch);
        self.file.write_all(format!("{note}\n").as_bytes())?;
        self.file.sync_data()?;
        self.last = Note::parse(&note).ok().map(|note| note.checkpoint);
        Ok(Some(note))
    }
}

/// Where notes end in a piece of a file: behind the empty line after a signature.
fn note_ends(bytes: &[u8]) -> Vec<usize> {
    let signature = "— ".as_bytes();
    let mut ends = Vec::new();
    let mut line = 0;
    let mut after_signature = false;
    for at in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at) {
        if at == line && after_signature {
            ends.push(at + 1);
        }
        after_signature = bytes[line..at].starts_with(signature);
        line = at + 1;
    }
    ends
}

/// The notes of a file, one after the other.
pub(super) struct Notes<R>(R);

impl<R: BufRead> Notes<R> {
    /// The notes in what is read here.
    pub(super) fn new(from: R) -> Self {
        Self(from)
    }

    /// The next note as it stands there; nothing at the end. What a crash left of a last one counts as the end.
    fn read(&mut self) -> anyhow::Result<Option<String>> {
        let (mut note, mut signed) = (String::new(), false);
        loop {
            let mut line = Vec::new();
            (&mut self.0).take(NOTE_BYTES_MAX as u64 + 1).read_until(b'\n', &mut line)?;
            if line.len() <= NOTE_BYTES_MAX && !line.ends_with(b"\n") {
                return Ok(None);
            }
            let line = String::from_utf8(line).map_err(|_| NotACheckpoint)?;
            if line == "\n" && signed {
                return Ok(Some(note));
            }
            signed = line.starts_with("— ");
            note.push_str(&line);
            if note.len() > NOTE_BYTES_MAX {
                return Err(NotACheckpoint.into());
            }
        }
    }
}

impl<R: BufRead> Iterator for Notes<R> {
    type Item = anyhow::Result<Note>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().map(|note| note.map(|note| Ok(Note::parse(&note)?))).unwrap_or_else(|error| Some(Err(error)))
    }
}

/// Signs checkpoints while the server runs.
pub struct Checkpoints {
    store: Store,
    bus: Bus,
    book: tokio::sync::Mutex<Option<Book>>,
}

impl Checkpoints {
    /// Over this record, into this book.
    pub fn new(store: Store, bus: Bus, book: Book) -> Self {
        Self { store, bus, book: tokio::sync::Mutex::new(Some(book)) }
    }

    /// Signs when there is something to sign. Never ends.
    pub async fn keep(&self) {
        let mut commits = self.store.commits();
        let mut minute = tokio::time::interval(EVERY);
        minute.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut written = self.sign().await;
        loop {
            tokio::select! {
                _tick = minute.tick() => written = self.sign().await,
                commit = commits.recv() => match commit {
                    Ok(lines) if lines.last().is_some_and(|last| last.n < written + EVERY_LINES) => (),
                    Ok(_) | Err(RecvError::Lagged(_)) => written = self.sign().await,
                    Err(RecvError::Closed) => return,
                },
            }
        }
    }

    /// Signs the end of the log as it is now. Says up to which line there are checkpoints. What cannot be written is tried again
    /// next time: the log is whole without them.
    pub async fn sign(&self) -> LogN {
        let mut place = self.book.lock().await;
        let Some(mut book) = place.take() else { return 0 };
        let head = self.store.read(|record| record.log_end()).await;
        let signed = tokio::task::spawn_blocking(move || {
            let note = head.map_err(anyhow::Error::from).and_then(|(n, hash)| book.add(n, hash));
            (book, note)
        });
        let (book, note) = match signed.await {
            Ok(done) => done,
            Err(error) => {
                tracing::error!(%error, "checkpoints cannot be signed any more");
                return LogN::MAX;
            }
        };
        let written = book.written();
        *place = Some(book);
        match note {
            Ok(Some(signed)) => {
                tracing::info!(n = written, checkpoint = %signed, "a checkpoint of the log");
                self.bus.checkpoint(written, &signed);
            }
            Ok(None) => (),
            Err(error) => {
                tracing::error!(%error, "a checkpoint could not be written; the next one is tried in a minute")
            }
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::key::is_signed;
    use std::io::BufReader;

    fn notes(folder: &Path) -> Vec<Note> {
        let file = File::open(folder.join(CHECKPOINTS_FILE)).unwrap();
        Notes::new(BufReader::new(file)).collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn checkpoints_are_added_only_signed_and_read_back_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let mut book = Book::open(folder.path(), "one").unwrap();
        assert!(book.last().is_none());
        for n in [3, 900, 2_000] {
            assert!(book.add(n, [n as u8; 32]).unwrap().is_some());
            assert!(book.add(n, [n as u8; 32]).unwrap().is_none(), "nothing new, nothing signed");
        }
        let book = Book::open(folder.path(), "one").unwrap();
        assert_eq!(book.last().map(|last| (last.n, last.hash)), Some((2_000, [208; 32])));
        let all = notes(folder.path());
        assert_eq!(all.iter().map(|note| note.checkpoint.n).collect::<Vec<_>>(), [3, 900, 2_000]);
        assert!(all.iter().all(|note| is_signed(note, book.key.public())));
        assert!(Book::open(folder.path(), "two").unwrap().last().is_none(), "another epoch has another past");
    }

    #[test]
    fn what_a_crash_left_of_a_checkpoint_is_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(CHECKPOINTS_FILE);
        let mut book = Book::open(folder.path(), "one").unwrap();
        book.add(1, [1; 32]).unwrap();
        book.add(2, [2; 32]).unwrap();
        let whole = std::fs::read(&path).unwrap();
        let one = note_ends(&whole)[0];
        for cut in one..whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            assert_eq!(notes(folder.path()).len(), 1, "at {cut}");
            let mut book = Book::open(folder.path(), "one").unwrap();
            assert_eq!(book.last().map(|last| last.n), Some(1), "at {cut}");
            book.add(5, [5; 32]).unwrap();
            assert_eq!(notes(folder.path()).iter().map(|note| note.checkpoint.n).collect::<Vec<_>>(), [1, 5]);
        }
    }

    #[test]
    fn a_file_of_something_else_is_no_checkpoints() {
        for bad in ["hello\n\n— x y\n\n", &"a".repeat(10_000), "— \n\n"] {
            assert!(Notes::new(bad.as_bytes()).next().is_some_and(|note| note.is_err()), "{}", bad.len());
        }
    }
}
