//! One socket of the live protocol, as a client holds it: opening, `hello`, frames in and out. It reads of a frame what a load
//! test needs and skips the rest, because the generator shares its cores with the server it measures. It never decides what
//! to do about a frame.

use crate::wire::{self, Trust, Wire};
use anyhow::Context as _;
use futures_util::{SinkExt, StreamExt};
use handrail_domain::ids::{AccountId, Offset, SiteId};
use handrail_domain::refusal::Code;
use handrail_domain::wire::{
    FromClient, FromServer, ItemView, MessageView, OkBody, Presence, Resume, SUBPROTOCOL, StatusView, Welcome,
};
use http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use serde::Deserialize;
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// How long opening may take, from the first packet to `welcome`.
const OPEN_MAX: Duration = Duration::from_secs(20);
/// The largest frame that is taken from a server: a `welcome` with many conversations is far below it.
const FRAME_MAX: usize = 1024 * 1024;
/// How much a read asks for: 4 KiB a socket, not the library's 128.
pub(crate) const READ_BUFFER: usize = 4 * 1024;
/// Silence after which a socket is as good as gone.
pub(crate) const SILENCE_MAX: Duration = Duration::from_secs(35);

/// Where the server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// Host and port.
    pub(crate) authority: String,
    /// The path of the socket.
    pub(crate) path: String,
    /// Whom it must show itself to be, where TLS is spoken.
    pub(crate) trust: Option<Trust>,
}

/// A socket after its `welcome`.
pub(crate) struct Link {
    socket: WebSocketStream<Wire>,
    /// When the last frame came.
    pub(crate) heard_at: Instant,
    /// When the last frame went out.
    pub(crate) said_at: Instant,
}

/// Why there is no socket (any more), and what a client does about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gone {
    /// Try again after a random pause that grows. With the close code or HTTP status, or 0 if there was none.
    BackOff(u16),
    /// Try again after this time.
    After(Duration),
    /// Do not try again: this close code or HTTP status says so.
    Stop(u16),
}

/// A frame, as far as a load test cares.
#[derive(Debug)]
pub(crate) enum Heard {
    /// An event of the account's own feed.
    Fed { offset: Offset, mark: String, event: Fed },
    /// An event of a queue's feed, with the item if it is one.
    Queue { offset: Offset, item: Option<Box<ItemView>> },
    /// Done.
    Ok { id: u64, body: OkBody },
    /// Not done.
    Err { id: Option<u64>, code: Code, retry_after_ms: Option<u64>, item: Option<Box<ItemView>> },
    /// Are you there? With the head of the feed.
    Ping { head: Offset },
    /// The server is about to close.
    Bye { after: Duration },
    /// Somebody came or went.
    Presence { account: AccountId, state: Presence },
    /// Nothing to act on: typing, pong, the end of a replay.
    Quiet,
}

/// An event of an account's feed.
#[derive(Debug)]
pub(crate) enum Fed {
    /// A message that may be seen.
    Message(MessageView),
    /// What became of one's own message.
    Status(StatusView),
    /// Help, a changed conversation, or something newer than this program.
    Other,
}

/// What tells frames apart. The fields of the body are read in a second pass over the same frame.
#[derive(Deserialize)]
struct Head<'a> {
    op: &'a str,
    #[serde(default, rename = "type")]
    kind: Option<&'a str>,
    #[serde(default)]
    id: Option<u64>,
    #[serde(default)]
    offset: Option<Offset>,
    #[serde(default)]
    mark: Option<&'a str>,
    #[serde(default)]
    queue: Option<SiteId>,
}

#[derive(Deserialize)]
struct ItemFrame {
    item: Box<ItemView>,
}

