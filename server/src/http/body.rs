//! Bodies that are JSON.

use axum::body::Bytes;
use handrail_domain::refusal::Code;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;

/// A body that says that it is JSON, and is what was asked for.
pub(super) fn json<T: DeserializeOwned>(headers: &HeaderMap, body: &Bytes) -> Result<T, Code> {
    let json = headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if json { serde_json::from_slice(body).map_err(|_| Code::BadFrame) } else { Err(Code::BadFrame) }
}
