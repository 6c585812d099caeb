//! Erasure and legal holds in the record. What is erased is set to null, or to nothing where a column must hold something; rows,
//! digests and the log stay.

use super::linked::{END, told};
use super::reader::{Reader, id, maybe_id};
use super::sql::{Row, params};
use super::{StoreError, Tx};
use handrail_domain::erasure::{Erasure, Extent, Hold, Why};
use handrail_domain::ids::{AccountId, ConversationId, ErasureId, HoldId, ItemId, MessageId, SiteId};
use handrail_domain::text::ERASED;
use handrail_domain::time::Timestamp;

/// A message whose words are still there.
#[derive(Debug, Clone)]
pub struct Erasable {
    row: i64,
    /// Its id.
    pub message: MessageId,
    /// Where it was said.
    pub conversation: ConversationId,
    /// In which scheme.
    pub site: SiteId,
}

fn erasable(row: &Row<'_>) -> Result<Erasable, StoreError> {
    Ok(Erasable {
        row: row.get("row")?,
        message: id(row, "id")?,
        conversation: id(row, "conversation")?,
        site: id(row, "site")?,
    })
}

fn erasure(row: &Row<'_>) -> Result<Erasure, StoreError> {
    let extent = match (maybe_id(row, "conversation")?, maybe_id(row, "account")?, maybe_id(row, "message")?) {
        (Some(conversation), None, None) => Extent::Conversation(conversation),
        (None, Some(account), None) => Extent::Account(account),
        (None, None, Some(message)) => Extent::Message(message),
        _ => return Err(StoreError::new("read an erasure", "it is of nothing, or of several things")),
    };
    let why = match (maybe_id(row, "asked_by")?, row.get::<Option<String>>("reason")?) {
        (Some(by), Some(reason)) => Why::Asked { by, reason },
        _ => Why::Retention,
    };
    let done_at = row.get::<Option<i64>>("done_at")?.map(Timestamp);
    Ok(Erasure { id: id(row, "id")?, extent, why, asked_at: Timestamp(row.get("asked_at")?), done_at })
}

fn hold(row: &Row<'_>) -> Result<Hold, StoreError> {
    Ok(Hold {
        id: id(row, "id")?,
        conversation: id(row, "conversation")?,
        reason: row.get("reason")?,
        by: id(row, "asked_by")?,
        agreed: id(row, "agreed_by")?,
        created_at: Timestamp(row.get("created_at")?),
        until: Timestamp(row.get("until")?),
        ended_at: row.get::<Option<i64>>("ended_at")?.map(Timestamp),
    })
}

/// Asks for messages whose words are still there, among those of the table or of what a statement named.
fn erasable_among(messages: &str) -> String {
    format!(
        "SELECT message.row AS row, message.id AS id, message.conversation AS conversation, conversation.site AS site
         FROM {messages} AS message JOIN conversation ON conversation.id = message.conversation WHERE message.text IS NOT NULL"
    )
}

const ERASURE: &str = "SELECT id, conversation, account, message, asked_by, reason, asked_at, done_at FROM erasure";
const HOLD: &str = "SELECT id, conversation, reason, asked_by, agreed_by, created_at, until, ended_at FROM legal_hold";

