//! "Text", line by line.

use super::{Pair, code, pair};
use crate::client::text;
use handrail_domain::people::Role;
use serde_json::json;

#[tokio::test]
async fn a_text_is_kept_as_the_protocol_says() {
    let pair @ Pair { world, ann, bob, conversation } = &pair().await;
    let (mut ann, mut bob) = (world.connect(ann).await, world.connect(bob).await);
    let whole = "\u{e9}".repeat(2_000);
    for (at, (raw, stored)) in [
        ("  both ends \n", "both ends"),
        ("one\r\ntwo", "one\ntwo"),
        ("one\n\ntwo", "one\n\ntwo"),
        ("a\u{0}b\u{7}c\u{1b}d\u{7f}e\u{85}f\tg", "abcdefg"),
        ("left\u{202a}\u{202b}\u{202c}\u{202d}\u{202e} right\u{2066}\u{2067}\u{2068}\u{2069}.", "left right."),
        ("cafe\u{301}", "caf\u{e9}"),
        ("\u{1f469}\u{200d}\u{1f680} up", "\u{1f469}\u{200d}\u{1f680} up"),
        (&whole, &whole),
        (&"e\u{301}".repeat(2_000), &whole),
    ]
    .into_iter()
    .enumerate()
    {
        let cid = format!("m{at}");
        let sent = ann.send(conversation, &cid, raw).await.expect("it is a text");
        if sent["status"] == "held" {
            let held = ann.expect("a status", |frame| frame["type"] == "status" && frame["cid"] == *cid).await;
            assert_eq!(text(&held["text"]), stored, "{raw:?}");
        } else {
            let seen = bob
                .expect("a message", |frame| frame["type"] == "message" && frame["message"] == sent["message"])
                .await;
            assert_eq!(text(&seen["text"]), stored, "{raw:?}");
        }
    }
    pair.works("after").await;
}

#[tokio::test]
async fn a_text_that_is_none_is_refused_and_leaves_no_trace() {
    let pair @ Pair { world, ann, bob, conversation } = &pair().await;
    let (mut ann, mut bob) = (world.connect(ann).await, world.connect(bob).await);
    let marks = format!("a{}", "\u{301}".repeat(10_000));
    for (raw, want) in [
        ("", "empty"),
        (" \r\n\t\u{a0}\u{3000} ", "empty"),
        ("\u{0}\u{202e}\u{2069}", "empty"),
        (&"x".repeat(2_001), "too_long"),
        (&"\u{1f600}".repeat(2_001), "too_long"),
        (&marks, "too_long"),
    ] {
        let refused = ann.send(conversation, "same", raw).await.expect_err("it is no text");
        assert_eq!(code(&refused), want, "{} characters", raw.chars().count());
    }
    bob.expect_none("anything", |frame| frame["op"] == "event").await;
    // The client's id was not used up either.
    let sent = ann.send(conversation, "same", "now it is one").await.expect("a text");
    assert_eq!((sent["seq"].as_u64(), &sent["duplicate"]), (Some(1), &json!(false)));
    pair.works("after").await;
}

#[tokio::test]
async fn a_span_counts_code_points_of_the_stored_text() {
    let Pair { world, bob, conversation, .. } = &pair().await;
    let may = world.person("may", Role::Supervisor).await;
    let (mut bob, mut may) = (world.connect(bob).await, world.connect(&may).await);
    may.ask(json!({"op": "watch", "queue": world.site.to_string()})).await.expect("it may watch");
    let raw = " \u{1f600}\u{202e} e\u{301}! ring 07700 900123 ok";
    let sent = bob.send(conversation, "m", raw).await.expect("a message");
    let item = may.expect_item(&text(&sent["message"]), "held", |_| true).await;
    assert_eq!(item["text"], "\u{1f600} \u{e9}! ring 07700 900123 ok");
    let finding = item["findings"].as_array().expect("findings").iter().find(|one| one["category"] == "contact_phone");
    let finding = finding.expect("a number was found");
    let [from, to] = [0, 1].map(|at| finding["span"][at].as_u64().expect("a span") as usize);
    let spanned: String = text(&item["text"]).chars().skip(from).take(to - from).collect();
    assert!(spanned.contains("07700 900123") && finding["excerpt"] == spanned, "{spanned:?} {finding}");
}

#[tokio::test]
async fn notes_and_altered_texts_are_texts_too() {
    let Pair { world, bob, conversation, .. } = &pair().await;
    let may = world.person("may", Role::Supervisor).await;
    let (mut bob, mut may) = (world.connect(bob).await, world.connect(&may).await);
    may.ask(json!({"op": "watch", "queue": world.site.to_string()})).await.expect("it may watch");
    let sent = bob.send(conversation, "m", "what a twat").await.expect("a message");
    let item = may.expect_item(&text(&sent["message"]), "held", |_| true).await["item"].clone();
    let claimed = may.ask(json!({"op": "claim", "item": item})).await.expect("it is free");
    let version = &claimed["item"]["version"];
    for (decision, want) in [
        (json!({"kind": "alter", "text": " ", "reason": "abuse"}), "empty"),
        (json!({"kind": "alter", "text": "x".repeat(2_001), "reason": "abuse"}), "too_long"),
        (json!({"kind": "reject", "reason": "abuse", "note": "\u{0}"}), "empty"),
        (json!({"kind": "rephrase", "note": "x".repeat(2_001)}), "too_long"),
        (json!({"kind": "escalate", "log": ""}), "empty"),
        // There is nothing to note while the sender has not taken it back.
        (json!({"kind": "note", "log": "x"}), "bad_frame"),
    ] {
        let asked = json!({"op": "decide", "item": item, "version": version, "decision": decision});
        assert_eq!(code(&may.ask(asked).await.expect_err("it is refused")), want, "{decision}");
    }
    let release = json!({"op": "decide", "item": item, "version": version, "decision": {"kind": "release"}});
    may.ask(release).await.expect("and nothing has changed");
}
