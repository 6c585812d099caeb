//! The record as its own check reads it: every row as it stands there, page by page, and nothing made of it.

use super::StoreError;
use super::items::note_of;
use super::linked::{END, lines, told, until};
use super::reader::{Reader, id, word};
use super::sql::{Link, Row, params};
use handrail_domain::audit::{About, DecidedBy, FeedRow, ItemNow, LogRow, MessageRow};
use handrail_domain::conversation::MessageStatus;
use handrail_domain::event::{GENESIS, Hash};
use handrail_domain::ids::{ConversationId, ItemId, LogN, Seq};
use handrail_domain::quarantine::StateName;

/// A conversation's numbers.
#[derive(Debug, Clone)]
pub struct Numbers {
    /// Which.
    pub id: ConversationId,
    /// The last number that it gave.
    pub last_seq: Seq,
    /// The highest number of its messages; 0 if it has none.
    pub highest: Seq,
    /// How many messages were delivered there.
    pub delivered: u64,
}

const LINES: &str = r#"SELECT event.n AS n, event.at AS at, event.kind AS kind, event.site AS site,
    event.conversation AS conversation, event.message AS message, event.actor AS actor, event.data AS data,
    event.body AS body, event.body_digest AS body_digest, event.hash AS hash,
    message.id AS message_id, message.conversation AS said_in, message.sender AS sender, message.status AS status,
    message.seq AS seq, message.passed AS passed, message.digest AS digest, message.salt AS salt, message.text AS text,
    message.shown AS shown, decided.message AS decided_message, decided.state AS decided_state, decided.data AS decided_data,
    item.message AS item_message, item.version AS item_version, item.state AS item_state,
    CASE WHEN event.kind IN ('message.delivered', 'conversation')
         THEN (SELECT count(*) FROM party WHERE party.conversation = event.conversation) ELSE 0 END AS parties
    FROM event
    LEFT JOIN message ON message.row = event.body
    LEFT JOIN item AS decided ON decided.id = message.decision
    LEFT JOIN item ON item.id = CASE WHEN event.kind = 'item' THEN event.data ->> 'item' END
    WHERE event.n > ?1 ORDER BY event.n LIMIT ?2"#;

fn text(row: &Row<'_>, column: &str) -> Result<String, StoreError> {
    Ok(row.get::<Option<String>>(column)?.unwrap_or_default())
}

fn line(row: &Row<'_>) -> Result<LogRow, StoreError> {
    Ok(LogRow {
        n: row.get("n")?,
        at: row.get("at")?,
        kind: row.get("kind")?,
        site: row.get("site")?,
        conversation: text(row, "conversation")?,
        message: text(row, "message")?,
        actor: text(row, "actor")?,
        data: row.get("data")?,
        body_digest: row.get("body_digest")?,
        hash: row.get("hash")?,
        body: row.get("body")?,
        about: about(row)?,
        item: item(row)?,
        parties: row.get("parties")?,
    })
}

fn about(row: &Row<'_>) -> Result<Option<About>, StoreError> {
    let Some(message) = row.get::<Option<String>>("message_id")? else { return Ok(None) };
    let decided = match row.get::<Option<String>>("decided_message")? {
        Some(message) => {
            let closed = word(row, "decided_state", StateName::parse)? == StateName::Closed;
            Some(DecidedBy { message, closed, note: note_of(&text(row, "decided_data")?)? })
        }
        None => None,
    };
    Ok(Some(About {
        id: message,
        conversation: row.get("said_in")?,
        sender: row.get("sender")?,
        status: word(row, "status", MessageStatus::parse)?,
        seq: row.get("seq")?,
        passed: row.get("passed")?,
        digest: row.get("digest")?,
        salt: row.get("salt")?,
        text: row.get("text")?,
        shown: row.get("shown")?,
        decided,
    }))
}

fn item(row: &Row<'_>) -> Result<Option<ItemNow>, StoreError> {
    let Some(message) = row.get::<Option<String>>("item_message")? else { return Ok(None) };
    Ok(Some(ItemNow { message, version: row.get("item_version")?, state: word(row, "item_state", StateName::parse)? }))
}

