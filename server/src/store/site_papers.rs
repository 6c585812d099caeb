//! What a scheme has written down about itself: versions, none of which is ever changed.

use super::reader::{Reader, id, maybe_id, word};
use super::sql::{Row, params};
use super::{StoreError, Tx};
use handrail_domain::ids::SiteId;
use handrail_domain::scheme::paper::PaperKind;
use handrail_domain::scheme::site_paper::SitePaper;
use handrail_domain::time::Timestamp;

const SITE_PAPER: &str = "SELECT id, site, kind, version, answers, made_by, made_at, due_at FROM site_paper";

fn site_paper(row: &Row<'_>) -> Result<SitePaper, StoreError> {
    let answers: String = row.get("answers")?;
    Ok(SitePaper {
        id: id(row, "id")?,
        site: id(row, "site")?,
        kind: word(row, "kind", PaperKind::parse)?,
        version: row.get("version")?,
        answers: serde_json::from_str(&answers).map_err(|e| StoreError::new("read a paper of a site", e))?,
        by: maybe_id(row, "made_by")?,
        at: Timestamp(row.get("made_at")?),
        due_at: row.get::<Option<i64>>("due_at")?.map(Timestamp),
    })
}

impl Reader<'_> {
    /// The newest version of a kind.
    pub fn site_paper(&self, site: SiteId, kind: PaperKind) -> Result<Option<SitePaper>, StoreError> {
        let sql = format!("{SITE_PAPER} WHERE site = ?1 AND kind = ?2 ORDER BY version DESC LIMIT 1");
        self.one(&sql, params![site.to_string(), kind.as_str()], site_paper)
    }

    /// Every version of every kind, the newest first.
    pub fn site_papers(&self, site: SiteId, limit: usize) -> Result<Vec<SitePaper>, StoreError> {
        let sql = format!("{SITE_PAPER} WHERE site = ?1 ORDER BY made_at DESC, kind, version DESC LIMIT ?2");
        self.many(&sql, params![site.to_string(), limit], site_paper)
    }
}

impl Tx<'_> {
    /// Writes the next version.
    pub fn add_site_paper(&mut self, paper: &SitePaper, salt: &[u8; 16]) -> Result<(), StoreError> {
        let answers =
            serde_json::to_string(&paper.answers).map_err(|e| StoreError::new("write a paper of a site", e))?;
        self.run_beside(
            "INSERT INTO site_paper (id, site, kind, version, answers, salt, made_by, made_at, due_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                paper.id.to_string(),
                paper.site.to_string(),
                paper.kind.as_str(),
                paper.version,
                answers,
                salt,
                paper.by.map(|id| id.to_string()),
                paper.at.0,
                paper.due_at.map(|at| at.0)
            ],
        )?;
        Ok(())
    }
}
