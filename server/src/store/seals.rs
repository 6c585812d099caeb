//! Seals in the record. Which two read a conversation stands in its own row, so that whoever loads it knows; the rest stands here.

use super::reader::{Reader, id};
use super::sql::{Row, params};
use super::{StoreError, Tx};
use handrail_domain::ids::{ConversationId, SiteId};
use handrail_domain::seal::{Seal, Sealed};
use handrail_domain::time::Timestamp;

const SEAL: &str = "SELECT conversation, at, made_by, agreed_by, reason, hold, sent_at, reference, ended_at FROM seal";

fn seal(row: &Row<'_>) -> Result<Seal, StoreError> {
    let at = |column| row.get::<Option<i64>>(column).map(|at| at.map(Timestamp));
    Ok(Seal {
        conversation: id(row, "conversation")?,
        at: Timestamp(row.get("at")?),
        sealed: Sealed { by: id(row, "made_by")?, agreed: id(row, "agreed_by")? },
        reason: row.get("reason")?,
        hold: id(row, "hold")?,
        sent: at("sent_at")?.zip(row.get::<Option<String>>("reference")?),
        ended_at: at("ended_at")?,
    })
}

impl Reader<'_> {
    /// The seal on a conversation that is in force.
    pub fn seal(&self, on: ConversationId) -> Result<Option<Seal>, StoreError> {
        self.one(&format!("{SEAL} WHERE conversation = ?1 AND ended_at IS NULL"), params![on.to_string()], seal)
    }

    /// Every seal, in force or over, the oldest first.
    pub fn seals(&self) -> Result<Vec<Seal>, StoreError> {
        self.many(&format!("{SEAL} ORDER BY at, conversation"), params![], seal)
    }

    /// The conversations of a site that are sealed, with the two who read each.
    pub fn sealed_in(&self, site: SiteId) -> Result<Vec<(ConversationId, Sealed)>, StoreError> {
        let sql = "SELECT seal.conversation AS conversation, made_by, agreed_by FROM seal
             JOIN conversation ON conversation.id = seal.conversation
             WHERE conversation.site = ?1 AND seal.ended_at IS NULL ORDER BY seal.conversation";
        self.many(sql, params![site.to_string()], |row| {
            Ok((id(row, "conversation")?, Sealed { by: id(row, "made_by")?, agreed: id(row, "agreed_by")? }))
        })
    }
}

impl Tx<'_> {
    /// A conversation is sealed.
    pub fn add_seal(&mut self, seal: &Seal) -> Result<(), StoreError> {
        let (of, by, agreed) =
            (seal.conversation.to_string(), seal.sealed.by.to_string(), seal.sealed.agreed.to_string());
        self.run(
            "INSERT INTO seal (conversation, at, made_by, agreed_by, reason, hold) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![&of, seal.at.0, &by, &agreed, seal.reason, seal.hold.to_string()],
        )?;
        self.run("UPDATE conversation SET sealed_by = ?2, sealed_with = ?3 WHERE id = ?1", params![of, by, agreed])?;
        Ok(())
    }

    /// A report of it went to an authority.
    pub fn sent_seal(&mut self, on: ConversationId, reference: &str, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE seal SET sent_at = ?2, reference = ?3 WHERE conversation = ?1 AND ended_at IS NULL";
        self.run(sql, params![on.to_string(), at.0, reference])?;
        Ok(())
    }

    /// A seal is broken.
    pub fn end_seal(&mut self, on: ConversationId, at: Timestamp) -> Result<(), StoreError> {
        let of = on.to_string();
        self.run("UPDATE seal SET ended_at = ?2 WHERE conversation = ?1 AND ended_at IS NULL", params![&of, at.0])?;
        self.run("UPDATE conversation SET sealed_by = NULL, sealed_with = NULL WHERE id = ?1", params![of])?;
        Ok(())
    }
}
