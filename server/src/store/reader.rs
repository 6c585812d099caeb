//! Reading the record. Every question stands in the file of its noun; here is what they share.

use super::StoreError;
use handrail_domain::ids::NotAnId;
use rusqlite::{Connection, Params, Row};

/// A look at the record: inside an act it sees what the act wrote, beside the writer it sees one committed state.
pub struct Reader<'a> {
    connection: &'a Connection,
}

impl<'a> Reader<'a> {
    pub(super) fn new(connection: &'a Connection) -> Self {
        Self { connection }
    }

    pub(super) fn connection(&self) -> &'a Connection {
        self.connection
    }

    /// The first row of an answer, if there is one.
    pub(super) fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        rows.next()?.map(read).transpose()
    }

    /// Every row of an answer; the question bounds how many.
    pub(super) fn many<T>(
        &self,
        sql: &str,
        params: impl Params,
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(read(row)?);
        }
        Ok(all)
    }
}

/// An id out of a column.
pub(super) fn id<T: std::str::FromStr<Err = NotAnId>>(row: &Row<'_>, column: &str) -> Result<T, StoreError> {
    let text = row.get_ref(column)?.as_str().map_err(|e| StoreError::new(column, e))?;
    text.parse().map_err(|e: NotAnId| StoreError::new(column, e))
}

/// An id out of a column that may be null.
pub(super) fn maybe_id<T: std::str::FromStr<Err = NotAnId>>(
    row: &Row<'_>,
    column: &str,
) -> Result<Option<T>, StoreError> {
    let value = row.get_ref(column)?;
    match value.as_str_or_null().map_err(|e| StoreError::new(column, e))? {
        Some(text) => text.parse().map(Some).map_err(|e: NotAnId| StoreError::new(column, e)),
        None => Ok(None),
    }
}

/// A word out of a column, as the value it stands for.
pub(super) fn word<T>(row: &Row<'_>, column: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, StoreError> {
    let text = row.get_ref(column)?.as_str().map_err(|e| StoreError::new(column, e))?;
    parse(text).ok_or_else(|| StoreError::new(column, "a word that this version does not know"))
}
