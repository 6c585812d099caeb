//! Papers: what the scheme writes down about people and relationships; and who read who somebody really is.

use super::reader::{Reader, id, maybe_id, word};
use super::sql::{Row, params};
use super::{StoreError, Tx};
use handrail_domain::ids::{AccountId, ConversationId, GlassId, PaperId, RestrictionId, SiteId};
use handrail_domain::scheme::glass::Glass;
use handrail_domain::scheme::paper::{Paper, PaperKind};
use handrail_domain::time::Timestamp;

const PAPER: &str = "SELECT paper.id AS id, paper.site AS site, paper.kind AS kind, paper.account AS account,
     paper.conversation AS conversation, answers, version, made_by, made_at, changed_at, due_at, closed_at FROM paper";
const GLASS: &str = "SELECT id, site, account, made_by, reason, at, until, seen_by FROM glass";

fn paper(row: &Row<'_>) -> Result<Paper, StoreError> {
    let at = |column| row.get::<Option<i64>>(column).map(|at| at.map(Timestamp));
    let answers = row.maybe_text("answers")?;
    let answers = answers.map(|json| serde_json::from_str(json).map_err(|e| StoreError::new("read a paper", e)));
    Ok(Paper {
        id: id(row, "id")?,
        site: id(row, "site")?,
        kind: word(row, "kind", PaperKind::parse)?,
        account: maybe_id(row, "account")?,
        conversation: maybe_id(row, "conversation")?,
        answers: answers.transpose()?,
        version: row.get("version")?,
        by: id(row, "made_by")?,
        made_at: Timestamp(row.get("made_at")?),
        changed_at: Timestamp(row.get("changed_at")?),
        due_at: at("due_at")?,
        closed_at: at("closed_at")?,
    })
}

fn glass(row: &Row<'_>) -> Result<Glass, StoreError> {
    Ok(Glass {
        id: id(row, "id")?,
        site: id(row, "site")?,
        account: id(row, "account")?,
        by: id(row, "made_by")?,
        reason: row.get("reason")?,
        at: Timestamp(row.get("at")?),
        until: Timestamp(row.get("until")?),
        seen_by: maybe_id(row, "seen_by")?,
    })
}

impl Reader<'_> {
    /// The paper of that id.
    pub fn paper(&self, of: PaperId) -> Result<Option<Paper>, StoreError> {
        self.one(&format!("{PAPER} WHERE id = ?1"), params![of.to_string()], paper)
    }

    /// What is written about a person, the newest first.
    pub fn papers_of(&self, account: AccountId, limit: usize) -> Result<Vec<Paper>, StoreError> {
        let sql = format!("{PAPER} WHERE account = ?1 ORDER BY made_at DESC, id LIMIT ?2");
        self.many(&sql, params![account.to_string(), limit], paper)
    }

    /// What is written about a relationship, the newest first.
    pub fn papers_in(&self, conversation: ConversationId, limit: usize) -> Result<Vec<Paper>, StoreError> {
        let sql = format!("{PAPER} WHERE conversation = ?1 ORDER BY made_at DESC, id LIMIT ?2");
        self.many(&sql, params![conversation.to_string(), limit], paper)
    }

    /// All papers of one kind in a site that are not put away, the oldest first.
    pub fn open_papers(&self, site: SiteId, kind: PaperKind, limit: usize) -> Result<Vec<Paper>, StoreError> {
        let sql = format!("{PAPER} WHERE site = ?1 AND kind = ?2 AND closed_at IS NULL ORDER BY made_at, id LIMIT ?3");
        self.many(&sql, params![site.to_string(), kind.as_str(), limit], paper)
    }

    /// All papers of a site, the oldest first.
    pub fn all_papers(&self, site: SiteId, limit: usize) -> Result<Vec<Paper>, StoreError> {
        let sql = format!("{PAPER} WHERE site = ?1 ORDER BY made_at, id LIMIT ?2");
        self.many(&sql, params![site.to_string(), limit], paper)
    }

    /// All papers about relationships of a site that were written in a time, the oldest first.
    pub fn papers_between(
        &self,
        site: SiteId,
        from: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Paper>, StoreError> {
        let sql = format!(
            "{PAPER} WHERE site = ?1 AND conversation IS NOT NULL AND made_at >= ?2 AND made_at <= ?3 ORDER BY made_at, id LIMIT ?4"
        );
        self.many(&sql, params![site.to_string(), from.0, until.0, limit], paper)
    }

    /// The restricted terms that were made from a condition and have not ended before their time.
    pub fn restrictions_from(&self, paper: PaperId) -> Result<Vec<RestrictionId>, StoreError> {
        let sql = "SELECT id FROM restriction WHERE paper = ?1 AND ended_at IS NULL ORDER BY id";
        self.many(sql, params![paper.to_string()], |row| id(row, "id"))
    }

    /// Who has signed a paper as it is, in the order in which they did.
    pub fn signed(&self, of: PaperId, version: u64) -> Result<Vec<AccountId>, StoreError> {
        let sql = "SELECT account FROM paper_signed WHERE paper = ?1 AND version = ?2 ORDER BY at, account";
        self.many(sql, params![of.to_string(), version], |row| id(row, "account"))
    }

    /// The glass that somebody broke last to read about a person.
    pub fn last_glass(&self, account: AccountId, by: AccountId) -> Result<Option<Glass>, StoreError> {
        let sql = format!("{GLASS} WHERE account = ?1 AND made_by = ?2 ORDER BY until DESC, id LIMIT 1");
        self.one(&sql, params![account.to_string(), by.to_string()], glass)
    }

    /// The glass of that id.
    pub fn glass(&self, of: GlassId) -> Result<Option<Glass>, StoreError> {
        self.one(&format!("{GLASS} WHERE id = ?1"), params![of.to_string()], glass)
    }

    /// Glasses of a site that no second person has read of, the oldest first.
    pub fn unseen_glasses(&self, site: SiteId, limit: usize) -> Result<Vec<Glass>, StoreError> {
        let sql = format!("{GLASS} WHERE site = ?1 AND seen_by IS NULL ORDER BY at, id LIMIT ?2");
        self.many(&sql, params![site.to_string(), limit], glass)
    }
}

