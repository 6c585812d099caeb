use super::*;
use crate::config::{Config, LimitSettings, Network};
use axum::extract::Extension;
use axum::routing::{any, get, post};
use std::path::Path;
use std::time::Instant as Moment;

struct Running {
    address: SocketAddr,
    exit: CancellationToken,
    tracker: TaskTracker,
    accepting: tokio::task::JoinHandle<()>,
}

const QUICK: Bounds = Bounds {
    first_byte: Duration::from_millis(300),
    handshake: Duration::from_millis(300),
    head: Duration::from_millis(500),
    request: Duration::from_millis(1_500),
    write: Duration::from_millis(700),
};

fn app() -> Router {
    Router::new()
        .route("/", get(|| async { "here" }))
        .route("/peer", get(|Extension(peer): Extension<Peer>| async move { format!("{} {}", peer.addr, peer.secure) }))
        .route("/panic", get(panicking))
        .route("/slow", get(slow))
        .route("/large", get(|| async { vec![b'x'; 50 << 20] }))
        .route("/body", post(|body: axum::body::Bytes| async move { body.len().to_string() }))
        .route("/upgrade", any(upgrade))
}

async fn panicking() {
    panic!("this handler panics, for the test");
}

async fn slow() -> &'static str {
    sleep(Duration::from_millis(700)).await;
    "at last"
}

/// Switches protocols, then gives back what it gets.
async fn upgrade(mut request: Request<Body>) -> Response<Body> {
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let mut stream = TokioIo::new(upgraded.await.unwrap());
        let mut bytes = [0; 64];
        while let Ok(count @ 1..) = stream.read(&mut bytes).await {
            stream.write_all(&bytes[..count]).await.unwrap();
        }
    });
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    response.headers_mut().insert(UPGRADE, HeaderValue::from_static("echo"));
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("upgrade"));
    response
}

fn server_settings() -> Server {
    Config::defaults(Path::new(".")).fixed.server
}

async fn start(server: Server, bounds: Bounds) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (exit, tracker) = (CancellationToken::new(), TaskTracker::new());
    let door =
        Door { server, limits: Arc::new(Limits::new(&LimitSettings::default())), bounds, metrics: Arc::default() };
    let accepting = tokio::spawn(serve(listener, None, app(), door, exit.clone(), tracker.clone()));
    Running { address, exit, tracker, accepting }
}

impl Running {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes, and reads until the server closes.
    async fn exchange(&self, request: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect().await;
        // A server that refuses early closes while we still write.
        let _ = stream.write_all(request.as_ref()).await;
        read_all(&mut stream).await
    }

