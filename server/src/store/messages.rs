//! Messages, the log and the feeds in the record.

use super::feed::{End, FeedEntry, Logged, Owner};
use super::items::note_of;
use super::known::Known;
use super::linked::{END, lines, told, until};
use super::reader::{Reader, id, maybe_id, word};
use super::sql::{Link, Row, params};
use super::tx::Body;
use super::{StoreError, Tx};
use handrail_domain::conversation::{Message, MessageStatus};
use handrail_domain::event::{Event, GENESIS, Hash, What, body_digest, mark};
use handrail_domain::ids::{AccountId, Cid, ConversationId, LogN, MessageId, Offset, RestrictionId, Seq};
use handrail_domain::text::{Cleared, ERASED, Text};
use handrail_domain::time::Timestamp;

pub(super) const MESSAGE: &str = "row, id, conversation, sender, cid, salt, text, shown, status, seq, passed, rules, decision, sent_at, delivered_at";

pub(super) fn message(row: &Row<'_>) -> Result<Message, StoreError> {
    Ok(Message {
        id: id(row, "id")?,
        conversation: id(row, "conversation")?,
        from: id(row, "sender")?,
        cid: word(row, "cid", Cid::parse)?,
        text: Text::from_record(row.get::<Option<String>>("text")?.unwrap_or_else(|| ERASED.into())),
        shown: row.get::<Option<String>>("shown")?.map(Text::from_record),
        salt: row.get::<Option<[u8; 16]>>("salt")?.unwrap_or_default(),
        status: word(row, "status", MessageStatus::parse)?,
        seq: row.get("seq")?,
        sent_at: Timestamp(row.get("sent_at")?),
        delivered_at: row.get::<Option<i64>>("delivered_at")?.map(Timestamp),
        passed: row.get("passed")?,
        rules: row.get("rules")?,
        decision: maybe_id(row, "decision")?,
    })
}

/// Messages that are looked at together, where it is not known how far back to look.
const LOOK_MAX: u64 = 1_000;

/// What a sender said last, oldest first, and the restrictions in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// When each message was sent, and which it is.
    pub said: Vec<(Timestamp, MessageId)>,
    /// The restrictions, in no order.
    pub restricted: Vec<RestrictionId>,
}

