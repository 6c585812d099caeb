//! Relationships as those see them who run a scheme.

use super::people::{CONVERSATION, conversation};
use super::reader::{Reader, id};
use super::sql::{Link, Row, params};
use super::{StoreError, Tx};
use handrail_domain::conversation::Conversation;
use handrail_domain::ids::{AccountId, ConversationId, SiteId};
use handrail_domain::time::Timestamp;

/// A relationship, when it began, and when somebody last said something there.
pub struct RelationshipRow {
    /// The relationship, with its parties.
    pub conversation: Conversation,
    /// When it began.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// When somebody last said something that was delivered.
    pub said: Option<Timestamp>,
    /// What both are told while it is paused, or because it has ended.
    pub words: Option<String>,
}

/// What a scheme has done in a time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Activity {
    /// Messages that were delivered.
    pub messages: u64,
    /// Mentees who said something.
    pub mentees: u64,
    /// Mentors who said something.
    pub mentors: u64,
    /// Messages that were held.
    pub held: u64,
    /// Relationships that began.
    pub begun: u64,
    /// Relationships that ended.
    pub ended: u64,
    /// Senders who asked for a second look.
    pub appeals: u64,
}

/// The last message of a conversation.
fn last(link: Link<'_>) -> &'static str {
    match link {
        Link::Sqlite(_) => "message.row = conversation.last_row",
        Link::Postgres(_) => "message.conversation = conversation.id AND seq = conversation.last_seq",
    }
}

fn row_of(record: &Reader<'_>, row: &Row<'_>) -> Result<RelationshipRow, StoreError> {
    let head = conversation(row)?;
    let found = record.conversation(head.id)?.unwrap_or(head);
    Ok(RelationshipRow {
        conversation: found,
        began: Timestamp(row.get("created_at")?),
        ended: row.get::<Option<i64>>("ended_at")?.map(Timestamp),
        said: row.get::<Option<i64>>("said")?.map(Timestamp),
        words: row.get("words")?,
    })
}

impl Reader<'_> {
    /// Every relationship of a site, the newest first.
    pub fn relationships(&self, site: SiteId, limit: usize) -> Result<Vec<RelationshipRow>, StoreError> {
        let sql = "SELECT id FROM conversation WHERE site = ?1 ORDER BY created_at DESC, id LIMIT ?2";
        let ids: Vec<ConversationId> = self.many(sql, params![site.to_string(), limit], |row| id(row, "id"))?;
        ids.into_iter().filter_map(|id| self.relationship(id).transpose()).collect()
    }

    /// Every relationship of a person, the newest first.
    pub fn relationships_of(&self, account: AccountId) -> Result<Vec<RelationshipRow>, StoreError> {
        let sql = "SELECT conversation.id AS id FROM party JOIN conversation ON conversation.id = party.conversation
             WHERE party.account = ?1 ORDER BY conversation.created_at DESC, conversation.id";
        let ids: Vec<ConversationId> = self.many(sql, params![account.to_string()], |row| id(row, "id"))?;
        ids.into_iter().filter_map(|id| self.relationship(id).transpose()).collect()
    }

    /// One relationship.
    pub fn relationship(&self, of: ConversationId) -> Result<Option<RelationshipRow>, StoreError> {
        let last = last(self.link());
        let sql = format!(
            "SELECT {CONVERSATION}, created_at, ended_at, words, (SELECT delivered_at FROM message WHERE {last}) AS said
             FROM conversation WHERE id = ?1"
        );
        self.one(&sql, params![of.to_string()], |row| row_of(self, row))
    }

    /// What both are told while it is paused, or because it has ended.
    pub fn words_of(&self, of: ConversationId) -> Result<Option<String>, StoreError> {
        let sql = "SELECT words FROM conversation WHERE id = ?1";
        Ok(self.one(sql, params![of.to_string()], |row| row.get("words"))?.flatten())
    }

    /// When a relationship began, and when somebody in it last said whether it helps.
    pub fn pulse(
        &self,
        of: ConversationId,
        by: AccountId,
    ) -> Result<Option<(Timestamp, Option<Timestamp>)>, StoreError> {
        let sql = "SELECT created_at, (SELECT max(made_at) FROM paper WHERE paper.conversation = conversation.id
               AND kind = 'pulse' AND made_by = ?2) AS answered FROM conversation WHERE id = ?1";
        self.one(sql, params![of.to_string(), by.to_string()], |row| {
            let answered = row.get::<Option<i64>>("answered")?.map(Timestamp);
            Ok((Timestamp(row.get("created_at")?), answered))
        })
    }

    /// What a scheme has done in a time. Walks its messages.
    pub fn activity(&self, site: SiteId, from: Timestamp, until: Timestamp) -> Result<Activity, StoreError> {
        let key = site.to_string();
        let times = params![key, from.0, until.0];
        let count = |sql: &str| Ok::<u64, StoreError>(self.one(sql, times, |row| row.get("c"))?.unwrap_or(0));
        let said = "FROM message JOIN conversation ON conversation.id = message.conversation
             JOIN account ON account.id = message.sender WHERE conversation.site = ?1 AND sent_at >= ?2 AND sent_at <= ?3";
        let delivered = format!("SELECT count(*) AS c {said} AND message.status = 'delivered'");
        let of = |role: &str| format!("SELECT count(DISTINCT message.sender) AS c {said} AND account.role = '{role}'");
        Ok(Activity {
            messages: count(&delivered)?,
            mentees: count(&of("mentee"))?,
            mentors: count(&of("mentor"))?,
            held: count("SELECT count(*) AS c FROM item WHERE site = ?1 AND held_at >= ?2 AND held_at <= ?3")?,
            begun: count(
                "SELECT count(*) AS c FROM conversation WHERE site = ?1 AND created_at >= ?2 AND created_at <= ?3",
            )?,
            ended: count(
                "SELECT count(*) AS c FROM conversation WHERE site = ?1 AND ended_at >= ?2 AND ended_at <= ?3",
            )?,
            appeals: count(
                "SELECT count(*) AS c FROM look JOIN account ON account.id = look.asked_by
                 WHERE look.site = ?1 AND asked_at >= ?2 AND asked_at <= ?3 AND look.reason = 'appeal'
                 AND account.role IN ('mentee', 'mentor', 'guest_officer')",
            )?,
        })
    }

    /// Mentees of a site who were in a relationship in a time.
    pub fn engaged(&self, site: SiteId, from: Timestamp, until: Timestamp) -> Result<u64, StoreError> {
        let sql = "SELECT count(DISTINCT party.account) AS c FROM party
             JOIN conversation ON conversation.id = party.conversation JOIN account ON account.id = party.account
             WHERE conversation.site = ?1 AND account.role = 'mentee' AND conversation.created_at <= ?3
             AND (ended_at IS NULL OR ended_at >= ?2)";
        Ok(self.one(sql, params![site.to_string(), from.0, until.0], |row| row.get("c"))?.unwrap_or(0))
    }
}

impl Tx<'_> {
    /// What both parties are told from now on, or nothing.
    pub fn set_words(&mut self, of: ConversationId, words: Option<&str>) -> Result<(), StoreError> {
        self.run("UPDATE conversation SET words = ?2 WHERE id = ?1", params![of.to_string(), words])?;
        Ok(())
    }

    /// A party must confirm what they were told before they write, or has.
    pub fn set_to_read(&mut self, of: ConversationId, account: AccountId, to_read: bool) -> Result<(), StoreError> {
        let sql = "UPDATE party SET to_read = ?3 WHERE conversation = ?1 AND account = ?2";
        self.run(sql, params![of.to_string(), account.to_string(), to_read])?;
        Ok(())
    }
}
