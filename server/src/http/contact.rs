//! Who is told of a weakness.

use super::{Api, refusal};
use crate::fresh;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use std::sync::Arc;

/// For so long is what the page says taken to be so: RFC 9116 recommends less than a year.
const HOLDS_MS: i64 = 90 * 24 * 3_600 * 1_000;

/// `GET /.well-known/security.txt`: as RFC 9116 has it. Not there, if nobody is named.
pub(super) async fn security(State(api): State<Arc<Api>>) -> Response {
    match &api.security_contact {
        Some(contact) => {
            let until = fresh::now().plus_ms(HOLDS_MS);
            let text = format!("Contact: {contact}\nExpires: {until}\nPreferred-Languages: en, cy\n");
            ([(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
        }
        None => refusal::not_found().await.into_response(),
    }
}
