//! The front door: accepts connections, bounds how long each may take to say what it wants, and hands its HTTP/1.1 requests to
//! the service with the [`Peer`] they came from. It never reads a body, knows no route, and speaks no WebSocket: an upgraded
//! stream leaves through the service and keeps its place among the connections until it is dropped.

use super::limits::Limits;
use super::tls::Tls;
use crate::config::Server;
use crate::telemetry::{Counter, Metrics};
use axum::Router;
use axum::body::Body;
use handrail_domain::refusal::{Code, Refusal};
use handrail_domain::wire::Problem;
use http::header::{CONNECTION, CONTENT_TYPE, HeaderName, RETRY_AFTER, UPGRADE};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;
use tracing::{debug, warn};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// Requests with more headers than this are answered 431.
const HEADERS_MAX: usize = 100;
/// Requests whose head is larger than this are answered 431.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// So many that are refused at the door are told why at the same time; more are just closed.
const REFUSALS_AT_ONCE: usize = 64;
/// How long a refused connection may take to hear its answer.
const LINGER: Duration = Duration::from_secs(2);
/// How long the door rests when the system has no more file descriptors or memory for a connection.
const REST: Duration = Duration::from_millis(100);
/// What a client that is refused for want of room is told to wait.
const FULL_RETRY_MS: u64 = 5_000;

/// Where a request came from. Every request carries it in its extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// The client's address: the peer of the socket, or what a trusted proxy says.
    pub addr: IpAddr,
    /// Whether the client speaks TLS, to us or to the trusted proxy.
    pub secure: bool,
}

/// How long each step of a connection may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// To the first byte.
    pub first_byte: Duration,
    /// For the TLS handshake.
    pub handshake: Duration,
    /// For the head of a request; also how long an idle connection is kept.
    pub head: Duration,
    /// For a request until its answer begins, its body included.
    pub request: Duration,
    /// Without the client taking any of what is written to it.
    pub write: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            first_byte: Duration::from_secs(5),
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(10),
            request: Duration::from_secs(30),
            write: Duration::from_secs(30),
        }
    }
}

/// What the door goes by.
#[derive(Debug)]
pub struct Door {
    /// Who is trusted, and how many may come in.
    pub server: Server,
    /// The limits per address.
    pub limits: Arc<Limits>,
    /// How long each step may take.
    pub bounds: Bounds,
    /// Where arrivals are counted.
    pub metrics: Arc<Metrics>,
}

/// Accepts until `exit`, then lets what is under way finish. It returns when nothing more is accepted; `tracker` tells when the
/// last connection is done.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Tls>,
    service: Router,
    door: Door,
    exit: CancellationToken,
    tracker: TaskTracker,
) {
    let places = Arc::new(Semaphore::new(door.server.max_connections));
    let refusals = Arc::new(Semaphore::new(REFUSALS_AT_ONCE));
    let door = Arc::new(door);
    loop {
        let accepted = tokio::select! {
            () = exit.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                rest(&error).await;
                continue;
            }
        };
        // A peer that is gone already shows at the first read.
        let _ = stream.set_nodelay(true);
        let arrival = Arrival { stream, address, tls: tls.clone(), door: door.clone() };
        match admit(&door, &places, address.ip()) {
            Ok(place) => {
                door.metrics.count(Counter::Connections);
                tracker.spawn(arrival.converse(service.clone(), place, exit.clone()));
            }
            Err(refusal) => {
                door.metrics.count(Counter::TurnedAway);
                if let Ok(turn) = refusals.clone().try_acquire_owned() {
                    tracker.spawn(arrival.refuse(refusal, turn));
                }
            }
        }
    }
}

/// A failed accept is one client's trouble, or the whole machine's: then trying again at once would only burn the processor.
async fn rest(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted) {
        return;
    }
    warn!(%error, "no connection can be accepted just now; raise the limit of open files if this goes on");
    sleep(REST).await;
}

/// A place for a connection from this address, or why there is none.
fn admit(door: &Door, places: &Arc<Semaphore>, address: IpAddr) -> Result<OwnedSemaphorePermit, Refusal> {
    // A proxy's connections are many people's; theirs are counted by request.
    if !door.server.trusts_proxy(address) && !door.server.trusts(address) {
        door.limits.check_address(address)?;
    }
    let full = Refusal { retry_after_ms: Some(FULL_RETRY_MS), ..Code::Unavailable.into() };
    places.clone().try_acquire_owned().map_err(|_| full)
}

/// A connection that has just come in.
struct Arrival {
    stream: TcpStream,
    address: SocketAddr,
    tls: Option<Tls>,
    door: Arc<Door>,
}

impl Arrival {
    async fn converse(self, service: Router, place: OwnedSemaphorePermit, exit: CancellationToken) {
        let Self { stream, address, tls, door } = self;
        let mut byte = [0];
        let spoke = tokio::select! {
            () = exit.cancelled() => return,
            spoke = timeout(door.bounds.first_byte, stream.peek(&mut byte)) => spoke,
        };
        if !matches!(spoke, Ok(Ok(1))) {
            return;
        }
        match tls {
            None => {
                converse_http(Guarded::new(stream, place, door.bounds.write), false, address, service, door, exit).await
            }
            Some(tls) => match timeout(door.bounds.handshake, tls.acceptor().accept(stream)).await {
                Ok(Ok(stream)) => {
                    let stream = Guarded::new(stream, place, door.bounds.write);
                    converse_http(stream, true, address, service, door, exit).await;
                }
                Ok(Err(error)) => debug!(%error, "a TLS handshake failed"),
                Err(_) => debug!("a TLS handshake took too long"),
            },
        }
    }

