//! The library: what is read, under `/api/articles`; and its writing, under `/api/library`.

use super::Api;
use super::body::json;
use super::refusal::Refused;
use super::session::from_own_page;
use crate::chat::preview;
use crate::door;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use handrail_domain::article::{ArticleAct, Content, Topic};
use handrail_domain::ids::ArticleId;
use handrail_domain::policy::may_write_articles;
use handrail_domain::refusal::Code;
use handrail_domain::wire::{ArticlePage, ArticleView, Manuscript, Preview, Seen, ShelfPage, VersionView};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use std::sync::Arc;

/// The longest search, in characters; what is longer finds nothing more.
const SEARCH_CHARS_MAX: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Search {
    topic: Option<Topic>,
    #[serde(default)]
    q: String,
}

/// `GET /api/articles`.
pub(super) async fn articles(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    search: Result<Query<Search>, QueryRejection>,
) -> Result<Json<ArticlePage>, Refused> {
    let who = door::who(&api.chat, &headers).await?;
    let Query(Search { topic, q }) = search.map_err(|_| Code::BadFrame)?;
    let asked: String = q.chars().take(SEARCH_CHARS_MAX).collect();
    Ok(Json(api.chat.articles(&who, topic, &asked).await?))
}

/// `GET /api/articles/{id}`.
pub(super) async fn article(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<ArticleView>, Refused> {
    let who = door::who(&api.chat, &headers).await?;
    Ok(Json(api.chat.article(&who, named(&id)?).await?))
}

/// `GET /api/library`.
pub(super) async fn shelves(State(api): State<Arc<Api>>, headers: HeaderMap) -> Result<Json<ShelfPage>, Refused> {
    let who = door::who(&api.chat, &headers).await?;
    Ok(Json(api.chat.shelves(&who).await?))
}

/// `GET /api/library/{id}`.
pub(super) async fn version(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<VersionView>, Refused> {
    let who = door::who(&api.chat, &headers).await?;
    may_write_articles(&who.account)?;
    Ok(Json(api.chat.version(&who, named(&id)?).await?))
}

/// `POST /api/library`.
pub(super) async fn begin(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<VersionView>), Refused> {
    let who = from_own_page(&api, &headers).await?;
    may_write_articles(&who.account)?;
    let written = checked(json::<Manuscript>(&headers, &body)?)?;
    Ok((StatusCode::CREATED, Json(api.chat.begin_article(&who, written).await?)))
}

/// `PUT /api/library/{id}`.
pub(super) async fn save(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<VersionView>, Refused> {
    let who = from_own_page(&api, &headers).await?;
    may_write_articles(&who.account)?;
    let mut seen: Seen = json(&headers, &body)?;
    let content = checked(seen.content.take().ok_or(Code::BadFrame)?)?;
    Ok(Json(api.chat.act_on_article(&who, named(&id)?, ArticleAct::Save, seen, Some(content)).await?))
}

/// `POST /api/library/{id}/{act}`.
pub(super) async fn act(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    Path((id, act)): Path<(String, String)>,
    body: Bytes,
) -> Result<Json<VersionView>, Refused> {
    let who = from_own_page(&api, &headers).await?;
    may_write_articles(&who.account)?;
    let act = ArticleAct::parse(&act).filter(|act| *act != ArticleAct::Save).ok_or(Code::NotFound)?;
    let seen: Seen = json(&headers, &body)?;
    Ok(Json(api.chat.act_on_article(&who, named(&id)?, act, seen, None).await?))
}

/// `POST /api/library/preview`.
pub(super) async fn preview_of(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Preview>, Refused> {
    let who = from_own_page(&api, &headers).await?;
    may_write_articles(&who.account)?;
    Ok(Json(preview(&checked(json::<Manuscript>(&headers, &body)?)?)))
}

fn named(id: &str) -> Result<ArticleId, Code> {
    ArticleId::parse(id).map_err(|_| Code::NotFound)
}

/// What was written, or what its writer must change.
fn checked(written: Manuscript) -> Result<Content, Refused> {
    Content::from(written).checked().map_err(|error| Refused::saying(Code::BadFrame, error.to_string()))
}
