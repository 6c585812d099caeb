//! Second looks, what they are drawn from, and the numbers of oversight.

use super::items::handled;
use super::linked::{END, told};
use super::messages::{MESSAGE, message};
use super::reader::{Reader, id, maybe_id, word};
use super::sql::{Row, params};
use super::{StoreError, Tx};
use handrail_domain::conversation::Message;
use handrail_domain::finding::Category;
use handrail_domain::ids::{AccountId, ConversationId, LookId, MessageId, SiteId};
use handrail_domain::look::{Look, LookReason, Opinion};
use handrail_domain::oversight::Handled;
use handrail_domain::time::Timestamp;

const LOOK: &str =
    "SELECT id, site, conversation, message, item, reason, asked_by, asked_at, given_to, opinion, category, said_at,
    delivered FROM look";

fn look(row: &Row<'_>) -> Result<Look, StoreError> {
    let opinion = row.maybe_text("opinion")?.and_then(Opinion::parse);
    let category = row.maybe_text("category")?.and_then(Category::parse);
    Ok(Look {
        id: id(row, "id")?,
        site: id(row, "site")?,
        conversation: id(row, "conversation")?,
        message: id(row, "message")?,
        item: maybe_id(row, "item")?,
        reason: word(row, "reason", LookReason::parse)?,
        asked_by: maybe_id(row, "asked_by")?,
        asked_at: Timestamp(row.get("asked_at")?),
        given_to: maybe_id(row, "given_to")?,
        opinion: opinion.map(|opinion| (opinion, category)),
        said_at: row.get::<Option<i64>>("said_at")?.map(Timestamp),
        delivered: row.get("delivered")?,
    })
}

/// A place in all that was said in a conversation, whatever became of it: before this moment, and of the same moment before this row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SaidBefore(pub Timestamp, pub i64);

