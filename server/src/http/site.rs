//! One's own site: what it has chosen, and what it has written down about itself.

use super::Api;
use super::body::json;
use super::refusal::Refused;
use super::session::{from_own_page, proved};
use crate::door;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use handrail_domain::policy::may_run;
use handrail_domain::wire::{NewSitePaper, SiteChoices, SitePaperView, SitePapersPage};
use http::{HeaderMap, StatusCode};
use std::sync::Arc;

type Shared = State<Arc<Api>>;
type Answer<T> = Result<Json<T>, Refused>;

/// `GET /api/site`.
pub(super) async fn choices(State(api): Shared, headers: HeaderMap) -> Answer<SiteChoices> {
    let who = door::who(&api.chat, &headers).await?;
    Ok(Json(api.chat.site_choices(&who).await?))
}

/// `PUT /api/site`.
pub(super) async fn choose(State(api): Shared, headers: HeaderMap, body: Bytes) -> Answer<SiteChoices> {
    let who = from_own_page(&api, &headers).await?;
    may_run(&who.account)?;
    proved(&api, &headers, &who)?;
    let chosen: SiteChoices = json(&headers, &body)?;
    Ok(Json(api.chat.choose_site(&who, chosen).await?))
}

/// `GET /api/site/papers`.
pub(super) async fn papers(State(api): Shared, headers: HeaderMap) -> Answer<SitePapersPage> {
    let who = door::who(&api.chat, &headers).await?;
    Ok(Json(api.chat.site_papers(&who).await?))
}

/// `POST /api/site/papers`.
pub(super) async fn write_paper(
    State(api): Shared,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<SitePaperView>), Refused> {
    let who = from_own_page(&api, &headers).await?;
    may_run(&who.account)?;
    proved(&api, &headers, &who)?;
    let new: NewSitePaper = json(&headers, &body)?;
    Ok((StatusCode::CREATED, Json(api.chat.write_site_paper(&who, new).await?)))
}