/// Reads a frame. An error is a broken promise of the server, not of the network.
pub(crate) fn read(frame: &str) -> Result<Heard, serde_json::Error> {
    let head: Head<'_> = serde_json::from_str(frame)?;
    match (head.op, head.kind) {
        ("event", Some("item")) => {
            let item = serde_json::from_str::<ItemFrame>(frame)?.item;
            Ok(Heard::Queue { offset: head.offset.unwrap_or_default(), item: Some(item) })
        }
        ("event", _) if head.queue.is_some() => {
            Ok(Heard::Queue { offset: head.offset.unwrap_or_default(), item: None })
        }
        ("event", kind) => {
            let event = match kind {
                Some("message") => Fed::Message(serde_json::from_str(frame)?),
                Some("status") => Fed::Status(serde_json::from_str(frame)?),
                _ => Fed::Other,
            };
            let mark = head.mark.unwrap_or_default().to_owned();
            Ok(Heard::Fed { offset: head.offset.unwrap_or_default(), mark, event })
        }
        ("ok", _) => Ok(Heard::Ok { id: head.id.unwrap_or_default(), body: serde_json::from_str(frame)? }),
        ("err" | "ping" | "bye" | "presence", _) => Ok(match serde_json::from_str(frame)? {
            FromServer::Err { id, code, retry_after_ms, item, .. } => Heard::Err { id, code, retry_after_ms, item },
            FromServer::Ping { head, .. } => Heard::Ping { head },
            FromServer::Bye { reconnect_after_ms, .. } => {
                Heard::Bye { after: Duration::from_millis(reconnect_after_ms) }
            }
            FromServer::Presence { account, state } => Heard::Presence { account, state },
            FromServer::Welcome(_)
            | FromServer::Event { .. }
            | FromServer::Live { .. }
            | FromServer::Typing { .. }
            | FromServer::Read { .. }
            | FromServer::Ok { .. }
            | FromServer::Pong {} => Heard::Quiet,
        }),
        _ => Ok(Heard::Quiet),
    }
}

/// What a client does when a socket closes with this code.
pub(crate) fn after_close(code: u16) -> Gone {
    match code {
        4000..=4004 => Gone::Stop(code),
        4200 => Gone::After(Duration::ZERO),
        4201 => Gone::Stop(code),
        1013 => Gone::After(Duration::from_secs(5)),
        _ => Gone::BackOff(code),
    }
}

/// A random pause before attempt number `tries`, as PROTOCOL.md asks for: `random(0, min(20 s, 0.5 s × 2^n))`, or with another
/// longest pause. `draw` is from 0 to 1.
pub(crate) fn backoff(tries: u32, longest: Duration, draw: f64) -> Duration {
    Duration::from_millis(500).saturating_mul(1 << tries.min(16)).min(longest).mul_f64(draw)
}

/// Opens a socket and says hello. `resume`: go on after this cursor.
pub(crate) async fn open(target: &Target, token: &str, resume: Option<Resume>) -> Result<(Link, Welcome), Gone> {
    match tokio::time::timeout(OPEN_MAX, opened(target, token, resume)).await {
        Ok(done) => done,
        Err(_) => Err(Gone::BackOff(0)),
    }
}

async fn opened(target: &Target, token: &str, resume: Option<Resume>) -> Result<(Link, Welcome), Gone> {
    let stream = wire::connect(&target.authority, target.trust.as_ref()).await.map_err(|_| Gone::BackOff(0))?;
    let request = request(target, token).map_err(|_| Gone::Stop(0))?;
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .max_message_size(Some(FRAME_MAX))
        .max_frame_size(Some(FRAME_MAX));
    let (socket, _) =
        client_async_with_config(request, stream, Some(config)).await.map_err(|error| not_opened(&error))?;
    let now = Instant::now();
    let mut link = Link { socket, heard_at: now, said_at: now };
    link.say(&FromClient::Hello { id: 1, resume }).await?;
    loop {
        let frame = link.next().await?;
        match serde_json::from_str(&frame) {
            Ok(FromServer::Welcome(welcome)) => return Ok((link, *welcome)),
            // Presence and typing are in no feed: they may come first, and nothing is lost by not looking.
            Ok(FromServer::Presence { .. } | FromServer::Typing { .. } | FromServer::Read { .. }) => {}
            Ok(_) | Err(_) => return Err(Gone::BackOff(0)),
        }
    }
}

/// A server that is full or starting says so with a 5xx or 429; another refusal will not change by asking again.
fn not_opened(error: &Error) -> Gone {
    let Error::Http(answer) = error else { return Gone::BackOff(0) };
    let status = answer.status();
    if status.is_client_error() && status.as_u16() != 429 {
        Gone::Stop(status.as_u16())
    } else {
        Gone::BackOff(status.as_u16())
    }
}

fn request(target: &Target, token: &str) -> anyhow::Result<http::Request<()>> {
    let mut request =
        format!("ws://{}{}", target.authority, target.path).into_client_request().context("the address")?;
    request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL.parse()?);
    request.headers_mut().insert(AUTHORIZATION, format!("Bearer {token}").parse()?);
    Ok(request)
}

