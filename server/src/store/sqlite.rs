//! SQLite, embedded: WAL, `synchronous=FULL`, one writer, read-only connections beside it. The bundled version is newer than
//! the WAL-reset fault that was mended in 3.51.3.

use super::StoreError;
use super::feed::{Entry, Feeds, Head, Logged};
use super::known::Known;
use super::reader::Reader;
use super::sound::{advice, check};
use super::sql::{Link, Value, params};
use super::tx::{Sealed, Unsealed, seal};
use handrail_domain::event::{GENESIS, Hash};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

/// The record's file in its folder.
pub const RECORD_FILE: &str = "handrail.db";
pub(super) use RECORD_FILE as FILE;
/// What makes the tables, step by step: a record of an older version is brought forward by the steps that it lacks.
pub(super) const STEPS: [&str; 13] = [
    include_str!("schema/sqlite-1.sql"),
    include_str!("schema/sqlite-2.sql"),
    include_str!("schema/sqlite-3.sql"),
    include_str!("schema/sqlite-4.sql"),
    include_str!("schema/sqlite-5.sql"),
    include_str!("schema/sqlite-6.sql"),
    include_str!("schema/sqlite-7.sql"),
    include_str!("schema/sqlite-8.sql"),
    include_str!("schema/sqlite-9.sql"),
    include_str!("schema/sqlite-10.sql"),
    include_str!("schema/sqlite-11.sql"),
    include_str!("schema/sqlite-12.sql"),
    include_str!("schema/sqlite-13.sql"),
];
/// How long another process may hold the file before an act is refused.
const BUSY: Duration = Duration::from_secs(5);
/// Memory for the writer's pages, in KiB: of what a batch touches, only client ids that do not begin with the time lie far apart. More
/// costs more, since SQLite walks all of it at the end of a batch in which a page of an index was split.
const WRITER_CACHE_KIB: i64 = 24 * 1_024;
/// Pages in the write-ahead log before they are copied into the file: 64 MiB. A page that changes often is then copied once. A full
/// batch touches some 2,000 pages, so a quarter of that would copy most of them every second batch.
const CHECKPOINT_PAGES: i64 = 16_384;
/// Prepared statements kept per connection.
const STATEMENTS: usize = 128;

/// The writer's side of the file.
pub(super) struct Sqlite {
    connection: Connection,
    head: Head,
    feeds: Feeds,
    /// SQLite's count of other processes' commits: when it moves, what we remember is old.
    seen_version: i64,
}

impl Sqlite {
    /// Opens the file in this folder, or makes it.
    pub(super) fn open(folder: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder).map_err(|e| StoreError::new("make the data folder", e))?;
        let mut connection = Connection::open(folder.join(FILE)).map_err(advice)?;
        check(&connection)?;
        prepare_writer(&connection)?;
        migrate(&mut connection)?;
        let head = load_head(&connection)?;
        let seen_version = data_version(&connection)?;
        Ok(Self { connection, head, feeds: Feeds::default(), seen_version })
    }

    pub(super) fn link(&self) -> Link<'_> {
        Link::Sqlite(&self.connection)
    }

    pub(super) fn begin(&mut self, known: &mut Known) -> Result<(), StoreError> {
        self.control("BEGIN IMMEDIATE")?;
        let version = data_version(&self.connection)?;
        if version != self.seen_version {
            self.seen_version = version;
            self.forget();
            known.forget();
            self.head = load_head(&self.connection)?;
        }
        Ok(())
    }

    /// Numbers and chains the batch's lines and writes them.
    pub(super) fn seal(&mut self, lines: Vec<Unsealed>) -> Result<Vec<Logged>, StoreError> {
        let reader = Reader::new(Link::Sqlite(&self.connection));
        for owner in self.feeds.unknown(lines.iter().flat_map(Unsealed::owners)) {
            self.feeds.learn(owner, reader.feed_end(owner)?);
        }
        let sealed = seal(&mut self.head, &mut self.feeds, lines);
        write_lines(self.link(), &sealed)?;
        write_ends(self.link(), &sealed)?;
        Ok(sealed.into_iter().map(Logged::from).collect())
    }

    /// Runs one of the words that begin and end transactions and their parts.
    pub(super) fn control(&self, word: &str) -> Result<(), StoreError> {
        self.connection.prepare_cached(word)?.execute([])?;
        Ok(())
    }

    /// Undoes whatever is under way, and forgets what it had learned. Says whether that went well.
    pub(super) fn roll_back(&mut self) -> bool {
        let undone = self.connection.is_autocommit() || self.connection.execute_batch("ROLLBACK").is_ok();
        self.forget();
        match load_head(&self.connection) {
            Ok(head) => self.head = head,
            Err(_) => return false,
        }
        undone
    }

    fn forget(&mut self) {
        self.feeds.clear();
    }
}

