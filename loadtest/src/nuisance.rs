//! Those who make it hard for others: phones that take what they are sent at a crawl, or nothing, and never answer; and people who mean harm,
//! with frames that are none and floods of those that are. They are counted and not judged: what is judged is how the others fare.

use crate::bench::Bench;
use crate::link::{self, Link};
use crate::plan::mix;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// A slow phone takes so many bytes at a time, [`SIPS`] times a second: 1 KiB/s.
const SIP: usize = 64;
const SIPS: u32 = 16;
/// Every so many slow phones one takes nothing at all.
const HALF_OPEN_EVERY: usize = 4;
/// How long that one takes nothing: longer than a server waits for a sign of life.
const HALF_OPEN: Duration = Duration::from_secs(45);
/// Before somebody who was cut off comes back.
const PAUSE: Duration = Duration::from_secs(2);
/// Between two attacks of one attacker.
const BREATH: Duration = Duration::from_millis(100);
/// Frames of one flood.
const FLOOD: usize = 200;
/// How long an attacker waits for the server to end it.
const END_MAX: Duration = Duration::from_secs(5);

/// What they did.
#[derive(Debug, Default)]
pub(crate) struct Nuisance {
    /// Slow phones that the server cut off.
    pub(crate) cut_off: AtomicU64,
    /// Attacks that were carried out.
    pub(crate) attacks: AtomicU64,
}

/// Starts them: slow devices of people who are talked to, and attackers with accounts of their own.
pub(crate) fn start(
    bench: &Arc<Bench>,
    slow: Vec<Arc<str>>,
    attackers: Vec<Arc<str>>,
    stopped: &watch::Receiver<bool>,
) -> (Arc<Nuisance>, JoinSet<()>) {
    let (nuisance, mut tasks) = (Arc::new(Nuisance::default()), JoinSet::new());
    for (which, token) in slow.into_iter().enumerate() {
        let crawl = crawl(bench.clone(), nuisance.clone(), which, token);
        tasks.spawn(until(stopped.clone(), crawl));
    }
    for (which, token) in attackers.into_iter().enumerate() {
        let attack = attack(bench.clone(), nuisance.clone(), which, token);
        tasks.spawn(until(stopped.clone(), attack));
    }
    (nuisance, tasks)
}

async fn until(mut stopped: watch::Receiver<bool>, work: impl Future<Output = ()>) {
    tokio::select! {
        () = work => {}
        _ = stopped.wait_for(|stopped| *stopped) => {}
    }
}

/// Reads at a crawl, or not at all, and answers nothing; comes back when it was cut off.
async fn crawl(bench: Arc<Bench>, nuisance: Arc<Nuisance>, which: usize, token: Arc<str>) {
    let half_open = which % HALF_OPEN_EVERY == HALF_OPEN_EVERY - 1;
    loop {
        if let Ok((link, _)) = link::open(bench.target(which), &token, None).await {
            let mut stream = link.into_stream();
            let mut sip = [0; SIP];
            if half_open {
                sleep(HALF_OPEN).await;
            }
            while stream.read(&mut sip).await.is_ok_and(|read| read > 0) {
                sleep(Duration::from_secs(1) / SIPS).await;
            }
            nuisance.cut_off.fetch_add(1, Relaxed);
        }
        sleep(PAUSE).await;
    }
}

/// One kind of harm after another.
async fn attack(bench: Arc<Bench>, nuisance: Arc<Nuisance>, which: usize, token: Arc<str>) {
    for nth in 0.. {
        let kind = Harm::ALL[(mix(bench.plan.seed ^ which as u64, nth) % Harm::ALL.len() as u64) as usize];
        let target = bench.target(which);
        match kind {
            Harm::HalfAHead => {
                if let Ok(mut stream) = TcpStream::connect(&target.authority).await {
                    let _ = stream.write_all(b"GET /live HTTP/1.1\r\nhost: ").await;
                    sleep(BREATH).await;
                }
            }
            Harm::NotHttp => {
                if let Ok(mut stream) = TcpStream::connect(&target.authority).await {
                    let _ = stream.write_all(&[0x16, 0x03, 0x01, 0xff, 0xff, 0x00, 0x00]).await;
                    wait_for_end(stream).await;
                }
            }
            Harm::Garbage | Harm::TooLong | Harm::NotJson | Harm::Flood => {
                if let Ok((link, _)) = link::open(target, &token, None).await {
                    harm(link, kind).await;
                }
            }
        }
        nuisance.attacks.fetch_add(1, Relaxed);
        sleep(BREATH).await;
    }
}

/// What an attacker does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Harm {
    /// Begins a request and leaves it there.
    HalfAHead,
    /// Speaks something else.
    NotHttp,
    /// A frame with bits that mean nothing.
    Garbage,
    /// A frame that says that it is an exabyte long.
    TooLong,
    /// A frame of text that is no JSON.
    NotJson,
    /// Far more frames than anybody may send.
    Flood,
}

impl Harm {
    const ALL: [Harm; 6] = [Harm::HalfAHead, Harm::NotHttp, Harm::Garbage, Harm::TooLong, Harm::NotJson, Harm::Flood];
}

async fn harm(link: Link, kind: Harm) {
    let mut stream = link.into_stream();
    let bytes = match kind {
        Harm::Garbage => vec![0xff; 32],
        // A masked text frame with a length of eight bytes (RFC 6455, 5.2).
        Harm::TooLong => [&[0x81, 0xff][..], &[0x0f; 8], &[0; 4]].concat(),
        Harm::NotJson => framed(b"this is no JSON"),
        Harm::Flood => framed(br#"{"op":"ping"}"#).repeat(FLOOD),
        Harm::HalfAHead | Harm::NotHttp => return,
    };
    if stream.write_all(&bytes).await.is_ok() && kind != Harm::Flood {
        wait_for_end(stream).await;
    }
}

/// A text frame of a client, masked with zeros, of at most 125 bytes.
fn framed(text: &[u8]) -> Vec<u8> {
    let length = u8::try_from(text.len().min(125)).unwrap_or(125);
    [&[0x81, 0x80 | length, 0, 0, 0, 0][..], &text[..usize::from(length)]].concat()
}

/// Reads until the server has ended it, or for a while.
async fn wait_for_end(mut stream: impl AsyncRead + Unpin) {
    let mut sip = [0; 1_024];
    let ended = async { while stream.read(&mut sip).await.is_ok_and(|read| read > 0) {} };
    let _ = timeout(END_MAX, ended).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_as_a_client_sends_it() {
        assert_eq!(framed(b"hi"), [0x81, 0x82, 0, 0, 0, 0, b'h', b'i']);
        assert_eq!(framed(&[b'x'; 200]).len(), 6 + 125);
    }
}
