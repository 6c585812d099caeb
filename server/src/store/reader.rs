//! Reading the record. Every question stands in the file of its noun; here is what they share.

use super::StoreError;
use super::known::Known;
use super::sql::{Link, Next, Row, Value};
use handrail_domain::ids::NotAnId;
use std::cell::RefCell;

/// A look at the record: inside an act it sees what the act wrote, beside the writer it sees one committed state.
pub struct Reader<'a> {
    link: Link<'a>,
    known: Option<&'a RefCell<Known>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(link: Link<'a>) -> Self {
        Self { link, known: None }
    }

    /// A look from inside an act, with what the writer knows.
    pub(super) fn knowing(link: Link<'a>, known: &'a RefCell<Known>) -> Self {
        Self { link, known: Some(known) }
    }

    /// What is known, or else what is loaded now and then known.
    pub(super) fn known<T: PartialEq + std::fmt::Debug>(
        &self,
        recall: impl Fn(&Known) -> Option<T>,
        learn: impl Fn(&mut Known, &T),
        load: impl Fn() -> Result<Option<T>, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let Some(known) = self.known else { return load() };
        if let Some(found) = recall(&known.borrow()) {
            // In tests every answer from memory is held against the record.
            debug_assert_eq!(Some(&found), load()?.as_ref(), "what is known is old");
            return Ok(Some(found));
        }
        let loaded = load()?;
        if let Some(loaded) = &loaded {
            learn(&mut known.borrow_mut(), loaded);
        }
        Ok(loaded)
    }

    /// Changes what is known.
    pub(super) fn learn(&self, change: impl FnOnce(&mut Known)) {
        if let Some(known) = self.known {
            change(&mut known.borrow_mut());
        }
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
