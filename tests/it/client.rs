//! A client written from PROTOCOL.md: a real WebSocket that speaks JSON and knows none of the server's types. It holds every
//! feed it reads to the rules of order: offsets without a gap, and in each conversation numbers without gap or repeat.

use crate::world::Person;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

/// What must come comes within this, on a machine that does much else; a silent link ends after 35 s.
const PATIENCE: Duration = Duration::from_secs(45);
/// What must not come has this long to show that it does.
const QUIET: Duration = Duration::from_millis(200);

/// What a client keeps when its link is gone: its cursor, and the last number of each conversation.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory {
    pub(crate) epoch: String,
    pub(crate) offset: u64,
    pub(crate) mark: String,
    seqs: BTreeMap<String, u64>,
}

/// One device.
pub(crate) struct Client {
    pub(crate) name: String,
    pub(crate) welcome: Value,
    pub(crate) memory: Memory,
    /// Items as this device knows them, by message: the greater version wins.
    pub(crate) items: BTreeMap<String, Value>,
    /// Every frame that it was ever told.
    pub(crate) heard: Vec<Value>,
    socket: WebSocketStream<TcpStream>,
    inbox: VecDeque<Value>,
    next_id: u64,
    closed: Option<(u16, String)>,
}

/// A request to open the live door, with the headers of a well-behaved client.
pub(crate) fn request(address: SocketAddr, token: &str) -> Request {
    let mut request = format!("ws://{address}/live").into_client_request().expect("a request");
    let headers = request.headers_mut();
    headers.insert("sec-websocket-protocol", HeaderValue::from_static("handrail.v1.json"));
    headers.insert("authorization", HeaderValue::from_str(&format!("Bearer {token}")).expect("a token"));
    request
}

/// Tries to open the live door; an HTTP answer that refuses gives its status and body.
pub(crate) async fn knock(address: SocketAddr, request: Request) -> Result<WebSocketStream<TcpStream>, (u16, String)> {
    let stream = TcpStream::connect(address).await.expect("the server listens");
    match client_async(request, stream).await {
        Ok((socket, response)) => {
            assert_eq!(response.headers()["sec-websocket-protocol"], "handrail.v1.json");
            Ok(socket)
        }
        Err(Error::Http(response)) => {
            let body = response.body().as_deref().unwrap_or_default();
            Err((response.status().as_u16(), String::from_utf8_lossy(body).into_owned()))
        }
        Err(error) => panic!("the upgrade failed: {error}"),
    }
}

impl Client {
    /// Opens a socket and says nothing yet.
    pub(crate) async fn open(address: SocketAddr, who: &Person) -> Self {
        let socket = knock(address, request(address, &who.token)).await.expect("the upgrade is accepted");
        Self {
            name: who.name.clone(),
            welcome: Value::Null,
            memory: Memory::default(),
            items: BTreeMap::new(),
            heard: Vec::new(),
            socket,
            inbox: VecDeque::new(),
            next_id: 1,
            closed: None,
        }
    }

    /// Says hello, from the head or from what it remembers.
    pub(crate) async fn hello(&mut self, memory: Option<Memory>) {
        let mut hello = json!({"op": "hello", "id": 1});
        if let Some(memory) = memory {
            hello["resume"] = json!({"epoch": memory.epoch, "offset": memory.offset, "mark": memory.mark});
            self.memory = memory;
        }
        self.say(hello).await;
        let welcome = self.expect("its welcome", |_| true).await;
        assert_eq!(welcome["op"], "welcome", "the welcome comes before anything else");
        self.next_id = 2;
        self.memory.epoch = text(&welcome["epoch"]);
        if welcome["resume"] != "replay" {
            self.memory.offset = welcome["head"].as_u64().expect("a head");
            self.memory.mark = text(&welcome["mark"]);
            let heads = welcome["conversations"].as_array().expect("conversations").iter();
            self.memory.seqs = heads.map(|one| (text(&one["id"]), one["last_seq"].as_u64().unwrap_or(0))).collect();
        }
        self.welcome = welcome;
    }

    /// Sends a frame as it is.
    pub(crate) async fn say(&mut self, frame: Value) {
        self.say_text(&frame.to_string()).await;
    }

    /// Sends any text as a frame.
    pub(crate) async fn say_text(&mut self, frame: &str) {
        self.say_message(Message::text(frame)).await;
    }

    /// Sends these bytes as a text frame, whether they are UTF-8 or not.
    pub(crate) async fn say_bytes(&mut self, bytes: Vec<u8>) {
        let frame = Frame::message(bytes, OpCode::Data(Data::Text), true);
        self.say_message(Message::Frame(frame)).await;
    }

    /// Sends a binary frame.
    pub(crate) async fn say_binary(&mut self, bytes: Vec<u8>) {
        self.say_message(Message::binary(bytes)).await;
    }

    async fn say_message(&mut self, message: Message) {
        // A server that has closed already says so when it is read.
        let _sent = self.socket.send(message).await;
    }

