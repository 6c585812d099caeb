//! As much of Socket.IO's protocol as is needed to be its client in a measurement: Engine.IO 4 over a WebSocket, packets of Socket.IO 5 in
//! one namespace, nothing binary (<https://socket.io/docs/v4/socket-io-protocol/>).

use crate::link::READ_BUFFER;
use crate::wire::{self, Wire};
use anyhow::{Context as _, ensure};
use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// What a ping is answered with.
pub(crate) const PONG: &str = "3";

/// What a frame is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// What was said under this number is taken.
    Answer(u64),
    /// It must be answered.
    Ping,
    Other,
}

/// What a frame from the server is.
pub(crate) fn hear(frame: &str) -> Heard {
    if let Some(answer) = frame.strip_prefix("43") {
        let digits = answer.find('[').and_then(|end| answer[..end].parse().ok());
        return digits.map_or(Heard::Other, Heard::Answer);
    }
    if frame == "2" { Heard::Ping } else { Heard::Other }
}

/// The frame that says something under a number and asks for an answer.
pub(crate) fn send(id: u64, text: &str) -> Option<String> {
    Some(format!("42{id}[\"send\",{{\"id\":{id},\"text\":{}}}]", serde_json::to_string(text).ok()?))
}

/// Opens a socket as the person of this number.
pub(crate) async fn open(authority: &str, who: usize) -> anyhow::Result<WebSocketStream<Wire>> {
    let stream = wire::connect(authority, None).await?;
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER);
    let url = format!("ws://{authority}/socket.io/?EIO=4&transport=websocket");
    let (mut socket, _) = client_async_with_config(url, stream, Some(config)).await?;
    greeted(&mut socket, "0{").await?;
    socket.send(Message::text(format!("40{{\"number\":{who}}}"))).await?;
    greeted(&mut socket, "40{").await?;
    Ok(socket)
}

async fn greeted(socket: &mut WebSocketStream<Wire>, with: &str) -> anyhow::Result<()> {
    let frame = socket.next().await.context("a socket was closed as it opened")??;
    ensure!(frame.to_text()?.starts_with(with), "the server does not speak Socket.IO 4: {frame:?}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_an_answer_a_ping_or_of_no_matter() {
        assert_eq!(hear("4317[{\"id\":17}]"), Heard::Answer(17));
        assert_eq!(hear("2"), Heard::Ping);
        for other in ["42[\"message\",{\"id\":1}]", "43", "43x[]", "40{}", "", "6"] {
            assert_eq!(hear(other), Heard::Other, "{other}");
        }
    }

    #[test]
    fn what_is_said_asks_for_an_answer_under_its_number() {
        assert_eq!(send(7, "say \"hi\"").as_deref(), Some(r#"427["send",{"id":7,"text":"say \"hi\""}]"#));
    }
}
