//! Asking to be told by a notification when something waits.

use super::Api;
use super::body::json;
use super::refusal::Refused;
use super::session::from_own_page;
use crate::door;
use crate::push::Push;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use handrail_domain::policy::may_be_told;
use handrail_domain::refusal::Code;
use handrail_domain::wire::{PushAsked, PushState};
use http::header::ORIGIN;
use http::{HeaderMap, StatusCode};
use std::sync::Arc;

/// What sends them; a server whose configuration turns it off has no such routes.
fn push(api: &Api) -> Result<&Arc<Push>, Code> {
    api.push.as_ref().ok_or(Code::NotFound)
}

/// `GET /api/push`.
pub(super) async fn state(State(api): State<Arc<Api>>, headers: HeaderMap) -> Result<Json<PushState>, Refused> {
    let who = door::who(&api.chat, &headers).await?;
    may_be_told(&who.account)?;
    Ok(Json(push(&api)?.state(&who).await?))
}

/// `PUT /api/push`.
pub(super) async fn ask(State(api): State<Arc<Api>>, headers: HeaderMap, body: Bytes) -> Result<StatusCode, Refused> {
    let who = from_own_page(&api, &headers).await?;
    may_be_told(&who.account)?;
    let push = push(&api)?;
    let asked: PushAsked = json(&headers, &body)?;
    let page = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
    let origin = page.or(api.origins.first().map(String::as_str)).ok_or(Code::BadFrame)?.to_owned();
    push.subscribe(&who, asked, origin).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /api/push`.
pub(super) async fn stop(State(api): State<Arc<Api>>, headers: HeaderMap) -> Result<StatusCode, Refused> {
    let who = from_own_page(&api, &headers).await?;
    may_be_told(&who.account)?;
    api.chat.do_not_tell(&who).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/push/test`.
pub(super) async fn test(State(api): State<Arc<Api>>, headers: HeaderMap) -> Result<StatusCode, Refused> {
    let who = from_own_page(&api, &headers).await?;
    may_be_told(&who.account)?;
    push(&api)?.test(&who).await?;
    Ok(StatusCode::NO_CONTENT)
}
