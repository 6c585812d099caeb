use super::*;
use crate::config::{Config, LimitSettings, Server};
use crate::gateway::accept::{Bounds, Door, Peer, serve};
use crate::gateway::limits::Limits;
use axum::Router;
use axum::extract::Extension;
use axum::routing::get;
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use rustls_pki_types::ServerName;
use std::net::SocketAddr;
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_util::task::TaskTracker;

const SOON: Duration = Duration::from_secs(10);

/// A folder with a certificate and its key in it.
struct Pair {
    folder: tempfile::TempDir,
}

impl Pair {
    fn new() -> (Self, CertificateDer<'static>) {
        let pair = Self { folder: tempfile::tempdir().unwrap() };
        let certificate = pair.renew(2040);
        (pair, certificate)
    }

    fn files(&self) -> TlsFiles {
        TlsFiles { certificate: self.folder.path().join("chain.pem"), key: self.folder.path().join("key.pem") }
    }

    /// Puts a new certificate in place, good until that year.
    fn renew(&self, until: i32) -> CertificateDer<'static> {
        let mut params = rcgen::CertificateParams::new(vec!["localhost".into()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2000, 1, 1);
        params.not_after = rcgen::date_time_ymd(until, 2, 3);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        std::fs::write(self.files().certificate, certificate.pem()).unwrap();
        std::fs::write(self.files().key, key.serialize_pem()).unwrap();
        certificate.der().clone()
    }
}

async fn start(tls: Tls, server: Server, bounds: Bounds) -> SocketAddr {
    let app = Router::new().route("/", get(|Extension(peer): Extension<Peer>| async move { format!("{peer:?}") }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let door =
        Door { server, limits: Arc::new(Limits::new(&LimitSettings::default())), bounds, metrics: Arc::default() };
    tokio::spawn(serve(listener, Some(tls), app, door, CancellationToken::new(), TaskTracker::new()));
    address
}

fn server() -> Server {
    Config::defaults(Path::new(".")).fixed.server
}

fn client(
    trusted: &CertificateDer<'static>,
    versions: &[&'static SupportedProtocolVersion],
    protocols: &[&str],
) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    TlsConnector::from(Arc::new(config))
}

async fn connect(address: SocketAddr, client: &TlsConnector) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    client.connect(ServerName::try_from("localhost").unwrap(), stream).await
}

async fn get_root(stream: &mut TlsStream<TcpStream>) -> String {
    stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    // A server that closes without a close_notify has still answered.
    let _ = timeout(SOON, stream.read_to_end(&mut answer)).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn both_versions_of_tls_are_spoken_and_only_http_1() {
    let (pair, certificate) = Pair::new();
    let address = start(Tls::load(pair.files()).unwrap(), server(), Bounds::default()).await;
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let mut stream = connect(address, &client(&certificate, &[version], &["h2", "http/1.1"])).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"http/1.1".as_slice()));
        let answer = get_root(&mut stream).await;
        assert!(answer.contains("secure: true"), "{answer}");
    }
    assert!(connect(address, &client(&certificate, rustls::ALL_VERSIONS, &["h2"])).await.is_err());
}

#[tokio::test]
async fn a_handshake_that_stalls_is_cut_off_and_one_in_single_bytes_is_not() {
    let (pair, certificate) = Pair::new();
    let bounds = Bounds { handshake: Duration::from_secs(1), ..Bounds::default() };
    let address = start(Tls::load(pair.files()).unwrap(), server(), bounds).await;

    let mut stalled = TcpStream::connect(address).await.unwrap();
    let began = Instant::now();
    stalled.write_all(&[22, 3, 1]).await.unwrap();
    let _ = timeout(SOON, stalled.read_to_end(&mut Vec::new())).await.expect("the server waits for ever");
    assert!(began.elapsed() >= bounds.handshake);

    let (near, far) = tokio::io::duplex(1);
    let socket = TcpStream::connect(address).await.unwrap();
    tokio::spawn(async move {
        let (mut near, mut socket) = (near, socket);
        tokio::io::copy_bidirectional_with_sizes(&mut near, &mut socket, 1, 1024).await
    });
    let client = client(&certificate, rustls::ALL_VERSIONS, &["http/1.1"]);
    client.connect(ServerName::try_from("localhost").unwrap(), far).await.expect("a handshake byte by byte");
}

