//! What parties told the supervisors, as pages.

use super::Api;
use super::refusal::Refused;
use crate::door;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use handrail_domain::ids::ReportId;
use handrail_domain::refusal::Code;
use handrail_domain::wire::ReportPage;
use http::HeaderMap;
use serde::Deserialize;
use std::sync::Arc;

/// Reports on a page unless more or fewer are asked for.
const PAGE: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    after: Option<ReportId>,
    limit: Option<usize>,
}

/// `GET /api/reports`.
pub(super) async fn reports(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Json<ReportPage>, Refused> {
    let who = door::who(&api.chat, &headers).await?;
    let Query(Page { after, limit }) = page.map_err(|_| Code::BadFrame)?;
    Ok(Json(api.chat.reports(&who, after, limit.unwrap_or(PAGE)).await?))
}
