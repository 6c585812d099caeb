//! Reading the record. Every question stands in the file of its noun; here is what they share.

use super::StoreError;
use super::sql::{Link, Next, Row, Value};
use handrail_domain::ids::NotAnId;

/// A look at the record: inside an act it sees what the act wrote, beside the writer it sees one committed state.
pub struct Reader<'a> {
    link: Link<'a>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(link: Link<'a>) -> Self {
        Self { link }
    }

    pub(super) fn link(&self) -> Link<'a> {
        self.link
    }

    /// The first row of an answer, if there is one.
    pub(super) fn one<T>(
        &self,
        sql: &str,
        params: &[Value<'_>],
        read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut first = None;
        self.link.ask(sql, params, |row| {
            first = Some(read(row)?);
            Ok(Next::Enough)
        })?;
        Ok(first)
    }

    /// Every row of an answer; the question bounds how many.
    pub(super) fn many<T>(
        &self,
        sql: &str,
        params: &[Value<'_>],
        read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut all = Vec::new();
        self.link.ask(sql, params, |row| {
            all.push(read(row)?);
            Ok(Next::More)
        })?;
        Ok(all)
    }
}

/// An id out of a column.
pub(super) fn id<T: std::str::FromStr<Err = NotAnId>>(row: &Row<'_>, column: &str) -> Result<T, StoreError> {
    row.text(column)?.parse().map_err(|e: NotAnId| StoreError::new(column, e))
}

/// An id out of a column that may be null.
pub(super) fn maybe_id<T: std::str::FromStr<Err = NotAnId>>(
    row: &Row<'_>,
    column: &str,
) -> Result<Option<T>, StoreError> {
    let text = row.maybe_text(column)?;
    text.map(|text| text.parse().map_err(|e: NotAnId| StoreError::new(column, e))).transpose()
}

/// A word out of a column, as the value it stands for.
pub(super) fn word<T>(row: &Row<'_>, column: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, StoreError> {
    parse(row.text(column)?).ok_or_else(|| StoreError::new(column, "a word that this version does not know"))
}
