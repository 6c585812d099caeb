//! Reports in the record, and what each line of a queue is about.

use super::feed::Owner;
use super::linked::{lines, until};
use super::reader::{Reader, id, word};
use super::sql::{Row, params};
use super::{StoreError, Tx};
use handrail_domain::event::{Queued, What};
use handrail_domain::ids::{AccountId, Cid, ConversationId, LogN, Offset, ReportId, SiteId};
use handrail_domain::report::{Draft, Report};
use handrail_domain::text::Text;
use handrail_domain::time::Timestamp;
use handrail_domain::wire::ReportReason;

const REPORT: &str = "SELECT id, site, conversation, sender, cid, reason, text, pause, at FROM report";

fn report(row: &Row<'_>) -> Result<Report, StoreError> {
    let draft = Draft {
        cid: word(row, "cid", Cid::parse)?,
        reason: word(row, "reason", ReportReason::parse)?,
        text: row.get::<Option<String>>("text")?.map(Text::from_record),
        pause: row.get("pause")?,
    };
    Ok(Report {
        id: id(row, "id")?,
        site: id(row, "site")?,
        conversation: id(row, "conversation")?,
        from: id(row, "sender")?,
        draft,
        at: Timestamp(row.get("at")?),
    })
}

impl Reader<'_> {
    /// The report of that id.
    pub fn report(&self, report_id: ReportId) -> Result<Option<Report>, StoreError> {
        self.one(&format!("{REPORT} WHERE id = ?1"), params![report_id.to_string()], report)
    }

    /// The report that this sender made under this client id.
    pub fn report_by_cid(&self, sender: AccountId, cid: &Cid) -> Result<Option<Report>, StoreError> {
        let sql = format!("{REPORT} WHERE sender = ?1 AND cid = ?2");
        self.one(&sql, params![sender.to_string(), cid.as_str()], report)
    }

    /// A site's reports before one of them, or from the last, newest first.
    pub fn reports(&self, site: SiteId, before: Option<&Report>, limit: usize) -> Result<Vec<Report>, StoreError> {
        let (at, key) = before.map_or((i64::MAX, String::new()), |report| (report.at.0, report.id.to_string()));
        let sql = format!("{REPORT} WHERE site = ?1 AND (at, id) < (?2, ?3) ORDER BY at DESC, id DESC LIMIT ?4");
        self.many(&sql, params![site.to_string(), at, key, limit], report)
    }

    /// The first reports of a conversation, or of a sender, oldest first.
    pub fn reports_of(
        &self,
        conversation: Option<ConversationId>,
        sender: Option<AccountId>,
        limit: usize,
    ) -> Result<Vec<Report>, StoreError> {
        let (column, key) = match (conversation, sender) {
            (Some(of), _) => ("conversation", of.to_string()),
            (None, Some(of)) => ("sender", of.to_string()),
            (None, None) => return Ok(Vec::new()),
        };
        let sql = format!("{REPORT} WHERE {column} = ?1 ORDER BY at, id LIMIT ?2");
        self.many(&sql, params![key, limit], report)
    }

    /// How many reports came since a moment: in a site, or about one conversation of it.
    pub fn reports_count(
        &self,
        site: SiteId,
        conversation: Option<ConversationId>,
        since: Timestamp,
    ) -> Result<usize, StoreError> {
        let sql = "SELECT count(*) AS count FROM report WHERE site = ?1 AND at >= ?2 AND conversation = coalesce(?3, conversation)";
        let key = conversation.map(|of| of.to_string());
        Ok(self.one(sql, params![site.to_string(), since.0, key], |row| row.get("count"))?.unwrap_or(0))
    }

    /// A page of a queue after an offset, oldest first: each line's number in the log, its offset, and what it is about.
    pub fn queued_page(
        &self,
        site: SiteId,
        after: Offset,
        limit: usize,
    ) -> Result<Vec<(LogN, Offset, Queued)>, StoreError> {
        let lines = lines(self.link());
        let sql = format!(
            "{lines} SELECT line.place AS place, event.n AS n, event.data AS data FROM line JOIN event ON event.n = line.n
             WHERE line.place > ?2 AND line.place <= ?3 ORDER BY line.place"
        );
        self.many(&sql, params![Owner::Queue(site).to_string(), after, until(after, limit)], |row| {
            let what: What =
                serde_json::from_str(&row.get::<String>("data")?).map_err(|e| StoreError::new("read an event", e))?;
            let about = what.queued().ok_or_else(|| StoreError::new("read a queue", "an event that enters none"))?;
            Ok((row.get("n")?, row.get("place")?, about))
        })
    }
}

impl Tx<'_> {
    /// Records a report.
    pub fn add_report(&mut self, report: &Report) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO report (id, site, conversation, sender, cid, reason, text, pause, at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                report.id.to_string(),
                report.site.to_string(),
                report.conversation.to_string(),
                report.from.to_string(),
                report.draft.cid.as_str(),
                report.draft.reason.as_str(),
                report.draft.text.as_ref().map(Text::as_str),
                report.draft.pause,
                report.at.0
            ],
        )?;
        Ok(())
    }
}
