//! People who talk, beside others who send what is no frame.

use super::{PLENTY, Pair, pair_where};
use crate::client::request;
use crate::world::Person;
use handrail::fresh;
use handrail_domain::people::Role;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const ATTACKERS: usize = 20;
const MESSAGES: usize = 200;

/// Opens a socket as its owner and sends noise on it: all noise, or noise behind the beginning of a frame that could be one.
async fn noise(address: SocketAddr, token: &str, round: usize) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    let opening = request(address, token);
    let mut head = format!("GET {} HTTP/1.1\r\n", opening.uri().path());
    for (name, value) in opening.headers() {
        head.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap_or_default()));
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).await?;
    // A masked frame of text, of a length that does not come, is too long, or is nothing.
    let begins: [&[u8]; 5] =
        [&[], &[0x81, 0xFE, 0x7F, 0xFF], &[0x81, 0xFF, 0, 0, 0, 1, 0, 0, 0, 0], &[0x8F, 0x80], &[0x01, 0x85]];
    stream.write_all(begins[round % begins.len()]).await?;
    stream.write_all(&fresh::bytes::<4_096>()).await?;
    let mut heard = [0; 1_024];
    while stream.read(&mut heard).await? > 0 {}
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn people_talk_on_in_order_while_twenty_others_send_what_is_no_frame() {
    let Pair { world, ann, bob, conversation } =
        &pair_where(|config| config.fixed.limits.connects_per_address = PLENTY).await;
    let (over, rounds) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut attacks = Vec::new();
    for n in 0..ATTACKERS {
        let Person { token, .. } = world.person(&format!("attacker{n}"), Role::Mentee).await;
        let (address, over, rounds) = (world.address, over.clone(), rounds.clone());
        attacks.push(tokio::spawn(async move {
            while !over.load(Ordering::Relaxed) {
                // The server may close before all of it was written: that is its right.
                let _cut = noise(address, &token, rounds.fetch_add(1, Ordering::Relaxed)).await;
            }
        }));
    }
    let (mut one, mut other) = (world.connect(ann).await, world.connect(bob).await);
    for n in 1..=MESSAGES {
        let sent = one.send(conversation, &format!("m{n}"), &format!("message number {n}")).await.expect("it is taken");
        assert_eq!((&sent["status"], &sent["seq"]), (&"delivered".into(), &n.into()));
        other.expect("it arrives", |frame| frame["type"] == "message" && frame["seq"] == n).await;
    }
    over.store(true, Ordering::Relaxed);
    for attack in attacks {
        attack.await.expect("an attacker ends");
    }
    assert!(rounds.load(Ordering::Relaxed) > ATTACKERS, "they came again and again");
    world.is_whole().await;
}
