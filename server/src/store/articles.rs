//! The library in the record: articles, each in versions.

use super::reader::{Reader, id, maybe_id, word};
use super::sql::{Row, Value, params};
use super::{StoreError, Tx};
use handrail_domain::article::{ArticleState, Content, Kind, Topic, Version};
use handrail_domain::ids::{ArticleId, SiteId};
use handrail_domain::push::Language;
use handrail_domain::time::Timestamp;
use std::collections::BTreeMap;

const VERSION: &str =
    "SELECT article, version, site, state, kind, topic, language, title, body, phone, link, author, changed_at,
     published_by, published_at, review_by FROM article_version";

fn version(row: &Row<'_>) -> Result<Version, StoreError> {
    let at = |column| row.get::<Option<i64>>(column).map(|at| at.map(Timestamp));
    Ok(Version {
        article: id(row, "article")?,
        site: id(row, "site")?,
        version: row.get("version")?,
        state: word(row, "state", ArticleState::parse)?,
        content: Content {
            kind: word(row, "kind", Kind::parse)?,
            topic: word(row, "topic", Topic::parse)?,
            language: word(row, "language", Language::parse)?,
            title: row.get("title")?,
            body: row.get("body")?,
            phone: row.get("phone")?,
            link: row.get("link")?,
        },
        author: maybe_id(row, "author")?,
        changed_at: Timestamp(row.get("changed_at")?),
        published_by: maybe_id(row, "published_by")?,
        published_at: at("published_at")?,
        review_by: at("review_by")?,
    })
}

impl Reader<'_> {
    /// The version of an article that may be read.
    pub fn published(&self, article: ArticleId) -> Result<Option<Version>, StoreError> {
        self.one(
            &format!("{VERSION} WHERE article = ?1 AND state = 'published'"),
            params![article.to_string()],
            version,
        )
    }

    /// Every version of an article, the newest first.
    pub fn versions(&self, article: ArticleId) -> Result<Vec<Version>, StoreError> {
        let sql = format!("{VERSION} WHERE article = ?1 ORDER BY version DESC");
        self.many(&sql, params![article.to_string()], version)
    }

    /// What may be read in a site and has all of these words in it: services first in their topic, then by title.
    pub fn library(
        &self,
        site: SiteId,
        topic: Option<Topic>,
        words: &[String],
        limit: usize,
    ) -> Result<Vec<Version>, StoreError> {
        let site = site.to_string();
        let mut values = vec![Value::Text(&site), Value::Int(i64::try_from(limit).unwrap_or(i64::MAX))];
        let mut sql = format!("{VERSION} WHERE site = ?1 AND state = 'published'");
        if let Some(topic) = topic {
            values.push(Value::Text(topic.as_str()));
            sql.push_str(" AND topic = ?3");
        }
        // A search's words hold letters and digits alone, so nothing in them means anything to LIKE.
        let patterns: Vec<String> = words.iter().map(|word| format!("%{word}%")).collect();
        for pattern in &patterns {
            values.push(Value::Text(pattern));
            sql.push_str(&format!(" AND searched LIKE ?{}", values.len()));
        }
        self.many(&format!("{sql} ORDER BY topic, kind DESC, title, article LIMIT ?2"), &values, version)
    }

    /// The newest version of every article of a site, for those who write: by topic and title. What is read beside a draft is told by
    /// `published`.
    pub fn shelves(&self, site: SiteId) -> Result<Vec<Version>, StoreError> {
        let sql = format!(
            "{VERSION} AS one WHERE site = ?1
             AND version = (SELECT max(version) FROM article_version WHERE article_version.article = one.article)
             ORDER BY topic, title, article"
        );
        self.many(&sql, params![site.to_string()], version)
    }

    /// How many articles a site has.
    pub fn articles(&self, site: SiteId) -> Result<usize, StoreError> {
        let count =
            self.one("SELECT count(*) AS c FROM article WHERE site = ?1", params![site.to_string()], |row| {
                row.get("c")
            })?;
        Ok(count.unwrap_or(0))
    }

    /// The articles that a site shows at once when a crisis rule matched.
    pub fn crisis_articles(&self, site: SiteId) -> Result<Vec<Version>, StoreError> {
        let sql = format!(
            "{VERSION} WHERE site = ?1 AND state = 'published' AND article IN (SELECT id FROM article WHERE site = ?1 AND crisis = 1)
             ORDER BY title"
        );
        self.many(&sql, params![site.to_string()], version)
    }

    /// How often the articles of a site were read since a day, `YYYY-MM-DD`.
    pub fn reads(&self, site: SiteId, since: &str) -> Result<BTreeMap<ArticleId, u64>, StoreError> {
        let sql = "SELECT article_reads.article AS article, CAST(sum(reads) AS BIGINT) AS reads FROM article_reads
             JOIN article ON article.id = article_reads.article WHERE article.site = ?1 AND day >= ?2 GROUP BY article_reads.article";
        let rows =
            self.many(sql, params![site.to_string(), since], |row| Ok((id(row, "article")?, row.get("reads")?)))?;
        Ok(rows.into_iter().collect())
    }
}

