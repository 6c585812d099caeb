//! One connection: three futures in one task. The reader takes frames in order, the writer empties the outbox, the pulse keeps
//! the link and the session honest. None waits for another, so a peer that does not read cannot keep us from hearing it, or
//! from ending.

use super::answer::{Asker, Went};
use super::hub::{Device, encode};
use super::live::Gateway;
use super::outbox::{Frame, Next};
use crate::chat::Signed;
use crate::fresh;
use crate::telemetry::{Counter, metrics};
use futures_util::stream::{FuturesUnordered, SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use handrail_domain::ids::Offset;
use handrail_domain::refusal::{Code, Refusal};
use handrail_domain::wire::{BadFrame, Close, FromClient, FromServer, Resume, parse};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};

/// From the upgrade to the first frame.
const HELLO_MAX: Duration = Duration::from_secs(5);
/// A link on which nothing was heard for so long is dead.
const SILENCE_MAX: Duration = Duration::from_secs(35);
/// How often the server pings. The first comes after a random half to whole of it.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(25);
/// One flush may take so long.
const FLUSH_MAX: Duration = Duration::from_secs(10);
/// When the server drains, how long it waits for the record's answers to what it has taken.
const FINISH_MAX: Duration = Duration::from_secs(15);
/// After our close frame, how long the client has to answer it.
const CLOSING_MAX: Duration = Duration::from_secs(2);

/// Lets a device in, and gives what holds its connection to the end. A future keeps room for what it was handed for as long as it
/// lasts, moved out or not: so it is handed the halves of the socket and the device, which are small.
pub(super) fn converse<S>(
    gateway: Arc<Gateway>,
    socket: WebSocketStream<S>,
    signed: Signed,
) -> impl Future<Output = ()> + Send
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sink, stream) = socket.split();
    let device = gateway.hub.join(signed);
    hold(gateway, device, sink, stream)
}

async fn hold<S>(
    gateway: Arc<Gateway>,
    device: Arc<Device>,
    sink: SplitSink<WebSocketStream<S>, Message>,
    stream: SplitStream<WebSocketStream<S>>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let mut asker = Asker::new(gateway.clone(), device.clone());
    let heard = Heard::default();
    let mut reader = Reader { stream, heard: &heard, gateway: &gateway, device: &device };
    let ended = {
        // Pinned where they are made: a future that is moved first is kept room for twice, for as long as the connection lasts.
        let mut reading = pin!(reader.read(&mut asker));
        let mut writing = pin!(write(&gateway, &device, sink));
        let mut pulse = pin!(pulse(&gateway, &device, &heard));
        tokio::select! {
            why = &mut reading => {
                device.close(why);
                writing.await
            }
            ended = &mut writing => ended,
            why = &mut pulse => {
                device.close(why);
                writing.await
            }
        }
    };
    if ended == Ended::Said {
        // The client's own close frame ends a clean closing handshake; what else it still says is not heard.
        let _answered = timeout(CLOSING_MAX, async { while let Some(Ok(_)) = reader.stream.next().await {} }).await;
    }
    // The socket goes before anything else is looked after.
    drop(reader);
    if gateway.hub.leave(&device) {
        let gone = gateway.hub.clone().gone(gateway.chat.clone(), device.signed.account.id);
        tokio::spawn(gone);
    }
}

/// When something was last heard, shared by the reader and the pulse of one task.
struct Heard(Mutex<Instant>);

impl Default for Heard {
    fn default() -> Self {
        Self(Mutex::new(Instant::now()))
    }
}

