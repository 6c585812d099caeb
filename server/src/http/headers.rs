//! What every answer carries and every request must be, whatever its route: the security headers, the methods that exist, one
//! length and one host. It reads no body and knows no route.

use crate::gateway::accept::Peer;
use crate::telemetry::refused;
use crate::telemetry::traces::TARGET;
use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use handrail_domain::refusal::Code;
use handrail_domain::wire::Problem;
use http::header::{
    ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderName,
    REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, TRANSFER_ENCODING, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Version};
use tracing::field::Empty;
use tracing::{Instrument, info_span};

/// The largest body of a request, in bytes. A route that needs less says so itself.
pub(super) const BODY_BYTES_MAX: usize = 64 * 1024;

/// Nothing from elsewhere, nothing inline, no page around ours, and no text that becomes markup. The one policy names
/// the page's own worker.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types handrail-worker";

/// A page of ours needs none of these.
const PERMISSIONS: &str = "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), display-capture=(), \
    encrypted-media=(), fullscreen=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), \
    publickey-credentials-create=(self), publickey-credentials-get=(self), screen-wake-lock=(), usb=(), xr-spatial-tracking=()";

const TWO_YEARS: &str = "max-age=63072000; includeSubDomains";
const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";

const ALWAYS: [(HeaderName, &str); 8] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    // Not `no-referrer`: under it a browser's own form says `Origin: null`, and nobody could sign in without a script.
    (REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), PERMISSIONS),
    (HeaderName::from_static("x-permitted-cross-domain-policies"), "none"),
];

/// Puts the guard around all routes of a router, its fallbacks too.
pub fn guard(routes: Router) -> Router {
    routes.layer(DefaultBodyLimit::max(BODY_BYTES_MAX)).layer(from_fn(guarded))
}

async fn guarded(request: Request, next: Next) -> Response {
    // By the conventions of OpenTelemetry for HTTP servers; the address itself may name a person.
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str);
    let method = if is_known(request.method()) { request.method().as_str() } else { "_OTHER" };
    let span = info_span!(
        target: TARGET, "request", otel.name = format!("{method} {route}"), otel.kind = "server",
        http.request.method = method, http.route = route, http.response.status_code = Empty
    );
    let response = answered(request, next).instrument(span.clone()).await;
    span.record("http.response.status_code", response.status().as_u16());
    response
}

async fn answered(request: Request, next: Next) -> Response {
    let secure = request.extensions().get::<Peer>().is_some_and(|peer| peer.secure);
    // Where both a length and an encoding are given, hyper keeps the encoding alone, and we cannot see that there were two. So a
    // connection ends with the first chunked request: nothing behind it is taken for another request (RFC 9112, 6.1).
    let chunked = request.headers().contains_key(TRANSFER_ENCODING);
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = match unfit(&request) {
        Some(status) => turned_away(status),
        None => next.run(request).await,
    };
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return response;
    }
    if is_unexplained(&response) {
        explain(&mut response);
    }
    if matches!(response.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS) {
        refused(response.status().as_u16(), route.as_ref().map_or("none", MatchedPath::as_str));
    }
    if chunked {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    dress(response.headers_mut(), secure);
    response
}

/// Why a request cannot be what it says: then it goes no further, as somebody in between may read it otherwise than we do.
fn unfit(request: &Request) -> Option<StatusCode> {
    if !is_known(request.method()) {
        return Some(StatusCode::METHOD_NOT_ALLOWED);
    }
    let headers = request.headers();
    let many = |name: HeaderName| headers.get_all(name).iter().count();
    let two_lengths = many(CONTENT_LENGTH) > 1 || many(TRANSFER_ENCODING) > 1;
    let hosts = many(HOST);
    let hosts_are_odd = hosts > 1 || (hosts == 0 && request.version() == Version::HTTP_11);
    if two_lengths || hosts_are_odd {
        return Some(StatusCode::BAD_REQUEST);
    }
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    length.is_some_and(|length| length > BODY_BYTES_MAX as u64).then_some(StatusCode::PAYLOAD_TOO_LARGE)
}

/// No route takes OPTIONS or TRACE; which methods it takes instead, only the route can say.
fn is_known(method: &Method) -> bool {
    let known = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
        Method::TRACE,
    ];
    known.contains(method)
}

fn turned_away(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    // What follows on this connection may be the rest of a body that nobody reads.
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    if status == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static(METHODS));
    }
    response
}

