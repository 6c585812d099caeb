//! What staff see and do beside the live queue: shifts, what stands behind an item, whole conversations, second looks, and how the
//! queue has done.

use super::Api;
use super::body::json;
use super::refusal::Refused;
use super::session::from_own_page;
use super::table::{cell, csv_named};
use crate::door;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use handrail_domain::duty::{HANDOVER_CHARS_MAX, is_tier};
use handrail_domain::ids::{ConversationId, ItemId, LookId};
use handrail_domain::policy::{may_oversee, may_serve};
use handrail_domain::refusal::{Code, Refusal};
use handrail_domain::wire::{
    Background, DutyPage, FinishShift, LookAsked, LookSaid, LookTold, LookView, OversightPage, ReadAsked, ReadPage,
    StartShift,
};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use std::fmt::Write;
use std::sync::Arc;

/// How many days are looked back unless more or fewer are asked for.
const DAYS: u32 = 7;
/// The most days that are looked back.
const DAYS_MAX: u32 = 366;
/// The furthest that a clock on earth is from UTC, in minutes.
const AHEAD_MIN_MAX: i64 = 14 * 60;

/// `GET /api/duty`.
pub(super) async fn duty(State(api): State<Arc<Api>>, headers: HeaderMap) -> Result<Json<DutyPage>, Refused> {
    let who = door::who(&api.chat, &headers).await?;
    Ok(Json(api.chat.duty(&who).await?))
}

