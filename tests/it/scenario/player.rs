//! Plays a story's lines: who does what. What they see is checked in `check.rs`.

use super::filter;
use crate::client::{Client, Memory, text};
use crate::web;
use crate::world::{On, Person, UNDO_MS, World, settings};
use handrail_domain::conversation::ConversationState;
use handrail_domain::ids::{ConversationId, RestrictionId};
use handrail_domain::people::Role;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// A message of the story, by the name that the story gives it.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    pub(super) id: String,
    pub(super) by: String,
    pub(super) conversation: String,
    pub(super) sent_at: Option<String>,
}

/// A story that is being played.
pub(super) struct Play {
    pub(super) world: World,
    pub(super) people: BTreeMap<String, Person>,
    /// Relationships, by a party's name: the first that it was paired in.
    pub(super) pairs: BTreeMap<String, ConversationId>,
    pub(super) devices: BTreeMap<String, Client>,
    pub(super) said: BTreeMap<String, Said>,
    /// Restrictions by their terms.
    pub(super) restricted: BTreeMap<String, RestrictionId>,
    left: BTreeMap<String, Memory>,
}

/// Plays a whole story.
pub(super) async fn play(story: &str, on: On) {
    let lines: Vec<_> =
        story.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let chosen = lines.iter().find_map(|line| line.strip_prefix("undo ")).map(|ms| number(ms.trim_end_matches(" ms")));
    let mut settings = settings(chosen.map_or(UNDO_MS, |ms| ms as i64));
    if let Some(line) = lines.iter().find(|line| line.starts_with("consent")) {
        settings.consent = true;
        if let ["consent", ms, "ms"] = *line.split_whitespace().collect::<Vec<_>>() {
            settings.answer_ms = number(ms) as i64;
        }
    }
    let world = match lines.iter().find_map(|line| line.strip_prefix("rules ")) {
        Some(pack) => World::with_rules(on, settings, filter::rules(pack.trim())).await,
        None => World::with(on, settings, |_| ()).await,
    };
    let mut play = Play {
        world,
        people: BTreeMap::new(),
        pairs: BTreeMap::new(),
        devices: BTreeMap::new(),
        said: BTreeMap::new(),
        restricted: BTreeMap::new(),
        left: BTreeMap::new(),
    };
    for line in lines {
        // Shown by the test's runner when the story fails: the last line is the one.
        eprintln!("{line}");
        let (does, outcome) = line.split_once(" -> ").unwrap_or((line, "ok"));
        let (does, outcome) = (words(does), words(outcome));
        play.line(&refs(&does), &refs(&outcome)).await;
    }
    // However a story goes, the record is what its log says.
    play.world.is_whole().await;
}

fn refs(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}