/// Errors that our own handlers did not write: the framework's quote what they could not read.
fn is_unexplained(response: &Response) -> bool {
    const FRAMEWORK: [StatusCode; 8] = [
        StatusCode::BAD_REQUEST,
        StatusCode::NOT_FOUND,
        StatusCode::METHOD_NOT_ALLOWED,
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::PAYLOAD_TOO_LARGE,
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        StatusCode::UNPROCESSABLE_ENTITY,
        StatusCode::INTERNAL_SERVER_ERROR,
    ];
    let kind = response.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    FRAMEWORK.contains(&response.status()) && kind.is_none_or(|kind| kind.starts_with(b"text/plain"))
}

/// Puts in its place an answer as all our others are, with the same status and headers.
fn explain(response: &mut Response) {
    let status = response.status();
    let code = match status {
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::INTERNAL_SERVER_ERROR => Code::Internal,
        _ => Code::BadFrame,
    };
    let problem = Problem {
        kind: "about:blank".into(),
        title: code.as_str().into(),
        status: status.as_u16(),
        code,
        detail: code.advice().into(),
        retry_after_ms: None,
    };
    *response.body_mut() = Body::from(serde_json::to_vec(&problem).unwrap_or_default());
    response.headers_mut().remove(CONTENT_LENGTH);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
}

