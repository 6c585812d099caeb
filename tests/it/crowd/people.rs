//! One person of the crowd: a party with a phone that may lose its line at any moment, or a supervisor with a queue.

use super::{HELD_WORD, Shared};
use crate::history::{Came, Ruling, Seen, Sent, Span, Taken};
use crate::process::{Cursor, PATIENCE, Person, Wire, history, try_http, word};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::{sleep, timeout};

/// Between two things that somebody says: it is a crowd, but not a storm.
const BREATH: Duration = Duration::from_millis(20);
/// One message in so many is bad.
const BAD: usize = 10;
/// One item in so many is left for later, while few are.
const LEFT: u32 = 8;
const LEFT_MAX: usize = 40;

/// A sentence of its own for each number, without a figure in it that a rule could take for part of a telephone number.
pub(crate) fn sentence(number: usize) -> String {
    format!("our walk {}", letters(number))
}

/// A number, written so.
pub(super) fn letters(number: usize) -> String {
    let letter = |digit: char| char::from(b"mnrsvwxyzq"[digit as usize - '0' as usize]);
    number.to_string().chars().map(letter).collect()
}

/// A party's phone, with what it remembers.
pub(super) struct Device {
    who: Person,
    at: usize,
    cursor: Option<Cursor>,
    /// What got no answer yet.
    doubtful: Option<usize>,
    said: usize,
}

impl Device {
    pub(super) fn of(who: &Person, at: usize) -> Self {
        Self { who: who.clone(), at, cursor: None, doubtful: None, said: 0 }
    }

    /// Talks until it is over, over as many connections as that takes.
    pub(super) async fn live(mut self, shared: Arc<Shared>) -> Self {
        while !shared.is_over() {
            let Some(mut wire) = self.connect(&shared).await else { continue };
            while !shared.is_over() {
                let number = self.doubtful.unwrap_or(self.said);
                self.said = self.said.max(number + 1);
                self.doubtful = Some(number);
                match self.say(&shared, &mut wire, number).await {
                    Came::Ok(_) => self.doubtful = None,
                    Came::No(code) => assert_eq!(code, "rate_limited", "a message that nobody could object to"),
                    Came::Unknown => (),
                }
                self.note(&shared, &mut wire);
                if wire.next_within(BREATH).await.is_some() {
                    self.note(&shared, &mut wire);
                }
                if wire.lost {
                    break;
                }
            }
            self.leave(&shared, wire);
        }
        self
    }

    async fn connect(&self, shared: &Shared) -> Option<Wire> {
        let opened = timeout(PATIENCE, Wire::open(shared.node(self.at), &self.who.token, self.cursor.clone()));
        let wire = opened.await.ok().flatten();
        if wire.is_none() {
            sleep(BREATH).await;
        }
        wire
    }

    /// Says something, and writes down how it was answered.
    async fn say(&mut self, shared: &Shared, wire: &mut Wire, number: usize) -> Came<Taken> {
        let bad = number % BAD == BAD - 1;
        let word_of = if bad { HELD_WORD } else { "otter" };
        let role = self.who.username.replace(char::is_numeric, "");
        let text = format!("{} of a {role} from {}: {word_of}", sentence(number), shared.name);
        let cid = format!("{}-{number}", shared.name);
        let asked = shared.now();
        let answer = wire.send(&self.who.conversation, &cid, &text).await;
        let span = Span { asked, answered: shared.now() };
        let came = match &answer {
            None => Came::Unknown,
            Some(answer) if answer["op"] == "ok" => {
                Came::Ok(Taken { message: word(&answer["message"]), seq: answer["seq"].as_u64() })
            }
            // It was refused, but a disk that failed while it was written may have it all the same.
            Some(answer) if answer["code"] == "unavailable" => Came::Unknown,
            Some(answer) => Came::No(word(&answer["code"])),
        };
        if let Came::Ok(Taken { seq: Some(_), .. }) = &came {
            assert!(!bad || answer.is_some_and(|answer| answer["duplicate"] == true), "a bad message passed");
        }
        let (by, conversation) = (self.who.username.clone(), self.who.conversation.clone());
        let sent = Sent { by, conversation, cid, text, bad, span, came: came.clone() };
        shared.history.lock().unwrap().sent.push(sent);
        came
    }

    /// Writes down what the wire was told.
    fn note(&self, shared: &Shared, wire: &mut Wire) {
        let heard = wire.events.drain(..).zip(wire.heard_at.drain(..)).collect::<Vec<(Value, Instant)>>();
        let messages = heard.into_iter().filter(|(event, _)| event["type"] == "message");
        let seen = messages.map(|(event, at)| Seen {
            by: self.who.username.clone(),
            conversation: word(&event["conversation"]),
            seq: event["seq"].as_u64().expect("a number"),
            message: word(&event["message"]),
            text: word(&event["text"]),
            at: at.duration_since(shared.begun),
        });
        shared.history.lock().unwrap().seen.extend(seen);
    }

