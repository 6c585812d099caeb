//! The rules that judge, and how they have done.

use super::Api;
use super::refusal::Refused;
use crate::door;
use crate::fresh;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use handrail_domain::refusal::Code;
use handrail_domain::wire::RulesPage;
use http::HeaderMap;
use serde::Deserialize;
use std::sync::Arc;

/// How many days are looked back unless more or fewer are asked for.
const DAYS: i64 = 30;
/// The most days that are looked back.
const DAYS_MAX: i64 = 366;
const DAY_MS: i64 = 24 * 3_600 * 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Since {
    days: Option<i64>,
}

/// `GET /api/rules`.
pub(super) async fn rules(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    since: Result<Query<Since>, QueryRejection>,
) -> Result<Json<RulesPage>, Refused> {
    let who = door::who(&api.chat, &headers).await?;
    let Query(Since { days }) = since.map_err(|_| Code::BadFrame)?;
    let days = Some(days.unwrap_or(DAYS)).filter(|days| (1..=DAYS_MAX).contains(days)).ok_or(Code::BadFrame)?;
    Ok(Json(api.chat.rules_page(&who, fresh::now().plus_ms(-days * DAY_MS)).await?))
}
