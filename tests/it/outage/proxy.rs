//! A wire that can be cut in three ways: a proxy between the server and what it leans on.

use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What it does with what comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    /// Hands it on.
    Pass,
    /// Takes it and keeps it: a black hole. Nobody is told.
    Hold,
    /// Ends every connection at once.
    Reset,
}

/// A proxy on a port of its own, until it is dropped.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    switch: watch::Sender<Wire>,
}

impl Proxy {
    /// In front of that port of this machine.
    pub(crate) async fn before(port: u16) -> Self {
        Self::at("127.0.0.1", port).await
    }

    /// The same, at another address of this machine.
    pub(crate) async fn at(address: &str, port: u16) -> Self {
        let listener = TcpListener::bind((address, 0)).await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let (switch, wire) = watch::channel(Wire::Pass);
        tokio::spawn(async move {
            while let Ok((from, _)) = listener.accept().await {
                tokio::spawn(carry(from, port, wire.clone()));
            }
        });
        Self { address, switch }
    }

    pub(crate) fn turn(&self, to: Wire) {
        self.switch.send_replace(to);
    }
}

/// Carries one connection both ways until an end of it, or the wire, is gone.
async fn carry(from: TcpStream, port: u16, mut wire: watch::Receiver<Wire>) {
    let (held, mut cut) = (wire.clone(), wire.clone());
    if wire.wait_for(|wire| *wire != Wire::Hold).await.map_or(Wire::Reset, |wire| *wire) == Wire::Reset {
        return;
    }
    let Ok(to) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    let ((from_read, from_write), (to_read, to_write)) = (from.into_split(), to.into_split());
    tokio::select! {
        () = pour(from_read, to_write, held) => (),
        () = pour(to_read, from_write, wire) => (),
        _reset = cut.wait_for(|wire| *wire == Wire::Reset) => (),
    }
}

async fn pour(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut wire: watch::Receiver<Wire>) {
    let mut bytes = vec![0; 16 * 1_024];
    while let Ok(read @ 1..) = from.read(&mut bytes).await {
        // What was on its way when the wire went stays in it.
        if wire.wait_for(|wire| *wire != Wire::Hold).await.is_err() || to.write_all(&bytes[..read]).await.is_err() {
            return;
        }
    }
}
