//! "Bad frames", line by line.

use super::{Pair, code, pair, refusal};
use crate::client::{Client, text};
use handrail_domain::people::Role;
use serde_json::{Value, json};

/// An id of the right shape that names nothing.
pub(super) const NOTHING: &str = "AAAAAAAAAAAAAAAAAAAAAA";

/// What cannot be read at all: said to be so without an id, then the end.
async fn ends(client: &mut Client, what: &str) {
    let refused = refusal(client).await;
    assert_eq!((code(&refused), &refused["id"]), ("bad_frame", &Value::Null), "{what}");
    assert_eq!(client.closing().await, (4000, "bad_frame".into()), "{what}");
}

async fn stays(client: &mut Client, frame: &str, want: &str, id: Value) {
    client.say_text(frame).await;
    let refused = refusal(client).await;
    assert_eq!((code(&refused), &refused["id"]), (want, &id), "{frame}");
    client.ping().await;
}

#[tokio::test]
async fn a_known_op_with_wrong_or_unknown_fields_is_a_bad_frame_and_the_connection_stays() {
    let pair @ Pair { world, ann, conversation, .. } = &pair().await;
    let mut ann = world.connect(ann).await;
    let c = conversation;
    for (frame, id) in [
        (r#"{"op":"send","id":7}"#.to_owned(), json!(7)),
        (format!(r#"{{"op":"send","id":8,"conversation":"{c}","cid":"m1","text":5}}"#), json!(8)),
        (format!(r#"{{"op":"send","id":9,"conversation":"{c}","cid":"a b","text":"x"}}"#), json!(9)),
        (format!(r#"{{"op":"send","id":10,"conversation":"{c}","cid":"","text":"x"}}"#), json!(10)),
        (format!(r#"{{"op":"send","id":11,"conversation":"{c}","cid":"{}","text":"x"}}"#, "x".repeat(65)), json!(11)),
        (format!(r#"{{"op":"send","id":12,"conversation":"{c}","cid":"m1","text":"x","extra":1}}"#), json!(12)),
        (r#"{"op":"send","id":13,"conversation":null,"cid":"m1","text":"x"}"#.into(), json!(13)),
        (format!(r#"{{"op":"send","id":-1,"conversation":"{c}","cid":"m1","text":"x"}}"#), Value::Null),
        (format!(r#"{{"op":"send","id":"14","conversation":"{c}","cid":"m1","text":"x"}}"#), Value::Null),
        (r#"{"op":"withdraw","id":15}"#.into(), json!(15)),
        (r#"{"op":"read"}"#.into(), Value::Null),
        (r#"{"op":"typing","on":true}"#.into(), Value::Null),
        (r#"{"op":"away","on":"yes"}"#.into(), Value::Null),
        (r#"{"op":"watch","id":16}"#.into(), json!(16)),
        (r#"{"op":"unwatch","id":17}"#.into(), json!(17)),
        (r#"{"op":"claim","id":18,"item":5}"#.into(), json!(18)),
        (r#"{"op":"unclaim","id":19}"#.into(), json!(19)),
        (r#"{"op":"acknowledge","id":20}"#.into(), json!(20)),
        (format!(r#"{{"op":"undo","id":21,"item":"q_{NOTHING}"}}"#), json!(21)),
        (
            format!(r#"{{"op":"decide","id":22,"item":"q_{NOTHING}","version":1,"decision":{{"kind":"dance"}}}}"#),
            json!(22),
        ),
        (
            format!(r#"{{"op":"decide","id":23,"item":"q_{NOTHING}","version":1,"decision":{{"kind":"reject"}}}}"#),
            json!(23),
        ),
        (
            format!(
                r#"{{"op":"decide","id":24,"item":"q_{NOTHING}","version":1,"decision":{{"kind":"reject","reason":"rude","note":"x"}}}}"#
            ),
            json!(24),
        ),
        (r#"{"op":"ping","extra":true}"#.into(), Value::Null),
        (r#"{"op":"ack","offset":"1"}"#.into(), Value::Null),
        (r#"{"op":"hello","id":25,"resume":{"epoch":"a","offset":1}}"#.into(), json!(25)),
    ] {
        stays(&mut ann, &frame, "bad_frame", id).await;
    }
    pair.works("after").await;
}

#[tokio::test]
async fn an_unknown_op_is_told_so_and_the_connection_stays() {
    let pair @ Pair { world, ann, conversation, .. } = &pair().await;
    let mut ann = world.connect(ann).await;
    for frame in [
        json!({"op": "dance", "id": 9}),
        json!({"op": "", "id": 9}),
        json!({"op": "appoint", "id": 9, "conversation": conversation}),
    ] {
        stays(&mut ann, &frame.to_string(), "unknown_op", json!(9)).await;
    }
    stays(&mut ann, r#"{"op":"dance"}"#, "unknown_op", Value::Null).await;
    pair.works("after").await;
}

#[tokio::test]
async fn what_cannot_be_read_ends_the_connection() {
    let pair @ Pair { world, ann, conversation, .. } = &pair().await;
    let huge = format!(r#"{{"op":"ping","pad":"{}"}}"#, "x".repeat(32 * 1024));
    let deep = "[".repeat(10_000);
    let surrogate = format!(r#"{{"op":"send","id":1,"conversation":"{conversation}","cid":"m","text":"\ud800"}}"#);
    for frame in [
        "",
        "{",
        "hello",
        "7",
        "null",
        "[]",
        "[{\"op\":\"ping\"}]",
        "\"ping\"",
        "{}",
        r#"{"id":1}"#,
        r#"{"op":5,"id":1}"#,
        r#"{"op":null}"#,
        r#"{"op":"ping"} {"op":"ping"}"#,
        &deep,
        &huge,
        &surrogate,
        r#"{"op":"dance","x":"\udc00"}"#,
    ] {
        let mut client = world.connect(ann).await;
        client.say_text(frame).await;
        ends(&mut client, &frame[..frame.len().min(60)]).await;
    }
    let mut client = world.connect(ann).await;
    client.say_binary(br#"{"op":"ping"}"#.to_vec()).await;
    ends(&mut client, "binary").await;
    for bytes in [&b"\xff\xfe"[..], b"{\"op\":\"ping\",\"x\":\"\xc3\x28\"}", b"{\"op\":\"\xed\xa0\x80\"}"] {
        let mut client = world.connect(ann).await;
        client.say_bytes(bytes.to_vec()).await;
        ends(&mut client, "bytes that are not UTF-8").await;
    }
    pair.works("after").await;
}

#[tokio::test]
async fn a_frame_of_exactly_the_bound_is_read() {
    let Pair { world, ann, .. } = &pair().await;
    let mut ann = world.connect(ann).await;
    let bound = ann.welcome["limits"]["frame_bytes"].as_u64().expect("a bound") as usize;
    assert_eq!(bound, 32 * 1024);
    let empty = r#"{"op":"ping","pad":""}"#;
    let frame = format!(r#"{{"op":"ping","pad":"{}"}}"#, "x".repeat(bound - empty.len()));
    assert_eq!(frame.len(), bound);
    stays(&mut ann, &frame, "bad_frame", Value::Null).await;
}

#[tokio::test]
async fn what_needs_no_answer_gets_none() {
    let Pair { world, ann, conversation, .. } = &pair().await;
    let mut ann = world.connect(ann).await;
    for frame in [
        json!({"op": "ack", "offset": 1}),
        json!({"op": "ack", "offset": 1_000_000}),
        json!({"op": "pong"}),
        json!({"op": "away", "on": true}),
        json!({"op": "away", "on": false}),
        json!({"op": "typing", "conversation": conversation, "on": true}),
        json!({"op": "read", "conversation": conversation, "seq": 0}),
    ] {
        ann.say(frame).await;
    }
    ann.ping().await;
    ann.expect_none("an answer", |frame| frame["op"] == "ok" || frame["op"] == "err").await;
}

#[tokio::test]
async fn the_welcome_says_who_one_is_and_what_one_must_keep() {
    let Pair { world, ann, bob, conversation } = &pair().await;
    let ann_there = world.connect(ann).await;
    let welcome = &ann_there.welcome;
    assert_eq!(
        welcome["account"],
        json!({"id": ann.account.to_string(), "name": "ann", "role": "mentor", "site": world.site.to_string()})
    );
    let one = &welcome["conversations"][0];
    assert_eq!((&one["id"], &one["kind"], &one["state"]), (&json!(conversation), &json!("pair"), &json!("open")));
    assert_eq!((&one["site"], &one["last_seq"]), (&json!(world.site.to_string()), &json!(0)));
    let other = json!({"account": bob.account.to_string(), "name": "bob", "role": "mentee", "presence": "offline"});
    assert!(one["parties"].as_array().is_some_and(|parties| parties.len() == 2 && parties.contains(&other)), "{one}");
    assert_eq!(welcome["resume"], "live");
    assert_eq!(welcome["heartbeat_ms"], 25_000);
    let limits =
        json!({"frame_bytes": 32_768, "text_chars": 2_000, "unanswered": 32, "replay_max": 10_000, "pong_ms": 10_000});
    assert_eq!(welcome["limits"], limits);
    assert!(["epoch", "mark", "now", "build"].iter().all(|field| welcome[field].is_string()), "{welcome}");
    assert!(welcome["features"].is_array() && welcome["head"].is_u64(), "{welcome}");
}

#[tokio::test]
async fn who_watches_no_longer_hears_no_more() {
    let Pair { world, bob, conversation, .. } = &pair().await;
    let may = world.person("may", Role::Supervisor).await;
    let (mut bob, mut may) = (world.connect(bob).await, world.connect(&may).await);
    let queue = world.site.to_string();
    let watched = may.ask(json!({"op": "watch", "queue": queue})).await.expect("it may watch");
    let head = watched["head"].as_u64().expect("a head");
    bob.send(conversation, "m1", "what a twat").await.expect("a message");
    let event = may.expect("an item", |frame| frame["type"] == "item").await;
    assert_eq!(
        (&event["queue"], event["offset"].as_u64(), &event["mark"]),
        (&json!(queue), Some(head + 1), &Value::Null)
    );
    may.ask(json!({"op": "unwatch", "queue": queue})).await.expect("it may");
    bob.send(conversation, "m2", "such a prick").await.expect("a message");
    may.expect_none("an item", |frame| frame["type"] == "item").await;
}

#[tokio::test]
async fn hello_comes_first_and_once() {
    let pair @ Pair { world, ann, conversation, .. } = &pair().await;
    for frame in [
        json!({"op": "ping"}),
        json!({"op": "send", "id": 1, "conversation": conversation, "cid": "early", "text": "x"}),
        json!({"op": "send", "id": 1}),
        json!({"op": "dance", "id": 1}),
    ] {
        let mut client = Client::open(world.address, ann).await;
        client.say(frame).await;
        assert_eq!(client.closing().await, (4001, "hello".into()));
    }
    let mut client = world.connect(ann).await;
    client.say(json!({"op": "hello", "id": 2})).await;
    assert_eq!(client.closing().await, (4001, "hello".into()));
    let mut client = Client::open(world.address, ann).await;
    client.say_text("not JSON").await;
    ends(&mut client, "not JSON before hello").await;
    // A hello that is not as it should be may be said again.
    let mut client = Client::open(world.address, ann).await;
    client.say(json!({"op": "hello", "id": 3, "extra": 1})).await;
    assert_eq!(refusal(&mut client).await["code"], "bad_frame");
    client.hello(None).await;
    pair.works("after").await;
}

#[tokio::test]
async fn who_says_nothing_for_five_seconds_is_sent_away() {
    let Pair { world, ann, .. } = &pair().await;
    let began = std::time::Instant::now();
    let mut client = Client::open(world.address, ann).await;
    assert_eq!(client.closing().await, (4001, "hello".into()));
    assert!(began.elapsed().as_millis() >= 4_900, "after {:?}", began.elapsed());
}

#[tokio::test]
async fn the_server_pings_with_the_heads_and_ends_what_is_silent() {
    let Pair { world, ann, .. } = &pair().await;
    let mut client = world.connect(ann).await;
    // The first ping comes within 25 s, the end of a silent link after 35.
    let pinged = client.expect("a ping", |frame| frame["op"] == "ping").await;
    assert_eq!(
        (pinged["head"].as_u64(), text(&pinged["mark"])),
        (Some(client.memory.offset), client.memory.mark.clone())
    );
    assert_eq!(pinged["queues"], json!({}));
    assert_eq!(client.closing().await, (4103, "no_life".into()));
}