impl Tx<'_> {
    /// Writes a paper as it is now.
    pub fn put_paper(&mut self, paper: &Paper, salt: &[u8; 16]) -> Result<(), StoreError> {
        let answers = paper.answers.as_ref().map(serde_json::to_string).transpose();
        let answers = answers.map_err(|e| StoreError::new("write a paper", e))?;
        self.run_beside(
            "INSERT INTO paper (id, site, kind, account, conversation, answers, salt, version, made_by, made_at, changed_at, due_at, closed_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
             ON CONFLICT (id) DO UPDATE SET answers = excluded.answers, salt = excluded.salt, version = excluded.version,
               changed_at = excluded.changed_at, due_at = excluded.due_at, closed_at = excluded.closed_at",
            params![
                paper.id.to_string(),
                paper.site.to_string(),
                paper.kind.as_str(),
                paper.account.map(|id| id.to_string()),
                paper.conversation.map(|id| id.to_string()),
                answers,
                salt,
                paper.version,
                paper.by.to_string(),
                paper.made_at.0,
                paper.changed_at.0,
                paper.due_at.map(|at| at.0),
                paper.closed_at.map(|at| at.0)
            ],
        )?;
        Ok(())
    }

    /// A paper is put away, with what it says.
    pub fn close_paper(&mut self, of: PaperId, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE paper SET closed_at = ?2 WHERE id = ?1 AND closed_at IS NULL";
        self.run_beside(sql, params![of.to_string(), at.0])?;
        Ok(())
    }

    /// A restricted term was made from a condition.
    pub fn restriction_from(&mut self, restriction: RestrictionId, paper: PaperId) -> Result<(), StoreError> {
        let sql = "UPDATE restriction SET paper = ?2 WHERE id = ?1";
        self.run_beside(sql, params![restriction.to_string(), paper.to_string()])?;
        Ok(())
    }

    /// Somebody signs a paper as it is.
    pub fn sign_paper(&mut self, of: &Paper, by: AccountId, at: Timestamp) -> Result<(), StoreError> {
        self.run_beside(
            "INSERT INTO paper_signed (paper, account, version, at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (paper, account) DO UPDATE SET version = excluded.version, at = excluded.at",
            params![of.id.to_string(), by.to_string(), of.version, at.0],
        )?;
        Ok(())
    }

    /// What is written about a person, or in a relationship, says nothing any more.
    pub fn erase_papers(
        &mut self,
        account: Option<AccountId>,
        conversation: Option<ConversationId>,
    ) -> Result<(), StoreError> {
        if let Some(account) = account {
            let sql = "UPDATE paper SET answers = NULL, salt = NULL WHERE account = ?1";
            self.run_beside(sql, params![account.to_string()])?;
            let sql = "UPDATE glass SET reason = '' WHERE account = ?1";
            self.run_beside(sql, params![account.to_string()])?;
        }
        if let Some(conversation) = conversation {
            let sql = "UPDATE paper SET answers = NULL, salt = NULL WHERE conversation = ?1";
            self.run_beside(sql, params![conversation.to_string()])?;
            self.run("UPDATE conversation SET words = NULL WHERE id = ?1", params![conversation.to_string()])?;
        }
        Ok(())
    }

    /// Somebody broke a glass.
    pub fn add_glass(&mut self, glass: &Glass) -> Result<(), StoreError> {
        self.run_beside(
            "INSERT INTO glass (id, site, account, made_by, reason, at, until) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                glass.id.to_string(),
                glass.site.to_string(),
                glass.account.to_string(),
                glass.by.to_string(),
                glass.reason,
                glass.at.0,
                glass.until.0
            ],
        )?;
        Ok(())
    }

    /// A second person has read of it.
    pub fn see_glass(&mut self, of: GlassId, by: AccountId, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE glass SET seen_by = ?2, seen_at = ?3 WHERE id = ?1 AND seen_by IS NULL";
        self.run_beside(sql, params![of.to_string(), by.to_string(), at.0])?;
        Ok(())
    }
}