impl Tx<'_> {
    /// Makes an article without versions; `crisis`: it is shown at once when a crisis rule matched.
    pub fn add_article(&mut self, article: ArticleId, site: SiteId, crisis: bool) -> Result<(), StoreError> {
        let sql = "INSERT INTO article (id, site, crisis) VALUES (?1, ?2, ?3)";
        self.run_beside(sql, params![article.to_string(), site.to_string(), crisis])?;
        Ok(())
    }

    /// Writes a version as it is now. One that is published takes the place of the one before it.
    pub fn put_version(&mut self, version: &Version) -> Result<(), StoreError> {
        let key = version.article.to_string();
        if version.state == ArticleState::Published {
            let sql = "UPDATE article_version SET state = 'archived' WHERE article = ?1 AND state = 'published' AND version <> ?2";
            self.run_beside(sql, params![key, version.version])?;
        }
        let content = &version.content;
        self.run_beside(
            "INSERT INTO article_version (article, version, site, state, kind, topic, language, title, body, phone, link, searched,
                 author, changed_at, published_by, published_at, review_by)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
             ON CONFLICT (article, version) DO UPDATE SET state = excluded.state, kind = excluded.kind, topic = excluded.topic,
                 language = excluded.language, title = excluded.title, body = excluded.body, phone = excluded.phone,
                 link = excluded.link, searched = excluded.searched, author = excluded.author, changed_at = excluded.changed_at,
                 published_by = excluded.published_by, published_at = excluded.published_at, review_by = excluded.review_by",
            params![
                key,
                version.version,
                version.site.to_string(),
                version.state.as_str(),
                content.kind.as_str(),
                content.topic.as_str(),
                content.language.as_str(),
                content.title,
                content.body,
                content.phone,
                content.link,
                content.searched(),
                version.author.map(|author| author.to_string()),
                version.changed_at.0,
                version.published_by.map(|by| by.to_string()),
                version.published_at.map(|at| at.0),
                version.review_by.map(|at| at.0)
            ],
        )?;
        Ok(())
    }

    /// Articles were read so often more on a day. In the order of their ids, so that two nodes do not wait for each other.
    pub fn add_reads(&mut self, day: &str, reads: &BTreeMap<ArticleId, u64>) -> Result<(), StoreError> {
        for (article, more) in reads {
            self.run_beside(
                "INSERT INTO article_reads (article, day, reads) VALUES (?1, ?2, ?3)
                 ON CONFLICT (article, day) DO UPDATE SET reads = article_reads.reads + excluded.reads",
                params![article.to_string(), day, *more],
            )?;
        }
        Ok(())
    }
}
