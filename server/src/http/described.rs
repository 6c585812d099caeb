//! What a client is written from, served by the server that it is written for.

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

/// What is not live (OpenAPI 3.1); made by a test of `domain/wire/openapi`.
const OPENAPI: &str = include_str!("openapi.json");
/// What is.
const PROTOCOL: &str = include_str!("../../PROTOCOL.md");

/// `GET /api/openapi.json`.
pub(super) async fn openapi() -> Response {
    std::future::ready(page("application/json", OPENAPI)).await
}

/// `GET /api/protocol.md`.
pub(super) async fn protocol() -> Response {
    std::future::ready(page("text/markdown; charset=utf-8", PROTOCOL)).await
}

fn page(kind: &'static str, text: &'static str) -> Response {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache")], text).into_response()
}
