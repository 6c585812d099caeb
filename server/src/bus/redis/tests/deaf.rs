//! A way to Redis on which subscriptions can be struck deaf: they stay open, and bring nothing. Commands go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(super) struct DeafWay {
    deaf: Arc<AtomicBool>,
    port: u16,
}

impl DeafWay {
    pub(super) async fn to(redis: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let way = Self { deaf: Arc::default(), port: listener.local_addr().unwrap().port() };
        let deaf = way.deaf.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(("127.0.0.1", redis)).await else { continue };
                tokio::spawn(carry(client, server, deaf.clone()));
            }
        });
        way
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    pub(super) fn strike(&self, deaf: bool) {
        self.deaf.store(deaf, Ordering::Relaxed);
    }
}

async fn carry(client: TcpStream, server: TcpStream, deaf: Arc<AtomicBool>) {
    let ((mut asks, mut hears), (mut answers, mut asked)) = (client.into_split(), server.into_split());
    let subscribes = Arc::new(AtomicBool::new(false));
    let seen = subscribes.clone();
    let there = async move {
        let mut buffer = [0; 16_384];
        while let Ok(read @ 1..) = asks.read(&mut buffer).await {
            if buffer[..read].windows(9).any(|word| word == b"SUBSCRIBE") {
                seen.store(true, Ordering::Relaxed);
            }
            if asked.write_all(&buffer[..read]).await.is_err() {
                return;
            }
        }
    };
    let back = async move {
        let mut buffer = [0; 16_384];
        while let Ok(read @ 1..) = answers.read(&mut buffer).await {
            let lost = subscribes.load(Ordering::Relaxed) && deaf.load(Ordering::Relaxed);
            if !lost && hears.write_all(&buffer[..read]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = there => (),
        () = back => (),
    }
}