fn dress(headers: &mut HeaderMap, secure: bool) {
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if secure {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(TWO_YEARS));
    }
    // Who serves what may be kept, such as an asset, has said so; all else is somebody's.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, LimitSettings};
    use crate::gateway::accept::{Bounds, Door, serve};
    use crate::gateway::limits::Limits;
    use axum::routing::{get, post};
    use std::net::{Ipv4Addr, SocketAddr};
    use std::path::Path;
    use std::sync::Arc;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio_util::sync::CancellationToken;
    use tokio_util::task::TaskTracker;
    use tower::ServiceExt;

    fn app() -> Router {
        let asset = || async { ([(CACHE_CONTROL, "public, max-age=31536000, immutable")], "asset") };
        let explained = || async {
            (StatusCode::NOT_FOUND, [(CONTENT_TYPE, "application/problem+json")], "{\"code\":\"not_found\"}")
        };
        let read = |axum::Json(body): axum::Json<Vec<u32>>| async move { body.len().to_string() };
        guard(
            Router::new()
                .route("/", get(|| async { "here" }))
                .route("/asset", get(asset))
                .route("/explained", get(explained))
                .route("/fails", get(|| async { (StatusCode::INTERNAL_SERVER_ERROR, "redis at 10.0.0.1 said no") }))
                .route("/read", post(read)),
        )
    }

    async fn ask(method: &str, path: &str, secure: bool) -> Response {
        let peer = Peer { addr: Ipv4Addr::LOCALHOST.into(), secure };
        let request = Request::builder().method(method).uri(path).header(HOST, "x").extension(peer);
        app().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    async fn body(response: Response) -> String {
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn every_answer_carries_the_headers_whatever_it_is() {
        for (method, path, status) in [
            ("GET", "/", 200),
            ("HEAD", "/", 200),
            ("GET", "/asset", 200),
            ("GET", "/nowhere", 404),
            ("POST", "/", 405),
            ("TRACE", "/", 405),
            ("OPTIONS", "/", 405),
            ("BREW", "/", 405),
            ("POST", "/read", 415),
            ("GET", "/fails", 500),
        ] {
            let response = ask(method, path, false).await;
            assert_eq!(response.status(), status, "{method} {path}");
            for (name, value) in ALWAYS {
                assert_eq!(response.headers()[&name], value, "{method} {path}");
            }
            assert!(response.headers().contains_key(CACHE_CONTROL), "{method} {path}");
            assert!(!response.headers().contains_key(STRICT_TRANSPORT_SECURITY), "{method} {path}");
            assert_eq!(response.headers().contains_key(ALLOW), status == 405, "{method} {path}");
        }
        assert_eq!(ask("GET", "/", true).await.headers()[STRICT_TRANSPORT_SECURITY], TWO_YEARS);
    }

    #[tokio::test]
    async fn only_what_says_so_may_be_kept() {
        assert_eq!(ask("GET", "/", false).await.headers()[CACHE_CONTROL], "no-store");
        let asset = ask("GET", "/asset", false).await;
        assert_eq!(asset.headers()[CACHE_CONTROL], "public, max-age=31536000, immutable");
    }

    #[tokio::test]
    async fn an_error_that_nobody_explained_is_explained_and_tells_nothing_of_the_inside() {
        let failed = ask("GET", "/fails", false).await;
        assert_eq!(failed.headers()[CONTENT_TYPE], "application/problem+json");
        let text = body(failed).await;
        assert!(text.contains("\"code\":\"internal\"") && !text.contains("10.0.0.1"), "{text}");
        assert!(body(ask("GET", "/nowhere", false).await).await.contains("\"code\":\"not_found\""));
        assert_eq!(body(ask("GET", "/explained", false).await).await, "{\"code\":\"not_found\"}");
    }

    /// Sends bytes to a real server, and reads until it closes.
    async fn exchange(request: &[u8]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        let door = Door {
            server: Config::defaults(Path::new(".")).fixed.server,
            limits: Arc::new(Limits::new(&LimitSettings::default())),
            bounds: Bounds::default(),
            metrics: Arc::default(),
        };
        tokio::spawn(serve(listener, None, app(), door, CancellationToken::new(), TaskTracker::new()));
        let mut stream = TcpStream::connect(address).await.unwrap();
        let _ = stream.write_all(request).await;
        let mut answer = Vec::new();
        let read = tokio::time::timeout(std::time::Duration::from_secs(20), stream.read_to_end(&mut answer));
        let _ = read.await.expect("the server never closed");
        String::from_utf8_lossy(&answer).into_owned()
    }

    #[tokio::test]
    async fn a_request_that_can_be_read_in_two_ways_is_refused_and_the_connection_closed() {
        let smuggled = "GET /asset HTTP/1.1\r\nhost: x\r\n\r\n";
        let requests = [
            "POST /read HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\ncontent-length: 5\r\n\r\n",
            "POST /read HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
            "POST /read HTTP/1.1\r\nhost: x\r\ncontent-length: +3\r\n\r\n",
            "POST /read HTTP/1.1\r\nhost: x\r\ncontent-length: 3, 3\r\n\r\n",
            "POST /read HTTP/1.1\r\nhost: x\r\ncontent-length : 3\r\n\r\n",
            "POST /read HTTP/1.1\r\nhost: x\r\ntransfer-encoding: identity\r\n\r\n",
            "POST /read HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked, identity\r\n\r\n",
            "POST /read HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nhost: x\r\nhost: y\r\n\r\n",
            "GET / HTTP/1.1\r\nhost: x\r\n folded: y\r\n\r\n",
            "GET / HTTP/1.1\r\nhost: x\r\na\0b: c\r\n\r\n",
            "GET / HTTP/9.9\r\nhost: x\r\n\r\n",
            "\u{16}\u{3}\u{1}\r\n\r\n",
        ];
        for request in requests {
            let answer = exchange(format!("{request}{smuggled}").as_bytes()).await;
            assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{request:?}: {answer}");
            assert!(!answer.contains("asset"), "{request:?}: {answer}");
        }
    }

    #[tokio::test]
    async fn nothing_behind_a_chunked_body_is_taken_for_a_request() {
        for framing in
            ["content-length: 7\r\ntransfer-encoding: chunked", "transfer-encoding: chunked\r\ncontent-length: 7"]
        {
            let head = format!("POST /read HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{framing}\r\n\r\n");
            let answer =
                exchange(format!("{head}3\r\n[1]\r\n0\r\n\r\nGET /asset HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await;
            assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("connection: close"), "{answer}");
            assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
        }
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_refused_with_and_without_its_length() {
        let announced = exchange(b"POST /read HTTP/1.1\r\nhost: x\r\ncontent-length: 100000000\r\n\r\n[").await;
        assert!(announced.starts_with("HTTP/1.1 413"), "{announced}");
        let mut chunked = b"POST /read HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
            transfer-encoding: chunked\r\n\r\n"
            .to_vec();
        for _ in 0..100 {
            chunked.extend(b"1000\r\n");
            chunked.extend([b' '; 0x1000]);
            chunked.extend(b"\r\n");
        }
        let streamed = exchange(&chunked).await;
        assert!(streamed.is_empty() || streamed.starts_with("HTTP/1.1 413"), "{streamed}");
        let fits = exchange(
            b"POST /read HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n\
              content-length: 7\r\n\r\n[1,2,3]",
        )
        .await;
        assert!(fits.starts_with("HTTP/1.1 200") && fits.ends_with('3'), "{fits}");
    }
}
