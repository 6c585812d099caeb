//! The server as an operator runs it: its own process, its own folder, ended as processes end. And the smallest client
//! that can be cut off in the middle of a word without falling over.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};

/// What must come comes within this, on a machine that does much else.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Set in a process that is to be the server.
const ARGUMENTS: &str = "HANDRAIL_TEST_ARGUMENTS";
/// A binary to play instead, such as a release that is about to be shipped.
const BINARY: &str = "HANDRAIL_BIN";

/// The command line in a process of its own: the binary that was asked for, or this test's executable run once more, which has
/// the whole server in it and cannot be older than the test.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let Some(binary) = std::env::var_os(BINARY) else {
        let mut own = Command::new(std::env::current_exe().expect("this test's executable"));
        own.args(["--exact", "process::the_command_line_in_its_own_process", "--nocapture", "--test-threads=1"]);
        own.env(ARGUMENTS, serde_json::to_string(arguments).expect("JSON"));
        return own;
    };
    let mut shipped = Command::new(binary);
    shipped.args(arguments);
    shipped
}

/// Does what `main` does, in a process that [`command`] started; by itself it only sees that the arguments are understood.
#[test]
fn the_command_line_in_its_own_process() {
    use clap::Parser;
    let Ok(arguments) = std::env::var(ARGUMENTS) else {
        assert!(handrail::cli::Cli::try_parse_from(["handrail", "serve", "--config", "x.toml"]).is_ok());
        return;
    };
    let arguments: Vec<String> = serde_json::from_str(&arguments).expect("JSON");
    let asked = handrail::cli::Cli::parse_from(std::iter::once("handrail".to_owned()).chain(arguments));
    let done = tokio::runtime::Runtime::new().expect("a runtime").block_on(asked.run());
    if let Err(error) = &done {
        let _unsaid = writeln!(std::io::stderr(), "handrail: {error:#}");
    }
    std::process::exit(done.err().map_or(0, |error| i32::from(handrail::cli::exit_code(&error))));
}

/// Runs it to its end.
pub(crate) fn run(arguments: &[&str], input: impl AsRef<[u8]>) -> Output {
    let mut child = command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stdin = child.stdin.take().expect("its input");
    // Who does not ask for input may be gone before it is written.
    let _unread = stdin.write_all(input.as_ref());
    drop(stdin);
    child.wait_with_output().expect("its end")
}

/// A server in its own process.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    child: Child,
    said: Arc<Mutex<String>>,
    told: Vec<std::thread::JoinHandle<()>>,
}

impl Server {
    /// `handrail demo` on that folder.
    pub(crate) fn demo(data: &Path, relationships: usize) -> Self {
        let (data, relationships) = (data.to_string_lossy(), relationships.to_string());
        Self::start(&["demo", "--data", &data, "--listen", "127.0.0.1:0", "--relationships", &relationships])
    }

    /// `handrail serve` with that configuration.
    pub(crate) fn serve(config: &Path) -> Self {
        Self::start(&["serve", "--config", &config.to_string_lossy()])
    }

    /// The same, run by another program, such as `strace -D …`, which becomes the server in the end; with more in its environment.
    pub(crate) fn serve_under(config: &Path, program: &[String], environment: &[(&str, String)]) -> Self {
        let own = command(&["serve", "--config", &config.to_string_lossy()]);
        let mut under = match program {
            [] => Command::new(own.get_program()),
            [first, rest @ ..] => {
                let mut under = Command::new(first);
                under.args(rest).arg(own.get_program());
                under
            }
        };
        under.args(own.get_args()).envs(own.get_envs().filter_map(|(key, value)| Some((key, value?))));
        under.envs(environment.iter().map(|(key, value)| (key, value)));
        Self::begin(under).unwrap_or_else(|(ended, said)| panic!("it did not start ({ended:?}):\n{said}"))
    }

    /// `handrail serve` with that configuration, if it starts; else how it ended and all that it said.
    pub(crate) fn try_serve(config: &Path) -> Result<Self, (ExitStatus, String)> {
        Self::begin(command(&["serve", "--config", &config.to_string_lossy()]))
    }