impl Reader<'_> {
    /// The message that this sender made under this client id.
    pub fn message_by_cid(&self, sender: AccountId, cid: &Cid) -> Result<Option<Message>, StoreError> {
        let sql = format!("SELECT {MESSAGE} FROM message WHERE cid = ?2 AND sender = ?1");
        self.one(&sql, params![sender.to_string(), cid.as_str()], message)
    }

    /// A message that was not delivered.
    pub fn undelivered(&self, message_id: MessageId) -> Result<Option<Message>, StoreError> {
        let sql = format!("SELECT {MESSAGE} FROM message WHERE id = ?1 AND seq IS NULL");
        self.one(&sql, params![message_id.to_string()], message)
    }

    /// Whether this sender ever said a message of that id. Walks all that was said where they are a party, so it is for answers to
    /// mistakes, and not for the writer.
    pub fn said(&self, sender: AccountId, message_id: MessageId) -> Result<bool, StoreError> {
        if let Some(message) = self.undelivered(message_id)? {
            return Ok(message.from == sender);
        }
        let sql = format!("{} SELECT 1 FROM told WHERE id = ?2 AND sender = ?3 LIMIT 1", told(self.link(), "0", END));
        for conversation in self.conversations_of(sender)? {
            let found = self.one(
                &sql,
                params![conversation.id.to_string(), message_id.to_string(), sender.to_string()],
                |_| Ok(()),
            )?;
            if found.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A sender's own messages in a conversation that still wait, oldest first.
    pub fn pending(&self, conversation: ConversationId, sender: AccountId) -> Result<Vec<Message>, StoreError> {
        let sql = format!(
            "SELECT {MESSAGE} FROM message WHERE conversation = ?1 AND seq IS NULL AND sender = ?2
             AND status IN ('held', 'consent') ORDER BY row LIMIT 1000"
        );
        self.many(&sql, params![conversation.to_string(), sender.to_string()], message)
    }

    /// A page of delivered messages before a number, newest first, and whether there are older ones.
    pub fn history(
        &self,
        conversation: ConversationId,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<(Vec<Message>, bool), StoreError> {
        let last = self.last_seq(conversation)?;
        let until = before.map_or(last, |before| before.saturating_sub(1).min(last));
        let after = until.saturating_sub(limit as u64);
        let any = Timestamp(i64::MAX);
        Ok((self.delivered(conversation, after, until, any)?, after > 0))
    }

    /// The number of a conversation's last message.
    fn last_seq(&self, conversation: ConversationId) -> Result<Seq, StoreError> {
        let sql = "SELECT last_seq FROM conversation WHERE id = ?1";
        Ok(self.one(sql, params![conversation.to_string()], |row| row.get("last_seq"))?.unwrap_or(0))
    }

    /// The messages delivered in a conversation after a number and up to another, of those that were sent up to a moment; newest first.
    fn delivered(
        &self,
        conversation: ConversationId,
        after: Seq,
        until: Seq,
        moment: Timestamp,
    ) -> Result<Vec<Message>, StoreError> {
        let sql = format!(
            "{} SELECT {MESSAGE} FROM told WHERE seq > ?2 AND seq <= ?3 AND sent_at <= ?4 ORDER BY seq DESC",
            told(self.link(), "?2", "?3")
        );
        self.many(&sql, params![conversation.to_string(), after, until, moment.0], message)
    }

    /// The last messages delivered of those that were sent up to a moment, newest first. Looks further back until there are enough.
    fn delivered_until(
        &self,
        conversation: ConversationId,
        moment: Timestamp,
        limit: usize,
    ) -> Result<Vec<Message>, StoreError> {
        let (mut until, mut look) = (self.last_seq(conversation)?, limit as u64);
        let mut found = Vec::new();
        while found.len() < limit && until > 0 {
            let after = until.saturating_sub(look);
            found.extend(self.delivered(conversation, after, until, moment)?);
            (until, look) = (after, (2 * look).min(LOOK_MAX));
        }
        found.truncate(limit);
        Ok(found)
    }

    /// The last messages said in a conversation up to a moment, whatever became of them, oldest first.
    pub fn recent(
        &self,
        conversation: ConversationId,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Message>, StoreError> {
        let waiting = format!(
            "SELECT {MESSAGE} FROM message WHERE conversation = ?1 AND seq IS NULL AND sent_at <= ?2 ORDER BY row DESC LIMIT ?3"
        );
        let mut all = self.delivered_until(conversation, until, limit)?;
        all.extend(self.many(&waiting, params![conversation.to_string(), until.0, limit], message)?);
        all.sort_by_key(|message| (message.sent_at, message.seq));
        Ok(all.split_off(all.len().saturating_sub(limit)))
    }

    /// What a sender said last in a conversation, and what is restricted there now: what a judgement by any node rests on. In
    /// one question, because every message asks it where there are several nodes.
    pub fn standing(
        &self,
        conversation: ConversationId,
        sender: AccountId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Standing, StoreError> {
        let last = "(SELECT last_seq FROM conversation WHERE id = ?1)";
        let sql = format!(
            "{} SELECT id, sent_at AS at, TRUE AS said FROM told WHERE seq > {last} - ?4 AND sender = ?2
             UNION ALL SELECT id, sent_at AS at, TRUE AS said FROM (SELECT id, sender, sent_at FROM message
               WHERE conversation = ?1 AND seq IS NULL ORDER BY row DESC LIMIT ?4) AS waiting WHERE sender = ?2
             UNION ALL SELECT id, created_at AS at, FALSE AS said FROM restriction
               WHERE conversation = ?1 AND until >= ?3 AND (ended_at IS NULL OR ended_at > ?3)",
            told(self.link(), &format!("{last} - ?4"), END)
        );
        let (conversation, sender) = (conversation.to_string(), sender.to_string());
        let rows = self.many(&sql, params![conversation, sender, now.0, limit], |row| {
            let at = Timestamp(row.get("at")?);
            let said: bool = row.get("said")?;
            let message = said.then(|| id(row, "id")).transpose()?;
            Ok((message.map(|id| (at, id)), (!said).then(|| id(row, "id")).transpose()?))
        })?;
        let (said, restricted): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
        let mut said: Vec<(Timestamp, MessageId)> = said.into_iter().flatten().collect();
        said.sort_by_key(|(at, _)| *at);
        Ok(Standing { said, restricted: restricted.into_iter().flatten().collect() })
    }

    /// The end of a feed; 0 if nothing ever entered it.
    pub fn feed_head(&self, owner: Owner) -> Result<Offset, StoreError> {
        Ok(self.feed_end(owner)?.offset)
    }

    /// The end of a feed, and what stands there.
    pub(super) fn feed_end(&self, owner: Owner) -> Result<End, StoreError> {
        let sql = match self.link() {
            Link::Sqlite(_) => {
                r#"SELECT "offset" AS place, feed.n AS n FROM feed_head JOIN feed ON feed.n = feed_head.n AND feed.owner = feed_head.owner
                   WHERE feed_head.owner = ?1"#
            }
            Link::Postgres(_) => {
                r#"SELECT "offset" AS place, n FROM feed WHERE owner = ?1 ORDER BY "offset" DESC LIMIT 1"#
            }
        };
        let end = |row: &Row<'_>| Ok(End { offset: row.get("place")?, n: row.get("n")? });
        Ok(self.one(sql, params![owner.to_string()], end)?.unwrap_or_default())
    }

    /// The mark at a place in a feed; nothing if that place is not there. Before the first stands the mark of the beginning.
    pub fn mark_at(&self, owner: Owner, offset: Offset) -> Result<Option<String>, StoreError> {
        if offset == 0 {
            return Ok(Some(mark(&GENESIS)));
        }
        let lines = lines(self.link());
        let sql =
            format!("{lines} SELECT event.hash AS hash FROM line JOIN event ON event.n = line.n WHERE line.place = ?3");
        let hash = |row: &Row<'_>| Ok(mark(&row.get::<Hash>("hash")?));
        self.one(&sql, params![owner.to_string(), offset - 1, offset], hash)
    }

    /// A page of a feed after an offset, oldest first.
    pub fn feed_page(&self, owner: Owner, after: Offset, limit: usize) -> Result<Vec<FeedEntry>, StoreError> {
        let sql = format!(
            "{} SELECT line.place AS place, {EVENT} FROM line JOIN event ON event.n = line.n
             {BESIDE} WHERE line.place > ?2 AND line.place <= ?3 ORDER BY line.place",
            lines(self.link())
        );
        self.many(&sql, params![owner.to_string(), after, until(after, limit)], |row| {
            Ok(FeedEntry { offset: row.get("place")?, mark: mark(&row.get::<Hash>("hash")?), event: event(row)? })
        })
    }

    /// The number of the log's last line.
    pub fn log_head(&self) -> Result<LogN, StoreError> {
        Ok(self.one("SELECT n FROM event ORDER BY n DESC LIMIT 1", params![], |row| row.get("n"))?.unwrap_or(0))
    }

    /// A page of the log after a number, oldest first, with the feeds that each event entered.
    pub fn log_page(&self, after: LogN, limit: usize) -> Result<Vec<Logged>, StoreError> {
        let sql =
            format!("SELECT event.n AS n, {EVENT} FROM event {BESIDE} WHERE event.n > ?1 ORDER BY event.n LIMIT ?2");
        let page = self.many(&sql, params![after, limit], |row| {
            Ok(Logged { n: row.get("n")?, hash: row.get("hash")?, event: event(row)?, feeds: Vec::new() })
        })?;
        self.with_feeds(page)
    }

    /// Who was told of each event, and where in their feeds it stands.
    fn with_feeds(&self, mut page: Vec<Logged>) -> Result<Vec<Logged>, StoreError> {
        let (Some(first), Some(last)) = (page.first().map(|line| line.n), page.last().map(|line| line.n)) else {
            return Ok(page);
        };
        let sql = r#"SELECT owner, "offset", n FROM feed WHERE n BETWEEN ?1 AND ?2 ORDER BY n, owner"#;
        let entries = self.many(sql, params![first, last], |row| {
            Ok((row.get::<LogN>("n")?, word(row, "owner", Owner::parse)?, row.get::<Offset>("offset")?))
        })?;
        let mut entries = entries.into_iter().peekable();
        for line in &mut page {
            while let Some((_, owner, offset)) = entries.next_if(|(n, _, _)| *n == line.n) {
                match owner {
                    Owner::Account(account) => line.event.accounts.push(account),
                    Owner::Queue(_) => line.event.queue = true,
                }
                line.feeds.push((owner, offset));
            }
        }
        Ok(page)
    }
}

const EVENT: &str = "event.at AS at, event.site AS site, event.conversation AS conversation, event.message AS message,
    event.actor AS actor, event.data AS data, event.hash AS hash, message.text AS text, message.shown AS shown,
    decided.data AS decided";
/// What an event's text and note are read from.
const BESIDE: &str =
    "LEFT JOIN message ON message.row = event.body LEFT JOIN item AS decided ON decided.id = message.decision";

/// An event as the log holds it, with the text that it is about while that is kept.
fn event(row: &Row<'_>) -> Result<Event, StoreError> {
    let data = row.text("data")?;
    let mut what: What = serde_json::from_str(data).map_err(|e| StoreError::new("read an event", e))?;
    let said = row.get::<Option<String>>("text")?;
    let altered = row.get::<Option<String>>("shown")?;
    match &mut what {
        What::Delivered { text, .. } => *text = altered.or(said).map(Cleared::from_record),
        What::Held { text, .. } => *text = said.map(Text::from_record),
        What::Settled { altered: changed, shown, note, note_digest, .. } => {
            *shown = altered.filter(|_| *changed).map(Cleared::from_record);
            if note_digest.is_some() {
                *note = row.get::<Option<String>>("decided")?.map(|data| note_of(&data)).transpose()?.flatten();
            }
        }
        What::Help {}
        | What::Item { .. }
        | What::Report { .. }
        | What::Conversation { .. }
        | What::Account { .. }
        | What::Site { .. }
        | What::Session { .. }
        | What::Rules { .. }
        | What::Restriction { .. }
        | What::Erased { .. }
        | What::ErasedName { .. }
        | What::LegalHold { .. }
        | What::Article { .. }
        | What::Shift { .. }
        | What::Look { .. }
        | What::Read { .. }
        | What::Paper { .. }
        | What::Invite { .. }
        | What::Glass { .. }
        | What::Briefed { .. }
        | What::Exported { .. }
        | What::Epoch { .. } => (),
    }
    Ok(Event {
        at: Timestamp(row.get("at")?),
        site: id(row, "site")?,
        conversation: maybe_id(row, "conversation")?,
        message: maybe_id(row, "message")?,
        actor: maybe_id(row, "actor")?,
        accounts: Vec::new(),
        queue: false,
        what,
    })
}

/// A delivered message that is new: in the file, it names the one before it.
pub(super) const ADD_IN_FILE: &str = "INSERT INTO message (id, conversation, sender, cid, salt, digest, text, status, seq, passed, rules, sent_at, delivered_at, before)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,
        CASE WHEN ?9 IS NOT NULL THEN (SELECT last_row FROM conversation WHERE id = ?2) END)
    ON CONFLICT (cid, sender) DO NOTHING";
const ADD_ON_SERVER: &str = "INSERT INTO message (id, conversation, sender, cid, salt, digest, text, status, seq, passed, rules, sent_at, delivered_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
    ON CONFLICT (cid, sender) DO NOTHING";

impl Tx<'_> {
    /// Records a message for the first time, and what the log says of it. False, and nothing is written, if its sender made one under
    /// this client id before.
    pub fn add_message(&mut self, message: &Message, events: Vec<Event>) -> Result<bool, StoreError> {
        let digest = body_digest(&message.salt, message.text.as_str());
        let sql = match self.link() {
            Link::Sqlite(_) => ADD_IN_FILE,
            Link::Postgres(_) => ADD_ON_SERVER,
        };
        let row = self.link().add(
            sql,
            "row",
            params![
                message.id.to_string(),
                message.conversation.to_string(),
                message.from.to_string(),
                message.cid.as_str(),
                message.salt,
                digest,
                message.text.as_str(),
                message.status.as_str(),
                message.seq,
                message.passed,
                message.rules,
                message.sent_at.0,
                message.delivered_at.map(|t| t.0)
            ],
        )?;
        let Some(row) = row else { return Ok(false) };
        self.learn(Known::write);
        self.number(message, row)?;
        for event in events {
            self.append_about(event, Some(Body { row, digest }))?;
        }
        Ok(true)
    }

    /// Records what became of a held message, and what the log says of it.
    pub fn end_message(&mut self, message: &Message, events: Vec<Event>) -> Result<(), StoreError> {
        let key = message.id.to_string();
        let sql = "SELECT row FROM message WHERE id = ?1 AND seq IS NULL";
        let row = self.one(sql, params![key], |row| row.get::<i64>("row"))?;
        let row = row.ok_or_else(|| StoreError::new("end a message", "it has ended before, or never was"))?;
        let sql = match self.link() {
            Link::Sqlite(_) => {
                "UPDATE message SET status = ?2, shown = ?3, seq = ?4, decision = ?5, delivered_at = ?6,
                     before = CASE WHEN ?4 IS NOT NULL THEN
                         (SELECT last_row FROM conversation WHERE conversation.id = message.conversation) END
                 WHERE row = ?1"
            }
            Link::Postgres(_) => {
                "UPDATE message SET status = ?2, shown = ?3, seq = ?4, decision = ?5, delivered_at = ?6 WHERE row = ?1"
            }
        };
        self.run_beside(
            sql,
            params![
                row,
                message.status.as_str(),
                message.shown.as_ref().map(Text::as_str),
                message.seq,
                message.decision.map(|id| id.to_string()),
                message.delivered_at.map(|t| t.0)
            ],
        )?;
        self.number(message, row)?;
        let seen = message.shown.as_ref().unwrap_or(&message.text);
        let digest = body_digest(&message.salt, seen.as_str());
        for event in events {
            self.append_about(event, Some(Body { row, digest }))?;
        }
        Ok(())
    }

    /// A delivered message's number becomes its conversation's last.
    fn number(&mut self, message: &Message, row: i64) -> Result<(), StoreError> {
        let Some(seq) = message.seq else { return Ok(()) };
        let conversation = message.conversation.to_string();
        let moved = match self.link() {
            Link::Sqlite(_) => self.run_beside(
                "UPDATE conversation SET last_seq = ?2, last_row = ?3 WHERE id = ?1 AND last_seq + 1 = ?2",
                params![conversation, seq, row],
            )?,
            Link::Postgres(_) => self.run_beside(
                "UPDATE conversation SET last_seq = ?2 WHERE id = ?1 AND last_seq + 1 = ?2",
                params![conversation, seq],
            )?,
        };
        if moved != 1 {
            return Err(StoreError::new("number a message", "its conversation has moved on"));
        }
        self.learn(|known| known.change(message.conversation, |conversation| conversation.last_seq = seq));
        Ok(())
    }
}
