//! `GET /live`: from an HTTP request to a socket. All that can be refused is refused before the upgrade.

use super::connection::converse;
use super::hub::Hub;
use super::limits::Limits;
use super::turns::{Turns, full};
use crate::chat::Chat;
use crate::door::{self, problem};
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use handrail_domain::refusal::Code;
use handrail_domain::wire::{FRAME_BYTES_MAX, SUBPROTOCOL};
use http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{HeaderMap, Method, Request, StatusCode};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What every connection shares.
pub struct Gateway {
    /// The product.
    pub chat: Arc<Chat>,
    /// Who is connected.
    pub hub: Arc<Hub>,
    /// How much one may do.
    pub limits: Arc<Limits>,
    /// The origins of our own pages.
    pub origins: Vec<String>,
    /// Sockets at once, at most.
    pub sockets_max: usize,
    /// Whose turn it is to be looked up and welcomed.
    pub turns: Turns,
    /// Told when the server drains.
    pub exit: CancellationToken,
    /// Knows every connection that is still open.
    pub tracker: TaskTracker,
    /// The build, for `welcome`.
    pub build: &'static str,
}

/// Read buffer of a socket, in bytes. Every idle connection keeps it (the library's own default: 128 KiB); what people say fits into
/// it, and a longer frame takes a few reads.
const READ_BUFFER: usize = 1024;
/// Frames that go out together are one write, up to so many bytes.
const WRITE_BUFFER: usize = 16 * 1024;
/// The most that may wait inside the library to be written, in bytes; our own outbox bounds what comes before it.
const WRITE_BUFFER_MAX: usize = 1024 * 1024;

/// The server's end of a socket on a connection that was upgraded, for messages of at most so many bytes.
pub async fn socket(upgraded: Upgraded, message_bytes_max: usize) -> WebSocketStream<TokioIo<Upgraded>> {
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(WRITE_BUFFER_MAX)
        .max_message_size(Some(message_bytes_max))
        .max_frame_size(Some(message_bytes_max));
    WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await
}

/// The handler of `GET /live`.
pub async fn live(State(gateway): State<Arc<Gateway>>, mut request: Request<Body>) -> Response {
    let key = match handshake(request.method(), request.headers()) {
        Ok(key) => key,
        Err(response) => return *response,
    };
    let Some(shown) = door::shown(request.headers()) else { return problem(&Code::Unauthenticated.into()) };
    if let Err(refusal) = door::same_origin(request.headers(), shown, &gateway.origins) {
        return problem(&refusal);
    }
    if gateway.hub.count() >= gateway.sockets_max || gateway.exit.is_cancelled() {
        return problem(&full());
    }
    let signed = match gateway.turns.take().await {
        Ok(_turn) => door::who(&gateway.chat, request.headers()).await,
        Err(refusal) => Err(refusal),
    };
    let signed = match signed {
        Ok(signed) => signed,
        Err(refusal) => return problem(&refusal),
    };
    let upgrade = hyper::upgrade::on(&mut request);
    let shared = gateway.clone();
    gateway.tracker.spawn(async move {
        match upgrade.await {
            Ok(upgraded) => {
                let socket = socket(upgraded, FRAME_BYTES_MAX).await;
                // A fresh task holds the socket and the device alone, and none of what the accept, the request and the upgrade needed.
                shared.tracker.clone().spawn(converse(shared, socket, signed));
            }
            Err(error) => tracing::debug!(%error, "an upgrade came to nothing"),
        }
    });
    let headers = [
        (CONNECTION, "Upgrade".to_owned()),
        (UPGRADE, "websocket".to_owned()),
        (SEC_WEBSOCKET_ACCEPT, key),
        (SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL.to_owned()),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}

/// Checks the opening handshake (RFC 6455, section 4.2.1) and our subprotocol. Gives the accept key.
fn handshake(method: &Method, headers: &HeaderMap) -> Result<String, Box<Response>> {
    let holds = |name, word: &str| {
        headers
            .get_all(name)
            .iter()
            .filter_map(|v| v.to_str().ok())
            .flat_map(|v| v.split(','))
            .any(|v| v.trim().eq_ignore_ascii_case(word))
    };
    let key = headers.get(SEC_WEBSOCKET_KEY).filter(|key| key.len() == 24);
    let opens = method == Method::GET && holds(&CONNECTION, "upgrade") && holds(&UPGRADE, "websocket");
    let (Some(key), true) = (key, opens) else {
        let advice = "This address speaks WebSocket. Open it with a WebSocket client.";
        return Err(Box::new(upgrade_required(advice)));
    };
    if !holds(&SEC_WEBSOCKET_VERSION, "13") || !holds(&SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL) {
        let advice = "No common version. Ask for one that Sec-WebSocket-Protocol lists here.";
        return Err(Box::new(upgrade_required(advice)));
    }
    Ok(derive_accept_key(key.as_bytes()))
}

fn upgrade_required(advice: &str) -> Response {
    let headers = [
        (CONNECTION, "Upgrade"),
        (UPGRADE, "websocket"),
        (SEC_WEBSOCKET_VERSION, "13"),
        (SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL),
    ];
    (StatusCode::UPGRADE_REQUIRED, headers, advice.to_owned()).into_response()
}
