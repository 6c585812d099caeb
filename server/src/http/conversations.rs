//! History.

use super::Api;
use super::refusal::Refused;
use crate::door;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use handrail_domain::ids::{ConversationId, Seq};
use handrail_domain::refusal::Code;
use handrail_domain::wire::HistoryPage;
use http::HeaderMap;
use serde::Deserialize;
use std::sync::Arc;

/// Messages on a page unless more or fewer are asked for.
const PAGE: usize = 50;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    before: Option<Seq>,
    limit: Option<usize>,
}

/// `GET /api/conversations/{id}/messages`.
pub(super) async fn messages(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Json<HistoryPage>, Refused> {
    let who = door::who(&api.chat, &headers).await?;
    let Query(page) = page.map_err(|_| Code::BadFrame)?;
    let id = ConversationId::parse(&id).map_err(|_| Code::NotFound)?;
    Ok(Json(api.chat.history(&who, id, page.before, page.limit.unwrap_or(PAGE)).await?))
}
