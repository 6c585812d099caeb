//! What the filter leans on in the record: restricted terms, signs of drift, rule sets, disagreements of a set in shadow, and
//! the items and messages that rules are measured on.

use super::items::judged;
use super::reader::{Reader, id, word};
use super::sql::{Row, params};
use super::{StoreError, Tx};
use handrail_domain::filter::{Sign, Source};
use handrail_domain::finding::Category;
use handrail_domain::ids::{AccountId, ConversationId, MessageId, RestrictionId, SiteId};
use handrail_domain::people::Role;
use handrail_domain::quarantine::OutcomeName;
use handrail_domain::restriction::Restriction;
use handrail_domain::score::Judged;
use handrail_domain::text::Text;
use handrail_domain::time::Timestamp;

/// A message as it is judged again: who said what, where, when, and what became of it.
#[derive(Debug, Clone)]
pub struct Said {
    /// Its place in the order of the record.
    pub row: i64,
    /// Its id.
    pub message: MessageId,
    /// Where.
    pub conversation: ConversationId,
    /// Who.
    pub from: AccountId,
    /// In which role.
    pub role: Role,
    /// What; nothing if it was erased.
    pub text: Option<Text>,
    /// When.
    pub at: Timestamp,
    /// Whether the filter let it pass.
    pub passed: bool,
    /// How its item ended, if it was held and is over.
    pub outcome: Option<OutcomeName>,
}

/// What a set in shadow would have done otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// On which message.
    pub message: MessageId,
    /// The version of the live set.
    pub live: String,
    /// The version of the set in shadow.
    pub candidate: String,
    /// Whether the set in shadow would have held it.
    pub held: bool,
    /// The ids of the rules that held it, in the one set or the other.
    pub rules: Vec<String>,
    /// When.
    pub at: Timestamp,
}

/// On how many messages a set in shadow and the live one disagreed in the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisagreementCount {
    /// Whether the set in shadow would have held them.
    pub held: bool,
    /// The ids of the rules that held them, in the one set or the other.
    pub rules: Vec<String>,
    /// How many messages.
    pub messages: u64,
}

/// What is known of a set in shadow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShadowRun {
    /// Its version.
    pub candidate: String,
    /// Since when it judges.
    pub first_at: Timestamp,
    /// How many messages it judged.
    pub judged: u64,
}

fn restriction(row: &Row<'_>) -> Result<Restriction, StoreError> {
    Ok(Restriction {
        id: id(row, "id")?,
        conversation: id(row, "conversation")?,
        term: row.get("term")?,
        reason: row.get("reason")?,
        owner: id(row, "owner")?,
        created_at: Timestamp(row.get("created_at")?),
        until: Timestamp(row.get("until")?),
        ended_at: row.get::<Option<i64>>("ended_at")?.map(Timestamp),
    })
}

fn outcome(row: &Row<'_>) -> Result<Option<OutcomeName>, StoreError> {
    let text = row.maybe_text("outcome")?;
    text.map(|text| OutcomeName::parse(text).ok_or_else(|| StoreError::new("outcome", "unknown"))).transpose()
}

const RESTRICTION: &str = "SELECT id, conversation, term, reason, owner, created_at, until, ended_at FROM restriction";