/// `POST /api/duty`.
pub(super) async fn start(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<DutyPage>, Refused> {
    let who = from_own_page(&api, &headers).await?;
    may_serve(&who.account)?;
    let StartShift { tier } = json(&headers, &body)?;
    if !is_tier(tier) {
        let advice = "A shift is at tier 1 (watches the queue), 2 (on call) or 3 (leads).";
        return Err(Refused::saying(Code::BadFrame, advice.into()));
    }
    api.chat.start_shift(&who, tier).await?;
    Ok(Json(api.chat.duty(&who).await?))
}

/// `POST /api/duty/finish`.
pub(super) async fn finish(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<DutyPage>, Refused> {
    let who = from_own_page(&api, &headers).await?;
    may_serve(&who.account)?;
    let FinishShift { note } = json(&headers, &body)?;
    api.chat.finish_shift(&who, &note).await.map_err(advised)?;
    Ok(Json(api.chat.duty(&who).await?))
}

/// What must be done, where more is known than the code says.
fn advised(refusal: Refusal) -> Refused {
    let advice = if refusal.code == Code::TooLong {
        format!("A note has at most {HANDOVER_CHARS_MAX} characters. Make it shorter.")
    } else if refusal.code == Code::NotFound {
        "You are not on duty, so there is no shift to finish.".into()
    } else {
        return refusal.into();
    };
    Refused::saying(refusal.code, advice)
}

/// `GET /api/items/{item}/background`.
pub(super) async fn background(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    Path(item): Path<String>,
) -> Result<Json<Background>, Refused> {
    let who = door::who(&api.chat, &headers).await?;
    let item = ItemId::parse(&item).map_err(|_| Code::NotFound)?;
    Ok(Json(api.chat.background(&who, item).await?))
}

/// `POST /api/items/{item}/look`.
pub(super) async fn ask_look(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    Path(item): Path<String>,
    body: Bytes,
) -> Result<StatusCode, Refused> {
    let who = from_own_page(&api, &headers).await?;
    may_serve(&who.account)?;
    let item = ItemId::parse(&item).map_err(|_| Code::NotFound)?;
    let LookAsked { reason } = json(&headers, &body)?;
    api.chat.ask_look(&who, item, reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/conversations/{id}/read`.
pub(super) async fn read(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<ReadPage>, Refused> {
    let who = from_own_page(&api, &headers).await?;
    may_serve(&who.account)?;
    let id = ConversationId::parse(&id).map_err(|_| Code::NotFound)?;
    let ReadAsked { reason, before } = json(&headers, &body)?;
    Ok(Json(api.chat.read_conversation(&who, id, reason, before.as_deref()).await?))
}

/// `POST /api/looks`: 204 if there is nothing to look at.
pub(super) async fn look(State(api): State<Arc<Api>>, headers: HeaderMap) -> Result<Response, Refused> {
    let who = from_own_page(&api, &headers).await?;
    let look: Option<LookView> = api.chat.next_look(&who).await?;
    Ok(look.map_or_else(|| StatusCode::NO_CONTENT.into_response(), |look| Json(look).into_response()))
}

/// `POST /api/looks/{id}`.
pub(super) async fn say_look(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<LookTold>, Refused> {
    let who = from_own_page(&api, &headers).await?;
    may_serve(&who.account)?;
    let id = LookId::parse(&id).map_err(|_| Code::NotFound)?;
    let LookSaid { opinion, category } = json(&headers, &body)?;
    Ok(Json(api.chat.say_look(&who, id, opinion, category).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Since {
    days: Option<u32>,
    /// How many minutes the reader's clock is ahead of UTC.
    #[serde(default)]
    ahead: i64,
}

async fn numbers(
    api: &Api,
    headers: &HeaderMap,
    since: Result<Query<Since>, QueryRejection>,
) -> Result<OversightPage, Refused> {
    let who = door::who(&api.chat, headers).await?;
    may_oversee(&who.account)?;
    let Query(Since { days, ahead }) = since.map_err(|_| Code::BadFrame)?;
    let days = days.unwrap_or(DAYS);
    if !(1..=DAYS_MAX).contains(&days) || ahead.abs() > AHEAD_MIN_MAX {
        let advice = format!("Ask for 1 to {DAYS_MAX} days, and a clock at most {AHEAD_MIN_MAX} minutes from UTC.");
        return Err(Refused::saying(Code::BadFrame, advice));
    }
    Ok(api.chat.oversight(&who, days, ahead).await?)
}

/// `GET /api/oversight`.
pub(super) async fn oversight(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    since: Result<Query<Since>, QueryRejection>,
) -> Result<Json<OversightPage>, Refused> {
    Ok(Json(numbers(&api, &headers, since).await?))
}

/// `GET /api/oversight.csv`: the same as rows of a table.
pub(super) async fn oversight_csv(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    since: Result<Query<Since>, QueryRejection>,
) -> Result<Response, Refused> {
    let page = numbers(&api, &headers, since).await?;
    Ok(csv_named("oversight", csv(&page)))
}

/// A row a number: what it is about, which of them, how it is measured, and how much.
fn csv(page: &OversightPage) -> String {
    let mut out = String::from("about,which,measure,value\r\n");
    let mut row = |about: &str, which: &str, measure: &str, value: String| {
        let _ = write!(out, "{about},{},{measure},{value}\r\n", cell(which));
    };
    row("queue", "", "days", page.days.to_string());
    row("queue", "", "held", page.held.to_string());
    let waits = page.waits.iter().map(|one| ("severity", one.severity.as_str().to_owned(), &one.waits));
    let hours = page.hours.iter().map(|one| ("hour", one.hour.to_string(), &one.waits));
    for (about, which, waits) in waits.chain(hours) {
        row(about, &which, "held", waits.held.to_string());
        row(about, &which, "decided", waits.decided.to_string());
        row(about, &which, "in_time", waits.in_time.to_string());
        row(about, &which, "p50_ms", waits.p50_ms.map(|ms| ms.to_string()).unwrap_or_default());
        row(about, &which, "p95_ms", waits.p95_ms.map(|ms| ms.to_string()).unwrap_or_default());
    }
    for one in &page.outcomes {
        row("outcome", one.outcome.as_str(), "count", one.count.to_string());
    }
    let looks = &page.looks;
    for (measure, count) in [
        ("passed_seen", looks.passed),
        ("missed", looks.missed),
        ("decisions_seen", looks.decided),
        ("otherwise", looks.otherwise),
        ("asked", looks.asked),
        ("reversed", looks.reversed),
    ] {
        row("second_looks", "", measure, count.to_string());
    }
    for one in &page.people {
        row("person", &one.name, "on_duty_ms", one.on_duty_ms.to_string());
        row("person", &one.name, "decided", one.decided.to_string());
        row("person", &one.name, "serious", one.serious.to_string());
    }
    for one in &page.rules {
        row("rule", &one.rule, "holds", one.holds.to_string());
        row("rule", &one.rule, "released", one.released.to_string());
        row("rule", &one.rule, "upheld", one.upheld.to_string());
    }
    out
}
