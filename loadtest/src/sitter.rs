//! Somebody who is there and says nothing: a socket, a cursor, and signs of life.

use crate::accounts::Member;
use crate::link::{self, Gone, Heard, Link, Target};
use handrail_domain::ids::AccountId;
use handrail_domain::wire::{FromClient, Resume, Resumed};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Silence of one's own after which a `ping` shows life.
const PING_AFTER: Duration = Duration::from_secs(15);

/// Somebody who is there and says nothing.
pub(crate) struct Sitter {
    pub(crate) account: AccountId,
    token: Arc<str>,
    cursor: Option<Resume>,
    link: Option<Link>,
}

impl Sitter {
    pub(crate) fn new(member: &Member) -> Self {
        Self { account: member.account, token: member.token.clone(), cursor: None, link: None }
    }

    /// Connects, says hello with its cursor if it has one, and is welcome.
    async fn come(&mut self, target: &Target) -> Result<(), Gone> {
        let (link, welcome) = link::open(target, &self.token, self.cursor.clone()).await?;
        if self.cursor.is_none() || welcome.resume != Resumed::Replay {
            self.cursor = Some(Resume { epoch: welcome.epoch, offset: welcome.head, mark: welcome.mark });
        }
        self.link = Some(link);
        Ok(())
    }

    /// Comes again until it is welcome, with the pauses that the protocol asks for. Tells how often it was turned away, or with
    /// which code for good.
    pub(crate) async fn come_back(&mut self, target: &Target) -> Result<u32, u16> {
        const LONGEST: Duration = Duration::from_secs(20);
        for turned_away in 0.. {
            match self.come(target).await {
                Ok(()) => return Ok(turned_away),
                Err(Gone::Stop(code)) => return Err(code),
                Err(Gone::After(pause)) => tokio::time::sleep(pause).await,
                Err(Gone::BackOff(_)) => tokio::time::sleep(link::backoff(turned_away, LONGEST, draw())).await,
            }
        }
        Err(0)
    }

    /// Loses its link, without a word.
    pub(crate) fn lose(&mut self) {
        self.link = None;
    }

    /// Stays until something happens that somebody who says nothing has to know: all but signs of life.
    pub(crate) async fn sit(&mut self) -> Result<Heard, Gone> {
        let link = self.link.as_mut().ok_or(Gone::BackOff(0))?;
        loop {
            let quiet = Instant::from_std(link.said_at + PING_AFTER);
            let frame = tokio::select! {
                frame = link.next() => frame?,
                () = tokio::time::sleep_until(quiet) => {
                    link.say(&FromClient::Ping {}).await?;
                    continue;
                }
            };
            match link::read(&frame) {
                Ok(Heard::Ping { .. }) => link.say(&FromClient::Pong {}).await?,
                Ok(Heard::Quiet) | Err(_) => {}
                Ok(heard) => return Ok(heard),
            }
        }
    }

    /// Stays until its link has ended, or is said to end. Tells what to do then.
    pub(crate) async fn sit_to_the_end(&mut self) -> Gone {
        let gone = loop {
            match self.sit().await {
                Ok(Heard::Bye { after }) => break Gone::After(after),
                Ok(_) => {}
                Err(gone) => break gone,
            }
        };
        self.lose();
        gone
    }
}

/// A number from 0 to 1, another one each time.
fn draw() -> f64 {
    // Without randomness everybody waits for the longest time, which is safe and slow.
    getrandom::u64().map_or(1.0, |draw| (draw >> 11) as f64 / (1_u64 << 53) as f64)
}

/// Everybody does this at the same time. Gives them back in their order, each with what came of it.
pub(crate) async fn all<T, F>(
    sitters: Vec<Sitter>,
    what: impl Fn(usize, Sitter) -> F,
) -> anyhow::Result<Vec<(Sitter, T)>>
where
    T: Send + 'static,
    F: Future<Output = (Sitter, T)> + Send + 'static,
{
    let tasks: Vec<_> = sitters.into_iter().enumerate().map(|(at, one)| tokio::spawn(what(at, one))).collect();
    let mut done = Vec::with_capacity(tasks.len());
    for task in tasks {
        done.push(task.await?);
    }
    Ok(done)
}