/// A line's words; what stands in quotes is one word, and keeps its first quote as a sign of that.
fn words(line: &str) -> Vec<String> {
    let mut out = Vec::new();
    for (at, part) in line.split('"').enumerate() {
        if at % 2 == 1 {
            out.push(format!("\"{part}"));
        } else {
            out.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    out
}

/// What a quoted word says.
pub(super) fn quoted(word: &str) -> &str {
    word.strip_prefix('"').unwrap_or_else(|| panic!("{word} is to be in quotes"))
}

pub(super) fn number(word: &str) -> u64 {
    word.trim_start_matches('#').parse().unwrap_or_else(|_| panic!("{word} is to be a number"))
}

/// The person whose device this is: `ann/phone` is ann's.
fn owner(device: &str) -> &str {
    device.split('/').next().unwrap_or(device)
}

/// Holds an answer to the outcome that the story tells.
fn hold_to(answer: &Result<Value, Value>, outcome: &[&str]) {
    let told = match (answer, outcome) {
        (Ok(_), ["ok"]) => true,
        (Ok(ok), ["held"]) => ok["status"] == "held" && ok["duplicate"] == false,
        (Ok(ok), ["held", "again"]) => ok["status"] == "held" && ok["duplicate"] == true,
        (Ok(ok), ["delivered", seq]) => {
            ok["status"] == "delivered" && ok["seq"] == number(seq) && ok["duplicate"] == false
        }
        (Ok(ok), ["delivered", seq, "again"]) => ok["seq"] == number(seq) && ok["duplicate"] == true,
        (Ok(ok), ["ok", "again"]) => ok["duplicate"] == true,
        (Ok(ok), ["ok", "with", "findings"]) => ok["findings"].as_array().is_some_and(|all| !all.is_empty()),
        (Ok(ok), [status @ ("withdrawn" | "delivered")]) => ok["status"] == *status,
        (Ok(ok), [state @ ("open" | "paused")]) => ok["state"] == *state,
        (Ok(ok), ["told"]) => ok["report"].is_string() && ok["duplicate"] == false,
        (Ok(ok), ["told", "again"]) => ok["report"].is_string() && ok["duplicate"] == true,
        // The four that a lost race gives say how the item is now.
        (Err(err), [code @ ("stale_version" | "claimed_by_other" | "not_claimed" | "already_closed")]) => {
            err["code"] == *code && err["item"]["version"].is_u64()
        }
        (Err(err), [code]) => err["code"] == *code,
        _ => false,
    };
    assert!(told, "the story tells {outcome:?}, the answer was {answer:#?}");
}

impl Play {
    pub(super) fn device(&mut self, name: &str) -> &mut Client {
        self.devices.get_mut(name).unwrap_or_else(|| panic!("{name} is not connected"))
    }

    pub(super) fn message(&self, label: &str) -> &Said {
        self.said.get(label).unwrap_or_else(|| panic!("nobody has said {label} yet"))
    }

    async fn line(&mut self, does: &[&str], outcome: &[&str]) {
        match does {
            ["undo" | "rules" | "consent", ..] => (),
            ["restrict" | "unrestrict" | "site", ..] => self.choose(does).await,
            ["pair" | "odd" | "supervisors" | "joins" | "pause" | "lift" | "end" | "wait" | "restart", ..] => {
                self.arrange(does).await
            }
            ["audit", ..] => self.audit(does).await,
            [_, "sees" | "hears" | "never" | "reads-back" | "reads-reports" | "knows", ..] => self.see(does).await,
            [_, "leaves" | "returns" | "connects", ..] => self.come_and_go(does, outcome).await,
            [one, "and", other, "claim", label] => self.race(one, other, label).await,
            [who, act @ ..] => {
                let answer = match act {
                    ["sends" | "withdraws" | "accepts" | "declines" | "reads" | "types" | "turns", ..] => {
                        self.speak(who, act).await
                    }
                    ["reports", ..] => Some(self.report(who, act).await),
                    ["lifts", party] => {
                        let conversation = self.pairs[*party].to_string();
                        Some(self.device(who).ask(json!({"op": "lift", "conversation": conversation})).await)
                    }
                    _ => Some(self.moderate(who, act).await),
                };
                if let Some(answer) = answer {
                    hold_to(&answer, outcome);
                }
            }
            [] => (),
        }
    }

    /// What the scheme's staff, and time, do.
    async fn arrange(&mut self, does: &[&str]) {
        match does {
            ["pair", mentor, mentee] => {
                let one = self.meet(mentor, Role::Mentor).await;
                let other = self.meet(mentee, Role::Mentee).await;
                let id = self.world.pair(&one, &other).await;
                self.begin([mentor, mentee], id).await;
            }
            ["odd", "pair", supervisor, mentee] => {
                let one = self.meet(supervisor, Role::Supervisor).await;
                let other = self.meet(mentee, Role::Mentee).await;
                let id = self.world.odd_pair(&one, &other).await;
                self.begin([supervisor, mentee], id).await;
                self.watch(supervisor).await;
            }
            ["supervisors", names @ ..] => {
                for name in names {
                    self.meet(name, Role::Supervisor).await;
                    self.connect(name).await;
                    self.watch(name).await;
                }
            }
            [state @ ("pause" | "lift" | "end"), party] => {
                let state = match *state {
                    "pause" => ConversationState::Paused,
                    "lift" => ConversationState::Open,
                    _ => ConversationState::Ended,
                };
                let set = self.world.chat.admin_set_relationship(self.pairs[*party], state).await;
                set.expect("the relationship changes");
            }
            ["restart", "after", ms, "ms"] => self.restart(Duration::from_millis(number(ms))).await,
            ["wait", ms, "ms"] => tokio::time::sleep(Duration::from_millis(number(ms))).await,
            _ => panic!("nobody can {does:?}"),
        }
    }

    /// The node goes and another comes up on the same record; whoever was there has left, and may return.
    async fn restart(&mut self, pause: Duration) {
        self.world.restart(pause).await;
        for (device, client) in std::mem::take(&mut self.devices) {
            self.left.insert(device, client.vanish());
        }
    }

    pub(super) async fn meet(&mut self, name: &str, role: Role) -> Person {
        if let Some(known) = self.people.get(name) {
            return known.clone();
        }
        let person = self.world.person(name, role).await;
        self.people.insert(name.to_owned(), person.clone());
        person
    }

    /// A relationship has begun: both parties are there, and no presence of before stands in the way.
    async fn begin(&mut self, parties: [&&str; 2], id: ConversationId) {
        for party in parties {
            self.pairs.entry((*party).to_owned()).or_insert(id);
            if !self.devices.contains_key(*party) {
                self.connect(party).await;
            }
        }
    }

    async fn connect(&mut self, device: &str) {
        let mut client = self.world.connect(&self.people[owner(device)]).await;
        client.name = device.to_owned();
        self.devices.insert(device.to_owned(), client);
    }

    async fn watch(&mut self, who: &str) {
        let queue = self.world.site.to_string();
        let watched = self.device(who).ask(json!({"op": "watch", "queue": queue})).await.expect("it may watch");
        assert!(watched["queue"] == queue && watched["head"].is_u64(), "{watched}");
        // What was in the queue before is read over HTTP.
        let token = &self.people[owner(who)].token;
        let page = web::get(self.world.address, &format!("/api/queues/{queue}/items"), token).await.json();
        page["items"]
            .as_array()
            .expect("items")
            .iter()
            .for_each(|item| self.devices.get_mut(who).expect("there").take_item(item));
    }

    async fn come_and_go(&mut self, does: &[&str], outcome: &[&str]) {
        let device = does[0];
        if does[1] == "connects" {
            return self.connect(device).await;
        }
        if does[1] == "leaves" {
            let memory = self.devices.remove(device).unwrap_or_else(|| panic!("{device} is not there")).vanish();
            self.left.insert(device.to_owned(), memory);
            return;
        }
        let mut memory = self.left.remove(device).unwrap_or_else(|| panic!("{device} has not left"));
        match &does[2..] {
            [] => (),
            ["with", "another", "epoch"] => memory.epoch = "Zzzz".into(),
            ["with", "another", "mark"] => memory.mark = "000000000000".into(),
            ["ahead", "of", "the", "head"] => memory.offset += 1_000,
            _ => panic!("nobody can {does:?}"),
        }
        let mut client = self.world.reconnect(&self.people[owner(device)], memory).await;
        client.name = device.to_owned();
        // Where the clock may have been faster or slower than the one who returns, the story tells `back`.
        assert!(outcome == ["back"] || client.welcome["resume"] == outcome[0], "{}", client.welcome);
        self.devices.insert(device.to_owned(), client);
        if self.people[owner(device)].role == Role::Supervisor {
            self.watch(device).await;
        }
    }

    /// What parties do.
    async fn speak(&mut self, who: &str, act: &[&str]) -> Option<Result<Value, Value>> {
        let conversation = self.pairs.get(owner(who)).map(ToString::to_string).unwrap_or_default();
        match act {
            ["sends", label, words, rest @ ..] => {
                let place = match rest {
                    [] => conversation,
                    ["to", other] => self.pairs[*other].to_string(),
                    _ => panic!("nobody can send {rest:?}"),
                };
                let answer = self.device(who).send(&place, label, quoted(words)).await;
                if let Ok(ok) = &answer {
                    let said =
                        Said { id: text(&ok["message"]), by: owner(who).into(), conversation: place, sent_at: None };
                    self.said.entry((*label).to_owned()).or_insert(said);
                }
                Some(answer)
            }
            ["withdraws", label] => {
                let message = self.message(label).id.clone();
                Some(self.device(who).ask(json!({"op": "withdraw", "message": message})).await)
            }
            [answer @ ("accepts" | "declines"), label] => {
                let message = self.message(label).id.clone();
                let answer = json!({"op": "answer", "message": message, "accept": *answer == "accepts"});
                Some(self.device(who).ask(answer).await)
            }
            ["reads", seq] => {
                self.device(who).say(json!({"op": "read", "conversation": conversation, "seq": number(seq)})).await;
                None
            }
            ["types", on] => {
                self.device(who).say(json!({"op": "typing", "conversation": conversation, "on": *on == "on"})).await;
                None
            }
            ["turns", there] => {
                self.device(who).say(json!({"op": "away", "on": *there == "away"})).await;
                None
            }
            _ => panic!("{who} cannot {act:?}"),
        }
    }

    /// Tells the supervisors about one's first conversation or another's: a label, a reason, words, whether it shall pause.
    async fn report(&mut self, who: &str, act: &[&str]) -> Result<Value, Value> {
        let ["reports", label, reason, words, rest @ ..] = act else { panic!("{who} cannot {act:?}") };
        let (about, pause) = match rest {
            ["about", other] => (self.pairs[*other], false),
            rest => (self.pairs[owner(who)], rest == ["pause"]),
        };
        let report = json!({"op": "report", "cid": label, "conversation": about.to_string(), "reason": reason,
            "text": quoted(words), "pause": pause});
        self.device(who).ask(report).await
    }

    /// What supervisors do with an item.
    async fn moderate(&mut self, who: &str, act: &[&str]) -> Result<Value, Value> {
        let [verb, label, how @ ..] = act else { panic!("{who} cannot {act:?}") };
        let message = self.message(label).id.clone();
        let client = self.device(who);
        let known = client.expect_item(&message, "in the queue", |_| true).await;
        let (how, version) = match how {
            [how @ .., "at", "version", version] => (how, json!(number(version))),
            _ => (how, known["version"].clone()),
        };
        let item = &known["item"];
        let decision = match (*verb, how) {
            ("claims", _) => return client.ask(json!({"op": "claim", "item": item})).await,
            ("unclaims", _) => return client.ask(json!({"op": "unclaim", "item": item})).await,
            ("acknowledges", _) => return client.ask(json!({"op": "acknowledge", "item": item})).await,
            ("undoes", _) => return client.ask(json!({"op": "undo", "item": item, "version": version})).await,
            ("releases", []) => json!({"kind": "release"}),
            ("alters", [text, reason]) => json!({"kind": "alter", "text": quoted(text), "reason": reason}),
            ("alters", [text, reason, note]) => {
                json!({"kind": "alter", "text": quoted(text), "reason": reason, "note": quoted(note)})
            }
            ("rejects", [reason, note]) => json!({"kind": "reject", "reason": reason, "note": quoted(note)}),
            ("rephrases", [note]) => json!({"kind": "rephrase", "note": quoted(note)}),
            ("escalates", [log]) => json!({"kind": "escalate", "log": quoted(log)}),
            ("notes", [log]) => json!({"kind": "note", "log": quoted(log)}),
            _ => panic!("{who} cannot {act:?}"),
        };
        client.ask(json!({"op": "decide", "item": item, "version": version, "decision": decision})).await
    }

    /// Two claim at the same time: one has the item, the other hears who. They are `winner` and `loser` from then on.
    async fn race(&mut self, one: &str, other: &str, label: &str) {
        let message = self.message(label).id.clone();
        let mut asked = Vec::new();
        for who in [one, other] {
            let client = self.device(who);
            let known = client.expect_item(&message, "in the queue", |_| true).await;
            asked.push((who, client.put(json!({"op": "claim", "item": known["item"]})).await));
        }
        let mut won = Vec::new();
        for (who, id) in asked {
            let answer = self.device(who).answer(id).await;
            if answer.is_err() {
                hold_to(&answer, &["claimed_by_other"]);
            }
            won.push((answer.is_ok(), who.to_owned()));
        }
        won.sort();
        assert_eq!((won[0].0, won[1].0), (false, true), "one wins and one loses");
        for (name, (_, who)) in ["loser", "winner"].iter().zip(won) {
            let client = self.devices.remove(&who).expect("it was there");
            self.devices.insert((*name).to_owned(), client);
            let person = self.people[&who].clone();
            self.people.insert((*name).to_owned(), person);
        }
    }
}
