//! A closed loop: everybody says something, waits for the answer, and says the next. So a server is never asked for more than it
//! answers, and what it answers is what it carries. The same people can also speak at fixed times, to see what a message costs
//! where there is no crowd. Nothing here judges what comes: `run` and its oracle do.

use crate::accounts::Cast;
use crate::corpus::BENIGN;
use crate::link::{self, READ_BUFFER, Target};
use crate::meter::Times;
use crate::socketio::{self, Heard};
use crate::wire::{self, Wire};
use futures_util::{SinkExt, StreamExt};
use handrail_domain::ids::{Cid, ConversationId, Offset};
use handrail_domain::wire::FromClient;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// One message in so many has a word that must be held.
const HELD_EVERY: u64 = 50;
/// The line that it is in.
const HELD: &str = "you are a twat, do you know that";
/// Events after which a client of Handrail's says how far it is.
const ACK_EVERY: u32 = 32;

/// Whose words these people speak.
#[derive(Clone)]
pub(crate) enum Tongue {
    /// That of a floor.
    Floor,
    /// Socket.IO's.
    SocketIo,
    /// Handrail's.
    Handrail(Cast),
}

/// How fast they speak.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Pace {
    /// One after the other, as soon as there is an answer.
    Closed,
    /// So many messages a second between all of them, at fixed times.
    Rate(f64),
}

/// What these people share.
struct Crowd {
    pace: Pace,
    people: usize,
    begun: Instant,
    measuring: AtomicBool,
    over: AtomicBool,
    answered: AtomicU64,
    latency: Mutex<Times>,
    refused: Mutex<BTreeMap<String, u64>>,
}

/// What was counted in the measured time.
#[derive(Debug, Clone)]
pub(crate) struct Counted {
    pub(crate) answered: u64,
    pub(crate) latency: Times,
    /// Sends that were refused and sockets that went, by name: a measurement with any is none.
    pub(crate) refused: BTreeMap<String, u64>,
}

/// People who speak, until they are told to stop.
pub(crate) struct Talk {
    crowd: Arc<Crowd>,
    tasks: JoinSet<()>,
}

impl Talk {
    /// Opens everybody's socket. They speak from then on.
    pub(crate) async fn start(target: &Target, tongue: &Tongue, people: usize, pace: Pace) -> anyhow::Result<Self> {
        let crowd = Arc::new(Crowd {
            pace,
            people,
            begun: Instant::now(),
            measuring: AtomicBool::new(false),
            over: AtomicBool::new(false),
            answered: AtomicU64::new(0),
            latency: Mutex::default(),
            refused: Mutex::default(),
        });
        let mut opened = Vec::with_capacity(people);
        for who in 0..people {
            opened.push(open(target, tongue, who).await?);
        }
        let mut tasks = JoinSet::new();
        for (who, socket) in opened.into_iter().enumerate() {
            let mut voice = Voice { who, tongue: said_by(tongue, who), socket, said: 0, unacked: 0, offset: 0 };
            let crowd = crowd.clone();
            tasks.spawn(async move {
                if voice.talk(&crowd).await.is_none() && !crowd.over.load(Relaxed) {
                    crowd.refuse("socket_gone");
                }
            });
        }
        Ok(Self { crowd, tasks })
    }

    /// From now on it counts.
    pub(crate) fn begin(&self) {
        *self.crowd.latency() = Times::default();
        self.crowd.answered.store(0, Relaxed);
        self.crowd.measuring.store(true, Relaxed);
    }

    /// No more counts.
    pub(crate) fn end(&self) -> Counted {
        self.crowd.measuring.store(false, Relaxed);
        let refused = self.crowd.refused.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Counted { answered: self.crowd.answered.load(Relaxed), latency: self.crowd.latency().clone(), refused }
    }

    /// Everybody goes.
    pub(crate) async fn stop(mut self) {
        self.crowd.over.store(true, Relaxed);
        self.tasks.shutdown().await;
    }
}

impl Crowd {
    fn latency(&self) -> MutexGuard<'_, Times> {
        self.latency.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refuse(&self, why: &str) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner).entry(why.to_owned()).or_default() += 1;
    }

    /// When somebody says a message: at once, or in their turn.
    fn due(&self, who: usize, nth: u64) -> Option<Instant> {
        let Pace::Rate(rate) = self.pace else { return None };
        let turn = self.people as f64 / rate;
        Some(self.begun + Duration::from_secs_f64(turn * (nth as f64 + who as f64 / self.people as f64)))
    }
}

/// What a person of this number says frames as.
enum Own {
    Floor,
    SocketIo,
    Handrail(ConversationId),
}

fn said_by(tongue: &Tongue, who: usize) -> Own {
    match tongue {
        Tongue::Floor => Own::Floor,
        Tongue::SocketIo => Own::SocketIo,
        Tongue::Handrail(cast) => {
            let place = cast.places.iter().find(|place| place.parties.contains(&who));
            place.map_or(Own::Floor, |place| Own::Handrail(place.id))
        }
    }
}

