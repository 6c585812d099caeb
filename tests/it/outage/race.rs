//! Two who decide at once.

use crate::crowd::{Ground, HELD_WORD, rounds};
use crate::history::{Came, History, Ruling, Sent, Span, Taken, faults, read_back};
use crate::postgres::Postgres;
use crate::process::{Person, Server, Wire, word};
use crate::world::Redis;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A supervisor, with a decision of their own.
struct Judge {
    who: Person,
    wire: Wire,
    release: bool,
}

impl Judge {
    /// Claims and decides without waiting for anybody. Gives the answer to the decision.
    async fn decide(&mut self, item: &Value, begun: Instant) -> (Ruling, Value) {
        let claimed = self.wire.ask(json!({"op": "claim", "item": item})).await;
        // A refusal carries the item as it is: whoever lost tries all the same.
        let version = claimed["item"]["version"].as_u64().expect("a version");
        let decision = if self.release {
            json!({"kind": "release"})
        } else {
            json!({"kind": "reject", "reason": "other", "note": "not like this"})
        };
        let asked = begun.elapsed();
        let answer =
            self.wire.ask(json!({"op": "decide", "item": item, "version": version, "decision": decision})).await;
        let came = if answer["op"] == "ok" { Came::Ok(()) } else { Came::No(word(&answer["code"])) };
        let span = Span { asked, answered: begun.elapsed() };
        let by = self.who.username.clone();
        (Ruling { by, item: word(item), version, release: self.release, span, came }, answer)
    }
}

/// Of two answers one is yes; the other says who was faster.
fn one_winner(answers: [(&Ruling, &Value); 2], ground: &Ground) {
    let won: Vec<_> = answers.iter().filter(|(ruling, _)| ruling.came == Came::Ok(())).collect();
    let [(winner, _)] = won[..] else { panic!("{} were told yes: {answers:#?}", won.len()) };
    let (_, told) = answers.iter().find(|(ruling, _)| ruling.came != Came::Ok(())).expect("somebody lost");
    let code = word(&told["code"]);
    assert!(["claimed_by_other", "already_closed", "stale_version", "not_claimed"].contains(&code.as_str()), "{told}");
    let holder = [&told["item"]["decided_by"]["account"], &told["item"]["claimed_by"]["account"]];
    let account = ground.person(&winner.by).account;
    assert!(holder.iter().any(|holder| word(holder) == account), "it does not say who was faster: {told:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_decide_at_once_one_wins_and_the_other_is_told_who() {
    let ground = Ground::new("");
    let server = ground.serve();
    race(&ground, [&server; 2], rounds(200, 2_000)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_decide_at_once_on_two_nodes_one_wins_as_well() {
    let (mut database, redis) = (Postgres::start(), Redis::start());
    let ground = Ground::on_postgres(&mut database, &redis.as_bus()).await;
    let (one, other) = (ground.serve(), ground.serve());
    race(&ground, [&one, &other], rounds(60, 500)).await;
}

/// Two connections, on these servers, decide on one held message after another at once.
async fn race(ground: &Ground, servers: [&Server; 2], rounds: usize) {
    let open = |who: Person, server: &Server| {
        let address = server.address;
        async move {
            let wire = Wire::open(address, &who.token, None).await.expect("it listens");
            (who, wire)
        }
    };
    let server = servers[0];
    let (mentee, mut says) = open(ground.person("mentee1"), server).await;
    let mut judges = Vec::new();
    // The third is the first once more, on another screen, and of another mind.
    for (name, release, at) in [("supervisor1", true, 0), ("supervisor2", false, 1), ("supervisor1", false, 1)] {
        let (who, wire) = open(ground.person(name), servers[at]).await;
        judges.push(Judge { who, wire, release });
    }
    let [mut one, mut two, mut again] = judges.try_into().unwrap_or_else(|_| panic!("three judges"));
    let (begun, mut history) = (Instant::now(), History::default());
    for at in 0..rounds {
        let (cid, text) = (format!("race-{at}"), format!("a {HELD_WORD} and {}", crate::crowd::sentence(at)));
        let asked = begun.elapsed();
        let held = says.send(&mentee.conversation, &cid, &text).await.expect("an answer");
        assert_eq!(held["status"], "held", "{held}");
        let (by, conversation) = (mentee.username.clone(), mentee.conversation.clone());
        let span = Span { asked, answered: begun.elapsed() };
        let came = Came::Ok(Taken { message: word(&held["message"]), seq: None });
        history.sent.push(Sent { by, conversation, cid, text, bad: true, span, came });
        let item = item_of(server, ground, &held["message"]).await;
        let other = if at % 2 == 0 { &mut two } else { &mut again };
        let (first, second) = tokio::join!(one.decide(&item, begun), other.decide(&item, begun));
        one_winner([(&first.0, &first.1), (&second.0, &second.1)], ground);
        history.rulings.extend([first.0, second.0]);
    }
    let patience = Instant::now() + crate::process::PATIENCE;
    while !read_back(server.address, &ground.record, &ground.all).await.items.iter().all(|item| item.state == "closed")
    {
        assert!(Instant::now() < patience, "a decision never took effect");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Nothing changes any more: what is read now was all there at one time.
    let after = read_back(server.address, &ground.record, &ground.all).await;
    assert_eq!(faults(&history, &after), Vec::<String>::new());
}

/// The id of a held message's item, as its sender's feed has it nowhere: a supervisor looks.
async fn item_of(server: &Server, ground: &Ground, message: &Value) -> Value {
    let staff = ground.person("supervisor1");
    let path = format!("/api/queues/{}/items?limit=200", staff.site);
    let (status, body) = crate::process::http(server.address, "GET", &path, &staff.token, "").await;
    assert_eq!(status, 200, "{body}");
    let page: Value = serde_json::from_str(&body).expect("JSON");
    let items = page["items"].as_array().expect("items");
    items.iter().find(|item| item["message"] == *message).expect("its item")["item"].clone()
}
