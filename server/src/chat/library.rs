//! The library: reading it, and writing it with a second person. Who reads what is nobody's business, so only how often is counted.

use super::{Chat, Signed};
use crate::fresh;
use crate::store::{Failure, Reader, Scope, StoreError, Tx};
use handrail_domain::article::{
    ARTICLES_MAX, ArticleAct, ArticleState, Content, Topic, Version, blocks, grade, minutes, saved, searched_words,
};
use handrail_domain::event::{Event, What};
use handrail_domain::ids::{AccountId, ArticleId, SiteId};
use handrail_domain::people::Account;
use handrail_domain::policy::may_write_articles;
use handrail_domain::push::Language;
use handrail_domain::refusal::{Code, Refusal};
use handrail_domain::wire::{ArticleLine, ArticlePage, ArticleView, Preview, Seen, ShelfLine, ShelfPage, VersionView};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Articles on one page: a page is the whole library of most sites.
const PAGE_MAX: usize = 200;
/// How many days of reading are counted for those who write, in milliseconds.
const COUNTED_MS: i64 = 30 * 24 * 60 * 60 * 1_000;

/// Articles that were read and are not counted in the record yet. What a crash takes is a few reads.
#[derive(Default)]
pub(super) struct Reads(Mutex<BTreeMap<ArticleId, u64>>);

impl Chat {
    /// What somebody may read, of one topic or of all, with all these words in it.
    pub async fn articles(&self, who: &Signed, topic: Option<Topic>, asked: &str) -> Result<ArticlePage, Refusal> {
        let (site, words) = (who.account.site, searched_words(asked));
        let found = self.read(move |record| record.library(site, topic, &words, PAGE_MAX + 1)).await?;
        let more = found.len() > PAGE_MAX;
        Ok(ArticlePage { articles: found.iter().take(PAGE_MAX).map(line).collect(), more })
    }

    /// One article, as it may be read now.
    pub async fn article(&self, who: &Signed, id: ArticleId) -> Result<ArticleView, Refusal> {
        let site = who.account.site;
        let found = self.read(move |record| record.published(id)).await?;
        let found = found.filter(|version| version.site == site).ok_or(Code::NotFound)?;
        if who.account.role.converses() {
            *self.reads.0.lock().unwrap_or_else(PoisonError::into_inner).entry(id).or_default() += 1;
        }
        let Content { ref body, ref phone, ref link, .. } = found.content;
        let (blocks, phone, link) = (blocks(body).unwrap_or_default(), phone.clone(), link.clone());
        Ok(ArticleView { line: line(&found), blocks, phone, link, published_at: found.published_at })
    }

    /// Every article of one's site, for those who write.
    pub async fn shelves(&self, who: &Signed) -> Result<ShelfPage, Refusal> {
        may_write_articles(&who.account)?;
        let (site, since) = (who.account.site, fresh::now().plus_ms(-COUNTED_MS).date());
        self.read(move |record| {
            let reads = record.reads(site, &since)?;
            let shelf = |version: Version| ShelfLine {
                id: version.article,
                kind: version.content.kind,
                topic: version.content.topic,
                language: version.content.language,
                title: version.content.title,
                state: version.state,
                changed_at: version.changed_at,
                review_by: version.review_by,
                reads: reads.get(&version.article).copied().unwrap_or(0),
            };
            Ok(ShelfPage { articles: record.shelves(site)?.into_iter().map(shelf).collect() })
        })
        .await
    }

    /// The newest version of an article, for those who write.
    pub async fn version(&self, who: &Signed, id: ArticleId) -> Result<VersionView, Refusal> {
        may_write_articles(&who.account)?;
        let reader = who.account.clone();
        self.read(move |record| version_for(record, id, &reader)).await?.ok_or_else(|| Code::NotFound.into())
    }

