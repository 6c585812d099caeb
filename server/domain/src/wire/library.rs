//! The bodies of the library's routes.

#![expect(missing_docs, reason = "PROTOCOL.md says what each field means; here it would be said twice")]

use crate::article::{ArticleAct, ArticleState, Block, Content, Kind, Topic};
use crate::ids::ArticleId;
use crate::push::Language;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// An article as a list names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ArticleLine {
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub id: ArticleId,
    pub kind: Kind,
    pub topic: Topic,
    pub language: Language,
    pub title: String,
    /// How long it takes to read.
    pub minutes: usize,
}

/// `GET /api/articles`: what may be read, by topic, services first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ArticlePage {
    pub articles: Vec<ArticleLine>,
    /// Whether there are more than are shown: a search finds them.
    pub more: bool,
}

/// `GET /api/articles/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ArticleView {
    #[serde(flatten)]
    #[cfg_attr(test, ts(flatten))]
    pub line: ArticleLine,
    pub blocks: Vec<Block>,
    pub phone: Option<String>,
    pub link: Option<String>,
    #[cfg_attr(test, ts(type = "string | null"), schemars(with = "Option<String>"))]
    pub published_at: Option<Timestamp>,
}

/// What an article says, as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Manuscript {
    pub kind: Kind,
    pub topic: Topic,
    pub language: Language,
    pub title: String,
    pub body: String,
    pub phone: Option<String>,
    pub link: Option<String>,
}

impl From<Manuscript> for Content {
    fn from(written: Manuscript) -> Self {
        let Manuscript { kind, topic, language, title, body, phone, link } = written;
        Self { kind, topic, language, title, body, phone, link }
    }
}

impl From<Content> for Manuscript {
    fn from(content: Content) -> Self {
        let Content { kind, topic, language, title, body, phone, link } = content;
        Self { kind, topic, language, title, body, phone, link }
    }
}

/// `POST /api/library/preview`: how it would be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Preview {
    pub blocks: Vec<Block>,
    /// The school year whose pupils can read it; nothing for Welsh, which the measure was not made for.
    pub grade: Option<u32>,
    pub minutes: usize,
}

/// An article as those who write see it in a list: its newest version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ShelfLine {
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub id: ArticleId,
    pub kind: Kind,
    pub topic: Topic,
    pub language: Language,
    pub title: String,
    pub state: ArticleState,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub changed_at: Timestamp,
    #[cfg_attr(test, ts(type = "string | null"), schemars(with = "Option<String>"))]
    pub review_by: Option<Timestamp>,
    /// How often it was read in the last thirty days.
    #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
    pub reads: u64,
}

/// `GET /api/library`: every article of one's own site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ShelfPage {
    pub articles: Vec<ShelfLine>,
}

/// `GET /api/library/{id}`: its newest version, for whoever writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct VersionView {
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub id: ArticleId,
    #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
    pub version: u64,
    pub state: ArticleState,
    pub content: Manuscript,
    /// The name of who wrote last in it.
    pub author: Option<String>,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub changed_at: Timestamp,
    pub published_by: Option<String>,
    #[cfg_attr(test, ts(type = "string | null"), schemars(with = "Option<String>"))]
    pub published_at: Option<Timestamp>,
    #[cfg_attr(test, ts(type = "string | null"), schemars(with = "Option<String>"))]
    pub review_by: Option<Timestamp>,
    /// The version that is read meanwhile, if it is another.
    #[cfg_attr(test, ts(type = "number | null"), schemars(with = "Option<i64>"))]
    pub read: Option<u64>,
    /// What this reader may do with it.
    pub acts: Vec<ArticleAct>,
}

/// `PUT /api/library/{id}`, and with an act `POST /api/library/{id}/{act}`: the version as it was seen, so that nobody works over another's
/// change without knowing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Seen {
    #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
    pub version: u64,
    pub state: ArticleState,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub changed_at: Timestamp,
    /// What is to be saved; absent with any other act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub content: Option<Manuscript>,
}