    fn start(arguments: &[&str]) -> Self {
        let begun = Self::begin(command(arguments));
        begun.unwrap_or_else(|(ended, said)| panic!("it did not start ({ended:?}):\n{said}"))
    }

    fn begin(mut command: Command) -> Result<Self, (ExitStatus, String)> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let said = Arc::new(Mutex::new(String::new()));
        let told = vec![
            listen(child.stdout.take().expect("its output"), said.clone()),
            listen(child.stderr.take().expect("its log"), said.clone()),
        ];
        let mut server = Self { address: SocketAddr::from(([127, 0, 0, 1], 0)), child, said, told };
        let patience = Instant::now() + PATIENCE;
        server.address = loop {
            if let Some(address) = address_in(&server.said()) {
                break address;
            }
            if server.has_ended() {
                return Err(server.ended_saying());
            }
            assert!(Instant::now() < patience, "it did not start:\n{}", server.said());
            std::thread::sleep(Duration::from_millis(10));
        };
        Ok(server)
    }

    /// Its number among the machine's processes.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal, such as `STOP`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(sent.expect("kill runs").success(), "no {name}");
    }

    /// All that it has written, to the screen and to its log.
    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Ends it as a power cut does.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("a kill");
        self.child.wait().expect("its end");
    }

    /// Stops it in the middle of whatever it does, until `CONT`. It is still when this returns.
    pub(crate) async fn freeze(&self) {
        self.signal("STOP");
        let still = |task: std::io::Result<std::fs::DirEntry>| {
            let stat = std::fs::read_to_string(task.expect("a thread").path().join("stat")).unwrap_or_default();
            stat.rsplit_once(") ").is_some_and(|(_, state)| state.starts_with('T'))
        };
        let patience = Instant::now() + PATIENCE;
        while !std::fs::read_dir(format!("/proc/{}/task", self.pid())).expect("its threads").all(still) {
            assert!(Instant::now() < patience, "it does not stop");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Asks it to stop, as systemd does.
    pub(crate) fn terminate(&self) {
        self.signal("TERM");
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("its state").is_some()
    }

    /// Waits for its own end.
    pub(crate) fn ended(self) -> ExitStatus {
        self.ended_saying().0
    }

    /// Waits for its own end. Gives all that it has said as well.
    pub(crate) fn ended_saying(mut self) -> (ExitStatus, String) {
        let patience = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("its state") {
                self.told.drain(..).for_each(|told| told.join().expect("its last words"));
                return (status, self.said());
            }
            assert!(Instant::now() < patience, "it does not end:\n{}", self.said());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until it has said these words.
    pub(crate) async fn hear(&self, words: &str, within: Duration) {
        let patience = Instant::now() + within;
        while !self.said().contains(words) {
            assert!(Instant::now() < patience, "it never said {words:?}:\n{}", self.said());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already; then there is nothing to end.
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn listen(from: impl Read + Send + 'static, said: Arc<Mutex<String>>) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let mut said = said.lock().unwrap();
            said.push_str(&line);
            said.push('\n');
        }
    })
}

/// `http://localhost:8080` of a demonstration, `address=127.0.0.1:8080` of a server.
fn address_in(said: &str) -> Option<SocketAddr> {
    let after = |words: &str| said.split_once(words).and_then(|(_, rest)| rest.split_whitespace().next());
    let port = after("http://localhost:").and_then(|port| port.parse().ok());
    let demo = port.map(|port: u16| SocketAddr::from(([127, 0, 0, 1], port)));
    demo.or_else(|| after("address=").and_then(|address| address.parse().ok()))
}

/// Somebody of `demo-accounts.json`.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) account: String,
    pub(crate) username: String,
    pub(crate) token: String,
    pub(crate) site: String,
    pub(crate) conversation: String,
}

/// Everybody of a demonstration's folder.
pub(crate) fn people(data: &Path) -> Vec<Person> {
    let text = std::fs::read_to_string(data.join("demo-accounts.json")).expect("demo-accounts.json");
    let all: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    let person = |one: Value| Person {
        account: word(&one["account"]),
        username: word(&one["username"]),
        token: word(&one["token"]),
        site: word(&one["site"]),
        conversation: word(&one["conversations"][0]["id"]),
    };
    all.into_iter().map(person).collect()
}

/// The one of that name.
pub(crate) fn person(people: &[Person], username: &str) -> Person {
    people.iter().find(|one| one.username == username).unwrap_or_else(|| panic!("no {username}")).clone()
}

/// A JSON string's text; empty for anything else.
pub(crate) fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Where a feed was left.
#[derive(Debug, Clone)]
pub(crate) struct Cursor {
    pub(crate) epoch: String,
    pub(crate) offset: u64,
    pub(crate) mark: String,
}

/// One socket. It keeps every event it hears, and holds its feed to its order.
pub(crate) struct Wire {
    socket: WebSocketStream<TcpStream>,
    pub(crate) cursor: Cursor,
    pub(crate) events: Vec<Value>,
    /// When each of them was heard.
    pub(crate) heard_at: Vec<Instant>,
    /// The last words before the close, and its code.
    pub(crate) bye: Option<Value>,
    pub(crate) closed: Option<u16>,
    /// Whether the connection has ended, by a close or without one.
    pub(crate) lost: bool,
    next_id: u64,
}

impl Wire {
    /// Connects and says hello; nothing if the server is not there or goes in the middle of it.
    pub(crate) async fn open(address: SocketAddr, token: &str, cursor: Option<Cursor>) -> Option<Self> {
        let mut request = format!("ws://{address}/live").into_client_request().expect("a request");
        let headers = request.headers_mut();
        headers.insert("sec-websocket-protocol", "handrail.v1.json".parse().expect("a header"));
        headers.insert("authorization", format!("Bearer {token}").parse().expect("a token"));
        let stream = TcpStream::connect(address).await.ok()?;
        let (socket, _) = client_async(request, stream).await.ok()?;
        let fresh = Cursor { epoch: String::new(), offset: u64::MAX, mark: String::new() };
        let mut hello = json!({"op": "hello", "id": 1});
        if let Some(at) = &cursor {
            hello["resume"] = json!({"epoch": at.epoch, "offset": at.offset, "mark": at.mark});
        }
        let cursor = cursor.unwrap_or(fresh);
        let mut wire = Self {
            socket,
            cursor,
            events: Vec::new(),
            heard_at: Vec::new(),
            bye: None,
            closed: None,
            lost: false,
            next_id: 2,
        };
        wire.say(&hello).await;
        let welcome = wire.next().await?;
        if welcome["op"] == "bye" {
            return None;
        }
        assert_eq!(welcome["op"], "welcome", "{welcome}");
        assert_ne!(welcome["resume"], "reset", "a cursor that we had just been given is known");
        if welcome["resume"] == "live" {
            wire.cursor.offset = welcome["head"].as_u64().expect("a head");
            wire.cursor.mark = word(&welcome["mark"]);
        }
        wire.cursor.epoch = word(&welcome["epoch"]);
        Some(wire)
    }

    async fn say(&mut self, frame: &Value) {
        // Whether it was heard shows in the answer.
        let _heard = self.socket.send(Message::text(frame.to_string())).await;
    }

    /// The next frame; nothing once the connection has ended, or is silent for so long that it is as good as gone.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            match timeout(PATIENCE, self.socket.next()).await.unwrap_or(None) {
                Some(Ok(Message::Text(text))) => {
                    let frame: Value = serde_json::from_str(&text).expect("JSON");
                    self.note(&frame);
                    return Some(frame);
                }
                Some(Ok(Message::Close(close))) => self.closed = close.map(|close| close.code.into()),
                Some(Ok(_)) => (),
                Some(Err(_)) | None => {
                    self.lost = true;
                    return None;
                }
            }
        }
    }

    /// The next frame, if one comes within that time.
    pub(crate) async fn next_within(&mut self, within: Duration) -> Option<Value> {
        timeout(within, self.next()).await.ok().flatten()
    }

    fn note(&mut self, frame: &Value) {
        if frame["op"] == "bye" {
            self.bye = Some(frame.clone());
        }
        if frame["op"] == "event" && frame["queue"].is_null() {
            assert_eq!(frame["offset"], self.cursor.offset + 1, "the feed has a gap or a repeat: {frame:#}");
            self.cursor.offset += 1;
            self.cursor.mark = word(&frame["mark"]);
            self.events.push(frame.clone());
            self.heard_at.push(Instant::now());
        }
    }

    /// Asks without waiting. Gives the id of the answer.
    pub(crate) async fn put(&mut self, mut frame: Value) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        frame["id"] = json!(id);
        self.say(&frame).await;
        id
    }

    /// The answer to that; nothing if the connection ends before it.
    pub(crate) async fn answer(&mut self, id: u64) -> Option<Value> {
        loop {
            let heard = self.next().await?;
            if heard["id"] == id && (heard["op"] == "ok" || heard["op"] == "err") {
                return Some(heard);
            }
        }
    }

    /// Asks and waits for the answer; nothing if the connection ends before it.
    pub(crate) async fn try_ask(&mut self, frame: Value) -> Option<Value> {
        let id = self.put(frame).await;
        self.answer(id).await
    }

    /// Asks and waits for the answer.
    pub(crate) async fn ask(&mut self, frame: Value) -> Value {
        self.try_ask(frame).await.expect("an answer")
    }

    /// Says something and waits for the answer.
    pub(crate) async fn send(&mut self, conversation: &str, cid: &str, text: &str) -> Option<Value> {
        self.try_ask(json!({"op": "send", "conversation": conversation, "cid": cid, "text": text})).await
    }

    /// The numbers of the messages that were heard, in the order in which they were.
    pub(crate) fn seqs(&self) -> Vec<u64> {
        let messages = self.events.iter().filter(|event| event["type"] == "message");
        messages.map(|event| event["seq"].as_u64().expect("a number")).collect()
    }
}