impl Reader<'_> {
    /// The log's last line: its number and its hash. Number 0 while there is none.
    pub fn log_end(&self) -> Result<(LogN, Hash), StoreError> {
        let sql = "SELECT n, hash FROM event ORDER BY n DESC LIMIT 1";
        Ok(self.one(sql, params![], |row| Ok((row.get("n")?, row.get("hash")?)))?.unwrap_or((0, GENESIS)))
    }

    /// The hash of a line.
    pub fn line_hash(&self, n: LogN) -> Result<Option<Hash>, StoreError> {
        self.one("SELECT hash FROM event WHERE n = ?1", params![n], |row| row.get("hash"))
    }

    /// A page of the log after a number, with all that the record has of each line's message and item.
    pub fn audit_lines(&self, after: LogN, limit: usize) -> Result<Vec<LogRow>, StoreError> {
        self.many(LINES, params![after, limit], line)
    }

    /// A page of messages after a row.
    pub fn audit_messages(&self, after: i64, limit: usize) -> Result<Vec<MessageRow>, StoreError> {
        let sql = r#"SELECT message.row AS row, conversation, status, seq, passed,
            CASE WHEN text IS NULL THEN 1 ELSE 0 END AS erased
            FROM message WHERE message.row > ?1 ORDER BY message.row LIMIT ?2"#;
        self.many(sql, params![after, limit], |row| {
            Ok(MessageRow {
                row: row.get("row")?,
                conversation: row.get("conversation")?,
                status: word(row, "status", MessageStatus::parse)?,
                seq: row.get("seq")?,
                passed: row.get("passed")?,
                erased: row.get::<i64>("erased")? == 1,
            })
        })
    }

    /// A page of items after an id, with their versions.
    pub fn audit_items(&self, after: &str, limit: usize) -> Result<Vec<(ItemId, u64)>, StoreError> {
        let sql = "SELECT id, version FROM item WHERE id > ?1 ORDER BY id LIMIT ?2";
        self.many(sql, params![after, limit], |row| Ok((id(row, "id")?, row.get("version")?)))
    }

    /// A page of conversations after an id, with their numbers.
    pub fn audit_conversations(&self, after: &str, limit: usize) -> Result<Vec<Numbers>, StoreError> {
        let sql = "SELECT id, last_seq FROM conversation WHERE id > ?1 ORDER BY id LIMIT ?2";
        let all = self.many(sql, params![after, limit], |row| Ok((id(row, "id")?, row.get("last_seq")?)))?;
        all.into_iter().map(|(id, last_seq)| self.numbers(id, last_seq)).collect()
    }

    /// The numbers of a conversation's messages, as they are found when it is read.
    fn numbers(&self, id: ConversationId, last_seq: Seq) -> Result<Numbers, StoreError> {
        let sql =
            format!("{} SELECT count(*) AS delivered, max(seq) AS highest FROM told", told(self.link(), "0", END));
        let found = self.one(&sql, params![id.to_string()], |row| {
            let highest = row.get::<Option<Seq>>("highest")?.unwrap_or(0);
            Ok(Numbers { id, last_seq, highest, delivered: row.get("delivered")? })
        })?;
        found.ok_or_else(|| StoreError::new("count messages", "no answer"))
    }

    /// The next owner of a feed after one, in the order of their ids.
    pub fn audit_owner(&self, after: &str) -> Result<Option<String>, StoreError> {
        let heads = match self.link() {
            Link::Sqlite(_) => "feed_head",
            Link::Postgres(_) => "feed",
        };
        let sql = format!("SELECT owner FROM {heads} WHERE owner > ?1 ORDER BY owner LIMIT 1");
        self.one(&sql, params![after], |row| row.get("owner"))
    }

    /// A page of a feed after a place, as it is read for its owner, with whether each line is for them.
    pub fn audit_feed(&self, owner: &str, after: u64, limit: usize) -> Result<Vec<FeedRow>, StoreError> {
        let sql = format!(
            r#"{} SELECT line.place AS place, line.n AS n, event.n AS there,
            CASE WHEN event.kind IN ('item', 'report') THEN CASE WHEN event.site = ?1 THEN 1 ELSE 0 END
                 WHEN event.kind IN ('message.held', 'message.help', 'message.settled') THEN
                   (SELECT count(*) FROM message WHERE message.row = event.body AND message.sender = ?1)
                 WHEN event.kind IN ('message.delivered', 'conversation') THEN
                   (SELECT count(*) FROM party WHERE party.conversation = event.conversation AND party.account = ?1)
                 ELSE 0 END AS fits
            FROM line LEFT JOIN event ON event.n = line.n
            WHERE line.place > ?2 AND line.place <= ?3 ORDER BY line.place"#,
            lines(self.link())
        );
        self.many(&sql, params![owner, after, until(after, limit)], |row| {
            let there = row.get::<Option<LogN>>("there")?;
            let fits = row.get::<i64>("fits")? == 1;
            let offset = row.get("place")?;
            Ok(FeedRow { owner: owner.to_owned(), offset, n: row.get("n")?, is_for_owner: there.map(|_| fits) })
        })
    }

    /// How many lines all feeds have, whether one leads to them or not.
    pub fn audit_feed_lines(&self) -> Result<u64, StoreError> {
        Ok(self.one("SELECT count(*) AS lines FROM feed", params![], |row| row.get("lines"))?.unwrap_or(0))
    }
}