/// Rows of one table on their way into the file, many with each statement: what a statement costs beside its rows is more than one row.
struct Rows {
    /// The statement up to its rows, and what comes behind them.
    into: &'static str,
    behind: &'static str,
    /// How many values a row has.
    columns: usize,
}

const EVENTS: Rows = Rows {
    into: "INSERT INTO event (n, at, kind, site, conversation, message, actor, data, body, body_digest, hash) VALUES",
    behind: "",
    columns: 11,
};
const FEEDS: Rows = Rows { into: r#"INSERT INTO feed (n, owner, "offset", before) VALUES"#, behind: "", columns: 4 };
const ENDS: Rows = Rows {
    into: "INSERT INTO feed_head (owner, n) VALUES",
    behind: "ON CONFLICT (owner) DO UPDATE SET n = excluded.n",
    columns: 2,
};
/// How many rows a statement may have: a few numbers, so that each statement is prepared once and kept.
const ROWS_A_STATEMENT: [usize; 4] = [32, 8, 2, 1];

impl Rows {
    /// Adds the rows with these values, one row after the other.
    fn add(&self, link: Link<'_>, mut values: &[Value<'_>]) -> Result<(), StoreError> {
        for rows in ROWS_A_STATEMENT {
            let width = rows * self.columns;
            let (now, rest) = values.split_at(values.len() - values.len() % width);
            if !now.is_empty() {
                let sql = self.statement(rows);
                now.chunks_exact(width).try_for_each(|some| link.run(&sql, some).map(drop))?;
            }
            values = rest;
        }
        Ok(())
    }

    fn statement(&self, rows: usize) -> String {
        let row = format!("({})", vec!["?"; self.columns].join(", "));
        format!("{} {} {}", self.into, vec![row; rows].join(", "), self.behind)
    }
}

/// A number that the file can hold: none that we count comes near its end.
fn int(number: u64) -> Value<'static> {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

fn maybe(id: Option<&String>) -> Value<'_> {
    id.map_or(Value::Null, |id| Value::Text(id))
}

fn write_lines(link: Link<'_>, sealed: &[Sealed]) -> Result<(), StoreError> {
    let events = sealed.iter().flat_map(|sealed| {
        let line = &sealed.line;
        [
            int(sealed.n),
            Value::Int(line.event.at.0),
            Value::Text(line.event.what.kind()),
            Value::Text(&line.site),
            maybe(line.conversation.as_ref()),
            maybe(line.message.as_ref()),
            maybe(line.actor.as_ref()),
            Value::Text(&line.data),
            line.body.map_or(Value::Null, |body| Value::Int(body.row)),
            line.body.as_ref().map_or(Value::Null, |body| Value::Blob(&body.digest)),
            Value::Blob(&sealed.hash),
        ]
    });
    EVENTS.add(link, &events.collect::<Vec<_>>())?;
    let entries =
        sealed.iter().flat_map(|line| line.feeds.iter().map(|entry| (line.n, entry.owner.to_string(), entry)));
    let entries: Vec<(u64, String, &Entry)> = entries.collect();
    let feeds = entries
        .iter()
        .flat_map(|(n, owner, entry)| [int(*n), Value::Text(owner), int(entry.offset), int(entry.before)]);
    FEEDS.add(link, &feeds.collect::<Vec<_>>())
}

/// Each feed of these lines ends at the last of them that entered it.
fn write_ends(link: Link<'_>, sealed: &[Sealed]) -> Result<(), StoreError> {
    let mut ends = HashMap::new();
    for line in sealed {
        ends.extend(line.feeds.iter().map(|entry| (entry.owner, line.n)));
    }
    let mut ends: Vec<(String, u64)> = ends.into_iter().map(|(owner, n)| (owner.to_string(), n)).collect();
    // In the order in which the file has them.
    ends.sort_unstable();
    let ends = ends.iter().flat_map(|(owner, n)| [Value::Text(owner), int(*n)]);
    ENDS.add(link, &ends.collect::<Vec<_>>())
}

/// What every connection is told: statements are kept, and keep the plan that they were prepared with. Otherwise SQLite plans
/// a statement anew for each other value of a parameter in its `LIMIT`, which costs more than running it.
fn prepare(connection: &Connection) -> Result<(), StoreError> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.busy_timeout(BUSY)?;
    Ok(())
}