impl Heard {
    fn now(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn last(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Reader<'a, S> {
    stream: SplitStream<WebSocketStream<S>>,
    heard: &'a Heard,
    gateway: &'a Gateway,
    device: &'a Device,
}

impl<S> Reader<'_, S>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    /// Reads until there is a reason to end, and says which.
    async fn read(&mut self, asker: &mut Asker) -> Close {
        let exit = self.gateway.exit.clone();
        let greeted = async {
            let (id, resume) = timeout(HELLO_MAX, self.hello(asker)).await.unwrap_or(Err(Close::Hello))?;
            Box::pin(asker.welcome(id, resume)).await
        };
        let greeted = tokio::select! {
            greeted = greeted => greeted,
            () = exit.cancelled() => return drain(self.gateway, self.device),
        };
        if let Err(why) = greeted {
            return why;
        }
        let mut answers = FuturesUnordered::new();
        loop {
            tokio::select! {
                Some(frame) = answers.next(), if !answers.is_empty() => asker.say(&frame),
                () = exit.cancelled() => {
                    // What was taken is answered; what still comes is for another node.
                    let finish = async { while let Some(frame) = answers.next().await { asker.say(&frame) } };
                    let _in_time = timeout(FINISH_MAX, finish).await;
                    return drain(self.gateway, self.device);
                }
                frame = self.stream.next() => {
                    self.heard.now();
                    let text = match readable(frame) {
                        Heeded::Text(text) => text,
                        Heeded::Nothing => continue,
                        Heeded::End(why) => return asker.end(why),
                    };
                    // What a frame sets going is large, and rare: it takes no room in a connection that waits.
                    match Box::pin(asker.hear(&text, answers.len())).await {
                        Went::On => (),
                        Went::Later(answer) => answers.push(answer),
                        Went::End(why) => return asker.end(why),
                    }
                }
            }
        }
    }

    /// The first frame must be `hello`. A hello with wrong fields is told so, and may be said again in time.
    async fn hello(&mut self, asker: &Asker) -> Result<(u64, Option<Resume>), Close> {
        loop {
            let frame = self.stream.next().await;
            self.heard.now();
            let text = match readable(frame) {
                Heeded::Text(text) => text,
                Heeded::Nothing => continue,
                Heeded::End(why) => return Err(asker.end(why)),
            };
            match parse(&text) {
                Ok(FromClient::Hello { id, resume }) => return Ok((id, resume)),
                Err(BadFrame::Unreadable) => return Err(asker.end(Close::BadFrame)),
                Err(BadFrame::Fields(id)) if text.contains("\"hello\"") => {
                    Box::pin(asker.refuse(id, Code::BadFrame.into())).await
                }
                Ok(_) | Err(BadFrame::Fields(_) | BadFrame::NoSuchThing(_) | BadFrame::UnknownOp(_)) => {
                    return Err(Close::Hello);
                }
            }
        }
    }
}

enum Heeded {
    Text(Frame),
    Nothing,
    End(Close),
}

/// What a frame of the socket means for us.
fn readable(frame: Option<Result<Message, Error>>) -> Heeded {
    match frame {
        Some(Ok(Message::Text(text))) => Heeded::Text(text),
        Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Heeded::Nothing,
        Some(Ok(Message::Binary(_))) => Heeded::End(Close::BadFrame),
        Some(Ok(Message::Close(_))) | None => Heeded::End(Close::Normal),
        Some(Err(Error::Utf8(_) | Error::Capacity(_) | Error::Protocol(_))) => Heeded::End(Close::BadFrame),
        Some(Err(_)) => Heeded::End(Close::Normal),
    }
}

#[derive(PartialEq, Eq)]
enum Ended {
    /// Our close frame went out.
    Said,
    /// The link is gone.
    Cut,
}

/// Writes until the outbox is closed or the link is gone.
async fn write<S>(gateway: &Gateway, device: &Device, mut sink: SplitSink<WebSocketStream<S>, Message>) -> Ended
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        match device.outbox.next().await {
            Next::Frames(batch) => match timeout(FLUSH_MAX, flush(&mut sink, batch.frames)).await {
                Ok(Ok(())) if batch.queue_gap => ping(gateway, device).await,
                Ok(Ok(())) => (),
                Ok(Err(_)) => return Ended::Cut,
                Err(_) => device.close(Close::Slow),
            },
            Next::CatchUp { after } => Box::pin(catch_up(gateway, device, after)).await,
            Next::Closed(why) => {
                let frame = CloseFrame { code: why.code().into(), reason: why.reason().into() };
                let said = timeout(CLOSING_MAX, sink.send(Message::Close(Some(frame)))).await;
                return if matches!(said, Ok(Ok(()))) { Ended::Said } else { Ended::Cut };
            }
        }
    }
}