    fn leave(&mut self, shared: &Shared, mut wire: Wire) {
        self.note(shared, &mut wire);
        self.cursor = Some(wire.cursor);
    }

    /// Asks again for what got no answer, and for the one before it, until each had two answers.
    pub(super) async fn ask_again(&mut self, shared: &Shared) {
        let patience = Instant::now() + PATIENCE;
        let doubtful = self.doubtful.take();
        let mut asks: Vec<usize> = [doubtful, self.said.checked_sub(2)].into_iter().flatten().collect();
        asks.extend(asks.clone());
        while let Some(number) = asks.last().copied() {
            assert!(Instant::now() < patience, "{} gets no answer", self.who.username);
            let Some(mut wire) = self.connect(shared).await else { continue };
            if let Came::Ok(_) = self.say(shared, &mut wire, number).await {
                asks.pop();
            }
            self.leave(shared, wire);
        }
    }

    /// Listens until it was told all that is in its conversation.
    pub(super) async fn catch_up(&mut self, shared: &Shared) {
        let last = history(shared.node(self.at), &self.who).await.last().map_or(0, |(seq, _)| *seq);
        let told = |device: &Self| {
            let history = shared.history.lock().unwrap();
            let own = history.seen.iter().rev().find(|seen| seen.by == device.who.username);
            own.map(|seen| seen.seq)
        };
        let patience = Instant::now() + PATIENCE;
        let mut wire = self.connect(shared).await.expect("it listens");
        // Who was never told anything had joined at the end.
        while told(self).is_some_and(|told| told < last) {
            assert!(Instant::now() < patience, "{} was told up to {:?} of {last}", self.who.username, told(self));
            wire.next_within(Duration::from_millis(200)).await;
            self.note(shared, &mut wire);
        }
        self.leave(shared, wire);
    }
}

/// A supervisor: takes what is free, and decides on most of it.
pub(super) async fn supervise(who: Person, at: usize, shared: Arc<Shared>) {
    while !shared.is_over() {
        let opened = timeout(PATIENCE, Wire::open(shared.node(at), &who.token, None)).await;
        let Some(mut wire) = opened.ok().flatten() else {
            sleep(BREATH).await;
            continue;
        };
        while !shared.is_over() && !wire.lost {
            let path = format!("/api/queues/{}/items?limit=200", who.site);
            let Some((200, body)) = try_http(shared.node(at), "GET", &path, &who.token, "").await else { break };
            let page: Value = serde_json::from_str(&body).expect("JSON");
            let items = page["items"].as_array().expect("items");
            for item in items {
                let number = word(&item["item"]).bytes().map(u32::from).sum::<u32>();
                let left = number.is_multiple_of(LEFT) && items.len() < LEFT_MAX;
                if shared.is_over() || (!left && attend(&who, &shared, &mut wire, item, number).await.is_none()) {
                    break;
                }
            }
            wire.next_within(BREATH).await;
        }
    }
}

/// Takes an item, or decides on it if it is one's own. Nothing if the line is gone.
async fn attend(who: &Person, shared: &Shared, wire: &mut Wire, item: &Value, number: u32) -> Option<()> {
    let acts = item["acts"].as_array().cloned().unwrap_or_default();
    let may = |act: &str| acts.iter().any(|known| known == act);
    if !may("release") && !may("claim") {
        return Some(());
    }
    // Claimed already, it is renewed.
    let claimed = wire.try_ask(json!({"op": "claim", "item": item["item"]})).await?;
    let Some(version) = claimed["item"]["version"].as_u64().filter(|_| claimed["op"] == "ok") else { return Some(()) };
    let release = number.is_multiple_of(2);
    let decision = if release {
        json!({"kind": "release"})
    } else {
        json!({"kind": "reject", "reason": "other", "note": "not like this", "log": "a test"})
    };
    let asked = shared.now();
    let answer =
        wire.try_ask(json!({"op": "decide", "item": item["item"], "version": version, "decision": decision})).await;
    let came = match &answer {
        None => Came::Unknown,
        Some(answer) if answer["op"] == "ok" => Came::Ok(()),
        Some(answer) if answer["code"] == "unavailable" => Came::Unknown,
        Some(answer) => Came::No(word(&answer["code"])),
    };
    let span = Span { asked, answered: shared.now() };
    let ruling = Ruling { by: who.username.clone(), item: word(&item["item"]), version, release, span, came };
    shared.history.lock().unwrap().rulings.push(ruling);
    answer.map(|_| ())
}