impl Reader<'_> {
    /// Messages that an erasure still has before it.
    pub fn erasable(&self, extent: Extent, limit: usize) -> Result<Vec<Erasable>, StoreError> {
        match extent {
            Extent::Conversation(of) => self.erasable_in(of, None, limit),
            Extent::Account(of) => {
                for conversation in self.conversations_of(of)? {
                    let found = self.erasable_in(conversation.id, Some(of), limit)?;
                    if !found.is_empty() {
                        return Ok(found);
                    }
                }
                Ok(Vec::new())
            }
            // Ids of delivered messages have no index: this walks the table, once in a long while.
            Extent::Message(of) => {
                let sql = format!("{} AND message.id = ?1 LIMIT ?2", erasable_among("message"));
                self.many(&sql, params![of.to_string(), limit], erasable)
            }
        }
    }

    /// The same of one conversation: everybody's, or one sender's.
    fn erasable_in(
        &self,
        of: ConversationId,
        sender: Option<AccountId>,
        limit: usize,
    ) -> Result<Vec<Erasable>, StoreError> {
        let page = |asked: String| {
            let sql = format!("{asked} AND (CAST(?3 AS TEXT) IS NULL OR message.sender = ?3) LIMIT ?2");
            self.many(&sql, params![of.to_string(), limit, sender.map(|id| id.to_string())], erasable)
        };
        let found = page(format!("{} {}", told(self.link(), "0", END), erasable_among("told")))?;
        if !found.is_empty() {
            return Ok(found);
        }
        page(format!("{} AND message.conversation = ?1 AND message.seq IS NULL", erasable_among("message")))
    }

    /// The conversation in which a message was said, whether its words are there or not. Walks the table.
    pub fn conversation_of_message(&self, message: MessageId) -> Result<Option<ConversationId>, StoreError> {
        let sql = "SELECT conversation FROM message WHERE id = ?1";
        self.one(sql, params![message.to_string()], |row| id(row, "conversation"))
    }

    /// Whether somebody still has to decide on something that an erasure would take, or to answer.
    pub fn has_open_item(&self, extent: Extent) -> Result<bool, StoreError> {
        let (column, key) = match extent {
            Extent::Conversation(of) => ("conversation", of.to_string()),
            Extent::Account(of) => ("sender", of.to_string()),
            Extent::Message(of) => ("message", of.to_string()),
        };
        let sql = format!("SELECT 1 FROM item WHERE state <> 'closed' AND {column} = ?1 LIMIT 1");
        if self.one(&sql, params![key], |_| Ok(()))?.is_some() {
            return Ok(true);
        }
        // A sender who is asked about an altered text still has to answer; the item is closed by then.
        let column = if matches!(extent, Extent::Message(_)) { "id" } else { column };
        let sql = format!("SELECT 1 FROM message WHERE seq IS NULL AND status = 'consent' AND {column} = ?1 LIMIT 1");
        Ok(self.one(&sql, params![key], |_| Ok(()))?.is_some())
    }

    /// Items of a conversation that may repeat words of this message.
    pub fn items_that_name(&self, of: ConversationId, message: MessageId) -> Result<Vec<ItemId>, StoreError> {
        let sql = "SELECT id FROM item WHERE conversation = ?1 AND CAST(data AS TEXT) LIKE ?2";
        self.many(sql, params![of.to_string(), format!("%{message}%")], |row| id(row, "id"))
    }

    /// The erasure of that id.
    pub fn erasure(&self, of: ErasureId) -> Result<Option<Erasure>, StoreError> {
        self.one(&format!("{ERASURE} WHERE id = ?1"), params![of.to_string()], erasure)
    }

    /// Erasures that are not done, the longest asked for first.
    pub fn open_erasures(&self, limit: usize) -> Result<Vec<Erasure>, StoreError> {
        self.many(&format!("{ERASURE} WHERE done_at IS NULL ORDER BY asked_at, id LIMIT ?1"), params![limit], erasure)
    }

    /// Conversations of a site that ended before a moment, were not erased since, and are under no legal hold.
    pub fn outlived(
        &self,
        site: SiteId,
        before: Timestamp,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<ConversationId>, StoreError> {
        let sql = "SELECT id FROM conversation WHERE site = ?1 AND ended_at <= ?2
            AND NOT EXISTS (SELECT 1 FROM erasure WHERE erasure.conversation = conversation.id
                            AND erasure.asked_at >= conversation.ended_at)
            AND NOT EXISTS (SELECT 1 FROM legal_hold WHERE legal_hold.conversation = conversation.id
                            AND legal_hold.ended_at IS NULL AND legal_hold.until >= ?3)
            ORDER BY ended_at, id LIMIT ?4";
        self.many(sql, params![site.to_string(), before.0, now.0, limit], |row| id(row, "id"))
    }

    /// The legal hold of that id.
    pub fn hold(&self, of: HoldId) -> Result<Option<Hold>, StoreError> {
        self.one(&format!("{HOLD} WHERE id = ?1"), params![of.to_string()], hold)
    }

    /// The legal holds on a conversation, over or not, oldest first.
    pub fn holds(&self, conversation: ConversationId) -> Result<Vec<Hold>, StoreError> {
        let sql = format!("{HOLD} WHERE conversation = ?1 ORDER BY created_at, id");
        self.many(&sql, params![conversation.to_string()], hold)
    }

    /// All legal holds, over or not, oldest first.
    pub fn all_holds(&self, limit: usize) -> Result<Vec<Hold>, StoreError> {
        self.many(&format!("{HOLD} ORDER BY created_at, id LIMIT ?1"), params![limit], hold)
    }
}

