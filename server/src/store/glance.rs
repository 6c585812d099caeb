//! What a record says of itself to somebody who only asks whether it is well: nothing is made, brought forward or changed.

use super::postgres::{Address, Session};
use super::reader::Reader;
use super::sound::check;
use super::sql::{Link, params};
use super::{RECORD_FILE, StoreError, sqlite};
use handrail_domain::ids::LogN;
use handrail_domain::time::Timestamp;
use std::path::Path;

/// The end of a record's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glance {
    /// The number of its last line; 0 if there is none.
    pub last: LogN,
    /// When that was written, by the clock of the node that wrote it.
    pub at: Option<Timestamp>,
}

/// Looks at the record in this folder. Nothing, if there is none yet. Blocks.
///
/// # Errors
/// If it is damaged, of a newer version, or no record.
pub fn glance(folder: &Path) -> Result<Option<Glance>, StoreError> {
    if !folder.join(RECORD_FILE).exists() {
        return Ok(None);
    }
    let connection = sqlite::open_reader(folder)?;
    check(&connection)?;
    end(&Reader::new(Link::Sqlite(&connection))).map(Some)
}

/// Looks at the record on the server at this `postgres://` address. Nothing, if it has no tables yet. Blocks.
///
/// # Errors
/// If the server cannot be reached or asked.
pub fn glance_at(url: &str) -> Result<Option<Glance>, StoreError> {
    let session = Session::connect(&Address::parse(url)?)?;
    let reader = Reader::new(Link::Postgres(&session));
    let sql = "SELECT to_regclass('event') IS NOT NULL AS there";
    let there = reader.one(sql, params![], |row| row.get::<bool>("there"))?;
    if there == Some(true) { end(&reader).map(Some) } else { Ok(None) }
}

fn end(reader: &Reader<'_>) -> Result<Glance, StoreError> {
    let last = reader.one("SELECT n, at FROM event ORDER BY n DESC LIMIT 1", params![], |row| {
        Ok(Glance { last: row.get("n")?, at: Some(Timestamp(row.get("at")?)) })
    })?;
    Ok(last.unwrap_or(Glance { last: 0, at: None }))
}