impl Reader<'_> {
    /// Every restricted term of a relationship, over or not, oldest first.
    pub fn restrictions(&self, conversation: ConversationId) -> Result<Vec<Restriction>, StoreError> {
        let sql = format!("{RESTRICTION} WHERE conversation = ?1 ORDER BY created_at, id");
        self.many(&sql, params![conversation.to_string()], restriction)
    }

    /// The restricted term of that id.
    pub fn restriction(&self, restriction_id: RestrictionId) -> Result<Option<Restriction>, StoreError> {
        self.one(&format!("{RESTRICTION} WHERE id = ?1"), params![restriction_id.to_string()], restriction)
    }

    /// The signs of drift that an account gave in a conversation since a moment, oldest first.
    pub fn signs(
        &self,
        conversation: ConversationId,
        account: AccountId,
        since: Timestamp,
    ) -> Result<Vec<Sign>, StoreError> {
        let sql =
            "SELECT category, points, at FROM sign WHERE conversation = ?1 AND account = ?2 AND at >= ?3 ORDER BY row";
        self.many(sql, params![conversation.to_string(), account.to_string(), since.0], |row| {
            Ok(Sign {
                category: word(row, "category", Category::parse)?,
                points: row.get("points")?,
                at: Timestamp(row.get("at")?),
            })
        })
    }

    /// The packs of a set of rules that judged at some time.
    pub fn rule_set(&self, version: &str) -> Result<Option<Vec<Source>>, StoreError> {
        self.one("SELECT packs FROM rule_set WHERE version = ?1", params![version], |row| {
            let packs: String = row.get("packs")?;
            let packs: Vec<(String, String)> =
                serde_json::from_str(&packs).map_err(|e| StoreError::new("read a rule set", e))?;
            Ok(packs.into_iter().map(|(name, toml)| Source { name, toml }).collect())
        })
    }

    /// The versions of the sets of rules that judged, and since when, the newest first.
    pub fn rule_versions(&self, limit: usize) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let sql = "SELECT version, first_at FROM rule_set ORDER BY first_at DESC, version LIMIT ?1";
        self.many(sql, params![limit], |row| Ok((row.get("version")?, Timestamp(row.get("first_at")?))))
    }

    /// The items held since a moment, of one site or of all, as a score-card reads them.
    pub fn judged_items(&self, site: Option<SiteId>, since: Timestamp) -> Result<Vec<Judged>, StoreError> {
        let all = "SELECT held_at, data FROM item WHERE held_at >= ?1 ORDER BY held_at, id";
        let of_site = "SELECT held_at, data FROM item WHERE held_at >= ?1 AND site = ?2 ORDER BY held_at, id";
        match site {
            Some(site) => self.many(of_site, params![since.0, site.to_string()], judged),
            None => self.many(all, params![since.0], judged),
        }
    }

    /// A page of all messages since a moment, after a row, in the order of the record.
    pub fn said_since(&self, since: Timestamp, after: i64, limit: usize) -> Result<Vec<Said>, StoreError> {
        let sql = "SELECT message.row AS row, message.id AS id, message.conversation AS conversation, message.sender AS sender,
            account.role AS role, message.text AS text, message.sent_at AS sent_at, message.passed AS passed,
            (SELECT item.data -> 'state' ->> 'outcome' FROM item WHERE item.message = message.id) AS outcome
            FROM message JOIN account ON account.id = message.sender
            WHERE message.row > ?1 AND message.sent_at >= ?2 ORDER BY message.row LIMIT ?3";
        self.many(sql, params![after, since.0, limit], |row| {
            Ok(Said {
                row: row.get("row")?,
                message: id(row, "id")?,
                conversation: id(row, "conversation")?,
                from: id(row, "sender")?,
                role: word(row, "role", Role::parse)?,
                text: row.get::<Option<String>>("text")?.map(Text::from_record),
                at: Timestamp(row.get("sent_at")?),
                passed: row.get("passed")?,
                outcome: outcome(row)?,
            })
        })
    }

    /// The sets that judged in shadow, the newest first.
    pub fn shadow_runs(&self) -> Result<Vec<ShadowRun>, StoreError> {
        self.many("SELECT candidate, first_at, judged FROM shadow_run ORDER BY first_at DESC", params![], |row| {
            Ok(ShadowRun {
                candidate: row.get("candidate")?,
                first_at: Timestamp(row.get("first_at")?),
                judged: row.get("judged")?,
            })
        })
    }

    /// How often a set in shadow would have done otherwise, by what held the message.
    pub fn disagreement_counts(&self, candidate: &str) -> Result<Vec<DisagreementCount>, StoreError> {
        let sql = "SELECT held, rules, count(*) AS messages FROM shadow WHERE candidate = ?1 GROUP BY held, rules ORDER BY messages DESC, rules";
        self.many(sql, params![candidate], |row| {
            let rules: String = row.get("rules")?;
            let rules = serde_json::from_str(&rules).map_err(|e| StoreError::new("rules", e))?;
            Ok(DisagreementCount { held: row.get("held")?, rules, messages: row.get("messages")? })
        })
    }
}

impl Tx<'_> {
    /// Records a restricted term.
    pub fn add_restriction(&mut self, restriction: &Restriction) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO restriction (id, conversation, term, reason, owner, created_at, until, ended_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                restriction.id.to_string(),
                restriction.conversation.to_string(),
                restriction.term,
                restriction.reason,
                restriction.owner.to_string(),
                restriction.created_at.0,
                restriction.until.0,
                restriction.ended_at.map(|t| t.0)
            ],
        )?;
        Ok(())
    }

    /// Ends a restricted term before its time.
    pub fn end_restriction(&mut self, restriction: RestrictionId, at: Timestamp) -> Result<(), StoreError> {
        self.run("UPDATE restriction SET ended_at = ?2 WHERE id = ?1", params![restriction.to_string(), at.0])?;
        Ok(())
    }

    /// Records signs of drift; with `told`, a person was told, and all of them are spent.
    pub fn add_signs(
        &mut self,
        conversation: ConversationId,
        account: AccountId,
        signs: &[Sign],
        told: bool,
    ) -> Result<(), StoreError> {
        let (conversation, account) = (conversation.to_string(), account.to_string());
        if told {
            self.run_beside(
                "DELETE FROM sign WHERE conversation = ?1 AND account = ?2",
                params![&conversation, &account],
            )?;
            return Ok(());
        }
        for sign in signs {
            self.run_beside(
                "INSERT INTO sign (conversation, account, category, points, at) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![conversation, account, sign.category.as_str(), sign.points, sign.at.0],
            )?;
        }
        Ok(())
    }

    /// Records the packs of a set of rules that judges from now on, once.
    pub fn add_rule_set(&mut self, version: &str, packs: &[Source], at: Timestamp) -> Result<(), StoreError> {
        let packs: Vec<(&str, &str)> = packs.iter().map(|pack| (pack.name.as_str(), pack.toml.as_str())).collect();
        let packs = serde_json::to_string(&packs).map_err(|e| StoreError::new("write a rule set", e))?;
        self.run(
            "INSERT INTO rule_set (version, first_at, packs) VALUES (?1, ?2, ?3) ON CONFLICT (version) DO NOTHING",
            params![version, at.0, packs],
        )?;
        Ok(())
    }

    /// Records what a set in shadow judged: how many messages, and where it would have done otherwise.
    pub fn add_shadow(
        &mut self,
        candidate: &str,
        judged: u64,
        disagreements: &[Disagreement],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO shadow_run (candidate, first_at, judged) VALUES (?1, ?2, ?3)
                 ON CONFLICT (candidate) DO UPDATE SET judged = shadow_run.judged + excluded.judged",
            params![candidate, at.0, judged],
        )?;
        for one in disagreements {
            let rules = serde_json::to_string(&one.rules).map_err(|e| StoreError::new("write a disagreement", e))?;
            self.run(
                "INSERT INTO shadow (message, live, candidate, held, rules, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (candidate, message) DO UPDATE SET live = excluded.live, held = excluded.held,
                 rules = excluded.rules, at = excluded.at",
                params![one.message.to_string(), one.live, one.candidate, one.held, rules, one.at.0],
            )?;
        }
        Ok(())
    }
}
