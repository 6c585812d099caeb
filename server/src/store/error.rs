//! What goes wrong with the record, and how bad that is.

use handrail_domain::refusal::{Code, Refusal};
use rusqlite::ErrorCode;
use std::fmt;
use tokio_postgres::error::SqlState;

/// The world got in the way of the record.
#[derive(Debug)]
pub struct StoreError {
    pub(super) what: String,
    pub(super) cause: Cause,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// One statement failed; the act is undone.
    Act,
    /// No space, another process has the record, or its server is away: the batch is undone, and a later one may succeed.
    Wait,
    /// The disk failed: nothing may be acknowledged any more.
    Disk,
}

impl StoreError {
    /// What was being tried, and what came of it.
    pub fn new(what: &str, error: impl fmt::Display) -> Self {
        Self { what: format!("{what}: {error}"), cause: Cause::Act }
    }

    /// The same for what may go by itself.
    pub(super) fn wait(what: &str, error: impl fmt::Display) -> Self {
        Self { cause: Cause::Wait, ..Self::new(what, error) }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for StoreError {}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let cause = match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Cause::Wait,
            Some(ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt | ErrorCode::ReadOnly) => Cause::Disk,
            _ => Cause::Act,
        };
        Self { what: error.to_string(), cause }
    }
}

impl From<tokio_postgres::Error> for StoreError {
    /// The server's message, never its detail, which quotes what was stored. Classes of
    /// <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(said) = error.as_db_error() else {
            return Self::wait("talk to the database server", error);
        };
        let code = said.code();
        let cause = match code.code().get(..2) {
            // Connection, transaction rolled back, resources (a full disk too), shut down or starting.
            Some("08" | "40" | "53" | "57") => Cause::Wait,
            Some("58" | "XX") => Cause::Disk,
            // A standby, until it is promoted; a lock that took too long; a session that was ended for being idle.
            _ if [
                SqlState::READ_ONLY_SQL_TRANSACTION,
                SqlState::LOCK_NOT_AVAILABLE,
                SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
            ]
            .contains(code) =>
            {
                Cause::Wait
            }
            _ => Cause::Act,
        };
        Self { what: format!("{} ({})", said.message(), code.code()), cause }
    }
}

/// Why an act was not done: the product said no, or the record could not.
#[derive(Debug)]
pub enum Failure {
    /// An expected no.
    Refused(Refusal),
    /// The record failed; nothing of the act remains.
    Store(StoreError),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Failure::Refused(refusal)
    }
}

impl From<Code> for Failure {
    fn from(code: Code) -> Self {
        Failure::Refused(code.into())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure::Store(error)
    }
}

impl From<Failure> for Refusal {
    /// What the user is told: the expected no, or that it could not be taken just now. The cause is logged where it arose.
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => refusal,
            Failure::Store(_) => Code::Unavailable.into(),
        }
    }
}