    /// Sends a request under a fresh id, without waiting. Gives the id.
    pub(crate) async fn put(&mut self, mut frame: Value) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        frame["id"] = json!(id);
        self.say(frame).await;
        id
    }

    /// The answer to that id: an `ok`, or an `err`.
    pub(crate) async fn answer(&mut self, id: u64) -> Result<Value, Value> {
        let answers = |frame: &Value| (frame["op"] == "ok" || frame["op"] == "err") && frame["id"] == id;
        let frame = self.expect("an answer", answers).await;
        if frame["op"] == "ok" { Ok(frame) } else { Err(frame) }
    }

    /// Asks, and waits for the answer.
    pub(crate) async fn ask(&mut self, frame: Value) -> Result<Value, Value> {
        let id = self.put(frame).await;
        self.answer(id).await
    }

    /// Sends a message and waits for the answer.
    pub(crate) async fn send(&mut self, conversation: &str, cid: &str, text: &str) -> Result<Value, Value> {
        self.ask(json!({"op": "send", "conversation": conversation, "cid": cid, "text": text})).await
    }

    /// Takes the first frame that fits, waiting for it if need be.
    pub(crate) async fn expect(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.inbox.iter().position(&fits) {
                return self.inbox.remove(at).expect("it was there");
            }
            if !self.read(deadline).await {
                panic!("{} waited for {what}; closed: {:?}; unread: {:#?}", self.name, self.closed, self.inbox);
            }
        }
    }

    /// Nothing that fits has come, and nothing does for a while.
    pub(crate) async fn expect_none(&mut self, what: &str, fits: impl Fn(&Value) -> bool) {
        let deadline = Instant::now() + QUIET;
        while self.read(deadline).await {}
        if let Some(frame) = self.inbox.iter().find(|frame| fits(frame)) {
            panic!("{} was not to hear of {what}: {frame:#}", self.name);
        }
    }

    /// Reads until the item of a message is as it should be.
    pub(crate) async fn expect_item(&mut self, message: &str, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(item) = self.items.get(message).filter(|item| fits(item)) {
                return item.clone();
            }
            if !self.read(deadline).await {
                panic!("{} waited for an item that is {what}; it is {:#?}", self.name, self.items.get(message));
            }
        }
    }

    /// The close frame that the server ends this connection with.
    pub(crate) async fn closing(&mut self) -> (u16, String) {
        let deadline = Instant::now() + PATIENCE;
        while self.read(deadline).await {}
        self.closed.clone().unwrap_or_else(|| panic!("{} was not closed; unread: {:#?}", self.name, self.inbox))
    }

    /// Whether the server has not said the end yet.
    pub(crate) fn is_open(&self) -> bool {
        self.closed.is_none()
    }

    /// Reads what is there already.
    pub(crate) async fn take_in(&mut self) {
        while self.read(Instant::now()).await {}
    }

    /// Takes whatever has come of that op, in order, without waiting.
    pub(crate) fn take_all(&mut self, op: &str) -> Vec<Value> {
        let (taken, left) = std::mem::take(&mut self.inbox).into_iter().partition(|frame| frame["op"] == op);
        self.inbox = left;
        taken.into()
    }

    /// Says that it lives, and hears that the server does.
    pub(crate) async fn ping(&mut self) {
        self.say(json!({"op": "ping"})).await;
        self.expect("a pong", |frame| frame["op"] == "pong").await;
    }

    /// Goes without a word, as a phone in a tunnel does.
    pub(crate) fn vanish(self) -> Memory {
        self.memory
    }

    /// Reads one frame. Says whether one came before the deadline and before the end.
    async fn read(&mut self, deadline: Instant) -> bool {
        while self.closed.is_none() {
            let Ok(message) = timeout_at(deadline, self.socket.next()).await else { return false };
            match message {
                Some(Ok(Message::Text(frame))) => {
                    let frame: Value = serde_json::from_str(&frame).expect("the server speaks JSON");
                    self.note(&frame);
                    self.heard.push(frame.clone());
                    self.inbox.push_back(frame);
                    return true;
                }
                Some(Ok(Message::Close(Some(close)))) => {
                    self.closed = Some((close.code.into(), close.reason.to_string()))
                }
                Some(Ok(Message::Binary(_))) => panic!("the server never sends binary frames"),
                Some(Ok(_)) => (),
                Some(Err(_)) | None => return false,
            }
        }
        false
    }

    /// Takes an item as it is told or read: the greater version wins.
    pub(crate) fn take_item(&mut self, item: &Value) {
        let known = self.items.get(&text(&item["message"])).and_then(|item| item["version"].as_u64());
        if item["version"].as_u64() >= known {
            self.items.insert(text(&item["message"]), item.clone());
        }
    }

    /// Holds the feed to its order, and remembers where it is.
    fn note(&mut self, frame: &Value) {
        if frame["item"].is_object() {
            self.take_item(&frame["item"]);
        }
        if frame["op"] != "event" || !frame["queue"].is_null() {
            return;
        }
        assert_eq!(frame["offset"], self.memory.offset + 1, "{}'s feed has a gap or a repeat: {frame:#}", self.name);
        self.memory.offset += 1;
        self.memory.mark = text(&frame["mark"]);
        if frame["type"] == "message" {
            let seq = self.memory.seqs.entry(text(&frame["conversation"])).or_default();
            assert_eq!(frame["seq"], *seq + 1, "{}'s conversation has a gap or a repeat: {frame:#}", self.name);
            *seq += 1;
        }
    }
}

/// A JSON string's text; empty for anything else.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
