//! Queues, as pages.

use super::Api;
use super::refusal::Refused;
use crate::door;
use crate::store::OpenItems;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use handrail_domain::ids::{ItemId, SiteId};
use handrail_domain::refusal::Code;
use handrail_domain::wire::ItemPage;
use http::HeaderMap;
use serde::Deserialize;
use std::sync::Arc;

/// Items on a page unless more or fewer are asked for.
const PAGE: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    state: Option<Which>,
    after: Option<ItemId>,
    limit: Option<usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Which {
    Open,
}

/// `GET /api/queues/{site}/items`.
pub(super) async fn items(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    Path(site): Path<String>,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Json<ItemPage>, Refused> {
    read(&api, &headers, &site, page, OpenItems::Open).await
}

/// `GET /api/queues/{site}/decisions`: what is over, newest first.
pub(super) async fn decisions(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    Path(site): Path<String>,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Json<ItemPage>, Refused> {
    read(&api, &headers, &site, page, OpenItems::Closed).await
}

async fn read(
    api: &Api,
    headers: &HeaderMap,
    site: &str,
    page: Result<Query<Page>, QueryRejection>,
    which: OpenItems,
) -> Result<Json<ItemPage>, Refused> {
    let who = door::who(&api.chat, headers).await?;
    let Query(Page { state: None | Some(Which::Open), after, limit }) = page.map_err(|_| Code::BadFrame)?;
    let site = SiteId::parse(site).map_err(|_| Code::NotFound)?;
    Ok(Json(api.chat.items(&who, site, which, after, limit.unwrap_or(PAGE)).await?))
}
