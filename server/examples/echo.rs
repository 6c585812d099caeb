//! Says back what it hears, over the product's own door and socket: what Autobahn's suite is played against (`make judge`). The
//! product itself takes 32 KiB of text and answers in its protocol; this takes what the suite sends.
//!
//! `echo ADDRESS [CERTIFICATE KEY]`

use anyhow::Context;
use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::{SinkExt, StreamExt};
use handrail::config::{Config, TlsFiles};
use handrail::gateway::accept::{Bounds, Door, serve};
use handrail::gateway::limits::Limits;
use handrail::gateway::socket;
use handrail::gateway::tls::Tls;
use handrail::telemetry::metrics;
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE};
use http::{Request, StatusCode};
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// More than the largest message of the sections that are played.
const MESSAGE_BYTES_MAX: usize = 1024 * 1024;

async fn echo(mut request: Request<Body>) -> Response {
    let Some(key) = request.headers().get(SEC_WEBSOCKET_KEY) else {
        return StatusCode::UPGRADE_REQUIRED.into_response();
    };
    let accept = derive_accept_key(key.as_bytes());
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let Ok(upgraded) = upgrade.await else { return };
        let mut socket = socket(upgraded, MESSAGE_BYTES_MAX).await;
        while let Some(Ok(message)) = socket.next().await {
            let told = if message.is_text() || message.is_binary() { socket.send(message).await } else { Ok(()) };
            if told.is_err() {
                return;
            }
        }
    });
    let headers =
        [(CONNECTION, "Upgrade".to_owned()), (UPGRADE, "websocket".to_owned()), (SEC_WEBSOCKET_ACCEPT, accept)];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (at, files) = words.split_first().context("echo ADDRESS [CERTIFICATE KEY]")?;
    let tls = match files {
        [] => None,
        [certificate, key] => Some(Tls::load(TlsFiles { certificate: certificate.into(), key: key.into() })?),
        _ => anyhow::bail!("echo ADDRESS [CERTIFICATE KEY]"),
    };
    let config = Config::defaults(Path::new("."));
    let door = Door {
        server: config.fixed.server,
        limits: Arc::new(Limits::new(&config.fixed.limits)),
        bounds: Bounds::default(),
        metrics: metrics().clone(),
    };
    let listener = TcpListener::bind(at).await?;
    let service = Router::new().route("/", get(echo));
    serve(listener, tls, service, door, CancellationToken::new(), TaskTracker::new()).await;
    Ok(())
}
