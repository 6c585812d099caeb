//! The record as it is written out for somebody: all of a conversation, and all of an account, page by page.

use super::StoreError;
use super::messages::{MESSAGE, message};
use super::reader::{Reader, id, maybe_id};
use super::sql::params;
use handrail_domain::conversation::Message;
use handrail_domain::event::{Hash, SessionAct, What};
use handrail_domain::ids::{AccountId, ConversationId, ItemId, LogN};
use handrail_domain::time::Timestamp;

/// A line of the log as it is written out.
#[derive(Debug, Clone)]
pub struct ExportedLine {
    /// Its number.
    pub n: LogN,
    /// When.
    pub at: Timestamp,
    /// The word of what happened.
    pub kind: String,
    /// Who did it.
    pub actor: Option<AccountId>,
    /// What happened, as JSON.
    pub data: String,
    /// Its hash.
    pub hash: Hash,
}

/// When something began and ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// Its beginning.
    pub began: Timestamp,
    /// Its end, if it has one.
    pub ended: Option<Timestamp>,
}

impl Reader<'_> {
    /// A page of all that was said in a conversation, whatever became of it, after a row, in the order of the record; each with
    /// its row.
    pub fn said_in(
        &self,
        conversation: ConversationId,
        after: i64,
        limit: usize,
    ) -> Result<Vec<(i64, Message)>, StoreError> {
        let sql = format!(
            "SELECT {MESSAGE} FROM message WHERE conversation = ?1 AND message.row > ?2 ORDER BY message.row LIMIT ?3"
        );
        self.many(&sql, params![conversation.to_string(), after, limit], |row| Ok((row.get("row")?, message(row)?)))
    }

    /// A page of the items of a conversation, after an id.
    pub fn items_in(&self, conversation: ConversationId, after: &str, limit: usize) -> Result<Vec<ItemId>, StoreError> {
        let sql = "SELECT id FROM item WHERE conversation = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
        self.many(sql, params![conversation.to_string(), after, limit], |row| id(row, "id"))
    }

    /// A page of the log's lines about a conversation, after a number. Walks the log.
    pub fn lines_about(
        &self,
        conversation: ConversationId,
        after: LogN,
        limit: usize,
    ) -> Result<Vec<ExportedLine>, StoreError> {
        let sql =
            "SELECT n, at, kind, actor, data, hash FROM event WHERE conversation = ?1 AND n > ?2 ORDER BY n LIMIT ?3";
        self.many(sql, params![conversation.to_string(), after, limit], |row| {
            Ok(ExportedLine {
                n: row.get("n")?,
                at: Timestamp(row.get("at")?),
                kind: row.get("kind")?,
                actor: maybe_id(row, "actor")?,
                data: row.get("data")?,
                hash: row.get("hash")?,
            })
        })
    }

    /// A page of an account's signing in and out, after a number. Walks the log.
    pub fn sign_ins(
        &self,
        account: AccountId,
        after: LogN,
        limit: usize,
    ) -> Result<Vec<(LogN, Timestamp, SessionAct)>, StoreError> {
        let sql = "SELECT n, at, data FROM event
            WHERE kind = 'session' AND data ->> 'account' = ?1 AND n > ?2 ORDER BY n LIMIT ?3";
        self.many(sql, params![account.to_string(), after, limit], |row| {
            let what = serde_json::from_str(row.text("data")?).map_err(|e| StoreError::new("read an event", e))?;
            let What::Session { act, .. } = what else {
                return Err(StoreError::new("read an event", "it is not about a session"));
            };
            Ok((row.get("n")?, Timestamp(row.get("at")?), act))
        })
    }

    /// An account's sessions that go on: when each began, and when it ends unless it is used.
    pub fn sessions_of(&self, account: AccountId) -> Result<Vec<Times>, StoreError> {
        let sql = "SELECT created_at, expires_at FROM session WHERE account = ?1 ORDER BY created_at LIMIT 1000";
        self.many(sql, params![account.to_string()], |row| {
            let ended = row.get::<Option<i64>>("expires_at")?.map(Timestamp);
            Ok(Times { began: Timestamp(row.get("created_at")?), ended })
        })
    }

    /// When an account was made.
    pub fn account_made(&self, account: AccountId) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT created_at FROM account WHERE id = ?1";
        self.one(sql, params![account.to_string()], |row| Ok(Timestamp(row.get("created_at")?)))
    }

    /// When a conversation began and ended.
    pub fn conversation_times(&self, of: ConversationId) -> Result<Option<Times>, StoreError> {
        self.one("SELECT created_at, ended_at FROM conversation WHERE id = ?1", params![of.to_string()], |row| {
            let ended = row.get::<Option<i64>>("ended_at")?.map(Timestamp);
            Ok(Times { began: Timestamp(row.get("created_at")?), ended })
        })
    }
}