    /// A new article, as a draft.
    pub async fn begin_article(&self, who: &Signed, content: Content) -> Result<VersionView, Refusal> {
        may_write_articles(&who.account)?;
        let (id, by) = (ArticleId::from_bits(fresh::bits()), who.account.clone());
        let begun = self.write(Scope::Everything, move |tx| {
            if tx.articles(by.site)? >= ARTICLES_MAX {
                return Err(Code::Busy.into());
            }
            tx.add_article(id, by.site, false)?;
            let now = fresh::now();
            let draft = Version {
                article: id,
                site: by.site,
                version: 1,
                state: ArticleState::Draft,
                content,
                author: Some(by.id),
                changed_at: now,
                published_by: None,
                published_at: None,
                review_by: None,
            };
            put(tx, &draft, ArticleAct::Save, by.id)?;
            version_for(tx, id, &by)?.ok_or_else(|| Code::Internal.into())
        });
        begun.await
    }

    /// Does something with an article, if it still is as it was seen. Says how it is then.
    pub async fn act_on_article(
        &self,
        who: &Signed,
        id: ArticleId,
        act: ArticleAct,
        seen: Seen,
        content: Option<Content>,
    ) -> Result<VersionView, Refusal> {
        may_write_articles(&who.account)?;
        let by = who.account.clone();
        self.write(Scope::Everything, move |tx| {
            let last = newest(tx, id, by.site)?.ok_or(Code::NotFound)?;
            if (last.version, last.state, last.changed_at) != (seen.version, seen.state, seen.changed_at) {
                return Err(Code::StaleVersion.into());
            }
            let now = fresh::now();
            let next = match (act, content) {
                (ArticleAct::Save, Some(content)) => saved(last, content, by.id, now),
                (ArticleAct::Save, None) => return Err(Code::BadFrame.into()),
                (act, _) => last.after(act, by.id, now)?,
            };
            put(tx, &next, act, by.id)?;
            version_for(tx, id, &by)?.ok_or_else(|| Code::Internal.into())
        })
        .await
    }

    /// Writes down how often articles were read since the last time.
    pub async fn count_reads(&self) -> Result<(), Refusal> {
        let reads = std::mem::take(&mut *self.reads.0.lock().unwrap_or_else(PoisonError::into_inner));
        if reads.is_empty() {
            return Ok(());
        }
        self.write(Scope::Everything, move |tx| Ok(tx.add_reads(&fresh::now().date(), &reads)?)).await
    }
}

/// How a text would be read.
pub fn preview(content: &Content) -> Preview {
    Preview {
        blocks: blocks(&content.body).unwrap_or_default(),
        grade: if content.language == Language::En { grade(&content.body) } else { None },
        minutes: minutes(&content.body),
    }
}

fn line(version: &Version) -> ArticleLine {
    let content = &version.content;
    ArticleLine {
        id: version.article,
        kind: content.kind,
        topic: content.topic,
        language: content.language,
        title: content.title.clone(),
        minutes: minutes(&content.body),
    }
}

fn newest(record: &Reader<'_>, id: ArticleId, site: SiteId) -> Result<Option<Version>, StoreError> {
    Ok(record.versions(id)?.into_iter().next().filter(|version| version.site == site))
}

fn version_for(record: &Reader<'_>, id: ArticleId, reader: &Account) -> Result<Option<VersionView>, StoreError> {
    let Some(version) = newest(record, id, reader.site)? else { return Ok(None) };
    let name = |who: Option<AccountId>| -> Result<Option<String>, StoreError> {
        Ok(who.map(|who| record.account(who)).transpose()?.flatten().map(|account| account.name))
    };
    let read = record.published(id)?.map(|read| read.version).filter(|read| *read != version.version);
    let (author, published_by, acts) = (name(version.author)?, name(version.published_by)?, version.acts(reader.id));
    Ok(Some(VersionView {
        id,
        version: version.version,
        state: version.state,
        content: version.content.into(),
        author,
        changed_at: version.changed_at,
        published_by,
        published_at: version.published_at,
        review_by: version.review_by,
        read,
        acts,
    }))
}

/// Writes a version and its line in the log.
pub(crate) fn put(tx: &mut Tx<'_>, version: &Version, act: ArticleAct, by: AccountId) -> Result<(), Failure> {
    tx.put_version(version)?;
    let what =
        What::Article { article: version.article, act, version: version.version, digest: version.content.digest() };
    let event = Event {
        at: fresh::now(),
        site: version.site,
        conversation: None,
        message: None,
        actor: Some(by),
        accounts: Vec::new(),
        queue: false,
        what,
    };
    Ok(tx.append(event)?)
}
