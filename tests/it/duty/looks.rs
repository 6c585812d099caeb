//! Second looks: blind, by somebody else, once; and what they say of the filter and of decisions.

use super::Desk;
use crate::client::text;
use crate::world::{On, Person};
use serde_json::{Value, json};

const HELD: &str = "you are a twat";

impl Desk {
    /// The message that somebody is given to look at, if there is one.
    async fn given(&self, who: &Person) -> Option<Value> {
        let answer = self.asks(who, "POST", "/api/looks", &json!({})).await;
        (answer.status != 204).then(|| {
            assert_eq!(answer.status, 200, "{answer:?}");
            answer.json()
        })
    }

    async fn says(&self, who: &Person, look: &Value, opinion: &str) -> Value {
        let path = format!("/api/looks/{}", text(&look["id"]));
        self.does(who, &path, &json!({"opinion": opinion, "category": null})).await
    }
}

async fn drawn_at_random(on: On) {
    let desk = Desk::on(on).await;
    assert_eq!(desk.given(&desk.lee).await, None, "nothing was said yet");
    let mut ann = desk.world.connect(&desk.ann).await;
    ann.send(&desk.conversation, "a1", "see you soon").await.expect("it is taken");
    let (released, item) = desk.holds("c1", HELD).await;
    desk.decides(&desk.may, &item, &json!({"kind": "release"})).await;

    let mut seen = Vec::new();
    for _ in 0..2 {
        let look = desk.given(&desk.lee).await.expect("a message");
        assert_eq!(desk.given(&desk.lee).await.as_ref(), Some(&look), "the same until one has said something");
        for blind in ["passed", "released", "may", "finding", "outcome"] {
            assert!(!look.to_string().contains(blind), "{blind}: {look}");
        }
        let told = desk.says(&desk.lee, &look, "keep_back").await;
        assert_eq!(told["agrees"], false, "both were delivered");
        assert_eq!(desk.says(&desk.lee, &look, "keep_back").await, told, "the same again is the same answer");
        seen.push((text(&look["text"]), told["passed"] == true, told["by"].clone()));
    }
    seen.sort_by_key(|(text, ..)| text.clone());
    assert_eq!(seen, [("see you soon".into(), true, Value::Null), (HELD.into(), false, json!("may"))]);
    assert_eq!(desk.given(&desk.lee).await, None, "both were looked at");
    let counts = desk.reads(&desk.cora, "/api/oversight").await["looks"].clone();
    assert_eq!((&counts["passed"], &counts["missed"]), (&json!(1), &json!(1)));
    assert_eq!((&counts["decided"], &counts["otherwise"], &counts["asked"]), (&json!(1), &json!(1), &json!(0)));
    let acts = desk.log("look").await;
    assert_eq!(acts.len(), 4, "given twice, said twice");
    let page = desk.reads(&desk.ann, &format!("/api/conversations/{}/messages", desk.conversation)).await;
    assert!(
        page["messages"].as_array().unwrap().iter().any(|one| one["message"] == released.as_str()),
        "it stays delivered"
    );
    desk.world.is_whole().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_passed_and_that_were_released_are_drawn_and_nobody_sees_which() {
    drawn_at_random(On::Local).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn they_are_drawn_from_a_database_server_too() {
    drawn_at_random(On::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_looked_at_again_by_somebody_who_neither_made_nor_doubts_it() {
    let desk = Desk::on(On::Local).await;
    let zoe = desk.world.person("zoe", handrail_domain::people::Role::Supervisor).await;
    let (_, item) = desk.holds("c1", HELD).await;
    let path = format!("/api/items/{item}/look");
    let early = desk.asks(&desk.lee, "POST", &path, &json!({"reason": "doubt"})).await;
    assert_eq!(early.problem(), "not_found", "nobody has decided yet");
    desk.decides(&desk.may, &item, &json!({"kind": "reject", "reason": "abuse", "note": "No."})).await;
    for _ in 0..2 {
        assert_eq!(
            desk.asks(&desk.lee, "POST", &path, &json!({"reason": "appeal"})).await.status,
            204,
            "once is enough"
        );
    }
    assert_eq!(desk.asks(&desk.lee, "POST", &path, &json!({"reason": "sample"})).await.problem(), "bad_frame");
    assert_eq!(desk.given(&desk.may).await, None, "she decided on it");
    assert_eq!(desk.given(&desk.lee).await, None, "he asked for it");
    let look = desk.given(&zoe).await.expect("she may");
    assert_eq!((&look["text"], &look["asked"]), (&json!(HELD), &json!(true)));
    let theirs = format!("/api/looks/{}", text(&look["id"]));
    let other = desk.asks(&desk.lee, "POST", &theirs, &json!({"opinion": "deliver", "category": null})).await;
    assert_eq!(other.problem(), "not_found", "it was given to another");
    let told = desk.says(&zoe, &look, "deliver").await;
    assert_eq!((&told["agrees"], &told["outcome"], &told["by"]), (&json!(false), &json!("rejected"), &json!("may")));
    let changed = desk.asks(&zoe, "POST", &theirs, &json!({"opinion": "keep_back", "category": "abuse"})).await;
    assert_eq!(changed.problem(), "already_closed", "one says it once");
    let fact = desk.reads(&desk.may, &format!("/api/items/{item}/background")).await["looks"][0].clone();
    assert_eq!((&fact["reason"], &fact["asked_by"]), (&json!("appeal"), &json!("lee")));
    assert_eq!(
        (&fact["said_by"], &fact["opinion"], &fact["agrees"]),
        (&json!("zoe"), &json!("deliver"), &json!(false))
    );
    let counts = desk.reads(&desk.cora, "/api/oversight").await["looks"].clone();
    assert_eq!((&counts["asked"], &counts["reversed"]), (&json!(1), &json!(1)));
    desk.world.is_whole().await;
}