impl Link {
    /// The next text frame. Safe to drop while it waits.
    pub(crate) async fn next(&mut self) -> Result<String, Gone> {
        loop {
            let message = match self.socket.next().await {
                Some(Ok(message)) => message,
                Some(Err(_)) | None => return Err(Gone::BackOff(0)),
            };
            self.heard_at = Instant::now();
            match message {
                Message::Text(text) => return Ok(text.as_str().to_owned()),
                Message::Close(Some(frame)) => return Err(after_close(frame.code.into())),
                Message::Close(None) => return Err(Gone::BackOff(0)),
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }

    /// Puts a frame into the write buffer.
    pub(crate) async fn feed(&mut self, frame: &FromClient) -> Result<(), Gone> {
        let text = serde_json::to_string(frame).map_err(|_| Gone::BackOff(0))?;
        self.socket.feed(Message::text(text)).await.map_err(|_| Gone::BackOff(0))
    }

    /// Writes what was fed.
    pub(crate) async fn flush(&mut self) -> Result<(), Gone> {
        self.said_at = Instant::now();
        self.socket.flush().await.map_err(|_| Gone::BackOff(0))
    }

    /// Says one frame.
    pub(crate) async fn say(&mut self, frame: &FromClient) -> Result<(), Gone> {
        self.feed(frame).await?;
        self.flush().await
    }

    /// What is below the frames, for one who does not keep to them.
    pub(crate) fn into_stream(self) -> Wire {
        self.socket.into_inner()
    }

    /// The socket alone, for one who reads no more of a frame than that it came.
    pub(crate) fn into_socket(self) -> WebSocketStream<Wire> {
        self.socket
    }

    /// Says goodbye as a browser does when its page is left. Whether the server hears it does not matter any more.
    pub(crate) async fn close(mut self) {
        let frame = CloseFrame { code: 1000.into(), reason: "".into() };
        let _ = tokio::time::timeout(Duration::from_secs(1), self.socket.close(Some(frame))).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_event_is_read_with_its_place_in_the_feed() {
        let frame = r#"{"op":"event","offset":4183,"mark":"b31c","type":"message","conversation":"c_AAAAAAAAAAAAAAAAAAAAAA",
            "message":"m_AAAAAAAAAAAAAAAAAAAAAA","seq":311,"from":"a_AAAAAAAAAAAAAAAAAAAAAA","text":"Hi \u00e9","altered":false,
            "sent_at":"2026-11-22T21:32:05.123Z","delivered_at":"2026-11-22T21:32:05.125Z","later":{"op":"x"}}"#;
        let Heard::Fed { offset: 4183, mark, event: Fed::Message(view) } = read(frame).unwrap() else { panic!() };
        assert_eq!((mark.as_str(), view.seq, view.text.as_str()), ("b31c", 311, "Hi é"));
    }

    #[test]
    fn the_rest_is_told_apart() {
        let gone = r#"{"op":"presence","account":"a_AAAAAAAAAAAAAAAAAAAAAA","state":"offline"}"#;
        assert!(matches!(read(gone), Ok(Heard::Presence { state: Presence::Offline, .. })));
        assert!(read(r#"{"op":"dance","type":7}"#).is_err());
        assert!(matches!(read(r#"{"op":"dance"}"#), Ok(Heard::Quiet)));
        let help = r#"{"op":"event","offset":2,"mark":"m","type":"help","message":"m_x","articles":[]}"#;
        assert!(matches!(read(help), Ok(Heard::Fed { offset: 2, event: Fed::Other, .. })));
        let report = r#"{"op":"event","queue":"s_AAAAAAAAAAAAAAAAAAAAAA","offset":89,"type":"report","report":{}}"#;
        assert!(matches!(read(report), Ok(Heard::Queue { offset: 89, item: None })));
        let err = r#"{"op":"err","id":9,"code":"rate_limited","scope":"account","retry_after_ms":200,"temporary":true,"message":"Wait."}"#;
        assert!(matches!(
            read(err),
            Ok(Heard::Err { id: Some(9), code: Code::RateLimited, retry_after_ms: Some(200), item: None })
        ));
        let ping = r#"{"op":"ping","head":4192,"mark":"x","queues":{}}"#;
        assert!(matches!(read(ping), Ok(Heard::Ping { head: 4192 })));
        let ok = r#"{"op":"ok","id":7,"message":"m_AAAAAAAAAAAAAAAAAAAAAA","status":"held","duplicate":false}"#;
        assert!(matches!(read(ok), Ok(Heard::Ok { id: 7, body: OkBody { message: Some(_), .. } })));
    }

    #[test]
    fn a_close_code_says_whether_to_come_back() {
        assert_eq!(after_close(4001), Gone::Stop(4001));
        assert_eq!(after_close(4200), Gone::After(Duration::ZERO));
        assert_eq!(after_close(1013), Gone::After(Duration::from_secs(5)));
        for code in [1000, 1006, 1012, 4100, 4102, 4103, 4104] {
            assert_eq!(after_close(code), Gone::BackOff(code));
        }
    }
}