async fn flush<S>(sink: &mut SplitSink<WebSocketStream<S>, Message>, frames: Vec<Frame>) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    metrics().add(Counter::FramesOut, frames.len() as u64);
    for frame in frames {
        sink.feed(Message::Text(frame)).await?;
    }
    sink.flush().await
}

/// Reads the next page for a device that lags, and lets it go live once nothing is missing.
async fn catch_up(gateway: &Gateway, device: &Device, after: Offset) {
    metrics().count(Counter::CatchUps);
    let page = match gateway.chat.feed(device.signed.account.id, after).await {
        Ok(page) => page,
        Err(_) => return device.close(Close::Store),
    };
    if page.is_empty() {
        let replaying = device.replaying.load(Ordering::Relaxed);
        let live = if replaying { live_frame(gateway, device).await } else { None };
        if device.outbox.rejoin(live) {
            device.replaying.store(false, Ordering::Relaxed);
        } else {
            // The hub spoke of an event that the log does not show yet: a reader may be a moment behind a commit.
            sleep(Duration::from_millis(2)).await;
        }
        return;
    }
    let frames = page.iter().filter_map(|(offset, frame)| Some((*offset, encode(frame)?))).collect();
    if device.outbox.caught_up_page(frames).is_err() {
        device.close(Close::Resync);
    }
}

async fn live_frame(gateway: &Gateway, device: &Device) -> Option<Frame> {
    let (head, mark) = gateway.chat.head(device.signed.account.id).await.ok()?;
    encode(&FromServer::Live { head, mark })
}

/// Keeps the link honest: pings with the heads, ends what is silent, and ends the session in time.
async fn pulse(gateway: &Gateway, device: &Device, heard: &Heard) -> Close {
    let half = HEARTBEAT / 2;
    let jitter = half.mul_f64(fresh::bytes::<1>()[0] as f64 / 255.0);
    let mut next_ping = Instant::now() + half + jitter;
    let expires = device.signed.expires_at.map(|at| {
        let left = at.since_ms(fresh::now()).max(0).unsigned_abs();
        Instant::now() + Duration::from_millis(left)
    });
    loop {
        let silent = heard.last() + SILENCE_MAX;
        let wake = [Some(next_ping), Some(silent), expires].into_iter().flatten().min().unwrap_or(next_ping);
        sleep_until(wake).await;
        let now = Instant::now();
        if expires.is_some_and(|at| at <= now) {
            return Close::Expired;
        }
        if heard.last() + SILENCE_MAX <= now {
            return Close::NoLife;
        }
        if next_ping <= now {
            ping(gateway, device).await;
            next_ping = now + HEARTBEAT;
        }
    }
}

/// A ping with the heads. Should the log be ahead of a device that believes itself live, the device goes back to the log.
async fn ping(gateway: &Gateway, device: &Device) {
    let Ok((head, mark)) = gateway.chat.head(device.signed.account.id).await else { return };
    let queues = device.outbox.queue_heads();
    if let Some(frame) = encode(&FromServer::Ping { head, mark, queues }) {
        device.outbox.push_control(frame);
    }
    // Two heartbeats would be long for a lost event, and the log is read every two seconds: this is the last net.
    device.outbox.heed_head(head);
}

/// Says goodbye: when to come back is spread out, so that not everybody does at once.
fn drain(gateway: &Gateway, device: &Device) -> Close {
    let spread_ms = (gateway.hub.count() as u64 * 2).max(5_000);
    let reconnect_after_ms = fresh::bits() as u64 % spread_ms;
    let bye = FromServer::Bye { code: Close::Drain.code(), reason: Close::Drain.reason().into(), reconnect_after_ms };
    if let Some(frame) = encode(&bye) {
        device.outbox.push_control(frame);
    }
    Close::Drain
}

/// A refusal before there is anything to answer with.
pub(super) fn bad_frame() -> Refusal {
    Code::BadFrame.into()
}