fn prepare_writer(connection: &Connection) -> Result<(), StoreError> {
    prepare(connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    // What is erased is overwritten, not only let go.
    connection.pragma_update(None, "secure_delete", "ON")?;
    Ok(())
}

/// What a copy of the record is: where its log ends, in which epoch, with which tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// The epoch.
    pub epoch: String,
    /// The log's last line.
    pub n: u64,
    /// Its hash.
    pub hash: Hash,
    /// Which tables these are.
    pub schema: i64,
}

/// Copies the record as it is at one moment, beside whoever reads and writes, without what was let go in it.
pub(super) fn copy(folder: &Path, to: &Path) -> Result<Copied, StoreError> {
    let path = to.join(FILE);
    let text = path.to_str().ok_or_else(|| StoreError::new("copy the record", "the folder's name is not UTF-8"))?;
    let connection = open_reader(folder)?;
    // The copy inherits it: without, unused parts of its pages would keep old words that no later erasure finds.
    connection.pragma_update(None, "secure_delete", "ON")?;
    connection.execute("VACUUM INTO ?1", [text]).map_err(|e| StoreError::new("copy the record", e))?;
    let synced = std::fs::File::open(&path).and_then(|file| file.sync_all());
    synced.map_err(|e| StoreError::new("copy the record", e))?;
    inspect(to)
}

/// What the record in this folder is. Nothing of it is changed.
pub fn inspect(folder: &Path) -> Result<Copied, StoreError> {
    let connection = open_reader(folder)?;
    let Head { n, hash } = load_head(&connection)?;
    let epoch = connection.query_row("SELECT value FROM meta WHERE key = 'epoch'", [], |row| row.get(0))?;
    let schema = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    Ok(Copied { epoch, n, hash, schema })
}

/// Whether anybody has the record in this folder open. Who has it open keeps its log of pages; so it is tried to do without one.
pub fn is_in_use(folder: &Path) -> Result<bool, StoreError> {
    let path = folder.join(FILE);
    if !path.exists() {
        return Ok(false);
    }
    let connection = Connection::open(path).map_err(|e| StoreError::new("open the record", e))?;
    connection.busy_timeout(Duration::ZERO)?;
    match connection.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get::<_, String>(0)) {
        Ok(mode) => Ok(mode != "delete"),
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// Nobody else writes to the file while this is there.
pub struct Lock {
    _connection: Connection,
}

/// Keeps everybody else from writing to the record in this folder, as a disk that does not answer would. Blocks.
///
/// # Errors
/// If there is no record, or somebody writes to it for too long.
pub fn lock(folder: &Path) -> Result<Lock, StoreError> {
    let connection = Connection::open(folder.join(FILE)).map_err(|e| StoreError::new("hold the record", e))?;
    connection.busy_timeout(BUSY)?;
    connection.execute_batch("BEGIN IMMEDIATE")?;
    Ok(Lock { _connection: connection })
}

/// Writes the file anew without what was let go in it, and empties the log of pages beside it. Says whether both could be done.
pub(super) fn scrub(folder: &Path) -> Result<bool, StoreError> {
    let connection = Connection::open(folder.join(FILE)).map_err(|e| StoreError::new("open the record", e))?;
    prepare_writer(&connection)?;
    // `secure_delete` overwrites what is deleted, not what a page keeps in its unused part after it was split or packed.
    if let Err(error) = connection.execute_batch("VACUUM") {
        tracing::warn!(%error, "the record could not be written anew after an erasure; erase again to try once more");
        return Ok(false);
    }
    let emptied = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0))?;
    Ok(emptied == 0)
}

/// A connection that only reads.
pub(super) fn open_reader(folder: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(folder.join(FILE), flags)
        .map_err(|e| StoreError::new("open the record to read", e))?;
    prepare(&connection)?;
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let tx = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    // Looked at again, now that nobody else can change it.
    let found = check(&tx)?;
    for step in &STEPS[found..] {
        tx.execute_batch(step).map_err(|e| StoreError::new("make the tables", e))?;
    }
    if found == 0 {
        let epoch = crate::fresh::token(6);
        tx.execute("INSERT INTO meta (key, value) VALUES ('epoch', ?1)", [epoch])?;
    }
    if found < STEPS.len() {
        tx.pragma_update(None, "user_version", STEPS.len())?;
    }
    tx.commit().map_err(|e| StoreError::new("make the tables", e))
}

/// The log's last line.
fn load_head(connection: &Connection) -> Result<Head, StoreError> {
    let reader = Reader::new(Link::Sqlite(connection));
    let last = reader.one("SELECT n, hash FROM event ORDER BY n DESC LIMIT 1", params![], |row| {
        Ok(Head { n: row.get("n")?, hash: row.get("hash")? })
    })?;
    Ok(last.unwrap_or(Head { n: 0, hash: GENESIS }))
}

fn data_version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?)
}