    /// Says why, and waits until the client has heard it: to close with bytes unread would take the answer back.
    async fn refuse(self, refusal: Refusal, _turn: OwnedSemaphorePermit) {
        let answer = raw_answer(&refusal);
        let Self { mut stream, tls, .. } = self;
        let said = async move {
            match tls {
                None => say_and_linger(&mut stream, &answer).await,
                Some(tls) => say_and_linger(&mut tls.acceptor().accept(stream).await?, &answer).await,
            }
        };
        // Whether it was heard makes no difference to us.
        let _ = timeout(LINGER, said).await;
    }
}

async fn say_and_linger(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), answer: &[u8]) -> io::Result<()> {
    stream.write_all(answer).await?;
    stream.shutdown().await?;
    let mut scratch = [0; 1024];
    while stream.read(&mut scratch).await? > 0 {}
    Ok(())
}

async fn converse_http<S>(
    stream: Guarded<S>,
    secure: bool,
    address: SocketAddr,
    service: Router,
    door: Arc<Door>,
    exit: CancellationToken,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(door.bounds.head)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .keep_alive(true)
        .half_close(false);
    let answer =
        hyper::service::service_fn(move |request| answer(request, address.ip(), secure, service.clone(), door.clone()));
    let connection = builder.serve_connection(TokioIo::new(stream), answer).with_upgrades();
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = exit.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        debug!(%error, "a connection ended early");
    }
}

async fn answer(
    mut request: Request<Incoming>,
    socket: IpAddr,
    secure: bool,
    service: Router,
    door: Arc<Door>,
) -> Result<Response<Body>, Infallible> {
    let proxied = door.server.trusts_proxy(socket);
    let peer = if proxied {
        peer_behind_proxy(&door.server, socket, request.headers())
    } else {
        Peer { addr: socket.to_canonical(), secure }
    };
    let counted = proxied && request.headers().contains_key(UPGRADE) && !door.server.trusts(peer.addr);
    if counted && let Err(refusal) = door.limits.check_address(peer.addr) {
        door.metrics.count(Counter::TurnedAway);
        return Ok(refused(&refusal));
    }
    request.extensions_mut().insert(peer);
    match timeout(door.bounds.request, service.oneshot(request)).await {
        Ok(answered) => answered,
        Err(_) => Ok(too_slow()),
    }
}

/// The client as a trusted proxy tells: the last address in `X-Forwarded-For` that is not itself a trusted proxy's. What stands
/// before it was written by the client, and may be anything.
fn peer_behind_proxy(server: &Server, socket: IpAddr, headers: &HeaderMap) -> Peer {
    let mut addr = socket.to_canonical();
    let lines: Vec<&str> = headers.get_all(X_FORWARDED_FOR).iter().map(|line| line.to_str().unwrap_or("?")).collect();
    for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        let Some(named) = hop_address(hop.trim()) else { break };
        addr = named;
        if !server.trusts_proxy(addr) {
            break;
        }
    }
    let secure = headers.get(X_FORWARDED_PROTO).is_some_and(|proto| proto.as_bytes().eq_ignore_ascii_case(b"https"));
    Peer { addr, secure }
}

/// An address as proxies write it: alone, or with a port.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hop);
    let alone = bare.parse::<IpAddr>().ok();
    alone.or_else(|| hop.parse::<SocketAddr>().ok().map(|with_port| with_port.ip())).map(|addr| addr.to_canonical())
}

fn problem(refusal: &Refusal) -> Problem {
    let status = refusal.code.status();
    let title = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default();
    Problem {
        kind: "about:blank".into(),
        title: title.into(),
        status,
        code: refusal.code,
        detail: refusal.code.advice().into(),
        retry_after_ms: refusal.retry_after_ms,
    }
}

fn retry_after_seconds(refusal: &Refusal) -> u64 {
    refusal.retry_after_ms.unwrap_or_default().div_ceil(1_000).max(1)
}

fn refused(refusal: &Refusal) -> Response<Body> {
    let body = serde_json::to_vec(&problem(refusal)).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(refusal.code.status()).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(RETRY_AFTER, HeaderValue::from(retry_after_seconds(refusal)));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

fn too_slow() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::REQUEST_TIMEOUT;
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// The answer to a connection whose request is not even read.
fn raw_answer(refusal: &Refusal) -> Vec<u8> {
    let problem = problem(refusal);
    let body = serde_json::to_string(&problem).unwrap_or_default();
    format!(
        "HTTP/1.1 {} {}\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\nretry-after: {}\r\n\
         cache-control: no-store\r\nconnection: close\r\n\r\n{body}",
        problem.status,
        problem.title,
        body.len(),
        retry_after_seconds(refusal),
    )
    .into_bytes()
}

/// A stream that holds its place among the connections for as long as it lives, as an upgraded one lives longer than its HTTP;
/// and that fails when its client takes nothing of what is written for too long.
struct Guarded<S> {
    stream: S,
    _place: OwnedSemaphorePermit,
    patience: Duration,
    /// Set while a write waits.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<S> Guarded<S> {
    fn new(stream: S, place: OwnedSemaphorePermit, patience: Duration) -> Self {
        Self { stream, _place: place, patience, deadline: None }
    }

    fn watched<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.deadline = None;
            return written;
        }
        let patience = self.patience;
        let deadline =
            self.deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(Instant::now() + patience)));
        ready!(deadline.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watched(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.watched(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.watched(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.watched(cx, shut)
    }
}

#[cfg(test)]
mod tests;