/// One HTTP request of its own connection: its status and body.
pub(crate) async fn http(address: SocketAddr, method: &str, path: &str, token: &str, body: &str) -> (u16, String) {
    try_http(address, method, path, token, body).await.unwrap_or_else(|| panic!("{method} {path}: no answer"))
}

/// The same; nothing if the server is not there, goes in the middle of it, or does not answer in time.
pub(crate) async fn try_http(
    address: SocketAddr,
    method: &str,
    path: &str,
    token: &str,
    body: &str,
) -> Option<(u16, String)> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = TcpStream::connect(address).await.ok()?;
    let who = if token.is_empty() { String::new() } else { format!("authorization: Bearer {token}\r\n") };
    let of = if body.is_empty() { String::new() } else { "content-type: application/json\r\n".into() };
    let length = if method == "GET" { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    let request =
        format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{who}{of}{length}\r\n{body}");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut heard = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut heard)).await.ok()?.ok()?;
    let heard = String::from_utf8_lossy(&heard).into_owned();
    let (head, body) = heard.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    Some((status.unwrap_or_else(|| panic!("{method} {path}: {head}")), body.to_owned()))
}

/// Everything that was delivered in a conversation, oldest first: number and text.
pub(crate) async fn history(address: SocketAddr, person: &Person) -> Vec<(u64, String)> {
    let (mut all, mut before) = (Vec::new(), i64::MAX);
    loop {
        let path = format!("/api/conversations/{}/messages?limit=200&before={before}", person.conversation);
        let (status, body) = http(address, "GET", &path, &person.token, "").await;
        assert_eq!(status, 200, "{body}");
        let page: Value = serde_json::from_str(&body).expect("JSON");
        for message in page["messages"].as_array().expect("messages") {
            all.push((message["seq"].as_u64().expect("a number"), word(&message["text"])));
        }
        if page["more"] != true {
            all.reverse();
            return all;
        }
        before = all.last().map_or(0, |(seq, _)| i64::try_from(*seq).expect("a small number"));
    }
}
