//! The web client, out of the binary: pages by who asks, and files that never change under their names.

use super::Api;
use crate::door;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use handrail_domain::people::Role;
use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use rust_embed::RustEmbed;
use std::sync::Arc;

/// The built client. Without Node it is not there, and the page says so.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../client-web/dist"]
#[allow_missing = true]
struct Client;

const NO_CLIENT: &str = "Handrail is running, but it was built without its web client.\n\
    Build the client with Node 20 (`npm ci && npm run build` in client-web), then build the server again; `make run` does both.\n";

/// `GET /`: the sign-in page, or the app of one's role.
pub(super) async fn home(State(api): State<Arc<Api>>, headers: HeaderMap) -> Response {
    let page = match door::who_by_half(&api.chat, &headers).await {
        Ok(who) => match who.account.role {
            Role::Mentee | Role::Mentor | Role::GuestOfficer => "index.html",
            Role::Supervisor | Role::Coordinator | Role::Operator => "staff.html",
        },
        Err(_) => "signin.html",
    };
    file(page, &headers)
}

/// `GET /staff`.
pub(super) async fn staff(headers: HeaderMap) -> Response {
    std::future::ready(file("staff.html", &headers)).await
}

/// `GET /messages`: the messenger's page, the same for everybody. The worker keeps it for when there is no network.
pub(super) async fn messages(headers: HeaderMap) -> Response {
    std::future::ready(file("index.html", &headers)).await
}

/// `GET /help`: who to call, for anybody.
pub(super) async fn help(headers: HeaderMap) -> Response {
    std::future::ready(file("help.html", &headers)).await
}

/// `GET /sign-in`.
pub(super) async fn sign_in(headers: HeaderMap) -> Response {
    std::future::ready(file("signin.html", &headers)).await
}

/// `GET /mewngofnodi`: the same in Welsh.
pub(super) async fn sign_in_cy(headers: HeaderMap) -> Response {
    std::future::ready(file("signin.cy.html", &headers)).await
}

/// `GET /join`: coming in by a code.
pub(super) async fn join(headers: HeaderMap) -> Response {
    std::future::ready(file("join.html", &headers)).await
}

/// `GET /ymuno`: the same in Welsh.
pub(super) async fn join_cy(headers: HeaderMap) -> Response {
    std::future::ready(file("join.cy.html", &headers)).await
}

/// `GET /cymorth`: who to call, in Welsh.
pub(super) async fn help_cy(headers: HeaderMap) -> Response {
    std::future::ready(file("help.cy.html", &headers)).await
}

/// `GET /assets/…` and the few files beside it.
pub(super) async fn asset(uri: Uri, headers: HeaderMap) -> Response {
    std::future::ready(file(uri.path().trim_start_matches('/'), &headers)).await
}

fn kind(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        _ => "application/octet-stream",
    }
}

/// A file of the client, compressed if the reader takes that and the build made it.
fn file(path: &str, headers: &HeaderMap) -> Response {
    if Client::get("index.html").is_none() {
        return (StatusCode::OK, [(CONTENT_TYPE, "text/plain; charset=utf-8")], NO_CLIENT).into_response();
    }
    let takes = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let packed = [("br", ".br"), ("gzip", ".gz")]
        .into_iter()
        .filter(|(name, _)| takes.split(',').any(|taken| taken.split(';').next().unwrap_or_default().trim() == *name))
        .find_map(|(name, ending)| Some((name, Client::get(&format!("{path}{ending}"))?)));
    let (encoding, found) = match packed {
        Some((name, found)) => (Some(name), found),
        None => match Client::get(path).filter(|_| !path.ends_with(".br") && !path.ends_with(".gz")) {
            Some(found) => (None, found),
            None => return door::problem(&handrail_domain::refusal::Code::NotFound.into()),
        },
    };
    // Files under /assets have their content's hash in their names.
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let fixed = [(CONTENT_TYPE, kind(path)), (CACHE_CONTROL, cache), (VARY, "accept-encoding")];
    let mut response = (fixed, found.data.into_owned()).into_response();
    if let Some(encoding) = encoding {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}