impl Reader<'_> {
    /// The look of that id.
    pub fn look(&self, of: LookId) -> Result<Option<Look>, StoreError> {
        self.one(&format!("{LOOK} WHERE id = ?1"), params![of.to_string()], look)
    }

    /// The look that somebody was given and has not spoken on.
    pub fn open_look(&self, of: AccountId) -> Result<Option<Look>, StoreError> {
        self.one(&format!("{LOOK} WHERE given_to = ?1 AND opinion IS NULL"), params![of.to_string()], look)
    }

    /// Looks that were asked for and given to nobody, the longest asked for first.
    pub fn asked_looks(&self, site: SiteId, limit: usize) -> Result<Vec<Look>, StoreError> {
        let sql = format!("{LOOK} WHERE site = ?1 AND given_to IS NULL ORDER BY asked_at, id LIMIT ?2");
        self.many(&sql, params![site.to_string(), limit], look)
    }

    /// The looks at a message.
    pub fn looks_at(&self, message: MessageId) -> Result<Vec<Look>, StoreError> {
        self.many(&format!("{LOOK} WHERE message = ?1 ORDER BY asked_at, id"), params![message.to_string()], look)
    }

    /// The looks of a site since a moment.
    pub fn looks_since(&self, site: SiteId, since: Timestamp) -> Result<Vec<Look>, StoreError> {
        let sql = format!("{LOOK} WHERE site = ?1 AND asked_at >= ?2 ORDER BY asked_at, id");
        self.many(&sql, params![site.to_string(), since.0], look)
    }

    /// The first and the last row of messages since a moment; nothing if there is none.
    pub fn rows_since(&self, since: Timestamp) -> Result<Option<(i64, i64)>, StoreError> {
        // Rows come in the order of the writer, so the first of a moment is found from the end of the table backwards.
        let last = self.one("SELECT max(row) AS last FROM message", params![], |row| row.get::<Option<i64>>("last"))?;
        let Some(last) = last.flatten() else { return Ok(None) };
        let (mut low, mut high) = (0, last);
        while low < high {
            let middle = low + (high - low) / 2;
            let sql = "SELECT sent_at FROM message WHERE row > ?1 ORDER BY row LIMIT 1";
            let at: Option<i64> = self.one(sql, params![middle], |row| row.get("sent_at"))?;
            if at.is_none_or(|at| at >= since.0) { high = middle } else { low = middle + 1 }
        }
        Ok((low < last).then_some((low + 1, last)))
    }

    /// Messages from a row on that the filter let pass in a site, at most so many.
    pub fn passed_from(&self, site: SiteId, from: i64, limit: usize) -> Result<Vec<Message>, StoreError> {
        // Bounded twice: so many rows are looked at, whatever site they are of.
        let sql = format!(
            "SELECT {MESSAGE} FROM message WHERE row >= ?1 AND row < ?1 + ?3 AND passed = 1 AND text IS NOT NULL
             AND conversation IN (SELECT id FROM conversation WHERE site = ?2) ORDER BY row LIMIT ?4"
        );
        self.many(&sql, params![from, site.to_string(), ROWS_LOOKED_AT_MAX, limit], message)
    }

    /// All that was said in a conversation before a place, whatever became of it: newest first, with the place of each.
    pub fn said_before(
        &self,
        conversation: ConversationId,
        before: SaidBefore,
        limit: usize,
    ) -> Result<Vec<(SaidBefore, Message)>, StoreError> {
        let sql = format!(
            "{} SELECT {MESSAGE} FROM (SELECT * FROM told UNION ALL SELECT * FROM message WHERE conversation = ?1 AND seq IS NULL) AS message
             WHERE (message.sent_at, message.row) < (?2, ?3) ORDER BY message.sent_at DESC, message.row DESC LIMIT ?4",
            told(self.link(), "0", END)
        );
        let SaidBefore(at, place) = before;
        self.many(&sql, params![conversation.to_string(), at.0, place, limit], |row| {
            let said = message(row)?;
            Ok((SaidBefore(said.sent_at, row.get("row")?), said))
        })
    }

    /// A message of a conversation, whatever became of it.
    pub fn message_in(&self, of: ConversationId, message_id: MessageId) -> Result<Option<Message>, StoreError> {
        let sql = format!("SELECT {MESSAGE} FROM message WHERE conversation = ?1 AND id = ?2");
        self.one(&sql, params![of.to_string(), message_id.to_string()], message)
    }

    /// What was held in a site since a moment, and what became of it.
    pub fn handled_since(&self, site: SiteId, since: Timestamp) -> Result<Vec<Handled>, StoreError> {
        let sql = "SELECT severity, held_at, data FROM item WHERE site = ?1 AND held_at >= ?2 ORDER BY held_at, id";
        self.many(sql, params![site.to_string(), since.0], handled)
    }

    /// What was held of somebody in a conversation since a moment, the newest first.
    pub fn handled_of(
        &self,
        conversation: ConversationId,
        sender: AccountId,
        since: Timestamp,
    ) -> Result<Vec<Handled>, StoreError> {
        let sql = "SELECT severity, held_at, data FROM item WHERE conversation = ?1 AND sender = ?2 AND held_at >= ?3
            ORDER BY held_at DESC, id";
        self.many(sql, params![conversation.to_string(), sender.to_string(), since.0], handled)
    }
}

/// Rows that are looked at when a message is drawn.
const ROWS_LOOKED_AT_MAX: usize = 5_000;

impl Tx<'_> {
    /// Records a look as it is now.
    pub fn put_look(&mut self, look: &Look) -> Result<(), StoreError> {
        let (opinion, category) = look.opinion.unzip();
        self.run_beside(
            "INSERT INTO look (id, site, conversation, message, item, reason, asked_by, asked_at, given_to, opinion, category, said_at, delivered)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
                 ON CONFLICT (id) DO UPDATE SET given_to = excluded.given_to, opinion = excluded.opinion,
                 category = excluded.category, said_at = excluded.said_at",
            params![
                look.id.to_string(),
                look.site.to_string(),
                look.conversation.to_string(),
                look.message.to_string(),
                look.item.map(|item| item.to_string()),
                look.reason.as_str(),
                look.asked_by.map(|by| by.to_string()),
                look.asked_at.0,
                look.given_to.map(|to| to.to_string()),
                opinion.map(Opinion::as_str),
                category.flatten().map(Category::as_str),
                look.said_at.map(|at| at.0),
                look.delivered
            ],
        )?;
        Ok(())
    }
}