    async fn get(&self, path: &str, headers: &str) -> String {
        self.exchange(format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n")).await
    }
}

async fn read_all(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let _ = timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await.expect("the server never closed");
    String::from_utf8_lossy(&answer).into_owned()
}

async fn upgraded(running: &Running) -> TcpStream {
    let mut stream = running.connect().await;
    stream
        .write_all(b"GET /upgrade HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n")
        .await
        .unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
    stream
}

#[tokio::test]
async fn a_request_is_answered_and_knows_its_peer() {
    let running = start(server_settings(), Bounds::default()).await;
    let answer = running.get("/peer", "x-forwarded-for: 203.0.113.9\r\nx-forwarded-proto: https\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.ends_with("127.0.0.1 false"), "nobody but a trusted proxy says who the client is: {answer}");
}

#[tokio::test]
async fn a_client_that_says_nothing_is_cut_off() {
    let running = start(server_settings(), QUICK).await;
    let began = Moment::now();
    assert_eq!(read_all(&mut running.connect().await).await, "");
    assert!(began.elapsed() >= QUICK.first_byte);
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_head_that_does_not_end_is_cut_off_even_if_it_drips() {
    let running = start(server_settings(), QUICK).await;
    let began = Moment::now();
    let mut stream = running.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    let drip = async {
        // Until the server has had enough.
        while stream.write_all(b"x: y\r\n").await.is_ok() {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(Duration::from_secs(5), drip).await.expect("the server listened to the drip");
    assert!(began.elapsed() >= QUICK.head);
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_a_while() {
    let running = start(server_settings(), QUICK).await;
    let mut stream = running.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert!(read_all(&mut stream).await.ends_with("here"));
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let running = start(server_settings(), QUICK).await;
    let answer = running.exchange("POST /body HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf").await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_cut_off() {
    let running = start(server_settings(), QUICK).await;
    let mut stream = running.connect().await;
    stream.write_all(b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    running.exit.cancel();
    running.tracker.close();
    timeout(Duration::from_secs(10), running.tracker.wait()).await.expect("the server still waits for the reader");
    drop(stream);
}

#[tokio::test]
async fn heads_are_bounded_in_number_and_in_size() {
    let running = start(server_settings(), Bounds::default()).await;
    let many = running.get("/", &"a: b\r\n".repeat(2_000)).await;
    assert!(many.is_empty() || many.starts_with("HTTP/1.1 431"), "{many}");
    let over = running.get("/", &"a: b\r\n".repeat(HEADERS_MAX)).await;
    assert!(over.starts_with("HTTP/1.1 431"), "{over}");
    let fits = running.get("/", &"a: b\r\n".repeat(HEADERS_MAX - 2)).await;
    assert!(fits.starts_with("HTTP/1.1 200"), "{fits}");
    let large = running.get("/", &format!("a: {}\r\n", "x".repeat(1 << 20))).await;
    assert!(large.is_empty() || large.starts_with("HTTP/1.1 431"), "{large}");
    let cookie = running.get("/", &format!("cookie: {}\r\n", "x".repeat(10_000))).await;
    assert!(cookie.starts_with("HTTP/1.1 200"), "{cookie}");
}

#[tokio::test]
async fn a_full_server_says_so_and_takes_the_next_when_there_is_a_place() {
    let running = start(Server { max_connections: 2, ..server_settings() }, Bounds::default()).await;
    let first = upgraded(&running).await;
    let mut second = upgraded(&running).await;
    let refused = running.get("/", "").await;
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
    assert!(refused.contains("retry-after: 5\r\n") && refused.contains("\"code\":\"unavailable\""), "{refused}");
    drop(first);
    for tries in 0.. {
        if running.get("/", "").await.starts_with("HTTP/1.1 200") {
            break;
        }
        assert!(tries < 100, "the place was never given back");
        sleep(Duration::from_millis(20)).await;
    }
    second.write_all(b"still here").await.unwrap();
    let mut echo = [0; 10];
    second.read_exact(&mut echo).await.unwrap();
    assert_eq!(&echo, b"still here");
}

fn behind_proxy() -> Server {
    Server { behind_proxy: true, ..server_settings() }
}

#[tokio::test]
async fn one_address_behind_the_proxy_cannot_connect_without_end_and_others_still_can() {
    let running = start(behind_proxy(), Bounds::default()).await;
    let ask = "upgrade: none-of-ours\r\nx-forwarded-for: 198.51.100.1, ";
    let mut refused = String::new();
    for _ in 0..70 {
        refused = running.get("/", &format!("{ask}203.0.113.9\r\n")).await;
        if refused.starts_with("HTTP/1.1 429") {
            break;
        }
    }
    assert!(refused.starts_with("HTTP/1.1 429"), "{refused}");
    assert!(refused.contains("retry-after: 1\r\n") && refused.contains("\"code\":\"rate_limited\""), "{refused}");
    assert!(running.get("/", &format!("{ask}203.0.113.10\r\n")).await.starts_with("HTTP/1.1 200"));
    assert!(running.get("/", "").await.starts_with("HTTP/1.1 200"), "loopback has no limit per address");
}

#[test]
fn an_address_outside_is_limited_at_the_door_and_a_trusted_one_is_not() {
    let trusted = "192.0.2.0/24".parse().unwrap();
    let server = Server { trusted_addresses: vec![trusted], max_connections: 1_000, ..server_settings() };
    let limits = Arc::new(Limits::new(&LimitSettings::default()));
    let door = Door { server, limits, bounds: Bounds::default(), metrics: Arc::default() };
    let places = Arc::new(Semaphore::new(1_000));
    let refused = |address: &str| (0..200).filter(|_| admit(&door, &places, address.parse().unwrap()).is_err()).count();
    assert!(refused("203.0.113.9") > 140);
    assert_eq!(refused("192.0.2.7"), 0);
    assert_eq!(refused("127.0.0.1"), 0);
    assert_eq!(refused("::1"), 0);
}

#[test]
fn the_client_is_the_last_address_that_no_trusted_proxy_has() {
    let mut server = behind_proxy();
    server.trusted_proxies.push("10.0.0.0/8".parse::<Network>().unwrap());
    let seen = |lines: &[&str]| {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(X_FORWARDED_FOR, HeaderValue::from_str(line).unwrap());
        }
        peer_behind_proxy(&server, "127.0.0.1".parse().unwrap(), &headers).addr.to_string()
    };
    assert_eq!(seen(&[]), "127.0.0.1");
    assert_eq!(seen(&["203.0.113.9"]), "203.0.113.9");
    assert_eq!(seen(&["127.0.0.1, 203.0.113.9"]), "203.0.113.9", "the client wrote the first");
    assert_eq!(seen(&["198.51.100.7, 203.0.113.9, 10.1.1.1"]), "203.0.113.9");
    assert_eq!(seen(&["198.51.100.7", "203.0.113.9", "10.1.1.1"]), "203.0.113.9");
    assert_eq!(seen(&["203.0.113.9:4711"]), "203.0.113.9");
    assert_eq!(seen(&["[2001:db8::7]:4711"]), "2001:db8::7");
    assert_eq!(seen(&["[2001:db8::7]"]), "2001:db8::7");
    assert_eq!(seen(&["::ffff:203.0.113.9"]), "203.0.113.9");
    assert_eq!(seen(&["203.0.113.9, nonsense"]), "127.0.0.1", "what cannot be read is believed no further");
    assert_eq!(seen(&["10.2.2.2, 10.1.1.1"]), "10.2.2.2");
}

#[tokio::test]
async fn behind_a_proxy_the_peer_is_the_client() {
    let running = start(behind_proxy(), Bounds::default()).await;
    let answer = running.get("/peer", "x-forwarded-for: 203.0.113.9\r\nx-forwarded-proto: https\r\n").await;
    assert!(answer.ends_with("203.0.113.9 true"), "{answer}");
}

#[tokio::test]
async fn a_panic_ends_its_own_connection_only() {
    let running = start(server_settings(), Bounds::default()).await;
    let mut other = upgraded(&running).await;
    assert_eq!(running.get("/panic", "").await, "");
    assert!(running.get("/", "").await.ends_with("here"));
    other.write_all(b"!").await.unwrap();
    assert_eq!(other.read_u8().await.unwrap(), b'!');
}

#[tokio::test]
async fn a_stopping_server_finishes_what_is_under_way_and_takes_nothing_new() {
    let running = start(server_settings(), Bounds::default()).await;
    let mut idle = running.connect().await;
    idle.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let silent = running.connect().await;
    let mut busy = running.connect().await;
    busy.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    sleep(Duration::from_millis(200)).await;

    running.exit.cancel();
    running.accepting.await.unwrap();
    assert!(TcpStream::connect(running.address).await.is_err());
    running.tracker.close();
    assert!(read_all(&mut busy).await.ends_with("at last"));
    timeout(Duration::from_secs(2), running.tracker.wait()).await.expect("an idle connection keeps the server up");
    drop((idle, silent));
}

/// The whole process gets few file descriptors, so this test runs itself again, alone, in a process of its own.
#[test]
fn a_server_without_file_descriptors_rests_and_goes_on_when_there_are_some() {
    const INSIDE: &str = "HANDRAIL_TEST_FEW_FILES";
    if std::env::var_os(INSIDE).is_some() {
        return tokio::runtime::Runtime::new().unwrap().block_on(without_file_descriptors());
    }
    let name = "gateway::accept::tests::a_server_without_file_descriptors_rests_and_goes_on_when_there_are_some";
    let ran = std::process::Command::new("sh")
        .args(["-c", "ulimit -n 64; exec \"$0\" --exact \"$1\" --nocapture"])
        .arg(std::env::current_exe().unwrap())
        .arg(name)
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&ran.stderr));
}

async fn without_file_descriptors() {
    let running = start(server_settings(), Bounds::default()).await;
    let statistics = std::fs::File::open("/proc/self/stat").unwrap();
    let mut files = Vec::new();
    while let Ok(file) = std::fs::File::open("/dev/null") {
        files.push(file);
    }
    // The client takes the last descriptor, so that there is a connection to accept and none to accept it with.
    files.pop();
    let client = running.connect().await;
    let before = cpu_ticks(&statistics);
    sleep(Duration::from_secs(1)).await;
    let spent = cpu_ticks(&statistics) - before;
    assert!(std::fs::File::open("/dev/null").is_err(), "there were descriptors all the time");
    assert!(spent < 30, "{spent} ticks of 10 ms in one second: the door spins");
    drop((files, client));
    sleep(3 * REST).await;
    assert!(running.get("/", "").await.ends_with("here"));
}

/// User and system time of this process, in ticks of 10 ms, from a file that is open already.
fn cpu_ticks(statistics: &std::fs::File) -> u64 {
    let mut text = [0; 1024];
    let count = std::os::unix::fs::FileExt::read_at(statistics, &mut text, 0).unwrap();
    let text = std::str::from_utf8(&text[..count]).unwrap();
    let fields: Vec<&str> = text.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}
