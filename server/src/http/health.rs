//! Health: whether the process lives, and whether it can do its work.

use super::Api;
use crate::bus::BusHealth;
use crate::telemetry::certificate_days;
use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use std::sync::Arc;

/// The answer of `GET /health/ready`.
#[derive(Serialize)]
pub(super) struct Ready {
    /// `ok`, `degraded` (Redis is away, delivery goes on), or `unavailable`.
    status: &'static str,
    /// Whether the record takes acts.
    store: bool,
    /// Which rules judge.
    rules: Option<String>,
    /// Whether the bus works.
    bus: bool,
    /// Acts that wait for the writer.
    writer_waiting: usize,
    /// Days until the certificate in use ends; nothing, where the server has none.
    certificate_days: Option<i64>,
}

/// `GET /health/live`.
pub(super) async fn live() -> &'static str {
    std::future::ready("ok\n").await
}

/// `GET /health/ready`: 503 without store or rules, and while the server drains.
pub(super) async fn ready(State(api): State<Arc<Api>>) -> (StatusCode, Json<Ready>) {
    let store = api.chat.store().health();
    let rules = api.chat.rules_version();
    let bus = api.chat.bus().health() == BusHealth::Ok;
    // The record is asked, not believed: a reader that cannot read is no store.
    let readable = store.open && api.chat.store().read(|record| record.log_head()).await.is_ok();
    let ready = readable && rules.is_some() && !api.exit.is_cancelled();
    let status = match (ready, bus) {
        (true, true) => "ok",
        (true, false) => "degraded",
        (false, _) => "unavailable",
    };
    let code = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (
        code,
        Json(Ready {
            status,
            store: readable,
            rules,
            bus,
            writer_waiting: store.waiting,
            certificate_days: certificate_days(),
        }),
    )
}
