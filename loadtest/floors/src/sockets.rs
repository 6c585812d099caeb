//! Sockets in pairs.

use crate::record::{Desk, Said};
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, accept_async_with_config};

/// Frames that are written together.
const TOGETHER: usize = 64;
/// How much a read asks for: as much as the server that is measured.
const READ_BUFFER: usize = 4 * 1024;

/// What leads to somebody's socket. Without a bound, as what comes in is bounded by a test's own clients.
pub(crate) type Out = UnboundedSender<Utf8Bytes>;

#[derive(Deserialize)]
struct Frame<'a> {
    id: u64,
    #[serde(borrow)]
    text: std::borrow::Cow<'a, str>,
}

type Room = Arc<RwLock<HashMap<u32, Out>>>;

/// Takes whoever comes, for ever.
pub(crate) async fn serve(listener: TcpListener, desk: Arc<Option<Desk>>) -> anyhow::Result<()> {
    let room = Room::default();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(one(stream, room.clone(), desk.clone()));
    }
}

/// One socket, until it goes. That it went is nobody's concern here.
async fn one(stream: TcpStream, room: Room, desk: Arc<Option<Desk>>) -> Option<()> {
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER);
    let mut socket = accept_async_with_config(stream, Some(config)).await.ok()?;
    let number: u32 = socket.next().await?.ok()?.into_text().ok()?.parse().ok()?;
    let (own, mut out) = unbounded_channel();
    room.write().unwrap_or_else(PoisonError::into_inner).insert(number, own.clone());
    let mut partner = None;
    let mut together = Vec::with_capacity(TOGETHER);
    loop {
        tokio::select! {
            frame = socket.next() => {
                let Message::Text(frame) = frame?.ok()? else { return None };
                if partner.is_none() {
                    partner = room.read().unwrap_or_else(PoisonError::into_inner).get(&(number ^ 1)).cloned();
                }
                take(desk.as_ref().as_ref(), number, frame, &own, partner.as_ref()).await?;
            }
            said = out.recv_many(&mut together, TOGETHER) => {
                say(&mut socket, &mut together).await?;
                if said == 0 { return None }
            }
        }
    }
}

/// Does with a frame what this floor does. Nothing, if the frame is none.
async fn take(desk: Option<&Desk>, number: u32, frame: Utf8Bytes, own: &Out, partner: Option<&Out>) -> Option<()> {
    let Frame { id, text } = serde_json::from_str(frame.as_str()).ok()?;
    match desk {
        Some(desk) => {
            let held = desk.holds(&text);
            let text = text.into_owned();
            desk.write(Said { number, id, text, held, frame, own: own.clone(), partner: partner.cloned() }).await
        }
        None => {
            hand_on(id, frame, own, partner);
            Some(())
        }
    }
}

/// Gives a frame to the partner, and its sender the answer. Who has gone gets nothing.
pub(crate) fn hand_on(id: u64, frame: Utf8Bytes, own: &Out, partner: Option<&Out>) {
    if let Some(partner) = partner {
        let _gone = partner.send(frame);
    }
    answer(id, own);
}

/// Says that a frame was taken.
pub(crate) fn answer(id: u64, own: &Out) {
    let _gone = own.send(format!("{{\"op\":\"ok\",\"id\":{id}}}").into());
}

async fn say(socket: &mut WebSocketStream<TcpStream>, together: &mut Vec<Utf8Bytes>) -> Option<()> {
    for frame in together.drain(..) {
        socket.feed(Message::Text(frame)).await.ok()?;
    }
    socket.flush().await.ok()
}
