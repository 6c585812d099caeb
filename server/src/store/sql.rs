//! One way of asking either database. A statement is written once, in the SQL that both understand, with `?1` for its first
//! parameter; here stands what differs below that: how values go in, how they come out, and whom they go to.

use super::StoreError;
use super::postgres::Session;
use rusqlite::types::ValueRef;
use tokio_postgres::types::{FromSql, Type};

/// A connection to the record, of either kind.
#[derive(Clone, Copy)]
pub(super) enum Link<'a> {
    /// To the embedded file.
    Sqlite(&'a rusqlite::Connection),
    /// To a server.
    Postgres(&'a Session),
}

impl Link<'_> {
    /// Runs a statement. Says how many rows it changed.
    pub(super) fn run(self, sql: &str, params: &[Value<'_>]) -> Result<u64, StoreError> {
        match self {
            Link::Sqlite(connection) => {
                let changed = connection.prepare_cached(sql)?.execute(rusqlite::params_from_iter(params))?;
                Ok(changed as u64)
            }
            Link::Postgres(session) => session.execute(sql, params),
        }
    }

    /// Runs a statement that adds one row or none. Says under which number, which stands in the column `key`. A server is asked for it; the file
    /// knows its last one, and for an answer to `RETURNING` would make a table each time.
    pub(super) fn add(self, sql: &str, key: &str, params: &[Value<'_>]) -> Result<Option<i64>, StoreError> {
        match self {
            Link::Sqlite(connection) => {
                let added = self.run(sql, params)?;
                Ok((added > 0).then(|| connection.last_insert_rowid()))
            }
            Link::Postgres(session) => {
                let rows = session.query(&format!("{sql} RETURNING {key}"), params)?;
                rows.first().map(|row| Row::Postgres(row).get(key)).transpose()
            }
        }
    }

    /// Asks, and hands each row to `read` until that says that it has enough.
    pub(super) fn ask(
        self,
        sql: &str,
        params: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<Next, StoreError>,
    ) -> Result<(), StoreError> {
        match self {
            Link::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(sql)?;
                let mut rows = statement.query(rusqlite::params_from_iter(params))?;
                while let Some(row) = rows.next()? {
                    if read(&Row::Sqlite(row))? == Next::Enough {
                        break;
                    }
                }
            }
            Link::Postgres(session) => {
                for row in &session.query(sql, params)? {
                    if read(&Row::Postgres(row))? == Next::Enough {
                        break;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Whether another row is wanted.
#[derive(PartialEq, Eq)]
pub(super) enum Next {
    /// It is.
    More,
    /// It is not.
    Enough,
}

/// A value on its way into a statement.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'a> {
    /// None.
    Null,
    /// A number, a time, or a truth as 0 or 1.
    Int(i64),
    /// Words, ids and JSON.
    Text(&'a str),
    /// Hashes and salts.
    Blob(&'a [u8]),
}

/// What may stand for a parameter.
pub(super) trait Param {
    /// As the databases take it.
    fn value(&self) -> Value<'_>;
}

macro_rules! number_params {
    ($($kind:ty),*) => { $(
        impl Param for $kind {
            fn value(&self) -> Value<'_> {
                // Numbers beyond what a database can hold are only ever bounds of a search.
                Value::Int(i64::try_from(*self).unwrap_or(i64::MAX))
            }
        }
    )* };
}
number_params!(i64, u64, u32, u8, usize);

impl Param for bool {
    fn value(&self) -> Value<'_> {
        Value::Int(i64::from(*self))
    }
}

impl Param for str {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl Param for String {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl<const N: usize> Param for [u8; N] {
    fn value(&self) -> Value<'_> {
        Value::Blob(self)
    }
}

impl Param for [u8] {
    fn value(&self) -> Value<'_> {
        Value::Blob(self)
    }
}

impl Param for Vec<u8> {
    fn value(&self) -> Value<'_> {
        Value::Blob(self)
    }
}

impl<T: Param + ?Sized> Param for &T {
    fn value(&self) -> Value<'_> {
        (**self).value()
    }
}

impl<T: Param> Param for Option<T> {
    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, Param::value)
    }
}

/// The parameters of a statement, in order.
macro_rules! params {
    ($($param:expr),* $(,)?) => { &[$($crate::store::sql::Param::value(&$param)),*] };
}
pub(super) use params;

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        Ok(match *self {
            Value::Null => rusqlite::types::Null.into(),
            Value::Int(number) => number.into(),
            Value::Text(text) => rusqlite::types::ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Value::Blob(bytes) => rusqlite::types::ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        })
    }
}