async fn open(target: &Target, tongue: &Tongue, who: usize) -> anyhow::Result<WebSocketStream<Wire>> {
    match tongue {
        Tongue::Floor => {
            let stream = wire::connect(&target.authority, None).await?;
            let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER);
            let url = format!("ws://{}/", target.authority);
            let (mut socket, _) = client_async_with_config(url, stream, Some(config)).await?;
            socket.send(Message::text(who.to_string())).await?;
            Ok(socket)
        }
        Tongue::SocketIo => socketio::open(&target.authority, who).await,
        Tongue::Handrail(cast) => {
            let opened = link::open(target, &cast.people[who].token, None).await;
            let (link, _) = opened.map_err(|gone| anyhow::anyhow!("a socket did not open: {gone:?}"))?;
            Ok(link.into_socket())
        }
    }
}

/// What a frame is, as far as it matters here.
#[derive(Deserialize)]
struct Head<'a> {
    op: &'a str,
    #[serde(default)]
    id: Option<u64>,
    #[serde(default)]
    offset: Option<Offset>,
    #[serde(default)]
    code: Option<&'a str>,
}

/// One who speaks.
struct Voice {
    who: usize,
    tongue: Own,
    socket: WebSocketStream<Wire>,
    said: u64,
    unacked: u32,
    offset: Offset,
}

impl Voice {
    /// Speaks until the socket is gone.
    async fn talk(&mut self, crowd: &Crowd) -> Option<()> {
        loop {
            let due = crowd.due(self.who, self.said);
            if let Some(due) = due {
                self.listen_until(due, crowd).await?;
            }
            self.said += 1;
            let from = due.unwrap_or_else(Instant::now);
            self.socket.send(Message::text(self.frame()?)).await.ok()?;
            self.answer(crowd).await?;
            if crowd.measuring.load(Relaxed) {
                crowd.answered.fetch_add(1, Relaxed);
                crowd.latency().add(from.elapsed());
            }
        }
    }

    fn frame(&self) -> Option<String> {
        let nth = self.said + self.who as u64;
        let line = if nth.is_multiple_of(HELD_EVERY) { HELD } else { BENIGN[nth as usize % BENIGN.len()] };
        match &self.tongue {
            Own::Floor => {
                Some(format!("{{\"op\":\"send\",\"id\":{},\"text\":{}}}", self.said, serde_json::to_string(line).ok()?))
            }
            Own::SocketIo => socketio::send(self.said, line),
            Own::Handrail(conversation) => {
                // It begins with the time, as those of Handrail's own pages do.
                let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_millis();
                let cid = Cid::parse(&format!("{now:x}-{}-{}", self.who, self.said))?;
                let send = FromClient::Send { id: self.said, conversation: *conversation, cid, text: line.to_owned() };
                serde_json::to_string(&send).ok()
            }
        }
    }

    /// Listens until its own answer is there.
    async fn answer(&mut self, crowd: &Crowd) -> Option<()> {
        while !self.hear(crowd).await? {}
        Some(())
    }

    async fn listen_until(&mut self, due: Instant, crowd: &Crowd) -> Option<()> {
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(due.into()) => return Some(()),
                heard = self.hear(crowd) => { heard?; }
            }
        }
    }

    /// Hears one frame. Says whether it is the answer to what was said last. Safe to drop while it waits for a frame.
    async fn hear(&mut self, crowd: &Crowd) -> Option<bool> {
        let Message::Text(frame) = self.socket.next().await?.ok()? else { return Some(false) };
        if let Own::SocketIo = self.tongue {
            return match socketio::hear(frame.as_str()) {
                Heard::Answer(id) => Some(id == self.said),
                Heard::Ping => self.socket.send(Message::text(socketio::PONG)).await.ok().map(|()| false),
                Heard::Other => Some(false),
            };
        }
        let head: Head<'_> = serde_json::from_str(frame.as_str()).ok()?;
        match head.op {
            "ok" => return Some(head.id == Some(self.said)),
            "err" => {
                crowd.refuse(head.code.unwrap_or("refused"));
                return Some(head.id == Some(self.said));
            }
            "event" => {
                self.offset = head.offset.unwrap_or(self.offset);
                self.unacked += 1;
            }
            "ping" => self.say(&FromClient::Pong {}).await?,
            _ => (),
        }
        if self.unacked >= ACK_EVERY {
            self.unacked = 0;
            self.say(&FromClient::Ack { offset: self.offset }).await?;
        }
        Some(false)
    }

    async fn say(&mut self, frame: &FromClient) -> Option<()> {
        self.socket.send(Message::text(serde_json::to_string(frame).ok()?)).await.ok()
    }
}