impl Tx<'_> {
    /// Records an erasure that begins.
    pub fn add_erasure(&mut self, erasure: &Erasure) -> Result<(), StoreError> {
        let (mut conversation, mut account, mut message) = (None, None, None);
        match erasure.extent {
            Extent::Conversation(of) => conversation = Some(of.to_string()),
            Extent::Account(of) => account = Some(of.to_string()),
            Extent::Message(of) => message = Some(of.to_string()),
        }
        let (by, reason) = match &erasure.why {
            Why::Asked { by, reason } => (Some(by.to_string()), Some(reason.as_str())),
            Why::Retention => (None, None),
        };
        self.run(
            "INSERT INTO erasure (id, conversation, account, message, asked_by, reason, asked_at, done_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                erasure.id.to_string(),
                conversation,
                account,
                message,
                by,
                reason,
                erasure.asked_at.0,
                erasure.done_at.map(|t| t.0)
            ],
        )?;
        Ok(())
    }

    /// Nothing is left for an erasure to do.
    pub fn end_erasure(&mut self, of: ErasureId, at: Timestamp) -> Result<(), StoreError> {
        self.run("UPDATE erasure SET done_at = ?2 WHERE id = ?1", params![of.to_string(), at.0])?;
        Ok(())
    }

    /// Takes a message's words out of the record.
    pub fn erase_message(&mut self, of: &Erasable) -> Result<(), StoreError> {
        self.run("UPDATE message SET text = NULL, shown = NULL, salt = NULL WHERE message.row = ?1", params![of.row])?;
        Ok(())
    }

    /// Takes the terms that were restricted in a conversation out of the record.
    pub fn erase_restrictions(&mut self, of: ConversationId) -> Result<(), StoreError> {
        self.run(
            "UPDATE restriction SET term = ?2, reason = ?2 WHERE conversation = ?1",
            params![of.to_string(), ERASED],
        )?;
        Ok(())
    }

    /// Takes what was written in reports out of the record: those of a conversation, or those that an account made.
    pub fn erase_reports(&mut self, extent: Extent) -> Result<(), StoreError> {
        let (column, key) = match extent {
            Extent::Conversation(of) => ("conversation", of.to_string()),
            Extent::Account(of) => ("sender", of.to_string()),
            Extent::Message(_) => return Ok(()),
        };
        self.run(&format!("UPDATE report SET text = NULL WHERE {column} = ?1"), params![key])?;
        Ok(())
    }

    /// Takes an account's name out of the record. Its sign-in name becomes its id, which nobody can sign in with.
    pub fn erase_name(&mut self, of: AccountId) -> Result<(), StoreError> {
        self.run(
            "UPDATE account SET name = ?2, username = ?1, password = '' WHERE id = ?1",
            params![of.to_string(), ERASED],
        )?;
        self.drop_second_step(of)?;
        Ok(())
    }

    /// Records a legal hold.
    pub fn add_hold(&mut self, hold: &Hold) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO legal_hold (id, conversation, reason, asked_by, agreed_by, created_at, until, ended_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                hold.id.to_string(),
                hold.conversation.to_string(),
                hold.reason,
                hold.by.to_string(),
                hold.agreed.to_string(),
                hold.created_at.0,
                hold.until.0,
                hold.ended_at.map(|t| t.0)
            ],
        )?;
        Ok(())
    }

    /// Ends a legal hold before its time.
    pub fn end_hold(&mut self, of: HoldId, at: Timestamp) -> Result<(), StoreError> {
        self.run("UPDATE legal_hold SET ended_at = ?2 WHERE id = ?1", params![of.to_string(), at.0])?;
        Ok(())
    }
}