/// One row of an answer.
pub(super) enum Row<'a> {
    /// From the embedded file.
    Sqlite(&'a rusqlite::Row<'a>),
    /// From a server.
    Postgres(&'a tokio_postgres::Row),
}

impl Row<'_> {
    /// What a column holds, as the product has it.
    pub(super) fn get<T: Column>(&self, column: &str) -> Result<T, StoreError> {
        T::read(self.value(column)?).ok_or_else(|| StoreError::new(column, "not what this version stores there"))
    }

    /// The words of a column.
    pub(super) fn text(&self, column: &str) -> Result<&str, StoreError> {
        self.maybe_text(column)?.ok_or_else(|| StoreError::new(column, "no words where there must be some"))
    }

    /// The words of a column that may hold none.
    pub(super) fn maybe_text(&self, column: &str) -> Result<Option<&str>, StoreError> {
        match self.value(column)? {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text)),
            Value::Int(_) | Value::Blob(_) => Err(StoreError::new(column, "not words")),
        }
    }

    fn value(&self, column: &str) -> Result<Value<'_>, StoreError> {
        match self {
            Row::Sqlite(row) => match row.get_ref(column)? {
                ValueRef::Null => Ok(Value::Null),
                ValueRef::Integer(number) => Ok(Value::Int(number)),
                ValueRef::Text(bytes) => {
                    std::str::from_utf8(bytes).map(Value::Text).map_err(|e| StoreError::new(column, e))
                }
                ValueRef::Blob(bytes) => Ok(Value::Blob(bytes)),
                ValueRef::Real(_) => Err(StoreError::new(column, "a fraction, which nothing here is")),
            },
            Row::Postgres(row) => Ok(row.try_get::<_, Raw<'_>>(column)?.0),
        }
    }
}

/// What PostgreSQL sends for a column, of the few types that the record uses.
struct Raw<'a>(Value<'a>);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        let value = match *kind {
            Type::INT8 => Value::Int(i64::from_sql(kind, raw)?),
            Type::INT4 => Value::Int(i32::from_sql(kind, raw)?.into()),
            Type::BOOL => Value::Int(bool::from_sql(kind, raw)?.into()),
            Type::BYTEA => Value::Blob(raw),
            _ => Value::Text(std::str::from_utf8(raw)?),
        };
        Ok(Raw(value))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Raw(Value::Null))
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::INT8 | Type::INT4 | Type::BOOL | Type::BYTEA | Type::TEXT | Type::VARCHAR | Type::JSON)
    }
}

/// What a column may be read as.
pub(super) trait Column: Sized {
    /// Nothing, if the value is of another kind or out of range.
    fn read(value: Value<'_>) -> Option<Self>;
}

macro_rules! number_columns {
    ($($kind:ty),*) => { $(
        impl Column for $kind {
            fn read(value: Value<'_>) -> Option<Self> {
                match value {
                    Value::Int(number) => number.try_into().ok(),
                    Value::Null | Value::Text(_) | Value::Blob(_) => None,
                }
            }
        }
    )* };
}
number_columns!(i64, u64, u32, u8, usize);

impl Column for bool {
    fn read(value: Value<'_>) -> Option<Self> {
        i64::read(value).map(|number| number != 0)
    }
}

impl Column for String {
    fn read(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.to_owned()),
            Value::Null | Value::Int(_) | Value::Blob(_) => None,
        }
    }
}

impl<const N: usize> Column for [u8; N] {
    fn read(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Blob(bytes) => bytes.try_into().ok(),
            Value::Null | Value::Int(_) | Value::Text(_) => None,
        }
    }
}

impl Column for Vec<u8> {
    fn read(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Blob(bytes) => Some(bytes.to_vec()),
            Value::Null | Value::Int(_) | Value::Text(_) => None,
        }
    }
}

impl<T: Column> Column for Option<T> {
    fn read(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            Value::Int(_) | Value::Text(_) | Value::Blob(_) => T::read(value).map(Some),
        }
    }
}