#[tokio::test]
async fn what_is_not_tls_is_closed_and_the_next_is_served() {
    let (pair, certificate) = Pair::new();
    let address = start(Tls::load(pair.files()).unwrap(), server(), Bounds::default()).await;
    let mut plain = TcpStream::connect(address).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = timeout(SOON, plain.read_to_end(&mut answer)).await.unwrap();
    assert!(!answer.starts_with(b"HTTP"));
    connect(address, &client(&certificate, rustls::ALL_VERSIONS, &[])).await.unwrap();
}

#[tokio::test]
async fn a_full_server_says_so_over_tls_too() {
    let (pair, certificate) = Pair::new();
    let full = Server { max_connections: 0, ..server() };
    let address = start(Tls::load(pair.files()).unwrap(), full, Bounds::default()).await;
    let mut stream = connect(address, &client(&certificate, rustls::ALL_VERSIONS, &[])).await.unwrap();
    let answer = get_root(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("retry-after: 5"), "{answer}");
}

#[tokio::test]
async fn a_new_certificate_is_used_without_a_restart_and_a_bad_one_never() {
    let (pair, old) = Pair::new();
    let tls = Tls::load(pair.files()).unwrap();
    let address = start(tls.clone(), server(), Bounds::default()).await;
    let exit = CancellationToken::new();
    let watch = tokio::spawn(tls.clone().watch(exit.clone()));
    let trusts_old = client(&old, rustls::ALL_VERSIONS, &[]);
    let mut open = connect(address, &trusts_old).await.unwrap();

    let new = pair.renew(2041);
    let trusts_new = client(&new, rustls::ALL_VERSIONS, &[]);
    let began = Instant::now();
    while connect(address, &trusts_new).await.is_err() {
        assert!(began.elapsed() < SOON, "the new certificate is not in use");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(connect(address, &trusts_old).await.is_err());
    assert!(get_root(&mut open).await.contains("secure: true"), "open connections stay");
    assert!(tls.expires().unwrap().to_string().starts_with("2041-02-03T"));
    let told = || crate::telemetry::metrics().level(crate::telemetry::Gauge::CertificateDays);
    while told() != reminder::days_left(tls.expires().unwrap(), fresh::now()) {
        assert!(began.elapsed() < SOON, "the metrics say how many days are left");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    let key = std::fs::read(pair.files().key).unwrap();
    pair.renew(2042);
    std::fs::write(pair.files().key, &key).unwrap();
    assert!(matches!(tls.reload(), Err(TlsError::Unusable { .. })), "the key is not this certificate's");
    pair.renew(2020);
    assert!(tls.reload().unwrap_err().to_string().contains("expired on 2020-02-03"));
    std::fs::write(pair.files().certificate, "half a certif").unwrap();
    assert!(matches!(tls.reload(), Err(TlsError::Unreadable { .. })));
    std::fs::remove_file(pair.files().key).unwrap();
    assert!(tls.reload().is_err());
    connect(address, &trusts_new).await.expect("the last good certificate stays in use");

    exit.cancel();
    watch.await.unwrap();
}

#[test]
fn the_time_of_a_certificate_is_read_from_it_and_no_bytes_make_the_reader_panic() {
    let (pair, certificate) = Pair::new();
    let read = validity(&certificate).unwrap();
    assert!(read.from.to_string().starts_with("2000-01-01T") && read.until.to_string().starts_with("2040-02-03T"));
    assert_eq!(read.renew_at().date(), "2026-09-23", "a third of its forty years before its end");
    // From 2050 on the time has another form.
    let late = pair.renew(2055);
    assert!(validity(&late).unwrap().until.to_string().starts_with("2055-02-03T"));
    for end in 0..certificate.len() {
        let _ = validity(&certificate[..end]);
    }
    for at in 0..certificate.len().min(400) {
        let mut damaged = certificate.to_vec();
        damaged[at] ^= 0xff;
        let _ = validity(&damaged);
    }
}
