//! Whether a file is a record that this program may write to: looked at before anything is written, so that what is refused
//! stays as it was.

use super::sqlite::{FILE, STEPS};
use super::{StoreError, newer_schema};
use rusqlite::{Connection, ErrorCode};
use std::collections::BTreeSet;

/// Refuses a record of a newer version, and a file whose tables are not those of the version that it names. Gives that version;
/// 0 for a file that is new.
pub(super) fn check(connection: &Connection) -> Result<usize, StoreError> {
    let known = STEPS.len();
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(advice)?;
    let version = usize::try_from(found).unwrap_or(usize::MAX);
    if version > known {
        return Err(newer_schema(found, i64::try_from(known).unwrap_or(i64::MAX)));
    }
    let model = Connection::open_in_memory()?;
    STEPS[..version].iter().try_for_each(|step| model.execute_batch(step))?;
    if parts(&model)? != parts(connection).map_err(advice)? {
        let advice = format!(
            "the tables in {FILE} do not fit its version (schema {found}): it was changed by hand, or is another program's; \
             leave it as it is, and put the newest backup in its place"
        );
        return Err(StoreError::new("open the record", advice));
    }
    Ok(version)
}

/// The names of its tables, indexes and triggers.
fn parts(connection: &Connection) -> rusqlite::Result<BTreeSet<(String, String)>> {
    let sql = "SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite%'";
    connection.prepare(sql)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// Why a record does not open, with what to do next where that is known.
pub(super) fn advice(error: rusqlite::Error) -> StoreError {
    let advice = match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => "is not a record; move it away, and put the newest backup in its place",
        Some(ErrorCode::DatabaseCorrupt) => "is damaged; leave it as it is, and put the newest backup in its place",
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            "cannot be written; its folder must be on a local disk, and writable by the server alone"
        }
        _ => return error.into(),
    };
    StoreError::new("open the record", format!("{FILE} {advice} ({error})"))
}
