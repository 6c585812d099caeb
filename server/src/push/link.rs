//! One notification over the wire: RFC 8030 over HTTP/1.1, one connection each; and one call of the webhook, likewise. Who is asked is a
//! stranger: it has little time, and of its answer only the status and the time that it asks for are looked at.

use super::endpoint::Endpoint;
use bytes::Bytes;
use handrail_domain::push::{Answer, KEPT_S};
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, RETRY_AFTER};
use http::{Method, Request};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// How long a push service has, from the first packet to its answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Of notifications that a phone has not fetched yet only the newest is kept (RFC 8030, section 5.4).
const TOPIC: &str = "new";
const TOPIC_URGENT: &str = "urgent";

/// Hands a sealed notification to a push service. What goes wrong on the way is no answer.
pub(super) async fn deliver(
    trust: &Arc<rustls::ClientConfig>,
    to: &Endpoint,
    (authorization, urgent): (&str, bool),
    sealed: Vec<u8>,
) -> Answer {
    match request(to, authorization, urgent, sealed) {
        Ok(request) => exchange(trust, to, request).await,
        Err(_) => Answer::Nothing,
    }
}

/// Posts JSON to an address of the operator's own.
pub(super) async fn deliver_json(
    trust: &Arc<rustls::ClientConfig>,
    to: &Endpoint,
    authorization: Option<&str>,
    said: String,
) -> Answer {
    let request = Request::builder()
        .method(Method::POST)
        .uri(&to.path)
        .header(HOST, &to.host)
        .header(CONTENT_TYPE, "application/json")
        .header(CONTENT_LENGTH, said.len());
    let request = authorization.into_iter().fold(request, |request, value| request.header(AUTHORIZATION, value));
    match request.body(Full::new(Bytes::from(said))) {
        Ok(request) => exchange(trust, to, request).await,
        Err(_) => Answer::Nothing,
    }
}

async fn exchange(trust: &Arc<rustls::ClientConfig>, to: &Endpoint, request: Request<Full<Bytes>>) -> Answer {
    let exchange = async {
        let tcp = TcpStream::connect((to.host.as_str(), to.port)).await?;
        if to.tls {
            let name = ServerName::try_from(to.host.clone())?;
            ask(TlsConnector::from(trust.clone()).connect(name, tcp).await?, request).await
        } else {
            ask(tcp, request).await
        }
    };
    match tokio::time::timeout(PATIENCE, exchange).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => {
            tracing::debug!(%error, "a service could not be reached");
            Answer::Nothing
        }
        Err(_) => Answer::Nothing,
    }
}

fn request(
    to: &Endpoint,
    authorization: &str,
    urgent: bool,
    sealed: Vec<u8>,
) -> Result<Request<Full<Bytes>>, http::Error> {
    let (urgency, topic) = if urgent { ("high", TOPIC_URGENT) } else { ("normal", TOPIC) };
    Request::builder()
        .method(Method::POST)
        .uri(&to.path)
        .header(HOST, &to.host)
        .header(AUTHORIZATION, authorization)
        .header(CONTENT_ENCODING, "aes128gcm")
        .header(CONTENT_TYPE, "application/octet-stream")
        .header(CONTENT_LENGTH, sealed.len())
        .header("ttl", KEPT_S)
        .header("urgency", urgency)
        .header("topic", topic)
        .body(Full::new(Bytes::from(sealed)))
}

async fn ask(
    io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> anyhow::Result<Answer> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(io)).await?;
    let asked = async {
        let response = sender.send_request(request).await?;
        let asks_for = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        Ok(Answer::Status(response.status().as_u16(), asks_for))
    };
    tokio::pin!(asked, connection);
    tokio::select! {
        answer = &mut asked => answer,
        // It may end in the moment of its answer, which is then there already; or without one, and then that is said.
        _ended = &mut connection => asked.await,
    }
}
